"""What happens to people: they arrive, choose a language, ask for a person, see and erase their data."""

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

import db.announcements
import db.audit
import db.clusters
import db.inbox
import db.outbox
import db.people
from bot.case import ANYONE, COORDINATOR, Case
from bot.errors import Refused
from bot.messages import LANGUAGES, Incoming
from bot.people.rules import ClusterCard, cluster_for
from bot.texts import N_
from db.clusters import Cluster, Invitation
from db.people import Conversation, Person

HOME_ZONE = {"en": "Europe/London", "it": "Europe/Rome", "de": "Europe/Berlin", "es": "Europe/Madrid"}
INVITATION_DAYS = 7
FORGOTTEN_AFTER = timedelta(hours=1)
PERSON_COORDINATES = "coordinator"

# Who has something to do when a person leaves for good (a match to end, a meeting to call off).
LEAVING: list[Callable[[Case], Awaitable[None]]] = []
# Who has something to do when a person's clocks show another time than before (reminders to plan anew).
MOVED: list[Callable[[Case], Awaitable[None]]] = []


async def arrive(
    session: AsyncSession, channel: str, address: str, incoming: Incoming, now: datetime
) -> tuple[Person, Conversation]:
    """The person who wrote, met for the first time if need be, and where their conversation stands."""
    person = await db.people.by_address(session, channel, address, hold=True)
    if person is None:
        language = incoming.language if incoming.language in LANGUAGES else "en"
        person = Person(
            channel=channel,
            address=address,
            created_at=now,
            seen_at=now,
            language=language,
            zone=HOME_ZONE[language],
            reachable=True,
            languages=[],
            topics=[],
            times=[],
        )
        session.add(person)
        await session.flush()
    person.seen_at = now
    if incoming.kind != "blocked":
        person.erase_at = None
        if not person.reachable:
            await come_back(session, person, now)
    return person, await db.people.conversation(session, person.id, now)


def local(moment: datetime, person: Person) -> datetime:
    """The moment on the person's own clock."""
    return moment.astimezone(ZoneInfo(person.zone))


async def may(case: Case, needs: str) -> bool:
    """Whether this person has what the use case needs."""
    if needs == ANYONE:
        return True
    if case.person.joined_at is None:
        return False
    return needs != COORDINATOR or case.person.role == PERSON_COORDINATES


async def leave(session: AsyncSession, person: Person) -> None:
    """The person stopped the bot: nothing is sent until they come back."""
    person.reachable = False
    await db.outbox.hold_for(session, person.id)


async def come_back(session: AsyncSession, person: Person, now: datetime) -> None:
    """The person is back: what was held and is still of use goes out."""
    person.reachable = True
    await db.outbox.resume_for(session, person.id, now)
    await db.announcements.send_what_was_held(session, person.id)


async def put_into_cluster(session: AsyncSession, person: Person) -> Cluster | None:
    """The cluster of the person's country that fits their sector best; none is possible."""
    clusters = await db.clusters.all_clusters(session)
    cards = [ClusterCard(one.id, tuple(one.countries), tuple(one.sectors)) for one in clusters]
    person.cluster_id = cluster_for(person.country, person.sector, cards)
    return next((one for one in clusters if one.id == person.cluster_id), None)


async def invite(session: AsyncSession, cluster: Cluster, role: str, by: int | None, now: datetime) -> str:
    """A one-time token that makes whoever uses it first a coordinator of this cluster, for seven days."""
    token = secrets.token_urlsafe(24)
    session.add(
        Invitation(
            token_hash=_hashed(token),
            cluster_id=cluster.id,
            role=role,
            created_at=now,
            created_by=by,
            expires_at=now + timedelta(days=INVITATION_DAYS),
        )
    )
    db.audit.note(session, now, by, "invite", f"cluster:{cluster.id}", role=role)
    return token


async def accept_invitation(case: Case, token: str) -> Cluster:
    """Make this person a coordinator; refuses a token that is unknown, used or over."""
    found = await db.clusters.invitation(case.session, _hashed(token))
    if found is None:
        raise Refused(N_("This invitation is not valid. Please ask for a new one."))
    cluster = await db.clusters.get(case.session, found.cluster_id)
    if cluster is None or found.expires_at < case.now:
        raise Refused(N_("This invitation has expired. Please ask for a new one."))
    if await case.coordinates(cluster.id):
        return cluster  # they are in already; an unused link stays good for somebody else
    if found.used_by != case.person.id and not await db.clusters.use_invitation(
        case.session, found.id, case.person.id, case.now
    ):
        raise Refused(N_("This invitation has been used already. Please ask for a new one."))
    case.session.add(db.clusters.Coordination(person_id=case.person.id, cluster_id=cluster.id, since=case.now))
    case.person.role = PERSON_COORDINATES
    case.person.zone = cluster.zone
    case.person.cluster_id = cluster.id
    db.audit.note(case.session, case.now, case.person.id, "coordinate", f"cluster:{cluster.id}")
    return cluster


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def coordinators_for(session: AsyncSession, person: Person, cluster_id: int | None) -> list[Person]:
    """Who answers when this person wants a human: this cluster's coordinators, else those who share a language."""
    clusters = await db.clusters.all_clusters(session)
    if cluster_id:
        theirs = [one for one in clusters if one.id == cluster_id]
    else:
        theirs = [one for one in clusters if person.language in one.languages]
    found: dict[int, Person] = {}
    for cluster in theirs:
        found |= {one.id: one for one in await db.clusters.coordinators_of(session, cluster.id) if one.joined_at}
    found.pop(person.id, None)  # nobody answers themself
    return list(found.values())


async def my_data(case: Case) -> str:
    """All that is stored about the person, as readable JSON."""
    everything = await db.people.everything_of(case.session, case.person)
    return json.dumps(everything, ensure_ascii=False, indent=2, default=_readable)


def _readable(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


async def forget(case: Case) -> None:
    """Erase the person. An address stays for an hour, so that the goodbye can be said."""
    for tidy_up in LEAVING:
        await tidy_up(case)
    address, person_id = case.person.address, case.person.id
    case.session.expunge(case.talk)
    await case.session.flush()
    await db.people.forget(case.session, case.person, case.now + FORGOTTEN_AFTER)
    await db.inbox.erase(case.session, address)
    db.audit.note(case.session, case.now, person_id, "forget", f"person:{person_id}")
