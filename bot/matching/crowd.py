"""Many people as arrays: what matching knows of each, one number or one set of bits a person. Pure, besides the atlas.

A set of bits is an unsigned integer: bit `n` stands for the `n`-th language, topic, sector or age band known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import lru_cache
from math import cos, nan, radians, sin
from typing import Any, Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from bot.matching.rules import TRAINER_AGES, WORKER_AGES
from bot.people import places, vocabulary

type Floats = NDArray[np.float64]
type Bits = NDArray[np.uint64]
type Numbers = NDArray[np.int64]
type Flags = NDArray[np.bool_]

HOURS_OF = {"am": (9, 12), "pm": (13, 17), "eve": (17, 21)}  # on the person's own clock, from and up to
HOUR_WORDS, HOURS_A_WORD = 3, 56
EARTH_RADIUS_KM = 6371.0088

_WORD = (1 << HOURS_A_WORD) - 1


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one person when a round is planned. `kept` and `missed` are meetings and offers."""

    id: int
    cluster_id: int | None
    country: str
    language: str
    languages: tuple[str, ...]
    topics: tuple[str, ...]
    times: tuple[str, ...]
    zone: str
    city_id: int | None
    sector: str
    age_band: str
    travel_km: int
    remote: bool
    prefers: tuple[str, ...]
    since: datetime
    room: int = 1
    kept: int = 0
    missed: int = 0
    prepared: float = 0.0
    taught: frozenset[str] = frozenset()  # the sectors a trainer has worked with


@dataclass(frozen=True, slots=True)
class Crowd:
    """People, one a place in each array.

    `hours` are three words of bits a person, the 168 hours of a week in UTC; `where` points from the middle of the
    Earth (unit vectors, NaN for nowhere known); `waited` weeks; `reliable` and `prepared` 0 to 1; `room` learners.
    """

    id: Numbers
    cluster: Numbers
    language: Bits  # the one they use here, a single bit
    languages: Bits
    topics: Bits
    hours: Bits
    where: Floats
    sector: Bits
    age: Bits
    km: Floats
    remote: Flags
    prefers: Bits
    waited: Floats
    reliable: Floats
    prepared: Floats
    room: Numbers

    def __len__(self) -> int:
        return len(self.id)

    def take(self, which: Any) -> Self:
        """Only those, in that order."""
        return type(self)(*(getattr(self, one.name)[which] for one in fields(self)))

    @staticmethod
    def of(people: Sequence[Facts], now: datetime) -> "Crowd":
        week = _Week(now)

        def floats(values: Sequence[Any]) -> Floats:
            return np.array(values, np.float64)

        def bits(values: Sequence[int]) -> Bits:
            return np.array(values, np.uint64)

        return Crowd(
            id=np.array([one.id for one in people], np.int64),
            cluster=np.array([one.cluster_id or 0 for one in people], np.int64),
            language=bits([bits_of(LANGUAGE, (one.language,)) for one in people]),
            languages=bits([bits_of(LANGUAGE, one.languages) for one in people]),
            topics=bits([bits_of(TOPIC, one.topics) for one in people]),
            hours=np.array([week.hours(one.zone, one.times) for one in people], np.uint64).reshape(-1, HOUR_WORDS),
            where=floats([_vector(one.city_id) for one in people]).reshape(-1, 3),
            sector=bits([bits_of(KIND, (one.sector, *one.taught)) for one in people]),
            age=bits([bits_of(KIND, (one.age_band,)) for one in people]),
            km=floats([one.travel_km for one in people]),
            remote=np.array([one.remote for one in people], np.bool_),
            prefers=bits([bits_of(KIND, one.prefers) for one in people]),
            waited=floats([max(0.0, (now - one.since) / timedelta(weeks=1)) for one in people]),
            reliable=floats([reliability(one.kept, one.missed) for one in people]),
            prepared=floats([one.prepared for one in people]),
            room=np.array([one.room for one in people], np.int64),
        )


def reliability(kept: int, missed: int) -> float:
    """0 to 1: the share kept, as if three more had been kept, so that nobody new is thought unreliable."""
    return (kept + 3) / (kept + missed + 3)


class _Numbering:
    """Bit numbers for words. What nobody has heard of yet gets the next one; the 64th and later share the last."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        self._number: dict[str, int] = {}
        for word in known:
            self._of(word)

    def _of(self, word: str) -> int:
        return self._number.setdefault(word, min(63, len(self._number)))

    def bits(self, words: Sequence[str]) -> int:
        found = 0
        for word in words:
            if word:
                found |= 1 << self._of(word)
        return found

    def words(self, bits: int) -> list[str]:
        return [word for word, number in self._number.items() if bits >> number & 1]


TOPIC = _Numbering(vocabulary.keys("topic"))
KIND = _Numbering((*TRAINER_AGES, *WORKER_AGES, *vocabulary.keys("sector")))  # of person, which others may prefer
LANGUAGE = _Numbering(("en", "it", "de", "es"))


@lru_cache(100_000)
def bits_of(numbering: _Numbering, words: tuple[str, ...]) -> int:
    """The words as bits."""
    return numbering.bits(words)


@lru_cache(100_000)
def _vector(city_id: int | None) -> tuple[float, float, float]:
    """From the middle of the Earth to this town, one long; NaN for none that is known."""
    place = places.get(city_id) if city_id is not None else None
    if place is None:
        return (nan, nan, nan)
    latitude, longitude = radians(place.latitude), radians(place.longitude)
    return cos(latitude) * cos(longitude), cos(latitude) * sin(longitude), sin(latitude)


class _Week:
    """The parts of a person's week as hours in UTC, by the clocks of this week."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._zones: dict[str, dict[str, int]] = {}

    def hours(self, zone: str, times: tuple[str, ...]) -> tuple[int, int, int]:
        parts = self._zones.get(zone)
        if parts is None:
            parts = self._zones[zone] = self._parts(zone)
        found = 0
        for time in times:
            found |= parts.get(time, 0)
        return found & _WORD, found >> HOURS_A_WORD & _WORD, found >> 2 * HOURS_A_WORD

    def _parts(self, zone: str) -> dict[str, int]:
        """The hours of each part of the week there: bit `n` is the hour `n` hours after Monday, 0:00 UTC."""
        offset = self._now.astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)
        ahead = round(offset / timedelta(hours=1))
        return {
            f"{day}-{part}": sum(1 << (day * 24 + hour - ahead) % 168 for hour in range(*HOURS_OF[part]))
            for day in range(7)
            for part in HOURS_OF
        }
