"""People: who they are, where their conversation stands."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    FromClause,
    Index,
    String,
    UniqueConstraint,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class Person(Base):
    """Anyone who ever wrote. Fields beyond the address fill as the person answers.

    `role` is "" until chosen, then worker | trainer | coordinator. `times` holds "weekday-part" words
    ("1-pm": Tuesday afternoon), `zone` an IANA name. `joined_at` is set when onboarding is finished.
    How they would meet: at most `travel_km` away, `remote` if that suits them too; `places` is how many learners a
    trainer takes at a time; `prefers` holds the sectors a trainer, or the age bands a worker would like best.
    """

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("channel", "address"),
        Index("ix_people_cluster_id_role", "cluster_id", "role"),
        Index("ix_people_erase_at", "erase_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), default="telegram")
    address: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    reachable: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(String(5), default="en")
    consent_at: Mapped[datetime | None]
    consent_version: Mapped[str] = mapped_column(String(20), default="")
    joined_at: Mapped[datetime | None]
    role: Mapped[str] = mapped_column(String(20), default="")
    name: Mapped[str] = mapped_column(String(80), default="")
    age_band: Mapped[str] = mapped_column(String(10), default="")
    languages: Mapped[list[str]] = mapped_column(default=list)
    country: Mapped[str] = mapped_column(String(2), default="")
    city_id: Mapped[int | None]
    city: Mapped[str] = mapped_column(String(120), default="")
    zone: Mapped[str] = mapped_column(String(64), default="Europe/Rome")
    sector: Mapped[str] = mapped_column(String(40), default="")
    topics: Mapped[list[str]] = mapped_column(default=list)
    times: Mapped[list[str]] = mapped_column(default=list)
    travel_km: Mapped[int] = mapped_column(default=25)
    remote: Mapped[bool] = mapped_column(default=True)
    places: Mapped[int] = mapped_column(default=2)
    prefers: Mapped[list[str]] = mapped_column(default=list)
    paused: Mapped[bool] = mapped_column(default=False)
    hears_announcements: Mapped[bool] = mapped_column(default=True)
    erase_at: Mapped[datetime | None]  # asked to be forgotten: the last of them goes then
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("clusters.id"))


class Conversation(Base):
    """Where a person's conversation stands: the open form, its question, the answers so far.

    `screen` lists the buttons last shown (`{"label", "data", "means"}`), so that words can press them. `recent` holds
    the last few things the person wrote (`{"n", "at", "text"}`), to be shown to a coordinator if the person agrees.
    """

    __tablename__ = "conversations"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    form: Mapped[str] = mapped_column(String(40), default="")
    asked: Mapped[str] = mapped_column(String(40), default="")
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    screen: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    unclear: Mapped[int] = mapped_column(default=0)
    recent: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    updated_at: Mapped[datetime]


async def by_address(session: AsyncSession, channel: str, address: str, *, hold: bool = False) -> Person | None:
    """With `hold` nobody else changes this person, or finds out whether they are reachable, before the transaction
    ends."""
    query = select(Person).where(Person.channel == channel, Person.address == address)
    if hold:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return await session.scalar(query)


async def get(session: AsyncSession, person_id: int, *, hold: bool = False) -> Person | None:
    """With `hold` as in :func:`by_address`."""
    if not hold:
        return await session.get(Person, person_id)
    return await session.get(Person, person_id, populate_existing=True, with_for_update={"key_share": True})


async def reachable_among(session: AsyncSession, ids: Collection[int]) -> set[int]:
    """Which of these may be written to. Whoever just comes back is waited for, and comes back after us otherwise."""
    query = select(Person.id).where(Person.id.in_(ids), Person.reachable).with_for_update(read=True)
    return set(await session.scalars(query))


async def by_ids(session: AsyncSession, ids: Collection[int]) -> dict[int, Person]:
    """These people by their id; who is not there is absent."""
    found: dict[int, Person] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 5000):
        some = await session.scalars(select(Person).where(Person.id.in_(wanted[start : start + 5000])))
        found |= {person.id: person for person in some}
    return found


async def talk_of(session: AsyncSession, person_id: int) -> Conversation | None:
    return await session.get(Conversation, person_id)


async def conversation(session: AsyncSession, person_id: int, now: datetime) -> Conversation:
    """The person's conversation, begun when there is none yet; also when somebody else begins it at this moment."""
    found = await session.get(Conversation, person_id)
    if found is None:
        insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
        new = insert(Conversation).values(person_id=person_id, updated_at=now)
        await session.execute(new.on_conflict_do_nothing(index_elements=["person_id"]))
        found = await session.get_one(Conversation, person_id)
    return found


