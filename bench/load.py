"""The load: a Telegram in a process of its own, and people who tap or write and wait for the answer.

`python -m bench.load --people 2000` writes one line of JSON, `{"url": …}`, and then answers each line of JSON on its
standard input, e.g. `{"act": "tap", "what": "people:menu", "turns": 2000, "at_once": 200}`, with a line of figures.
It ends with its standard input. Times are in seconds; `at` is the machine's monotonic clock.
"""

import argparse
import asyncio
import json
import logging
import sys
import time
from collections import deque
from typing import Any

import uvloop

from bench.bots import TOKEN
from simulator import Telegram
from simulator.model import Kept
from simulator.model import Person as Somebody

FIRST_PERSON = 7_000_000_001
LONGEST_ANSWER_S = 30.0


class Load(Telegram):
    """A Telegram that tells at once when the bot has written to somebody."""

    def __init__(self, people: int) -> None:
        super().__init__(TOKEN)
        self._answers: dict[int, asyncio.Future[Kept]] = {}
        self.line: deque[int] = deque()
        for number in range(people):
            self.add_person(f"P{number}", id=FIRST_PERSON + number).started = True
            self.line.appendleft(FIRST_PERSON + number)  # an announcement begins with the first, taps with the last

    def keep_message(self, what: str, person: Somebody, kept: Kept) -> None:
        super().keep_message(what, person, kept)
        if what == "message" and kept.by == "bot" and (waiting := self._answers.pop(person.id, None)):
            waiting.set_result(kept)

    def next_person(self) -> int:
        """Whoever has waited longest, so that nobody is written to more than once a second."""
        self.line.rotate(-1)
        return self.line[-1]

    async def turn(self, act: str, what: str) -> tuple[float, Kept]:
        """One person taps (`what` is the button's data) or says something: (seconds to the answer, the answer)."""
        person = self.next_person()
        answer = self._answers[person] = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        if act == "tap":
            self.tap(person, 1, what)
        else:
            self.say(person, what)
        async with asyncio.timeout(LONGEST_ANSWER_S):
            kept = await answer
        return time.perf_counter() - began, kept

    async def measure(self, act: str, what: list[str], turns: int, at_once: int) -> dict[str, float]:
        """So many turns, always `at_once` people waiting for their answer."""
        took: list[float] = []
        left = iter(range(turns))

        async def one_after_the_other() -> None:
            took.extend([(await self.turn(act, what[number % len(what)]))[0] for number in left])

        began = time.perf_counter()
        await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))
        return figures(took, time.perf_counter() - began)

    async def first_answer(self, act: str, what: str, unlike: str) -> dict[str, Any]:
        """Ask until there is an answer that does not begin like `unlike`; `at` says when it came."""
        while True:
            _, kept = await self.turn(act, what)
            if not unlike or not kept.text.startswith(unlike):
                return {"at": time.monotonic(), "text": kept.text}
            await asyncio.sleep(0.1)

    async def sends(self, number: int, longest_s: float) -> dict[str, float]:
        """What the bot sends until it has sent so many messages, or time is up."""
        before = len(self.log("sendMessage"))
        began = time.monotonic()
        while len(self.requests) < before + number or len(self.log("sendMessage")) < before + number:
            if time.monotonic() - began > longest_s:
                break
            await asyncio.sleep(0.05)
        moments = [request.at for request in self.log("sendMessage")[before:] if request.status == 200][:number]
        return pace(moments)

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        if order.pop("first", False):
            return await self.first_answer(**order)
        match order.get("act"):
            case "sends":
                return await self.sends(order["number"], order["longest_s"])
            case "mark":
                return {"sent": len(self.log("sendMessage"))}
            case "pace":
                return pace([one.at for one in self.log("sendMessage")[order["since"] :] if one.status == 200])
            case _:
                pass
        return await self.measure(**order)


def pace(moments: list[float]) -> dict[str, float]:
    """Of the moments (seconds) at which messages were taken: how many, how many a second, and how many in the fullest
    second."""
    fullest, first = 0, 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= 1.0:
            first += 1
        fullest = max(fullest, last - first + 1)
    seconds = moments[-1] - moments[0] if len(moments) > 1 else 0.0
    return {"sent": len(moments), "per_s": (len(moments) - 1) / seconds if seconds else 0.0, "fullest": fullest}


def figures(took: list[float], seconds: float) -> dict[str, float]:
    """Milliseconds (median, 99th percentile) and turns per second."""
    in_order = sorted(took)
    return {
        "turns": len(took),
        "p50_ms": 1000 * in_order[len(in_order) // 2],
        "p99_ms": 1000 * in_order[min(len(in_order) - 1, int(len(in_order) * 0.99))],
        "per_s": len(took) / seconds,
    }


async def _serve(people: int) -> None:
    async with Load(people) as load:
        print(json.dumps({"url": load.url}), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            try:
                answer = await load.obey(json.loads(line))
            except TimeoutError:
                answer = {"error": f"no answer within {LONGEST_ANSWER_S:g} s"}
            print(json.dumps(answer), flush=True)


def main() -> None:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it minds every poll that the end cuts short
    parser = argparse.ArgumentParser("python -m bench.load", description=__doc__)
    parser.add_argument("--people", type=int, default=2000)
    uvloop.run(_serve(parser.parse_args().people))


if __name__ == "__main__":
    main()
