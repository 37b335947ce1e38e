"""The plain things a Telegram consists of: people, the messages it keeps, the requests it took."""

from dataclasses import dataclass, field
from typing import Any, Literal

By = Literal["bot", "person"]


@dataclass(slots=True, eq=False)
class Kept:
    """A message that was taken. `message` is what the bot sees of it, in Telegram's own shape."""

    message: dict[str, Any]
    by: By
    keyboard: dict[str, Any] | None = None  # a reply keyboard, its removal or a forced reply
    edits: int = 0
    deleted: bool = False  # for everybody
    cleared: bool = False  # the person deleted the chat: gone from the phone, still there for the bot
    file: str = ""  # path of the stored file, "" when there is none
    chosen: list[int] = field(default_factory=list)  # the options the person voted for
    poll: dict[str, Any] | None = None  # the poll with its answer, which the bot's message hides

    @property
    def id(self) -> int:
        return self.message["message_id"]

    @property
    def text(self) -> str:
        """What can be read: the text, the caption, or the poll's question."""
        if self.poll is not None:
            return self.poll["question"]
        return self.message.get("text", self.message.get("caption", ""))

    @property
    def buttons(self) -> list[list[dict[str, Any]]]:
        """The buttons under the message, row by row, as the bot sent them."""
        return self.message.get("reply_markup", {}).get("inline_keyboard", [])

    def view(self) -> dict[str, Any]:
        """What a phone shows of it."""
        message = self.message
        seen: dict[str, Any] = {
            "id": self.id,
            "from": self.by,
            "date": message["date"],
            "text": message.get("text", message.get("caption", "")),
            "entities": message.get("entities", message.get("caption_entities", [])),
            "buttons": self.buttons,
            "keyboard": self.keyboard,
            "edits": self.edits,
            "deleted": self.deleted,
            "cleared": self.cleared,
        }
        if "document" in message:
            document = message["document"]
            seen["file"] = {
                "name": document["file_name"],
                "mime": document["mime_type"],
                "size": document["file_size"],
                "url": f"/sim/files/{self.file}",
            }
        if "photo" in message:
            largest = message["photo"][-1]
            seen["photo"] = {
                "url": f"/sim/files/{self.file}",
                "width": largest["width"],
                "height": largest["height"],
            }
        if self.poll is not None:
            seen["poll"] = self.poll | {"chosen": self.chosen}
        for kind in ("location", "contact"):
            if kind in message:
                seen[kind] = message[kind]
        if "reply_to_message" in message:
            seen["reply_to"] = message["reply_to_message"]["message_id"]
        return seen


@dataclass(slots=True, eq=False)
class Person:
    """Somebody with a phone. The private chat has the same id as the person."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = "en"
    note: str = ""
    phone: bool = True  # shown in the browser; the crowd of a load test is not
    started: bool = False  # has written to the bot, so the bot may write
    blocked: bool = False
    deactivated: bool = False
    typing: str = ""  # what the bot is seen doing: "typing", "upload_document" …
    typing_until: float = 0.0  # monotonic seconds
    messages: dict[int, Kept] = field(default_factory=dict)

    def user(self) -> dict[str, Any]:
        """Telegram's User."""
        user: dict[str, Any] = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        if self.last_name:
            user["last_name"] = self.last_name
        if self.username:
            user["username"] = self.username
        if self.language_code:
            user["language_code"] = self.language_code
        return user

    def chat(self) -> dict[str, Any]:
        """Telegram's Chat: the private one."""
        chat: dict[str, Any] = {"id": self.id, "first_name": self.first_name, "type": "private"}
        if self.last_name:
            chat["last_name"] = self.last_name
        if self.username:
            chat["username"] = self.username
        return chat

    def facts(self) -> dict[str, Any]:
        """All but the messages: what is stored and what the browser shows."""
        return {
            "id": self.id,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "username": self.username,
            "language_code": self.language_code,
            "note": self.note,
            "phone": self.phone,
            "started": self.started,
            "blocked": self.blocked,
            "deactivated": self.deactivated,
        }


@dataclass(slots=True, eq=False)
class Request:
    """One request that the server took, and what became of it. `at` is real time, Unix seconds."""

    number: int
    method: str
    params: dict[str, Any]
    at: float
    chat_id: int | None = None
    status: int = 0  # 0 while it is open and when the connection was cut
    result: Any = None
    error: str = ""
    fault: str = ""  # the switch that met it: "429", "cut_after" …
    ignored_ban: bool = False  # it came while a 429 forbade it
    answered: bool = False  # the answer went out over an open connection
    took_s: float = 0.0

    def view(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True, eq=False)
class Callback:
    """A tap that waits for its answer; `answer` is what `answerCallbackQuery` said, `{}` for nothing."""

    id: str
    person_id: int
    message_id: int
    data: str
    at: float  # monotonic seconds
    answer: dict[str, Any] | None = None
    answers: int = 0
    newest: int = 0  # the newest message of all, and the edits of this one, when it was tapped
    edits: int = 0
