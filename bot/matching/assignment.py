"""Who is matched with whom, for everybody at once: the most workers, and of those the best total score."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

BEST_SCORE = 10_000

type Numbers = NDArray[np.int64]


def assign(capacity: Sequence[int], candidates: Iterable[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Match each worker with at most one trainer, and no trainer with more workers than they have room for.

    `capacity[t]` is the number of workers trainer `t` can take (0 or less: none). A candidate is
    `(trainer, worker, score)`, score 0..10,000; of several for one pair the best counts. Workers may have any
    numbers from 0 up. The answer is `(trainer, worker)` pairs, sorted: no other choice matches more workers,
    and none that matches as many has a higher total score.

    Raises ValueError for a candidate whose trainer, worker or score is out of range.
    """
    scores = _best_of_each_pair(capacity, candidates)
    if not scores:
        return []
    workers = {worker: at for at, worker in enumerate(sorted({worker for _, worker in scores}))}
    trainer = np.array([trainer for trainer, _ in scores], dtype=np.int64)
    worker = np.array([workers[worker] for _, worker in scores], dtype=np.int64)
    score = np.fromiter(scores.values(), dtype=np.int64, count=len(scores))
    room = np.array([min(max(0, places), len(workers)) for places in capacity], dtype=np.int64)
    chosen = solve(room, trainer, worker, score)
    return sorted(pair for pair, kept in zip(scores, chosen.tolist(), strict=True) if kept)


def solve(
    room: Numbers, trainer: Numbers, worker: Numbers, score: Numbers, first: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Which of these pairs to choose, as :func:`assign` does, for arrays: each pair once, workers numbered from 0.

    `first[w]` are workers who go before the others: among the choices that match the most workers, one that matches the
    most of these; only then the score counts. So none of them stays without while there is a way to give them the
    place of somebody else (the sets of workers that can be matched are a transversal matroid, in which a smaller choice
    of `first` ones can always be exchanged for a larger one).

    It is a minimum-cost maximum flow, source -> trainers -> workers -> sink, solved by cost scaling
    (A. V. Goldberg, "An Efficient Implementation of a Scaling Minimum-Cost Flow Algorithm", Journal of
    Algorithms 22, 1997), as OR-Tools implements it.
    """
    pairs = len(score)
    if pairs == 0:
        return np.zeros(0, np.bool_)
    number = int(worker.max()) + 1
    source, sink = 0, 1
    trainer_nodes = 2 + np.arange(len(room), dtype=np.int64)
    worker_nodes = 2 + len(room) + np.arange(number, dtype=np.int64)
    supply = min(int(room.sum()), number)
    waits = np.zeros(number, np.int64)
    if first is not None and first[:number].any():
        # More than all scores together could make up for.
        waits = np.where(first[:number], 0, (BEST_SCORE + 1) * supply).astype(np.int64)
    flow = cast(Any, SimpleMinCostFlow())  # its type stubs give the element type as the array's shape
    # Nodes in 32 bits, as it keeps them.
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate((trainer_nodes[trainer], np.full(len(room), source), worker_nodes), dtype=np.int32),
        np.concatenate((worker_nodes[worker], trainer_nodes, np.full(number, sink)), dtype=np.int32),
        np.concatenate((np.ones(pairs, np.int64), room, np.ones(number, np.int64))),
        np.concatenate((BEST_SCORE - score, np.zeros(len(room), np.int64), waits)),
    )
    flow.set_nodes_supplies(np.array([source, sink]), np.array([supply, -supply]))
    status = flow.solve_max_flow_with_min_cost()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"the matching could not be solved: {status}")
    return flow.flows(arcs[:pairs]) > 0


def _best_of_each_pair(
    capacity: Sequence[int], candidates: Iterable[tuple[int, int, int]]
) -> dict[tuple[int, int], int]:
    """The best score of each pair whose trainer has room."""
    scores: dict[tuple[int, int], int] = {}
    for trainer, worker, score in candidates:
        if not 0 <= trainer < len(capacity):
            raise ValueError(f"candidate names trainer {trainer}, but there are {len(capacity)} trainers")
        if worker < 0:
            raise ValueError(f"candidate names worker {worker}, but workers are numbered from 0")
        if not 0 <= score <= BEST_SCORE:
            raise ValueError(f"candidate has score {score}, but scores go from 0 to {BEST_SCORE}")
        if capacity[trainer] > 0:
            pair = (int(trainer), int(worker))
            scores[pair] = max(score, scores.get(pair, 0))
    return scores
