"""What do these words mean? The road to Rasa, with a time limit and a circuit breaker of our own.

    words = Words(lambda: rasa.url, token)
    understood = await words.understand("vorrei un altro orario", sender="p17", state=State("it", "worker"))
    understood.do  # (Do(what="meetings:move", args=("vorrei un altro orario",)),)

Every failure is :class:`WordsUnavailable`; the caller shows the menu. Neither texts nor answers are logged.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import aiohttp
import structlog

from bot.errors import TwogetherError
from bot.messages import Do

log = structlog.get_logger(__name__)

PATH = "/webhooks/twogether/webhook"
LONGEST = 1000  # characters that are sent; more is no message to a form
TIMEOUT_S = 4.0
FAILURES = 3  # in a row: then nobody is sent to Rasa …
REST_S = 10.0  # … for this long


class WordsUnavailable(TwogetherError):
    """Rasa did not say what the words mean. The text names the cause and holds nothing that anybody wrote."""


@dataclass(frozen=True, slots=True)
class State:
    """Where the person stands: `form` is the open form, `asked` its question, `answers` what they said so far."""

    language: str
    role: str = ""
    form: str | None = None
    asked: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Entity:
    """A named thing and its place in the text as it was sent (stripped, cut)."""

    entity: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Understood:
    """What the words mean (`confidence` 0 to 1) and what is to be done about it, in order; never nothing."""

    intent: str
    confidence: float
    entities: tuple[Entity, ...]
    do: tuple[Do, ...]


class Breaker:
    """Stops asking somebody who does not answer, and tries again after a while with a single question.

    `now` gives seconds that only ever grow.
    """

    def __init__(self, now: Callable[[], float], failures: int = FAILURES, rest_s: float = REST_S) -> None:
        self._now = now
        self._most = failures
        self._rest_s = rest_s
        self._failed = 0
        self._open_until = 0.0
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether nobody is let through just now."""
        return self._failed >= self._most and (self._trying or self._now() < self._open_until)

    def let_through(self) -> bool:
        """Whether this request may go. After the rest the first one may, and decides for the others."""
        if self.is_open:
            return False
        if self._failed >= self._most:
            self._trying = True
        return True

    def succeeded(self) -> None:
        self._failed, self._trying = 0, False

    def failed(self) -> None:
        self._failed += 1
        self._trying = False
        if self._failed >= self._most:
            self._open_until = self._now() + self._rest_s


class Words:
    """Asks Rasa. `url` gives Rasa's address at this moment, "" while it is not ready."""

    def __init__(
        self,
        url: Callable[[], str],
        token: str,
        *,
        now: Callable[[], float] = time.monotonic,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._url = url
        self._token = token
        self._timeout_s = timeout_s
        self.breaker = Breaker(now)
        self._session: aiohttp.ClientSession | None = None

    async def understand(self, message: str, *, sender: str, state: State) -> Understood:
        """What a message means, given where its sender stands.

        Raises WordsUnavailable, at the latest after `timeout_s` seconds.
        """
        url = self._url()
        if not url:
            raise WordsUnavailable("Rasa is not ready")
        if not self.breaker.let_through():
            raise WordsUnavailable("Rasa failed several times and is left alone for a moment")
        try:
            async with asyncio.timeout(self._timeout_s):
                understood = _read(await self._ask_again(url, message, sender, state))
        except WordsUnavailable as error:
            self._note_failure(sender, str(error))
            raise
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            self._note_failure(sender, type(error).__name__)
            raise WordsUnavailable(f"Rasa could not be asked: {type(error).__name__}") from None
        except asyncio.CancelledError:
            self.breaker.failed()  # not known to work: the next one tries again
            raise
        self.breaker.succeeded()
        return understood

    async def close(self) -> None:
        """Close the connections. Asking again opens new ones."""
        if self._session:
            await self._session.close()
            self._session = None

    async def _ask_again(self, url: str, message: str, sender: str, state: State) -> Any:
        """A connection that breaks is a Rasa that was stopped; another one may stand behind the same address. To ask
        twice harms nobody: asking changes nothing."""
        try:
            return await self._ask(url, message, sender, state)
        except aiohttp.ClientConnectionError:
            return await self._ask(url, message, sender, state)

    async def _ask(self, url: str, message: str, sender: str, state: State) -> Any:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        # Half a surrogate pair cannot be written as UTF-8; it becomes a question mark.
        text = message.strip()[:LONGEST].encode("utf-8", "replace").decode()
        body = {"sender": sender, "message": text, "state": asdict(state)}
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._session.post(url + PATH, json=body, headers=headers) as answer:
            if answer.status != 200:
                raise WordsUnavailable(f"Rasa answered {answer.status}")
            return await answer.json()

    def _note_failure(self, sender: str, why: str) -> None:
        self.breaker.failed()
        log.warning("words.failed", sender=sender, why=why, resting=self.breaker.is_open)


def _read(answer: Any) -> Understood:
    """The channel's answer as a value. Whatever is not one, and one that says to do nothing, is a failure."""
    try:
        if answer["error"]:
            raise WordsUnavailable("Rasa reported an error")
        do = tuple(Do(str(one["what"]), tuple(map(str, one["args"]))) for one in answer["do"])
        entities = tuple(
            Entity(str(one["entity"]), str(one["value"]), int(one["start"]), int(one["end"]))
            for one in cast(list[dict[str, Any]], answer["entities"])
        )
        intent = answer["intent"]
        understood = Understood(str(intent["name"]), float(intent["confidence"]), entities, do)
    except (KeyError, TypeError, ValueError):
        raise WordsUnavailable("Rasa's answer is not one") from None
    if not do:
        raise WordsUnavailable("Rasa had nothing to say")
    return understood
