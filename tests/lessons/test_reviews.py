"""Questions that come back, the days and hours of lessons, and tasks shown in a photo."""

from datetime import UTC, datetime, timedelta

import pytest
from fsrs import Rating
from hypothesis import given
from hypothesis import strategies as st

import db.lessons
from bot.lessons import memory, rules
from bot.lessons.curriculum import Lesson
from db.lessons import Review
from tests.app import Phone, Running
from tests.lessons.learner import COURSE, given_answers, has_quiz, plan, read_anew, studies, to_the_end, track
from tests.onboarding.way import known
from tests.people_factory import a_match

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


async def learner(house: Running) -> Phone:
    """Marco, whose lessons are planned, with the first one done."""
    marco = await house.joined("worker", "Marco", zone="Europe/Rome")
    await marco.tap_data("lessons:resume")
    await marco.say("/lesson")
    await to_the_end(marco)
    return marco


async def reviews(house: Running, phone: Phone) -> list[Review]:
    async with house.read() as session:
        person = await known(house, phone)
        return list(await db.lessons.due_reviews(session, person.id, NOW + timedelta(days=999), 99))


def questions(lesson: Lesson) -> list[str]:
    return [block.id for block in lesson.blocks if block.kind == "question"]


async def test_questions_come_back_before_the_next_lesson(house: Running) -> None:
    marco = await learner(house)
    first, second = track(house, "worker")[:2]
    kept = await reviews(house, marco)
    assert sorted(one.block for one in kept) == sorted(questions(first))
    assert min(one.due_at for one in kept) >= house.app.clock.now() + timedelta(hours=23), "never on the same day"
    await house.advance(days=4)
    offer = next(text for text in reversed(marco.texts) if text.startswith("Your lesson for today:"))
    assert "\nFirst 2 short questions from before.\nDo you have five minutes?" in offer
    await marco.tap("Yes, start")
    assert any(text.startswith("Do you still know this?\nFrom the lesson") for text in marco.texts)
    assert has_quiz(marco)
    await marco.vote(0)
    assert any(text.startswith("And this one?") for text in marco.texts)
    await marco.vote(0)
    assert marco.last == f"Now to the lesson: {second.title['en']}"
    await marco.tap("To the lesson")
    assert any(text.startswith(second.title["en"]) for text in marco.texts[-3:])
    assert len(await given_answers(house, marco, first.uuid)) == 4


async def test_at_most_three_a_day(house: Running) -> None:
    marco = await house.joined("worker", "Marco", zone="Europe/Rome")
    for _ in track(house, "worker"):
        await marco.say("/lesson")
        await to_the_end(marco)
    await house.advance(days=30)
    await marco.say("/lesson")
    asked = 0
    while has_quiz(marco) and asked < 9:
        await marco.vote(0)
        asked += 1
    assert asked == memory.MOST_A_DAY
    assert marco.last == "That was all for today. Well remembered!"
    await house.advance(days=1)
    await marco.say("/lesson")
    assert has_quiz(marco), "tomorrow is another day"


async def test_a_question_that_is_gone_does_not_come_back(house: Running, tmp_path) -> None:
    marco = await learner(house)
    read_anew(house, COURSE.with_name("course_of_questions"))
    await house.advance(days=30)
    await marco.say("/lesson")
    assert not any(text.startswith("Do you still know this?") for text in marco.texts)
    read_anew(house, COURSE)
    await marco.tap_data("lessons:next")
    assert any(text.startswith("Do you still know this?") for text in marco.texts), "it is only put by"


async def test_later_today_and_the_days(house: Running) -> None:
    marco = await learner(house)
    await house.advance(days=2)  # Wednesday, before the lesson
    assert await marco.tap_data("lessons:later") == "All right, I will ask again in three hours."
    assert (await plan(house, marco)).next_at == house.app.clock.now() + rules.LATER
    await house.advance(hours=11)
    assert await marco.tap_data("lessons:later") == "It is late for today. The next one comes tomorrow."
    await marco.tap_data("lessons:pause")
    assert await marco.tap_data("lessons:later") == "Your lessons have a break. Shall they come again?"
    await marco.tap("Lessons again")
    await marco.tap_data("lessons:days")
    assert marco.screen == [
        *(f"✅ {day}" for day in ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]),
        "✅ Saturday",
        "✅ Sunday",
        "Done",
    ]
    for day in ("Saturday", "Sunday", "Thursday", "Friday"):
        await marco.tap(f"✅ {day}")
    kept = await plan(house, marco)
    assert kept.days == "012"
    assert kept.next_at is not None
    assert kept.next_at.weekday() == 0
    for data in ("lessons:days:7", "lessons:days:x", "lessons:days:12", "lessons:days:²"):
        await marco.tap_data(data)
        assert (await plan(house, marco)).days == "012"
    for day in "012":
        await marco.tap_data(f"lessons:days:{day}")
    assert (await plan(house, marco)).days == "2", "one day at least stays"


