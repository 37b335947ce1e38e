"""Put messages into the outbox, inside the transaction that decided to say them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

import db.outbox
import db.people
from bot.messages import LANES, Lane, Outgoing
from db.people import Person


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with all that delivery needs to know.

    `key` (≤ 120 characters) makes it unique for ever: the same key is never sent twice.
    `late_after`: when it has not left by then it is dropped, and that is recorded.
    """

    person: Person
    message: Outgoing
    lane: Lane
    key: str
    due_at: datetime
    late_after: datetime | None = None
    announcement_id: int | None = None


async def put(session: AsyncSession, letters: Sequence[Letter], now: datetime) -> int:
    """Keep these letters for delivery; returns how many were not there before."""
    away = {letter.person.id for letter in letters if not letter.person.reachable}
    if away:  # who came back a moment ago would not be told that there is a letter
        away -= await db.people.reachable_among(session, away)
    return await db.outbox.put(session, [_row(letter, now, away) for letter in letters])


def _row(letter: Letter, now: datetime, away: set[int]) -> dict[str, Any]:
    reachable = letter.person.id not in away
    return {
        "person_id": letter.person.id,
        "channel": letter.person.channel,
        "address": letter.person.address,
        "payload": letter.message.to_json(),
        "lane": LANES.index(letter.lane),
        "due_at": letter.due_at,
        "late_after": letter.late_after,
        "dedupe_key": letter.key,
        "created_at": now,
        "announcement_id": letter.announcement_id,
        "state": db.outbox.PENDING if reachable else db.outbox.BLOCKED,
        "error": None if reachable else "the person stopped the bot",
    }
