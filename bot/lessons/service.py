"""A person's way through the lessons: where they stand, what comes next, what they answered, what they ask."""

import unicodedata
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

import db.audit
import db.clusters
import db.lessons
import db.questions
from bot.case import Case
from bot.clock import QuietHours
from bot.errors import Forged
from bot.lessons import rules, search
from bot.lessons.curriculum import Block, Curriculum, Lesson
from bot.people import vocabulary
from bot.texts import N_
from db.lessons import Answer, Plan, Study
from db.people import Person
from db.questions import Question, Scope

LEARNING = ("worker", "trainer")
HOUR = 18  # when lessons come unless the person says otherwise
UNJUDGED_FOR = timedelta(days=30)  # how long a question waits for the word whether its card helped
UNKNOWN = N_("I don't know this button. Here is what I can do:")


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
    """The lesson begun last and not finished yet; else the first of the track that is not finished."""
    track = {lesson.uuid: lesson for lesson in track_of(curriculum, person)}
    studies = await db.lessons.studies(session, person.id)
    begun = [study.lesson for study in studies if not study.finished_at and study.block and study.lesson in track]
    finished = [study.lesson for study in studies if study.finished_at]
    wanted = begun[-1] if begun else rules.first_open(list(track), finished)
    return track[wanted] if wanted else None


async def withheld(case: Case, lesson: Lesson | None = None) -> set[tuple[str, str]]:
    """(lesson's uuid, block's id) of the dated cards that nobody is given until a coordinator has looked at them: too
    many people's screens looked different. Of this lesson, or of all."""
    uuid = lesson.uuid if lesson else ""
    reported = await db.lessons.reported_at_least(case.session, rules.WITHHELD_FROM, uuid)
    return {
        (one.uuid, block.id)
        for one in ((lesson,) if lesson else case.house.curriculum.lessons)
        for block in one.blocks
        if block.volatile and (one.uuid, block.id) in reported
    }


async def blocks_of(case: Case, lesson: Lesson) -> tuple[Block, ...]:
    """The blocks of the lesson to give to this person, in order."""
    held = await withheld(case, lesson)
    served = lesson.served(case.person.language, case.now.date())
    return tuple(block for block in served if (lesson.uuid, block.id) not in held)


async def block_from(case: Case, lesson: Lesson, block: str, *, after: bool = False) -> Block | None:
    """Where somebody who stood at this block goes on; None when nothing of the lesson is left."""
    served = {one.id: one for one in await blocks_of(case, lesson)}
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


async def answer(case: Case, lesson: Lesson, block: Block, choice: int, correct: bool) -> None:
    """Keep an answer. `choice` says what was chosen, in one number."""
    case.session.add(
        Answer(
            person_id=case.person.id, lesson=lesson.uuid, block=block.id, choice=choice, correct=correct, at=case.now
        )
    )


async def finish(case: Case, study: Study) -> None:
    """The lesson is done: ask about its task tomorrow, and plan the next lesson for the day after."""
    study.block = ""
    if study.learnt:
        return
    study.finished_at, study.task = case.now, ""
    plan = await db.lessons.plan(case.session, case.person.id)
    hour, minute = (plan.hour, plan.minute) if plan else (HOUR, 0)
    zone, quiet = case.person.zone, case.settings.quiet
    study.ask_at = rules.next_slot(case.now, hour, minute, zone, quiet)
    if plan and plan.next_at is not None:
        plan.next_at = rules.next_slot(case.now, hour, minute, zone, quiet, 2, plan.days)


async def plan_next(case: Case, plan: Plan) -> None:
    """The next lesson comes tomorrow at the same hour, or on the next day that is one for lessons."""
    zone, quiet = case.person.zone, case.settings.quiet
    plan.next_at = rules.next_slot(case.now, plan.hour, plan.minute, zone, quiet, weekdays=plan.days)


async def pause(case: Case) -> None:
    """No lessons, and no questions about their tasks."""
    plan = await db.lessons.plan(case.session, case.person.id)
    if plan:
        plan.next_at = None
    for study in await db.lessons.studies(case.session, case.person.id):
        study.ask_at = None


