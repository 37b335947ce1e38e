"""The glossary: the words of the trade, each explained in one plain sentence (`curriculum/glossary.yml`)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from bot.lessons.files import FileLanguage, Problem, YamlFile, read_yaml
from bot.messages import LANGUAGES

FILE = "glossary.yml"
SENTENCE_LIMIT = 160  # characters

_Words = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
_ANOTHER_SENTENCE = re.compile(r"[.!?…]\s+[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Term:
    """A thing with its names and, where it is explained, one sentence; both by language, plain text."""

    key: str
    words: Mapping[str, tuple[str, ...]]
    says: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Glossary:
    """`terms` are explained here; `jargon` is not: a lesson that uses it has to explain it."""

    terms: tuple[Term, ...] = ()
    jargon: tuple[Term, ...] = ()

    def explained(self, language: str) -> list[str]:
        """Every word that has a sentence in this language."""
        return [word for term in self.terms if language in term.says for word in term.words[language]]


NO_GLOSSARY = Glossary()


class _TermFile(YamlFile):
    words: _Words
    says: str = Field(min_length=1)


class _GlossaryFile(YamlFile):
    terms: dict[str, dict[FileLanguage, _TermFile]]
    jargon: dict[str, dict[FileLanguage, _Words]] = Field(default_factory=dict)


def read_glossary(root: Path) -> Glossary:
    """The glossary of the curriculum in `root`; an empty one where there is no such file.

    Raises BrokenFileError for a file that is not one.
    """
    if not (root / FILE).exists():
        return NO_GLOSSARY
    file = read_yaml(root, FILE, _GlossaryFile)
    return Glossary(
        tuple(
            Term(
                key,
                {language: tuple(one.words) for language, one in said.items()},
                {language: one.says for language, one in said.items()},
            )
            for key, said in file.terms.items()
        ),
        tuple(
            Term(key, {language: tuple(words) for language, words in said.items()}, {})
            for key, said in file.jargon.items()
        ),
    )


def glossary_problems(glossary: Glossary) -> Iterator[Problem]:
    """What is wrong with the glossary itself."""
    for term in (*glossary.terms, *glossary.jargon):
        if missing := [language for language in LANGUAGES if language not in term.words]:
            yield Problem(FILE, term.key, f"It is missing in {', '.join(missing)}.", "Every language has every term.")
    for term in glossary.terms:
        for language, says in term.says.items():
            if len(says) > SENTENCE_LIMIT:
                what = f"The sentence ({language}) has {len(says)} characters, more than {SENTENCE_LIMIT}."
                yield Problem(FILE, term.key, what, "Leave something out.")
            if not says.endswith(".") or _ANOTHER_SENTENCE.search(says):
                what = f"“{says[:30]}…” ({language}) is not one sentence."
                yield Problem(FILE, term.key, what, "Write one, with a full stop at its end and none inside.")
    for language in LANGUAGES:
        yield from _names_given_twice((*glossary.terms, *glossary.jargon), language)


def _names_given_twice(terms: Iterable[Term], language: str) -> Iterator[Problem]:
    owner: dict[str, str] = {}
    for term in terms:
        for word in term.words.get(language, ()):
            if word.casefold() in owner:
                what = f"“{word}” ({language}) stands at {owner[word.casefold()]} as well."
                yield Problem(FILE, term.key, what, "Leave it at one of the two.")
            owner[word.casefold()] = term.key
