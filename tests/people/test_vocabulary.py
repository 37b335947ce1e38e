"""Vocabulary: one source of choices, understood in four languages with accents, case and typing errors."""

import time
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import LANGUAGES
from bot.onboarding.rules import bands
from bot.people import vocabulary
from bot.people.spelling import fold
from bot.people.vocabulary import (
    Kind,
    is_unsure,
    keys,
    label,
    read_age,
    read_languages,
    read_role,
    read_sector,
    read_topics,
    read_yes_no,
)

KINDS: tuple[Kind, ...] = get_args(Kind.__value__)
FILE: dict[str, Any] = yaml.safe_load((vocabulary.files("bot.people") / "vocabulary.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", KINDS)
def test_each_choice_has_a_label_and_words_in_each_language(kind: Kind) -> None:
    for key in keys(kind):
        labels = [label(kind, key, language) for language in LANGUAGES]
        assert all(0 < len(text) <= 40 for text in labels)
        assert kind == "age" or set(FILE[kind][key]["words"]) == set(LANGUAGES)
    for language in LANGUAGES:
        assert len({label(kind, key, language) for key in keys(kind)}) == len(keys(kind))


@pytest.mark.parametrize("kind", ["topic", "sector", "role", "language", "answer"])
def test_a_word_of_one_language_has_one_meaning(kind: str) -> None:
    for language in LANGUAGES:
        meaning: dict[str, str] = {}
        for key, entry in FILE[kind].items():
            for word in entry["words"][language]:
                assert meaning.setdefault(fold(word), key) == key, word


def test_each_word_is_understood_as_what_it_stands_for() -> None:
    for language in LANGUAGES:
        for key, entry in FILE["topic"].items():
            for word in [*entry["words"][language], entry["label"][language]]:
                assert key in read_topics(word, language), word
        for key, entry in FILE["sector"].items():
            for word in [*entry["words"][language], entry["label"][language]]:
                assert read_sector(word, language) == key, word
        for key in keys("role"):
            assert read_role(label("role", key, language), language) == key
        for key in keys("language"):
            assert read_languages(label("language", key, language), language) == (key,)


def test_the_choices_of_the_programme() -> None:
    assert " ".join(keys("topic")) == (
        "instagram whatsapp reviews google_maps facebook short_videos ads linkedin tiktok passwords ai"
    )
    assert {"bakery", "construction", "care", "ict", "other"} <= set(keys("sector"))
    assert keys("role") == ("worker", "trainer")
    assert keys("language") == LANGUAGES


def test_an_unknown_choice_is_named_in_the_error() -> None:
    with pytest.raises(KeyError, match="no topic 'myspace'"):
        label("topic", "myspace", "en")
    assert label("topic", "ads", "fr") == "Online ads"


@pytest.mark.parametrize(
    ("text", "language", "topics"),
    [
        ("Instagram and Google Maps please", "en", ("instagram", "google_maps")),
        ("Vorrei imparare whatsap e le recensioni", "it", ("whatsapp", "reviews")),
        ("KI und Passwoerter", "de", ("ai", "passwords")),
        ("reseñas, contraseñas y anuncios", "es", ("reviews", "passwords", "ads")),
        ("RESENAS", "en", ("reviews",)),
        ("faceboook", "en", ("facebook",)),
        ("l'AI", "it", ("ai",)),
        ("AI", "it", ("ai",)),
        ("I'd like to try AI", "en", ("ai",)),
        ("vorrei rispondere ai clienti", "it", ()),
        ("Instagram, instagram, INSTA", "en", ("instagram",)),
        ("hello, how are you", "en", ()),
        ("das Treffen muss verlegt werden", "de", ()),
        ("my passport", "en", ()),
    ],
)
def test_topics(text: str, language: str, topics: tuple[str, ...]) -> None:
    assert read_topics(text, language) == topics


@pytest.mark.parametrize(
    ("text", "language", "sector"),
    [
        ("I'm a roofer", "en", "construction"),
        ("panettiere", "it", "bakery"),
        ("panettiere", "de", "bakery"),
        ("parruchiera", "it", "beauty"),
        ("Friseurin", "de", "beauty"),
        ("peluquera", "es", "beauty"),
        ("Baeckerei", "de", "bakery"),
        ("an electrcian", "en", "energy"),
        ("a shop with a bakery", "en", "bakery"),
        ("an IT company", "en", "ict"),
        ("IT", "en", "ict"),
        ("it is a nice day", "en", None),
        ("uñas", "es", "beauty"),
        ("busco unas prácticas", "es", None),
        ("manda un messaggio a tutti", "it", None),
        ("my chef", "en", "restaurant"),
        ("mein Chef sagt das", "de", None),
        ("Something else", "en", "other"),
        ("", "en", None),
    ],
)
def test_sector(text: str, language: str, sector: str | None) -> None:
    assert read_sector(text, language) == sector


@pytest.mark.parametrize(
    ("text", "language", "role"),
    [
        ("trainer", "en", "trainer"),
        ("I want to learn", "en", "worker"),
        ("teach me", "en", "worker"),
        ("I need a trainer for my business", "en", "worker"),
        ("I'd like to join as a trainer", "en", "trainer"),
        ("cerco una formatrice", "it", "worker"),
        ("cerco lavoro come formatore", "it", "trainer"),
        ("ich suche eine Trainerin", "de", "worker"),
        ("Ich möchte anderen helfen", "de", "trainer"),
        ("quiero enseñar", "es", "trainer"),
        ("dueña de una tienda", "es", "worker"),
        ("I teach and I learn", "en", None),
        ("no idea", "en", None),
    ],
)
def test_role(text: str, language: str, role: str | None) -> None:
    assert read_role(text, language) == role


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("English and a bit of Spanish", ("en", "es")),
        ("italiano, tedesco", ("it", "de")),
        ("Deutsch", ("de",)),
        ("inglees", ("en",)),
        ("it, en", ("it", "en")),
        ("it is late", ()),
        ("🇮🇹", ("it",)),
        ("klingonisch", ()),
    ],
)
def test_languages(text: str, spoken: tuple[str, ...]) -> None:
    assert read_languages(text, "en") == spoken


