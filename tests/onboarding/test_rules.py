"""Which question comes next, and which age belongs where: for any answers and any age."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.onboarding import rules
from bot.onboarding.rules import SLOTS

ROLES = ("worker", "trainer", "coordinator")
roles = st.sampled_from(ROLES)
some_answers = st.dictionaries(st.sampled_from(SLOTS), st.text(max_size=5), max_size=len(SLOTS)).flatmap(
    lambda answers: st.sampled_from([answers, *({**answers, "role": role} for role in ROLES)])
)


@given(some_answers)
def test_the_next_question_is_the_first_that_is_missing(answers: dict[str, object]) -> None:
    missing = rules.missing(answers)
    assert rules.next_question(answers) == (missing[0] if missing else None)
    assert missing == [slot for slot in rules.needed(answers) if slot not in answers]
    assert [slot for slot in SLOTS if slot in missing] == missing, "in the order of asking"


@given(some_answers)
def test_answering_what_is_asked_comes_to_an_end(answers: dict[str, object]) -> None:
    """Whatever was answered before, each answer brings one step nearer; only the role changes what is needed."""
    answers = {slot: value for slot, value in answers.items() if slot != "role" or value in ROLES}
    for _ in SLOTS:
        slot = rules.next_question(answers)
        if slot is None:
            break
        before = len(rules.missing(answers))
        answers = rules.with_role(answers, "worker") if slot == "role" else {**answers, slot: "x"}
        assert slot in answers
        assert slot == "role" or len(rules.missing(answers)) == before - 1
    if answers.get("role") != "worker" or answers.get("age_band") in rules.bands("worker"):
        assert rules.next_question(answers) is None


@pytest.mark.parametrize("role", ROLES)
def test_back_and_forth_are_the_same_way(role: str) -> None:
    slots = [slot for slot in rules.needed({"role": role}) if slot != "consent"]
    assert [rules.previous({"role": role}, slot) for slot in slots] == [None, *slots[:-1]]
    assert rules.previous({"role": role}, "consent") is None, "consent is not taken back by a Back"


@given(some_answers, st.sampled_from(SLOTS) | st.text(max_size=5))
def test_a_step_counts_from_one_to_all_of_them(answers: dict[str, object], asked: str) -> None:
    number, of = rules.step(answers, asked)
    assert 1 <= number <= of == len(rules.needed(answers))
    before = rules.previous(answers, asked)
    assert before is None or (before in rules.needed(answers) and before not in ("consent", asked))


@pytest.mark.parametrize("role", ["worker", "trainer"])
def test_every_age_has_its_band_or_none(role: str) -> None:
    made_for = {"worker": range(50, 121), "trainer": range(18, 28)}[role]
    found = {age: rules.age_band(age, role) for age in range(-1000, 1001)}
    assert {age for age, band in found.items() if band} == set(made_for)
    assert list(dict.fromkeys(band for band in found.values() if band)) == rules.bands(role)


def test_the_bands_of_a_role_meet_without_a_gap() -> None:
    for bands in rules.AGE_BANDS.values():
        assert all(high + 1 == low for (_, high), (low, _) in pairwise(bands))
    assert rules.bands("worker") == ["50-59", "60-69", "70+"]
    assert rules.bands("trainer") == ["18-21", "22-24", "25-27"]
    assert rules.bands("coordinator") == rules.bands("") == []


@given(some_answers, st.sampled_from(["worker", "trainer"]))
def test_another_role_drops_what_no_longer_fits(answers: dict[str, object], role: str) -> None:
    after = rules.with_role(answers, role)
    assert after["role"] == role
    assert set(after) <= {*answers, "role"}, "nothing is invented"
    assert after.get("age_band") in (None, *rules.bands(role))
    assert role == "worker" or "sector" not in after
    if answers.get("role", role) != role:
        assert "topics" not in after
    unmoved = ("consent", "name", "languages", "city", "times")
    assert {slot: answers[slot] for slot in unmoved if slot in answers} == {
        slot: after[slot] for slot in unmoved if slot in after
    }
    assert rules.with_role(after, role) == after


@given(roles, st.sampled_from(SLOTS), st.sampled_from([*rules.bands("worker"), *rules.bands("trainer"), "x"]))
def test_an_answer_fits_those_who_are_asked_it(role: str, slot: str, value: str) -> None:
    fits = rules.fits(slot, value, {"role": role})
    assert fits == (slot in rules.needed({"role": role}) and (slot != "age_band" or value in rules.bands(role)))


@given(st.lists(st.sampled_from("abc"), unique=True), st.sampled_from("abc"))
def test_a_switch_tapped_twice_is_as_before(picked: list[str], key: str) -> None:
    once = rules.toggle(picked, key)
    assert (key in once) != (key in picked)
    assert set(rules.toggle(once, key)) == set(picked)
