"""The best pairs: the most workers, then the most who have waited long, then the best score, against every choice."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching import candidates as engine
from bot.matching import pairing
from bot.matching.candidates import Edges, candidates
from bot.matching.pairing import best_pairs
from tests.matching.world import EVERYBODY, PALERMO, World, graphs, most_of, trainer, weeks_ago, worker, worlds

few = st.integers(1, 2)


@contextmanager
def compared(top: int, afar: int) -> Iterator[None]:
    """Only so many candidates of each worker, out of only so many trainers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairing, "candidates", partial(candidates, top=top, afar=afar))
        patch.setattr(pairing, "TOP", top)
        yield


def pairs(chosen: Edges) -> list[tuple[int, int]]:
    return sorted(zip(chosen.trainer.tolist(), chosen.worker.tolist(), strict=True))


def unfair(world: World, chosen: Edges) -> list[tuple[int, int]]:
    """(who has waited long and has nobody, who is newer and has the place they could have), by any chain of moves."""
    taught = {t: [w for u, w in pairs(chosen) if u == t] for t in range(len(world.trainers))}
    matched = {w for _, w in pairs(chosen)}
    found: list[tuple[int, int]] = []
    for alone in (w for w, long in enumerate(world.long) if long and w not in matched):
        seen, layer = set[int](), [alone]
        while layer:
            reached = {t for t, w in world.possible if w in layer} - seen
            seen |= reached
            layer = [w for t in reached for w in taught[t]]
            found += [(alone, w) for w in layer if not world.long[w]]
    return found


# -- all pairs compared -----------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_nothing_better_exists_in_any_graph(world: World) -> None:
    assert world.outcome(best_pairs(world.sides)) == world.best


@settings(max_examples=100, deadline=None)
@given(worlds())
def test_nothing_better_exists_among_all_kinds_of_people(world: World) -> None:
    assert world.outcome(best_pairs(world.sides)) == world.best


@settings(max_examples=100, deadline=None)
@given(worlds())
def test_trainers_without_room_take_nobody_even_if_they_are_compared(world: World) -> None:
    assert world.outcome(best_pairs(world.seekers.sides))[:2] == world.best[:2]


@settings(max_examples=100, deadline=None)
@given(graphs(8, 4))
def test_nobody_who_has_waited_long_stays_while_somebody_newer_has_their_place(world: World) -> None:
    assert unfair(world, best_pairs(world.sides)) == []


@settings(max_examples=50, deadline=None)
@given(graphs())
def test_the_same_people_make_the_same_pairs(world: World) -> None:
    assert pairs(best_pairs(world.sides)) == pairs(best_pairs(world.sides))


def test_who_has_waited_eight_weeks_goes_before_any_score() -> None:
    better = worker(1, since=weeks_ago(7.99), kept=50)
    longer = worker(2, since=weeks_ago(8), missed=50)
    world = World([better, longer], [trainer()])
    assert world.scored[0, 0] > world.scored[0, 1]
    assert pairs(best_pairs(world.sides)) == [(0, 1)]


def test_more_people_go_before_one_who_has_waited() -> None:
    """The first trainer fits all three, the other only the two newer ones: all places are taken either way."""
    workers = [worker(1, since=weeks_ago(30)), worker(2), worker(3)]
    world = World(workers, [trainer(101), trainer(102)], {(102, 1)})
    assert world.outcome(best_pairs(world.sides))[:2] == (2, 1)
    alone = World(workers[:2], [trainer(101), trainer(102)], {(102, 1), (102, 2)})
    assert pairs(best_pairs(alone.sides)) == [(0, 0)]


def test_two_parts_that_share_nobody_are_each_at_their_best() -> None:
    here = [worker(number) for number in (1, 2)], [trainer(101), trainer(102, prepared=1.0)]
    there = [worker(number, city_id=PALERMO) for number in (3, 4)], [trainer(103, city_id=PALERMO, room=5)]
    both = World([*here[0], *there[0]], [*here[1], *there[1]])
    assert world_of(both) == tuple(np.add(world_of(World(*here)), world_of(World(*there))).tolist()) == both.best


def world_of(world: World) -> tuple[int, ...]:
    return world.outcome(best_pairs(world.sides))


@pytest.mark.parametrize(("workers", "trainers"), [(0, 0), (0, 2), (2, 0)])
def test_an_empty_side_has_no_pairs(workers: int, trainers: int) -> None:
    world = World([worker(at) for at in range(workers)], [trainer(100 + at) for at in range(trainers)])
    assert len(best_pairs(world.sides)) == 0


def test_where_every_pair_was_there_before_there_is_none() -> None:
    world = World([worker(1), worker(2)], [trainer(101, room=5)], {(101, 1), (101, 2)})
    assert len(best_pairs(world.sides)) == 0


