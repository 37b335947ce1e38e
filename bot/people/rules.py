"""Rules about people: where they belong, what a name may be."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_NAME = 80
LONGEST_PIECE = 3500  # UTF-16 units, as Telegram counts; leaves room for who wrote it


@dataclass(frozen=True, slots=True)
class ClusterCard:
    """What is needed to choose a cluster: `sectors` empty means any."""

    id: int
    countries: tuple[str, ...]
    sectors: tuple[str, ...]


def cluster_for(country: str, sector: str, clusters: Iterable[ClusterCard]) -> int | None:
    """The cluster of this country that fits the sector best; None when the country has none yet."""
    here = [cluster for cluster in clusters if country in cluster.countries]
    for cluster in here:
        if sector and sector in cluster.sectors:
            return cluster.id
    for cluster in here:
        if not cluster.sectors:
            return cluster.id
    return here[0].id if here else None


def clean_name(text: str) -> str | None:
    """A name as it is kept: one line, no control characters, at most 80 characters. None when it is none.

    At least one letter must be in it; digits, links and commands are no names.
    """
    visible = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    name = " ".join(visible.split())
    if not name or len(name) > LONGEST_NAME or not any(c.isalpha() for c in name):
        return None
    if any(c.isdigit() for c in name) or "/" in name or "@" in name or "http" in name.lower():
        return None
    return name


def pieces(text: str, longest: int = LONGEST_PIECE) -> list[str]:
    """The text in as few messages as it takes, each at most `longest` UTF-16 units; nothing is left out."""
    found, units = [""], 0
    for character in text:
        size = 2 if ord(character) > 0xFFFF else 1
        if units + size > longest:
            found.append("")
            units = 0
        found[-1] += character
        units += size
    return found
