"""Assignment: as many workers as possible, and of those the best total, checked against every possibility."""

from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching.assignment import BEST_SCORE, assign, solve
from tests.matching.world import best_of

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
    assert assign([2**63, 2**62, 2**62], [(0, 10**20, 1), (1, 2**63, 2), (2, 0, 0)]) == [
        (0, 10**20),
        (1, 2**63),
        (2, 0),
    ]
    assert assign([10**9] * 3, [(t, w, 10 * t) for t in range(3) for w in range(4)]) == [(2, w) for w in range(4)]


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
        ((10**20, 0, 1), "trainer 100000000000000000000"),
        ((0, -(10**20), 1), "worker -100000000000000000000"),
        ((0, 0, 10**20), "score 100000000000000000000"),
        ((0, 0, float("nan")), "score nan"),
        ((0, 0, float("inf")), "score inf"),
    ],
)
def test_a_candidate_out_of_range_is_refused_with_a_sentence(candidate: Candidate, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        assign([1, 1], [(0, 0, 1), candidate])


@pytest.mark.parametrize("candidate", [(), (0, 0), (0, 0, 1, 1)])
def test_a_candidate_that_is_no_three_numbers_is_refused(candidate: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="values to unpack"):
        assign([1], [candidate])  # type: ignore[list-item]


def test_bad_input_is_refused_even_when_nobody_has_room_or_the_pair_does_not_count() -> None:
    with pytest.raises(ValueError, match="score 10001"):
        assign([0], [(0, 0, BEST_SCORE + 1)])
    with pytest.raises(ValueError, match="there are 0 trainers"):
        assign([], [(0, 0, 1)])
    with pytest.raises(ValueError, match="worker -1"):
        assign([-5], [(0, -1, 1)])


@settings(max_examples=100, deadline=None)
@given(problems())
def test_the_same_input_has_the_same_answer(problem: tuple[list[int], list[Candidate]]) -> None:
    capacity, candidates = problem
    kept = list(capacity), list(candidates)
    assert assign(capacity, candidates) == assign(tuple(capacity), iter(candidates))
    assert (capacity, candidates) == kept


@settings(max_examples=100, deadline=None)
@given(problems(), st.randoms(use_true_random=False), st.integers(0, 10**20))
def test_neither_order_nor_numbers_change_how_good_the_answer_is(
    problem: tuple[list[int], list[Candidate]], chance: Random, ahead: int
) -> None:
    capacity, candidates = problem
    shuffled = [(trainer, worker + ahead, score) for trainer, worker, score in candidates]
    chance.shuffle(shuffled)
    assert outcome(assign(capacity, shuffled), shuffled) == outcome(assign(capacity, candidates), candidates)


def test_numbers_of_numpy_do_and_come_back_as_plain_ones() -> None:
    pairs = assign(np.array([1, 2]), [tuple(row) for row in np.array([[0, 0, 5], [1, 7, 1]])])
    assert pairs == [(0, 0), (1, 7)]
    assert {type(number) for pair in pairs for number in pair} == {int}


# -- with some who go first -------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(problems(), st.lists(st.booleans(), min_size=5, max_size=5))
def test_who_goes_first_does_so_among_the_largest_choices_only(
    problem: tuple[list[int], list[Candidate]], long: list[bool]
) -> None:
    capacity, candidates = problem
    of_pair = {(trainer, worker): score for trainer, worker, score in candidates}
    columns = np.array([(*pair, score) for pair, score in of_pair.items()], np.int64).reshape(-1, 3).T
    room = np.array(capacity, np.int64).clip(0)
    kept = solve(room, columns[0], columns[1], columns[2], np.array(long))
    chosen = [pair for pair, is_kept in zip(of_pair, kept.tolist(), strict=True) if is_kept]
    found = len(chosen), sum(long[worker] for _, worker in chosen), sum(of_pair[pair] for pair in chosen)
    assert found == best_of(of_pair, room.tolist(), long)


def test_first_is_worth_more_than_all_the_points_of_thousands() -> None:
    """A chain: each trainer fits two neighbours, the nearer one for 10,000. Only the nearest of all is newer: to take
    everybody else, each trainer has to move on, for nothing."""
    size = 2_000
    pairs = [(t, w, BEST_SCORE if w == t else 0) for t in range(size) for w in (t, t + 1)]
    trainer, worker, score = np.array(pairs, np.int64).T
    first = np.ones(size + 1, np.bool_)
    first[0] = False
    kept = solve(np.ones(size, np.int64), trainer, worker, score, first)
    assert sorted(worker[kept].tolist()) == list(range(1, size + 1))
    assert int(score[kept].sum()) == 0


def test_nobody_first_is_as_if_it_was_not_said() -> None:
    trainer, worker, score = np.array([(0, 0, 5), (0, 1, 9), (1, 0, 1)], np.int64).T
    room = np.ones(2, np.int64)
    plain = solve(room, trainer, worker, score).tolist()
    assert plain == solve(room, trainer, worker, score, np.zeros(2, np.bool_)).tolist() == [False, True, True]


def test_a_thousand_each_are_all_matched() -> None:
    size = 1_000
    candidates = [((w * 7 + k * 31) % size, w, (w * 13 + k * 17) % 10_001) for w in range(size) for k in range(30)]
    assert len(assign([1] * size, candidates)) == size
