"""When an announcement goes out, and when the last one has it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.announcements import rules
from bot.announcements.rules import MONTH, WEEK, Readers
from bot.clock import QuietHours, at

LATEST = timedelta(days=366)
MORNING = time(9, 0)
EVERY = {"never": "", WEEK: WEEK, MONTH: MONTH}
_STAMP = "%Y%m%d%H%M"
_MONDAY = 0
SURE_DAY = 28  # every month has it


@dataclass(frozen=True, slots=True)
class Plan:
    """What will happen if it is let go: numbers of people, moments in UTC."""

    begins: datetime
    held: int
    reached: datetime


def plan(
    counted: Sequence[Readers],
    now: datetime,
    starts_at: datetime | None,
    wall_at: str,
    quiet: QuietHours,
    rate: float,
) -> Plan:
    """When it begins, how many are held for the night then, and when the last one has it at so many a second."""
    start = max(now, starts_at or now)
    zones = {some.zone for some in counted}
    wanted = {zone: max(start, rules.begins(wall_at, zone)) if wall_at else start for zone in zones}
    moments = rules.moments(zones, start, wall_at, quiet)
    held = sum(some.number for some in counted if moments[some.zone] > wanted[some.zone])
    return Plan(min(wanted.values(), default=start), held, rules.reached_at(counted, start, moments, rate, quiet))


def begins(starts_at: datetime | None, wall_at: str, counted: Sequence[Readers], now: datetime) -> datetime:
    """When it begins: for the first of its readers, if it goes by their clocks."""
    if wall_at:
        return min((rules.begins(wall_at, some.zone) for some in counted), default=now)
    return starts_at or now


def suggestions(today: date) -> list[datetime]:
    """Good moments on a wall clock: tomorrow at nine, and the next Monday that is later than that."""
    tomorrow = today + timedelta(days=1)
    monday = today + timedelta(days=(_MONDAY - today.weekday() - 1) % 7 + 1)
    later = monday if monday != tomorrow else monday + timedelta(days=7)
    return [datetime.combine(day, MORNING) for day in (tomorrow, later)]


def stamp(wall: datetime) -> str:
    """A wall time in a button: "202612010900"."""
    return wall.strftime(_STAMP)


def read_stamp(text: str) -> datetime | None:
    """The wall time in a button; None for what no button of ours holds."""
    if len(text) != 12 or not text.isascii() or not text.isdigit():
        return None
    try:
        return datetime.strptime(text, _STAMP)  # noqa: DTZ007 - a wall time has no zone
    except ValueError:
        return None


def named(start: datetime, grain: str) -> datetime:
    """The wall time that words name; of a whole day or more its first morning."""
    wall = start.replace(tzinfo=None, second=0, microsecond=0)
    return wall if grain in ("minute", "hour") else datetime.combine(wall.date(), MORNING)


def written(text: str) -> datetime | None:
    """ "2026-12-01 09:00", as scripts write it."""
    try:
        wall = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return wall.replace(second=0, microsecond=0) if wall.tzinfo is None else None


def read_at(text: str) -> tuple[str, datetime | None]:
    """A moment of a script: ("2026-12-01T09:00", None) on everybody's own clock, or ("", an instant) with a zone.

    Raises ValueError with a sentence.
    """
    moment, _, zone = text.strip().partition(" ")
    wall = written(moment)
    if wall is None:
        raise ValueError(f"--at looks like 2026-12-01T09:00, or '2026-12-01T09:00 Europe/Rome', and not {text!r}")
    if not zone.strip():
        return wall.isoformat(timespec="minutes"), None
    try:
        return "", at(wall, zone.strip())
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError(f"--at names no time zone such as Europe/Rome: {zone.strip()!r}") from None


def is_possible(wall: datetime, zone: str, now: datetime) -> bool:
    """Whether this is later than now on the clocks of this zone, and not more than a year away."""
    return now < at(wall, zone) <= now + LATEST


def day_of(every: str, wall_at: str, starts_at: datetime | None, zone: str) -> int:
    """The day of the month that a monthly one keeps; 0 when it is not monthly or has no moment."""
    if every != MONTH:
        return 0
    if wall_at:
        return datetime.fromisoformat(wall_at).day
    return starts_at.astimezone(ZoneInfo(zone)).day if starts_at else 0
