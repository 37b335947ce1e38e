"""What the clock finds due about meetings: reminders, and the question how it was."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

import db.meetings
from bot.case import House
from bot.meetings import reminding
from db.engine import Database

BATCH = 200


async def tick(database: Database, now: datetime, _house: House) -> int:
    """Say a batch of what is due, in one transaction. Returns how many rows: BATCH means there are more."""
    async with database.begin() as session:
        return await reminding.remind(session, now, BATCH)


async def next_due(session: AsyncSession) -> datetime | None:
    """When the next reminder is due."""
    return await db.meetings.next_due(session)
