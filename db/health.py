"""What a look at the queues tells about the programme's health."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import exists, func, make_url, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.announcements import PAUSED, Announcement
from db.inbox import SET_ASIDE, InboxRow
from db.outbox import ANNOUNCEMENT, PENDING, SENDING, SENT, UNCERTAIN, OutboxRow


def sqlite_file(url: str) -> Path | None:
    """The file behind this database address; None when it is a server, or lives in memory."""
    parsed = make_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
    return Path(str(parsed.database)) if is_file else None


async def overdue(session: AsyncSession, before: datetime) -> int:
    """Messages that should have left before this moment.

    Announcements wait for their place in the stream, an hour when there are 100,000: they count only when
    nothing at all has been sent since; of those that a coordinator has paused nothing is overdue.
    """
    late = OutboxRow.state.in_((PENDING, SENDING)) & (OutboxRow.due_at < before)
    paused = select(Announcement.id).where(Announcement.state == PAUSED)
    row = await session.execute(
        select(
            func.count().filter(OutboxRow.lane < ANNOUNCEMENT),
            func.count().filter(OutboxRow.lane == ANNOUNCEMENT, OutboxRow.announcement_id.not_in(paused)),
        ).where(late)
    )
    others, announcements = row.one()
    if announcements and await sent_since(session, before):
        announcements = 0
    return others + announcements


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
