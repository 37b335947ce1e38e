"""The web application on a real database, asked in this process."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bot.clock import Clock
from bot.web.app import build
from db.engine import Database
from db.people import Person

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    """Stands at noon; simulated, so that it can be moved."""
    return Clock(simulated=True, real=lambda: NOON)


type Browse = Callable[..., Any]


@pytest.fixture
def browse(database: Database, clock: Clock) -> Browse:
    """`async with browse(keep=…) as http`: a client of an application built with these."""

    @asynccontextmanager
    async def open_(**parts: Any) -> AsyncIterator[httpx.AsyncClient]:
        app = build(**{"database": database, "clock": clock, "rasa": lambda: "up", **parts})
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://web") as http:
            yield http

    return open_


async def somebody(database: Database) -> int:
    async with database.begin() as session:
        one = Person(address="42", created_at=NOON, seen_at=NOON, languages=[], topics=[], times=[])
        session.add(one)
        await session.flush()
        return one.id
