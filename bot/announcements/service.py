"""The use cases of announcements: compose, put down for later, start, pause, go on, stop, send again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

import db.announcements
import db.audit
import db.clusters
import db.people
from bot.announcements import rules, schedule
from bot.announcements.audience_screens import Place
from bot.announcements.rules import Audience, Readers
from bot.announcements.screens import letter
from bot.case import Case, House
from bot.clock import QuietHours
from bot.errors import Refused
from bot.messages import LANES, LANGUAGES, Lane
from bot.texts import N_, tongue
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
TOO_LONG_BELOW = N_(
    "This text has {length} characters, and below a photo or a document {most} are possible. Please write a shorter "
    "one, or remove the file."
)
TOO_MARKED = N_("This text has so much emphasis, or so many long links, that I cannot send it. Please use less.")
NOT_TEXT_LANGUAGE = N_("I can write in these languages: {languages}.")
TOO_OLD = N_("This draft is more than a week old, so I did not send it. Please write a new announcement.")
NO_TEXT_FOR = N_("A text is missing for the people who read these languages: {languages}.")
NO_BUTTON_FOR = N_("The words of a button are missing for the people who read these languages: {languages}.")
NOT_YOURS_ANY_MORE = N_("You do not coordinate this cluster any more.")
NOT_ALL_YOURS = N_("You do not coordinate all of these clusters any more. Please choose the people once more.")
LIMIT = N_(
    "In {cluster} as many announcements have gone out in the last 24 hours as are allowed ({number}). "
    "The next one is possible: {moment}."
)
NONE_ALLOWED = N_("Announcements are switched off for {cluster}.")
SECOND_PERSON = N_("A second coordinator has to say yes to this first.")
NOT_BEGUN = N_("This announcement has not been sent yet.")


A_DAY = timedelta(days=1)


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


def text_as_written(language: str, typed: str, marked: str = "", *, with_file: bool = False) -> str:
    """The typed text as HTML: `marked` when it has emphasis or links. Raises Refused when it cannot be sent."""
    if language not in (*LANGUAGES, rules.ALL):
        raise Refused(NOT_TEXT_LANGUAGE, languages=", ".join((*LANGUAGES, rules.ALL)))
    text = rules.tidy(typed)
    if not text:
        raise Refused(NO_TEXT)
    written = rules.without_controls(marked) or rules.as_html(text)
    check_length(written, with_file=with_file)
    if len(written.encode()) > rules.MOST_MARKUP:
        raise Refused(TOO_MARKED)
    return written


def check_length(written: str, *, with_file: bool) -> None:
    """Raises Refused when this HTML text is too long for a message, or for what stands below a file."""
    length = rules.length(rules.visible(written))
    if length > rules.LONGEST_TEXT:
        raise Refused(TOO_LONG, length=length, most=rules.LONGEST_TEXT)
    if with_file and length > rules.LONGEST_CAPTION:
        raise Refused(TOO_LONG_BELOW, length=length, most=rules.LONGEST_CAPTION)


async def readers(session: AsyncSession, announcement: Announcement, now: datetime) -> list[Readers]:
    """Who would get it, counted by what they read, where their clocks stand and their cluster."""
    counted = await db.announcements.count_audience(session, announcement.cluster_id, announcement.audience, now)
    return [Readers(*one) for one in counted]


async def place_of(session: AsyncSession, announcement: Announcement) -> Place:
    """The clusters it goes to."""
    found = [await db.clusters.get(session, id) for id in announcement.clusters]
    return Place([cluster for cluster in found if cluster])


async def back_to_draft(session: AsyncSession, announcement: Announcement, now: datetime) -> bool:
    """What waits or is put down is written on; nobody has said yes to it any more. False when it has begun."""
    fresh: dict[str, Any] = {"created_at": now, "approver_id": None}
    return await _moved(session, announcement, (WAITING, SCHEDULED), DRAFT, **fresh)


async def let_wait(session: AsyncSession, announcement: Announcement, now: datetime) -> bool:
    """It waits for a second coordinator, as fresh as today. False when it has begun meanwhile."""
    waits = await _moved(session, announcement, (DRAFT, SCHEDULED), WAITING, created_at=now)
    if waits:
        _note(session, announcement, now, "announce_asked", announcement.author_id)
    return waits


async def call_off(session: AsyncSession, announcement: Announcement, now: datetime) -> bool:
    """Throw away what has not begun; False when it has, or is thrown away already."""
    not_begun = (DRAFT, WAITING, SCHEDULED)
    return await _moved(session, announcement, not_begun, CANCELLED, finished_at=now)


async def leave(case: Case) -> None:
    """Who leaves for good says nothing any more: what of theirs has not begun is thrown away."""
    for announcement in await db.announcements.not_begun(case.session, case.person.id):
        await call_off(case.session, announcement, case.now)


# -- sending it -----------------------------------------------------------------------------------------


async def check(session: AsyncSession, announcement: Announcement, counted: Sequence[Readers], now: datetime) -> None:
    """Raises Refused when it cannot be sent to these: nobody is meant, a language has no text, the draft is
    old, its author does not coordinate all the clusters."""
    if announcement.state in (DRAFT, WAITING) and now - announcement.created_at > rules.DRAFT_LASTS:
        raise Refused(TOO_OLD)
    if announcement.author_id is not None:
        mine = await db.clusters.coordinated_by(session, announcement.author_id)
        if not rules.only_theirs(announcement.audience, [cluster.id for cluster in mine]):
            raise Refused(NOT_ALL_YOURS)
    if not counted:
        raise Refused(NOBODY)
    if missing := rules.missing(rules.by_language(counted), announcement.texts):
        raise Refused(NO_TEXT_FOR, languages=", ".join(missing))
    if lacking := rules.unlabelled(rules.by_language(counted), announcement.buttons):
        raise Refused(NO_BUTTON_FOR, languages=", ".join(lacking[1]))


async def check_limit(session: AsyncSession, announcement: Announcement, now: datetime) -> None:
    """Raises Refused when one of its clusters has had as many as are allowed in the last 24 hours."""
    author = await db.people.get(session, announcement.author_id) if announcement.author_id else None
    for cluster_id in announcement.clusters:  # in order, so that nobody waits for another in a circle
        await db.clusters.hold(session, cluster_id)
        cluster = await db.clusters.get(session, cluster_id)
        if cluster:
            await _check_limit_of(session, cluster, author, now)


async def _check_limit_of(session: AsyncSession, cluster: Cluster, author: Person | None, now: datetime) -> None:
    t, zone = tongue(author.language if author else "en"), author.zone if author else cluster.zone
    if cluster.announcements_a_day <= 0:
        raise Refused(NONE_ALLOWED, cluster=cluster.called(t.language))
    gone = await db.announcements.started_since(session, [cluster.id], now - A_DAY)
    if len(gone) >= cluster.announcements_a_day:
        first = gone[cluster.announcements_a_day - 1].started_at or now
        moment = t.moment(first + A_DAY, zone, now)
        raise Refused(LIMIT, number=len(gone), cluster=cluster.called(t.language), moment=moment)


async def needs_second(session: AsyncSession, announcement: Announcement, counted: Sequence[Readers]) -> bool:
    """Whether so many people are meant that a second coordinator has to say yes, and nobody has yet."""
    if announcement.approver_id is not None:
        return False
    people = sum(some.number for some in counted)
    for cluster_id in {*announcement.clusters, *(some.cluster_id for some in counted)}:
        cluster = await db.clusters.get(session, cluster_id)
        if cluster and cluster.four_eyes_above is not None and people > cluster.four_eyes_above:
            return True
    return False


async def put_down(
    session: AsyncSession,
    announcement: Announcement,
    counted: Sequence[Readers],
    now: datetime,
    approver: Person | None = None,
) -> bool:
    """It starts by itself at `starts_at`; with `wall_at` as soon as the first clock of its readers shows that.

    False when it is no draft any more. Who approves does so only while it waits.
    """
    starts_at = schedule.begins(announcement.starts_at, announcement.wall_at, counted, now)
    before, approved = _by(approver)
    begun = await _moved(session, announcement, before, SCHEDULED, starts_at=starts_at, **approved)
    if begun:
        _note(session, announcement, now, "announce_later", approver.id if approver else announcement.author_id)
    return begun


def _by(approver: Person | None) -> tuple[tuple[str, ...], dict[str, Any]]:
    """From which states it may go on, and what is written down about who has said yes."""
    return ((WAITING,), {"approver_id": approver.id}) if approver else ((DRAFT, SCHEDULED), {})


async def start(
    session: AsyncSession,
    announcement: Announcement,
    house: House,
    now: datetime,
    approver: Person | None = None,
) -> int:
    """Freeze the audience as outbox rows and let them go; returns how many people it goes to.

    A second start does nothing and returns 0. Raises Refused, before anything is changed, when nobody is
    meant, a language has no text, a draft is more than a week old, the cluster has had as many as a day allows, or
    a second coordinator has to say yes and has not: `approver` is who does so now.
    """
    before, approved = _by(approver)
    if announcement.state not in before:
        return 0
    counted = await readers(session, announcement, now)
    await check(session, announcement, counted, now)
    if approver is None and await needs_second(session, announcement, counted):
        raise Refused(SECOND_PERSON)
    await check_limit(session, announcement, now)
    if not await _moved(session, announcement, before, SENDING, started_at=now, **approved):
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
    """The same again a week or a month later, to whoever will be meant then; what a standstill has missed is not made
    good all at once."""
    again = Announcement(
        cluster_id=announcement.cluster_id,
        author_id=announcement.author_id,
        approver_id=announcement.approver_id,
        audience=dict(announcement.audience),
        texts=dict(announcement.texts),
        file=dict(announcement.file),
        buttons=list(announcement.buttons),
        every=announcement.every,
        day=announcement.day,
        state=DRAFT,
        created_at=now,
    )
    if announcement.wall_at:
        wall = rules.next_time(datetime.fromisoformat(announcement.wall_at), announcement.every, announcement.day)
        while counted and all(rules.begins(wall.isoformat(), some.zone) <= now for some in counted):
            wall = rules.next_time(wall, announcement.every, announcement.day)
        again.wall_at = wall.isoformat(timespec="minutes")
    else:
        cluster = await db.clusters.get(session, announcement.cluster_id)
        zone = cluster.zone if cluster else "UTC"  # "every Monday at 9" is said on the cluster's clock
        began = announcement.starts_at or now
        again.day = announcement.day or schedule.day_of(announcement.every, "", began, zone)
        again.starts_at = rules.next_instant(began, announcement.every, zone, again.day)
        while again.starts_at <= now:
            again.starts_at = rules.next_instant(again.starts_at, announcement.every, zone, again.day)
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


async def let_sleep(session: AsyncSession, announcements: Collection[int], quiet: QuietHours, now: datetime) -> None:
    """Quiet hours hold also for what began before them: what is left of these waits for each person's morning."""
    until = await asleep(session, quiet, now)
    if until:
        await db.announcements.put_off(session, announcements, until, now)


async def asleep(session: AsyncSession, quiet: QuietHours, now: datetime) -> dict[datetime, list[str]]:
    """The zones in which it is quiet now, by when that ends."""
    until: dict[datetime, list[str]] = {}
    for zone in await db.announcements.zones(session):
        if (awake := quiet.after(now, zone)) > now:
            until.setdefault(awake, []).append(zone)
    return until


async def stop(session: AsyncSession, announcement: Announcement, by: int | None, now: datetime) -> bool:
    """What has not left yet never will. False when it was not under way."""
    return await _step(session, announcement, ON_THE_ROAD, STOPPED, "announce_stop", by, now)


async def send_again(
    session: AsyncSession, announcement: Announcement, states: Collection[str], by: int | None, now: datetime
) -> int:
    """Try once more what failed or is uncertain; who has got an uncertain one may get it twice. Returns how many."""
    await db.announcements.lock(session, announcement.id)
    await session.refresh(announcement)
    if announcement.state == STOPPED:
        await db.announcements.take_back(session, announcement.id)
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
