"""A whole Telegram in one object: people, Bot API, control API and the page with the phones."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from simulator.clock import AppClock
from simulator.control import pages
from simulator.faults import Fault, FaultKind, Faults
from simulator.model import Request
from simulator.people import People
from simulator.server import BotApiServer, Listener


class Telegram(People):
    """`async with Telegram(token="1:T", port=0) as tg:` — then `tg.url` is a Bot API server.

    `app` is the base address of the bot's own web server; the page moves its simulated clock.
    """

    def __init__(
        self,
        token: str = "1:T",  # noqa: S107
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        app: str = "",
        store: Path | None = None,
        now: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(token, store=store, now=now)
        self.faults = Faults()
        self.clock = AppClock(self, app)
        self.server = BotApiServer(self, self.faults, pages(self))
        self.url = ""
        self._host = host
        self._listener = Listener(self.server, host, port)

    async def start_server(self) -> None:
        """Raises OSError when the port is taken."""
        self.server.api.take_up()
        port = await self._listener.start()
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"http://{host}:{port}"

    async def stop_server(self) -> None:
        self.close()
        await self.updates.close()
        await self.clock.close()
        await self._listener.stop()

    async def __aenter__(self) -> Self:
        await self.start_server()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_server()

    # switches for tests

    def fault(self, kind: FaultKind, **facts: Any) -> Fault:
        """Switch a fault on; see :class:`Fault` for `method`, `chat_id`, `times`, `retry_after` …"""
        fault = Fault(kind, **facts)
        self.faults.switches.append(fault)
        return fault

    def clear_faults(self) -> None:
        self.faults.clear()

    def limit(self, global_per_s: float = 0, chat_per_s: float = 0) -> None:
        """A strict pace for sending: what comes faster gets 429. 0 switches it off."""
        self.faults.limit(global_per_s, chat_per_s)

    # what the server took

    def log(self, method: str = "", chat_id: int | None = None) -> list[Request]:
        """The requests of the bot, oldest first; without getUpdates unless it is asked for by name."""
        wanted = method.lower()
        return [
            request
            for request in self.requests
            if (request.method.lower() == wanted if wanted else request.method != "getUpdates")
            and (chat_id is None or request.chat_id == chat_id)
        ]

    async def drained(self, timeout_s: float = 5.0) -> None:
        """Wait until the bot has acknowledged every update."""
        await self.until(lambda: not len(self.updates), timeout_s)
