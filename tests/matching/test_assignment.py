"""Assignment: as many workers as possible, and of those the best total, checked against every possibility."""

import time
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching.assignment import BEST_SCORE, assign

type Candidate = tuple[int, int, int]


def best_by_trying_everything(capacity: list[int], candidates: list[Candidate]) -> tuple[int, int]:
    """(number of workers matched, total score) of the best of all assignments."""
    options: dict[int, list[tuple[int | None, int]]] = {}
    for trainer, worker, score in candidates:
        options.setdefault(worker, [(None, 0)]).append((trainer, score))
    best = (0, 0)
    for choice in product(*options.values()):
        taken = [trainer for trainer, _ in choice if trainer is not None]
        if all(taken.count(trainer) <= capacity[trainer] for trainer in set(taken)):
            best = max(best, (len(taken), sum(score for _, score in choice)))
    return best


def outcome(pairs: list[tuple[int, int]], candidates: list[Candidate]) -> tuple[int, int]:
    score: dict[tuple[int, int], int] = {}
    for trainer, worker, points in candidates:
        score[trainer, worker] = max(points, score.get((trainer, worker), 0))
    return len(pairs), sum(score[pair] for pair in pairs)  # KeyError: a pair that was no candidate


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[int], list[Candidate]]:
    capacity = draw(st.lists(st.integers(-1, 5), min_size=1, max_size=4))
    scores = st.sampled_from([0, 1, 5_000, BEST_SCORE]) | st.integers(0, BEST_SCORE)
    candidate = st.tuples(st.integers(0, len(capacity) - 1), st.integers(0, 4), scores)
    return capacity, draw(st.lists(candidate, max_size=10))


@settings(max_examples=400, deadline=None)
@given(problems())
def test_nothing_better_exists(problem: tuple[list[int], list[Candidate]]) -> None:
    capacity, candidates = problem
    pairs = assign(capacity, candidates)
    workers = [worker for _, worker in pairs]
    assert len(set(workers)) == len(workers)
    assert all([t for t, _ in pairs].count(trainer) <= max(0, capacity[trainer]) for trainer, _ in pairs)
    assert pairs == sorted(pairs)
    assert outcome(pairs, candidates) == best_by_trying_everything(capacity, candidates)


def test_more_workers_go_before_a_higher_score() -> None:
    assert assign([1, 1], [(0, 0, 10_000), (0, 1, 0), (1, 0, 0)]) == [(0, 1), (1, 0)]


def test_among_equally_many_the_higher_total_wins() -> None:
    assert assign([1, 1], [(0, 0, 9_000), (0, 1, 8_000), (1, 0, 8_500), (1, 1, 1_000)]) == [(0, 1), (1, 0)]


def test_a_trainer_takes_as_many_as_they_have_room_for_and_the_best_of_them() -> None:
    assert assign([2], [(0, 0, 3), (0, 1, 1), (0, 2, 2)]) == [(0, 0), (0, 2)]


def test_of_a_pair_named_twice_the_best_score_counts() -> None:
    assert assign([1], [(0, 0, 1), (0, 1, 5), (0, 0, 9), (0, 0, 2)]) == [(0, 0)]


@pytest.mark.parametrize("none", [0, -1, -(10**20)])
def test_a_trainer_without_room_gets_nobody(none: int) -> None:
    assert assign([none, 1], [(0, 0, 10_000), (1, 0, 1)]) == [(1, 0)]
    assert assign([none], [(0, 0, 10_000)]) == []


def test_empty_sides() -> None:
    assert assign([], []) == []
    assert assign([3], []) == []


def test_any_room_and_any_worker_numbers_do() -> None:
    assert assign([10**20, 1], [(0, 999_999_999, 1), (1, 5, 2)]) == [(0, 999_999_999), (1, 5)]


def test_candidates_may_be_any_iterable() -> None:
    assert assign((1,), ((0, worker, worker) for worker in range(3))) == [(0, 2)]


@pytest.mark.parametrize(
    ("candidate", "sentence"),
    [
        ((2, 0, 1), "trainer 2, but there are 2 trainers"),
        ((-1, 0, 1), "trainer -1"),
        ((0, -1, 1), "worker -1"),
        ((0, 0, -1), "score -1"),
        ((0, 0, BEST_SCORE + 1), "score 10001"),
    ],
)
def test_a_candidate_out_of_range_is_refused_with_a_sentence(candidate: Candidate, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        assign([1, 1], [(0, 0, 1), candidate])


def test_a_thousand_each_are_matched_in_well_under_a_second() -> None:
    size = 1_000
    candidates = [((w * 7 + k * 31) % size, w, (w * 13 + k * 17) % 10_001) for w in range(size) for k in range(30)]
    start = time.perf_counter()
    assert len(assign([1] * size, candidates)) == size
    assert time.perf_counter() - start < 2
