"""Times in words: ambiguity, spans, summer time, and that nothing a person types can hurt."""

import asyncio
from datetime import UTC, datetime, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.words.times import TimeFound, when, when_async
from bot.words.times.reading import find
from bot.words.times.vocabulary import VOCABULARIES
from bot.words.times.worker import NoAnswer
from tests.words.times_notation import WEDNESDAY, here, notation

LONDON, ROME, BERLIN, MADRID = (ZoneInfo(f"Europe/{city}") for city in ("London", "Rome", "Berlin", "Madrid"))


def all_of(text: str, language: str) -> list[str]:
    now = here(WEDNESDAY, language)
    return [notation(one, now) for one in when(text, language, now)]


@pytest.mark.parametrize(("text", "language"), [("at 3", "en"), ("alle 3", "it"), ("um 3", "de"), ("a las 3", "es")])
def test_a_bare_three_is_the_afternoon_and_only_then_the_night(text: str, language: str) -> None:
    assert all_of(text, language) == ["2026-03-04 15:00", "2026-03-05 03:00"]


@pytest.mark.parametrize("hour", range(8, 13))
@pytest.mark.parametrize(("at", "language"), [("at", "en"), ("alle", "it"), ("um", "de"), ("a las", "es")])
def test_from_eight_to_twelve_the_morning_is_meant(at: str, language: str, hour: int) -> None:
    found = when(f"{at} {hour}", language, here(WEDNESDAY, language))
    assert [one.start.hour for one in found] == [hour]


@pytest.mark.parametrize("text", ["at 03:00", "at 3am", "at 3 in the morning", "at 15:00", "at 3pm"])
def test_who_says_which_half_of_the_day_is_not_asked(text: str) -> None:
    assert len(all_of(text, "en")) == 1


def test_next_tuesday_may_be_the_one_after_when_there_is_one_this_week() -> None:
    monday = datetime(2026, 3, 2, 10, tzinfo=LONDON)
    assert [notation(one, monday) for one in when("next tuesday", "en", monday)] == ["2026-03-03", "2026-03-10"]
    assert all_of("next tuesday", "en") == ["2026-03-10"]
    rome = monday.replace(tzinfo=ROME)
    assert [notation(one, rome) for one in when("martedì prossimo", "it", rome)] == ["2026-03-03"]


def test_todays_weekday_is_next_weeks_and_only_then_today() -> None:
    assert all_of("wednesday at 4pm", "en") == ["2026-03-11 16:00", "2026-03-04 16:00"]
    assert all_of("wednesday at 9am", "en") == ["2026-03-11 09:00"]


def test_several_times_come_in_the_order_of_the_text() -> None:
    assert all_of("tomorrow at 10 or friday at 11", "en") == ["2026-03-05 10:00", "2026-03-06 11:00"]
    assert all_of("martedì o giovedì alle 10", "it") == ["2026-03-10 10:00", "2026-03-05 10:00"]
    assert all_of("am Montag um 10 oder um 11", "de") == ["2026-03-09 10:00", "2026-03-09 11:00"]


def test_a_weekday_that_is_not_that_date_is_given_as_both() -> None:
    assert all_of("friday 14 march", "en") == ["2026-03-14", "2026-03-06"]


@pytest.mark.parametrize(
    ("text", "language"),
    [("not tuesday, friday", "en"), ("martedì no, venerdì", "it"), ("nicht dienstag, freitag", "de"),
     ("el martes no, el viernes", "es")],
)  # fmt: skip
def test_a_day_that_is_ruled_out_is_none(text: str, language: str) -> None:
    assert all_of(text, language) == ["2026-03-06"]


