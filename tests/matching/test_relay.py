"""The two of a pair write to each other through the bot, in the whole programme and without Rasa."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

import db.outbox
import db.people
from bot.matching import rules
from bot.matching.relay import LONGEST, SHOWN
from bot.matching.rounds import run_round
from bot.texts import tongue
from db.audit import AuditEntry
from db.base import Base
from db.clusters import Cluster
from db.matching import ACCEPTED, ENDED, OFFERED, Match, PairMessage, Rest
from db.outbox import OutboxRow
from db.people import Conversation
from tests.app import Phone, Running, running
from tests.people.invitations import coordinates

UNKNOWN = "I don't know this button. Here is what I can do:"
DOWN = "At the moment I can only follow buttons, not words. Everything works from here:"
WHO = "I do not know for whom that was. Please tap “Write a message” first."
OVER = "This is over already."
TOO_LONG = "That is too long to pass on. Please write it shorter."
MENU = "What would you like to do?"


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Running]:
    async with running(database_url) as up:
        yield up


@pytest.fixture
async def marco(house: Running) -> Phone:
    phone = await house.joined("worker", "Marco", cluster_id=1, age_band="50-59", sector="bakery")
    phone.person.username = "marco_the_baker"
    return phone


@pytest.fixture
async def aisha(house: Running, marco: Phone) -> Phone:
    """She teaches Marco."""
    phone = await house.joined("trainer", "Aisha", cluster_id=1, age_band="22-24")
    phone.person.username = "aisha_from_bologna"
    await pair_up(house, phone, marco)
    return phone


async def pair_up(house: Running, trainer: Phone, worker: Phone, **facts: Any) -> int:
    """These two work together. Gives the id of their match."""
    now = house.app.clock.now()
    async with house.write() as session:
        match = Match(
            cluster_id=1,
            trainer_id=await id_of(house, trainer),
            worker_id=await id_of(house, worker),
            score=5000,
            reasons={"languages": ["it"], "topics": ["instagram"], "times": ["1-pm"], "km": 0, "online": True},
            created_at=now,
            expires_at=now + rules.OFFER_LASTS,
            **{
                "state": ACCEPTED,
                "trainer_says": "yes",
                "worker_says": "yes",
                "decided_at": now,
                "active_at": now,
                **facts,
            },
        )
        session.add(match)
        await session.flush()
        return match.id


async def id_of(house: Running, phone: Phone) -> int:
    return next(one.id for one in await house.people() if one.address == phone.address)


async def rows(house: Running, table: type[Any]) -> list[Any]:
    async with house.read() as session:
        return list(await session.scalars(select(table).order_by(table.id)))


async def talk(house: Running, phone: Phone) -> Conversation:
    async with house.read() as session:
        found = await db.people.talk_of(session, await id_of(house, phone))
        assert found is not None
        return found


async def tables_with(house: Running, words: str) -> set[str]:
    """The tables in which these words lie."""
    found: set[str] = set()
    async with house.read() as session:
        for table in Base.metadata.sorted_tables:
            stored = [dict(row) for row in (await session.execute(select(table))).mappings()]
            if words in json.dumps(stored, default=str, ensure_ascii=False):
                found.add(table.name)
    return found


async def run_a_round(house: Running) -> None:
    async with house.write() as session:
        cluster = await session.get(Cluster, 1)
        assert cluster is not None
        await run_round(session, cluster, None, house.app.clock.now(), house.app.house)
    await house.app.settle()


async def my_data(house: Running, phone: Phone) -> dict[str, Any]:
    """What `/mydata` gives."""
    await phone.say("/mydata")
    sent = next(kept for kept in reversed(house.tg.from_bot(phone.person)) if kept.message.get("document"))
    return json.loads(house.tg.files[sent.file].decode())


async def begin(phone: Phone) -> str:
    """Open "My trainer" or "My learner" and tap on writing."""
    await phone.tap_data("matching:status")
    return await phone.tap("Write a message")


# -- there and back -------------------------------------------------------------------------------------


async def test_there_and_back(house: Running, marco: Phone, aisha: Phone) -> None:
    asked = await begin(marco)
    assert asked == "Write your message to Aisha now. I pass it on as it is; your number stays hidden."
    assert marco.screen == ["Cancel"]
    assert await marco.say("Can we meet earlier?") == "Passed on to Aisha."
    assert aisha.last == "Marco writes:\nCan we meet earlier?"
    assert aisha.screen == ["Answer", "Report and block"]
    assert "to Marco now" in await aisha.tap("Answer")
    assert await aisha.say("Of course") == "Passed on to Marco."
    assert marco.last == "Aisha writes:\nOf course"
    for phone in (marco, aisha):
        everything = "".join(phone.texts)
        assert not any(
            secret in everything for secret in ("marco_the_baker", "aisha_from_bologna", marco.address, aisha.address)
        )
    kept = await rows(house, PairMessage)
    assert [one.words for one in kept] == ["Can we meet earlier?", "Of course"]
    assert not any("earlier" in json.dumps(line) for line in house.log), "what people write is in no log"


@pytest.mark.parametrize(
    "words",
    [
        "<b>Ciao</b> & <a href='https://x.example'>look</a> <script>alert(1)</script>",
        "&lt;b&gt; &amp; </b> \"quotes\" 'and' “others”",
        "{name} {0} %s %(name)s \\n",
        "👩‍🏫 🎉 🇮🇹 👍🏽",
        "Two lines\n\nand a third",
        "ok",
        "7",
        "No",
        "Talk to a person",
        "a" * LONGEST,
        "&" * LONGEST,
        "😀" * LONGEST,
        "שלום — Grüße — ¿qué tal?",
    ],
    ids=lambda words: words[:12],
)
async def test_the_words_arrive_as_they_are(house: Running, marco: Phone, aisha: Phone, words: str) -> None:
    await begin(marco)
    assert await marco.say(words) == "Passed on to Aisha."
    assert aisha.last == f"Marco writes:\n{words}"
    assert [one.words for one in await rows(house, PairMessage)] == [words]


async def test_a_name_is_written_as_it_is(house: Running) -> None:
    marco = await house.joined("worker", "M<i>rco & Co", cluster_id=1)
    aisha = await house.joined("trainer", "Aisha", cluster_id=1)
    await pair_up(house, aisha, marco)
    await begin(marco)
    await marco.say("hello")
    assert aisha.last == "M<i>rco & Co writes:\nhello"


async def test_what_is_too_long_is_not_passed_on_and_can_be_cancelled(
    house: Running, marco: Phone, aisha: Phone
) -> None:
    heard = len(aisha.texts)
    await begin(marco)
    assert await marco.say("x" * (LONGEST + 1)) == TOO_LONG
    assert marco.screen == ["Cancel"]
    await marco.say("x" * 4096)
    assert len(aisha.texts) == heard
    assert await marco.say("shorter") == "Passed on to Aisha."
    await marco.tap("Write again")
    await marco.say("x" * 2000)
    await marco.say("Cancel")
    assert marco.last == MENU
    assert aisha.texts[heard:] == ["Marco writes:\nshorter"]


async def test_a_message_in_another_language_is_no_wish_for_it(house: Running, marco: Phone, aisha: Phone) -> None:
    await begin(marco)
    await marco.say("Guten Tag, ich würde gerne wissen, ob wir uns am Donnerstag treffen können.")
    assert marco.last == "Passed on to Aisha."
    assert "people:language" not in json.dumps((await talk(house, marco)).screen)


async def test_at_night_it_waits_for_the_morning(house: Running, marco: Phone, aisha: Phone) -> None:
    await house.advance(hours=13)  # 23:00 in Rome
    heard = len(aisha.texts)
    await begin(marco)
    assert await marco.say("Are you awake?") == "Passed on to Aisha."
    assert len(aisha.texts) == heard
    await house.advance(hours=9)
    assert aisha.last == "Marco writes:\nAre you awake?"


async def test_who_has_stopped_the_bot_reads_it_on_coming_back(house: Running, marco: Phone, aisha: Phone) -> None:
    house.tg.block(aisha.person)
    await house.idle()
    await begin(marco)
    await marco.say("Where are you?")
    assert "Marco writes:\nWhere are you?" not in aisha.texts
    await aisha.start()
    assert "Marco writes:\nWhere are you?" in aisha.texts


# -- in the middle --------------------------------------------------------------------------------------


@pytest.mark.parametrize("way_out", ["Cancel", "cancel!", "stop", "go back", "/menu", "Menu", "/stop", "/back"])
async def test_there_is_a_way_out_and_nothing_is_passed_on(
    house: Running, marco: Phone, aisha: Phone, way_out: str
) -> None:
    heard = len(aisha.texts)
    await begin(marco)
    await marco.say(way_out)
    assert marco.last == MENU
    assert (await talk(house, marco)).form == ""
    await marco.say("this is for the assistant")
    assert DOWN in marco.texts
    assert len(aisha.texts) == heard
    assert await rows(house, PairMessage) == []


@pytest.mark.parametrize(
    "other", ["matching:status", "matching:wishes", "matching:rest:1", "people:help", "people:language", "lessons:next"]
)
async def test_who_taps_something_else_is_no_longer_writing(
    house: Running, marco: Phone, aisha: Phone, other: str
) -> None:
    await begin(marco)
    await marco.tap_data(other)
    heard = len(aisha.texts)
    await marco.say("my secret for the assistant")
    assert not any("secret" in text for text in aisha.texts[heard:])
    assert await rows(house, PairMessage) == []


async def test_a_word_of_the_big_keyboard_is_no_message(house: Running, marco: Phone, aisha: Phone) -> None:
    await begin(marco)
    assert "Your trainer is Aisha." in await marco.say("My trainer")
    await marco.say("hello?")
    assert await rows(house, PairMessage) == []


async def test_buttons_typed_as_words(house: Running, marco: Phone, aisha: Phone) -> None:
    await begin(marco)
    await marco.say("Hello")
    assert "to Aisha now" in await marco.say("write again")
    await marco.say("Hello again")
    assert "to Marco now" in await aisha.say("Answer")
    assert await aisha.say("answer") == "Passed on to Marco."
    assert marco.last == "Aisha writes:\nanswer"


async def test_to_report_takes_a_tap(house: Running, marco: Phone, aisha: Phone) -> None:
    await begin(marco)
    await marco.say("Hello")
    await aisha.say("Report and block")
    assert [match.state for match in await rows(house, Match)] == [ACCEPTED]


async def test_words_without_having_tapped_go_nowhere(house: Running, marco: Phone, aisha: Phone) -> None:
    heard = len(aisha.texts)
    await marco.tap_data("matching:written:hello")
    assert marco.last == WHO
    await marco.tap_data("matching:written")
    assert marco.last == WHO
    await marco.say("hello")
    assert len(aisha.texts) == heard
    assert await rows(house, PairMessage) == []


async def test_empty_words_that_no_phone_sends_are_refused(house: Running, marco: Phone, aisha: Phone) -> None:
    await begin(marco)
    await marco.tap_data("matching:written:  ")
    assert marco.last == "There was nothing to pass on. Please write some words."
    assert await rows(house, PairMessage) == []


async def test_both_write_at_once(house: Running, marco: Phone, aisha: Phone) -> None:
    for number in range(3):
        await begin(marco)
        await begin(aisha)
        house.tg.say(marco.person, f"from Marco {number}")
        house.tg.say(aisha.person, f"from Aisha {number}")
        await house.idle()
        assert f"Marco writes:\nfrom Marco {number}" in aisha.texts
        assert f"Aisha writes:\nfrom Aisha {number}" in marco.texts
    assert len(await rows(house, PairMessage)) == 6
    assert not any(line["event"] == "turn.failed" for line in house.log)


async def test_of_two_messages_at_once_the_first_is_passed_on_and_the_second_answered(
    house: Running, marco: Phone, aisha: Phone
) -> None:
    await begin(marco)
    house.tg.say(marco.person, "first")
    house.tg.say(marco.person, "second")
    await house.idle()
    assert [text for text in aisha.texts if "writes" in text] == ["Marco writes:\nfirst"]
    assert DOWN in marco.texts, "and not silence"


async def test_a_message_that_comes_while_writing_leaves_the_writing_alone(
    house: Running, marco: Phone, aisha: Phone
) -> None:
    carla = await house.joined("worker", "Carla", cluster_id=1)
    await pair_up(house, aisha, carla)
    await aisha.tap_data("matching:write:1")
    await begin(carla)
    await carla.say("Hello from Carla")
    assert aisha.last == "Carla writes:\nHello from Carla"
    await aisha.say("This is for Marco")
    assert marco.last == "Aisha writes:\nThis is for Marco"
    assert not any("for Marco" in text for text in carla.texts)
    await aisha.tap("Answer")
    await aisha.say("And this for Carla")
    assert carla.last == "Aisha writes:\nAnd this for Carla"


async def test_the_pair_that_is_shown_last_is_meant_when_none_is_named(
    house: Running, marco: Phone, aisha: Phone
) -> None:
    assert "to Aisha now" in await marco.tap_data("matching:write")
    await marco.say("Hello")
    assert aisha.last == "Marco writes:\nHello"


# -- after the end --------------------------------------------------------------------------------------


async def test_after_the_pair_has_ended_nothing_is_passed_on(house: Running, marco: Phone, aisha: Phone) -> None:
    await begin(marco)
    await marco.say("Hello")
    await marco.tap("Write again")
    await aisha.tap_data("matching:ended:1")
    heard = len(aisha.texts)
    assert await marco.say("Are you there?") == OVER
    assert (await talk(house, marco)).form == ""
    await marco.say("Really?")
    assert await aisha.tap("Answer") == OVER
    await aisha.say("Bye")
    assert not any("there?" in text or "Really" in text for text in aisha.texts[heard:])
    assert [one.words for one in await rows(house, PairMessage)] == ["Hello"]


async def test_in_a_break_the_two_may_write(house: Running, marco: Phone, aisha: Phone) -> None:
    await marco.tap_data("matching:rest:1")
    await marco.tap_data("matching:write:1")
    await marco.say("I am in hospital")
    assert aisha.last == "Marco writes:\nI am in hospital"


@pytest.mark.parametrize("data", ["write", "report", "ended", "end_why"])
async def test_a_stranger_cannot_write_to_a_pair_or_end_it(
    house: Running, marco: Phone, aisha: Phone, data: str
) -> None:
    otto = await house.joined("worker", "Otto", cluster_id=1)
    ines = await coordinates(house)
    for phone in (otto, ines):
        for number in ("1", "0", "-1", "x", "999999999999999999", "9" * 30):
            heard = len(phone.texts)
            await phone.tap_data(f"matching:{data}:{number}:other"[:64])
            assert phone.texts[heard:] == [UNKNOWN, MENU]
    assert [match.state for match in await rows(house, Match)] == [ACCEPTED]
    assert len(aisha.texts) == 0


# -- report and block -----------------------------------------------------------------------------------


async def insulted(marco: Phone, aisha: Phone) -> None:
    """Marco has written what he should not."""
    await marco.tap_data("matching:write:1")
    await marco.say("You <b>idiot</b> & fool")


async def test_report_and_block(house: Running, marco: Phone, aisha: Phone) -> None:
    ines, berta = await coordinates(house), await coordinates(house, "Berta")
    otto = await coordinates(house, "Otto", slug="andalucia-tourism")
    await insulted(marco, aisha)
    heard = len(marco.texts)
    told = {phone.address: len(phone.texts) for phone in (ines, berta, otto)}
    said = await aisha.tap("Report and block")
    assert said.startswith("Marco can no longer write to you, and will never be proposed to you again.")
    assert "112" in said
    (match,) = await rows(house, Match)
    assert (match.state, match.trainer_why, match.worker_why) == (ENDED, rules.BLOCKED, "")
    assert marco.texts[heard:] == ["Your work with Aisha is over. Your coordinators can tell you more."]
    for phone in (ines, berta):
        (news,) = phone.texts[told[phone.address] :]
        assert news.startswith("⚠️ Aisha has blocked Marco and reports what was written.")
        assert "Marco: You <b>idiot</b> & fool" in news
    assert len(otto.texts) == told[otto.address], "another cluster's"
    (entry,) = [one for one in await rows(house, AuditEntry) if one.action == "block"]
    assert (entry.actor, entry.subject, entry.detail) == (
        await id_of(house, aisha),
        f"match:{match.id}",
        {"blocked": await id_of(house, marco), "cluster": match.cluster_id},
    )


async def test_a_report_twice_is_harmless(house: Running, marco: Phone, aisha: Phone) -> None:
    ines = await coordinates(house)
    await insulted(marco, aisha)
    await aisha.tap("Report and block")
    heard = len(marco.texts), len(ines.texts)
    for _ in range(2):
        assert "can no longer write to you" in await aisha.tap_data("matching:report:1")
    assert (len(marco.texts), len(ines.texts)) == heard
    assert len([one for one in await rows(house, AuditEntry) if one.action == "block"]) == 1


async def test_the_other_one_learns_nothing_of_the_reason(house: Running, marco: Phone, aisha: Phone) -> None:
    await insulted(marco, aisha)
    await aisha.tap("Report and block")
    await marco.tap_data("matching:status")
    await marco.tap_data("matching:write:1")
    assert marco.last == OVER
    assert not any("block" in text or "report" in text.lower() for text in marco.texts)
    stored = await my_data(house, marco)
    (match,), (left_out,) = stored["matches"], stored["match_rests"]
    assert "trainer_why" not in match
    assert "by" not in left_out, "that would say who it was"
    assert "audit" not in stored


async def test_both_may_report_each_other_and_both_are_heard(house: Running, marco: Phone, aisha: Phone) -> None:
    ines = await coordinates(house)
    await insulted(marco, aisha)
    await aisha.tap("Answer")
    await aisha.say("Fool yourself")
    await aisha.tap("Report and block")
    await marco.tap("Report and block")
    news = [text for text in ines.texts if text.startswith("⚠️")]
    assert [text.split(" and reports")[0] for text in news] == [
        "⚠️ Aisha has blocked Marco",
        "⚠️ Marco has blocked Aisha",
    ]
    (match,) = await rows(house, Match)
    assert (match.trainer_why, match.worker_why) == (rules.BLOCKED, rules.BLOCKED)


async def test_a_report_after_the_end_is_heard_too_and_stays_one(house: Running, marco: Phone, aisha: Phone) -> None:
    ines = await coordinates(house)
    await insulted(marco, aisha)
    await aisha.tap_data("matching:ended:1")
    await aisha.tap("Report and block")
    assert ines.last.startswith("⚠️ Aisha has blocked Marco")
    await aisha.tap("We are done")
    (match,) = await rows(house, Match)
    assert match.trainer_why == rules.BLOCKED


async def test_the_coordinators_see_the_last_messages_only(house: Running, marco: Phone, aisha: Phone) -> None:
    ines = await coordinates(house)
    for number in range(SHOWN + 2):
        writer = marco if number % 2 else aisha
        await writer.tap_data("matching:write:1")
        await writer.say(f"number {number} " + "x" * 1000)
    await marco.tap("Report and block")
    lines = [line for line in ines.last.splitlines() if "number" in line]
    assert [line.split(" x")[0] for line in lines] == [
        f"{'Marco' if number % 2 else 'Aisha'}: number {number}" for number in range(2, SHOWN + 2)
    ]
    assert max(map(len, lines)) < 320


async def test_they_are_never_proposed_to_each_other_again(house: Running, marco: Phone, aisha: Phone) -> None:
    await insulted(marco, aisha)
    await aisha.tap("Report and block")
    async with house.write() as session:
        for rest in await session.scalars(select(Rest)):
            await session.delete(rest)
    for _ in range(3):
        await house.advance(days=30)
        await run_a_round(house)
    assert len(await rows(house, Match)) == 1


async def test_who_reports_goes_on_with_somebody_else_and_the_other_waits_for_a_coordinator(
    house: Running, marco: Phone, aisha: Phone
) -> None:
    ines = await coordinates(house)
    yusuf = await house.joined("trainer", "Yusuf", cluster_id=1)
    carla = await house.joined("worker", "Carla", cluster_id=1, languages=["de"])
    await aisha.tap_data("matching:write:1")
    await aisha.say("You fool")
    await marco.tap("Report and block")
    await house.app.settle()
    await house.advance(hours=1)
    made = [(match.trainer_id, match.worker_id) for match in (await rows(house, Match))[1:]]
    assert made == [(await id_of(house, yusuf), await id_of(house, marco))]
    async with house.write() as session:
        found = await db.people.get(session, await id_of(house, carla))
        assert found is not None
        found.languages = ["it"]
        for one in await session.scalars(select(db.people.Person).where(db.people.Person.name == "Yusuf")):
            one.places = 1
    await run_a_round(house)
    assert len(await rows(house, Match)) == 2, "nobody is sent to Aisha"
    assert "Your coordinators have asked me to wait" in await aisha.tap_data("matching:again")
    await ines.tap("Propose people again")
    await run_a_round(house)
    assert (await rows(house, Match))[-1].trainer_id == await id_of(house, aisha)


async def test_who_was_reported_does_not_come_back_by_the_other_ones_leaving(
    house: Running, marco: Phone, aisha: Phone
) -> None:
    await insulted(marco, aisha)
    await aisha.tap("Report and block")
    await aisha.say("/forget")
    await aisha.tap("Yes, delete everything")
    await house.advance(hours=2)
    assert {one.name for one in await house.people()} == {"Marco"}
    assert "Your coordinators have asked me to wait" in await marco.tap_data("matching:again")
    assert len(await rows(house, Rest)) == 1


@pytest.mark.parametrize("role", ["worker", "trainer"])
async def test_nothing_that_who_was_reported_does_ends_the_hold_after_the_reporter_has_left(
    house: Running, marco: Phone, aisha: Phone, role: str
) -> None:
    """The one who reported was its author; without them it is still the coordinators' to lift."""
    ines = await coordinates(house)
    reporter, reported = (aisha, marco) if role == "worker" else (marco, aisha)
    yusuf, carla = await house.joined("trainer", "Yusuf", cluster_id=1), await house.joined("worker", "Carla")
    former = await pair_up(house, *((yusuf, reported) if role == "worker" else (reported, carla)))
    await reporter.tap_data("matching:report:1")
    await reporter.say("/forget")
    await reporter.tap("Yes, delete everything")
    await house.advance(hours=2)
    (hold,) = await rows(house, Rest)
    assert (hold.by, hold.until) == (None, None)
    await reported.tap_data(f"matching:ended:{former}")
    for own in (f"end_why:{former}:done", f"end_why:{former}:time", "again", "status", "find"):
        await reported.tap_data(f"matching:{own}")
    await reported.tap_data("lessons:pause")
    await reported.tap_data("lessons:resume")
    await house.advance(days=100)
    await run_a_round(house)
    assert [(one.id, one.until) for one in await rows(house, Rest)] == [(hold.id, None)]
    assert [one.id for one in await rows(house, Match)] == [former], "nobody is proposed to them"
    await ines.tap("Propose people again")
    assert await rows(house, Rest) == []


