"""Once more, or more simply: for whoever did not follow where they stand in a lesson."""

import html

import db.lessons
from bot.case import ANYONE, Case, Taps
from bot.lessons import service
from bot.lessons.curriculum import Block, Lesson
from bot.lessons.markdown import to_html
from bot.lessons.rules import ANSWER_FORM
from bot.lessons.simpler import thoughts, words_to_explain
from bot.lessons.way import first, go_to, onward
from bot.messages import Do
from bot.people.menu import help_row
from db.lessons import Study

taps = Taps("lessons")


@taps("once_more", needs=ANYONE)
async def once_more(case: Case, _args: tuple[str, ...]) -> None:
    """Where the person stands, shown again; after a lesson, that lesson from its beginning."""
    if case.talk.form and case.person.joined_at is not None:
        return None  # it asks again by itself
    here = await _here(case)
    if here is None:
        case.wants.append(Do("people:help" if case.person.joined_at is None else "people:menu"))
        return None
    study, lesson, block = here
    case.say(case.t("Gladly, once more:"))
    return await go_to(case, lesson, study, block or await first(case, lesson))


@taps("simpler", needs=ANYONE)
async def simpler(case: Case, _args: tuple[str, ...]) -> None:
    """The card one thought at a time, with its words explained; at a question, the card it is about."""
    form = case.talk.form
    here = await _here(case) if form in ("", ANSWER_FORM) else None
    if here is None:
        case.wants.append(Do("people:help"))
        return None
    study, lesson, block = here
    card = _card_before(lesson, await service.blocks_of(case, lesson), block)
    if card is None:
        case.say(case.t("Gladly, once more:"))
        return await go_to(case, lesson, study, block or await first(case, lesson))
    text = _slowly(case, lesson, card)
    if block is card:
        return case.say(text, [onward(case, study, card)], help_row(case))
    case.say(text, *([] if block else [help_row(case)]))
    return await go_to(case, lesson, study, block) if block and not form else None


async def _here(case: Case) -> tuple[Study, Lesson, Block | None] | None:
    """The lesson somebody is in and the block they stand at; None for the block after the lesson's end."""
    if case.person.joined_at is None:
        return None
    in_track = {lesson.uuid: lesson for lesson in service.track_of(case.house.curriculum, case.person)}
    studies = [one for one in await db.lessons.studies(case.session, case.person.id) if one.lesson in in_track]
    begun = [one for one in studies if one.block and not one.learnt] or [one for one in studies if one.block]
    if begun:
        study = begun[-1]
        lesson = in_track[study.lesson]
        block = await service.block_from(case, lesson, study.block)
        return (study, lesson, block) if block else None
    if not studies:
        return None
    study = max(studies, key=lambda one: one.finished_at or one.started_at)
    return study, in_track[study.lesson], None


def _card_before(lesson: Lesson, served: tuple[Block, ...], block: Block | None) -> Block | None:
    """The card at this block, else the nearest before it."""
    upto = served if block is None else served[: served.index(block) + 1]
    return next((one for one in reversed(upto) if one.kind == "card"), None)


def _slowly(case: Case, lesson: Lesson, card: Block) -> str:
    t, language = case.t, case.person.language
    lines = [service.filled(case, lesson, to_html(one)) for one in thoughts(card.markdown[language])]
    text = f"<b>{t('Slowly, one thing at a time:')}</b>\n\n" + "\n\n".join(f"▪️ {line}" for line in lines)
    terms = words_to_explain(case.house.curriculum.glossary, card.markdown[language], language)
    if terms:
        said = "\n".join(f"• {html.escape(term.says[language], quote=False)}" for term in terms)
        text += f"\n\n<b>{t('The words in it:')}</b>\n{said}"
    return text
