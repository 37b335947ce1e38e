"""Matching: the rounds that were run, the matches they proposed, what becomes of a pair and what it writes."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from sys import intern
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Row,
    Select,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    case,
    cast,
    delete,
    false,
    func,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.clusters import Cluster
from db.people import Person

PROPOSED, OFFERED, ACCEPTED, RESTING = "proposed", "offered", "accepted", "resting"
DECLINED, EXPIRED, ENDED, EXCLUDED = "declined", "expired", "ended", "excluded"
OPEN = (PROPOSED, OFFERED, ACCEPTED, RESTING)  # a place is taken
PAIRED = (ACCEPTED, RESTING)  # the two know each other


class Round(Base):
    """One run of matching in one cluster, with its figures. `by` None: the clock, or the operator."""

    __tablename__ = "rounds"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("clusters.id", ondelete="CASCADE"), index=True)
    by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    matched: Mapped[int]
    unmatched: Mapped[int]
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Match(Base):
    """A trainer and a worker: never two rows of the same two, so nobody is proposed to anybody twice.

    `cluster_id` is the worker's. Without `round_id` it came by itself after another offer was over, or `by` a
    coordinator. `trainer_says` and `worker_says` are "" | yes | no, `…_why` why they declined or ended it.
    `nudged_at`: whoever keeps silent was reminded. `active_at`: the last sign of life of a pair. `follow_at`: it is
    over, and then those who are still looking get their next best.
    """

    __tablename__ = "matches"
    __table_args__ = (
        UniqueConstraint("trainer_id", "worker_id"),
        Index("ix_matches_worker_id_state", "worker_id", "state"),
        Index("ix_matches_state_expires_at", "state", "expires_at"),
        Index("ix_matches_state_active_at", "state", "active_at"),
        Index("ix_matches_cluster_id_state", "cluster_id", "state"),
        Index("ix_matches_follow_at", "follow_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int | None] = mapped_column(ForeignKey("rounds.id", ondelete="CASCADE"))
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("clusters.id", ondelete="CASCADE"))
    by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    trainer_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    worker_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    score: Mapped[int]
    reasons: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10), default=OFFERED)
    trainer_says: Mapped[str] = mapped_column(String(3), default="")
    worker_says: Mapped[str] = mapped_column(String(3), default="")
    trainer_why: Mapped[str] = mapped_column(String(10), default="")
    worker_why: Mapped[str] = mapped_column(String(10), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    nudged_at: Mapped[datetime | None]
    active_at: Mapped[datetime | None]
    follow_at: Mapped[datetime | None]


class Rest(Base):
    """Somebody is left out of matching: because they want that (`by` is None) or a coordinator does; `until` None: for
    as long as nobody says otherwise."""

    __tablename__ = "match_rests"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), unique=True)
    by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    until: Mapped[datetime | None]


class PairMessage(Base):
    """What one of a pair wrote to the other through the bot; kept for a while, so that it can be reported."""

    __tablename__ = "match_messages"
    __table_args__ = (
        Index("ix_match_messages_match_id_at", "match_id", "at"),
        Index("ix_match_messages_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id", ondelete="CASCADE"))
    writer_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


async def get(session: AsyncSession, match_id: int, *, lock: bool = False) -> Match | None:
    """The match; with `lock`, as it stands now and kept from others until the transaction ends."""
    query = select(Match).where(Match.id == match_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return await session.scalar(query)


async def one_round_at_a_time(session: AsyncSession, *cluster_ids: int) -> dict[int, Cluster]:
    """Wait until nobody else brings people of these clusters together, and keep others from it until the transaction
    ends (SQLite has one writer anyway). Returns them as they stand then, by their id.

    A trainer of a cluster that exchanges may be taken by any other that does: those are waited for too, always in the
    same order. Whoever only refers to a cluster (somebody joins it) waits for nothing.
    """
    locked = await session.scalars(
        select(Cluster)
        .where(or_(Cluster.id.in_(cluster_ids), Cluster.exchange))
        .order_by(Cluster.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {one.id: one for one in locked if one.id in cluster_ids}


async def of_person(session: AsyncSession, person_id: int, *states: str) -> Sequence[Match]:
    """This person's matches in these states, newest first."""
    return (
        await session.scalars(
            select(Match)
            .where(or_(Match.trainer_id == person_id, Match.worker_id == person_id), Match.state.in_(states))
            .order_by(Match.id.desc())
        )
    ).all()


async def open_of(session: AsyncSession, person_id: int) -> Sequence[Match]:
    """This person's open matches, oldest first, as they stand now and kept from others until the transaction ends."""
    query = select(Match).where(or_(Match.trainer_id == person_id, Match.worker_id == person_id), Match.state.in_(OPEN))
    locked = query.order_by(Match.id).with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(locked)).all()


