"""The words and the address of a button, out of what somebody wrote; and when an announcement goes out."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.announcements import links, rules, schedule
from bot.announcements.rules import MONTH, WEEK, Readers
from bot.clock import QuietHours, at

QUIET = QuietHours.parse("21:00-08:00")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("The programme https://fair.example/a?b=1", ("The programme", "https://fair.example/a?b=1")),
        ("https://fair.example/ - Il programma", ("Il programma", "https://fair.example/")),
        ("Das Programm: www.fair.example.", ("Das Programm", "https://www.fair.example")),
        ("El programa (fair.example/x)", ("El programa", "https://fair.example/x")),
        ("fair.example", ("fair.example", "https://fair.example")),
        ("https://www.fair.example/long/way", ("fair.example", "https://www.fair.example/long/way")),
        ("Mehr auf straße.example", ("Mehr auf", "https://straße.example")),
    ],
)
def test_a_link_is_read(text: str, read: tuple[str, str]) -> None:
    assert links.read(text) == read


def test_a_marked_link_is_read() -> None:
    assert links.read("Il programma", '<a href="https://x.example/?a=1&amp;b=2">Il <b>programma</b></a>') == (
        "Il programma",
        "https://x.example/?a=1&b=2",
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The programme",
        "javascript:alert(1)",
        "ftp://files.example/a",
        "https://bank.example@evil.example/",
        "http://localhost:8080/",
        "http://127.0.0.1/",
        "https://",
        "https://a..example",
        "mail to ines@fair.example",
        "https://fair.example:99999/",
        "x https://fair.example/" + "a" * 1000,
    ],
)
def test_what_is_no_address_of_a_page(text: str) -> None:
    assert links.read(text) is None


@given(st.text() | st.text().map("https://{}".format) | st.text().map("a {}.example/b".format))
def test_whatever_is_written_gives_a_link_that_telegram_takes_or_none(text: str) -> None:
    found = links.read(text)
    if found:
        label, url = found
        assert label
        assert url.lower().startswith(("https://", "http://"))
        assert not any(c.isspace() for c in url)


def test_suggestions_are_later_than_today() -> None:
    for days in range(14):
        today = date(2026, 11, 23) + timedelta(days=days)
        first, second = schedule.suggestions(today)
        assert first.date() == today + timedelta(days=1)
        assert second.weekday() == 0
        assert first < second


def test_a_stamp_is_read_back_and_nothing_else_is() -> None:
    wall = datetime.fromisoformat("2026-12-01T09:30")
    assert schedule.read_stamp(schedule.stamp(wall)) == wall
    for odd in ("", "20261301", "209913010900", "2026120109000", "２０２６１２０１０９００", "abc"):
        assert schedule.read_stamp(odd) is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-12-01T09:00", ("2026-12-01T09:00", None)),
        ("2026-12-01T09:00 Europe/Rome", ("", datetime(2026, 12, 1, 8, 0, tzinfo=UTC))),
    ],
)
def test_a_scripts_moment(text: str, read: tuple[str, datetime | None]) -> None:
    assert schedule.read_at(text) == read


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-13-01T09:00", "2026-12-01T09:00 Rome/Europe", "2026-12-01T09:00 ../x"]
)
def test_a_scripts_moment_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="--at"):
        schedule.read_at(text)


def test_the_thirty_first_comes_back_after_a_short_month() -> None:
    wall, days = datetime.fromisoformat("2027-01-31T09:00"), list[int]()
    for _ in range(14):
        wall = rules.next_time(wall, MONTH, 31)
        days.append(wall.day)
    assert days == [28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29, 31]


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.sampled_from([WEEK, MONTH]))
def test_a_repeated_one_keeps_its_hour_and_its_day(first: date, every: str) -> None:
    day, moment = (first.day if every == MONTH else 0), at(datetime.combine(first, schedule.MORNING), "Europe/Rome")
    for _ in range(30):
        later = rules.next_instant(moment, every, "Europe/Rome", day)
        local = later.astimezone(ZoneInfo("Europe/Rome"))
        assert later > moment
        assert local.hour == 9
        if every == MONTH:
            assert local.day == day or (local + timedelta(days=1)).day == 1
        else:
            assert local.weekday() == first.weekday()
        moment = later


def test_the_plan_counts_who_sleeps_and_who_is_last() -> None:
    rome, york = Readers("it", "Europe/Rome", 1, 90), Readers("it", "America/New_York", 1, 60)
    night = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)  # 22:00 in Rome, 16:00 in New York
    now = schedule.plan([rome, york], night, None, "", QUIET, 30)
    assert (now.begins, now.held) == (night, 90)
    assert now.reached == datetime(2026, 11, 25, 7, 0, 3, tzinfo=UTC)
    at_nine = schedule.plan([rome, york], night, None, "2026-11-26T09:00", QUIET, 30)
    assert (at_nine.begins, at_nine.held) == (datetime(2026, 11, 26, 8, 0, tzinfo=UTC), 0)
    assert at_nine.reached == datetime(2026, 11, 26, 14, 0, 2, tzinfo=UTC)
    at_ten_pm = schedule.plan([rome], NOON, None, "2026-11-26T22:00", QUIET, 30)
    assert at_ten_pm.held == 90
    at_once = schedule.plan([rome, york], NOON, NOON + timedelta(hours=1), "", QUIET, 30)
    assert (at_once.begins, at_once.held) == (NOON + timedelta(hours=1), 0)
