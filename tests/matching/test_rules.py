from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.matching import rules
from bot.matching.rules import Side
from tests.people_factory import TUESDAY_NOON as NOW

LANGUAGES, TOPICS = ("en", "it", "de", "es"), ("instagram", "reviews", "ads")
TIMES = tuple(f"{day}-{part}" for day in range(7) for part in ("am", "pm", "eve"))


def side(id: int = 1, **facts: object) -> Side:
    known: dict = {
        "languages": {"it"},
        "topics": {"instagram"},
        "times": {"1-pm"},
        "town": None,
        "joined_at": NOW,
        "paused": False,
        "reachable": True,
    } | facts
    return Side(
        id,
        frozenset(known["languages"]),
        frozenset(known["topics"]),
        frozenset(known["times"]),
        known["town"],
        known["joined_at"],
        known["paused"],
        known["reachable"],
    )


sides = st.builds(
    side,
    id=st.integers(1, 50),
    languages=st.sets(st.sampled_from(LANGUAGES), max_size=2),
    topics=st.sets(st.sampled_from(TOPICS)),
    times=st.sets(st.sampled_from(TIMES), max_size=6),
    town=st.none() | st.integers(1, 9),
    joined_at=st.timedeltas(timedelta(days=-900), timedelta(days=900)).map(lambda gap: NOW + gap),
    paused=st.booleans(),
    reachable=st.booleans(),
)


@given(sides, sides, st.none() | st.floats(0, 20_040))
def test_a_score_is_never_out_of_range(trainer: Side, worker: Side, km: float | None) -> None:
    assert 0 <= rules.score(trainer, worker, km, NOW) <= rules.BEST_SCORE


def test_the_best_pair_there_can_be_scores_all() -> None:
    waited = NOW - rules.LONG_WAIT
    week = set(TIMES[:3])
    assert rules.score(side(times=week), side(times=week, joined_at=waited), 0.0, NOW) == 10_000


def test_each_term_counts_as_much_as_it_should() -> None:
    nothing = side(topics={"ads"}, times=set())
    assert rules.score(nothing, side(), None, NOW) == 0
    assert rules.score(nothing, side(), 0.0, NOW) == 2_000
    assert rules.score(nothing, side(), 50.0, NOW) == 1_000
    assert rules.score(nothing, side(joined_at=NOW - timedelta(weeks=4)), None, NOW) == 750
    assert rules.score(side(times=set()), side(), None, NOW) == 4_000
    assert rules.score(side(times=set()), side(topics={"instagram", "ads"}), None, NOW) == 2_000


@given(st.lists(sides, max_size=8, unique_by=lambda one: one.id), st.lists(sides, max_size=8))
def test_the_index_finds_exactly_the_pairs_that_fit(trainers: list[Side], workers: list[Side]) -> None:
    before = {(trainer.id, worker.id) for trainer in trainers[:1] for worker in workers[:2]}
    found = rules.possible(trainers, workers, before, lambda _a, _b: None, NOW)
    brute = [
        (trainer.id, worker.id)
        for worker in workers
        for trainer in trainers
        if rules.fits(trainer, worker) and (trainer.id, worker.id) not in before
    ]
    assert sorted((edge.trainer.id, edge.worker.id) for edge in found) == sorted(brute)


def test_the_first_demand_nobody_meets_is_the_reason() -> None:
    worker, trainer, room = side(1), side(2), {2: 1}
    assert rules.why_without(side(1, paused=True), [trainer], room, ()) == rules.PAUSED
    assert rules.why_without(side(1, reachable=False), [trainer], room, ()) == rules.UNREACHABLE
    assert rules.why_without(worker, [], room, ()) == rules.NO_LANGUAGE
    assert rules.why_without(worker, [side(2, paused=True)], room, ()) == rules.NO_LANGUAGE
    assert rules.why_without(worker, [side(2, languages={"de"})], room, ()) == rules.NO_LANGUAGE
    assert rules.why_without(worker, [side(2, topics={"ads"})], room, ()) == rules.NO_TOPIC
    assert rules.why_without(worker, [side(2, times={"1-am"})], room, ()) == rules.NO_TIME
    assert rules.why_without(worker, [trainer], room, {(2, 1)}) == rules.TRIED
    assert rules.why_without(worker, [trainer], {2: 0}, ()) == rules.NO_PLACE_LEFT
    assert rules.why_without(worker, [trainer], room, ()) == rules.SCARCE


def test_the_week_is_read_from_monday_morning_on() -> None:
    assert rules.in_order_of_week(["3-eve", "0-pm", "3-am", "nonsense", "0-am"]) == [
        "0-am",
        "0-pm",
        "3-am",
        "3-eve",
    ]
