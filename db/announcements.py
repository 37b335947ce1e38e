"""Announcements: who said what to whom, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, case, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.outbox import PENDING, OutboxRow
from db.outbox import SENDING as ON_ITS_WAY
from db.people import Person

DRAFT, SENDING, DONE, CANCELLED = "draft", "sending", "done", "cancelled"
HELD = "held"  # what a receipt calls a pending row whose time has not come
EVERYTHING = "all"  # every role, every country, every language


class Announcement(Base):
    """A message to many.

    `audience` is `{"role": worker | trainer | all, "country": IT | … | all}`; in a draft, what has not been
    decided is absent. `texts` holds the HTML text per language, or one under "all". Its recipients are the
    outbox rows that carry its id: the audience is frozen when it starts. `receipt` holds `people`, their
    number at the start, and at the end what became of the messages.
    """

    __tablename__ = "announcements"
    __table_args__ = (Index("ix_announcements_state", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("clusters.id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    audience: Mapped[dict[str, Any]]
    texts: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default=DRAFT)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    receipt: Mapped[dict[str, Any]] = mapped_column(default=dict)


async def get(session: AsyncSession, announcement_id: int) -> Announcement | None:
    return await session.get(Announcement, announcement_id)


async def draft_of(session: AsyncSession, author_id: int) -> Announcement | None:
    """What this coordinator is writing at the moment."""
    return await session.scalar(
        select(Announcement)
        .where(Announcement.author_id == author_id, Announcement.state == DRAFT)
        .order_by(Announcement.id.desc())
        .limit(1)
    )


async def move_on(session: AsyncSession, announcement_id: int, before: str, after: str, **values: Any) -> bool:
    """Change the state from one to the next; False when somebody else has changed it already."""
    moved = await session.execute(
        update(Announcement)
        .where(Announcement.id == announcement_id, Announcement.state == before)
        .values(state=after, **values)
        .returning(Announcement.id)
    )
    return moved.first() is not None


async def all_sent(session: AsyncSession, limit: int) -> Sequence[Announcement]:
    """Those under way of which no message waits any more."""
    waiting = exists().where(OutboxRow.announcement_id == Announcement.id, OutboxRow.state.in_((PENDING, ON_ITS_WAY)))
    return (
        await session.scalars(
            select(Announcement).where(Announcement.state == SENDING, ~waiting).order_by(Announcement.id).limit(limit)
        )
    ).all()


def _meant(cluster_id: int, audience: dict[str, Any]) -> ColumnElement[bool]:
    meant = (Person.cluster_id == cluster_id) & Person.joined_at.is_not(None) & Person.reachable
    role, country = audience.get("role", EVERYTHING), audience.get("country", EVERYTHING)
    meant &= Person.role.in_(("worker", "trainer")) if role == EVERYTHING else Person.role == role
    if country != EVERYTHING:
        meant &= Person.country == country
    return meant


async def count_audience(
    session: AsyncSession, cluster_id: int, audience: dict[str, Any]
) -> dict[tuple[str, str], int]:
    """How many people would be reached, per language and time zone."""
    rows = await session.execute(
        select(Person.language, Person.zone, func.count())
        .where(_meant(cluster_id, audience))
        .group_by(Person.language, Person.zone)
    )
    return {(language, zone): number for language, zone, number in rows}


async def audience_after(
    session: AsyncSession, cluster_id: int, audience: dict[str, Any], after: int, limit: int
) -> Sequence[Person]:
    """The people meant, in the order of their ids, a page at a time."""
    return (
        await session.scalars(
            select(Person).where(_meant(cluster_id, audience), Person.id > after).order_by(Person.id).limit(limit)
        )
    ).all()


async def outcomes(session: AsyncSession, announcement_id: int, now: datetime) -> dict[str, int]:
    """How many of its messages are in each outbox state; `held` are those pending until later than `now`."""
    held = (OutboxRow.state == PENDING) & (OutboxRow.due_at > now)
    state = case((held, HELD), else_=OutboxRow.state).label("outcome")
    rows = await session.execute(
        select(state, func.count()).where(OutboxRow.announcement_id == announcement_id).group_by("outcome")
    )
    return {outcome: number for outcome, number in rows}
