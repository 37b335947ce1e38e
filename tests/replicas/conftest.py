"""What several processes share: a PostgreSQL."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

import db.inbox
from db.engine import Database
from db.inbox import Received
from tests.app import MONDAY_MORNING
from tests.postgres import fresh_database


@pytest.fixture
async def shared_url(migrated: dict[str, str]) -> AsyncIterator[str]:
    """A PostgreSQL database with all tables and nothing in them."""
    async with fresh_database(like=migrated["postgresql"]) as url:
        yield url


@pytest.fixture
async def shared(shared_url: str) -> AsyncIterator[Database]:
    opened = Database(shared_url)
    yield opened
    await opened.close()


END_SESSIONS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = :name
"""


async def end_sessions(database: Database, name: str = "twogether leader") -> None:
    """What a restart of PostgreSQL, or a network that breaks, does to them."""
    async with database.begin() as session:
        assert await session.scalar(text(END_SESSIONS), {"name": name})


async def keep(database: Database, address: str, *updates: int) -> list[int]:
    """Keep these updates one after the other; returns their ids."""
    kept = []
    for update in updates:
        async with database.begin() as session:
            rows = await db.inbox.put(session, "telegram", [Received(update, address, {})], MONDAY_MORNING)
        kept += [row.id for row in rows]
    return kept
