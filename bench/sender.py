"""Bare PTB that sends one text to many, to measure ourselves by: it keeps nothing, and knows no pace.

`python -m bench.sender --url http://127.0.0.1:8081 --people 10000 [--at-once 64]`
"""

import argparse
import asyncio

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.request import HTTPXRequest

from bench.bots import TOKEN
from bench.load import FIRST_PERSON

TEXT = "A message from <b>Ines</b>, Bench (demo):\n\nThe fair is on Friday. Come and see what others do."
BUTTONS = InlineKeyboardMarkup([[InlineKeyboardButton("No more announcements", callback_data="announcements:off")]])


async def send(url: str, people: int, at_once: int) -> None:
    request = HTTPXRequest(connection_pool_size=at_once, pool_timeout=30)
    async with Bot(TOKEN, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot", request=request) as bot:
        left = iter(range(people))

        async def one_after_the_other() -> None:
            for number in left:
                await bot.send_message(FIRST_PERSON + number, TEXT, parse_mode="HTML", reply_markup=BUTTONS)

        await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.sender", description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--at-once", type=int, default=64)
    wishes = parser.parse_args()
    asyncio.run(send(wishes.url, wishes.people, wishes.at_once))


if __name__ == "__main__":
    main()
