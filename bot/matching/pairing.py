"""The best pairs of two crowds: few are compared, as many are matched as if everybody had been."""

import numpy as np

from bot.matching.assignment import solve
from bot.matching.candidates import TOP, Edges, Sides, best_of_each, candidates, joined
from bot.matching.crowd import Flags, Numbers
from bot.matching.rules import LONG_WAIT_WEEKS

MOST_ROUNDS = 40
A_FEW = 32  # workers


def best_pairs(sides: Sides) -> Edges:
    """The pairs to make: as many as possible; of those choices the one with the most who have waited long; of those the
    one with the best total score among the pairs compared."""
    edges = candidates(sides)
    first = sides.workers.waited >= LONG_WAIT_WEEKS
    chosen = _choose(edges, sides, first)
    for _ in range(MOST_ROUNDS):
        missing = _missing(chosen, sides)
        if not len(missing):
            break
        edges = joined(edges, missing)
        chosen = _choose(edges, sides, first)
    return chosen


def _choose(edges: Edges, sides: Sides, first: Flags) -> Edges:
    kept = solve(sides.trainers.room.clip(0), edges.trainer, edges.worker, edges.score, first)
    return Edges(edges.trainer[kept], edges.worker[kept], edges.score[kept])


def _missing(chosen: Edges, sides: Sides) -> Edges:
    """Pairs by which more could be matched; none when the choice is the largest there is.

    From the workers without anybody it goes to every trainer who fits, to their workers, to every trainer who fits
    those, and so on. A choice is the largest when no such way ends at a trainer with room (C. Berge, "Two Theorems in
    Graph Theory", 1957).
    """
    left = sides.trainers.room.clip(0)
    np.subtract.at(left, chosen.trainer, 1)
    has_room = left > 0
    taught_by: dict[int, list[int]] = {}
    for trainer, worker in zip(chosen.trainer.tolist(), chosen.worker.tolist(), strict=True):
        taught_by.setdefault(trainer, []).append(worker)
    layer = np.setdiff1d(np.arange(len(sides.workers)), chosen.worker)
    unseen = np.flatnonzero(sides.trainers.room > 0)
    ways: list[Edges] = []
    while len(layer) and len(unseen) and has_room.any():
        found = _reached(layer, unseen, has_room, sides)
        if not len(found):
            break
        ways.append(found)
        reached = np.unique(found.trainer)
        if has_room[reached].any():
            return joined(*ways)
        unseen = np.setdiff1d(unseen, reached, assume_unique=True)
        layer = np.array([worker for one in reached.tolist() for worker in taught_by.get(one, ())], np.int64)
    return joined()


def _reached(layer: Numbers, unseen: Numbers, has_room: Flags, sides: Sides) -> Edges:
    """One way to each trainer whom these workers fit; to those with room, the best few of each worker."""
    found: list[Edges] = []
    for at in range(0, len(layer), A_FEW):
        if not len(unseen):
            break
        edges = joined(*sides.possible(layer[at : at + A_FEW], unseen))
        trainers, first = np.unique(edges.trainer, return_index=True)
        roomy = has_room[edges.trainer]
        found.append(Edges(trainers, edges.worker[first], edges.score[first]))
        found.append(best_of_each(Edges(edges.trainer[roomy], edges.worker[roomy], edges.score[roomy]), TOP))
        unseen = np.setdiff1d(unseen, trainers[~has_room[trainers]], assume_unique=True)
    return joined(*found)
