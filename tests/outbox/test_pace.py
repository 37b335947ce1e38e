"""The pace, with a clock of the test's own."""

import itertools
from dataclasses import dataclass
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.outbox.pace import CATCH_UP, MARGIN, Pace

SMALL = 1e-6


@dataclass
class Watch:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


rates = st.floats(0.2, 200, allow_nan=False)
gaps = st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=200)


@given(rates, gaps)
def test_no_second_holds_more_than_the_rate(rate: float, pauses: list[float]) -> None:
    watch = Watch()
    pace = Pace(rate, watch)
    left = []
    for pause in pauses:
        watch.now += pause * pause / 9  # mostly far less than the rate needs
        left.append(go(pace, watch))
    assert all(later - earlier >= CATCH_UP / rate - SMALL for earlier, later in itertools.pairwise(left))
    if rate >= 1:
        for first, moment in enumerate(left):
            in_this_second = sum(moment <= other < moment + 1 - SMALL for other in left[first:])
            assert in_this_second <= ceil(rate)


def go(pace: Pace, watch: Watch) -> float:
    while wait := pace.leave():
        watch.now += wait
    return watch.now


@given(st.integers(1, 200), st.integers(1, 300))
def test_the_stream_is_no_slower_than_it_may_be(rate: int, number: int) -> None:
    watch = Watch()
    pace = Pace(rate, watch)
    left = [go(pace, watch) for _ in range(number)]
    assert left[-1] - left[0] <= (number - 1) / rate * MARGIN + number * SMALL


@given(st.floats(1, 100), st.lists(st.floats(0, 0.5), min_size=1, max_size=300))
def test_who_was_held_up_does_not_catch_up_at_the_cost_of_the_rate(rate: float, held_up: list[float]) -> None:
    """Many come at once, all with a place in the stream that is over already."""
    watch, left = Watch(), []
    pace = Pace(rate, watch)
    for pause in held_up:
        watch.now += pause
        left.append(go(pace, watch))
    for first, moment in enumerate(left):
        assert sum(moment <= other < moment + 1 - SMALL for other in left[first:]) <= ceil(rate)


chats = st.sampled_from(["1", "2", "3"])
events = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.floats(0, 4)),
        st.tuples(st.just("banned"), chats, st.floats(0.1, 30)),
        st.tuples(st.just("sent"), chats),
        st.tuples(st.just("leave")),
    ),
    max_size=60,
)


@given(events)
def test_what_telegram_orders_is_never_broken(happening: list[tuple]) -> None:
    """A banned chat rests to the letter; a ban of the whole bot stops every place in the stream."""
    watch = Watch()
    pace = Pace(30, watch, per_chat_s=1.0)
    resting: dict[str, float] = {}
    suspect, silent_until = "", 0.0
    for event in happening:
        match event:
            case ("pass", seconds):
                watch.now += seconds
            case ("banned", chat, seconds):
                pace.banned(chat, seconds)
                resting[chat] = max(resting.get(chat, 0), watch.now + seconds)
                if suspect and suspect != chat:
                    silent_until = max(silent_until, watch.now + seconds)
                suspect = chat
            case ("sent", chat):
                pace.sent(chat)
                resting[chat] = max(resting.get(chat, 0), watch.now + 1.0)
                suspect = ""
            case ("leave",):
                assert watch.now + pace.leave() >= silent_until
        assert set(pace.resting()) == {chat for chat, until in resting.items() if until > watch.now}
        assert pace.must_wait() == pytest.approx(max(0.0, silent_until - watch.now))
        assert (pace.room(0) == 0) == (silent_until > watch.now)
        if suspect and silent_until <= watch.now:
            assert pace.room(0) == 1
        waits = [until - watch.now for until in (*resting.values(), silent_until) if until > watch.now]
        assert pace.wake_in() == (pytest.approx(min(waits)) if waits else None)


def test_a_single_chat_that_is_told_twice_silences_nobody_else() -> None:
    watch = Watch()
    pace = Pace(30, watch)
    pace.banned("1", 5)
    watch.now += 5
    pace.banned("1", 60)
    assert pace.must_wait() == 0
    assert pace.room(0) == 1


def test_an_edit_does_not_use_up_the_chats_second() -> None:
    pace = Pace(30, Watch())
    pace.sent("1", counts=False)
    assert pace.resting() == []
    pace.sent("1")
    assert pace.resting() == ["1"]


def test_room_is_little_so_that_a_reply_is_never_far_behind() -> None:
    pace = Pace(30, Watch())
    assert [pace.room(taken_up) for taken_up in (0, 5, 6, 9)] == [2, 2, 1, 0]
    assert [pace.room(5, waiting) for waiting in (0, 1, 2)] == [2, 1, 0]
    assert [pace.room(taken_up, 2, urgent=True) for taken_up in (2, 9)] == [8, 6]
    assert Pace(200, Watch()).room(0) == 10
    assert Pace(1, Watch()).room(0) == 2
    assert Pace(10_000, Watch()).room(0) == 64


def test_thousands_of_chats_that_have_rested_are_forgotten() -> None:
    watch = Watch()
    pace = Pace(10_000, watch)
    for number in range(3000):
        pace.sent(str(number))
    assert len(pace.resting()) == 3000
    watch.now += 1.0
    assert pace.resting() == []