async def in_cluster(session: AsyncSession, cluster_id: int, *states: str) -> Sequence[Match]:
    """The matches of this cluster's workers in these states (all without one), oldest first."""
    query = select(Match).where(Match.cluster_id == cluster_id).order_by(Match.id)
    return (await session.scalars(query.where(Match.state.in_(states)) if states else query)).all()


# -- who is looking -------------------------------------------------------------------------------------


class Words(TypeDecorator[tuple[str, ...]]):
    """A list of words that the database holds as JSON, read as it stands: the same list is understood once, not for
    everybody who has it."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        return _words(value or "[]")


class Word(TypeDecorator[str]):
    """A word that many have: kept once, not once for each of them."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> str:
        return intern(value or "")


@lru_cache(100_000)
def _words(json_list: str) -> tuple[str, ...]:
    return tuple(json.loads(json_list))


# Columns, not the class: a hundred thousand rows pass twice as fast when they need not become somebody's attributes.
_person = Person.__table__.c
type Seeker = Row[*tuple[Any, ...]]
SEEKER = (
    _person.id,
    _person.cluster_id,
    *(type_coerce(_person[name], Word()).label(name) for name in ("country", "language", "zone", "sector", "age_band")),
    *(
        type_coerce(cast(_person[name], Text), Words()).label(name)
        for name in ("languages", "topics", "times", "prefers")
    ),
    _person.city_id,
    _person.travel_km,
    _person.remote,
    _person.places,
    _person.joined_at,
)


def _resting(now: datetime) -> ColumnElement[bool]:
    return (
        select(Rest.id)
        .where(Rest.person_id == Person.id, or_(Rest.until.is_(None), Rest.until > now))
        .exists()
        .correlate(Person)
    )


