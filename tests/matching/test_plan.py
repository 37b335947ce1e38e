"""What a round would do and what something else would cost: every number is counted again after the change itself."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching import plan, rules
from bot.matching.crowd import Facts
from bot.people import vocabulary
from tests.matching.world import (
    BOLOGNA,
    IMOLA,
    MODENA,
    NO_SUCH_TOWN,
    NOW,
    PALERMO,
    World,
    best_of,
    graphs,
    hours_of,
    km_between,
    most_of,
    score,
    trainer,
    weeks_ago,
    worker,
    worlds,
)

# -- one worker and what would help -------------------------------------------------------------------------


@st.composite
def around_one(draw: st.DrawFn) -> World:
    """One worker, and trainers whom mostly one thing keeps apart from them."""
    towns = st.sampled_from((BOLOGNA, BOLOGNA, IMOLA, MODENA, PALERMO, NO_SUCH_TOWN, None))

    def somebody(id: int, make: Any, **more: Any) -> Facts:
        return make(
            id,
            remote=draw(st.booleans()),
            city_id=draw(towns),
            travel_km=draw(st.sampled_from(rules.DISTANCES_KM)),
            topics=draw(st.sampled_from((("instagram",), ("instagram", "ads"), ("ads",)))),
            times=draw(st.sampled_from((("1-pm",), ("1-pm", "3-am"), ("3-eve",), ("3-am", "5-am")))),
            languages=draw(st.sampled_from((("it",), ("it",), ("it", "en"), ("en",)))),
            zone=draw(st.sampled_from(("Europe/Rome", "Europe/Rome", "Europe/London", "Europe/Bucharest"))),
            **more,
        )

    trainers = [
        somebody(101 + at, trainer, room=draw(st.integers(-1, 2)), cluster_id=draw(st.sampled_from((1, 1, 1, 2))))
        for at in range(draw(st.integers(0, 8)))
    ]
    before = draw(st.sets(st.tuples(st.integers(101, 108), st.just(1)), max_size=2))
    exchange = draw(st.sampled_from((frozenset[int](), frozenset({1, 2}))))
    return World([somebody(1, worker)], trainers, before, exchange=exchange)


def help_for(world: World) -> plan.Help:
    return plan.what_would_help(world.seekers, world.now)


def changed(world: World, **facts: Any) -> World:
    """The same, but the worker has changed this."""
    return replace_in(world, workers=[replace(world.workers[0], **facts)])


def replace_in(world: World, **more: Any) -> World:
    return World(**{name: getattr(world, name) for name in world.__dataclass_fields__} | more)


@settings(max_examples=150, deadline=None)
@given(around_one())
def test_what_is_promised_to_a_worker_comes_true(world: World) -> None:
    found = help_for(world)
    assert found.fitting == len(world.possible)
    fitting = found.fitting
    assert help_for(changed(world, remote=True)).fitting == fitting + found.online
    farther = max(rules.FARTHER_KM, world.workers[0].travel_km)
    assert help_for(changed(world, travel_km=farther)).fitting == fitting + found.farther
    everything = tuple(vocabulary.keys("topic"))
    assert help_for(changed(world, topics=everything)).fitting == fitting + found.topics
    roomy = [replace(one, room=max(1, one.room)) for one in world.trainers]
    assert help_for(replace_in(world, trainers=roomy)).fitting == fitting + found.full


@settings(max_examples=100, deadline=None)
@given(around_one())
def test_no_other_part_of_the_week_opens_more_than_the_best_one(world: World) -> None:
    found, times = help_for(world), world.workers[0].times
    opened = {part: len(changed(world, times=(*times, part)).possible) - found.fitting for part in rules.PARTS_OF_WEEK}
    assert found.times == max(opened.values())
    assert bool(found.best_time) == bool(found.times)
    if found.best_time:
        assert found.best_time not in times
        assert opened[found.best_time] == found.times
        assert help_for(changed(world, times=(*times, found.best_time))).fitting == found.fitting + found.times


def test_each_help_is_counted_where_it_is() -> None:
    """One trainer for each thing that could be changed, and one for whom two things would be needed."""
    apart = [
        trainer(101, city_id=PALERMO, remote=True),
        trainer(102, city_id=IMOLA),
        trainer(103, times=("5-eve",)),
        trainer(104, times=("5-eve", "6-am")),
        trainer(105, topics=("ads",)),
        trainer(106, room=0),
        trainer(107, city_id=PALERMO, remote=True, topics=("ads",)),
        trainer(108, languages=("en",)),
        trainer(109, cluster_id=2),
    ]
    found = help_for(World([worker()], apart))
    assert found == plan.Help(fitting=0, full=1, online=1, farther=1, times=2, topics=1, best_time="5-eve")
    assert help_for(World([worker()], [*apart, trainer(110)])).fitting == 1


def test_nobody_there_means_nothing_helps() -> None:
    assert help_for(World([worker()], [])) == plan.Help(0, 0, 0, 0, 0, 0, "")


def test_a_trainer_who_was_proposed_before_is_promised_no_more() -> None:
    world = World([worker()], [trainer(101, topics=("ads",)), trainer(102)], {(101, 1), (102, 1)})
    assert help_for(world) == plan.Help(0, 0, 0, 0, 0, 0, "")


# -- why nobody ---------------------------------------------------------------------------------------------


def plainly(world: World, at: int) -> str:
    """The first demand that none of the trainers meets who are left, one trainer after the other."""
    left = [world.hurdles(world.workers[at], teacher) for teacher in world.trainers]
    left = [hurdles for hurdles in left if hurdles["cluster"]]
    for reason in rules.STAYS:
        if reason in (rules.PAUSED, rules.UNREACHABLE, rules.SCARCE):
            continue
        left = [hurdles for hurdles in left if hurdles[reason]]
        if not left:
            return reason
    return rules.SCARCE


@settings(max_examples=100, deadline=None)
@given(worlds(3, 4) | around_one())
def test_the_reason_is_the_first_demand_that_nobody_meets(world: World) -> None:
    everybody = range(len(world.workers))
    reasons = plan.why_without(world.seekers.sides, everybody)
    assert reasons == [plainly(world, at) for at in everybody]
    fitting = {w for _, w in world.possible}
    assert {at for at in everybody if reasons[at] == rules.SCARCE} == fitting


@pytest.mark.parametrize(
    ("teacher", "before", "reason"),
    [
        ({"cluster_id": 2}, (), rules.NO_LANGUAGE),
        ({"languages": ("de",)}, (), rules.NO_LANGUAGE),
        ({"topics": ("ads",), "times": ("1-am",)}, (), rules.NO_TOPIC),
        ({"times": ("1-am",), "city_id": PALERMO}, (), rules.NO_TIME),
        ({"city_id": PALERMO, "room": 0}, (), rules.NO_PLACE),
        ({"room": 0}, {(101, 1)}, rules.TRIED),
        ({"room": 0}, (), rules.FULL),
        ({"room": -2}, (), rules.FULL),
        ({}, (), rules.SCARCE),
    ],
)
def test_what_stands_in_the_way(teacher: dict[str, Any], before: Any, reason: str) -> None:
    assert plan.hindrance(World([worker()], [trainer(**teacher)], before).seekers.sides, 0) == reason


def test_two_trainers_who_each_miss_another_thing_do_not_make_one_who_fits() -> None:
    """One speaks the language, the other teaches the topic: it is the topic that is missing from those who speak it."""
    world = World([worker()], [trainer(101, topics=("ads",)), trainer(102, languages=("de",))])
    assert plan.hindrance(world.seekers.sides, 0) == rules.NO_TOPIC
    assert plan.hindrance(World([worker()], []).seekers.sides, 0) == rules.NO_LANGUAGE


# -- a round ------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(worlds(5, 4) | graphs(6, 3))
def test_a_plan_accounts_for_everybody(world: World) -> None:
    found = plan._plan(1, world.seekers, {"paused": 2})
    matched, long, total = world.best
    assert found.matched == matched
    assert found.figures["score"] == total
    assert sum(world.long[world.workers.index(pair.worker)] for pair in found.pairs) == long
    assert found.waiting == len(world.workers)
    assert found.unmatched == found.waiting - matched + 2
    paired = {pair.worker.id for pair in found.pairs}
    alone = [at for at, one in enumerate(world.workers) if one.id not in paired]
    assert Counter(found.staying) == Counter(plainly(world, at) for at in alone) + Counter(paused=2)
    weeks = [(world.now - world.workers[at].since).days // 7 for at in alone]
    assert found.longest == max([0, *weeks])
    assert sum(found.countries.values()) == matched


@settings(max_examples=100, deadline=None)
@given(graphs(6, 3))
def test_who_stays_because_trainers_are_scarce_fits_only_trainers_who_are_full_now(world: World) -> None:
    found = plan._plan(1, world.seekers, {})
    taken = Counter(pair.trainer.id for pair in found.pairs)
    paired = {pair.worker.id for pair in found.pairs}
    for t, w in world.possible:
        if world.workers[w].id not in paired:
            assert taken[world.trainers[t].id] == world.trainers[t].room


@settings(max_examples=100, deadline=None)
@given(worlds(4, 4))
def test_a_pair_is_told_with_its_reasons(world: World) -> None:
    for t, w in world.possible:
        teacher, learner = world.trainers[t], world.workers[w]
        pair = world.seekers.pair(t, w)
        assert (pair.trainer, pair.worker) == (teacher, learner)
        assert abs(pair.score - score(learner, teacher, world.weights, world.now)) <= 1
        assert pair.reasons["languages"] == sorted(set(learner.languages) & set(teacher.languages)) != []
        assert pair.reasons["topics"] == sorted(set(learner.topics) & set(teacher.topics)) != []
        assert pair.reasons["online"] == (learner.remote and teacher.remote)
        km = km_between(learner, teacher)
        if km is None:
            assert pair.reasons["km"] is None
        elif km < 100:
            assert abs(pair.reasons["km"] - km) < 0.51
        if learner.zone == teacher.zone:
            hours = hours_of(learner, NOW) & hours_of(teacher, NOW)
            assert bool(pair.reasons["times"]) == bool(hours)
        assert pair.reasons["terms"].keys() == rules.TERMS.keys()
        assert all(0 <= percent <= 100 for percent in pair.reasons["terms"].values())


def test_a_plan_in_one_line() -> None:
    full = plan._plan(1, World([worker(1), worker(2)], [trainer()]).seekers, {"paused": 1})
    assert str(full) == "1 pairs, 2 workers without (paused 1, scarce 1)" or str(full) == (
        "1 pairs, 2 workers without (scarce 1, paused 1)"
    )
    assert str(plan._plan(1, World([], []).seekers, {})) == "0 pairs, 0 workers without"


# -- a pair by hand -----------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(graphs(5, 4) | worlds(4, 4))
def test_regret_is_what_the_others_lose(world: World) -> None:
    matched, _, total = world.best
    for (t, w), points in list(world.scored.items())[:4]:
        left = tuple(room - (at == t) for at, room in enumerate(world.room))
        others = {pair: s for pair, s in world.scored.items() if pair[1] != w}
        least, _, rest = best_of(others, left, world.long)
        cost = plan.regret(world.seekers, t, w)
        assert cost.without == matched - least - 1 >= 0
        lost = max(0.0, 100 * (total - rest - points) / total) if total else 0.0
        assert cost.percent == pytest.approx(lost, abs=0.051)


@settings(max_examples=100, deadline=None)
@given(graphs(5, 4))
def test_a_pair_of_the_best_choice_costs_nothing(world: World) -> None:
    chosen = plan._plan(1, world.seekers, {}).pairs
    for pair in chosen:
        assert plan.regret(
            world.seekers, world.trainers.index(pair.trainer), world.workers.index(pair.worker)
        ) == plan.Regret(0.0, 0)


def test_taking_the_only_trainer_of_somebody_leaves_them_without() -> None:
    """Each of two workers could have one; the one everybody fits goes to who has a choice."""
    world = World([worker(1), worker(2)], [trainer(101), trainer(102)], {(102, 2)})
    assert plan.regret(world.seekers, 0, 0).without == 1
    assert plan.regret(world.seekers, 0, 0).percent > 40
    assert plan.regret(world.seekers, 1, 0) == plan.Regret(0.0, 0)


def test_a_worse_trainer_costs_the_difference() -> None:
    world = World([worker()], [trainer(101, prepared=1.0), trainer(102)])
    best, other = (world.seekers.pair(at, 0).score for at in (0, 1))
    assert plan.regret(world.seekers, 1, 0) == plan.Regret(round(100 * (best - other) / best, 1), 0)


def test_a_pair_by_hand_with_a_trainer_who_is_full_takes_no_place_of_others() -> None:
    world = World([worker(1), worker(2)], [trainer(101, room=0), trainer(102)])
    assert plan.regret(world.seekers, 0, 0).without == 0


# -- the best for one ---------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(worlds(3, 6), st.integers(0, 4))
def test_the_best_trainers_of_a_worker_are_ranked_by_score(world: World, most: int) -> None:
    for at in range(len(world.workers)):
        found = plan.ranked(world.seekers, at, most)
        assert all(pair.worker == world.workers[at] for pair in found)
        places = [world.trainers.index(pair.trainer) for pair in found]
        assert len(set(places)) == len(places)
        assert {(t, at) for t in places} <= world.possible
        every = sorted((points for (_, w), points in world.scored.items() if w == at), reverse=True)
        assert [pair.score for pair in found] == every[:most]


@settings(max_examples=100, deadline=None)
@given(worlds(1, 5))
def test_the_best_for_a_worker_is_the_best_there_is(world: World) -> None:
    found = plan.best_for_worker(world.seekers)
    assert (found.score if found else None) == max(world.scored.values(), default=None)


@settings(max_examples=100, deadline=None)
@given(worlds(5, 1))
def test_the_best_for_a_trainer_has_waited_long_or_is_the_best_there_is(world: World) -> None:
    found = plan.best_for_trainer(world.seekers)
    of_worker = [(world.long[w], points) for (_, w), points in world.scored.items()]
    if found is None:
        assert of_worker == []
    else:
        assert (world.long[world.workers.index(found.worker)], found.score) == max(of_worker)


@settings(max_examples=150, deadline=None)
@given(st.one_of(worlds(5, 4), graphs(5, 4)))
def test_who_has_waited_long_goes_before_the_first_in_line(given: World) -> None:
    if not given.workers:
        return
    first, *others = given.workers
    line = [replace(first, since=NOW), *(replace(one, since=weeks_ago(9)) for one in others)]
    world = replace(given, workers=line)
    found = plan.best_in_line(world.seekers)
    pairs = [(world.trainers.index(pair.trainer), line.index(pair.worker)) for pair in found]
    wanted = {t for t, w in world.possible if w == 0}
    assert set(pairs) <= {(t, w) for t, w in world.possible if t in wanted}
    assert len({w for _, w in pairs}) == len(pairs)
    ahead = [(t, w) for t, w in pairs if w > 0]
    most, _ = most_of([(t, w) for t, w in world.possible if t in wanted and w > 0], world.room, world.long)
    assert len(ahead) == most, "as many as can go before"
    left = [room - [t for t, _ in ahead].count(at) for at, room in enumerate(world.room)]
    assert min(left, default=0) >= 0
    open_to_first = [world.scored[t, 0] for t in wanted if left[t] > 0]
    assert [pair.score for pair in found if pair.worker == line[0]] == ([max(open_to_first)] if open_to_first else [])


def test_a_trainer_who_is_full_is_nobodys_best() -> None:
    world = World([worker()], [trainer(room=0)])
    assert plan.ranked(world.seekers, 0, 5) == []
    assert plan.best_for_worker(world.seekers) is plan.best_for_trainer(world.seekers) is None
    assert plan.best_for_worker(World([], [trainer()]).seekers) is None
    assert plan.best_in_line(World([], [trainer()]).seekers) == plan.best_in_line(world.seekers) == []
    assert plan.best_for_trainer(World([worker()], []).seekers) is None


def test_who_has_waited_long_is_the_next_learner() -> None:
    world = World([worker(1, kept=9), worker(2, since=weeks_ago(9), topics=("instagram", "ads", "ai"))], [trainer()])
    assert world.scored[0, 0] > world.scored[0, 1]
    found = plan.best_for_trainer(world.seekers)
    assert found is not None
    assert found.worker.id == 2
