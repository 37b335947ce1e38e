"""Rasa as a supervised child: started, watched, started again, and gone when we are gone.

    rasa = RasaServer(actions_url="http://127.0.0.1:5055/webhook")
    await rasa.start()  # returns at once; `rasa.ready` is set when a model answers
    words = Words(lambda: rasa.url, rasa.token)

With `url` given (somebody else runs Rasa) nothing is started; only its health is watched.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import IO

import aiohttp
import structlog
import yaml

from bot.errors import Misconfigured
from bot.settings import ROOT
from bot.words.train import environment, newest, rasa_python

log = structlog.get_logger(__name__)

HEALTH_PATH = "/webhooks/twogether/"
LOG_BYTES = 5_000_000  # of the log, and of the one before it


class RasaServer:
    """Keeps one Rasa running. All times are seconds.

    `every_s` lies between two looks at its health, `looks` in vain mean that it hangs, `start_s` is the longest
    start. `pause` waits (tests do not).
    """

    def __init__(
        self,
        *,
        actions_url: str = "",
        actions_token: str = "",
        url: str | None = None,
        token: str = "",
        root: Path = ROOT,
        every_s: float = 5.0,
        looks: int = 3,
        start_s: float = 180.0,
        longest_pause_s: float = 60.0,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.token = token or secrets.token_urlsafe(32)
        self.actions_token = actions_token or secrets.token_urlsafe(32)
        self.actions_url = actions_url
        self.ready = asyncio.Event()
        self.starts = 0
        self._elsewhere = url
        self._address = url or ""
        self._root = root
        self._var = root / "var"
        self._every_s = every_s
        self._looks = looks
        self._start_s = start_s
        self._longest_pause_s = longest_pause_s
        self._pause = pause
        self._process: asyncio.subprocess.Process | None = None
        self._private: Path | None = None  # the folder of the child's configuration, while it starts
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Rasa's address while it is ready, else ""."""
        return self._address if self.ready.is_set() else ""

    @property
    def pid(self) -> int | None:
        """The child's process id; None when none runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Begin to supervise, in the background.

        Raises Misconfigured when Rasa's environment or a trained model is missing.
        """
        if self._elsewhere:
            self._task = asyncio.create_task(self._watch_elsewhere())
            return
        rasa_python(self._root)
        self._model()
        self._task = asyncio.create_task(self._supervise())

    async def stop(self) -> None:
        """Stop supervising, and the child with it. Harmless when nothing runs."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self.ready.clear()
        await self._end()

    async def _supervise(self) -> None:
        pause_s = 1.0
        while True:
            began = time.monotonic()
            try:
                await self._run_once()
            except (OSError, Misconfigured) as error:
                log.error("rasa.not_started", why=type(error).__name__)
            finally:
                self.ready.clear()
                await self._end()
            if time.monotonic() - began > 2 * self._longest_pause_s:
                pause_s = 1.0  # it ran well for a while: this is a new misfortune, not the old one
            log.warning("rasa.starts_again", pause_s=pause_s)
            await self._pause(pause_s)
            pause_s = min(2 * pause_s, self._longest_pause_s)

    async def _run_once(self) -> None:
        """Start a child and return when it has died or hangs."""
        began = time.monotonic()
        async with aiohttp.ClientSession() as session, self._born() as child:
            died = asyncio.create_task(child.wait())
            try:
                while not died.done() and not await self._is_healthy(session):
                    if time.monotonic() - began > self._start_s:
                        log.error("rasa.too_slow", after_s=round(time.monotonic() - began))
                        return
                    await asyncio.wait({died}, timeout=0.25)
                if not died.done():
                    self._forget_secrets()  # they have been read
                    self.ready.set()
                    log.info("rasa.ready", pid=child.pid, after_s=round(time.monotonic() - began, 1))
                    await self._watch(session, died)
                if died.done():
                    log.error("rasa.died", pid=child.pid, code=died.result())
            finally:
                died.cancel()

    async def _watch(self, session: aiohttp.ClientSession, died: asyncio.Task[int]) -> None:
        in_vain = 0
        while not died.done():
            await asyncio.wait({died}, timeout=self._every_s)
            in_vain = 0 if await self._is_healthy(session) else in_vain + 1
            if in_vain >= self._looks and not died.done():
                log.error("rasa.hangs", looks=in_vain)
                return
            self._keep_log_short()

    async def _watch_elsewhere(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                healthy = await self._is_healthy(session)
                if healthy != self.ready.is_set():
                    log.warning("rasa.elsewhere", healthy=healthy)
                (self.ready.set if healthy else self.ready.clear)()
                await self._pause(self._every_s)

    async def _is_healthy(self, session: aiohttp.ClientSession) -> bool:
        """Whether a model is loaded and answers within two seconds."""
        try:
            async with asyncio.timeout(2.0), session.get(self._address + HEALTH_PATH) as answer:
                return answer.status == 200
        except (TimeoutError, aiohttp.ClientError, OSError):
            return False

    @contextlib.asynccontextmanager
    async def _born(self) -> AsyncGenerator[asyncio.subprocess.Process]:
        """A new child on a free port; `_end` is its end."""
        model, port = self._model(), _free_port()
        self._address = f"http://127.0.0.1:{port}"
        endpoints = {
            "action_endpoint": {
                "url": self.actions_url,
                "headers": {"Authorization": f"Bearer {self.actions_token}"},
                "enable_selective_domain": True,  # else every call carries the whole domain
            }
        }
        credentials = {"nlu.components.channel.TwogetherChannel": {"token": self.token}}
        self._var.mkdir(exist_ok=True)
        self._private = Path(tempfile.mkdtemp(prefix="rasa-", dir=self._var))
        _write_secret(self._private / "endpoints.yml", endpoints)
        _write_secret(self._private / "credentials.yml", credentials)
        self._keep_log_short()
        command = [str(rasa_python(self._root)), "-m", "nlu.components.child", "run", "-i", "127.0.0.1"]
        command += ["-p", str(port), "-m", str(model)]
        command += ["--endpoints", str(self._private / "endpoints.yml")]
        command += ["--credentials", str(self._private / "credentials.yml")]
        with _open_log(self._log) as out:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                cwd=self._root,
                env=environment() | {"LOG_LEVEL": "WARNING", "MPLCONFIGDIR": str(self._var / "matplotlib")},
                stdin=asyncio.subprocess.PIPE,  # held open: Rasa leaves when it closes, which it does with us
                stdout=out,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in a terminal is for us; we stop Rasa in our own time
            )
        self.starts += 1
        log.info("rasa.started", pid=self._process.pid, port=port, model=model.name)
        yield self._process

    def _forget_secrets(self) -> None:
        if self._private:
            shutil.rmtree(self._private, ignore_errors=True)

    async def _end(self) -> None:
        """Ask the child to leave, and make it after five seconds."""
        self._forget_secrets()
        child = self._process
        if child is None or child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        try:
            async with asyncio.timeout(5.0):
                await child.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()

    def _model(self) -> Path:
        model = newest(self._root / "models")
        if model is None:
            raise Misconfigured("There is no language model yet: `twogether train` makes one.")
        return model

    @property
    def _log(self) -> Path:
        return self._var / "rasa.log"

    def _keep_log_short(self) -> None:
        """Rasa goes on writing into the same file, so its content is moved, not the file."""
        if self._log.exists() and self._log.stat().st_size > LOG_BYTES:
            before = self._log.with_suffix(".log.1")
            before.touch(mode=0o600)
            before.write_bytes(self._log.read_bytes()[-LOG_BYTES:])
            os.truncate(self._log, 0)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _open_log(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb")


def _write_secret(path: Path, content: object) -> None:
    """Write YAML that only this user may read, from its first byte on."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        yaml.safe_dump(content, file)
