"""A post office: a Telegram, people, and the deliverer alone, on both databases."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.telegram.channel import TelegramChannel
from bot.clock import Clock
from bot.messages import Button, Lane, Outgoing
from bot.outbox.deliver import Deliverer
from bot.outbox.pace import Pace
from bot.outbox.put import Letter, put
from db.engine import Database
from db.outbox import OutboxRow
from db.people import Person
from simulator import Telegram
from tests.app import TOKEN, standing_still, until
from tests.people_factory import an_announcement, person


@dataclass
class Post:
    """Puts letters and looks at what became of them."""

    tg: Telegram
    database: Database
    clock: Clock
    pace: Pace
    deliverer: Deliverer
    letters: int = 0
    _running: list[asyncio.Task[None]] = field(default_factory=list)

    async def people(self, number: int, **facts: Any) -> list[Person]:
        """So many people, each with a phone on which the bot was started."""
        found = []
        async with self.database.begin() as session:
            for _ in range(number):
                phone = self.tg.add_person(f"P{len(self.tg.people)}")
                phone.started = True
                one = person("worker", phone.first_name, None, address=str(phone.id), **facts)
                session.add(one)
                found.append(one)
        return found

    def letter(self, to: Person, text: str, lane: Lane = Lane.REPLY, **facts: Any) -> Letter:
        self.letters += 1
        buttons = facts.pop("buttons", ())
        given = {"key": f"k{self.letters}", "due_at": self.clock.now()} | facts
        return Letter(to, Outgoing(text, buttons), lane, **given)

    async def put(self, *letters: Letter) -> int:
        """Those of the announcements' lane belong to one that is under way."""
        async with self.database.begin() as session:
            if any(one.lane == Lane.ANNOUNCEMENT and one.announcement_id is None for one in letters):
                number = await an_announcement(session, self.clock.now())
                letters = tuple(
                    replace(one, announcement_id=number) if one.lane == Lane.ANNOUNCEMENT else one for one in letters
                )
            new = await put(session, letters, self.clock.now())
        self.deliverer.wake()
        return new

    async def write(self, to: Person, *texts: str, lane: Lane = Lane.REPLY, **facts: Any) -> None:
        """Put some plain messages, one after the other."""
        await self.put(*(self.letter(to, text, lane, **facts) for text in texts))

    async def rows(self) -> Sequence[OutboxRow]:
        async with self.database.read() as session:
            return (await session.scalars(select(OutboxRow).order_by(OutboxRow.id))).all()

    async def states(self) -> list[str]:
        return [row.state for row in await self.rows()]

    def arrived(self, to: Person) -> list[str]:
        return [kept.text for kept in self.tg.from_bot(int(to.address))]

    def order(self) -> list[str]:
        """The texts of all messages that were taken, in the order of being taken."""
        return [sent.params["text"] for sent in self.tg.log("sendMessage") if sent.status == 200]

    def moments(self) -> list[float]:
        """When each message was taken, in seconds."""
        return [sent.at for sent in self.tg.log("sendMessage") if sent.status == 200]

    def start(self) -> None:
        self._running.append(asyncio.create_task(self.deliverer.run()))

    async def idle(self, timeout_s: float = 20.0) -> None:
        async with asyncio.timeout(timeout_s):
            await self.deliverer.until_idle()

    async def deliver(self, timeout_s: float = 20.0) -> None:
        """Begin, if need be, and go on until nothing that is due is left."""
        if not self._running:
            self.start()
        await self.idle(timeout_s)

    async def stop(self) -> None:
        await self.deliverer.stop()
        await asyncio.gather(*self._running)
        self._running.clear()

    async def fall_over(self) -> None:
        """What `kill -9` leaves: everything is gone that was in memory."""
        # A cancellation in the middle of a statement leaves SQLite's lock with a connection that nobody has any more;
        # a kill does not.
        await until(lambda: self.database._writers._free > 0 or not self.database.is_sqlite)
        dying = [*self._running, *self.deliverer._sending.values()]
        for task in dying:
            task.cancel()
        await asyncio.gather(*dying, return_exceptions=True)
        self._running.clear()
        channels = self.deliverer._channels
        self.deliverer = Deliverer(self.database, channels, self.clock, self.pace)


@asynccontextmanager
async def post_office(
    tg: Telegram, database: Database, *, rate: float = 5000, per_chat_s: float = 0.0
) -> AsyncIterator[Post]:
    channel = TelegramChannel(TOKEN, tg.url)
    await channel.start()
    clock, pace = standing_still(), Pace(rate, monotonic, per_chat_s)
    post = Post(tg, database, clock, pace, Deliverer(database, {"telegram": channel}, clock, pace))
    try:
        yield post
    finally:
        await post.stop()
        await channel.stop()


@pytest.fixture
async def tg() -> AsyncIterator[Telegram]:
    async with Telegram(token=TOKEN) as running:
        yield running


@pytest.fixture
async def post(tg: Telegram, database: Database) -> AsyncIterator[Post]:
    """Without any pace to keep."""
    async with post_office(tg, database) as opened:
        yield opened


def buttons(labels: Iterable[str]) -> tuple[tuple[Button, ...], ...]:
    return tuple((Button(label, f"people:menu:{label}"),) for label in labels)


def later(clock: Clock, **by: float) -> datetime:
    return clock.now() + timedelta(**by)
