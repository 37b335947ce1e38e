"""What goes in and what comes out, as plain values.

Nothing here knows Telegram, Rasa or the database; every channel translates to and from these.
Texts of :class:`Outgoing` are a small HTML subset (``<b> <i> <a href>``), already escaped.
"""

from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, cast

LANGUAGES = ("en", "it", "de", "es")

Kind = Literal[
    "words",  # text typed by the person
    "tap",  # a button; `data` holds "noun:verb:argument…", `text` the message it hangs under, as HTML
    "command",  # "/menu"; `data` holds the name without the slash, `text` what stood behind it
    "answer",  # a quiz was answered; `data` holds the quiz's id, `choice` the option
    "place",  # a shared position; `latitude`, `longitude`
    "photo",  # a picture; `data` is what the channel calls it, `text` what was written below it
    "document",  # a file; `data` is what the channel calls it, `text` what was written below it
    "other",  # a voice message, a sticker …: `data` names what it was
    "blocked",  # the person stopped the bot
    "unblocked",  # the person came back
    "ignored",  # nothing a person said: a group, a channel, a service message
]


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing a person did. `address` is where their channel reaches them (Telegram: the chat id)."""

    kind: Kind
    address: str
    text: str = ""
    data: str = ""
    choice: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    message_id: str = ""  # the message a tap belongs to
    callback_id: str = ""  # to answer a tap, so that the button stops spinning
    html: str = ""  # `text` with its emphasis and links, as the HTML of Outgoing; "" when it has none
    file_name: str = ""  # of a document, as its sender calls it
    file_mime: str = ""
    file_size: int = 0  # bytes; 0 when the channel does not say
    first_name: str = ""
    language: str = ""  # what the channel says the person reads; a hint, not a choice
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A button. `data` ≤ 64 bytes or a `url`. `means` lists the intents that say the same in words.

    Typing a button's label presses it, unless it is not `spoken`: a switch among several, where the words are
    the answer itself.
    """

    label: str
    data: str = ""
    url: str = ""
    means: tuple[str, ...] = ()
    spoken: bool = True


@dataclass(frozen=True, slots=True)
class Quiz:
    """A question with one right answer; `data[i]` is the tap that option i stands for."""

    options: tuple[str, ...]
    data: tuple[str, ...]
    correct: int
    explanation: str = ""  # ≤ 200 UTF-16 units


@dataclass(frozen=True, slots=True)
class File:
    """A file to send along, small enough to lie in the outbox row.

    `content` is its text, or of `form` "base64" its bytes so written, or what the channel calls a file that it holds
    already: of "known" a picture, of "document" any other. A PNG is shown as a picture.
    """

    name: str
    content: str
    mime: str = "application/octet-stream"
    form: Literal["text", "base64", "known", "document"] = "text"

    @staticmethod
    def of_bytes(name: str, content: bytes, mime: str) -> "File":
        """A file of any bytes."""
        return File(name, b64encode(content).decode(), mime, "base64")

    @property
    def content_bytes(self) -> bytes:
        """What is in it. Not for one that the channel holds."""
        return b64decode(self.content) if self.form == "base64" else self.content.encode()

    @property
    def is_held(self) -> bool:
        """Whether the channel has it already."""
        return self.form in ("known", "document")

    @property
    def is_picture(self) -> bool:
        return self.form == "known" or (self.mime == "image/png" and self.form != "document")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one person.

    `buttons` are rows of buttons under the message; `keyboard` are rows of words that replace the
    phone's keyboard (an empty row list leaves it as it is). `edit` is the id of a message to change
    instead of sending a new one. `hears` are choices without a button: what words may mean on this screen.
    """

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    keyboard: tuple[tuple[str, ...], ...] = ()
    quiz: Quiz | None = None
    file: File | None = None
    edit: str = ""
    hears: tuple[Button, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The row's payload: only what is set, so that rows stay small."""
        return {key: value for key, value in asdict(self).items() if value and key != "hears"}

    @staticmethod
    def from_json(payload: dict[str, Any]) -> "Outgoing":
        """The inverse of :meth:`to_json`."""
        rows = cast(list[list[dict[str, Any]]], payload.get("buttons", []))
        keyboard = cast(list[list[str]], payload.get("keyboard", []))
        quiz = payload.get("quiz")
        file = payload.get("file")
        return Outgoing(
            text=payload.get("text", ""),
            buttons=tuple(tuple(_button(button) for button in row) for row in rows),
            keyboard=tuple(tuple(row) for row in keyboard),
            quiz=Quiz(tuple(quiz["options"]), tuple(quiz["data"]), quiz["correct"], quiz.get("explanation", ""))
            if quiz
            else None,
            file=File(**file) if file else None,
            edit=payload.get("edit", ""),
        )


def _button(stored: dict[str, Any]) -> Button:
    return Button(stored["label"], stored.get("data", ""), stored.get("url", ""), tuple(stored.get("means", ())))


class Lane(StrEnum):
    """Who goes first when many messages wait: a reply never queues behind an announcement."""

    REPLY = "reply"
    REMINDER = "reminder"
    LESSON = "lesson"
    ANNOUNCEMENT = "announcement"


LANES: tuple[Lane, ...] = tuple(Lane)


@dataclass(frozen=True, slots=True)
class Do:
    """A use case by name, from a tap, a command or words: `Do("matching:accept", ("17",))`."""

    what: str
    args: tuple[str, ...] = field(default=())

    @staticmethod
    def parse(data: str) -> "Do":
        """Read `noun:verb:arg:…`. Whatever comes in, a value comes out; an unknown one is refused later.

        >>> Do.parse("matching:accept:17")
        Do(what='matching:accept', args=('17',))
        """
        noun, _, rest = data.partition(":")
        verb, *args = rest.split(":")
        return Do(f"{noun}:{verb}", tuple(args))
