"""Lessons: each person's plan, the lessons they began, the answers they gave, the questions that come back."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    cast,
    delete,
    extract,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.people import Person

LEFT_OUT = "known"


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
    task: Mapped[str] = mapped_column(String(10), default="")  # "" | asked | done | stuck | later | shown | LEFT_OUT
    ask_at: Mapped[datetime | None]  # when to ask about the task

    @property
    def left_out(self) -> bool:
        """Whether the person said that they know this; it counts as done and proves nothing."""
        return self.task == LEFT_OUT

    @property
    def learnt(self) -> bool:
        """Whether they went through it to its end."""
        return self.finished_at is not None and not self.left_out


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


@dataclass(frozen=True, slots=True)
class Reported:
    """A card whose screens look different to `people` people; `newest` is the id of the latest report."""

    lesson: str
    block: str
    people: int
    newest: int


@dataclass(frozen=True, slots=True)
class FirstAnswers:
    """The first answers of some people to one question, as sums.

    `answers` of them, `right` ones right. `pairs` are those whose people answered other questions too: x is 1 when the
    answer is right, else 0, and y is the share, 0 to 1, of right first answers that its person gave to all the others.
    """

    answers: int
    right: int
    pairs: int = 0
    sum_x: float = 0.0
    sum_y: float = 0.0
    sum_yy: float = 0.0
    sum_xy: float = 0.0


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


async def report(session: AsyncSession, person_id: int, lesson: str, block: str) -> Report | None:
    return await session.scalar(
        select(Report).where(Report.person_id == person_id, Report.lesson == lesson, Report.block == block)
    )


async def report_again(session: AsyncSession, person_id: int, lesson: str, block: str, now: datetime) -> int | None:
    """Keep that this person's screen differs from this card. Returns the report's id; None when one is open already.

    A new report is a new row: what a coordinator settles are the reports up to the newest one they have seen.
    """
    # Two people at the same moment are kept one after the other, so that the second one counts the first.
    await session.execute(
        select(Report.id).where(Report.lesson == lesson, Report.block == block).order_by(Report.id).with_for_update()
    )
    old = await report(session, person_id, lesson, block)
    if old is not None:
        if old.settled_at is None:
            return None
        await session.execute(delete(Report).where(Report.id == old.id))
    new = Report(person_id=person_id, lesson=lesson, block=block, at=now)
    session.add(new)
    await session.flush()
    return new.id


async def reported_by(session: AsyncSession, lesson: str, block: str) -> Sequence[Person]:
    """Whose report on this card is open, in the order of reporting."""
    return (
        await session.scalars(
            select(Person)
            .join(Report, Report.person_id == Person.id)
            .where(Report.lesson == lesson, Report.block == block, Report.settled_at.is_(None))
            .order_by(Report.id)
        )
    ).all()


async def reported_at_least(session: AsyncSession, people: int, lesson: str = "") -> set[tuple[str, str]]:
    """(lesson, block) of the cards that differ from the screens of so many people; of one lesson or of all."""
    mine = (Report.lesson == lesson,) if lesson else ()
    rows = await session.execute(
        select(Report.lesson, Report.block)
        .where(Report.settled_at.is_(None), *mine)
        .group_by(Report.lesson, Report.block)
        .having(func.count() >= people)
    )
    return {(lesson, block) for lesson, block in rows}


async def reports_seen_by(
    session: AsyncSession, clusters: Sequence[int], languages: Sequence[str], least: int
) -> Sequence[Reported]:
    """The cards with open reports from these clusters (or from outside all clusters, in these languages), and those
    that at least so many people reported, whoever they are; the most reported first."""
    outside = Person.cluster_id.is_(None) & Person.language.in_(languages)
    theirs = func.sum(cast(or_(Person.cluster_id.in_(clusters), outside), Integer))
    rows = await session.execute(
        select(Report.lesson, Report.block, func.count(), func.max(Report.id))
        .join(Person, Person.id == Report.person_id)
        .where(Report.settled_at.is_(None))
        .group_by(Report.lesson, Report.block)
        .having((theirs > 0) | (func.count() >= least))
        .order_by(func.count().desc(), func.max(Report.id).desc())
    )
    return [Reported(*row) for row in rows]


async def settle_reports(
    session: AsyncSession, lesson: str, block: str, now: datetime, up_to: int | None = None
) -> int:
    """Somebody has looked at this card; with `up_to`, reports newer than that one stay open. Returns how many that
    settles."""
    seen = () if up_to is None else (Report.id <= up_to,)
    done = await session.execute(
        update(Report)
        .where(Report.lesson == lesson, Report.block == block, Report.settled_at.is_(None), *seen)
        .values(settled_at=now)
        .returning(Report.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


async def give(session: AsyncSession, awards: Sequence[dict[str, Any]]) -> list[str]:
    """Keep these awards; what a person has already is left alone. Returns what the new ones are about."""
    if not awards:
        return []
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    new = await session.execute(
        insert(Award).on_conflict_do_nothing(index_elements=["person_id", "about"]).returning(Award.about), awards
    )
    return list(new.scalars())


async def awards(session: AsyncSession, person_id: int) -> Sequence[Award]:
    return (await session.scalars(select(Award).where(Award.person_id == person_id).order_by(Award.id))).all()


async def award_by_code(session: AsyncSession, code: str) -> Award | None:
    return await session.scalar(select(Award).where(Award.code == code))


# -- how the lessons go: figures of whoever learns in some clusters ----------------------------------------


def _learn_in(clusters: Sequence[int]) -> ColumnElement[bool]:
    return Person.cluster_id.in_(clusters) & Person.role.in_(("worker", "trainer"))


async def begun_and_finished(session: AsyncSession, clusters: Sequence[int]) -> dict[str, tuple[int, int]]:
    """For each lesson, how many people have begun it and how many have finished it."""
    rows = await session.execute(
        select(Study.lesson, func.count(), func.count(Study.finished_at))
        .join(Person, Person.id == Study.person_id)
        .where(_learn_in(clusters), Study.task != LEFT_OUT)
        .group_by(Study.lesson)
    )
    return {lesson: (begun, finished) for lesson, begun, finished in rows}


async def minutes_taken(session: AsyncSession, clusters: Sequence[int], within: timedelta) -> dict[str, dict[int, int]]:
    """For each lesson, how many people took how many whole minutes (the nearest) from start to finish; those who took
    longer than `within` are left out."""
    finish, start = (cast(extract("epoch", at), BigInteger) for at in (Study.finished_at, Study.started_at))
    seconds = finish - start
    taken = (
        select(Study.lesson, ((seconds + 30) // 60).label("minutes"))
        .join(Person, Person.id == Study.person_id)
        .where(_learn_in(clusters), Study.task != LEFT_OUT, seconds.between(0, int(within.total_seconds())))
        .subquery()
    )
    rows = await session.execute(
        select(taken.c.lesson, taken.c.minutes, func.count()).group_by(taken.c.lesson, taken.c.minutes)
    )
    return _by_lesson(rows.all())


async def left_at(session: AsyncSession, clusters: Sequence[int], before: datetime) -> dict[str, dict[str, int]]:
    """For each lesson, at which block how many people stand who began it before then and have not finished it."""
    rows = await session.execute(
        select(Study.lesson, Study.block, func.count())
        .join(Person, Person.id == Study.person_id)
        .where(_learn_in(clusters), Study.finished_at.is_(None), Study.started_at < before)
        .group_by(Study.lesson, Study.block)
    )
    return _by_lesson(rows.all())


async def first_answers(session: AsyncSession, clusters: Sequence[int]) -> dict[tuple[str, str], FirstAnswers]:
    """The first answers to each question, by (lesson, block)."""
    first = (
        select(func.min(Answer.id))
        .join(Person, Person.id == Answer.person_id)
        .where(_learn_in(clusters))
        .group_by(Answer.person_id, Answer.lesson, Answer.block)
    )
    given = (
        select(Answer.person_id, Answer.lesson, Answer.block, cast(Answer.correct, Integer).label("x"))
        .where(Answer.id.in_(first))
        .cte("given")
    )
    person = (
        select(given.c.person_id, func.count().label("answers"), func.sum(given.c.x).label("right"))
        .group_by(given.c.person_id)
        .cte("person")
    )
    others_right = cast(person.c.right - given.c.x, Double)
    pair = (
        select(
            given.c.lesson, given.c.block, given.c.x, (others_right / func.nullif(person.c.answers - 1, 0)).label("y")
        )
        .join_from(given, person, person.c.person_id == given.c.person_id)
        .cte("pair")
    )
    x, y = pair.c.x, pair.c.y
    has_others = y.is_not(None)
    rows = await session.execute(
        select(
            pair.c.lesson,
            pair.c.block,
            func.count(),
            func.sum(x),
            func.count(y),
            func.coalesce(func.sum(x).filter(has_others), 0),
            func.coalesce(func.sum(y), 0.0),
            func.coalesce(func.sum(y * y), 0.0),
            func.coalesce(func.sum(x * y), 0.0),
        ).group_by(pair.c.lesson, pair.c.block)
    )
    return {
        (lesson, block): FirstAnswers(answers, int(right), pairs, *map(float, sums))
        for lesson, block, answers, right, pairs, *sums in rows
    }


def _by_lesson[K](rows: Iterable[tuple[str, K, int]]) -> dict[str, dict[K, int]]:
    found: dict[str, dict[K, int]] = defaultdict(dict)
    for lesson, what, number in rows:
        found[lesson][what] = number
    return found


async def lessons_learnt(session: AsyncSession, role: str) -> dict[int, int]:
    """How many lessons each person of this role has gone through to the end; who has none is absent."""
    rows = await session.execute(
        select(Study.person_id, func.count())
        .join(Person, Person.id == Study.person_id)
        .where(Person.role == role, Study.finished_at.is_not(None), Study.task != LEFT_OUT)
        .group_by(Study.person_id)
    )
    return {person: number for person, number in rows}
