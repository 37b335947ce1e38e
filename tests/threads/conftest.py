"""The whole programme, without Rasa."""

from collections.abc import AsyncIterator

import pytest

from tests.app import Running, running


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Running]:
    async with running(database_url) as up:
        yield up
