"""Keeping Rasa running, with a small stand-in for Rasa: a script that answers health checks as its file says."""

import asyncio
import json
import os
import select
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.errors import Misconfigured
from bot.words import server
from bot.words.server import HEALTH_PATH, RasaServer

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = """
import http.server, json, os, pathlib, sys

def main():
    seen = {"args": sys.argv[1:], "env": dict(os.environ), "modes": []}
    for option in ("--endpoints", "--credentials"):
        file = pathlib.Path(sys.argv[sys.argv.index(option) + 1])
        seen[file.name] = file.read_text()
        seen["modes"].append(oct(file.stat().st_mode & 0o777))
    pathlib.Path("seen.json").write_text(json.dumps(seen))
    if pathlib.Path("mood").read_text() == "dead":
        sys.exit(3)

    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            well = pathlib.Path("mood").read_text() == "well" and self.path == "/webhooks/twogether/"
            self.send_response(200 if well else 503)
            self.end_headers()

        def log_message(self, *_):
            pass

    port = int(sys.argv[sys.argv.index("-p") + 1])
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Health).serve_forever()
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a stand-in for Rasa and for its model, and our real starter of Rasa."""
    (tmp_path / ".venv-rasa/bin").mkdir(parents=True)
    python = tmp_path / ".venv-rasa/bin/python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (tmp_path / "models").mkdir()
    (tmp_path / "models/twogether-1.tar.gz").touch()
    (tmp_path / "nlu/components").mkdir(parents=True)
    (tmp_path / "nlu/components/child.py").write_text((ROOT / "nlu/components/child.py").read_text())
    (tmp_path / "rasa").mkdir()
    (tmp_path / "rasa/__main__.py").write_text(STAND_IN)
    mood(tmp_path, "well")
    return tmp_path


def mood(root: Path, how: str) -> None:
    (root / "mood").write_text(how)


class Pauses:
    """Stands for waiting: keeps how long it would have been, and lets go at once."""

    def __init__(self) -> None:
        self.lengths: list[float] = []
        self.reached: dict[int, asyncio.Event] = {}

    async def __call__(self, seconds: float) -> None:
        self.lengths.append(seconds)
        if event := self.reached.get(len(self.lengths)):
            event.set()

    def after(self, number: int) -> Awaitable[object]:
        return asyncio.wait_for(self.reached.setdefault(number, asyncio.Event()).wait(), 20)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


Make = Callable[..., RasaServer]


@pytest.fixture
async def make(root: Path, pauses: Pauses) -> AsyncIterator[Make]:
    made: list[RasaServer] = []

    def build(**options: object) -> RasaServer:
        options = {
            "root": root,
            "every_s": 0.02,
            "pause": pauses,
            "actions_url": "http://127.0.0.1:1/webhook",
        } | options
        made.append(RasaServer(**options))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for one in made:
        await one.stop()


async def is_ready(rasa: RasaServer) -> None:
    await asyncio.wait_for(rasa.ready.wait(), 20)


