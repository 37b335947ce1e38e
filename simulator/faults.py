"""Switches for tests: what Telegram and the network do on a bad day."""

import math
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from simulator.errors import ApiError, forbidden, too_many_requests
from simulator.model import Request

FaultKind = Literal["429", "403", "400", "500", "502", "cut_before", "cut_after", "delay"]
_DESCRIPTIONS = {
    "403": (403, "Forbidden: bot was blocked by the user"),
    "400": (400, "Bad Request: the simulator was told to refuse this"),
    "500": (500, "Internal Server Error"),
    "502": (502, "Bad Gateway"),
}


class Cut(Exception):
    """The connection ends here, without an answer."""


@dataclass(slots=True, eq=False)
class Fault:
    """What goes wrong, for whom, and how often.

    Without `method` it meets every request but `getUpdates` ("*" means really every one); without
    `chat_id` every chat; without `times` it stays. `skip` lets the first N pass. `probability` is per
    request, drawn from `seed`. A 429 bans one chat (when `chat_id` is given or `scope` is "chat") or
    everything for `retry_after` seconds. `delay` waits `delay_s` seconds before anything else.
    """

    kind: FaultKind
    method: str = ""
    chat_id: int | None = None
    times: int | None = None
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    retry_after: float = 1.0
    scope: Literal["", "chat", "global"] = ""
    delay_s: float = 0.0
    description: str = ""
    hits: int = 0
    _random: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in (*_DESCRIPTIONS, "429", "cut_before", "cut_after", "delay"):
            raise ValueError(f"there is no fault {self.kind!r}")
        self._random.seed(self.seed)

    def meets(self, request: Request) -> bool:
        if self.times is not None and self.hits >= self.times:
            return False
        if self.method not in ("*", "") and self.method.lower() != request.method.lower():
            return False
        if not self.method and request.method == "getUpdates":
            return False
        if self.chat_id is not None and self.chat_id != request.chat_id:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.probability < 1.0 and self._random.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def view(self) -> dict[str, Any]:
        facts = asdict(self)
        del facts["_random"]
        return facts


@dataclass(slots=True, eq=False)
class Ban:
    """A 429 that is still in force; `until` in monotonic seconds."""

    chat_id: int | None
    until: float
    ignored: int = 0  # requests that came all the same


class Faults:
    """All switches together. `meet` is asked once per request, before it is taken."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.monotonic = monotonic  # seconds; a test whose time is its own puts that here
        self.switches: list[Fault] = []
        self.bans: dict[int | None, Ban] = {}
        self.bans_ignored = 0
        self.global_per_s = 0.0
        self.chat_per_s = 0.0
        self._sent: deque[float] = deque()
        self._sent_to: dict[int, deque[float]] = {}

    @property
    def quiet(self) -> bool:
        """Nothing to go wrong: the short way for benchmarks."""
        return not (self.switches or self.bans or self.global_per_s or self.chat_per_s)

    def clear(self) -> None:
        self.switches.clear()
        self.bans.clear()
        self.bans_ignored = 0

    def limit(self, global_per_s: float = 0, chat_per_s: float = 0) -> None:
        """A strict pace for everything that sends; 0 switches it off."""
        self.global_per_s, self.chat_per_s = global_per_s, chat_per_s
        self._sent.clear()
        self._sent_to.clear()

    def meet(self, request: Request) -> tuple[float, str]:
        """What happens to this request: seconds to wait first, and "cut_before", "cut_after" or "".

        Raises ApiError for a refusal.
        """
        self._check_bans(request)
        delay_s = 0.0
        for switch in self.switches:
            if not switch.meets(request):
                continue
            if switch.kind == "delay":
                delay_s += switch.delay_s
                request.fault = "delay"
                continue
            request.fault = switch.kind
            if switch.kind in ("cut_before", "cut_after"):
                return delay_s, switch.kind
            raise self._refusal(switch, request)
        self._check_pace(request)
        return delay_s, ""

    def _refusal(self, switch: Fault, request: Request) -> ApiError:
        if switch.kind == "429":
            by_chat = switch.scope == "chat" or (switch.chat_id is not None and switch.scope != "global")
            chat_id = request.chat_id if by_chat else None
            self.bans[chat_id] = Ban(chat_id, self.monotonic() + switch.retry_after)
            return too_many_requests(math.ceil(switch.retry_after))
        if switch.kind == "403" and not switch.description:
            return forbidden("bot was blocked by the user")
        code, description = _DESCRIPTIONS[switch.kind]
        return ApiError(code, switch.description or description)

    def _check_bans(self, request: Request) -> None:
        if not self.bans or request.method == "getUpdates":
            return
        now = self.monotonic()
        for chat_id in (None, request.chat_id):
            ban = self.bans.get(chat_id)
            if ban and ban.until > now:
                ban.ignored += 1
                self.bans_ignored += 1
                request.fault, request.ignored_ban = "429", True
                raise too_many_requests(math.ceil(ban.until - now))
            if ban:
                del self.bans[chat_id]

    def _check_pace(self, request: Request) -> None:
        if not (self.global_per_s or self.chat_per_s) or not request.method.startswith("send"):
            return
        if request.method == "sendChatAction":
            return
        now = self.monotonic()
        theirs = self._sent_to.setdefault(request.chat_id or 0, deque())
        wait = max(_wait(self._sent, self.global_per_s, now), _wait(theirs, self.chat_per_s, now))
        if wait > 0:
            request.fault = "429"
            raise too_many_requests(math.ceil(wait))
        self._sent.append(now)
        theirs.append(now)

    def view(self) -> dict[str, Any]:
        now = self.monotonic()
        return {
            "faults": [switch.view() for switch in self.switches],
            "bans": [
                {"chat_id": ban.chat_id, "remaining_s": max(ban.until - now, 0.0), "ignored": ban.ignored}
                for ban in self.bans.values()
            ],
            "bans_ignored": self.bans_ignored,
            "limits": {"global_per_s": self.global_per_s, "chat_per_s": self.chat_per_s},
        }


def _wait(sent: deque[float], per_s: float, now: float) -> float:
    """Seconds until one more may go: at most `per_s` in any window of one second (or 1 in 1/per_s)."""
    if not per_s:
        return 0.0
    window, most = (1.0, int(per_s)) if per_s >= 1 else (1.0 / per_s, 1)
    while sent and sent[0] <= now - window:
        sent.popleft()
    return sent[0] + window - now if len(sent) >= most else 0.0
