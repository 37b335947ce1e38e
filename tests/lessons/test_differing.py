"""A card that does not fit what people see: reported, withheld after three, looked at, given again."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

import db.lessons
from bot.lessons.curriculum import Block, Lesson
from bot.lessons.markdown import to_plain
from bot.lessons.rules import WITHHELD_FROM
from bot.messages import LANGUAGES, Do
from bot.texts import tongue
from bot.words.client import State, Understood
from db.audit import AuditEntry
from db.lessons import Report
from db.outbox import OutboxRow
from tests.app import Phone, Running
from tests.lessons.learner import studies, to_block, track
from tests.onboarding.way import known
from tests.people.invitations import coordinates

UNKNOWN = "I don't know this button. Here is what I can do:"
NONE = "No card is reported at the moment."
SETTLED = "This card has been looked at already, or it is gone from the lessons."
TOLD = "The screens of 3 people look different"
WHERE_TO_FIND_IT = "where do I find two-step verification in WhatsApp"
EMILIA, ANDALUCIA = 1, 2


@pytest.fixture(autouse=True)
def rasa_hears_questions(house: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    async def understand(text: str, *, sender: str, state: State) -> Understood:
        return Understood("how_to", 1.0, (), (Do("lessons:how", (text,)),))

    monkeypatch.setattr(house.app.words, "understand", understand)


def dated(house: Running) -> tuple[Lesson, Block]:
    """The course's dated card."""
    return next((lesson, one) for lesson in track(house, "worker") for one in lesson.blocks if one.volatile)


async def reads(house: Running, phone: Phone) -> None:
    """Open the lesson and go on to its dated card."""
    lesson, block = dated(house)
    await phone.tap_data(f"lessons:open:{lesson.uuid}")
    await to_block(phone, lesson, block.id)


async def reports(house: Running, name: str, cluster_id: int | None = EMILIA, language: str = "en") -> Phone:
    """Somebody whose screen looks different."""
    phone = await house.joined("worker", name, language, cluster_id=cluster_id)
    await reads(house, phone)
    await phone.tap(tongue(language).plain("My screen looks different"))
    return phone


async def kept(house: Running) -> Sequence[Report]:
    async with house.read() as session:
        return (await session.scalars(select(Report).order_by(Report.id))).all()


async def notes(house: Running, action: str) -> list[str]:
    async with house.read() as session:
        found = await session.scalars(select(AuditEntry).where(AuditEntry.action == action))
        return [note.subject for note in found]


async def is_given(house: Running) -> bool:
    """Whether somebody new is shown the card."""
    lesson, block = dated(house)
    eve = await house.joined("worker", "Eve")
    await eve.tap_data(f"lessons:open:{lesson.uuid}")
    before = [one.id for one in lesson.blocks].index(block.id)
    await to_block(eve, lesson, lesson.blocks[before - 1].id)
    await eve.tap("Next")
    return (await studies(house, eve))[0].block == block.id


def nothing_failed(house: Running) -> bool:
    return not [line for line in house.log if line["event"] in ("turn.failed", "turn.forged")]


# who learns


async def test_a_report_is_kept_once_for_each_person(house: Running) -> None:
    lesson, block = dated(house)
    marco = await reports(house, "Marco")
    assert marco.screen == ["Next", "Talk to a person"]
    for _ in range(2):
        await marco.tap("My screen looks different")
        assert "somebody will look at this card" in marco.last
    (report,) = await kept(house)
    assert (report.lesson, report.block, report.settled_at) == (lesson.uuid, block.id, None)
    assert await notes(house, "screen differs") == [f"{lesson.uuid}:{block.id}"]
    assert await is_given(house)


