"""Clusters of enterprises, who coordinates them, and the invitations that make a coordinator."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base
from db.people import Person


class Cluster(Base):
    """A sector in a region. `countries` and `sectors` say who is put here (sectors empty: any).

    How it brings people together: with others that allow it (`exchange`), after a coordinator has looked (`approval`),
    at the times of `rounds` (cron in the cluster's zone; "" for never by itself), next at `next_round_at`.
    How many announcements may go out here on one day; to more than `four_eyes_above` people (None: there is no such
    number) only when a second coordinator has said yes.
    """

    __tablename__ = "clusters"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    names: Mapped[dict[str, Any]] = mapped_column(default=dict)  # in other languages than English
    countries: Mapped[list[str]]
    sectors: Mapped[list[str]]
    languages: Mapped[list[str]]
    zone: Mapped[str] = mapped_column(String(64))
    exchange: Mapped[bool] = mapped_column(default=False)
    approval: Mapped[bool] = mapped_column(default=False)
    rounds: Mapped[str] = mapped_column(String(40), default="")
    next_round_at: Mapped[datetime | None]
    announcements_a_day: Mapped[int] = mapped_column(default=5)
    four_eyes_above: Mapped[int | None]

    def called(self, language: str) -> str:
        """Its name in this language, else in English."""
        return self.names.get(language, self.name)


class Coordination(Base):
    """This person coordinates this cluster."""

    __tablename__ = "coordinations"
    __table_args__ = (UniqueConstraint("person_id", "cluster_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("clusters.id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime]


class Invitation(Base):
    """A one-time way into a role. Only the token's SHA-256 is kept."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("clusters.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))


async def all_clusters(session: AsyncSession) -> Sequence[Cluster]:
    return (await session.scalars(select(Cluster).order_by(Cluster.id))).all()


async def by_slug(session: AsyncSession, slug: str) -> Cluster | None:
    return await session.scalar(select(Cluster).where(Cluster.slug == slug))


async def get(session: AsyncSession, cluster_id: int) -> Cluster | None:
    return await session.get(Cluster, cluster_id)


async def hold(session: AsyncSession, cluster_id: int) -> None:
    """Until this transaction ends, nobody else counts or changes what belongs to this cluster by this way."""
    await session.execute(select(Cluster.id).where(Cluster.id == cluster_id).with_for_update())


async def coordinated_by(session: AsyncSession, person_id: int) -> Sequence[Cluster]:
    return (
        await session.scalars(
            select(Cluster)
            .join(Coordination, Coordination.cluster_id == Cluster.id)
            .where(Coordination.person_id == person_id)
            .order_by(Cluster.id)
        )
    ).all()


async def coordinators_of(session: AsyncSession, cluster_id: int) -> Sequence[Person]:
    return (
        await session.scalars(
            select(Person)
            .join(Coordination, Coordination.person_id == Person.id)
            .where(Coordination.cluster_id == cluster_id)
            .order_by(Person.id)
        )
    ).all()


async def invitation(session: AsyncSession, token_hash: str) -> Invitation | None:
    return await session.scalar(select(Invitation).where(Invitation.token_hash == token_hash))


async def use_invitation(session: AsyncSession, invitation_id: int, person_id: int, now: datetime) -> bool:
    """Take the invitation for this person; False when somebody was faster."""
    taken = await session.execute(
        update(Invitation)
        .where(Invitation.id == invitation_id, Invitation.used_at.is_(None))
        .values(used_at=now, used_by=person_id)
        .returning(Invitation.id)
    )
    return taken.first() is not None