# -- few pairs compared -----------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(graphs(8, 5), few, few)
def test_with_few_candidates_as_many_are_matched_as_with_all(world: World, top: int, afar: int) -> None:
    with compared(top, afar):
        matched, long, score = world.outcome(best_pairs(world.sides))
    assert (matched, long) == world.best[:2]
    assert score <= world.best[2]


@settings(max_examples=100, deadline=None)
@given(worlds(5, 5), few, few)
def test_with_few_candidates_nobody_is_lost_among_all_kinds_of_people(world: World, top: int, afar: int) -> None:
    with compared(top, afar):
        assert world.outcome(best_pairs(world.sides))[:2] == world.best[:2]


@settings(max_examples=100, deadline=None)
@given(graphs(8, 5), few)
def test_with_few_candidates_who_has_waited_long_still_goes_first(world: World, top: int) -> None:
    with compared(top, 1):
        assert unfair(world, best_pairs(world.sides)) == []


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("top", "afar"), [(1, 1), (2, 7), (3, EVERYBODY)])
def test_a_hundred_people_in_a_thin_graph(seed: int, top: int, afar: int) -> None:
    chance = np.random.default_rng(seed)
    workers = [worker(at, since=weeks_ago(8 * (at % 3 == 0))) for at in range(60)]
    rooms = chance.integers(0, 3, 50).tolist()
    trainers = [trainer(1000 + at, room=room, prepared=float(chance.random())) for at, room in enumerate(rooms)]
    fits = chance.random((50, 60)) < 0.05
    before = {(1000 + t, w) for t in range(50) for w in range(60) if not fits[t, w]}
    world = World(workers, trainers, before)
    with compared(top, afar):
        assert world.outcome(best_pairs(world.sides))[:2] == most_of(world.possible, world.room, world.long)


@pytest.mark.parametrize("top", [1, 30])
def test_who_can_only_be_matched_by_moving_others_is_however_many_they_are(top: int) -> None:
    """Half of the workers fit only trainers who each have somebody, whom one other trainer would fit too."""
    half = 120
    taken = [trainer(1000 + at, topics=("ads", "reviews"), prepared=1.0) for at in range(half)]
    free = [trainer(2000 + at, topics=("reviews",)) for at in range(half)]
    stuck = [worker(at, topics=("ads",)) for at in range(half)]
    movable = [worker(500 + at, topics=("reviews",)) for at in range(half)]
    apart = {(t + at, 500 + other) for t in (1000, 2000) for at in range(half) for other in range(half) if at != other}
    choices: list[int] = []

    def counted(*args: Any) -> Edges:
        chosen = choose(*args)
        choices.append(len(chosen))
        return chosen

    choose = pairing._choose
    with compared(top, EVERYBODY), pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairing, "_choose", counted)
        best_pairs(World([*stuck, *movable], [*taken, *free], apart).sides)
    assert choices[-1] == 2 * half
    assert len(choices) < 10  # each search finds many ways, not one
    assert choices == sorted(set(choices))


def test_many_who_all_like_the_same_few_best_are_all_matched() -> None:
    """The best 30 of each are the same 30; the other trainers are never among them."""
    workers = [worker(at) for at in range(150)]
    trainers = [trainer(1000 + at, prepared=1.0 if at < 30 else 0.0) for at in range(150)]
    chosen = pairs(best_pairs(World(workers, trainers).sides))
    assert len(chosen) == 150


def test_long_waiters_get_the_places_of_newer_ones_outside_of_their_best_few() -> None:
    """The best trainer of all has one place; the others, whom everybody fits, are full of newer ones."""
    newer = [worker(at, topics=("ads",)) for at in range(3)]
    long = [worker(10 + at, topics=("ads", "ai"), since=weeks_ago(9)) for at in range(3)]
    best = trainer(101, topics=("ads", "ai"), prepared=1.0)
    rest = [trainer(102 + at, topics=("ads",)) for at in range(2)]
    world = World([*newer, *long], [best, *rest])
    with compared(1, EVERYBODY):
        assert world.outcome(best_pairs(world.sides))[:2] == (3, 3)


def test_more_than_one_portion_is_compared_in_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "A_FEW", 2)
    monkeypatch.setattr(engine, "AT_A_TIME", 3)
    workers = [worker(at, since=weeks_ago(8 * (at % 2))) for at in range(9)]
    world = World(workers, [trainer(100 + at, room=1 + at % 2) for at in range(5)], {(100, 1), (101, 2), (102, 3)})
    with compared(1, 1):
        assert world.outcome(best_pairs(world.sides))[:2] == world.best[:2]
