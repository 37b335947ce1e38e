"""What the clock finds due in matching: offers whose time is over."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

import db.matching
from bot.case import House
from bot.matching import service
from db.engine import Database

BATCH = 200


async def tick(database: Database, now: datetime, house: House) -> int:
    """End a batch of offers that were not answered in time, in one transaction. Returns how many: BATCH means more."""
    async with database.begin() as session:
        return await service.expire(session, house, now, BATCH)


async def next_due(session: AsyncSession) -> datetime | None:
    """When the next offer ends."""
    return await db.matching.next_due(session)
