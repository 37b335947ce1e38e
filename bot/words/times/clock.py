"""Times of the day in words: "half past three", "alle 5 meno un quarto", "zwischen 2 und 4", "por la tarde"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from bot.words.times.clockface import HALF_DAY, Grammar, Shape, Typed, at_minute, grammar_of, read_clock
from bot.words.times.vocabulary import Vocabulary

Span = tuple[int, int]

# What a part of the day means when people arrange to meet; minutes of the day.
PARTS: dict[str, tuple[int, int]] = {
    "am": (8 * 60, 12 * 60),
    "noon": (12 * 60, 14 * 60),
    "pm": (12 * 60, 18 * 60),
    "eve": (18 * 60, 22 * 60),
    "night": (20 * 60, 24 * 60),
    "small hours": (0, 6 * 60),
}


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """`readings`: (since, until) in minutes of the day, likeliest first; `until` may lie after midnight.

    `aside` is the part of the day that stood elsewhere and is spent ("at 5 tomorrow *afternoon*").
    """

    span: Span
    readings: tuple[tuple[int, int], ...]
    grain: Literal["minute", "hour"]
    shape: Shape
    aside: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class DayAndPart:
    """ "tonight": a part of a day that also says which day, in days from today."""

    span: Span
    days: int


@dataclass(frozen=True, slots=True)
class _Said:
    span: Span
    typed: tuple[Typed, ...]
    shape: Shape


@dataclass(frozen=True, slots=True)
class _Part:
    span: Span
    part: str


def greetings(plain: str, language: str) -> list[Span]:
    """Where somebody says good morning and means no time by it."""
    return [match.span() for match in grammar_of(language).greetings.finditer(plain)]


def find(plain: str, language: str, now: datetime) -> tuple[list[TimeOfDay], list[DayAndPart]]:
    """All times of the day in `plain`, in the order of the text, and the days that parts of days brought along."""
    grammar = grammar_of(language)
    said = _longest(_candidates(plain, grammar, now))

    def free(span: Span) -> bool:
        return all(span[1] <= s.span[0] or s.span[1] <= span[0] for s in said)

    parts, days = _parts(plain, grammar)
    for part in parts:
        offset = max(0, part.span[0] - 24)
        near = grammar.before_part.search(plain[offset : part.span[0]])
        typed = read_clock(near["a"], grammar) if near else None
        if near and typed and free(span := (near.start("a") + offset, near.end("a") + offset)):
            if _is_date(near["a"], plain[: span[0]], plain[slice(*part.span)], grammar, now):
                continue
            said.append(_Said(span, (typed,), "point"))
    for pattern, minute in grammar.words:
        for match in pattern.finditer(plain):
            if free(match.span()):
                said.append(_Said(match.span(), (at_minute(minute),), "point"))
    parts = [part for part in parts if free(part.span)]

    found = _with_parts(said, parts, plain, grammar)
    tonight = [part.span for part in parts if part.part in {"eve", "night"} and DayAndPart(part.span, 0) in days]
    found = [_past_midnight(time, now) if time.aside and time.aside[0] in tonight else time for time in found]
    return sorted(found, key=lambda time: time.span), days


def _past_midnight(time: TimeOfDay, now: datetime) -> TimeOfDay:
    """ "Tonight at 2", said in the evening, is tomorrow by the calendar."""
    small = all(since < PARTS["small hours"][1] and since <= now.hour * 60 + now.minute for since, _ in time.readings)
    if time.shape not in {"point", "range"} or not small:
        return time
    return replace(time, readings=tuple((since + 24 * 60, until + 24 * 60) for since, until in time.readings))


def _candidates(plain: str, grammar: Grammar, now: datetime) -> Iterator[_Said]:
    def said(span: Span, shape: Shape, *texts: str) -> Iterator[_Said]:
        typed = [one for text in texts if (one := read_clock(text, grammar)) is not None]
        if len(typed) == len(texts):
            yield _Said(span, tuple(typed), shape)

    for match in grammar.ranges.finditer(plain):
        if _is_range(match, plain, grammar, now):
            yield from said(match.span(), "range", match["a"], match["b"])
    for shape, pattern in grammar.placed:
        for match in pattern.finditer(plain):
            if _is_hour(match, plain, grammar):
                yield from said(match.span(), shape, match["a"])
    for match in grammar.strong.finditer(plain):
        if not grammar.units.match(plain, match.end()):
            yield from said(match.span(), "point", match[0])
    for match in grammar.behind_day.finditer(plain):
        if grammar.follow.match(plain, match.end()) and not grammar.units.match(plain, match.end()):
            yield from said(match.span("a"), "point", match["a"])
    for match in grammar.before_day.finditer(plain):
        # A lone number is an hour only right before "tomorrow"; "I sold 11 on Friday" is none.
        if not match["a"].isalnum() or (match["near"] and not match["on"].strip()):
            yield from said(match.span("a"), "point", match["a"])
    for match in grammar.behind_weekday.finditer(plain):
        if _is_hour_behind_weekday(match, plain, grammar, now):
            yield from said(match.span("a"), "point", match["a"])
    match = grammar.alone.fullmatch(plain)
    if match and not (grammar.dotted_day and re.fullmatch(r"\s*\d\d?\.\s*", plain)):
        yield from said(match.span("a"), "point", match["a"])


def _longest(candidates: Iterator[_Said]) -> list[_Said]:
    """Of those that share letters the longest: "viertel nach 4" is not "nach 4"."""
    kept: list[_Said] = []
    for one in sorted(candidates, key=lambda said: said.span[0] - said.span[1]):
        if all(one.span[1] <= other.span[0] or other.span[1] <= one.span[0] for other in kept):
            kept.append(one)
    return kept


def _is_range(match: re.Match[str], plain: str, grammar: Grammar, now: datetime) -> bool:
    if grammar.units.match(plain, match.end()):
        return False
    separator = match["sep"].strip()
    if _is_of_a_month(match["b"], match.end(), plain, grammar):
        return False
    if match["open"]:
        return True
    if grammar.strong.fullmatch(plain, match.start("a"), match.end("b")):
        return False  # "twenty-five to two"
    if separator in {"and", "und", "e", "y", "a", "e le", "y las", "y la", "e l'"}:
        return False
    if grammar.strong.fullmatch(match["a"]):
        return True
    in_words = match["a"].isalpha() or match["b"].isalpha()
    if in_words and separator == "to":
        return False  # "ten to eleven"
    before, after = plain[: match.start()], plain[match.end() :]
    if day := grammar.ends_in_weekday.search(before):
        # "giovedì 12 alle 19" is seven in the evening when the 12th is a Thursday.
        if separator == "-" or not match["a"].isdigit():
            return True
        return date_on(weekday_named(day["day"], grammar.voc), int(match["a"]), now) is None
    if (
        grammar.strong.fullmatch(match["b"])
        or grammar.ends_in_day.search(before)
        or grammar.begins_with_day.match(after)
    ):
        return True
    return not before.strip() and not after.strip() and not in_words


def _is_hour(match: re.Match[str], plain: str, grammar: Grammar) -> bool:
    if grammar.units.match(plain, match.end()):
        return False
    if grammar.strong.fullmatch(match["a"]) or not re.match(grammar.voc.cautious, match["open"]):
        return True
    if _is_of_a_month(match["a"], match.end(), plain, grammar):
        return False
    return bool(grammar.follow.match(plain, match.end()))


def _is_of_a_month(number: str, end: int, plain: str, grammar: Grammar) -> bool:
    """ "until 10 April" is a day, "from 10 may be good" is an hour."""
    month = grammar.month.match(plain, end) if number.isdigit() else None
    if not month or month["month"] not in grammar.voc.weak:
        return month is not None
    return grammar.follow.match(plain, month.end()) is not None


def _is_hour_behind_weekday(match: re.Match[str], plain: str, grammar: Grammar, now: datetime) -> bool:
    """ "Tuesday 15" is a date when the next 15th is a Tuesday, otherwise an hour."""
    if not grammar.follow.match(plain, match.end()) or grammar.units.match(plain, match.end()):
        return False
    if grammar.month.match(plain, match.end()):
        return False
    if not match["a"].isdigit():
        return True
    weekday = weekday_named(match["day"], grammar.voc)
    return date_on(weekday, int(match["a"]), now) is None and 1 <= int(match["a"]) <= 24


def _is_date(number: str, before: str, part: str, grammar: Grammar, now: datetime) -> bool:
    """ "Saturday 14 in the afternoon", "sábado 7 por la tarde": no hour when the 14th or 7th is that weekday."""
    day = grammar.ends_in_weekday.search(before)
    if not day or not number.isdecimal() or (int(number) <= 12 and not re.match(grammar.voc.of_the_day, part)):
        return False
    return date_on(weekday_named(day["day"], grammar.voc), int(number), now) is not None


def weekday_named(word: str, voc: Vocabulary) -> int:
    """0 for Monday … 6 for Sunday."""
    for names in (voc.weekdays, voc.short):
        for day, pattern in enumerate(names):
            if pattern and re.fullmatch(pattern, word):
                return day
    raise ValueError(word)


def date_on(weekday: int, day: int, now: datetime) -> datetime | None:
    """Midnight of the day in the coming 60 that is both this weekday and this day of the month."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
    for ahead in range(60):
        date = midnight + timedelta(days=ahead)
        if date.weekday() == weekday and date.day == day:
            return date
    return None


