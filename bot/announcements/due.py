"""What the clock finds due about announcements: some begin, some are complete, receipts change."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

import db.announcements
from bot.announcements import preview, receipts, release, service
from bot.case import House
from bot.errors import Refused
from bot.texts import tongue
from db.announcements import SENDING, Announcement
from db.engine import Database
from db.people import Person

BATCH = 20
LATELY = timedelta(minutes=1)  # many ticks
ROWS = 2_000  # of one that was stopped, in one transaction
COUNTS_ARE_NEW = timedelta(hours=1)  # after that they are of no use


async def tick(database: Database, now: datetime, house: House) -> int:
    """Start, close and count; returns how many were started or closed: BATCH means there may be more."""
    await let_sleep(database, now, house)
    begun = await _start(database, now, house)
    closed = await _finish(database, now, house)
    await _count(database, now, house)
    await _sweep(database)
    return max(begun, closed)


async def let_sleep(database: Database, now: datetime, house: House) -> None:
    """Where the quiet hours have begun meanwhile, what is under way waits for the morning."""
    quiet = house.settings.quiet
    async with database.read() as session:
        ids = await db.announcements.under_way(session, now)
        until = await service.asleep(session, quiet, now) if ids else {}
        zones = [zone for some in until.values() for zone in some]
        if not zones or not await db.announcements.is_due_in(session, ids, zones, now):
            return
    async with database.begin() as session:
        await service.let_sleep(session, ids, quiet, now)


async def _start(database: Database, now: datetime, house: House) -> int:
    """Those that were put down for now; one that cannot be sent is a draft again, and its author told why."""
    async with database.read() as session:
        if not await db.announcements.due_to_start(session, now, 1):
            return 0
    async with database.begin() as session:
        batch = await db.announcements.due_to_start(session, now, BATCH)
        for announcement in batch:
            author = await receipts.author_of(session, announcement)
            try:
                if announcement.author_id is not None and author is None:
                    raise Refused(service.NOT_YOURS_ANY_MORE)
                await release.let_go(session, announcement, house, now)
            except Refused as refused:
                await _give_back(session, announcement, author, refused, house, now)
            else:
                if author and announcement.state == SENDING:
                    await receipts.show(session, announcement, author, house, now)
    return len(batch)


async def _give_back(
    session: AsyncSession,
    announcement: Announcement,
    author: Person | None,
    refused: Refused,
    house: House,
    now: datetime,
) -> None:
    """What could not be sent is its author's draft again. Without an author it is called off."""
    if author is None or not await service.back_to_draft(session, announcement, now):
        await service.call_off(session, announcement, now)
        return
    screen = preview.not_sent(tongue(author.language), announcement, refused)
    await release.tell_author(session, announcement, screen, house, now)


async def _finish(database: Database, now: datetime, house: House) -> int:
    """Close what is all sent and show its receipt."""
    async with database.read() as session:
        if not await db.announcements.all_sent(session, 1):
            return 0
    async with database.begin() as session:
        batch = await db.announcements.all_sent(session, BATCH)
        return sum([await receipts.finish(session, announcement, house, now) for announcement in batch])


async def _count(database: Database, now: datetime, house: House) -> None:
    """The receipts of those on the road, or answered a moment ago, show the newest counts."""
    async with database.read() as session:
        ids = [one.id for one in await db.announcements.on_the_road(session, BATCH) if one.shown]
        ids += await db.announcements.answered_since(session, now - LATELY)
    for number in dict.fromkeys(ids):
        async with database.begin() as session:
            if announcement := await db.announcements.get(session, number):
                await receipts.refresh(session, announcement, house, now, useful=COUNTS_ARE_NEW)


async def _sweep(database: Database) -> None:
    """The rows of those that were stopped: nothing sends them any more, this says so in the rows."""
    async with database.read() as session:
        stopped = await db.announcements.stopped_with_letters(session)
    for number in stopped:
        dropped = ROWS
        while dropped == ROWS:
            async with database.begin() as session:
                dropped = await db.announcements.drop_waiting(session, number, ROWS)


async def next_due(session: AsyncSession) -> datetime | None:
    """When one is put down for, when its next message is due, or, when one only lacks its receipt, now: the moment it
    began."""
    ready = await db.announcements.all_sent(session, 1)
    moments = (
        ready[0].started_at if ready else None,
        await db.announcements.next_start(session),
        await db.announcements.next_letter(session),
    )
    return min((moment for moment in moments if moment is not None), default=None)
