"""What a round would do, and what it would cost to do something else. Reads; changes nothing."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import isnan
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

import db.clusters
import db.lessons
import db.matching
import db.meetings
from bot.case import House
from bot.matching import rules
from bot.matching.candidates import Before, Edges, Sides
from bot.matching.crowd import Crowd, Facts, Numbers
from bot.matching.pairing import best_pairs
from db.clusters import Cluster


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people to bring together, how good that is (0..10,000), and why."""

    trainer: Facts
    worker: Facts
    score: int
    reasons: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seekers:
    """Everybody a round looks at, and what the engine makes of them."""

    workers: tuple[Facts, ...]
    trainers: tuple[Facts, ...]
    sides: Sides

    def pair(self, trainer: int, worker: int) -> Pair:
        """The two at these places."""
        return self.pairs(np.array([trainer]), np.array([worker]))[0]

    def pairs(self, trainers: Numbers, workers: Numbers) -> list[Pair]:
        """Each of these trainers with the worker at the same place of the other list."""
        compared = self.sides.compared(workers, trainers)
        terms = compared.terms()
        percent = np.stack([np.rint(100 * term).astype(np.int64) for term in terms.values()], axis=1).tolist()
        facts = zip(
            [self.trainers[int(at)] for at in trainers],
            [self.workers[int(at)] for at in workers],
            compared.scores().tolist(),
            compared.km.tolist(),
            compared.online.tolist(),
            percent,
            strict=True,
        )
        return [
            Pair(theirs, mine, score, _reasons(theirs, mine, km, online, dict(zip(terms, counted, strict=True))))
            for theirs, mine, score, km, online, counted in facts
        ]


def _reasons(trainer: Facts, worker: Facts, km: float, online: bool, terms: dict[str, int]) -> dict[str, Any]:
    return {
        "languages": sorted(set(worker.languages) & set(trainer.languages)),
        "topics": sorted(set(worker.topics) & set(trainer.topics)),
        "times": rules.in_order_of_week(set(worker.times) & set(trainer.times)),
        "km": None if isnan(km) else round(km),
        "online": online,
        "terms": terms,
    }


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
    seekers = await read(session, cluster, now, house)
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


# -- who is looked at -----------------------------------------------------------------------------------


async def read(
    session: AsyncSession,
    cluster: Cluster,
    now: datetime,
    house: House,
    *,
    workers: Collection[int] | None = None,
    trainers: Collection[int] | None = None,
    fitting: bool = False,
    line: bool = False,
) -> Seekers:
    """The workers of this cluster who look for somebody, and the trainers who may teach them: its own, and those of the
    clusters that exchange with it. `workers` and `trainers` are the only ones (ids) to look at; with `fitting`, of the
    other side only those who speak and teach, or speak and need, something of theirs; with `line`, behind one worker
    who has not waited long all those who have and may want the same trainers."""
    everywhere = {one.id: one for one in await db.clusters.all_clusters(session)}
    exchange = (
        frozenset(one.id for one in everywhere.values() if one.exchange) if cluster.exchange else frozenset[int]()
    )
    open_to = {cluster.id, *exchange}
    lessons = max(1, len(house.curriculum.track("trainer")))
    learnt = await db.lessons.lessons_learnt(session, "trainer")
    able = _Past(
        *await db.meetings.kept_and_missed(session, "trainer"),
        silent=await db.matching.unanswered(session, "trainer"),
        taken=await db.matching.places_taken(session, open_to),
        prepared={person: min(1.0, number / lessons) for person, number in learnt.items()},
        taught=await db.matching.sectors_taught(session),
    )
    willing = _Past(
        *await db.meetings.kept_and_missed(session, "worker"),
        silent=await db.matching.unanswered(session, "worker"),
        alone_since=await db.matching.alone_since(session),
    )

    async def learning(
        ids: Collection[int] | None, joined_by: datetime | None, **sharing: Collection[str]
    ) -> list[Facts]:
        rows = await db.matching.seekers(session, "worker", {cluster.id}, now, ids, joined_by, **sharing)
        return await asyncio.to_thread(willing.facts, rows)

    async def teaching(**sharing: Collection[str]) -> list[Facts]:
        rows = await db.matching.seekers(session, "trainer", open_to, now, trainers, None, **sharing)
        return await asyncio.to_thread(able.facts, rows)

    if fitting and trainers is not None:
        theirs = await teaching()
        mine = await learning(workers, None, **_shared(theirs))
    else:
        mine = await learning(workers, None)
        theirs = await teaching(**_shared(mine) if fitting else {})
    free, long_ago = [one for one in theirs if one.room > 0], now - rules.LONG_WAIT
    if line and free and mine and mine[0].since > long_ago:
        mine += [one for one in await learning(None, long_ago, **_shared(free)) if one.since <= long_ago]
    before = await db.matching.pairs_before(session, {cluster.id})
    weights = rules.weighed(house.settings.matching_weights)
    return await asyncio.to_thread(_seekers, mine, theirs, before, weights, exchange, now)


def _shared(people: Sequence[Facts]) -> dict[str, set[str]]:
    """What one must have of to be brought together with one of these."""
    return {
        "languages": {language for one in people for language in one.languages},
        "topics": {topic for one in people for topic in one.topics},
    }


def _seekers(
    workers: Sequence[Facts],
    trainers: Sequence[Facts],
    before: Sequence[tuple[int, int]],
    weights: Mapping[str, float],
    exchange: frozenset[int],
    now: datetime,
) -> Seekers:
    learning, teaching = Crowd.of(workers, now), Crowd.of(trainers, now)
    sides = Sides(learning, teaching, Before.of(before, teaching, learning), weights, exchange)
    return Seekers(tuple(workers), tuple(trainers), sides)


@dataclass(frozen=True, slots=True)
class _Past:
    """What people of one role have done so far, by their ids; who has done nothing is absent."""

    kept: Mapping[int, int]
    missed: Mapping[int, int]
    silent: Mapping[int, int]
    alone_since: Mapping[int, datetime] = field(default_factory=dict[int, datetime])
    taken: Mapping[int, int] | None = None  # of a trainer's places; a worker has one
    prepared: Mapping[int, float] = field(default_factory=dict[int, float])
    taught: Mapping[int, frozenset[str]] = field(default_factory=dict[int, frozenset[str]])

    def facts(self, rows: Sequence[db.matching.Seeker]) -> list[Facts]:
        """What a round goes by, of each of these seekers."""
        return [
            Facts(
                id=row.id,
                cluster_id=row.cluster_id,
                country=row.country,
                language=row.language,
                languages=row.languages,
                topics=row.topics,
                times=row.times,
                zone=row.zone,
                city_id=row.city_id,
                sector=row.sector,
                age_band=row.age_band,
                travel_km=row.travel_km,
                remote=row.remote,
                prefers=row.prefers,
                since=max(row.joined_at, self.alone_since.get(row.id, row.joined_at)),
                room=(1 if self.taken is None else row.places - self.taken.get(row.id, 0)),
                kept=self.kept.get(row.id, 0),
                missed=self.missed.get(row.id, 0) + self.silent.get(row.id, 0),
                prepared=self.prepared.get(row.id, 0.0),
                taught=self.taught.get(row.id, frozenset()),
            )
            for row in rows
        ]


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
