"""Two replicas on one PostgreSQL behind one address: the leader is killed while people tap.

What is lost and doubled is counted as in :mod:`bench.crash`; besides, whether anybody's answers came in another order
than they had tapped, and how long nothing was sent.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

import aiohttp
from aiohttp import web
from sqlalchemy import select

from bench.bots import TOKEN, Life, free_port, start_ours, until
from bench.crash import LONGEST_REST_S, Crashes, count, look_at_the_dead, participants, rest
from db.engine import Database
from db.inbox import InboxRow
from db.outbox import OutboxRow
from simulator import Telegram

SECRET = "s3cret"
LONGEST_START_S = 60.0
PAUSE_S = 0.02  # between two taps


class Born(Protocol):
    def __call__(self, telegram: str, database_url: str, /, **more: str) -> Awaitable[Life]: ...


@dataclass
class TakeOver:
    """What came of it. `silent_s` is the time from the kill to the first message sent by the other one."""

    crashes: Crashes = field(default_factory=Crashes)
    disorders: int = 0
    silent_s: float = 0.0
    by_replica: Mapping[int, int] = field(default_factory=dict[int, int])  # turns that came in, by port

    def __str__(self) -> str:
        return f"{self.crashes}; out of order {self.disorders}; silent for {self.silent_s:.1f} s"


class Door:
    """What stands before the replicas: each request goes to the next one; one that does not answer is passed over."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = list(ports)
        self.answered: Counter[int] = Counter()
        self.url = ""
        self._next = 0
        self._http: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator["Door"]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._pass_on)
        runner = web.AppRunner(app)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{port}"
        async with aiohttp.ClientSession() as self._http:
            try:
                yield self
            finally:
                await runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.Response:
        assert self._http is not None
        body = await request.read()
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        for _ in self.ports:
            port = self.ports[self._next % len(self.ports)]
            self._next += 1
            try:
                async with self._http.request(
                    request.method, f"http://127.0.0.1:{port}{request.path_qs}", data=body, headers=headers
                ) as answer:
                    said, kind = await answer.read(), answer.content_type
            except aiohttp.ClientConnectionError:
                continue
            self.answered[port] += answer.status < 300
            return web.Response(body=said, status=answer.status, content_type=kind)
        return web.Response(status=502)


async def leads(port: int) -> bool | None:
    """Whether the replica on this port leads; None when it does not answer."""
    try:
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/healthz") as answer:
            return bool((await answer.json())["leader"])
    except (aiohttp.ClientError, OSError):
        return None


async def one_leads(ports: Sequence[int], timeout_s: float = LONGEST_START_S) -> int:
    """Wait until all of these answer and one of them leads; returns its port."""
    async with asyncio.timeout(timeout_s):
        while True:
            said = [await leads(port) for port in ports]
            if None not in said and sum(map(bool, said)) == 1:
                return ports[said.index(True)]
            await asyncio.sleep(0.05)


@asynccontextmanager
async def replicas(
    tg: Telegram, database_url: str, number: int = 2, born: Born = start_ours, **more: str
) -> AsyncIterator[tuple[Door, dict[int, Life]]]:
    """So many of them behind a webhook; by port."""
    ports = [free_port() for _ in range(number)]
    async with Door(ports).opened() as door:
        hook = {"TELEGRAM_WEBHOOK_URL": f"{door.url}/webhook", "TELEGRAM_WEBHOOK_SECRET": SECRET}
        lives = {port: await born(tg.url, database_url, PORT=str(port), **hook, **more) for port in ports}
        try:
            yield door, lives
        finally:
            await asyncio.gather(*(life.stop() for life in lives.values()))


async def take_over(
    database_url: str, *, turns: int = 200, people_number: int = 40, seed: int = 1, born: Born = start_ours
) -> TakeOver:
    """`database_url`: a PostgreSQL that holds all tables and nobody yet."""
    chance, found = random.Random(seed), TakeOver()
    database = Database(database_url)
    try:
        async with Telegram(token=TOKEN) as tg:
            people = await participants(tg, database, people_number)
            async with replicas(tg, database_url, born=born, SEND_RATE="1000") as (door, lives):
                leader = await one_leads(list(lives))
                expected: Counter[int] = Counter()
                tapping = asyncio.create_task(_tap(tg, people, expected, turns, chance))
                await until(lambda: door.answered.total() > turns // 3, LONGEST_REST_S)
                await lives[leader].kill()
                died = time.time()
                await look_at_the_dead(database, found.crashes)
                found.crashes.kills = 1
                await tapping
                await rest(tg, database)
                found.by_replica = dict(door.answered)
            await count(tg, database, expected, found.crashes)
            found.crashes.turns = sum(expected.values())
            after = [sent.at for sent in tg.log("sendMessage") if sent.at > died]
            found.silent_s = min(after, default=died) - died
            found.disorders = await _disorders(database)
    finally:
        await database.close()
    return found


async def _tap(tg: Telegram, people: list[int], expected: Counter[int], number: int, chance: random.Random) -> None:
    for _ in range(number):
        person = chance.choice(people)
        tg.tap(person, 1, "people:help")
        expected[person] += 1
        await asyncio.sleep(PAUSE_S)


async def _disorders(database: Database) -> int:
    """How many answers were written, or shown, before that to something said earlier by the same person."""
    async with database.read() as session:
        said = {row.id: row.update_id for row in await session.scalars(select(InboxRow))}
        answers = (await session.scalars(select(OutboxRow).order_by(OutboxRow.address, OutboxRow.id))).all()
    found = 0
    for one, other in pairwise(answers):
        if one.address != other.address:
            continue
        asked = [said[int(answer.dedupe_key.split(":")[1])] for answer in (one, other)]
        found += asked[0] > asked[1] or int(one.external_id or 0) > int(other.external_id or 0)
    return found