async def test_after_it_was_settled_it_can_be_reported_again(house: Running) -> None:
    lesson, block = dated(house)
    marco = await reports(house, "Marco")
    (first,) = await kept(house)
    async with house.write() as session:
        assert await db.lessons.settle_reports(session, lesson.uuid, block.id, house.app.clock.now()) == 1
    await marco.tap("My screen looks different")
    (second,) = await kept(house)
    assert second.settled_at is None
    assert second.id > first.id
    assert nothing_failed(house)


async def test_from_three_people_on_nobody_is_given_the_card(house: Running) -> None:
    lesson, block = dated(house)
    following = lesson.blocks[[one.id for one in lesson.blocks].index(block.id) + 1]
    asks, standing = [await house.joined("worker", name, cluster_id=EMILIA) for name in ("Asks", "Stands")]
    await reads(house, standing)
    await asks.say(WHERE_TO_FIND_IT)
    assert "Checked on" in asks.last
    reporters = [await reports(house, f"R{at}") for at in range(WITHHELD_FROM - 1)]
    assert await is_given(house)
    reporters.append(await reports(house, "Last"))
    assert not await is_given(house)
    assert await notes(house, "withhold card") == [f"{lesson.uuid}:{block.id}"]
    await asks.say(WHERE_TO_FIND_IT)
    assert "Checked on" not in asks.last, "the search does not show it either"
    await standing.say("/lesson")
    assert (await studies(house, standing))[0].block == following.id, "who stands there goes on after it"
    await reporters[-1].tap("Next")
    assert (await studies(house, reporters[-1]))[0].block == following.id
    said = len(standing.texts)
    await standing.tap_data(f"lessons:task:{(await studies(house, standing))[0].id}:stuck")
    shown = "\n".join(standing.texts[said:])
    cards = [one for one in lesson.blocks if one.kind == "card"]
    assert [to_plain(one.markdown["en"])[:20] in shown for one in cards] == [not one.volatile for one in cards]
    assert nothing_failed(house)


async def test_who_leaves_takes_their_report_along(house: Running) -> None:
    phones = [await reports(house, f"R{at}") for at in range(WITHHELD_FROM)]
    assert not await is_given(house)
    await phones[0].tap_data("people:forget_yes")
    assert len(await kept(house)) == WITHHELD_FROM - 1
    assert await is_given(house)


async def test_reports_that_no_button_made(house: Running) -> None:
    lesson, block = dated(house)
    marco, aisha = await reports(house, "Marco"), await house.joined("worker", "Aisha")
    (study,) = await studies(house, marco)
    question = next(one.id for one in lesson.blocks if one.kind == "question")
    for phone, data in (
        (aisha, f"lessons:differs:{study.id}:{block.id}"),
        (marco, f"lessons:differs:{study.id}:{question}"),
        (marco, "lessons:differs"),
    ):
        await phone.tap_data(data)
        assert phone.texts[-2] == UNKNOWN, data
    await marco.tap_data(f"lessons:differs:{study.id}:gone")
    assert marco.last == "This lesson has changed since then. Write /lesson to go on."
    assert len(await kept(house)) == 1


# who coordinates


async def test_a_coordinator_reads_the_card_and_has_looked_at_it(house: Running) -> None:
    lesson, block = dated(house)
    ines, fourth = await coordinates(house), await house.joined("worker", "Fourth")
    await reads(house, fourth)
    for at in range(WITHHELD_FROM - 1):
        await reports(house, f"R{at}")
    assert not any(text.startswith(TOLD) for text in ines.texts)
    await reports(house, "Last")
    (told,) = [text for text in ines.texts if text.startswith(TOLD)]
    assert lesson.title["en"] in told
    await fourth.tap("My screen looks different")
    assert len([text for text in ines.texts if text.startswith(TOLD)]) == 1, "told once"
    await ines.tap("Read the card")
    assert f"{lesson.title['en']}, card 3 (4 people)" in ines.last
    assert "Nobody is given it now." in ines.last
    assert lesson.sources[0].url in ines.last
    assert not any(name in " ".join(ines.texts) for name in ("R0", "Fourth"))
    await ines.tap("✓ Looked at")
    assert ines.last == f"Noted: this card has been looked at, and is given again.\n\n{NONE}"
    assert await is_given(house)
    assert [one.settled_at for one in await kept(house)] == [house.app.clock.now()] * 4
    assert await notes(house, "settle reports") == [f"{lesson.uuid}:{block.id}"]
    newest = (await kept(house))[-1].id
    for data in (f"lessons:looked_at:{newest}", f"lessons:looked_at:{newest}:0", f"lessons:differing_card:{newest}"):
        await ines.tap_data(data)
        assert ines.last == f"{SETTLED}\n\n{NONE}"
    assert len(await notes(house, "settle reports")) == 1
    assert nothing_failed(house)