def _parts(plain: str, grammar: Grammar) -> tuple[list[_Part], list[DayAndPart]]:
    taken = [match.span() for match in grammar.greetings.finditer(plain)]
    parts: list[_Part] = []
    days: list[DayAndPart] = []

    def take(span: Span) -> bool:
        if any(span[0] < end and start < span[1] for start, end in taken):
            return False
        taken.append(span)
        return True

    for pattern, part, ahead in grammar.day_parts:
        for match in pattern.finditer(plain):
            if take(match.span()):
                parts.append(_Part(match.span(), part))
                days.append(DayAndPart(match.span(), ahead))
    for pattern, part in grammar.parts:
        parts += [_Part(match.span(), part) for match in pattern.finditer(plain) if take(match.span())]
    return parts, days


def _with_parts(said: list[_Said], parts: list[_Part], plain: str, grammar: Grammar) -> list[TimeOfDay]:
    """A part of the day next to a clock time says which half is meant; alone it is a time of its own."""
    found: list[TimeOfDay] = []
    used: set[_Part] = set()
    for one in said:
        near = [part for part in parts if part not in used and _together(one.span, part.span, plain, grammar)]
        part = min(near, key=lambda p: _distance(p.span, one.span), default=None)
        if part:
            used.add(part)
        time = _time_of_day(one, part)
        found.append(replace(time, aside=(part.span,)) if part else time)
    found += [TimeOfDay(part.span, (PARTS[part.part],), "hour", "part") for part in parts if part not in used]
    return found


