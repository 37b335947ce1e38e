"""Buttons as Telegram draws them."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

from bot.messages import Button


def inline(rows: tuple[tuple[Button, ...], ...]) -> InlineKeyboardMarkup | None:
    """Buttons under a message; None when there are none."""
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton(b.label, url=b.url)
                if b.url
                else InlineKeyboardButton(b.label, callback_data=b.data)
                for b in row
            ]
            for row in rows
        ]
    )


def words_keyboard(rows: tuple[tuple[str, ...], ...]) -> ReplyKeyboardMarkup | None:
    """Big words in place of the phone's keyboard: the menu that is always there."""
    if not rows:
        return None
    return ReplyKeyboardMarkup(
        [[KeyboardButton(word) for word in row] for row in rows], resize_keyboard=True, is_persistent=True
    )