async def abroad(house: Running, aisha: Phone) -> tuple[Phone, Phone]:
    """Aisha belongs to another cluster, which exchanges with Marco's. The coordinators of his and of hers."""
    ines, otto = await coordinates(house), await coordinates(house, "Otto", (await slugs(house))[1])
    async with house.write() as session:
        clusters = (await session.scalars(select(Cluster).order_by(Cluster.id))).all()
        for cluster in clusters[:2]:
            cluster.exchange = True
        found = await db.people.get(session, await id_of(house, aisha))
        assert found is not None
        found.cluster_id = clusters[1].id
        match = await session.get(Match, 1)
        assert match is not None
        match.cluster_id = next(one.id for one in clusters if one.slug == "emilia-food")
    return ines, otto


async def slugs(house: Running) -> list[str]:
    """The clusters' names, Ines's first."""
    return sorted((one.slug for one in await rows(house, Cluster)), key=lambda slug: slug != "emilia-food")


@pytest.mark.parametrize("reporter", ["stays", "leaves"])
async def test_who_was_told_of_a_trainer_of_another_cluster_can_decide(
    house: Running, marco: Phone, aisha: Phone, reporter: str
) -> None:
    ines, _ = await abroad(house, aisha)
    stranger = await coordinates(house, "Eva", (await slugs(house))[2])
    await aisha.tap_data("matching:write:1")
    await aisha.say("You fool")
    await marco.tap("Report and block")
    if reporter == "leaves":
        await marco.say("/forget")
        await marco.tap("Yes, delete everything")
        await house.advance(hours=2)
        assert await rows(house, Match) == []
    again = f"matching:readmit:{await id_of(house, aisha)}"
    for forged in (f"{again}:1", f"{again}:2", again):
        await stranger.tap_data(forged)
    for forged in (f"{again}:2", f"{again}:x", again, f"matching:readmit:{await id_of(house, ines)}:1"):
        await ines.tap_data(forged)
    assert len(await rows(house, Rest)) == 1
    assert "Your coordinators have asked me to wait" in await aisha.tap_data("matching:again")
    await ines.tap("Propose people again")
    assert ines.last == "I propose people to Aisha again."
    assert await rows(house, Rest) == []
    assert await ines.tap_data(f"{again}:1") == "This has been decided already."


