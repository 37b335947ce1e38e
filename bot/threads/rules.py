"""Rules about threads: what is kept to be shared, what is read back. Pure; take `now`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

KEPT = 5  # of the person's own last messages
KEPT_FOR = timedelta(hours=24)
LONGEST_KEPT = 300  # characters of each
READ_BACK = 12  # messages that whoever takes over sees
OVER_AFTER = timedelta(days=3)  # of silence
AGAIN_AFTER = timedelta(days=1)  # without anybody taking it

HUMAN, PROBLEM = "human", "problem"
LINE, REPORT = "threads_line", "threads_report"  # the forms


def remember(recent: Sequence[dict[str, Any]], text: str, now: datetime) -> list[dict[str, Any]]:
    """The person's last messages with this one, so that they can be shared if the person agrees."""
    fresh = [one for one in recent if now - datetime.fromisoformat(one["at"]) < KEPT_FOR]
    return [*fresh, {"at": now.isoformat(), "text": text[:LONGEST_KEPT]}][-KEPT:]


def to_share(recent: Sequence[dict[str, Any]], now: datetime) -> list[str]:
    """The words that may be shown to a coordinator: the last day's."""
    return [str(one["text"]) for one in recent if now - datetime.fromisoformat(one["at"]) < KEPT_FOR]
