"""How long it takes from people in a database to the best pairs, how good these are, and what others make of the same.

Each figure comes from a process of its own, so that its peak of memory is its own: `python -m bench.pairs plan --url …`
and so on writes one line of JSON. The people are made up, and marked so: `(demo)` is in their names.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, insert, select

from bench.bots import ROOT, peak_mb
from bench.load import FIRST_PERSON
from bot.case import House
from bot.lessons.curriculum import load
from bot.matching import plan as planning
from bot.matching import rounds, rules
from bot.matching.assignment import solve
from bot.matching.candidates import candidates
from bot.matching.seekers import read_seekers
from bot.messages import LANGUAGES
from bot.people import vocabulary
from bot.people.atlas import COMPLETE, LANGUAGE_OF, Place, atlas
from bot.settings import Settings
from bot.texts import tongue
from db.clusters import Cluster
from db.engine import Database
from db.matching import DECLINED, Match
from db.migrate import upgrade_async
from db.people import Person

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CHUNK = 5_000
EVERY = 10**9  # every pair that is possible, not the best few of each worker
LONGEST_S = 300.0  # after which a baseline is stopped


# -- made-up people -------------------------------------------------------------------------------------


async def fill(url: str, workers: int, trainers: int, seed: int = 1) -> None:
    """All tables, one cluster, and so many demo people in the towns of four countries: in large ones more."""
    await upgrade_async(url)
    chance = np.random.default_rng(seed)
    towns = sorted((town for town in atlas().places.values() if town.country in COMPLETE), key=lambda town: town.id)
    size = np.array([town.population for town in towns], np.float64)
    where = chance.choice(len(towns), workers + trainers, p=size / size.sum())
    database = Database(url)
    async with database.begin() as session:
        cluster = Cluster(slug="bench", name="Bench (demo)", countries=sorted(COMPLETE), sectors=[])
        cluster.languages, cluster.zone = ["en", "it", "de", "es"], "Europe/Berlin"
        session.add(cluster)
        await session.flush()
        people = [
            _somebody("worker" if number < workers else "trainer", number, towns[at], chance)
            | {"cluster_id": cluster.id}
            for number, at in enumerate(where.tolist())
        ]
        for start in range(0, len(people), CHUNK):
            await session.execute(insert(Person), people[start : start + CHUNK])
    if not database.is_sqlite:
        async with database.begin() as session:
            await (await session.connection()).exec_driver_sql("ANALYZE")  # what autovacuum does within minutes
    await database.close()


def _somebody(role: str, number: int, town: Place, chance: np.random.Generator) -> dict[str, Any]:
    """One demo person of this town."""

    def some(words: tuple[str, ...], fewest: int, most: int) -> list[str]:
        return [words[at] for at in chance.choice(len(words), chance.integers(fewest, most + 1), replace=False)]

    language = LANGUAGE_OF[town.country]
    languages = [language, *(other for other in some(("en", "it", "de", "es"), 1, 1) if other != language)]
    ages, likes = (
        (rules.WORKER_AGES, rules.TRAINER_AGES) if role == "worker" else (rules.TRAINER_AGES, vocabulary.keys("sector"))
    )
    joined = NOW - timedelta(weeks=12 * float(chance.random()))
    return {
        "channel": "telegram",
        "address": str(FIRST_PERSON + number),
        "created_at": joined,
        "seen_at": joined,
        "joined_at": joined,
        "language": language,
        "role": role,
        "name": f"{role.title()} {number} (demo)",
        "age_band": some(ages, 1, 1)[0],
        "languages": languages if chance.random() < 0.5 else [language],
        "country": town.country,
        "city_id": town.id,
        "city": town.name,
        "zone": town.zone,
        "sector": some(vocabulary.keys("sector"), 1, 1)[0] if role == "worker" else "",
        "topics": some(vocabulary.keys("topic"), 2, 4),
        "times": some(rules.PARTS_OF_WEEK, 2, 5),
        "travel_km": int(chance.integers(5, 51)),
        "remote": bool(chance.random() < 0.6),
        "places": int(chance.integers(1, 4)),
        "prefers": some(likes, 1, 2) if chance.random() < 0.3 else [],
    }


# -- what the processes do ------------------------------------------------------------------------------


def _house(url: str) -> House:
    """As the running programme has it: lessons, towns and texts have been read before."""
    settings = Settings(database_url=url)
    atlas()
    for language in LANGUAGES:
        tongue(language)
    return House(settings, load(settings.curriculum))


async def _plan(url: str) -> dict[str, float]:
    """A round is planned: from rows to pairs."""
    house, database = _house(url), Database(url)
    async with database.read() as session:
        cluster = await session.scalar(select(Cluster).where(Cluster.slug == "bench"))
        assert cluster
        before, began = peak_mb(), time.perf_counter()
        plan = await planning.plan_round(session, cluster, NOW, house)
        facts = {
            "seconds": time.perf_counter() - began,
            "mb": peak_mb(),
            "mb_before": before,
            "matched": plan.matched,
            "score": plan.figures["score"],
        }
        began = time.perf_counter()
        await read_seekers(session, cluster, NOW, house)
        facts["read_s"] = time.perf_counter() - began
    await database.close()
    return facts


async def _candidates(url: str, keep: Path, *, every: bool) -> dict[str, float]:
    """The pairs that come into question (or every possible one), into a file."""
    house, database = _house(url), Database(url)
    async with database.read() as session:
        cluster = await session.scalar(select(Cluster).where(Cluster.slug == "bench"))
        assert cluster
        seekers = await read_seekers(session, cluster, NOW, house)
    await database.close()
    sides = planning.with_room(seekers.sides)
    edges = candidates(sides, top=EVERY, afar=EVERY) if every else candidates(sides)
    first = sides.workers.waited >= rules.LONG_WAIT_WEEKS
    np.savez(
        keep,
        trainer=edges.trainer,
        worker=edges.worker,
        score=edges.score,
        room=sides.trainers.room.clip(0),
        first=first,
    )
    return {"pairs": len(edges)}


async def _follow(url: str) -> dict[str, float]:
    """A worker has declined an offer: both get their next one, out of everybody who is looking."""
    house, database = _house(url), Database(url)
    async with database.begin() as session:
        cluster = await session.scalar(select(Cluster).where(Cluster.slug == "bench"))
        assert cluster
        plan = await planning.plan_round(session, cluster, NOW, house)
        pair = plan.pairs[len(plan.pairs) // 2]
        session.add(
            Match(
                cluster_id=cluster.id,
                trainer_id=pair.trainer.id,
                worker_id=pair.worker.id,
                score=pair.score,
                reasons=pair.reasons,
                state=DECLINED,
                worker_says="no",
                created_at=NOW - timedelta(days=1),
                expires_at=NOW + timedelta(days=4),
                decided_at=NOW,
                follow_at=NOW,
            )
        )
    del plan, pair  # no programme that runs keeps all these
    began = time.perf_counter()
    async with database.begin() as session:
        await rounds.follow(session, house, NOW, 1)
    seconds = time.perf_counter() - began
    async with database.read() as session:
        offers = await session.scalar(select(func.count()).where(Match.state != DECLINED)) or 0
    await database.close()
    return {"seconds": seconds, "offers": offers}


@dataclass(frozen=True)
class Pairs:
    """Pairs that come into question, as arrays; `room` by trainer, `first` by worker."""

    trainer: Any
    worker: Any
    score: Any
    room: Any
    first: Any


type Chosen = list[tuple[int, int]]  # (trainer, worker)


def _ours(given: Pairs) -> Chosen:
    kept = solve(given.room, given.trainer, given.worker, given.score, given.first)
    return list(zip(given.trainer[kept].tolist(), given.worker[kept].tolist(), strict=True))


def _greedy(given: Pairs) -> Chosen:
    """The best pair first, then the best of what is left."""
    left, free, chosen = given.room.tolist(), set(given.worker.tolist()), []
    order = np.argsort(-given.score, kind="stable")
    for trainer, worker in zip(given.trainer[order].tolist(), given.worker[order].tolist(), strict=True):
        if left[trainer] > 0 and worker in free:
            left[trainer] -= 1
            free.remove(worker)
            chosen.append((trainer, worker))
    return chosen


def _repeated(given: Pairs) -> tuple[Any, Any, Any, Any]:
    """SciPy knows no trainers with several places: each place is a column. (worker, column, score, whose column)."""
    begins = np.concatenate(([0], np.cumsum(given.room)))
    times = given.room[given.trainer]
    which = np.repeat(np.arange(len(times)), times)
    place = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
    column = begins[given.trainer[which]] + place
    return given.worker[which], column, given.score[which], np.repeat(np.arange(len(given.room)), given.room)


def _most(given: Pairs) -> Chosen:
    """SciPy's largest matching (Hopcroft-Karp): it does not look at scores."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    worker, column, _, whose = _repeated(given)
    shape = (len(given.first), len(whose))
    graph = csr_array((np.ones(len(worker), np.int8), (worker, column)), shape=shape)
    found = maximum_bipartite_matching(graph, perm_type="column")
    return [(int(whose[at]), worker) for worker, at in enumerate(found.tolist()) if at >= 0]


