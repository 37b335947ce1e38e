"""Small worlds of workers and trainers, the rules of matching once more for two people, and the best of all choices.

Nothing here uses arrays or bits: it is what the engine is held against.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from bot.matching import plan, rules
from bot.matching.candidates import Edges
from bot.matching.crowd import Facts
from bot.matching.seekers import Seekers, seekers_of
from bot.people import places, vocabulary
from tests.people_factory import BOLOGNA, MODENA, PALERMO
from tests.people_factory import TUESDAY_NOON as NOW

IMOLA, LONDON, GREENWICH = 3175537, 2643743, 2647937  # GeoNames ids; London and Greenwich lie west of the meridian
NO_SUCH_TOWN = 1
EVERYBODY = 10**9

type PairsOf = dict[tuple[int, int], int]  # (trainer's place, worker's place) -> score
type Outcome = tuple[int, int, int]  # how many are matched, how many of them have waited long, the total score


def worker(id: int = 1, **more: Any) -> Facts:
    """A baker of 50+ in Bologna who has just joined."""
    return _somebody(id, {"sector": "bakery", "age_band": "50-59"} | more)


def trainer(id: int = 101, **more: Any) -> Facts:
    """A young trainer in Bologna with room for one."""
    return _somebody(id, {"age_band": "22-24"} | more)


def _somebody(id: int, more: Mapping[str, Any]) -> Facts:
    facts: dict[str, Any] = {
        "cluster_id": 1,
        "country": "IT",
        "language": "it",
        "languages": ("it",),
        "topics": ("instagram",),
        "times": ("1-pm", "3-am"),
        "zone": "Europe/Rome",
        "city_id": BOLOGNA,
        "sector": "",
        "travel_km": 25,
        "remote": False,
        "prefers": (),
        "since": NOW,
    }
    return Facts(id=id, **(facts | more))


def weeks_ago(weeks: float) -> datetime:
    return NOW - timedelta(weeks=weeks)


@dataclass(frozen=True)
class World:
    """`before` are (trainer's id, worker's id) of pairs there were already."""

    workers: Sequence[Facts]
    trainers: Sequence[Facts]
    before: Collection[tuple[int, int]] = ()
    weights: Mapping[str, float] = field(default_factory=lambda: dict(rules.TERMS))
    exchange: frozenset[int] = frozenset()
    now: datetime = NOW

    @cached_property
    def seekers(self) -> Seekers:
        """As the engine sees it."""
        return seekers_of(self.workers, self.trainers, tuple(self.before), self.weights, self.exchange, self.now)

    @cached_property
    def sides(self) -> Any:
        """As a round gives them to the engine: trainers without room are left out."""
        return plan.with_room(self.seekers.sides)

    @cached_property
    def room(self) -> tuple[int, ...]:
        return tuple(max(0, one.room) for one in self.trainers)

    @cached_property
    def long(self) -> tuple[bool, ...]:
        """Which workers have waited eight weeks."""
        return tuple(one.since <= self.now - timedelta(weeks=8) for one in self.workers)

    def hurdles(self, learner: Facts, teacher: Facts) -> dict[str, bool]:
        """What a pair must meet, in the order in which a reason is looked for."""
        same = learner.cluster_id == teacher.cluster_id
        km = km_between(learner, teacher)
        return {
            "cluster": same or {learner.cluster_id, teacher.cluster_id} <= self.exchange,
            rules.NO_LANGUAGE: bool(set(learner.languages) & set(teacher.languages)),
            rules.NO_TOPIC: bool(set(learner.topics) & set(teacher.topics)),
            rules.NO_TIME: len(hours_of(learner, self.now) & hours_of(teacher, self.now)) >= 2,
            rules.NO_PLACE: (learner.remote and teacher.remote)
            or (km is not None and km <= max(learner.travel_km, teacher.travel_km)),
            rules.TRIED: (teacher.id, learner.id) not in self.before,
            rules.FULL: teacher.room > 0,
        }

    @cached_property
    def possible(self) -> set[tuple[int, int]]:
        """(trainer's place, worker's place) of every pair that meets all of it."""
        return {
            (t, w)
            for w, learner in enumerate(self.workers)
            for t, teacher in enumerate(self.trainers)
            if all(self.hurdles(learner, teacher).values())
        }

    @cached_property
    def scored(self) -> PairsOf:
        """Every possible pair with the score that the engine gives it."""
        return {(t, w): self.seekers.pair(t, w).score for t, w in sorted(self.possible)}

    def outcome(self, chosen: Edges) -> Outcome:
        """What a choice comes to. It fails for a pair that is not possible, somebody twice, too many for one."""
        pairs = list(zip(chosen.trainer.tolist(), chosen.worker.tolist(), strict=True))
        learners = [w for _, w in pairs]
        assert set(pairs) <= self.possible
        assert len(set(learners)) == len(learners)
        assert all([t for t, _ in pairs].count(at) <= room for at, room in enumerate(self.room))
        return len(pairs), sum(self.long[w] for w in learners), int(chosen.score.sum())

    @cached_property
    def best(self) -> Outcome:
        """The best there is: the most workers, then the most who have waited long, then the highest score."""
        return best_of(self.scored, self.room, self.long)


# -- the rules for two people -------------------------------------------------------------------------------


def hours_of(one: Facts, now: datetime) -> set[int]:
    """The hours of the week, 0 to 167 in UTC, in which this person has time."""
    part_hours = {"am": (9, 10, 11), "pm": (13, 14, 15, 16), "eve": (17, 18, 19, 20)}
    ahead = now.astimezone(ZoneInfo(one.zone)).utcoffset()
    assert ahead is not None
    return {
        (24 * int(part[0]) + hour - int(ahead.total_seconds()) // 3600) % 168
        for part in one.times
        if part in rules.PARTS_OF_WEEK
        for hour in part_hours[part[2:]]
    }


def km_between(one: Facts, other: Facts) -> float | None:
    here, there = (places.get(who.city_id) if who.city_id is not None else None for who in (one, other))
    return places.distance_km(here, there) if here and there else None


def terms(learner: Facts, teacher: Facts, now: datetime) -> dict[str, float]:
    """How good the two are for each other in each respect, 0 to 1."""
    spoken = set(learner.languages) & set(teacher.languages)
    km = km_between(learner, teacher)
    kept = [(3 + one.kept) / (3 + one.kept + one.missed) for one in (learner, teacher)]
    if not spoken:
        language = 0.0
    elif learner.language in spoken:
        language = 1.0 if teacher.language == learner.language else 0.7
    else:
        language = 0.4
    liked = not learner.prefers or teacher.age_band in learner.prefers
    wanted = not teacher.prefers or learner.sector in teacher.prefers
    shared = set(learner.topics) & set(teacher.topics)
    return {
        "topics": len(shared) / max(1, len(set(learner.topics))) * (0.75 + 0.25 * teacher.prepared),
        "times": min(1.0, len(hours_of(learner, now) & hours_of(teacher, now)) / 9),
        "distance": 0.0 if km is None else max(0.0, 1 - km / 100),
        "language": language,
        "sector": float(learner.sector != "" and learner.sector in {teacher.sector, *teacher.taught}),
        "waiting": min(1.0, max(0.0, (now - learner.since).total_seconds() / (8 * 7 * 24 * 3600))),
        "reliable": sum(kept) / 2,
        "wishes": (liked + wanted) / 2,
    }


def score(learner: Facts, teacher: Facts, weights: Mapping[str, float], now: datetime) -> float:
    found = terms(learner, teacher, now)
    return 10_000 * sum(weights[name] * found[name] for name in found) / sum(weights.values())


# -- the best there is ------------------------------------------------------------------------------------


def best_of(pairs: PairsOf, room: Sequence[int], long: Sequence[bool]) -> Outcome:
    """The best of every choice there is."""
    fitting = [[(t, points) for (t, w), points in pairs.items() if w == at] for at in range(len(long))]

    @cache
    def best(at: int, left: tuple[int, ...]) -> Outcome:
        if at == len(long):
            return 0, 0, 0
        outcomes = [best(at + 1, left)]
        for t, points in fitting[at]:
            if left[t]:
                matched, waited, total = best(at + 1, (*left[:t], left[t] - 1, *left[t + 1 :]))
                outcomes.append((matched + 1, waited + long[at], total + points))
        return max(outcomes)

    return best(0, tuple(room))


def most_of(pairs: Collection[tuple[int, int]], room: Sequence[int], long: Sequence[bool]) -> tuple[int, int]:
    """How many workers can be matched at most, and how many of them can be ones who have waited long.

    One worker after the other takes a place, if need be by moving others to another trainer (H. W. Kuhn, 1955);
    nobody loses theirs by that, so those who have waited long are asked first.
    """
    fitting = [[t for t, w in pairs if w == at] for at in range(len(long))]
    taught: list[list[int]] = [[] for _ in room]

    def place(at: int, tried: set[int]) -> bool:
        for t in fitting[at]:
            if t in tried:
                continue
            tried.add(t)
            if len(taught[t]) < room[t]:
                taught[t].append(at)
                return True
            for other in list(taught[t]):
                if place(other, tried):
                    taught[t].remove(other)
                    taught[t].append(at)
                    return True
        return False

    order = sorted(range(len(long)), key=lambda at: not long[at])
    placed = [at for at in order if place(at, set())]
    return len(placed), sum(long[at] for at in placed)


# -- made-up worlds ---------------------------------------------------------------------------------------

LANGUAGES, TOPICS, SECTORS = ("it", "en", "de"), ("instagram", "reviews", "ads"), ("bakery", "care", "shop", "")
TIMES = ("1-pm", "1-eve", "3-am", "5-am", "6-eve", "nonsense", "7-am")
ZONES = ("Europe/Rome", "Europe/London", "Atlantic/Canary", "Europe/Bucharest")


def _some[T](choices: Sequence[T], fewest: int = 0, most: int | None = None) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(st.sampled_from(choices), unique=True, min_size=fewest, max_size=most).map(tuple)


def _people(id: int, role: str) -> st.SearchStrategy[Facts]:
    return st.builds(
        Facts,
        id=st.just(id),
        cluster_id=st.sampled_from((1, 1, 1, 2, 3)),
        country=st.just("IT"),
        language=st.sampled_from(LANGUAGES),
        languages=_some(LANGUAGES, 1),
        topics=_some(TOPICS, 1),
        times=_some(TIMES, 1, 5),
        zone=st.sampled_from(ZONES),
        city_id=st.sampled_from((BOLOGNA, BOLOGNA, MODENA, IMOLA, PALERMO, LONDON, GREENWICH, NO_SUCH_TOWN, None)),
        sector=st.sampled_from(SECTORS),
        age_band=st.sampled_from(rules.WORKER_AGES if role == "worker" else rules.TRAINER_AGES),
        travel_km=st.sampled_from((5, 25, 40, 50)),
        remote=st.booleans(),
        prefers=_some(rules.TRAINER_AGES if role == "worker" else vocabulary.keys("sector"), 0, 3),
        since=st.sampled_from((-1.0, 0.0, 3.0, 7.99, 8.0, 20.0)).map(weeks_ago),
        room=st.integers(-1, 5) if role == "trainer" else st.just(1),
        kept=st.integers(0, 5),
        missed=st.integers(0, 5),
        prepared=st.sampled_from((0.0, 0.3, 1.0)),
        taught=st.frozensets(st.sampled_from(SECTORS[:3]), max_size=2) if role == "trainer" else st.just(frozenset()),
    )


@st.composite
def worlds(draw: st.DrawFn, most_workers: int = 5, most_trainers: int = 4) -> World:
    """People who differ in everything; most pairs of them do not fit."""
    workers = [draw(_people(1 + at, "worker")) for at in range(draw(st.integers(0, most_workers)))]
    trainers = [draw(_people(101 + at, "trainer")) for at in range(draw(st.integers(0, most_trainers)))]
    pair = st.tuples(st.integers(101, 100 + most_trainers), st.integers(1, most_workers))
    before = draw(st.sets(pair, max_size=4))
    weights = draw(st.fixed_dictionaries({name: st.sampled_from((0.05, 0.3, 1.0)) for name in rules.TERMS}))
    exchange = draw(st.sampled_from((frozenset[int](), frozenset({1, 2}))))
    return World(workers, trainers, before, weights, exchange)


@st.composite
def graphs(draw: st.DrawFn, most_workers: int = 6, most_trainers: int = 4) -> World:
    """People who all fit each other, besides pairs that must not come: any graph there is, with many ties."""
    workers = [
        worker(1 + at, since=weeks_ago(draw(st.sampled_from((0.0, 8.0)))), kept=draw(st.sampled_from((0, 9))))
        for at in range(draw(st.integers(0, most_workers)))
    ]
    trainers = [
        trainer(101 + at, room=draw(st.integers(0, 5)), prepared=draw(st.sampled_from((0.0, 0.5, 1.0))))
        for at in range(draw(st.integers(0, most_trainers)))
    ]
    pairs = [(teacher.id, learner.id) for teacher in trainers for learner in workers]
    share = draw(st.sampled_from((0.0, 0.3, 0.6, 0.8)))
    chance = draw(st.randoms(use_true_random=False))
    return World(workers, trainers, {pair for pair in pairs if chance.random() < share})
