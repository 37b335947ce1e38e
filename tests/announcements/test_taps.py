"""A coordinator announces: by words and by buttons, in the end once and to the right people."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from bot.announcements.taps import taps
from bot.case import COORDINATOR, Tap
from bot.messages import Outgoing
from db.audit import AuditEntry
from db.clusters import Coordination
from db.people import Person
from tests.announcements.conftest import NOON, Programme, buttons, person

FORGED = "I don't know this button. Here is what I can do:"


def text_of(screens: list[Outgoing]) -> str:
    return "\n".join(screen.text for screen in screens)


def test_only_coordinators_may() -> None:
    for_readers = {f"announcements:{verb}" for verb in ("interested", "reply", "off", "on")}
    assert {what for what, tap in taps.items() if tap.needs != COORDINATOR} == for_readers
    assert all(isinstance(tap, Tap) for tap in taps.values())


async def test_from_words_to_receipt(programme: Programme) -> None:
    marco, lucia = await programme.add(), await programme.add()
    await programme.add("trainer")
    await programme.add(country="ES", language="es")
    await programme.add(reachable=False)
    await programme.add(joined_at=None)
    await programme.add_cluster("north", ["GB"])

    asked = await programme.does("announcements:new", "send a message to all workers in Italy")
    assert "2 workers in Italy" in text_of(asked)
    assert "They read Italian." in text_of(asked)
    assert await programme.form() == ("announcements_text", "it")

    shown = await programme.types("La fiera è <domani> & gratis")
    assert await programme.form() == ("", "")
    assert "La fiera è &lt;domani&gt; &amp; gratis" in text_of(shown)
    assert "2 workers in Italy" in text_of(shown)
    send = buttons(shown)["Send it now"]
    assert send.means == ("affirm",)
    assert buttons(shown)["Cancel"].means == ("deny",)
    assert not await programme.letters()

    told = await programme.does(send.data)
    assert "is on its way" in text_of(told)
    assert "Waiting: 2" in text_of(told)
    letters = await programme.letters()
    assert [row.person_id for row in letters] == [marco, lucia]
    assert [row.lane for row in letters] == [3, 3]
    assert [row.due_at for row in letters] == [NOON, NOON]
    (announcement,) = await programme.announcements()
    assert [row.dedupe_key for row in letters] == [
        f"announcement:{announcement.id}:{marco}",
        f"announcement:{announcement.id}:{lucia}",
    ]
    said = Outgoing.from_json(letters[0].payload)
    assert "<b>Ines</b>" in said.text
    assert "Cluster south" in said.text
    assert said.text.endswith("La fiera è &lt;domani&gt; &amp; gratis")
    assert announcement.state == "sending"
    assert announcement.receipt == {"people": 2}

    again = await programme.does(send.data)
    assert "is on its way" in text_of(again)
    assert len(await programme.letters()) == 2

    await programme.set_states("sent", "blocked")
    fresh = await programme.does(f"announcements:receipt:{announcement.id}")
    assert "Delivered: 1" in text_of(fresh)
    assert "Stopped this assistant: 1" in text_of(fresh)
    assert "Waiting" not in text_of(fresh)
    async with programme.database.read() as session:
        audit = (await session.scalars(select(AuditEntry))).all()
    assert [(entry.actor, entry.action, entry.detail["people"]) for entry in audit] == [
        (programme.ines.id, "announce", 2)
    ]


async def test_what_is_missing_is_asked_by_buttons(programme: Programme) -> None:
    await programme.add()
    await programme.add("trainer")
    await programme.add(country="ES", language="es")
    who = await programme.does("announcements:new")
    assert list(buttons(who)) == ["Workers", "Trainers", "Everyone", "Choose more exactly", "Cancel"]
    where = await programme.does(buttons(who)["Everyone"].data)
    assert where[0].text.endswith("✓ Everyone")
    assert list(buttons(where)) == ["Italy", "Spain", "All countries", "Cancel"]
    text = await programme.does(buttons(where)["All countries"].data)
    assert "2 read Italian and 1 reads Spanish" in text_of(text)
    assert list(buttons(text)) == ["Use the same text for everyone", "Choose other people", "Cancel"]
    second = await programme.types("Ciao")
    assert await programme.form() == ("announcements_text", "es")
    assert "those who read <b>Spanish</b>" in text_of(second)
    preview = await programme.types("Hola")
    assert "Ciao" in text_of(preview)
    assert "Hola" in text_of(preview)
    await programme.does(buttons(preview)["Send it now"].data)
    texts = [Outgoing.from_json(row.payload).text.rpartition("\n")[2] for row in await programme.letters()]
    assert texts == ["Ciao", "Ciao", "Hola"]


async def test_one_text_for_everyone(programme: Programme) -> None:
    await programme.add()
    await programme.add(language="es")
    first = await programme.does("announcements:new", "message everyone in Italy")
    asked = await programme.does(buttons(first)["Use the same text for everyone"].data)
    assert "the text that everyone gets" in text_of(asked)
    preview = await programme.types("🎉")
    await programme.does(buttons(preview)["Send it now"].data)
    assert len(await programme.letters()) == 2


async def test_the_text_already_written_is_for_everyone(programme: Programme) -> None:
    await programme.add()
    await programme.add(language="es")
    await programme.does("announcements:new", "message everyone in Italy")
    second = await programme.types("Ciao a tutti")
    preview = await programme.does(buttons(second)["Use the same text for everyone"].data)
    assert await programme.form() == ("", "")
    assert text_of(preview).count("Ciao a tutti") == 2, "as those who read Italian and those who read Spanish get it"
    await programme.does(buttons(preview)["Send it now"].data)
    assert all(row.payload["text"].endswith("Ciao a tutti") for row in await programme.letters())


async def test_a_text_that_cannot_be_sent_is_asked_again(programme: Programme) -> None:
    await programme.add()
    await programme.does("announcements:new", "to all workers in Italy")
    assert "3501 characters" in text_of(await programme.types("x" * 3501))
    assert "3502 characters" in text_of(await programme.types("😀" * 1751))
    assert "empty" in text_of(await programme.types("\u200b\u200b"))
    assert await programme.form() == ("announcements_text", "it")
    preview = await programme.types("😀" * 1750)
    assert buttons(preview)["Send it now"]


async def test_long_texts_come_one_by_one_and_the_question_last(programme: Programme) -> None:
    await programme.add()
    await programme.add(language="es")
    await programme.does("announcements:new", "message everyone in Italy")
    await programme.types("<" * 3500)
    preview = await programme.types("y" * 3500)
    assert len(preview) == 3
    assert list(buttons(preview[:1])) == ["No más avisos"]
    assert list(buttons(preview[1:2])) == ["Basta avvisi"]
    assert buttons([preview[2]])["Send it now"]
    assert "Shall I send it?" in preview[2].text


async def test_nobody_there(programme: Programme) -> None:
    asked = await programme.does("announcements:new", "to all trainers in Spain")
    assert "nobody yet" in text_of(asked)
    assert "0 trainers in Spain" in text_of(asked)
    board = await programme.does(buttons(asked)["Choose other people"].data)
    assert "Role: Trainers" in buttons(board)
    assert "Country: Spain" in buttons(board)


async def test_a_country_that_is_not_the_clusters(programme: Programme) -> None:
    await programme.add()
    asked = await programme.does("announcements:new", "to all workers in France")
    assert "France does not belong to Cluster south." in asked[0].text
    assert "Italy" in buttons(asked)


async def test_the_cluster_is_asked_when_there_are_several(programme: Programme) -> None:
    north = await programme.add_cluster("north", ["IT", "DE"])
    await programme.add(cluster_id=north.id)
    asked = await programme.does("announcements:new", "to all workers in Italy")
    assert list(buttons(asked)) == ["Cluster south", "Cluster north", "All my clusters", "Cancel"]
    text = await programme.does(buttons(asked)["Cluster north"].data)
    assert "1 worker in Italy</b> (Cluster north)" in text_of(text)


async def test_who_has_chosen_all_clusters_is_not_asked_where(programme: Programme) -> None:
    north = await programme.add_cluster("north", ["IT", "DE"])
    for language in ("de", "en", "it"):
        await programme.add(language=language, cluster_id=north.id)
    asked = await programme.does("announcements:new", "to everyone")
    text = await programme.does(buttons(asked)["All my clusters"].data)
    assert "3 people</b> (Cluster south and Cluster north)" in text_of(text)
    assert "who read <b>English</b>" in text_of(text), "in one's own language first"


async def test_a_cluster_of_one_country_is_not_asked_where(programme: Programme) -> None:
    north = await programme.add_cluster("north", ["DE"])
    await programme.add(country="DE", language="de", cluster_id=north.id)
    text = await programme.does(f"announcements:in:{north.id}:worker:-")
    assert "1 worker</b> (Cluster north)" in text_of(text)


async def test_nobody_else_may_touch_it(programme: Programme) -> None:
    await programme.add()
    theirs = await programme.add_cluster("north", ["IT"], hers=False)
    async with programme.database.begin() as session:
        other = person("coordinator", language="en")
        session.add(other)
    shown = await programme.does("announcements:new", "to all workers in Italy")
    cancel = buttons(shown)["Cancel"].data
    (draft,) = await programme.announcements()
    for data in (
        cancel,
        f"announcements:who:{draft.id}:worker",
        f"announcements:send:{draft.id}",
        f"announcements:receipt:{draft.id}",
        f"announcements:in:{theirs.id}:worker:IT",
    ):
        await programme.does(data, by=other)
    await programme.does(f"announcements:in:{theirs.id}:worker:IT")
    await programme.does("announcements:send:99999")
    assert programme.refused == [FORGED] * 7
    assert [one.state for one in await programme.announcements()] == ["draft"]


@pytest.mark.parametrize(
    "data", ["who:{id}:king", "who:{id}", "where:{id}:FR", "where:{id}:", "send:x", "cancel", "in:{cluster}:worker:it"]
)
async def test_forged_data(programme: Programme, data: str) -> None:
    await programme.does("announcements:new")
    (draft,) = await programme.announcements()
    await programme.does("announcements:" + data.format(id=draft.id, cluster=programme.cluster.id))
    assert programme.refused == [FORGED]
    (after,) = await programme.announcements()
    assert after.audience == {}


async def test_cancel_and_then_send(programme: Programme) -> None:
    await programme.add()
    text = await programme.does("announcements:new", "to all workers in Italy")
    assert "Nothing was sent" in text_of(await programme.does(buttons(text)["Cancel"].data))
    assert await programme.form() == ("", "")
    (draft,) = await programme.announcements()
    assert "cancelled" in text_of(await programme.does(f"announcements:send:{draft.id}"))
    assert "cancelled" in text_of(await programme.does(f"announcements:who:{draft.id}:all"))
    assert "Nothing was sent" in text_of(await programme.does(f"announcements:cancel:{draft.id}"))
    assert not await programme.letters()


async def test_what_is_sent_cannot_be_cancelled_or_changed(programme: Programme) -> None:
    await programme.add()
    await programme.does("announcements:new", "to all workers in Italy")
    preview = await programme.types("Ciao")
    await programme.does(buttons(preview)["Send it now"].data)
    assert "cannot be cancelled" in text_of(await programme.does(buttons(preview)["Cancel"].data))
    assert "on its way" in text_of(await programme.does(buttons(preview)["Change the text"].data))
    (announcement,) = await programme.announcements()
    assert (announcement.state, announcement.texts) == ("sending", {"it": "Ciao"})


async def test_an_old_preview_sends_nothing_that_was_not_seen(programme: Programme) -> None:
    await programme.add()
    await programme.does("announcements:new", "to all workers in Italy")
    first = await programme.types("Ciao")
    await programme.does(buttons(first)["Change the text"].data)
    second = await programme.types("Arrivederci")
    warned = await programme.does(buttons(first)["Send it now"].data)
    assert "has changed since" in text_of(warned)
    assert not await programme.letters()
    await programme.does(buttons(second)["Send it now"].data)
    assert len(await programme.letters()) == 1


async def test_a_send_tap_from_last_year(programme: Programme) -> None:
    await programme.add()
    await programme.does("announcements:new", "to all workers in Italy")
    preview = await programme.types("Ciao")
    programme.now += timedelta(days=365)
    assert "more than a week old" in text_of(await programme.does(buttons(preview)["Send it now"].data))
    assert not await programme.letters()


async def test_send_asks_for_a_language_that_has_come_since(programme: Programme) -> None:
    await programme.add()
    await programme.does("announcements:new", "to all workers in Italy")
    preview = await programme.types("Ciao")
    await programme.add(language="de")
    asked = await programme.does(buttons(preview)["Send it now"].data)
    assert "those who read <b>German</b>" in text_of(asked)
    assert not await programme.letters()


async def test_at_night_it_waits_in_each_persons_zone(programme: Programme) -> None:
    await programme.add()
    await programme.add(zone="America/New_York")
    programme.now = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)  # 22:30 in Rome, 16:30 in New York
    await programme.does("announcements:new", "to all workers in Italy")
    preview = await programme.types("Ciao")
    assert "It is night for 1 person" in text_of(preview)
    told = await programme.does(buttons(preview)["Send it now"].data)
    assert "Held for the night: 1" in text_of(told)
    assert "Waiting: 1" in text_of(told)
    assert [row.due_at for row in await programme.letters()] == [
        datetime(2026, 11, 25, 7, 0, tzinfo=UTC),
        programme.now,
    ]


async def test_words_without_a_draft(programme: Programme) -> None:
    told = await programme.does("announcements:said", "hello")
    assert "New announcement" in buttons(told)
    assert not await programme.announcements()


async def test_a_coordinator_without_a_cluster(programme: Programme) -> None:
    async with programme.database.begin() as session:
        lonely: Person = person("coordinator", language="en")
        session.add(lonely)
    told = await programme.does("announcements:new", by=lonely)
    assert "do not coordinate a cluster yet" in text_of(told)


async def test_every_button_fits_and_every_screen_has_a_way_out(programme: Programme) -> None:
    await programme.add()
    await programme.add(language="es")
    screens = await programme.does("announcements:new")
    (draft,) = await programme.announcements()
    screens += await programme.does(f"announcements:who:{draft.id}:all")
    screens += await programme.does(f"announcements:where:{draft.id}:all")
    screens += await programme.types("Ciao")
    screens += await programme.types("Hola")
    assert all(len(button.data.encode()) <= 64 for button in buttons(screens).values())
    questions = [screen for screen in screens if screen.buttons and ":sample:" not in screen.buttons[0][0].data]
    assert len(questions) == 5
    assert all("Cancel" in buttons([screen]) for screen in questions)


async def test_a_colleague_sees_the_receipt_but_not_the_draft(programme: Programme) -> None:
    await programme.add()
    async with programme.database.begin() as session:
        colleague = person("coordinator", language="en")
        session.add(colleague)
        await session.flush()
        session.add(Coordination(person_id=colleague.id, cluster_id=programme.cluster.id, since=NOON))
    await programme.does("announcements:new", "to all workers in Italy")
    preview = await programme.types("Ciao")
    send = buttons(preview)["Send it now"].data
    await programme.does(send, by=colleague)
    assert programme.refused == [FORGED]
    assert not await programme.letters()
    told = await programme.does(send)
    seen = await programme.does(buttons(told)["Pause"].data.replace("pause", "receipt"), by=colleague)
    assert "Waiting: 1" in text_of(seen)


async def test_who_has_given_up_the_cluster_can_send_nothing_to_it(programme: Programme) -> None:
    await programme.add()
    await programme.does("announcements:new", "to all workers in Italy")
    preview = await programme.types("Ciao")
    async with programme.database.begin() as session:
        await session.execute(delete(Coordination))
    await programme.does(buttons(preview)["Send it now"].data)
    assert programme.refused == [FORGED]
    assert not await programme.letters()
