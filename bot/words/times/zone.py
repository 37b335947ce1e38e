"""From what the clock on the wall shows to instants, in zones that have a summer time."""

from datetime import UTC, datetime, timedelta, tzinfo


def instants(wall: datetime, zone: tzinfo) -> list[datetime]:
    """The instants at which the clock on the wall shows `wall`: one, none (skipped in spring) or two."""
    found = [wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    if found[0].utcoffset() == found[1].utcoffset():
        return found[:1]
    return [instant for instant in found if _exists(instant)]


def first_instant(wall: datetime, zone: tzinfo) -> datetime:
    """The instant for `wall`, or the first one after it when the clock skips it: a day begins anyway."""
    return next(iter(instants(wall, zone)), None) or _there_and_back(wall.replace(tzinfo=zone, fold=0))


def later(instant: datetime, by: timedelta) -> datetime:
    """So much real time later; an hour before the clocks change is still an hour."""
    return (instant.astimezone(UTC) + by).astimezone(instant.tzinfo)


def is_before(one: datetime, other: datetime) -> bool:
    """Whether `one` comes first in real time. (`<` compares what the wall shows when the zone is the same.)"""
    return one.astimezone(UTC) < other.astimezone(UTC)


def _exists(instant: datetime) -> bool:
    return _there_and_back(instant).replace(tzinfo=None) == instant.replace(tzinfo=None)


def _there_and_back(instant: datetime) -> datetime:
    return instant.astimezone(UTC).astimezone(instant.tzinfo)
