"""People as arrays: hours in UTC, towns, words nobody knows, and what is counted of each."""

from datetime import UTC, datetime, timedelta
from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching.crowd import LANGUAGE, Crowd, Facts, _Numbering, reliability
from bot.matching.rules import PARTS_OF_WEEK
from bot.people import places
from bot.people.atlas import atlas
from tests.matching.world import BOLOGNA, LONDON, MODENA, NO_SUCH_TOWN, PALERMO, World, hours_of, trainer, worker
from tests.people_factory import TUESDAY_NOON as NOW

WINTER, SUMMER = datetime(2026, 1, 14, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)
SATURDAY_BEFORE, MONDAY_AFTER = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC)
ZONES = ("Europe/Rome", "Europe/London", "Atlantic/Canary", "Europe/Bucharest", "America/New_York", "Pacific/Apia")


def hours(crowd: Crowd, at: int = 0) -> set[int]:
    """The hours of the week of one person, read from the bits."""
    found = 0
    for word in reversed(crowd.hours[at].tolist()):
        found = found << 56 | word
    return {hour for hour in range(168) if found >> hour & 1}


def utc(day: int, *of_day: int) -> set[int]:
    return {24 * day + hour for hour in of_day}


def shared(one: Facts, other: Facts, now: datetime = NOW) -> int:
    """How many hours of a week the two share, as the engine counts them."""
    return int(World([one], [other], now=now).seekers.sides.compared(np.array([0]), np.array([0])).hours[0])


def km(one: int | None, other: int | None) -> float:
    sides = World([worker(city_id=one)], [trainer(city_id=other)]).seekers.sides
    return float(sides.compared(np.array([0]), np.array([0])).km[0])


# -- hours ----------------------------------------------------------------------------------------------------


def test_parts_of_the_week_are_hours_on_the_persons_own_clock() -> None:
    people = [worker(times=("0-am", "1-pm", "2-eve"), zone=zone) for zone in ("UTC", "Europe/Rome", "Europe/London")]
    crowd = Crowd.of(people, WINTER)
    at_home = utc(0, 9, 10, 11) | utc(1, 13, 14, 15, 16) | utc(2, 17, 18, 19, 20)
    assert hours(crowd, 0) == hours(crowd, 2) == at_home
    assert hours(crowd, 1) == {hour - 1 for hour in at_home}
    summer = Crowd.of(people, SUMMER)
    assert hours(summer, 0) == at_home
    assert hours(summer, 2) == {hour - 1 for hour in at_home}
    assert hours(summer, 1) == {hour - 2 for hour in at_home}


@pytest.mark.parametrize("now", [WINTER, SUMMER, SATURDAY_BEFORE, MONDAY_AFTER])
@pytest.mark.parametrize(("part", "in_rome", "across"), [("am", 3, 2), ("pm", 4, 3), ("eve", 4, 3)])
def test_in_another_zone_the_same_part_of_the_day_shares_an_hour_less(
    part: str, in_rome: int, across: int, now: datetime
) -> None:
    times = {"times": (f"3-{part}",)}
    assert shared(worker(**times), trainer(**times), now) == in_rome
    assert shared(worker(**times), trainer(**times, zone="Europe/London"), now) == across
    assert shared(worker(**times, zone="Europe/London"), trainer(**times), now) == across


def test_the_clocks_of_today_count() -> None:
    """In the weeks in which only America has changed its clocks, New York is an hour nearer."""
    roman, american = worker(times=("3-eve",)), trainer(times=("3-am",), zone="America/New_York")
    assert shared(roman, american, datetime(2026, 3, 4, tzinfo=UTC)) == 1  # six hours apart: 11 to 12 is 17 to 18
    assert shared(roman, american, datetime(2026, 3, 18, tzinfo=UTC)) == 0  # five
    late = trainer(times=("3-pm",), zone="America/New_York")
    assert shared(roman, late, datetime(2026, 3, 4, tzinfo=UTC)) == 2  # 13 to 15 is 19 to 21
    assert shared(roman, late, datetime(2026, 3, 18, tzinfo=UTC)) == 3


def test_a_clock_change_moves_the_hours_by_one_and_not_what_a_country_shares() -> None:
    person = worker(times=("1-pm",))
    before, after = hours(Crowd.of([person], SATURDAY_BEFORE)), hours(Crowd.of([person], MONDAY_AFTER))
    assert after == {hour - 1 for hour in before}
    fixed = trainer(times=("1-pm",), zone="Africa/Lagos")  # an hour ahead of UTC, all year
    assert shared(person, fixed, SATURDAY_BEFORE) == 4
    assert shared(person, fixed, MONDAY_AFTER) == 3


