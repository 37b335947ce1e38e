"""How sure learners feel: said once before their first meeting and once later."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Row, Select, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.people import Person


class Note(Base):
    """One learner's two answers, 1 (not at all) to 4 (very); None with a time: they would rather not say."""

    __tablename__ = "meeting_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), unique=True)
    asked_at: Mapped[datetime]
    before: Mapped[int | None]
    before_at: Mapped[datetime | None]
    asked_later_at: Mapped[datetime | None]
    later: Mapped[int | None]
    later_at: Mapped[datetime | None]


async def of(session: AsyncSession, person_id: int, *, lock: bool = False) -> Note | None:
    """What this person has said; with `lock`, as it stands now and kept from others until the transaction ends."""
    query = select(Note).where(Note.person_id == person_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return await session.scalar(query)


async def begin(session: AsyncSession, person_id: int, now: datetime) -> bool:
    """Keep that this person is asked now; False when they were before."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    new = insert(Note).values(person_id=person_id, asked_at=now).on_conflict_do_nothing(index_elements=["person_id"])
    return (await session.execute(new.returning(Note.id))).first() is not None


async def both_of(session: AsyncSession, people: Collection[int]) -> Sequence[tuple[int, int]]:
    """(before, later) of those of these people who have answered both."""
    return _both(await session.execute(_answered().where(Note.person_id.in_(people))))


async def both_in(session: AsyncSession, cluster_id: int) -> Sequence[tuple[int, int]]:
    """(before, later) of those of this cluster who have answered both."""
    query = _answered().join(Person, Person.id == Note.person_id)
    return _both(await session.execute(query.where(Person.cluster_id == cluster_id, Person.joined_at.is_not(None))))


def _answered() -> Select[int | None, int | None]:
    return select(Note.before, Note.later).where(Note.before.is_not(None), Note.later.is_not(None)).order_by(Note.id)


def _both(rows: Iterable[Row[int | None, int | None]]) -> list[tuple[int, int]]:
    return [(before, later) for before, later in rows if before is not None and later is not None]
