"""What the clock finds due about threads: one that nobody takes, one that has fallen silent."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

import db.people
import db.threads
from bot.case import House
from bot.messages import Button, Lane, Outgoing
from bot.outbox.put import Letter, put
from bot.people import service as people
from bot.people.talk import show
from bot.texts import tongue
from bot.threads.rules import AGAIN_AFTER, OVER_AFTER
from db.engine import Database
from db.people import Person
from db.threads import Thread

BATCH = 100


async def tick(database: Database, now: datetime, _house: House) -> int:
    """Remind of what waits, end what is silent; returns how many."""
    async with database.begin() as session:
        over = await db.threads.silent(session, now - OVER_AFTER, BATCH)
        for thread in over:
            await _end(session, thread, now)
        waits = await db.threads.untaken(session, now - AGAIN_AFTER, BATCH)
        for thread in waits:
            await _remind(session, thread, now)
    return len(over) + len(waits)


async def next_due(session: AsyncSession) -> datetime | None:
    return await db.threads.next_due(session, OVER_AFTER, AGAIN_AFTER)


async def _end(session: AsyncSession, thread: Thread, now: datetime) -> None:
    thread.closed_at = now
    person = await db.people.get(session, thread.person_id)
    if person:
        t = tongue(person.language)
        again = Button(t.plain("Talk to a person"), "threads:ask", means=("talk_to_person",))
        quiet = t("It has been quiet for three days, so you are with the assistant again.")
        unheard = t("Nobody could answer you so far, and I am sorry. You can ask again at any time.")
        text = quiet if thread.owner_id else unheard
        message = Outgoing(text, ((Button(t.plain("Menu"), "people:menu"), again),))
        await _say(session, person, message, f"thread:{thread.id}:over:{person.id}", now)
    owner = await db.people.get(session, thread.owner_id) if thread.owner_id else None
    if owner and person:
        t = tongue(owner.language)
        name = person.name or t("Somebody new")
        text = t("Your conversation with {name} was quiet for three days, so I have ended it.", name=name)
        await _say(session, owner, Outgoing(text), f"thread:{thread.id}:over:{owner.id}", now)


async def _remind(session: AsyncSession, thread: Thread, now: datetime) -> None:
    thread.asked_again = True
    person = await db.people.get(session, thread.person_id)
    if person is None:
        return
    for one in await people.coordinators_for(session, person, thread.cluster_id):
        t = tongue(one.language)
        take = Button(t.plain("Take over"), f"threads:take:{thread.id}", means=("affirm",))
        text = t("<b>{name}</b> has been waiting for an answer since yesterday.", name=person.name or t("Somebody new"))
        await _say(session, one, Outgoing(text, ((take,),)), f"thread:{thread.id}:again:{one.id}", now)


async def _say(session: AsyncSession, person: Person, message: Outgoing, key: str, now: datetime) -> None:
    await show(session, person, message, now)
    await put(session, [Letter(person, message, Lane.REMINDER, key, now)], now)
