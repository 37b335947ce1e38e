"""The control API, the stored chats, the app's clock, and starting from the command line."""

import asyncio
import base64
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import telegram
from aiohttp import web

from simulator import Person, Telegram, images

ROOT = Path(__file__).resolve().parents[2]


async def post(http: aiohttp.ClientSession, path: str, **facts: Any) -> Any:
    async with http.post(path, json=facts) as answer:
        return await answer.json()


async def get(http: aiohttp.ClientSession, path: str) -> Any:
    async with http.get(path) as answer:
        return await answer.json()


async def test_a_whole_conversation_over_http(tg: Telegram, http: aiohttp.ClientSession, bot: telegram.Bot) -> None:
    person = await post(http, "/sim/people", first_name="Lucía", language_code="es", note="trainer")
    me = f"/sim/people/{person['id']}"
    await post(http, f"{me}/start", payload="abc")
    buttons = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("Sí", callback_data="a:b")]])
    sent = await bot.send_message(person["id"], "¿Empezamos?", reply_markup=buttons)
    tap = (await post(http, f"{me}/tap", message_id=sent.message_id, row=0, column=0))["callback"]
    await bot.answer_callback_query(tap["id"], "Bien")
    assert (await get(http, f"/sim/callbacks/{tap['id']}"))["answer"]["text"] == "Bien"
    quiz = await bot.send_poll(person["id"], "q", ["a", "b"], type="quiz", correct_option_ids=[0], is_anonymous=False)
    await post(http, f"{me}/vote", message_id=quiz.message_id, option=0)
    await post(http, f"{me}/say", text="hola")
    await post(http, f"{me}/press", label="Sí")
    await post(http, f"{me}/location", latitude=40.4, longitude=-3.7)
    await post(http, f"{me}/contact")
    await post(http, f"{me}/photo", content=base64.b64encode(images.sample(8, 8)).decode())
    await post(http, f"{me}/document", name="cv.txt", content=base64.b64encode(b"cv").decode())
    messages = await get(http, f"{me}/messages")
    assert [(message["from"], message["text"]) for message in messages] == [
        ("person", "/start abc"),
        ("bot", "¿Empezamos?"),
        ("bot", ""),
        ("person", "hola"),
        *[("person", "")] * 4,
    ]
    assert messages[2]["poll"]["chosen"] == [0]
    assert messages[1]["buttons"] == [[{"text": "Sí", "callback_data": "a:b"}]]
    async with http.get(messages[-1]["file"]["url"]) as file:
        assert (await file.read(), file.headers["Content-Disposition"]) == (b"cv", 'attachment; filename="cv.txt"')
    async with http.get(messages[-2]["photo"]["url"]) as file:
        assert file.content_type == "image/png"
    await post(http, f"{me}/block")
    assert (await get(http, "/sim/people"))[0]["blocked"]
    assert (await post(http, f"{me}/say", text="x"))["error"] == "the person has blocked the bot; unblock it first"
    await post(http, f"{me}/unblock")
    await post(http, f"{me}/edit", message_id=messages[3]["id"], text="hola!")
    await post(http, f"{me}/delete_chat")
    assert all(message["cleared"] for message in await get(http, f"{me}/messages"))
    assert len(await get(http, "/sim/log?method=sendMessage")) == 1
    assert (await get(http, "/sim/log?last=1"))[0]["method"] == "sendPoll"
    assert (await get(http, "/sim/bot"))["waiting_updates"] == len(tg.updates)


@pytest.mark.parametrize(
    ("path", "facts", "status", "error"),
    [
        ("/sim/people", {}, 400, "first_name is missing"),
        ("/sim/people", {"first_name": " "}, 400, "a person needs a first name"),
        ("/sim/people/5/say", {"text": "x"}, 409, "there is no person 5"),
        ("/sim/people/1001/say", {}, 400, "text is missing"),
        ("/sim/people/1001/dance", {}, 400, "people cannot 'dance'"),
        ("/sim/people/1001/photo", {"content": "bm8="}, 409, "this is no picture"),
        ("/sim/faults", {"kind": "418"}, 400, "there is no fault '418'"),
        ("/sim/faults", {"kind": "429", "when": "now"}, 400, "unexpected keyword argument 'when'"),
        ("/sim/updates", [], 400, "a JSON object is expected"),
    ],
)
async def test_mistakes_are_named(
    tg: Telegram, http: aiohttp.ClientSession, path: str, facts: Any, status: int, error: str
) -> None:
    tg.add_person("Marco", id=1001)
    async with http.post(path, json=facts) as answer:
        assert answer.status == status
        assert error in (await answer.json())["error"]


