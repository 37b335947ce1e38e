"""The whole programme, without Rasa."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from bot.case import ANYONE, Handler, Tap
from bot.turn import TAPS
from db.inbox import InboxRow
from tests.app import Running, running


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Running]:
    async with running(database_url) as up:
        yield up


@pytest.fixture
def use_case(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`use_case("explode", handler)` adds a use case `people:explode` for this test."""

    def add(verb: str, handler: Handler) -> None:
        monkeypatch.setitem(TAPS["people"], f"people:{verb}", Tap(handler, ANYONE))

    return add


async def inbox(house: Running) -> Sequence[InboxRow]:
    async with house.read() as session:
        return (await session.scalars(select(InboxRow).order_by(InboxRow.id))).all()


async def inbox_states(house: Running) -> set[str]:
    return {row.state for row in await inbox(house)}
