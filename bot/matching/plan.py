"""What a round would do, and what it would cost to do something else. Reads; changes nothing."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

import db.matching
from bot.case import House
from bot.matching import rules
from bot.matching.candidates import Edges, Sides
from bot.matching.crowd import Crowd
from bot.matching.pairing import best_pairs
from bot.matching.seekers import Pair, Seekers, read_seekers
from db.clusters import Cluster


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """What a round would do now: the pairs, and how many workers stay without for which reason (rules.STAYS).

    `countries` counts the pairs by the worker's country; `longest` says how many weeks those who stay have
    waited, at most; `waiting` how many workers were looked at.
    """

    cluster_id: int
    pairs: tuple[Pair, ...]
    staying: dict[str, int]
    countries: dict[str, int]
    longest: int
    waiting: int

    @property
    def matched(self) -> int:
        return len(self.pairs)

    @property
    def unmatched(self) -> int:
        return sum(self.staying.values())

    @property
    def figures(self) -> dict[str, Any]:
        """What is kept of it with the round."""
        return {
            "staying": self.staying,
            "countries": self.countries,
            "longest": self.longest,
            "score": sum(pair.score for pair in self.pairs),
        }

    def __str__(self) -> str:
        """For the operator's terminal: "12 pairs, 3 workers without (language 2, topic 1)"."""
        reasons = ", ".join(f"{reason} {number}" for reason, number in self.staying.items())
        without = f"{self.unmatched} workers without" + (f" ({reasons})" if reasons else "")
        return f"{self.matched} pairs, {without}"


async def plan_round(session: AsyncSession, cluster: Cluster, now: datetime, house: House) -> RoundPlan:
    """The best possible pairs of this cluster at this moment. Changes nothing."""
    seekers = await read_seekers(session, cluster, now, house)
    left_out = await db.matching.left_out(session, cluster.id, now)
    return await asyncio.to_thread(_plan, cluster.id, seekers, left_out)


def _plan(cluster_id: int, seekers: Seekers, left_out: Mapping[str, int]) -> RoundPlan:
    chosen = best_pairs(with_room(seekers.sides))
    order = np.lexsort((chosen.worker, chosen.trainer))
    pairs = tuple(seekers.pairs(chosen.trainer[order], chosen.worker[order]))
    alone = np.setdiff1d(np.arange(len(seekers.workers)), chosen.worker)
    staying = Counter(why_without(seekers.sides, alone)) + Counter(left_out)
    longest = max((float(seekers.sides.workers.waited[at]) for at in alone.tolist()), default=0.0)
    return RoundPlan(
        cluster_id,
        pairs,
        dict(staying.most_common()),
        dict(Counter(pair.worker.country for pair in pairs).most_common()),
        int(longest),
        len(seekers.workers),
    )


def with_room(sides: Sides) -> Sides:
    """Trainers without a free place stay where they are, but nobody is compared with them."""
    languages = np.where(sides.trainers.room > 0, sides.trainers.languages, np.uint64(0))
    return replace(sides, trainers=replace(sides.trainers, languages=languages))


# -- why not, and what else -----------------------------------------------------------------------------


def why_without(sides: Sides, alone: Sequence[int] | Any) -> list[str]:
    """For each of these workers, by place, the first demand (rules.STAYS) that no trainer meets."""
    return [hindrance(sides, int(worker)) for worker in alone]


def hindrance(sides: Sides, worker: int) -> str:
    """The first demand of this worker that none of the trainers left meets."""
    everybody = np.arange(len(sides.trainers))
    pairs = sides.compared(np.full(len(everybody), worker), everybody)
    fresh = ~np.isin(pairs.worker * len(everybody) + pairs.trainer, sides.before.keys)
    left = pairs.cluster
    for reason, met in (
        (rules.NO_LANGUAGE, pairs.language),
        (rules.NO_TOPIC, pairs.topic),
        (rules.NO_TIME, pairs.time),
        (rules.NO_PLACE, pairs.online | pairs.near),
        (rules.TRIED, fresh),
        (rules.FULL, sides.trainers.room > 0),
    ):
        left = left & met
        if not left.any():
            return reason
    return rules.SCARCE


@dataclass(frozen=True, slots=True)
class Help:
    """How many more trainers with a free place would fit somebody who changed one thing."""

    fitting: int  # as things are, with a free place
    full: int  # would fit, but have no free place
    online: int  # would fit if they met online too
    farther: int  # would fit within :data:`rules.FARTHER_KM`
    times: int  # would fit at other times
    topics: int  # teach something else
    best_time: str  # the part of the week that opens most of `times`, "" for none


