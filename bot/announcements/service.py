"""The use cases of announcements: compose, start, call off, ask for the receipt, finish."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

import db.announcements
import db.audit
import db.clusters
import db.people
from bot.announcements import rules
from bot.announcements.rules import Audience, Receipt
from bot.announcements.screens import letter, receipt_screen
from bot.case import House
from bot.errors import Refused
from bot.messages import LANGUAGES, Lane
from bot.outbox.put import Letter, put
from bot.texts import N_, tongue
from db.announcements import CANCELLED, DONE, DRAFT, HELD, SENDING, Announcement
from db.clusters import Cluster
from db.outbox import BLOCKED, FAILED, PENDING, SENT, UNCERTAIN
from db.outbox import SENDING as ON_ITS_WAY
from db.people import Person

PAGE = 500

NOBODY = N_("Nobody belongs to this group at the moment, so nothing was sent.")
NO_TEXT = N_("This text is empty. Please write what you want to say.")
TOO_LONG = N_("This text has {length} characters, and {most} are possible. Please write a shorter one.")
NOT_TEXT_LANGUAGE = N_("I can write in these languages: {languages}.")
TOO_OLD = N_("This draft is more than a week old, so I did not send it. Please write a new announcement.")
NO_TEXT_FOR = N_("A text is missing for the people who read these languages: {languages}.")


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
        receipt={},
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


async def readers(session: AsyncSession, announcement: Announcement) -> dict[tuple[str, str], int]:
    """How many people would get it, per language and zone."""
    return await db.announcements.count_audience(session, announcement.cluster_id, announcement.audience)


async def start(session: AsyncSession, announcement: Announcement, house: House, now: datetime) -> int:
    """Freeze the audience as outbox rows and let them go; returns how many people it goes to.

    A second start does nothing and returns 0. Raises Refused, before anything is changed, when nobody is
    meant, a language has no text or the draft is more than a week old.
    """
    if announcement.state != DRAFT:
        return 0
    if now - announcement.created_at > rules.DRAFT_LASTS:
        raise Refused(TOO_OLD)
    counted = await readers(session, announcement)
    if not counted:
        raise Refused(NOBODY)
    if missing := rules.missing(rules.by_language(counted), announcement.texts):
        raise Refused(NO_TEXT_FOR, languages=", ".join(missing))
    if not await db.announcements.move_on(session, announcement.id, DRAFT, SENDING, started_at=now):
        return 0
    people = await _freeze(session, announcement, house, now)
    announcement.receipt = {"people": people}
    db.audit.note(
        session,
        now,
        announcement.author_id,
        "announce",
        f"announcement:{announcement.id}",
        cluster=announcement.cluster_id,
        audience=dict(announcement.audience),
        people=people,
    )
    return people


async def _freeze(session: AsyncSession, announcement: Announcement, house: House, now: datetime) -> int:
    cluster = await db.clusters.get(session, announcement.cluster_id)
    author = await db.people.get(session, announcement.author_id) if announcement.author_id else None
    people, last = 0, 0
    due: dict[str, datetime] = {}  # per zone
    while page := await db.announcements.audience_after(
        session, announcement.cluster_id, announcement.audience, last, PAGE
    ):
        letters: list[Letter] = []
        for person in page:
            if person.zone not in due:
                due[person.zone] = house.settings.quiet.after(now, person.zone)
            letters.append(
                Letter(
                    person,
                    letter(person.language, announcement.texts, author, cluster),
                    Lane.ANNOUNCEMENT,
                    f"announcement:{announcement.id}:{person.id}",
                    due[person.zone],
                    announcement_id=announcement.id,
                )
            )
        people += await put(session, letters, now)
        last = page[-1].id
    return people


async def call_off(session: AsyncSession, announcement: Announcement, now: datetime) -> bool:
    """Throw a draft away; False when it is none any more."""
    return await db.announcements.move_on(session, announcement.id, DRAFT, CANCELLED, finished_at=now)


async def receipt(session: AsyncSession, announcement_id: int, now: datetime) -> Receipt:
    """What has become of it until now. Of an unknown id or a draft all numbers are 0."""
    outcomes = await db.announcements.outcomes(session, announcement_id, now)
    announcement = await db.announcements.get(session, announcement_id)
    known = {
        "delivered": outcomes.get(SENT, 0),
        "waiting": outcomes.get(PENDING, 0) + outcomes.get(ON_ITS_WAY, 0),
        "held": outcomes.get(HELD, 0),
        "blocked": outcomes.get(BLOCKED, 0),
        "failed": outcomes.get(FAILED, 0),
        "uncertain": outcomes.get(UNCERTAIN, 0),
    }
    at_start = announcement.receipt.get("people", 0) if announcement else 0
    people = max(at_start, sum(outcomes.values()))
    return Receipt(people=people, left=people - sum(known.values()), **known)


async def finish(session: AsyncSession, announcement: Announcement, house: House, now: datetime) -> bool:
    """Nothing waits any more: keep the final receipt and send it to its author, once."""
    final = await receipt(session, announcement.id, now)
    if not final.finished:
        return False
    if not await db.announcements.move_on(session, announcement.id, SENDING, DONE, finished_at=now):
        return False
    announcement.receipt = {
        "people": final.people,
        "delivered": final.delivered,
        "blocked": final.blocked,
        "failed": final.failed,
        "uncertain": final.uncertain,
        "left": final.left,
    }
    author = await db.people.get(session, announcement.author_id) if announcement.author_id else None
    if author is None or not await _coordinates(session, author, announcement.cluster_id):
        return True
    cluster = await db.clusters.get(session, announcement.cluster_id)
    screen = receipt_screen(tongue(author.language), announcement, cluster, final)
    due = house.settings.quiet.after(now, author.zone)
    key = f"announcement:{announcement.id}:receipt"
    await put(session, [Letter(author, screen, Lane.REMINDER, key, due)], now)
    return True


async def _coordinates(session: AsyncSession, person: Person, cluster_id: int) -> bool:
    mine = await db.clusters.coordinated_by(session, person.id)
    return any(cluster.id == cluster_id for cluster in mine)