def _best(given: Pairs) -> Chosen:
    """SciPy's best full matching (LAPJVsp). It takes a full one only: who stays alone gets a column of their own, so
    dear that it comes last."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    worker, column, score, whose = _repeated(given)
    workers, places = len(given.first), len(whose)
    alone = np.arange(workers)
    dear = float((rules.BEST_SCORE + 1) * workers)
    costs = np.concatenate((rules.BEST_SCORE + 1.0 - score, np.full(workers, dear)))
    ends = (np.concatenate((worker, alone)), np.concatenate((column, places + alone)))
    rows, columns = min_weight_full_bipartite_matching(csr_array((costs, ends), shape=(workers, places + workers)))
    return [(int(whose[c]), r) for r, c in zip(rows.tolist(), columns.tolist(), strict=True) if c < places]


def _stable(given: Pairs) -> Chosen:
    """Residents (workers) and hospitals (trainers) who rank each other by the score: `matching`, the package."""
    from matching.games import HospitalResident

    workers: dict[int, list[int]] = {}
    trainers: dict[int, list[int]] = {}
    order = np.argsort(-given.score, kind="stable")
    for trainer, worker in zip(given.trainer[order].tolist(), given.worker[order].tolist(), strict=True):
        workers.setdefault(worker, []).append(trainer)
        trainers.setdefault(trainer, []).append(worker)
    room = {trainer: int(given.room[trainer]) for trainer in trainers}
    sys.setrecursionlimit(1_000_000)  # it copies everybody with everybody they know, one inside the other
    found = HospitalResident.create_from_dictionaries(workers, trainers, room).solve()
    return [(trainer.name, worker.name) for trainer, taught in found.items() for worker in taught]


OURS = "ours"
NAMES = {
    OURS: "ours, minimum-cost flow (OR-Tools)",
    "greedy": "greedy, the best pair first",
    "most": "SciPy, the most pairs (blind to scores)",
    "best": "SciPy, the best full matching",
    "stable": "`matching`, hospital and residents",
}
OTHERS: dict[str, Callable[[Pairs], Chosen]] = {
    OURS: _ours,
    "greedy": _greedy,
    "most": _most,
    "best": _best,
    "stable": _stable,
}


def _choose(how: str, kept: Path) -> dict[str, float]:
    """One way to choose from the pairs in the file. How its input is made counts, too; what it imports does not."""
    with np.load(kept) as file:
        given = Pairs(**{name: file[name] for name in ("trainer", "worker", "score", "room", "first")})
    one = np.array([0])
    OTHERS[how](Pairs(one, one, one, one + 1, one == 1))
    began = time.perf_counter()
    chosen = OTHERS[how](given)
    seconds = time.perf_counter() - began
    taught, workers = np.array(chosen, np.int64).reshape(-1, 2).T
    assert len(np.unique(workers)) == len(workers), "a worker is taught twice"
    assert (np.bincount(taught, minlength=len(given.room)) <= given.room).all(), "a trainer has too many"
    score = dict(
        zip(zip(given.trainer.tolist(), given.worker.tolist(), strict=True), given.score.tolist(), strict=True)
    )
    return {
        "seconds": seconds,
        "mb": peak_mb(),
        "matched": len(chosen),
        "score": sum(score[pair] for pair in chosen),
    }


# -- from outside ---------------------------------------------------------------------------------------


async def child(*arguments: str, longest_s: float | None = None) -> dict[str, float] | None:
    """The figures of such a process; None when it had to be stopped."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.pairs", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), longest_s)
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    if process.returncode:
        raise RuntimeError(f"bench.pairs {arguments[0]} has failed")
    return json.loads(out)