def _looking(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Joined, reachable, taking no break, not left out."""
    return Person.joined_at.is_not(None), Person.reachable.is_(True), ~Person.paused, ~_resting(now)


def _has_any(column: ColumnElement[Any], words: Collection[str]) -> ColumnElement[bool]:
    """One of these words is in a list that is kept as JSON."""
    text = cast(column, Text)
    return or_(false(), *(text.contains(json.dumps(word), autoescape=True) for word in sorted(words)))


async def seekers(
    session: AsyncSession,
    role: str,
    clusters: Collection[int],
    now: datetime,
    ids: Collection[int] | None = None,
    joined_by: datetime | None = None,
    **sharing: Collection[str],
) -> Sequence[Seeker]:
    """Who of this role can be brought together with somebody (:data:`SEEKER`), the longest waiting first.

    Joined, reachable, taking no break, not left out; of the workers those without an open match. With `ids` only some
    of these; with `joined_by` only who had joined then; with `languages` and `topics` only those who have one of them.
    """
    query = select(*SEEKER).where(Person.role == role, Person.cluster_id.in_(clusters), *_looking(now))
    if role == "worker":
        query = query.where(
            ~select(Match.id).where(Match.worker_id == Person.id, Match.state.in_(OPEN)).exists().correlate(Person)
        )
    if ids is not None:
        query = query.where(Person.id.in_(ids))
    if joined_by is not None:
        query = query.where(Person.joined_at <= joined_by)
    for name, words in sharing.items():
        query = query.where(_has_any(_person[name], words))
    rows: Sequence[Any] = (await session.execute(query.order_by(Person.joined_at, Person.id))).all()
    return rows


async def left_out(session: AsyncSession, cluster_id: int, now: datetime) -> dict[str, int]:
    """How many workers without an open match are not looked at: "unreachable", "paused" (they or a coordinator)."""
    kind = case((~Person.reachable, "unreachable"), else_="paused")
    rows = await session.execute(
        select(kind, func.count())
        .where(
            Person.role == "worker",
            Person.joined_at.is_not(None),
            Person.cluster_id == cluster_id,
            or_(~Person.reachable, Person.paused, _resting(now)),
            ~select(Match.id).where(Match.worker_id == Person.id, Match.state.in_(OPEN)).exists().correlate(Person),
        )
        .group_by(kind)
    )
    return {str(why): number for why, number in rows}


async def pairs_before(session: AsyncSession, clusters: Collection[int]) -> Sequence[tuple[int, int]]:
    """(trainer, worker) of every match there ever was for the workers of these clusters."""
    rows = await session.execute(
        select(Match.trainer_id, Match.worker_id)
        .join(Person, Person.id == Match.worker_id)
        .where(Person.cluster_id.in_(clusters))
    )
    return [(trainer, worker) for trainer, worker in rows]


async def places_taken(session: AsyncSession, clusters: Collection[int]) -> dict[int, int]:
    """How many learners each trainer of these clusters has or has been proposed; who has none is absent."""
    rows = await session.execute(
        select(Match.trainer_id, func.count())
        .join(Person, Person.id == Match.trainer_id)
        .where(Person.cluster_id.in_(clusters), Match.state.in_(OPEN))
        .group_by(Match.trainer_id)
    )
    return {trainer: number for trainer, number in rows}


async def unanswered(session: AsyncSession, role: str) -> dict[int, int]:
    """How many offers each person of this role let pass without a word."""
    who, said = (Match.worker_id, Match.worker_says) if role == "worker" else (Match.trainer_id, Match.trainer_says)
    rows = await session.execute(select(who, func.count()).where(Match.state == EXPIRED, said == "").group_by(who))
    return {person: number for person, number in rows}


async def sectors_taught(session: AsyncSession) -> dict[int, frozenset[str]]:
    """The sectors of those each trainer has worked with."""
    rows = await session.execute(
        select(Match.trainer_id, Person.sector)
        .join(Person, Person.id == Match.worker_id)
        .where(Match.trainer_says == "yes", Match.worker_says == "yes", Person.sector != "")
        .distinct()
    )
    found: dict[int, set[str]] = {}
    for trainer, sector in rows:
        found.setdefault(trainer, set()).add(sector)
    return {trainer: frozenset(sectors) for trainer, sectors in found.items()}


async def alone_since(session: AsyncSession) -> dict[int, datetime]:
    """When the last pair of each worker ended; who never had one is absent."""
    rows = await session.execute(
        select(Match.worker_id, func.max(Match.decided_at))
        .where(Match.state == ENDED, Match.trainer_says == "yes", Match.worker_says == "yes")
        .group_by(Match.worker_id)
    )
    return {worker: moment for worker, moment in rows if moment is not None}


async def rest_of(session: AsyncSession, person_id: int) -> Rest | None:
    query = select(Rest).where(Rest.person_id == person_id)
    return await session.scalar(query.execution_options(populate_existing=True))


async def leave_out(
    session: AsyncSession, person_id: int, by: int | None, at: datetime, until: datetime | None
) -> None:
    """Keep that this person is left out, also when others do so at this moment. What somebody wants for themself
    (`by` None) does not take the place of what others have decided, which has no end (even if those have left)."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    facts = {"by": by, "at": at, "until": until}
    theirs = Rest.until.is_not(None) if by is None else None
    new = insert(Rest).values(person_id=person_id, **facts)
    await session.execute(new.on_conflict_do_update(index_elements=["person_id"], set_=facts, where=theirs))


# -- what waits for a coordinator -----------------------------------------------------------------------


def _waiting(cluster_id: int) -> tuple[ColumnElement[bool], ...]:
    return Match.cluster_id == cluster_id, Match.state == PROPOSED


async def number_waiting(session: AsyncSession, cluster_id: int) -> int:
    """How many pairs of this cluster wait for a coordinator."""
    return await session.scalar(select(func.count()).select_from(Match).where(*_waiting(cluster_id))) or 0


async def waiting(session: AsyncSession, cluster_id: int) -> Sequence[Match]:
    """The pairs that wait for a coordinator, oldest first, kept from others until the transaction ends."""
    query = select(Match).where(*_waiting(cluster_id)).order_by(Match.id).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def waiting_and_looking(session: AsyncSession, cluster_id: int, now: datetime) -> dict[int, int]:
    """Who of the pairs that wait for a coordinator can still be brought together with somebody: their places, by their
    id. Who has not joined any more, stopped us, takes a break or is left out is absent."""
    sides = (select(side).where(*_waiting(cluster_id)) for side in (Match.trainer_id, Match.worker_id))
    rows = await session.execute(
        select(Person.id, Person.places).where(Person.id.in_(union_all(*sides)), *_looking(now))
    )
    return {person: places for person, places in rows}


async def taken_meanwhile(session: AsyncSession, cluster_id: int) -> Counter[int]:
    """How many each one of the pairs that wait for a coordinator has been offered or works with, by their id."""
    taken: Counter[int] = Counter()
    for side in (Match.trainer_id, Match.worker_id):
        others = select(side, func.count()).where(Match.state.in_((OFFERED, *PAIRED)))
        rows = await session.execute(others.where(side.in_(select(side).where(*_waiting(cluster_id)))).group_by(side))
        taken.update({person: number for person, number in rows})
    return taken


async def clusters_unseen(session: AsyncSession, now: datetime) -> Sequence[int]:
    """The ids of the clusters in which a pair has waited for a coordinator until its time was over."""
    over = select(Match.cluster_id).where(Match.state == PROPOSED, Match.expires_at <= now).distinct()
    return [id for id in await session.scalars(over) if id is not None]


async def drop_unseen(session: AsyncSession, clusters: Collection[int], now: datetime) -> Counter[int]:
    """Delete the pairs of these clusters whose time was over before a coordinator looked at them, so that the two may
    come again. What somebody looks at just now stays. Returns how many, by cluster."""
    over = (
        select(Match.id)
        .where(Match.cluster_id.in_(clusters), Match.state == PROPOSED, Match.expires_at <= now)
        .with_for_update(skip_locked=True)
    )
    gone = await session.scalars(delete(Match).where(Match.id.in_(over)).returning(Match.cluster_id))
    return Counter(id for id in gone if id is not None)


# -- what is due ----------------------------------------------------------------------------------------


def _due(state: str, *conditions: ColumnElement[bool]) -> Select[Match]:
    """Matches that wait for the clock, each given to one caller only."""
    return (
        select(Match)
        .where(Match.state == state, *conditions)
        .order_by(Match.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


async def expired(session: AsyncSession, now: datetime, limit: int) -> Sequence[Match]:
    """Offers whose time is over."""
    return (await session.scalars(_due(OFFERED, Match.expires_at <= now).limit(limit))).all()


async def to_nudge(session: AsyncSession, expires_by: datetime, limit: int) -> Sequence[Match]:
    """Offers that end by then and nobody was reminded of."""
    query = _due(OFFERED, Match.expires_at <= expires_by, Match.nudged_at.is_(None))
    return (await session.scalars(query.limit(limit))).all()


async def silent(session: AsyncSession, since: datetime, limit: int) -> Sequence[Match]:
    """Pairs without a sign of life since then that nobody was reminded of since."""
    unasked = or_(Match.nudged_at.is_(None), Match.nudged_at < Match.active_at)
    return (await session.scalars(_due(ACCEPTED, Match.active_at <= since, unasked).limit(limit))).all()


async def to_follow(session: AsyncSession, now: datetime, limit: int) -> Sequence[Match]:
    """Matches that are over, for whose people the next best is looked for now."""
    query = select(Match).where(Match.follow_at <= now).order_by(Match.follow_at, Match.id).limit(limit)
    locked = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return (await session.scalars(locked)).all()


async def clusters_due(session: AsyncSession, now: datetime) -> Sequence[int]:
    """The ids of the clusters whose round is due."""
    return (await session.scalars(select(Cluster.id).where(Cluster.next_round_at <= now).order_by(Cluster.id))).all()


def key_of(match_id: int, message_id: int) -> str:
    """The key under which a message lies in the outbox."""
    return f"match:{match_id}:said:{message_id}"


async def keys_of_writer(session: AsyncSession, person_id: int) -> list[str]:
    """The keys under which everything went out that this person wrote."""
    rows = await session.execute(select(PairMessage.match_id, PairMessage.id).where(PairMessage.writer_id == person_id))
    return [key_of(match_id, message_id) for match_id, message_id in rows]


async def forget_messages(session: AsyncSession, before: datetime, limit: int) -> list[str]:
    """Delete what pairs wrote before then. Returns the keys under which it went out."""
    old = select(PairMessage.id).where(PairMessage.at < before).limit(limit)
    gone = delete(PairMessage).where(PairMessage.id.in_(old)).returning(PairMessage.match_id, PairMessage.id)
    return [key_of(match_id, message_id) for match_id, message_id in await session.execute(gone)]


async def next_due(session: AsyncSession, nudge: timedelta, silence: timedelta) -> datetime | None:
    """When the next thing of matching is due: a nudge so long before an offer ends, a question after such a silence."""
    ends = await session.scalar(select(func.min(Match.expires_at)).where(Match.state.in_((OFFERED, PROPOSED))))
    unnudged = await session.scalar(
        select(func.min(Match.expires_at)).where(Match.state == OFFERED, Match.nudged_at.is_(None))
    )
    quiet = await session.scalar(
        select(func.min(Match.active_at)).where(
            Match.state == ACCEPTED, or_(Match.nudged_at.is_(None), Match.nudged_at < Match.active_at)
        )
    )
    moments = [
        ends,
        unnudged - nudge if unnudged else None,
        quiet + silence if quiet else None,
        await session.scalar(select(func.min(Match.follow_at))),
        await session.scalar(select(func.min(Cluster.next_round_at))),
    ]
    return min((moment for moment in moments if moment is not None), default=None)


# -- what a pair writes ---------------------------------------------------------------------------------


async def last_messages(session: AsyncSession, match_id: int, limit: int) -> Sequence[PairMessage]:
    """The last things the two wrote to each other, the oldest first."""
    found = await session.scalars(
        select(PairMessage).where(PairMessage.match_id == match_id).order_by(PairMessage.id.desc()).limit(limit)
    )
    return found.all()[::-1]