def test_the_week_has_no_end() -> None:
    early, late = worker(times=("0-am",), zone="Pacific/Auckland"), worker(times=("6-eve",), zone="America/Los_Angeles")
    crowd = Crowd.of([early, late], WINTER)
    assert hours(crowd, 0) == utc(6, 20, 21, 22)  # Monday morning there is Sunday night
    assert hours(crowd, 1) == utc(0, 1, 2, 3, 4)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(PARTS_OF_WEEK) | st.text(max_size=5), max_size=8),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_any_times_in_any_zone_are_the_hours_they_are(times: list[str], zone: str, now: datetime) -> None:
    person = worker(times=tuple(times), zone=zone)
    assert hours(Crowd.of([person], now)) == hours_of(person, now)


@settings(max_examples=100, deadline=None)
@given(st.sets(st.sampled_from(PARTS_OF_WEEK)), st.sets(st.sampled_from(PARTS_OF_WEEK)))
def test_hours_in_common_are_the_same_both_ways_and_never_more_than_each_has(mine: set[str], theirs: set[str]) -> None:
    one, other = {"times": tuple(mine)}, {"times": tuple(theirs), "zone": "Europe/London"}
    assert shared(worker(**one), trainer(**other)) == shared(worker(**other), trainer(**one))
    both = hours_of(worker(**one), NOW) & hours_of(trainer(**other), NOW)
    assert shared(worker(**one), trainer(**other)) == len(both)


@pytest.mark.parametrize("word", ["", "-", "am", "7-am", "-1-am", "1-noon", "²-am", "１-am", "01-am", "1-am-pm"])
def test_what_is_no_part_of_the_week_is_no_time(word: str) -> None:
    assert hours(Crowd.of([worker(times=(word,))], NOW)) == set()
    assert hours(Crowd.of([worker(times=(word, "0-am"))], WINTER)) == utc(0, 8, 9, 10)


def test_all_parts_of_the_week_are_77_hours() -> None:
    assert shared(worker(times=PARTS_OF_WEEK), trainer(times=PARTS_OF_WEEK)) == 7 * 11


# -- towns ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("one", "other"), [(BOLOGNA, MODENA), (MODENA, BOLOGNA)])
def test_the_way_is_as_long_as_on_the_globe(one: int, other: int) -> None:
    here, there = places.get(one), places.get(other)
    assert here
    assert there
    assert km(one, other) == pytest.approx(places.distance_km(here, there), abs=0.002)
    assert km(one, other) == pytest.approx(37.0, abs=1)


def test_far_away_is_far_and_at_home_is_near() -> None:
    assert km(BOLOGNA, BOLOGNA) < 0.001
    assert km(BOLOGNA, PALERMO) > 700
    assert km(LONDON, PALERMO) > 1_700


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(-90, 90))
def test_any_two_towns_are_as_far_apart_as_they_are(number: int, beside: int) -> None:
    """Neighbours by latitude, so that many are near each other."""
    book = atlas().by_latitude
    one = number % len(book)
    here, there = book[one], book[(one + beside) % len(book)]
    real = places.distance_km(here, there)
    found = km(here.id, there.id)
    assert found <= real + 0.001
    if real <= 100:
        assert found == pytest.approx(real, abs=0.003)
    else:
        assert found > 99.9


@pytest.mark.parametrize("nowhere", [None, NO_SUCH_TOWN, 0, -5, 10**15])
def test_who_lives_nowhere_known_is_near_nobody_not_even_themselves(nowhere: int | None) -> None:
    assert isnan(km(nowhere, BOLOGNA))
    assert isnan(km(BOLOGNA, nowhere))
    assert isnan(km(nowhere, nowhere))
    world = World(
        [worker(city_id=nowhere, travel_km=50)], [trainer(city_id=nowhere, travel_km=50), trainer(102, travel_km=50)]
    )
    compared = world.seekers.sides.compared(np.array([0, 0]), np.array([0, 1]))
    assert not compared.near.any()
    assert compared.terms()["distance"].tolist() == [0.0, 0.0]
    assert (compared.scores() > 0).all()
    assert world.seekers.pair(0, 0).reasons["km"] is None


# -- words ----------------------------------------------------------------------------------------------------


