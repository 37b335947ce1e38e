"""Which one of several processes sends, ticks and polls: the one that holds the lock.

    leader = leader_of(database)
    if await leader.stand():       # False: another one leads
        await leader.until_over(stopping)
        await leader.resign()

On PostgreSQL any number of processes may run, and the lock is an advisory one. On SQLite there is one process, and its
lock a file beside the database.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy import NullPool, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine

from db import advisory
from db.engine import Database
from db.health import sqlite_file

log = structlog.get_logger(__name__)

LOCK = advisory.key("twogether:leader")
LOOK_EVERY_S = 1.0
ANSWER_WITHIN_S = 10.0
FROZEN_S = 30  # a leader that says nothing for so long is frozen, and another one takes over

MINE = """
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
    AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = :key
"""


class AnotherRunsError(Exception):
    """Another process works on this SQLite file."""


class NotLeadingError(Exception):
    """Only the leader may do this, and this process is not, or no longer, the leader."""


class Leader(Protocol):
    @property
    def leads(self) -> bool:
        """Whether this process leads now, as far as it knows."""
        ...

    async def stand(self) -> bool:
        """Become the leader, if there is none. Raises AnotherRunsError on SQLite."""
        ...

    def begin(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A writing transaction that cannot be committed by anybody but the leader. Raises NotLeadingError."""
        ...

    async def until_over(self, event: asyncio.Event) -> None:
        """Wait until the leadership is lost or the event has come."""
        ...

    async def resign(self) -> None:
        """Let another one lead. Harmless when this one does not."""
        ...


def leader_of(database: Database) -> Leader:
    return OnlyOne(database) if database.is_sqlite else OneOfMany(database)


class OnlyOne:
    """The one process on a SQLite file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file: int | None = None
        self._leads = False

    @property
    def leads(self) -> bool:
        return self._leads

    async def stand(self) -> bool:
        path = sqlite_file(self._database.url)
        if path and self._file is None:
            self._file = _locked(path.with_name(path.name + ".lock"))
        self._leads = True
        return True

    def begin(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._database.begin()

    async def until_over(self, event: asyncio.Event) -> None:
        await event.wait()

    async def resign(self) -> None:
        self._leads = False
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _locked(path: Path) -> int:
    """The open file, locked; whoever dies gives it back. It stays there: to remove it would let two lock it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise AnotherRunsError from None
    return file


class OneOfMany:
    """One of any number of processes on a PostgreSQL.

    The lock lives on a session of its own, and so does every claim of a message: when the session is gone, this
    process cannot claim anything any more, even before it has noticed.
    """

    def __init__(self, database: Database) -> None:
        self._engine = create_async_engine(
            database.url, poolclass=NullPool, connect_args={**advisory.CLIENT, "application_name": "twogether leader"}
        )
        self._connection: AsyncConnection | None = None
        self._one_at_a_time = asyncio.Lock()
        self._over = asyncio.Event()
        self._over.set()

    @property
    def leads(self) -> bool:
        return not self._over.is_set()

    async def stand(self) -> bool:
        if self.leads:
            return True
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S), self._one_at_a_time:
                connection = self._connection = self._connection or await self._connect()
                async with connection.begin():
                    held = await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK})
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("leader.database_away", error=type(error).__name__)
            await self._drop()
            return False
        if held:
            self._over.clear()
        return bool(held)

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[AsyncSession]:
        async with self._one_at_a_time:
            if self._connection is None or not self.leads:
                raise NotLeadingError
            connection = self._connection
            try:
                async with AsyncSession(connection, expire_on_commit=False) as session, session.begin():
                    yield session
            finally:
                if connection.invalidated:  # it would connect anew, and the lock be gone
                    self._over.set()

    async def until_over(self, event: asyncio.Event) -> None:
        come = asyncio.create_task(event.wait())
        over = asyncio.create_task(self._over.wait())
        try:
            while not (event.is_set() or self._over.is_set()):
                await asyncio.wait({come, over}, timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
                if not (event.is_set() or self._over.is_set()):
                    await self._look()
        finally:
            come.cancel()
            over.cancel()

    async def resign(self) -> None:
        self._over.set()
        await self._drop()

    async def _look(self) -> None:
        """Whether the lock is still ours. What lies between us and PostgreSQL may have given us another session."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S), self.begin() as session:
                held = await session.scalar(text(MINE), {"key": LOCK})
        except (SQLAlchemyError, OSError, TimeoutError, NotLeadingError) as error:
            log.warning("leader.lost", error=type(error).__name__)
            held = 0
        if not held:
            self._over.set()

    async def _connect(self) -> AsyncConnection:
        connection = await self._engine.connect()
        async with connection.begin():
            await connection.execute(text(advisory.settings(FROZEN_S)))
        return connection

    async def _drop(self) -> None:
        """End the session, and with it the lock; politely if the other end answers."""
        connection, self._connection = self._connection, None
        if connection:
            with suppress(SQLAlchemyError, OSError, TimeoutError):
                async with asyncio.timeout(2.0):
                    await connection.close()
