"""A bare PTB bot, to measure ourselves by: it answers every tap and every message, and keeps nothing.

`python -m bench.echo --url http://127.0.0.1:8081 [--at-once 256]`
"""

import argparse

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, ContextTypes, MessageHandler, filters

from bench.bots import TOKEN

BUTTONS = InlineKeyboardMarkup(
    [[InlineKeyboardButton(label, callback_data="people:menu")] for label in ("One", "Two", "Three", "Four", "Five")]
)


async def tapped(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.callback_query
    assert update.effective_chat
    await update.callback_query.answer()
    await context.bot.send_message(update.effective_chat.id, "What would you like to do?", reply_markup=BUTTONS)


async def said(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.effective_message
    await update.effective_message.reply_text(update.effective_message.text or "…")


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.echo", description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--at-once", type=int, default=1, help="concurrent_updates; 1 keeps them in order")
    wishes = parser.parse_args()
    application = (
        Application.builder()
        .token(TOKEN)
        .base_url(f"{wishes.url}/bot")
        .base_file_url(f"{wishes.url}/file/bot")
        .concurrent_updates(wishes.at_once)
        .connection_pool_size(max(64, wishes.at_once))
        .pool_timeout(30)
        .build()
    )
    application.add_handler(CallbackQueryHandler(tapped))
    application.add_handler(MessageHandler(filters.TEXT, said))
    application.run_polling(allowed_updates=["message", "callback_query"])


if __name__ == "__main__":
    main()
