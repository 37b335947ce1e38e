"""How the tables of the tests write down what should be found.

""                         nothing
"2026-10-20"               a day
"2026-10-20..2026-10-22"   days, the last one included
"2026-10-20 15:00"         an hour or a minute that begins then
"2026-10-20 15:00-17:00"   a stretch
"2026-10-20 am"            morning, pm afternoon, eve evening, noon, night
"after 2026-10-20 15:00"   until the end of that day
"until 2026-10-20"         from now to the end of that day; with a time: to that time
"week 2026-10-19"          the week that begins then; month, year alike
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.words.times import TimeFound

ZONES = {"en": "Europe/London", "it": "Europe/Rome", "de": "Europe/Berlin", "es": "Europe/Madrid"}
WEDNESDAY = datetime(2026, 3, 4, 10, 0)  # noqa: DTZ001 - the zone depends on the language
FRIDAY = datetime(2026, 10, 16, 16, 30)  # noqa: DTZ001

_PARTS = {
    ("08:00", "12:00"): "am",
    ("12:00", "14:00"): "noon",
    ("12:00", "18:00"): "pm",
    ("18:00", "22:00"): "eve",
    ("20:00", "00:00"): "night",
}


def here(wall: datetime, language: str) -> datetime:
    """`wall` where the language is spoken."""
    return wall.replace(tzinfo=ZoneInfo(ZONES[language]))


def notation(found: TimeFound, now: datetime) -> str:
    """`found` as the tables write it."""
    start, end = found.start, found.end
    day, hour = f"{start:%Y-%m-%d}", f"{start:%H:%M}"
    if found.grain in {"week", "month", "year"}:
        return f"{found.grain} {day}"
    if start == now and end - start > timedelta(hours=1):
        last = end - timedelta(minutes=1)
        return f"until {last:%Y-%m-%d}" if f"{end:%H:%M}" == "00:00" else f"until {end:%Y-%m-%d %H:%M}"
    if found.grain == "day":
        last = end - timedelta(hours=1)
        return day if last.date() == start.date() else f"{day}..{last:%Y-%m-%d}"
    if found.grain in {"minute", "hour"} and end - start == timedelta(**{f"{found.grain}s": 1}):
        return f"{day} {hour}"
    if part := _PARTS.get((hour, f"{end:%H:%M}")):
        return f"{day} {part}"
    if f"{end:%H:%M}" == "00:00":
        return f"after {day} {hour}"
    return f"{day} {hour}-{end:%H:%M}"
