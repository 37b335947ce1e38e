"""Meetings: proposed, agreed, reminded of, held, and how they were."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, and_, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.matching import Match
from db.people import Person

PROPOSED, AGREED, HELD, CANCELLED = "proposed", "agreed", "held", "cancelled"
SLOT = timedelta(minutes=15)


class Meeting(Base):
    """One meeting of a match. `times` are the starts on offer (UTC, ISO 8601).

    `chosen_by` is set when somebody picked one: then it alone stands in `times`, until the other one answers.
    An agreed meeting keeps its time meanwhile. `sequence` rises with every change, so that a calendar takes the
    newest file and an old button is recognised. `place` is where they meet in person ("": online, in `room`).
    `minutes` is how long it was when both say the same, or a coordinator (`settled_by`) has decided.
    """

    __tablename__ = "meetings"
    __table_args__ = (
        Index("ix_meetings_match_id_state", "match_id", "state"),
        Index("ix_meetings_state_ends_at", "state", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(10), default=PROPOSED)
    times: Mapped[list[str]]
    chosen_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    room: Mapped[str] = mapped_column(String(200), default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    called_off_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    called_off_why: Mapped[str] = mapped_column(String(10), default="")
    called_off_late: Mapped[bool] = mapped_column(default=False)
    minutes: Mapped[int | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Slot(Base):
    """A quarter of an hour that a person has given away. Its uniqueness is what prevents double booking."""

    __tablename__ = "meeting_slots"
    __table_args__ = (UniqueConstraint("person_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]


class Reminder(Base):
    """Something to say to one person about a meeting: `kind` is day | hour | after, coming (that the other one will be
    there, said at once) or silent (that the other one has not confirmed)."""

    __tablename__ = "reminders"
    __table_args__ = (
        UniqueConstraint("meeting_id", "person_id", "kind", "sequence"),
        Index("ix_reminders_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    sequence: Mapped[int]
    due_at: Mapped[datetime]
    late_after: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="waiting")  # waiting | said | late | dropped


class Feedback(Base):
    """How a meeting was for one of the two: `rating` is good | so_so | bad | missed; how long, and what they practised
    (topics). `comment` may be shown in the other one's record if `may_be_quoted`."""

    __tablename__ = "meeting_feedback"
    __table_args__ = (UniqueConstraint("meeting_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    rating: Mapped[str] = mapped_column(String(10))
    comment: Mapped[str] = mapped_column(String(1000), default="")
    minutes: Mapped[int | None]
    practised: Mapped[list[str]] = mapped_column(default=list)
    may_be_quoted: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]


class Feed(Base):
    """The secret address of a person's calendar. Only the SHA-256 of its token is kept; a new one revokes the old."""

    __tablename__ = "meeting_feeds"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]


