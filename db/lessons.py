"""Lessons: each person's plan, the lessons they began, the answers they gave."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.people import Person


class Plan(Base):
    """When the next lesson comes. `next_at` None: nothing is planned (paused, or the track is done)."""

    __tablename__ = "lesson_plans"
    __table_args__ = (Index("ix_lesson_plans_next_at", "next_at"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    hour: Mapped[int] = mapped_column(default=18)
    minute: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]


class Study(Base):
    """One person's way through one lesson. `block` is the block they stand at."""

    __tablename__ = "studies"
    __table_args__ = (UniqueConstraint("person_id", "lesson"), Index("ix_studies_ask_at", "ask_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    lesson: Mapped[str] = mapped_column(String(36))
    block: Mapped[str] = mapped_column(String(40), default="")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    task: Mapped[str] = mapped_column(String(10), default="")  # "" | asked | done | stuck | later
    ask_at: Mapped[datetime | None]  # when to ask about the task


class Answer(Base):
    """One answer to one question; the first one counts, later ones are kept too."""

    __tablename__ = "lesson_answers"
    __table_args__ = (Index("ix_lesson_answers_person_id_lesson", "person_id", "lesson"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    lesson: Mapped[str] = mapped_column(String(36))
    block: Mapped[str] = mapped_column(String(40))
    choice: Mapped[int]
    correct: Mapped[bool]
    at: Mapped[datetime]


async def plan(session: AsyncSession, person_id: int) -> Plan | None:
    return await session.get(Plan, person_id)


async def due_plans(session: AsyncSession, now: datetime, limit: int) -> Sequence[tuple[Plan, Person]]:
    rows = await session.execute(
        select(Plan, Person)
        .join(Person, Person.id == Plan.person_id)
        .where(Plan.next_at <= now)
        .order_by(Plan.next_at, Plan.person_id)
        .limit(limit)
        .with_for_update(of=Plan, skip_locked=True)  # somebody may be taking a break at this very moment
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def due_tasks(session: AsyncSession, now: datetime, limit: int) -> Sequence[tuple[Study, Person]]:
    rows = await session.execute(
        select(Study, Person)
        .join(Person, Person.id == Study.person_id)
        .where(Study.ask_at <= now)
        .order_by(Study.ask_at, Study.id)
        .limit(limit)
        .with_for_update(of=Study, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def next_due(session: AsyncSession) -> datetime | None:
    plans = await session.scalar(select(func.min(Plan.next_at)))
    tasks = await session.scalar(select(func.min(Study.ask_at)))
    return min((moment for moment in (plans, tasks) if moment is not None), default=None)


async def study(session: AsyncSession, person_id: int, lesson: str) -> Study | None:
    return await session.scalar(select(Study).where(Study.person_id == person_id, Study.lesson == lesson))


async def studies(session: AsyncSession, person_id: int) -> Sequence[Study]:
    return (await session.scalars(select(Study).where(Study.person_id == person_id).order_by(Study.id))).all()


async def answers(session: AsyncSession, person_id: int, lesson: str) -> Sequence[Answer]:
    return (
        await session.scalars(
            select(Answer).where(Answer.person_id == person_id, Answer.lesson == lesson).order_by(Answer.id)
        )
    ).all()
