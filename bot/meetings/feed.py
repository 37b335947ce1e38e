"""A person's meetings as a calendar at a secret address, which whoever knows it may read.

Only the SHA-256 of the address's token is kept: a new address revokes the old one, and nobody can look an old one up.
"""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

import db.meetings
import db.people
from bot.case import Case
from bot.meetings.calendar import published
from bot.meetings.screens import entry
from bot.settings import Settings
from bot.texts import tongue
from db.meetings import CANCELLED

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
CANCELLED_SHOWN = timedelta(days=60)  # long enough for every calendar to have read that it is off


async def is_on(case: Case) -> bool:
    return await db.meetings.feed_of(case.session, case.person.id) is not None


async def new_address(case: Case) -> str:
    """A new secret address; the one before is not known any more. It is shown once and never again."""
    token = secrets.token_urlsafe(32)
    await switch_off(case)
    await db.meetings.open_feed(case.session, case.person.id, _hashed(token), case.now)
    return address(case.settings, token)


async def switch_off(case: Case) -> bool:
    """No address any more. False when there was none."""
    return await db.meetings.close_feed(case.session, case.person.id)


def address(settings: Settings, token: str) -> str:
    return f"{settings.public_address}/calendar/{token}.ics"


def is_token(text: str) -> bool:
    """Whether :func:`new_address` could have made this; what could not is not looked for."""
    return len(text) == 43 and _TOKEN.fullmatch(text) is not None


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def read(session: AsyncSession, token: str, now: datetime) -> str | None:
    """The calendar that this token opens, as a file; None when it opens nothing."""
    if not is_token(token):
        return None
    feed = await db.meetings.feed_by_hash(session, _hashed(token))
    reader = await db.people.get(session, feed.person_id) if feed else None
    if reader is None:
        return None
    rows = await db.meetings.kept_of(session, reader.id, now - CANCELLED_SHOWN)
    entries = [(entry(meeting, reader, other), meeting.state == CANCELLED) for meeting, other in rows]
    return published(tongue(reader.language).plain("My meetings (twogether)"), entries)
