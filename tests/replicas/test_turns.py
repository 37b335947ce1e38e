"""Two programmes on one PostgreSQL: both take turns, one sends."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

import db.inbox
import db.outbox
from bot.app import TICKS
from bot.channels.telegram.receive import received
from bot.messages import Lane, Outgoing
from bot.outbox.put import Letter, put
from db.inbox import Received
from simulator import Telegram
from tests.app import TOKEN, Phone, Running, app_on, until
from tests.replicas.conftest import end_sessions
from tests.turn.conftest import inbox
from tests.turn.test_turns import HELP, LANGUAGE, MENU, message

Two = tuple[Running, Running]
ANSWERS = {"/help": HELP, "/language": LANGUAGE, "/menu": MENU}


@pytest.fixture
async def two(shared_url: str) -> AsyncIterator[Two]:
    """The one that leads, and the other."""
    async with Telegram(token=TOKEN) as tg, app_on(tg, shared_url) as first, app_on(tg, shared_url) as second:
        assert (first.app.leader.leads, second.app.leader.leads) == (True, False)
        yield first, second


def said(number: int, phone: Phone, words: str) -> Received:
    update = received({"update_id": 900_000_000 + number, "message": message(phone.person.id, words)})
    assert update is not None
    return update


async def test_what_a_person_says_to_both_in_turn_is_answered_in_order_and_once(two: Two) -> None:
    people = [await two[0].joined("worker", f"P{number}") for number in range(6)]
    lines = ["/help", "/language", "/menu"] * 8
    keeping = []
    for number, words in enumerate(lines):
        for place, phone in enumerate(people):
            turns = two[(number + place) % 2].app.turns
            keeping.append(turns.keep("telegram", [said(100 * place + number, phone, words)]))
        await asyncio.gather(*keeping)
        keeping.clear()
    for phone in people:
        await until(lambda phone=phone: len(phone.texts) >= len(lines), 60)
        assert [text[:12] for text in phone.texts] == [ANSWERS[words][:12] for words in lines]
    assert {row.state for row in await inbox(two[0])} == {"done"}


async def test_no_turn_is_taken_beside_another_of_the_same_person(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    marco = await two[0].joined("worker", "Marco")
    under_way, most = 0, 0
    for house in two:
        turn = house.app.turns._turn

        async def slowly(*args: Any, turn: Any = turn) -> None:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.02)
            await turn(*args)
            under_way -= 1

        monkeypatch.setattr(house.app.turns, "_turn", slowly)
    await asyncio.gather(
        *(two[number % 2].app.turns.keep("telegram", [said(number, marco, "/help")]) for number in range(10))
    )
    await until(lambda: len(marco.texts) >= 10, 30)
    assert most == 1
    assert len(marco.texts) == 10


async def test_the_one_that_does_not_send_wakes_the_one_that_does(two: Two) -> None:
    leader, other = two
    leader.app.deliverer._longest_sleep_s = 300.0
    leader.app.scheduler.pause()  # its ticks look, too
    marco = await leader.joined("worker", "Marco")
    await marco.say("/help")
    began = time.monotonic()
    await other.app.turns.keep("telegram", [said(1, marco, "/menu")])
    await until(lambda: marco.texts[-1] == MENU, 20)
    assert time.monotonic() - began < 20


async def test_what_a_dead_replica_kept_is_taken_up(two: Two) -> None:
    marco = await two[0].joined("worker", "Marco")
    async with two[0].write() as session:
        updates = [said(1, marco, "/help"), said(2, marco, "/menu")]
        await db.inbox.put(session, "telegram", updates, two[0].app.clock.now())
    await until(lambda: len(marco.texts) == 2, 30)
    assert marco.texts[-1] == MENU
    assert any(line["event"] == "inbox.swept" for line in two[1].log)


async def test_when_the_leader_loses_its_session_one_of_both_goes_on(two: Two) -> None:
    marco = await two[0].joined("worker", "Marco")
    for round_ in range(2):
        await end_sessions(two[0].app.database)
        await two[1].app.turns.keep("telegram", [said(round_, marco, "/help")])
        await until(lambda shown=round_ + 1: len(marco.texts) == shown, 30)
        await until(lambda: sum(house.app.leader.leads for house in two) == 1, 30)
    assert len(marco.texts) == 2


async def test_an_orderly_stop_hands_over(shared_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def not_yet() -> bool:
        return False

    async with Telegram(token=TOKEN) as tg, app_on(tg, shared_url) as second:
        with monkeypatch.context() as patch:  # as if it had come later
            patch.setattr(second.app.leader, "stand", not_yet)
            await second.app.leader.resign()
            async with app_on(tg, shared_url) as first:
                assert first.app.leader.leads
                marco = await first.joined("worker", "Marco")
                await marco.say("/menu")
        await until(lambda: second.app.leader.leads, 30)
        assert (await Phone(second, marco.person).say("/help")).startswith(HELP)  # it polls, turns and sends


async def test_only_the_leader_ticks(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    ticked: list[str] = []

    async def tick(*_args: object) -> int:
        ticked.append("people")
        return 0

    monkeypatch.setitem(TICKS, "people", (tick, 1))
    await two[1].app.tick()
    assert ticked == []
    await two[0].app.tick()
    assert ticked == ["people"]


async def test_late_news_of_a_message_does_not_undo_what_the_next_leader_is_at(two: Two) -> None:
    """Who led before and lives writes down how its try ended, when another has begun to try again."""
    leader, _ = two
    await leader.app.deliverer.stop()
    marco = await leader.joined("worker", "Marco")
    (person,) = await leader.people()
    now = leader.app.clock.now()
    async with leader.write() as session:
        await put(session, [Letter(person, Outgoing("hello"), Lane.REMINDER, "k", now)], now)
    attempts = []
    for _ in range(2):
        async with leader.write() as session:
            (row,) = await db.outbox.claim(session, now + timedelta(seconds=1), 1)
            attempts.append(row.attempts + 1)
        if len(attempts) == 1:
            async with leader.write() as session:
                await db.outbox.after_crash(session)
    assert attempts == [1, 2]
    async with leader.write() as session:
        await db.outbox.settle(session, row.id, "pending", attempt=1)
    async with leader.read() as session:
        assert await db.outbox.count_by_state(session) == {"sending": 1}
    async with leader.write() as session:
        await db.outbox.arrived(session, [(row.id, 2, "77", None)], now)
    async with leader.read() as session:
        assert await db.outbox.count_by_state(session) == {"sent": 1}
    assert marco.texts == []
