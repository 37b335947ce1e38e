"""Countries and languages by name, from the Unicode CLDR data in Babel, in all our languages."""

from collections.abc import Sequence
from functools import cache
from typing import cast

from babel import Locale

from bot.announcements.rules import plain
from bot.messages import LANGUAGES

LONGEST_NAME = 5  # words
_ALSO = {
    "uk": "GB",
    "u k": "GB",
    "britain": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "gran bretagna": "GB",
    "inghilterra": "GB",
    "grossbritannien": "GB",
    "gran bretana": "GB",
    "inglaterra": "GB",
    "oesterreich": "AT",
}
_OTHER_WORDS = {"RE", "GD"}  # in Spanish: a meeting, and a city
_IN = {  # where "in" and the name alone would be wrong
    "en": {
        "GB": "in the United Kingdom",
        "NL": "in the Netherlands",
        "US": "in the United States",
        "CZ": "in the Czech Republic",
    },
    "it": {
        "GB": "nel Regno Unito",
        "NL": "nei Paesi Bassi",
        "US": "negli Stati Uniti",
        "CY": "a Cipro",
        "MT": "a Malta",
    },
    "de": {
        "GB": "im Vereinigten Königreich",
        "NL": "in den Niederlanden",
        "US": "in den Vereinigten Staaten",
        "CH": "in der Schweiz",
        "SK": "in der Slowakei",
        "TR": "in der Türkei",
        "UA": "in der Ukraine",
        "CY": "auf Zypern",
        "MT": "auf Malta",
    },
    "es": {"GB": "en el Reino Unido", "NL": "en los Países Bajos", "US": "en los Estados Unidos"},
}
_PLAIN_IN = {"en": "in", "it": "in", "de": "in", "es": "en"}


def country_name(code: str, language: str) -> str:
    """ "Italia" for IT in Italian; the code itself when nobody knows it."""
    return _territories(language).get(code, code)


def language_name(code: str, language: str) -> str:
    """ "italiano" for it in Italian."""
    names = cast(dict[str, str], _locale(language).languages)
    return names.get(code, code)


def in_country(code: str, language: str) -> str:
    """ "in Italia" for IT in Italian, "nel Regno Unito" for GB."""
    language = language if language in LANGUAGES else "en"
    return _IN[language].get(code) or f"{_PLAIN_IN[language]} {country_name(code, language)}"


def find_countries(words: Sequence[str]) -> list[tuple[int, int, str]]:
    """The first and last word and the ISO code of each country named; the longest name at a word counts.

    The words are as `rules.plain` writes them.
    """
    known = _countries()
    found: list[tuple[int, int, str]] = []
    at = 0
    while at < len(words):
        for length in range(min(LONGEST_NAME, len(words) - at), 0, -1):
            code = known.get(" ".join(words[at : at + length]))
            if code:
                found.append((at, at + length - 1, code))
                at += length
                break
        else:
            at += 1
    return found


@cache
def _countries() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in _territories(language).items():
            if len(code) == 2 and code.isalpha() and code not in _OTHER_WORDS:
                names.setdefault(plain(name), code)
        for code, written in _IN[language].items():
            names.setdefault(plain(written.partition(" ")[2]), code)
    return names | _ALSO


def _territories(language: str) -> dict[str, str]:
    return cast(dict[str, str], _locale(language).territories)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language if language in LANGUAGES else "en")
