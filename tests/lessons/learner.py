"""Somebody who learns: what a test does with their lessons and reads of them."""

from collections.abc import Sequence
from pathlib import Path

import db.lessons
from bot.case import House
from bot.lessons.curriculum import Lesson, load
from bot.texts import tongue
from db.lessons import Answer, Plan, Study
from tests.app import Phone, Running
from tests.onboarding.way import known

# A few lessons that stay as they are, whatever becomes of ours.
COURSE = Path(__file__).parent / "course"


def track(house: Running, role: str) -> tuple[Lesson, ...]:
    assert role in ("worker", "trainer")
    return house.app.house.curriculum.track(role)


def read_anew(house: Running, root: Path) -> None:
    """The lessons as they stand in this folder now, as after a restart."""
    house.app.house = House(house.app.settings, load(root), house.app.house.bot_name)
    house.app.turns.move_in(house.app.house)


async def studies(house: Running, phone: Phone) -> Sequence[Study]:
    async with house.read() as session:
        return await db.lessons.studies(session, (await known(house, phone)).id)


async def given_answers(house: Running, phone: Phone, lesson: str) -> Sequence[Answer]:
    async with house.read() as session:
        return await db.lessons.answers(session, (await known(house, phone)).id, lesson)


async def plan(house: Running, phone: Phone) -> Plan:
    async with house.read() as session:
        found = await db.lessons.plan(session, (await known(house, phone)).id)
    assert found is not None
    return found


def has_quiz(phone: Phone) -> bool:
    """Whether a quiz is the newest message."""
    return phone.house.tg.from_bot(phone.person)[-1].poll is not None


async def go_on(phone: Phone, choice: int = 0) -> str:
    """Whatever comes next: answer the quiz, or tap "Next"."""
    t = tongue(phone.person.language_code or "en")
    return await (phone.vote(choice) if has_quiz(phone) else phone.tap(t.plain("Next")))


async def to_block(phone: Phone, lesson: Lesson, block: str) -> None:
    """Go on in this lesson, which is open, until this block stands on the screen."""
    for _ in range([one.id for one in lesson.blocks].index(block)):
        await go_on(phone)


async def to_the_end(phone: Phone) -> None:
    """Through the lesson that is open, with any answers."""
    t = tongue(phone.person.language_code or "en")
    for _ in range(12):
        if t.plain("One more lesson") in phone.screen and not has_quiz(phone):
            return
        await go_on(phone)
    raise AssertionError(f"the lesson does not end: {phone.last}")
