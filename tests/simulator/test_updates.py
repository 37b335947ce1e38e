"""How updates reach the bot: long polling, acknowledgement by offset, and the webhook."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import telegram
from aiohttp import web
from telegram.error import BadRequest, Conflict

from simulator import Person, Telegram


async def test_an_offset_acknowledges_what_lies_before_it(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    tg.say(marco, "uno")
    tg.say(marco, "due")
    first = await bot.get_updates()
    assert [update.message.text for update in first if update.message] == ["/start", "uno", "due"]
    assert await bot.get_updates() == first
    left = await bot.get_updates(offset=first[1].update_id)
    assert [update.update_id for update in left] == [first[1].update_id, first[2].update_id]
    assert await bot.get_updates(offset=first[2].update_id + 1) == ()
    assert len(tg.updates) == 0


async def test_limit_and_negative_offset(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    for number in range(150):
        tg.say(marco, str(number))
    assert len(await bot.get_updates()) == 100
    assert len(await bot.get_updates(limit=7)) == 7
    last = await bot.get_updates(offset=-2)
    assert [update.message.text for update in last if update.message] == ["148", "149"]
    assert len(tg.updates) == 2


async def test_a_long_poll_waits_for_the_first_update(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    (start,) = await bot.get_updates()
    poll = asyncio.create_task(bot.get_updates(offset=start.update_id + 1, timeout=30))
    await tg.until(lambda: len(tg.updates) == 0)
    tg.say(marco, "eccomi")
    (update,) = await asyncio.wait_for(poll, 2)
    assert update.message is not None
    assert update.message.text == "eccomi"


async def test_a_poll_without_patience_comes_back_empty(bot: telegram.Bot) -> None:
    assert await bot.get_updates(timeout=0) == ()


async def test_a_second_poll_ends_the_first(
    tg: Telegram, bot: telegram.Bot, http: aiohttp.ClientSession, marco: Person
) -> None:
    (start,) = await bot.get_updates()
    first = asyncio.create_task(bot.get_updates(offset=start.update_id + 1, timeout=30))
    await tg.until(lambda: len(tg.updates) == 0)
    second = asyncio.create_task(http.get("/bot1:T/getUpdates?timeout=30"))
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await asyncio.wait_for(first, 2)
    tg.say(marco, "ciao")
    answer = await asyncio.wait_for(second, 2)
    assert len((await answer.json())["result"]) == 1


async def test_only_wanted_kinds_are_kept(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    tg.say(marco, "non interessa")
    tg.tap(marco, 1, "x")
    kinds = [update.callback_query is not None for update in await bot.get_updates()]
    assert kinds == [False, True]  # what came before the wish is still delivered


async def test_raw_updates_come_as_they_are_even_twice(tg: Telegram, bot: telegram.Bot, marco: Person) -> None:
    (start,) = await bot.get_updates()
    raw = {"update_id": start.update_id, "message": {"nonsense": True}}
    await bot.get_updates(offset=start.update_id + 1)
    tg.updates.put_raw(raw)
    tg.updates.put_raw(raw)
    assert await bot.do_api_request("getUpdates", {"offset": start.update_id + 1}) == [raw, raw]
    assert await bot.do_api_request("getUpdates", {"offset": start.update_id + 1}) == []


async def test_ids_grow_over_a_restart_without_a_store(marco: Person, bot: telegram.Bot) -> None:
    (before,) = await bot.get_updates()
    async with Telegram("1:T", now=lambda: 0.0) as later:
        later.start(later.add_person("Marco"))
        assert later.updates.waiting()[0]["update_id"] >= before.update_id


# the webhook

Receiver = Callable[[web.Request], Awaitable[web.Response]]


class Hook:
    """A bot's web server: what it was sent, and what it answers (200 when nothing is planned)."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.secrets: set[str | None] = set()
        self.answers: list[int] = []
        self.reply: dict[str, Any] | None = None
        self.hold: asyncio.Event | None = None
        self.at_once = self.most_at_once = 0
        self.three_at_once = asyncio.Event()
        self.url = ""

    async def receive(self, request: web.Request) -> web.Response:
        self.secrets.add(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        update = await request.json()
        status = self.answers.pop(0) if self.answers else 200
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.at_once == 3:
            self.three_at_once.set()
        if self.hold:
            await self.hold.wait()
        self.at_once -= 1
        if status == 200:
            self.taken.append(update)
        return web.json_response(self.reply) if self.reply else web.Response(status=status)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


def said(hook: Hook) -> list[str]:
    return [update["message"]["text"] for update in hook.taken]


async def test_the_webhook_gets_what_waited_and_what_comes(
    tg: Telegram, marco: Person, bot: telegram.Bot, hook: Hook
) -> None:
    await bot.set_webhook(hook.url, secret_token="s3cret_-", max_connections=5)
    tg.say(marco, "uno")
    await tg.until(lambda: not len(tg.updates))
    assert said(hook) == ["/start", "uno"]
    assert hook.secrets == {"s3cret_-"}
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count, info.max_connections) == (hook.url, 0, 5)


