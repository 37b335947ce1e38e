"""What somebody answers to a question of a lesson: kept, judged, explained; then the lesson goes on."""

from bot.case import JOINED, Case, Taps, number, word
from bot.errors import Forged
from bot.lessons import questions, reviews, rules, service
from bot.lessons.curriculum import Block, Lesson
from bot.lessons.rules import ANSWER_FORM
from bot.lessons.service import UNKNOWN
from bot.lessons.way import step_on, which
from db.lessons import Study

taps = Taps("lessons")


@taps("answer", needs=JOINED)
async def answer(case: Case, args: tuple[str, ...]) -> None:
    """One option was chosen."""
    study, lesson, block = await _question(case, args)
    choice = number(args, 2)
    if block.answer is None or choice >= len(block.options[case.person.language]):
        raise Forged(UNKNOWN)
    right = choice == block.answer
    await _keep(case, lesson, block, choice, right)
    questions.say_why(case, lesson, block, right, (choice,))
    await _go_on(case, lesson, study, block)


@taps("pick", needs=JOINED)
async def pick(case: Case, args: tuple[str, ...]) -> None:
    """One of several is ticked or cleared, or one step is put behind the others."""
    study, lesson, block = await _question(case, args)
    chosen = _chosen(case, block, args)
    if block.form == "order" and len(chosen) == len(block.right):
        return await _judge(case, lesson, study, block, chosen)
    ask_again = questions.ask_order if block.form == "order" else questions.ask_several
    return ask_again(case, lesson, study, block, chosen, edit=True)


@taps("picked", needs=JOINED)
async def picked(case: Case, args: tuple[str, ...]) -> None:
    """ "Done" below several options."""
    study, lesson, block = await _question(case, args)
    chosen = _chosen(case, block, args)
    if not chosen:
        return case.say(case.t("Please choose at least one."))
    return await _judge(case, lesson, study, block, chosen)


@taps("said", needs=JOINED)
async def said(case: Case, args: tuple[str, ...]) -> None:
    """An answer in the person's own words."""
    study_id, _, block_id = case.talk.asked.partition(":")
    if case.talk.form != ANSWER_FORM or not study_id.isdigit():
        case.close_form()
        return case.say(case.t("I took that for an answer to a question. Please write it once more."))
    study, lesson, block = await _question(case, (study_id, block_id))
    case.close_form()
    points = block.options[case.person.language]
    made = rules.points_made(word(args), points)
    good = len(made) >= block.needed
    await _keep(case, lesson, block, len(made), good)
    missing = [at for at in range(len(points)) if at not in made][: 0 if good and len(made) == len(points) else 2]
    verdict = case.t("✅ Well said!") if good else case.t("A good start.")
    hint = [questions.explanation(case, lesson, block, at) for at in missing]
    case.say("\n\n".join([verdict, *hint]))
    return await _go_on(case, lesson, study, block)


@taps("skip", needs=JOINED)
async def skip(case: Case, args: tuple[str, ...]) -> None:
    """A question is left out."""
    study, lesson, block = await _question(case, args)
    if case.talk.form == ANSWER_FORM:
        case.close_form()
    case.tick(case.t.plain("Skip"))
    await _go_on(case, lesson, study, block)


@taps("again", needs=JOINED)
async def again(case: Case, _args: tuple[str, ...]) -> None:
    """After an aside: the question that is still open."""
    study_id, _, block_id = case.talk.asked.partition(":")
    if case.talk.form == ANSWER_FORM and study_id.isdigit():
        study, lesson, block = await _question(case, (study_id, block_id))
        questions.ask_words(case, lesson, study, block)


async def _judge(case: Case, lesson: Lesson, study: Study, block: Block, chosen: tuple[int, ...]) -> None:
    """Several were chosen, or all put in order: how it was, and why where it was not right."""
    right = chosen == block.right
    await _keep(case, lesson, block, as_number(chosen), right)
    options = questions.options_of(case, lesson, block)
    if block.form == "order":
        places = [at for at, (mine, true) in enumerate(zip(chosen, block.right, strict=True)) if mine != true]
        wrong = [block.right[at] for at in places[:1]]
        case.tick(" → ".join(options[at] for at in chosen))
    else:
        wrong = sorted(set(chosen) ^ set(block.right))
        case.tick(case.t.list([options[at] for at in chosen]))
    questions.say_why(case, lesson, block, right, wrong or block.right[:1])
    await _go_on(case, lesson, study, block)


async def _question(case: Case, args: tuple[str, ...]) -> tuple[Study, Lesson, Block]:
    study, lesson, block = await which(case, args)
    if block.kind != "question":
        raise Forged(UNKNOWN)
    return study, lesson, block


def _chosen(case: Case, block: Block, args: tuple[str, ...]) -> tuple[int, ...]:
    chosen = rules.picked(word(args, 2), len(block.options[case.person.language]))
    if chosen is None or block.form not in ("several", "order"):
        raise Forged(UNKNOWN)
    return chosen if block.form == "order" else tuple(sorted(chosen))


def as_number(chosen: tuple[int, ...]) -> int:
    """What was chosen, as the number that is kept: 1 + the option for each, one digit (base 13) a place."""
    found = 0
    for at in chosen:
        found = found * 13 + at + 1
    return found


async def _keep(case: Case, lesson: Lesson, block: Block, choice: int, correct: bool) -> None:
    await reviews.remember(case, lesson, block, correct)
    await service.answer(case, lesson, block, choice, correct)


async def _go_on(case: Case, lesson: Lesson, study: Study, block: Block) -> None:
    return await (reviews.go_on(case) if reviews.is_one(study) else step_on(case, lesson, study, block))
