"""A message made ready for reading: cleaned, without accents, and every letter knows where it came from."""

import unicodedata
from dataclasses import dataclass

READ_AT_MOST = 2000  # characters; who writes more than this about a time says it again shorter

_ALIKE = {"’": "'", "‘": "'", "´": "'", "`": "'", "–": "-", "—": "-", "−": "-", "ß": "s", "º": "o", "ª": "a"}


@dataclass(frozen=True, slots=True)
class Message:
    """`plain` is lower case without accents, `spelled` keeps them; both are as long as each other.

    `origin[i]` is the offset in the given text of letter i, with one more entry for the end.
    """

    plain: str
    spelled: str
    origin: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in the text as it was given, without the blanks around it."""
        while start < end and self.plain[start].isspace():
            start += 1
        while end > start and self.plain[end - 1].isspace():
            end -= 1
        return self.origin[start], self.origin[end]


def read(text: str) -> Message:
    """Fold `text`.

    Blanks in a row become one, and so do a letter and its combining accent. NUL, control characters and
    halves of surrogate pairs become blanks.
    """
    plain: list[str] = []
    spelled: list[str] = []
    origin: list[int] = []
    for at, letter in enumerate(text[:READ_AT_MOST]):
        if unicodedata.combining(letter):
            if spelled:
                joined = unicodedata.normalize("NFC", spelled[-1] + letter)
                spelled[-1] = joined if len(joined) == 1 else spelled[-1]
            continue
        clean = (
            " " if letter.isspace() or unicodedata.category(letter) in {"Cc", "Cs", "Cf", "Zs", "Zl", "Zp"} else letter
        )
        if clean == " " and plain[-1:] == [" "]:
            continue
        spelled.append(clean)
        plain.append(_without_accent(clean))
        origin.append(at)
    origin.append(min(len(text), READ_AT_MOST))
    return Message("".join(plain), "".join(spelled), tuple(origin))


def _without_accent(letter: str) -> str:
    letter = _ALIKE.get(letter, letter)
    bare = unicodedata.normalize("NFKD", letter)[:1].lower()
    return bare if len(bare) == 1 else letter


def blank(text: str, spans: list[tuple[int, int]]) -> str:
    """`text` with the given stretches replaced by blanks, so that what follows keeps its place."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = " " * (end - start)
    return "".join(letters)


def overlaps(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    """Whether `span` shares a letter with any of `others`."""
    return any(span[0] < end and start < span[1] for start, end in others)
