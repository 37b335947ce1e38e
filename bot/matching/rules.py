"""Who can be matched, how good a pair is, and why somebody stays without: pure, no IO."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

CAPACITY = 2  # workers a trainer has at a time
BEST_SCORE = 10_000
OFFER_LASTS = timedelta(days=5)

# What makes a pair good, and how much each counts unless the operator says otherwise.
TERMS = {
    "topics": 0.30,
    "times": 0.15,
    "distance": 0.15,
    "language": 0.10,
    "sector": 0.05,
    "waiting": 0.10,
    "reliable": 0.10,
    "wishes": 0.05,
}
FEWEST_HOURS = 2  # in common, a week
ENOUGH_HOURS = 9  # more are no better
FAR_KM = 100.0  # from here on a distance counts nothing
LONG_WAIT_WEEKS = 8.0  # who has waited this long goes first

# Why a worker stays without a match, in the order in which it is looked for.
PAUSED, UNREACHABLE, NO_LANGUAGE, NO_TOPIC, NO_TIME, NO_PLACE_LEFT, TRIED, SCARCE = STAYS = (
    "paused",
    "unreachable",
    "language",
    "topic",
    "time",
    "full",
    "tried",
    "scarce",
)


@dataclass(frozen=True, slots=True)
class Side:
    """What matching knows of one person. `times` are "weekday-part" words, `town` a GeoNames id."""

    id: int
    languages: frozenset[str]
    topics: frozenset[str]
    times: frozenset[str]
    town: int | None
    joined_at: datetime
    paused: bool = False
    reachable: bool = True

    @property
    def available(self) -> bool:
        return self.reachable and not self.paused


@dataclass(frozen=True, slots=True)
class Edge:
    """A pair that is possible. `km` is the distance of their towns, None when one of them is unknown."""

    trainer: Side
    worker: Side
    score: int
    km: float | None


type Kilometres = Callable[[int | None, int | None], float | None]
type Pairs = Collection[tuple[int, int]]


def fits(trainer: Side, worker: Side) -> bool:
    """Whether these two could work together at all."""
    return not (
        trainer.languages.isdisjoint(worker.languages)
        or trainer.topics.isdisjoint(worker.topics)
        or trainer.times.isdisjoint(worker.times)
    )


def score(trainer: Side, worker: Side, km: float | None, now: datetime) -> int:
    """How good the pair is, 0 to 10,000. A distance never excludes: they can meet online."""
    topics = len(trainer.topics & worker.topics) / max(1, len(worker.topics))
    times = min(1.0, len(trainer.times & worker.times) / ENOUGH_TIMES)
    near = 0.0 if km is None else max(0.0, 1.0 - km / FAR_KM)
    waited = min(1.0, max(0.0, (now - worker.joined_at) / LONG_WAIT))
    return round(BEST_SCORE * (TOPICS * topics + TIMES * times + DISTANCE * near + WAITING * waited))


def possible(
    trainers: Sequence[Side], workers: Sequence[Side], before: Pairs, kilometres: Kilometres, now: datetime
) -> list[Edge]:
    """Every pair that fits and was never offered; `before` holds (trainer id, worker id).

    Only people with a topic in common are compared.
    """
    by_topic: dict[str, list[Side]] = defaultdict(list)
    for trainer in trainers:
        for topic in trainer.topics:
            by_topic[topic].append(trainer)
    edges: list[Edge] = []
    for worker in workers:
        sharing = {trainer.id: trainer for topic in worker.topics for trainer in by_topic.get(topic, ())}
        for trainer in sharing.values():
            if fits(trainer, worker) and (trainer.id, worker.id) not in before:
                km = kilometres(trainer.town, worker.town)
                edges.append(Edge(trainer, worker, score(trainer, worker, km, now), km))
    return edges


def why_without(worker: Side, trainers: Sequence[Side], left: Mapping[int, int], before: Pairs) -> str:
    """The main reason (one of STAYS) why this worker stays without: the first demand nobody meets.

    `left` says how many more workers each trainer can take.
    """
    if worker.paused:
        return PAUSED
    if not worker.reachable:
        return UNREACHABLE
    remaining = [trainer for trainer in trainers if trainer.available]
    demands: tuple[tuple[str, Callable[[Side], bool]], ...] = (
        (NO_LANGUAGE, lambda trainer: not trainer.languages.isdisjoint(worker.languages)),
        (NO_TOPIC, lambda trainer: not trainer.topics.isdisjoint(worker.topics)),
        (NO_TIME, lambda trainer: not trainer.times.isdisjoint(worker.times)),
        (TRIED, lambda trainer: (trainer.id, worker.id) not in before),
        (NO_PLACE_LEFT, lambda trainer: left.get(trainer.id, 0) > 0),
    )
    for reason, met in demands:
        remaining = [trainer for trainer in remaining if met(trainer)]
        if not remaining:
            return reason
    return SCARCE


def most_frequent_first(reasons: Collection[str]) -> dict[str, int]:
    """How many people stay for which reason."""
    return dict(Counter(reasons).most_common())


def in_order_of_week(times: Collection[str]) -> list[str]:
    """ "weekday-part" words from Monday morning to Sunday evening; what is none of them is left out."""
    parts = ("am", "pm", "eve")
    known = {f"{day}-{part}": (day, place) for day in range(7) for place, part in enumerate(parts)}
    return sorted((time for time in times if time in known), key=known.__getitem__)
