"""The control API under `/sim/` and the page: for tests in other processes and for the browser."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from simulator.model import Callback, Kept, Person
from simulator.world import CannotAct

if TYPE_CHECKING:
    from simulator.telegram import Telegram

_WEB = Path(__file__).parent / "web"
_HEARTBEAT_S = 15.0
# The page asks nobody but this server, and a new version is seen at once.
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-cache",
}
_Facts = dict[str, Any]


class _Web(StaticFiles):
    """The page's own files."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def pages(tg: "Telegram") -> Starlette:
    """Everything but the Bot API."""
    control = _Control(tg)
    return Starlette(
        routes=[
            Route("/", lambda request: FileResponse(_WEB / "index.html", headers=_PAGE_HEADERS)),
            Mount("/web", _Web(directory=_WEB)),
            Mount("/sim", routes=control.routes()),
        ],
        exception_handlers={CannotAct: _cannot, ValueError: _wrong, KeyError: _missing},
    )


def _cannot(request: Request, error: Exception) -> Response:
    return JSONResponse({"ok": False, "error": str(error)}, 409)


def _wrong(request: Request, error: Exception) -> Response:
    return JSONResponse({"ok": False, "error": str(error)}, 400)


def _missing(request: Request, error: Exception) -> Response:
    return JSONResponse({"ok": False, "error": f"{error.args[0]} is missing"}, 400)


