"""What phones leave out, put back for Duckling: accents, umlauts, "tmrw", numbers before months."""

import re
from functools import cache

from bot.words.times.vocabulary import VOCABULARIES, any_of

_DOTTED_DATE = re.compile(r"(?<![\w.])\d\d?\.\d\d?\.(?:20)?\d\d(?![\w.]*\d)")


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    voc = VOCABULARIES[language]
    months = any_of(voc.months.split())
    numbers = any_of(word for word, number in voc.numbers.items() if 1 <= number <= 31)
    first = "|".join(("primo", "primero", "erste[rn]?"))
    return (
        re.compile(rf"(?<!\w){any_of(voc.spelling)}(?!\w)"),
        re.compile(rf"(?<!\w)(?P<n>{first}|{numbers})(?P<of>\s+(?:de\s+)?{months})(?!\w)"),
    )


def for_duckling(plain: str, spelled: str, language: str) -> tuple[str, list[int]]:
    """The text as Duckling knows its words, and for each of its letters (and the end) the offset in `plain`."""
    voc = VOCABULARIES[language]
    words, days = _patterns(language)
    changes: list[tuple[int, int, str]] = []
    if language != "en":  # Duckling reads "the first of May" itself
        for match in days.finditer(plain):
            number = voc.numbers.get(match["n"].replace("-", " "), 1)
            changes.append((*match.span("n"), f"{number}." if language == "de" else str(number)))
    if language == "it":  # the only language in which Duckling does not know "10.04.2026"
        changes += [(*match.span(), match[0].replace(".", "/")) for match in _DOTTED_DATE.finditer(plain)]
    changes += [(*m.span(), voc.spelling[m[0]]) for m in words.finditer(plain) if m[0] in voc.spelling]
    text, offsets, done = "", list[int](), 0
    for start, end, new in sorted(changes):
        if start < done:
            continue
        text += spelled[done:start] + new
        offsets += [*range(done, start), *([start] * len(new))]
        done = end
    return text + spelled[done:], [*offsets, *range(done, len(spelled) + 1)]
