"""Speak to people on the programme's own initiative: from the clock, from the command line, to the other side."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

import db.people
from bot.case import House, remember_screen
from bot.messages import Lane, Outgoing
from bot.outbox.put import Letter, put
from db.people import Person

AWAKE = timedelta(minutes=30)


def considerate(person: Person, now: datetime, house: House) -> datetime:
    """When to write to somebody who did not ask: now if they were here just now, else outside quiet hours."""
    if now - person.seen_at <= AWAKE:
        return now
    return house.settings.quiet.after(now, person.zone)


def letter(person: Person, message: Outgoing, lane: Lane, key: str, now: datetime, house: House) -> Letter:
    """A letter that does not wake anybody."""
    return Letter(person, message, lane, key, considerate(person, now, house))


async def tell(session: AsyncSession, letters: Sequence[Letter], now: datetime) -> None:
    """Put the letters into the outbox and keep their choices, so that words can make them."""
    # Always in the same order, so that two who write to the same people wait for each other and do not lock up.
    for one in sorted(letters, key=lambda one: one.person.id):
        if one.message.buttons:
            talk = await db.people.conversation(session, one.person.id, now)
            if not talk.form:  # in the middle of a form, its own question stays on the screen
                remember_screen(talk, one.message)
    await put(session, letters, now)
