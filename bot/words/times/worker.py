"""Duckling behind a wall: in a process of its own that may be killed.

Duckling parses most messages in a millisecond, blows up exponentially on a few ("5/7 5/7 5/7 …"), and
holds Python's global lock while it does. So it runs in a child; whoever is not done by the deadline is
killed and started again at the next call. The child ends by itself when its parent is gone: idle, it
reads the end of its input; busy, its own alarm ends it.
"""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any, Literal

SCRIPT = Path(__file__).with_name("child.py")
PARSE_WITHIN = 0.45  # seconds for one message
START_WITHIN = 20.0  # seconds after which a child that never came up is given up
CHILDREN = 2  # a message that hangs holds up one of them; the other goes on


class NoAnswer(Exception):
    """Duckling did not answer in time."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """One stretch of text that Duckling read.

    Times are wall-clock times. A value has a `since` and lasts one `grain`; an interval has either or both.
    """

    start: int
    end: int
    kind: Literal["value", "interval"]
    since: datetime | None
    until: datetime | None
    grain: str


class Child:
    """One child process, started at its first question."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._ready = False
        self._unread = b""

    def ask(self, question: bytes, until: float) -> bytes:
        """The child's answer to one line. Raises :class:`NoAnswer`; a child that hangs is dead afterwards.

        `until` is an instant of the monotonic clock.
        """
        try:
            process = self._running()
            if not self._ready:
                # A slow start is not a hang: leave the child to it, the next question will find it ready.
                self._line(process, until)
                self._ready = True
            until = min(until, time.monotonic() + PARSE_WITHIN)
            assert process.stdin is not None
            process.stdin.write(question + b"\n")
            process.stdin.flush()
            return self._line(process, until)
        except NoAnswer:
            if self._ready or time.monotonic() - self._started > START_WITHIN:
                self.kill()
            raise
        except OSError as gone:
            self.kill()
            raise NoAnswer from gone

    def kill(self) -> None:
        """End the child now, whatever it is doing."""
        process, self._process, self._ready, self._unread = self._process, None, False, b""
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    @property
    def pid(self) -> int | None:
        """The child's process id while there is one."""
        return self._process.pid if self._process else None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.kill()
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - our own file with our own interpreter
                [sys.executable, "-P", str(SCRIPT), str(PARSE_WITHIN * 2)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._started = time.monotonic()
        return self._process

    def _line(self, process: subprocess.Popen[bytes], until: float) -> bytes:
        assert process.stdout is not None
        with DefaultSelector() as selector:
            selector.register(process.stdout, EVENT_READ)
            while b"\n" not in self._unread:
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise NoAnswer
                if not (more := os.read(process.stdout.fileno(), 65536)):
                    raise BrokenPipeError
                self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        return line


class Duckling:
    """A few children, shared by all threads. The one used last is taken first, so a quiet house has one."""

    def __init__(self, children: int = CHILDREN) -> None:
        self._free: queue.LifoQueue[Child] = queue.LifoQueue()
        self._all = [Child() for _ in range(children)]
        for child in reversed(self._all):
            self._free.put(child)
        self._hopeless: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def parse(self, text: str, language: str, now: datetime, until: float) -> list[Parsed]:
        """What Duckling finds in `text`, with `now` as a wall-clock time without a zone.

        `until` is an instant of the monotonic clock and includes the wait for a free child and its start.
        Raises :class:`NoAnswer` when it takes too long. A text that once hung is not tried again.
        """
        with self._lock:
            if (language, text) in self._hopeless:
                raise NoAnswer
        question = json.dumps({"text": text, "language": language, "now": now.isoformat()}).encode()
        try:
            child = self._free.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise NoAnswer from None
        try:
            answer = child.ask(question, until)
        except NoAnswer:
            if child.pid is None:
                self._give_up_on(language, text)
            raise
        finally:
            self._free.put(child)
        return [_parsed(found) for found in json.loads(answer)]

    def pids(self) -> set[int]:
        """The children that live at the moment."""
        return {child.pid for child in self._all if child.pid is not None}

    def close(self) -> None:
        """End all children; the next question starts new ones."""
        for child in self._all:
            child.kill()

    def _give_up_on(self, language: str, text: str) -> None:
        with self._lock:
            self._hopeless[language, text] = None
            while len(self._hopeless) > 200:
                self._hopeless.popitem(last=False)


def _parsed(found: dict[str, Any]) -> Parsed:
    def instant(value: str | None) -> datetime | None:
        return datetime.fromisoformat(value).replace(tzinfo=None) if value else None

    return Parsed(
        found["start"],
        found["end"],
        found["kind"],
        instant(found["since"]),
        instant(found["until"]),
        found["grain"],
    )