async def get(session: AsyncSession, meeting_id: int, *, lock: bool = False) -> Meeting | None:
    """The meeting; with `lock`, as it stands now and kept from others until the transaction ends."""
    query = select(Meeting).where(Meeting.id == meeting_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return await session.scalar(query)


async def of_match(session: AsyncSession, match_id: int, *states: str) -> Meeting | None:
    """The newest meeting of this match in one of these states."""
    return await session.scalar(
        select(Meeting)
        .where(Meeting.match_id == match_id, Meeting.state.in_(states))
        .order_by(Meeting.id.desc())
        .limit(1)
    )


async def of_matches(session: AsyncSession, matches: Sequence[int], *states: str) -> Sequence[Meeting]:
    return (
        await session.scalars(
            select(Meeting)
            .where(Meeting.match_id.in_(matches), Meeting.state.in_(states))
            .order_by(Meeting.starts_at, Meeting.id)
        )
    ).all()


async def taken(
    session: AsyncSession, people: Sequence[int], start: datetime, end: datetime, *, but: int | None = None
) -> set[datetime]:
    """The quarter-hours in which one of these people already has a meeting (other than `but`)."""
    query = select(Slot.at).where(Slot.person_id.in_(people), Slot.at >= start, Slot.at < end)
    if but is not None:
        query = query.where(Slot.meeting_id != but)
    return set(await session.scalars(query))


async def take(session: AsyncSession, meeting_id: int, people: Sequence[int], start: datetime, end: datetime) -> bool:
    """Give this time of these people to this meeting, and its earlier time back to them.

    False, and nothing changed, when one of them is not free.
    """
    slots: list[Slot] = []
    at = start
    while at < end:
        # Always in the same order, so that two who want the same time wait for each other and do not lock up.
        slots += [Slot(person_id=person, meeting_id=meeting_id, at=at) for person in sorted(people)]
        at += SLOT
    try:
        async with session.begin_nested():
            await free(session, meeting_id)
            session.add_all(slots)
            await session.flush()
    except IntegrityError:
        return False
    return True


async def free(session: AsyncSession, meeting_id: int) -> None:
    """Give the time of this meeting back."""
    await session.execute(delete(Slot).where(Slot.meeting_id == meeting_id))


async def due_reminders(session: AsyncSession, now: datetime, limit: int) -> Sequence[tuple[Reminder, Meeting, Person]]:
    """What is to be said now, each given to one caller only."""
    rows = await session.execute(
        select(Reminder, Meeting, Person)
        .join(Meeting, Meeting.id == Reminder.meeting_id)
        .join(Person, Person.id == Reminder.person_id)
        .where(Reminder.state == "waiting", Reminder.due_at <= now)
        .order_by(Reminder.due_at, Reminder.id)
        .limit(limit)
        .with_for_update(of=Reminder, skip_locked=True)
    )
    return [(reminder, meeting, person) for reminder, meeting, person in rows]


async def drop_reminders(session: AsyncSession, meeting_id: int) -> None:
    """What still waits about this meeting is not said any more; who said that they will be there has to say it anew."""
    await session.execute(
        update(Reminder)
        .where(Reminder.meeting_id == meeting_id, or_(Reminder.state == "waiting", Reminder.kind == "coming"))
        .values(state="dropped")
    )


async def drop_reminder(session: AsyncSession, meeting_id: int, person_id: int, kind: str) -> None:
    """What waits of this kind for this person is not said any more."""
    await session.execute(
        update(Reminder)
        .where(
            Reminder.meeting_id == meeting_id,
            Reminder.person_id == person_id,
            Reminder.kind == kind,
            Reminder.state == "waiting",
        )
        .values(state="dropped")
    )


async def was_told(session: AsyncSession, meeting_id: int, person_id: int, kind: str) -> bool:
    """Whether this person was told something of this kind about the meeting."""
    query = select(Reminder.id).where(
        Reminder.meeting_id == meeting_id,
        Reminder.person_id == person_id,
        Reminder.kind == kind,
        Reminder.state == "said",
    )
    return await session.scalar(query.limit(1)) is not None


async def waiting_reminders(session: AsyncSession, meeting_id: int) -> Sequence[Reminder]:
    return (
        await session.scalars(
            select(Reminder)
            .where(Reminder.meeting_id == meeting_id, Reminder.state == "waiting")
            .order_by(Reminder.due_at, Reminder.person_id)
        )
    ).all()


async def waiting_for(session: AsyncSession, person_id: int, *kinds: str) -> Sequence[tuple[Reminder, Meeting]]:
    """What of these kinds waits to be said to this person about agreed meetings."""
    rows = await session.execute(
        select(Reminder, Meeting)
        .join(Meeting, Meeting.id == Reminder.meeting_id)
        .where(
            Reminder.person_id == person_id,
            Reminder.kind.in_(kinds),
            Reminder.state == "waiting",
            Meeting.state == AGREED,
        )
        .order_by(Reminder.id)
    )
    return [(reminder, meeting) for reminder, meeting in rows]


async def next_due(session: AsyncSession) -> datetime | None:
    return await session.scalar(select(func.min(Reminder.due_at)).where(Reminder.state == "waiting"))


async def feedback(session: AsyncSession, meeting_id: int, person_id: int) -> Feedback | None:
    return await session.scalar(
        select(Feedback).where(Feedback.meeting_id == meeting_id, Feedback.person_id == person_id)
    )


async def feedback_of(session: AsyncSession, person_id: int) -> Sequence[Feedback]:
    return (await session.scalars(select(Feedback).where(Feedback.person_id == person_id).order_by(Feedback.id))).all()


async def has_met(session: AsyncSession, worker_id: int, now: datetime) -> bool:
    """Whether a meeting of this worker's has begun by now."""
    begun = (
        select(Meeting.id)
        .join(Match, Match.id == Meeting.match_id)
        .where(Match.worker_id == worker_id, Meeting.state.in_((AGREED, HELD)), Meeting.starts_at <= now)
    )
    return await session.scalar(begun.limit(1)) is not None


async def held_with(session: AsyncSession, worker_id: int) -> int:
    """How many meetings of this worker's took place."""
    held = (
        select(func.count())
        .select_from(Meeting)
        .join(Match, Match.id == Meeting.match_id)
        .where(Match.worker_id == worker_id, Meeting.state == HELD)
    )
    return await session.scalar(held) or 0


async def kept_and_missed(session: AsyncSession, role: str) -> tuple[dict[int, int], dict[int, int]]:
    """For each person of this role: how many meetings took place, and how many the other one says they missed."""
    me, other = (Match.worker_id, Match.trainer_id) if role == "worker" else (Match.trainer_id, Match.worker_id)
    held = await session.execute(
        select(me, func.count()).join(Meeting, Meeting.match_id == Match.id).where(Meeting.state == HELD).group_by(me)
    )
    missed = await session.execute(
        select(me, func.count())
        .join(Meeting, Meeting.match_id == Match.id)
        .join(Feedback, Feedback.meeting_id == Meeting.id)
        .where(Feedback.rating == "missed", Feedback.person_id == other)
        .group_by(me)
    )
    return {one: number for one, number in held}, {one: number for one, number in missed}


async def feedback_on(session: AsyncSession, meeting_id: int) -> dict[int, Feedback]:
    """What was said about this meeting, by who said it."""
    rows = await session.scalars(select(Feedback).where(Feedback.meeting_id == meeting_id))
    return {one.person_id: one for one in rows}


# -- the calendar to subscribe to -----------------------------------------------------------------------


async def feed_of(session: AsyncSession, person_id: int) -> Feed | None:
    return await session.scalar(select(Feed).where(Feed.person_id == person_id))


async def feed_by_hash(session: AsyncSession, token_hash: str) -> Feed | None:
    return await session.scalar(select(Feed).where(Feed.token_hash == token_hash))


async def open_feed(session: AsyncSession, person_id: int, token_hash: str, now: datetime) -> None:
    session.add(Feed(person_id=person_id, token_hash=token_hash, created_at=now))
    await session.flush()


async def close_feed(session: AsyncSession, person_id: int) -> bool:
    """False when there was none."""
    gone = await session.execute(delete(Feed).where(Feed.person_id == person_id).returning(Feed.id))
    return gone.first() is not None


async def kept_of(session: AsyncSession, person_id: int, since: datetime) -> Sequence[tuple[Meeting, Person]]:
    """This person's meetings that were ever agreed, with the other one, in their order; of those that were called off
    only what was changed since then."""
    rows = await session.execute(
        select(Meeting, Person)
        .join(Match, Match.id == Meeting.match_id)
        .join(
            Person,
            or_(
                and_(Match.trainer_id == person_id, Person.id == Match.worker_id),
                and_(Match.worker_id == person_id, Person.id == Match.trainer_id),
            ),
        )
        .where(
            Meeting.starts_at.is_not(None),
            or_(Meeting.state.in_((AGREED, HELD)), and_(Meeting.state == CANCELLED, Meeting.changed_at >= since)),
        )
        .order_by(Meeting.starts_at, Meeting.id)
    )
    return [(meeting, other) for meeting, other in rows]
