""" "My record": what a trainer has done, as a screen, a paper, and words for a CV."""

import asyncio
import html

from bot.case import Case, Taps
from bot.errors import Refused
from bot.meetings import record
from bot.meetings.record import Record
from bot.messages import Button, File
from bot.people.menu import help_row
from bot.people.service import local
from bot.texts import N_

taps = Taps("meetings")


@taps("record")
async def show(case: Case, _args: tuple[str, ...]) -> None:
    """The figures, and what can be had of them."""
    t = case.t
    mine = await _mine(case)
    if mine is None:
        return
    lines = [f"<b>{t('My record')}</b>", record.period(mine, t)]
    lines += [f"• {html.escape(one, quote=False)}" for one in record.figures(mine, t)]
    if mine.topics:
        lines.append(t("What was practised: {topics}", topics=t.list([name for name, _ in mine.topics])))
    if mine.quotes:
        lines.append(t.n("{n} learner's words", "{n} learners' words", len(mine.quotes)))
    case.say("\n".join(lines), *_rows(case))


@taps("record_pdf")
async def paper(case: Case, _args: tuple[str, ...]) -> None:
    """The paper, to print or to send along with an application."""
    mine = await _mine(case)
    if mine is None:
        return
    day = local(case.now, case.person).date()
    file = await asyncio.to_thread(record.pdf, mine, case.settings.public_address, day)
    case.say(
        case.t("Here is your record, to print or to send along with an application."),
        *_rows(case),
        file=File.of_bytes("record.pdf", file, "application/pdf"),
    )


@taps("record_cv")
async def words_for_a_cv(case: Case, _args: tuple[str, ...]) -> None:
    """An entry for a CV, to copy."""
    t = case.t
    mine = await _mine(case)
    if mine is None:
        return
    entry = html.escape(record.for_a_cv(mine), quote=False)
    text = t("You can copy this into your CV, for example into Europass (“Work experience”):")
    case.say(f"{text}\n\n<pre>{entry}</pre>", *_rows(case))


async def _mine(case: Case) -> Record | None:
    """The person's record; None when they were told that there is nothing in it yet."""
    mine = await record.of_trainer(case)
    if mine is None and case.person.role != "trainer":
        raise Refused(N_("The record is for trainers."))
    if mine is None:
        case.say(
            case.t(
                "There is nothing in your record yet. A meeting counts when you and your learner have both said "
                "how long it took."
            ),
            [Button(case.t.plain("My meetings"), "meetings:mine")],
            help_row(case),
        )
    return mine


def _rows(case: Case) -> list[list[Button]]:
    t = case.t
    return [
        [Button(t.plain("As a paper (PDF)"), "meetings:record_pdf")],
        [Button(t.plain("Words for my CV"), "meetings:record_cv")],
        help_row(case),
    ]
