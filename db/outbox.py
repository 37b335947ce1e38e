"""What goes out: the one queue through which every message leaves."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, bindparam, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from db.base import Base

PENDING, SENDING, SENT = "pending", "sending", "sent"
FAILED, BLOCKED, CANCELLED, UNCERTAIN = "failed", "blocked", "cancelled", "uncertain"
REPLY, ANNOUNCEMENT = 0, 3  # the first lane and the last
DOUBT = "may have arrived: "  # how an error begins when another try may show the message twice; it stays in the row
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
CALLED_OFF = datetime(1970, 1, 1, tzinfo=UTC)  # a `late_after`: withdrawn while on its way, so this try is the last


class OutboxRow(Base):
    """One message to one person. `lane` is its rank (0 reply … 3 announcement)."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_state_lane_due_at_id", "state", "lane", "due_at", "id"),
        Index("ix_outbox_state_due_at", "state", "due_at"),
        Index("ix_outbox_person_id_state", "person_id", "state"),
        Index("ix_outbox_announcement_id_state_due_at_id", "announcement_id", "state", "due_at", "id"),
        Index("ix_outbox_external_id", "external_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(20), default="telegram")
    address: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]]
    lane: Mapped[int]
    due_at: Mapped[datetime]
    late_after: Mapped[datetime | None]
    dedupe_key: Mapped[str] = mapped_column(String(120), unique=True)
    state: Mapped[str] = mapped_column(String(10), default=PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    external_id: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(Text)
    announcement_id: Mapped[int | None] = mapped_column(ForeignKey("announcements.id"))


TABLE = Base.metadata.tables["outbox"]


async def put(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> int:
    """Add these messages; one whose dedupe key is already here is left alone. Returns how many are new."""
    if not rows:
        return 0
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    # One statement and many rows: unlike a list of VALUES, SQLAlchemy compiles it only once.
    added = await session.execute(
        insert(TABLE).on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(TABLE.c.id),
        [{"state": PENDING, "attempts": 0, "channel": "telegram", **row} for row in rows],
    )
    return len(added.all())


async def claim(
    session: AsyncSession,
    now: datetime,
    limit: int,
    busy: Sequence[str] = (),
    announcements: Sequence[int] = (),
    limit_with_announcements: int | None = None,
) -> Sequence[OutboxRow]:
    """Take what is due, best lane first, and mark it `sending`. `busy` addresses are passed over.

    What is left of the limit, or of that with announcements, is shared by these, the first of them first. What is too
    late to be useful is cancelled on the way, and the row says so.
    """
    most = limit if limit_with_announcements is None else limit_with_announcements
    rows = await _first_due(session, now, limit, busy, announcements, most)
    if any(row.late_after is not None and row.late_after < now for row in rows):
        await _drop_late(session, now)  # all at once, so that what is useful does not queue behind them
        rows = await _first_due(session, now, limit, busy, announcements, most)
    first_of_each = {row.address: row for row in reversed(rows)}  # one at a time per person, in order
    taken = [row for row in rows if row is first_of_each[row.address]]
    if taken:
        await session.execute(
            update(OutboxRow)
            .where(OutboxRow.id.in_([row.id for row in taken]))
            .values(state=SENDING, attempts=OutboxRow.attempts + 1)
            .execution_options(synchronize_session=False)
        )
    for row in taken:  # what was read of them is known also when the commit fails
        session.expunge(row)
    return taken


async def _first_due(
    session: AsyncSession,
    now: datetime,
    limit: int,
    busy: Sequence[str],
    announcements: Sequence[int],
    limit_with_announcements: int,
) -> list[OutboxRow]:
    # An answer is due at once, also when the clock was set back since it was written.
    urgent = (OutboxRow.lane < ANNOUNCEMENT) & ((OutboxRow.lane == REPLY) | (OutboxRow.due_at <= now))
    order = (OutboxRow.lane, OutboxRow.due_at, OutboxRow.id)
    rows = await _due(session, limit, busy, urgent, order)
    for place, announcement in enumerate(announcements):
        left = limit_with_announcements - len(rows)
        if left <= 0:
            break
        share = -(-left // (len(announcements) - place))
        theirs = (OutboxRow.announcement_id == announcement) & (OutboxRow.due_at <= now)
        rows += await _due(session, share, busy, theirs, order[1:])
    return rows


async def _due(
    session: AsyncSession,
    limit: int,
    busy: Sequence[str],
    which: ColumnElement[bool],
    order: Sequence[InstrumentedAttribute[Any]],
) -> list[OutboxRow]:
    query = select(OutboxRow).where(OutboxRow.state == PENDING, which).order_by(*order).limit(limit)
    if busy:
        query = query.where(OutboxRow.address.not_in(busy))
    if session.get_bind().dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    return list(await session.scalars(query))


async def _drop_late(session: AsyncSession, now: datetime) -> None:
    await session.execute(
        update(OutboxRow)
        .where(OutboxRow.state == PENDING, OutboxRow.due_at <= now, OutboxRow.late_after < now)
        .values(
            state=CANCELLED,
            error=case((OutboxRow.late_after == CALLED_OFF, "called off"), else_="too late to be useful"),
        )
        .execution_options(synchronize_session=False)
    )


async def arrived(
    session: AsyncSession, taken: Sequence[tuple[int, int, str | None, str | None]], now: datetime
) -> None:
    """These messages have arrived: (row, the number of its try, what the channel calls it, what was doubted).

    Only as long as that try is still the newest one: after a take-over another replica may be at it.
    """
    if taken:
        await session.execute(
            ARRIVED,
            [
                {"row": row, "attempt": attempt, "name": name, "doubt": doubt, "now": now}
                for row, attempt, name, doubt in taken
            ],
        )


ARRIVED = (
    TABLE.update()
    .where(TABLE.c.id == bindparam("row"), TABLE.c.state == SENDING, TABLE.c.attempts == bindparam("attempt"))
    .values(state=SENT, error=bindparam("doubt"), external_id=bindparam("name"), sent_at=bindparam("now"))
)


async def settle(
    session: AsyncSession,
    row_id: int,
    state: str,
    *,
    attempt: int,
    error: str | None = None,
) -> None:
    """Write down how a try ended that did not arrive, as long as it is still the newest one.

    Back to `pending` means: try again.
    """
    which = (OutboxRow.id == row_id) & (OutboxRow.state == SENDING) & (OutboxRow.attempts == attempt)
    await session.execute(update(OutboxRow).where(which).values(state=state, error=error))


async def after_crash(session: AsyncSession) -> tuple[int, int]:
    """Rows found in `sending` at the start: announcements become uncertain, the rest is sent again.

    Returns (sent again, uncertain).
    """
    why = "the program stopped while this was being sent"
    uncertain = await session.execute(
        update(OutboxRow)
        .where(OutboxRow.state == SENDING, OutboxRow.lane == ANNOUNCEMENT)
        .values(state=UNCERTAIN, error=why)
        .returning(OutboxRow.id)
    )
    again = await session.execute(
        update(OutboxRow)
        .where(OutboxRow.state == SENDING)
        .values(state=PENDING, error=DOUBT + why)
        .returning(OutboxRow.id)
    )
    return len(again.all()), len(uncertain.all())


async def hold_for(session: AsyncSession, person_id: int) -> int:
    """The person blocked the bot: what waits for them is marked blocked."""
    held = await session.execute(
        update(OutboxRow)
        .where(OutboxRow.person_id == person_id, OutboxRow.state == PENDING)
        .values(state=BLOCKED, error=_doubt_or("the person stopped the bot"))
        .returning(OutboxRow.id)
    )
    return len(held.all())


async def resume_for(session: AsyncSession, person_id: int, now: datetime) -> int:
    """The person is back: what was held and is still of use goes out."""
    resumed = await session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.person_id == person_id,
            OutboxRow.state == BLOCKED,
            OutboxRow.lane > 0,  # an answer to something said before the break would only confuse
            or_(OutboxRow.late_after.is_(None), OutboxRow.late_after >= now),
        )
        .values(state=PENDING, error=_doubt_or(None))
        .returning(OutboxRow.id)
    )
    return len(resumed.all())


def _doubt_or(error: str | None) -> ColumnElement[str | None]:
    return case((OutboxRow.error.startswith(DOUBT), OutboxRow.error), else_=error)


async def cancel(session: AsyncSession, dedupe_prefix: str) -> int:
    """Cancel what still waits under this prefix of dedupe keys; what is on its way is not tried a second time."""
    these = OutboxRow.dedupe_key.startswith(dedupe_prefix, autoescape=True)
    cancelled = await session.execute(
        update(OutboxRow).where(these, OutboxRow.state == PENDING).values(state=CANCELLED).returning(OutboxRow.id)
    )
    await last_try(session, these)
    return len(cancelled.all())


async def last_try(session: AsyncSession, these: ColumnElement[bool]) -> None:
    """Those of these that are on their way may arrive, but are not tried again."""
    await session.execute(
        update(OutboxRow)
        .where(these, OutboxRow.state == SENDING)
        .values(late_after=CALLED_OFF)
        .execution_options(synchronize_session=False)
    )


async def empty(session: AsyncSession, keys: Sequence[str]) -> None:
    """Forget what these messages said; what has not left yet never will."""
    unsent = OutboxRow.state.in_((PENDING, BLOCKED))
    await last_try(session, OutboxRow.dedupe_key.in_(keys))
    await session.execute(
        update(OutboxRow)
        .where(OutboxRow.dedupe_key.in_(keys), OutboxRow.state != SENDING)
        .values(payload={}, state=case((unsent, CANCELLED), else_=OutboxRow.state))
        .execution_options(synchronize_session=False)
    )


async def next_due(session: AsyncSession) -> datetime | None:
    """When the next message is due, announcements apart: which of them may be sent is theirs to say."""
    moments: list[datetime | None] = []
    for lane in range(ANNOUNCEMENT):
        first = select(func.min(OutboxRow.due_at)).where(OutboxRow.state == PENDING, OutboxRow.lane == lane)
        moment = await session.scalar(first)
        moments.append(AT_ONCE if moment and lane == REPLY else moment)
    return min((moment for moment in moments if moment is not None), default=None)


async def by_external_id(session: AsyncSession, external_id: str) -> OutboxRow | None:
    return await session.scalar(
        select(OutboxRow).where(OutboxRow.external_id == external_id).order_by(OutboxRow.id.desc()).limit(1)
    )


async def newest_external_id(session: AsyncSession, dedupe_prefix: str) -> str | None:
    """What the channel calls the newest message under this prefix of dedupe keys that has arrived."""
    return await session.scalar(
        select(OutboxRow.external_id)
        .where(OutboxRow.dedupe_key.startswith(dedupe_prefix, autoescape=True), OutboxRow.state == SENT)
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )


async def count_by_state(session: AsyncSession) -> dict[str, int]:
    rows = await session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state))
    return {state: number for state, number in rows}


async def receipt(session: AsyncSession, announcement_id: int) -> dict[str, int]:
    """How many messages of an announcement are in each state."""
    rows = await session.execute(
        select(OutboxRow.state, func.count())
        .where(OutboxRow.announcement_id == announcement_id)
        .group_by(OutboxRow.state)
    )
    return {state: number for state, number in rows}


async def count(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(OutboxRow)) or 0


async def count_by_key(session: AsyncSession, dedupe_prefix: str, state: str) -> int:
    """How many messages under this prefix of dedupe keys are in this state."""
    return (
        await session.scalar(
            select(func.count()).where(
                OutboxRow.dedupe_key.startswith(dedupe_prefix, autoescape=True), OutboxRow.state == state
            )
        )
        or 0
    )
