"""The real Rasa with the real model: started, asked in four languages, judged, killed.

Needs Rasa's environment; trains the model first when its sources have changed.
"""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio
import uvicorn
from starlette.types import Receive, Scope, Send

from bot.messages import Do
from bot.words.actions import create_app
from bot.words.client import PATH, State, Understood, Words, WordsUnavailable
from bot.words.server import HEALTH_PATH, RasaServer
from bot.words.train import train
from tests.nlu.phrases import LANGUAGES, evaluated_on

pytestmark = [pytest.mark.rasa, pytest.mark.xdist_group("rasa"), pytest.mark.asyncio(loop_scope="module")]

ANSWERED = {
    "consent": True,
    "name": "Marco",
    "role": "worker",
    "age_band": "50-59",
    "languages": ["it"],
    "city": 3181928,
    "sector": "bakery",
    "topics": ["instagram"],
}
ORDER = ("consent", "name", "role", "age_band", "languages", "city", "sector", "topics", "times")


@dataclass
class Road:
    """Everything between a message and its meaning."""

    rasa: RasaServer
    words: Words
    down: asyncio.Event
    broken: bool = False

    async def say(self, text: str, language: str, asked: str | None = None, sender: str = "p1") -> Understood:
        known = {slot: ANSWERED[slot] for slot in ORDER[: ORDER.index(asked)]} if asked else {}
        form = "onboarding_form" if asked else None
        state = State(language, "worker" if asked else "", form, asked, known)
        return await self.words.understand(text, sender=sender, state=state)

    async def meant(self, *args: str | None) -> list[tuple[str, ...]]:
        understood = await self.say(*args)  # type: ignore[arg-type]
        return [(do.what, *do.args) for do in understood.do]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def road() -> AsyncIterator[Road]:
    await asyncio.to_thread(train)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    down = asyncio.Event()

    async def pause(seconds: float) -> None:
        down.set()
        await asyncio.sleep(seconds)

    url = f"http://127.0.0.1:{listener.getsockname()[1]}/webhook"
    rasa = RasaServer(actions_url=url, every_s=0.2, pause=pause)
    road = Road(rasa, Words(lambda: rasa.url, rasa.token, timeout_s=20.0), down)
    actions = create_app(rasa.actions_token)

    async def breakable(scope: Scope, receive: Receive, send: Send) -> None:
        if road.broken:
            raise RuntimeError("broken on purpose")
        await actions(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(breakable, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve([listener]))
    await rasa.start()
    await asyncio.wait_for(rasa.ready.wait(), 120)
    yield road
    await road.words.close()
    await rasa.stop()
    server.should_exit = True
    await serving


@pytest.mark.parametrize(
    ("language", "text", "what"),
    [
        ("en", "can we meet next Tuesday at 3", "meetings:book"),
        ("it", "vorrei le lezioni la sera", "lessons:time"),
        ("de", "warum gerade sie?", "matching:why"),
        ("es", "borre mi cuenta por favor", "people:forget"),
        ("en", "how do I put my shop on Google Maps", "lessons:how"),
        ("it", "sì, va bene", "screen:affirm"),
        ("de", "erzähl mir einen Witz über Katzen", "people:outside"),
        ("es", "no se presentó nadie", "meetings:noshow"),
    ],
)
async def test_words_outside_a_form(road: Road, language: str, text: str, what: str) -> None:
    assert await road.meant(text, language) == [(what, text)]


@pytest.mark.parametrize(
    ("language", "text", "meant"),
    [
        ("en", "in German please", [("people:language", "de", "in German please")]),
        (
            "es",
            "quiero inscribirme como formadora",
            [("onboarding:start", "trainer", "quiero inscribirme como formadora")],
        ),
        ("en", "😀😀😀", [("people:unclear", "😀😀😀")]),
        ("en", "ゆびわ", [("people:unclear", "ゆびわ")]),
        ("it", "👍", [("screen:affirm", "👍")]),
    ],
)
async def test_what_else_is_read(road: Road, language: str, text: str, meant: list[tuple[str, ...]]) -> None:
    assert await road.meant(text, language) == meant


async def test_no_one_can_name_an_intent_by_a_slash(road: Road) -> None:
    understood = await road.say("/restart", "en")
    assert understood.do
    understood = await road.say('/forget_me{"city": "Rome"}', "en")
    assert understood.confidence < 1


@pytest.mark.parametrize("text", ["", " ", "\x00", "/", "//", "a" * 5000, "🎉" * 900, "مرحبا", "{}", "[x](city)"])
async def test_strange_messages_get_an_answer(road: Road, text: str) -> None:
    assert (await road.say(text, "en")).do
    assert (await road.say(text, "en", "sector")).do


@pytest.mark.parametrize(
    ("language", "asked", "text", "given"),
    [
        ("en", "city", "I live in Leeds", [("city", "Leeds")]),
        ("it", "name", "mi chiamo Giulia", [("name", "Giulia")]),
        ("de", "sector", "Zum Goldenen Löffel", [("sector", "Zum Goldenen Löffel")]),
        ("es", "topics", "Instagram y anuncios", [("topics", "Instagram y anuncios")]),
        ("en", "consent", "yes, I agree", [("consent", "yes, I agree")]),
        ("it", "age_band", "58 anni", [("age_band", "58 anni")]),
        ("de", "languages", "Deutsch und Englisch", [("languages", "Deutsch und Englisch")]),
        ("es", "times", "los martes por la tarde", [("times", "los martes por la tarde")]),
    ],
)
async def test_an_answer_in_the_form(
    road: Road, language: str, asked: str, text: str, given: list[tuple[str, str]]
) -> None:
    *answers, ask = (await road.say(text, language, asked)).do
    assert answers == [Do("onboarding:answer", one) for one in given]
    assert ask.what == "onboarding:ask"


async def test_several_answers_in_one_message(road: Road) -> None:
    understood = await road.say("ho una panetteria a Bologna e vorrei imparare Instagram", "it", "city")
    assert [do.args[:2] for do in understood.do if do.what == "onboarding:answer"] == [
        ("city", "Bologna"),
        ("sector", "panetteria"),
        ("topics", "Instagram"),
    ]


@pytest.mark.parametrize(
    ("language", "text", "what"),
    [
        ("en", "why do you ask?", "people:why"),
        ("it", "aiuto", "people:help"),
        ("de", "ich möchte mit einem Menschen sprechen", "threads:ask"),
        ("es", "¿podemos hablar en inglés?", "people:language"),
        ("en", "what do you know about me", "people:mydata"),
        ("it", "cancelli il mio account", "people:forget"),
        ("de", "bist du ein Roboter?", "people:robot"),
        ("es", "gracias", "people:thanks"),
        ("en", "hello", "people:hello"),
    ],
)
async def test_a_digression_is_answered_and_the_question_asked_again(
    road: Road, language: str, text: str, what: str
) -> None:
    for asked in ("name", "city", "sector"):
        assert [do.what for do in (await road.say(text, language, asked)).do] == [what, "onboarding:ask"]


@pytest.mark.parametrize(
    ("language", "text", "what"),
    [
        ("en", "go back", "onboarding:back"),
        ("it", "torna indietro", "onboarding:back"),
        ("de", "ich möchte jetzt aufhören", "onboarding:stop"),
        ("es", "quiero parar", "onboarding:stop"),
        ("en", "start again", "onboarding:restart"),
        ("de", "noch einmal von vorn", "onboarding:restart"),
        ("it", "arrivederci", "people:bye"),
    ],
)
async def test_ways_out_of_the_form(road: Road, language: str, text: str, what: str) -> None:
    assert [do.what for do in (await road.say(text, language, "city")).do] == [what]


@pytest.mark.parametrize(("text", "what"), [("go back", "screen:back"), ("stop", "screen:stop")])
async def test_the_same_words_outside_the_form(road: Road, text: str, what: str) -> None:
    assert await road.meant(text, "en") == [(what, text)]


async def test_nothing_is_kept_from_turn_to_turn(road: Road) -> None:
    await road.say("Bologna", "it", "city")
    assert (await road.say("Bologna", "it")).do[0].what == "onboarding:suggest"
    assert (await road.say("Bologna", "it", "name")).do[0].args == ("name", "Bologna")


async def test_many_at_once_are_not_mixed_up(road: Road) -> None:
    names = [f"Name{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(60)]
    heard = await asyncio.gather(*(road.say(f"my name is {name}", "en", "name", "p1") for name in names))
    assert [understood.do[0].what for understood in heard] == ["onboarding:answer"] * 60
    assert all(name in understood.do[0].args[1] for name, understood in zip(names, heard, strict=True))


async def test_a_failing_action_is_a_failure_not_silence(road: Road) -> None:
    road.broken = True
    try:
        for asked in (None, "city"):
            with pytest.raises(WordsUnavailable, match="500"):
                await road.say("hello", "en", asked)
    finally:
        road.broken = False
        road.words.breaker.succeeded()
    assert (await road.say("hello", "en")).do == (Do("people:hello", ("hello",)),)


async def post(road: Road, body: object, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(road.rasa.url + PATH, json=body, headers=headers) as answer,
    ):
        return answer.status


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        None,
        {"sender": "p1"},
        {"sender": "", "message": "hi"},
        {"sender": "p1", "message": 7},
        {"sender": "p1", "message": "hi", "state": []},
        {"sender": "p1", "message": "hi", "state": {"answers": ["Marco"]}},
        {"sender": "p1", "message": "hi", "state": {"form": "tax_form"}},
        {"sender": "p1", "message": "hi", "state": {"form": "onboarding_form", "asked": "shoe_size"}},
    ],
)
async def test_a_request_that_is_none_is_refused(road: Road, body: object) -> None:
    assert await post(road, body, road.rasa.token) == 400


