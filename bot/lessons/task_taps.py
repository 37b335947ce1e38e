"""The task of a lesson: done, stuck or later; a photo of it that the trainer confirms."""

import html
from datetime import timedelta

import db.lessons
import db.matching
from bot.case import ANYONE, JOINED, Case, Taps, number, word
from bot.errors import Forged, Refused
from bot.lessons import service
from bot.lessons.curriculum import Lesson
from bot.lessons.service import UNKNOWN, filled
from bot.lessons.way import study_of
from bot.messages import Button, Do, File, Lane, Outgoing
from bot.people.menu import help_row
from bot.texts import N_, tongue
from db.lessons import Study
from db.matching import ACCEPTED
from db.people import Person

PHOTO_FOR = timedelta(days=14)

taps = Taps("lessons")


@taps("task", needs=JOINED)
async def task(case: Case, args: tuple[str, ...]) -> None:
    """How the task went: done, stuck or later."""
    study = await study_of(case, args)
    match word(args, 1):
        case "done":
            _done(case, study)
        case "later":
            await service.ask_again_tomorrow(case, study)
            case.tick(case.t.plain("Later"))
            case.say(case.t("No hurry. I will ask again tomorrow."))
        case "stuck":
            await _stuck(case, study)
        case _:
            raise Forged(UNKNOWN)


def _done(case: Case, study: Study) -> None:
    t = case.t
    study.task, study.ask_at = "done", None
    case.tick(t.plain("Done"))
    lesson = case.house.curriculum.lesson(study.lesson)
    next_one = Button(t.plain("Next lesson"), "lessons:next", means=("affirm", "next_lesson"))
    text = t("Wonderful, well done!")
    if lesson and _wants_photo(lesson):
        text += " " + t("If you like, send me a photo of it: your trainer will be glad to see it.")
    case.say(text, [next_one], help_row(case))


async def _stuck(case: Case, study: Study) -> None:
    """The cards once more, and who can help: the trainer, or a person."""
    t = case.t
    study.task, study.ask_at = "stuck", None
    case.tick(t.plain("I am stuck"))
    lesson = case.house.curriculum.lesson(study.lesson)
    if lesson and case.person.language in lesson.languages:
        for block in await service.blocks_of(case, lesson):
            if block.kind == "card":
                case.say(filled(case, lesson, block.text[case.person.language]))
    trainer = await _trainer_of(case)
    tell = Button(t.plain("Tell my trainer"), f"lessons:agenda:{study.id}", means=("affirm",))
    case.say(
        t("That happens to everybody. Above you see the cards again. Or would you like somebody to help you?"),
        [tell] if trainer else [],
        [
            Button(
                t.plain("Talk to a person"), "threads:ask", means=("talk_to_person", *(() if trainer else ("affirm",)))
            )
        ],
        [Button(t.plain("It works now"), f"lessons:task:{study.id}:done")],
    )


@taps("agenda", needs=JOINED)
async def agenda(case: Case, args: tuple[str, ...]) -> None:
    """With this tap the worker lets the trainer know where they are stuck: it is for the next meeting."""
    study = await study_of(case, args)
    trainer = await _trainer_of(case)
    lesson = case.house.curriculum.lesson(study.lesson)
    if trainer is None or lesson is None:
        raise Refused(N_("You have no trainer at the moment. A person can help you: write “talk to a person”."))
    missed = await _missed(case, lesson, trainer.language)
    t = tongue(trainer.language)
    title = lesson.title.get(trainer.language, lesson.title["en"])
    text = t(
        "<b>{name}</b> is stuck with the task of “{title}” and would like to go through it with you next time.",
        name=case.person.name,
        title=title,
    )
    if missed:
        text += (
            "\n" + t("These questions were hard:") + "".join(f"\n• {html.escape(one, quote=False)}" for one in missed)
        )
    await case.tell(trainer, Outgoing(text), Lane.REMINDER, f"agenda:{study.id}:{case.now:%Y%m%d}")
    case.tick(case.t.plain("Tell my trainer"))
    case.say(case.t("I have told {name}. You can go through it together at your next meeting.", name=trainer.name))