async def in_cluster(session: AsyncSession, cluster_id: int, role: str) -> Sequence[Person]:
    """Everybody of one role who has joined this cluster, in the order of joining."""
    return (
        await session.scalars(
            select(Person)
            .where(Person.cluster_id == cluster_id, Person.role == role, Person.joined_at.is_not(None))
            .order_by(Person.joined_at, Person.id)
        )
    ).all()


async def count_by_role(session: AsyncSession, cluster_id: int) -> dict[str, int]:
    rows = await session.execute(
        select(Person.role, func.count())
        .where(Person.cluster_id == cluster_id, Person.joined_at.is_not(None))
        .group_by(Person.role)
    )
    return {role: number for role, number in rows}


async def still_onboarding(session: AsyncSession) -> int:
    """How many people have begun but not finished joining."""
    return await session.scalar(select(func.count()).where(Person.joined_at.is_(None))) or 0


async def count(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Person)) or 0


async def everything_of(session: AsyncSession, person: Person) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that is about this person, by table; what `/mydata` gives.

    What the other one of a match has answered is theirs, and left out, and so is who has reported somebody.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for table in Base.metadata.sorted_tables:
        theirs = [column == person.id for column in _pointing_at_people(table)]
        if table.name == "people":
            theirs = [table.c.id == person.id]
        elif table.name == "audit":
            theirs = [table.c.actor == person.id]
        elif table.name == "matches":
            theirs = [table.c.trainer_id == person.id, table.c.worker_id == person.id]  # not what they did for others
        elif table.name == "match_rests":
            theirs = [table.c.person_id == person.id]
        elif table.name == "meetings":
            # What a coordinator has settled is somebody else's meeting.
            theirs = [table.c.match_id.in_([match["id"] for match in found.get("matches", ())])]
        elif table.name == "thread_messages":
            asked = [one["id"] for one in found.get("threads", ()) if one["person_id"] == person.id]
            theirs.append(table.c.thread_id.in_(asked))
        elif table.name == "unanswered_questions":
            theirs = [table.c.person_id == person.id]  # what a coordinator has settled is somebody else's question
        if not theirs:
            continue
        rows = await session.execute(select(table).where(or_(*theirs)))
        if kept := [dict(row) for row in rows.mappings()]:
            found[table.name] = kept
    for message in found.get("outbox", ()):
        # A file sent along is left out: an earlier copy of this very file would make each one twice as long.
        message["payload"] = {key: value for key, value in message["payload"].items() if key != "file"}
    for match in found.get("matches", ()):
        other = "worker" if match["trainer_id"] == person.id else "trainer"
        del match[f"{other}_says"], match[f"{other}_why"]
    for meeting in found.get("meetings", ()):
        if meeting["called_off_by"] != person.id:
            del meeting["called_off_why"]
    for rest in found.get("match_rests", ()):
        del rest["by"]  # whoever has reported somebody
    return found


async def forget(session: AsyncSession, person: Person, erase_at: datetime) -> None:
    """Delete all that belongs to the person. What is left is an address, to say goodbye to, until `erase_at`."""
    for table in reversed(Base.metadata.sorted_tables):
        for column in _pointing_at_people(table):
            if next(iter(column.foreign_keys)).ondelete == "CASCADE":
                await session.execute(delete(table).where(column == person.id))
    for column in Person.__table__.columns:
        if column.name not in ("id", "channel", "address", "created_at", "seen_at", "language", "reachable"):
            setattr(person, column.name, _blank(column))
    person.erase_at = erase_at


async def numbered_from(session: AsyncSession, channel: str, first: int) -> set[int]:
    """Addresses of this channel that are numbers from `first` on; what a demo finds already there."""
    rows = await session.scalars(select(Person.address).where(Person.channel == channel))
    return {int(address) for address in rows if address.isdigit() and int(address) >= first}


async def erase_due(session: AsyncSession, now: datetime, limit: int) -> int:
    """Delete the last row of those who asked for it and did not come back. Returns how many."""
    ids = (await session.scalars(select(Person.id).where(Person.erase_at <= now).limit(limit))).all()
    if ids:
        # Asked again: whoever has come back in the meantime stays.
        await session.execute(delete(Person).where(Person.id.in_(ids), Person.erase_at <= now))
    return len(ids)


async def next_due(session: AsyncSession) -> datetime | None:
    return await session.scalar(select(func.min(Person.erase_at)))


def _pointing_at_people(table: FromClause) -> list[ColumnElement[int]]:
    return [column for column in table.columns if any(key.column.table.name == "people" for key in column.foreign_keys)]


def _blank(column: ColumnElement[Any]) -> Any:
    """What a field holds before anybody answered."""
    default = getattr(column, "default", None)
    if default is None:
        return None
    return default.arg({}) if default.is_callable else default.arg