async def test_only_the_bearer_of_the_token_is_answered(road: Road) -> None:
    turn = {"sender": "p1", "message": "hi", "state": {}}
    assert await post(road, turn, road.rasa.token) == 200
    assert await post(road, turn, "guess") == 401
    assert await post(road, turn, "") == 401


async def test_answers_that_rasa_has_no_slot_for_do_no_harm(road: Road) -> None:
    state = State("en", "worker", "onboarding_form", "name", {"consent": True, "picked": {"topics": ["ai"]}})
    understood = await road.words.understand("Tom", sender="p1", state=state)
    assert understood.do[0] == Do("onboarding:answer", ("name", "Tom"))


# What was measured when the model was made, less two or three points: a floor, not a wish.
RIGHT_INTENTS = {"en": 0.96, "it": 0.93, "de": 0.95, "es": 0.95}
RIGHT_ENTITIES = {"en": 0.92, "it": 0.92, "de": 0.93, "es": 0.93}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_how_much_is_understood(road: Road, language: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An intent that falls below the threshold counts as wrong; an entity is found when label and place overlap."""
    right = found = missed = invented = 0
    phrases = evaluated_on(language)
    at_once = asyncio.Semaphore(20)  # Rasa answers twice as many in a second when several ask

    async def ask(text: str) -> Understood:
        async with at_once:
            return await road.say(text, language)

    heard = await asyncio.gather(*(ask(phrase.text) for phrase in phrases))
    for phrase, understood in zip(phrases, heard, strict=True):
        right += understood.intent == phrase.intent
        seen = [(one.entity, one.start, one.end) for one in understood.entities]
        hits = [true for true in phrase.entities if any(overlap(true, one) for one in seen)]
        found += len(hits)
        missed += len(phrase.entities) - len(hits)
        invented += sum(not any(overlap(one, true) for true in phrase.entities) for one in seen)
    intents, entities = right / len(phrases), 2 * found / (2 * found + missed + invented)
    with capsys.disabled():
        print(f"\n{language}: {len(phrases)} messages, intents {intents:.3f} right, entities F1 {entities:.3f}")
    assert intents >= RIGHT_INTENTS[language]
    assert entities >= RIGHT_ENTITIES[language]


def overlap(one: tuple[str, int, int], other: tuple[str, int, int]) -> bool:
    return one[0] == other[0] and one[1] < other[2] and other[1] < one[2]


async def test_killed_it_comes_back_by_itself(road: Road) -> None:
    """Last, because it takes a start of Rasa."""
    pid, starts = road.rasa.pid, road.rasa.starts
    assert pid is not None
    road.down.clear()
    os.kill(pid, signal.SIGKILL)
    await asyncio.wait_for(road.down.wait(), 30)
    with pytest.raises(WordsUnavailable):
        await road.say("hello", "en")
    await asyncio.wait_for(road.rasa.ready.wait(), 120)
    road.words.breaker.succeeded()
    assert (await road.say("hello", "en")).do == (Do("people:hello", ("hello",)),)
    assert road.rasa.starts == starts + 1
    async with aiohttp.ClientSession() as session, session.get(road.rasa.url + HEALTH_PATH) as health:
        assert (await health.json())["status"] == "ok"
