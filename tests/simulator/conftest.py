"""A Telegram of its own for each test, two people on it, and PTB's bot as the client."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
import telegram

from simulator import Person, Telegram

TOKEN = "1:T"


@pytest.fixture
async def tg() -> AsyncIterator[Telegram]:
    async with Telegram(token=TOKEN) as running:
        yield running


@pytest.fixture
def marco(tg: Telegram) -> Person:
    """Has started the bot; his /start is still waiting."""
    person = tg.add_person("Marco", "it")
    tg.start(person)
    return person


@pytest.fixture
def aisha(tg: Telegram) -> Person:
    person = tg.add_person("Aisha", "it", last_name="Conti", username="aisha_c")
    tg.start(person)
    return person


@pytest.fixture
async def bot(tg: Telegram) -> AsyncIterator[telegram.Bot]:
    async with telegram.Bot(TOKEN, base_url=f"{tg.url}/bot", base_file_url=f"{tg.url}/file/bot") as client:
        yield client


@pytest.fixture
async def http(tg: Telegram) -> AsyncIterator[aiohttp.ClientSession]:
    """Plain HTTP to the simulator: `http.get("/sim/people")`."""
    async with aiohttp.ClientSession(tg.url) as session:
        yield session
