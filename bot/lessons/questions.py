"""How the questions of a lesson look: one choice as a quiz of Telegram's, several, an order, one's own words.

What was picked so far stands in the buttons' data, so that a question can be gone on with after a restart or a week.
"""

import html
from collections.abc import Sequence

from bot.case import Case
from bot.lessons import rules
from bot.lessons.curriculum import Block, Lesson
from bot.lessons.rules import ANSWER_FORM
from bot.lessons.service import filled
from bot.messages import Button, Quiz
from db.lessons import Study

ON_A_BUTTON = 30  # characters that a small phone shows; longer options stand in the text, lettered


def ask(case: Case, lesson: Lesson, study: Study, block: Block) -> None:
    """Put the question."""
    match block.form:
        case "choice" | "spot":
            number = len(block.options[case.person.language])
            ask_quiz(case, lesson, block, tuple(f"lessons:answer:{study.id}:{block.id}:{i}" for i in range(number)))
        case "several":
            ask_several(case, lesson, study, block, ())
        case "order":
            ask_order(case, lesson, study, block, ())
        case "words":
            ask_words(case, lesson, study, block)


def ask_quiz(case: Case, lesson: Lesson, block: Block, data: tuple[str, ...]) -> None:
    """A quiz of Telegram's; `data` are the taps that its options stand for."""
    language = case.person.language
    assert block.answer is not None
    right = filled(case, lesson, block.explanations[language][block.answer], as_html=False)
    question = filled(case, lesson, block.question[language], as_html=False)
    case.say(question, quiz=Quiz(options_of(case, lesson, block), data, block.answer, right))


def ask_several(
    case: Case, lesson: Lesson, study: Study, block: Block, chosen: tuple[int, ...], *, edit: bool = False
) -> None:
    """Ticks before the chosen ones; with `edit` in the message that was tapped."""
    t, options = case.t, options_of(case, lesson, block)
    rows = [
        (
            Button(
                f"{'✅' if at in chosen else '▫️'} {label}",
                _data(study, block, rules.toggled(chosen, at)),
                means=(rules.LETTERS[at], str(at + 1)),
            ),
        )
        for at, label in enumerate(_labels(options))
    ]
    done = Button(t.plain("Done"), f"lessons:picked:{study.id}:{block.id}:{rules.letters(chosen)}", means=("affirm",))
    text = [_question_text(case, lesson, block), *_lettered(options), f"<i>{t('Tap all that fit, then “Done”.')}</i>"]
    case.say("\n\n".join(text), *rows, [done], edit=edit)


def ask_order(
    case: Case, lesson: Lesson, study: Study, block: Block, chosen: tuple[int, ...], *, edit: bool = False
) -> None:
    """The steps chosen so far, and buttons for the others; with `edit` in the message that was tapped."""
    t, options = case.t, options_of(case, lesson, block)
    rows = [
        (Button(label, _data(study, block, (*chosen, at)), means=(rules.LETTERS[at], str(at + 1))),)
        for at, label in enumerate(_labels(options))
        if at not in chosen
    ]
    if chosen:
        rows.append((Button(t.plain("Begin again"), _data(study, block, ()), means=("start_again", "go_back")),))
    steps = "\n".join(f"{n}. {html.escape(options[at], quote=False)}" for n, at in enumerate(chosen, 1))
    prompt = t("What comes first?") if not chosen else t("And then?")
    text = [_question_text(case, lesson, block), *_lettered(options, chosen), steps, f"<i>{prompt}</i>"]
    case.say("\n\n".join(part for part in text if part), *rows, edit=edit)


def ask_words(case: Case, lesson: Lesson, study: Study, block: Block) -> None:
    case.talk.form, case.talk.asked = ANSWER_FORM, f"{study.id}:{block.id}"
    skip = Button(case.t.plain("Skip"), f"lessons:skip:{study.id}:{block.id}", means=("deny", "stop", "go_back"))
    hint = case.t("Write one or two sentences, as you would say them.")
    case.say(f"{_question_text(case, lesson, block)}\n\n<i>{hint}</i>", [skip])


def say_why(case: Case, lesson: Lesson, block: Block, right: bool, about: Sequence[int]) -> None:
    verdict = case.t("✅ Right!") if right else case.t("Not quite.")
    if block.form in ("choice", "spot"):
        case.say(f"{verdict} {explanation(case, lesson, block, about[0])}")
        return
    options = options_of(case, lesson, block)
    reasons = [
        f"<b>{html.escape(options[at], quote=False)}</b>\n{explanation(case, lesson, block, at)}" for at in about
    ]
    if not right and block.form == "order":
        steps = "\n".join(f"{n}. {html.escape(options[at], quote=False)}" for n, at in enumerate(block.right, 1))
        reasons.insert(0, steps)
    case.say("\n\n".join([verdict, *(reasons if not right else reasons[:1])]))


def _data(study: Study, block: Block, chosen: tuple[int, ...]) -> str:
    return f"lessons:pick:{study.id}:{block.id}:{rules.letters(chosen)}"


def options_of(case: Case, lesson: Lesson, block: Block) -> tuple[str, ...]:
    return tuple(filled(case, lesson, option, as_html=False) for option in block.options[case.person.language])


def _question_text(case: Case, lesson: Lesson, block: Block) -> str:
    question = filled(case, lesson, block.question[case.person.language], as_html=False)
    return f"<b>{html.escape(question, quote=False)}</b>"


def explanation(case: Case, lesson: Lesson, block: Block, at: int) -> str:
    text = block.explanations[case.person.language][at]
    return html.escape(filled(case, lesson, text, as_html=False), quote=False)


def _are_long(options: tuple[str, ...]) -> bool:
    return any(len(option) > ON_A_BUTTON for option in options)


def _labels(options: tuple[str, ...]) -> list[str]:
    return [rules.LETTERS[at].upper() if _are_long(options) else option for at, option in enumerate(options)]


def _lettered(options: tuple[str, ...], left_out: tuple[int, ...] = ()) -> list[str]:
    """The options in the text, when they do not fit on buttons."""
    if not _are_long(options):
        return []
    lines = [
        f"<b>{rules.LETTERS[at].upper()}</b>  {html.escape(option, quote=False)}"
        for at, option in enumerate(options)
        if at not in left_out
    ]
    return ["\n".join(lines)]
