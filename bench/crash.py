"""`kill -9` at random moments, while people tap: what was lost, what was doubled?

A turn is lost when its answer never reaches the phone; an answer is doubled when the phone shows it twice. A row
that a kill found in `sending` is uncertain: the Bot API knows no idempotency key, so such an answer is sent again,
and when Telegram had taken it already it shows twice. Those are counted by themselves.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from bench.bots import TOKEN, Life, start_ours, until
from bot.clock import Clock
from db.engine import Database
from db.inbox import InboxRow
from db.outbox import SENDING, OutboxRow
from db.people import Person
from simulator import Telegram

Born = Callable[[str, str], Awaitable[Life]]

PEOPLE = 20
LIFE_S = 1.0  # the longest a child lives once it has asked for its first updates
LONGEST_START_S = 60.0
LONGEST_REST_S = 120.0


@dataclass
class Crashes:
    """What came of it. `uncertain` counts the rows that a kill found in `sending`, `sent_twice` those of them whose
    answer the phone shows twice; `doubled` are all other answers shown more than once."""

    turns: int = 0
    kills: int = 0
    at_start: int = 0  # how many of the kills came before the bot had asked for its first updates
    lost: int = 0
    doubled: int = 0
    uncertain: int = 0
    sent_twice: int = 0
    set_aside: int = 0

    def __str__(self) -> str:
        return (
            f"{self.turns} turns, {self.kills} × kill -9 ({self.at_start} during the start): "
            f"lost {self.lost}, doubled {self.doubled}; uncertain {self.uncertain}, "
            f"of which shown twice {self.sent_twice}"
        )


async def crash(
    database_url: str, *, turns: int = 200, kills: int = 20, seed: int = 1, born: Born = start_ours
) -> Crashes:
    """Run the real programme against a Telegram of its own, kill it again and again, and count.

    `database_url` must hold all tables and nobody yet. `born` starts one life of the programme.
    """
    chance, found = random.Random(seed), Crashes()
    database = Database(database_url)
    try:
        async with Telegram(token=TOKEN) as tg:
            people = await participants(tg, database)
            expected: Counter[int] = Counter()
            for number in range(kills):
                child = await born(tg.url, database_url)
                share = turns * (number + 1) // kills - found.turns
                await _live_and_die(tg, child, people, expected, share, chance, found)
                await look_at_the_dead(database, found)
            child = await born(tg.url, database_url)
            try:
                await rest(tg, database)
            finally:
                await child.stop()
            await count(tg, database, expected, found)
    finally:
        await database.close()
    return found


async def participants(tg: Telegram, database: Database, number: int = PEOPLE) -> list[int]:
    """So many who take part, each with a phone."""
    ids = []
    async with database.begin() as session:
        for _ in range(number):
            phone = tg.add_person(f"P{len(tg.people)}")
            phone.started = True
            ids.append(phone.id)
            session.add(participant(phone.id))
    return ids


def participant(chat: int, **facts: Any) -> Person:
    """A made-up worker who takes part."""
    now = Clock().now()
    given: dict[str, Any] = {
        "channel": "telegram",
        "address": str(chat),
        "created_at": now,
        "seen_at": now,
        "joined_at": now,
        "language": "en",
        "role": "worker",
        "name": f"P{chat}",
        "languages": ["en"],
        "topics": ["instagram"],
        "times": ["1-pm"],
    }
    return Person(**(given | facts))


async def _live_and_die(
    tg: Telegram,
    child: Life,
    people: list[int],
    expected: Counter[int],
    share: int,
    chance: random.Random,
    found: Crashes,
) -> None:
    """People tap `share` times while the child starts and works; at a random moment it is killed."""
    asked_before = len(tg.log("getUpdates"))
    if chance.random() < 0.2:  # some die in the middle of the start
        _tap(tg, people, expected, share, chance, found)
        await asyncio.sleep(chance.uniform(0.0, LIFE_S))
    else:
        await until(lambda: not child.runs or len(tg.log("getUpdates")) > asked_before, LONGEST_START_S)
        death = asyncio.create_task(asyncio.sleep(chance.uniform(0.0, LIFE_S)))
        for _ in range(share):
            _tap(tg, people, expected, 1, chance, found)
            await asyncio.wait({death}, timeout=LIFE_S / share)
        await death
    found.at_start += len(tg.log("getUpdates")) == asked_before
    await child.kill()
    found.kills += 1


def _tap(
    tg: Telegram, people: list[int], expected: Counter[int], number: int, chance: random.Random, found: Crashes
) -> None:
    for person in chance.choices(people, k=number):
        tg.tap(person, 1, "people:help")
        expected[person] += 1
        found.turns += 1


async def look_at_the_dead(database: Database, found: Crashes) -> None:
    """Count what a kill has just left half sent."""
    async with database.read() as session:
        found.uncertain += await session.scalar(select(func.count()).where(OutboxRow.state == SENDING)) or 0


async def rest(tg: Telegram, database: Database) -> None:
    """Until everything said is answered."""
    await tg.drained(LONGEST_REST_S)
    async with asyncio.timeout(LONGEST_REST_S):
        while await _left(database):
            await asyncio.sleep(0.1)


async def _left(database: Database) -> int:
    async with database.read() as session:
        inbox = await session.scalar(select(func.count()).where(InboxRow.state == "pending"))
        outbox = await session.scalar(select(func.count()).where(OutboxRow.state.in_(("pending", "sending"))))
    return (inbox or 0) + (outbox or 0)


async def count(tg: Telegram, database: Database, expected: Counter[int], found: Crashes) -> None:
    """What each phone shows, against what was `expected` of how many turns."""
    async with database.read() as session:
        found.set_aside = await session.scalar(select(func.count()).where(InboxRow.state == "set_aside")) or 0
        rows = (await session.execute(select(OutboxRow.address, OutboxRow.external_id))).all()
    by_person: dict[int, list[str]] = {}
    for address, external_id in rows:
        by_person.setdefault(int(address), []).append(external_id)
    for person, number in expected.items():
        known = by_person.get(person, [])
        shown = [str(kept.id) for kept in tg.from_bot(person)]
        # One row for each turn, and each row's message on the phone: nothing is lost.
        found.lost += max(0, number - len(known)) + sum(one not in shown for one in known)
        found.doubled += max(0, len(known) - number)
        found.sent_twice += sum(one not in known for one in shown)
    # Whatever stands twice must be one of those a kill found on their way.
    unexplained = max(0, found.sent_twice - found.uncertain)
    found.doubled += unexplained
    found.sent_twice -= unexplained