async def test_her_own_coordinator_can_decide_too(house: Running, marco: Phone, aisha: Phone) -> None:
    _, otto = await abroad(house, aisha)
    await aisha.tap_data("matching:write:1")
    await aisha.say("You fool")
    await marco.tap("Report and block")
    await otto.tap_data(f"matching:readmit:{await id_of(house, aisha)}:1")
    assert await rows(house, Rest) == []


async def test_a_button_of_one_report_does_not_end_another(house: Running, marco: Phone, aisha: Phone) -> None:
    ines = await coordinates(house)
    carla = await house.joined("worker", "Carla", cluster_id=1)
    second = await pair_up(house, aisha, carla)
    for learner, match in ((marco, 1), (carla, second)):
        await learner.tap_data(f"matching:report:{match}")
    again = f"matching:readmit:{await id_of(house, aisha)}"
    assert await ines.tap_data(f"{again}:1") == "This has been decided already."
    assert len(await rows(house, Rest)) == 1
    await ines.tap_data(f"{again}:{second}")
    assert await rows(house, Rest) == []


async def test_an_older_button_without_the_pair_still_answers(house: Running, marco: Phone, aisha: Phone) -> None:
    ines = await coordinates(house)
    await marco.tap_data("matching:report:1")
    await ines.tap_data(f"matching:readmit:{await id_of(house, aisha)}")
    assert ines.last == "I propose people to Aisha again."
    assert await rows(house, Rest) == []


