"""Alembic's entry: the same engine set-up as the app's, on the address given by `db.migrate`.

SQLite changes a table by making a new one and dropping the old one; with its foreign keys on that would delete every
row that points at it. So they are off meanwhile, and checked before anything is committed.
"""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection, event, inspect, text

from db import advisory, tables
from db.engine import Database


def migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # two that start at once: the second finds the work done
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": advisory.key("twogether:migrate")})
    given = _ids_given(connection)
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if connection.dialect.name == "sqlite":
        _give_none_again(connection, given)
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if lost is not None:
            raise RuntimeError(f"a row of {lost[0]} points at a row of {lost[2]} that is not there")


def _ids_given(connection: Connection) -> dict[str, int]:
    """The highest id that each table of SQLite ever gave, be its row still there or not."""
    if connection.dialect.name != "sqlite" or not inspect(connection).has_table("sqlite_sequence"):
        return {}
    return {table: last for table, last in connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")}


def _give_none_again(connection: Connection, given: dict[str, int]) -> None:
    """A table made anew knows only the ids that are left."""
    for table, last in given.items():
        connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (last, table))


def _without_foreign_keys(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys=OFF")


async def run() -> None:
    database = Database(context.config.attributes["url"])
    if database.is_sqlite:
        event.listen(database.engine.sync_engine, "connect", _without_foreign_keys)
    async with database.engine.begin() as connection:
        await connection.run_sync(migrate)
    await database.close()


asyncio.run(run())
