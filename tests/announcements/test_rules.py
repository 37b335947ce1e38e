"""The pure part: audiences in words and as written, texts, counts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.announcements import rules
from bot.announcements.names import country_name, in_country, language_name
from bot.announcements.rules import Readers
from bot.clock import QuietHours

POSSIBLE = {
    "sector": ("bakery", "hotel"),
    "topic": ("instagram", "ads"),
    "cluster": ("south", "north"),
    "finished": ("2", "3", "03-be-found"),
}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("role=worker country=IT", {"role": ["worker"], "country": ["IT"]}),
        ("country=it", {"role": [], "country": ["IT"]}),
        ("role=TRAINER,country=all", {"role": ["trainer"], "country": []}),
        ("role=all", {"role": [], "country": []}),
        ("country=UK+it+IT", {"role": [], "country": ["GB", "IT"]}),
        ("language=it+de sector=bakery+hotel", {"language": ["it", "de"], "sector": ["bakery", "hotel"]}),
        ("topic=instagram cluster=south+north", {"topic": ["instagram"], "cluster": ["south", "north"]}),
        ("match=unmatched silent=30", {"match": ["unmatched"], "silent": [30]}),
        ("finished=03+03-be-found", {"finished": ["3", "03-be-found"]}),
        ("sector=all silent=all", {"sector": [], "silent": []}),
    ],
)
def test_an_audience_is_read(text: str, meant: dict[str, list[str]]) -> None:
    assert rules.parse_audience(text, POSSIBLE) == {"role": [], "country": [], **meant}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "say who it is for"),
        ("   ", "say who it is for"),
        ("worker", "has no 'worker'"),
        ("role=", "role is worker, trainer or all, not ''"),
        ("role=coordinator", "role is worker, trainer or all"),
        ("country=Italy", "a code of two letters"),
        ("country=١٢", "a code of two letters"),
        ("country=IT+", "a code of two letters"),
        ("age=50", "has no 'age=50'; it has role, country, language, cluster, .* or finished"),
        ("role=worker role=trainer", "role is given twice"),
        ("language=fr", "language is en, it, de, es or all, not 'fr'"),
        ("sector=zoo", "sector is bakery, hotel or all, not 'zoo'"),
        ("topic=knitting", "topic is instagram, ads or all"),
        ("cluster=west", "cluster is south, north or all"),
        ("match=happy", "match is paired, unmatched or all"),
        ("silent=0", "a number of days from 1 to 3650"),
        ("silent=-3", "a number of days"),
        ("silent=٣", "a number of days"),
        ("silent=99999", "a number of days"),
        ("silent=7+30", "one number of days"),
        ("finished=9", "finished is 2, 3, 03-be-found or all, not '9'"),
    ],
)
def test_a_wrong_audience_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        rules.parse_audience(text, POSSIBLE)


@given(st.one_of(st.text(), st.lists(st.sampled_from([f"{key}=" for key in rules.KEYS])).map(" ".join)))
def test_any_text_gives_an_audience_or_a_sentence(text: str) -> None:
    try:
        audience = rules.parse_audience(text, POSSIBLE)
    except ValueError:
        return  # anything else fails the test
    assert {"role", "country"} <= audience.keys() <= set(rules.KEYS)


SOME = {
    "role": st.sampled_from(rules.ROLES),
    "country": st.from_regex(r"[A-Z]{2}", fullmatch=True).filter(lambda code: code != "UK"),
    "language": st.sampled_from(("en", "it", "de", "es")),
    "match": st.sampled_from(rules.MATCHES),
    "silent": st.integers(1, rules.LONGEST_SILENCE),
    **{key: st.sampled_from(values) for key, values in POSSIBLE.items()},
}


@given(
    st.fixed_dictionaries(
        {"role": st.lists(SOME["role"], unique=True)},
        optional={
            key: st.lists(values, unique=True, max_size=1 if key == "silent" else 3)
            for key, values in SOME.items()
            if key != "role"
        },
    )
)
def test_what_is_written_is_read_back(audience: rules.Audience) -> None:
    written = " ".join(f"{key}={'+'.join(map(str, values)) or 'all'}" for key, values in audience.items())
    assert rules.parse_audience(written, POSSIBLE) == {"country": [], **audience}


MODULES = [("worker", "02-plan"), ("worker", "03-be-found"), ("trainer", "03-teach")]


@pytest.mark.parametrize(
    ("said", "roles", "folders"),
    [
        ([3], ["worker"], ["03-be-found"]),
        (["3"], ["trainer"], ["03-teach"]),
        ([3], [], ["03-be-found", "03-teach"]),
        (["03-be-found", "3"], ["worker"], ["03-be-found"]),
        ([2, 3], ["worker"], ["02-plan", "03-be-found"]),
        (["03-be-found"], ["trainer"], []),
        ([9], [], []),
    ],
)
def test_a_module_is_of_a_role(said: list[int | str], roles: list[str], folders: list[str]) -> None:
    assert rules.module_folders(said, roles, MODULES) == folders


def test_countries_and_languages_have_names_in_all_languages() -> None:
    assert [country_name("DE", language) for language in ("en", "it", "de", "es")] == [
        "Germany",
        "Germania",
        "Deutschland",
        "Alemania",
    ]
    assert language_name("it", "es") == "italiano"
    assert country_name("QQ", "en") == "QQ"
    assert [in_country("GB", language) for language in ("en", "it", "de", "es")] == [
        "in the United Kingdom",
        "nel Regno Unito",
        "im Vereinigten Königreich",
        "en el Reino Unido",
    ]
    assert in_country("ES", "es") == "en España"


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
