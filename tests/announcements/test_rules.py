"""The pure part: audiences in words and as written, texts, counts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.announcements import rules
from bot.announcements.names import country_name, language_name, read_countries
from bot.announcements.rules import Readers
from bot.clock import QuietHours
from bot.people import vocabulary


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("role=worker country=IT", {"role": ["worker"], "country": ["IT"]}),
        ("country=it", {"role": [], "country": ["IT"]}),
        ("role=TRAINER,country=all", {"role": ["trainer"], "country": []}),
        ("role=all", {"role": [], "country": []}),
        ("country=UK+it", {"role": [], "country": ["GB", "IT"]}),
    ],
)
def test_an_audience_is_read(text: str, meant: dict[str, list[str]]) -> None:
    assert rules.parse_audience(text) == meant


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "say who it is for"),
        ("   ", "say who it is for"),
        ("worker", "has no 'worker'"),
        ("role=", "role is worker, trainer or all"),
        ("role=coordinator", "role is worker, trainer or all"),
        ("country=Italy", "a code of two letters"),
        ("country=١٢", "a code of two letters"),
        ("age=50", "has no 'age=50'"),
        ("role=worker role=trainer", "role is given twice"),
    ],
)
def test_a_wrong_audience_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        rules.parse_audience(text)


@given(st.text())
def test_any_text_gives_an_audience_or_a_sentence(text: str) -> None:
    try:
        audience = rules.parse_audience(text)
    except ValueError:
        return  # anything else fails the test
    assert audience.keys() == {"role", "country"}


@given(
    st.sampled_from([*rules.ROLES, rules.ALL]),
    st.one_of(st.just(rules.ALL), st.from_regex(r"[A-Z]{2}", fullmatch=True).filter(lambda c: c != "UK")),
)
def test_what_is_written_is_read_back(role: str, country: str) -> None:
    meant = {"role": [] if role == rules.ALL else [role], "country": [] if country == rules.ALL else [country]}
    assert rules.parse_audience(f"role={role} country={country}") == meant


@pytest.mark.parametrize(
    ("said", "language", "role", "countries"),
    [
        ("send a message to all workers in Italy", "en", "worker", ["IT"]),
        ("I want to write to all trainers in the UK", "en", "trainer", ["GB"]),
        ("manda un messaggio a tutti i lavoratori in Italia", "it", "worker", ["IT"]),
        ("Nachricht an alle Trainer in Deutschland", "de", "trainer", ["DE"]),
        ("manda un mensaje a todos los trabajadores de España", "es", "worker", ["ES"]),
        ("message everyone in Spain", "en", "all", ["ES"]),
        ("scrivi a tutti i partecipanti", "it", "all", []),
        ("Nachricht an alle in Italien", "de", "all", ["IT"]),
        ("un mensaje para todos", "es", "all", []),
        ("tell workers and trainers in Großbritannien", "en", "all", ["GB"]),
        ("a message to the workers in Italy and Spain", "en", "worker", ["IT", "ES"]),
        ("mensaje a todos los panaderos", "es", None, []),
        ("announce something", "en", None, []),
        ("", "en", None, []),
    ],
)
def test_the_audience_is_read_from_words(said: str, language: str, role: str | None, countries: list[str]) -> None:
    assert rules.read_role(said, lambda words: vocabulary.read_role(words, language)) == role
    assert read_countries(said) == countries


@given(st.text(max_size=300))
def test_any_words_can_be_read(said: str) -> None:
    assert rules.read_role(said, lambda words: vocabulary.read_role(words, "en")) in {
        None,
        "all",
        *rules.ROLES,
    }
    assert all(len(code) == 2 for code in read_countries(said))


def test_countries_and_languages_have_names_in_all_languages() -> None:
    assert [country_name("DE", language) for language in ("en", "it", "de", "es")] == [
        "Germany",
        "Germania",
        "Deutschland",
        "Alemania",
    ]
    assert language_name("it", "es") == "italiano"
    assert country_name("QQ", "en") == "QQ"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Hello\nall  ", "Hello\nall"),
        ("a\x00b\x1bc\ud83d", "abc"),
        ("\u200b\u2060 \u200b", ""),
        ("\u2800", ""),
        ("👩‍🌾 hi", "👩‍🌾 hi"),
        ("مرحبا", "مرحبا"),
    ],
)
def test_a_text_is_tidied(typed: str, kept: str) -> None:
    assert rules.tidy(typed) == kept


@given(st.text(alphabet=st.characters(codec=None)))
def test_a_tidy_text_stays_so_and_can_be_counted(text: str) -> None:
    once = rules.tidy(text)
    assert rules.tidy(once) == once
    assert rules.length(once) == sum(2 if ord(c) > 0xFFFF else 1 for c in once)
    once.encode()  # no half emoji is left


def test_what_is_typed_is_no_markup() -> None:
    assert rules.as_html("a < b & <b>c</b>") == "a &lt; b &amp; &lt;b&gt;c&lt;/b&gt;"


def test_which_text_a_reader_gets() -> None:
    assert rules.text_for("it", {"it": "ciao", "en": "hello"}) == "ciao"
    assert rules.text_for("de", {"it": "ciao", "en": "hello"}) == "hello"
    assert rules.text_for("de", {"it": "ciao"}) == "ciao"
    assert rules.text_for("de", {"all": "hi"}) == "hi"
    assert rules.missing(["it", "de"], {"it": "ciao"}) == ["de"]
    assert rules.missing(["it", "de"], {"all": "ciao"}) == []


def test_who_is_asleep_is_counted() -> None:
    counted = [
        Readers("it", "Europe/Rome", 1, 3),
        Readers("en", "America/New_York", 1, 2),
        Readers("it", "Europe/Madrid", 2, 1),
    ]
    evening = datetime(2026, 11, 24, 20, 30, tzinfo=UTC)
    moments = rules.moments({one.zone for one in counted}, evening, "", QuietHours.parse("21:00-08:00"))
    assert rules.by_language(counted) == {"it": 4, "en": 2}
    assert rules.held_back(counted, evening, moments) == 4


def test_the_fingerprint_changes_with_what_will_be_sent() -> None:
    one = rules.fingerprint({"role": ["worker"]}, {"it": "a"})
    assert one == rules.fingerprint({"role": ["worker"]}, {"it": "a"})
    assert one != rules.fingerprint({"role": []}, {"it": "a"})
    assert one != rules.fingerprint({"role": ["worker"]}, {"it": "b"})
