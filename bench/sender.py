"""Stock PTB that sends one text to many, to measure ourselves by.

`python -m bench.sender --url http://127.0.0.1:8081 --people 10000 [--at-once 64]` is as fast as it can be: it keeps
nothing, and knows no pace. With `--rate 30 --marker FILE` it is what careful people write: one after the other through
the AIORateLimiter, whatever cannot be sent is logged and passed over, and FILE says how far it has come.
"""

import argparse
import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from bench.bots import TOKEN
from bench.load import FIRST_PERSON

TEXT = "A message from <b>Ines</b>, Bench (demo):\n\nThe fair is on Friday. Come and see what others do."
BUTTONS = InlineKeyboardMarkup([[InlineKeyboardButton("No more announcements", callback_data="announcements:off")]])


def _addresses(url: str) -> dict[str, str]:
    return {"base_url": f"{url}/bot", "base_file_url": f"{url}/file/bot"}


async def send(url: str, first: int, people: int, at_once: int) -> None:
    request = HTTPXRequest(connection_pool_size=at_once, pool_timeout=30)
    async with Bot(TOKEN, **_addresses(url), request=request) as bot:
        left = iter(range(first, first + people))

        async def one_after_the_other() -> None:
            for chat in left:
                await bot.send_message(chat, TEXT, parse_mode="HTML", reply_markup=BUTTONS)

        await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))


async def send_with_care(url: str, first: int, people: int, rate: float, marker: Path) -> None:
    done = int(marker.read_text()) if marker.exists() else 0
    async with _limited(url, rate) as bot:
        for number in range(done, people):
            try:
                await bot.send_message(first + number, TEXT, parse_mode="HTML", reply_markup=BUTTONS)
            except TelegramError:
                logging.exception("not sent to %s", first + number)
            marker.write_text(str(number + 1))


@asynccontextmanager
async def _limited(url: str, rate: float) -> AsyncIterator[ExtBot[None]]:
    limiter = AIORateLimiter(overall_max_rate=rate, overall_time_period=1, max_retries=5)
    bot: ExtBot[None] = ExtBot(TOKEN, **_addresses(url), rate_limiter=limiter)
    while True:
        try:
            await bot.initialize()
            break
        except TelegramError:  # the bad day meets the login too
            await asyncio.sleep(0.5)
    try:
        yield bot
    finally:
        await bot.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.sender", description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--first", type=int, default=FIRST_PERSON)
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--marker", type=Path)
    wishes = parser.parse_args()
    if wishes.rate:
        asyncio.run(send_with_care(wishes.url, wishes.first, wishes.people, wishes.rate, wishes.marker))
    else:
        asyncio.run(send(wishes.url, wishes.first, wishes.people, wishes.at_once))


if __name__ == "__main__":
    main()
