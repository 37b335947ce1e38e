"""Whatever goes wrong, in whatever order: everything arrives once, in order, and what cannot be known is named."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from bot.announcements import due, service
from bot.messages import Lane
from db.engine import Database
from db.outbox import FAILED, UNCERTAIN
from tests.app import logged
from tests.outbox.fire import HOUSE, Fire, SkippedTime, under_fire
from tests.postgres import fresh_database

PEOPLE = 4
whose = st.integers(0, PEOPLE - 1)
which = st.integers(0, 5)
for_a_moment = st.sampled_from((0.0, 0.001, 0.005, 0.02))
lanes = st.sampled_from((Lane.REPLY, Lane.REMINDER, Lane.LESSON))
refusals = st.sampled_from(("500", "502", "cut_before", "cut_after"))


class UnderFire(RuleBasedStateMachine):
    """Letters and announcements on the worst of days."""

    opens: Callable[[AsyncExitStack], Awaitable[Database]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=SkippedTime)
        self.open = AsyncExitStack()
        self.run(self._set())

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    async def _set(self) -> None:
        self.database = await type(self).opens(self.open)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SkippedTime)
        self.fire: Fire = await self.open.enter_async_context(under_fire(loop, self.database, PEOPLE))

    def teardown(self) -> None:
        async def end() -> None:
            try:
                await self.fire.drain()
                await self.fire.check()
            finally:
                await self.open.aclose()

        try:
            self.run(end())
        finally:
            self.runner.close()

    # -- what is written -------------------------------------------------------------------------------

    @rule(who=whose, lane=lanes, number=st.integers(1, 3), minutes=st.sampled_from((0, 0, 0, 10)), late=st.booleans())
    def is_written_to(self, who: int, lane: Lane, number: int, minutes: int, late: bool) -> None:
        for _ in range(number):
            self.run(self.fire.letter(who, lane, minutes, late and lane == Lane.REMINDER))

    @rule()
    def all_are_written_to(self) -> None:
        self.run(self.fire.announce())

    @rule(which=which)
    def pauses(self, which: int) -> None:
        self.run(self.fire.road(which, service.pause))

    @rule(which=which)
    def goes_on(self, which: int) -> None:
        self.run(self.fire.road(which, service.go_on))

    @rule(which=which)
    def stops(self, which: int) -> None:
        self.run(self.fire.road(which, service.stop))

    @rule(which=which)
    def sends_again(self, which: int) -> None:
        self.run(self.fire.road(which, service.send_again, (FAILED, UNCERTAIN)))

    @rule()
    def ticks(self) -> None:
        self.run(self.fire.surely(lambda: due.tick(self.database, self.fire.clock.now(), HOUSE)))

    # -- what people do --------------------------------------------------------------------------------

    @rule(who=whose)
    def blocks(self, who: int) -> None:
        self.fire.block(who)

    @rule(who=whose)
    def comes_back(self, who: int) -> None:
        self.run(self.fire.come_back(who))

    @rule(who=whose)
    def wants_no_more_announcements(self, who: int) -> None:
        self.run(self.fire.opt_out(who))

    # -- what goes wrong -------------------------------------------------------------------------------

    @rule(kind=refusals, who=st.none() | whose, times=st.integers(1, 3), skip=st.integers(0, 3))
    def telegram_breaks(self, kind: Any, who: int | None, times: int, skip: int) -> None:
        self.fire.tg.fault(kind, chat_id=self._chat(who), times=times, skip=skip)

    @rule(who=whose, seconds=st.integers(1, 40), skip=st.integers(0, 2))
    def a_chat_must_rest(self, who: int, seconds: int, skip: int) -> None:
        self.fire.tg.fault("429", chat_id=self._chat(who), times=1, retry_after=seconds, skip=skip)

    @rule(seconds=st.integers(1, 40), skip=st.integers(0, 3))
    def all_must_rest(self, seconds: int, skip: int) -> None:
        self.fire.tg.fault("429", times=1, retry_after=seconds, skip=skip)

    @rule(who=whose)
    def one_is_refused(self, who: int) -> None:
        self.fire.left_once.add(self.fire.people[who].address)
        self.fire.tg.fault("403", chat_id=self._chat(who), times=1)

    @rule(times=st.integers(1, 5))
    def telegram_is_slow(self, times: int) -> None:
        self.fire.tg.fault("delay", times=times, delay_s=0.02)

    def _chat(self, who: int | None) -> int | None:
        return None if who is None else int(self.fire.people[who].address)

    @rule(seconds=st.sampled_from((0.005, 0.05)))
    def the_database_is_locked(self, seconds: float) -> None:
        self.run(self.fire.locked(seconds))

    @precondition(lambda self: not self.database.is_sqlite)
    @rule()
    def the_database_restarts(self) -> None:
        self.run(self.fire.cut_off())

    @precondition(lambda self: self.database.is_sqlite)
    @rule(seconds=for_a_moment)
    def the_disk_is_full(self, seconds: float) -> None:
        self.run(self.fire.full(seconds))

    @rule()
    def the_programme_is_killed(self) -> None:
        async def die() -> None:
            await self.fire.fall_over()
            await self.fire.start()

        self.run(die())

    # -- time ------------------------------------------------------------------------------------------

    @rule(seconds=for_a_moment)
    def a_moment_passes(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    @rule(seconds=st.sampled_from((0.6, 2.0, 10.0)))
    def seconds_pass(self, seconds: float) -> None:
        async def skip() -> None:
            if not +self.fire.channel.flying:
                self.fire.skip(seconds)
            await asyncio.sleep(0.005)

        self.run(skip())

    @rule(minutes=st.sampled_from((-5, -1, 1, 15, 60)))
    def the_clock_jumps(self, minutes: int) -> None:
        self.fire.move(timedelta(minutes=minutes))


@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 30), ("postgresql", 20)])
def test_under_fire(migrated: dict[str, str], tmp_path: Path, kind: str, examples: int) -> None:
    """The same days each time; `FIRE=1000` tries so many new ones."""
    wished = int(os.environ.get("FIRE", "0"))
    number = iter(range(10_000))

    async def opens(until: AsyncExitStack) -> Database:
        if kind == "postgresql":
            url = await until.enter_async_context(fresh_database(like=migrated[kind]))
        else:
            file = tmp_path / f"{next(number)}.db"
            shutil.copyfile(migrated[kind].removeprefix("sqlite:///"), file)
            url = f"sqlite:///{file}"
        opened = Database(url)
        until.push_async_callback(opened.close)
        return opened

    class Here(UnderFire):
        pass

    Here.opens = staticmethod(opens)
    with logged():
        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=wished or examples,
                stateful_step_count=30,
                deadline=None,
                derandomize=not wished,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
            ),
        )
