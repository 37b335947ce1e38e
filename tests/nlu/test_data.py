"""Four languages are equal, and what is used to judge the model was never used to teach it."""

from collections import Counter, defaultdict

import pytest

from tests.nlu.phrases import LANGUAGES, domain, evaluated_on, trained_on
from tools import tables

FEWEST_TAUGHT, FEWEST_JUDGED = 12, 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_is_taught_and_judged_in_every_language(language: str) -> None:
    taught = Counter(phrase.intent for phrase in trained_on(language))
    judged = Counter(phrase.intent for phrase in evaluated_on(language))
    assert set(taught) == set(judged) == set(domain("intents"))
    assert [intent for intent, number in taught.items() if number < FEWEST_TAUGHT] == []
    assert [intent for intent, number in judged.items() if number < FEWEST_JUDGED] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entity_is_taught_in_every_language(language: str) -> None:
    taught = Counter(label for phrase in trained_on(language) for label, _, _ in phrase.entities)
    assert set(taught) == set(domain("entities"))
    assert [label for label, number in taught.items() if number < FEWEST_TAUGHT] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_judges_was_taught(language: str) -> None:
    taught = {phrase.text.casefold() for phrase in trained_on(language)}
    assert [phrase.text for phrase in evaluated_on(language) if phrase.text.casefold() in taught] == []


def test_no_phrase_means_two_things() -> None:
    meant: dict[str, set[str]] = defaultdict(set)
    for language in LANGUAGES:
        for phrase in trained_on(language):
            meant[phrase.text.casefold()].add(phrase.intent)
    assert {text: intents for text, intents in meant.items() if len(intents) > 1} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_towns_trades_and_topics_are_those_of_the_app(language: str) -> None:
    written = tables.path(language).read_text(encoding="utf-8")
    assert written == tables.table(language), "out of date: `make tables` writes it anew"
