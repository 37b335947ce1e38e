"""The start and the stop: what Telegram may do meanwhile, and the webhook in place of polling."""

import asyncio
import time

import pytest

from bot.app import Twogether
from bot.errors import Misconfigured
from simulator import Telegram
from tests.app import TOKEN, app_on, settings_for
from tests.turn.test_turns import MENU


async def test_a_refused_token_ends_the_start_with_one_sentence(database_url: str) -> None:
    async with Telegram(token="2:OTHER") as tg:
        app = Twogether(settings_for(tg, database_url), with_rasa=False)
        with pytest.raises(Misconfigured, match="TWOGETHER_TELEGRAM_TOKEN was refused") as refused:
            await app.start()
        assert TOKEN not in str(refused.value)
        await app.stop()


@pytest.mark.parametrize("method", ["getMe", "setMyCommands", "deleteWebhook"])
async def test_telegram_may_be_away_at_the_start(database_url: str, method: str) -> None:
    async with Telegram(token=TOKEN) as tg:
        tg.fault("500", method=method, times=1)
        async with app_on(tg, database_url) as house:
            marco = await house.joined("worker", "Marco")
            assert await marco.say("/menu") == MENU
            assert [line["event"] for line in house.log].count("telegram.unreachable") == 1


async def test_told_to_wait_at_the_start_it_waits_exactly_so_long(database_url: str) -> None:
    async with Telegram(token=TOKEN) as tg:
        tg.fault("429", method="setMyCommands", times=1, retry_after=2)
        async with app_on(tg, database_url) as house:
            marco = await house.joined("worker", "Marco")
            assert await marco.say("/menu") == MENU
            (line,) = [line for line in house.log if line["event"] == "telegram.unreachable"]
            assert line["again_in_s"] == 2.0
        assert tg.faults.bans_ignored == 0


async def test_a_start_that_waits_for_telegram_can_be_stopped(database_url: str) -> None:
    async with Telegram(token=TOKEN) as tg:
        tg.fault("500", method="getMe")
        app = Twogether(settings_for(tg, database_url), with_rasa=False)
        starting = asyncio.create_task(app._log_in())
        await tg.until(lambda: tg.log("getMe"))
        app.stopping.set()
        async with asyncio.timeout(2):
            await starting
        await app.stop()


async def test_a_stop_does_not_sit_out_the_long_poll(database_url: str) -> None:
    async with Telegram(token=TOKEN) as tg:
        async with app_on(tg, database_url) as house:
            marco = await house.joined("worker", "Marco")
            await marco.say("/menu")
            began = time.monotonic()
        assert time.monotonic() - began < 5


async def test_the_webhook_brings_every_update_once_and_in_order(database_url: str, unused_tcp_port: int) -> None:
    async with (
        Telegram(token=TOKEN) as tg,
        app_on(
            tg,
            database_url,
            port=unused_tcp_port,
            telegram_webhook_url=f"http://127.0.0.1:{unused_tcp_port}/webhook",
            telegram_webhook_secret="s3cret",
        ) as house,
    ):
        people = [await house.joined("worker", f"P{number}") for number in range(5)]
        for _ in range(10):
            for one in people:
                tg.say(one.person, "/menu")
                tg.say(one.person, "/language")
        await house.idle()
        for one in people:
            assert [text[:5] for text in one.texts] == [MENU[:5], "Which"] * 10
        assert not tg.log("getUpdates")
        assert tg.updates.webhook.secret_token == "s3cret"


async def test_the_log_names_nobody_and_nothing_that_was_said(database_url: str) -> None:
    async with Telegram(token=TOKEN) as tg, app_on(tg, database_url) as house:
        marco = house.phone("Marcobaleno", "it", username="marco_bakes")
        await marco.start("a-forged-payload")
        await marco.start()
        await marco.tap_data("onboarding:pick:consent:yes")
        await marco.say("Marcobaleno Rossi, via Zamboni 12")
        await marco.tap_data("no:such:thing")
        house.tg.block(marco.person)
        await house.idle()
        written = str(house.log)
    for secret in ("Marcobaleno", "Zamboni", "marco_bakes", "forged-payload", TOKEN):
        assert secret not in written
