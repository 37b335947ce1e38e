"""The way through a lesson, block by block: show one, remember it, go on to the next."""

from bot.case import Case, number, word
from bot.errors import Forged, Refused
from bot.lessons import proof, proof_taps, questions, service
from bot.lessons.curriculum import Block, Lesson
from bot.lessons.service import UNKNOWN, filled
from bot.messages import Button, Outgoing
from bot.people.menu import help_row
from bot.texts import N_
from db.lessons import Study


async def first(case: Case, lesson: Lesson) -> Block:
    blocks = await service.blocks_of(case, lesson)
    if not blocks:
        raise Refused(N_("This lesson is not available at the moment. Please choose another one."))
    return blocks[0]


async def step_on(case: Case, lesson: Lesson, study: Study, block: Block) -> None:
    onward = await service.block_from(case, lesson, block.id, after=True)
    return await (go_to(case, lesson, study, onward) if onward else end(case, lesson, study))


async def go_to(case: Case, lesson: Lesson, study: Study, block: Block) -> None:
    """Show this block and remember that the person stands here."""
    t, language = case.t, case.person.language
    study.block = block.id
    match block.kind:
        case "card":
            text = filled(case, lesson, block.text[language])
            rows = [(onward(case, study, block),)]
            if block.volatile and lesson.checked:
                text += "\n\n<i>" + t("Checked on {day}.", day=t.date(lesson.checked)) + "</i>"
                rows.append((Button(t.plain("My screen looks different"), f"lessons:differs:{study.id}:{block.id}"),))
            # "I don't understand" is meant for the card that stands there.
            lost = Button("", "lessons:simpler", means=("help",))
            case.show(Outgoing(text, tuple(rows), hears=(lost,)))
        case "question":
            questions.ask(case, lesson, study, block)
        case "task":
            parts = [
                f"<b>{t('Your task')}</b>\n{filled(case, lesson, block.text[language])}",
                f"<i>{filled(case, lesson, block.done[language])}</i>",
            ]
            if block.photo:
                parts.append("📷 " + t("When it is done, send a photo of it here. Your trainer will see it."))
            case.say("\n\n".join(parts))
            await end(case, lesson, study)


def onward(case: Case, study: Study, block: Block) -> Button:
    return Button(case.t.plain("Next"), f"lessons:after:{study.id}:{block.id}", means=("affirm", "next_lesson"))


async def end(case: Case, lesson: Lesson, study: Study) -> None:
    t = case.t
    first_time = not study.learnt
    await service.finish(case, study)
    done, of = await service.progress(case)
    text = t("That was the lesson. Well done!")
    if first_time:
        text += " " + t("Tomorrow I will ask how the task went.")
    text += "\n" + t.n("You have finished {n} lesson of {of}.", "You have finished {n} lessons of {of}.", done, of=of)
    earned = await proof.award(case)
    text += proof_taps.said(case, earned)
    badges = [proof_taps.my_badges(case)] if earned else []
    case.say(
        text, badges, [Button(t.plain("One more lesson"), "lessons:next", means=("next_lesson",)), *help_row(case)]
    )


async def which(case: Case, args: tuple[str, ...]) -> tuple[Study, Lesson, Block]:
    """The study, lesson and block a tap names; a lesson that is gone is said so."""
    study = await study_of(case, args)
    lesson = case.house.curriculum.lesson(study.lesson)
    if lesson is None or case.person.language not in lesson.languages:
        raise Refused(N_("This lesson is not available at the moment. Please choose another one."))
    block = next((one for one in lesson.blocks if one.id == word(args, 1)), None)
    if block is None:
        raise Refused(N_("This lesson has changed since then. Write /lesson to go on."))
    return study, lesson, block


async def study_of(case: Case, args: tuple[str, ...]) -> Study:
    study = await case.session.get(Study, number(args))
    if study is None or study.person_id != case.person.id:
        raise Forged(UNKNOWN)
    return study
