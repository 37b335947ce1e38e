"""A person's way through the lessons: where they stand, what comes next, what they answered."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

import db.lessons
from bot.case import Case
from bot.clock import QuietHours
from bot.lessons import rules
from bot.lessons.curriculum import Block, Curriculum, Lesson
from db.lessons import Answer, Plan, Study
from db.people import Person

HOUR = 18  # when lessons come unless the person says otherwise


async def enrol(session: AsyncSession, person: Person, now: datetime, quiet: QuietHours) -> None:
    """Plan the first lesson for tomorrow; whoever wants it now only has to tap."""
    if await db.lessons.plan(session, person.id) is None:
        session.add(
            Plan(person_id=person.id, hour=HOUR, minute=0, next_at=rules.next_slot(now, HOUR, 0, person.zone, quiet))
        )


def track_of(curriculum: Curriculum, person: Person) -> tuple[Lesson, ...]:
    """The lessons this person gets: their role's, in their language, for their country."""
    if person.role not in ("worker", "trainer"):
        return ()
    return tuple(
        lesson
        for lesson in curriculum.track(person.role)
        if person.language in lesson.languages and (not lesson.countries or person.country in lesson.countries)
    )


async def next_lesson(session: AsyncSession, curriculum: Curriculum, person: Person) -> Lesson | None:
    """The first lesson of the track that is not finished."""
    track = track_of(curriculum, person)
    studies = await db.lessons.studies(session, person.id)
    wanted = rules.first_open(
        [lesson.uuid for lesson in track], [study.lesson for study in studies if study.finished_at]
    )
    return next((lesson for lesson in track if lesson.uuid == wanted), None)


def blocks_of(case: Case, lesson: Lesson) -> tuple[Block, ...]:
    return lesson.served(case.person.language, case.now.date())


def block_from(case: Case, lesson: Lesson, block: str, *, after: bool = False) -> Block | None:
    """Where somebody who stood at this block goes on; None when nothing of the lesson is left."""
    served = {one.id: one for one in blocks_of(case, lesson)}
    found = rules.block_from([one.id for one in lesson.blocks], served, block, after=after)
    return served[found] if found else None


async def begin(case: Case, lesson: Lesson) -> Study:
    """The person's study of this lesson, begun when there is none."""
    study = await db.lessons.study(case.session, case.person.id, lesson.uuid)
    if study is None:
        study = Study(person_id=case.person.id, lesson=lesson.uuid, block="", started_at=case.now, task="")
        case.session.add(study)
        await case.session.flush()
    return study


async def answer(case: Case, lesson: Lesson, block: Block, choice: int) -> bool:
    """Keep an answer; True when it is right."""
    correct = choice == block.answer
    case.session.add(
        Answer(
            person_id=case.person.id, lesson=lesson.uuid, block=block.id, choice=choice, correct=correct, at=case.now
        )
    )
    return correct


async def finish(case: Case, study: Study) -> None:
    """The lesson is done: ask about its task tomorrow, and plan the next lesson for the day after."""
    if study.finished_at is not None:
        return
    study.finished_at, study.block = case.now, ""
    plan = await db.lessons.plan(case.session, case.person.id)
    hour, minute = (plan.hour, plan.minute) if plan else (HOUR, 0)
    zone, quiet = case.person.zone, case.settings.quiet
    study.ask_at = rules.next_slot(case.now, hour, minute, zone, quiet)
    if plan and plan.next_at is not None:
        plan.next_at = rules.next_slot(case.now, hour, minute, zone, quiet, days=2)


async def plan_next(case: Case, plan: Plan) -> None:
    """The plan's lesson was offered: the next one comes tomorrow at the same hour."""
    plan.next_at = rules.next_slot(case.now, plan.hour, plan.minute, case.person.zone, case.settings.quiet)


async def pause(case: Case) -> None:
    """No lessons, and no questions about their tasks."""
    plan = await db.lessons.plan(case.session, case.person.id)
    if plan:
        plan.next_at = None
    for study in await db.lessons.studies(case.session, case.person.id):
        study.ask_at = None


async def resume(case: Case, hour: int | None = None, minute: int = 0) -> Plan:
    """Lessons again, from tomorrow; with an hour, at that time of day."""
    plan = await db.lessons.plan(case.session, case.person.id)
    if plan is None:
        plan = Plan(person_id=case.person.id, hour=HOUR, minute=0)
        case.session.add(plan)
    if hour is not None:
        plan.hour, plan.minute = hour, minute
    await plan_next(case, plan)
    return plan


async def progress(case: Case) -> tuple[int, int]:
    """(lessons finished, lessons in the track)."""
    track = {lesson.uuid for lesson in track_of(case.house.curriculum, case.person)}
    studies = await db.lessons.studies(case.session, case.person.id)
    return len([one for one in studies if one.finished_at and one.lesson in track]), len(track)


async def ask_again_tomorrow(case: Case, study: Study) -> None:
    plan = await db.lessons.plan(case.session, case.person.id)
    hour, minute = (plan.hour, plan.minute) if plan else (HOUR, 0)
    study.task = "later"
    study.ask_at = rules.next_slot(case.now, hour, minute, case.person.zone, case.settings.quiet)