async def test_the_menu_leads_to_the_list(house: Running) -> None:
    ines = await coordinates(house)
    await ines.say("/menu")
    await ines.tap("Cards whose screens look different")
    assert ines.last == NONE
    await reports(house, "Marco")
    await ines.tap("Cards whose screens look different")
    lesson, _ = dated(house)
    assert f"1. {lesson.title['en']}, card 3 (1 person)" in ines.last
    assert "Nobody is given it now." not in ines.last
    assert ines.screen == ["Read 1", "✓ 1. Looked at", "Menu"]
    await ines.tap("✓ 1. Looked at")
    assert ines.last.endswith(NONE)
    assert (await kept(house))[0].settled_at is not None


async def test_an_old_button_does_not_settle_what_was_reported_since(house: Running) -> None:
    ines = await coordinates(house)
    marco = await reports(house, "Marco")
    (first,) = await kept(house)
    await ines.tap_data(f"lessons:looked_at:{first.id}")
    await house.advance(days=20)
    await marco.tap("My screen looks different")
    await ines.tap_data(f"lessons:looked_at:{first.id}")
    assert SETTLED in ines.last
    assert "(1 person)" in ines.last, "the new one is shown"
    await reports(house, "Anna")
    newest = (await kept(house))[0].id
    await ines.tap_data(f"lessons:looked_at:{newest}")
    assert [one.settled_at is None for one in await kept(house)] == [False, True], "the newer one nobody had seen"


async def test_withheld_again_is_told_again(house: Running) -> None:
    ines = await coordinates(house)
    phones = [await reports(house, f"R{at}") for at in range(WITHHELD_FROM)]
    await ines.tap("Read the card")
    await ines.tap("✓ Looked at")
    for phone in phones:
        await phone.tap("My screen looks different")
    assert len([text for text in ines.texts if text.startswith(TOLD)]) == 2
    assert not await is_given(house)


async def test_in_the_night_nobody_is_woken(house: Running) -> None:
    ines = await coordinates(house)
    await house.advance(hours=13)
    for at in range(WITHHELD_FROM):
        await reports(house, f"R{at}")
    assert not any(text.startswith(TOLD) for text in ines.texts)
    await house.advance(hours=11)
    assert len([text for text in ines.texts if text.startswith(TOLD)]) == 1


async def test_only_those_whose_people_reported_are_told(house: Running) -> None:
    ines, pablo = await coordinates(house), await coordinates(house, "Pablo", "andalucia-tourism")
    berta = await coordinates(house, "Berta", "north-building-care")
    for at in range(WITHHELD_FROM - 1):
        await reports(house, f"R{at}")
    await reports(house, "Lucia", ANDALUCIA)
    for phone, number in ((ines, 1), (pablo, 1), (berta, 0)):
        assert len([text for text in phone.texts if text.startswith(TOLD)]) == number
    async with house.read() as session:
        letters = (await session.scalars(select(OutboxRow).where(OutboxRow.dedupe_key.startswith("differs:")))).all()
    assert {letter.person_id for letter in letters} == {(await known(house, phone)).id for phone in (ines, pablo)}


# whose