@pytest.mark.parametrize(
    ("text", "language", "named"),
    [
        ("Could we meet next Tuesday at 3, please?", "en", "next Tuesday at 3"),
        ("Va  bene martedì   prossimo alle 15?", "it", "martedì   prossimo alle 15"),
        ("Va bene martedi\u0300 prossimo alle 15?", "it", "martedi\u0300 prossimo alle 15"),
        ("Geht es übermorgen um 15 Uhr?", "de", "übermorgen um 15 Uhr"),
        ("Geht es uebermorgen um 15 Uhr?", "de", "uebermorgen um 15 Uhr"),
        ("👵 ¿el 20 de marzo a las 16:30?", "es", "el 20 de marzo a las 16:30"),
    ],
)
def test_the_span_is_where_it_stands_in_the_text_as_given(text: str, language: str, named: str) -> None:
    [found] = when(text, language, here(WEDNESDAY, language))[:1]
    assert text[slice(*found.span)].removeprefix("el ") == named.removeprefix("el ")


# The night the clocks change. London springs from 1 to 2 and falls from 2 to 1, the others an hour later.
SPRING = [("Europe/London", "en", "at 01:30"), ("Europe/Rome", "it", "alle 02:30"),
          ("Europe/Berlin", "de", "um 02:30"), ("Europe/Madrid", "es", "a las 02:30")]  # fmt: skip


@pytest.mark.parametrize(("zone", "language", "text"), SPRING)
def test_a_time_that_the_clocks_skip_is_none(zone: str, language: str, text: str) -> None:
    evening = datetime(2026, 3, 28, 22, tzinfo=ZoneInfo(zone))
    assert when(text, language, evening) == []


@pytest.mark.parametrize(("zone", "language", "text"), SPRING)
def test_a_time_that_comes_twice_is_given_twice(zone: str, language: str, text: str) -> None:
    evening = datetime(2026, 10, 24, 22, tzinfo=ZoneInfo(zone))
    found = when(text, language, evening)
    assert [one.start.fold for one in found] == [0, 1]
    assert found[1].start.astimezone(UTC) - found[0].start.astimezone(UTC) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "language", "text"),
    [("Europe/London", "en", "in 4 hours"), ("Europe/Rome", "it", "tra 4 ore"),
     ("Europe/Berlin", "de", "in 4 Stunden"), ("Europe/Madrid", "es", "dentro de 4 horas")],
)  # fmt: skip
@pytest.mark.parametrize("evening", [datetime(2026, 3, 28, 23), datetime(2026, 10, 24, 23)])  # noqa: DTZ001
def test_four_hours_are_four_hours_when_the_clocks_change(
    zone: str, language: str, text: str, evening: datetime
) -> None:
    now = evening.replace(tzinfo=ZoneInfo(zone))
    [found] = when(text, language, now)
    assert found.start.astimezone(UTC) - now.astimezone(UTC) == timedelta(hours=4)


@pytest.mark.parametrize(("day", "hours"), [("29 March 2026", 23), ("25 October 2026", 25)])
def test_the_day_the_clocks_change_is_a_day(day: str, hours: int) -> None:
    [found] = when(day, "en", here(WEDNESDAY, "en"))
    assert found.grain == "day"
    assert found.end.astimezone(UTC) - found.start.astimezone(UTC) == timedelta(hours=hours)


def test_a_meeting_keeps_its_hour_across_the_change() -> None:
    saturday = datetime(2026, 3, 28, 10, tzinfo=ROME)
    [found] = when("lunedì alle 15:00", "it", saturday)
    assert found.start == datetime(2026, 3, 30, 15, tzinfo=ROME)
    assert found.start.utcoffset() == timedelta(hours=2)


