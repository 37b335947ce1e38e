"""Letting an announcement go: now, at its time, or when a second coordinator has said yes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex

from sqlalchemy.ext.asyncio import AsyncSession

import db.announcements
import db.clusters
import db.people
from bot.announcements import preview, rules, schedule, service
from bot.announcements.rules import Readers
from bot.case import House
from bot.errors import Refused
from bot.messages import LANGUAGES, Lane, Outgoing
from bot.outbox.put import Letter, put
from bot.people.talk import show
from bot.texts import N_, tongue
from db.announcements import SCHEDULED, Announcement
from db.people import Person

NOBODY_ELSE = N_(
    "This goes to so many people that a second coordinator has to say yes, and {cluster} has no other one. "
    "Please invite a colleague, or choose fewer people."
)
NOT_YOUR_OWN = N_("This one is yours: somebody else has to say yes to it.")


@dataclass(frozen=True, slots=True)
class Before:
    """The same words have gone to so many of these people, at that moment; or will, when it is still `to_come`."""

    people: int
    at: datetime
    to_come: bool = False


async def the_same_before(session: AsyncSession, announcement: Announcement, now: datetime) -> Before | None:
    """Whether some of these people have had the same text within a day, or are to have it within a day of this one: the
    newest such announcement, or the next."""
    for earlier in await db.announcements.started_since(session, announcement.clusters, now - service.A_DAY):
        same = _same_in(announcement.texts, earlier.texts)
        if not same or earlier.id == announcement.id:
            continue
        people = await db.announcements.have_got(session, announcement, earlier.id, same, now)
        if people:
            return Before(people, earlier.started_at or now)
    return await _the_same_to_come(session, announcement, now)


async def _the_same_to_come(session: AsyncSession, announcement: Announcement, now: datetime) -> Before | None:
    counted = await service.readers(session, announcement, now)
    begins = schedule.begins(announcement.starts_at, announcement.wall_at, counted, now)
    first, last = begins - service.A_DAY, begins + service.A_DAY
    for other in await db.announcements.put_down_between(session, announcement.clusters, first, last):
        same = _same_in(announcement.texts, other.texts)
        if not same or other.id == announcement.id:
            continue
        people = await db.announcements.will_get(session, announcement, other, same, now)
        if people:
            return Before(people, other.starts_at or now, to_come=True)
    return None


def _same_in(texts: Mapping[str, str], others: Mapping[str, str]) -> list[str]:
    """The languages whose readers would read the same words twice."""
    return [one for one in LANGUAGES if rules.same_words(rules.text_for(one, texts), rules.text_for(one, others))]


async def let_go(
    session: AsyncSession,
    announcement: Announcement,
    house: House,
    now: datetime,
    approver: Person | None = None,
) -> None:
    """Start it, put it down for its time, or let it wait for a second coordinator; its state says which.

    Raises Refused, before anything is changed, when it cannot be.
    """
    counted = await service.readers(session, announcement, now)
    await service.check(session, announcement, counted, now)
    if approver is None and await service.needs_second(session, announcement, counted):
        await ask_second(session, announcement, counted, house, now)
    elif announcement.state != SCHEDULED and _is_for_later(announcement, counted, now):
        await service.put_down(session, announcement, counted, now, approver)
    else:
        await service.start(session, announcement, house, now, approver)


def _is_for_later(announcement: Announcement, counted: Sequence[Readers], now: datetime) -> bool:
    """Whether its time is still to come for some. What was to go out while it waited for a yes goes out at once."""
    if announcement.wall_at:
        return any(rules.begins(announcement.wall_at, some.zone) > now for some in counted)
    return announcement.starts_at is not None and announcement.starts_at > now


async def others(session: AsyncSession, announcement: Announcement) -> list[Person]:
    """Who may say yes: the cluster's other coordinators."""
    all_ = await db.clusters.coordinators_of(session, announcement.cluster_id)
    return [one for one in all_ if one.id != announcement.author_id and one.reachable and one.joined_at is not None]


async def ask_second(
    session: AsyncSession, announcement: Announcement, counted: Sequence[Readers], house: House, now: datetime
) -> None:
    """It waits; the other coordinators see what readers would get, and are asked. Raises Refused without any."""
    asked = await others(session, announcement)
    cluster = await db.clusters.get(session, announcement.cluster_id)
    author = await db.people.get(session, announcement.author_id) if announcement.author_id else None
    if not asked and cluster:
        raise Refused(NOBODY_ELSE, cluster=cluster.called(author.language if author else "en"))
    if not await service.let_wait(session, announcement, now):
        return
    for person in asked:
        screens = await preview.for_second(session, announcement, counted, person, house, now)
        await _write(session, announcement, person, screens, house, now)
    if author:
        names = [one.name for one in asked]
        await _write(
            session, announcement, author, [preview.waits(tongue(author.language), announcement, names)], None, now
        )


async def tell_author(
    session: AsyncSession, announcement: Announcement, screen: Outgoing, house: House | None, now: datetime
) -> None:
    """What somebody else has decided about it."""
    author = await db.people.get(session, announcement.author_id) if announcement.author_id else None
    if author:
        await _write(session, announcement, author, [screen], house, now)


async def _write(
    session: AsyncSession,
    announcement: Announcement,
    person: Person,
    screens: Sequence[Outgoing],
    house: House | None,
    now: datetime,
) -> None:
    """To somebody whose turn it is not; with `house` not in their quiet hours."""
    due = house.settings.quiet.after(now, person.zone) if house else now
    lane = Lane.REMINDER if house else Lane.REPLY
    key = f"announcement:{announcement.id}:{person.id}:{token_hex(8)}"  # said once: with the step that leads to it
    await put(session, [Letter(person, one, lane, f"{key}:{n}", due) for n, one in enumerate(screens)], now)
    await show(session, person, screens[-1], now)
