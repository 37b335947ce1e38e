"""When somebody usually has time, from their words: "Tuesday afternoons", "lunedì e mercoledì mattina".

Pure Python. Weekdays and parts of the day are those of `bot.words.times`; what is only said about a whole
week ("always", "entre semana", "außer freitags") is here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from bot.words.times import clock
from bot.words.times.text import blank, read
from bot.words.times.vocabulary import VOCABULARIES, Vocabulary

Part = Literal["am", "pm", "eve"]
PARTS: tuple[Part, ...] = ("am", "pm", "eve")
WEEK = frozenset(range(7))
_WORKING_DAYS = frozenset(range(5))
_WEEKEND = frozenset({5, 6})
_AS_PART: dict[str, Part] = {"am": "am", "noon": "pm", "pm": "pm", "eve": "eve", "night": "eve"}
_SOME_DAY = datetime(2024, 1, 1)  # noqa: DTZ001 - hours are read without a date; this one is a Monday


@dataclass(frozen=True)
class _WeekWords:
    """Patterns over plain text for what one says about a week."""

    working_days: str
    every_day: str
    whole_day: str
    any_time: str
    refusal: str  # what follows is taken away; at the end of a clause, what stands before
    but: str  # ends what is taken away
    bare_parts: dict[str, Part]  # parts of the day that mean something else outside of a week


_WORDS = {
    "en": _WeekWords(
        working_days=r"week ?days?|working days?|work days?|business days?|(?:during|in) the week|mid ?week",
        every_day=r"every ?day|each day|any day|all days|always|daily|all week|the whole week|7 days",
        whole_day=r"all day(?: long)?|whole day|the entire day|full days?",
        any_time=r"any ?time|when ?ever|at all times|flexible|i'?m easy|don'?t mind when",
        refusal=r"except(?: for)?|apart from|other than|but not|just not|not|never|can'?t(?: do| make)?|cannot|no|"
        r"(?:is|are) (?:no good|bad|not possible|impossible)|(?:doesn'?t|don'?t|won'?t) work",
        but=r"but(?! not)|only",
        bare_parts={},
    ),
    "it": _WeekWords(
        working_days=r"giorni (?:feriali|lavorativi)|feriali|(?:in|durante la) settimana|infrasettimanali?",
        every_day=r"tutti i giorni|ogni giorno|sempre|qualsiasi giorno|qualunque giorno|tutta la settimana",
        whole_day=r"tutto il giorno|tutta la giornata|giornata intera|giorno intero",
        any_time=r"(?:in |a )?(?:qualsiasi|qualunque) (?:momento|ora|orario)|quando vuole|quando volete|quando vuoi|"
        r"a tutte le ore|flessibile",
        refusal=r"mai|tranne|eccetto|escluso|esclusi|salvo|a parte|ma non|no|"
        r"non(?: posso| ho tempo| va bene| riesco)?|"
        r"meno(?= (?:il|la|di|lun|mar|mer|gio|ven|sab|dom))",
        but=r"ma(?! non)|pero|solo",
        bare_parts={},
    ),
    "de": _WeekWords(
        working_days=r"wochentags?|wochentagen?|werktags?|werktagen?|unter der woche|(?:in|wa?e?hrend) der woche",
        every_day=r"jeden tag|alle tage|jederzeit|immer|ta?e?glich|die ganze woche|jeder tag",
        whole_day=r"den ganzen tag|ganzta?e?gig|ganztags|ganzen tag|rund um die uhr",
        any_time=r"jederzeit|wann immer|egal wann|zu jeder zeit|flexibel|"
        r"wann (?:sie|du) (?:wollen|mo?e?chten|willst|magst)",
        refusal=r"nie|niemals|aus{1,2}er|ausgenommen|bis auf|nur nicht|aber nicht|ohne|"
        r"(?:geht |gehen |passt |kann ich )?nicht|"
        r"kein(?:e|en)?",
        but=r"aber(?! nicht)|nur(?! nicht)|sondern",
        bare_parts={r"fru?e?h": "am"},
    ),
    "es": _WeekWords(
        working_days=r"entre semana|dias? (?:laborables?|laborales|de semana|de diario|habiles)|durante la semana|"
        r"laborables",
        every_day=r"todos los dias|cada dia|cualquier dia|siempre|a diario|toda la semana",
        whole_day=r"todo el dia|el dia entero|dia completo",
        any_time=r"(?:a |en )?cualquier (?:hora|momento)|cuando (?:quiera|quieras|sea|querais)|a todas horas|flexible|"
        r"me da igual",
        refusal=r"nunca|excepto|menos|salvo|pero no|no(?: puedo| tengo tiempo| me va(?: bien)?)?|quitando",
        but=r"pero(?! no)|solo|sino",
        bare_parts={
            r"mananas": "am",
            r"tardes?(?<!mas tarde)": "pm",
            r"noches?": "eve",
        },
    ),
}


@dataclass(frozen=True, slots=True)
class _Said:
    """A stretch of the text about days, about parts of the day, or one that changes what the others mean."""

    span: tuple[int, int]
    kind: Literal["days", "parts", "without", "not behind", "but"]
    days: frozenset[int] = frozenset()
    parts: frozenset[Part] = frozenset()


def parts(text: str, language: str) -> list[tuple[int, Part]]:
    """The parts of a week that `text` names, in the order of the week: (0 for Monday … 6, am | pm | eve).

    A day alone is the whole day, a part alone is every day; empty when nothing was said about either. A
    language we do not speak is tried as each of ours. Never raises.
    """
    known = language.replace("_", "-").split("-")[0].lower()
    if known in VOCABULARIES:
        return _week(text, known)
    return max((_week(text, one) for one in VOCABULARIES), key=len)


def _week(text: str, language: str) -> list[tuple[int, Part]]:
    plain = read(text).plain
    plain = blank(plain, clock.greetings(plain, language))
    said = sorted(_everything_said(plain, language), key=lambda one: one.span)
    wanted: set[tuple[int, Part]] = set()
    refused: set[tuple[int, Part]] = set()
    for slots, negative in _groups(said):
        (refused if negative else wanted).update(slots)
    if refused and not wanted:
        wanted = {(day, part) for day in WEEK for part in PARTS}
    return sorted(wanted - refused, key=lambda slot: (slot[0], PARTS.index(slot[1])))


def _groups(said: list[_Said]) -> Iterator[tuple[set[tuple[int, Part]], bool]]:
    """Days and parts that belong together, multiplied out, and whether they are taken away."""
    negative = False
    at = 0
    while at < len(said):
        if said[at].kind in {"without", "but", "not behind"}:
            negative = said[at].kind == "without"
            at += 1
            continue
        kinds: list[str] = []
        days: set[int] = set()
        some: set[Part] = set()
        while at < len(said) and (said[at].kind == "days" or said[at].kind == "parts"):
            kind = said[at].kind
            if kind in kinds and kinds[-1] != kind:
                break  # "Monday morning, Tuesday …" begins something new
            kinds.append(kind)
            days |= said[at].days
            some |= said[at].parts
            at += 1
        taken_away = at < len(said) and said[at].kind == "not behind"
        yield {(day, part) for day in days or WEEK for part in some or PARTS}, negative or taken_away


def _everything_said(plain: str, language: str) -> Iterator[_Said]:
    taken: list[tuple[int, int]] = []

    def free(span: tuple[int, int]) -> bool:
        if any(span[0] < end and start < span[1] for start, end in taken):
            return False
        taken.append(span)
        return True

    for pattern, said in _patterns(language):
        for match in pattern.finditer(plain):
            if said.kind != "days" or said.days or not match.groupdict():
                if free(match.span()):
                    yield _Said(match.span(), said.kind, said.days, said.parts)
            elif (days := _days_of(match, plain, language)) and free(match.span()):
                yield _Said(match.span(), "days", days)
    hours, _ = clock.find(plain, language, _SOME_DAY)
    for hour in hours:
        if free(hour.span):
            yield _Said(hour.span, "parts", parts=_parts_of(hour))


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], _Said], ...]:
    voc, words = VOCABULARIES[language], _WORDS[language]
    name = rf"(?:{'|'.join(voc.weekdays)}|{'|'.join(_short(voc))})"
    name_ends = r"(?:(?!\w)|(?=abend|morgen|fru?e?h|nachmittag|vormittag|mittag|nacht))"

    def word(pattern: str) -> re.Pattern[str]:
        return re.compile(rf"(?:(?<!\w)|(?<=tag)|(?<=woch))(?:{pattern})(?!\w)")

    def said(kind: Literal["days", "parts", "without", "not behind", "but"], *which: int, of: tuple[Part, ...] = ()):
        return _Said((0, 0), kind, frozenset(which), frozenset(of))

    return (
        (word(words.any_time), said("parts", of=PARTS)),
        (word(words.whole_day), said("parts", of=PARTS)),
        (word(words.every_day), said("days", *WEEK)),
        (word(words.working_days), said("days", *_WORKING_DAYS)),
        (word(voc.weekend), said("days", *_WEEKEND)),
        (re.compile(rf"(?<!\w)(?P<a>{name})\.?(?P<sep>{voc.day_range_sep})(?P<b>{name}){name_ends}"), said("days")),
        (re.compile(rf"(?<!\w)(?P<a>{name}){name_ends}"), said("days")),
        *(
            (word(pattern), said("parts", of=(_AS_PART[part],)))
            for pattern, part in voc.parts.items()
            if part in _AS_PART
        ),
        *((word(pattern), said("parts", of=(part,))) for pattern, part in words.bare_parts.items()),
        (re.compile(rf"(?<!\w)(?:{words.refusal})(?=\s*(?:\Z|[,.;!?]|(?:{words.but})(?!\w)))"), said("not behind")),
        (word(words.refusal), said("without")),
        (word(words.but), said("but")),
    )


def _short(voc: Vocabulary) -> list[str]:
    return [short for short in voc.short if short]


def _days_of(match: re.Match[str], plain: str, language: str) -> frozenset[int]:
    voc = VOCABULARIES[language]
    first = clock.weekday_named(match["a"], voc)
    if "b" not in match.groupdict():
        return frozenset({first}) if match["a"] != "so" or _in_a_list(match, plain) else frozenset()
    if match["sep"].strip() in {"and", "und", "e", "y", "y el"}:
        return frozenset()  # two days, not the stretch between them
    last = clock.weekday_named(match["b"], voc)
    return frozenset((first + ahead) % 7 for ahead in range((last - first) % 7 + 1))


def _in_a_list(match: re.Match[str], plain: str) -> bool:
    """German "so" is Sunday next to another day, at the end, or before a part of the day; elsewhere it is "so"."""
    before, after = plain[: match.start()], plain[match.end() :]
    return bool(
        re.search(r"(?:mo|di|mi|do|fr|sa|tag|woch|abend)\.?\s*(?:[,/&+-]|und|oder)\s*\Z", before)
        or re.match(r"\.?\s*(?:[/&+-]|und\s|(?:vor|nach)?mittag|morgen|abend|fru?e?h)", after)
        or not (before + after).strip(" .")
    )


def _parts_of(hour: clock.TimeOfDay) -> frozenset[Part]:
    """The parts of the day that an hour lies in, or of which a stretch covers two hours or half of itself."""
    since, until = hour.readings[0]
    enough = min(120, (until - since) / 2)
    covered: list[Part] = [
        part for part in PARTS for begin, end in [_hours_of(part)] if min(until, end) - max(since, begin) >= enough
    ]
    return frozenset(covered)


def _hours_of(part: Part) -> tuple[int, int]:
    begin, end = clock.PARTS[part]
    return (0 if part == "am" else begin), (24 * 60 if part == "eve" else end)
