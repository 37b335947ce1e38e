"""Reading a sentence for places: which of its words are names, which are around them."""

from dataclasses import dataclass, field
from itertools import pairwise

from bot.people.atlas import Atlas

LONGEST_NAME = 6  # words
_SAINTS = {
    "s": ("san", "santa", "santo", "sant"),
    "st": ("st", "sankt", "saint", "sant"),
    "sta": ("santa",),
    "sto": ("santo",),
}
_MOST_OTHERS = 2  # words
_TOWN = 20_000  # people: "Hamburg" and "Murcia" are regions too, but the town is meant


@dataclass(slots=True)
class Reading:
    """The parts of a sentence; every word is folded (see :func:`bot.people.spelling.fold`)."""

    names: list[str] = field(default_factory=list[str])  # of places, in order
    located: list[bool] = field(default_factory=list[bool])  # whether "in", "near" … stands before each
    unknown: list[str] = field(default_factory=list[str])  # words that are neither names nor fillers
    others: int = 0  # how many words are neither names nor fillers, short ones too
    core: str = ""  # the sentence without fillers at its ends, and without country and regions
    regions: frozenset[str] = frozenset()
    country: str = ""

    @property
    def is_talk(self) -> bool:
        """Whether this is rather a sentence about something else: "I don't get what I should write here"."""
        return self.others > _MOST_OTHERS

    @property
    def all_known(self) -> bool:
        """Whether the names and fillers are the whole sentence."""
        return not self.unknown


def read(words: list[str], book: Atlas) -> Reading:
    """Take the longest name at each word: "San Giovanni in Persiceto" before "San Giovanni".

    A word that is also a filler ("de") counts as a name only as part of a longer one.
    """
    reading = Reading()
    words = _written_out(words, book)
    core: list[str] = []
    at = 0
    while at < len(words):
        length = _length_of_name(words, at, book)
        phrase = " ".join(words[at : at + length])
        if phrase in book.countries:
            reading.country = book.countries[phrase]
        elif phrase in book.regions and not _is_town(phrase, book):
            reading.regions |= book.regions[phrase]
        else:
            core.append(phrase)
            if words[at] in book.streets and at + 2 < len(words):
                core.append(words[at + 1])
                length = 2
            elif phrase in book.fillers:
                pass
            elif book.knows(phrase):
                reading.names.append(phrase)
                reading.located.append(at > 0 and words[at - 1] in book.locators)
            else:
                reading.unknown.append(phrase)
        at += length
    while core and core[0] in book.fillers:
        core.pop(0)
    while core and core[-1] in book.fillers:
        core.pop()
    reading.core = " ".join(core)
    reading.others = len(reading.unknown)
    reading.unknown = [word for word in reading.unknown if len(word) >= 5][:6]
    return reading


def _written_out(words: list[str], book: Atlas) -> list[str]:
    """The words with their saints in full: "s lazzaro" -> "san lazzaro"."""
    full = list(words)
    for at, (word, name) in enumerate(pairwise(words)):
        for saint in _SAINTS.get(word, ()):
            if book.knows(f"{saint} {name}") or book.beginning_with(f"{saint} {name}"):
                full[at] = saint
                break
    return full


def _length_of_name(words: list[str], at: int, book: Atlas) -> int:
    for length in range(min(LONGEST_NAME, len(words) - at), 1, -1):
        phrase = words[at : at + length]
        key = " ".join(phrase)
        known = book.knows(key) or key in book.regions or key in book.countries
        if known and not book.fillers.issuperset(phrase):
            return length
    return 1


def _is_town(phrase: str, book: Atlas) -> bool:
    return any(book.places[id].population >= _TOWN for id in book.names.get(phrase, ()))
