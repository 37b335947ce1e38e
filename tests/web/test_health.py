"""`/healthz`, `/metrics` and the front page tell the truth, also when the database does not answer."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

import db.inbox
import db.outbox
from bot.clock import Clock
from db.engine import Database
from db.inbox import InboxRow, Received
from db.outbox import OutboxRow
from tests.web.conftest import NOON, Browse, somebody

MINUTE = timedelta(minutes=1)


async def put(database: Database, key: str, *, lane: int = 0, state: str = "pending", late: timedelta = MINUTE) -> None:
    person = await somebody(database) if key == "first" else 1
    row: dict[str, Any] = {"person_id": person, "address": "42", "payload": {}, "lane": lane}
    row |= {"due_at": NOON - late, "created_at": NOON - late, "dedupe_key": key, "state": state}
    async with database.begin() as session:
        await db.outbox.put(session, [row])
        if state == "sent":
            await session.execute(update(OutboxRow).where(OutboxRow.dedupe_key == key).values(sent_at=NOON - late))


async def test_all_is_well(browse: Browse) -> None:
    async with browse() as http:
        answer = await http.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "up",
        "rasa": "up",
        "leader": True,
        "outbox_stuck": 0,
        "inbox_age_s": 0.0,
    }


@pytest.mark.parametrize("rasa", ["down", "starting"])
async def test_without_rasa_it_is_degraded_but_up(browse: Browse, rasa: str) -> None:
    async with browse(rasa=lambda: rasa) as http:
        answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()["status"], answer.json()["rasa"]) == (200, "degraded", rasa)


async def test_a_reply_that_does_not_leave(browse: Browse, database: Database) -> None:
    await put(database, "first", late=4 * MINUTE)
    async with browse() as http:
        assert (await http.get("/healthz")).status_code == 200
        await put(database, "second", late=6 * MINUTE)
        answer = await http.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["outbox_stuck"] == 1


async def test_announcements_may_queue_while_messages_flow(browse: Browse, database: Database) -> None:
    await put(database, "first", lane=3, late=50 * MINUTE)
    async with browse() as http:
        assert (await http.get("/healthz")).json()["outbox_stuck"] == 1
        await put(database, "second", state="sent", late=MINUTE)
        assert (await http.get("/healthz")).json()["outbox_stuck"] == 0
        await put(database, "third", lane=1, late=50 * MINUTE)
        assert (await http.get("/healthz")).json()["outbox_stuck"] == 1


async def test_something_said_that_nobody_takes_up(browse: Browse, database: Database, clock: Clock) -> None:
    async with database.begin() as session:
        await db.inbox.put(session, "telegram", [Received(1, "42", {})], NOON)
    clock.advance(4 * MINUTE)
    async with browse() as http:
        first = await http.get("/healthz")
        clock.advance(2 * MINUTE)
        second = await http.get("/healthz")
    assert (first.status_code, first.json()["inbox_age_s"]) == (200, 240.0)
    assert (second.status_code, second.json()["inbox_age_s"]) == (503, 360.0)


async def test_without_a_database(browse: Browse, database: Database) -> None:
    async with database.begin() as session:
        await session.execute(text("drop table inbox"))
    async with browse() as http:
        health = await http.get("/healthz")
        metrics = await http.get("/metrics")
        page = await http.get("/")
    assert (health.status_code, health.json()["database"]) == (503, "down")
    assert metrics.status_code == 200
    assert "The database does not answer." in page.text


async def test_metrics_count_the_rows_and_forget_none(browse: Browse, database: Database) -> None:
    await put(database, "first")
    async with database.begin() as session:
        await db.inbox.put(session, "telegram", [Received(n, "42", {}) for n in range(3)], NOON)
    async with browse() as http:
        before = (await http.get("/metrics")).text
        async with database.begin() as session:
            await session.execute(update(InboxRow).values(state="done"))
            await session.execute(update(OutboxRow).values(state="uncertain"))
        after = (await http.get("/metrics")).text
    assert 'twogether_inbox{state="pending"} 3.0' in before
    assert 'twogether_outbox{state="pending"} 1.0' in before
    assert 'twogether_inbox{state="pending"} 0.0' in after
    assert 'twogether_inbox{state="done"} 3.0' in after
    assert 'twogether_outbox{state="pending"} 0.0' in after
    assert 'twogether_outbox{state="uncertain"} 1.0' in after


async def test_the_front_page(browse: Browse) -> None:
    async with browse(bot_name="two<b>") as http:
        page = await http.get("/")
    assert page.status_code == 200
    assert "This is twogether" in page.text
    assert "The database answers." in page.text
    assert "@two&lt;b&gt;" in page.text


async def test_what_is_not_there_is_not_found(browse: Browse, clock: Clock) -> None:
    clock.simulated = False
    async with browse(advance=None, next_due=None) as http:
        assert (await http.get("/simulator/clock")).status_code == 404
        assert (await http.post("/webhook", json={})).status_code == 404
        assert (await http.post("/healthz")).status_code == 405
