"""The HTTP side of the Bot API, on a short path of its own, and the listener underneath everything."""

import asyncio
import json
import socket
import time
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from simulator.botapi import BotApi
from simulator.errors import ApiError
from simulator.faults import Cut, Faults
from simulator.model import Request
from simulator.params import Params, read_params
from simulator.world import World

_KEEP_ALIVE_S = 75
_NO_BODY: Message = {"type": "http.response.body"}


class BotApiServer:
    """ASGI: `/bot<token>/<method>` and `/file/bot<token>/<path>`; everything else goes to `pages`."""

    def __init__(self, world: World, faults: Faults, pages: ASGIApp) -> None:
        self.world = world
        self.faults = faults
        self.api = BotApi(world)
        self._pages = pages
        self._prefix = f"/bot{world.token}/"
        self._file_prefix = f"/file/bot{world.token}/"
        world.updates.on_webhook_reply = self._take_webhook_reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/bot", "/file/bot")):
            await self._pages(scope, receive, send)
            return
        body = await _read(receive)
        try:
            status, kind, content = await self._answer(scope, body)
        except Cut:
            await _cut(scope, receive)
            return
        except ApiError as refusal:
            status, kind, content = refusal.code, b"application/json", _json(refusal.envelope())
        headers = [(b"content-type", kind), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, scope: Scope, body: bytes) -> tuple[int, bytes, bytes]:
        path: str = scope["path"]
        if path.startswith(self._prefix):
            return await self._call(path[len(self._prefix) :], scope, body)
        if path.startswith(self._file_prefix):
            content = self.world.files.get(path[len(self._file_prefix) :])
            if content is None:
                raise ApiError(404, "Not Found")
            return 200, b"application/octet-stream", content
        raise ApiError(401, "Unauthorized")

    async def _call(self, method: str, scope: Scope, body: bytes) -> tuple[int, bytes, bytes]:
        kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        params = await read_params(scope["query_string"], kind.decode("latin-1"), body)
        request = self.log(method, params)
        try:
            how = "" if self.faults.quiet else await self._bad_day(request)
            result = await self._result(method, request, params)
            request.result = result
            request.status = 200
            if how == "cut_after":
                request.status = 0
                raise Cut
            content = _json({"ok": True, "result": result})
            request.answered = _open(scope)
        except ApiError as refusal:
            request.status, request.error = refusal.code, refusal.description
            request.answered = _open(scope)
            raise
        finally:
            request.took_s = time.time() - request.at
            self.world.announce("request", request.chat_id)
        return 200, b"application/json", content

    def log(self, method: str, params: Params) -> Request:
        """Write the request into the log, under its canonical name."""
        self.world.last_number += 1
        name = self._canonical(method)
        values: dict[str, Any] = params.values
        for file, upload in params.files.items():
            values = values | {file: f"{upload.name} ({len(upload.content)} bytes)"}
        chat_id = params.integer("chat_id") or None
        request = Request(self.world.last_number, name, values, time.time(), chat_id)
        self.world.requests.append(request)
        return request

    def _canonical(self, method: str) -> str:
        if method.lower() == "getupdates":
            return "getUpdates"
        known = self.api.methods.get(method.lower())
        return known[0] if known else method

    async def _bad_day(self, request: Request) -> str:
        delay_s, how = self.faults.meet(request)
        if delay_s:
            await asyncio.sleep(delay_s)
        if how == "cut_before":
            raise Cut
        return how

    async def _result(self, method: str, request: Request, params: Params) -> Any:
        if request.method == "getUpdates":
            return await self.api.get_updates(params)
        known = self.api.methods.get(method.lower())
        if known is None:
            raise ApiError(404, "Not Found")
        return known[1](params)

    def _take_webhook_reply(self, reply: dict[str, Any]) -> None:
        """A method called in the answer to a webhook: the bot never learns what came of it."""
        method = str(reply.pop("method"))
        params = Params(reply)
        request = self.log(method, params)
        known = self.api.methods.get(method.lower())
        try:
            if known is None:
                raise ApiError(404, "Not Found")
            request.result, request.status = known[1](params), 200
        except ApiError as refusal:
            request.status, request.error = refusal.code, refusal.description


async def _read(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    pieces = [body]
    while message.get("more_body"):
        message = await receive()
        pieces.append(message.get("body", b""))
    return b"".join(pieces)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _open(scope: Scope) -> bool:
    transport = scope.get("transport")
    return transport is None or not transport.is_closing()


async def _cut(scope: Scope, receive: Receive) -> None:
    """End the connection without a byte of answer."""
    scope["transport"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass


class _Protocol(HttpToolsProtocol):
    """uvicorn's, which also shows the application its transport, so that it can cut the connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["transport"] = self.transport  # type: ignore[typeddict-unknown-key]


class Listener:
    """uvicorn's protocol on a socket in the running loop: starts and stops at once, touches no signals."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        self._config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=_KEEP_ALIVE_S,
        )
        self._host, self._port = host, port
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Gives the port. Raises OSError when it is taken."""
        loop = asyncio.get_running_loop()
        self._config.load()
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._server = await loop.create_server(
            lambda: _Protocol(self._config, self._state, {}, loop),
            self._host,
            self._port,
            family=family,
            backlog=2048,
        )
        return self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close every connection, long polls included."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._state.connections):
            connection.transport.abort()
        tasks = list(self._state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._server = None
