"""The road to Rasa, against a small real server that behaves and misbehaves."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.messages import Do
from bot.words.client import LONGEST, PATH, Breaker, Entity, State, Understood, Words, WordsUnavailable

ANSWER = {
    "intent": {"name": "decline_match", "confidence": 0.91},
    "entities": [{"entity": "person_name", "value": "Marco", "start": 4, "end": 9}],
    "do": [{"what": "matching:decline", "args": ["not Marco"]}],
    "error": None,
}
STATE = State("it", "worker", "onboarding_form", "city", {"name": "Marco"})


class Rasa:
    """Answers every turn with `reply`, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.reply: Callable[[], Any] = lambda: web.json_response(ANSWER)
        self.url = ""

    async def turn(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.headers["Authorization"], await request.json()))
        reply = self.reply()
        if reply is None and request.transport:  # as a process that is killed
            request.transport.close()
            return web.Response()
        return await reply if asyncio.iscoroutine(reply) else reply


@pytest.fixture
async def rasa() -> AsyncIterator[Rasa]:
    fake = Rasa()
    app = web.Application()
    app.router.add_post(PATH, fake.turn)
    async with TestServer(app) as server:
        fake.url = str(server.make_url("")).rstrip("/")
        yield fake


class Watch:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def words(rasa: Rasa, watch: Watch) -> AsyncIterator[Words]:
    opened = Words(lambda: rasa.url, "secret", now=watch, timeout_s=0.2)
    yield opened
    await opened.close()


async def fails(words: Words) -> str:
    with pytest.raises(WordsUnavailable) as failure:
        await words.understand("not Marco", sender="p1", state=STATE)
    return str(failure.value)


async def test_a_message_becomes_what_to_do(rasa: Rasa, words: Words) -> None:
    understood = await words.understand(" not Marco ", sender="p1", state=STATE)

    assert understood == Understood(
        "decline_match",
        0.91,
        (Entity("person_name", "Marco", 4, 9),),
        (Do("matching:decline", ("not Marco",)),),
    )
    assert rasa.asked == [
        (
            "Bearer secret",
            {
                "sender": "p1",
                "message": "not Marco",
                "state": {
                    "language": "it",
                    "role": "worker",
                    "form": "onboarding_form",
                    "asked": "city",
                    "answers": {"name": "Marco"},
                },
            },
        )
    ]


async def test_a_long_message_is_cut(rasa: Rasa, words: Words) -> None:
    await words.understand("a" * 4096, sender="p1", state=STATE)
    assert rasa.asked[0][1]["message"] == "a" * LONGEST


async def test_half_an_emoji_does_not_stop_the_message(rasa: Rasa, words: Words) -> None:
    await words.understand("hi \ud83d there \x00", sender="p1", state=STATE)
    assert rasa.asked[0][1]["message"] == "hi ? there \x00"


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        None,
        "yes",
        {**ANSWER, "do": []},
        {**ANSWER, "do": None},
        {**ANSWER, "do": [{"args": []}]},
        {**ANSWER, "intent": {"name": "greet", "confidence": "high"}},
        {**ANSWER, "entities": [{"entity": "city"}]},
        {**ANSWER, "error": "an action failed"},
    ],
)
async def test_an_answer_that_says_nothing_is_a_failure(rasa: Rasa, words: Words, body: Any) -> None:
    rasa.reply = lambda: web.json_response(body)
    await fails(words)


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
async def test_a_refusal_is_a_failure(rasa: Rasa, words: Words, status: int) -> None:
    rasa.reply = lambda: web.json_response(ANSWER, status=status)
    assert await fails(words) == f"Rasa answered {status}"


async def test_an_answer_that_is_no_json_is_a_failure(rasa: Rasa, words: Words) -> None:
    rasa.reply = lambda: web.Response(text="{", content_type="application/json")
    assert "JSONDecodeError" in await fails(words)


async def test_nobody_waits_longer_than_the_time_limit(rasa: Rasa, words: Words) -> None:
    never = asyncio.Event()

    async def wait() -> web.Response:
        await never.wait()
        return web.Response()

    rasa.reply = wait
    assert "TimeoutError" in await fails(words)
    never.set()


async def test_a_server_that_is_away_is_a_failure(words: Words, rasa: Rasa) -> None:
    rasa.url = "http://127.0.0.1:1"
    assert "ClientConnectorError" in await fails(words)