def test_words_nobody_has_heard_of_match_only_themselves() -> None:
    odd = worker(languages=("ladino",), topics=("juggling",), language="ladino", sector="circus", age_band="??")
    same = trainer(languages=("ladino",), topics=("juggling",))
    other = trainer(102, languages=("sorbian",), topics=("yodelling",))
    compared = World([odd], [same, other]).seekers.sides.compared(np.array([0, 0]), np.array([0, 1]))
    assert compared.language.tolist() == [True, False]
    assert compared.topic.tolist() == [True, False]


def test_empty_words_are_none() -> None:
    nobody = {"languages": ("",), "topics": ("",), "sector": "", "age_band": "", "language": ""}
    compared = World([worker(**nobody)], [trainer(**nobody)]).seekers.sides.compared(np.array([0]), np.array([0]))
    assert not compared.language.any()
    assert not compared.topic.any()
    assert compared.terms()["sector"].tolist() == [0.0]
    assert compared.terms()["language"].tolist() == [0.0]


def test_of_more_than_64_words_the_first_63_stay_apart_and_none_is_lost() -> None:
    numbering = _Numbering(("en", "it"))
    words = ["en", "it", *(f"language {number}" for number in range(98))]
    bits = [numbering.bits((word,)) for word in words]
    assert all(0 < one < 1 << 64 and one.bit_count() == 1 for one in bits)
    assert len(set(bits[:63])) == 63
    assert set(bits[:63]).isdisjoint(bits[63:])
    assert bits == [numbering.bits((word,)) for word in words]  # for good
    assert numbering.bits(tuple(words)) == (1 << 64) - 1
    assert numbering.words(numbering.bits(("it", "language 3"))) == ["it", "language 3"]


def test_people_who_speak_more_than_64_languages_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LANGUAGE, "_number", dict(LANGUAGE._number))
    tongues = tuple(f"tongue {number}" for number in range(100))
    workers = [worker(number, languages=(tongue,), language=tongue) for number, tongue in enumerate(tongues)]
    everything = Crowd.of([*workers, worker(languages=tongues), worker()], NOW)
    spoken = everything.languages
    assert (spoken[:100] & spoken[100] == spoken[:100]).all()  # who speaks all understands each of them
    assert not (spoken[:100] & spoken[101]).any()  # the known ones are not taken for another
    assert (everything.language[:100] == spoken[:100]).all()


# -- numbers --------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 1000))
def test_reliable_is_who_keeps_and_the_new_are_not_thought_unreliable(kept: int, missed: int) -> None:
    assert 0 < reliability(kept, missed) <= 1
    assert reliability(0, 0) == reliability(kept, 0) == 1
    assert reliability(kept, missed + 1) < reliability(kept, missed)
    assert reliability(kept + 1, missed) >= reliability(kept, missed)


def test_weeks_are_counted_and_the_future_is_no_wait() -> None:
    since = [NOW - timedelta(weeks=8), NOW - timedelta(days=3, hours=12), NOW, NOW + timedelta(days=1)]
    assert Crowd.of([worker(since=one) for one in since], NOW).waited.tolist() == [8.0, 0.5, 0.0, 0.0]


def test_what_is_known_of_somebody_is_at_their_place() -> None:
    people = [
        worker(7, cluster_id=3, travel_km=10, remote=True),
        trainer(8, cluster_id=None, room=4, prepared=0.5, kept=1, missed=1),
    ]
    crowd = Crowd.of(people, NOW)
    assert len(crowd) == 2
    assert crowd.id.tolist() == [7, 8]
    assert crowd.cluster.tolist() == [3, 0]
    assert crowd.km.tolist() == [10.0, 25.0]
    assert crowd.remote.tolist() == [True, False]
    assert crowd.room.tolist() == [1, 4]
    assert crowd.prepared.tolist() == [0.0, 0.5]
    assert crowd.reliable.tolist() == [1.0, 0.8]


def test_some_of_a_crowd_are_themselves_in_that_order() -> None:
    crowd = Crowd.of([worker(number, times=(PARTS_OF_WEEK[number],)) for number in range(5)], NOW)
    some = crowd.take(np.array([3, 1]))
    assert some.id.tolist() == [3, 1]
    assert [hours(some, 0), hours(some, 1)] == [hours(crowd, 3), hours(crowd, 1)]
    assert len(crowd.take(np.zeros(5, np.bool_))) == 0


def test_nobody_is_a_crowd_too() -> None:
    nobody = Crowd.of([], NOW)
    assert len(nobody) == 0
    assert nobody.hours.shape == nobody.where.shape == (0, 3)
    assert nobody.languages.dtype == np.uint64
