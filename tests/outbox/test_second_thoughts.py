"""What was decided while a message was on its way, or while the database did not answer: it counts all the same."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

import bot.outbox.deliver
import db.announcements
import db.outbox
from bot.channels.base import Channel
from bot.messages import Lane, Outgoing
from bot.outbox.deliver import Outcome
from db.engine import Database
from db.outbox import OutboxRow
from db.people import Person
from simulator import Telegram
from tests.app import until
from tests.outbox.conftest import Post, later, post_office
from tests.outbox.test_deliver import come_back, is_reachable


async def opts_out(session: AsyncSession, who: Person) -> None:
    await db.announcements.hears_no_more(session, who.id)


async def is_cancelled(session: AsyncSession, _who: Person) -> None:
    await db.outbox.cancel(session, "mine:")


async def is_emptied(session: AsyncSession, _who: Person) -> None:
    await db.outbox.empty(session, ["mine:1"])


@pytest.mark.parametrize(
    ("how", "lane"),
    [(opts_out, Lane.ANNOUNCEMENT), (is_cancelled, Lane.REMINDER), (is_emptied, Lane.REMINDER)],
)
async def test_what_was_called_off_on_its_way_is_not_tried_again(
    post: Post, how: Callable[[AsyncSession, Person], Awaitable[None]], lane: Lane
) -> None:
    (marco,) = await post.people(1)
    post.tg.fault("500", times=1)
    write_down = post.deliverer._write_down

    async def not_before_it_is_called_off(outcome: Outcome) -> bool:
        async with post.database.begin() as session:
            await how(session, marco)
        return await write_down(outcome)

    post.deliverer._write_down = not_before_it_is_called_off
    await post.write(marco, "x", lane=lane, key="mine:1")
    await post.deliver()
    (row,) = await post.rows()
    assert (row.state, row.error, post.arrived(marco)) == ("cancelled", "called off", [])


async def test_what_was_called_off_too_late_has_arrived_and_says_so(post: Post) -> None:
    (marco,) = await post.people(1)
    hold = post.tg.fault("delay", delay_s=0.05)
    await post.write(marco, "x", lane=Lane.REMINDER, key="mine:1")
    post.start()
    await until(lambda: hold.hits)
    async with post.database.begin() as session:
        assert await db.outbox.cancel(session, "mine:") == 0
    await post.idle()
    assert (await post.states(), post.arrived(marco)) == (["sent"], ["x"])


async def test_who_came_back_since_they_refused_a_message_can_be_reached(post: Post) -> None:
    """The refusal is written down only afterwards, as when the database was away for a moment."""
    (marco,) = await post.people(1)
    phone = post.tg.people[int(marco.address)]
    post.tg.block(phone)

    async def after_they_came_back(_outcome: Outcome) -> bool:
        if phone.blocked:
            post.tg.unblock(phone)
            post.clock.advance(timedelta(seconds=1))
            async with post.database.begin() as session:
                (await session.get_one(Person, marco.id)).seen_at = post.clock.now()
            await come_back(post, marco)
        return False

    post.deliverer._write_down = after_they_came_back
    await post.write(marco, "x", lane=Lane.LESSON)
    await post.deliver()
    assert (await post.states(), post.arrived(marco)) == (["sent"], ["x"])
    assert await is_reachable(post, marco)


@pytest.mark.parametrize("first", ["cut_after", "crash"])
async def test_what_stands_on_the_phone_twice_is_named_in_its_row(post: Post, first: str) -> None:
    (marco,) = await post.people(1)
    if first == "crash":
        hold = post.tg.fault("delay", times=1, delay_s=30)
        await post.write(marco, "x", lane=Lane.LESSON)
        post.start()
        await until(lambda: hold.hits)
        await post.fall_over()
        await post.deliverer.recover()
    else:
        post.tg.fault("cut_after", times=1)
        await post.write(marco, "x", lane=Lane.LESSON)
    post.tg.fault("500", times=1)  # what comes between does not make it forget
    await post.deliver()
    (row,) = await post.rows()
    assert row.state == "sent"
    assert row.error
    assert row.error.startswith("may have arrived: ")


async def test_what_an_unforeseen_error_came_of_is_uncertain_and_holds_nobody_up(post: Post) -> None:
    (marco, aisha) = await post.people(2)

    class Strange:
        name = "telegram"

        async def send(self, address: str, message: Outgoing) -> str:
            raise RuntimeError(address)

    channels: dict[str, Any] = {"telegram": Strange()}
    post.deliverer._channels = channels
    await post.write(marco, "news", lane=Lane.ANNOUNCEMENT)
    await post.write(aisha, "reply")
    await post.deliver()
    assert [(row.state, row.error) for row in await post.rows()] == [
        ("uncertain", "RuntimeError"),
        ("failed", "RuntimeError"),
    ]


async def test_a_row_that_cannot_be_read_fails_alone(post: Post) -> None:
    (marco,) = await post.people(1)
    await post.write(marco, "broken", "fine")
    async with post.database.begin() as session:
        (await session.get_one(OutboxRow, 1)).payload = {"text": "x", "quiz": {"of": "another version"}}
    await post.deliver(timeout_s=5)
    assert (await post.states(), post.arrived(marco)) == (["failed", "sent"], ["fine"])


class Unheard:
    """A database whose first commits are made, but nobody hears of it."""

    def __init__(self, database: Database, times: int) -> None:
        self._database = database
        self.times = times

    @asynccontextmanager
    async def begin(self, *, urgent: bool = False) -> AsyncIterator[AsyncSession]:
        async with self._database.begin(urgent=urgent) as session:
            yield session
            if self.times:
                await session.flush()
                session.expire_all()  # as a commit that fails does
        if self.times:
            self.times -= 1
            raise OSError("the connection ended with the commit")


@pytest.mark.parametrize("lane", [Lane.REPLY, Lane.ANNOUNCEMENT])
@pytest.mark.parametrize("times", [1, 3])
async def test_a_commit_that_nobody_heard_of_leaves_nothing_on_its_way_for_ever(
    post: Post, lane: Lane, times: int
) -> None:
    people = await post.people(3)
    await post.put(*(post.letter(one, "x", lane) for one in people))
    unheard: Any = Unheard(post.database, times)
    post.deliverer._database = unheard
    await post.deliver(timeout_s=10)
    assert unheard.times == 0
    assert await post.states() == ["sent"] * 3
    assert [post.arrived(one) for one in people] == [["x"]] * 3


async def test_nothing_overtakes_what_is_not_written_down_yet(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause after a failure is over, but the database was too busy to hear of the failure."""
    (marco, aisha) = await post.people(2)
    monkeypatch.setattr(bot.outbox.deliver, "FEW", -1)  # nothing is written down at once
    monkeypatch.setattr(post.pace, "hold", lambda chat, seconds: None)
    post.tg.fault("delay", chat_id=int(marco.address), times=1, delay_s=0.05)
    post.tg.fault("500", chat_id=int(marco.address), times=1)
    failed = asyncio.Event()
    later_on = post.deliverer._later
    monkeypatch.setattr(post.deliverer, "_later", lambda *facts: (failed.set(), later_on(*facts))[1])
    settle = db.outbox.settle

    async def slowly(session: AsyncSession, row_id: int, *args: Any, **facts: Any) -> None:
        if row_id == 3:  # Aisha's: the look at the outbox that writes it down lasts until Marco's has failed
            await failed.wait()
            await asyncio.sleep(0)
        await settle(session, row_id, *args, **facts)

    monkeypatch.setattr(db.outbox, "settle", slowly)
    await post.write(marco, "1", "2")
    await post.write(aisha, "a")
    await post.deliver()
    assert post.arrived(marco) == ["1", "2"]


