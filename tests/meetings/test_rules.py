from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import QuietHours
from bot.meetings import rules
from bot.meetings.rules import HOURS, MOMENT, Wish

ROME, LONDON = ZoneInfo("Europe/Rome"), ZoneInfo("Europe/London")
FOUR_ZONES = ("Europe/London", "Europe/Rome", "Europe/Berlin", "Europe/Madrid")
QUIET = QuietHours.parse("21:00-08:00")
TUESDAY = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
SPRING, AUTUMN = datetime(2027, 3, 28, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)

zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
moments = st.one_of(
    st.integers(0, 8 * 365 * 24 * 60).map(lambda m: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=m)),
    st.sampled_from((SPRING, AUTUMN)).flatmap(
        lambda night: st.integers(-16 * 24 * 60, 60 * 24).map(lambda m: night + timedelta(minutes=m))
    ),
)
weeks = st.frozensets(st.sampled_from(sorted(rules.ANY_TIME)))


@given(weeks, zones, zones, moments, st.sets(st.integers(0, 14 * 96), max_size=200), st.booleans())
def test_what_is_proposed_is_possible(
    week: frozenset[str], zone: ZoneInfo, other: ZoneInfo, now: datetime, busy: set[int], again: bool
) -> None:
    taken = {rules.to_the_quarter(now) + rules.QUARTER * n for n in busy}
    after = None
    for _ in range(2 if again else 1):
        found = rules.propose(week, zone, other, now, taken, after=after)
        assert len(found) <= rules.MOST_TIMES
        assert found == sorted(found)
        days = [start.astimezone(zone).date() for start in found]
        assert len(set(days)) == len(days)
        for start in found:
            assert start.utcoffset() == timedelta(0)
            assert now + rules.NOTICE <= start < max(now, after or now) + rules.WITHIN
            assert after is None or start > after
            local = start.astimezone(zone)
            part = {wall: part for part, wall in rules.WALL_HOUR.items()}[local.time()]
            assert f"{local.weekday()}-{part}" in week
            assert rules.in_the_day(start, zone)
            assert rules.in_the_day(start, other)
            assert taken.isdisjoint(rules.quarters(start, start + rules.LASTS))
        after = found[-1] if found else after


@pytest.mark.parametrize("name", FOUR_ZONES)
@pytest.mark.parametrize("sunday", [SPRING, AUTUMN])
def test_the_wall_clock_counts_when_summer_time_changes(name: str, sunday: datetime) -> None:
    """Sunday at 10 is 10 on that Sunday's clocks: an hour off the day before."""
    zone, winter = ZoneInfo(name), timedelta(hours=0 if name == "Europe/London" else 1)
    saturday_at, sunday_at = rules.propose({"5-am", "6-am"}, zone, zone, sunday - timedelta(days=2))[:2]
    ten, summer = sunday + timedelta(hours=10) - winter, timedelta(hours=1)
    if sunday is SPRING:
        assert (saturday_at, sunday_at) == (ten - timedelta(days=1), ten - summer)
    else:
        assert (saturday_at, sunday_at) == (ten - timedelta(days=1) - summer, ten)


def test_three_days_and_different_parts_of_the_day() -> None:
    found = rules.propose(rules.ANY_TIME, ROME, ROME, TUESDAY)
    assert [f"{start.astimezone(ROME):%a %d %H}" for start in found] == ["Wed 18 10", "Thu 19 15", "Fri 20 18"]


def test_other_times_are_the_next_ones() -> None:
    first = rules.propose({"1-pm", "3-am"}, ROME, ROME, TUESDAY)
    assert [f"{start.astimezone(ROME):%a %d %H}" for start in first] == ["Thu 19 10", "Tue 24 15", "Thu 26 10"]
    then = rules.propose({"1-pm", "3-am"}, ROME, ROME, TUESDAY, after=first[-1])
    assert [f"{start.astimezone(ROME):%a %d %H}" for start in then] == ["Tue 01 15", "Thu 03 10", "Tue 08 15"]