async def test_an_offer_cannot_be_reported_to_learn_a_name(house: Running, marco: Phone) -> None:
    yusuf = await house.joined("trainer", "Yusuf", cluster_id=1)
    match = await pair_up(house, yusuf, marco, state=OFFERED, trainer_says="", worker_says="")
    await marco.tap_data(f"matching:report:{match}")
    assert marco.texts[-2:] == [UNKNOWN, MENU]
    assert not any("Yusuf" in text for text in marco.texts)


# -- what is kept ---------------------------------------------------------------------------------------


async def test_messages_are_forgotten_after_thirty_days(house: Running, marco: Phone, aisha: Phone) -> None:
    await begin(marco)
    await marco.say("the first one")
    await house.advance(days=1)
    await begin(aisha)
    await aisha.say("the second one")
    assert await tables_with(house, "the first one") == {"match_messages", "outbox"}
    await house.advance(days=29, seconds=1)
    assert await tables_with(house, "the first one") == set()
    assert [one.words for one in await rows(house, PairMessage)] == ["the second one"]
    assert await tables_with(house, "the second one") == {"match_messages", "outbox"}
    await house.advance(days=1)
    assert await tables_with(house, "the second one") == set()
    assert [match.state for match in await rows(house, Match)] == [ACCEPTED]