async def test_faults_and_limits_over_http(tg: Telegram, http: aiohttp.ClientSession, marco: Person) -> None:
    await post(http, "/sim/faults", kind="429", chat_id=marco.id, retry_after=9, times=1)
    for _ in range(2):
        answer = await post(http, "/bot1:T/sendMessage", chat_id=marco.id, text="x")
        assert answer["parameters"]["retry_after"] == 9
    seen = await get(http, "/sim/faults")
    assert (seen["faults"][0]["hits"], seen["bans"][0]["ignored"], seen["bans_ignored"]) == (1, 1, 1)
    async with http.delete("/sim/faults") as done:
        assert done.status == 200
    await post(http, "/sim/limits", global_per_s=30, chat_per_s=1)
    assert (await get(http, "/sim/faults"))["limits"] == {"global_per_s": 30, "chat_per_s": 1}
    assert (await post(http, "/bot1:T/sendMessage", chat_id=marco.id, text="x"))["ok"]
    assert not (await post(http, "/bot1:T/sendMessage", chat_id=marco.id, text="x"))["ok"]


async def test_raw_updates_over_http(tg: Telegram, http: aiohttp.ClientSession, bot: telegram.Bot) -> None:
    await post(http, "/sim/updates", update_id=5, what="ever")
    assert await bot.do_api_request("getUpdates") == [{"update_id": 5, "what": "ever"}]


async def test_the_browser_hears_what_happens(
    tg: Telegram, http: aiohttp.ClientSession, marco: Person, bot: telegram.Bot
) -> None:
    async with http.get("/sim/events") as line:
        assert await line.content.readline() == b"retry: 1000\n"
        await bot.send_chat_action(marco.id, "typing")
        sent = await bot.send_message(marco.id, "uno")
        await bot.edit_message_text("due", marco.id, sent.message_id)
        await bot.answer_callback_query(tg.tap(marco, 1, "x").id, "ok")
        await bot.delete_message(marco.id, sent.message_id)
        tg.add_person("Aisha")
        heard: list[dict[str, Any]] = []
        while len(heard) < 6:
            text = (await asyncio.wait_for(line.content.readline(), 2)).decode()
            if text.startswith("data: {") and text != "data: {}\n":
                heard.append(json.loads(text.removeprefix("data: ")))
    assert [event["type"] for event in heard] == ["typing", "message", "edited", "callback", "deleted", "person"]
    assert (heard[2]["message"]["text"], heard[3]["answer"]["text"]) == ("due", "ok")


async def test_a_store_keeps_everything_over_a_restart(tmp_path: Path) -> None:
    store = tmp_path / "kept" / "telegram.jsonl"
    async with Telegram(store=store) as tg, telegram.Bot("1:T", base_url=f"{tg.url}/bot") as bot:
        marco = tg.add_person("Marco", "it", note="bakery")
        tg.start(marco)
        await bot.set_my_commands([("menu", "Menu")])
        sent = await bot.send_message(marco.id, "uno")
        await bot.edit_message_text("due", marco.id, sent.message_id)
        document = await bot.send_document(marco.id, b"\x00\xff", filename="x.bin")
        quiz = await bot.send_poll(marco.id, "q", ["a", "b"], is_anonymous=False)
        (start,) = await bot.get_updates()
        tg.vote(marco, quiz.message_id, 1)
        await bot.get_updates(offset=start.update_id + 1)
        waiting = tg.updates.waiting()
    with store.open("a") as file:
        file.write('["message", {"cut off')
    for closed in (False, True):  # the second start reads what the first one wrote afresh
        async with (
            Telegram(store=store) as tg,
            telegram.Bot("1:T", base_url=f"{tg.url}/bot", base_file_url=f"{tg.url}/file/bot") as bot,
        ):
            (marco,) = tg.people.values()
            assert (marco.first_name, marco.note, marco.started) == ("Marco", "bakery", True)
            assert [kept.text for kept in tg.messages(marco)] == ["/start", "due", "", "q"]
            assert (tg.messages(marco)[1].edits, tg.messages(marco)[3].chosen) == (1, [1])
            assert tg.updates.waiting() == waiting
            assert [command.command for command in await bot.get_my_commands()] == ["menu"]
            assert document.document is not None
            file = await bot.get_file(document.document.file_id)
            assert bytes(await file.download_as_bytearray()) == b"\x00\xff"
            assert tg.messages(marco)[3].view()["poll"]["is_closed"] == closed
            if not closed:
                await bot.stop_poll(marco.id, quiz.message_id)
            assert tg.say(marco, "ancora").id > quiz.message_id
            tg.messages(marco)[-1].deleted = True
            tg.keep_message("deleted", marco, tg.messages(marco, everything=True)[-1])
            waiting = tg.updates.waiting()


