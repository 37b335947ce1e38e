"""Rules about threads: what is kept to be shared, what is read back. Pure; take `now`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

SHARED = 5  # of the person's own last messages
KEPT = 10  # more than are shared: answering the question whether to share them must push none out
KEPT_FOR = timedelta(hours=24)
LONGEST_KEPT = 300  # characters of each
READ_BACK = 12  # messages that whoever takes over sees
OVER_AFTER = timedelta(days=3)  # of silence
AGAIN_AFTER = timedelta(days=1)  # without anybody taking it

HUMAN, PROBLEM = "human", "problem"
LINE, REPORT = "threads_line", "threads_report"  # the forms


def remember(recent: Sequence[dict[str, Any]], text: str, now: datetime) -> list[dict[str, Any]]:
    """The person's last messages with this one, so that they can be shared if the person agrees. Each has a number
    that only grows, by which the question whether to share says how far it goes."""
    fresh = [one for one in recent if now - datetime.fromisoformat(one["at"]) < KEPT_FOR]
    number = recent[-1]["n"] + 1 if recent else 1
    return [*fresh, {"n": number, "at": now.isoformat(), "text": text[:LONGEST_KEPT]}][-KEPT:]


def last_number(recent: Sequence[dict[str, Any]]) -> int:
    """The number of the newest message."""
    return recent[-1]["n"] if recent else 0


def to_share(recent: Sequence[dict[str, Any]], up_to: int, now: datetime) -> list[str]:
    """The words that may be shown to a coordinator: the last day's, up to that number."""
    fresh = [one for one in recent if one["n"] <= up_to and now - datetime.fromisoformat(one["at"]) < KEPT_FOR]
    return [str(one["text"]) for one in fresh][-SHARED:]
