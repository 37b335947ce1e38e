"""Questions from before come back, at most three a day, ahead of the next lesson."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

import db.lessons
from bot.case import Case
from bot.lessons import memory, questions, service
from bot.lessons.curriculum import Block, Curriculum, Lesson
from bot.messages import Button
from bot.people.menu import help_row
from db.lessons import Review, Study
from db.people import Person


async def remember(case: Case, lesson: Lesson, block: Block, correct: bool) -> None:
    """A question was answered: it comes back when it would be about to be forgotten. Before the answer is kept."""
    person, now = case.person, case.now
    earlier = await db.lessons.answers(case.session, person.id, lesson.uuid)
    today = _midnight(now, person.zone)
    hinted = any(one.block == block.id and one.at >= today and not one.correct for one in earlier)
    review = await db.lessons.review(case.session, person.id, lesson.uuid, block.id)
    card, due = memory.reviewed(review.card if review else None, memory.rated(correct, hinted), now)
    if review is None:
        case.session.add(Review(person_id=person.id, lesson=lesson.uuid, block=block.id, card=card, due_at=due))
    else:
        review.card, review.due_at = card, due


async def waiting(session: AsyncSession, curriculum: Curriculum, person: Person, now: datetime) -> list[Review]:
    """The questions that may come back today, the longest due first; those that are gone or withheld are left out."""
    asked = await db.lessons.reviews_asked_since(session, person.id, _midnight(now, person.zone))
    if asked >= memory.MOST_A_DAY:
        return []
    due = await db.lessons.due_reviews(session, person.id, now, 5 * memory.MOST_A_DAY)
    return [one for one in due if _question(curriculum, person, one, now)][: memory.MOST_A_DAY - asked]


async def ask_next(case: Case, *, first: bool) -> bool:
    """Put the next question from before; False when none is left for today."""
    for review in await waiting(case.session, case.house.curriculum, case.person, case.now):
        found = _question(case.house.curriculum, case.person, review, case.now)
        study = await db.lessons.study(case.session, case.person.id, review.lesson)
        if found is None or study is None:
            continue
        lesson, block = found
        review.asked_at = case.now
        opening = case.t("Do you still know this?") if first else case.t("And this one?")
        title = lesson.title[case.person.language]
        case.say(f"{opening}\n<i>{case.t('From the lesson “{title}”.', title=title)}</i>")
        questions.ask(case, lesson, study, block)
        return True
    return False


async def go_on(case: Case) -> None:
    """A question from before was answered: the next one, or today's lesson."""
    if await ask_next(case, first=False):
        return None
    lesson = await service.next_lesson(case.session, case.house.curriculum, case.person)
    if lesson is None:
        return case.say(case.t("That was all for today. Well remembered!"), help_row(case))
    button = Button(case.t.plain("To the lesson"), "lessons:next", means=("affirm", "next_lesson"))
    return case.say(
        case.t("Now to the lesson: <b>{title}</b>", title=lesson.title[case.person.language]), [button], help_row(case)
    )


def is_one(study: Study) -> bool:
    """Whether a question of this lesson is asked from memory: the lesson is done, and nobody is reading it again."""
    return study.finished_at is not None and not study.block


def _question(curriculum: Curriculum, person: Person, review: Review, now: datetime) -> tuple[Lesson, Block] | None:
    lesson = curriculum.lesson(review.lesson)
    if lesson is None or person.language not in lesson.languages:
        return None
    served = lesson.served(person.language, now.astimezone(ZoneInfo(person.zone)).date())
    block = next((one for one in served if one.id == review.block and one.kind == "question"), None)
    return (lesson, block) if block else None


def _midnight(now: datetime, zone: str) -> datetime:
    """When this person's day began."""
    here = ZoneInfo(zone)
    return datetime.combine(now.astimezone(here).date(), time.min, here)
