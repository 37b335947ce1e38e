"""When two people can meet, and what is due before and after: pure, no IO.

Instants are UTC; a wall-clock hour is always one of a named person's own IANA zone.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.clock import QuietHours, at

WHEN_FORM = "meetings_when"  # times are on offer: words may name another
COMMENT_FORM = "meetings_comment"
PLACE_FORM = "meetings_place"  # the next words are where the two meet

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
_MOST_OF_A_DAY = timedelta(hours=20)
_LAST_OF_MONTH = 31

# What can be wrong with a time that somebody asks for.
FINE, PAST, SOON, FAR, NIGHT, NIGHT_THERE = "", "past", "soon", "far", "night", "night_there"

DAY, HOUR, AFTER = "day", "hour", "after"
COMING, SILENT = "coming", "silent"  # the other one will be there; the other one has not said so
SILENT_BEFORE = timedelta(hours=3)
SILENT_UNTIL = timedelta(hours=1)  # before the start: then there is nothing left to decide
ON_THE_WAY = timedelta(hours=2)  # from so long before the start somebody may be on their way

PAGE, PAGES = timedelta(days=14), 4  # the calendar of buttons: eight weeks

IN_PERSON, ONLINE = "in_person", "online"
LONGEST_PLACE = 200

ILL, NO_TIME, OTHER_REASON = WHY = ("ill", "time", "other")  # why somebody calls a meeting off
SHORT_NOTICE = timedelta(hours=24)
DELAYS = (5, 10, 15)  # minutes


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
    if moment <= now - QUARTER:  # "now" may lie just behind, on the quarter of an hour
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


def on_day(wish: Wish, day: date, zone: ZoneInfo) -> Wish | None:
    """The same hours on this day on the clocks of `zone`; None when DST leaves them out."""
    start = instant(datetime.combine(day, wish.start.astimezone(zone).time()), zone)
    return None if start is None else Wish(wish.kind, start, start + (wish.end - wish.start))


def is_whole_day(wish: Wish) -> bool:
    """A day that was named without an hour."""
    return wish.kind == HOURS and wish.end - wish.start > _MOST_OF_A_DAY


def bare_number(said: str, weekdays: Collection[str]) -> int | None:
    """The number in "Friday 10": an hour, or the day of the month? None when the words say which it is."""
    weekday, _, number = _plain(said).rpartition(" ")
    is_bare = number.isascii() and number.isdigit() and 1 <= int(number[:3]) <= _LAST_OF_MONTH
    return int(number) if is_bare and weekday in {_plain(one) for one in weekdays} else None


_ORDINALS = (
    (1, ("the first", "first one", "il primo", "la prima", "der erste", "den ersten", "die erste", "das erste")),
    (1, ("el primero", "la primera")),
    (2, ("the second", "second one", "il secondo", "la seconda", "der zweite", "den zweiten", "die zweite")),
    (2, ("das zweite", "el segundo", "la segunda")),
    (3, ("the third", "third one", "il terzo", "la terza", "der dritte", "den dritten", "die dritte", "das dritte")),
    (3, ("el tercero", "la tercera", "the last", "last one", "l'ultimo", "l'ultima", "der letzte", "den letzten")),
    (3, ("die letzte", "das letzte", "el ultimo", "la ultima")),
)
_NEGATIVE = frozenset(
    ("not", "no", "nor", "but", "non", "ne", "neanche", "tranne", "nicht", "kein", "keine", "ausser", "ni", "tampoco")
)
_LONGEST_CHOICE = 6  # words


def ordinal(text: str) -> str:
    """ "2" for "va bene il secondo": which of three is chosen in a few words; "" when none is, or it is ruled out."""
    words = _plain(re.sub(r"[^\w'\s]", " ", text.replace("’", "'"))).split()
    if len(words) > _LONGEST_CHOICE or _NEGATIVE.intersection(words):
        return ""
    said = f" {' '.join(words)} "
    found = {number for number, names in _ORDINALS if any(f" {name} " in said for name in names)}
    return str(found.pop()) if len(found) == 1 else ""


def _plain(words: str) -> str:
    folded = unicodedata.normalize("NFKD", words.casefold())
    return " ".join("".join(c for c in folded if not unicodedata.combining(c)).replace(",", " ").split())


def next_numbered(number: int, today: date) -> date:
    """The next day, from today on, that is this one of its month."""
    day = today
    while day.day != number:
        day += timedelta(days=1)
    return day


def hours_within(
    wish: Wish, zone: ZoneInfo, other_zone: ZoneInfo, now: datetime, taken: Collection[datetime] = ()
) -> list[datetime]:
    """The hours of that day at which the two could meet: all when a part of the day was named."""
    day = wish.start.astimezone(zone).date()
    whole = wish.end - wish.start > _MOST_OF_A_DAY
    gone = frozenset(taken)
    found: list[datetime] = []
    for hour in _HOURS_OF_A_DAY if whole else range(DAY_BEGINS.hour, DAY_ENDS.hour):
        start = instant(datetime.combine(day, time(hour)), zone)
        if start is None or not wish.start <= start < wish.end:
            continue
        if problem(start, zone, other_zone, now) == FINE and gone.isdisjoint(quarters(start, start + LASTS)):
            found.append(start)
    return found[: len(_HOURS_OF_A_DAY)]


def on_several_days(
    wish: Wish, zone: ZoneInfo, other_zone: ZoneInfo, now: datetime, taken: Collection[datetime] = ()
) -> list[datetime]:
    """Up to three days of the next two weeks on which the two could meet at these hours: a usual one, or the first."""
    usual = set(WALL_HOUR.values())
    found: list[datetime] = []
    today = now.astimezone(zone).date()
    for n in range(PAGE.days):
        one = on_day(wish, today + timedelta(days=n), zone)
        hours = hours_within(one, zone, other_zone, now, taken) if one else []
        found += [start for start in hours if start.astimezone(zone).time() in usual][:1] or hours[:1]
    return found[:MOST_TIMES]


def whole_day(day: date, zone: ZoneInfo) -> Wish:
    """All of a day on the clocks of `zone`."""
    begins, ends = (at(datetime.combine(one, time(0)), zone.key) for one in (day, day + timedelta(days=1)))
    return Wish(HOURS, begins, ends)


def free_days(
    page: int, zone: ZoneInfo, other_zone: ZoneInfo, now: datetime, taken: Collection[datetime] = ()
) -> list[date]:
    """The days of these two weeks (the first begin today, on the clocks of `zone`) that have an hour for the two."""
    first = now.astimezone(zone).date() + PAGE * page
    days = [first + timedelta(days=n) for n in range(PAGE.days)]
    return [day for day in days if hours_within(whole_day(day, zone), zone, other_zone, now, taken)]


def page_of(day: date, zone: ZoneInfo, now: datetime) -> int:
    """On which page of the calendar of buttons this day stands; the nearest when it is on none."""
    ahead = (day - now.astimezone(zone).date()).days
    return min(max(ahead // PAGE.days, 0), PAGES - 1)


def ways(km: int | None, travel_km: int, both_remote: bool) -> frozenset[str]:
    """How two people can meet: `km` apart, one of them travelling up to `travel_km`. There is always one way."""
    near = km is not None and km <= travel_km
    return frozenset(way for way, can in ((IN_PERSON, near), (ONLINE, both_remote or not near)) if can)


def is_short_notice(start: datetime, now: datetime) -> bool:
    return start - now < SHORT_NOTICE


def day_before(start: datetime, zone: ZoneInfo, quiet: QuietHours) -> datetime:
    """The same hour of the day before on the clocks of `zone`, moved out of the quiet hours of that day."""
    wall = start.astimezone(zone).replace(tzinfo=None) - timedelta(days=1)
    if quiet.cover(wall.time()):
        is_evening = quiet.end < quiet.start <= wall.time()
        begins, ends = (datetime.combine(wall.date(), edge) for edge in (quiet.start, quiet.end))
        wall = begins - timedelta(hours=1) if is_evening else ends
    return at(wall, zone.key)


def ask_about_silence_at(start: datetime, zone: ZoneInfo, quiet: QuietHours) -> datetime:
    """Some hours before a meeting; when that is in the quiet hours of `zone`, an hour before they begin."""
    moment = start - SILENT_BEFORE
    local = moment.astimezone(zone)
    if not quiet.cover(local.time()):
        return moment
    began = local.date() - timedelta(days=0 if local.time() >= quiet.start else 1)
    return at(datetime.combine(began, quiet.start) - timedelta(hours=1), zone.key)


def reminders(
    start: datetime, end: datetime, now: datetime, zone: ZoneInfo, quiet: QuietHours
) -> list[tuple[str, datetime, datetime]]:
    """What to say about a meeting to somebody in `zone`: (kind, when, when it would be too late).

    What is over already is left out.
    """
    planned = (
        (DAY, day_before(start, zone, quiet), start - timedelta(hours=2)),
        (HOUR, start - timedelta(hours=1), start + timedelta(minutes=10)),
        (AFTER, end + timedelta(minutes=15), end + timedelta(days=3)),
    )
    return [one for one in planned if one[1] > now]


def stored(times: Sequence[datetime]) -> list[str]:
    """Moments as they lie in a row: UTC, ISO 8601."""
    return [time.astimezone(UTC).isoformat() for time in times]


def restored(times: Sequence[str]) -> list[datetime]:
    return [datetime.fromisoformat(time) for time in times]