def gone(pid: int, within_s: float = 20) -> bool:
    """Whether a process that need not be our child ends in time."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], within_s)[0])
    finally:
        os.close(watched)


async def test_it_starts_says_when_it_is_ready_and_stops(make: Make) -> None:
    rasa = make()
    assert rasa.url == ""
    assert rasa.pid is None
    await rasa.start()
    await is_ready(rasa)
    assert rasa.url.startswith("http://127.0.0.1:")
    pid = rasa.pid
    assert pid is not None
    await rasa.stop()
    assert rasa.url == ""
    assert rasa.pid is None
    assert gone(pid)


async def test_rasa_is_told_where_the_actions_are_and_nothing_else(
    make: Make, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWOGETHER_TELEGRAM_TOKEN", "1:SECRET")
    rasa = make()
    await rasa.start()
    await is_ready(rasa)

    seen = json.loads((root / "seen.json").read_text())
    for name in ("endpoints.yml", "credentials.yml"):
        seen[name] = yaml.safe_load(seen[name])
    assert "SECRET" not in json.dumps(seen)
    assert rasa.token not in json.dumps([seen["args"], seen["env"]])
    assert rasa.actions_token not in json.dumps([seen["args"], seen["env"]])
    assert seen["args"][:3] == ["run", "-i", "127.0.0.1"]
    assert seen["args"][seen["args"].index("-m") + 1] == str(root / "models/twogether-1.tar.gz")
    assert seen["env"]["RASA_TELEMETRY_ENABLED"] == "false"
    assert seen["endpoints.yml"] == {
        "action_endpoint": {
            "url": "http://127.0.0.1:1/webhook",
            "headers": {"Authorization": f"Bearer {rasa.actions_token}"},
            "enable_selective_domain": True,
        }
    }
    assert seen["credentials.yml"] == {"nlu.components.channel.TwogetherChannel": {"token": rasa.token}}
    assert set(seen["modes"]) == {"0o600"}
    assert stat.S_IMODE((root / "var/rasa.log").stat().st_mode) == 0o600
    assert [path.name for path in (root / "var").iterdir() if path.is_dir()] == []  # the tokens are gone


async def test_a_killed_one_comes_back(make: Make, pauses: Pauses) -> None:
    rasa = make()
    await rasa.start()
    await is_ready(rasa)
    assert rasa.pid is not None
    os.kill(rasa.pid, signal.SIGKILL)
    await pauses.after(1)
    await is_ready(rasa)
    assert rasa.starts == 2
    assert pauses.lengths == [1.0]


async def test_one_that_hangs_is_replaced(make: Make, root: Path, pauses: Pauses) -> None:
    rasa = make()
    await rasa.start()
    await is_ready(rasa)
    first = rasa.pid
    assert first is not None
    mood(root, "sick")
    await pauses.after(1)
    assert gone(first)
    mood(root, "well")
    await is_ready(rasa)
    assert rasa.pid != first


async def test_one_that_never_gets_ready_is_replaced(make: Make, root: Path, pauses: Pauses) -> None:
    mood(root, "sick")
    rasa = make(start_s=0.01)
    await rasa.start()
    await pauses.after(2)
    assert rasa.starts >= 2
    assert rasa.url == ""


async def test_the_pauses_grow_to_a_minute(make: Make, root: Path, pauses: Pauses) -> None:
    mood(root, "dead")
    rasa = make()
    await rasa.start()
    await pauses.after(8)
    assert pauses.lengths[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert rasa.url == ""


async def test_it_goes_when_we_are_killed(root: Path) -> None:
    ours = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import asyncio, pathlib, sys\n"
            "from bot.words.server import RasaServer\n"
            "async def main():\n"
            "    rasa = RasaServer(root=pathlib.Path(sys.argv[1]))\n"
            "    await rasa.start()\n"
            "    await rasa.ready.wait()\n"
            "    print('pid', rasa.pid, flush=True)\n"
            "    await asyncio.Event().wait()\n"
            "asyncio.run(main())",
            str(root),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert ours.stdout is not None
    with ours:
        child = next(int(line.split()[1]) for line in ours.stdout if line.startswith("pid "))
        ours.kill()
    assert gone(child)


async def test_without_a_model_it_says_what_to_do(make: Make, root: Path) -> None:
    (root / "models/twogether-1.tar.gz").unlink()
    with pytest.raises(Misconfigured, match="twogether train"):
        await make().start()


async def test_without_rasa_it_says_what_to_do(make: Make, root: Path) -> None:
    (root / ".venv-rasa/bin/python").unlink()
    with pytest.raises(Misconfigured, match="make setup"):
        await make().start()


async def test_the_newest_model_runs(make: Make, root: Path) -> None:
    newer = root / "models/twogether-0.tar.gz"
    newer.touch()
    os.utime(root / "models/twogether-1.tar.gz", (1, 1))
    rasa = make()
    await rasa.start()
    await is_ready(rasa)
    assert str(newer) in (root / "seen.json").read_text()


async def test_a_long_log_is_cut(make: Make, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LOG_BYTES", 100)
    (root / "var").mkdir()
    (root / "var/rasa.log").write_text("x" * 500 + "the end")
    rasa = make()
    await rasa.start()
    await is_ready(rasa)
    assert (root / "var/rasa.log").stat().st_size < 100
    assert (root / "var/rasa.log.1").read_text() == "x" * 93 + "the end"


async def test_somebody_elses_rasa_is_only_watched(make: Make, root: Path) -> None:
    well = True
    looked = asyncio.Semaphore(0)

    async def health(_: web.Request) -> web.Response:
        looked.release()
        return web.json_response({}, status=200 if well else 503)

    async def look(times: int) -> None:
        for _ in range(times):
            await asyncio.wait_for(looked.acquire(), 20)

    async def step(_: float) -> None:
        await asyncio.sleep(0)

    app = web.Application()
    app.router.add_get(HEALTH_PATH, health)
    async with TestServer(app) as elsewhere:
        url = str(elsewhere.make_url("")).rstrip("/")
        rasa = make(url=url, token="theirs", pause=step)
        await rasa.start()
        await is_ready(rasa)
        assert (rasa.url, rasa.token, rasa.pid, rasa.starts) == (url, "theirs", None, 0)
        well = False
        while looked.locked() is False:
            await looked.acquire()
        await look(3)
        assert rasa.url == ""
        await rasa.stop()
    assert not (root / "seen.json").exists()
