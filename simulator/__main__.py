"""`python -m simulator`: a local Telegram with phones in the browser."""

import argparse
import asyncio
import json
import signal
import sys
import threading
from pathlib import Path

import uvloop

from simulator.control import add_person
from simulator.telegram import Telegram


def main() -> int:
    """Gives the exit code: 2 when it could not start."""
    wishes = _read_arguments()
    try:
        uvloop.run(_run(wishes))
    except (OSError, ValueError, KeyError) as error:
        print(f"The simulator could not start: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default="1:T", help="the bot's token, as it will use it")
    parser.add_argument("--app", default="http://127.0.0.1:8080", help="the bot's web address (its clock)")
    parser.add_argument("--people", type=Path, help="a JSON list of people who have a phone from the start")
    parser.add_argument("--store", type=Path, help="a file that keeps chats and messages over restarts")
    parser.add_argument(
        "--attached", action="store_true", help="end when standard input does: whoever began it is gone"
    )
    return parser.parse_args()


async def _run(wishes: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    if wishes.attached:
        threading.Thread(target=_at_the_end_of_input, args=(asyncio.get_running_loop(), stopped), daemon=True).start()
    telegram = Telegram(wishes.token, wishes.host, wishes.port, app=wishes.app, store=wishes.store)
    people = json.loads(wishes.people.read_text(encoding="utf-8")) if wishes.people else []
    for facts in people:
        add_person(telegram, facts)
    async with telegram:
        print(f"Telegram is simulated at {telegram.url} — open it to see the phones.", flush=True)  # noqa: T201
        await stopped.wait()


def _at_the_end_of_input(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    while sys.stdin.buffer.read(1024):
        pass
    loop.call_soon_threadsafe(stopped.set)


if __name__ == "__main__":
    sys.exit(main())
