"""From the words in a message to stretches of time: what is read where, and which day goes with which hour."""

import atexit
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from bot.words.times import clock, dates, days, spelling
from bot.words.times.clock import Span, TimeOfDay
from bot.words.times.clockface import grammar_of
from bot.words.times.days import DAY, WEEK, Days
from bot.words.times.text import Message, blank, read
from bot.words.times.vocabulary import VOCABULARIES, Vocabulary
from bot.words.times.worker import Duckling, Parsed
from bot.words.times.zone import first_instant, instants, is_before, later

MOST = 12  # readings given back; nobody is asked to choose among more
_MINUTE = timedelta(minutes=1)
_PHONE_NUMBER = re.compile(r"(?<!\w)(?:\+\d{1,3} ?)?\d{3,}(?: ?\d){6,}(?!\w)")
_GRAINS = {"second": _MINUTE, "minute": _MINUTE, "hour": timedelta(hours=1), "day": DAY, "week": WEEK}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}

duckling = Duckling()
atexit.register(duckling.close)


@dataclass(frozen=True, slots=True)
class TimeFound:
    """A stretch of time that words name: `start` ≤ it < `end`, both in the person's zone.

    `grain` is how exactly it was said: minute, hour, day, week, month, quarter or year. `span` are the offsets
    in the text. "After 3" ends with the day, "by Friday" starts now, "from Monday on" is given a week.
    Not `dated`: an hour was said and no day, so that it is the next one only if nothing else is talked about.
    """

    start: datetime
    end: datetime
    grain: str
    span: Span
    dated: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class _Moment:
    """A stretch within a day that needs no other words: "in 20 minutes", "now"."""

    span: Span
    start: datetime
    end: datetime
    grain: str


@dataclass(frozen=True, slots=True)
class _Ranked:
    """`rank` 0: the likeliest reading of its words."""

    rank: int
    found: TimeFound


def find(text: str, language: str, now: datetime, until: float) -> list[TimeFound]:
    """See :func:`bot.words.times.when`; `until` is an instant of the monotonic clock.

    Raises :class:`~bot.words.times.worker.NoAnswer`.
    """
    message = read(text)
    phones = [match.span() for match in _PHONE_NUMBER.finditer(message.plain)]
    plain = blank(message.plain, phones)
    if not any(letter.isalnum() for letter in plain) or dates.is_impossible(plain, language):
        return []
    wall = now.replace(tzinfo=None, fold=0)
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)

    waits = days.waits(plain, language)
    greetings = clock.greetings(plain, language)
    figures = dates.find(plain, language, wall)
    rest = blank(plain, [*(one.span for one in (*waits, *figures)), *greetings])
    hours, brought = clock.find(rest, language, wall)
    named = days.find(rest, language, wall, [hour.span for hour in hours])
    known = [one for one in named if not days.is_refused(one, plain, language)]
    known += [Days(b.span, ((midnight + DAY * b.days, midnight + DAY * (b.days + 1)),)) for b in brought]
    read_already = [one.span for one in (*waits, *figures, *hours, *named, *known)] + greetings
    read_already += phones + [span for hour in hours for span in hour.aside]
    whole_days, moments = _by_duckling(message, read_already, language, now, until)
    whole_days = [one for one in (*figures, *whole_days) if not days.is_refused(one, plain, language)]
    moments += [
        _Moment(wait.span, start, later(start, _MINUTE), "minute")
        for wait in waits
        for start in [later(now.replace(second=0, microsecond=0), wait.wait)]
    ]
    known = [days.with_bound(one, plain, language) for one in _merged(known, whole_days, plain, language)]

    ranked = [
        _Ranked(0, TimeFound(moment.start, moment.end, moment.grain, message.span(*moment.span))) for moment in moments
    ]
    for day, hour, span in _pairs(known, hours):
        ranked += _readings(day, hour, now, message.span(*span))
    ranked.sort(key=lambda one: (one.rank, one.found.span))
    once: dict[tuple[datetime, datetime, str], TimeFound] = {}
    for one in ranked:
        once.setdefault(_key(one.found), one.found)
    return list(once.values())[:MOST]


def _key(found: TimeFound) -> tuple[datetime, datetime, str]:
    """What makes two the same: instants, not what the clock on the wall shows."""
    return found.start.astimezone(UTC), found.end.astimezone(UTC), found.grain


