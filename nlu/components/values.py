"""The same sentence about somebody else: copies of an example with other names, places, trades and times.

So the model learns a name by its place in the sentence and not by heart. The values come from the lookup tables
(`nlu/tables.<language>.yml`, which is what the app knows, and `nlu/values.<language>.yml`).
"""

import random
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Set, Tuple

from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.text import Piece, fold, pieces


class Example(NamedTuple):
    """A sentence as words with their tags (O, B-city, I-city …)."""

    words: List[str]
    tags: List[str]
    language: str
    intent: str
    text: str


def tags_of(found: Sequence[Piece], entities: Sequence[Dict[str, Any]]) -> List[str]:
    """The tag of each word, given the entities' places in the text."""
    tags = ["O"] * len(found)
    for entity in entities:
        inside = [i for i, p in enumerate(found) if p.start >= entity["start"] and p.end <= entity["end"]]
        for place, i in enumerate(inside):
            tags[i] = f"{'I' if place else 'B'}-{entity['entity']}"
    return tags


def spans(tags: Sequence[str]) -> Iterator[Tuple[str, int, int]]:
    """Runs of tags as (entity, first word, last word)."""
    start = -1
    for at, tag in enumerate([*tags, "O"]):
        if start >= 0 and tag != f"I-{tags[start][2:]}":
            yield tags[start][2:], start, at - 1
            start = -1
        if start < 0 and tag != "O":
            start = at


def examples(data: TrainingData) -> Iterator[Example]:
    """Every training example that has a text."""
    for example in data.nlu_examples:
        text = example.get(TEXT)
        if text:
            found = pieces(text)
            about = (example.get("metadata") or {}).get("intent") or {}
            tags = tags_of(found, example.get(ENTITIES, []))
            yield Example([p.text for p in found], tags, about.get("language", ""), example.get(INTENT), text)


KINDS = ("city", "language", "role", "sector", "topic")  # whose tables are long enough to be looked up in
_LONGEST = 4  # words of a value that are looked up


def standing_in(folded: Sequence[str], listed: Dict[str, List[str]]) -> List[List[str]]:
    """For each word, in which tables a run of words that it begins ("B-city") or continues ("I-city") stands."""
    found: List[List[str]] = [[] for _ in folded]
    for first in range(len(folded)):
        for last in range(first, min(first + _LONGEST, len(folded))):
            for kind in listed.get(" ".join(folded[first : last + 1]), ()):
                found[first].append(f"B-{kind}")
                for at in range(first + 1, last + 1):
                    found[at].append(f"I-{kind}")
    return found


def kind_grams(text: str, listed: Dict[str, List[str]]) -> Set[str]:
    """What kinds of listed things a text names, and beside which words: a town is a town, whichever it is."""
    folded = [fold(piece.text) for piece in pieces(text)]
    row = ["^"]
    kinds: Set[str] = set()
    for word, tags in zip(folded, standing_in(folded, listed)):
        mine = {tag[2:] for tag in tags}
        kinds |= mine
        name = f"<{min(mine)}>" if mine else word
        if not (mine and row[-1] == name):
            row.append(name)
    row.append("$")
    beside = (pair for pair in zip(row, row[1:]) if "<" in pair[0] + pair[1])
    return {f"k {kind}" for kind in kinds} | {f"kp {first} {second}" for first, second in beside}


class Values:
    """What may stand in place of what: by kind and language."""

    def __init__(self, data: TrainingData) -> None:
        self._stock: Dict[Tuple[str, str], List[List[str]]] = {}
        for table in data.lookup_tables:
            kind, _, language = table["name"].partition(".")
            self._stock.setdefault((kind, language), []).extend(
                [p.text for p in pieces(value)] for value in table["elements"]
            )

    def listed(self) -> Dict[str, List[str]]:
        """What of :data:`KINDS` the tables hold: the folded words, parted by spaces, and their kinds."""
        found: Dict[str, List[str]] = {}
        for (kind, _), stock in sorted(self._stock.items()):
            for value in stock if kind in KINDS else ():
                known = found.setdefault(fold(" ".join(value)), [])
                known += [kind] if kind not in known else []
        return found

    def exchanged(self, example: Example, dice: random.Random) -> Tuple[List[str], List[str]]:
        """The example's words and tags with every value replaced by another of its kind and language."""
        words: List[str] = []
        tags: List[str] = []
        at = 0
        for kind, first, last in spans(example.tags):
            stock = self._stock.get((kind, example.language))
            other = dice.choice(stock) if stock else example.words[first : last + 1]
            words += example.words[at:first] + other
            tags += example.tags[at:first] + [f"{'I' if n else 'B'}-{kind}" for n in range(len(other))]
            at = last + 1
        return words + example.words[at:], tags + example.tags[at:]
