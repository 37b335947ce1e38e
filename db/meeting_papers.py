"""The papers that trainers took of their record: what each says, and whether it still stands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class Paper(Base):
    """A trainer's record as it stood on one day. `code` is its address on the page that verifies it.

    `facts` are the figures that stand on it, with the minutes of each meeting they were counted from, and nothing about
    a learner. Of one that is `withdrawn_at` nothing is left but its code.
    """

    __tablename__ = "meeting_papers"
    __table_args__ = (UniqueConstraint("code"), Index("ix_meeting_papers_person_id", "person_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(5))
    facts: Mapped[dict[str, Any]]
    issued_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


async def of(session: AsyncSession, person_id: int) -> Sequence[Paper]:
    """This person's papers that still stand, the newest first."""
    return (
        await session.scalars(
            select(Paper).where(Paper.person_id == person_id, Paper.withdrawn_at.is_(None)).order_by(Paper.id.desc())
        )
    ).all()


async def get(session: AsyncSession, paper_id: int) -> Paper | None:
    return await session.get(Paper, paper_id)


async def by_code(session: AsyncSession, code: str) -> Paper | None:
    return await session.scalar(select(Paper).where(Paper.code == code))


def withdraw(paper: Paper, now: datetime) -> None:
    """It does not stand any more, and what it said is erased."""
    paper.withdrawn_at, paper.name, paper.facts = now, "", {}
