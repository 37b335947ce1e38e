"""The programmes that are measured, as child processes: ours, a bare PTB bot, and Rasa."""

import asyncio
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, Protocol

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "1:BENCH"
NEVER_QUIET = {"QUIET_HOURS": "03:00-03:01"}
NOBODY = "http://127.0.0.1:9"  # where no Rasa answers: words get the menu, and no child is started


class Life(Protocol):
    """A programme that runs; `stop` asks it to leave, `kill` does not ask."""

    @property
    def pid(self) -> int: ...

    @property
    def runs(self) -> bool: ...

    async def kill(self) -> None: ...

    async def stop(self) -> None: ...


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used so far."""
    facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")


class Child:
    """One child process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.born = time.perf_counter()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def runs(self) -> bool:
        return self.process.returncode is None

    async def kill(self) -> None:
        """SIGKILL: what a power cut leaves of a process."""
        if self.runs:
            self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        if self.runs:
            self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), 30)
        except TimeoutError:
            await self.kill()

    def resident_mb(self) -> float:
        """Resident memory of the process alone, in MB (10⁶ bytes)."""
        return _resident_mb(self.pid)

    def cpu_s(self) -> float:
        """Seconds of CPU that it has used so far; unlike a wall clock this hardly minds what else runs here."""
        return cpu_s(self.pid)

    def children(self) -> list[int]:
        """The processes it started."""
        found = []
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                facts = status.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            if int(facts[1]) == self.pid:
                found.append(int(status.parent.name))
        return found

    def children_mb(self) -> float:
        return sum(_resident_mb(pid) for pid in self.children())


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak_mb() -> float:
    """The most memory this process has held, in MB (10⁶ bytes).

    Not `ru_maxrss`: that begins with what the process had that started this one.
    """
    kept = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(kept.split()[1]) * 1024 / 1e6


@contextmanager
def _log() -> Iterator[IO[bytes]]:
    """The end of a pipe to `var/bench.log`: so a child that must not write files can still be read about."""
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "bench.log").open("ab") as file:
        cat = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=file)  # ends with the child
    assert cat.stdin
    with cat.stdin as pipe:
        yield pipe


async def start(module: str, *arguments: str, env: Mapping[str, str] | None = None) -> Child:
    """`python -m module arguments` from the root of the project; its output goes to `var/bench.log`."""
    with _log() as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            cwd=ROOT,
            env={**_plain_environment(), **(env or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=asyncio.subprocess.STDOUT,
        )
    return Child(process)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until(condition: Callable[[], object], timeout_s: float) -> None:
    """Look every few milliseconds. Raises TimeoutError."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)


def _plain_environment() -> dict[str, str]:
    """Ours without the settings of a bot that may run here."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TWOGETHER_")}


def settings(telegram: str, database_url: str, **more: str) -> dict[str, str]:
    """The environment of our bot on this Telegram and this database."""
    facts = {
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram,
        "DATABASE_URL": database_url,
        "PORT": "0",
        "ACTIONS_PORT": "0",
        "LOG_LEVEL": "warning",
        "RASA_URL": NOBODY,
        **more,
    }
    return {f"TWOGETHER_{name}": value for name, value in facts.items() if value}


async def start_ours(telegram: str, database_url: str, **more: str) -> Child:
    """`python -m bot run`. Keyword arguments are settings, e.g. `SEND_RATE="5000"`."""
    return await start("bot", "run", env=settings(telegram, database_url, **more))


class WarmChild:
    """The same programme in a process that has imported everything already; for tests that start it often."""

    def __init__(self, env: Mapping[str, str]) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["bench.bots", "bot.app", "bot.cli"])
        self._process = context.Process(target=_live, args=(dict(env),))
        self._process.start()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @property
    def runs(self) -> bool:
        return self._process.is_alive()

    async def kill(self) -> None:
        self._process.kill()
        await asyncio.to_thread(self._process.join)

    async def stop(self) -> None:
        self._process.terminate()
        await asyncio.to_thread(self._process.join, 30)
        if self.runs:
            await self.kill()


def _live(env: Mapping[str, str]) -> None:
    from bench.life import live

    for name in [name for name in os.environ if name.startswith("TWOGETHER_")]:
        del os.environ[name]
    os.environ.update(env)
    with open(os.devnull, "w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        live()


async def start_warm(telegram: str, database_url: str, **more: str) -> WarmChild:
    return WarmChild(settings(telegram, database_url, **more))


@asynccontextmanager
async def ours(telegram: str, database_url: str, **more: str) -> AsyncGenerator[Child]:
    child = await start_ours(telegram, database_url, **more)
    try:
        yield child
    finally:
        await child.stop()
