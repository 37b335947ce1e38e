"""One door to the database: a transaction to write, a transaction to read.

SQLite runs in WAL mode with foreign keys on; a writing transaction takes the write lock at its start
(``BEGIN IMMEDIATE``), so that it never fails half-way for want of it.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from db.line import Line


class UnusableError(Exception):
    """The address is none of a database, or nobody answers there. Says why in one line."""

    @classmethod
    def because(cls, error: Exception) -> "UnusableError":
        why = getattr(error, "orig", None) or error
        return cls(str(why).strip().partition("\n")[0])


def async_url(url: str) -> str:
    """The address with the driver we use: psycopg 3 or aiosqlite, whatever was written."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return parsed.set(drivername="sqlite+aiosqlite").render_as_string(hide_password=False)
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        case other:
            raise ValueError(f"TWOGETHER_DATABASE_URL must be SQLite or PostgreSQL, not {other}")


WRITERS = 8


class Database:
    """Opens sessions. `begin()` commits at the end of the block, or rolls back when it raises.

    Raises UnusableError for an address that cannot be one of a database.
    """

    def __init__(self, url: str, pool_size: int = 10) -> None:
        try:
            self._prepare(url, pool_size)
        except (ArgumentError, OSError, ValueError) as error:
            raise UnusableError.because(error) from error

    def _prepare(self, url: str, pool_size: int) -> None:
        self.url = async_url(url)
        self.is_sqlite = self.url.startswith("sqlite")
        if self.is_sqlite:
            file = make_url(self.url).database
            if file and file != ":memory:":
                Path(file).parent.mkdir(parents=True, exist_ok=True)
        self.engine: AsyncEngine = create_async_engine(
            self.url, hide_parameters=True, pool_size=pool_size, max_overflow=10, pool_pre_ping=not self.is_sqlite
        )
        if self.is_sqlite:
            _teach_sqlite(self.engine)
        self._write = async_sessionmaker(self.engine, expire_on_commit=False)
        self._read = async_sessionmaker(self.engine.execution_options(reads_only=True), expire_on_commit=False)
        # SQLite has one writer; waiting in line here is fairer and faster than its busy handler. With PostgreSQL
        # more than a few at a time only make each other slow: it is one Python that speaks for all of them.
        self._writers = Line(1 if self.is_sqlite else WRITERS)

    @asynccontextmanager
    async def begin(self, *, urgent: bool = False) -> AsyncGenerator[AsyncSession]:
        """A writing transaction: one use case. What is urgent does not wait behind other use cases."""
        async with self._writers.place(urgent=urgent), self._write.begin() as session:
            yield session

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncSession]:
        """A reading transaction; whatever is changed in it is dropped."""
        async with self._read() as session:
            yield session

    async def ping(self) -> None:
        """Raise when the database does not answer."""
        async with self.read() as session:
            await session.execute(text("select 1"))

    async def close(self) -> None:
        await self.engine.dispose()


def _teach_sqlite(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # what was acknowledged survives a power cut, not only a crash
            "foreign_keys=ON",
            "busy_timeout=10000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    _ = (prepare, begin)
