"""The updates that wait for the bot, and the two ways they travel: long polling and the webhook."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import aiohttp

from simulator.errors import conflict

Update = dict[str, Any]

# Telegram leaves these out unless they are asked for by name.
_ON_REQUEST_ONLY = {"chat_member", "message_reaction", "message_reaction_count"}
_LONGEST_POLL_S = 50.0
_LARGEST_BATCH = 100
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 2.0
_WEBHOOK_TIMEOUT_S = 60.0


@dataclass(slots=True, eq=False)
class _Waiting:
    update: Update
    chat_id: int
    raw: bool = False  # put in as it is: its id may lie below the bot's offset
    handed_out: bool = False


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where the updates go. `max_connections` chats are served at the same time, each in order."""

    url: str = ""
    secret_token: str = ""
    max_connections: int = 40


class Updates:
    """One queue in the order of what happened. `keep(kind, value)` hears of every change."""

    def __init__(self, first_id: int, keep: Callable[[str, Any], None]) -> None:
        self.next_id = first_id
        self.webhook = Webhook()
        self.allowed: list[str] = []
        self.last_error: tuple[int, str] | None = None  # Unix seconds, text: of the webhook
        self.deliveries = 0  # requests to the webhook, repetitions included
        self.on_webhook_reply: Callable[[dict[str, Any]], None] | None = None
        self._keep = keep
        self._queue: dict[int, _Waiting] = {}  # by a number of our own: raw updates may repeat an id
        self._number = 0
        self._raw_waiting = 0
        self._came = asyncio.Event()
        self._poll: asyncio.Future[None] | None = None  # done: somebody else polls now
        self._chats: dict[int, deque[int]] = {}
        self._workers: dict[int, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(40)
        self._http: aiohttp.ClientSession | None = None

    def __len__(self) -> int:
        return len(self._queue)

    def waiting(self) -> list[Update]:
        """What the bot has not acknowledged yet, oldest first."""
        return [entry.update for entry in self._queue.values()]

    # coming in

    def put(self, kind: str, content: Any, chat_id: int) -> Update | None:
        """Queue an update under the next id, unless the bot does not want its kind."""
        wanted = kind in self.allowed if self.allowed else kind not in _ON_REQUEST_ONLY
        if not wanted:
            return None
        update = {"update_id": self.next_id, kind: content}
        self.next_id += 1
        self._add(_Waiting(update, chat_id))
        return update

    def put_raw(self, update: Update) -> None:
        """Queue an update as it is, whatever its id: for hostile tests."""
        self._add(_Waiting(update, 0, raw=True))

    def take_up(self, updates: Iterable[Update]) -> None:
        """Go on with what waited before a restart."""
        for update in updates:
            self.next_id = max(self.next_id, update.get("update_id", 0) + 1)
            self._add(_Waiting(update, 0))

    def _add(self, entry: _Waiting) -> None:
        self._number += 1
        self._queue[self._number] = entry
        self._raw_waiting += entry.raw
        self._keep("update", entry.update)
        self._came.set()
        if self.webhook.url:
            self._send_later(self._number, entry.chat_id)

    def _remove(self, numbers: list[int]) -> None:
        if numbers:
            gone = [self._queue.pop(number) for number in numbers]
            self._raw_waiting -= sum(entry.raw for entry in gone)
            self._keep("acknowledged", [entry.update.get("update_id") for entry in gone])

    def drop_all(self) -> None:
        self._chats.clear()
        self._remove(list(self._queue))

    # long polling

    async def get(self, offset: int, limit: int, timeout_s: float) -> list[Update]:
        """As getUpdates. Raises 409 when a webhook is set or another getUpdates takes over."""
        if self.webhook.url:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        if self._poll and not self._poll.done():
            self._poll.set_result(None)
        self._acknowledge(offset)
        limit = min(max(limit, 1), _LARGEST_BATCH) if limit else _LARGEST_BATCH
        if not self._queue and timeout_s > 0:
            await self._wait(min(timeout_s, _LONGEST_POLL_S))
        batch: list[Update] = []
        for entry in self._queue.values():
            if len(batch) == limit:
                break
            entry.handed_out = True
            batch.append(entry.update)
        return batch

    async def _wait(self, timeout_s: float) -> None:
        overtaken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._poll = overtaken
        self._came.clear()
        came = asyncio.ensure_future(self._came.wait())
        try:
            await asyncio.wait({came, overtaken}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            came.cancel()
        if self.webhook.url:
            raise conflict("terminated by setWebhook request")
        if overtaken.done():
            raise conflict("terminated by other getUpdates request; make sure that only one bot instance is running")
        self._poll = None

    def _acknowledge(self, offset: int) -> None:
        if offset < 0:
            self._remove(list(self._queue)[:offset])
        elif offset > 0:
            done: list[int] = []
            for number, entry in self._queue.items():
                if _is_done(entry, offset):
                    done.append(number)
                elif not self._raw_waiting:
                    break  # ids only grow: nothing behind it is done either
            self._remove(done)

    # the webhook

    def set_webhook(self, webhook: Webhook) -> None:
        """Start to deliver there; an empty address stops it and leaves what waits for getUpdates."""
        for worker in self._workers.values():
            worker.cancel()
        self._workers.clear()
        self._chats.clear()
        self.webhook = webhook
        self.last_error = None
        self._places = asyncio.Semaphore(webhook.max_connections)
        if not webhook.url:
            return
        self._came.set()  # a poll that waits has to end
        for number, entry in self._queue.items():
            self._send_later(number, entry.chat_id)

    def _send_later(self, number: int, chat_id: int) -> None:
        self._chats.setdefault(chat_id, deque()).append(number)
        if chat_id not in self._workers:
            self._workers[chat_id] = asyncio.get_running_loop().create_task(self._serve_chat(chat_id))

    async def _serve_chat(self, chat_id: int) -> None:
        """Deliver what waits for one chat, in order, each until it is taken."""
        try:
            while queue := self._chats.get(chat_id):
                number = queue[0]
                await self._until_taken(number)
                if number in self._queue:
                    self._remove([number])
                if queue and queue[0] == number:
                    queue.popleft()
            self._chats.pop(chat_id, None)
        finally:
            if self._workers.get(chat_id) is asyncio.current_task():
                del self._workers[chat_id]

    async def _until_taken(self, number: int) -> None:
        """Post it again and again, unless it is dropped meanwhile."""
        pause = _FIRST_PAUSE_S
        while entry := self._queue.get(number):
            async with self._places:
                if await self._post(entry.update):
                    return
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    async def _post(self, update: Update) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.secret_token} if self.webhook.secret_token else {}
        if self._http is None:
            timeout = aiohttp.ClientTimeout(total=_WEBHOOK_TIMEOUT_S)
            self._http = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0))
        self.deliveries += 1
        try:
            async with self._http.post(self.webhook.url, json=update, headers=headers) as answer:
                if 200 <= answer.status < 300:
                    await self._read_reply(answer)
                    return True
                error = f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except (aiohttp.ClientError, TimeoutError) as failure:
            error = f"Connection failed: {type(failure).__name__}"
        self.last_error = (int(time.time()), error)
        return False

    async def _read_reply(self, answer: aiohttp.ClientResponse) -> None:
        """A bot may answer the webhook with the method it wants to call."""
        if self.on_webhook_reply and answer.content_type == "application/json" and answer.content_length != 0:
            try:
                reply = await answer.json()
            except ValueError:
                return
            if isinstance(reply, dict) and "method" in reply:
                self.on_webhook_reply(reply)

    async def close(self) -> None:
        for worker in self._workers.values():
            worker.cancel()
        self._workers.clear()
        if self._http:
            await self._http.close()


def _is_done(entry: _Waiting, offset: int) -> bool:
    return entry.update.get("update_id", 0) < offset and (entry.handed_out or not entry.raw)
