"""A time in words, in the whole programme and without Rasa's help: what is nothing but a time is one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.clock import Clock
from db.meetings import Meeting
from tests.app import Phone, Running, running, standing_still
from tests.matching.test_relay import pair_up, rows

TUESDAY = datetime(2026, 11, 17, 8, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return standing_still(TUESDAY)


@pytest.fixture
async def house(database_url: str, clock: Clock) -> AsyncIterator[Running]:
    async with running(database_url, clock=clock) as up:
        yield up


@pytest.fixture
async def marco(house: Running) -> Phone:
    return await house.joined("worker", "Marco", "it", cluster_id=1, age_band="50-59", sector="bakery")


@pytest.fixture
async def aisha(house: Running, marco: Phone) -> Phone:
    """She teaches Marco, who is asked for a time."""
    phone = await house.joined("trainer", "Aisha", "it", cluster_id=1, age_band="22-24")
    match_id = await pair_up(house, phone, marco)
    await marco.tap_data(f"meetings:book:{match_id}")
    return phone


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("domani", "A che ora, domani, mercoledì 18 novembre?"),
        ("10/12", "A che ora, giovedì 10 dicembre?"),
        ("10/12 alle 15", "Con Aisha, giovedì 10 dicembre, alle 15:00: è giusto?"),
        ("alle 3 di notte", "tra le 7:00 e le 22:00"),
        ("ora", "Manca troppo poco"),
        ("10", "Quale intende?"),
    ],
)
async def test_a_time_alone_is_no_good_bye(marco: Phone, aisha: Phone, said: str, answer: str) -> None:
    assert answer in await marco.say(said)


async def test_the_second_is_the_second(house: Running, marco: Phone, aisha: Phone) -> None:
    await marco.say("va bene il secondo")
    assert "martedì 24 novembre, alle 15:00" in aisha.last


@pytest.mark.parametrize("said", ["il 31 novembre alle 10", "domenica 28 marzo alle 2 e mezza di notte"])
async def test_a_time_that_does_not_exist_is_told_to_be_none(
    house: Running, marco: Phone, aisha: Phone, said: str
) -> None:
    await marco.say(said)
    assert "non esiste" in marco.texts[-2]
    assert "Quando vorrebbe incontrare Aisha?" in marco.last
    assert (await rows(house, Meeting))[-1].chosen_by is None


async def test_a_time_where_it_is_asked_whether_one_suits(marco: Phone, aisha: Phone) -> None:
    await marco.tap(marco.screen[0])
    assert "A che ora, domani" in await aisha.say("domani")


async def test_who_says_why_from_below_the_calendar_file_is_answered(
    house: Running, marco: Phone, aisha: Phone
) -> None:
    await marco.tap(marco.screen[0])
    await aisha.tap("Sì, mi va bene")
    await marco.tap("Annulla l’incontro")
    await marco.tap("Sì, annulla l’incontro")
    await marco.tap("Sto male")
    assert marco.last == "Buona guarigione!"
    await aisha.tap(aisha.screen[0])  # below the file that takes the meeting out of her calendar
    assert any("✓ " in text and "Marco ha annullato" in text for text in aisha.texts)
