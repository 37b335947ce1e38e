"""What the clock finds due in matching: rounds, offers that end or want a nudge, pairs nobody looked at,
the next best, silent pairs."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

import db.matching
from bot.case import House
from bot.matching import pairs, rounds, rules, service
from db.engine import Database

BATCH = 200
FOLLOWED = 10  # each looks at many people


async def tick(database: Database, now: datetime, house: House) -> int:
    """Do a batch of what is due, each kind in a transaction of its own. Returns how many: BATCH means more."""
    most = 0
    for work, limit in (
        (service.nudge, BATCH),
        (service.expire, BATCH),
        (rounds.take_back, BATCH),
        (rounds.follow, FOLLOWED),
        (pairs.ask_silent, BATCH),
        (pairs.tidy_up, BATCH),
    ):
        async with database.begin() as session:
            done = await work(session, house, now, limit)
        most = max(most, BATCH if done >= limit else done)
    async with database.read() as session:
        due = await db.matching.clusters_due(session, now)
    for cluster_id in due:
        async with database.begin() as session:
            await _round(session, cluster_id, now, house)
    return most


async def _round(session: AsyncSession, cluster_id: int, now: datetime, house: House) -> None:
    """Run the round whose time has come; one that was missed is run once, and no other clock runs it too."""
    cluster = (await db.matching.one_round_at_a_time(session, cluster_id)).get(cluster_id)
    if cluster is None or cluster.next_round_at is None or cluster.next_round_at > now:
        return
    cluster.next_round_at = rounds.next_round(cluster.rounds, cluster.zone, now)
    await rounds.run_round(session, cluster, None, now, house)


async def next_due(session: AsyncSession) -> datetime | None:
    """When the next of it is due."""
    return await db.matching.next_due(session, rules.NUDGE_BEFORE, rules.SILENCE)