async def plan(url: str) -> dict[str, float]:
    """A round from rows to pairs: `seconds`, `read_s` of a second reading, `mb`, `matched`, `score`."""
    return await child("plan", "--url", url) or {}


async def kept_candidates(url: str, keep: Path, *, every: bool = False) -> int:
    """Write the pairs that come into question (or `every` possible one) to a file. Returns how many."""
    found = await child("candidates", "--url", url, "--pairs", str(keep), *(["--every"] if every else [])) or {}
    return int(found["pairs"])


async def choose(how: str, kept: Path, longest_s: float | None = LONGEST_S) -> dict[str, float] | None:
    """What one of :data:`OTHERS` makes of the pairs in the file; None when it takes longer."""
    return await child(how, "--pairs", str(kept), longest_s=longest_s)


async def follow(url: str) -> dict[str, float]:
    """One declined offer: `seconds` until both have their next, and how many `offers` came of it."""
    return await child("follow", "--url", url) or {}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["plan", "candidates", "follow", *OTHERS])
    parser.add_argument("--url", default="")
    parser.add_argument("--pairs", type=Path, default=Path())
    parser.add_argument("--every", action="store_true")
    asked = parser.parse_args()
    match asked.what:
        case "plan":
            facts = asyncio.run(_plan(asked.url))
        case "candidates":
            facts = asyncio.run(_candidates(asked.url, asked.pairs, every=asked.every))
        case "follow":
            facts = asyncio.run(_follow(asked.url))
        case how:
            facts = _choose(how, asked.pairs)
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
