"""Everything a Telegram remembers: people, chats, messages, files, settings, updates, requests."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from simulator.model import By, Callback, Kept, Person, Request
from simulator.store import Store
from simulator.updates import Updates

_UPDATES_PER_SECOND = 10  # how many update ids are left free for each second between two starts
_UPDATE_EPOCH = 1_700_000_000
_FIRST_PERSON = 7_000_000_001  # as large as real ids are: more than 32 bits
_LOG_LENGTH = 200_000
_TYPING_S = 5.0


class CannotAct(Exception):
    """A person cannot do this on their phone: no such button, chat blocked, quiz closed …"""


class World:
    """The state behind the Bot API. One event loop, no threads; nothing here waits for the network.

    `now` gives Unix seconds for the dates of messages; it defaults to real time plus `clock_offset`,
    which follows the app's simulated clock.
    """

    def __init__(self, token: str, *, store: Path | None = None, now: Callable[[], float] | None = None) -> None:
        self.token = token
        self.bot: dict[str, Any] = {
            "id": int(token.partition(":")[0]) if token.partition(":")[0].isdigit() else 1,
            "is_bot": True,
            "first_name": "twogether",
            "username": "twogether_bot",
        }
        self.clock_offset = 0.0
        self._now = now
        self.people: dict[int, Person] = {}
        self.requests: deque[Request] = deque(maxlen=_LOG_LENGTH)
        self.callbacks: dict[str, Callback] = {}
        self.polls: dict[str, tuple[Person, Kept]] = {}
        self.files: dict[str, bytes] = {}  # by path, as in `/file/bot<token>/<path>`
        self.file_ids: dict[str, dict[str, Any]] = {}  # file id → {"path", "mime", "name"}
        self.settings: dict[str, Any] = {}  # commands, descriptions, menu button, webhook
        self.last_message_id = 0
        self.last_number = 0
        first_update = int((time.time() - _UPDATE_EPOCH) * _UPDATES_PER_SECOND)
        self.updates = Updates(first_update, keep=self._keep_update)
        self._listeners: set[asyncio.Queue[dict[str, Any]]] = set()
        self._waiting: set[asyncio.Future[None]] = set()
        self._store = Store(store) if store else None
        if self._store:
            self._remember(self._store.read())
            self._store.start_afresh(self._everything())

    # time

    def now(self) -> float:
        """Unix seconds on the phones' clocks."""
        return self._now() if self._now else time.time() + self.clock_offset

    # people

    def add_person(
        self,
        first_name: str,
        language_code: str = "en",
        *,
        id: int | None = None,
        last_name: str = "",
        username: str = "",
        note: str = "",
        phone: bool = True,
        started: bool = False,
    ) -> Person:
        """A new person with a private chat that nothing was said in yet. An id that exists is that person.

        Without a `phone` they are not shown in the browser; `started`: the bot may write to them already.
        """
        if id is None:
            id = max(_FIRST_PERSON - 1, *self.people, 0) + 1
        if id in self.people:
            return self.people[id]
        person = Person(id, first_name, last_name, username, language_code, note, phone, started)
        self.people[id] = person
        self.keep_person(person)
        return person

    def person(self, id: int | Person) -> Person:
        """Raises CannotAct when there is nobody with this id."""
        if isinstance(id, Person):
            return id
        if id not in self.people:
            raise CannotAct(f"there is no person {id}")
        return self.people[id]

    def keep_person(self, person: Person) -> None:
        """Call after each change of a person."""
        if self._store:
            self._store.write("person", person.facts())
        if person.phone:
            self.announce("person", person.id, person=lambda: person.facts())

    # messages

    def add_message(
        self,
        person: Person,
        by: By,
        content: dict[str, Any],
        keyboard: dict[str, Any] | None = None,
        file: str = "",
        poll: dict[str, Any] | None = None,
    ) -> Kept:
        """Keep a message; it gets its id (one count for all chats of the bot) and its date."""
        self.last_message_id += 1
        message: dict[str, Any] = {
            "message_id": self.last_message_id,
            "from": self.bot if by == "bot" else person.user(),
            "chat": person.chat(),
            "date": int(self.now()),
        }
        message.update(content)
        kept = Kept(message, by, keyboard, file=file, poll=poll)
        person.messages[self.last_message_id] = kept
        if poll is not None:
            self.polls[poll["id"]] = (person, kept)
        if by == "bot":
            person.typing = ""
        self.keep_message("message", person, kept)
        return kept

    def keep_message(self, what: str, person: Person, kept: Kept) -> None:
        """Call after each change; `what` is "message", "edited" or "deleted"."""
        if self._store:
            self._store.write("message", _stored(person, kept))
        self.announce(what, person.id, message=kept.view)

    def add_file(self, folder: str, name: str, mime: str, content: bytes) -> tuple[str, str]:
        """Keep a file; gives its id and its path."""
        number = len(self.files)
        suffix = Path(name).suffix
        path, file_id = f"{folder}/file_{number}{suffix}", f"SIM{self.bot['id']}F{number}"
        self.files[path] = content
        self.file_ids[file_id] = {"path": path, "mime": mime, "name": name}
        if self._store:
            self._store.write_file(file_id, self.file_ids[file_id], content)
        return file_id, path

    def set(self, name: str, value: Any) -> None:
        """Keep a setting of the bot."""
        self.settings[name] = value
        if self._store:
            self._store.write("setting", {"name": name, "value": value})

    def show_typing(self, person: Person, action: str) -> None:
        person.typing, person.typing_until = action, time.monotonic() + _TYPING_S
        self.announce("typing", person.id, action=lambda: action)

    # what happens, for those who watch

    def announce(self, kind: str, chat_id: int | None, **facts: Callable[[], Any]) -> None:
        """Tell the browsers and whoever waits in `until`. The facts are only worked out when needed."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        if self._listeners:
            event = {"type": kind, "chat_id": chat_id} | {name: fact() for name, fact in facts.items()}
            for queue in self._listeners:
                queue.put_nowait(event)

    def listen(self) -> asyncio.Queue[dict[str, Any]]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._listeners.add(queue)
        return queue

    def stop_listening(self, queue: asyncio.Queue[dict[str, Any]]) -> None:
        self._listeners.discard(queue)

    async def until[T](self, condition: Callable[[], T | None], timeout_s: float = 5.0) -> T:
        """Wait until `condition` gives something true, and give it back.

        It is looked at whenever anything happens here. Raises TimeoutError after `timeout_s` seconds.
        """
        async with asyncio.timeout(timeout_s):
            while not (value := condition()):
                future = asyncio.get_running_loop().create_future()
                self._waiting.add(future)
                try:
                    await future
                finally:
                    self._waiting.discard(future)
        return value

    # over a restart

    def _keep_update(self, what: str, value: Any) -> None:
        if self._store:
            self._store.write(what, value)
        self.announce("updates", None)

    def _everything(self) -> Iterable[tuple[str, Any]]:
        for name, value in self.settings.items():
            yield "setting", {"name": name, "value": value}
        for file_id, facts in self.file_ids.items():
            yield "file", Store.packed(file_id, facts, self.files[facts["path"]])
        for person in self.people.values():
            yield "person", person.facts()
            for kept in person.messages.values():
                yield "message", _stored(person, kept)
        for update in self.updates.waiting():
            yield "update", update

    def _remember(self, lines: Iterable[tuple[str, Any]]) -> None:
        waiting: dict[int, dict[str, Any]] = {}
        for what, value in lines:
            match what:
                case "person":
                    known = self.people.get(value["id"])
                    self.people[value["id"]] = Person(**value, messages=known.messages if known else {})
                case "message":
                    self._remember_message(value)
                case "file":
                    file_id, facts, content = Store.unpacked(value)
                    self.file_ids[file_id], self.files[facts["path"]] = facts, content
                case "setting":
                    self.settings[value["name"]] = value["value"]
                case "update":
                    waiting[value["update_id"]] = value
                case "acknowledged":
                    for update_id in value:
                        waiting.pop(update_id, None)
                case _:
                    raise ValueError(f"the store holds a line of an unknown kind: {what}")
        self.updates.take_up(list(waiting.values()))

    def _remember_message(self, value: dict[str, Any]) -> None:
        person = self.people[value.pop("person_id")]
        kept = Kept(**value)
        person.messages[kept.id] = kept
        self.last_message_id = max(self.last_message_id, kept.id)
        if kept.poll is not None:
            self.polls[kept.poll["id"]] = (person, kept)

    def close(self) -> None:
        """Stop watching and writing."""
        for queue in self._listeners:
            queue.put_nowait({"type": "bye", "chat_id": None})
        if self._store:
            self._store.close()


def _stored(person: Person, kept: Kept) -> dict[str, Any]:
    return {name: getattr(kept, name) for name in Kept.__slots__} | {"person_id": person.id}
