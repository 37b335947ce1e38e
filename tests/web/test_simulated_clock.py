"""The simulated clock: shown, moved, and moved by nonsense not at all."""

import json
import math
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import Clock
from bot.web.simulated_clock import FARTHEST, read_advance
from tests.web.conftest import NOON, Browse

HOUR = timedelta(hours=1)


def parts(clock: Clock, moved: list[timedelta]):
    async def advance(by: timedelta) -> None:
        moved.append(by)
        clock.advance(by)

    async def next_due() -> datetime | None:
        return NOON + 2 * HOUR if clock.now() < NOON + 2 * HOUR else None

    return {"advance": advance, "next_due": next_due}


async def test_it_is_shown_and_moved(browse: Browse, clock: Clock) -> None:
    moved: list[timedelta] = []
    async with browse(**parts(clock, moved)) as http:
        shown = await http.get("/simulator/clock")
        first = await http.post("/simulator/clock", json={"advance_s": 3600})
        second = await http.post("/simulator/clock", json={"advance_s": 3600.5})
        still = await http.post("/simulator/clock", json={"advance_s": 0})
    assert shown.json() == {
        "now": "2026-11-24T12:00:00+00:00",
        "next_due": "2026-11-24T14:00:00+00:00",
        "simulated": True,
    }
    assert first.json()["now"] == "2026-11-24T13:00:00+00:00"
    assert second.json() == still.json()
    assert second.json()["next_due"] is None
    assert moved == [HOUR, timedelta(seconds=3600.5), timedelta(0)]


async def test_the_real_clock_cannot_be_seen_or_moved(browse: Browse) -> None:
    real = Clock()
    async with browse(clock=real, **parts(real, [])) as http:
        assert (await http.get("/simulator/clock")).status_code == 404
        assert (await http.post("/simulator/clock", json={"advance_s": 1})).status_code == 404


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "Say by how many seconds"),
        ("{", "Say by how many seconds"),
        ("[1]", "Say by how many seconds"),
        ("{}", "Say by how many seconds"),
        ('{"advance_s": 1' + " " * 2000 + "}", "Say by how many seconds"),
        ("[" * 900, "Say by how many seconds"),
        ('{"advance_s": "1"}', "a number of seconds"),
        ('{"advance_s": null}', "a number of seconds"),
        ('{"advance_s": true}', "a number of seconds"),
        ('{"advance_s": NaN}', "a number of seconds"),
        ('{"advance_s": -0.5}', "only goes forward"),
        ('{"advance_s": -Infinity}', "only goes forward"),
        ('{"advance_s": Infinity}', "more than ten years"),
        ('{"advance_s": 1e300}', "more than ten years"),
        ('{"advance_s": 1' + "0" * 400 + "}", "more than ten years"),
        ('{"advance_s": 315619200}', "more than ten years"),
    ],
)
async def test_nonsense_moves_nothing(browse: Browse, clock: Clock, body: str, sentence: str) -> None:
    moved: list[timedelta] = []
    async with browse(**parts(clock, moved)) as http:
        answer = await http.post("/simulator/clock", content=body.encode())
    assert answer.status_code == 422
    assert sentence in answer.json()["error"]
    assert not moved


async def test_the_end_of_time(browse: Browse, clock: Clock) -> None:
    clock.advance(timedelta(days=365.25 * 6970))
    async with browse(**parts(clock, [])) as http:
        answer = await http.post("/simulator/clock", json={"advance_s": FARTHEST.total_seconds()})
    assert answer.status_code == 422


@given(st.floats() | st.integers() | st.none() | st.text(max_size=5) | st.booleans())
def test_any_number_is_a_step_forward_or_a_sentence(seconds: object) -> None:
    body = json.dumps({"advance_s": seconds}).encode()
    fits = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if fits and not math.isnan(seconds) and 0 <= seconds <= FARTHEST.total_seconds():
        assert read_advance(body) == timedelta(seconds=seconds)
    else:
        with pytest.raises(ValueError, match=r"\.$"):
            read_advance(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_step_or_a_sentence(body: bytes) -> None:
    try:
        by = read_advance(body)
    except ValueError:
        return  # anything else fails the test
    assert timedelta(0) <= by <= FARTHEST
