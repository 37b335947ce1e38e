"""When the next lesson comes, and which it is. Pure: the moment is given."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.clock import QuietHours, at


def next_slot(now: datetime, hour: int, minute: int, zone: str, quiet: QuietHours, days: int = 1) -> datetime:
    """The wall-clock time `hour:minute` in `zone`, `days` days from today, moved out of the quiet hours. UTC."""
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    wall = time(hour, minute)
    if quiet.cover(wall):
        wall = quiet.end  # on the same day: 22:00 is the morning before, not the one after, or days would be left out
    return quiet.after(at(datetime.combine(day, wall), zone), zone)


def first_open(lessons: Sequence[str], finished: Iterable[str]) -> str | None:
    """The first lesson of the track that is not finished; None when the track is."""
    done = set(finished)
    return next((lesson for lesson in lessons if lesson not in done), None)


def block_from(blocks: Sequence[str], served: Iterable[str], block: str, *, after: bool = False) -> str | None:
    """Where somebody who stood at `block` goes on: there, or `after` it, past what is withheld. None: at the end.

    `blocks` is the whole lesson; who stood at a block that is gone from it begins again.
    """
    place = blocks.index(block) + after if block in blocks else 0
    given = set(served)
    return next((one for one in blocks[place:] if one in given), None)
