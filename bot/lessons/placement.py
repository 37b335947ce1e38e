"""What somebody knows already: a question from each module, and modules they may leave out."""

import db.lessons
from bot.case import JOINED, Case, Taps, number, word
from bot.errors import Forged
from bot.lessons import questions, rules, service
from bot.lessons.curriculum import Block, Lesson
from bot.lessons.service import LEARNING, UNKNOWN
from bot.messages import Button
from bot.people.menu import help_row
from db.lessons import Study

MOST = 8  # questions

taps = Taps("lessons")


def asked(track: tuple[Lesson, ...]) -> list[tuple[Lesson, Block]]:
    """One question with one right answer from each module: from the lesson nearest to its middle that has one."""
    modules: dict[str, list[Lesson]] = {}
    for lesson in track:
        modules.setdefault(lesson.module.folder, []).append(lesson)
    found: list[tuple[Lesson, Block]] = []
    for lessons in list(modules.values())[:MOST]:
        middle = len(lessons) // 2
        nearest = sorted(range(len(lessons)), key=lambda at: (abs(at - middle), at))
        choices = ((lessons[at], block) for at in nearest for block in lessons[at].blocks if _is_fit(block))
        if chosen := next(choices, None):
            found.append(chosen)
    return found


def _is_fit(block: Block) -> bool:
    return block.kind == "question" and block.form == "choice" and not block.volatile


@taps("placement", needs=JOINED)
async def placement(case: Case, _args: tuple[str, ...]) -> None:
    """What this is for; it may be left out."""
    t = case.t
    rows = asked(service.track_of(case.house.curriculum, case.person))
    if case.person.role not in LEARNING or not rows:
        return case.say(t("Lessons are for learners and trainers."), help_row(case))
    return case.say(
        t.n(
            "{n} short question shows what you know already. You can leave those lessons out. Nobody sees the answers.",
            "{n} short questions show what you know already. You can leave those lessons out. Nobody sees the answers.",
            len(rows),
        ),
        [Button(t.plain("Yes, start"), "lessons:place:0:-", means=("affirm",))],
        [Button(t.plain("No, all the lessons"), "lessons:next", means=("deny", "next_lesson"))],
    )


@taps("place", needs=JOINED)
async def place(case: Case, args: tuple[str, ...]) -> None:
    """`place:3:ac:1`: to the question before the fourth, option 1; before that, the modules a and c were known."""
    rows = asked(service.track_of(case.house.curriculum, case.person))
    at, known = number(args), _known(args, len(rows))
    if at > len(rows):
        raise Forged(UNKNOWN)
    if len(args) > 2 and at:
        lesson, block = rows[at - 1]
        choice = number(args, 2)
        if choice >= len(block.options[case.person.language]):
            raise Forged(UNKNOWN)
        right = choice == block.answer
        questions.say_why(case, lesson, block, right, (choice,))
        known = tuple(sorted({*known, at - 1})) if right else known
    if at < len(rows):
        return _ask(case, *rows[at], at + 1, known)
    return _offer(case, rows, known)


@taps("leaveout", needs=JOINED)
async def leave_out(case: Case, args: tuple[str, ...]) -> None:
    """The known modules count as known: their lessons do not come."""
    track = service.track_of(case.house.curriculum, case.person)
    rows = asked(track)
    folders = {rows[at][0].module.folder for at in _known(args, len(rows))}
    begun = {study.lesson for study in await db.lessons.studies(case.session, case.person.id)}
    for lesson in track:
        if lesson.module.folder in folders and lesson.uuid not in begun:
            known = Study(person_id=case.person.id, lesson=lesson.uuid, block="", task=db.lessons.LEFT_OUT, ask_at=None)
            known.started_at = known.finished_at = case.now
            case.session.add(known)
    await case.session.flush()
    t = case.t
    case.tick(t.plain("Leave them out"))
    case.say(
        t("Good. You can take these lessons up again whenever you like."),
        [Button(t.plain("Next lesson"), "lessons:next", means=("affirm", "next_lesson"))],
        [Button(t.plain("Take them up again"), "lessons:takeup", means=("deny", "go_back"))],
    )


@taps("takeup", needs=JOINED)
async def take_up(case: Case, _args: tuple[str, ...]) -> None:
    """What was left out comes after all."""
    for study in await db.lessons.studies(case.session, case.person.id):
        if study.left_out and study.block:  # being read after all
            study.finished_at, study.task = None, ""
        elif study.left_out:
            await case.session.delete(study)
    await case.session.flush()
    t = case.t
    next_one = Button(t.plain("Next lesson"), "lessons:next", means=("affirm", "next_lesson"))
    case.say(t("All the lessons are back."), [next_one], help_row(case))


def _ask(case: Case, lesson: Lesson, block: Block, following: int, known: tuple[int, ...]) -> None:
    so_far = rules.letters(known)
    data = tuple(f"lessons:place:{following}:{so_far}:{i}" for i in range(len(block.options[case.person.language])))
    questions.ask_quiz(case, lesson, block, data)


def _offer(case: Case, rows: list[tuple[Lesson, Block]], known: tuple[int, ...]) -> None:
    t, language = case.t, case.person.language
    next_one = Button(t.plain("Next lesson"), "lessons:next", means=("next_lesson", "deny"))
    if not known:
        return case.say(
            t("Then all the lessons are for you. Let us begin at the beginning."), [next_one], help_row(case)
        )
    titles = "\n".join(f"• {rows[at][0].module.title[language]}" for at in known)
    leave = Button(t.plain("Leave them out"), f"lessons:leaveout:{rules.letters(known)}", means=("affirm",))
    keep = Button(t.plain("No, all the lessons"), "lessons:next", means=("deny", "next_lesson"))
    return case.say(f"{t('You know something about these already. Leave them out?')}\n{titles}", [leave], [keep])


def _known(args: tuple[str, ...], modules: int) -> tuple[int, ...]:
    found = rules.picked(word(args, 1 if len(args) > 1 else 0, "-"), modules)
    if found is None:
        raise Forged(UNKNOWN)
    return found
