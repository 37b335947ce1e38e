"""A coordinator's line, word by word: what is understood is taken, and the rest is known as it was written."""

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache

from bot.announcements import audience_tables as tables
from bot.announcements.rules import plain
from bot.messages import LANGUAGES
from bot.people import vocabulary
from bot.people.spelling import fold

_NEAR = 6  # words between "finished" and "module 3"
_LONGEST_NUMBER = 4  # figures
_SHORTEST_PLURAL = 5  # letters
_MISTYPED = 7  # letters: where the vocabulary looks for typing errors in a sentence
_ENDINGS = (
    *(("innen", "in"), ("i", "o"), ("i", "e"), ("i", "a"), ("ai", "aio"), ("e", "a"), ("chi", "co"), ("ghi", "go")),
    *(("s", ""), ("es", ""), ("n", ""), ("en", ""), ("e", "")),
)
GONE = "zz"  # stands where a word is understood already: no word of any language
SIGNS = " .,;:!?…\"'“”„«»()–-"


class Line:
    """A line, word by word, and which words are understood already."""

    def __init__(self, text: str, language: str) -> None:
        self.language = language
        self.shown = text.split()
        self.words: list[str] = []
        self.from_: list[int] = []  # which of the shown words each comes from
        for at, chunk in enumerate(self.shown):
            for word in plain(chunk).split():
                self.words.append(word)
                self.from_.append(at)
        self.end = len(self.words)  # where the message itself begins
        self.taken = [False] * self.end
        self.closed = [False] * self.end  # what is excluded, or denied: not to be read as meant
        self.begins = 0  # what stands before is about sending

    def unused(self) -> list[str]:
        """The words that are not understood and may say more of the people, in runs, as they were written."""
        runs: list[list[int]] = []
        for at, word in enumerate(self.words):
            if self.taken[at] or (word in tables.FILLERS and at < self.end):
                continue
            if at < self.begins:
                continue
            between = range(runs[-1][-1] + 1, at) if runs else None
            if between is not None and not any(self.taken[one] for one in between):
                runs[-1].append(at)
            else:
                runs.append([at])
        spans = [(self.from_[run[0]], self.from_[run[-1]]) for run in runs]
        return [" ".join(self.shown[first : last + 1]).strip(SIGNS) for first, last in spans]

    def _take(self, first: int, last: int) -> None:
        """These words are understood, the last one too."""
        self.taken[first : last + 1] = [True] * (last + 1 - first)

    def _free(self, at: int) -> bool:
        return 0 <= at < self.end and not self.taken[at] and not self.closed[at]

    def _all_free(self, first: int, last: int) -> bool:
        return all(self._free(at) for at in range(first, last + 1))

    def _found(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """Where it stands, as its first and last word, where nothing else has been understood."""
        starts: list[int] = []
        place = 0
        for word in self.words[: self.end]:
            starts.append(place)
            place += len(word) + 1
        for match in pattern.finditer(" ".join(self.words[: self.end])):
            first = bisect_right(starts, match.start()) - 1
            last = bisect_right(starts, match.end() - 1) - 1
            if self._all_free(first, last):
                yield first, last

    def _left(self) -> list[str]:
        """The words as the vocabulary compares them; what is taken is none, and a long filler is not mistyped."""
        left: list[str] = []
        for at, word in enumerate(self.words):
            filler = len(word) >= _MISTYPED and word in tables.FILLERS
            folded = fold(word) if self._free(at) and not filler else ""
            left.append(folded if folded and " " not in folded else GONE)
        return left

    def _spans(self, kind: vocabulary.Kind) -> list[tuple[int, int, str]]:
        """The first and last word of everything of this kind, and its key, in order."""
        left = self._left()
        found: list[tuple[int, int, str]] = []
        for label, key in _labels(kind):
            for at in range(len(left) - len(label) + 1):
                if tuple(left[at : at + len(label)]) == label:
                    found.append((at, at + len(label) - 1, key))
                    left[at : at + len(label)] = [GONE] * len(label)
        if kind == "sector":
            left = [_singular(word) for word in left]
        padded = " ".join([*left, *[GONE] * vocabulary.LONGEST_PHRASE])  # so that no word is all that is said
        found += [(at, at + length - 1, key) for at, length, key in vocabulary.spans(kind, padded, self.language)]
        return sorted(found)

    def _take_all(self, spans: Iterator[tuple[int, int]]) -> Iterator[bool]:
        for first, last in list(spans):
            self._take(first, last)
            yield True

    def _word(self, at: int) -> str:
        return self.words[at] if 0 <= at < self.end else ""

    def _number(self, at: int) -> int:
        """The number that stands there, in figures or in letters; 0 when there is none."""
        word = self._word(at)
        if word.isascii() and word.isdigit() and len(word) <= _LONGEST_NUMBER:
            return int(word)
        return tables.NUMBERS.get(word, 0)

    def _near(self, first: int, last: int) -> list[int]:
        """The words around these that are not understood yet, not beyond one that is."""
        back = range(first - 1, max(-1, first - 1 - _NEAR), -1)
        ahead = range(last + 1, min(self.end, last + 1 + _NEAR))
        return [at for side in (back, ahead) for at in itertools.takewhile(self._free, side)]

    def _chains(self, spans: list[tuple[int, int, str]]) -> list[list[tuple[int, int, str]]]:
        """Those that stand next to each other, or with "and" or "or" between."""
        chains: list[list[tuple[int, int, str]]] = []
        for span in spans:
            between = self.words[chains[-1][-1][1] + 1 : span[0]] if chains else ["?"]
            if all(word in tables.AND | tables.OR for word in between):
                chains[-1].append(span)
            else:
                chains.append([span])
        return chains


def _singular(word: str) -> str:
    """The word the vocabulary has for it: "fornaio" for "fornai", "backerin" for "backerinnen"."""
    word = tables.MORE_TRADES.get(word, word)
    if len(word) < _SHORTEST_PLURAL or vocabulary.knows("sector", word):
        return word
    guesses = (word.removesuffix(end) + instead for end, instead in _ENDINGS if word.endswith(end))
    return next((guess for guess in guesses if vocabulary.knows("sector", guess)), word)


@cache
def _labels(kind: vocabulary.Kind) -> tuple[tuple[tuple[str, ...], str], ...]:
    """What the buttons say, word by word, the longest first."""
    words = {
        tuple(fold(vocabulary.label(kind, key, language)).split()): key
        for key in vocabulary.keys(kind)
        for language in LANGUAGES
    }
    return tuple(sorted(words.items(), key=lambda label: -len(label[0])))
