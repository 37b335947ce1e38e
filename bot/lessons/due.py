"""What the clock finds due about lessons: today's lesson, and how yesterday's task went."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

import db.lessons
import db.threads
from bot.case import House
from bot.lessons import reviews, rules, service
from bot.lessons.curriculum import Lesson
from bot.messages import Button, Lane, Outgoing
from bot.outbox.put import Letter, put
from bot.people.talk import show
from bot.texts import tongue
from db.engine import Database
from db.people import Person

BATCH = 200
USEFUL_FOR = timedelta(hours=6)


async def tick(database: Database, now: datetime, house: House) -> int:
    """Offer the lessons and ask about the tasks whose time has come, a batch; returns how many."""
    async with database.begin() as session:
        offered = await _offer_lessons(session, now, house)
        asked = await _ask_about_tasks(session, now, house)
    return offered + asked


async def next_due(session: AsyncSession) -> datetime | None:
    return await db.lessons.next_due(session)


async def _offer_lessons(session: AsyncSession, now: datetime, house: House) -> int:
    due = await db.lessons.due_plans(session, now, BATCH)
    with_a_human = await db.threads.with_a_human(session, [person.id for _, person in due])
    letters: list[Letter] = []
    for plan, person in due:
        slot, quiet = plan.next_at, house.settings.quiet
        plan.next_at = rules.next_slot(now, plan.hour, plan.minute, person.zone, quiet, weekdays=plan.days)
        if not person.reachable or person.paused or person.id in with_a_human:
            continue
        lesson = await service.next_lesson(session, house.curriculum, person)
        again = len(await reviews.waiting(session, house.curriculum, person, now))
        if lesson is None and not again:
            continue  # all done, for now: a new lesson reaches them at their hour
        message = _offer(person, lesson, again)
        await show(session, person, message, now)
        letters.append(_letter(person, message, f"lesson:{person.id}:{slot:%Y%m%d%H%M}", now, house))
    await put(session, letters, now)
    return len(due)


def _offer(person: Person, lesson: Lesson | None, again: int) -> Outgoing:
    """Today's lesson and the questions from before; the questions alone when there is no lesson left."""
    t = tongue(person.language)
    lines: list[str] = []
    if lesson is not None:
        lines.append(t("Your lesson for today:\n<b>{title}</b>", title=lesson.title[person.language]))
    if again:
        lines.append(t.n("First {n} short question from before.", "First {n} short questions from before.", again))
    lines.append(t("Do you have five minutes?") if lesson else t("Do you have two minutes?"))
    return Outgoing(
        "\n".join(lines),
        (
            (Button(t.plain("Yes, start"), "lessons:next", means=("affirm", "next_lesson")),),
            (
                Button(t.plain("Later today"), "lessons:later", means=("later",)),
                Button(t.plain("Not today"), "lessons:not_today", means=("deny",)),
            ),
            (Button(t.plain("Take a break"), "lessons:pause", means=("pause_lessons",)),),
        ),
    )


async def _ask_about_tasks(session: AsyncSession, now: datetime, house: House) -> int:
    due = await db.lessons.due_tasks(session, now, BATCH)
    letters: list[Letter] = []
    for study, person in due:
        slot, study.ask_at = study.ask_at, None
        study.task = study.task or "asked"
        lesson = house.curriculum.lesson(study.lesson)
        if lesson is None or person.language not in lesson.languages:
            continue
        t = tongue(person.language)
        message = Outgoing(
            t("How did the task of the lesson “{title}” go?", title=lesson.title[person.language]),
            (
                (Button(t.plain("Done"), f"lessons:task:{study.id}:done", means=("affirm", "done")),),
                (
                    Button(t.plain("I am stuck"), f"lessons:task:{study.id}:stuck", means=("help", "deny")),
                    Button(t.plain("Later"), f"lessons:task:{study.id}:later", means=("later",)),
                ),
            ),
        )
        await show(session, person, message, now)
        letters.append(_letter(person, message, f"task:{study.id}:{slot:%Y%m%d%H%M}", now, house))
    await put(session, letters, now)
    return len(due)


def _letter(person: Person, message: Outgoing, key: str, now: datetime, house: House) -> Letter:
    due = house.settings.quiet.after(now, person.zone)
    return Letter(person, message, Lane.LESSON, key, due, due + USEFUL_FOR)
