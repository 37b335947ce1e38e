"""A bare Rasa: the same model, its own REST channel and its own parser, nothing of ours between."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import uvicorn
import yaml

from bench.bots import ROOT, Child
from bench.load import figures
from bot.words.actions import create_app
from bot.words.train import environment, newest, rasa_python

LONGEST_START_S = 180.0


class BareRasa:
    """`url` answers `/webhooks/rest/webhook` and `/model/parse`."""

    def __init__(self, url: str, child: Child) -> None:
        self.url = url
        self.child = child

    async def measure(self, path: str, what: list[str], turns: int) -> dict[str, float]:
        """One call after the other."""
        took: list[float] = []
        async with aiohttp.ClientSession() as http:
            began = time.perf_counter()
            for number in range(turns):
                words = what[number % len(what)]
                body = {"sender": f"p{number % 200}", "message": words, "text": words}
                called = time.perf_counter()
                async with http.post(self.url + path, json=body) as answer:
                    answer.raise_for_status()
                    await answer.read()
                took.append(time.perf_counter() - called)
        return figures(took, time.perf_counter() - began)


@asynccontextmanager
async def bare_rasa() -> AsyncGenerator[BareRasa]:
    """Rasa as its makers start it, with our actions on the other side, as in the programme."""
    model = newest(ROOT / "models")
    assert model, "there is no model: `twogether train` makes one"
    token = secrets.token_urlsafe(16)
    async with _served(create_app(token)) as actions_port:
        port = _free_port()
        folder = ROOT / "var"
        endpoint = {
            "url": f"http://127.0.0.1:{actions_port}/webhook",
            "headers": {"Authorization": f"Bearer {token}"},
            "enable_selective_domain": True,
        }
        (folder / "bench-endpoints.yml").write_text(yaml.safe_dump({"action_endpoint": endpoint}))
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


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
