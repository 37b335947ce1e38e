"""What became of an announcement: counted, shown in one message that changes, kept at the end."""

from datetime import datetime, timedelta
from secrets import token_hex

from sqlalchemy.ext.asyncio import AsyncSession

import db.announcements
import db.clusters
import db.outbox
import db.people
from bot.announcements import rules
from bot.announcements.audience_screens import Place
from bot.announcements.rules import Receipt
from bot.announcements.screens import receipt_screen
from bot.case import House
from bot.messages import Lane, Outgoing
from bot.outbox.put import Letter, put
from bot.texts import tongue
from db.announcements import DONE, HELD, SENDING, STOPPED, WITHDRAWN, Announcement
from db.outbox import BLOCKED, FAILED, PENDING, SENT, UNCERTAIN
from db.outbox import SENDING as ON_ITS_WAY
from db.people import Person

LONG = timedelta(hours=1)  # what took longer is told with a sound, not only by a message that changes


async def counted(session: AsyncSession, announcement: Announcement, now: datetime) -> Receipt:
    """What has become of it until now. Of a draft all numbers are 0."""
    outcomes = await db.announcements.outcomes(session, announcement.id, now)
    answers = await db.announcements.count_answers(session, announcement.id)
    known = {
        "delivered": outcomes.get(SENT, 0),
        "waiting": outcomes.get(PENDING, 0) + outcomes.get(ON_ITS_WAY, 0),
        "held": outcomes.get(HELD, 0),
        "blocked": outcomes.get(BLOCKED, 0),
        "failed": outcomes.get(FAILED, 0),
        "uncertain": outcomes.get(UNCERTAIN, 0),
        "withdrawn": outcomes.get(WITHDRAWN, 0),
    }
    if announcement.state == STOPPED:
        known["withdrawn"] += known.pop("waiting") + known.pop("held")
    people = max(announcement.receipt.get("people", 0), sum(outcomes.values()))
    return Receipt(
        people=people,
        left=people - sum(known.values()),
        interested=answers.get(rules.INTERESTED, 0),
        replied=answers.get(rules.REPLY, 0),
        **known,
    )


async def show(session: AsyncSession, announcement: Announcement, reader: Person, house: House, now: datetime) -> None:
    """A new message with the receipt. Its author's is from now on the one that changes."""
    receipt = await counted(session, announcement, now)
    screen = await _screen(session, announcement, receipt, reader, house, now)
    key = f"announcement:{announcement.id}:seen:{reader.id}:{token_hex(8)}"  # said once: with the tap that asked for it
    if reader.id == announcement.author_id:
        number = announcement.shown.get("number", 0) + 1
        key = f"{_key(announcement, number)}:0"
        announcement.shown = {"number": number, "times": 0, "text": screen.text}
    await put(session, [Letter(reader, screen, Lane.REPLY, key, now)], now)


def _key(announcement: Announcement, number: int) -> str:
    return f"announcement:{announcement.id}:receipt:{number}"


async def refresh(
    session: AsyncSession, announcement: Announcement, house: House, now: datetime, *, useful: timedelta | None = None
) -> bool:
    """Put the newest counts, `useful` for so long, into the message its author has; False when it says them already."""
    shown = announcement.shown
    author = await author_of(session, announcement)
    if author is None or not shown:
        return False
    key = _key(announcement, shown["number"])
    message_id = await db.outbox.newest_external_id(session, f"{key}:")
    receipt = await counted(session, announcement, now)
    screen = await _screen(session, announcement, receipt, author, house, now)
    if message_id is None or screen.text == shown["text"]:
        return False
    times = shown["times"] + 1
    changed = Outgoing(screen.text, screen.buttons, edit=message_id)
    late = now + useful if useful else None
    letter = Letter(author, changed, Lane.REPLY, f"{key}:{times}", now, late_after=late)
    await put(session, [letter], now)
    announcement.shown = {**shown, "times": times, "text": screen.text}
    return True


async def finish(session: AsyncSession, announcement: Announcement, house: House, now: datetime) -> bool:
    """Nothing waits any more: keep the final receipt and show it to its author, once."""
    await db.announcements.lock(session, announcement.id)
    await session.refresh(announcement)
    final = await counted(session, announcement, now)
    if not final.finished:
        return False
    first_time = announcement.finished_at is None
    before, after = (STOPPED, STOPPED) if announcement.state == STOPPED else (SENDING, DONE)
    if not await db.announcements.move_on(session, announcement.id, before, after, finished_at=now):
        return False
    await session.refresh(announcement)
    announcement.receipt = rules.kept(final)
    await refresh(session, announcement, house, now)
    author = await author_of(session, announcement)
    began = announcement.started_at or now
    if author and after == DONE and first_time and (now - began > LONG or final.to_decide or not announcement.shown):
        screen = await _screen(session, announcement, final, author, house, now)
        due = house.settings.quiet.after(now, author.zone)
        key = f"announcement:{announcement.id}:receipt"
        await put(session, [Letter(author, screen, Lane.REMINDER, key, due)], now)
    return True


async def author_of(session: AsyncSession, announcement: Announcement) -> Person | None:
    """Who is told: its author, as long as they coordinate the cluster."""
    author = await db.people.get(session, announcement.author_id) if announcement.author_id else None
    if author is None:
        return None
    mine = await db.clusters.coordinated_by(session, author.id)
    return author if any(cluster.id == announcement.cluster_id for cluster in mine) else None


async def _screen(
    session: AsyncSession,
    announcement: Announcement,
    receipt: Receipt,
    reader: Person,
    house: House,
    now: datetime,
) -> Outgoing:
    ids = announcement.audience.get("cluster") or [announcement.cluster_id]
    place = Place([one for id in ids if (one := await db.clusters.get(session, id))])
    last = await db.announcements.last_due(session, announcement.id) if receipt.held else None
    until = rules.done_at(receipt, now, last, house.settings.send_rate)
    return receipt_screen(tongue(reader.language), announcement, place, receipt, until, reader.zone, now)
