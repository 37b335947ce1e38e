"""Whom a search reads: only who may fit is read for one person's next best, and it is the same one."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

import db.matching
from bot.matching import plan
from bot.matching.candidates import candidates
from bot.matching.seekers import Pair, Seekers, read_seekers
from bot.people import vocabulary
from bot.people.atlas import COMPLETE, atlas
from db.clusters import Cluster
from db.engine import Database
from db.people import Person
from tests.matching.stage import HOUSE, Stage
from tests.matching.world import PALERMO, World, trainer, worker

PEOPLE = 40


@pytest.fixture
async def stage(database: Database) -> Stage:
    return await Stage.set(database)


async def crowd(stage: Stage) -> None:
    """Workers and trainers of one cluster who differ in all that must fit; one worker speaks nothing."""
    chance = np.random.default_rng(7)
    towns = sorted((town for town in atlas().places.values() if town.country in COMPLETE), key=lambda town: town.id)

    def some(words: tuple[str, ...], most: int) -> list[str]:
        return [words[at] for at in chance.choice(len(words), chance.integers(1, most + 1), replace=False)]

    for number in range(PEOPLE):
        town = towns[int(chance.integers(len(towns)))]
        await stage.add(
            "worker" if number % 2 else "trainer",
            f"P{number}",
            cluster_id=1,
            city_id=town.id,
            zone=town.zone,
            languages=[] if number == 1 else some(("en", "it", "de", "es"), 2),
            topics=some(vocabulary.keys("topic"), 3),
            times=[f"{day}-{part}" for day in range(5) for part in ("am", "eve")],
        )


async def sought(stage: Stage, **how: Any) -> Seekers:
    async with stage.database.read() as session:
        cluster = await session.get(Cluster, 1)
        assert cluster
        return await read_seekers(session, cluster, stage.now, HOUSE, **how)


def who(pair: Pair | None) -> tuple[int, int, int] | None:
    return (pair.trainer.id, pair.worker.id, pair.score) if pair else None


async def test_only_who_may_fit_is_read_and_the_best_is_the_same(stage: Stage) -> None:
    await crowd(stage)
    found = 0
    for person in await stage.rows(Person):
        asked: dict[str, Any] = {"workers" if person.role == "worker" else "trainers": [person.id]}
        best = plan.best_for_worker if person.role == "worker" else plan.best_for_trainer
        every, few = await sought(stage, **asked), await sought(stage, **asked, fitting=True)
        assert who(best(few)) == who(best(every))
        others = "trainers" if person.role == "worker" else "workers"
        assert {one.id for one in getattr(few, others)} == {
            one.id
            for one in getattr(every, others)
            if set(one.languages) & set(person.languages) and set(one.topics) & set(person.topics)
        }
        found += who(best(every)) is not None
    assert found > PEOPLE / 4


async def test_a_word_is_not_found_inside_another(stage: Stage) -> None:
    for number, topics in enumerate((["google_maps"], ["maps"], ["googleXmaps"], ["google_maps", "ads"], [])):
        await stage.add("trainer", f"T{number}", cluster_id=1, topics=topics)
    async with stage.database.read() as session:
        rows = await db.matching.seekers(session, "trainer", {1}, stage.now, topics={"google_maps"})
        names = await session.scalars(select(Person.name).where(Person.id.in_([row.id for row in rows])))
        assert sorted(names) == ["T0", "T3"]
        assert await db.matching.seekers(session, "trainer", {1}, stage.now, topics=set()) == []


@pytest.mark.parametrize("afar", [1, 2, 5])
def test_of_many_whom_one_would_meet_online_those_who_promise_most_are_compared(afar: int) -> None:
    shares = (0.3, 1.0, 0.0, 0.8, 0.5)
    trainers = [trainer(101 + at, city_id=PALERMO, remote=True, prepared=share) for at, share in enumerate(shares)]
    edges = candidates(World([worker(remote=True)], trainers).sides, afar=afar)
    best = sorted(range(len(shares)), key=lambda at: -shares[at])[:afar]
    assert sorted(edges.trainer.tolist()) == sorted(best)
