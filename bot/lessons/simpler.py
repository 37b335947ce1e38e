"""A card said more simply: one thought a line, and the words of the trade that stand in it. Pure."""

import re
from collections.abc import Iterator

from bot.lessons.glossary import Glossary, Term
from bot.lessons.markdown import flowing

_ENDS = re.compile(r"(?<=[.!?…])(?:[*”»)“\"]*)\s+(?=[\"“„«¿¡(*]*[^\W\d_a-zà-ÿ]|\d)")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(https?://[^\s()<>\"]+\)")
_ITEM = re.compile(r"^(?:• |\d+\. )")
MOST_WORDS = 4


def thoughts(markdown: str) -> list[str]:
    """The sentences of a card, each by itself, in Markdown without its lists.

    >>> thoughts("A **story** is a board. It is gone after a day.\\n\\n- A post stays.")
    ['A **story** is a board.', 'It is gone after a day.', 'A post stays.']
    """
    lines = (_ITEM.sub("", line) for line in flowing(markdown).splitlines())
    return [said.strip() for line in lines for said in _sentences(line) if any(c.isalnum() for c in said)]


def _sentences(line: str) -> Iterator[str]:
    """A mark that is opened stays with what closes it."""
    held = ""
    at = 0
    for end in _ENDS.finditer(line):
        held += line[at : end.end()]
        at = end.end()
        if held.count("*") % 2 == 0 and held.count("**") % 2 == 0:
            yield held
            held = ""
    yield held + line[at:]


def words_to_explain(glossary: Glossary, markdown: str, language: str) -> list[Term]:
    """The terms of the glossary that stand in this card, in the order of their coming, not too many."""
    text = f" {_bare(_LINK.sub(r'\1', markdown))} "
    found: list[tuple[int, Term]] = []
    for term in glossary.terms:
        places = [at for word in term.words.get(language, ()) if (at := text.find(f" {_bare(word)} ")) >= 0]
        if places and language in term.says:
            found.append((min(places), term))
    return [term for _, term in sorted(found, key=lambda one: one[0])][:MOST_WORDS]


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
