"""When the next lesson comes, which it is, and where somebody goes on: for any hour, zone and way through."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clock import QuietHours
from bot.lessons.rules import block_from, first_open, next_slot

QUIET = QuietHours.parse("21:00-08:00")
NEVER_QUIET = QuietHours.parse("00:00-00:00")
ZONES = ["Europe/London", "Europe/Rome", "Atlantic/Canary", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "UTC"]
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
quiet_hours = st.builds(QuietHours, st.times().map(lambda t: t.replace(second=0, microsecond=0)), st.just(time(8)))


@given(moments, st.integers(0, 23), st.integers(0, 59), st.sampled_from(ZONES), quiet_hours, st.integers(1, 3))
@settings(max_examples=300)
def test_a_lesson_comes_on_that_day_and_never_in_quiet_hours(
    now: datetime, hour: int, minute: int, zone: str, quiet: QuietHours, days: int
) -> None:
    found = next_slot(now, hour, minute, zone, quiet, days)
    local = found.astimezone(ZoneInfo(zone))
    assert found > now
    assert not quiet.cover(local.time())
    assert local.date() == now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)


@given(moments, st.integers(0, 23), st.integers(0, 59), st.sampled_from(ZONES))
def test_a_lesson_comes_every_day_at_the_same_hour(now: datetime, hour: int, minute: int, zone: str) -> None:
    """Whatever the hour: one of the quiet ones does not leave out every other day."""
    slot, days = now, set()
    for _ in range(9):
        slot = next_slot(slot, hour, minute, zone, QUIET)
        days.add(slot.astimezone(ZoneInfo(zone)).date())
    assert (max(days) - min(days)).days == 8 == len(days) - 1


@pytest.mark.parametrize(
    ("now", "zone", "before", "after"),
    [
        ("2026-10-24T09:00", "Europe/Rome", "2026-10-24T16:00", "2026-10-25T17:00"),
        ("2027-03-27T09:00", "Europe/Rome", "2027-03-27T17:00", "2027-03-28T16:00"),
        ("2026-10-24T09:00", "Europe/London", "2026-10-24T17:00", "2026-10-25T18:00"),
        ("2027-03-27T09:00", "Europe/London", "2027-03-27T18:00", "2027-03-28T17:00"),
    ],
)
def test_six_in_the_evening_is_six_on_both_sides_of_a_changed_clock(
    now: str, zone: str, before: str, after: str
) -> None:
    day = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_slot(day, 18, 0, zone, QUIET, days=0) == datetime.fromisoformat(before).replace(tzinfo=UTC)
    assert next_slot(day, 18, 0, zone, QUIET) == datetime.fromisoformat(after).replace(tzinfo=UTC)


def test_an_hour_that_the_clock_leaves_out_moves_on() -> None:
    found = next_slot(datetime(2027, 3, 27, 9, tzinfo=UTC), 2, 30, "Europe/Rome", NEVER_QUIET)
    assert found.astimezone(ZoneInfo("Europe/Rome")).time() == time(3, 30)


@given(st.lists(st.sampled_from("abcde"), unique=True), st.sets(st.sampled_from("abcdefg")))
def test_the_first_lesson_that_is_not_finished(lessons: list[str], finished: set[str]) -> None:
    found = first_open(lessons, finished)
    assert found is None or (found in lessons and found not in finished)
    assert set(lessons[: lessons.index(found)] if found else lessons) <= finished


@pytest.mark.parametrize(
    ("served", "block", "here", "after"),
    [
        ("abcd", "a", "a", "b"),
        ("abcd", "d", "d", None),
        ("acd", "b", "c", "c"),  # withheld while somebody stood there
        ("acd", "a", "a", "c"),
        ("ab", "c", None, None),  # nothing is left of it
        ("abcd", "gone", "a", "a"),
        ("bcd", "", "b", "b"),
        ("", "a", None, None),
    ],
)
def test_where_somebody_goes_on(served: str, block: str, here: str | None, after: str | None) -> None:
    assert block_from("abcd", served, block) == here
    assert block_from("abcd", served, block, after=True) == after