async def test_what_never_arrived_is_not_sent_after_it_was_forgotten(
    house: Running, marco: Phone, aisha: Phone
) -> None:
    house.tg.block(aisha.person)
    await house.idle()
    await begin(marco)
    await marco.say("Where are you?")
    await house.advance(days=31)
    heard = len(aisha.texts)
    await aisha.start()
    assert not any("Where are you?" in text for text in aisha.texts[heard:])
    states = {row.state for row in await rows(house, OutboxRow) if ":said:" in row.dedupe_key}
    assert states == {db.outbox.CANCELLED}


async def test_what_is_written_to_the_other_is_not_shown_to_a_coordinator(
    house: Running, marco: Phone, aisha: Phone
) -> None:
    await coordinates(house)
    await begin(marco)
    await marco.say("Only for Aisha")
    await marco.say("the assistant may know this")
    question = await marco.tap_data("threads:ask")
    assert "the assistant may know this" in question
    assert "Only for Aisha" not in question


async def test_my_data_holds_my_own_messages(house: Running, marco: Phone, aisha: Phone) -> None:
    await begin(marco)
    await marco.say("mine")
    await aisha.tap("Answer")
    await aisha.say("hers")
    for phone, words in ((marco, "mine"), (aisha, "hers")):
        stored = await my_data(house, phone)
        assert [one["words"] for one in stored["match_messages"]] == [words]
        assert {one["writer_id"] for one in stored["match_messages"]} == {await id_of(house, phone)}


