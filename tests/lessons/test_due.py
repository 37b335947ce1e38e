"""What comes by itself: the daily lesson at the person's hour, and the question how the task went."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

import db.outbox
from bot.lessons import due
from db.lessons import Plan
from db.outbox import OutboxRow
from db.people import Person
from tests.app import Phone, Running, running, standing_still
from tests.lessons.learner import COURSE, plan, read_anew, studies, to_the_end, track
from tests.onboarding.way import joins, known
from tests.people_factory import person

QUIET_START, QUIET_END = 21, 8


async def letters(house: Running, prefix: str) -> Sequence[OutboxRow]:
    async with house.read() as session:
        return (
            await session.scalars(
                select(OutboxRow).where(OutboxRow.dedupe_key.startswith(prefix)).order_by(OutboxRow.due_at)
            )
        ).all()


async def offered(house: Running, phone: Phone) -> list[datetime]:
    """When this person's lessons were sent, on their own clock."""
    one = await known(house, phone)
    rows = await letters(house, f"lesson:{one.id}:")
    assert all(row.state == db.outbox.SENT for row in rows)
    return [row.sent_at.astimezone(ZoneInfo(one.zone)) for row in rows if row.sent_at]


async def with_plan(
    house: Running, name: str, zone: str, hour: int = 18, minute: int = 0, language: str = "en"
) -> Phone:
    """Somebody in this zone whose next lesson is planned as if it had been changed just now."""
    phone = await house.joined("worker", name, language, zone=zone)
    async with house.write() as session:
        session.add(Plan(person_id=(await known(house, phone)).id, hour=hour, minute=minute, next_at=None))
    await phone.tap_data("lessons:resume")
    return phone


@pytest.fixture(params=["2026-10-23T09:00", "2027-03-26T09:00", "2027-03-12T09:00"])
async def changing(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Running]:
    """A Friday before the clocks change: in Europe (the first two), then in America."""
    friday = datetime.fromisoformat(request.param).replace(tzinfo=UTC)
    async with running(database_url, clock=standing_still(friday), curriculum=COURSE) as up:
        yield up


async def test_the_daily_lesson_keeps_its_hour_when_the_clocks_change(changing: Running) -> None:
    zones = {"Rome": "Europe/Rome", "London": "Europe/London", "New York": "America/New_York"}
    phones = [await with_plan(changing, name, zone) for name, zone in zones.items()]
    early = await with_plan(changing, "Early", "Europe/Rome", 2, 30)
    late = await with_plan(changing, "Late", "Europe/Rome", 22, 45)
    await changing.advance(days=5)
    for phone in phones:
        found = await offered(changing, phone)
        assert [(one.hour, one.minute) for one in found] == [(18, 0)] * len(found)
        assert len(found) in (4, 5)
        assert len({one.date() for one in found}) == len(found)
    for phone in (early, late):
        found = await offered(changing, phone)
        assert [(one.hour, one.minute) for one in found] == [(QUIET_END, 0)] * 5, "every day, when the quiet is over"


async def test_a_lesson_that_was_missed_waits_for_the_end_of_the_quiet_hours(house: Running) -> None:
    """The bot stood still from before the hour until late in the evening."""
    marco = await with_plan(house, "Marco", "Europe/Rome")
    next_at = (await plan(house, marco)).next_at
    assert next_at is not None
    house.app.clock.advance(next_at + timedelta(hours=5) - house.app.clock.now())
    await due.tick(house.app.database, house.app.clock.now(), house.app.house)
    (row,) = await letters(house, "lesson:")
    local = row.due_at.astimezone(ZoneInfo("Europe/Rome"))
    assert (local.hour, local.day) == (QUIET_END, next_at.day + 1)
    assert row.late_after == row.due_at + due.USEFUL_FOR
    assert await due.tick(house.app.database, house.app.clock.now(), house.app.house) == 0, "one is enough"
    await house.advance(days=3)
    hours = [one.hour for one in await offered(house, marco)]
    assert all(QUIET_END <= hour < QUIET_START for hour in hours)


async def test_the_first_lesson_is_offered_the_day_after_joining(house: Running) -> None:
    marco = await joins(house, "worker")
    await house.advance(days=1)
    assert await offered(house, marco) == []
    await house.advance(hours=9)
    (first,) = await offered(house, marco)
    assert (first.hour, first.day) == (18, 24)
    title = track(house, "worker")[0].title["en"]
    assert marco.last == f"Your lesson for today:\n{title}\nDo you have five minutes?"
    assert marco.screen == ["Yes, start", "Later today", "Not today", "Take a break"]
    assert await marco.tap("Not today") == "No problem. The next one comes tomorrow."
    await house.advance(days=1)
    assert len(await offered(house, marco)) == 2
    await marco.tap("Yes, start")
    assert (await studies(house, marco))[0].lesson == track(house, "worker")[0].uuid


async def test_a_break_and_back(house: Running) -> None:
    marco = await with_plan(house, "Marco", "Europe/Rome")
    await marco.say("/lesson")
    await to_the_end(marco)
    assert await marco.say("/pause") == "All right: no lessons until you say so. Reminders of meetings still come."
    await house.advance(days=30)
    assert await letters(house, "lesson:") == []
    assert await letters(house, "task:") == [], "nor a question about one"
    said = await marco.tap("Lessons again")
    assert said == "Good! The next lesson comes tomorrow, Thursday 24 December, at 18:00."
    await house.advance(days=2, hours=12)
    assert len(await offered(house, marco)) == 2


