"""How far somebody is, as a picture; and what they know already and may leave out."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from bot.lessons import picture, placement, rules
from bot.lessons.curriculum import load
from bot.lessons.picture import Progress, Row
from bot.messages import LANGUAGES
from bot.texts import tongue
from db.lessons import Award, Study
from tests.app import Phone, Running
from tests.lessons.learner import has_quiz, read_anew, studies, track
from tests.lessons.test_curriculum import REAL
from tests.people.invitations import coordinates

TODAY = date(2026, 11, 25)  # a Wednesday


@pytest.fixture
async def marco(house: Running) -> Phone:
    """With the whole real course in front of him."""
    read_anew(house, REAL)
    return await house.joined("worker", "Marco")


async def test_the_picture_on_a_phone(house: Running, marco: Phone) -> None:
    await marco.say("/lesson")
    await marco.tap_data("lessons:picture")
    shown = house.tg.from_bot(marco.person)[-1].message
    assert shown["photo"], "it is a picture, not a document"
    assert marco.screen == ["Next lesson"]


async def test_what_is_known_is_left_out_and_taken_up_again(house: Running, marco: Phone) -> None:
    lessons = track(house, "worker")
    await marco.say("/lesson")
    await marco.tap("I know some of this already")
    assert "8 short questions" in marco.last
    await marco.tap("Yes, start")
    for at, (_, block) in enumerate(placement.asked(lessons)):
        assert has_quiz(marco)
        assert block.answer is not None
        wrong = (block.answer + 1) % len(block.options["en"])
        await marco.vote(block.answer if at in (1, 2) else wrong)
    assert marco.last.startswith("You know something about these already. Leave them out?\n• ")
    assert marco.screen == ["Leave them out", "No, all the lessons"]
    await marco.tap("Leave them out")
    out = [one for one in await studies(house, marco) if one.task == "known"]
    assert len(out) == sum(lesson.module.number in (2, 3) for lesson in lessons)
    assert all(one.ask_at is None for one in out), "nobody asks about their tasks"
    await marco.tap_data("lessons:progress")
    assert f"{len(out)} lessons of {len(lessons)}" in marco.last
    await marco.tap_data("lessons:takeup")
    assert [one for one in await studies(house, marco) if one.task == "known"] == []
    assert len(await studies(house, marco)) == 1, "what was begun stays"


async def test_who_knows_nothing_begins_at_the_beginning(house: Running, marco: Phone) -> None:
    await marco.tap_data("lessons:place:8:-")
    assert marco.last == "Then all the lessons are for you. Let us begin at the beginning."


@pytest.mark.parametrize(
    "data",
    ["place:9:-", "place:x:-", "place:1:zz", "place:1:-:99", "place:1:ab:-1", "leaveout:zzz", "leaveout:aa", "place"],
)
async def test_forged_answers_change_nothing(house: Running, marco: Phone, data: str) -> None:
    await marco.tap_data(f"lessons:{data}")
    assert await studies(house, marco) == []
    assert not [line for line in house.log if line["event"] == "turn.failed"]


async def test_what_was_left_out_proves_nothing_until_it_is_learnt(house: Running, marco: Phone) -> None:
    await marco.tap_data("lessons:leaveout:abcdefgh")
    await marco.tap_data("lessons:next")
    assert "You have finished all the lessons" in marco.last
    async with house.read() as session:
        assert (await session.scalars(select(Award))).all() == []
    first = track(house, "worker")[0]
    await marco.tap_data(f"lessons:open:{first.uuid}")
    assert (await studies(house, marco))[0].left_out
    async with house.write() as session:
        study = await session.get_one(Study, (await studies(house, marco))[0].id)
        study.block = first.blocks[-1].id
        number = study.id
    await marco.tap_data(f"lessons:after:{number}:{first.blocks[-2].id}")
    assert "Tomorrow I will ask how the task went." in marco.last
    assert (await studies(house, marco))[0].learnt
    await marco.tap_data("lessons:takeup")
    assert [one.lesson for one in await studies(house, marco)] == [first.uuid]


async def test_a_coordinator_has_no_days_for_lessons(house: Running) -> None:
    ines = await coordinates(house)
    assert await ines.tap_data("lessons:days") == "Lessons are for learners and trainers."


async def test_a_lesson_that_is_begun_is_not_left_out(house: Running, marco: Phone) -> None:
    second = next(lesson for lesson in track(house, "worker") if lesson.module.number == 2)
    await marco.tap_data(f"lessons:open:{second.uuid}")
    await marco.tap_data("lessons:leaveout:b")
    kept = {one.lesson: one.task for one in await studies(house, marco)}
    assert kept[second.uuid] == ""


def test_a_question_from_every_module_in_both_tracks() -> None:
    curriculum = load(REAL)
    for role, modules in (("worker", 8), ("trainer", 5)):
        rows = placement.asked(curriculum.track(role))  # type: ignore[arg-type]
        assert len({lesson.module.folder for lesson, _ in rows}) == modules
        assert all(block.answer is not None for _, block in rows)


# the picture


@given(st.lists(st.integers(0, 120), max_size=40))
def test_a_streak_counts_weeks_up_to_now(ago: list[int]) -> None:
    days = {TODAY - timedelta(days=one) for one in ago}
    weeks = picture.weeks(days, TODAY)
    assert len(weeks) == picture.WEEKS
    number = picture.streak(weeks)
    assert 0 <= number <= picture.WEEKS
    assert (weeks[-1] == "learnt") == any(TODAY - timedelta(days=2) <= day for day in days)
    if weeks[-1] == "learnt":
        assert number >= 1


def test_a_break_does_not_end_a_streak_and_a_quiet_week_does() -> None:
    assert picture.streak(("quiet", "learnt", "away", "away", "learnt", "quiet")) == 2
    assert picture.streak(("learnt", "quiet", "learnt", "learnt")) == 2
    assert picture.streak(("learnt", "learnt", "quiet")) == 2, "the current week is not over"
    assert picture.streak(()) == 0
    christmas = rules.holidays(date(2027, 1, 10))
    weeks = picture.weeks({date(2026, 12, 16), date(2027, 1, 13)}, date(2027, 1, 14), christmas)
    assert weeks[-5:] == ("learnt", "away", "away", "quiet", "learnt") or picture.streak(weeks) >= 1


@settings(deadline=None)  # drawing takes as long as it takes
@given(st.lists(st.builds(Row, st.text(max_size=200), st.integers(0, 9), st.integers(1, 9)), max_size=9), st.text())
def test_any_progress_can_be_drawn(rows: list[Row], words: str) -> None:
    drawn = picture.png(Progress(words[:300], tuple(rows), words[:50], ("learnt", "away", "quiet"), words[:300]))
    image = Image.open(BytesIO(drawn))
    assert image.format == "PNG"
    assert image.width == picture.WIDTH
    assert len(drawn) < 200_000


@pytest.mark.parametrize("language", LANGUAGES)
async def test_in_every_language(house: Running, language: str) -> None:
    read_anew(house, REAL)
    phone, t = await house.joined("worker", "Sasha", language), tongue(language)
    await phone.tap_data("lessons:progress")
    assert t.plain("Show me a picture") in phone.screen
    await phone.tap(t.plain("Show me a picture"))
    assert house.tg.from_bot(phone.person)[-1].message["photo"]
