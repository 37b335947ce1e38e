"""How fast messages may leave: so many a second in all, one a second per chat, and a stop when told.

Telegram allows about 30 messages a second over all chats and one a second in one chat; a 429 answer says how
long to be silent. Whether that ban is for the one chat or for the whole bot it does not say: so the chat is
silent at once, and everybody else is tried with a single message; a second 429 stops all.
"""

from collections import deque
from collections.abc import Callable

CATCH_UP = 0.5  # of the usual pause at least: who was held up follows faster, but in order
LAG_S = 0.1  # so much of what a busy machine has lost is caught up with
SOON_S = 0.05  # what would leave later than that is not taken up yet: a crash would leave it in doubt
MOST_S = 0.25  # so much of the stream is on its way when Telegram is slow
MOST = 64  # on their way, however fast they may leave
KEPT_FREE = 8  # places for answers, which never wait for an announcement to leave
MARGIN = 1.01  # the way to Telegram is not always equally long


class Pace:
    """Keeps the rates in a steady stream, burst 1. `monotonic` gives seconds; tests pass their own."""

    def __init__(
        self,
        rate: float,
        monotonic: Callable[[], float],
        per_chat_s: float = 1.0,
    ) -> None:
        self.rate = rate
        self.per_chat_s = per_chat_s
        self._suspect = ""  # the chat that was told to wait: if another one is told too, it is the whole bot
        self._feels_the_way = False
        self._monotonic = monotonic
        self._next = 0.0
        # The last that left, as many as may leave within a second: whoever was held up on the way (a busy machine)
        # does not catch up at the cost of the rate.
        most = max(1, int(rate))
        self._left: deque[float] = deque(maxlen=most)
        self._window_s = max(1.0, most / rate) * MARGIN
        self._silent_until = 0.0
        self._chats: dict[str, float] = {}

    def room(self, taken_up: int, waiting: int = 0, *, urgent: bool = False) -> int:
        """How many messages may be taken up now, where so many are `taken_up` and these of them are still `waiting`
        for their place: little enough that a stop is soon felt. A few places more are kept for what is urgent."""
        if self._monotonic() < self._silent_until:
            return 0
        if self._suspect or self._feels_the_way:
            return max(0, 1 - taken_up)
        most, soon = (max(2, min(MOST, int(self.rate * seconds))) for seconds in (MOST_S, SOON_S))
        return max(0, min(most - taken_up, soon - waiting) + (KEPT_FREE if urgent else 0))

    def must_wait(self) -> float:
        """Seconds of silence still ordered for all chats."""
        return max(0.0, self._silent_until - self._monotonic())

    def leave(self) -> float:
        """Leave now: 0.0. Or the seconds until the next place in the stream is free."""
        now = self._monotonic()
        free = max(self._next, self._silent_until)
        if len(self._left) == self._left.maxlen:
            free = max(free, self._left[0] + self._window_s)
        if now < free:
            return free - now
        self._left.append(now)
        self._next = max(max(self._next, now - LAG_S) + 1 / self.rate, now + CATCH_UP / self.rate)
        return 0.0

    def resting(self) -> list[str]:
        """The chats that may not be written to just now."""
        now = self._monotonic()
        if len(self._chats) > 1000 or any(until <= now for until in self._chats.values()):
            self._chats = {chat: until for chat, until in self._chats.items() if until > now}
        return list(self._chats)

    def wake_in(self) -> float | None:
        """Seconds until the first resting chat, or the whole bot, may speak again; None when none rests."""
        now = self._monotonic()
        moments = [until for until in self._chats.values() if until > now]
        if self._silent_until > now:
            moments.append(self._silent_until)
        return max(0.0, min(moments) - now) if moments else None

    def feel_the_way(self) -> None:
        """Another process may have been told to be silent: one at a time, until Telegram takes something."""
        self._feels_the_way = True

    def sent(self, chat: str, counts: bool = True) -> None:
        """A message was taken; an edit (`counts=False`) does not use up the chat's second."""
        self._suspect, self._feels_the_way = "", False
        if counts and self.per_chat_s:
            self.hold(chat, self.per_chat_s)

    def hold(self, chat: str, seconds: float) -> None:
        until = self._monotonic() + seconds
        self._chats[chat] = max(self._chats.get(chat, 0.0), until)

    def banned(self, chat: str, seconds: float) -> None:
        """A 429: silent in this chat to the letter; a second chat told the same means the whole bot."""
        self.hold(chat, seconds)
        if self._suspect not in ("", chat):
            self._silent_until = max(self._silent_until, self._monotonic() + seconds)
        self._suspect = chat
