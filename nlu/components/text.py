"""How a message is read: folded, cut into n-grams and tokens, and spoilt on purpose for training."""

import random
import re
import unicodedata
from typing import Iterator, List, NamedTuple, Set

# What NFKD leaves alone, and the many shapes an apostrophe has on a phone.
_UNFOLDED = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "’": "'", "‘": "'", "`": "'", "´": "'"})
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"\w+|[^\w\s]")
_EDGE = re.compile(r"[a-z0]+|[^\sa-z0]")


def fold(text: str) -> str:
    """Lower case, no accents, every digit a 0: what people type in a hurry looks the same.

    >>> fold("Perché alle 15?")
    'perche alle 00?'
    """
    plain = unicodedata.normalize("NFKD", text.translate(_UNFOLDED))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _DIGIT.sub("0", plain.casefold())


def grams(text: str, letters_only: bool = False) -> Set[str]:
    """The 2 to 5 letters within each word (its edges marked by a space); words, word pairs and their number."""
    words = _EDGE.findall(fold(text))
    found: Set[str] = set()
    for word in words:
        edged = f" {word} "
        for size in range(2, 6):
            found.update(f"c{edged[at:at + size]}" for at in range(max(1, len(edged) - size + 1)))
    if not letters_only:
        found.update(f"w {word}" for word in words)
        found.update(f"p {first} {second}" for first, second in zip(["^", *words], [*words, "$"]))
        found.add(f"n {min(len(words), 8)}")
    return found


class Piece(NamedTuple):
    """A word or a mark and where it stands in the message."""

    text: str
    start: int
    end: int


def pieces(text: str) -> List[Piece]:
    """The words and marks of a message, in order."""
    return [Piece(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]


def _slip(word: str, dice: random.Random) -> str:
    """One slip of the thumb: a letter lost, doubled or swapped with its neighbour."""
    at = dice.randrange(len(word) - 1)
    return dice.choice(
        (
            word[:at] + word[at + 1 :],
            word[: at + 1] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        )
    )


_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def careless(words: List[str], dice: random.Random, often: float = 0.15) -> Iterator[str]:
    """The same words as somebody in a hurry types them: small letters, "ue" for "ü", a slip here and there."""
    digraphs = dice.random() < 0.3
    for word in words:
        word = word.lower()
        if digraphs:
            word = word.translate(_DIGRAPHS)
        yield _slip(word, dice) if len(word) > 3 and dice.random() < often else word
