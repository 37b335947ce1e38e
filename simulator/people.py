"""What people do on their phones, each act with the update that Telegram makes of it."""

import secrets
import time
from typing import Any

from simulator import images
from simulator.entities import find_entities, formatted, utf16_length
from simulator.model import Callback, Kept, Person
from simulator.polls import vote, without_answer
from simulator.world import CannotAct, World

_LONGEST_TEXT, _LONGEST_CAPTION = 4096, 1024


class People(World):
    """A world in which people act. Who acts is given by id or as the Person.

    Acts of a person who blocked the bot, and acts on things that are not there, raise CannotAct.
    """

    # words

    def say(self, who: int | Person, text: str, *, html: bool = False) -> Kept:
        """Type and send. A text beyond 4096 is cut into several messages, as the app on a phone does.

        With `html` the tags stand for what the person marks on the phone: bold, italic, a link …
        Gives the last message.
        """
        person = self._able(who)
        text = text.strip()
        if not text:
            raise CannotAct("an empty message cannot be sent")
        if html:
            return self._write(person, _marked(text, "text", "entities", _LONGEST_TEXT))
        kept: Kept | None = None
        for piece in _pieces(text):
            content: dict[str, Any] = {"text": piece}
            if entities := find_entities(piece):
                content["entities"] = entities
            kept = self._write(person, content)
        assert kept is not None
        return kept

    def start(self, who: int | Person, payload: str = "") -> Kept:
        """Press START, or open a deep link. Somebody who blocked the bot unblocks it by this."""
        person = self.person(who)
        if person.blocked:
            self.unblock(person)
        return self.say(person, f"/start {payload}".strip())

    def edit(self, who: int | Person, message_id: int, text: str) -> Kept:
        """Change a message of one's own."""
        person = self._able(who)
        kept = self._message(person, message_id)
        if kept.by != "person" or "text" not in kept.message:
            raise CannotAct("only one's own words can be edited")
        changed = kept.message | {"text": text, "edit_date": int(self.now())}
        changed.pop("entities", None)
        if entities := find_entities(text):
            changed["entities"] = entities
        kept.message = changed
        kept.edits += 1
        self.keep_message("edited", person, kept)
        self.updates.put("edited_message", kept.message, person.id)
        return kept

    # other things to send

    def photo(self, who: int | Person, content: bytes | None = None, caption: str = "", *, html: bool = False) -> Kept:
        """Send a picture; without `content` a small drawn one. The caption may be marked as in :meth:`say`."""
        person = self._able(who)
        content = content or images.sample()
        size = images.size(content)
        if size is None:
            raise CannotAct("this is no picture")
        file_id, path = self.add_file("photos", "photo.png", "image/png", content)
        sent: dict[str, Any] = {"photo": images.photo_sizes(file_id, size, len(content))}
        return self._write(person, sent | _caption(caption, html), path)

    def document(
        self,
        who: int | Person,
        name: str,
        content: bytes,
        mime: str = "text/plain",
        caption: str = "",
        *,
        html: bool = False,
    ) -> Kept:
        """Send a file. The caption may be marked as in :meth:`say`."""
        person = self._able(who)
        file_id, path = self.add_file("documents", name, mime, content)
        document = {
            "file_id": file_id,
            "file_unique_id": f"U{file_id}",
            "file_name": name,
            "mime_type": mime,
            "file_size": len(content),
        }
        return self._write(person, {"document": document} | _caption(caption, html), path)

    def location(self, who: int | Person, latitude: float, longitude: float) -> Kept:
        """Share a place, in degrees."""
        place = {"latitude": latitude, "longitude": longitude}
        return self._write(self._able(who), {"location": place})

    def contact(self, who: int | Person, phone_number: str = "+390512345678") -> Kept:
        """Share one's own number."""
        person = self._able(who)
        card = {"phone_number": phone_number, "first_name": person.first_name, "user_id": person.id}
        return self._write(person, {"contact": card})

    def _write(self, person: Person, content: dict[str, Any], file: str = "") -> Kept:
        if not person.started:
            person.started = True
            self.keep_person(person)
        kept = self.add_message(person, "person", content, file=file)
        self.updates.put("message", kept.message, person.id)
        return kept

    # buttons

    def tap(
        self,
        who: int | Person,
        message_id: int = 0,
        data: str | None = None,
        *,
        row: int = 0,
        column: int = 0,
    ) -> Callback:
        """Tap the button at `row`, `column` of a message, or send `data` that no button carries.

        Telegram does not check a tap's data, nor does this: forged data and old messages pass. Without
        a `message_id` it is the last message with buttons.
        """
        person = self._able(who)
        if not message_id:
            message_id = self._last_with_buttons(person).id
        kept = person.messages.get(message_id)
        if data is None:
            data = _data_of(self._message(person, message_id), row, column)
        callback = Callback(str(secrets.randbits(62)), person.id, message_id, data, time.monotonic())
        callback.newest, callback.edits = self.last_message_id, kept.edits if kept else 0
        self.callbacks[callback.id] = callback
        query: dict[str, Any] = {
            "id": callback.id,
            "from": person.user(),
            "chat_instance": str(-person.id),
            "data": data,
        }
        if kept is None or kept.deleted:
            query["message"] = {"chat": person.chat(), "message_id": message_id, "date": 0}
        else:
            query["message"] = kept.message
        self.updates.put("callback_query", query, person.id)
        return callback

    def press(self, who: int | Person, label: str) -> Callback | Kept:
        """Press what reads `label`: the newest button under a message, else the key of the keyboard.

        Raises CannotAct, naming what can be pressed, when there is neither.
        """
        person = self._able(who)
        for kept in reversed(list(self._visible(person))):
            for row, buttons in enumerate(kept.buttons):
                for column, button in enumerate(buttons):
                    if button["text"] == label:
                        return self.tap(person, kept.id, row=row, column=column)
        if any(label == key for keys in self.keyboard(person) for key in keys):
            return self.say(person, label)
        raise CannotAct(f"there is no {label!r} to press; there is {self.labels(person)}")

    def vote(self, who: int | Person, message_id: int, option: int | list[int]) -> Kept:
        """Answer a quiz or a poll; a quiz only once, [] takes the vote in a poll back."""
        person = self._able(who)
        kept = self._message(person, message_id)
        chosen = [option] if isinstance(option, int) else option
        poll = kept.poll
        if poll is None:
            raise CannotAct("this message holds no poll")
        if poll["is_closed"]:
            raise CannotAct("this poll is closed")
        if kept.chosen and poll["type"] == "quiz":
            raise CannotAct("a quiz is answered once")
        if not all(0 <= one < len(poll["options"]) for one in chosen) or (
            len(chosen) > 1 and not poll["allows_multiple_answers"]
        ):
            raise CannotAct("the poll does not allow this choice")
        vote(poll, kept.chosen, chosen)
        kept.chosen = list(chosen)
        kept.message = kept.message | {"poll": without_answer(poll)}
        self.keep_message("edited", person, kept)
        self._report_vote(person, poll, chosen)
        return kept

    def _report_vote(self, person: Person, poll: dict[str, Any], chosen: list[int]) -> None:
        self.updates.put("poll", without_answer(poll), person.id)
        if not poll["is_anonymous"]:
            answer = {
                "poll_id": poll["id"],
                "user": person.user(),
                "option_ids": chosen,
                "option_persistent_ids": [poll["options"][one]["persistent_id"] for one in chosen],
            }
            self.updates.put("poll_answer", answer, person.id)

    # staying and leaving

    def block(self, who: int | Person) -> None:
        """Stop the bot: it gets 403 from now on."""
        self._change_membership(self.person(who), blocked=True)

    def unblock(self, who: int | Person) -> None:
        self._change_membership(self.person(who), blocked=False)

    def _change_membership(self, person: Person, *, blocked: bool) -> None:
        if person.blocked == blocked:
            return
        person.blocked = blocked
        self.keep_person(person)
        member, kicked = {"status": "member"}, {"status": "kicked", "until_date": 0}
        before, after = (member, kicked) if blocked else (kicked, member)
        change = {
            "chat": person.chat(),
            "from": person.user(),
            "date": int(self.now()),
            "old_chat_member": {"user": self.bot, **before},
            "new_chat_member": {"user": self.bot, **after},
        }
        self.updates.put("my_chat_member", change, person.id)

    def deactivate(self, who: int | Person) -> None:
        """The account is gone: 403 "user is deactivated"."""
        person = self.person(who)
        person.deactivated = True
        self.keep_person(person)

    def delete_chat(self, who: int | Person, *, stop: bool = False) -> None:
        """Delete the chat on the phone. The bot hears nothing of it unless the person stops it as well."""
        person = self.person(who)
        for kept in person.messages.values():
            if not kept.cleared:
                kept.cleared = True
                self.keep_message("deleted", person, kept)
        if stop:
            self.block(person)

    # what they see

    def messages(self, who: int | Person, *, everything: bool = False) -> list[Kept]:
        """What stands in the chat, oldest first; with `everything`, also what was deleted."""
        person = self.person(who)
        return list(person.messages.values()) if everything else list(self._visible(person))

    def from_bot(self, who: int | Person) -> list[Kept]:
        """What the bot wrote and the person can see, oldest first."""
        return [kept for kept in self._visible(self.person(who)) if kept.by == "bot"]

    def last(self, who: int | Person) -> Kept:
        """The newest visible message of the bot. Raises CannotAct when it wrote none."""
        said = self.from_bot(who)
        if not said:
            raise CannotAct("the bot has not written yet")
        return said[-1]

    def labels(self, who: int | Person) -> list[list[str]]:
        """The buttons under the bot's newest message that has any, row by row."""
        person = self.person(who)
        for kept in reversed(list(self._visible(person))):
            if kept.buttons:
                return [[button["text"] for button in row] for row in kept.buttons]
        return []

    def keyboard(self, who: int | Person) -> list[list[str]]:
        """The keys that replace the phone's keyboard now; a one-time keyboard is gone once it was used."""
        used = False
        for kept in reversed(self.messages(who, everything=True)):
            if kept.keyboard is not None:
                if kept.keyboard.get("one_time_keyboard") and used:
                    return []
                return [[key["text"] for key in row] for row in kept.keyboard.get("keyboard", [])]
            used = used or kept.by == "person"
        return []

    def typing(self, who: int | Person) -> str:
        """What the bot is seen doing now ("typing"), "" for nothing."""
        person = self.person(who)
        return person.typing if time.monotonic() < person.typing_until else ""

    async def answer(self, who: int | Person, act: Kept | Callback | None = None, timeout_s: float = 5.0) -> Kept:
        """Wait for the bot's next message after `act` (default: the person's newest message).

        An edit of the message that was tapped counts too. Raises TimeoutError.
        """
        person = self.person(who)
        if act is None:
            act = next(kept for kept in reversed(self.messages(person)) if kept.by == "person")
        if isinstance(act, Kept):
            return await self.until(lambda: self._next_from_bot(person, act.id), timeout_s)
        return await self._answer_to_tap(person, act, timeout_s)

    async def _answer_to_tap(self, person: Person, tap: Callback, timeout_s: float) -> Kept:
        tapped = person.messages.get(tap.message_id)

        def answered() -> Kept | None:
            if tapped and tapped.edits > tap.edits:
                return tapped
            return self._next_from_bot(person, tap.newest)

        return await self.until(answered, timeout_s)

    def _next_from_bot(self, person: Person, after: int) -> Kept | None:
        return next((kept for kept in person.messages.values() if kept.by == "bot" and kept.id > after), None)

    def _visible(self, person: Person) -> list[Kept]:
        return [kept for kept in person.messages.values() if not kept.deleted and not kept.cleared]

    def _able(self, who: int | Person) -> Person:
        person = self.person(who)
        if person.blocked:
            raise CannotAct("the person has blocked the bot; unblock it first")
        return person

    def _message(self, person: Person, message_id: int) -> Kept:
        if message_id not in person.messages:
            raise CannotAct(f"there is no message {message_id} in this chat")
        return person.messages[message_id]

    def _last_with_buttons(self, person: Person) -> Kept:
        for kept in reversed(self._visible(person)):
            if kept.buttons:
                return kept
        raise CannotAct("there is no message with buttons")


