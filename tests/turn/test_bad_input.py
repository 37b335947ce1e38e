"""Whatever people, phones and forgers send: a clear answer or a refusal, and nothing lost."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.turn import TAPS
from db import tables
from db.clusters import Cluster
from db.matching import Match, Round
from db.meetings import Meeting
from db.people import Person
from tests.app import MONDAY_MORNING, Phone, Running
from tests.channels.hostile import updates
from tests.turn.conftest import inbox_states
from tests.turn.test_turns import HELP, MENU, message

MANY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
UNKNOWN = "I don't know this button. Here is what I can do:"


async def asked_for_the_name(house: Running) -> Phone:
    """Somebody in the middle of joining, asked for their name."""
    marco = house.phone("Marco")
    await marco.start()
    await marco.tap("Yes, let's start")
    assert marco.last.endswith("What is your name?")
    return marco


# words


@pytest.mark.parametrize(
    "words",
    [
        "x" * 4096,
        "😀" * 2048,
        "😀",
        "👩‍👩‍👧‍👦 🇮🇹 ‍",
        "مرحبا، اسمي محمد",
        "‮evil‬ ‏שלום‏",
        "ａｂｃ ﬁ ½",
        "Z̸̢͝a̷̛l̶g̷o̴",
        "\u200b\u200b",
        "'; DROP TABLE people; --",
        "<b>bold</b> & <script>",
        "{name} {0} %s",
        "a\n\n\n\nb",
        "/",
        "/no_such_command at all",
        "/start" + "x" * 60,
    ],
)
async def test_any_words_get_a_plain_answer_in_the_middle_of_joining(house: Running, words: str) -> None:
    marco = await asked_for_the_name(house)
    before = len(marco.texts)
    await marco.say(words)
    said = marco.texts[before:]
    assert said, "never silence"
    assert all(len(text) <= 4096 for text in said)
    assert await inbox_states(house) == {"done"}
    assert marco.screen, "and always a way on"


@pytest.mark.parametrize("words", ["x" * 4096, "😀" * 2048, "", "   ", "hello?", "{name}", "<b>"])
async def test_any_words_get_a_plain_answer_from_a_participant_without_rasa(house: Running, words: str) -> None:
    marco = await house.joined("worker", "Marco")
    house.tg.updates.put_raw({"update_id": 900_000_000, "message": message(marco.person.id, words)})
    await house.idle()
    assert marco.texts
    assert await inbox_states(house) == {"done"}


async def test_an_age_that_nobody_has(house: Running) -> None:
    marco = await asked_for_the_name(house)
    await marco.say("Marco")
    await marco.tap("I would like to learn")
    assert "How old are you?" in marco.last
    for age in ("-3", "0", "999", "²", "١٢٣٤٥٦٧٨٩٠" * 20):
        answer = await marco.say(age)
        assert answer.endswith("How old are you?"), f"{age} is no age to go on with"
    assert await inbox_states(house) == {"done"}


async def test_a_photo_where_words_are_asked(house: Running) -> None:
    marco = await asked_for_the_name(house)
    house.tg.photo(marco.person)
    await house.idle()
    assert marco.texts[-2:] == [
        "Thank you for the photo. I cannot look at pictures yet: please write it in words.",
        "What is your name?",
    ]
    house.tg.document(marco.person, "cv.pdf", b"%PDF")
    house.tg.contact(marco.person)
    house.tg.location(marco.person, 44.5, 11.3)
    await house.idle()
    assert await inbox_states(house) == {"done"}
    assert (await marco.say("Marco")).endswith("What would you like to do here?")


async def test_what_is_edited_later_changes_nothing(house: Running) -> None:
    marco = await house.joined("worker", "Marco")
    sent = house.tg.say(marco.person, "/menu")
    await house.idle()
    house.tg.edit(marco.person, sent.id, "/forget")
    await house.idle()
    assert marco.texts == [MENU]


async def test_what_is_said_in_a_group_is_not_for_us(house: Running) -> None:
    marco = await house.joined("worker", "Marco")
    said = message(marco.person.id, "/forget") | {"chat": {"id": -1001, "type": "group", "title": "us"}}
    house.tg.updates.put_raw({"update_id": 900_000_000, "message": said})
    await house.idle()
    assert marco.texts == []
    assert len(await house.people()) == 1


# buttons


async def test_a_button_from_last_year_still_answers(house: Running) -> None:
    marco, aisha = house.phone("Marco"), await house.joined("trainer", "Aisha")
    await marco.start()
    await aisha.say("/menu")
    house.app.clock.advance(house.app.clock.now() - MONDAY_MORNING.replace(year=2025))
    await marco.tap("Yes, let's start")
    assert marco.last.endswith("What is your name?")
    assert (await aisha.tap("Help")).startswith("I find you a business")


async def test_a_double_tap_is_harmless(house: Running) -> None:
    marco = house.phone("Marco")
    await marco.start()
    kept, row, column = marco.find("Yes, let's start")
    for _ in range(3):
        house.tg.tap(marco.person, kept.id, row=row, column=column)
    await house.idle()
    (person,) = await house.people()
    assert person.consent_at is not None
    assert marco.last.endswith("What is your name?")
    assert await inbox_states(house) == {"done"}


async def test_every_button_stops_spinning(house: Running) -> None:
    marco = await house.joined("worker", "Marco")
    taps = [house.tg.tap(marco.person, 1, data) for data in ("people:menu", "no such thing", "threads:ask")]
    await house.idle()
    await house.tg.until(lambda: all(tap.answers == 1 for tap in taps))


async def test_start_with_a_forged_payload(house: Running) -> None:
    marco = house.phone("Marco")
    for payload in ("x" * 64, "../../etc/passwd", "1", "a-_" * 20, "coordinator", "ключ"):
        assert (await marco.start(payload)).startswith("Hello! I am twogether.")
        assert marco.texts[-2].startswith("This invitation is not valid.")
    (person,) = await house.people()
    assert person.role == ""
    assert (await marco.start()).startswith("Hello! I am twogether.")


async def others(house: Running, mallory: Person) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that is not this person's."""
    found = {}
    async with house.read() as session:
        for table in tables.metadata.sorted_tables:
            if table.name in ("inbox", "audit"):
                continue
            rows = [dict(row) for row in (await session.execute(select(table))).mappings()]
            column = "id" if table.name == "people" else "person_id"
            found[table.name] = [row for row in rows if row.get(column) != mallory.id]
    return found


