"""Dates in figures that Duckling leaves out ("10/12 alle 15"), and dates that no calendar has ("31 novembre").

Day before month, as all our countries write it.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from bot.words.times.days import DAY, Days
from bot.words.times.vocabulary import VOCABULARIES, any_of

_LEAP_YEAR = 2028  # a date without a year may be in one
_JUST_PAST = timedelta(days=31)  # a date without a year that lies so near behind is past, not next year's
_SHORT = {"feb": 29, "apr": 30, "abr": 30, "jun": 30, "giu": 30, "sep": 30, "set": 30, "nov": 30}
_FRACTIONS = {(1, 2), (1, 3), (1, 4), (3, 4)}
_READ_BY_DUCKLING = range(1, 10)  # months, between slashes; German has none
_BEGIN, _END = r"(?<![\w/.,:+-])", r"(?![\w/%€$£]|[.,:-]\d)"


@dataclass(frozen=True)
class _Grammar:
    figures: tuple[re.Pattern[str], ...]
    dotted: re.Pattern[str]
    day_of_month: tuple[re.Pattern[str], ...]


@cache
def _grammar(language: str) -> _Grammar:
    voc = VOCABULARIES[language]
    day, month, year = r"(?P<day>\d\d?)", r"(?P<month>\d\d?)", r"(?P<year>20\d\d|\d\d)"
    hour = rf"(?=\s*,?\s*(?:{voc.at})\d)"
    name = any_of(voc.months.split())
    figures = [rf"{_BEGIN}{day}/{month}(?:/{year})?{_END}"]
    if language != "de":  # there Duckling reads "10.12. um 15 Uhr" itself; here "10.12" alone is an hour
        figures.append(rf"{_BEGIN}{day}\.{month}\.?{hour}")
    return _Grammar(
        figures=tuple(re.compile(one) for one in figures),
        dotted=re.compile(rf"{_BEGIN}{day}\.{month}\.(?:{year})?(?![\w/]|[.,:]\d)"),
        day_of_month=tuple(
            re.compile(rf"(?<![\w.,:/])(?:{one})(?!\w)")
            for one in (
                rf"(?P<day>\d\d?)(?:st|nd|rd|th|\.)?\s*(?:de\s|of\s|di\s)?(?P<name>{name})",
                rf"(?P<name>{name})\s+(?:the\s)?(?P<day>\d\d?)(?:st|nd|rd|th)?(?![.:]?\d|\s*[ap]\.?m)",
            )
        ),
    )


def find(plain: str, language: str, now: datetime) -> list[Days]:
    """Days that are written in figures. `now` has no zone."""
    found: list[Days] = []
    for pattern in _grammar(language).figures:
        for match in pattern.finditer(plain):
            day, month = int(match["day"]), int(match["month"])
            if month in _READ_BY_DUCKLING and "/" in match[0] and language != "de":
                continue
            start = _date(day, month, match.groupdict().get("year"), now)
            if start and (day, month) not in _FRACTIONS:
                found.append(Days(match.span(), ((start, start + DAY),)))
    return found


def _date(day: int, month: int, year: str | None, now: datetime) -> datetime | None:
    if not _exists(day, month):
        return None
    if year:
        return _on(int(year) % 100 + 2000, month, day)
    around = (_on(now.year + ahead, month, day) for ahead in range(9))
    return next((start for start in around if start and start > now - _JUST_PAST), None)


def _on(year: int, month: int, day: int) -> datetime | None:
    return datetime.combine(date(year, month, day), time()) if day <= monthrange(year, month)[1] else None


def _exists(day: int, month: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= monthrange(_LEAP_YEAR, month)[1]


def is_impossible(plain: str, language: str) -> bool:
    """Whether the words name a day that its month does not have: "31 novembre", "30/2"."""
    grammar = _grammar(language)
    figures = (match for pattern in (*grammar.figures, grammar.dotted) for match in pattern.finditer(plain))
    for match in figures:
        day, month = int(match["day"]), int(match["month"])
        if 1 <= month <= 12 and 1 <= day <= 31 and not _exists(day, month):
            return True
    named = (match for pattern in grammar.day_of_month for match in pattern.finditer(plain))
    return any(_SHORT.get(match["name"][:3], 31) < int(match["day"]) <= 31 for match in named)
