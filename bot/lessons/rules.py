"""When the next lesson comes, and which it is. Pure: the moment is given."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.clock import QuietHours, at


def next_slot(now: datetime, hour: int, minute: int, zone: str, quiet: QuietHours, days: int = 1) -> datetime:
    """The wall-clock time `hour:minute` in `zone`, `days` days from today, moved out of the quiet hours. UTC."""
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    return quiet.after(at(datetime.combine(day, time(hour, minute)), zone), zone)


def first_open(lessons: Sequence[str], finished: Iterable[str]) -> str | None:
    """The first lesson of the track that is not finished; None when the track is."""
    done = set(finished)
    return next((lesson for lesson in lessons if lesson not in done), None)


def block_after(blocks: Sequence[str], block: str) -> str | None:
    """The block after this one; the first when this one is not there (any more), None at the end."""
    if block not in blocks:
        return blocks[0] if blocks else None
    place = blocks.index(block) + 1
    return blocks[place] if place < len(blocks) else None
