"""When the next lesson comes, which it is, and whether an answer is right. Pure: the moment is given."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.clock import QuietHours, at

ANSWER_FORM = "lessons_answer"  # a question that is answered in one's own words is open
EVERY_DAY = "0123456"  # 0 is Monday
LATER = timedelta(hours=3)
LETTERS = "abcdefghijkl"  # of the options
WITHHELD_FROM = 3  # people whose screens look different from a dated card: nobody is given it until it was looked at


def next_slot(
    now: datetime, hour: int, minute: int, zone: str, quiet: QuietHours, days: int = 1, weekdays: str = EVERY_DAY
) -> datetime:
    """The wall-clock time `hour:minute` in `zone`, `days` days from today or on the first of the `weekdays` after
    that ("03": Monday and Thursday), moved out of the quiet hours. UTC."""
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    while weekdays and str(day.weekday()) not in weekdays:
        day += timedelta(days=1)
    wall = time(hour, minute)
    if quiet.cover(wall):
        wall = quiet.end  # on the same day: 22:00 is the morning before, not the one after, or days would be left out
    return quiet.after(at(datetime.combine(day, wall), zone), zone)


def later_today(now: datetime, zone: str, quiet: QuietHours) -> datetime | None:
    """In three hours; None when that would be tomorrow or in the quiet hours."""
    here = (now + LATER).astimezone(ZoneInfo(zone))
    if here.date() != now.astimezone(ZoneInfo(zone)).date() or quiet.cover(here.time()):
        return None
    return now + LATER


def with_weekday(weekdays: str, day: int) -> str:
    """The weekdays with this one, or without it when it was there; never none at all."""
    changed = "".join(sorted(set(weekdays) ^ {str(day)}))
    return changed or weekdays


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


def letters(picked: Iterable[int]) -> str:
    """Options as they stand in a button's data: "ac"; "-" for none."""
    return "".join(LETTERS[index] for index in picked) or "-"


def picked(letters: str, options: int) -> tuple[int, ...] | None:
    """The options that :func:`letters` named; None for what it never wrote."""
    if letters == "-":
        return ()
    found = tuple(LETTERS.find(letter) for letter in letters)
    is_ours = len(set(found)) == len(found) and all(0 <= index < options for index in found)
    return found if is_ours and found else None


def toggled(chosen: tuple[int, ...], option: int) -> tuple[int, ...]:
    """With the option, or without it when it was there; in the options' order."""
    return tuple(sorted(set(chosen) ^ {option}))


def points_made(text: str, points: Sequence[str]) -> tuple[int, ...]:
    """Which key points an answer makes: of each, one of its words ("sorry / apolog / regret") begins a word of it."""
    said = f" {_folded(text)}"
    return tuple(
        at
        for at, point in enumerate(points)
        if any(f" {word}" in said for part in point.split("/") if (word := _folded(part)))
    )


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    kept = (" " if not char.isalnum() else char for char in plain if not unicodedata.combining(char))
    return " ".join("".join(kept).split())


def holidays(today: date) -> set[date]:
    """The days around the turn of the year and in the middle of August, of this year and the last: nobody is expected
    to learn then, in any of the four countries."""
    found: set[date] = set()
    for year in (today.year - 1, today.year):
        found |= {date(year, 12, 21) + timedelta(days=one) for one in range(18)}
        found |= {date(year, 8, 8) + timedelta(days=one) for one in range(16)}
    return found
