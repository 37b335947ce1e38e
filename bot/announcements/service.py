"""The use cases of announcements: compose, put down for later, start, pause, go on, stop, send again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

import db.announcements
import db.audit
import db.clusters
import db.people
from bot.announcements import rules
from bot.announcements.audience_screens import Place
from bot.announcements.rules import Audience, Readers
from bot.announcements.screens import letter
from bot.case import House
from bot.errors import Refused
from bot.messages import LANES, LANGUAGES, Lane
from bot.texts import N_
from db.announcements import (
    CANCELLED,
    DONE,
    DRAFT,
    ON_THE_ROAD,
    PAUSED,
    SCHEDULED,
    SENDING,
    STOPPED,
    WAITING,
    Announcement,
)
from db.clusters import Cluster
from db.people import Person

NOBODY = N_("Nobody belongs to this group at the moment, so nothing was sent.")
NO_TEXT = N_("This text is empty. Please write what you want to say.")
TOO_LONG = N_("This text has {length} characters, and {most} are possible. Please write a shorter one.")
NOT_TEXT_LANGUAGE = N_("I can write in these languages: {languages}.")
TOO_OLD = N_("This draft is more than a week old, so I did not send it. Please write a new announcement.")
NO_TEXT_FOR = N_("A text is missing for the people who read these languages: {languages}.")
NOT_YOURS_ANY_MORE = N_("You do not coordinate this cluster any more.")
NOT_ALL_YOURS = N_("You do not coordinate all of these clusters any more. Please choose the people once more.")
NOT_BEGUN = N_("This announcement has not been sent yet.")


# -- writing it -----------------------------------------------------------------------------------------


async def compose(
    session: AsyncSession,
    cluster: Cluster,
    author: Person | None,
    audience: Audience,
    texts: Mapping[str, str],
    now: datetime,
) -> Announcement:
    """Begin a draft. `texts` are as typed, per language or one under "all"; both may still be incomplete.

    Raises Refused for a text that is empty or too long, or a language that is none of ours.
    """
    written = {language: text_as_written(language, text) for language, text in texts.items()}
    draft = Announcement(
        cluster_id=cluster.id,
        author_id=author.id if author else None,
        audience=dict(audience),
        texts=written,
        state=DRAFT,
        created_at=now,
    )
    session.add(draft)
    await session.flush()
    return draft


def text_as_written(language: str, typed: str) -> str:
    """The typed text as HTML. Raises Refused when it cannot be sent."""
    if language not in (*LANGUAGES, rules.ALL):
        raise Refused(NOT_TEXT_LANGUAGE, languages=", ".join((*LANGUAGES, rules.ALL)))
    text = rules.tidy(typed)
    if not text:
        raise Refused(NO_TEXT)
    if rules.length(text) > rules.LONGEST_TEXT:
        raise Refused(TOO_LONG, length=rules.length(text), most=rules.LONGEST_TEXT)
    return rules.as_html(text)


async def readers(session: AsyncSession, announcement: Announcement, now: datetime) -> list[Readers]:
    """Who would get it, counted by what they read, where their clocks stand and their cluster."""
    counted = await db.announcements.count_audience(session, announcement.cluster_id, announcement.audience, now)
    return [Readers(*one) for one in counted]


async def place_of(session: AsyncSession, announcement: Announcement) -> Place:
    """The clusters it goes to."""
    ids = announcement.audience.get("cluster") or [announcement.cluster_id]
    found = [await db.clusters.get(session, id) for id in ids]
    return Place([cluster for cluster in found if cluster])


async def call_off(session: AsyncSession, announcement: Announcement, now: datetime) -> bool:
    """Throw away what has not begun; False when it has, or is thrown away already."""
    not_begun = (DRAFT, WAITING, SCHEDULED)
    return await _moved(session, announcement, not_begun, CANCELLED, finished_at=now)


# -- sending it -----------------------------------------------------------------------------------------


async def put_down(
    session: AsyncSession, announcement: Announcement, counted: Sequence[Readers], now: datetime
) -> bool:
    """It starts by itself at `starts_at`; with `wall_at` as soon as the first clock of its readers shows that.

    False when it is no draft any more.
    """
    starts_at = announcement.starts_at or now
    if announcement.wall_at:
        starts_at = min((rules.begins(announcement.wall_at, some.zone) for some in counted), default=now)
    begun = await _moved(session, announcement, (DRAFT, WAITING), SCHEDULED, starts_at=starts_at)
    if begun:
        _note(session, announcement, now, "announce_later", announcement.author_id)
    return begun


async def start(session: AsyncSession, announcement: Announcement, house: House, now: datetime) -> int:
    """Freeze the audience as outbox rows and let them go; returns how many people it goes to.

    A second start does nothing and returns 0. Raises Refused, before anything is changed, when nobody is
    meant, a language has no text, a draft is more than a week old or its author does not coordinate all the clusters.
    """
    if announcement.state not in (DRAFT, WAITING, SCHEDULED):
        return 0
    if announcement.state == DRAFT and now - announcement.created_at > rules.DRAFT_LASTS:
        raise Refused(TOO_OLD)
    if announcement.author_id is not None:
        mine = await db.clusters.coordinated_by(session, announcement.author_id)
        if not rules.only_theirs(announcement.audience, [cluster.id for cluster in mine]):
            raise Refused(NOT_ALL_YOURS)
    counted = await readers(session, announcement, now)
    if not counted:
        raise Refused(NOBODY)
    if missing := rules.missing(rules.by_language(counted), announcement.texts):
        raise Refused(NO_TEXT_FOR, languages=", ".join(missing))
    if not await _moved(session, announcement, (DRAFT, WAITING, SCHEDULED), SENDING, started_at=now):
        return 0
    people = await _freeze(session, announcement, counted, house, now)
    announcement.receipt = {"people": people}
    _note(session, announcement, now, "announce", announcement.author_id, people=people)
    if announcement.every:
        await _next_one(session, announcement, counted, now)
    return people


async def _freeze(
    session: AsyncSession, announcement: Announcement, counted: Sequence[Readers], house: House, now: datetime
) -> int:
    author = await db.people.get(session, announcement.author_id) if announcement.author_id else None
    letters: dict[tuple[str, int], dict[str, Any]] = {}
    for some in counted:
        if (some.language, some.cluster_id) not in letters:
            cluster = await db.clusters.get(session, some.cluster_id)
            shown = letter(some.language, announcement, author, cluster)
            letters[some.language, some.cluster_id] = shown.to_json()
    due = rules.moments({some.zone for some in counted}, now, announcement.wall_at, house.settings.quiet)
    return await db.announcements.freeze(session, announcement, letters, due, LANES.index(Lane.ANNOUNCEMENT), now)


async def _next_one(
    session: AsyncSession, announcement: Announcement, counted: Sequence[Readers], now: datetime
) -> None:
    """The same again a week or a month later, to whoever will be meant then."""
    again = Announcement(
        cluster_id=announcement.cluster_id,
        author_id=announcement.author_id,
        approver_id=announcement.approver_id,
        audience=dict(announcement.audience),
        texts=dict(announcement.texts),
        file=dict(announcement.file),
        buttons=list(announcement.buttons),
        every=announcement.every,
        state=DRAFT,
        created_at=now,
    )
    if announcement.wall_at:
        wall = rules.next_time(datetime.fromisoformat(announcement.wall_at), announcement.every)
        again.wall_at = wall.isoformat(timespec="minutes")
    else:
        cluster = await db.clusters.get(session, announcement.cluster_id)
        zone = cluster.zone if cluster else "UTC"  # "every Monday at 9" is said on the cluster's clock
        again.starts_at = rules.next_instant(announcement.starts_at or now, announcement.every, zone)
    session.add(again)
    await session.flush()
    await put_down(session, again, counted, now)


# -- on the road ----------------------------------------------------------------------------------------


async def pause(session: AsyncSession, announcement: Announcement, by: int | None, now: datetime) -> bool:
    """Nothing more of it leaves until somebody lets it go on. False when it was not under way."""
    return await _step(session, announcement, (SENDING,), PAUSED, "announce_pause", by, now)


async def go_on(session: AsyncSession, announcement: Announcement, by: int | None, now: datetime) -> bool:
    """What was paused goes on. False when it was not."""
    return await _step(session, announcement, (PAUSED,), SENDING, "announce_resume", by, now)


async def stop(session: AsyncSession, announcement: Announcement, by: int | None, now: datetime) -> bool:
    """What has not left yet never will. False when it was not under way."""
    return await _step(session, announcement, ON_THE_ROAD, STOPPED, "announce_stop", by, now)


async def send_again(
    session: AsyncSession, announcement: Announcement, states: Collection[str], by: int | None, now: datetime
) -> int:
    """Try once more what failed or is uncertain; who has got an uncertain one may get it twice. Returns how many."""
    again = await db.announcements.try_again(session, announcement.id, states, now)
    if again:
        await _moved(session, announcement, (DONE, STOPPED), SENDING, finished_at=None)
        _note(session, announcement, now, "announce_again", by, people=again, states=sorted(states))
    return again


async def _step(
    session: AsyncSession,
    announcement: Announcement,
    before: Collection[str],
    after: str,
    action: str,
    by: int | None,
    now: datetime,
) -> bool:
    moved = await _moved(session, announcement, before, after)
    if moved:
        _note(session, announcement, now, action, by)
    return moved


async def _moved(
    session: AsyncSession, announcement: Announcement, before: Collection[str], after: str, **values: Any
) -> bool:
    """Change the state in the table, whatever was read before, and in what was read."""
    moved = await db.announcements.move_on(session, announcement.id, before, after, **values)
    await session.refresh(announcement)
    return moved


def _note(
    session: AsyncSession, announcement: Announcement, now: datetime, action: str, by: int | None, **detail: Any
) -> None:
    db.audit.note(
        session,
        now,
        by,
        action,
        f"announcement:{announcement.id}",
        cluster=announcement.cluster_id,
        audience=dict(announcement.audience),
        **detail,
    )
