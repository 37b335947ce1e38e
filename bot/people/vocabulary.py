"""What people say for the things they can choose: topics, trades, roles, languages, ages, yes and no.

The words and the labels lie in `vocabulary.yml`. Every language's words are understood at all times; the
`language` argument decides only where a word means something else in another language.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast

import yaml
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.messages import LANGUAGES
from bot.people.number_words import numbers_in
from bot.people.spelling import fold, in_ascii_german

type Kind = Literal["topic", "sector", "role", "language", "age"]
type Role = Literal["worker", "trainer"]

LONGEST = 1_000  # characters that are read; an answer to a question is shorter
LONGEST_PHRASE = 5  # words
ANSWER = 4  # words: in longer texts a short word is rather another word than a mistyped one

_GENERIC = {"shop", "other"}  # "a flower shop", "another farm": the other word says more
_AS = {"as", "come", "als", "como"}
_FLAGS = {"🇬🇧": "en", "🇮🇪": "en", "🇺🇸": "en", "🇮🇹": "it", "🇩🇪": "de", "🇦🇹": "de", "🇪🇸": "es"}
_SIGNS = {"👍": "yes", "👌": "yes", "✅": "yes", "👎": "no", "❌": "no", "🤷": "unsure"}
_NEGATIONS = {"not", "non", "nicht", "nn"}
_NUMBER = re.compile(r"(?<![\w.,-])([-−–]?)\s?(\d{1,9})(?!\d)")  # a dash after a word or a digit is no minus
_YEARS = re.compile(r"\s*\b(?:anni|anno|jahr|jahre|jahren|years?(?: old)?|yrs?|yo|años?|anos?)\b", re.IGNORECASE)


class Phrases:
    """Phrases of one kind, each with its key, found in a text word by word."""

    def __init__(self, entries: dict[str, dict[str, Any]], *, exact: bool = False) -> None:
        self.keys: dict[str, dict[str, str]] = {}  # phrase -> language -> key
        self._only: dict[str, frozenset[str]] = {}
        self._alone: set[str] = set()
        for key, entry in entries.items():
            for language, words in entry["words"].items():
                for phrase in _spellings(words, language):
                    self.keys.setdefault(phrase, {}).setdefault(language, key)
            self._only |= {fold(word): frozenset(where) for word, where in entry.get("only", {}).items()}
            self._alone |= {fold(word) for word in entry.get("alone", ())}
            for phrase in self._alone - self.keys.keys():
                self.keys[phrase] = {"": key}
        self._words = {word for phrase in self.keys for word in phrase.split()}
        self._mistypable: dict[str, list[str]] = {}  # by first letter: few people mistype that one
        for word in sorted(word for word in self._words if len(word) >= 5 and not exact):
            self._mistypable.setdefault(word[0], []).append(word)

    def find(self, text: str, language: str) -> Iterator[tuple[int, int, str]]:
        """The first word's place, the number of words, and the key of each phrase; the longest at a word."""
        said = fold(text[:LONGEST]).split()
        shortest = 5 if len(said) <= ANSWER else 7
        words = [self._corrected(word) if len(word) >= shortest else word for word in said]
        at = 0
        while at < len(words):
            for length in range(min(LONGEST_PHRASE, len(words) - at), 0, -1):
                phrase = " ".join(words[at : at + length])
                if phrase in self.keys and self._counts(phrase, language, alone=length == len(words)):
                    by_language = self.keys[phrase]
                    yield at, length, by_language.get(language) or next(iter(by_language.values()))
                    at += length
                    break
            else:
                at += 1

    def found(self, text: str, language: str) -> tuple[str, ...]:
        """The keys in the order they are first mentioned."""
        return tuple(dict.fromkeys(key for _, _, key in self.find(text, language)))

    def _counts(self, phrase: str, language: str, *, alone: bool) -> bool:
        if alone:
            return True
        return phrase not in self._alone and language in self._only.get(phrase, {language})

    def _corrected(self, word: str) -> str:
        """The word, or the one that was meant when one letter is wrong (two in a long word)."""
        if len(word) > 30 or word in self._words or word in _ordinary():
            return word
        alike = self._mistypable.get(word[0], [])
        errors = 1 if len(word) < 9 else 2
        meant = process.extractOne(word, alike, scorer=OSA.distance, score_cutoff=errors)
        return meant[0] if meant else word


def read_topics(text: str, language: str) -> tuple[str, ...]:
    """What somebody wants to learn or teach, in the order they name it."""
    return _phrases("topic").found(text, language)


def read_sector(text: str, language: str) -> str | None:
    """Their trade. Of several the first, but "a flower shop with a bakery" is a bakery: it says more."""
    found = _phrases("sector").found(text, language)
    special = [key for key in found if key not in _GENERIC]
    return next(iter(special or found), None)


def read_role(text: str, language: str) -> Role | None:
    """Whether they want to learn (worker) or to teach (trainer); None when they say neither or both."""
    seeks = next(_phrases("seeking").find(text, language), None) is not None
    words = fold(text[:LONGEST]).split()
    roles: set[Role] = set()
    for at, _, key in _phrases("role").find(text, language):
        as_one = not _AS.isdisjoint(words[max(0, at - 2) : at])
        roles.add("worker" if key == "worker" or (seeks and not as_one) else "trainer")
    return roles.pop() if len(roles) == 1 else None