# the clock


class App:
    """As much of the app as the clock needs."""

    def __init__(self) -> None:
        self.facts = {"now": "2030-05-01T10:00:00+00:00", "next_due": None, "simulated": True}
        self.advanced: list[float] = []
        self.status = 200
        self.url = ""

    async def clock(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            self.advanced.append((await request.json())["advance_s"])
            self.facts["now"] = "2030-05-02T10:00:00+00:00"
        return web.json_response(self.facts, status=self.status)


@pytest.fixture
async def app() -> AsyncIterator[App]:
    app = App()
    served = web.Application()
    served.router.add_route("*", "/simulator/clock", app.clock)
    runner = web.AppRunner(served)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    app.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield app
    await runner.cleanup()


async def test_the_phones_follow_the_apps_clock(app: App) -> None:
    async with Telegram(app=app.url) as tg, aiohttp.ClientSession(tg.url) as http:
        facts = await get(http, "/sim/clock")
        assert (facts["now"], facts["simulated"]) == ("2030-05-01T10:00:00+00:00", True)
        assert tg.say(tg.add_person("Marco"), "x").message["date"] // 60 == 1_903_860_000 // 60
        facts = await post(http, "/sim/clock", advance_s=86400)
        assert app.advanced == [86400]
        assert facts["phones_now"] == pytest.approx(1_903_860_000 + 86400, abs=5)


async def test_a_missing_clock_is_said_calmly(app: App, tg: Telegram, http: aiohttp.ClientSession) -> None:
    assert (await get(http, "/sim/clock"))["error"].startswith("No app is connected")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        async with Telegram(app=f"http://127.0.0.1:{nobody.getsockname()[1]}") as alone:
            assert "does not answer" in (await alone.clock.read())["error"]
    app.status = 404
    async with Telegram(app=app.url) as other:
        assert "cannot be moved" in (await other.clock.advance(5))["error"]


# the command line


async def test_the_command_line(tmp_path: Path) -> None:
    people = tmp_path / "people.json"
    people.write_text('[{"id": 1001, "first_name": "Marco", "language_code": "it", "note": "worker, bakery"}]')
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [sys.executable, "-m", "simulator", "--port", str(port), "--token", "7:X", "--people", str(people)]
    process = await asyncio.create_subprocess_exec(
        *arguments, stdout=asyncio.subprocess.PIPE, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
    assert f"http://127.0.0.1:{port}" in line
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        assert (await get(http, "/sim/people"))[0]["note"] == "worker, bakery"
        assert (await get(http, "/bot7:X/getMe"))["result"]["id"] == 7
        async with http.get("/") as page:
            assert "default-src 'self'" in page.headers["Content-Security-Policy"]
            assert 'data-testid="new-phone"' in await page.text()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_a_taken_port_is_said_in_one_sentence(tg: Telegram) -> None:
    port = tg.url.rsplit(":", 1)[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", "--port", port, stderr=asyncio.subprocess.PIPE, cwd=ROOT
    )
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 2
    assert errors.decode().startswith("The simulator could not start: ")
    assert len(errors.decode().splitlines()) == 1


async def test_attached_it_ends_with_whoever_began_it() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [sys.executable, "-m", "simulator", "--port", str(port), "--attached"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*arguments, stdin=pipe, stdout=pipe, cwd=ROOT)
    assert process.stdin is not None
    assert process.stdout is not None
    assert f"http://127.0.0.1:{port}".encode() in await asyncio.wait_for(process.stdout.readline(), 20)
    process.stdin.close()  # as the system does for somebody who was killed
    assert await asyncio.wait_for(process.wait(), 10) == 0
