"""Countries and languages by name, from the Unicode CLDR data in Babel, in all our languages."""

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
}


def country_name(code: str, language: str) -> str:
    """ "Italia" for IT in Italian; the code itself when nobody knows it."""
    return _territories(language).get(code, code)


def language_name(code: str, language: str) -> str:
    """ "italiano" for it in Italian."""
    names = cast(dict[str, str], _locale(language).languages)
    return names.get(code, code)


def read_countries(text: str) -> list[str]:
    """The ISO codes of the countries named, in order; the longest name at a word counts."""
    words = plain(text).split()[:200]
    known = _countries()
    found: list[str] = []
    at = 0
    while at < len(words):
        for length in range(min(LONGEST_NAME, len(words) - at), 0, -1):
            code = known.get(" ".join(words[at : at + length]))
            if code:
                found.append(code)
                at += length
                break
        else:
            at += 1
    return list(dict.fromkeys(found))


@cache
def _countries() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in _territories(language).items():
            if len(code) == 2 and code.isalpha():
                names.setdefault(plain(name), code)
    return names | _ALSO


def _territories(language: str) -> dict[str, str]:
    return cast(dict[str, str], _locale(language).territories)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language if language in LANGUAGES else "en")
