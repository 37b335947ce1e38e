"""The methods of the Bot API: what a bot may ask of Telegram, and how Telegram answers."""

import re
import time
from collections.abc import Callable
from typing import Any

from simulator import images
from simulator.entities import formatted, utf16_length
from simulator.errors import ApiError, bad_request, forbidden
from simulator.markup import Markup, inline_only, read_markup, split
from simulator.model import Kept, Person
from simulator.params import Params, Upload
from simulator.polls import read_poll, without_answer
from simulator.updates import Webhook
from simulator.world import World

_LONGEST_TEXT, _LONGEST_CAPTION, _LONGEST_ANSWER = 4096, 1024, 200
_LONGEST_QUERY_S = 900.0  # a tap waits about a quarter of an hour for its answer
_DELETABLE_S = 48 * 3600
_LARGEST_PHOTO, _LARGEST_FILE, _LARGEST_DOWNLOAD = 10 << 20, 50 << 20, 20 << 20
_CHAT_ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}


class BotApi:
    """Every method takes the request's parameters and gives its `result`, or raises ApiError.

    `getUpdates` is the only one that waits; it lives in the server.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.methods: dict[str, tuple[str, Callable[[Params], Any]]] = {
            name.lower(): (name, method)
            for name, method in {
                "getMe": self.get_me,
                "sendMessage": self.send_message,
                "sendDocument": self.send_document,
                "sendPhoto": self.send_photo,
                "sendPoll": self.send_poll,
                "stopPoll": self.stop_poll,
                "sendChatAction": self.send_chat_action,
                "editMessageText": self.edit_message_text,
                "editMessageCaption": self.edit_message_caption,
                "editMessageReplyMarkup": self.edit_message_reply_markup,
                "deleteMessage": self.delete_message,
                "answerCallbackQuery": self.answer_callback_query,
                "getFile": self.get_file,
                "getChat": self.get_chat,
                "setWebhook": self.set_webhook,
                "deleteWebhook": self.delete_webhook,
                "getWebhookInfo": self.get_webhook_info,
                "setMyCommands": self.set_my_commands,
                "getMyCommands": self.get_my_commands,
                "deleteMyCommands": self.delete_my_commands,
                "setMyName": self._setter("name", 64),
                "getMyName": self._getter("name"),
                "setMyDescription": self._setter("description", 512),
                "getMyDescription": self._getter("description"),
                "setMyShortDescription": self._setter("short_description", 120),
                "getMyShortDescription": self._getter("short_description"),
                "setChatMenuButton": self.set_chat_menu_button,
                "getChatMenuButton": self.get_chat_menu_button,
                "logOut": lambda params: True,
                "close": lambda params: True,
            }.items()
        }

    # who

    def get_me(self, params: Params) -> dict[str, Any]:
        return self.world.bot | {
            "can_join_groups": False,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    def _known(self, params: Params) -> Person:
        if params.values.get("chat_id") in (None, ""):
            raise bad_request("chat_id is empty")
        person = self.world.people.get(params.integer("chat_id"))
        if person is None:
            raise bad_request("chat not found")
        return person

    def _reachable(self, params: Params) -> Person:
        person = self._known(params)
        if person.deactivated:
            raise forbidden("user is deactivated")
        if person.blocked:
            raise forbidden("bot was blocked by the user")
        if not person.started:
            raise forbidden("bot can't initiate conversation with a user")
        return person

    def get_chat(self, params: Params) -> dict[str, Any]:
        person = self._known(params)
        if not person.started:
            raise bad_request("chat not found")
        return person.chat() | {
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": {
                "unlimited_gifts": True,
                "limited_gifts": True,
                "unique_gifts": True,
                "premium_subscription": True,
                "gifts_from_channels": True,
            },
        }

    # sending

    def send_message(self, params: Params) -> dict[str, Any]:
        text, entities = _text(params)
        content: dict[str, Any] = {"text": text}
        if entities:
            content["entities"] = entities
        return self._send(params, content)

    def send_document(self, params: Params) -> dict[str, Any]:
        caption = _caption(params)
        person = self._reachable(params)
        file_id, facts, content = self._file(params, "document", "documents", _LARGEST_FILE)
        document = {
            "file_id": file_id,
            "file_unique_id": f"U{file_id}",
            "file_name": facts["name"],
            "mime_type": facts["mime"],
            "file_size": len(content),
        }
        return self._send(params, {"document": document, **caption}, person=person, file=facts["path"])

    def send_photo(self, params: Params) -> dict[str, Any]:
        caption = _caption(params)
        person = self._reachable(params)
        file_id, facts, content = self._file(params, "photo", "photos", _LARGEST_PHOTO)
        size = images.size(content)
        if size is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        photo = images.photo_sizes(file_id, size, len(content))
        return self._send(params, {"photo": photo, **caption}, person=person, file=facts["path"])

    def _file(self, params: Params, name: str, folder: str, largest: int) -> tuple[str, dict[str, Any], bytes]:
        """Its id, its facts and its bytes: uploaded now, or known by its file id."""
        given = params.file(name)
        if given is None or given == "":
            raise bad_request(f"there is no {name} in the request")
        if isinstance(given, Upload):
            if not given.content:
                raise bad_request("file must be non-empty")
            if len(given.content) > largest:
                raise ApiError(413, "Request Entity Too Large")
            file_id, _ = self.world.add_file(folder, given.name, given.mime, given.content)
        else:
            file_id = given
        facts = self.world.file_ids.get(file_id)
        if facts is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        if not facts["path"].startswith(folder):
            was = "Photo" if facts["path"].startswith("photos") else "Document"
            raise bad_request(f"can't use file of type {was} as {name.capitalize()}")
        return file_id, facts, self.world.files[facts["path"]]

    def send_poll(self, params: Params) -> dict[str, Any]:
        poll = read_poll(params, str(5_000_000_000_000_000_000 + self.world.last_message_id + 1))
        return self._send(params, {"poll": without_answer(poll)}, poll=poll)

    def stop_poll(self, params: Params) -> dict[str, Any]:
        person, kept = self._own_message(params, "message with poll to stop not found")
        if kept.poll is None:
            raise bad_request("message with poll to stop not found")
        if kept.poll["is_closed"]:
            raise bad_request("poll has already been closed")
        kept.poll["is_closed"] = True
        kept.message = kept.message | {"poll": without_answer(kept.poll)}
        self._replace_markup(kept, inline_only(read_markup(params)))
        self.world.keep_message("edited", person, kept)
        self.world.updates.put("poll", without_answer(kept.poll), person.id)
        return without_answer(kept.poll)

    def _send(
        self,
        params: Params,
        content: dict[str, Any],
        person: Person | None = None,
        file: str = "",
        poll: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        person = person or self._reachable(params)
        inline, keyboard = split(read_markup(params))
        if inline:
            content["reply_markup"] = inline
        reply = params.object("reply_parameters")
        if isinstance(reply, dict) and "message_id" in reply:
            answered = person.messages.get(int(reply["message_id"]))
            if answered and not answered.deleted:
                content["reply_to_message"] = {
                    key: value for key, value in answered.message.items() if key != "reply_to_message"
                }
            elif not reply.get("allow_sending_without_reply"):
                raise bad_request("message to be replied not found")
        return self.world.add_message(person, "bot", content, keyboard, file, poll).message

    def send_chat_action(self, params: Params) -> bool:
        action = params.text("action")
        if action not in _CHAT_ACTIONS:
            raise bad_request("wrong parameter action in request")
        self.world.show_typing(self._reachable(params), action)
        return True

    # changing

    def _own_message(self, params: Params, missing: str) -> tuple[Person, Kept]:
        person = self._known(params)
        if not params.integer("message_id"):
            raise bad_request("message identifier is not specified")
        kept = person.messages.get(params.integer("message_id"))
        if kept is None or kept.deleted:
            raise bad_request(missing)
        if person.deactivated:
            raise forbidden("user is deactivated")
        if person.blocked:
            raise forbidden("bot was blocked by the user")
        if kept.by != "bot":
            raise bad_request("message can't be edited")
        return person, kept

    def _editable(self, params: Params) -> tuple[Person, Kept]:
        person, kept = self._own_message(params, "message to edit not found")
        if kept.keyboard is not None:  # Telegram never edits a message that changed the keyboard
            raise bad_request("message can't be edited")
        return person, kept

    def edit_message_text(self, params: Params) -> dict[str, Any]:
        text, entities = _text(params)
        person, kept = self._editable(params)
        if "text" not in kept.message:
            raise bad_request("there is no text in the message to edit")
        return self._edit(params, person, kept, "text", "entities", text, entities)

    def edit_message_caption(self, params: Params) -> dict[str, Any]:
        caption = _caption(params)
        person, kept = self._editable(params)
        if "document" not in kept.message and "photo" not in kept.message:
            raise bad_request("there is no caption in the message to edit")
        text, entities = caption.get("caption", ""), caption.get("caption_entities", [])
        return self._edit(params, person, kept, "caption", "caption_entities", text, entities)

    def _edit(
        self, params: Params, person: Person, kept: Kept, name: str, marks: str, text: str, entities: Any
    ) -> dict[str, Any]:
        inline = inline_only(read_markup(params))
        before = (kept.message.get(name, ""), kept.message.get(marks, []), kept.message.get("reply_markup"))
        if before == (text, entities, inline):
            raise _not_modified()
        self._renew(kept, {name: text, marks: entities or None})
        self._replace_markup(kept, inline)
        kept.edits += 1
        self.world.keep_message("edited", person, kept)
        return kept.message

    def edit_message_reply_markup(self, params: Params) -> dict[str, Any]:
        person, kept = self._editable(params)
        inline = inline_only(read_markup(params))
        if kept.message.get("reply_markup") == inline:
            raise _not_modified()
        self._renew(kept, {})
        self._replace_markup(kept, inline)
        self.world.keep_message("edited", person, kept)
        return kept.message

    def _renew(self, kept: Kept, changes: dict[str, Any]) -> None:
        """A fresh dict, so that answers and logs given out before stay what they were."""
        changed = kept.message | changes | {"edit_date": int(self.world.now())}
        kept.message = {name: value for name, value in changed.items() if value is not None}

    def _replace_markup(self, kept: Kept, inline: Markup | None) -> None:
        kept.message = {name: value for name, value in kept.message.items() if name != "reply_markup"}
        if inline:
            kept.message["reply_markup"] = inline

    def delete_message(self, params: Params) -> bool:
        person = self._known(params)
        kept = person.messages.get(params.integer("message_id"))
        if kept is None or kept.deleted:
            raise bad_request("message to delete not found")
        if self.world.now() - kept.message["date"] > _DELETABLE_S:
            raise bad_request("message can't be deleted for everyone")
        kept.deleted = True
        self.world.keep_message("deleted", person, kept)
        return True

    def answer_callback_query(self, params: Params) -> bool:
        text = params.text("text")
        callback = self.world.callbacks.get(params.text("callback_query_id"))
        if callback is None or time.monotonic() - callback.at > _LONGEST_QUERY_S:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        if utf16_length(text) > _LONGEST_ANSWER:
            raise bad_request("MESSAGE_TOO_LONG")
        callback.answers += 1
        if callback.answer is None:
            callback.answer = {
                "text": text,
                "show_alert": params.flag("show_alert"),
                "url": params.text("url"),
            }
            self.world.announce(
                "callback",
                callback.person_id,
                callback_id=lambda: callback.id,
                message_id=lambda: callback.message_id,
                data=lambda: callback.data,
                answer=lambda: callback.answer,
            )
        return True

    # files

    def get_file(self, params: Params) -> dict[str, Any]:
        facts = self.world.file_ids.get(params.text("file_id"))
        if facts is None:
            raise bad_request("invalid file_id")
        size = len(self.world.files[facts["path"]])
        if size > _LARGEST_DOWNLOAD:
            raise bad_request("file is too big")
        file_id = params.text("file_id")
        return {
            "file_id": file_id,
            "file_unique_id": f"U{file_id}",
            "file_size": size,
            "file_path": facts["path"],
        }

    # the webhook

    def set_webhook(self, params: Params) -> bool:
        url = params.text("url")
        secret = params.text("secret_token")
        if not url:
            return self.delete_webhook(params)
        if not re.match(r"https?://[^/\s]+", url):
            raise bad_request("bad webhook: URL host is empty")
        if len(secret) > 256:
            raise bad_request("secret token is too long")
        if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
            raise bad_request("secret token contains unallowed characters")
        self._allow(params)
        if params.flag("drop_pending_updates"):
            self.world.updates.drop_all()
        most = min(max(params.integer("max_connections", 40), 1), 100)
        self._use_webhook(Webhook(url, secret, most))
        return True

    def delete_webhook(self, params: Params) -> bool:
        if params.flag("drop_pending_updates"):
            self.world.updates.drop_all()
        self._use_webhook(Webhook())
        return True

    def _use_webhook(self, webhook: Webhook) -> None:
        if webhook == self.world.updates.webhook:
            return
        self.world.set("webhook", [webhook.url, webhook.secret_token, webhook.max_connections])
        self.world.updates.set_webhook(webhook)

    def take_up(self) -> None:
        """Go on with the webhook of before the restart."""
        kept = self.world.settings.get("webhook")
        if kept and kept[0]:
            self.world.updates.set_webhook(Webhook(*kept))
        self.world.updates.allowed = self.world.settings.get("allowed_updates", [])

    def _allow(self, params: Params) -> None:
        allowed = params.object("allowed_updates")
        if isinstance(allowed, list):
            self.world.updates.allowed = [str(kind) for kind in allowed]
            self.world.set("allowed_updates", self.world.updates.allowed)

    def get_webhook_info(self, params: Params) -> dict[str, Any]:
        updates = self.world.updates
        info: dict[str, Any] = {
            "url": updates.webhook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(updates),
        }
        if updates.webhook.url:
            info["max_connections"] = updates.webhook.max_connections
            info["ip_address"] = "127.0.0.1"
        if updates.last_error:
            info["last_error_date"], info["last_error_message"] = updates.last_error
        if updates.allowed:
            info["allowed_updates"] = updates.allowed
        return info

    async def get_updates(self, params: Params) -> list[dict[str, Any]]:
        if not self.world.updates.webhook.url:
            self._allow_if_changed(params)
        return await self.world.updates.get(
            params.integer("offset"), params.integer("limit", 100), float(params.integer("timeout"))
        )

    def _allow_if_changed(self, params: Params) -> None:
        """A poll repeats its `allowed_updates` each time; only a change is worth keeping."""
        if "allowed_updates" in params and params.object("allowed_updates") != self.world.updates.allowed:
            self._allow(params)

    # settings

    def set_my_commands(self, params: Params) -> bool:
        commands = params.object("commands")
        if not isinstance(commands, list) or len(commands) > 100:
            raise bad_request("can't parse commands JSON object")
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", str(command.get("command", "")).removeprefix("/")):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(str(command.get("description", ""))) <= 256:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        self.world.set("commands", self._commands() | {_scope(params): commands})
        self.world.announce("settings", None)
        return True

    def get_my_commands(self, params: Params) -> list[dict[str, Any]]:
        return self._commands().get(_scope(params), [])

    def delete_my_commands(self, params: Params) -> bool:
        left = {scope: commands for scope, commands in self._commands().items() if scope != _scope(params)}
        self.world.set("commands", left)
        return True

    def _commands(self) -> dict[str, list[dict[str, Any]]]:
        return self.world.settings.get("commands", {})

    def _setter(self, name: str, longest: int) -> Callable[[Params], bool]:
        def set_it(params: Params) -> bool:
            text = params.text(name)
            if utf16_length(text) > longest:
                raise bad_request(f"the {name.replace('_', ' ')} is too long")
            before = self.world.settings.get(name, {})
            self.world.set(name, before | {params.text("language_code"): text})
            self.world.announce("settings", None)
            return True

        return set_it

    def _getter(self, name: str) -> Callable[[Params], dict[str, str]]:
        def get_it(params: Params) -> dict[str, str]:
            texts = self.world.settings.get(name, {})
            return {name: texts.get(params.text("language_code")) or texts.get("", "")}

        return get_it

    def set_chat_menu_button(self, params: Params) -> bool:
        self.world.set("menu_button", params.object("menu_button") or {"type": "default"})
        return True

    def get_chat_menu_button(self, params: Params) -> dict[str, Any]:
        return self.world.settings.get("menu_button", {"type": "default"})

    def what_a_phone_shows(self, person: Person) -> dict[str, Any]:
        """The bot's name, description and commands in the language and scope of this person."""
        commands = self._commands()
        language = person.language_code
        scopes = (f"chat:{person.id}", "all_private_chats", "default")
        keys = [key for scope in scopes for key in (f"{scope}|{language}", f"{scope}|")]
        texts = {name: self.world.settings.get(name, {}) for name in ("name", "description", "short_description")}
        shown = {name: text.get(language) or text.get("", "") for name, text in texts.items()}
        shown["name"] = shown["name"] or self.world.bot["first_name"]
        return shown | {"commands": next((commands[key] for key in keys if commands.get(key)), [])}


def _text(params: Params) -> tuple[str, list[dict[str, Any]]]:
    raw = params.text("text")
    if not raw:
        raise bad_request("message text is empty")
    text, entities = formatted(raw, params.text("parse_mode"), params.list_of_dicts("entities"))
    if not text:
        raise bad_request("text must be non-empty")
    if utf16_length(text) > _LONGEST_TEXT:
        raise bad_request("message is too long")
    return text, entities


def _caption(params: Params) -> dict[str, Any]:
    caption, entities = formatted(
        params.text("caption"), params.text("parse_mode"), params.list_of_dicts("caption_entities")
    )
    if utf16_length(caption) > _LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    content: dict[str, Any] = {"caption": caption} if caption else {}
    return content | ({"caption_entities": entities} if entities else {})


def _scope(params: Params) -> str:
    """Which phones a list of commands is for: scope, chat and language in one key."""
    scope = params.object("scope") or {"type": "default"}
    kind = f"chat:{scope['chat_id']}" if scope.get("type") == "chat" else scope.get("type", "default")
    return f"{kind}|{params.text('language_code')}"


def _not_modified() -> ApiError:
    return bad_request(
        "message is not modified: specified new message content and reply markup are exactly the same as a "
        "current content and reply markup of the message"
    )
