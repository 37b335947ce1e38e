"""Our programme, with a clock that may jump: `python -m bench.life` is `twogether run`.

Where BENCH_CLOCK names a file, the clock is off by as many seconds as stand in it, each time it is read.
"""

import os
from datetime import timedelta
from pathlib import Path

import bot.clock


def live() -> None:
    if file := os.environ.get("BENCH_CLOCK"):
        _off_by(Path(file))
    from bot.cli import app

    app(["run"])


def _off_by(file: Path) -> None:
    right = bot.clock._system_time

    def wrong() -> bot.clock.datetime:
        return right() + timedelta(seconds=float(file.read_text()))

    bot.clock._system_time = wrong


if __name__ == "__main__":
    live()
