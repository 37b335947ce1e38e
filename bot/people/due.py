"""What the clock finds due about people: the end of those who asked to be forgotten."""

from datetime import datetime

import db.people
from bot.case import House
from db.engine import Database

BATCH = 200


async def tick(database: Database, now: datetime, _house: House) -> int:
    """Delete the last row of those who left for good."""
    async with database.begin() as session:
        return await db.people.erase_due(session, now, BATCH)