def read_languages(text: str, language: str) -> tuple[str, ...]:
    """Languages by name or flag, in the order they are named; codes ("it, en") when nothing else is said."""
    words = fold(text[:LONGEST]).split()
    if words and all(word in LANGUAGES for word in words):
        return tuple(dict.fromkeys(words))
    flags = tuple(code for flag, code in _FLAGS.items() if flag in text[:LONGEST])
    return tuple(dict.fromkeys(_phrases("language").found(text, language) + flags))


def language_names(text: str) -> list[str]:
    """The words of a message that name a language, as they are compared (small letters, no accents)."""
    words = fold(text[:LONGEST]).split()
    found = _phrases("language").find(text, "")
    return [word for at, length, _ in found for word in words[at : at + length]]


def read_age(text: str, language: str) -> int | None:
    """The first number, or the one counted in years; any number, so that the caller can answer -3 and 300."""
    numbers = list(_NUMBER.finditer(text[:LONGEST]))
    counted = [n for n in numbers if _YEARS.match(text, n.end())]
    for number in counted or numbers:
        return -int(number[2]) if number[1] else int(number[2])
    return next(
        (n for spoken in dict.fromkeys((language, *LANGUAGES)) for n in _in_words(text, spoken, language)),
        None,
    )


def read_yes_no(text: str, language: str) -> bool | None:
    """Yes, no, or neither: nothing said, both said, "I don't know", or a question of their own.

    "Why not?" is a yes; "ok, but who sees that?" is none: a consent must not be read into a question.
    """
    said = fold(text[:LONGEST]).split()
    phrases = list(_phrases("answer").find(text, language))
    if "?" in text and sum(length for _, length, _ in phrases) < len(said):
        return None
    found = {key for _, _, key in phrases}
    found |= {meaning for sign, meaning in _SIGNS.items() if sign in text[:LONGEST]}
    if found == {"yes", "no"} and _NEGATIONS.intersection(said):
        return False  # "that is not right"
    return {"yes": True, "no": False}.get(found.pop()) if len(found) == 1 else None


def spans(kind: Kind, text: str, language: str) -> tuple[tuple[int, int, str], ...]:
    """Where in a text things of this kind are named: the first word's place, the number of words, the key."""
    return tuple(_phrases(kind).find(text, language))


def knows(kind: Kind, phrase: str) -> bool:
    """Whether exactly these words name something of this kind."""
    return fold(phrase) in _phrases(kind).keys


def is_unsure(text: str, language: str) -> bool:
    """Whether somebody says that they do not know, which is no "no"."""
    found = {key for _, _, key in _phrases("answer").find(text, language)}
    found |= {meaning for sign, meaning in _SIGNS.items() if sign in text[:LONGEST]}
    return "unsure" in found and "yes" not in found


def label(kind: Kind, key: str, language: str) -> str:
    """What a button shows for this choice.

    Raises KeyError for a kind or key that does not exist; an unknown language gets the English label.
    """
    entry = _vocabulary()[kind].get(key)
    if entry is None:
        raise KeyError(f"there is no {kind} {key!r}: known are {', '.join(keys(kind))}")
    labels: dict[str, str] = entry["label"]
    return labels.get(language, labels["en"])


def keys(kind: Kind) -> tuple[str, ...]:
    """The choices of a kind, in the order to show them."""
    return tuple(_vocabulary()[kind])


@cache
def _vocabulary() -> dict[str, dict[str, Any]]:
    text = files("bot.people").joinpath("vocabulary.yml").read_text(encoding="utf-8")
    return cast(dict[str, dict[str, Any]], yaml.safe_load(text))


@cache
def _ordinary() -> frozenset[str]:
    return frozenset(fold(word) for words in _vocabulary()["ordinary"].values() for word in words)


@cache
def _phrases(kind: str) -> Phrases:
    entries = _vocabulary()[kind]
    if kind == "seeking":  # "insegnare" is no mistyped "insegnarmi"
        return Phrases({kind: {"words": entries}}, exact=True)
    return Phrases(entries)


def _spellings(words: list[str], language: str) -> set[str]:
    plain = {fold(word) for word in words}
    return plain | {fold(in_ascii_german(word)) for word in words} if language == "de" else plain


@cache
def _numbers(language: str) -> tuple[Phrases, dict[str, int]]:
    known = numbers_in(language)
    return Phrases({word: {"words": {language: [word]}} for word in known}), known


def _in_words(text: str, spoken: str, language: str) -> Iterator[int]:
    """The numbers this text names if it is in the language `spoken`.

    Small numbers sound like other words ("once", "sei", "one"): below ten they must be all that is said,
    below twenty all that is said or in the `language` of the person.
    """
    if spoken not in LANGUAGES:
        return
    phrases, known = _numbers(spoken)
    alone = len(_YEARS.sub(" ", fold(text[:LONGEST])).split())
    for _, length, word in phrases.find(text, spoken):
        number = known[word]
        if number >= 20 or length == alone or (number >= 10 and spoken == language):
            yield number