@taps("photo", needs=ANYONE)
async def photo(case: Case, args: tuple[str, ...]) -> None:
    """A picture came: of a task, for the trainer to confirm; anything else cannot be read."""
    study, lesson = await _awaiting_photo(case)
    if study is None or lesson is None or case.person.joined_at is None:
        case.wants.append(Do("people:cannot_read", ("photo",)))
        return None
    trainer = await _trainer_of(case)
    study.ask_at = None
    if trainer is None:
        study.task = "done"
        return case.say(
            case.t(
                "Thank you, I count the task of “{title}” as done. Well done!", title=lesson.title[case.person.language]
            ),
            [Button(case.t.plain("Next lesson"), "lessons:next", means=("affirm", "next_lesson"))],
            help_row(case),
        )
    study.task = "shown"
    t = tongue(trainer.language)
    title = lesson.title.get(trainer.language, lesson.title["en"])
    text = t("<b>{name}</b> shows you the task of “{title}”. Is it done?", name=case.person.name, title=title)
    rows = (
        (Button(t.plain("Yes, well done"), f"lessons:seen:{study.id}:yes", means=("affirm",)),),
        (Button(t.plain("Not quite yet"), f"lessons:seen:{study.id}:no", means=("deny",)),),
    )
    shown = Outgoing(text, rows, file=File("photo", word(args), form="known"))
    await case.tell(trainer, shown, Lane.REMINDER, f"photo:{study.id}:{case.key}")
    return case.say(case.t("Thank you! I have shown it to {name}.", name=trainer.name))


@taps("seen", needs=JOINED)
async def seen(case: Case, args: tuple[str, ...]) -> None:
    """The trainer has looked at the photo of a task."""
    study = await case.session.get(Study, number(args))
    worker = await case.session.get(Person, study.person_id) if study else None
    trainer = await _trainer(case, worker) if worker else None
    if study is None or worker is None or trainer is None or trainer.id != case.person.id:
        raise Forged(UNKNOWN)
    told = case.t("Thank you, I have told {name}.", name=worker.name)
    if study.task != "shown":
        return case.say(told)  # a second tap tells nobody a second time
    t = tongue(worker.language)
    if word(args, 1) == "yes":
        study.task, text = "done", t("{name} has seen your task and says: well done!", name=case.person.name)
    else:
        study.task = "stuck"
        text = t("{name} has seen your task and would like to look at it with you next time.", name=case.person.name)
    message = Outgoing(text, ((Button(t.plain("Next lesson"), "lessons:next", means=("next_lesson",)),),))
    await case.tell(worker, message, Lane.REMINDER, f"seen:{study.id}:{case.key}")
    return case.say(told)


def _wants_photo(lesson: Lesson) -> bool:
    return any(block.kind == "task" and block.photo for block in lesson.blocks)


async def _awaiting_photo(case: Case) -> tuple[Study | None, Lesson | None]:
    """The lesson finished last whose task may be shown in a photo. A photo of long after is about something else."""
    for study in reversed(await db.lessons.studies(case.session, case.person.id)):
        lesson = case.house.curriculum.lesson(study.lesson)
        fresh = study.finished_at is not None and case.now - study.finished_at <= PHOTO_FOR
        if fresh and lesson and _wants_photo(lesson) and case.person.language in lesson.languages:
            return (study, lesson)
    return (None, None)


async def _trainer_of(case: Case) -> Person | None:
    return await _trainer(case, case.person)


async def _trainer(case: Case, worker: Person) -> Person | None:
    """Who teaches this person now."""
    for match in await db.matching.of_person(case.session, worker.id, ACCEPTED):
        if match.worker_id == worker.id:
            return await case.session.get(Person, match.trainer_id)
    return None


async def _missed(case: Case, lesson: Lesson, language: str) -> list[str]:
    """The questions of a lesson that this person had wrong at first."""
    first: dict[str, bool] = {}
    for one in await db.lessons.answers(case.session, case.person.id, lesson.uuid):
        first.setdefault(one.block, one.correct)
    return [
        filled(case, lesson, block.question.get(language, block.question["en"]), as_html=False)
        for block in lesson.blocks
        if block.kind == "question" and first.get(block.id) is False
    ]
