"""Where somebody is: a place from a few words, from a shared position, or by its id.

>>> [place.name for place in find("in der Nähe von Koeln")]
['Köln']

The first call reads the data (about a second, 30 MB); :func:`load` does that ahead of time, in a thread.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cache
from math import asin, cos, isfinite, radians, sin, sqrt
from typing import Protocol, cast

from babel import Locale
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.messages import LANGUAGES
from bot.people.atlas import COMPLETE, LANGUAGE_OF, WELL_KNOWN, Atlas, Place, atlas
from bot.people.place_words import Reading, read
from bot.people.spelling import fold

__all__ = ["Place", "distance_km", "find", "get", "label", "load", "local_name", "near"]

EARTH_RADIUS_KM = 6371.0088  # IUGG mean radius
LONGEST = 200  # characters; whoever writes more is not naming a place
DOMINANT = 10  # times the weight of the next: only then is there nothing to ask
NEIGHBOURS_KM = 60.0  # "San Pedro, Sevilla": the second place says which of the first is meant
SAME_PLACE_KM = 10.0  # the data lists some villages twice

_SHORT, _BEGINNING, _ALIAS = 0.9, 0.2, 0.1  # how much less a part or another spelling of a name tells
_HINTED, _HOME = 200.0, 4.0  # a place in the country they named; in a country that speaks their language
_SMALLEST = 200  # people; so that a place the data has no count for can still win

type Candidates = dict[int, float]  # place id -> how well the words name it, 0..1


class Located(Protocol):
    """Anything with a position in degrees (WGS 84)."""

    @property
    def latitude(self) -> float: ...
    @property
    def longitude(self) -> float: ...


def load() -> None:
    """Read the data now, so that nobody waits for it in the middle of a conversation."""
    atlas()


def get(id: int) -> Place | None:
    """The place with this GeoNames id."""
    return atlas().places.get(id)


def find(text: str, *, country: str = "", language: str = "", limit: int = 6) -> list[Place]:
    """The places these words may mean, likeliest first.

    One place: no need to ask. Several: a name that exists several times (they differ in :func:`label`).
    None: nothing near enough. `country` (ISO 3166-1 alpha-2) and `language` are hints, not filters: a
    country that stands in the words goes before them. Any text is fine; none raises.
    """
    if not 0 < len(text) <= LONGEST or limit < 1:
        return []
    book = atlas()
    reading = read(fold(text).split(), book)
    candidates = _narrowed(_candidates(reading, book), reading, book)
    country = reading.country or country.upper()
    weight = {id: _weight(book.places[id], told, country, language) for id, told in candidates.items()}
    ranked = sorted(weight, key=lambda id: (-weight[id], id))
    at_home = [id for id in ranked if candidates[id] == 1.0 and book.places[id].country == country]
    if at_home == ranked[:1] or _is_clear(ranked, weight, candidates, book):
        ranked = ranked[:1]
    return _distinct((book.places[id] for id in ranked), limit, language)


def near(latitude: float, longitude: float) -> Place | None:
    """The nearest place within 100 km of a position in degrees."""
    if not (isfinite(latitude) and isfinite(longitude)) or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    book = atlas()
    south = bisect_left(book.latitudes, latitude - 0.9)  # one degree of latitude is 111 km
    north = bisect_right(book.latitudes, latitude + 0.9)
    nearest, best = None, 100.0
    for place in book.by_latitude[south:north]:
        km = _haversine_km(latitude, longitude, place.latitude, place.longitude)
        if km <= best:
            nearest, best = place, km
    return nearest


def distance_km(a: Located, b: Located) -> float:
    """The great-circle distance in km, by the haversine formula.

    R. W. Sinnott, "Virtues of the Haversine", Sky & Telescope 68 (1984), p. 159; on a sphere of the mean
    Earth radius it is at most 0.6 % off the ellipsoid.
    """
    return _haversine_km(a.latitude, a.longitude, b.latitude, b.longitude)


def local_name(place: Place, language: str) -> str:
    """What people who speak `language` call it: "Monaco di Baviera"; else what people there do."""
    return atlas().local_name(place, language)


def label(place: Place, language: str) -> str:
    """The place as a button shows it, with what tells it from its namesakes.

    >>> label(find("Munich")[0], "it")
    'Monaco di Baviera (Bayern)'
    """
    known_as = local_name(place, language)
    about = place.hint.split(", ")
    if place.country not in COMPLETE:
        about.append(_country_name(place.country, language))
    about = [part for part in about if part and part != known_as]
    return f"{known_as} ({', '.join(about)})" if about else known_as


@cache
def _country_name(country: str, language: str) -> str:
    names = cast(dict[str, str], Locale(language if language in LANGUAGES else "en").territories)
    return names.get(country, country)


def _haversine_km(latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float) -> float:
    half_up = radians(latitude_b - latitude_a) / 2
    half_across = radians(longitude_b - longitude_a) / 2
    h = sin(half_up) ** 2 + cos(radians(latitude_a)) * cos(radians(latitude_b)) * sin(half_across) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(h)))


def _candidates(reading: Reading, book: Atlas) -> Candidates:
    """What the words may name: exactly, by its first words, or with a typing error."""
    if reading.is_talk:
        return _within_talk(reading, book)
    if reading.names:
        whole = {} if reading.all_known else _mistyped(reading.core, book)
        return whole or _of_names(reading, book)
    for phrase in (reading.core, *reading.unknown):
        if found := _beginning(phrase, book) or _mistyped(phrase, book):
            return found
    return {}


def _within_talk(reading: Reading, book: Atlas) -> Candidates:
    """In a sentence about something else a name counts only behind "in" or "near", or when everybody knows it."""
    for name, located in zip(reading.names, reading.located, strict=True):
        found = _exactly(name, book)
        if located or any(book.places[id].population >= WELL_KNOWN for id in found):
            return found
    return _mistyped(reading.core, book)


def _of_names(reading: Reading, book: Atlas) -> Candidates:
    """The first name if a later one lies beside it ("Bath near Bristol"), else the one most likely meant."""
    meanings = [_beginning(name, book) | _exactly(name, book) for name in reading.names]
    first, *others = meanings
    for other in others:
        anchor = book.places[max(other, key=lambda id: _importance(id, other, book))]
        beside = {i: q for i, q in first.items() if distance_km(book.places[i], anchor) <= NEIGHBOURS_KM}
        if beside:
            return beside

    def likely(at: int) -> tuple[bool, float]:
        most = max(_importance(id, meanings[at], book) for id in meanings[at])
        return reading.located[at], 10.0 ** reading.names[at].count(" ") * most

    return meanings[max(range(len(meanings)), key=likely)]


def _is_clear(ranked: list[int], weight: dict[int, float], told: Candidates, book: Atlas) -> bool:
    """Whether to ask nothing: a whole name, or part of a well-known one, far ahead of the next."""
    if len(ranked) < 2:
        return True
    first, second = ranked[:2]
    named = told[first] == 1.0 or book.places[first].population >= WELL_KNOWN
    return named and weight[first] >= DOMINANT * weight[second]


def _importance(id: int, found: Candidates, book: Atlas) -> float:
    return found[id] * max(book.places[id].population, _SMALLEST)


def _exactly(name: str, book: Atlas) -> Candidates:
    found = dict.fromkeys(book.aliases.get(name, ()), _ALIAS)
    found |= dict.fromkeys(book.short_names.get(name, ()), _SHORT)
    return found | dict.fromkeys(book.names.get(name, ()), 1.0)


def _beginning(phrase: str, book: Atlas) -> Candidates:
    """Places whose name goes on after these words: "Villanueva" -> "Villanueva de la Serena"."""
    if len(phrase) < 4:
        return {}
    return {id: _BEGINNING for name in book.beginning_with(phrase) for id in book.names[name]}


def _mistyped(phrase: str, book: Atlas) -> Candidates:
    """One wrong, missing, extra or swapped letter; two in long names. Short words are too easily alike."""
    if not 5 <= len(phrase) <= 40:
        return {}
    errors = 1 if len(phrase) < 8 else 2
    start = bisect_left(book.mistypable, len(phrase) - errors, key=len)
    end = bisect_right(book.mistypable, len(phrase) + errors, key=len)
    choices = book.mistypable[start:end]
    at_least = 0
    if len(phrase) < 7:
        choices = [name for name in choices if name[0] == phrase[0]]
        at_least = 20_000
    alike = process.extract(phrase, choices, scorer=OSA.distance, score_cutoff=errors, limit=None)
    found: Candidates = {}
    for name, distance, _ in alike:
        if distance > alike[0][1]:
            break
        for id, told in _exactly(name, book).items():
            if book.places[id].population >= at_least:
                found[id] = max(told, found.get(id, 0.0))
    return found


def _narrowed(candidates: Candidates, reading: Reading, book: Atlas) -> Candidates:
    """Only those in the region or the country that the words name, if there are any."""
    here = {i: q for i, q in candidates.items() if book.places[i].region in reading.regions}
    candidates = here or candidates
    there = {i: q for i, q in candidates.items() if book.places[i].country == reading.country}
    return there or candidates


def _weight(place: Place, told: float, country: str, language: str) -> float:
    hinted = _HINTED if place.country == country else 1.0
    home = _HOME if language and LANGUAGE_OF.get(place.country) == language else 1.0
    return told * hinted * home * max(place.population, _SMALLEST)


def _distinct(places: Iterable[Place], limit: int, language: str) -> list[Place]:
    """Places that a person can tell apart by their labels."""
    chosen: dict[str, Place] = {}
    for place in places:
        twin = any(
            _stem(place) == _stem(other) and distance_km(place, other) < SAME_PLACE_KM for other in chosen.values()
        )
        if not twin:
            chosen.setdefault(label(place, language), place)
        if len(chosen) == limit:
            break
    return list(chosen.values())


def _stem(place: Place) -> str:
    """The name without what sets a quarter apart: "Zürich (Kreis 11)" -> "zurich"."""
    return fold(place.name.partition("(")[0].partition("/")[0])
