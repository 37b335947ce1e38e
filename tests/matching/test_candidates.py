"""Candidates and their scores, held against a plain loop over every pair."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.matching import candidates as engine
from bot.matching import rules
from bot.matching.candidates import Before, Edges, best_of_each, candidates, joined
from bot.matching.crowd import Facts
from bot.people import places, vocabulary
from bot.people.atlas import COMPLETE, atlas
from tests.matching.world import (
    BOLOGNA,
    EVERYBODY,
    GREENWICH,
    IMOLA,
    LONDON,
    MODENA,
    PALERMO,
    World,
    score,
    terms,
    trainer,
    weeks_ago,
    worker,
    worlds,
)


def pairs(edges: Edges) -> list[tuple[int, int]]:
    return list(zip(edges.trainer.tolist(), edges.worker.tolist(), strict=True))


def by_worker(edges: Edges) -> dict[int, list[int]]:
    """The scores of each worker's candidates, the best first."""
    found: dict[int, list[int]] = defaultdict(list)
    for at, points in zip(edges.worker.tolist(), edges.score.tolist(), strict=True):
        found[at].append(points)
    return {at: sorted(points, reverse=True) for at, points in found.items()}


def check_scores(world: World, edges: Edges) -> None:
    for (t, w), points in zip(pairs(edges), edges.score.tolist(), strict=True):
        assert 0 <= points <= rules.BEST_SCORE
        assert abs(points - score(world.workers[w], world.trainers[t], world.weights, world.now)) <= 1


# -- against the plain loop -----------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(worlds(5, 5))
def test_with_room_for_all_exactly_the_pairs_that_fit_are_found(world: World) -> None:
    edges = candidates(world.sides, top=EVERYBODY)
    assert len(set(pairs(edges))) == len(edges)
    assert set(pairs(edges)) == world.possible
    check_scores(world, edges)


@settings(max_examples=100, deadline=None)
@given(worlds(5, 5), st.integers(1, 3))
def test_few_are_the_best_few_of_each_worker(world: World, top: int) -> None:
    edges = candidates(world.sides, top=top)
    assert set(pairs(edges)) <= world.possible
    check_scores(world, edges)
    every: dict[int, list[int]] = defaultdict(list)
    for (_, w), points in world.scored.items():
        every[w].append(points)
    assert by_worker(edges) == {w: sorted(points, reverse=True)[:top] for w, points in every.items()}


@settings(max_examples=100, deadline=None)
@given(worlds(5, 5), st.integers(1, 3), st.integers(1, 3))
def test_a_part_of_the_trainers_gives_a_part_of_the_pairs_the_same_each_time(world: World, top: int, afar: int) -> None:
    edges = candidates(world.sides, top=top, afar=afar)
    assert set(pairs(edges)) <= world.possible
    assert len(set(pairs(edges))) == len(edges)
    assert all(len(points) <= top for points in by_worker(edges).values())
    check_scores(world, edges)
    assert pairs(candidates(world.sides, top=top, afar=afar)) == pairs(edges)


@settings(max_examples=100, deadline=None)
@given(worlds(5, 5), st.integers(1, 40))
def test_the_size_of_a_portion_changes_nothing(world: World, portion: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "AT_A_TIME", portion)
        assert set(pairs(candidates(world.sides, top=EVERYBODY))) == world.possible


@settings(max_examples=100, deadline=None)
@given(worlds(4, 4))
def test_each_term_is_what_its_name_says(world: World) -> None:
    for w, learner in enumerate(world.workers):
        for t, teacher in enumerate(world.trainers):
            found = world.seekers.sides.compared(np.array([w]), np.array([t])).terms()
            assert {name: float(value[0]) for name, value in found.items()} == pytest.approx(
                terms(learner, teacher, world.now), abs=1e-4
            )


# -- towns ----------------------------------------------------------------------------------------------------