def _by_duckling(
    message: Message, read_already: list[Span], language: str, now: datetime, until: float
) -> tuple[list[Days], list[_Moment]]:
    plain, spelled = blank(message.plain, read_already), blank(message.spelled, read_already)
    if not any(letter.isalnum() for letter in plain):
        return [], []
    text, offsets = spelling.for_duckling(plain, spelled, language)
    found: list[Days] = []
    moments: list[_Moment] = []
    wall = now.replace(microsecond=0, tzinfo=None, fold=0)
    for parsed in duckling.parse(text, language, wall, until):
        span = offsets[parsed.start], offsets[parsed.end]
        if _is_no_time(plain, span, language):
            continue
        since, to = _stretch(parsed, wall, plain[slice(*span)], language)
        if parsed.grain == "year" and to <= wall:
            continue  # a year of birth, the number of a house
        if parsed.grain in {"second", "minute", "hour"}:
            grain = "hour" if parsed.grain == "hour" else "minute"
            moments += [
                _Moment(span, start, end, grain)
                for start in ([now] if since == wall else instants(since, _zone(now)))
                for end in [first_instant(to, _zone(now))]
                if is_before(start, end)
            ]
        elif parsed.since is None and parsed.grain == "day":
            found.append(Days(span, ((to - DAY, to),), bound="until"))  # an hour next to it is of the last day
        elif since < to:
            found.append(Days(span, ((since, to),), parsed.grain))
    return found, moments


def _zone(now: datetime) -> tzinfo:
    assert now.tzinfo is not None
    return now.tzinfo


def _is_no_time(plain: str, span: Span, language: str) -> bool:
    voc = VOCABULARIES[language]
    body = re.sub(r"\A(?:the|il|la|lo|el|der|die|das|den)\s+", "", plain[slice(*span)].strip())
    others = plain[: span[0]] + plain[span[1] :]
    if (body in voc.weak or _is_number(plain[slice(*span)], voc)) and any(letter.isalpha() for letter in others):
        return True
    if re.search(r"[€$£]\s?\Z", plain[: span[0]]):
        return True
    return grammar_of(language).units.match(plain, span[1]) is not None


def _is_number(body: str, voc: Vocabulary) -> bool:
    """ "las dos", "tres y un", "9 to 5": were it an hour, our own grammar would have read it."""
    words = body.split()
    small = {"la", "las", "le", "y", "e", "to"}
    return all(word in voc.numbers or word in small or (word.isdecimal() and len(words) > 1) for word in words)


def _stretch(parsed: Parsed, wall: datetime, body: str, language: str) -> tuple[datetime, datetime]:
    voc = VOCABULARIES[language]
    if parsed.kind == "value":
        assert parsed.since is not None
        return parsed.since, _one_more(parsed.since, parsed.grain)
    if parsed.until is None:
        assert parsed.since is not None
        behind = parsed.grain in {"day", *_MONTHS, "week"} and re.match(voc.after_day, body)
        since = _one_more(parsed.since, parsed.grain) if behind else parsed.since
        return since, since + WEEK
    whole_day = parsed.until == parsed.until.replace(hour=0, minute=0) and any(letter.isdigit() for letter in body)
    up_to = whole_day and re.match(voc.until_day, body)
    return parsed.since or wall, parsed.until + DAY if up_to else parsed.until


