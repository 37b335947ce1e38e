"""Stops and crashes: what was said is done at the next start, in order, once."""

import asyncio

import db.inbox
from bench.bots import start_warm
from bench.crash import crash
from bot.channels.telegram.receive import received
from db.migrate import upgrade_async
from simulator import Telegram
from tests.app import TOKEN, Phone, app_on, until
from tests.turn.conftest import inbox
from tests.turn.test_turns import HELP, LANGUAGE, MENU, message


async def test_what_was_undone_is_done_at_the_start_in_order_and_once(database_url: str) -> None:
    async with Telegram(token=TOKEN) as tg:
        async with app_on(tg, database_url) as house:
            phones = [await house.joined("worker", "Marco"), await house.joined("trainer", "Aisha")]
            await phones[0].say("/menu")
            waiting = []
            for number, words in enumerate(["/help", "/menu", "/language", "/menu"] * 3):
                chat = phones[number % 2].person.id
                update = received({"update_id": 900_000_000 + number, "message": message(chat, words)})
                assert update is not None
                waiting.append(update)
            async with house.write() as session:  # kept and acknowledged, and then the power went
                await db.inbox.put(session, "telegram", waiting, house.app.clock.now())
        async with app_on(tg, database_url) as house:
            await house.idle()
            marco, aisha = (Phone(house, phone.person) for phone in phones)
            assert [text[:20] for text in marco.texts] == [MENU[:20]] + [HELP[:20], LANGUAGE[:20]] * 3
            assert aisha.texts == [MENU] * 6
            assert all(row.state == "done" for row in await inbox(house))
            recovered = [line for line in house.log if line["event"] == "inbox.recovered"]
            assert [line["turns"] for line in recovered] == [12]
        async with app_on(tg, database_url) as house:
            await house.idle()
            assert len(Phone(house, phones[1].person).texts) == 6
            assert not [line for line in house.log if line["event"] == "inbox.recovered"]


async def test_what_is_said_while_the_programme_is_away_is_answered_when_it_is_back(database_url: str) -> None:
    async with Telegram(token=TOKEN) as tg:
        async with app_on(tg, database_url) as house:
            marco = await house.joined("worker", "Marco")
        tg.say(marco.person, "/help")
        tg.say(marco.person, "/menu")
        async with app_on(tg, database_url) as house:
            await house.idle()
            assert Phone(house, marco.person).last == MENU
            assert len(Phone(house, marco.person).texts) == 2


async def test_an_orderly_stop_waits_for_the_turn_that_has_begun_and_keeps_the_others(database_url: str) -> None:
    async with Telegram(token=TOKEN) as tg:
        async with app_on(tg, database_url) as house:
            marco = await house.joined("worker", "Marco")
            begun, go_on = asyncio.Event(), asyncio.Event()
            turn = house.app.turns._turn

            async def slowly(*args: object) -> None:
                begun.set()
                await go_on.wait()
                await turn(*args)  # type: ignore[arg-type]

            house.app.turns._turn = slowly  # type: ignore[method-assign]
            for words in ("/help", "/menu", "/menu"):
                tg.say(marco.person, words)
            await begun.wait()
            await tg.drained()
            stopping = asyncio.create_task(house.app.turns.stop())
            await until(lambda: house.app.turns._stopping)
            go_on.set()
            await stopping
            assert [row.state for row in await inbox(house)] == ["done", "pending", "pending"]
        async with app_on(tg, database_url) as house:
            await house.idle()
            assert [text[:20] for text in Phone(house, marco.person).texts] == [HELP[:20], MENU[:20], MENU[:20]]


async def test_onboarding_goes_on_at_the_next_question_after_a_restart(database_url: str) -> None:
    async with Telegram(token=TOKEN) as tg:
        async with app_on(tg, database_url) as house:
            marco = house.phone("Marco")
            await marco.start()
            await marco.tap("Yes, let's start")
            await marco.say("Marco")
        async with app_on(tg, database_url) as house:
            again = Phone(house, marco.person)
            assert "How old are you?" in await again.tap("I would like to learn")


async def test_kill_9_at_random_moments_loses_nothing_and_doubles_nothing(database_url: str) -> None:
    """The real programme in processes of its own. `uncertain` are the rows that a kill found on their way."""
    await upgrade_async(database_url)
    found = await crash(database_url, turns=50, kills=5, born=start_warm)
    assert (found.turns, found.kills, found.set_aside) == (50, 5, 0)
    assert (found.lost, found.doubled) == (0, 0), str(found)
    assert found.sent_twice <= found.uncertain
