"""What every test may use: real databases on SQLite and PostgreSQL."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from db import tables
from db.engine import Database
from tests.postgres import fresh_database
from tests.rasa import SharedRasa, shared_rasa


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
    else:
        async with fresh_database() as url:
            yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database of each kind with all tables."""
    opened = Database(database_url)
    async with opened.engine.begin() as connection:
        await connection.run_sync(tables.metadata.create_all)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def rasa() -> Iterator[SharedRasa]:
    """The real Rasa with the real model. Tests that use it carry `xdist_group("rasa")`, so that one is enough."""
    with shared_rasa() as shared:
        yield shared