async def resume(case: Case, hour: int | None = None, minute: int = 0, weekdays: str = "") -> Plan:
    """Lessons again, from tomorrow; with an hour, at that time of day; with weekdays, on those."""
    plan = await db.lessons.plan(case.session, case.person.id)
    if plan is None:
        plan = Plan(person_id=case.person.id, hour=HOUR, minute=0, days=rules.EVERY_DAY)
        case.session.add(plan)
    if hour is not None:
        plan.hour, plan.minute = hour, minute
    plan.days = weekdays or plan.days
    await plan_next(case, plan)
    return plan


async def later_today(case: Case) -> bool | None:
    """The lesson comes once more today, in three hours; False when it is too late for that, None in a break."""
    plan = await db.lessons.plan(case.session, case.person.id)
    if plan is None or plan.next_at is None:
        return None
    moment = rules.later_today(case.now, case.person.zone, case.settings.quiet)
    if moment is None:
        return False
    plan.next_at = moment
    return True


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


def filled(case: Case, lesson: Lesson, text: str, *, as_html: bool = True) -> str:
    """A lesson's text with what we know about the person in it."""
    person = case.person
    known = {"city": person.city}
    if person.sector and person.sector != "other":
        known["sector"] = vocabulary.label("sector", person.sector, person.language)
    return lesson.fill(text, person.language, known, as_html=as_html)


# -- questions ------------------------------------------------------------------------------------------


def tidy(words: str) -> str:
    """A question as it is kept: on one line, cut, without the marks around it, so that the same one is found again."""
    said = "".join(" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in words)
    return " ".join(said.split()).strip("¿¡?!.… ")[: db.questions.LONGEST].rstrip()


async def answers_to(case: Case, words: str) -> list[search.Hit]:
    """The cards that answer this person's question, the best first."""
    index, person = search.index_of(case.house.curriculum), case.person
    held = await withheld(case)
    return index.find(words, person.language, person.role, case.now.date(), person.country, held)


def explained(case: Case, words: str) -> str:
    """The glossary's sentence about the word whose meaning this person asks; "" when they ask something else."""
    term = search.term_asked(case.house.curriculum.glossary, words, case.person.language)
    return term.says[case.person.language] if term else ""


async def ask(case: Case, text: str, *, lesson: str = "", answered: bool) -> Question:
    """Keep a question until it has helped; what stays unanswered anyway is kept once for each person.

    `lesson` is the uuid of the one whose card answers it, "" where the glossary does or nothing.
    """
    await db.questions.drop_unjudged(case.session, case.now - UNJUDGED_FOR)
    question = None if answered else await db.questions.same_of(case.session, case.person.id, text)
    if question is None:
        question = Question(person_id=case.person.id, text=text, lesson=lesson, unanswered=not answered)
        case.session.add(question)
    question.cluster_id, question.language, question.asked_at = case.person.cluster_id, case.person.language, case.now
    await case.session.flush()
    return question


async def my_question(case: Case, question_id: int) -> Question | None:
    """The question of one's own; None when it is answered or too long ago."""
    question = await db.questions.get(case.session, question_id)
    if question is not None and question.person_id != case.person.id:
        raise Forged(UNKNOWN)
    return question


async def scope_of(case: Case) -> Scope:
    """Whose questions this coordinator sees."""
    clusters = await db.clusters.coordinated_by(case.session, case.person.id)
    languages = {language for cluster in clusters for language in cluster.languages}
    return Scope(tuple(cluster.id for cluster in clusters), tuple(sorted(languages)))


async def settle(case: Case, question_id: int) -> bool:
    """A coordinator has dealt with a question; False when that was done before, or it is gone."""
    scope, question = await scope_of(case), await db.questions.get(case.session, question_id)
    if question is None:
        return False
    if not question.unanswered or not scope.holds(question):
        raise Forged(UNKNOWN)
    if question.settled_at is not None:
        return False
    number = await db.questions.settle(case.session, scope, question.text, case.person.id, case.now)
    db.audit.note(case.session, case.now, case.person.id, "settle question", f"question:{question_id}", number=number)
    return number > 0
