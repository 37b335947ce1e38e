"""Of all that stand exactly one leads, and whoever has lost its session can claim nothing any more."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

import db.inbox
from bench.bots import settings, start
from bot.app import Twogether
from bot.errors import Misconfigured
from db import advisory
from db.clusters import Cluster
from db.engine import Database
from db.leader import AnotherRunsError, NotLeadingError, OneOfMany, OnlyOne
from db.migrate import current, head
from simulator import Telegram
from tests.app import MONDAY_MORNING, TOKEN, app_on, settings_for
from tests.postgres import fresh_database
from tests.replicas.conftest import end_sessions, keep


@pytest.fixture
async def candidate(shared_url: str) -> AsyncIterator[Callable[[], OneOfMany]]:
    """Somebody else who may lead, as if in another process."""
    made: list[tuple[OneOfMany, Database]] = []

    def make() -> OneOfMany:
        database = Database(shared_url)
        made.append((OneOfMany(database), database))
        return made[-1][0]

    yield make
    for leader, database in made:
        await leader.resign()
        await database.close()


async def test_exactly_one_of_many_leads_until_it_resigns(candidate: Callable[[], OneOfMany]) -> None:
    many = [candidate() for _ in range(4)]
    assert sum(await asyncio.gather(*(one.stand() for one in many))) == 1
    first = next(one for one in many if one.leads)
    assert await first.stand()  # it knows
    others = [one for one in many if one is not first]
    assert not any(await asyncio.gather(*(one.stand() for one in others)))
    await first.resign()
    assert not first.leads
    assert sum(await asyncio.gather(*(one.stand() for one in others))) == 1


async def test_who_loses_the_session_knows_it_within_seconds(
    candidate: Callable[[], OneOfMany], shared: Database
) -> None:
    first, second = candidate(), candidate()
    assert await first.stand()
    await end_sessions(shared)
    began = time.monotonic()
    await first.until_over(asyncio.Event())
    assert time.monotonic() - began < 3
    assert not first.leads
    with pytest.raises(NotLeadingError):
        async with first.begin():
            pass
    await first.resign()
    assert await second.stand()
    assert not await first.stand()


async def test_a_session_that_was_replaced_on_the_way_is_noticed(candidate: Callable[[], OneOfMany]) -> None:
    """As behind a pooler that hands out another session for every transaction."""
    leader = candidate()
    assert await leader.stand()
    async with leader.begin() as session:
        await session.execute(text("SELECT pg_advisory_unlock_all()"))
    await asyncio.wait_for(leader.until_over(asyncio.Event()), 5)
    assert not leader.leads


async def test_nothing_is_claimed_once_the_session_is_gone(
    candidate: Callable[[], OneOfMany], shared: Database
) -> None:
    leader = candidate()
    assert await leader.stand()
    (kept,) = await keep(shared, "7", 1)

    async def claim() -> None:
        async with leader.begin() as session:
            assert await db.inbox.done(session, kept, MONDAY_MORNING)
            await end_sessions(shared)

    with pytest.raises(OperationalError):
        await claim()
    assert not leader.leads
    async with shared.read() as session:
        assert await db.inbox.count_by_state(session) == {"pending": 1}


async def test_the_event_ends_the_wait_and_the_lead_stays(candidate: Callable[[], OneOfMany]) -> None:
    leader, event = candidate(), asyncio.Event()
    assert await leader.stand()
    event.set()
    await asyncio.wait_for(leader.until_over(event), 2)
    assert leader.leads


async def test_without_a_database_nobody_leads_and_nobody_falls_over() -> None:
    leader = OneOfMany(Database("postgresql://nobody@127.0.0.1:1/x"))
    assert not await leader.stand()
    assert not leader.leads
    await leader.resign()


async def test_both_ends_of_the_leaders_line_probe_it_and_the_server_gives_up_last(
    candidate: Callable[[], OneOfMany],
) -> None:
    leader = candidate()
    assert await leader.stand()
    names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "idle_session_timeout")
    async with leader.begin() as session:
        idle, interval, count, frozen = [str(await session.scalar(text(f"SHOW {name}"))) for name in names]
    gives_up_s = int(idle) + int(interval) * int(count)
    client = advisory.CLIENT
    assert client["keepalives_idle"] + client["keepalives_interval"] * client["keepalives_count"] < gives_up_s < 10
    assert client["tcp_user_timeout"] / 1000 < gives_up_s
    assert frozen == "30s"


async def test_a_second_process_on_one_sqlite_file_is_refused(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'one.db'}")
    first, second = OnlyOne(database), OnlyOne(database)
    assert await first.stand()
    assert await first.stand()
    with pytest.raises(AnotherRunsError):
        await second.stand()
    assert not second.leads
    await first.resign()
    assert await second.stand()
    await second.resign()


async def test_a_second_programme_on_one_sqlite_file_says_so_in_one_sentence(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'one.db'}"
    async with Telegram(token=TOKEN) as tg:
        async with app_on(tg, url):
            second = Twogether(settings_for(tg, url), with_rasa=False)
            with pytest.raises(Misconfigured, match="Another twogether runs on this SQLite database"):
                await second.start()
            await second.stop()
        async with app_on(tg, url) as house:
            assert house.app.leader.leads


async def test_many_that_start_at_once_on_an_empty_database_migrate_it_once() -> None:
    async with fresh_database() as url:
        children = [await start("bot", "migrate", env=settings("", url)) for _ in range(3)]
        assert [await child.process.wait() for child in children] == [0, 0, 0]
        assert await current(url) == head()
        database = Database(url)
        async with database.read() as session:
            slugs = list(await session.scalars(select(Cluster.slug)))
        await database.close()
        assert slugs
        assert len(slugs) == len(set(slugs))
