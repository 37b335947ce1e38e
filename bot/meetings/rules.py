"""When two people can meet, and what is due before and after: pure, no IO.

Instants are UTC; a wall-clock hour is always one of a named person's own IANA zone.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WHEN_FORM = "meetings_when"  # times are on offer: words may name another
COMMENT_FORM = "meetings_comment"

LASTS = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
MOST_TIMES = 3  # on offer at once
NOTICE = timedelta(hours=20)  # a time that we propose is at least this far ahead
WITHIN = timedelta(days=14)
SOONEST = timedelta(hours=1)  # a time that somebody asks for
LATEST = timedelta(days=365)
DAY_BEGINS, DAY_ENDS = time(7), time(22)

WALL_HOUR = {"am": time(10), "pm": time(15), "eve": time(18)}
ANY_TIME = frozenset(f"{weekday}-{part}" for weekday in range(7) for part in WALL_HOUR)
_HOURS_OF_A_DAY = (9, 10, 11, 12, 14, 15, 16, 17, 18)
_ONE_DAY = timedelta(hours=26)  # with the hour that the end of summer time adds, and some room

# What can be wrong with a time that somebody asks for.
FINE, PAST, SOON, FAR, NIGHT, NIGHT_THERE = "", "past", "soon", "far", "night", "night_there"

DAY, HOUR, AFTER = "day", "hour", "after"


def instant(wall: datetime, zone: ZoneInfo) -> datetime | None:
    """The moment at which clocks in `zone` show `wall`; the first of two, None when DST leaves it out."""
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == wall else None


def quarters(start: datetime, end: datetime) -> list[datetime]:
    """The quarter-hours from `start` up to `end`."""
    return [start + QUARTER * n for n in range((end - start) // QUARTER)]


def to_the_quarter(moment: datetime) -> datetime:
    """The nearest quarter-hour (UTC): meetings begin on one, so that they cannot overlap unseen."""
    moment = moment.astimezone(UTC)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + QUARTER * round((moment - midnight) / QUARTER)


def in_the_day(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in `zone` show an hour from 7:00 up to 22:00."""
    return DAY_BEGINS <= moment.astimezone(zone).time() < DAY_ENDS


def problem(moment: datetime, zone: ZoneInfo, other_zone: ZoneInfo, now: datetime) -> str:
    """What is wrong with meeting at this moment, or FINE. `zone` is the asking person's."""
    if moment <= now:
        return PAST
    if moment < now + SOONEST:
        return SOON
    if moment > now + LATEST:
        return FAR
    if not in_the_day(moment, zone):
        return NIGHT
    return FINE if in_the_day(moment, other_zone) else NIGHT_THERE


def propose(
    times: Collection[str],
    zone: ZoneInfo,
    other_zone: ZoneInfo,
    now: datetime,
    taken: Collection[datetime] = (),
    *,
    after: datetime | None = None,
    until: datetime | None = None,
) -> list[datetime]:
    """Up to three good times, each on another day of `zone`, the soonest first.

    `times` are the "weekday-part" words both people have, read on the clock of `zone`; `taken` the
    quarter-hours one of them has given away. Only times later than `after` and before `until`, at least 20
    hours ahead and within 14 days (of `after`, when that is later) are proposed.
    """
    earliest = now + NOTICE
    latest = max(now, after or now) + WITHIN
    if until is not None:
        latest = min(latest, until)
    gone = frozenset(taken)
    used: Counter[str] = Counter()
    found: list[datetime] = []
    for day in _days(max(earliest, after or earliest), latest, zone):
        parts = [part for part in WALL_HOUR if f"{day.weekday()}-{part}" in times]
        for part in sorted(parts, key=lambda one: used[one]):
            start = instant(datetime.combine(day, WALL_HOUR[part]), zone)
            if start is None or not earliest <= start < latest or (after is not None and start <= after):
                continue
            if gone.isdisjoint(quarters(start, start + LASTS)) and in_the_day(start, other_zone):
                used[part] += 1
                found.append(start)
                break
        if len(found) == MOST_TIMES:
            break
    return found


def _days(since: datetime, until: datetime, zone: ZoneInfo) -> Iterable[date]:
    day = since.astimezone(zone).date()
    while day <= until.astimezone(zone).date():
        yield day
        day += timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody said: `moment`, `hours` of one day, or `days`."""

    kind: str
    start: datetime
    end: datetime


MOMENT, HOURS, DAYS = "moment", "hours", "days"


def wish(start: datetime, end: datetime, grain: str) -> Wish:
    """Whether a stretch of time that was named is a moment, part of a day, or more."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if grain in ("minute", "hour") and end - start <= LASTS:
        return Wish(MOMENT, to_the_quarter(start), end)
    return Wish(HOURS if end - start <= _ONE_DAY else DAYS, start, end)


def hours_within(
    wish: Wish, zone: ZoneInfo, other_zone: ZoneInfo, now: datetime, taken: Collection[datetime] = ()
) -> list[datetime]:
    """The hours of that day at which the two could meet: all when a part of the day was named."""
    day = wish.start.astimezone(zone).date()
    whole = wish.end - wish.start > timedelta(hours=20)
    gone = frozenset(taken)
    found: list[datetime] = []
    for hour in _HOURS_OF_A_DAY if whole else range(DAY_BEGINS.hour, DAY_ENDS.hour):
        start = instant(datetime.combine(day, time(hour)), zone)
        if start is None or not wish.start <= start < wish.end:
            continue
        if problem(start, zone, other_zone, now) == FINE and gone.isdisjoint(quarters(start, start + LASTS)):
            found.append(start)
    return found[: len(_HOURS_OF_A_DAY)]


def reminders(start: datetime, end: datetime, now: datetime) -> list[tuple[str, datetime, datetime]]:
    """What to say about a meeting: (kind, when, when it would be too late). What is over already is left out."""
    planned = (
        (DAY, start - timedelta(hours=24), start - timedelta(hours=2)),
        (HOUR, start - timedelta(hours=1), start + timedelta(minutes=10)),
        (AFTER, end + timedelta(minutes=15), end + timedelta(days=3)),
    )
    return [one for one in planned if one[1] > now]


def stored(times: Sequence[datetime]) -> list[str]:
    """Moments as they lie in a row: UTC, ISO 8601."""
    return [time.astimezone(UTC).isoformat() for time in times]


def restored(times: Sequence[str]) -> list[datetime]:
    return [datetime.fromisoformat(time) for time in times]
