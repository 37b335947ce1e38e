"""What a clock shows, in words: the patterns of a language, and how to read what they match."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from bot.words.times.vocabulary import VOCABULARIES, Vocabulary, any_of

Shape = Literal["point", "range", "after", "before", "part"]

HALF_DAY = 12 * 60  # minutes
_NO_HOUR = {"a", "an", "un", "uno", "un paio di", "un paio d", "a couple of", "ein", "eine", "einen", "einem", "einer"}
_BACK = {"halb": 30, "viertel": 45, "dreiviertel": 15, "drei viertel": 15, "3/4": 15}


@dataclass(frozen=True, slots=True)
class Typed:
    """A clock time as it was typed. `loose`: it may be the other half of the day."""

    minute: int
    loose: bool
    grain: Literal["minute", "hour"]
    half: str = ""  # "am" or "pm" when it was said


@dataclass(frozen=True)
class Grammar:
    """One language's patterns, compiled once."""

    voc: Vocabulary
    minutes: dict[str, int]
    readers: tuple[re.Pattern[str], ...]
    strong: re.Pattern[str]
    ranges: re.Pattern[str]
    placed: tuple[tuple[Shape, re.Pattern[str]], ...]
    behind_day: re.Pattern[str]
    before_day: re.Pattern[str]
    behind_weekday: re.Pattern[str]
    alone: re.Pattern[str]
    before_part: re.Pattern[str]
    words: tuple[tuple[re.Pattern[str], int], ...]
    parts: tuple[tuple[re.Pattern[str], str], ...]
    day_parts: tuple[tuple[re.Pattern[str], str, int], ...]
    greetings: re.Pattern[str]
    units: re.Pattern[str]
    follow: re.Pattern[str]
    month: re.Pattern[str]  # behind the number of a day: " April", " to 18 April"
    apart: re.Pattern[str]
    ends_in_weekday: re.Pattern[str]
    ends_in_day: re.Pattern[str]
    begins_with_day: re.Pattern[str]
    dotted_day: bool  # "12." is the 12th


_POLITE = (
    r"(?:ok|okay|si|yes|ja|yep|da|va bene|vale|gut|gern|please|per favore|grazie|bitte|danke|por favor|gracias|"
    r"thanks|thank you|allora|dann|entonces|then|good|fine|is|works|perfetto|ciao|hi|hola|hallo)"
)


