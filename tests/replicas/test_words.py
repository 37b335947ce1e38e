"""Two apps and two Rasas, all real processes: one of each is killed in the middle of a conversation in words."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

import db.people
from bench.bots import TOKEN, free_port, start_warm
from bench.crash import rest
from bench.replicas import Door, one_leads, replicas
from bot.words.server import RasaServer
from bot.words.train import train
from db.engine import Database
from db.migrate import upgrade_async
from simulator import Telegram
from tests.story.speech import SPEECH

pytestmark = [pytest.mark.rasa, pytest.mark.xdist_group("rasa"), pytest.mark.timeout(600)]

SECRET = "one-token-for-both-ways"
QUESTIONS = ("What is your name?", "What would you like to do here?", "How old are you?")


async def never(_seconds: float) -> None:
    """Who is killed stays dead."""
    await asyncio.Event().wait()


@asynccontextmanager
async def two_rasas(actions: Door) -> AsyncIterator[list[RasaServer]]:
    async with AsyncExitStack() as stack:
        both = [
            RasaServer(actions_url=f"{actions.url}/webhook", token=SECRET, actions_token=SECRET, pause=never)
            for _ in range(2)
        ]
        for one in both:
            stack.push_async_callback(one.stop)
            await one.start()
        await asyncio.gather(*(asyncio.wait_for(one.ready.wait(), 240) for one in both))
        yield both


async def test_a_conversation_in_words_goes_on_when_an_app_and_a_rasa_are_killed(shared_url: str) -> None:
    await asyncio.to_thread(train, say=lambda _line: None)
    await upgrade_async(shared_url)
    en, database = SPEECH["en"], Database(shared_url)
    ports = [free_port(), free_port()]
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        tg = await stack.enter_async_context(Telegram(token=TOKEN))
        actions = await stack.enter_async_context(Door(ports).opened())
        rasas = await stack.enter_async_context(two_rasas(actions))
        understanding = await stack.enter_async_context(
            Door([int(one.url.rpartition(":")[2]) for one in rasas]).opened()
        )
        numbers = iter(ports)

        def born(telegram: str, database_url: str, /, **more: str):
            more |= {"RASA_URL": understanding.url, "RASA_TOKEN": SECRET, "ACTIONS_PORT": str(next(numbers))}
            return start_warm(telegram, database_url, **more)

        door, lives = await stack.enter_async_context(replicas(tg, shared_url, born=born))
        leader = await one_leads(list(lives))
        graham = tg.add_person("Graham", "en")

        async def say(*lines: str) -> str:
            for line in lines:
                tg.say(graham, line)
                await rest(tg, database)
            return tg.last(graham).text

        tg.start(graham)
        await rest(tg, database)
        for line, question in zip((en.yes, en.worker_name, en.learn), QUESTIONS, strict=True):
            assert question in await say(line)
        assert all(understanding.answered[port] for port in understanding.ports), "both are asked"
        assert all(actions.answered[port] for port in actions.ports), "and call both back"

        before = understanding.answered[understanding.ports[1]]
        tg.say(graham, en.worker_age)
        await lives[leader].kill()
        victim = rasas[0].pid
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        await rest(tg, database)
        assert "Which languages can you meet in?" in tg.last(graham).text
        await say(en.languages, en.town, en.trade, en.learns, en.worker_times)

        (other,) = set(lives) - {leader}
        assert await one_leads([other]) == other
        assert door.answered[other]
        async with database.read() as session:
            person = await db.people.by_address(session, "telegram", str(graham.id))
        assert person is not None
        assert person.joined_at is not None, [kept.text for kept in tg.from_bot(graham)][-3:]
        assert (person.name, person.role, person.age_band, person.city) == ("Graham", "worker", "50-59", "Leeds")
        assert {"instagram", "facebook"} <= set(person.topics)
        texts = [kept.text for kept in tg.from_bot(graham)]
        assert not [text for text in texts if "only follow buttons" in text], "no words went unheard"
        assert understanding.answered[understanding.ports[1]] >= before + 5
