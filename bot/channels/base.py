"""What a messaging platform must offer, and what can go wrong there, typed by remedy."""

from typing import Any, Protocol

from bot.messages import Incoming, Outgoing


class SendError(Exception):
    """A message was not, or not surely, taken. `why` names the cause without any of its words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Wait(SendError):
    """Told to be silent for `seconds`; the message was not taken."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"told to wait {seconds:g} s")
        self.seconds = seconds


class TryAgain(SendError):
    """Surely not taken, and worth another try: no connection, or a fault on their side."""


class Unsure(SendError):
    """The connection broke: taken or not, nobody can say."""


class Gone(SendError):
    """The person stopped the bot, or their account is no more."""


class Impossible(SendError):
    """This message will never be taken."""


class Channel(Protocol):
    """One messaging platform."""

    name: str

    def address_of(self, payload: dict[str, Any]) -> str:
        """Whose update this raw one is; "" when that cannot be told. Never raises."""
        ...

    def parse(self, payload: dict[str, Any]) -> Incoming:
        """Read a raw update; raises when it is none."""
        ...

    async def send(self, address: str, message: Outgoing) -> str:
        """Send one message and return its id there (of a quiz: the quiz's id). Raises SendError."""
        ...

    async def answer_tap(self, callback_id: str) -> None:
        """Let the button stop spinning. Best effort: never raises."""
        ...

    async def show_typing(self, address: str) -> None:
        """Best effort: never raises."""
        ...
