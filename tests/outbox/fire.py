"""A post office under fire: everything that may go wrong on purpose, time that can be skipped, and what must hold.

The loop's time is real time and what was skipped: so nobody waits for a ban or a pause to end, and Telegram, the pace
and the deliverer still agree about the moment.
"""

import asyncio
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, cast

import psycopg
from sqlalchemy import event, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

import db.people
from bot.announcements import due, receipts, service
from bot.case import House
from bot.channels.base import Wait
from bot.channels.telegram.channel import TelegramChannel
from bot.clock import Clock
from bot.errors import Refused
from bot.messages import Lane, Outgoing
from bot.outbox.deliver import Deliverer
from bot.outbox.pace import Pace
from bot.outbox.put import Letter, put
from bot.people import service as people_service
from bot.settings import Settings
from db.announcements import DONE, STOPPED, Announcement, hears_no_more
from db.clusters import Cluster
from db.engine import Database
from db.outbox import ANNOUNCEMENT, BLOCKED, CANCELLED, SENT, UNCERTAIN, OutboxRow
from db.people import Person
from simulator import Telegram
from tests.app import MONDAY_MORNING, TOKEN
from tests.people_factory import cluster, person

HOUSE = House(Settings(quiet_hours="03:00-03:01"), cast(Any, None))
RATE = 5000
LONGEST_S = 20.0
NAME = re.compile(r"(reply|reminder|lesson|news) \d+")
UNDER_WAY = ("pending", "sending")


class SkippedTime(asyncio.SelectorEventLoop):
    """A loop that can be told that time has passed."""

    skipped = 0.0

    def time(self) -> float:
        return super().time() + self.skipped


