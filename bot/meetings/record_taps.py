""" "My record": what a trainer has done, as a screen, a paper that can be checked, and words for a CV."""

import asyncio
import html
import json
from collections.abc import Sequence

import db.meeting_papers
from bot import credential, proof
from bot.case import Case, Taps, number
from bot.errors import Refused
from bot.meetings import badge, papers, record
from bot.meetings.record import Record
from bot.messages import Button, File
from bot.people.menu import help_row
from bot.texts import N_
from db.meeting_papers import Paper

taps = Taps("meetings")

MOST_PAPERS = 10  # on one screen, the newest


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
        lines.append(t("What was practised: {topics}", topics=t.list(record.topics_of(mine, t))))
    if sure := record.how_sure(mine, t):
        lines.append(html.escape(sure, quote=False))
    if mine.quotes:
        lines.append(t.n("{n} learner's words", "{n} learners' words", len(mine.quotes)))
    given = await db.meeting_papers.of(case.session, case.person.id)
    back = [Button(t.plain("Take a paper back"), "meetings:papers")] if given else []
    case.say("\n".join(lines), *_rows(case, back))


@taps("record_pdf")
async def paper(case: Case, _args: tuple[str, ...]) -> None:
    """The paper, to print or to send along with an application; and the same for machines."""
    t = case.t
    issued = await papers.issue(case)
    if issued is None:
        return _nothing_yet(case)
    mine, given = issued
    page = proof.page(case.settings, given.code)
    file = await asyncio.to_thread(record.pdf, mine, page, papers.day_of(given))
    text = t("Here is your record, to print or to send along with an application. Anybody can check it on this page:")
    case.say(f"{text}\n{page}", file=File.of_bytes("record.pdf", file, "application/pdf"))
    signed = json.dumps(credential.signed(case.settings, badge.of(given)), indent=2)
    return case.say(
        t("And this is the same as a digital badge (Open Badges), for websites and apps that collect badges."),
        *_rows(case, [Button(t.plain("Take this paper back"), f"meetings:paper:{given.id}")]),
        file=File("record.json", signed, "application/json"),
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
    if mine is None:
        _nothing_yet(case)
    return mine


def _nothing_yet(case: Case) -> None:
    if case.person.role != "trainer":
        raise Refused(N_("The record is for trainers."))
    case.say(
        case.t(
            "There is nothing in your record yet. A meeting counts when you and your learner have both said "
            "how long it took."
        ),
        [Button(case.t.plain("My meetings"), "meetings:mine")],
        help_row(case),
    )


def _rows(case: Case, more: Sequence[Button] = ()) -> list[Sequence[Button]]:
    t = case.t
    return [
        [Button(t.plain("As a paper (PDF)"), "meetings:record_pdf")],
        [Button(t.plain("Words for my CV"), "meetings:record_cv")],
        more,
        help_row(case),
    ]


# -- taking a paper back --------------------------------------------------------------------------------


@taps("papers")
async def all_papers(case: Case, _args: tuple[str, ...]) -> None:
    """Which paper is to be taken back?"""
    t = case.t
    given = await db.meeting_papers.of(case.session, case.person.id)
    if not given:
        return case.say(t("You have no paper that could be taken back."), _to_record(case), help_row(case))
    return case.say(
        t("Which paper would you like to take back? The newest is the first."),
        *([Button(_label(case, one), f"meetings:paper:{one.id}", spoken=False)] for one in given[:MOST_PAPERS]),
        [Button(t.plain("None"), "meetings:record", means=("deny", "go_back"))],
    )


def _label(case: Case, paper: Paper) -> str:
    """ "4 December 2026 (2.5 h)": the unit is the same in every language."""
    return f"{case.t.date(papers.day_of(paper))} ({papers.on(paper, case.t.language).hours} h)"


@taps("paper")
async def take_back(case: Case, args: tuple[str, ...]) -> None:
    """Asked once more: it cannot be undone."""
    t = case.t
    paper = await papers.mine(case, number(args))
    if paper.withdrawn_at is not None:
        return _is_off(case)
    return case.say(
        t(
            "Shall I take back your record of {day}? Whoever checks that paper from then on reads that it is no longer "
            "valid. You can always have a new one.",
            day=t.date(papers.day_of(paper)),
        ),
        [Button(t.plain("Yes, take it back"), f"meetings:paper_off:{paper.id}", means=("affirm",))],
        [Button(t.plain("No, it stays valid"), "meetings:record", means=("deny", "go_back"))],
    )


@taps("paper_off")
async def off(case: Case, args: tuple[str, ...]) -> None:
    """It is no longer valid."""
    papers.take_back(case, await papers.mine(case, number(args)))
    case.tick(case.t("Yes, take it back"))
    _is_off(case)


def _is_off(case: Case) -> None:
    case.say(case.t("That paper is no longer valid."), _to_record(case), help_row(case))


def _to_record(case: Case) -> list[Button]:
    return [Button(case.t.plain("My record"), "meetings:record")]
