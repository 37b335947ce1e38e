"""The app's simulated clock, seen and moved from the page."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from simulator.world import World

_TIMEOUT_S = 60.0
_MOST_STEPS = 200


def _to_the_next(facts: dict[str, Any], left: float) -> float | None:
    """Seconds to the next thing due, if it comes before `left` is over."""
    if not facts.get("simulated") or not facts.get("next_due"):
        return None
    ahead = (datetime.fromisoformat(facts["next_due"]) - datetime.fromisoformat(facts["now"])).total_seconds()
    return ahead if 0 < ahead < left else None


class AppClock:
    """Forwards to `{app}/simulator/clock` and keeps the phones' time in step with the answer."""

    def __init__(self, world: "World", app: str) -> None:
        self._world = world
        self._address = f"{app.rstrip('/')}/simulator/clock" if app else ""
        self._http: aiohttp.ClientSession | None = None

    async def read(self) -> dict[str, Any]:
        """`{"now", "next_due", "simulated"}`, or `{"error": one calm sentence}`."""
        return await self._ask("GET", None)

    async def advance(self, seconds: float) -> dict[str, Any]:
        """Move the time forward; same shape.

        It goes from one due thing to the next, and the phones' clocks go first: what rings on the way bears
        the time at which it rang.
        """
        facts, left = await self.read(), seconds
        for _ in range(_MOST_STEPS):
            step = _to_the_next(facts, left)
            if step is None:
                break
            self._world.clock_offset += step
            facts = await self._ask("POST", {"advance_s": step})
            left -= step
        return await self._ask("POST", {"advance_s": left}) if left or not seconds else facts

    async def _ask(self, method: str, body: dict[str, Any] | None) -> dict[str, Any]:
        if not self._address:
            return {"error": "No app is connected, so the clock shows real time."}
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S))
        try:
            async with self._http.request(method, self._address, json=body) as answer:
                if answer.status != 200:
                    return {"error": f"The app's clock cannot be moved (it answers {answer.status})."}
                facts: dict[str, Any] = await answer.json()
                now = datetime.fromisoformat(facts["now"])
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
            return {"error": "The app does not answer yet. The clock comes back with it."}
        if facts.get("simulated"):
            self._world.clock_offset = 0.0
            self._world.clock_offset = now.timestamp() - self._world.now()
        return facts

    async def close(self) -> None:
        if self._http:
            await self._http.close()