@dataclass
class Watched:
    """The channel to Telegram, and all that was tried over it. What Telegram forbade and was done all the same is
    `broken`."""

    inner: TelegramChannel
    loop: SkippedTime
    tries: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    flying: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    broken: list[str] = field(default_factory=list[str])
    name: str = "telegram"

    def __post_init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Another process knows nothing of what this one was told."""
        self._told: dict[str, float] = {}
        self._silent_until, self._suspect = 0.0, ""

    async def send(self, address: str, message: Outgoing) -> str:
        this, now = (address, name_of(message.text)), self.loop.time()
        if now < max(self._told.get(address, 0.0), self._silent_until):
            self.broken.append(f"{this} began while a 429 forbade it")
        self.tries.append(this)
        self.flying[this] += 1
        try:
            sent = await self.inner.send(address, message)
        except Wait as told:
            until = self.loop.time() + told.seconds
            self._told[address] = max(until, self._told.get(address, 0.0))
            if self._suspect not in ("", address):
                self._silent_until = max(until, self._silent_until)
            self._suspect = address
            raise
        finally:
            self.flying[this] -= 1
        self._suspect = ""
        return sent


def name_of(text: str) -> str:
    found = NAME.search(text)
    return found[0] if found else text


@dataclass
class Fire:
    """People, what is written to them, and what goes wrong."""

    loop: SkippedTime
    tg: Telegram
    database: Database
    channel: Watched
    home: Cluster
    people: list[Person]
    moment: datetime = MONDAY_MORNING
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    letters: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    announcements: list[int] = field(default_factory=list[int])
    stopped: set[int] = field(default_factory=set[int])
    deaf: set[str] = field(default_factory=set[str])  # who wants no announcements any more
    left_once: set[str] = field(default_factory=set[str])  # who was blocked, or refused, at some time
    silenced: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    again: set[str] = field(default_factory=set[str])  # announcements of which the uncertain were sent again, knowingly
    back: timedelta = timedelta(0)  # how far the clock was set back in all

    def __post_init__(self) -> None:
        born = self.loop.time()
        self.clock = Clock(simulated=True, real=lambda: self.moment + timedelta(seconds=self.loop.time() - born))
        self.tg.faults.monotonic = self.loop.time
        self._begin()

    # -- the process ------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """A process that knows nothing but what lies in the database."""
        self.pace = Pace(RATE, self.loop.time, per_chat_s=1.0)
        self.deliverer = Deliverer(self.database, {"telegram": self.channel}, self.clock, self.pace)
        self.rounds_begun = self.rounds_ended = 0
        look = self.deliverer._round

        async def counted() -> float | None:
            self.rounds_begun += 1
            try:
                return await look()
            finally:
                self.rounds_ended += 1

        self.deliverer._round = counted
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.surely(self.deliverer.recover)
        self._running = asyncio.create_task(self.deliverer.run())

    async def fall_over(self) -> None:
        """What `kill -9` leaves: everything is gone that was in memory."""
        dying = {*([self._running] if self._running else []), *self.deliverer._sending.values()}
        while dying:  # a driver may answer a cancellation with an error of its own: then once more
            for task in dying:
                task.cancel()
            _, dying = await asyncio.wait(dying, timeout=0.05)
        self.channel.forget()
        self._begin()

    async def stop(self) -> None:
        await self.deliverer.stop()
        if self._running:
            await self._running

    # -- what is written --------------------------------------------------------------------------------

    async def write(self, work: Callable[[AsyncSession], Awaitable[Any]]) -> Any:
        """One use case in one transaction; it waits for a database that is away."""

        async def in_one() -> Any:
            async with self.database.begin() as session:
                return await work(session)

        return await self.surely(in_one)

    async def surely(self, work: Callable[[], Awaitable[Any]]) -> Any:
        for _ in range(200):
            try:
                return await work()
            except DBAPIError:
                await asyncio.sleep(0.01)
        raise AssertionError("the database did not come back")

    async def letter(self, who: int, lane: Lane, in_minutes: int = 0, late: bool = False) -> None:
        name, now = f"{lane} {next(self.numbers)}", self.clock.now()
        due_at = now if lane == Lane.REPLY else now + timedelta(minutes=in_minutes)
        late_after = due_at + timedelta(minutes=30) if late else None

        async def write(session: AsyncSession) -> None:
            to = await session.get_one(Person, self.people[who].id)
            await put(session, [Letter(to, Outgoing(name), lane, name, due_at, late_after)], now)

        await self.write(write)
        self.letters.append((self.people[who].address, name))
        self.deliverer.wake()

    async def announce(self) -> None:
        name = f"news {next(self.numbers)}"

        async def write(session: AsyncSession) -> int | None:
            now = self.clock.now()
            home = await session.get_one(Cluster, self.home.id)
            draft = await service.compose(session, home, None, {}, {"all": name}, now)
            try:
                await service.start(session, draft, HOUSE, now)
            except Refused:
                return None
            return draft.id

        number = await self.write(write)
        if number is not None:
            self.announcements.append(number)
        self.deliverer.wake()

    async def road(self, which: int, step: Callable[..., Awaitable[Any]], *more: Any) -> None:
        """Pause, go on, stop or send again one of those that were begun."""
        if not self.announcements:
            return
        number = self.announcements[which % len(self.announcements)]

        async def write(session: AsyncSession) -> tuple[Any, str]:
            one = await session.get_one(Announcement, number)
            done = await step(session, one, *more, None, self.clock.now())
            return done, name_of(one.texts["all"])

        done, name = await self.write(write)
        self.deliverer.wake()
        if done and step is service.stop:
            self.stopped.add(number)
        if done and step is service.send_again:
            self.again.add(name)
            sent_again = {
                row.address for row in await self.rows() if name_of(text_of(row)) == name and row.state in UNDER_WAY
            }
            for address in sent_again:
                self.silenced.pop((address, name), None)
        elif done and step is service.stop:
            mark = await self.no_turn_waits()
            self.silenced |= {(one.address, name): mark for one in self.people}

    async def opt_out(self, who: int) -> None:
        address = self.people[who].address

        async def write(session: AsyncSession) -> None:
            to = await session.get_one(Person, self.people[who].id)
            to.hears_announcements = False
            await hears_no_more(session, to.id)

        await self.write(write)
        self.deaf.add(address)
        mark = await self.no_turn_waits()
        names = {name_of(text_of(row)) for row in await self.rows() if row.announcement_id and row.address == address}
        self.silenced |= {(address, name): mark for name in names if (address, name) not in self.silenced}

    async def no_turn_waits(self) -> int:
        """From here on nothing begins that was taken up before; the number of what had begun until now."""
        rounds = self.rounds_begun
        await self.until(lambda: self.rounds_ended >= rounds, "a look at the outbox does not end")
        taken_up = dict(self.deliverer._sending)

        def all_begun() -> bool:
            waiting = {number for number in taken_up if self.deliverer._sending.get(number) is taken_up[number]}
            return len(waiting) <= sum(self.channel.flying.values())

        await self.until(all_begun, "what was taken up waits to be sent, and would leave after all")
        return len(self.channel.tries)

    async def until(self, condition: Callable[[], bool], otherwise: str) -> None:
        began = self.loop.time()
        while not condition():
            assert self.loop.time() < began + LONGEST_S, otherwise
            await asyncio.sleep(0.002)

    # -- what people do ---------------------------------------------------------------------------------

    def block(self, who: int) -> None:
        self.left_once.add(self.people[who].address)
        self.tg.people[int(self.people[who].address)].blocked = True

    async def come_back(self, who: int) -> None:
        self.tg.people[int(self.people[who].address)].blocked = False

        async def write(session: AsyncSession) -> None:
            them = await db.people.get(session, self.people[who].id, hold=True)
            assert them
            them.seen_at = self.clock.now()
            if not them.reachable:
                await people_service.come_back(session, them, self.clock.now())

        await self.write(write)
        self.deliverer.wake()

    # -- time -------------------------------------------------------------------------------------------

    def move(self, by: timedelta) -> None:
        self.moment += by
        self.back -= min(by, timedelta(0))
        self.deliverer.wake()

    def skip(self, seconds: float) -> None:
        self.loop.skipped += seconds

    # -- the database on a bad day ----------------------------------------------------------------------

    async def locked(self, seconds: float) -> None:
        """Somebody else holds the lock for so long."""
        statement = "BEGIN IMMEDIATE" if self.database.is_sqlite else "LOCK TABLE outbox IN EXCLUSIVE MODE NOWAIT"
        with self._elsewhere() as elsewhere:
            for _ in range(200):
                with suppress(sqlite3.OperationalError, psycopg.errors.LockNotAvailable):
                    elsewhere.execute(statement)
                    await asyncio.sleep(seconds)
                    break
                elsewhere.rollback()
                await asyncio.sleep(0.002)
            elsewhere.rollback()

    async def cut_off(self) -> None:
        """PostgreSQL ends every connection, as when it is restarted."""
        with self._elsewhere() as elsewhere:
            elsewhere.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    async def full(self, seconds: float) -> None:
        """No page more can be written."""

        async def write(session: AsyncSession, *statements: str) -> None:
            for statement in statements:
                await (await session.connection()).exec_driver_sql(statement)

        refuse = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        await self.write(lambda session: write(session, f"CREATE TRIGGER full BEFORE UPDATE ON outbox {refuse}"))
        await asyncio.sleep(seconds)
        await self.write(lambda session: write(session, "DROP TRIGGER full"))

    @contextmanager
    def _elsewhere(self) -> Iterator[Any]:
        url = self.database.url
        if self.database.is_sqlite:
            connection: Any = sqlite3.connect(url.partition(":///")[2], isolation_level=None, timeout=0)
        else:
            connection = psycopg.connect(url.replace("+psycopg", ""))
        try:
            yield connection
        finally:
            connection.close()

    # -- the end ----------------------------------------------------------------------------------------

    async def rows(self) -> list[OutboxRow]:
        async def read() -> list[OutboxRow]:
            async with self.database.read() as session:
                return list(await session.scalars(select(OutboxRow).order_by(OutboxRow.id)))

        return await self.surely(read)

    async def drain(self) -> None:
        """The bad day is over: everybody is back, nothing is paused, and time passes until nothing waits."""
        self.tg.clear_faults()
        for who in range(len(self.people)):
            await self.come_back(who)
        for which in range(len(self.announcements)):
            await self.road(which, service.go_on)
        self.move(self.back + timedelta(hours=2))
        step, tries = 0.05, -1
        for _ in range(1000):
            await self.surely(lambda: due.tick(self.database, self.clock.now(), HOUSE))
            if not any(row.state in UNDER_WAY for row in await self.rows()):
                break
            self.deliverer.wake()
            await asyncio.sleep(0.002)
            moved, tries = len(self.channel.tries) != tries, len(self.channel.tries)
            step = 0.05 if moved else min(8.0, 2 * step)
            if not +self.channel.flying:
                self.skip(step)
        else:
            raise AssertionError(f"this waits for ever: {[row for row in await self.rows() if row.state in UNDER_WAY]}")
        await self.surely(lambda: due.tick(self.database, self.clock.now(), HOUSE))

    async def check(self) -> None:
        """What must hold when all is over."""
        assert self.channel.broken == []
        rows = await self.rows()
        assert len([row for row in rows if row.lane < ANNOUNCEMENT]) == len(self.letters)
        for row in rows:
            self._check_row(row)
        for one in self.people:
            self._check_order([row for row in rows if row.address == one.address])
        self._check_silence()
        async with self.database.read() as session:
            for number in self.announcements:
                await self._check_receipt(session, number, [row for row in rows if row.announcement_id == number])

    def arrivals(self, row: OutboxRow) -> list[int]:
        """The ids of the messages that stand on the phone because of this row."""
        name = name_of(text_of(row))
        return [kept.id for kept in self.tg.from_bot(int(row.address)) if name_of(kept.text) == name]

    def _check_row(self, row: OutboxRow) -> None:
        times, name = len(self.arrivals(row)), name_of(text_of(row))
        facts = f"{name} for {row.address} is {row.state} ({row.error}), tried {row.attempts} times, arrived {times}"
        # Another than the first is there only because somebody could not know of the one before it: the row says so.
        doubted = "may have arrived" in (row.error or "") or name in self.again
        assert times <= 1 or doubted, facts
        match row.state:
            case "sent":
                assert times >= 1, facts
            case "uncertain":
                assert row.lane == ANNOUNCEMENT, facts
                assert row.error, facts
                assert times <= 1 + (name in self.again), facts
            case "cancelled":
                deaf = row.address in self.deaf and row.lane == ANNOUNCEMENT
                stopped = row.announcement_id in self.stopped
                late = row.late_after is not None and row.late_after < self.clock.now()
                assert deaf or stopped or late, facts
            case "blocked":  # an answer to what was said before they left is of no use any more
                late = row.late_after is not None and row.late_after < self.clock.now()
                stopped = row.announcement_id in self.stopped
                assert row.address in self.left_once, facts
                assert row.lane == 0 or late or stopped, facts
            case _:
                raise AssertionError(facts)

    def _check_order(self, rows: list[OutboxRow]) -> None:
        """A person's messages of one lane came in the order of being due, and of being written."""
        for lane in range(ANNOUNCEMENT):
            these = [row for row in rows if row.lane == lane and row.state == SENT]
            for before, after in ((a, b) for a in these for b in these if a.id < b.id and a.due_at <= b.due_at):
                assert max(self.arrivals(before)) < min(self.arrivals(after)), (
                    f"{text_of(after)} overtook {text_of(before)}"
                )

    def _check_silence(self) -> None:
        for this, mark in self.silenced.items():
            assert this not in self.channel.tries[mark:], f"{this} was tried after it had been stopped"

    async def _check_receipt(self, session: AsyncSession, number: int, rows: list[OutboxRow]) -> None:
        one = await session.get_one(Announcement, number)
        assert one.state in (DONE, STOPPED)
        receipt = await receipts.counted(session, one, self.clock.now())
        states = Counter(row.state for row in rows)
        assert receipt.people == one.receipt["people"] == len(rows)
        assert (receipt.delivered, receipt.uncertain) == (states[SENT], states[UNCERTAIN])
        assert (receipt.waiting, receipt.held, receipt.failed) == (0, 0, 0)
        assert receipt.blocked == states[BLOCKED]
        assert receipt.left + receipt.withdrawn == states[CANCELLED]


def text_of(row: OutboxRow) -> str:
    return row.payload["text"]


@asynccontextmanager
async def under_fire(loop: SkippedTime, database: Database, people: int) -> AsyncIterator[Fire]:
    """A Telegram, so many people in one cluster, and the deliverer at work."""
    if database.is_sqlite:
        event.listen(database.engine.sync_engine, "connect", _impatient)
    async with Telegram(token=TOKEN) as tg:
        channel = TelegramChannel(TOKEN, tg.url)
        await channel.start()
        async with database.begin() as session:
            home = cluster("fire")
            session.add(home)
            await session.flush()
            phones = [tg.add_person(f"P{number}") for number in range(people)]
            them = [person("worker", phone.first_name, home.id, address=str(phone.id)) for phone in phones]
            session.add_all(them)
        for phone in phones:
            phone.started = True
        fire = Fire(loop, tg, database, Watched(channel, loop), home, them)
        await fire.start()
        try:
            yield fire
        finally:
            tg.clear_faults()
            await fire.fall_over()
            await channel.stop()


def _impatient(connection: Any, _record: Any) -> None:
    """A lock is waited for only this long, so that it is met in time."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=30")
    cursor.close()
