""" "Evidence for the funder": a coordinator's figures as a table and as a paper, with nobody's name in them."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import cast
from zoneinfo import ZoneInfo

from babel import Locale

import db.audit
import db.clusters
import db.meeting_figures
import db.meeting_notes
from bot import spreadsheet
from bot.case import COORDINATOR, Case, Taps
from bot.errors import Refused
from bot.meetings import evidence
from bot.meetings.evidence import FEWEST, HIDDEN, Cell, Held, Row, Who
from bot.messages import Button, File
from bot.paper import PROGRAMME, SEA, SOFT, Pages
from bot.people.service import local
from bot.people.vocabulary import keys, label
from bot.texts import N_, Tongue, tongue
from db.clusters import Cluster

taps = Taps("meetings")

type Evidence = Sequence[tuple[str, Sequence[Row]]]  # (a cluster's name, its lines)


@taps("evidence", needs=COORDINATOR)
async def send(case: Case, _args: tuple[str, ...]) -> None:
    """Both files, about the clusters this person coordinates."""
    t = case.t
    mine = await db.clusters.coordinated_by(case.session, case.person.id)
    if not mine:
        raise Refused(N_("Only a coordinator can do this."))
    found = [(cluster.called(t.language), await _of_cluster(case, cluster)) for cluster in mine]
    day = local(case.now, case.person).date()
    paper = await asyncio.to_thread(pdf, found, t.language, t.date(day))
    for cluster in mine:
        db.audit.note(case.session, case.now, case.person.id, "evidence", f"cluster:{cluster.id}")
    case.say(
        t(
            "Here are the figures of your clusters for the funder, as a paper. There are no names in it, and no figure "
            "that rests on fewer than {number} people.",
            number=FEWEST,
        ),
        file=File.of_bytes(f"evidence-{day:%Y-%m-%d}.pdf", paper, "application/pdf"),
    )
    case.say(
        t("And the same as a table, for a spreadsheet."),
        [Button(t.plain("Menu"), "people:menu")],
        file=File(f"evidence-{day:%Y-%m-%d}.csv", table(found, t.language), "text/csv"),
    )


async def _of_cluster(case: Case, cluster: Cluster) -> list[Row]:
    """What is counted of one cluster; months are those of its own zone."""
    session, zone = case.session, ZoneInfo(cluster.zone)
    ratings: dict[int, list[tuple[int, str]]] = {}
    for meeting, person, rating in await db.meeting_figures.ratings_in(session, cluster.id):
        ratings.setdefault(meeting, []).append((person, rating))
    held = [
        Held(f"{start.astimezone(zone):%Y-%m}", trainer, worker, minutes, tuple(ratings.get(meeting, ())))
        for meeting, start, minutes, trainer, worker in await db.meeting_figures.held_in(session, cluster.id)
    ]
    people = [Who(*facts) for facts in await db.meeting_figures.people_in(session, cluster.id)]
    sure = await db.meeting_notes.both_in(session, cluster.id)
    return evidence.rows(people, await db.meeting_figures.pairs_in(session, cluster.id), held, sure)


# -- as files -------------------------------------------------------------------------------------------


def table(found: Evidence, language: str) -> str:
    """One line each, for a spreadsheet."""
    t = tongue(language)
    lines = [[cluster, *_line(t, row)] for cluster, some in found for row in some]
    return spreadsheet.table([[t.plain("Cluster"), *_heads(t)], *lines], language)


def pdf(found: Evidence, language: str, day: str) -> bytes:
    """The paper."""
    t = tongue(language)
    title = t.plain("Evidence for the funder")
    pages = Pages(language, f"{title} · {day}", PROGRAMME)
    pages.head(PROGRAMME)
    pages.write(title, 26, above=6)
    pages.write(day, 12, SOFT)
    for cluster, some in found:
        pages.room_for(160)
        pages.write(cluster, 16, SEA, above=22)
        pages.y -= 8
        pages.table([_heads(t), *(_line(t, row) for row in some)], _WIDTHS, size=8)
    pages.write(
        t.plain(
            "Hours are those that both sides, or a coordinator, have confirmed. Shares are of all answers to “How was "
            "your meeting?”. “<{number}”: not shown, because it rests on fewer than {number} people or would show what "
            "does.",
            number=FEWEST,
        ),
        9,
        SOFT,
        above=16,
    )
    pages.write(
        t.plain(
            "How sure learners feel with social media for their business: the average of those who said it both before "
            "their first meeting and later, from 1 (not at all) to 4 (very)."
        ),
        9,
        SOFT,
    )
    return pages.done()


_WIDTHS = (0.12, 0.15, 0.085, 0.065, 0.11, 0.105, 0.065, 0.065, 0.075, 0.08, 0.08)


def _heads(t: Tongue) -> list[str]:
    return [
        t.plain("About"),
        t.plain("Which"),
        t.plain("People"),
        t.plain("Pairs"),
        t.plain("Meetings held"),
        t.plain("Hours confirmed"),
        t.plain("Good (%)"),
        t.plain("So-so (%)"),
        t.plain("Not good (%)"),
        t.plain("Sure before (1–4)"),
        t.plain("Sure later (1–4)"),
    ]


def _line(t: Tongue, row: Row) -> list[str]:
    hours = t.decimal(round(row.minutes / 60, 1)) if isinstance(row.minutes, int) else _written(row.minutes)
    counts = [_written(one) for one in (row.people, row.pairs, row.meetings)]
    shares = [_written(one) for one in (row.good, row.so_so, row.bad)]
    sure = [t.decimal(one / 10) if isinstance(one, int) else _written(one) for one in (row.before, row.later)]
    return [_about(t, row), _which(t, row), *counts, hours, *shares, *sure]


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"<{FEWEST}" if cell == HIDDEN else str(cell)


def _about(t: Tongue, row: Row) -> str:
    return {
        "all": t.plain("Taking part"),
        "met": t.plain("All meetings"),
        "sure": t.plain("How sure learners feel"),
        "role": t.plain("Role"),
        "country": t.plain("Country"),
        "sector": t.plain("Sector"),
        "month": t.plain("Month"),
    }[row.about]


def _which(t: Tongue, row: Row) -> str:
    if row.about == "role":
        return {"worker": t.plain("Learners"), "trainer": t.plain("Trainers")}.get(row.what, row.what)
    if row.about == "country" and row.what:
        return cast(Mapping[str, str], Locale(t.language).territories).get(row.what, row.what)
    if row.about == "sector" and row.what in keys("sector"):
        return label("sector", row.what, t.language)
    if row.about in ("country", "sector"):
        return row.what or t.plain("not said")
    return row.what
