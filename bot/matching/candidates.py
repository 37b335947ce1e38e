"""Which trainers come into question for which worker, and how good each pair is: for thousands at once.

Not everybody is compared with everybody. Workers are taken cell by cell of a grid on the map, and compared with the
trainers near them; then with trainers whom they would meet online: of many, the :data:`AFAR` who promise most to
somebody who speaks and needs what they do. The best :data:`TOP` of each worker are kept. What that may have cost is won
back by :func:`bot.matching.pairing.best_pairs`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.matching.crowd import EARTH_RADIUS_KM, HOUR_WORDS, Crowd, Flags, Floats, Numbers
from bot.matching.rules import BEST_SCORE, ENOUGH_HOURS, FAR_KM, FEWEST_HOURS, LONG_WAIT_WEEKS, TERMS

TOP = 30
AT_A_TIME = 100_000  # pairs: what is known of them stays in the processor's cache
AFAR = 1_000  # trainers
CELL = 0.5  # degrees

type Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Edges:
    """Pairs that are possible: the places of the two in their crowds, the score 0..10,000."""

    trainer: Numbers
    worker: Numbers
    score: Numbers

    def __len__(self) -> int:
        return len(self.score)


@dataclass(frozen=True, slots=True)
class Before:
    """Pairs that must not come (again), each as worker's place x number of trainers + trainer's place, sorted."""

    keys: Numbers

    @staticmethod
    def of(pairs: Collection[tuple[int, int]], trainers: Crowd, workers: Crowd) -> "Before":
        """`pairs` are (trainer's id, worker's id)."""
        trainer_at = {id: at for at, id in enumerate(trainers.id.tolist())}
        worker_at = {id: at for at, id in enumerate(workers.id.tolist())}
        found = [
            worker_at[worker] * len(trainers) + trainer_at[trainer]
            for trainer, worker in pairs
            if trainer in trainer_at and worker in worker_at
        ]
        return Before(np.array(sorted(found), np.int64))


@dataclass(frozen=True, slots=True)
class Sides:
    """Who is to be brought together, what must not come, and what counts. `exchange` are the clusters that bring people
    together with each other's."""

    workers: Crowd
    trainers: Crowd
    before: Before
    weights: Weights
    exchange: frozenset[int] = frozenset()

    def compared(self, worker: Numbers, trainer: Numbers) -> "Compared":
        """These pairs, by the two's places."""
        return Compared(self, worker, trainer)

    def possible(self, workers: Numbers, beside: Numbers) -> Iterator[Edges]:
        """Every possible pair of these workers with these trainers, by their places, a portion of workers at a time."""
        for some in _portions(workers, len(beside)):
            each = self.compared(some[:, None], beside[None, :])
            pairs = each.where(each.language & each.topic & each.time)
            pairs = pairs.where(pairs.online | pairs.near)
            yield self.allowed(pairs)

    def allowed(self, pairs: "Compared") -> Edges:
        """Of pairs who could meet, those who may, with their scores."""
        pairs = pairs.where(pairs.cluster)
        if len(self.before.keys):
            pairs = pairs.where(~np.isin(pairs.worker * len(self.trainers) + pairs.trainer, self.before.keys))
        return Edges(pairs.trainer, pairs.worker, pairs.scores())