async def a_programme(house: Running) -> None:
    """A pair with a meeting, and a draft of a matching round, none of it Mallory's."""
    async with house.write() as session:
        cluster = (await session.scalars(select(Cluster).order_by(Cluster.id))).first()
        assert cluster is not None
        pair = (await session.scalars(select(Person).order_by(Person.id).limit(2))).all()
        for one in pair:
            one.cluster_id = cluster.id
        session.add(Round(id=1, cluster_id=cluster.id, by=None, at=MONDAY_MORNING, matched=1, unmatched=0))
        await session.flush()
        for number, state in ((1, "accepted"), (2, "offered")):
            session.add(
                Match(
                    id=number,
                    round_id=1,
                    trainer_id=pair[number % 2].id,
                    worker_id=pair[1 - number % 2].id,
                    score=1,
                    reasons={},
                    state=state,
                    created_at=MONDAY_MORNING,
                    expires_at=MONDAY_MORNING.replace(year=2027),
                )
            )
        await session.flush()
        session.add(
            Meeting(
                id=1,
                match_id=1,
                state="proposed",
                times=["2026-11-24T15:00:00+00:00"],
                created_at=MONDAY_MORNING,
                changed_at=MONDAY_MORNING,
            )
        )


known = st.sampled_from(sorted(verb for noun in TAPS.values() for verb in noun))
# Asking for a human, and stopping for good, are meant to be heard by others.
harmless = known.filter(lambda verb: verb not in ("threads:ask", "threads:problem"))
arguments = st.lists(
    st.integers(-1, 5).map(str)
    | st.sampled_from(["en", "worker", "consent", "0", "9" * 18, "٣", "", "all"])
    | st.text(),
    max_size=4,
)
forged = st.tuples(harmless, arguments).map(lambda parts: ":".join([parts[0], *parts[1]])) | st.text()
tap_data = forged.map(lambda text: text.encode("utf-8", "replace")[:64].decode("utf-8", "ignore"))


