"""Receive: raw updates in, each kept in the inbox before Telegram is told that we have it."""

import asyncio
import json
import warnings
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import structlog
from telegram import Bot, Message, Update
from telegram.error import Conflict, EndPointNotFound, InvalidToken, RetryAfter, TelegramError
from telegram.warnings import PTBUserWarning

from bot.channels.telegram.marks import as_html
from bot.messages import Incoming, Kind
from db.inbox import Received

log = structlog.get_logger(__name__)

ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "poll_answer", "my_chat_member"]
LONG_POLL_S = 25
Keep = Callable[[Sequence[Received]], Awaitable[None]]


def address_of(payload: dict[str, Any]) -> str:
    """The private chat this update belongs to; "" when it cannot be told. Never raises."""
    try:
        for kind in ("message", "edited_message", "my_chat_member"):
            if kind in payload:
                return _id(payload[kind]["chat"]["id"])
        if "callback_query" in payload:
            return _id(payload["callback_query"]["from"]["id"])
        if "poll_answer" in payload:
            return _id(payload["poll_answer"]["user"]["id"])
    except (KeyError, TypeError):
        pass
    return ""


def _id(value: object) -> str:
    """A chat's number as an address; "" for what is none."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else ""


def received(payload: Any) -> Received | None:
    """A raw update as an inbox row; None when it is not even an object with an id.

    Of one that no database could keep only the id is left, so that it does not come again for ever.
    """
    if not isinstance(payload, dict):
        return None
    update = cast(dict[str, Any], payload)
    number = update.get("update_id")
    if not isinstance(number, int) or isinstance(number, bool) or not -(2**63) <= number < 2**63:
        return None
    return Received(number, address_of(update), update if _can_be_kept(update) else {"update_id": number})


def _can_be_kept(update: dict[str, Any]) -> bool:
    try:
        json.dumps(update, allow_nan=False)
    except (ValueError, RecursionError):
        return False
    return True


def _written(message: object) -> str:
    """What stands above the buttons, as HTML: a message's text, or what is written below its file."""
    if not isinstance(message, Message):
        return ""
    return _clean(message.text_html if message.text else message.caption_html if message.caption else "")


def parse(payload: dict[str, Any], bot: Bot) -> Incoming:
    """Read one raw update with PTB; raises whatever PTB raises when it is malformed."""
    update = Update.de_json(payload, bot)
    address = address_of(payload)
    if update.callback_query:
        query = update.callback_query
        return Incoming(
            "tap",
            address,
            text=_written(query.message),
            data=_clean(query.data or ""),
            message_id=str(query.message.message_id) if query.message else "",
            callback_id=query.id,
            first_name=_clean(query.from_user.first_name),
            language=_language(query.from_user.language_code),
        )
    if update.poll_answer and update.poll_answer.user:
        chosen = update.poll_answer.option_ids
        return Incoming(
            "answer",
            address,
            data=f"poll:{update.poll_answer.poll_id}",
            choice=chosen[0] if chosen else None,
        )
    if update.my_chat_member:
        if update.my_chat_member.chat.type != "private":
            return Incoming("ignored", address)
        left = update.my_chat_member.new_chat_member.status in ("kicked", "left")
        return Incoming("blocked" if left else "unblocked", address)
    message = update.message
    if message is None or message.chat.type != "private":
        return Incoming("ignored", address)
    who = message.from_user
    first_name = _clean(who.first_name) if who else ""
    language = _language(who.language_code if who else None)
    kind, text, data = _said(message, payload["message"])
    document = message.document if kind == "document" else None
    return Incoming(
        kind,
        address,
        text=text,
        data=data,
        html=_clean(as_html(message.text or message.caption or "", message.entities or message.caption_entities)),
        file_name=_clean(document.file_name or "") if document else "",
        file_mime=_clean(document.mime_type or "") if document else "",
        file_size=(document.file_size or 0) if document else 0,
        latitude=message.location.latitude if message.location else None,
        longitude=message.location.longitude if message.location else None,
        first_name=first_name,
        language=language,
    )


def _said(message: Message, raw: dict[str, Any]) -> tuple[Kind, str, str]:
    """(kind, text, data) of a private message."""
    if message.location:
        return "place", "", ""
    if message.photo:
        return "photo", _clean(message.caption or ""), message.photo[-1].file_id
    if message.document and not message.animation:
        return "document", _clean(message.caption or ""), message.document.file_id
    if message.text is None:
        return "other", _clean(message.caption or ""), _what(raw)
    text = _clean(message.text)
    if text.startswith("/"):
        name, _, rest = text[1:].partition(" ")
        return "command", rest.strip(), name.partition("@")[0].lower()
    return "words", text, ""


def _clean(text: str) -> str:
    """Without what neither a database nor UTF-8 can hold: NUL, and halves of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _language(code: str | None) -> str:
    return (code or "").partition("-")[0].lower()


def _what(message: dict[str, Any]) -> str:
    kinds = ("photo", "voice", "video", "video_note", "audio", "document", "sticker", "contact", "animation")
    return next((kind for kind in kinds if kind in message), "something")


async def _fetch(bot: Bot, offset: int, stopping: asyncio.Event) -> list[Any]:
    """What is new, as raw JSON; nothing when told to stop while waiting for it."""
    asked = asyncio.ensure_future(
        bot.do_api_request(
            "getUpdates",
            {"offset": offset, "timeout": LONG_POLL_S, "allowed_updates": ALLOWED_UPDATES},
            read_timeout=LONG_POLL_S + 10,
        )
    )
    stop = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({asked, stop}, return_when=asyncio.FIRST_COMPLETED)
        raw: Any = asked.result() if asked.done() else []
    finally:
        stop.cancel()
        asked.cancel()
    return cast(list[Any], raw if isinstance(raw, list) else [])


async def poll(bot: Bot, keep: Keep, stopping: asyncio.Event) -> None:
    """Long polling over raw updates. The offset moves only after the batch lies in the inbox."""
    warnings.filterwarnings("ignore", "Please use 'Bot.getUpdates'", PTBUserWarning)  # the raw way is on purpose
    offset = 0
    pause = 0.5
    while not stopping.is_set():
        try:
            updates = await _fetch(bot, offset, stopping)
            batch = [row for update in updates if (row := received(update))]
            if len(batch) < len(updates):
                log.warning("telegram.not_an_update", number=len(updates) - len(batch))
            await keep(batch)
            if batch:
                offset = max(row.update_id for row in batch) + 1
            pause = 0.5
            if batch or not updates:
                continue
        except asyncio.CancelledError:
            raise
        except (InvalidToken, EndPointNotFound):  # the second is what PTB makes of the first once logged in
            log.error("telegram.token_refused", remedy="check TWOGETHER_TELEGRAM_TOKEN")
            pause = 60
        except Conflict:
            log.error("telegram.conflict", remedy="another program is polling with this token; stop one of them")
            pause = 10
        except RetryAfter as error:
            wait = error.retry_after
            pause = wait if isinstance(wait, int | float) else wait.total_seconds()
        except TelegramError as error:
            log.warning("telegram.poll_failed", error=type(error).__name__)
        except Exception:
            # The inbox could not take the batch: nothing was acknowledged, so it comes again.
            log.exception("telegram.keep_failed")
        try:
            await asyncio.wait_for(stopping.wait(), pause)
        except TimeoutError:
            pause = min(pause * 2, 30)
