"""Reading Rasa's training files: phrases with their intent and their marked entities."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "it", "de", "es")
_MARKED = re.compile(r"\[([^\]]+)\]\(([a-z_]+)\)")


@dataclass(frozen=True, slots=True)
class Phrase:
    """`entities` are (label, first character, the one after the last)."""

    intent: str
    text: str
    entities: tuple[tuple[str, int, int], ...]


def unmarked(intent: str, line: str) -> Phrase:
    """
    >>> unmarked("inform", "I live in [Bonn](city)")
    Phrase(intent='inform', text='I live in Bonn', entities=(('city', 10, 14),))
    """
    text, found, at = "", [], 0
    for mark in _MARKED.finditer(line):
        text += line[at : mark.start()]
        found.append((mark[2], len(text), len(text) + len(mark[1])))
        text += mark[1]
        at = mark.end()
    return Phrase(intent, text + line[at:], tuple(found))


def phrases(*files: Path) -> Iterator[Phrase]:
    """The intents' examples in these files; lookup tables are left out."""
    for file in files:
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            for line in block["examples"].splitlines() if "intent" in block else ():
                yield unmarked(block["intent"], line.removeprefix("- "))


@cache
def trained_on(language: str) -> list[Phrase]:
    """What the model learns in a language."""
    return list(phrases(*sorted((ROOT / "nlu").glob(f"*.{language}.yml"))))


def evaluated_on(language: str) -> list[Phrase]:
    """What the model never sees before it is asked."""
    return list(phrases(ROOT / f"tests/nlu/{language}.yml"))


def domain(key: str) -> list[str]:
    """Everything of a kind ("intents", "actions" …) in the domain."""
    files = sorted((ROOT / "domain").glob("*.yml"))
    return [one for file in files for one in yaml.safe_load(file.read_text(encoding="utf-8")).get(key, [])]
