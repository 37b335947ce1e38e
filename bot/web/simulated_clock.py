"""The simulated clock, seen and moved over the web. Demo and tests only."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.clock import Clock

FARTHEST = timedelta(days=3652)  # ten years
LAST_YEAR = 9000  # datetime ends at 9999
MOST_BYTES = 1000

Advance = Callable[[timedelta], Awaitable[None]]
NextDue = Callable[[], Awaitable[datetime | None]]


class SimulatedClock:
    """`advance` moves the time and does what becomes due on the way; `next_due` tells when that will be."""

    def __init__(self, clock: Clock, advance: Advance, next_due: NextDue) -> None:
        self._clock = clock
        self._advance = advance
        self._next_due = next_due
        self._one_at_a_time = asyncio.Lock()

    async def show(self, _request: Request) -> Response:
        """200 `{"now", "next_due", "simulated": true}`; both moments in ISO 8601, UTC, the second may be null."""
        return JSONResponse(await self._facts())

    async def move(self, request: Request) -> Response:
        """Takes `{"advance_s": seconds}`; answers as `show`, after everything due has been done. 422: a sentence."""
        try:
            by = read_advance(await request.body())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 422)
        async with self._one_at_a_time:
            if (self._clock.now() + by).year > LAST_YEAR:
                return JSONResponse({"error": f"The clock ends with the year {LAST_YEAR}."}, 422)
            await self._advance(by)
        return JSONResponse(await self._facts())

    async def _facts(self) -> dict[str, Any]:
        due = await self._next_due()
        return {
            "now": self._clock.now().isoformat(),
            "next_due": due.isoformat() if due else None,
            "simulated": True,
        }


def read_advance(body: bytes) -> timedelta:
    """Read `{"advance_s": N}`, 0 to ten years. Raises ValueError with a sentence for anything else."""
    try:
        said: Any = json.loads(body) if len(body) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or "advance_s" not in said:
        raise ValueError('Say by how many seconds, like this: {"advance_s": 3600}.')
    seconds: object = cast(dict[str, Any], said)["advance_s"]
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or _is_nan(seconds):
        raise ValueError("advance_s must be a number of seconds.")
    if seconds < 0:
        raise ValueError("Time only goes forward: advance_s must not be negative.")
    if seconds > FARTHEST.total_seconds():
        raise ValueError("That is more than ten years: please take smaller steps.")
    return timedelta(seconds=seconds)


def _is_nan(number: float) -> bool:
    return isinstance(number, float) and math.isnan(number)
