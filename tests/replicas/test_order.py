"""One turn at a time per person, whichever replica it was said to."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest

import db.inbox
from db.engine import Database
from db.order import Order, OrderUnknownError, listen
from tests.app import MONDAY_MORNING, until
from tests.replicas.conftest import end_sessions, keep


@pytest.fixture
async def replica(shared_url: str) -> AsyncIterator[Callable[[], Order]]:
    made: list[Order] = []

    def make() -> Order:
        made.append(Order(shared_url))
        return made[-1]

    yield make
    for order in made:
        await order.close()


async def test_one_at_a_time_and_the_oldest_first(replica: Callable[[], Order], shared: Database) -> None:
    first, second = replica(), replica()
    late, early = await keep(shared, "7", 20, 10)
    await keep(shared, "8", 15)
    async with first.turn_of("telegram", "7") as waiting:
        assert waiting == [early, late]
        async with second.turn_of("telegram", "7") as refused, second.turn_of("telegram", "8") as other:
            assert refused is None
            assert other is not None
            assert len(other) == 1
        async with shared.begin() as session:
            assert await db.inbox.done(session, early, MONDAY_MORNING)
    async with second.turn_of("telegram", "nobody"):
        pass  # a refusal gave back nothing that was the other's
    async with asyncio.timeout(5):
        while True:
            async with second.turn_of("telegram", "7") as waiting:
                if waiting is not None:
                    assert waiting == [late]
                    break


async def test_many_turns_at_once_share_their_questions(replica: Callable[[], Order], shared: Database) -> None:
    order, other = replica(), replica()
    people = [str(number) for number in range(300)]

    async def take(address: str) -> bool:
        async with order.turn_of("telegram", address) as waiting:
            await asyncio.sleep(0)
            return waiting == []

    assert all(await asyncio.gather(*(take(address) for address in people)))
    async with order.turn_of("telegram", "again"):  # what was freed before this is free now
        pass
    async with asyncio.timeout(5):
        for address in people:
            async with other.turn_of("telegram", address) as waiting:
                assert waiting == []


async def test_who_dies_gives_everything_back(replica: Callable[[], Order], shared: Database) -> None:
    first, second = replica(), replica()
    (kept,) = await keep(shared, "7", 1)
    async with first.turn_of("telegram", "7") as waiting:
        assert waiting == [kept]
        await end_sessions(shared, "twogether turns")
        async with second.turn_of("telegram", "7") as waiting:
            assert waiting == [kept]
            async with first.turn_of("telegram", "7") as again:  # on a new session, which does not hold it
                assert again is None
    async with first.turn_of("telegram", "8") as waiting:
        assert waiting == []


async def test_a_turn_that_is_given_up_while_it_is_asked_for_leaves_nobody_locked_out(
    replica: Callable[[], Order], shared: Database
) -> None:
    first, second = replica(), replica()

    async def take() -> None:
        async with first.turn_of("telegram", "7"):
            await asyncio.Event().wait()

    for pause in (0.0, 0.001, 0.005, 0.05):
        taking = asyncio.create_task(take())
        await asyncio.sleep(pause)
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
    async with asyncio.timeout(5):
        while True:
            async with second.turn_of("telegram", "7") as waiting:
                if waiting is not None:
                    return


async def test_without_a_database_nobody_knows_whose_turn_it_is() -> None:
    order = Order("postgresql://nobody@127.0.0.1:1/x")
    with pytest.raises(OrderUnknownError):
        async with order.turn_of("telegram", "7"):
            pass
    order.call()
    await order.close()


async def test_a_call_is_heard_at_once_also_after_the_line_broke(
    replica: Callable[[], Order], shared: Database, shared_url: str
) -> None:
    order, heard = replica(), list[float]()
    listening = asyncio.create_task(listen(shared_url, lambda: heard.append(time.monotonic())))
    try:
        await until(lambda: len(heard) == 1)  # something may have been said before it listened
        order.call()
        await until(lambda: len(heard) == 2, 2.0)
        await end_sessions(shared, "twogether listens")
        await until(lambda: len(heard) == 3)
        for _ in range(100):
            order.call()  # at once they are one
        await until(lambda: len(heard) > 3, 2.0)
    finally:
        listening.cancel()
    assert len(heard) < 10


async def test_what_is_called_before_the_end_is_still_said(replica: Callable[[], Order], shared_url: str) -> None:
    heard: list[int] = []
    listening = asyncio.create_task(listen(shared_url, lambda: heard.append(1)))
    order = replica()
    async with order.turn_of("telegram", "7"):
        pass
    await until(lambda: len(heard) == 1)
    order.call()
    await order.close()
    await until(lambda: len(heard) == 2, 2.0)
    listening.cancel()
