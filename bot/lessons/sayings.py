"""Which lesson people mean, from how others asked for it: the nearest sayings, by words and parts of words.

What stands in a lesson, card by card and question by question, counts as a saying too; `curriculum/asked.*.yml` holds
what people type, in their own words. Nearness is the cosine of TF-IDF vectors over stems, pairs of stems and the runs
of 3 to 5 letters within words (Salton and Buckley 1988); of each lesson the nearest few count. Pure.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

# How much the nearest saying of a lesson counts, the second nearest and so on; together 1.
NEAREST = (0.274, 0.219, 0.178, 0.137, 0.110, 0.082)
LETTERS, PAIRS = 2.0, 0.7  # what the parts of a word weigh together, and a pair of words, beside a word's 1


class Sayings[Owner]:
    """Sayings and whose they are. `stems` takes a text apart into what its words come from."""

    def __init__(self, said: Iterable[tuple[str, Owner]], stems: Callable[[str], Iterator[str]]) -> None:
        self._stems = stems
        features: list[dict[str, float]] = []
        self._owners: list[Owner] = []
        for text, owner in said:
            features.append(self._features(text))
            self._owners.append(owner)
        seen = Counter(feature for one in features for feature in one)
        self._rarity = {feature: math.log(1 + len(features) / number) for feature, number in seen.items()}
        self._unheard = math.log(1 + len(features))
        where: dict[str, tuple[list[int], list[float]]] = {feature: ([], []) for feature in seen}
        for number, one in enumerate(features):
            for feature, weight in self._weighed(one).items():
                where[feature][0].append(number)
                where[feature][1].append(weight)
        # Small arrays instead of a million tuples: a language takes a tenth of the memory.
        self._where = {
            feature: (np.array(numbers, np.int32), np.array(weights, np.float32))
            for feature, (numbers, weights) in where.items()
        }

    def near(self, question: str) -> dict[Owner, float]:
        """How near a question is to what was said of each owner: 0 to 1. Those it shares nothing with are left out."""
        alike = np.zeros(len(self._owners), np.float32)
        for feature, weight in self._weighed(self._features(question)).items():
            if feature in self._where:
                numbers, weights = self._where[feature]
                alike[numbers] += weight * weights  # a saying stands once in each list
        by_owner: dict[Owner, list[float]] = defaultdict(list)
        for number in np.flatnonzero(alike):
            by_owner[self._owners[number]].append(float(alike[number]))
        return {owner: _of_the_nearest(found) for owner, found in by_owner.items()}

    def _features(self, text: str) -> dict[str, float]:
        found: dict[str, float] = defaultdict(float)
        stems = list(self._stems(text))
        for stem in stems:
            found[f"w {stem}"] += 1
            edged = f" {stem} "
            for size in (3, 4, 5):
                for at in range(len(edged) - size + 1):
                    found[f"c{edged[at : at + size]}"] += LETTERS / len(edged)
        for first, second in pairwise(stems):
            found[f"p {first} {second}"] += PAIRS
        return found

    def _weighed(self, features: dict[str, float]) -> dict[str, float]:
        """Rare ones count more, repeating counts little; the whole has length 1."""
        weighed = {
            feature: (1 + math.log(count) if count > 1 else count) * self._rarity.get(feature, self._unheard)
            for feature, count in features.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weighed.values())) or 1.0
        return {feature: weight / length for feature, weight in weighed.items()}


def _of_the_nearest(found: Sequence[float]) -> float:
    return sum(share * one for share, one in zip(NEAREST, sorted(found, reverse=True), strict=False))
