"""A question in words, the card that answers it, and what a coordinator sees of those no card answers."""

import html

import db.questions
from bot.case import COORDINATOR, JOINED, Case, Taps, number, word
from bot.errors import Forged
from bot.lessons import service
from bot.lessons.search import Hit
from bot.messages import Button
from bot.people.menu import help_row
from db.questions import Asked, Question

taps = Taps("lessons")

A_PAGE = 10
SHOWN = 200  # characters of a question in a coordinator's list
ON_A_BUTTON = 30


# -- who asks -------------------------------------------------------------------------------------------


@taps("how", needs=JOINED)
async def how_to(case: Case, args: tuple[str, ...]) -> None:
    """A question: the card that answers it, else what the glossary says of the word; honest when there is nothing."""
    t = case.t
    if case.person.role not in service.LEARNING:
        return case.say(t("Lessons are for learners and trainers."), help_row(case))
    words = args[-1] if args else ""
    text = service.tidy(words)
    if not text:
        return case.say(t("What would you like to know? Please write your question."), help_row(case))
    if hits := await service.answers_to(case, words):
        return _show(case, await service.ask(case, text, lesson=hits[0].lesson.uuid, answered=True), hits)
    if sentence := service.explained(case, words):
        question = await service.ask(case, text, answered=True)
        helped = f"{html.escape(sentence, quote=False)}\n\n{t('Did this help?')}"
        return case.say(helped, _verdict(case, question), help_row(case))
    await service.ask(case, text, answered=False)
    return case.say(
        t("I have no lesson on that yet. I have noted your question for your coordinators, without your name."),
        help_row(case),
    )


def _show(case: Case, question: Question, hits: list[Hit]) -> None:
    t, language = case.t, case.person.language
    best, *others = hits
    text = service.filled(case, best.lesson, best.block.text[language])
    if best.block.volatile and best.lesson.checked:
        text += "\n\n<i>" + t("Checked on {day}.", day=t.date(best.lesson.checked)) + "</i>"
    origin = t("This is from the lesson <b>{title}</b>.", title=best.lesson.title[language])
    case.say(
        f"{text}\n\n{origin}\n{t('Did this help?')}",
        _verdict(case, question),
        [Button(t.plain("Open this lesson"), f"lessons:open:{best.lesson.uuid}", means=("next_lesson",))],
        *[[Button(one.lesson.title[language], f"lessons:open:{one.lesson.uuid}")] for one in others],
        help_row(case),
    )


def _verdict(case: Case, question: Question) -> list[Button]:
    t = case.t
    return [
        Button(t.plain("Yes"), f"lessons:helped:{question.id}:yes", means=("affirm", "thank")),
        Button(t.plain("No"), f"lessons:helped:{question.id}:no", means=("deny",)),
    ]


@taps("helped", needs=JOINED)
async def helped(case: Case, args: tuple[str, ...]) -> None:
    """Whether the card helped. Answered, the question is dropped; if not, the coordinators see it."""
    t, verdict = case.t, word(args, 1)
    if verdict not in ("yes", "no"):
        raise Forged(service.UNKNOWN)
    question = await service.my_question(case, number(args))
    if verdict == "yes":
        if question:
            await db.questions.drop(case.session, question)
        case.tick(t("Yes"))
        return case.say(
            t("I am glad to hear it!"),
            [Button(t.plain("Next lesson"), "lessons:next", means=("affirm", "next_lesson"))],
            help_row(case),
        )
    case.tick(t("No"))
    if question is None:
        return case.say(t("I am sorry. Please ask me again in other words, or talk to a person."), help_row(case))
    question.unanswered = True
    return case.say(
        t(
            "I am sorry. I have noted your question for your coordinators, without your name. You can also ask me in "
            "other words, or talk to a person."
        ),
        help_row(case),
    )


# -- coordinators ---------------------------------------------------------------------------------------


@taps("unanswered", needs=COORDINATOR)
async def unanswered(case: Case, args: tuple[str, ...]) -> None:
    """What people asked and no lesson answered, the newest first."""
    await _list(case, number(args) if args else 0)


@taps("settle", needs=COORDINATOR)
async def settle(case: Case, args: tuple[str, ...]) -> None:
    """Dealt with: whoever asked it in these words; the list is shown anew in its place."""
    question_id, first = number(args), number(args, 1) if len(args) > 1 else 0
    if await service.settle(case, question_id):
        return await _list(case, first, case.t("Noted: this question is dealt with."))
    return await _list(case, first, case.t("This question has been dealt with already."))


async def _list(case: Case, first: int, news: str = "") -> None:
    t = case.t
    asked = await db.questions.unsettled(case.session, await service.scope_of(case), A_PAGE + 1, first)
    head = f"<b>{t('Unanswered questions')}</b>"
    if not asked:
        head = t("There are no unanswered questions.") if first == 0 else t("There are no more unanswered questions.")
    lines = [_line(case, place, one) for place, one in enumerate(asked[:A_PAGE], first + 1)]
    buttons = [
        [Button(f"✓ {place}. {_cut(one.text, ON_A_BUTTON)}", f"lessons:settle:{one.id}:{first}", spoken=False)]
        for place, one in enumerate(asked[:A_PAGE], first + 1)
    ]
    more = [Button(t.plain("More"), f"lessons:unanswered:{first + A_PAGE}", means=("affirm",))]
    case.say(
        "\n\n".join(filter(None, (news, head, *lines, t("Tap a question when it is dealt with.") if lines else ""))),
        *buttons,
        more if len(asked) > A_PAGE else (),
        [Button(t.plain("Menu"), "people:menu")],
        edit=bool(news),
    )


def _line(case: Case, place: int, one: Asked) -> str:
    """ "2. how do I answer a bad review (3 people)", and which lesson did not help."""
    t = case.t
    people = t.n("{n} person", "{n} people", one.people)
    line = f"{place}. <i>{html.escape(_cut(one.text, SHOWN), quote=False)}</i> ({people})"
    lesson = case.house.curriculum.lesson(one.lesson) if one.lesson else None
    if lesson is None:
        return line
    title = lesson.title.get(t.language, lesson.title["en"])
    return line + "\n" + t("The lesson “{title}” did not help.", title=title)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
