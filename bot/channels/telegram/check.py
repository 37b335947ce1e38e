"""One look at Telegram: is it there, does it know our token, what time does it have?"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import aiohttp

TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Look:
    """What `getMe` said. `time` is the server's clock (UTC, whole seconds), None when it told none."""

    answer: Literal["ok", "refused", "unreachable"]
    username: str = ""
    time: datetime | None = None
    why: str = ""  # never holds the token


async def look(token: str, api_url: str) -> Look:
    """Ask the Bot API who we are. Never raises; takes ten seconds at most."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.get(f"{api_url}/bot{token}/getMe") as answer,
        ):
            return _read(answer.status, await answer.read(), answer.headers.get("Date", ""))
    except (aiohttp.ClientError, OSError, ValueError) as error:  # its text would hold the address, and so the token
        return Look("unreachable", why=type(error).__name__)


def _read(status: int, body: bytes, date: str) -> Look:
    time = _moment(date)
    try:
        said: Any = json.loads(body)
        if status == 200 and said["ok"]:
            return Look("ok", str(said["result"]["username"]), time)
    except (ValueError, KeyError, TypeError):
        pass
    if status in (401, 403, 404):
        return Look("refused", time=time, why=str(status))
    return Look("unreachable", time=time, why=f"it answers {status}, and not as the Bot API does")


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