async def test_another_clusters_coordinator_a_worker_and_forged_ids(house: Running) -> None:
    ines, pablo = await coordinates(house), await coordinates(house, "Pablo", "andalucia-tourism")
    nobody = await house.joined("coordinator", "Nobody")
    marco = await reports(house, "Marco")
    (report,) = await kept(house)
    for phone in (pablo, nobody):
        assert await phone.tap_data("lessons:differing") == NONE
        for data in (f"lessons:differing_card:{report.id}", f"lessons:looked_at:{report.id}:0"):
            await phone.tap_data(data)
            assert phone.texts[-2] == UNKNOWN, data
    for data in ("lessons:differing", f"lessons:differing_card:{report.id}", f"lessons:looked_at:{report.id}"):
        assert await marco.tap_data(data) == "Only a coordinator can do this."
    for data in (
        "lessons:differing:x",
        "lessons:differing_card",
        "lessons:differing_card:x",
        "lessons:looked_at",
        "lessons:looked_at:-1",
        f"lessons:looked_at:{report.id}:x",
    ):
        await ines.tap_data(data)
        assert ines.texts[-2] == UNKNOWN, data
    for data in ("lessons:differing_card:4711", "lessons:looked_at:999999999999999999"):
        await ines.tap_data(data)
        assert ines.last.startswith(SETTLED)
    await ines.tap_data("lessons:differing:999999999999999999")
    assert ines.last == "There are no more cards."
    assert (await kept(house))[0].settled_at is None
    assert not [line for line in house.log if line["event"] == "turn.failed"]


async def test_what_is_withheld_from_everybody_may_be_settled_by_every_coordinator(house: Running) -> None:
    pablo = await coordinates(house, "Pablo", "andalucia-tourism")
    for at in range(WITHHELD_FROM):
        await reports(house, f"R{at}")
    await pablo.tap_data("lessons:differing")
    assert "(3 people)\nNobody is given it now." in pablo.last
    await pablo.tap("✓ 1. Looked at")
    assert await is_given(house)


async def test_who_is_in_no_cluster_is_heard_in_their_language(house: Running) -> None:
    ines, pablo = await coordinates(house), await coordinates(house, "Pablo", "andalucia-tourism")
    await reports(house, "Giulia", None, "it")
    await ines.tap_data("lessons:differing")
    assert "(1 person)" in ines.last
    assert await pablo.tap_data("lessons:differing") == NONE


async def test_a_card_that_is_gone_from_the_lessons(house: Running) -> None:
    ines, marco = await coordinates(house), await house.joined("worker", "Marco", cluster_id=EMILIA)
    lesson, _ = dated(house)
    async with house.write() as session:
        for where, block in (("no-such-lesson", "x"), (lesson.uuid, "no-such-block")):
            session.add(
                Report(person_id=(await known(house, marco)).id, lesson=where, block=block, at=house.app.clock.now())
            )
    assert await ines.tap_data("lessons:differing") == NONE
    for report in await kept(house):
        await ines.tap_data(f"lessons:looked_at:{report.id}")
        assert ines.last.startswith(SETTLED)
    assert nothing_failed(house)


async def test_in_every_language(house: Running) -> None:
    lesson, block = dated(house)
    await reports(house, "Marco")
    for language in LANGUAGES:
        phone, t = await coordinates(house, f"Ines{language}", language=language), tongue(language)
        await phone.tap_data("lessons:differing")
        assert lesson.title[language] in phone.last
        await phone.tap(t.plain("Read {place}", place=1))
        assert t.plain("card {number}", number=3) in phone.last
        assert len(phone.last) < 4096
    assert block.kind == "card"
    assert nothing_failed(house)


def test_the_buttons_fit() -> None:
    longest = 10**18 - 1
    for data in (f"lessons:looked_at:{longest}:{longest}", f"lessons:report_module:trainer:{longest}"):
        assert len(data.encode()) <= 64