def what_would_help(seekers: Seekers, now: datetime) -> Help:
    """For the only worker in `seekers`."""
    sides = seekers.sides
    everybody = np.arange(len(sides.trainers))
    pairs = sides.compared(np.zeros(len(everybody), np.int64), everybody)
    able = pairs.cluster & pairs.language & ~np.isin(everybody, sides.before.keys)
    room = sides.trainers.room > 0
    place = pairs.online | pairs.near
    others = able & pairs.topic & place & ~pairs.time & room
    worker = seekers.workers[0]
    best_time, opened = "", 0
    for part in rules.PARTS_OF_WEEK:
        if part in worker.times:
            continue
        busy = replace(worker, times=(*worker.times, part))
        more = replace(sides, workers=Crowd.of([busy], now)).compared(pairs.worker, everybody)
        gained = int((others & more.time).sum())
        if gained > opened:
            best_time, opened = part, gained
    return Help(
        fitting=int((able & pairs.topic & pairs.time & place & room).sum()),
        full=int((able & pairs.topic & pairs.time & place & ~room).sum()),
        online=int((able & pairs.topic & pairs.time & ~place & sides.trainers.remote & room).sum()),
        farther=int((able & pairs.topic & pairs.time & ~place & (pairs.km <= rules.FARTHER_KM) & room).sum()),
        times=opened,
        topics=int((able & ~pairs.topic & pairs.time & place & room).sum()),
        best_time=best_time,
    )


@dataclass(frozen=True, slots=True)
class Regret:
    """What a pair chosen by hand costs the others: the share of the whole score, in percent, and how many stay without
    who would have had somebody."""

    percent: float
    without: int


def regret(seekers: Seekers, trainer: int, worker: int) -> Regret:
    """Of bringing these two (by place) together, compared with the best that is possible."""
    best = best_pairs(with_room(seekers.sides))
    room = seekers.sides.trainers.room.copy()
    room[trainer] -= 1
    languages = seekers.sides.workers.languages.copy()
    languages[worker] = 0  # taken: speaks to nobody else
    rest = replace(
        seekers.sides,
        trainers=replace(seekers.sides.trainers, room=room),
        workers=replace(seekers.sides.workers, languages=languages),
    )
    others = best_pairs(with_room(rest))
    score = int(others.score.sum()) + seekers.pair(trainer, worker).score
    whole = int(best.score.sum())
    lost = max(0.0, 100 * (whole - score) / whole) if whole else 0.0
    return Regret(round(lost, 1), max(0, len(best) - len(others) - 1))


def ranked(seekers: Seekers, worker: int, most: int) -> list[Pair]:
    """The best trainers with a free place for this worker, by place, the best first."""
    edges = _of(seekers, worker)
    order = np.argsort(-edges.score, kind="stable")[:most]
    return [seekers.pair(int(edges.trainer[at]), worker) for at in order]


def _of(seekers: Seekers, worker: int) -> Edges:
    roomy = np.flatnonzero(seekers.sides.trainers.room > 0)
    found = list(seekers.sides.possible(np.array([worker]), roomy))
    nothing = np.empty(0, np.int64)
    return found[0] if found else Edges(nothing, nothing, nothing)


def best_for_worker(seekers: Seekers) -> Pair | None:
    """The best trainer for the first worker in `seekers`."""
    return next(iter(ranked(seekers, 0, 1)), None) if seekers.workers else None


def best_in_line(seekers: Seekers) -> list[Pair]:
    """The best trainer for the first worker in `seekers`, after the others, who have waited long: of the free places
    that the first one could have, they get as many as they can, and these pairs come along."""
    if not seekers.workers:
        return []
    ahead = _before_the_first(seekers)
    room = seekers.sides.trainers.room.copy()
    np.subtract.at(room, ahead.trainer, 1)
    left = replace(seekers.sides, trainers=replace(seekers.sides.trainers, room=room))
    first = best_for_worker(replace(seekers, sides=left))
    return [*seekers.pairs(ahead.trainer, ahead.worker), *([first] if first else [])]


def _before_the_first(seekers: Seekers) -> Edges:
    """All workers but the first, with the trainers whom the first could have."""
    sides = seekers.sides
    wanted = np.isin(np.arange(len(sides.trainers)), _of(seekers, 0).trainer)
    room = np.where(wanted, sides.trainers.room, 0)
    languages = sides.workers.languages.copy()
    languages[0] = 0  # speaks to nobody yet
    trainers, workers = replace(sides.trainers, room=room), replace(sides.workers, languages=languages)
    return best_pairs(with_room(replace(sides, trainers=trainers, workers=workers)))


def best_for_trainer(seekers: Seekers) -> Pair | None:
    """The best worker for the only trainer in `seekers`; whoever has waited long goes first."""
    if not seekers.trainers or seekers.trainers[0].room <= 0 or not seekers.workers:
        return None
    found = list(seekers.sides.possible(np.arange(len(seekers.workers)), np.array([0])))
    pairs = [(int(w), int(s)) for edges in found for w, s in zip(edges.worker, edges.score, strict=True)]
    if not pairs:
        return None
    waited = seekers.sides.workers.waited
    worker, _ = max(pairs, key=lambda one: (waited[one[0]] >= rules.LONG_WAIT_WEEKS, one[1]))
    return seekers.pair(0, worker)
