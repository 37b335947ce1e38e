"""Threads: a person's conversation with one of their coordinators, and what was said in it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, Text, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.people import Person

_OPEN = text("closed_at IS NULL")


class Thread(Base):
    """One conversation with a human. At most one is open per person; at most one coordinator owns it.

    `about` is human | problem. `owner_id` None: it waits for a coordinator. `cluster_id` None: any coordinator who
    shares the person's language may take it. `asked_again`: the coordinators were reminded that it waits.
    """

    __tablename__ = "threads"
    __table_args__ = (
        Index("uq_threads_person_id_open", "person_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_threads_owner_id", "owner_id"),
        Index("ix_threads_closed_at_spoken_at", "closed_at", "spoken_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("clusters.id", ondelete="CASCADE"))
    about: Mapped[str] = mapped_column(String(10))
    opened_at: Mapped[datetime]
    spoken_at: Mapped[datetime]  # the last word of either
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    asked_again: Mapped[bool] = mapped_column(default=False)
    closed_at: Mapped[datetime | None]


class ThreadMessage(Base):
    """One thing said in a thread; who takes it over reads what was said before."""

    __tablename__ = "thread_messages"
    __table_args__ = (Index("ix_thread_messages_thread_id", "thread_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"))
    writer_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


async def get(session: AsyncSession, thread_id: int) -> Thread | None:
    return await session.get(Thread, thread_id)


async def live(session: AsyncSession, person_id: int) -> Thread | None:
    """The person's open thread."""
    return await session.scalar(select(Thread).where(Thread.person_id == person_id, Thread.closed_at.is_(None)))


async def take(session: AsyncSession, thread_id: int, owner_id: int) -> bool:
    """Make this coordinator the owner; False when somebody was faster or it is over."""
    taken = await session.execute(
        update(Thread)
        .where(Thread.id == thread_id, Thread.owner_id.is_(None), Thread.closed_at.is_(None))
        .values(owner_id=owner_id)
        .returning(Thread.id)
    )
    return taken.first() is not None


async def messages(session: AsyncSession, thread_id: int, limit: int) -> Sequence[ThreadMessage]:
    """The last things said, the oldest first."""
    found = await session.scalars(
        select(ThreadMessage).where(ThreadMessage.thread_id == thread_id).order_by(ThreadMessage.id.desc()).limit(limit)
    )
    return found.all()[::-1]


async def owned_by(session: AsyncSession, owner_id: int) -> Sequence[Thread]:
    """The open threads of this coordinator, the longest silent first."""
    found = await session.scalars(
        select(Thread).where(Thread.owner_id == owner_id, Thread.closed_at.is_(None)).order_by(Thread.spoken_at)
    )
    return found.all()


async def waiting(session: AsyncSession, cluster_ids: Sequence[int], languages: Sequence[str]) -> Sequence[Thread]:
    """The threads that wait in these clusters, or outside all clusters for somebody of these languages."""
    outside = Thread.cluster_id.is_(None) & Person.language.in_(languages)
    found = await session.scalars(
        select(Thread)
        .join(Person, Person.id == Thread.person_id)
        .where(Thread.owner_id.is_(None), Thread.closed_at.is_(None), or_(Thread.cluster_id.in_(cluster_ids), outside))
        .order_by(Thread.opened_at)
    )
    return found.all()


async def silent(session: AsyncSession, before: datetime, limit: int) -> Sequence[Thread]:
    """Open threads in which nobody has said anything since then."""
    found = await session.scalars(
        select(Thread).where(Thread.closed_at.is_(None), Thread.spoken_at <= before).order_by(Thread.id).limit(limit)
    )
    return found.all()


async def untaken(session: AsyncSession, before: datetime, limit: int) -> Sequence[Thread]:
    """Threads opened by then that nobody has taken and nobody was reminded of."""
    found = await session.scalars(
        select(Thread)
        .where(
            Thread.closed_at.is_(None),
            Thread.owner_id.is_(None),
            Thread.asked_again.is_(False),
            Thread.opened_at <= before,
        )
        .order_by(Thread.id)
        .limit(limit)
    )
    return found.all()


async def next_due(session: AsyncSession, over_after: timedelta, again_after: timedelta) -> datetime | None:
    """When the first of them falls silent for too long, or has waited for too long."""
    is_open = Thread.closed_at.is_(None)
    silent_since = await session.scalar(select(func.min(Thread.spoken_at)).where(is_open))
    waits_since = await session.scalar(
        select(func.min(Thread.opened_at)).where(is_open, Thread.owner_id.is_(None), Thread.asked_again.is_(False))
    )
    moments = [since + after for since, after in ((silent_since, over_after), (waits_since, again_after)) if since]
    return min(moments, default=None)


async def with_a_human(session: AsyncSession, person_ids: Sequence[int]) -> set[int]:
    """Which of these people are talking with a coordinator right now."""
    found = await session.scalars(
        select(Thread.person_id).where(
            Thread.person_id.in_(person_ids), Thread.closed_at.is_(None), Thread.owner_id.is_not(None)
        )
    )
    return set(found)