def _one_more(since: datetime, grain: str) -> datetime:
    if grain in _GRAINS:
        return since + _GRAINS[grain]
    months = since.year * 12 + since.month - 1 + _MONTHS.get(grain, 1)
    return since.replace(year=months // 12, month=months % 12 + 1, day=1)


def _merged(named: list[Days], dates: list[Days], plain: str, language: str) -> list[Days]:
    """Weekdays and dates, in the order of the text. "Tuesday, 20 October" is one day, and so is "next week
    on Tuesday"; when the date is not that weekday, both are given."""
    found: list[Days] = []
    for one in sorted([*named, *dates], key=lambda one: one.span):
        last = found[-1] if found else None
        if last is None or one.bound or not _side_by_side(last, one, plain) or last.named == one.named:
            found.append(one)
            continue
        weekday, date = (last, one) if last.named else (one, last)
        span = last.span[0], one.span[1]
        start, end = date.readings[0]
        of_week = start + DAY * weekday.readings[0][0].weekday()
        if date.grain == "week":
            found[-1] = Days(span, ((of_week, of_week + DAY),))
        elif date.grain != "day" or end - start > DAY:
            found.append(one)
        elif start.weekday() == weekday.readings[0][0].weekday():
            found[-1] = Days(span, date.readings)
        else:
            found[-1] = Days(span, (*date.readings, *weekday.readings[:1]))
    return found


def _side_by_side(one: Days, other: Days, plain: str) -> bool:
    between = plain[one.span[1] : other.span[0]]
    return re.fullmatch(r"[\s,.]*(?:(?:the|on|il|di|am|den|dem|der|el|dia|giorno)\s+)*", between) is not None


def _pairs(known: list[Days], hours: list[TimeOfDay]) -> Iterator[tuple[Days | None, TimeOfDay | None, Span]]:
    """Which day goes with which hour, and where: those that stand together, in either order."""
    items: list[Days | TimeOfDay] = sorted([*known, *hours], key=lambda one: (one.span[0], isinstance(one, TimeOfDay)))
    while items:
        first: list[Days | TimeOfDay] = []
        then: list[Days | TimeOfDay] = []
        while items and type(items[0]) is type((first or items)[0]):
            first.append(items.pop(0))
        while items and type(items[0]) is not type(first[0]):
            then.append(items.pop(0))
        if isinstance(first[0], TimeOfDay) and items and len(then) > 1:
            items.insert(0, then.pop())  # "at 3 on Monday, Tuesday at 4": the last day has an hour of its own
        for one in first:
            for other in then or [None]:
                span = one.span
                if other and one is first[-1] and other is then[0]:
                    span = min(one.span[0], other.span[0]), max(one.span[1], other.span[1])
                elif other and other is not then[0]:
                    span = other.span
                pair = (one, other)
                yield (
                    next((item for item in pair if isinstance(item, Days)), None),
                    next((item for item in pair if isinstance(item, TimeOfDay)), None),
                    span,
                )


def _readings(day: Days | None, hour: TimeOfDay | None, now: datetime, span: Span) -> Iterator[_Ranked]:
    if hour and not day:
        yield from _hours_alone(hour, now, span)
    elif day and (hour is None or day.grain != "day"):
        yield from _days_alone(day, now, span)
    elif day and hour:
        for d, (since, until) in enumerate(day.readings):
            for date in _each_day(since, until):
                for h, reading in enumerate(hour.readings):
                    for start, end in _stretches(date, reading, hour, now):
                        if d and not is_before(now, end):
                            continue
                        if day.bound in {"until", "before"}:
                            start, end = now, start if hour.shape == "point" else end
                        if is_before(start, end):
                            yield _Ranked(2 * h + d, TimeFound(start, end, hour.grain, span))


def _each_day(since: datetime, until: datetime) -> Iterator[datetime]:
    while since < until:
        yield since
        since += DAY


def _hours_alone(hour: TimeOfDay, now: datetime, span: Span) -> Iterator[_Ranked]:
    wall = now.replace(tzinfo=None, fold=0)
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    for h, reading in enumerate(hour.readings):
        deadline = reading[1] if hour.shape == "before" else reading[0]
        date = midnight if midnight + _MINUTE * deadline > wall else midnight + DAY
        for start, end in _stretches(date, reading, hour, now):
            yield _Ranked(2 * h, TimeFound(start, end, hour.grain, span, dated=False))


def _days_alone(day: Days, now: datetime, span: Span) -> Iterator[_Ranked]:
    zone = _zone(now)
    for d, (since, until) in enumerate(day.readings):
        start, end = first_instant(since, zone), first_instant(until, zone)
        if day.bound == "until":
            start, end = now, end if day.grain == "day" else start  # "until September" ends when it begins
        elif day.bound == "before":
            start, end = now, start
        elif day.bound == "after":
            start, end = end, first_instant(until + WEEK, zone)
        elif day.bound == "from":
            end = first_instant(since + WEEK, zone)
        if is_before(start, end):
            yield _Ranked(d, TimeFound(start, end, "day" if day.bound else day.grain, span))


def _stretches(
    date: datetime, reading: tuple[int, int], hour: TimeOfDay, now: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of real time that `reading` is on the day `date`: none or two where the clocks change."""
    zone = _zone(now)
    since, until = (date + _MINUTE * minute for minute in reading)
    if hour.shape == "part":
        yield first_instant(since, zone), first_instant(until, zone)
    elif hour.shape == "point":
        for start in instants(since, zone):
            yield start, later(start, until - since)
    elif hour.shape == "before":
        start = max(first_instant(since, zone), now) if date.date() == now.date() else first_instant(since, zone)
        yield from ((start, end) for end in instants(until, zone))
    else:
        for start in instants(since, zone):
            end = next((end for end in instants(until, zone) if is_before(start, end)), None)
            if end:
                yield start, end
