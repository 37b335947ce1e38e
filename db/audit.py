"""Who did what to whose data, when. Ids and words of ours only, never texts of people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class AuditEntry(Base):
    """`actor` is a person's id or None for the programme itself. No foreign keys: it outlives people."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_actor", "actor"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(80))
    detail: Mapped[dict[str, Any]]


def note(session: AsyncSession, at: datetime, actor: int | None, action: str, subject: str, **detail: Any) -> None:
    """Write one line; it is kept with the transaction it belongs to."""
    session.add(AuditEntry(at=at, actor=actor, action=action, subject=subject, detail=detail))


async def first(session: AsyncSession, action: str, subject: str) -> AuditEntry | None:
    """The first time that this was done to this subject."""
    query = select(AuditEntry).where(AuditEntry.action == action, AuditEntry.subject == subject)
    return await session.scalar(query.order_by(AuditEntry.id).limit(1))


async def latest(session: AsyncSession, limit: int = 100) -> Sequence[AuditEntry]:
    return (await session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit))).all()
