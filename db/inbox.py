"""What came in: every update of the channel, kept before it is acknowledged."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base

PENDING, DONE, SET_ASIDE = "pending", "done", "set_aside"


class InboxRow(Base):
    """One raw update. `address` orders a person's updates; the payload is emptied when it is done."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "update_id"),
        Index("ix_inbox_state_id", "state", "id"),
        Index("ix_inbox_address", "address"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    update_id: Mapped[int]
    address: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), default=PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None]


TABLE = Base.metadata.tables["inbox"]


@dataclass(frozen=True, slots=True)
class Received:
    """A raw update on its way in."""

    update_id: int
    address: str
    payload: dict[str, Any]


async def put(session: AsyncSession, channel: str, received: Sequence[Received], now: datetime) -> list[InboxRow]:
    """Keep these updates; one that is already here is left alone. Returns the new rows in order."""
    if not received:
        return []
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    facts = {one.update_id: one for one in reversed(received)}  # the first of two with the same id counts
    # One statement and many rows: unlike a list of VALUES, SQLAlchemy compiles it only once.
    kept = await session.execute(
        insert(TABLE)
        .on_conflict_do_nothing(index_elements=["channel", "update_id"])
        .returning(TABLE.c.id, TABLE.c.update_id),
        [
            {
                "channel": channel,
                "update_id": one.update_id,
                "address": one.address,
                "payload": one.payload,
                "received_at": now,
                "state": PENDING,
                "attempts": 0,
            }
            for one in received
        ],
    )
    rows = [
        InboxRow(
            id=row_id,
            channel=channel,
            update_id=update_id,
            address=facts[update_id].address,
            payload=facts[update_id].payload,
            received_at=now,
            state=PENDING,
            attempts=0,
        )
        for row_id, update_id in kept
    ]
    return sorted(rows, key=lambda row: row.id)


async def pending(session: AsyncSession, after: int = 0, limit: int = 1000) -> Sequence[InboxRow]:
    """What still waits for its turn, oldest first."""
    return (
        await session.scalars(
            select(InboxRow).where(InboxRow.state == PENDING, InboxRow.id > after).order_by(InboxRow.id).limit(limit)
        )
    ).all()


async def waiting(session: AsyncSession, limit: int) -> Sequence[tuple[int, str]]:
    """(id, address) of what waits for its turn, oldest first."""
    query = select(InboxRow.id, InboxRow.address).where(InboxRow.state == PENDING).order_by(InboxRow.id).limit(limit)
    return [(number, address) for number, address in await session.execute(query)]


async def by_ids(session: AsyncSession, ids: Collection[int]) -> Sequence[InboxRow]:
    """Those of these rows that still wait for their turn, in order."""
    query = select(InboxRow).where(InboxRow.id.in_(ids), InboxRow.state == PENDING).order_by(InboxRow.update_id)
    return (await session.scalars(query)).all()


async def done(session: AsyncSession, row_id: int, now: datetime, note: str | None = None) -> bool:
    """The turn is over. False when it was already over: then nothing of this turn may be kept."""
    changed = await session.execute(
        update(InboxRow)
        .where(InboxRow.id == row_id, InboxRow.state == PENDING)
        .values(state=DONE, done_at=now, payload={}, error=note)
        .returning(InboxRow.id)
    )
    return changed.first() is not None


async def failed(session: AsyncSession, row_id: int, error: str, now: datetime, most: int) -> bool:
    """Count a failed try; True when that was the last one and the row is set aside with its error."""
    attempts = await session.scalar(
        update(InboxRow)
        .where(InboxRow.id == row_id, InboxRow.state == PENDING)
        .values(attempts=InboxRow.attempts + 1, error=_printable(error)[:2000])
        .returning(InboxRow.attempts)
    )
    if attempts is None or attempts < most:
        return False
    await session.execute(update(InboxRow).where(InboxRow.id == row_id).values(state=SET_ASIDE, done_at=now))
    return True


def _printable(error: str) -> str:
    return error.replace("\0", "").encode("utf-8", "replace").decode()


async def erase(session: AsyncSession, address: str) -> None:
    """Forget what this address ever sent; what still waits for its turn is of the time after."""
    await session.execute(
        update(InboxRow)
        .where(InboxRow.address == address, InboxRow.state != PENDING)
        .values(address="", payload={}, error=None)
    )


async def count_by_state(session: AsyncSession) -> dict[str, int]:
    rows = await session.execute(select(InboxRow.state, func.count()).group_by(InboxRow.state))
    return {state: number for state, number in rows}


async def oldest_pending(session: AsyncSession) -> datetime | None:
    return await session.scalar(
        select(InboxRow.received_at).where(InboxRow.state == PENDING).order_by(InboxRow.id).limit(1)
    )
