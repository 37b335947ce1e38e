"""Buttons and keyboards, checked as Telegram checks them."""

import re
from typing import Any

from simulator.errors import bad_request
from simulator.params import Params

_MOST_BUTTONS, _MOST_IN_A_ROW = 100, 8
_LONGEST_DATA = 64  # bytes
_LONGEST_PLACEHOLDER = 64
_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)

Markup = dict[str, Any]


def read_markup(params: Params) -> Markup | None:
    """The `reply_markup` of a request as it is kept, or None. Raises 400 when Telegram would refuse it."""
    markup = params.object("reply_markup")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        rows = _rows(markup["inline_keyboard"], "inline keyboard")
        checked = [[_inline_button(button) for button in row] for row in rows]
        return {"inline_keyboard": [row for row in checked if row]}
    if "keyboard" in markup:
        rows = _rows(markup["keyboard"], "reply keyboard")
        if len(markup.get("input_field_placeholder") or "") > _LONGEST_PLACEHOLDER:
            raise bad_request("input field placeholder is too long")
        return markup | {"keyboard": [[_key(key) for key in row] for row in rows]}
    return markup if markup.get("remove_keyboard") or markup.get("force_reply") else None


def inline_only(markup: Markup | None) -> Markup | None:
    """What an edited message may carry."""
    if markup is not None and "inline_keyboard" not in markup:
        raise bad_request("message can't be edited")
    return markup if markup and markup["inline_keyboard"] else None


def split(markup: Markup | None) -> tuple[Markup | None, Markup | None]:
    """Inline buttons stay with the message; everything else changes the phone's keyboard."""
    if markup is None or "inline_keyboard" not in markup:
        return None, markup
    return (markup if markup["inline_keyboard"] else None), None


def _rows(rows: Any, what: str) -> list[list[Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request(f"can't parse {what}: an Array of Arrays of buttons is expected")
    if sum(len(row) for row in rows) > _MOST_BUTTONS or any(len(row) > _MOST_IN_A_ROW for row in rows):
        raise bad_request("reply markup is too long")
    return rows


def _inline_button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not isinstance(button.get("text"), str):
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if not button["text"].strip():
        raise bad_request("can't parse inline keyboard button: text must be non-empty")
    if not any(action in button for action in _ACTIONS):
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= _LONGEST_DATA:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button and not re.match(r"(?i)(https?|tg|ton)://[^\s/]|[\w-]+(\.[\w-]+)+(/|$)", str(button["url"])):
        raise bad_request("BUTTON_URL_INVALID")
    return button


def _key(key: Any) -> dict[str, Any]:
    key = {"text": key} if isinstance(key, str) else key
    if not isinstance(key, dict) or not isinstance(key.get("text"), str):
        raise bad_request("can't parse reply keyboard button: KeyboardButton must be a String or an Object")
    if not key["text"].strip():
        raise bad_request("can't parse reply keyboard button: text must be non-empty")
    return key
