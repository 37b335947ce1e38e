"""What a language must bring along to be read: patterns over plain text (lower case, no accents)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field


def any_of(words: Iterable[str]) -> str:
    """A pattern for one of `words`, the longest first; a blank may also be a hyphen or nothing."""
    found = sorted(set(words), key=len, reverse=True)
    return "(?:" + "|".join(re.escape(word).replace(r"\ ", r"[ -]?") for word in found) + ")"


def counted(words: str, start: int = 0) -> dict[str, int]:
    """`"a|b c"` -> a and b are `start`, c is one more."""
    return {word: start + i for i, same in enumerate(words.split()) for word in same.split("|")}


@dataclass(frozen=True)
class Vocabulary:
    """One language. Patterns carry no named groups unless said.

    `weekdays` are full names, `short` are abbreviations that mean something else as well and count only
    next to something that makes them a day. `forms` are clock times that need no preposition, `bare` ones
    that do; both with the groups h, m, less (minutes before the hour), ap (am/pm), back (German `halb`).
    """

    numbers: dict[str, int]
    weekdays: tuple[str, ...]
    short: tuple[str, ...]
    short_after: str  # what makes an abbreviation a day when it stands before
    parts: dict[str, str]  # pattern -> part of the day
    day_parts: dict[str, tuple[str, int]]  # pattern -> part and days from today
    greetings: str
    of_the_day: str = "(?!)"  # how a part of the day begins that goes with a date rather than with an hour
    half: dict[str, int] = field(default_factory=dict[str, int])  # words for minutes
    clock_words: dict[str, int] = field(default_factory=dict[str, int])  # word -> minute of the day
    forms: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    at: str = ""
    after: str = ""
    before: str = ""
    range_open: str = ""
    range_sep: str = ""
    from_today: tuple[str, ...] = ()  # today, tomorrow and so on, when behind them a "in a week" may follow
    near_days: str = ""  # today, tomorrow: a bare number behind them is an hour
    on_day: str = "(?!)"  # between a clock time without preposition and the day behind it: "4.30 on Friday"
    follow: str = ""  # words that may stand behind an hour
    units: str = ""  # words that make a number something else than an hour
    cautious: str = "(?!)"  # prepositions behind which a number is an hour only before one of `follow`
    or_words: str = ""
    not_before: str = "(?!)"
    not_after: str = "(?!)"
    next_: str = ""
    next_after: str = ""
    this_: str = ""
    last_: str = ""
    last_after: str = ""
    next_week: str = ""  # behind or before a weekday: in the next calendar week
    weeks_later: str = ""  # behind a weekday, group n: so many weeks after the coming one, fortnight: two
    a_week_on: str = ""
    day_range_open: str = ""
    day_range_sep: str = ""
    weekend: str = ""
    day_of_month: str = ""  # group n
    until_day: str = ""
    before_day: str = ""
    after_day: str = ""
    from_day: str = ""
    in_: str = ""
    from_now: str = ""
    minutes_unit: str = ""
    hours_unit: str = ""
    days_unit: str = ""
    weeks_unit: str = ""
    half_hour: str = ""
    hour_and_half: str = ""
    and_half: str = ""
    quarter_hour: str = ""
    fortnight: str = ""
    months: str = ""
    ordinals: str = ""  # before a weekday: "first Monday of …", left to Duckling
    weak: frozenset[str] = frozenset()  # what Duckling takes for a time and mostly is none
    spelling: dict[str, str] = field(default_factory=dict[str, str])  # plain -> what Duckling knows
