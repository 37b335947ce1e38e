"""The webhook: nobody but Telegram, nothing valid lost, nothing malformed repeated for ever."""

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

import db.inbox
from bot.web.webhook import MOST_BYTES, SECRET_HEADER, read_update
from db.engine import Database
from db.inbox import InboxRow, Received
from tests.web.conftest import NOON, Browse

SECRET = "correct-horse_battery"
UPDATE = {"update_id": 7, "message": {"message_id": 1, "date": 0, "chat": {"id": 42, "type": "private"}}}


async def post(http: httpx.AsyncClient, body: Any, secret: str | bytes | None = SECRET) -> int:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if secret is None else {SECRET_HEADER: secret}
    return (await http.post("/webhook", content=content, headers=headers)).status_code


def keeping(database: Database):
    async def keep(received: Sequence[Received]) -> None:
        async with database.begin() as session:
            await db.inbox.put(session, "telegram", received, NOON)

    return keep


async def kept(database: Database) -> list[dict[str, Any]]:
    async with database.read() as session:
        return list(await session.scalars(select(InboxRow.payload).order_by(InboxRow.id)))


async def test_an_update_is_kept_before_it_is_acknowledged(browse: Browse, database: Database) -> None:
    async with browse(keep=keeping(database), webhook_secret=SECRET) as http:
        assert await post(http, UPDATE) == 200
        assert await kept(database) == [UPDATE]
        assert await post(http, UPDATE) == 200
        assert (await http.get("/webhook")).status_code == 405
    async with database.read() as session:
        row = await session.scalar(select(InboxRow))
        assert await session.scalar(select(func.count()).select_from(InboxRow)) == 1
    assert row
    assert (row.update_id, row.address) == (7, "42")


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], SECRET + "x", "ü", b"\xff\x00\xfe"])
async def test_a_wrong_secret_is_refused(browse: Browse, database: Database, secret: str | bytes | None) -> None:
    given = secret.encode() if isinstance(secret, str) else secret
    async with browse(keep=keeping(database), webhook_secret=SECRET) as http:
        assert await post(http, UPDATE, given) == 401
    assert not await kept(database)


async def test_without_a_secret_there_is_no_webhook(browse: Browse, database: Database) -> None:
    async with browse(keep=keeping(database), webhook_secret="") as http:
        assert await post(http, UPDATE, "") == 404


async def test_what_could_not_be_kept_comes_again(browse: Browse, database: Database) -> None:
    tries = 0

    async def fails_once(received: Sequence[Received]) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError("the disk is full")
        await keeping(database)(received)

    async with browse(keep=fails_once, webhook_secret=SECRET) as http:
        assert await post(http, UPDATE) == 500
        assert not await kept(database)
        assert await post(http, UPDATE) == 200
    assert await kept(database) == [UPDATE]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"null",
        b"[]",
        b'"update"',
        b"{}",
        b'{"update_id": "7"}',
        b'{"update_id": true}',
        b'{"update_id": 7.0}',
        b'{"update_id": 99999999999999999999}',
        b'{"update_id": ' + b"9" * 5000 + b"}",
        b'{"update_id": 7, "message": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
async def test_what_can_never_be_an_update_is_not_repeated(browse: Browse, database: Database, body: bytes) -> None:
    async with browse(keep=keeping(database), webhook_secret=SECRET) as http:
        assert await post(http, body) == 200
    assert not await kept(database)


@pytest.mark.parametrize(
    "body",
    [b'{"update_id": 7, "message": NaN}', b'{"update_id": 7, "message": {"chat": {"id": "a\\u0000b"}, "x": 1e999}}'],
)
async def test_of_what_no_database_can_keep_the_number_is_kept(browse: Browse, database: Database, body: bytes) -> None:
    async with browse(keep=keeping(database), webhook_secret=SECRET) as http:
        assert await post(http, body) == 200
    assert await kept(database) == [{"update_id": 7}]


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 0},
        {"update_id": 8, "unheard_of": {"new": [1, None, 2.5]}},
        {"update_id": 9, "message": {"text": "\x00 \ud83d 👩‍🌾 مرحبا"}},
        {"update_id": 10, "message": "not an object"},
    ],
)
async def test_what_is_strange_but_an_update_is_kept(
    browse: Browse, database: Database, update: dict[str, Any]
) -> None:
    async with browse(keep=keeping(database), webhook_secret=SECRET) as http:
        assert await post(http, update) == 200
    assert await kept(database) == [update]


async def test_a_flood_of_bytes_is_cut_off(browse: Browse, database: Database) -> None:
    just = json.dumps({"update_id": 1, "x": ""}).encode()
    fits = just.replace(b'""', b'"' + b"x" * (MOST_BYTES - len(just)) + b'"')
    assert len(fits) == MOST_BYTES
    async with browse(keep=keeping(database), webhook_secret=SECRET) as http:
        assert await post(http, fits) == 200
        assert await post(http, fits + b" ") == 413
    assert len(await kept(database)) == 1


@given(st.binary(max_size=500))
def test_any_bytes_can_be_read(body: bytes) -> None:
    update = read_update(body)
    assert update is None or isinstance(update.update_id, int)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["update_id", "message", "callback_query", "poll_answer"]), _json))
def test_any_object_can_be_read(payload: dict[str, Any]) -> None:
    update = read_update(json.dumps(payload).encode())
    number = payload.get("update_id")
    is_number = isinstance(number, int) and not isinstance(number, bool) and -(2**63) <= number < 2**63
    assert (update is not None) == is_number
    if update is not None:
        assert update.update_id == number
        assert update.payload in (payload, {"update_id": number})
