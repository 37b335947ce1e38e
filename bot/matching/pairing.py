"""The best pairs of two crowds: few are compared, as many are matched as if everybody had been."""

import numpy as np

from bot.matching.assignment import solve
from bot.matching.candidates import TOP, Edges, Sides, best_of_each, candidates, joined
from bot.matching.crowd import Flags, Numbers
from bot.matching.rules import LONG_WAIT_WEEKS

A_FEW = 256  # workers


def best_pairs(sides: Sides) -> Edges:
    """The pairs to make: as many as possible; of those choices the one with the most who have waited long; of those the
    one with the best total score among the pairs compared."""
    edges = candidates(sides)
    first = sides.workers.waited >= LONG_WAIT_WEEKS
    chosen = _choose(edges, sides, first)
    while len(missing := _missing(chosen, sides, first)):  # ends: each time one more is matched, or one more of `first`
        edges = joined(edges, missing)
        chosen = _choose(edges, sides, first)
    return chosen


def _choose(edges: Edges, sides: Sides, first: Flags) -> Edges:
    kept = solve(sides.trainers.room.clip(0), edges.trainer, edges.worker, edges.score, first)
    return Edges(edges.trainer[kept], edges.worker[kept], edges.score[kept])


def _missing(chosen: Edges, sides: Sides, first: Flags) -> Edges:
    """Pairs by which more could be matched, or as many but more of those who go `first`; none when there is no better
    choice.

    A choice is the largest when no way from a worker without anybody ends at a trainer with room (C. Berge, "Two
    Theorems in Graph Theory", 1957). It has the most of `first` when no way from one of them ends at a trainer who
    has a newer one, who would give up the place.
    """
    left = sides.trainers.room.clip(0)
    np.subtract.at(left, chosen.trainer, 1)
    alone = np.setdiff1d(np.arange(len(sides.workers)), chosen.worker)
    more = _ways(alone, left > 0, chosen, sides)
    if len(more):
        return more
    gives_up = np.zeros(len(left), np.bool_)
    gives_up[chosen.trainer[~first[chosen.worker]]] = True
    return _ways(alone[first[alone]], gives_up, chosen, sides)


def _ways(layer: Numbers, goal: Flags, chosen: Edges, sides: Sides) -> Edges:
    """The pairs on the way from these workers to the nearest trainers who are a `goal`; none when there is no way.

    It goes to every trainer who fits, to the workers they have, to every trainer who fits those, and so on.
    """
    taught_by: dict[int, list[int]] = {}
    for trainer, worker in zip(chosen.trainer.tolist(), chosen.worker.tolist(), strict=True):
        taught_by.setdefault(trainer, []).append(worker)
    unseen = np.flatnonzero(sides.trainers.room > 0)
    ways: list[Edges] = []
    while len(layer) and goal[unseen].any():
        found = _reached(layer, unseen, goal, sides)
        if not len(found):
            break
        ways.append(found)
        reached = np.unique(found.trainer)
        if goal[reached].any():
            return joined(*ways)
        unseen = np.setdiff1d(unseen, reached, assume_unique=True)
        layer = np.array([worker for one in reached.tolist() for worker in taught_by.get(one, ())], np.int64)
    return joined()


def _reached(layer: Numbers, unseen: Numbers, goal: Flags, sides: Sides) -> Edges:
    """One way to each trainer whom these workers fit; to those who are a goal, the best few of each worker."""
    found: list[Edges] = []
    for at in range(0, len(layer), A_FEW):
        if not len(unseen):
            break
        edges = joined(*sides.possible(layer[at : at + A_FEW], unseen))  # in the order of trainers
        trainers, begins, fitting = np.unique(edges.trainer, return_index=True, return_counts=True)
        # Each trainer from another worker, if they can: ways that begin alike are only one way.
        one = begins + np.arange(len(trainers)) % fitting
        ends = goal[edges.trainer]
        found.append(Edges(trainers, edges.worker[one], edges.score[one]))
        found.append(best_of_each(Edges(edges.trainer[ends], edges.worker[ends], edges.score[ends]), TOP))
        unseen = np.setdiff1d(unseen, trainers[~goal[trainers]], assume_unique=True)
    return joined(*found)