def _caption(caption: str, html: bool) -> dict[str, Any]:
    if not caption:
        return {}
    if html:
        return _marked(caption, "caption", "caption_entities", _LONGEST_CAPTION)
    if utf16_length(caption) > _LONGEST_CAPTION:
        raise CannotAct("the phone takes no caption of more than 1024 characters")
    found = find_entities(caption)
    return {"caption": caption} | ({"caption_entities": found} if found else {})


def _marked(text: str, name: str, marks: str, longest: int) -> dict[str, Any]:
    plain, entities = formatted(text, "HTML")
    if utf16_length(plain) > longest:
        raise CannotAct(f"the phone takes no more than {longest} characters")
    return {name: plain} | ({marks: entities} if entities else {})


def _data_of(kept: Kept, row: int, column: int) -> str:
    try:
        button = kept.buttons[row][column]
    except IndexError:
        raise CannotAct(f"message {kept.id} has no button at row {row}, column {column}") from None
    if "callback_data" not in button:
        raise CannotAct(f"the button {button['text']!r} opens an address and sends nothing")
    return button["callback_data"]


def _pieces(text: str) -> list[str]:
    """Cut at 4096 UTF-16 units, never inside a character."""
    if utf16_length(text) <= _LONGEST_TEXT:
        return [text]
    pieces: list[str] = []
    start = length = 0
    for position, character in enumerate(text):
        width = 2 if character > "\uffff" else 1
        if length + width > _LONGEST_TEXT:
            pieces.append(text[start:position])
            start, length = position, 0
        length += width
    return [piece for piece in (*pieces, text[start:]) if piece.strip()]
