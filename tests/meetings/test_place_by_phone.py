"""Naming a place in the whole programme: what is written next is the place, and there is a way out."""

from collections.abc import AsyncIterator

import pytest

from db.meetings import AGREED, Meeting
from tests.app import Phone, Running, running
from tests.matching.test_relay import pair_up, rows, talk

PLACE = "Bar Zanarini, Piazza Galvani 1"


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Running]:
    async with running(database_url) as up:
        yield up


@pytest.fixture
async def marco(house: Running) -> Phone:
    return await house.joined("worker", "Marco", cluster_id=1, age_band="50-59", sector="bakery")


@pytest.fixture
async def aisha(house: Running, marco: Phone) -> Phone:
    """She teaches Marco; he has chosen a time and is asked where."""
    phone = await house.joined("trainer", "Aisha", cluster_id=1, age_band="22-24")
    match_id = await pair_up(house, phone, marco)
    await marco.tap_data(f"meetings:book:{match_id}")
    await marco.tap(marco.screen[0])
    await marco.tap("Meet in person")
    return phone


async def test_a_place_goes_from_one_phone_to_the_other(house: Running, marco: Phone, aisha: Phone) -> None:
    assert "Where would you like to meet Aisha?" in marco.last
    await marco.say(PLACE)
    assert PLACE in marco.last
    assert PLACE in aisha.last
    await aisha.tap("Yes, that suits me")
    (meeting,) = await rows(house, Meeting)
    assert (meeting.state, meeting.place) == (AGREED, PLACE)
    assert PLACE in marco.texts[-2]
    assert marco.last.startswith("Before you begin: how sure do you feel")
    said = await talk(house, marco)
    assert (said.form, PLACE in str(said.recent)) == ("", False)  # where they meet is between the two


@pytest.mark.parametrize("way_out", ["Cancel", "stop", "/menu", "Menu", "/help"])
async def test_there_is_a_way_out(house: Running, marco: Phone, aisha: Phone, way_out: str) -> None:
    await marco.say(way_out)
    assert (await talk(house, marco)).form == ""
    (meeting,) = await rows(house, Meeting)
    assert meeting.place == ""


async def test_the_calendar_of_buttons_turns_its_pages_in_one_message(
    house: Running, marco: Phone, aisha: Phone
) -> None:
    (meeting,) = await rows(house, Meeting)
    await marco.tap_data(f"meetings:book:{meeting.match_id}")
    await marco.tap("Another time")
    await marco.tap("Another day")
    sent = len(marco.texts)
    await marco.tap("Later days")
    await marco.tap("Earlier days")
    assert len(marco.texts) == sent
    assert "Which day would suit you and Aisha?" in marco.last