async def test_another_hour(house: Running) -> None:
    next_day = "from now on; the next one tomorrow, Tuesday 24 November."
    for hour, says, comes in (
        (9, f"Good. Lessons come at 09:00 {next_day}", 9),
        (18, f"Good. Lessons come at 18:00 {next_day}", 18),
        (22, f"I do not write between 21:00 and 08:00. Good. Lessons come at 08:00 {next_day}", 8),
    ):
        marco = await with_plan(house, "Marco", "Europe/Rome")
        assert await marco.tap_data("lessons:time") == "When should lessons come? Tap, or write a time."
        assert await marco.tap_data(f"lessons:time:{hour}") == says
        next_at = (await plan(house, marco)).next_at
        assert next_at is not None
        assert next_at.astimezone(ZoneInfo("Europe/Rome")).hour == comes
    await house.advance(days=3, hours=12)
    assert [one.hour for one in await offered(house, marco)] == [8] * 3, "of the last one"


async def test_when_the_lessons_are_done_only_questions_come_back(house: Running) -> None:
    marco = await with_plan(house, "Marco", "Europe/Rome")
    for _ in track(house, "worker"):
        await marco.say("/lesson")
        await to_the_end(marco)
    await house.advance(days=10)
    said = [row.payload["text"] for row in await letters(house, "lesson:")]
    assert said
    assert all(text.startswith("First ") and text.endswith("Do you have two minutes?") for text in said)
    next_at = (await plan(house, marco)).next_at
    assert next_at is not None
    assert next_at > house.app.clock.now(), "a lesson written later reaches them at their hour"


# the task


async def asked_about_the_task(house: Running) -> Phone:
    marco = await with_plan(house, "Marco", "Europe/Rome")
    await marco.say("/lesson")
    await to_the_end(marco)
    assert "Tomorrow I will ask how the task went." in marco.last
    await house.advance(days=1, hours=9)
    title = track(house, "worker")[0].title["en"]
    assert marco.last == f"How did the task of the lesson “{title}” go?"
    assert marco.screen == ["Done", "I am stuck", "Later"]
    return marco


async def test_a_task_that_is_done(house: Running) -> None:
    marco = await asked_about_the_task(house)
    assert await offered(house, marco) == [], "that day asks about the task; the next lesson comes the day after"
    assert await marco.tap("Done") == "Wonderful, well done!"
    assert (await studies(house, marco))[0].task == "done"
    await house.advance(days=1)
    assert len(await letters(house, "task:")) == 1
    assert len(await offered(house, marco)) == 1


async def test_a_task_for_later(house: Running) -> None:
    marco = await asked_about_the_task(house)
    for times in (2, 3):
        assert await marco.tap("Later") == "No hurry. I will ask again tomorrow."
        await house.advance(days=1)
        assert len(await letters(house, "task:")) == times


async def test_a_task_that_is_too_hard(house: Running) -> None:
    marco = await asked_about_the_task(house)
    said = len(marco.texts)
    assert (await marco.tap("I am stuck")).startswith("That happens to everybody.")
    cards = [block for block in track(house, "worker")[0].blocks if block.kind == "card"]
    assert len(marco.texts) - said == len(cards) + 1, "each card again"
    assert marco.screen == ["Talk to a person", "It works now"]
    assert (await studies(house, marco))[0].task == "stuck"
    await marco.tap("It works now")
    assert (await studies(house, marco))[0].task == "done"


async def test_nothing_is_asked_about_a_lesson_that_is_gone(house: Running) -> None:
    marco = await with_plan(house, "Marco", "Europe/Rome")
    await marco.say("/lesson")
    await to_the_end(marco)
    read_anew(house, house.app.settings.curriculum / "nowhere")
    await house.advance(days=4)
    assert await letters(house, "task:") == []
    assert await letters(house, "lesson:") == []
    assert not [line for line in house.log if line["event"] == "tick.failed"]


async def test_a_crowd_due_in_the_same_minute_is_served_in_order(house: Running) -> None:
    """Through the pace and out: each once, and nobody overtakes by more than what is on its way at a time."""
    number, at_once = 600, 64
    now = house.app.clock.now()
    phones = [house.phone(f"Person {one}", "en") for one in range(number)]
    async with house.write() as session:
        crowd = [person("worker", phone.person.first_name, None, address=phone.address) for phone in phones]
        for phone in phones:
            phone.person.started = True
        session.add_all(crowd)
        await session.flush()
        session.add_all(Plan(person_id=one.id, hour=18, minute=0, next_at=now) for one in crowd)
    await house.app.settle()
    await house.idle()
    served = [request.chat_id for request in house.tg.log("sendMessage")]
    asked = [phone.person.id for phone in phones]
    assert sorted(served, key=asked.index) == asked
    assert max(abs(served.index(chat) - place) for place, chat in enumerate(asked)) <= at_once


async def test_a_crowd_is_served_in_batches(house: Running) -> None:
    now = house.app.clock.now()
    async with house.write() as session:
        crowd = [person("worker", f"Person {number}", None) for number in range(due.BATCH + 5)]
        session.add_all(crowd)
        await session.flush()
        session.add_all(Plan(person_id=one.id, hour=10, minute=0, next_at=now) for one in crowd)
    ticks = [await due.tick(house.app.database, now, house.app.house) for _ in range(3)]
    assert ticks[0] <= due.BATCH, "the programme's own tick may have taken some of them"
    assert ticks[-1] == 0
    async with house.read() as session:
        assert len((await session.scalars(select(Person))).all()) == due.BATCH + 5
    assert len(await letters(house, "lesson:")) == due.BATCH + 5
