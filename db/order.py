"""One turn at a time per person, over all replicas on one PostgreSQL; and a call to the one that sends.

    async with order.turn_of("telegram", "4711") as waiting:
        if waiting is None: ...    # another replica is at a turn of theirs
        else: ...                  # the ids of what waits of this person, oldest first

A person's lock is an advisory one on a session that this process keeps for all of them, so that a turn may take as
long as Rasa does without a transaction being open, and the locks are free when the process dies. When only the session
breaks, another replica may begin a turn that is under way here; `db.inbox.done` lets one of the two count.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
import structlog

from db import advisory

log = structlog.get_logger(__name__)

CALL: LiteralString = "twogether_outbox"
PAUSE_S = 1.0
ANSWER_WITHIN_S = 10.0

# One round trip for everybody who asks at the same moment, and for those who are done. The order of the two does not
# matter: a session may hold a lock twice. What waits is seen as of the statement's start: everything that was
# acknowledged before it, and perhaps a row whose turn is over since.
ASK: LiteralString = """
    WITH freed AS MATERIALIZED (SELECT count(pg_advisory_unlock(key)) FROM unnest(%s::bigint[]) AS k (key)),
    asked AS MATERIALIZED (
        SELECT n, channel, address, pg_try_advisory_lock(key) AS held
        FROM unnest(%s::bigint[], %s::text[], %s::text[]) WITH ORDINALITY AS a (key, channel, address, n)
    )
    SELECT n, CASE WHEN held THEN ARRAY(
        SELECT id FROM inbox
        WHERE inbox.state = 'pending' AND inbox.channel = asked.channel AND inbox.address = asked.address
        ORDER BY update_id, id
    ) END FROM freed LEFT JOIN asked ON true ORDER BY n
"""


class OrderUnknownError(Exception):
    """The database did not say whose turn it is."""


@dataclass(frozen=True, slots=True)
class _Wish:
    key: int
    channel: str
    address: str
    answer: asyncio.Future[Sequence[int] | None]
    asked_by: list[psycopg.AsyncConnection[Any]]  # the session that got the lock


class Order:
    """Asks PostgreSQL, for all turns of this process together."""

    def __init__(self, url: str) -> None:
        self._url = advisory.libpq_url(url)
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._wishes: list[_Wish] = []
        self._freed: list[int] = []
        self._calls = False
        self._woken = asyncio.Event()
        self._work: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def turn_of(self, channel: str, address: str) -> AsyncGenerator[Sequence[int] | None]:
        """Raises OrderUnknownError when the database is away."""
        answer: asyncio.Future[Sequence[int] | None] = asyncio.get_running_loop().create_future()
        wish = _Wish(advisory.key(f"turn:{channel}:{address}"), channel, address, answer, [])
        self._wishes.append(wish)
        self._wake()
        try:
            yield await answer
        finally:
            # Another session than then: the lock went with the old one.
            if self._connection is not None and self._connection in wish.asked_by:
                self._freed.append(wish.key)
                self._wake()

    def call(self) -> None:
        """There is something to send; whoever sends shall look."""
        self._calls = True
        self._wake()

    async def close(self) -> None:
        """Give every lock back, and say what is still to be said."""
        if self._work:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
            self._work = None
        with suppress(psycopg.Error, OSError):
            await self._say_calls()
        await self._drop()

    def _wake(self) -> None:
        self._woken.set()
        if self._work is None:
            self._work = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), advisory.BEAT_S)
            self._woken.clear()
            wishes, self._wishes = self._wishes, []
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    await self._ask(wishes)
                    await self._say_calls()
            except (psycopg.Error, OSError) as error:
                log.warning("order.database_away", error=type(error).__name__)
                await self._drop()
                for wish in wishes:
                    if not wish.answer.done():
                        wish.answer.set_exception(OrderUnknownError(type(error).__name__))
                await asyncio.sleep(PAUSE_S)

    async def _ask(self, wishes: Sequence[_Wish]) -> None:
        answers = await self._answers(wishes)
        for wish, answer in zip(wishes, answers, strict=True):
            held = answer is not None
            if wish.answer.done():  # nobody waits for it any more
                self._freed += [wish.key] if held else []
                self._woken.set()
                continue
            if held and self._connection:
                wish.asked_by.append(self._connection)
            wish.answer.set_result(answer)

    async def _answers(self, wishes: Sequence[_Wish]) -> list[Sequence[int] | None]:
        """One statement; once more on a new session when the old one turns out to be broken."""
        connection = self._connection
        if connection is not None:
            try:
                return await self._answers_of(connection, wishes)
            except psycopg.OperationalError:
                await self._drop()
        connection = self._connection = await self._connect()
        return await self._answers_of(connection, wishes)

    async def _answers_of(
        self, connection: psycopg.AsyncConnection[Any], wishes: Sequence[_Wish]
    ) -> list[Sequence[int] | None]:
        freed, self._freed = self._freed, []
        asked = [[wish.key for wish in wishes], [wish.channel for wish in wishes], [wish.address for wish in wishes]]
        found = await (await connection.execute(ASK, [freed, *asked], prepare=True)).fetchall()
        return [waiting for number, waiting in found if number is not None]

    async def _say_calls(self) -> None:
        if self._calls and self._connection is not None:
            self._calls = False
            await self._connection.execute("SELECT pg_notify(%s, '')", [CALL], prepare=True)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, application_name="twogether turns", **advisory.CLIENT
        )
        await connection.execute(advisory.settings(writes=False).encode())
        return connection

    async def _drop(self) -> None:
        """All locks go with the session."""
        connection, self._connection = self._connection, None
        self._freed.clear()
        if connection:
            with suppress(psycopg.Error, OSError):
                await connection.close()


async def listen(url: str, called: Callable[[], None]) -> None:
    """Tell of every call until cancelled; also after each connect, as calls may have been missed."""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                advisory.libpq_url(url), autocommit=True, application_name="twogether listens", **advisory.CLIENT
            ) as connection:
                await connection.execute(f"LISTEN {CALL}")
                called()
                async for _ in connection.notifies():
                    called()
        except (psycopg.Error, OSError) as error:
            log.warning("order.not_listening", error=type(error).__name__)
            await asyncio.sleep(PAUSE_S)
