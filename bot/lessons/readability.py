"""How long and how easy to read a text is, in each language. Pure.

Flesch 1948 (en, at least 70), Gulpease, Lucisano & Piemontese 1988 (it, at least 60), Fernández-Huerta
1959 (es, at least 70), first Wiener Sachtextformel, Bamberger & Vanecek 1984 (de, a school grade, at most 7).
Syllables are counted by vowels (:func:`syllables`); the tests hold the count to hand-counted words.
"""

import re
from collections.abc import Callable
from itertools import pairwise

EASE_BOUNDS = {"en": 70, "it": 60, "de": 7, "es": 70}


def is_hard(score: float, language: str) -> bool:
    """Whether a text with this score is beyond what a lesson may be."""
    return score > EASE_BOUNDS[language] if language == "de" else score < EASE_BOUNDS[language]


def utf16_length(text: str) -> int:
    """The length as Telegram counts it: most emoji are two units."""
    return len(text.encode("utf-16-le")) // 2


def reading_ease(text: str, language: str) -> float:
    """The language's formula (see the module); for "de" small is easy, elsewhere large is."""
    words, sentences = counted(text)
    if not words:
        return 0.0 if language == "de" else 100.0
    count = len(words)
    length = count / sentences
    if language == "it":
        letters = sum(character.isalnum() for word in words for character in word)
        return 89 + (300 * sentences - 10 * letters) / count
    in_words = [syllables(word, language) for word in words]
    spoken = sum(in_words) / count
    if language == "en":
        return 206.835 - 1.015 * length - 84.6 * spoken
    if language == "es":
        return 206.84 - 60 * spoken - 1.02 * length
    many = 100 * sum(number >= 3 for number in in_words) / count
    one = 100 * sum(number == 1 for number in in_words) / count
    long = 100 * sum(len(word) > 6 for word in words) / count
    return 0.1935 * many + 0.1672 * length + 0.1297 * long - 0.0327 * one - 0.875


def syllables(word: str, language: str) -> int:
    """How many syllables a word has in "en", "de" or "es": its vowel sounds, at least one."""
    return max(1, _NUCLEI[language](word.lower()))


def counted(text: str) -> tuple[list[str], int]:
    """The words, and how many sentences they make (a line of its own is one)."""
    words = [word for token in text.split() if (word := token.strip(".,;:!?…()[]«»“”„\"'‘’¿¡→•*–—-"))]
    ends = re.findall(r"\w[^\w\s]*?[.!?…]+[^\w\s]*(?=\s|$)|\w[^\w\s]*(?=\n|$)", text)
    return words, max(1, len(ends))


def _spanish(word: str) -> int:
    """Strong vowels (a e o) and accented weak ones each make a syllable where they meet; others glide."""
    word = re.sub(r"([gq])u(?=[eiéí])", r"\1", word)
    word = re.sub(r"y(?![aeiouáéíóúü])", "i", word)
    count = 0
    for run in re.findall(r"[aeiouáéíóúü]+", word):
        count += 1 + sum(_part_in_spanish(left, right) for left, right in pairwise(run))
    return count


def _part_in_spanish(left: str, right: str) -> bool:
    strong = "aeoáéó"
    if left in strong and right in strong:
        return True
    return (left in "íú" and right in strong) or (left in strong and right in "íú")


def _german(word: str) -> int:
    """Vowel runs, of which the diphthongs and double vowels are one sound."""
    runs = re.findall(r"[aeiouyäöü]+", word.replace("qu", "q"))
    return sum(len(re.findall(r"[aeä][iuy]|ie|oi|aa|ee|oo|.", run)) for run in runs)


# English spelling hides its syllables; these everyday words do not follow the rules below.
_ENGLISH = {
    "anyone": 3, "colleague": 2, "colleagues": 2,
    "business": 2, "businesses": 3, "careful": 2, "client": 2, "clients": 2, "create": 2, "created": 3,
    "elsewhere": 2, "evening": 2, "every": 2, "everything": 3, "facebook": 2, "homemade": 2, "idea": 3,
    "ideas": 3, "likely": 2, "people": 2, "quiet": 2, "safely": 2, "somebody": 3, "someone": 2,
    "something": 2, "sometimes": 2, "somewhere": 2, "themselves": 2, "usual": 3, "website": 2,
}  # fmt: skip
_SILENT = re.compile(
    r"(?:[^aeiouylr]|[aeiouy][lr])e$"  # make, there; but not table, centre
    r"|[^aeiouydt]ed$"  # opened; but not wanted
    r"|(?:[^aeiouysxzcglh]|[aeiouy]l|[^cs]h)es$"  # makes, sales; but not uses, tables, watches
)
_PARTED = re.compile(r"[^ctgsxln]i[ao]|eo(?!u)|(?<![gq])ua|[aeou]ing$|ying$")  # media, video, actual, doing


def _english(word: str) -> int:
    bare = re.sub(r"['’]s$", "", word)
    if bare in _ENGLISH:
        return _ENGLISH[bare]
    silent = 1 if _SILENT.search(bare) else 0
    return len(re.findall(r"[aeiouy]+", bare)) - silent + len(_PARTED.findall(bare))


_NUCLEI: dict[str, Callable[[str], int]] = {"en": _english, "de": _german, "es": _spanish}
