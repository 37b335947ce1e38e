"""Bring a database to the current schema, by Alembic."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from db.engine import UnusableError, async_url

MIGRATIONS = Path(__file__).parent / "migrations"


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = async_url(url)
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Apply what is missing. Must not be called from inside a running event loop. Raises UnusableError."""
    try:
        command.upgrade(_config(url), revision)
    except (OperationalError, ArgumentError, OSError, ValueError) as error:
        raise UnusableError.because(error) from error


def downgrade(url: str, revision: str) -> None:
    command.downgrade(_config(url), revision)


def head() -> str:
    """The newest revision this code knows."""
    return ScriptDirectory.from_config(_config("sqlite://")).get_current_head() or ""


async def current(url: str) -> str | None:
    """The revision the database is at; None for an empty one."""
    engine = create_async_engine(async_url(url))
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    finally:
        await engine.dispose()


async def upgrade_async(url: str) -> None:
    await asyncio.to_thread(upgrade, url)
