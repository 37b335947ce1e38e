"""Send: our messages as Telegram's, and Telegram's errors as remedies."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

from telegram import Bot, InputFile, Message
from telegram.constants import ChatAction, ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.channels.base import Gone, Impossible, TryAgain, Unsure, Wait
from bot.channels.telegram.keyboard import inline, words_keyboard
from bot.channels.telegram.request import Broken, NotConnected
from bot.messages import Outgoing

_GONE = ("chat not found", "user is deactivated", "bot was blocked", "peer_id_invalid")
_HAS_A_FILE = "no text in the message to edit"  # then what is written there is the file's caption
_UNFORESEEN = "Unknown error in HTTP implementation"
_CANNOT_EDIT = ("message to edit not found", "message can't be edited", "message_id_invalid")


def told_to_wait(error: RetryAfter) -> Wait:
    wait = error.retry_after
    return Wait(wait.total_seconds() if not isinstance(wait, int | float) else float(wait))


async def send(bot: Bot, address: str, message: Outgoing) -> str:
    """Send, or change, one message. Returns its id (of a quiz: the poll's). Raises SendError by remedy."""
    try:
        return await _send(bot, int(address), message)
    except RetryAfter as error:
        raise told_to_wait(error) from None
    except Forbidden as error:
        raise Gone(error.message[:200]) from None
    except BadRequest as error:
        if any(sign in error.message.lower() for sign in _GONE):
            raise Gone(error.message[:200]) from None
        raise Impossible(error.message[:200]) from None
    except NotConnected as error:
        raise TryAgain(f"not connected: {error.message}"[:200]) from None
    except TimedOut:
        raise Unsure("no answer in time") from None
    except Broken as error:
        raise Unsure(f"connection broke: {error.message}"[:200]) from None
    except NetworkError as error:  # what is left of this class in PTB: a 5xx answer, or what it did not foresee
        if error.message.startswith(_UNFORESEEN):
            raise Unsure(error.message[:200]) from None
        raise TryAgain(error.message[:200]) from None
    except InvalidToken:  # the operator changes it; until then nothing is lost
        raise TryAgain("the token was refused") from None
    except ChatMigrated as error:
        raise Impossible(type(error).__name__) from None
    except Conflict as error:
        raise TryAgain(error.message[:200]) from None
    except TelegramError as error:  # an answer that cannot be read: it may have followed a message that was taken
        raise Unsure(error.message[:200]) from None


async def _send(bot: Bot, chat: int, message: Outgoing) -> str:
    if message.edit:
        return await _edit(bot, chat, message)
    if message.quiz:
        return await _quiz(bot, chat, message)
    common: dict[str, Any] = {
        "parse_mode": ParseMode.HTML,
        "reply_markup": inline(message.buttons) or words_keyboard(message.keyboard),
    }
    if message.file:
        file, caption = message.file, message.text or None
        content = file.content if file.is_held else InputFile(file.content_bytes, filename=file.name)
        if file.is_picture:
            sent = await bot.send_photo(chat, content, caption=caption, **common)
        else:
            sent = await bot.send_document(chat, content, caption=caption, **common)
        return str(sent.message_id)
    sent = await bot.send_message(chat, message.text, **common)
    return str(sent.message_id)


async def _edit(bot: Bot, chat: int, message: Outgoing) -> str:
    where: dict[str, Any] = {
        "chat_id": chat,
        "message_id": int(message.edit),
        "parse_mode": ParseMode.HTML,
        "reply_markup": inline(message.buttons),
    }
    try:
        try:
            changed = await bot.edit_message_text(message.text, **where)
        except BadRequest as error:
            if _HAS_A_FILE not in error.message.lower():
                raise
            changed = await bot.edit_message_caption(caption=message.text, **where)
    except BadRequest as error:
        said = error.message.lower()
        if "not modified" in said:
            return message.edit
        if any(sign in said for sign in _CANNOT_EDIT):
            if not message.buttons:
                return message.edit  # it only tidied up an old question; that one is gone already
            sent = await bot.send_message(
                chat, message.text, parse_mode=ParseMode.HTML, reply_markup=inline(message.buttons)
            )
            return str(sent.message_id)
        raise
    return str(changed.message_id) if isinstance(changed, Message) else message.edit


async def _quiz(bot: Bot, chat: int, message: Outgoing) -> str:
    assert message.quiz
    sent = await bot.send_poll(
        chat,
        message.text,
        list(message.quiz.options),
        type="quiz",
        correct_option_ids=cast(Any, [message.quiz.correct]),
        is_anonymous=False,
        explanation=message.quiz.explanation or None,
        reply_markup=inline(message.buttons),
    )
    return f"poll:{sent.poll.id}" if sent.poll else str(sent.message_id)


async def answer_tap(bot: Bot, callback_id: str) -> None:
    """Stop the button's spinner; a query that is too old does not matter. Raises Wait."""
    with _if_it_can_be():
        await bot.answer_callback_query(callback_id)


async def show_typing(bot: Bot, address: str) -> None:
    """Raises Wait."""
    with _if_it_can_be():
        await bot.send_chat_action(int(address), ChatAction.TYPING)


@contextmanager
def _if_it_can_be() -> Generator[None]:
    try:
        yield
    except RetryAfter as error:
        raise told_to_wait(error) from None
    except (TelegramError, ValueError):
        return
