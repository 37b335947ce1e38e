"""One real Rasa for all tests of a session, with the actions beside it, in a thread of its own.

Rasa keeps nothing between turns and the actions touch no database, so every test may share them.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn

from bot.words.actions import create_app
from bot.words.server import RasaServer
from bot.words.train import train


@dataclass(frozen=True, slots=True)
class SharedRasa:
    url: str
    token: str

    @property
    def settings(self) -> dict[str, str]:
        """What an app needs to use it."""
        return {"rasa_url": self.url, "rasa_token": self.token}


@contextlib.contextmanager
def shared_rasa() -> Iterator[SharedRasa]:
    """Trained if need be, started, answering."""
    train(say=lambda _line: None)
    ready, over = threading.Event(), threading.Event()
    found: list[SharedRasa] = []

    async def serve() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        rasa = RasaServer(actions_url=f"http://127.0.0.1:{listener.getsockname()[1]}/webhook")
        config = uvicorn.Config(create_app(rasa.actions_token), lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve([listener]))
        try:
            await rasa.start()
            await asyncio.wait_for(rasa.ready.wait(), 180)
            found.append(SharedRasa(rasa.url, rasa.token))
            ready.set()
            await asyncio.to_thread(over.wait)
        finally:
            ready.set()
            await rasa.stop()
            server.should_exit = True
            await serving

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait()
    if not found:
        raise RuntimeError("Rasa did not start; see var/rasa.log")
    try:
        yield found[0]
    finally:
        over.set()
        thread.join(30)