@pytest.mark.parametrize(
    ("text", "language", "age"),
    [
        ("58", "en", 58),
        ("58 anni", "it", 58),
        ("Ich bin 58 Jahre alt.", "de", 58),
        ("cinquantotto", "it", 58),
        ("cinquantoto", "it", 58),
        ("achtundfünfzig", "de", 58),
        ("achtundfuenfzig", "en", 58),
        ("fifty-eight", "en", 58),
        ("fifty eigth", "it", 58),
        ("tengo cincuenta y ocho años", "es", 58),
        ("veintidós", "es", 22),
        ("ventuno", "it", 21),
        ("einundzwanzig", "de", 21),
        ("diciotto", "it", 18),
        ("once", "es", 11),
        ("I once had one shop", "en", None),
        ("sette anni", "it", 7),
        ("a hundred and three", "en", 103),
        ("-3", "en", -3),
        ("−3", "en", -3),
        ("300", "en", 300),
        ("18-27", "en", 18),
        ("I'm 58, with 20 employees", "en", 58),
        ("40121 Bologna, 58 anni", "it", 58),
        ("٥٨", "en", 58),
        ("9" * 4096, "en", None),
        ("", "en", None),
        ("I'd rather not say", "en", None),
    ],
)
def test_age(text: str, language: str, age: int | None) -> None:
    assert read_age(text, language) == age


def test_each_age_band_of_the_programme_has_a_label() -> None:
    assert list(keys("age")) == bands("trainer") + bands("worker")
    assert label("age", "50-59", "it") == "Da 50 a 59 anni"


@pytest.mark.parametrize(
    ("text", "language", "answer"),
    [
        ("yes", "en", True), ("Sì!", "it", True), ("si", "it", True), ("sí", "es", True), ("Ja, gerne", "de", True),
        ("perché no", "it", True), ("why not", "en", True), ("warum nicht", "de", True), ("vale", "en", True),
        ("no problem", "en", True), ("kein Problem", "de", True), ("👍", "en", True), ("I don't mind", "en", True),
        ("no", "en", False), ("nein danke", "de", False), ("meglio di no", "it", False), ("claro que no", "es", False),
        ("that is not right", "en", False), ("lieber nicht", "de", False), ("👎", "it", False),
        ("non lo so", "it", None), ("weiß nicht", "de", None), ("no sé", "es", None), ("I'm not sure", "en", None),
        ("ok, but who sees my data?", "en", None), ("why not?", "en", True), ("solo si", "es", None),
        ("sì?", "it", True), ("nur wenn es nichts kostet", "de", None),
        ("yes no", "en", None), ("hm", "en", None), ("", "en", None), ("🥖", "en", None),
    ],
)  # fmt: skip
def test_yes_and_no(text: str, language: str, answer: bool | None) -> None:
    assert read_yes_no(text, language) is answer


@pytest.mark.parametrize(
    ("text", "language", "unsure"),
    [
        ("non saprei", "it", True), ("non lo so", "it", True), ("weiß nicht", "de", True), ("no sé", "es", True),
        ("I'm not sure", "en", True), ("🤷", "en", True), ("no", "it", False), ("nein danke", "de", False),
        ("non posso", "it", False), ("maybe yes", "en", False), ("", "es", False),
    ],
)  # fmt: skip
def test_who_does_not_know(text: str, language: str, unsure: bool) -> None:
    assert is_unsure(text, language) is unsure


@given(st.text(max_size=400), st.sampled_from([*LANGUAGES, "fr", ""]))
def test_no_text_raises(text: str, language: str) -> None:
    assert set(read_topics(text, language)) <= set(keys("topic"))
    assert read_sector(text, language) in (None, *keys("sector"))
    assert read_role(text, language) in (None, "worker", "trainer")
    assert set(read_languages(text, language)) <= set(LANGUAGES)
    assert isinstance(read_age(text, language), int | None)
    assert read_yes_no(text, language) in (None, True, False)


@given(st.integers(-120, 400))
def test_an_age_in_digits_comes_back(age: int) -> None:
    assert read_age(str(age), "en") == age


def test_a_very_long_text_is_read_quickly() -> None:
    start = time.perf_counter()
    read_topics("instagrom bekery panetiere " * 150, "it")
    read_age("cinquantoto fifty " * 220, "it")
    assert time.perf_counter() - start < 0.5
