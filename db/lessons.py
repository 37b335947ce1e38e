"""Lessons: each person's plan, the lessons they began, the answers they gave, the questions that come back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, select, update
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
    days: Mapped[str] = mapped_column(String(7), default="0123456")  # 0 is Monday
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
    task: Mapped[str] = mapped_column(String(10), default="")  # "" | asked | done | stuck | later | shown | known
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


class Review(Base):
    """A question that comes back so that it is not forgotten. `card` is `fsrs`'s own serialisation of its state."""

    __tablename__ = "lesson_reviews"
    __table_args__ = (
        UniqueConstraint("person_id", "lesson", "block"),
        Index("ix_lesson_reviews_person_id_due_at", "person_id", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    lesson: Mapped[str] = mapped_column(String(36))
    block: Mapped[str] = mapped_column(String(40))
    card: Mapped[str] = mapped_column(String(500))
    due_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]  # when it last came back


class Report(Base):
    """Somebody's screen looked different from a dated card. `settled_at`: somebody has looked at the card since."""

    __tablename__ = "lesson_reports"
    __table_args__ = (
        UniqueConstraint("person_id", "lesson", "block"),
        Index("ix_lesson_reports_lesson_block", "lesson", "block"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    lesson: Mapped[str] = mapped_column(String(36))
    block: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Award(Base):
    """A badge for a module or a certificate for a track. `code` is its address on the page that verifies it."""

    __tablename__ = "lesson_awards"
    __table_args__ = (UniqueConstraint("person_id", "about"), UniqueConstraint("code"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    about: Mapped[str] = mapped_column(String(80))  # "worker/01-start-safely", or the track: "worker"
    code: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(80))  # as it stands on it, never an id of a channel
    language: Mapped[str] = mapped_column(String(5))
    awarded_at: Mapped[datetime]


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


async def review(session: AsyncSession, person_id: int, lesson: str, block: str) -> Review | None:
    return await session.scalar(
        select(Review).where(Review.person_id == person_id, Review.lesson == lesson, Review.block == block)
    )


async def due_reviews(session: AsyncSession, person_id: int, now: datetime, limit: int) -> Sequence[Review]:
    """The questions that are due to come back, the longest due first."""
    return (
        await session.scalars(
            select(Review)
            .where(Review.person_id == person_id, Review.due_at <= now)
            .order_by(Review.due_at, Review.id)
            .limit(limit)
        )
    ).all()


async def reviews_asked_since(session: AsyncSession, person_id: int, since: datetime) -> int:
    found = await session.scalar(
        select(func.count()).select_from(Review).where(Review.person_id == person_id, Review.asked_at >= since)
    )
    return found or 0


async def open_reports(session: AsyncSession) -> dict[tuple[str, str], int]:
    """(lesson, block) of the cards whose screens look different, and to how many people."""
    rows = await session.execute(
        select(Report.lesson, Report.block, func.count())
        .where(Report.settled_at.is_(None))
        .group_by(Report.lesson, Report.block)
    )
    return {(lesson, block): number for lesson, block, number in rows}


async def report(session: AsyncSession, person_id: int, lesson: str, block: str) -> Report | None:
    return await session.scalar(
        select(Report).where(Report.person_id == person_id, Report.lesson == lesson, Report.block == block)
    )


async def settle_reports(session: AsyncSession, lesson: str, block: str, now: datetime) -> int:
    """Somebody has looked at this card. Returns how many reports that settles."""
    done = await session.execute(
        update(Report)
        .where(Report.lesson == lesson, Report.block == block, Report.settled_at.is_(None))
        .values(settled_at=now)
    )
    return done.rowcount


async def awards(session: AsyncSession, person_id: int) -> Sequence[Award]:
    return (await session.scalars(select(Award).where(Award.person_id == person_id).order_by(Award.id))).all()


async def award_by_code(session: AsyncSession, code: str) -> Award | None:
    return await session.scalar(select(Award).where(Award.code == code))
