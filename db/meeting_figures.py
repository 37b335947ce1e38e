"""What meetings add up to: a trainer's record, a cluster's evidence. Only what was confirmed counts as time."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.matching import Match
from db.meetings import HELD, Feedback, Meeting
from db.people import Person


async def confirmed(
    session: AsyncSession, trainer_id: int, *, lock: bool = False
) -> Sequence[tuple[Meeting, Match, Person]]:
    """The meetings of this trainer whose length is confirmed, with the pair and the worker, in their order; with
    `lock`, nobody settles one of them otherwise until the transaction ends."""
    query = (
        select(Meeting, Match, Person)
        .join(Match, Match.id == Meeting.match_id)
        .join(Person, Person.id == Match.worker_id)
        .where(Match.trainer_id == trainer_id, Meeting.state == HELD, Meeting.minutes > 0)
        .order_by(Meeting.starts_at, Meeting.id)
    )
    if lock:
        query = query.with_for_update(of=Meeting, read=True).execution_options(populate_existing=True)
    rows = await session.execute(query)
    return [(meeting, match, worker) for meeting, match, worker in rows]


async def said_about(session: AsyncSession, meetings: Collection[int]) -> Sequence[Feedback]:
    """What was said about these meetings, the oldest first."""
    return (
        await session.scalars(select(Feedback).where(Feedback.meeting_id.in_(meetings)).order_by(Feedback.id))
    ).all()


async def held_in(session: AsyncSession, cluster_id: int) -> Sequence[tuple[int, datetime, int | None, int, int]]:
    """(id, start, confirmed minutes, trainer, worker) of every meeting of this cluster's workers that took place."""
    rows = await session.execute(
        select(Meeting.id, Meeting.starts_at, Meeting.minutes, Match.trainer_id, Match.worker_id)
        .join(Match, Match.id == Meeting.match_id)
        .where(Match.cluster_id == cluster_id, Meeting.state == HELD, Meeting.starts_at.is_not(None))
        .order_by(Meeting.starts_at, Meeting.id)
    )
    return [(meeting, start, minutes, trainer, worker) for meeting, start, minutes, trainer, worker in rows if start]


async def ratings_in(session: AsyncSession, cluster_id: int) -> Sequence[tuple[int, int, str]]:
    """(meeting, person, rating) of everything that was said about the meetings of this cluster's workers."""
    rows = await session.execute(
        select(Feedback.meeting_id, Feedback.person_id, Feedback.rating)
        .join(Meeting, Meeting.id == Feedback.meeting_id)
        .join(Match, Match.id == Meeting.match_id)
        .where(Match.cluster_id == cluster_id)
        .order_by(Feedback.id)
    )
    return [(meeting, person, rating) for meeting, person, rating in rows]


async def pairs_in(session: AsyncSession, cluster_id: int) -> Sequence[tuple[int, int]]:
    """(trainer, worker) of everybody who became a pair, whatever became of it."""
    rows = await session.execute(
        select(Match.trainer_id, Match.worker_id).where(
            Match.cluster_id == cluster_id, Match.trainer_says == "yes", Match.worker_says == "yes"
        )
    )
    return [(trainer, worker) for trainer, worker in rows]


async def people_in(session: AsyncSession, cluster_id: int) -> Sequence[tuple[int, str, str, str]]:
    """(id, role, country, sector) of everybody who takes part here: workers and trainers."""
    rows = await session.execute(
        select(Person.id, Person.role, Person.country, Person.sector).where(
            Person.cluster_id == cluster_id, Person.joined_at.is_not(None), Person.role.in_(("worker", "trainer"))
        )
    )
    return [(one, role, country, sector) for one, role, country, sector in rows]