async def with_trainer(house: Running, worker: Phone) -> Phone:
    aisha = await house.joined("trainer", "Aisha", "it")
    async with house.write() as session:
        trainer, learner = await known(house, aisha), await known(house, worker)
        await a_match(session, trainer.id, learner.id, NOW, round_of=1)
    return aisha


@pytest.fixture
async def shower(house: Running) -> Phone:
    """Somebody who has just finished the lesson whose task is shown in a photo."""
    read_anew(house, COURSE.with_name("course_of_questions"))
    marco = await house.joined("worker", "Marco")
    await marco.say("/lesson")
    await marco.tap("Next")
    for label in ("▫️ Hours", "Done", "C", "A", "B"):
        await marco.tap(label)
    await marco.vote(1)
    await marco.tap("Skip")
    assert any("send a photo of it here" in text for text in marco.texts)
    return marco


async def task(house: Running, phone: Phone) -> str:
    return (await studies(house, phone))[0].task


async def test_the_trainer_sees_the_photo_and_confirms(house: Running, shower: Phone) -> None:
    aisha = await with_trainer(house, shower)
    house.tg.photo(shower.person)
    await house.idle()
    assert shower.last == "Thank you! I have shown it to Aisha."
    assert await task(house, shower) == "shown"
    assert house.tg.last(aisha.person).message.get("photo")
    assert aisha.screen == ["Sì, ben fatto", "Non ancora"]
    await aisha.tap("Sì, ben fatto")
    assert await task(house, shower) == "done"
    assert shower.last == "Aisha has seen your task and says: well done!"
    (study,) = await studies(house, shower)
    said = len(shower.texts)
    await aisha.tap_data(f"lessons:seen:{study.id}:no")
    assert (len(shower.texts), await task(house, shower)) == (said, "done"), "a second tap tells nobody again"
    stranger = await house.joined("trainer", "Nobody")
    await stranger.tap_data(f"lessons:seen:{study.id}:no")
    await shower.tap_data(f"lessons:seen:{study.id}:no")
    assert await task(house, shower) == "done", "only the trainer may say so"


async def test_a_photo_without_a_trainer_counts(house: Running, shower: Phone) -> None:
    house.tg.photo(shower.person)
    await house.idle()
    assert shower.last == "Thank you, I count the task of “Every kind of question” as done. Well done!"
    assert await task(house, shower) == "done"


async def test_a_photo_of_something_else_goes_nowhere(house: Running, shower: Phone) -> None:
    aisha = await with_trainer(house, shower)
    await house.advance(days=20)
    house.tg.photo(shower.person)
    await house.idle()
    assert shower.last.startswith("Thank you for the photo. I cannot look at pictures yet")
    assert not house.tg.from_bot(aisha.person) or "photo" not in house.tg.last(aisha.person).message


async def test_stuck_goes_on_the_trainers_agenda(house: Running, shower: Phone) -> None:
    aisha = await with_trainer(house, shower)
    (study,) = await studies(house, shower)
    await shower.tap_data(f"lessons:task:{study.id}:stuck")
    assert shower.screen == ["Tell my trainer", "Talk to a person", "It works now"]
    await shower.tap("Tell my trainer")
    assert shower.last.startswith("I have told Aisha.")
    assert "Marco" in aisha.last
    assert "• Which two belong on the door?" in aisha.last, "what was answered wrong is named"


# the rules


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 40)), min_size=1, max_size=12))
def test_a_question_comes_back_after_a_day_and_within_sixty(history: list[tuple[bool, bool, int]]) -> None:
    card, now = None, NOW
    for correct, hinted, wait in history:
        now += timedelta(days=wait)
        card, due = memory.reviewed(card, memory.rated(correct, hinted), now)
        assert timedelta(days=1) <= due - now <= timedelta(days=60)
        assert len(card) <= 500


def test_what_is_known_well_comes_back_later() -> None:
    gaps = [memory.reviewed(None, rating, NOW)[1] for rating in (Rating.Again, Rating.Hard, Rating.Good)]
    assert gaps == sorted(gaps)
    card, due = memory.reviewed(None, Rating.Good, NOW)
    assert memory.reviewed(card, Rating.Good, due)[1] - due > due - NOW


@given(st.text(max_size=50))
def test_a_card_that_cannot_be_read_begins_anew(junk: str) -> None:
    assert memory.reviewed(junk, Rating.Good, NOW) == memory.reviewed(None, Rating.Good, NOW)


@given(st.sets(st.integers(0, 6), min_size=1), st.integers(0, 6))
def test_a_weekday_is_put_in_or_taken_out(days: set[int], day: int) -> None:
    before = "".join(map(str, sorted(days)))
    after = rules.with_weekday(before, day)
    assert after
    assert after == before or set(after) ^ set(before) == {str(day)}
