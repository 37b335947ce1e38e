"""Alembic's entry: the same engine set-up as the app's, on the address given by `db.migrate`."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from db import tables
from db.engine import Database


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run() -> None:
    database = Database(context.config.attributes["url"])
    async with database.engine.begin() as connection:
        await connection.run_sync(migrate)
    await database.close()


asyncio.run(run())
