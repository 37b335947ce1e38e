"""What an announcement may be. Pure: no database, no clock, no texts of ours."""

import hashlib
import html
import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

ALL = "all"
ROLES = ("worker", "trainer")
TEXT_FORM = "announcements_text"
LONGEST_TEXT = 3_500  # UTF-16 units, as Telegram counts; leaves room for the line that says who writes
DRAFT_LASTS = timedelta(days=7)

type Audience = dict[str, str]  # {"role": "worker" | "trainer" | "all", "country": "IT" | "all"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an announcement: numbers of people."""

    people: int
    delivered: int = 0
    waiting: int = 0
    held: int = 0  # for the night
    blocked: int = 0
    failed: int = 0
    uncertain: int = 0
    left: int = 0  # erased themselves, or their message was withdrawn, since the start

    @property
    def finished(self) -> bool:
        return not self.waiting and not self.held


def parse_audience(text: str) -> Audience:
    """Read "role=worker country=IT"; what is not named means all. Raises ValueError with a sentence.

    >>> parse_audience("role=worker country=IT")
    {'role': 'worker', 'country': 'IT'}
    """
    said: dict[str, str] = {}
    for part in text.replace(",", " ").split():
        key, equals, value = part.partition("=")
        key = key.lower()
        if not equals or key not in ("role", "country"):
            raise ValueError(f"an audience looks like role=worker country=IT, and has no {part!r}")
        if key in said:
            raise ValueError(f"{key} is given twice")
        said[key] = _role(value) if key == "role" else _country(value)
    if not said:
        raise ValueError("say who it is for, e.g. role=worker country=IT, or role=all for everyone")
    return {"role": said.get("role", ALL), "country": said.get("country", ALL)}


def _role(value: str) -> str:
    role = value.lower()
    if role not in (*ROLES, ALL):
        raise ValueError(f"role is worker, trainer or all, not {value!r}")
    return role


def _country(value: str) -> str:
    if value.lower() == ALL:
        return ALL
    code = value.upper()
    if len(value) != 2 or not value.isascii() or not value.isalpha():
        raise ValueError(f"country is a code of two letters such as IT, or all, not {value!r}")
    return "GB" if code == "UK" else code


def read_role(said: str, read: Callable[[str], str | None]) -> str | None:
    """The role named in these words: worker, trainer, all when both or everyone is said, None for neither.

    `read` tells the role of a few words. It is made for people who speak of themselves ("I need a trainer"
    is said by a worker), so it gets the words one by one, and together only when that finds nothing.
    """
    words = said.split()
    for length in (1, 2, 3):
        phrases = (" ".join(words[at : at + length]) for at in range(len(words) - length + 1))
        roles = {role for phrase in phrases if (role := read(phrase))}
        if roles:
            return roles.pop() if len(roles) == 1 else ALL
    return ALL if _means_everyone(plain(said).split()) else None


_EVERYONE = frozenset(("everyone", "everybody", "jeden", "allen"))
_EVERY = frozenset(("all", "tutti", "tutte", "alle", "todos", "todas"))
_ARTICLES = frozenset(("the", "i", "gli", "le", "los", "las", "die"))
_PLACING = frozenset(("in", "of", "from", "with", "di", "del", "da", "en", "de", "aus", "von"))
_PEOPLE = frozenset(("people", "persons", "participants", "persone", "partecipanti", "personas", "participantes")) | {
    "leute",
    "personen",
    "teilnehmer",
    "menschen",
}


def _means_everyone(words: list[str]) -> bool:
    """ "Everyone", or "all" with nothing behind it that narrows it: "all bakers" are not all."""
    if _EVERYONE.intersection(words):
        return True
    said = [word for word in words if word not in _ARTICLES]
    return any(word in _EVERY and follower in _PLACING | _PEOPLE for word, follower in pairwise([*said, "in"]))


def plain(text: str) -> str:
    """Small letters without accents or signs: "España!" is "espana"."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c if c.isalnum() else " " for c in folded if not unicodedata.combining(c))
    return " ".join(kept.split())


def tidy(text: str) -> str:
    """The text as it can be sent: without invisible signs at its ends, control characters or half emoji."""
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return kept.strip() if any(_visible(c) for c in kept) else ""


def _visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZM" and character not in "\u115f\u1160\u2800\u3164\uffa0"


def length(text: str) -> int:
    """In UTF-16 units: an emoji counts as two or more."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def as_html(text: str) -> str:
    """The text exactly as typed: its signs are no markup."""
    return html.escape(text, quote=False)


def missing(languages: Iterable[str], texts: Mapping[str, str]) -> list[str]:
    """The languages for which there is no text yet, in the given order."""
    return [] if texts.get(ALL) else [language for language in languages if not texts.get(language)]


def text_for(language: str, texts: Mapping[str, str]) -> str:
    """What a reader of this language gets; when it has no text of its own, English or the first there is."""
    return texts.get(language) or texts.get(ALL) or texts.get("en") or next(iter(texts.values()), "")


def by_language(counted: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Readers per language, the largest group first, from counts per (language, zone)."""
    numbers: dict[str, int] = {}
    for (language, _), number in counted.items():
        numbers[language] = numbers.get(language, 0) + number
    return dict(sorted(numbers.items(), key=lambda item: (-item[1], item[0])))


def held_back(counted: Mapping[tuple[str, str], int], now: datetime, after: Callable[[datetime, str], datetime]) -> int:
    """How many people would get it later, because it is night where they are."""
    return sum(number for (_, zone), number in counted.items() if after(now, zone) > now)


def fingerprint(audience: Mapping[str, str], texts: Mapping[str, str]) -> str:
    """Eight letters that change when the people meant or the texts do."""
    whole = json.dumps([sorted(audience.items()), sorted(texts.items())])
    return hashlib.sha256(whole.encode()).hexdigest()[:8]