def _together(one: Span, other: Span, plain: str, grammar: Grammar) -> bool:
    between = plain[min(one[1], other[1]) : max(one[0], other[0])]
    return len(between) <= 40 and not grammar.apart.search(between)


def _distance(one: Span, other: Span) -> int:
    return max(one[0], other[0]) - min(one[1], other[1])


def _time_of_day(one: _Said, part: _Part | None) -> TimeOfDay:
    span = one.span
    if part and _distance(part.span, span) <= 2:
        span = min(span[0], part.span[0]), max(span[1], part.span[1])
    typed = tuple(_in_part(t, part.part) for t in one.typed) if part else one.typed
    grain = "minute" if any(t.grain == "minute" for t in typed) else "hour"
    length = 1 if grain == "minute" else 60
    if one.shape == "range":
        return TimeOfDay(span, _ranges(*typed), grain, one.shape)
    minute = typed[0].minute
    minutes = (minute + HALF_DAY, minute) if typed[0].loose else (minute,)
    if one.shape == "after":
        return TimeOfDay(span, tuple((m, 24 * 60) for m in minutes), grain, one.shape)
    if one.shape == "before":
        return TimeOfDay(span, tuple((0, m) for m in minutes), grain, one.shape)
    return TimeOfDay(span, tuple((m, m + length) for m in minutes), grain, one.shape)


def _in_part(typed: Typed, part: str) -> Typed:
    minute, hour = typed.minute, typed.minute // 60
    if typed.half or hour > 12:
        return replace(typed, loose=False)
    if part in {"eve", "night"}:
        small = part == "night" and hour < 6
        minute = minute if small else minute + HALF_DAY
    elif (part == "pm" and hour < 12) or (part == "noon" and hour < 4):
        minute += HALF_DAY
    elif part == "small hours" and hour == 12:
        minute -= HALF_DAY
    return replace(typed, minute=minute, loose=False)


def _ranges(a: Typed, b: Typed) -> tuple[tuple[int, int], ...]:
    """The likeliest beginnings and ends: the end follows the beginning, at the shortest distance."""
    if a.loose and b.half:
        first = a.minute + HALF_DAY if b.minute > a.minute + HALF_DAY else a.minute
        return ((first, _after(first, b)),)
    starts = (a.minute + HALF_DAY, a.minute) if a.loose else (a.minute,)
    if a.loose and not b.loose and a.minute < b.minute <= HALF_DAY and not b.half and a.minute >= 6 * 60:
        starts = (a.minute, a.minute + HALF_DAY)  # "7 to 11" is a morning
    if a.loose and not b.loose and b.minute > HALF_DAY:
        starts = tuple(s for s in starts if s < b.minute)
    return tuple((start, _after(start, b)) for start in starts)


def _after(start: int, b: Typed) -> int:
    end = b.minute
    while end <= start:
        end += HALF_DAY if not b.half and b.minute <= HALF_DAY else 24 * 60
    return end