async def test_before_rasa_is_ready_nothing_is_asked_and_nothing_is_held_against_it(rasa: Rasa, words: Words) -> None:
    url, rasa.url = rasa.url, ""
    for _ in range(5):
        assert await fails(words) == "Rasa is not ready"
    rasa.url = url
    assert (await words.understand("ciao", sender="p1", state=STATE)).intent == "decline_match"


async def test_after_three_failures_rasa_is_left_alone_then_tried_once(rasa: Rasa, words: Words, watch: Watch) -> None:
    rasa.reply = lambda: web.Response(status=500)
    for _ in range(3):
        await fails(words)
    assert len(rasa.asked) == 3
    assert "left alone" in await fails(words)
    assert len(rasa.asked) == 3

    watch.now += 10.0
    await fails(words)  # the one that tries
    assert len(rasa.asked) == 4
    assert "left alone" in await fails(words)

    watch.now += 10.0
    rasa.reply = lambda: web.json_response(ANSWER)
    assert (await words.understand("ciao", sender="p1", state=STATE)).intent == "decline_match"
    assert (await words.understand("ciao", sender="p1", state=STATE)).intent == "decline_match"


async def test_two_failures_and_a_success_start_the_count_again(rasa: Rasa, words: Words) -> None:
    for _ in range(3):
        rasa.reply = lambda: web.Response(status=500)
        await fails(words)
        await fails(words)
        rasa.reply = lambda: web.json_response(ANSWER)
        await words.understand("ciao", sender="p1", state=STATE)
    assert len(rasa.asked) == 9


async def test_while_one_tries_the_others_do_not(rasa: Rasa, words: Words, watch: Watch) -> None:
    rasa.reply = lambda: web.Response(status=500)
    for _ in range(3):
        await fails(words)
    watch.now += 10.0
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> web.Response:
        arrived.set()
        await go_on.wait()
        return web.json_response(ANSWER)

    rasa.reply = slowly
    trying = asyncio.create_task(words.understand("ciao", sender="p1", state=STATE))
    await arrived.wait()
    assert "left alone" in await fails(words)
    go_on.set()
    assert (await trying).intent == "decline_match"
    assert not words.breaker.is_open


async def test_a_try_that_is_called_off_lets_the_next_one_try(rasa: Rasa, words: Words, watch: Watch) -> None:
    rasa.reply = lambda: web.Response(status=500)
    for _ in range(3):
        await fails(words)
    watch.now += 10.0
    arrived, never = asyncio.Event(), asyncio.Event()

    async def slowly() -> web.Response:
        arrived.set()
        await never.wait()
        return web.Response()

    rasa.reply = slowly
    trying = asyncio.create_task(words.understand("ciao", sender="p1", state=STATE))
    await arrived.wait()
    trying.cancel()
    await asyncio.gather(trying, return_exceptions=True)
    never.set()

    watch.now += 10.0
    rasa.reply = lambda: web.json_response(ANSWER)
    assert (await words.understand("ciao", sender="p1", state=STATE)).intent == "decline_match"


async def test_closing_and_asking_again_works(rasa: Rasa, words: Words) -> None:
    await words.understand("ciao", sender="p1", state=STATE)
    await words.close()
    await words.understand("ciao", sender="p1", state=STATE)
    assert len(rasa.asked) == 2


async def test_no_word_reaches_the_log(rasa: Rasa, words: Words, capsys: pytest.CaptureFixture[str]) -> None:
    rasa.reply = lambda: web.json_response({"error": "Marco said Bologna"})
    with pytest.raises(WordsUnavailable) as failure:
        await words.understand("my name is Marco", sender="p77", state=STATE)
    printed = "".join(capsys.readouterr())
    assert "p77" in printed
    assert "Marco" not in printed + str(failure.value)
    assert "Bologna" not in printed + str(failure.value)


def test_the_breaker_counts_only_failures_in_a_row(watch: Watch) -> None:
    breaker = Breaker(watch, failures=2, rest_s=5)
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.let_through()
    breaker.failed()
    assert not breaker.let_through()
    watch.now += 5
    assert breaker.let_through()
    assert not breaker.let_through()


async def test_a_connection_that_breaks_is_no_answer_and_another_rasa_is_asked_once_more(
    rasa: Rasa, words: Words
) -> None:
    replies = iter([None, web.json_response(ANSWER), None, None])
    rasa.reply = lambda: next(replies)
    assert (await words.understand("not Marco", sender="p1", state=STATE)).intent == "decline_match"
    assert len(rasa.asked) == 2
    await fails(words)
    assert len(rasa.asked) == 4