def test_without_a_zone_now_is_in_utc() -> None:
    [found] = when("tomorrow at 10", "en", WEDNESDAY)
    assert found.start == datetime(2026, 3, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize("language", ["en-GB", "EN", "en_US"])
def test_a_region_changes_nothing(language: str) -> None:
    assert when("5/7", language, here(WEDNESDAY, "en"))[0].start == datetime(2026, 7, 5, tzinfo=LONDON)


@pytest.mark.parametrize("text", ["tomorrow at 10am", "domani alle 10", "morgen um 10 uhr", "mañana a las 10"])
def test_a_language_we_do_not_speak_is_tried_as_ours(text: str) -> None:
    now = datetime(2026, 3, 4, 10, tzinfo=BERLIN)
    assert when(text, "xx", now)[0].start == datetime(2026, 3, 5, 10, tzinfo=BERLIN)


async def test_beside_the_event_loop_it_finds_the_same() -> None:
    now = here(WEDNESDAY, "es")
    texts = ["mañana a las 10", "el 20 de marzo", "nada", "el viernes que viene"] * 4
    assert await asyncio.gather(*(when_async(text, "es", now) for text in texts)) == [
        when(text, "es", now) for text in texts
    ]


@pytest.mark.parametrize(
    "text",
    ["", " ", "\0", "tomorrow\0at\0 10", "\ud800", "domani \udfff alle 3", "?" * 10_000, "a " * 5_000, "🎂" * 10_000,
     "on the 99th", "at 99", "31/31/31", "in 999 weeks", "in 9999999 years", "99999999999999", "at ²", "½ past ٣"],
)  # fmt: skip
@pytest.mark.parametrize("language", [*VOCABULARIES, "", "xx"])
def test_odd_texts_are_answered(text: str, language: str) -> None:
    assert all(one.start < one.end for one in when(text, language, here(WEDNESDAY, "en")))


@pytest.mark.parametrize("now", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_at_the_ends_of_time_nothing_breaks(now: datetime) -> None:
    assert isinstance(when("next week on friday at 3 or in 5 days", "en", now), list)


PIECES = """at 3 alle um a las half past mezza viertel nach menos cuarto tomorrow domani morgen mañana monday martedì
Freitag jueves next prossimo nächsten que viene between tra zwischen entre 9-11 5/11 22. 20:30 pm uhr in dopo bis
hasta tonight stasera abends tarde minutes ore Stunden días week settimana weekend 2026-03-29 march or , . not 🎂"""
pieces = st.sampled_from([*PIECES.split(), "\0", "\n", "\ud800", "e\u0300"])
moments = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001
    max_value=datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([LONDON, ROME, BERLIN, MADRID, UTC]),
)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.lists(pieces, max_size=7).map(" ".join), st.sampled_from(list(VOCABULARIES)), moments)
def test_whatever_is_typed_the_answer_keeps_its_promises(text: str, language: str, now: datetime) -> None:
    try:
        found = find(text, language, now, monotonic() + 60)  # not `when`, which would hide an error
    except NoAnswer:
        found = []
    assert len(found) == len({(one.start.astimezone(UTC), one.end.astimezone(UTC), one.grain) for one in found})
    for one in found:
        assert one.start.astimezone(UTC) < one.end.astimezone(UTC)
        assert one.start.tzinfo == one.end.tzinfo == now.tzinfo
        assert 0 <= one.span[0] < one.span[1] <= len(text)
        assert one.start.astimezone(UTC).astimezone(now.tzinfo).replace(tzinfo=None) == one.start.replace(tzinfo=None)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 23), st.integers(0, 59), st.integers(1, 300), st.sampled_from(["en", "it", "de", "es"]))
def test_a_date_and_a_time_written_out_come_back(hour: int, minute: int, ahead: int, language: str) -> None:
    now = here(WEDNESDAY, language)
    wall = WEDNESDAY.replace(hour=hour, minute=minute) + timedelta(days=ahead)
    text = f"{wall:%d.%m.%Y} um {wall:%H:%M} uhr" if language == "de" else f"{wall:%d/%m/%Y} {wall:%H:%M}"
    found = when(text, language, now)
    exists = wall.replace(tzinfo=now.tzinfo).astimezone(UTC).astimezone(now.tzinfo).replace(tzinfo=None) == wall
    assert [one.start.replace(tzinfo=None) for one in found][:1] == ([wall] if exists else [])
    assert {type(one) for one in found} <= {TimeFound}