@dataclass(frozen=True, slots=True)
class Compared:
    """Pairs of a worker and a trainer by their places: what stands in the way, and how good it would be.

    The two arrays have one shape, or shapes that NumPy broadcasts: a column beside a row is each with each.
    """

    sides: Sides
    worker: Numbers
    trainer: Numbers

    def where(self, which: Flags) -> "Compared":
        """Only these."""
        worker, trainer = np.broadcast_arrays(self.worker, self.trainer)
        return Compared(self.sides, worker[which], trainer[which])

    @property
    def language(self) -> Flags:
        return (self._mine("languages") & self._theirs("languages")) != 0

    @property
    def topic(self) -> Flags:
        return (self._mine("topics") & self._theirs("topics")) != 0

    @property
    def time(self) -> Flags:
        return self.hours >= FEWEST_HOURS

    @property
    def near(self) -> Flags:
        """One of them would travel that far."""
        return self.km <= np.maximum(self._mine("km"), self._theirs("km"))

    @property
    def online(self) -> Flags:
        return self._mine("remote") & self._theirs("remote")

    @property
    def cluster(self) -> Flags:
        mine, theirs = self._mine("cluster"), self._theirs("cluster")
        same = mine == theirs
        if self.sides.exchange:
            open_to_others = np.array(sorted(self.sides.exchange), np.int64)
            same |= np.isin(mine, open_to_others) & np.isin(theirs, open_to_others)
        return same

    @property
    def fits(self) -> Flags:
        return self.language & self.topic & self.time & (self.online | self.near) & self.cluster

    @property
    def hours(self) -> Numbers:
        """How many hours of a week the two share."""
        mine, theirs = self._mine("hours"), self._theirs("hours")
        counted = np.bitwise_count(mine[..., 0] & theirs[..., 0])
        for word in range(1, HOUR_WORDS):
            counted += np.bitwise_count(mine[..., word] & theirs[..., word])
        return counted

    @property
    def km(self) -> Floats:
        """The chord between the two; up to a hundred kilometres it is shorter than the way by two metres at most."""
        mine, theirs = self._mine("where"), self._theirs("where")
        together = mine[..., 0] * theirs[..., 0] + mine[..., 1] * theirs[..., 1] + mine[..., 2] * theirs[..., 2]
        return EARTH_RADIUS_KM * np.sqrt(np.maximum(0.0, 2.0 - 2.0 * together))

    def terms(self) -> dict[str, Floats]:
        """How good each pair would be in each respect, 0 to 1."""
        found = self._terms_of_character()
        found["times"] = np.minimum(1.0, self.hours / ENOUGH_HOURS)
        found["distance"] = np.fmax(0.0, 1.0 - self.km / FAR_KM)  # 0 for nowhere known
        return {name: found[name] for name in TERMS}

    def scores(self) -> Numbers:
        """How good each pair would be, 0..10,000."""
        return np.rint(BEST_SCORE * self._weighed(self.terms())).astype(np.int64)

    def promise(self) -> Floats:
        """How good each pair would be, but for their hours and the way."""
        return self._weighed(self._terms_of_character())

    def _terms_of_character(self) -> dict[str, Floats]:
        both, mine, ours = self._fluency()
        topics = self._mine("topics")
        share = np.bitwise_count(topics & self._theirs("topics")) / np.maximum(1, np.bitwise_count(topics))
        prefers, likes = self._mine("prefers"), self._theirs("prefers")
        liked = np.where(prefers == 0, 1.0, (prefers & self._theirs("age")) != 0)
        wanted = np.where(likes == 0, 1.0, (self._mine("sector") & likes) != 0)
        return {
            "topics": share * (0.75 + 0.25 * self._theirs("prepared")),
            "language": np.where(ours, 1.0, np.where(mine, 0.7, 0.4)) * both,
            "sector": ((self._mine("sector") & self._theirs("sector")) != 0).astype(np.float64),
            "waiting": np.minimum(1.0, self._mine("waited") / LONG_WAIT_WEEKS),
            "reliable": (self._mine("reliable") + self._theirs("reliable")) / 2,
            "wishes": (liked + wanted) / 2,
        }

    def _weighed(self, terms: Mapping[str, Floats]) -> Floats:
        weights = self.sides.weights
        total = sum(weights.values()) or 1.0
        sums = np.zeros(np.broadcast_shapes(self.worker.shape, self.trainer.shape))
        for name, term in terms.items():
            sums += weights.get(name, 0.0) / total * term
        return sums

    def _fluency(self) -> tuple[Flags, Flags, Flags]:
        """Whether they share a language; the one the worker uses here; the one both do."""
        shared = self._mine("languages") & self._theirs("languages")
        mine = shared & self._mine("language")
        return shared != 0, mine != 0, (mine & self._theirs("language")) != 0

    def _mine(self, what: str) -> Any:
        return getattr(self.sides.workers, what)[self.worker]

    def _theirs(self, what: str) -> Any:
        return getattr(self.sides.trainers, what)[self.trainer]


def candidates(sides: Sides, *, top: int = TOP, afar: int = AFAR) -> Edges:
    """The best trainers of each worker; all that are possible for whoever has fewer."""
    trainers = len(sides.trainers)
    found = [_best(_numbered(edges, trainers), top, trainers) for edges in chain(_near(sides), _online(sides, afar))]
    return _told(_best(np.concatenate(found), top, trainers), trainers) if found else joined()


def _near(sides: Sides) -> Iterator[Edges]:
    """Pairs who may live near enough, cell by cell."""
    grid = _Grid(sides.trainers)
    for block in _alike(*_cells(sides.workers)):
        beside = grid.near(sides.workers.take(block))
        if len(beside):
            yield from sides.possible(block, beside)


def _online(sides: Sides, most: int) -> Iterator[Edges]:
    """Pairs who would meet online."""
    workers, trainers = sides.workers, sides.trainers
    willing = np.flatnonzero(trainers.remote & (trainers.room > 0))
    remote = np.flatnonzero(workers.remote)
    for block in _alike(workers.cluster[remote], workers.language[remote], workers.languages[remote]):
        alike = remote[block]
        beside = willing[(trainers.languages[willing] & workers.languages[alike[0]]) != 0]
        _, ones, like = np.unique(workers.topics[alike], return_index=True, return_inverse=True)
        lists = _promising(sides, alike[ones], beside, most)
        for some in _portions(np.arange(len(alike)), lists.shape[1]):
            each = sides.compared(alike[some, None], lists if len(lists) == 1 else lists[like[some]])
            yield sides.allowed(each.where(each.topic & each.time))