async def test_who_would_wait_for_the_end_of_a_ban_can_still_be_stopped(tg: Telegram, database: Database) -> None:
    async with post_office(tg, database, rate=20) as post:
        everybody = await post.people(6)
        tg.fault("429", times=1, retry_after=3600)
        await post.put(*(post.letter(one, "news", Lane.ANNOUNCEMENT) for one in everybody))
        post.start()
        await until(lambda: post.pace.must_wait())
        async with asyncio.timeout(5):
            while "sending" in await post.states():
                await asyncio.sleep(0.01)
        assert await post.states() == ["pending"] * 6
        assert tg.faults.bans_ignored == 1


async def test_a_new_process_asks_with_one_message_whether_it_may_speak(post: Post) -> None:
    everybody = await post.people(30)
    tg = post.tg
    tg.fault("429", times=1, retry_after=3600)
    await post.put(*(post.letter(one, "x") for one in everybody[:2]))
    await post.deliverer.recover()
    post.start()
    await until(lambda: post.pace.must_wait())
    await post.fall_over()
    ignored = tg.faults.bans_ignored
    post.pace = type(post.pace)(5000, post.pace._monotonic, 0.0)
    channels: dict[str, Channel] = dict(post.deliverer._channels)
    post.deliverer = bot.outbox.deliver.Deliverer(post.database, channels, post.clock, post.pace)
    await post.put(*(post.letter(one, "x", due_at=later(post.clock)) for one in everybody[2:]))
    await post.deliverer.recover()
    post.start()
    await until(lambda: post.pace.must_wait())
    assert tg.faults.bans_ignored == ignored + 2, "one, and another to find out whether it is for all"