@cache
def grammar_of(language: str) -> Grammar:
    """The patterns of `language`."""
    voc = VOCABULARIES[language]
    numbers = voc.numbers
    hour = rf"(?:\d\d?|{any_of(w for w, n in numbers.items() if n <= 24 and w not in _NO_HOUR)})"
    minute_words = any_of(w for w, n in numbers.items() if 1 <= n <= 59 and w not in _NO_HOUR)
    places = {"H": hour, "N": rf"(?:\d\d?|{minute_words})", "N2": minute_words, "AP": r"[ap]\.?\s?m\b\.?"}

    def filled(form: str) -> str:
        return re.sub(r"\b(?:AP|N2|N|H)\b", lambda place: places[place[0]], form)

    def nameless(form: str) -> str:
        return re.sub(r"\?P<\w+>", "?:", form)

    forms = [filled(form) for form in voc.forms]
    bare_forms = [filled(form) for form in voc.bare]
    strong = "(?:" + "|".join(nameless(form) for form in forms) + ")"
    bare = "(?:" + "|".join(nameless(form) for form in bare_forms) + ")"
    word = "(?:" + "|".join(voc.clock_words) + ")"
    any_clock = f"(?:{word}|{strong}|{bare})"
    begin, end = r"(?<![\w/£$€])(?<!\d[.,:-])", r"(?![\w/%€$£]|[.,:]\d|-\d|\s[%€$£])"
    dotted_day = language == "de"
    weekday = "(?:" + "|".join((*voc.weekdays, *(s for s in voc.short if s))) + ")"

    def placed(preposition: str) -> re.Pattern[str]:
        return re.compile(rf"(?<!\w)(?P<open>{preposition})(?P<a>{any_clock}){end}")

    day_words = "|".join((weekday, voc.near_days, *voc.parts, any_of(voc.months.split())))
    return Grammar(
        voc=voc,
        minutes={**numbers, **voc.half},
        readers=tuple(re.compile(form) for form in (*forms, *bare_forms)),
        strong=re.compile(rf"{begin}{strong}{end}"),
        ranges=re.compile(
            rf"{begin}(?P<open>{voc.range_open})?(?:{voc.at})?(?P<a>{any_clock})(?P<sep>{voc.range_sep})(?P<b>{any_clock}){end}"
        ),
        placed=(("after", placed(voc.after)), ("before", placed(voc.before)), ("point", placed(voc.at))),
        behind_day=re.compile(rf"(?<!\w){voc.near_days}\s*,?\s*(?P<a>{bare}){end}"),
        before_day=re.compile(
            rf"(?<!\d\s){begin}(?P<a>{bare})(?P<on>{voc.on_day})(?:(?P<near>{voc.near_days})|{weekday})(?!\w)"
        ),
        behind_weekday=re.compile(rf"(?<!\w)(?P<day>{weekday})\s*[.,]?\s*(?P<a>\d\d?(?:[.: ][0-5]\d)?){end}(?!\.)"),
        alone=re.compile(rf"\W*(?:{_POLITE}\W+)*(?:las?\s|le\s|die\s)?(?P<a>{bare})(?:\W+{_POLITE})*\W*"),
        before_part=re.compile(rf"(?<![\w.,:/])(?<!\b[ei]l )(?<!\bdia )(?<!\bgiorno )(?P<a>{bare})\s*,?\s*\Z"),
        words=tuple((re.compile(rf"(?<!\w)(?:{p})(?!\w)"), minute) for p, minute in voc.clock_words.items()),
        parts=tuple(
            (re.compile(rf"(?:(?<!\w)|(?<=tag)|(?<=woch))(?:{p})(?!\w)"), part) for p, part in voc.parts.items()
        ),
        day_parts=tuple(
            (re.compile(rf"(?<!\w)(?:{p})(?!\w)"), part, days) for p, (part, days) in voc.day_parts.items()
        ),
        greetings=re.compile(rf"(?<!\w)(?:{voc.greetings})(?!\w)"),
        units=re.compile(rf"\s*(?:{voc.units}|[%€$£])(?!\w)"),
        follow=re.compile(rf"\s*(?:\Z|[.,;:!?)-]|(?:{voc.follow}|{day_words})(?!\w))"),
        month=re.compile(
            rf"(?:{voc.range_sep}\d\d?(?!\d))?{r'\.?' if dotted_day else ''}\s*(?:de\s)?"
            rf"(?P<month>{any_of(voc.months.split())})(?!\w)"
        ),
        apart=re.compile(rf"[;\n?!]|(?<!\w)(?:{voc.or_words})(?!\w)"),
        ends_in_weekday=re.compile(rf"(?<!\w)(?P<day>{weekday})[\s,.]*\Z"),
        ends_in_day=re.compile(rf"(?<!\w){voc.near_days}[\s,.]*\Z"),
        dotted_day=dotted_day,
        begins_with_day=re.compile(rf"\s*(?:on\s|am\s|di\s|del\s|el\s|de\s|il\s)?(?:{weekday}|{voc.near_days})(?!\w)"),
    )


def read_clock(text: str, grammar: Grammar) -> Typed | None:
    """The clock time that all of `text` is."""
    text = text.strip()
    for pattern, minute in grammar.words:
        if pattern.fullmatch(text):
            return at_minute(minute)
    for reader in grammar.readers:
        if match := reader.fullmatch(text):
            return _typed(match, grammar)
    return None


def _typed(match: re.Match[str], grammar: Grammar) -> Typed | None:
    groups = {name: value for name, value in match.groupdict().items() if value}
    hour = _number(groups["h"], grammar)
    past = _number(groups.get("m", "0"), grammar)
    before = _number(groups.get("less", "0"), grammar)
    if hour is None or past is None or before is None or hour > 24 or past > 59 or before > 59:
        return None
    minute = hour * 60 + past - before - _BACK.get(groups.get("back", ""), 0) - (30 if "halb" in groups else 0)
    half = groups.get("ap", "")[:1]
    if half:
        if not 1 <= hour <= 12:
            return None
        minute = minute % HALF_DAY + (HALF_DAY if half == "p" else 0)
    if not -60 < minute <= 24 * 60:
        return None
    exact_hour = groups["h"].startswith("0") or hour == 0
    return Typed(
        minute % (24 * 60) if minute < 24 * 60 else minute,
        loose=not half and not exact_hour and minute < 8 * 60,
        grain="minute" if groups.keys() & {"m", "less", "back", "halb"} else "hour",
        half={"a": "am", "p": "pm"}.get(half, ""),
    )


def _number(word: str, grammar: Grammar) -> int | None:
    word = re.sub(r"\s*min(?:ut\w*)?\Z", "", word.strip())
    if word.isascii() and word.isdigit():
        return int(word)
    word = " ".join(word.replace("-", " ").split())
    known = grammar.minutes
    if word in known:
        return known[word]
    return next((n for w, n in known.items() if w.replace(" ", "") == word.replace(" ", "")), None)


def at_minute(minute: int) -> Typed:
    """Noon or midnight: a time that has a name."""
    return Typed(minute, loose=False, grain="hour" if minute % 60 == 0 else "minute")
