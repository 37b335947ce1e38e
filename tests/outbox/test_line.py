"""The line of those who want to write."""

import asyncio

import pytest

from db.line import Line


async def wait_in(line: Line, name: str, served: list[str], *, urgent: bool = False) -> None:
    async with line.place(urgent=urgent):
        served.append(name)
        await asyncio.sleep(0)


async def begun(*waiting: asyncio.Task[None]) -> None:
    for _ in waiting:
        await asyncio.sleep(0)


async def test_first_come_first_served_but_for_the_urgent() -> None:
    line, served = Line(), []
    async with line.place():
        tasks = [asyncio.create_task(wait_in(line, name, served, urgent=name == "c")) for name in "abcd"]
        await begun(*tasks)
        assert served == []
    await asyncio.gather(*tasks)
    assert served == ["c", "a", "b", "d"]
    await wait_in(line, "later", served)
    assert served[-1] == "later"


@pytest.mark.parametrize("is_its_turn", [False, True])
async def test_who_gives_up_holds_nobody_up(is_its_turn: bool) -> None:
    line, served = Line(), []
    async with line.place():
        gone, stays = (asyncio.create_task(wait_in(line, name, served)) for name in ("gone", "stays"))
        await begun(gone, stays)
        if not is_its_turn:
            gone.cancel()
            await begun(gone)
    if is_its_turn:  # called, but not yet awake
        gone.cancel()
    async with asyncio.timeout(2):
        await asyncio.gather(gone, stays, return_exceptions=True)
    assert served == ["stays"]


async def test_a_use_case_that_fails_frees_the_place() -> None:
    line = Line()
    with pytest.raises(ZeroDivisionError):
        async with line.place():
            raise ZeroDivisionError
    async with asyncio.timeout(2), line.place():
        pass


async def test_so_many_at_a_time() -> None:
    line, inside, most = Line(3), 0, 0

    async def work() -> None:
        nonlocal inside, most
        async with line.place():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(work() for _ in range(20)))
    assert most == 3