@pytest.mark.parametrize("who", ["stranger", "worker", "trainer", "coordinator"])
@given(data=st.lists(tap_data, min_size=5, max_size=5))
@MANY
async def test_forged_taps_never_fail_and_never_touch_what_is_anothers(
    house: Running, who: str, data: list[str]
) -> None:
    mallory = await an_outsider(house, who)
    (me,) = [one for one in await house.people() if one.address == mallory.address]
    before = await others(house, me)
    for one in data:
        house.tg.tap(mallory.person, 1, one)
    await house.idle()
    assert await inbox_states(house) == {"done"}, [line for line in house.log if line["event"] == "turn.failed"]
    assert await others(house, me) == before


async def an_outsider(house: Running, who: str) -> Phone:
    """Somebody of no cluster of the others, met once for all examples."""
    if house.tg.people:
        return Phone(house, list(house.tg.people.values())[-1])
    await house.joined("worker", "Marco")
    await house.joined("trainer", "Aisha")
    await a_programme(house)
    if who == "stranger":
        mallory = house.phone("Mallory")
        await mallory.start()
        return mallory
    return await house.joined(who, "Mallory")


async def test_a_button_that_nobody_made_is_refused_with_the_menu(house: Running) -> None:
    marco = await house.joined("worker", "Marco")
    for data in ("x", "people:nothing", ":", "matching:accept:1", "meetings:pick:1:0", "x" * 64):
        assert await marco.tap_data(data) == MENU
        assert marco.texts[-2] == UNKNOWN
    forged_taps = [line for line in house.log if line["event"] == "turn.forged"]
    assert len(forged_taps) == 6
    assert all(line["person"] for line in forged_taps)


async def test_only_coordinators_coordinate(house: Running) -> None:
    marco = await house.joined("worker", "Marco")
    for data in ("people:overview", "people:invite", "matching:round", "announcements:new", "announcements:send:1"):
        assert await marco.tap_data(data) == "Only a coordinator can do this."


# phones


async def test_who_blocks_the_bot_hears_nothing_until_they_come_back(house: Running) -> None:
    marco = await house.joined("worker", "Marco")
    house.tg.block(marco.person)
    await house.idle()
    assert not (await house.people())[0].reachable
    house.tg.unblock(marco.person)
    await house.idle()
    assert (await house.people())[0].reachable
    assert (await marco.start()) == MENU
    assert house.tg.log("sendMessage", marco.person.id)[0].status == 200


async def test_who_deletes_the_chat_can_begin_again(house: Running) -> None:
    marco = await asked_for_the_name(house)
    house.tg.delete_chat(marco.person)
    assert (await marco.start()).endswith("What is your name?"), "where they stood, on an empty screen"
    house.tg.delete_chat(marco.person, stop=True)
    await house.idle()
    assert (await marco.start()).endswith("What is your name?")


async def test_an_account_that_is_gone_stops_nobody_else(house: Running) -> None:
    marco, aisha = await house.joined("worker", "Marco"), await house.joined("trainer", "Aisha")
    house.tg.say(marco.person, "/menu")
    house.tg.deactivate(marco.person)
    await aisha.say("/menu")
    assert [one.reachable for one in await house.people()] == [False, True]
    assert aisha.texts == [MENU]


# raw updates


@given(payloads=st.lists(updates(st.just(0)), min_size=1, max_size=8))
@settings(parent=MANY, max_examples=15)
async def test_hostile_updates_stall_nobody(house: Running, payloads: Sequence[dict[str, Any]]) -> None:
    if not house.tg.people:
        await house.joined("worker", "Marco")
    marco = Phone(house, next(iter(house.tg.people.values())))
    heard = len(marco.texts)
    for payload in payloads:
        house.tg.updates.put_raw(payload | {"update_id": house.tg.updates.next_id})
        house.tg.updates.next_id += 1
    answer = await marco.say("/help")
    assert answer.startswith(HELP)
    assert len(marco.texts) > heard
    assert await inbox_states(house) <= {"done", "set_aside"}
