"""Matching: the rounds that were run, the matches they proposed, what becomes of a pair and what it writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.clusters import Cluster

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
    `nudged_at`: whoever keeps silent was reminded. `active_at`: the last sign of life of a pair.
    """

    __tablename__ = "matches"
    __table_args__ = (
        UniqueConstraint("trainer_id", "worker_id"),
        Index("ix_matches_worker_id_state", "worker_id", "state"),
        Index("ix_matches_state_expires_at", "state", "expires_at"),
        Index("ix_matches_state_active_at", "state", "active_at"),
        Index("ix_matches_cluster_id_state", "cluster_id", "state"),
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


async def one_round_at_a_time(session: AsyncSession, cluster_id: int) -> None:
    """Wait until no other round of this cluster is under way (SQLite has one writer anyway)."""
    await session.execute(select(Cluster.id).where(Cluster.id == cluster_id).with_for_update())


async def of_person(session: AsyncSession, person_id: int, *states: str) -> Sequence[Match]:
    """This person's matches in these states, newest first."""
    return (
        await session.scalars(
            select(Match)
            .where(or_(Match.trainer_id == person_id, Match.worker_id == person_id), Match.state.in_(states))
            .order_by(Match.id.desc())
        )
    ).all()


async def in_cluster(session: AsyncSession, cluster_id: int) -> Sequence[Match]:
    """Every match any round of this cluster proposed."""
    return (
        await session.scalars(
            select(Match).join(Round, Round.id == Match.round_id).where(Round.cluster_id == cluster_id)
        )
    ).all()


async def pairs_of(session: AsyncSession, people: Sequence[int]) -> Sequence[Match]:
    """Every match with one of these people in it, whatever its state or cluster."""
    found: list[Match] = []
    for start in range(0, len(people), 5000):
        some = people[start : start + 5000]
        found += (await session.scalars(select(Match).where(Match.worker_id.in_(some)))).all()
    return found


async def open_of_trainers(session: AsyncSession, trainers: Sequence[int]) -> dict[int, int]:
    """How many open matches each of these trainers has; who has none is absent."""
    counted: dict[int, int] = {}
    for start in range(0, len(trainers), 5000):
        rows = await session.execute(
            select(Match.trainer_id, func.count())
            .where(Match.trainer_id.in_(trainers[start : start + 5000]), Match.state.in_(OPEN))
            .group_by(Match.trainer_id)
        )
        counted |= {trainer: number for trainer, number in rows}
    return counted


async def expired(session: AsyncSession, now: datetime, limit: int) -> Sequence[Match]:
    """Offers whose time is over, each given to one caller only."""
    return (
        await session.scalars(
            select(Match)
            .where(Match.state == OFFERED, Match.expires_at <= now)
            .order_by(Match.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
    ).all()


async def next_due(session: AsyncSession) -> datetime | None:
    return await session.scalar(select(func.min(Match.expires_at)).where(Match.state == OFFERED))
