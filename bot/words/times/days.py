"""Days in words that Duckling gets wrong or leaves out: weekdays, "martedì prossimo", "the 22nd", "in 3 days"."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

from bot.words.times.clock import Span, date_on, weekday_named
from bot.words.times.vocabulary import VOCABULARIES, Vocabulary, any_of

Bound = Literal["", "until", "before", "after", "from"]
Reading = tuple[datetime, datetime]
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Days:
    """Wall-clock stretches of days, likeliest first; `bound` when something stood before ("by Friday").

    `named`: only a weekday was said, so that a date next to it says more.
    """

    span: Span
    readings: tuple[Reading, ...]
    grain: str = "day"
    bound: Bound = ""
    named: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """So much real time from now."""

    span: Span
    wait: timedelta


@dataclass(frozen=True)
class _Grammar:
    voc: Vocabulary
    weekday: re.Pattern[str]
    full_name: re.Pattern[str]
    short_before: re.Pattern[str]
    ordinal: re.Pattern[str]
    day_range: re.Pattern[str]
    near: tuple[re.Pattern[str], ...]
    weekend: re.Pattern[str]
    of_month: re.Pattern[str]
    range_open: re.Pattern[str]
    range_sep: re.Pattern[str]
    day_and_number: re.Pattern[str]
    waits: tuple[tuple[re.Pattern[str], timedelta, timedelta], ...]
    ahead: tuple[tuple[re.Pattern[str], int], ...]
    bounds: tuple[tuple[Bound, re.Pattern[str]], ...]
    month_before: re.Pattern[str]
    units: re.Pattern[str]
    refused_before: re.Pattern[str]
    refused_after: re.Pattern[str]


@cache
def _grammar(language: str) -> _Grammar:
    voc = VOCABULARIES[language]
    count = rf"(?P<n>\d{{1,3}}|{any_of(w for w, n in voc.numbers.items() if n > 0)})"
    full, short = "|".join(voc.weekdays), "|".join(s for s in voc.short if s)
    name = rf"(?:{full}|{short})"
    name_ends = r"(?:(?!\w)|(?=abend|morgen|fru?e?h|nachmittag|vormittag|mittag|nacht))"
    month = any_of(voc.months.split())
    hour, half = timedelta(hours=1), timedelta(minutes=30)

    def from_now(what: str) -> re.Pattern[str]:
        what_later = re.sub(r"\?P<n>", "?P<n_later>", what)
        return re.compile(rf"(?<!\w)(?:{voc.in_}(?:{what})|(?:{what_later}){voc.from_now})(?!\w)")

    return _Grammar(
        voc=voc,
        weekday=re.compile(
            rf"(?<!\w)(?P<on>{voc.a_week_on})?"
            rf"(?:(?P<last>{voc.last_})|(?P<next>{voc.next_})|(?P<this>{voc.this_}))?"
            rf"(?P<day>{name}){name_ends}\.?"
            rf"(?:(?P<later>{voc.weeks_later})|\s*,?\s*(?P<week>{voc.next_week})"
            rf"|(?P<nexta>{voc.next_after})|(?P<lasta>{voc.last_after}))?"
        ),
        full_name=re.compile(rf"(?:{full})"),
        short_before=re.compile(rf"(?<!\w)(?:{voc.short_after})\Z"),
        ordinal=re.compile(rf"(?<!\w){voc.ordinals}\s+\Z"),
        day_range=re.compile(
            rf"(?<!\w)(?P<open>{voc.day_range_open})?(?P<a>{name})\.?(?P<sep>{voc.day_range_sep})(?P<b>{name})(?!\w)"
        ),
        near=tuple(re.compile(rf"(?<!\w){word}(?!\w)") for word in voc.from_today),
        weekend=re.compile(
            rf"(?<!\w)(?:(?P<on>{voc.a_week_on})|(?P<next>{voc.next_})|{voc.this_})?"
            rf"{voc.weekend}(?!\w)(?P<nexta>{voc.next_after})?"
        ),
        of_month=re.compile(rf"(?<!\w)(?:{voc.day_of_month})(?!\w)(?!\s*(?:de\s)?{month}(?!\w))"),
        range_open=re.compile(rf"(?<!\w)(?:{voc.day_range_open})\Z"),
        range_sep=re.compile(voc.day_range_sep),
        day_and_number=re.compile(
            rf"(?<!\w)(?P<day>{name})\.?,?\s+(?:the\s|den\s|il\s|el\s)?(?P<n>\d\d?)(?:st|nd|rd|th|\.)?"
            rf"(?![\w:/]|[.,]\d|\s?-\s?\d|\.?\s*(?:de\s)?{month}(?!\w))"
        ),
        waits=(
            (from_now(voc.hour_and_half), timedelta(), timedelta(minutes=90)),
            (from_now(voc.half_hour), timedelta(), half),
            (from_now(voc.quarter_hour), half / 2, timedelta()),
            (from_now(rf"{count}\s?(?:{voc.and_half})\s*{voc.hours_unit}"), hour, half),
            (from_now(rf"{count}\s*'?{voc.hours_unit}{voc.and_half}"), hour, half),
            (from_now(rf"{count}\s*'?{voc.hours_unit}"), hour, timedelta()),
            (from_now(rf"{count}\s*'?{voc.minutes_unit}"), timedelta(minutes=1), timedelta()),
        ),
        ahead=(
            (from_now(voc.fortnight), 14),  # before the days: Spanish "quince días" are two weeks
            (from_now(rf"{count}\s*'?{voc.days_unit}"), 1),
            (from_now(rf"{count}\s*'?{voc.weeks_unit}"), 7),
        ),
        bounds=(
            ("until", re.compile(rf"(?<!\w)(?:{voc.until_day})\Z")),
            ("before", re.compile(rf"(?<!\w)(?:{voc.before_day})\Z")),
            ("after", re.compile(rf"(?<!\w)(?:{voc.after_day})\Z")),
            ("from", re.compile(rf"(?<!\w)(?:{voc.from_day})\Z")),
        ),
        month_before=re.compile(rf"(?<!\w){month}\s+(?:the\s+)?\Z"),
        units=re.compile(rf"\s*(?:{voc.units}|[%€$£])(?!\w)"),
        refused_before=re.compile(rf"(?<!\w)(?:{voc.not_before})\s+\Z"),
        refused_after=re.compile(rf"\s+(?:{voc.not_after})(?!\w)"),
    )


def waits(plain: str, language: str) -> list[Wait]:
    """ "in an hour and a half", "tra 20 minuti"."""
    grammar = _grammar(language)
    found: list[Wait] = []
    for pattern, unit, more in grammar.waits:
        for match in pattern.finditer(plain):
            times = _count(match, grammar.voc)
            if _is_free(match.span(), [one.span for one in found]) and times is not None:
                found.append(Wait(match.span(), unit * times + more))
    return found


def find(plain: str, language: str, now: datetime, hours: list[Span]) -> list[Days]:
    """The days in `plain`; `hours` are the stretches that tell a time of the day. `now` has no zone."""
    grammar = _grammar(language)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    found: list[Days] = []

    def keep(span: Span, *starts: datetime, named: bool = False) -> None:
        if _is_free(span, [one.span for one in found]):
            found.append(Days(span, tuple((s, s + DAY) for s in starts), named=named))

    for match in grammar.day_and_number.finditer(plain):
        date = date_on(weekday_named(match["day"], grammar.voc), int(match["n"]), today)
        if date and _is_free(match.span("n"), hours):
            keep(match.span(), date)
        elif 24 < int(match["n"]) <= 31 and not grammar.units.match(plain, match.end()):
            # "Monday 25" when the 25th is a Wednesday: no hour, so one of the two is a slip.
            weekday, of_month = weekday_named(match["day"], grammar.voc), _day_of_month(int(match["n"]), today)
            if of_month:
                keep(match.span(), of_month, _coming(weekday, today))
    found += [days for days in _day_ranges(plain, grammar, today) if _is_free(days.span, [f.span for f in found])]
    for match in grammar.weekday.finditer(plain):
        if _is_day(match, plain, grammar, hours) and _is_free(match.span(), hours):
            starts = _weekday_starts(match, grammar, today, language)
            modified = any(match[g] for g in ("on", "last", "next", "this", "later", "week", "nexta", "lasta"))
            keep(match.span(), *starts, named=not modified)
    near = [(match.span(), n) for n, word in enumerate(grammar.near) for match in word.finditer(plain)]
    for pattern, unit in grammar.ahead:
        for match in pattern.finditer(plain):
            if (count := _count(match, grammar.voc)) is not None:
                # "tomorrow in a week" is one day
                start, days = next(
                    ((span[0], n) for span, n in near if plain[span[1] : match.start()].isspace()), (match.start(), 0)
                )
                keep((start, match.end()), today + DAY * (days + count * unit))
    for span, n in near:
        if _is_free(span, hours) and any(pattern.search(plain[: span[0]]) for _, pattern in grammar.bounds):
            keep(span, today + DAY * n)
    for match in grammar.weekend.finditer(plain):
        if _is_free(match.span(), [one.span for one in found]):
            found.append(_weekend(match, today, language))
    for match in grammar.of_month.finditer(plain):
        number = int(next(n for n in match.groups() if n))
        of_a_month = grammar.month_before.search(plain[: match.start()])
        if not of_a_month and _is_free(match.span(), hours) and (date := _day_of_month(number, today)):
            if found and (start := _range_start(found[-1], match.start(), plain, grammar)) is not None:
                since = found[-1].readings[0][0]
                if since < date:
                    found[-1] = Days((start, match.end()), ((since, date + DAY),))
                    continue
            keep(match.span(), date)
    return sorted(found, key=lambda days: days.span)


def _range_start(first: Days, end: int, plain: str, grammar: _Grammar) -> int | None:
    """Where "from the 14th to " begins: the words before what stands at `end`, when `first` is the day in them."""
    opened = grammar.range_open.search(plain[: first.span[0]])
    return opened.start() if opened and grammar.range_sep.fullmatch(plain, first.span[1], end) else None


def is_refused(days: Days, plain: str, language: str) -> bool:
    """ "not Tuesday", "el martes no": named only to be ruled out."""
    grammar = _grammar(language)
    before, after = plain[max(0, days.span[0] - 40) : days.span[0]], plain[days.span[1] : days.span[1] + 40]
    return bool(grammar.refused_before.search(before) or grammar.refused_after.match(after))


def with_bound(days: Days, plain: str, language: str) -> Days:
    """`days`, widened by a "by", "bis", "dopo" that stands right before it."""
    before = plain[max(0, days.span[0] - 30) : days.span[0]]
    for bound, pattern in _grammar(language).bounds:
        if match := pattern.search(before):
            span = (days.span[0] - (len(before) - match.start()), days.span[1])
            return replace(days, span=span, bound=bound)
    return days


def _is_free(span: Span, taken: list[Span]) -> bool:
    return all(span[1] <= start or end <= span[0] for start, end in taken)


def _count(match: re.Match[str], voc: Vocabulary) -> int | None:
    groups = match.groupdict()
    word = groups.get("n") or groups.get("n_later")
    if word is None:
        return 1
    if word.isdecimal():
        return int(word)
    squeezed = re.sub(r"[ -]", "", word)
    return next((n for w, n in voc.numbers.items() if w.replace(" ", "") == squeezed), None)


def _is_day(match: re.Match[str], plain: str, grammar: _Grammar, hours: list[Span]) -> bool:
    """Whether a weekday's name is one here: "first Monday of May" is Duckling's, "sat" may be a verb."""
    before, after = plain[: match.start()], plain[match.end() :]
    if grammar.ordinal.search(before) and not match["week"]:
        return False
    if grammar.full_name.fullmatch(match["day"]):
        return True
    if any(match[g] for g in ("last", "next", "this", "later", "week", "nexta", "on")):
        return True
    if not re.sub(r"\W", "", before + after) or grammar.short_before.search(before):
        return True
    names = f"(?:{grammar.full_name.pattern}|{'|'.join(s for s in grammar.voc.short if s)})"
    joint = rf"(?:\s*[,/&+-]\s*|\s+(?:{grammar.voc.or_words})\s+)"
    if re.match(rf"{joint}{names}(?!\w)", after) or re.search(rf"(?<!\w){names}{joint}\Z", before):
        return True
    return any(_touches(match.span(), hour, plain) for hour in hours)


def _touches(one: Span, other: Span, plain: str) -> bool:
    between = plain[min(one[1], other[1]) : max(one[0], other[0])]
    return re.fullmatch(r"[\s.,]*(?:(?:on|del|di|am|de|el|il)\s+)?", between) is not None


def _weekday_starts(match: re.Match[str], grammar: _Grammar, today: datetime, language: str) -> tuple[datetime, ...]:
    weekday = weekday_named(match["day"], grammar.voc)
    coming = _coming(weekday, today)
    if match["last"] or match["lasta"]:
        return (today - DAY * ((today.weekday() - weekday) % 7 or 7),)
    if match["week"]:
        return (today - DAY * today.weekday() + WEEK + DAY * weekday,)
    if match["later"] or match["on"]:
        weeks = 2 if match.groupdict().get("fortnight") else _count(match, grammar.voc) or 1
        return (coming + WEEK * weeks,)
    if match["next"] or match["nexta"]:
        in_this_week = weekday > today.weekday()
        return (coming, coming + WEEK) if in_this_week and language in {"en", "de"} else (coming,)
    if weekday == today.weekday():
        return (today, coming) if match["this"] else (coming, today)
    return (coming,)


def _coming(weekday: int, today: datetime) -> datetime:
    return today + DAY * ((weekday - today.weekday()) % 7 or 7)


def _day_ranges(plain: str, grammar: _Grammar, today: datetime) -> list[Days]:
    found: list[Days] = []
    for match in grammar.day_range.finditer(plain):
        separator = match["sep"].strip()
        a, b = (weekday_named(match[group], grammar.voc) for group in ("a", "b"))
        both_words = {"and", "und", "e", "y"}
        if a == b or (not match["open"] and separator in both_words):
            continue
        start = _coming(a, today)
        end = start + DAY * ((b - a) % 7) + DAY
        found.append(Days(match.span(), ((start, end),)))
    return found


def _weekend(match: re.Match[str], today: datetime, language: str) -> Days:
    saturday = today + DAY * ((5 - today.weekday()) % 7)
    monday = saturday + 2 * DAY
    if today.weekday() == 6:
        saturday, monday = (today, today + DAY)
    readings: tuple[Reading, ...] = ((saturday, monday),)
    if match["on"] or match["next"] or match["nexta"]:
        later = today + DAY * (12 - today.weekday())
        readings = ((later, later + 2 * DAY),)
        if today.weekday() < 5:
            readings = ((saturday, monday), *readings)
    if match["on"]:
        readings = tuple((start + WEEK, end + WEEK) for start, end in readings)
    return Days(match.span(), readings)


def _day_of_month(number: int, today: datetime) -> datetime | None:
    for ahead in range(62):
        if (date := today + DAY * ahead).day == number:
            return date
    return None
