"""Announcements: who said what to whom, and what became of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db import outbox
from db.base import Base, Instant
from db.lessons import Award
from db.matching import PAIRED, Match
from db.outbox import BLOCKED, FAILED, PENDING, REPLY, UNCERTAIN, OutboxRow
from db.outbox import SENDING as ON_ITS_WAY
from db.people import Person

# draft -> waiting (for a second coordinator) -> scheduled -> sending <-> paused -> done; or cancelled, or stopped
DRAFT, WAITING, SCHEDULED, SENDING, PAUSED = "draft", "waiting", "scheduled", "sending", "paused"
DONE, STOPPED, CANCELLED = "done", "stopped", "cancelled"
ON_THE_ROAD = (SENDING, PAUSED)
STOPPED_BY = "stopped by a coordinator"
WITHDRAWN = "withdrawn"  # what a receipt calls a row that was cancelled because it was stopped
HELD = "held"  # what a receipt calls a pending row whose time has not come


class Announcement(Base):
    """A message to many.

    `audience` says who is meant, each key a list of which one must fit (absent or empty: anybody): role, country,
    language, sector, topic, cluster (ids), match (paired | unmatched), silent (days), finished (a module, "01-start").
    In a draft a key that is absent has not been decided. `texts` holds the HTML text per language, or one under "all";
    `file` a picture or a document as :class:`bot.messages.File`, `buttons` what stands below: `{"kind": link |
    interested | reply, "label": per language, "url": per language}`.

    It starts when it is told to, or at `starts_at`; with `wall_at` ("2026-12-01T09:00") everybody gets it at that hour
    of their own clock. `every` (week | month) says that the next one is put down when this one starts, and `day` on
    which day of the month that is (in a shorter one it is the last; 0 when it is not monthly). Its recipients are the
    outbox rows that carry its id: the audience is frozen when it starts. `receipt` holds `people`, their number at the
    start, and at the end what became of the messages; `shown` what its author's screen shows of that.
    """

    __tablename__ = "announcements"
    __table_args__ = (
        Index("ix_announcements_state_starts_at", "state", "starts_at"),
        Index("ix_announcements_cluster_id_started_at", "cluster_id", "started_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("clusters.id", ondelete="CASCADE"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    audience: Mapped[dict[str, Any]]
    texts: Mapped[dict[str, Any]]
    file: Mapped[dict[str, Any]] = mapped_column(default=dict)
    buttons: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(String(10), default=DRAFT)
    created_at: Mapped[datetime]
    starts_at: Mapped[datetime | None]
    wall_at: Mapped[str] = mapped_column(String(16), default="")
    every: Mapped[str] = mapped_column(String(5), default="")
    day: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    receipt: Mapped[dict[str, Any]] = mapped_column(default=dict)
    shown: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @property
    def clusters(self) -> list[int]:
        """The ids of those it goes to, in order."""
        return sorted(self.audience.get("cluster") or [self.cluster_id])


class AnnouncementAnswer(Base):
    """Somebody tapped a button of an announcement: `what` is interested or reply."""

    __tablename__ = "announcement_answers"
    __table_args__ = (UniqueConstraint("announcement_id", "person_id", "what"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcements.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    what: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(index=True)


def _locked(which: ColumnElement[bool]) -> Select[int]:
    """Whoever makes rows wait again and whoever looks whether any still wait do so one after the other."""
    return select(Announcement.id).where(which).order_by(Announcement.id).with_for_update(key_share=True)


async def lock(session: AsyncSession, announcement_id: int) -> None:
    """What others do to its messages is done, or waits for the end of this transaction."""
    await session.execute(_locked(Announcement.id == announcement_id))


async def get(session: AsyncSession, announcement_id: int) -> Announcement | None:
    return await session.get(Announcement, announcement_id)


async def draft_of(session: AsyncSession, author_id: int) -> Announcement | None:
    """What this coordinator is writing at the moment."""
    return await session.scalar(
        select(Announcement)
        .where(Announcement.author_id == author_id, Announcement.state == DRAFT)
        .order_by(Announcement.id.desc())
        .limit(1)
    )


async def not_begun(session: AsyncSession, author_id: int) -> Sequence[Announcement]:
    """What this coordinator has written and what has not gone out yet."""
    return (
        await session.scalars(
            select(Announcement)
            .where(Announcement.author_id == author_id, Announcement.state.in_((DRAFT, WAITING, SCHEDULED)))
            .order_by(Announcement.id)
        )
    ).all()


async def in_states(
    session: AsyncSession, clusters: Collection[int], states: Collection[str], limit: int
) -> Sequence[Announcement]:
    """Those of these clusters in one of these states, the newest first."""
    return (
        await session.scalars(
            select(Announcement)
            .where(Announcement.cluster_id.in_(clusters), Announcement.state.in_(states))
            .order_by(Announcement.id.desc())
            .limit(limit)
        )
    ).all()


async def started_since(session: AsyncSession, clusters: Collection[int], since: datetime) -> list[Announcement]:
    """Those that have gone out to any of these clusters since then, the newest first."""
    some = await session.scalars(
        select(Announcement)
        .where(Announcement.started_at >= since)
        .order_by(Announcement.started_at.desc(), Announcement.id.desc())
    )
    return [one for one in some if not set(clusters).isdisjoint(one.clusters)]


async def put_down_between(
    session: AsyncSession, clusters: Collection[int], first: datetime, last: datetime
) -> list[Announcement]:
    """Those that are to begin between these moments in any of these clusters, the soonest first."""
    some = await session.scalars(
        select(Announcement)
        .where(Announcement.state == SCHEDULED, Announcement.starts_at.between(first, last))
        .order_by(Announcement.starts_at, Announcement.id)
    )
    return [one for one in some if not set(clusters).isdisjoint(one.clusters)]


async def move_on(
    session: AsyncSession, announcement_id: int, before: str | Collection[str], after: str, **values: Any
) -> bool:
    """Change the state from one (or one of some) to the next; False when somebody else has changed it already."""
    befores = (before,) if isinstance(before, str) else tuple(before)
    moved = await session.execute(
        update(Announcement)
        .where(Announcement.id == announcement_id, Announcement.state.in_(befores))
        .values(state=after, **values)
        .returning(Announcement.id)
    )
    return moved.first() is not None


# -- who is meant ---------------------------------------------------------------------------------------


def _meant(cluster_id: int, audience: Mapping[str, Sequence[Any]], now: datetime) -> ColumnElement[bool]:
    """Who is meant and may be written to: has joined, has not stopped the assistant nor its announcements."""
    clusters = audience.get("cluster") or [cluster_id]
    meant = Person.cluster_id.in_(clusters) & Person.joined_at.is_not(None)
    meant &= Person.reachable & Person.hears_announcements
    meant &= Person.role.in_(audience.get("role") or ("worker", "trainer"))
    for key, column in (("country", Person.country), ("language", Person.language), ("sector", Person.sector)):
        if values := audience.get(key):
            meant &= column.in_(values)
    if topics := audience.get("topic"):
        known = sql_cast(Person.topics, String)  # a list of words, as JSON
        meant &= or_(*(known.contains(f'"{topic}"', autoescape=True) for topic in topics))
    if wanted := audience.get("match"):
        paired = exists().where(
            or_(Match.worker_id == Person.id, Match.trainer_id == Person.id), Match.state.in_(PAIRED)
        )
        meant &= or_(*({"paired": paired, "unmatched": ~paired}[one] for one in wanted))
    if days := audience.get("silent"):
        meant &= Person.seen_at < now - timedelta(days=min(days))
    if modules := audience.get("finished"):
        about = [Person.role + literal("/") + literal(module) for module in modules]
        meant &= exists().where(Award.person_id == Person.id, or_(*(Award.about == one for one in about)))
    return meant


async def count_audience(
    session: AsyncSession, cluster_id: int, audience: Mapping[str, Sequence[Any]], now: datetime
) -> Sequence[tuple[str, str, int, int]]:
    """How many people would be reached, per language, time zone and cluster: (language, zone, cluster, number)."""
    rows = await session.execute(
        select(Person.language, Person.zone, Person.cluster_id, func.count())
        .where(_meant(cluster_id, audience, now))
        .group_by(Person.language, Person.zone, Person.cluster_id)
    )
    return [(language, zone, cluster, number) for language, zone, cluster, number in rows if cluster is not None]


async def count_values(
    session: AsyncSession,
    cluster_id: int,
    audience: Mapping[str, Sequence[Any]],
    key: str,
    among: Sequence[Any],
    now: datetime,
) -> dict[Any, int]:
    """How many people there would be for each value of this key, with all else as it is; 0 is left out.

    `among` are the values to look for; those of country, language and sector are found by themselves.
    """
    rest = {one: values for one, values in audience.items() if one != key}
    columns = {
        "role": Person.role,
        "country": Person.country,
        "language": Person.language,
        "sector": Person.sector,
        "cluster": Person.cluster_id,
    }
    if column := columns.get(key):
        everybody = {**rest, "cluster": list(among)} if key == "cluster" else rest
        rows = await session.execute(
            select(column, func.count()).where(_meant(cluster_id, everybody, now), column != "").group_by(column)
            if key != "cluster"
            else select(column, func.count()).where(_meant(cluster_id, everybody, now)).group_by(column)
        )
        return {value: number for value, number in rows}
    counts = [
        func.count().filter(_meant(cluster_id, {**rest, key: [value]}, now)).label(f"n{place}")
        for place, value in enumerate(among)
    ]
    if not counts:
        return {}
    row = (await session.execute(select(*counts).where(_meant(cluster_id, rest, now)))).one()
    return {value: number for value, number in zip(among, row, strict=True) if number}


async def freeze(
    session: AsyncSession,
    announcement: Announcement,
    letters: Mapping[tuple[str, int], dict[str, Any]],
    due: Mapping[str, datetime],
    lane: int,
    now: datetime,
) -> int:
    """Everybody who is meant now gets a row in the outbox, in one statement however many they are.

    `letters` are the payloads per language and cluster, `due` the moments per time zone. Returns how many rows.
    """
    table = outbox.TABLE
    payload = case(
        *(
            ((Person.language == language) & (Person.cluster_id == cluster), literal(letter, table.c.payload.type))
            for (language, cluster), letter in letters.items()
        )
    )
    zones: dict[datetime, list[str]] = {}
    for zone, moment in due.items():
        zones.setdefault(moment, []).append(zone)
    due_at = case(*((Person.zone.in_(some), literal(moment, Instant())) for moment, some in zones.items()))
    rows = select(
        Person.id,
        Person.channel,
        Person.address,
        payload,
        literal(lane),
        due_at,
        literal(f"announcement:{announcement.id}:") + sql_cast(Person.id, String),
        literal(PENDING),
        literal(0),
        literal(now, Instant()),
        literal(announcement.id),
    ).where(_meant(announcement.cluster_id, announcement.audience, now))
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    columns = ("person_id", "channel", "address", "payload", "lane", "due_at", "dedupe_key", "state", "attempts")
    put = insert(table).from_select([*columns, "created_at", "announcement_id"], rows.order_by(Person.id))
    put = put.on_conflict_do_nothing(index_elements=["dedupe_key"]).execution_options(preserve_rowcount=True)
    done = await session.execute(put)
    return done.rowcount if isinstance(done, CursorResult) else 0


async def have_got(
    session: AsyncSession, announcement: Announcement, earlier_id: int, languages: Collection[str], now: datetime
) -> int:
    """How many of those who are meant, and read one of these languages, were sent that earlier one."""
    lost = (FAILED, BLOCKED, outbox.CANCELLED)
    had = exists().where(
        OutboxRow.announcement_id == earlier_id, OutboxRow.person_id == Person.id, OutboxRow.state.not_in(lost)
    )
    meant = _meant(announcement.cluster_id, announcement.audience, now) & Person.language.in_(languages)
    return await session.scalar(select(func.count()).select_from(Person).where(meant & had)) or 0


async def will_get(
    session: AsyncSession, announcement: Announcement, other: Announcement, languages: Collection[str], now: datetime
) -> int:
    """How many of those who are meant, and read one of these languages, are meant by that other one too."""
    meant = _meant(announcement.cluster_id, announcement.audience, now) & Person.language.in_(languages)
    both = meant & _meant(other.cluster_id, other.audience, now)
    return await session.scalar(select(func.count()).select_from(Person).where(both)) or 0


# -- on the road ----------------------------------------------------------------------------------------


async def due_to_start(session: AsyncSession, now: datetime, limit: int) -> Sequence[Announcement]:
    """Those that were put down for a moment that has come, each given to one caller only."""
    return (
        await session.scalars(
            select(Announcement)
            .where(Announcement.state == SCHEDULED, Announcement.starts_at <= now)
            .order_by(Announcement.starts_at, Announcement.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()


async def next_start(session: AsyncSession) -> datetime | None:
    return await session.scalar(select(func.min(Announcement.starts_at)).where(Announcement.state == SCHEDULED))


async def on_the_road(session: AsyncSession, limit: int) -> Sequence[Announcement]:
    """Those under way or paused, the oldest first."""
    return (
        await session.scalars(
            select(Announcement).where(Announcement.state.in_(ON_THE_ROAD)).order_by(Announcement.id).limit(limit)
        )
    ).all()


async def all_sent(session: AsyncSession, limit: int) -> Sequence[Announcement]:
    """Those under way, or stopped and not yet closed, of which no message waits any more, and whose author has all that
    was said to them: the message with the receipt must be there before it can change."""
    waits = OutboxRow.state.in_((PENDING, ON_ITS_WAY))
    waiting = exists().where(OutboxRow.announcement_id == Announcement.id, waits)
    unheard = exists().where(OutboxRow.person_id == Announcement.author_id, OutboxRow.lane == REPLY, waits)
    is_open = or_(Announcement.state == SENDING, (Announcement.state == STOPPED) & Announcement.finished_at.is_(None))
    return (
        await session.scalars(
            select(Announcement).where(is_open, ~waiting, ~unheard).order_by(Announcement.id).limit(limit)
        )
    ).all()


async def under_way(session: AsyncSession, now: datetime) -> Sequence[int]:
    """The ids of those that have a message to send now, in order. What is paused or stopped has none."""
    waiting = exists().where(
        OutboxRow.announcement_id == Announcement.id, OutboxRow.state == PENDING, OutboxRow.due_at <= now
    )
    return (
        await session.scalars(
            select(Announcement.id).where(Announcement.state == SENDING, waiting).order_by(Announcement.id)
        )
    ).all()


async def next_letter(session: AsyncSession) -> datetime | None:
    """When the next message of one that is under way is due."""
    first = (
        select(func.min(OutboxRow.due_at))
        .where(OutboxRow.announcement_id == Announcement.id, OutboxRow.state == PENDING)
        .scalar_subquery()
    )
    return await session.scalar(select(func.min(first)).where(Announcement.state == SENDING))


async def zones(session: AsyncSession) -> Sequence[str]:
    """Where people are."""
    return (await session.scalars(select(Person.zone).where(Person.joined_at.is_not(None)).distinct())).all()


def _due_in(announcements: Collection[int], zones: Collection[str], now: datetime) -> ColumnElement[bool]:
    there = exists().where(Person.id == OutboxRow.person_id, Person.zone.in_(zones))
    return (
        OutboxRow.announcement_id.in_(announcements) & (OutboxRow.state == PENDING) & (OutboxRow.due_at <= now) & there
    )


async def is_due_in(
    session: AsyncSession, announcements: Collection[int], zones: Collection[str], now: datetime
) -> bool:
    """Whether a message of these would leave now to somebody in these zones."""
    first = select(OutboxRow.id).where(_due_in(announcements, zones, now)).limit(1)
    return await session.scalar(first) is not None


async def put_off(
    session: AsyncSession, announcements: Collection[int], until: Mapping[datetime, Collection[str]], now: datetime
) -> None:
    """What of these would leave now waits until that moment in these zones."""
    for moment, there in until.items():
        await session.execute(
            update(OutboxRow)
            .where(_due_in(announcements, there, now))
            .values(due_at=moment)
            .execution_options(synchronize_session=False)
        )


async def drop_waiting(session: AsyncSession, announcement_id: int, limit: int) -> int:
    """What still waits of this one is not sent any more, so many rows at a time. Returns how many."""
    some = (
        select(OutboxRow.id)
        .where(OutboxRow.announcement_id == announcement_id, OutboxRow.state == PENDING)
        .limit(limit)
    )
    return await _change(session, OutboxRow.id.in_(some), outbox.CANCELLED, STOPPED_BY)


async def stopped_with_letters(session: AsyncSession) -> Sequence[int]:
    """Those that were stopped and of which rows still wait."""
    waiting = exists().where(OutboxRow.announcement_id == Announcement.id, OutboxRow.state == PENDING)
    return (await session.scalars(select(Announcement.id).where(Announcement.state == STOPPED, waiting))).all()


async def try_again(session: AsyncSession, announcement_id: int, states: Collection[str], now: datetime) -> int:
    """Send these messages once more; of uncertain ones some may be read twice. Returns how many.

    Not to those who do not want announcements any more.
    """
    if not set(states) <= {FAILED, UNCERTAIN}:
        raise ValueError(f"only what failed or is uncertain can be sent again, not {states}")
    of_these = (OutboxRow.announcement_id == announcement_id) & OutboxRow.state.in_(states)
    listens = exists().where(Person.id == OutboxRow.person_id, Person.hears_announcements)
    doubt = case((OutboxRow.state == UNCERTAIN, outbox.DOUBT + "a coordinator sent it again"))
    return await _change(session, of_these & listens, PENDING, doubt, due_at=now, attempts=0)


async def take_back(session: AsyncSession, announcement_id: int) -> None:
    """What has not arrived of this one, which was stopped, never will, whatever becomes of it later."""
    these = OutboxRow.announcement_id == announcement_id
    await outbox.last_try(session, these)
    await _change(session, these & OutboxRow.state.in_((PENDING, BLOCKED)), outbox.CANCELLED, STOPPED_BY)


async def hears_no_more(session: AsyncSession, person_id: int) -> int:
    """This person does not want announcements: what waits of them is not sent any more."""
    of_theirs = (OutboxRow.person_id == person_id) & OutboxRow.announcement_id.is_not(None)
    await outbox.last_try(session, of_theirs)
    waiting = OutboxRow.state.in_((PENDING, BLOCKED))
    return await _change(session, of_theirs & waiting, outbox.CANCELLED, "does not want announcements")


async def send_what_was_held(session: AsyncSession, person_id: int) -> None:
    """This person can be reached again: what was complete but for them goes on."""
    held = select(OutboxRow.announcement_id).where(
        OutboxRow.person_id == person_id, OutboxRow.announcement_id.is_not(None), OutboxRow.state == PENDING
    )
    await session.execute(_locked(Announcement.id.in_(held)))
    await session.execute(
        update(Announcement)
        .where(Announcement.id.in_(held), Announcement.state == DONE)
        .values(state=SENDING)
        .execution_options(synchronize_session=False)
    )


async def _change(
    session: AsyncSession,
    which: ColumnElement[bool],
    state: str,
    error: str | ColumnElement[str | None] | None,
    **more: Any,
) -> int:
    changed = await session.execute(
        update(OutboxRow)
        .where(which)
        .values(state=state, error=error, **more)
        .execution_options(synchronize_session=False)
    )
    return changed.rowcount if isinstance(changed, CursorResult) else 0


# -- what became of it ----------------------------------------------------------------------------------


async def outcomes(session: AsyncSession, announcement_id: int, now: datetime) -> dict[str, int]:
    """How many of its messages are in each outbox state; `held` are those pending until later than `now`, `withdrawn`
    those cancelled because a coordinator stopped it."""
    held = (OutboxRow.state == PENDING) & (OutboxRow.due_at > now)
    withdrawn = (OutboxRow.state == outbox.CANCELLED) & (OutboxRow.error == STOPPED_BY)
    state = case((held, HELD), (withdrawn, WITHDRAWN), else_=OutboxRow.state).label("outcome")
    rows = await session.execute(
        select(state, func.count()).where(OutboxRow.announcement_id == announcement_id).group_by("outcome")
    )
    return {outcome: number for outcome, number in rows}


async def last_due(session: AsyncSession, announcement_id: int) -> datetime | None:
    """When the last of its messages that wait is due."""
    return await session.scalar(
        select(func.max(OutboxRow.due_at)).where(
            OutboxRow.announcement_id == announcement_id, OutboxRow.state == PENDING
        )
    )


async def names_in(
    session: AsyncSession, announcement_id: int, states: Collection[str], limit: int | None = None
) -> Sequence[tuple[Person, OutboxRow]]:
    """Whose message is in one of these states, in the order of names."""
    rows = await session.execute(
        select(Person, OutboxRow)
        .join(OutboxRow, OutboxRow.person_id == Person.id)
        .where(OutboxRow.announcement_id == announcement_id, OutboxRow.state.in_(states))
        .order_by(Person.name, Person.id)
        .limit(limit)
    )
    return [(person, row) for person, row in rows]


# -- answers --------------------------------------------------------------------------------------------


async def received(session: AsyncSession, announcement_id: int, person_id: int) -> bool:
    """Whether this announcement was for this person."""
    query = select(OutboxRow.id).where(
        OutboxRow.dedupe_key == f"announcement:{announcement_id}:{person_id}", OutboxRow.person_id == person_id
    )
    return await session.scalar(query) is not None


async def answer(session: AsyncSession, announcement_id: int, person_id: int, what: str, now: datetime) -> bool:
    """Keep that they tapped this; False when they had already."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    new = insert(AnnouncementAnswer).values(announcement_id=announcement_id, person_id=person_id, what=what, at=now)
    kept = await session.execute(
        new.on_conflict_do_nothing(index_elements=["announcement_id", "person_id", "what"]).returning(
            AnnouncementAnswer.id
        )
    )
    return kept.first() is not None


async def count_answers(session: AsyncSession, announcement_id: int) -> dict[str, int]:
    rows = await session.execute(
        select(AnnouncementAnswer.what, func.count())
        .where(AnnouncementAnswer.announcement_id == announcement_id)
        .group_by(AnnouncementAnswer.what)
    )
    return {what: number for what, number in rows}


async def answered_since(session: AsyncSession, since: datetime) -> Sequence[int]:
    """The ids of those that somebody has answered since then, in order."""
    newest = select(AnnouncementAnswer.announcement_id).where(AnnouncementAnswer.at >= since).distinct()
    return (await session.scalars(newest.order_by(AnnouncementAnswer.announcement_id))).all()


async def who_answered(session: AsyncSession, announcement_id: int, what: str) -> Sequence[Person]:
    """In the order in which they did."""
    return (
        await session.scalars(
            select(Person)
            .join(AnnouncementAnswer, AnnouncementAnswer.person_id == Person.id)
            .where(AnnouncementAnswer.announcement_id == announcement_id, AnnouncementAnswer.what == what)
            .order_by(AnnouncementAnswer.at, AnnouncementAnswer.id)
        )
    ).all()