async def test_the_webhook_is_repeated_until_it_takes_the_update(
    tg: Telegram, marco: Person, bot: telegram.Bot, hook: Hook
) -> None:
    hook.answers = [500, 404, 302]
    await bot.set_webhook(hook.url)
    tg.say(marco, "uno")
    await tg.until(lambda: not len(tg.updates))
    assert said(hook) == ["/start", "uno"]
    assert tg.updates.deliveries == 5
    info = await bot.get_webhook_info()
    assert (info.last_error_message or "").startswith("Wrong response from the webhook: 302")


async def test_chats_are_served_at_the_same_time_each_in_order(tg: Telegram, bot: telegram.Bot, hook: Hook) -> None:
    people = [tg.add_person(f"P{number}") for number in range(6)]
    hook.hold = asyncio.Event()
    await bot.set_webhook(hook.url, max_connections=3)
    for text in ("a", "b", "c"):
        for person in people:
            tg.say(person, text)
    await asyncio.wait_for(hook.three_at_once.wait(), 2)
    hook.hold.set()
    await tg.until(lambda: not len(tg.updates))
    assert hook.most_at_once == 3
    for person in people:
        theirs = [update["message"]["text"] for update in hook.taken if update["message"]["chat"]["id"] == person.id]
        assert theirs == ["a", "b", "c"]


async def test_polling_and_webhook_exclude_each_other(
    tg: Telegram, bot: telegram.Bot, hook: Hook, marco: Person
) -> None:
    (start,) = await bot.get_updates()
    poll = asyncio.create_task(bot.get_updates(offset=start.update_id + 1, timeout=30))
    await tg.until(lambda: not len(tg.updates))
    await bot.set_webhook(hook.url)
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await asyncio.wait_for(poll, 2)
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    tg.say(marco, "di nuovo")
    assert len(await bot.get_updates()) == 1
    assert hook.taken == []


async def test_dropping_what_waits(tg: Telegram, bot: telegram.Bot, hook: Hook, marco: Person) -> None:
    await bot.set_webhook(hook.url, drop_pending_updates=True)
    tg.say(marco, "dopo")
    await tg.until(lambda: not len(tg.updates))
    assert said(hook) == ["dopo"]
    await bot.delete_webhook()
    tg.say(marco, "mai")
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()


async def test_a_method_in_the_answer_is_called(tg: Telegram, bot: telegram.Bot, hook: Hook, marco: Person) -> None:
    hook.reply = {"method": "sendMessage", "chat_id": marco.id, "text": "dal webhook"}
    await bot.set_webhook(hook.url)
    await tg.until(lambda: tg.from_bot(marco))
    assert tg.last(marco).text == "dal webhook"
    assert not tg.log("sendMessage")[0].answered


async def test_bad_webhooks_are_refused(bot: telegram.Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)unallowed characters"):
        await bot.set_webhook("https://x.org", secret_token="a b")
    with pytest.raises(BadRequest, match=r"(?i)bad webhook"):
        await bot.set_webhook("nowhere")