def _promising(sides: Sides, workers: Numbers, beside: Numbers, most: int) -> Numbers:
    """Of these trainers so many who promise most to each of the workers, in a row for each; one row with all of them
    when there are no more."""
    if len(beside) <= most:
        return beside[None, :]
    rows: list[Numbers] = []
    for some in _portions(workers, len(beside)):
        each = sides.compared(some[:, None], beside[None, :])
        promise = np.where(each.topic & each.cluster, each.promise(), -1.0)
        rows.append(beside[np.argpartition(-promise, most, axis=1)[:, :most]])
    return np.concatenate(rows)


def best_of_each(edges: Edges, top: int) -> Edges:
    """The best few of each worker, each pair once."""
    trainers = int(edges.trainer.max(initial=0)) + 1
    return _told(_best(_numbered(edges, trainers), top, trainers), trainers)


# A pair as one number: of whom, how good, with whom. Such numbers need a third of the memory and are sorted several
# times faster than three arrays; in their order those of a worker stand together, the best of them first.


def _numbered(edges: Edges, trainers: int) -> Numbers:
    return (edges.worker * (BEST_SCORE + 1) + BEST_SCORE - edges.score) * trainers + edges.trainer


def _told(numbers: Numbers, trainers: int) -> Edges:
    score, trainer = np.divmod(numbers, trainers)
    worker, lost = np.divmod(score, BEST_SCORE + 1)
    return Edges(trainer, worker, BEST_SCORE - lost)


def _best(numbers: Numbers, top: int, trainers: int) -> Numbers:
    """The best few of each worker, each once."""
    numbers = np.sort(numbers)  # np.unique hashes, which is slower
    numbers = numbers[np.diff(numbers, prepend=-1) > 0]
    worker = numbers // (trainers * (BEST_SCORE + 1))
    return numbers[np.arange(len(numbers)) - np.searchsorted(worker, worker) < top]


def joined(*parts: Edges) -> Edges:
    """All of them, each pair once."""
    if not parts:
        nothing = np.empty(0, np.int64)
        return Edges(nothing, nothing, nothing)
    trainer, worker, score = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("trainer", "worker", "score")
    )
    _, once = np.unique(trainer * (int(worker.max(initial=0)) + 1) + worker, return_index=True)
    return Edges(trainer[once], worker[once], score[once])


def _cells(crowd: Crowd) -> tuple[Numbers, Numbers]:
    """(row, column) of each one's cell; far off the map for who is nowhere known."""
    latitude = np.degrees(np.arcsin(np.clip(crowd.where[:, 2], -1, 1)))
    longitude = np.degrees(np.arctan2(crowd.where[:, 1], crowd.where[:, 0]))
    nowhere = np.isnan(latitude)
    row = np.where(nowhere, 999, np.floor(np.nan_to_num(latitude) / CELL)).astype(np.int64)
    column = np.where(nowhere, 999, np.floor(np.nan_to_num(longitude) / CELL)).astype(np.int64)
    return row, column


def _alike(*facts: NDArray[Any]) -> Iterator[Numbers]:
    """The places of those who are alike in all of these, together."""
    order = np.lexsort(facts)
    new = np.zeros(max(0, len(order) - 1), np.bool_)
    for fact in facts:
        new |= np.diff(fact[order].astype(np.int64)) != 0
    yield from (some for some in np.split(order, np.flatnonzero(new) + 1) if len(some))


def _portions(some: Numbers, beside: int) -> Iterator[Numbers]:
    """Few enough at a time that comparing each with all beside stays small."""
    size = max(1, AT_A_TIME // max(1, beside))
    for at in range(0, len(some), size):
        yield some[at : at + size]


class _Grid:
    """The trainers by cell."""

    def __init__(self, trainers: Crowd) -> None:
        row, column = _cells(trainers)
        self._cells = {(int(row[some[0]]), int(column[some[0]])): some for some in _alike(row, column)}
        self._farthest = float(trainers.km.max(initial=0.0))

    def near(self, workers: Crowd) -> Numbers:
        """The trainers who may live within reach of these workers, who live in one cell."""
        row, column = _cells(workers)
        if not len(row) or row[0] == 999:
            return np.empty(0, np.int64)
        reach = max(self._farthest, float(workers.km.max(initial=0.0)))
        up = int(np.ceil(reach / (111.0 * CELL)))
        across = int(np.ceil(reach / (111.0 * CELL * max(0.1, np.cos(np.radians((abs(row[0]) + 1) * CELL))))))
        around = ((int(row[0]) + y, int(column[0]) + x) for y in range(-up, up + 1) for x in range(-across, across + 1))
        found = [self._cells[at] for at in around if at in self._cells]
        return np.concatenate(found) if found else np.empty(0, np.int64)