def towns(count: int, seed: int) -> list[int]:
    """Towns of the four countries, half of them in the Ruhr, where cells of the grid meet and many live."""
    known = sorted((town for town in atlas().places.values() if town.country in COMPLETE), key=lambda town: town.id)
    close = [town for town in known if abs(town.latitude - 51) < 0.8 and abs(town.longitude - 7) < 1]
    chance = np.random.default_rng(seed)
    picked = [*chance.choice(len(known), count // 2), *chance.choice(len(close), count - count // 2)]
    return [(known if at < count // 2 else close)[number].id for at, number in enumerate(picked)]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_grid_loses_nobody_who_lives_near_enough(seed: int) -> None:
    """Everybody fits everybody but for the way; every distance is measured one by one."""
    ids = towns(300, seed)
    workers = [worker(1 + at, city_id=id, travel_km=(5, 25, 50)[at % 3]) for at, id in enumerate(ids[::2])]
    trainers = [trainer(1001 + at, city_id=id, travel_km=(5, 10, 25)[at % 3]) for at, id in enumerate(ids[1::2])]
    world = World(workers, trainers)
    assert len(world.possible) > 300
    assert set(pairs(candidates(world.sides, top=EVERYBODY))) == world.possible


@pytest.mark.parametrize("km", [120, 400, 1_500])
def test_far_travellers_are_found_beyond_the_next_cell(km: int) -> None:
    ids = towns(60, 3)
    workers = [worker(1 + at, city_id=id) for at, id in enumerate(ids[::2])]
    trainers = [trainer(1001 + at, city_id=id, travel_km=km) for at, id in enumerate(ids[1::2])]
    near_enough = {
        (t, w)
        for t, teacher in enumerate(trainers)
        for w, learner in enumerate(workers)
        if places.distance_km(atlas().places[teacher.city_id or 0], atlas().places[learner.city_id or 0]) <= km * 0.99
    }
    assert near_enough <= set(pairs(candidates(World(workers, trainers).sides, top=EVERYBODY)))


def test_a_cell_does_not_end_at_the_meridian_of_greenwich() -> None:
    east = places.find("Dartford")[0]
    assert east.longitude > 0
    world = World([worker(city_id=GREENWICH)], [trainer(city_id=east.id), trainer(102, city_id=LONDON)])
    assert set(pairs(candidates(world.sides))) == {(0, 0), (1, 0)}


# -- each demand alone ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("learner", "teacher", "fits"),
    [
        ({}, {}, True),
        ({"languages": ("it", "de")}, {"languages": ("en", "de"), "language": "en"}, True),
        ({"languages": ("it",)}, {"languages": ("en",)}, False),
        ({"topics": ("ads", "ai")}, {"topics": ("ai",)}, True),
        ({"topics": ("ads",)}, {"topics": ("ai",)}, False),
        ({"topics": ()}, {"topics": ()}, False),
        ({"times": ("0-am",)}, {"times": ("0-am",)}, True),  # three hours
        ({"times": ("0-am",)}, {"times": ("0-am",), "zone": "Europe/London"}, True),  # two
        ({"times": ("0-am",), "zone": "Europe/Bucharest"}, {"times": ("0-am",), "zone": "Europe/London"}, False),  # one
        ({"times": ("0-pm",)}, {"times": ("0-eve",)}, False),
        ({"times": ()}, {"times": ()}, False),
        ({"travel_km": 5}, {"travel_km": 5, "city_id": IMOLA}, False),
        ({"travel_km": 50}, {"travel_km": 5, "city_id": IMOLA}, True),  # 33 km: one of them travelling is enough
        ({"travel_km": 5}, {"travel_km": 50, "city_id": IMOLA}, True),
        ({"travel_km": 50, "remote": True}, {"travel_km": 50, "city_id": PALERMO}, False),
        ({"travel_km": 50, "remote": True}, {"travel_km": 50, "city_id": PALERMO, "remote": True}, True),
        ({"city_id": None}, {"city_id": None}, False),
        ({"city_id": None, "remote": True}, {"city_id": 1, "remote": True}, True),
        ({"cluster_id": 2}, {}, False),
        ({}, {"room": 0}, False),
    ],
)
def test_every_demand_counts(learner: dict[str, object], teacher: dict[str, object], fits: bool) -> None:
    world = World([worker(**learner)], [trainer(**teacher)])
    assert bool(len(candidates(world.sides))) == fits
    assert bool(world.possible) == fits


def test_clusters_bring_people_together_only_when_both_exchange() -> None:
    people = [worker(cluster_id=1)], [trainer(100 + cluster, cluster_id=cluster) for cluster in (1, 2, 3)]
    assert set(pairs(candidates(World(*people).sides))) == {(0, 0)}
    assert set(pairs(candidates(World(*people, exchange=frozenset({1, 3})).sides))) == {(0, 0), (2, 0)}
    assert set(pairs(candidates(World(*people, exchange=frozenset({2, 3})).sides))) == {(0, 0)}


def test_a_pair_there_was_before_does_not_come_again_and_names_of_others_do_no_harm() -> None:
    workers, trainers = [worker(1), worker(2)], [trainer(101), trainer(102)]
    world = World(workers, trainers, {(101, 2), (999, 1), (102, 999), (1, 101)})
    assert set(pairs(candidates(world.sides))) == {(0, 0), (1, 0), (1, 1)}
    assert Before.of([], world.sides.trainers, world.sides.workers).keys.tolist() == []


# -- what is best ---------------------------------------------------------------------------------------------


def one_score(learner: Facts, teacher: Facts) -> int:
    return World([learner], [teacher]).seekers.pair(0, 0).score


def test_the_best_pair_there_can_be_scores_all() -> None:
    times = ("0-am", "0-pm", "0-eve")
    learner = worker(times=times, since=weeks_ago(9), prefers=("22-24",))
    teacher = trainer(times=times, prepared=1.0, taught=frozenset({"bakery"}), prefers=("bakery",))
    assert one_score(learner, teacher) == rules.BEST_SCORE


BETTER: list[tuple[str, dict[str, object], dict[str, object]]] = [
    ("who is nearer", {"city_id": BOLOGNA}, {"city_id": MODENA, "travel_km": 50}),
    ("who is better prepared", {"prepared": 1.0}, {"prepared": 0.2}),
    ("who has more time", {}, {"times": ("1-pm",)}),
    ("who uses the same language", {}, {"language": "en", "languages": ("en", "it")}),
    ("who has worked with the trade", {"taught": frozenset({"bakery"})}, {"taught": frozenset({"care"})}),
    ("who keeps what they agree to", {"kept": 5, "missed": 1}, {"kept": 1, "missed": 5}),
    ("who is of the age the worker likes", {"age_band": "25-27"}, {"age_band": "18-21"}),
    ("who would like the worker's trade", {"prefers": ("shop", "bakery")}, {"prefers": ("shop",)}),
]


@pytest.mark.parametrize(("better", "worse"), [one[1:] for one in BETTER], ids=[one[0] for one in BETTER])
def test_of_two_trainers_that_one_is_better(better: dict[str, object], worse: dict[str, object]) -> None:
    learner = worker(prefers=("25-27",))
    assert one_score(learner, trainer(**better)) > one_score(learner, trainer(**worse))


def test_a_wish_for_one_trade_is_no_wish_for_another() -> None:
    trades = vocabulary.keys("sector")
    for wanted in trades:
        liked = {one for one in trades if wish_is_met(worker(sector=one), trainer(prefers=(wanted,)))}
        assert liked == {wanted}


def test_a_wish_for_one_age_is_no_wish_for_another() -> None:
    for wanted in rules.TRAINER_AGES:
        ages = rules.TRAINER_AGES
        assert {one for one in ages if wish_is_met(worker(prefers=(wanted,)), trainer(age_band=one))} == {wanted}


def wish_is_met(learner: Facts, teacher: Facts) -> bool:
    sides = World([learner], [teacher]).seekers.sides
    return float(sides.compared(np.array([0]), np.array([0])).terms()["wishes"][0]) == 1.0


def test_who_has_waited_longer_scores_more_up_to_eight_weeks() -> None:
    found = [one_score(worker(since=weeks_ago(weeks)), trainer()) for weeks in (0, 2, 4, 8, 30)]
    assert found[0] < found[1] < found[2] < found[3] == found[4]
    assert one_score(worker(since=weeks_ago(-3)), trainer()) == found[0]


def test_a_single_weight_is_all_that_counts() -> None:
    learner, teacher = worker(topics=("ads", "ai")), trainer(topics=("ai",), prepared=1.0)
    only = {name: float(name == "topics") for name in rules.TERMS}
    assert World([learner], [teacher], weights=only).seekers.pair(0, 0).score == 5_000
    assert World([learner], [teacher], weights={"topics": 0.2}).seekers.pair(0, 0).score == 5_000


# -- the small helpers ----------------------------------------------------------------------------------------


def edges(*found: tuple[int, int, int]) -> Edges:
    columns = np.array(found, np.int64).reshape(-1, 3).T
    return Edges(columns[0], columns[1], columns[2])


three = st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 5))


@settings(max_examples=100, deadline=None)
@given(st.lists(three, unique_by=lambda one: one[:2]), st.integers(0, 4))
@example([], 2)
def test_the_best_of_each_are_the_best_of_each(found: list[tuple[int, int, int]], top: int) -> None:
    kept = best_of_each(edges(*found), top)
    assert set(zip(*kept_columns(kept), strict=True)) <= set(found)
    wanted = {w: sorted((s for _, v, s in found if v == w), reverse=True)[:top] for _, w, _ in found}
    assert by_worker(kept) == {w: points for w, points in wanted.items() if points}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(three, max_size=6), max_size=4))
def test_joined_are_all_of_them_once(parts: list[list[tuple[int, int, int]]]) -> None:
    same_score = [[(t, w, 10 * t + w) for t, w, _ in part] for part in parts]
    found = list(zip(*kept_columns(joined(*(edges(*part) for part in same_score))), strict=True))
    assert len(set(found)) == len(found)
    assert set(found) == {one for part in same_score for one in part}


def kept_columns(found: Edges) -> Iterator[list[int]]:
    yield from (found.trainer.tolist(), found.worker.tolist(), found.score.tolist())


def test_nobody_on_either_side_gives_nothing() -> None:
    assert len(candidates(World([], []).sides)) == 0
    assert len(candidates(World([worker()], []).sides)) == 0
    assert len(candidates(World([], [trainer()]).sides)) == 0
