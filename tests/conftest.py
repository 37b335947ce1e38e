"""What every test may use: real databases on SQLite and PostgreSQL."""

import os
import shutil
import sys
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from db import migrate
from db.engine import Database
from tests.postgres import empty_database, fresh_database
from tests.rasa import SharedRasa, shared_rasa

# What is about the database itself is tested on both kinds; of everything else, test by test, on one of them in turn:
# that halves the time, and each query still meets both. `BOTH_DATABASES=1 make test` runs all of it on both.
ON_BOTH = (
    "test_migrations",
    "tests/outbox",
    "test_restart",
    "test_races",
    "test_any_order",
    "test_doctor",
    "test_engine",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("BOTH_DATABASES"):
        return
    kept, left = list[pytest.Item](), list[pytest.Item]()
    for item in items:
        params = getattr(getattr(item, "callspec", None), "params", {})
        kind = params.get("database_url") or params.get("empty_database_url")
        alone = kind is None or any(part in item.nodeid for part in ON_BOTH)
        test = item.nodeid.replace(str(kind), "")
        turn = ("sqlite", "postgresql")[zlib.crc32(test.encode()) % 2]
        (kept if alone or kind == turn else left).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A database of each kind with all tables and nothing in them, to make copies of: its address by its kind."""
    with empty_database() as postgresql:
        made = {
            "sqlite": f"sqlite:///{tmp_path_factory.mktemp('migrated') / 'template.db'}",
            "postgresql": postgresql,
        }
        for url in made.values():
            migrate.upgrade(url)
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind with nothing in it, not even tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        with empty_database() as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path, migrated: dict[str, str]) -> AsyncIterator[str]:
    """A database of each kind with all tables and nothing in them."""
    if request.param == "sqlite":
        file = tmp_path / "test.db"
        shutil.copyfile(migrated["sqlite"].removeprefix("sqlite:///"), file)
        yield f"sqlite:///{file}"
    else:
        async with fresh_database(like=migrated["postgresql"]) as url:
            yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database of each kind, opened."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def rasa() -> Iterator[SharedRasa]:
    """The real Rasa with the real model. Tests that use it carry `xdist_group("rasa")`, so that one is enough."""
    with shared_rasa() as shared:
        yield shared
