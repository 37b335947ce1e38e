"""What a round goes by: how much each term counts, and the week in its order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching import rules

terms = st.sampled_from(sorted(rules.TERMS))


def test_the_usual_weights_make_a_whole() -> None:
    assert sum(rules.TERMS.values()) == pytest.approx(1.0)
    assert rules.weighed({}) == rules.TERMS


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(terms, st.floats(0, 1)))
def test_what_the_operator_gives_counts_and_the_rest_stays_as_usual(given: dict[str, float]) -> None:
    weights = rules.weighed(given)
    assert weights.keys() == rules.TERMS.keys()
    assert all(weights[name] == given.get(name, usual) for name, usual in rules.TERMS.items())


def test_weights_that_are_given_do_not_become_the_usual_ones() -> None:
    rules.weighed({"topics": 1.0})["times"] = 0.9
    assert rules.weighed({})["topics"] == 0.3
    assert rules.weighed({})["times"] == 0.15


def test_the_week_is_read_from_monday_morning_on() -> None:
    found = rules.in_order_of_week(["3-eve", "0-pm", "3-am", "nonsense", "7-am", "0-am", "3-am"])
    assert found == ["0-am", "0-pm", "3-am", "3-eve"]


@settings(max_examples=100, deadline=None)
@given(st.sets(st.sampled_from(rules.PARTS_OF_WEEK) | st.text(max_size=6)))
def test_every_part_of_the_week_is_kept_once_and_nothing_else(times: set[str]) -> None:
    found = rules.in_order_of_week(times)
    assert set(found) == times & set(rules.PARTS_OF_WEEK)
    day_and_hour = [(int(part[0]), ("am", "pm", "eve").index(part[2:])) for part in found]
    assert day_and_hour == sorted(set(day_and_hour))


def test_each_reason_why_a_worker_stays_is_looked_for_once_and_in_order() -> None:
    assert len(set(rules.STAYS)) == len(rules.STAYS) == 9
    looked_for = [rules.NO_LANGUAGE, rules.NO_TOPIC, rules.NO_TIME, rules.NO_PLACE, rules.TRIED, rules.FULL]
    assert [reason for reason in rules.STAYS if reason in looked_for] == looked_for
    assert rules.STAYS[-1] == rules.SCARCE


def test_what_is_offered_as_a_help_can_be_chosen() -> None:
    assert rules.FARTHER_KM in rules.DISTANCES_KM
    assert max(rules.DISTANCES_KM) < rules.FAR_KM
