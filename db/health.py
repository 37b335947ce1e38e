"""What a look at the queues tells about the programme's health."""

from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.inbox import SET_ASIDE, InboxRow
from db.outbox import PENDING, SENDING, SENT, UNCERTAIN, OutboxRow

ANNOUNCEMENT = 3  # the lane's rank


async def overdue(session: AsyncSession, before: datetime) -> int:
    """Messages that should have left before this moment.

    Announcements wait for their place in the stream, an hour when there are 100,000: they count only when
    nothing at all has been sent since.
    """
    rows = await session.execute(
        select(OutboxRow.lane == ANNOUNCEMENT, func.count())
        .where(OutboxRow.state.in_((PENDING, SENDING)), OutboxRow.due_at < before)
        .group_by(OutboxRow.lane == ANNOUNCEMENT)
    )
    late = {bool(is_announcement): number for is_announcement, number in rows.tuples()}
    if late.get(True) and await sent_since(session, before):
        late[True] = 0
    return sum(late.values())


async def sent_since(session: AsyncSession, moment: datetime) -> bool:
    """Whether any message has left since then."""
    sent = exists().where(OutboxRow.state == SENT, OutboxRow.sent_at >= moment)
    return bool(await session.scalar(select(sent)))


async def set_aside(session: AsyncSession) -> int:
    """Updates that failed three times."""
    return await session.scalar(select(func.count()).where(InboxRow.state == SET_ASIDE)) or 0


async def uncertain_announcements(session: AsyncSession) -> int:
    """Messages of announcements of which nobody can say whether they arrived."""
    return (
        await session.scalar(
            select(func.count()).where(OutboxRow.state == UNCERTAIN, OutboxRow.announcement_id.is_not(None))
        )
        or 0
    )
