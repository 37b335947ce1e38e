"""From a message to what is to be done about it: our Rasa as the programme starts it, and a bare one beside it.

The bare one is Rasa as its makers start it: the same model, its own REST channel, a tracker store that lasts
(SQLite), its own parser; the same actions on the other side.
"""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import uvicorn
import yaml

from bench.bots import ROOT, Child, cpu_s, free_port
from bench.load import figures
from bot.words.actions import create_app
from bot.words.client import State, Understood, Words
from bot.words.server import RasaServer
from bot.words.train import environment, newest, rasa_python

LONGEST_START_S = 180.0


class BareRasa:
    """`url` answers `/webhooks/rest/webhook` and `/model/parse`."""

    def __init__(self, url: str, child: Child) -> None:
        self.url = url
        self.child = child

    async def measure(self, path: str, said: list[str], turns: int, at_once: int = 1) -> dict[str, float]:
        """So many calls, `at_once` under way at any time."""
        async with aiohttp.ClientSession() as http:

            async def call(number: int) -> None:
                text = said[number % len(said)]
                body = {"sender": f"p{number % 200}", "message": text, "text": text}
                async with http.post(self.url + path, json=body) as answer:
                    answer.raise_for_status()
                    await answer.read()

            return await measure(call, self.child.pid, turns, at_once)


async def measure(turn: Callable[[int], Awaitable[object]], pid: int, turns: int, at_once: int = 1) -> dict[str, float]:
    """So many turns, `at_once` under way at any time, and the processor time of process `pid` for each."""
    took: list[float] = []
    left = iter(range(turns))

    async def somebody() -> None:
        for number in left:
            called = time.perf_counter()
            await turn(number)
            took.append(time.perf_counter() - called)

    before, began = cpu_s(pid), time.perf_counter()
    await asyncio.gather(*(somebody() for _ in range(at_once)))
    found = figures(took, time.perf_counter() - began)
    return found | {"cpu_ms": 1000 * (cpu_s(pid) - before) / turns}


class OurRasa:
    """The words of people at several places in the programme: `said` are (text, where they stand)."""

    def __init__(self, rasa: RasaServer, words: Words) -> None:
        self._rasa = rasa
        self._words = words

    async def measure(self, said: list[tuple[str, State]], turns: int, at_once: int = 1) -> dict[str, float]:
        """So many turns, `at_once` under way at any time."""

        async def understand(number: int) -> Understood:
            text, state = said[number % len(said)]
            return await self._words.understand(text, sender=f"p{number % 200}", state=state)

        assert self._rasa.pid
        return await measure(understand, self._rasa.pid, turns, at_once)


@asynccontextmanager
async def our_rasa() -> AsyncGenerator[OurRasa]:
    """Rasa as the programme starts it, with the programme's actions and its way to ask."""
    token = secrets.token_urlsafe(16)
    async with _served(create_app(token)) as actions_port:
        rasa = RasaServer(actions_url=f"http://127.0.0.1:{actions_port}/webhook", actions_token=token)
        words = Words(lambda: rasa.url, rasa.token, timeout_s=20.0)
        await rasa.start()
        try:
            await asyncio.wait_for(rasa.ready.wait(), LONGEST_START_S)
            yield OurRasa(rasa, words)
        finally:
            await words.close()
            await rasa.stop()


@asynccontextmanager
async def bare_rasa() -> AsyncGenerator[BareRasa]:
    """Rasa as its makers start it, with our actions on the other side, as in the programme."""
    model = newest(ROOT / "models")
    assert model, "there is no model: `twogether train` makes one"
    token = secrets.token_urlsafe(16)
    async with _served(create_app(token)) as actions_port:
        port = free_port()
        folder = ROOT / "var"
        endpoint = {
            "url": f"http://127.0.0.1:{actions_port}/webhook",
            "headers": {"Authorization": f"Bearer {token}"},
            "enable_selective_domain": True,
        }
        store = {"type": "SQL", "dialect": "sqlite", "db": str(folder / "bench-trackers.db")}
        (folder / "bench-trackers.db").unlink(missing_ok=True)
        endpoints = {"action_endpoint": endpoint, "tracker_store": store}
        (folder / "bench-endpoints.yml").write_text(yaml.safe_dump(endpoints))
        (folder / "bench-credentials.yml").write_text("rest:\n")
        with (folder / "bench.log").open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *(str(rasa_python(ROOT)), "-m", "rasa", "run", "-i", "127.0.0.1", "-p", str(port), "-m", str(model)),
                *("--enable-api", "--endpoints", "var/bench-endpoints.yml"),
                *("--credentials", "var/bench-credentials.yml"),
                cwd=ROOT,
                env=environment() | {"LOG_LEVEL": "WARNING", "MPLCONFIGDIR": str(folder / "matplotlib")},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=asyncio.subprocess.STDOUT,
            )
        child = Child(process)
        try:
            rasa = BareRasa(f"http://127.0.0.1:{port}", child)
            await _until_ready(rasa)
            yield rasa
        finally:
            await child.stop()


async def _until_ready(rasa: BareRasa) -> None:
    async with asyncio.timeout(LONGEST_START_S), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"{rasa.url}/status") as answer:
                    facts: dict[str, Any] = json.loads(await answer.read())
                    if facts.get("model_file"):
                        return
            except (aiohttp.ClientError, OSError, ValueError):
                assert rasa.child.runs, "Rasa did not start; see var/bench.log"
            await asyncio.sleep(0.25)


@asynccontextmanager
async def _served(app: Any) -> AsyncGenerator[int]:
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", 0, log_config=None, access_log=False, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task