def test_a_taken_hour_moves_to_the_next_week() -> None:
    busy = datetime(2026, 11, 24, 14, 45, tzinfo=UTC)  # within Tuesday 15:00 to 16:00 in Rome
    assert rules.propose({"1-pm"}, ROME, ROME, TUESDAY, {busy}) == []
    next_week = TUESDAY + timedelta(days=1)
    assert rules.propose({"1-pm"}, ROME, ROME, next_week, {busy}) == [datetime(2026, 12, 1, 14, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("moment", "wrong"),
    [
        (TUESDAY - timedelta(days=1), rules.PAST),
        (TUESDAY - timedelta(minutes=15), rules.PAST),
        (TUESDAY, rules.SOON),
        (TUESDAY + timedelta(minutes=59), rules.SOON),
        (TUESDAY + timedelta(hours=1), rules.FINE),
        (TUESDAY + timedelta(days=366), rules.FAR),
        (datetime(2026, 11, 18, 5, 45, tzinfo=UTC), rules.NIGHT),  # 6:45 in Rome
        (datetime(2026, 11, 18, 6, 0, tzinfo=UTC), rules.NIGHT_THERE),  # 7:00 in Rome, 6:00 in London
        (datetime(2026, 11, 18, 7, 0, tzinfo=UTC), rules.FINE),
        (datetime(2026, 11, 18, 20, 45, tzinfo=UTC), rules.FINE),  # 21:45 in Rome
        (datetime(2026, 11, 18, 21, 0, tzinfo=UTC), rules.NIGHT),
    ],
)
def test_what_can_be_wrong_with_a_time(moment: datetime, wrong: str) -> None:
    assert rules.problem(moment, ROME, LONDON, TUESDAY) == wrong


def test_a_wish_is_a_moment_a_part_of_a_day_or_more() -> None:
    noon = datetime(2026, 11, 24, 12, 0, tzinfo=ROME)
    assert rules.wish(noon, noon + timedelta(hours=1), "hour").kind == MOMENT
    assert rules.wish(noon, noon + timedelta(hours=4), "hour").kind == HOURS
    autumn = datetime(2026, 10, 25, 0, 0, tzinfo=ROME)  # a day of 25 hours
    assert rules.wish(autumn, autumn + timedelta(days=1), "day").kind == HOURS
    assert rules.wish(noon, noon + timedelta(days=2), "day").kind == rules.DAYS


@given(moments)
def test_a_meeting_begins_on_a_quarter(moment: datetime) -> None:
    quarter = rules.to_the_quarter(moment)
    assert (quarter.minute % 15, quarter.second, quarter.microsecond) == (0, 0, 0)
    assert abs(quarter - moment) <= timedelta(minutes=7, seconds=30)


@given(zones, zones, moments, st.integers(-40, 400), st.sets(st.integers(0, 96)), st.booleans())
def test_the_hours_of_a_day_are_possible(
    zone: ZoneInfo, other: ZoneInfo, now: datetime, days: int, busy: set[int], morning: bool
) -> None:
    midnight = (now.astimezone(zone) + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    wish = rules.wish(midnight, midnight + timedelta(hours=12 if morning else 24), "hour")
    taken = {rules.to_the_quarter(midnight) + rules.QUARTER * n for n in busy}
    for start in rules.hours_within(wish, zone, other, now, taken):
        assert wish.start <= start < wish.end
        assert rules.problem(start, zone, other, now) == rules.FINE
        assert taken.isdisjoint(rules.quarters(start, start + rules.LASTS))


def test_the_hours_of_a_morning_are_all_given() -> None:
    wish = Wish(HOURS, datetime(2026, 11, 24, 7, tzinfo=UTC), datetime(2026, 11, 24, 11, tzinfo=UTC))
    found = rules.hours_within(wish, ROME, ROME, TUESDAY)
    assert [start.astimezone(ROME).hour for start in found] == [8, 9, 10, 11]


def test_reminders_that_would_be_over_are_left_out() -> None:
    start = TUESDAY + timedelta(hours=30)
    end = start + rules.LASTS
    assert rules.reminders(start, end, TUESDAY, ROME, QUIET) == [
        ("day", start - timedelta(hours=24), start - timedelta(hours=2)),
        ("hour", start - timedelta(hours=1), start + timedelta(minutes=10)),
        ("after", end + timedelta(minutes=15), end + timedelta(days=3)),
    ]
    for hours, kinds in ((23, ["hour", "after"]), (1, ["after"])):
        now = start - timedelta(hours=hours)
        assert [kind for kind, _, _ in rules.reminders(start, end, now, ROME, QUIET)] == kinds


@given(st.lists(moments, max_size=3))
def test_times_come_back_from_the_row_as_they_were(times: list[datetime]) -> None:
    assert rules.restored(rules.stored(times)) == times


def test_a_time_that_summer_time_leaves_out_does_not_exist() -> None:
    half_past_two = time(2, 30)
    assert rules.instant(datetime.combine(date(2027, 3, 28), half_past_two), ROME) is None
    first_of_two = rules.instant(datetime.combine(date(2026, 10, 25), half_past_two), ROME)
    assert first_of_two == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
