"""The whole programme with a course of its own, without Rasa."""

from collections.abc import AsyncIterator

import pytest

from tests.app import Running, running
from tests.lessons.learner import COURSE


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Running]:
    async with running(database_url, curriculum=COURSE) as up:
        yield up
