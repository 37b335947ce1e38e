"""Who is looked at: everybody who seeks in a cluster, with what they have done so far. Reads; changes nothing."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
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
from bot.matching.candidates import Before, Sides
from bot.matching.crowd import Crowd, Facts, Numbers
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


async def read_seekers(
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
    return await asyncio.to_thread(seekers_of, mine, theirs, before, weights, exchange, now)


def _shared(people: Sequence[Facts]) -> dict[str, set[str]]:
    """What one must have of to be brought together with one of these."""
    return {
        "languages": {language for one in people for language in one.languages},
        "topics": {topic for one in people for topic in one.topics},
    }


def seekers_of(
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