class _Control:
    """One method per address. What a person does answers with the message or the callback."""

    def __init__(self, tg: "Telegram") -> None:
        self.tg = tg
        self.acts: dict[str, Callable[[Person, _Facts], Any]] = {
            "say": lambda person, facts: tg.say(person, facts["text"], html=facts.get("html", False)),
            "start": lambda person, facts: tg.start(person, facts.get("payload", "")),
            "tap": self._tap,
            "press": lambda person, facts: tg.press(person, facts["label"]),
            "vote": lambda person, facts: tg.vote(person, facts["message_id"], facts["option"]),
            "photo": lambda person, facts: tg.photo(
                person, _bytes(facts), facts.get("caption", ""), html=facts.get("html", False)
            ),
            "document": lambda person, facts: tg.document(
                person,
                facts["name"],
                _bytes(facts) or b"",
                facts.get("mime", "text/plain"),
                facts.get("caption", ""),
                html=facts.get("html", False),
            ),
            "location": lambda person, facts: tg.location(person, facts["latitude"], facts["longitude"]),
            "contact": lambda person, facts: tg.contact(person),
            "edit": lambda person, facts: tg.edit(person, facts["message_id"], facts["text"]),
            "block": lambda person, facts: tg.block(person),
            "unblock": lambda person, facts: tg.unblock(person),
            "deactivate": lambda person, facts: tg.deactivate(person),
            "delete_chat": lambda person, facts: tg.delete_chat(person, stop=facts.get("stop", False)),
        }

    def routes(self) -> list[Route]:
        def route(path: str, endpoint: Callable[[Request], Awaitable[Response]], method: str) -> Route:
            return Route(path, endpoint, methods=[method])

        return [
            route("/people", self.get_people, "GET"),
            route("/people", self.add_person, "POST"),
            route("/people/{id:int}/messages", self.messages, "GET"),
            route("/people/{id:int}/{act}", self.act, "POST"),
            route("/updates", self.put_update, "POST"),
            route("/log", self.log, "GET"),
            route("/callbacks/{id}", self.callback, "GET"),
            route("/faults", self.get_faults, "GET"),
            route("/faults", self.add_fault, "POST"),
            route("/faults", self.clear_faults, "DELETE"),
            route("/limits", self.set_limits, "POST"),
            route("/bot", self.bot, "GET"),
            route("/clock", self.get_clock, "GET"),
            route("/clock", self.advance_clock, "POST"),
            route("/events", self.events, "GET"),
            route("/files/{path:path}", self.file, "GET"),
        ]

    # people

    async def get_people(self, request: Request) -> Response:
        return JSONResponse([self._shown(person) for person in self.tg.people.values() if person.phone])

    async def add_person(self, request: Request) -> Response:
        facts = await _facts(request)
        return JSONResponse(self._shown(add_person(self.tg, facts)))

    def _shown(self, person: Person) -> _Facts:
        return person.facts() | {
            "bot": self.tg.server.api.what_a_phone_shows(person),
            "typing": self.tg.typing(person),
        }

    async def messages(self, request: Request) -> Response:
        kept = self.tg.messages(request.path_params["id"], everything=True)
        return JSONResponse([one.view() for one in kept])

    async def act(self, request: Request) -> Response:
        act = self.acts.get(request.path_params["act"])
        if act is None:
            raise ValueError(f"people cannot {request.path_params['act']!r}; they can {', '.join(self.acts)}")
        done = act(self.tg.person(request.path_params["id"]), await _facts(request))
        if isinstance(done, Kept):
            return JSONResponse({"ok": True, "message": done.view()})
        if isinstance(done, Callback):
            return JSONResponse({"ok": True, "callback": _callback(done)})
        return JSONResponse({"ok": True})

    def _tap(self, person: Person, facts: _Facts) -> Callback:
        return self.tg.tap(
            person,
            facts.get("message_id", 0),
            facts.get("data"),
            row=facts.get("row", 0),
            column=facts.get("column", 0),
        )

    async def callback(self, request: Request) -> Response:
        found = self.tg.callbacks.get(request.path_params["id"])
        if found is None:
            raise CannotAct("there is no such callback")
        return JSONResponse(_callback(found))

    async def put_update(self, request: Request) -> Response:
        self.tg.updates.put_raw(await _facts(request))
        return JSONResponse({"ok": True})

    # the server

    async def log(self, request: Request) -> Response:
        query = request.query_params
        chat_id = int(query["chat_id"]) if "chat_id" in query else None
        found = self.tg.log(query.get("method", ""), chat_id)
        return JSONResponse([one.view() for one in found[-int(query.get("last", len(found) or 1)) :]])

    async def get_faults(self, request: Request) -> Response:
        return JSONResponse(self.tg.faults.view())

    async def add_fault(self, request: Request) -> Response:
        facts = await _facts(request)
        try:
            fault = self.tg.fault(**facts | {"kind": str(facts["kind"])})
        except TypeError as error:
            raise ValueError(str(error)) from error
        return JSONResponse(fault.view())

    async def clear_faults(self, request: Request) -> Response:
        self.tg.clear_faults()
        return JSONResponse({"ok": True})

    async def set_limits(self, request: Request) -> Response:
        facts = await _facts(request)
        self.tg.limit(facts.get("global_per_s", 0), facts.get("chat_per_s", 0))
        return JSONResponse({"ok": True})

    async def bot(self, request: Request) -> Response:
        waiting = len(self.tg.updates)
        return JSONResponse(self.tg.bot | {"waiting_updates": waiting, "people": len(self.tg.people)})

    async def file(self, request: Request) -> Response:
        path = request.path_params["path"]
        if path not in self.tg.files:
            raise CannotAct("there is no such file")
        facts = next(facts for facts in self.tg.file_ids.values() if facts["path"] == path)
        # Only pictures are shown in the page; anything else a bot sends is downloaded, never run.
        picture = facts["mime"].startswith("image/") and "svg" not in facts["mime"]
        name = facts["name"].encode("ascii", "replace").decode().replace('"', "'")
        how = {} if picture else {"Content-Disposition": f'attachment; filename="{name}"'}
        kind = facts["mime"] if picture else "application/octet-stream"
        return Response(self.tg.files[path], media_type=kind, headers=how)

    # the clock and the browser

    async def get_clock(self, request: Request) -> Response:
        return JSONResponse(self._with_time(await self.tg.clock.read()))

    async def advance_clock(self, request: Request) -> Response:
        facts = await self.tg.clock.advance(float((await _facts(request))["advance_s"]))
        self.tg.announce("clock", None, clock=lambda: self._with_time(facts))
        return JSONResponse(self._with_time(facts))

    def _with_time(self, facts: _Facts) -> _Facts:
        return {"phones_now": self.tg.now()} | facts

    async def events(self, request: Request) -> Response:
        return StreamingResponse(self._events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def _events(self) -> AsyncIterator[str]:
        queue = self.tg.listen()
        try:
            yield "retry: 1000\ndata: {}\n\n"
            while True:
                try:
                    event = await asyncio.wait_for(queue.get(), _HEARTBEAT_S)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if event["type"] == "bye":
                    return
                if event["type"] not in ("request", "updates"):
                    yield f"data: {json.dumps(event)}\n\n"
        finally:
            self.tg.stop_listening(queue)


def add_person(tg: "Telegram", facts: _Facts) -> Person:
    """A person from `first_name` and, if given, `id last_name username language_code note phone started`."""
    name = str(facts["first_name"]).strip()
    if not name:
        raise ValueError("a person needs a first name")
    return tg.add_person(
        name[:64],
        facts.get("language_code", "en"),
        id=facts.get("id"),
        last_name=facts.get("last_name", ""),
        username=facts.get("username", ""),
        note=facts.get("note", ""),
        phone=bool(facts.get("phone", True)),
        started=bool(facts.get("started", False)),
    )


async def _facts(request: Request) -> _Facts:
    body = await request.body()
    facts = json.loads(body) if body else {}
    if not isinstance(facts, dict):
        raise ValueError("a JSON object is expected")
    return facts


def _bytes(facts: _Facts) -> bytes | None:
    return base64.b64decode(facts["content"], validate=True) if "content" in facts else None


def _callback(callback: Callback) -> _Facts:
    return {
        "id": callback.id,
        "message_id": callback.message_id,
        "data": callback.data,
        "answer": callback.answer,
    }
