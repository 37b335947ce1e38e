"""What the clock finds due about announcements: the final receipt of those that have reached everyone."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

import db.announcements
from bot.announcements import service
from bot.case import House
from db.engine import Database

BATCH = 20


async def tick(database: Database, now: datetime, house: House) -> int:
    """Close what is all sent and send its receipt; returns how many were closed."""
    async with database.read() as session:
        if not await db.announcements.all_sent(session, 1):
            return 0
    closed = 0
    while True:
        async with database.begin() as session:
            batch = await db.announcements.all_sent(session, BATCH)
            for announcement in batch:
                closed += await service.finish(session, announcement, house, now)
        if len(batch) < BATCH:
            return closed


async def next_due(session: AsyncSession) -> datetime | None:
    """When one only lacks its receipt, the moment it began: it is due at once. Else None.

    The outbox rows of an announcement have their own due.
    """
    ready = await db.announcements.all_sent(session, 1)
    return ready[0].started_at if ready else None
