"""What comes in: read what can be read, keep what can be kept, never stall."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from telegram import Bot

import db.inbox
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.receive import ALLOWED_UPDATES, address_of, parse, poll, received
from bot.messages import Incoming
from db.engine import Database
from db.inbox import Received
from simulator import Telegram
from tests.app import MONDAY_MORNING, TOKEN, until
from tests.channels.hostile import anything, updates

BOT = Bot(TOKEN)
MARCO = {"id": 7_000_000_001, "is_bot": False, "first_name": "Marco", "language_code": "it-IT"}
CHAT = {"id": 7_000_000_001, "type": "private", "first_name": "Marco"}


def message(**content: Any) -> dict[str, Any]:
    return {"update_id": 1, "message": {"message_id": 5, "date": 1_700_000_000, "chat": CHAT, "from": MARCO, **content}}


def tap(**content: Any) -> dict[str, Any]:
    query = {"id": "77", "from": MARCO, "chat_instance": "1", "data": "a:b", **content}
    return {"update_id": 1, "callback_query": query}


def from_marco(kind: Any, text: str = "", data: str = "", **more: Any) -> Incoming:
    return Incoming(kind, "7000000001", text, data, first_name="Marco", language="it", **more)


# reading


@pytest.mark.parametrize(
    ("update", "read"),
    [
        (message(text="ciao 👋"), from_marco("words", "ciao 👋")),
        (message(text="/start abc_-9 x"), from_marco("command", "abc_-9 x", "start")),
        (message(text="/Menu@twogether_bot"), from_marco("command", "", "menu")),
        (message(text="/"), from_marco("command", "", "")),
        (message(text="‏שלום עולם‏"), from_marco("words", "‏שלום עולם‏")),
        (message(text="x" * 4096), from_marco("words", "x" * 4096)),
        (message(text="a\0b\ud83d"), from_marco("words", "ab?")),
        (message(text=""), from_marco("words", "")),
        (
            message(location={"latitude": 44.5, "longitude": 11.3}),
            from_marco("place", latitude=44.5, longitude=11.3),
        ),
        (
            message(photo=[{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}], caption="da me"),
            from_marco("photo", "da me", "f"),
        ),
        (
            message(text="ciao a tutti", entities=[{"type": "bold", "offset": 0, "length": 4}]),
            from_marco("words", "ciao a tutti", html="<b>ciao</b> a tutti"),
        ),
        (
            message(
                photo=[{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}],
                caption="qui & là",
                caption_entities=[{"type": "text_link", "offset": 0, "length": 3, "url": "https://x.it"}],
            ),
            from_marco("photo", "qui & là", "f", html='<a href="https://x.it">qui</a> &amp; là'),
        ),
        (
            message(
                document={
                    "file_id": "d",
                    "file_unique_id": "u",
                    "file_name": "a.pdf",
                    "mime_type": "application/pdf",
                    "file_size": 9,
                },
                caption="leggete",
            ),
            from_marco("document", "leggete", "d", file_name="a.pdf", file_mime="application/pdf", file_size=9),
        ),
        (message(document={"file_id": "d", "file_unique_id": "u"}), from_marco("document", "", "d")),
        (
            message(
                animation={"file_id": "a", "file_unique_id": "u", "width": 1, "height": 1, "duration": 1},
                document={"file_id": "a", "file_unique_id": "u"},
            ),
            from_marco("other", "", "document"),
        ),
        (message(voice={"file_id": "f", "file_unique_id": "u", "duration": 3}), from_marco("other", "", "voice")),
        (message(dice={"value": 3, "emoji": "🎲"}), from_marco("other", "", "something")),
    ],
)
def test_what_a_person_says(update: dict[str, Any], read: Incoming) -> None:
    assert parse(update, BOT) == read


def test_a_tap_brings_the_message_it_hangs_under_as_html() -> None:
    under = {
        "message_id": 9,
        "date": 1_700_000_000,
        "chat": CHAT,
        "text": "a <b> c",
        "entities": [{"type": "bold", "offset": 0, "length": 1}],
    }
    assert parse(tap(message=under), BOT) == from_marco(
        "tap", "<b>a</b> &lt;b&gt; c", "a:b", message_id="9", callback_id="77"
    )
    lost = {"message_id": 9, "date": 0, "chat": CHAT}
    assert parse(tap(message=lost), BOT) == from_marco("tap", "", "a:b", message_id="9", callback_id="77")
    assert parse(tap(), BOT) == from_marco("tap", "", "a:b", callback_id="77")


def test_a_quiz_that_was_answered() -> None:
    answer = {"poll_id": "42", "user": MARCO, "option_ids": [2], "option_persistent_ids": ["c"]}
    assert parse({"update_id": 1, "poll_answer": answer}, BOT) == Incoming(
        "answer", "7000000001", data="poll:42", choice=2
    )
    taken_back = answer | {"option_ids": [], "option_persistent_ids": []}
    assert parse({"update_id": 1, "poll_answer": taken_back}, BOT).choice is None


@pytest.mark.parametrize(
    ("status", "chat", "kind"),
    [("kicked", CHAT, "blocked"), ("member", CHAT, "unblocked"), ("kicked", {"id": -5, "type": "group"}, "ignored")],
)
def test_a_person_comes_and_goes(status: str, chat: dict[str, Any], kind: str) -> None:
    us = {"id": 1, "is_bot": True, "first_name": "twogether"}
    change = {
        "chat": chat,
        "from": MARCO,
        "date": 1_700_000_000,
        "old_chat_member": {"user": us, "status": "member"},
        "new_chat_member": {"user": us, "status": status, "until_date": 0},
    }
    assert parse({"update_id": 1, "my_chat_member": change}, BOT).kind == kind


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1},
        {"update_id": 1, "edited_message": message(text="changed")["message"]},
        message(text="hi", chat={"id": -100, "type": "group", "title": "us"}),
        {"update_id": 1, "channel_post": message(text="x", chat={"id": -1, "type": "channel"})["message"]},
    ],
)
def test_what_is_not_for_us_is_ignored(update: dict[str, Any]) -> None:
    assert parse(update, BOT).kind == "ignored"


# hostile shapes


@given(updates(anything) | anything)
def test_whatever_comes_is_an_inbox_row_or_nothing(payload: Any) -> None:
    row = received(payload)
    if row is None:
        number = payload.get("update_id") if isinstance(payload, dict) else None
        assert not isinstance(number, int) or isinstance(number, bool) or not -(2**63) <= number < 2**63
        return
    assert row.address == "" or (abs(int(row.address)) < 2**63 and len(row.address) <= 20)
    assert json.loads(json.dumps(row.payload, allow_nan=False))["update_id"] == row.update_id


@given(updates(st.integers(1, 100)))
def test_reading_gives_plain_clean_values_or_raises(payload: dict[str, Any]) -> None:
    with suppress(Exception):
        read = parse(payload, BOT)
        assert read.address == address_of(payload)
        for said in (read.text, read.data, read.first_name):
            assert "\0" not in said
            said.encode("utf-8")


@given(st.lists(updates(st.integers(-(2**63), 2**63 - 1)), max_size=20))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_both_databases_can_keep_what_is_received(database: Database, payloads: list[dict[str, Any]]) -> None:
    rows = [row for payload in payloads if (row := received(payload))]
    async with database.begin() as session:
        kept = await db.inbox.put(session, "telegram", rows, MONDAY_MORNING)
        again = await db.inbox.put(session, "telegram", rows, MONDAY_MORNING)
    assert {row.update_id for row in kept} <= {row.update_id for row in rows}
    assert again == []
    async with database.begin() as session:
        for row in await db.inbox.pending(session):
            assert row.payload["update_id"] == row.update_id
            await db.inbox.done(session, row.id, MONDAY_MORNING)


# long polling


class Inbox:
    """Takes batches, and fails when told to."""

    def __init__(self) -> None:
        self.kept: list[Received] = []
        self.failures = 0
        self.tries = 0

    async def keep(self, batch: Sequence[Received]) -> None:
        self.tries += 1
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        self.kept += batch


@asynccontextmanager
async def polling(tg: Telegram) -> AsyncIterator[Inbox]:
    inbox, stopping = Inbox(), asyncio.Event()
    channel = TelegramChannel(TOKEN, tg.url)
    await channel.start()
    task = asyncio.create_task(poll(channel.bot, inbox.keep, stopping))
    try:
        yield inbox
    finally:
        stopping.set()
        async with asyncio.timeout(2):  # it does not sit out the long poll
            await task
        await channel.stop()


@pytest.fixture
async def tg() -> AsyncIterator[Telegram]:
    async with Telegram(token=TOKEN) as running:
        yield running


async def test_every_update_is_kept_once_and_in_order_and_then_acknowledged(tg: Telegram) -> None:
    marco = tg.add_person("Marco")
    async with polling(tg) as inbox:
        for number in range(250):
            tg.say(marco, str(number))
        await tg.drained()
        assert [row.payload["message"]["text"] for row in inbox.kept] == [str(number) for number in range(250)]
    assert tg.updates.allowed == ALLOWED_UPDATES


async def test_nothing_is_acknowledged_before_it_is_kept(tg: Telegram) -> None:
    marco = tg.add_person("Marco")
    async with polling(tg) as inbox:
        inbox.failures = 1
        tg.say(marco, "1")
        await until(lambda: inbox.tries == 1)
        assert len(tg.updates) == 1
        await tg.drained()
        assert [row.payload["message"]["text"] for row in inbox.kept] == ["1"]


async def test_what_is_no_update_stalls_nobody(tg: Telegram) -> None:
    marco = tg.add_person("Marco")
    async with polling(tg) as inbox:
        tg.updates.put_raw({"what": "ever"})
        tg.updates.put_raw({"update_id": 3, "message": float("nan")})
        tg.say(marco, "hello")
        await tg.drained()
        assert len(tg.log("getUpdates")) < 20, "it does not ask again and again for what it cannot read"
    assert {"update_id": 3} in [row.payload for row in inbox.kept]
    assert "hello" in [row.payload.get("message", {}).get("text") for row in inbox.kept]


@pytest.mark.parametrize("kind", ["500", "502", "cut_before", "cut_after", "429"])
async def test_polling_goes_on_after_a_bad_moment(tg: Telegram, kind: Any) -> None:
    marco = tg.add_person("Marco")
    tg.fault(kind, method="getUpdates", times=1, retry_after=1)
    async with polling(tg) as inbox:
        tg.say(marco, "hello")
        await tg.drained()
        assert [row.payload["message"]["text"] for row in inbox.kept] == ["hello"]


@pytest.mark.parametrize(("refusal", "event"), [("conflict", "telegram.conflict"), ("token", "telegram.token_refused")])
async def test_what_the_operator_must_change_is_said(tg: Telegram, refusal: str, event: str) -> None:
    with capture_logs() as lines:
        async with polling(tg):
            if refusal == "conflict":
                async with Bot(TOKEN, base_url=f"{tg.url}/bot") as second:
                    await second.get_updates(timeout=0)
            else:
                tg.server._prefix = "/bot2:OTHER/"
                tg.say(tg.add_person("Marco"), "hello")
            await until(lambda: event in [line["event"] for line in lines])
