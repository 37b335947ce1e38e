"""Time: one place that reads it, a simulated one that is moved, hours in which to be quiet."""

# ruff: noqa: DTZ001 - what a wall clock shows has no zone

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import Clock, QuietHours, at

ZONES = ("Europe/London", "Europe/Rome", "Europe/Berlin", "Europe/Madrid", "Atlantic/Canary", "Australia/Lord_Howe")
NIGHT = QuietHours.parse("21:00-08:00")
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
walls = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1))
hours = st.builds("{:02}:{:02}-{:02}:{:02}".format, *[st.integers(0, 23), st.integers(0, 59)] * 2)


def test_the_clock_gives_aware_utc() -> None:
    before = datetime.now(UTC)
    assert before <= Clock().now() <= datetime.now(UTC)
    assert Clock().now().tzinfo is UTC


def test_a_simulated_clock_runs_on_from_where_it_was_moved() -> None:
    real = datetime(2026, 11, 23, 9, tzinfo=UTC)
    clock = Clock(simulated=True, real=lambda: real)
    clock.advance(timedelta(days=3))
    assert clock.now() == datetime(2026, 11, 26, 9, tzinfo=UTC)
    real += timedelta(seconds=5)
    assert clock.now() == datetime(2026, 11, 26, 9, 0, 5, tzinfo=UTC)


def test_the_real_clock_cannot_be_moved_and_no_clock_goes_back() -> None:
    with pytest.raises(RuntimeError):
        Clock().advance(timedelta(seconds=1))
    with pytest.raises(ValueError, match="forward"):
        Clock(simulated=True).advance(timedelta(seconds=-1))


@pytest.mark.parametrize(
    "text", ["", "21-8", "25:00-08:00", "21:00", "21:60-08:00", "night", "21:00-08:00 x", "٢١:٠٠-8"]
)
def test_quiet_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        QuietHours.parse(text)


@pytest.mark.parametrize(
    ("hours", "wall", "is_quiet"),
    [
        ("21:00-08:00", time(20, 59), False),
        ("21:00-08:00", time(21, 0), True),
        ("21:00-08:00", time(7, 59), True),
        ("21:00-08:00", time(8, 0), False),
        ("12:00-14:00", time(13, 0), True),
        ("12:00-14:00", time(14, 0), False),
        ("00:00-00:00", time(3, 0), False),
    ],
)
def test_what_quiet_hours_cover(hours: str, wall: time, is_quiet: bool) -> None:
    assert QuietHours.parse(hours).cover(wall) is is_quiet


@given(moments, st.sampled_from(ZONES), hours)
def test_after_quiet_hours_is_never_quiet_never_earlier_and_at_most_a_day_away(
    moment: datetime, zone: str, text: str
) -> None:
    quiet = QuietHours.parse(text)
    after = quiet.after(moment, zone)
    assert after >= moment
    assert after - moment <= timedelta(hours=25)
    if not quiet.cover(moment.astimezone(ZoneInfo(zone)).time()):
        assert after == moment
    else:
        wall = after.astimezone(ZoneInfo(zone))
        # A wall time that DST leaves out is met as soon as there is one again.
        assert wall.time() == quiet.end or wall.replace(fold=0).utcoffset() != (wall - timedelta(hours=2)).utcoffset()


@given(walls, st.sampled_from(ZONES))
def test_a_wall_time_and_back(wall: datetime, zone: str) -> None:
    instant = at(wall, zone)
    assert instant.tzinfo is UTC
    shown = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert shown - wall in (timedelta(0), timedelta(hours=1), timedelta(minutes=30))


def test_summer_time_begins_and_ends() -> None:
    assert at(datetime(2026, 3, 29, 2, 30), "Europe/Rome") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # there is none
    assert at(datetime(2026, 10, 25, 2, 30), "Europe/Rome") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the first
    saturday_night = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
    assert NIGHT.after(saturday_night, "Europe/Rome") == datetime(2026, 3, 29, 6, 0, tzinfo=UTC)
    assert NIGHT.after(saturday_night, "Europe/London") == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)