async def test_a_coordinators_data_holds_nobodys_pair(house: Running, marco: Phone, aisha: Phone) -> None:
    ines = await coordinates(house)
    async with house.write() as session:
        match = await session.get(Match, 1)
        assert match is not None
        match.by, match.worker_why = await id_of(house, ines), "person"
    await ines.tap_data(f"matching:leave_out:{await id_of(house, marco)}")
    stored = await my_data(house, ines)
    assert not {"matches", "match_messages", "match_rests", "meetings"} & stored.keys()
    assert "leave_out" in {one["action"] for one in stored["audit"]}


async def test_to_be_forgotten_erases_what_i_wrote(house: Running, marco: Phone, aisha: Phone) -> None:
    await begin(marco)
    await marco.say("written by Marco")
    await house.advance(hours=14)
    await begin(marco)
    await marco.say("still under way")  # it is night
    await marco.say("/forget")
    await marco.tap("Yes, delete everything")
    for words in ("written by Marco", "still under way"):
        assert await tables_with(house, words) == set()
    heard = len(aisha.texts)
    await house.advance(hours=12)
    assert not any("under way" in text or text == "" for text in aisha.texts[heard:])
    assert any("Marco has left the programme" in text for text in aisha.texts[heard:])


async def test_writing_is_a_sign_of_life(house: Running, marco: Phone, aisha: Phone) -> None:
    await house.advance(days=13)
    await begin(marco)
    await marco.say("How are you?")
    (match,) = await rows(house, Match)
    assert match.active_at == house.app.clock.now()
    await house.advance(days=13)
    assert not any("for two weeks" in text for text in aisha.texts)
    await house.advance(days=1, hours=12)
    assert any("for two weeks" in text for text in aisha.texts)
    assert match.active_at + timedelta(days=14) <= house.app.clock.now()


async def test_in_italian(house: Running, aisha: Phone, marco: Phone) -> None:
    t = tongue("it")
    giulia = await house.joined("worker", "Giulia", "it", cluster_id=1)
    await pair_up(house, aisha, giulia)
    await giulia.say(t.plain("My trainer"))
    asked = await giulia.tap(t.plain("Write a message"))
    assert "Aisha" in asked
    assert "Write" not in asked
    await giulia.say(t.plain("Cancel"))
    assert giulia.last == t(MENU)
    await giulia.tap(t.plain("Write a message"))
    await giulia.say("Perché non <ci> vediamo?")
    assert giulia.last == t("Passed on to {name}.", name="Aisha")
    assert aisha.last == "Giulia writes:\nPerché non <ci> vediamo?"
    await aisha.tap("Answer")
    await aisha.say("Perfect")
    assert giulia.last == t("<b>{name}</b> writes:", name="Aisha").replace("<b>", "").replace("</b>", "") + "\nPerfect"
    assert giulia.screen == [t.plain("Answer"), t.plain("Report and block")]
