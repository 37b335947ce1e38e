"""What an announcement may be. Pure: no database, no clock, no texts of ours."""

import hashlib
import html
import json
import re
import unicodedata
from calendar import monthrange
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import QuietHours, at
from bot.messages import LANGUAGES

ALL = "all"
ROLES = ("worker", "trainer")
TEXT_FORM = "announcements_text"
DETAIL_FORM = "announcements_detail"  # what goes with the text: the words and the address of a button, a file
MOMENT_FORM = "announcements_moment"
FORMS = (TEXT_FORM, DETAIL_FORM, MOMENT_FORM)
# UTF-16 units that are seen, as Telegram counts; they leave room for the line that says who writes.
LONGEST_TEXT = 3_500  # of 4,096
LONGEST_CAPTION = 750  # of 1,024: what stands below a photo or a document
MOST_MARKUP = 28_000  # bytes, tags and all: Telegram refuses a text of more than 32 KB before it looks at it
DRAFT_LASTS = timedelta(days=7)
WEEK, MONTH = "week", "month"
LAST_MONTH = 12
INTERESTED, REPLY, LINK = "interested", "reply", "link"

KEYS = ("role", "country", "language", "cluster", "sector", "topic", "match", "silent", "finished")
MATCHES = ("paired", "unmatched")
LONGEST_SILENCE = 3_650  # days

type Audience = dict[str, list[Any]]  # as :class:`db.announcements.Announcement` says; an empty list means anybody


@dataclass(frozen=True, slots=True)
class Readers:
    """So many people who read the same: language, zone and cluster."""

    language: str
    zone: str
    cluster_id: int
    number: int


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
    left: int = 0  # erased themselves, or want no announcements any more, since the start
    withdrawn: int = 0  # a coordinator stopped it before they had it
    interested: int = 0
    replied: int = 0

    @property
    def finished(self) -> bool:
        return not self.waiting and not self.held

    @property
    def to_decide(self) -> bool:
        """Whether there is something a coordinator may want to send again."""
        return bool(self.failed or self.uncertain)


def kept(receipt: Receipt) -> dict[str, int]:
    """The numbers of people that stay when it is complete."""
    gone = ("waiting", "held", "interested", "replied")
    return {name: number for name, number in asdict(receipt).items() if name not in gone}


def done_at(receipt: Receipt, now: datetime, last_due: datetime | None, rate: float) -> datetime | None:
    """When the last of those who wait has it, at so many a second, if nothing else goes out. None when nobody waits."""
    if receipt.finished:
        return None
    return max(now + timedelta(seconds=receipt.waiting / rate), last_due or now)


def parse_audience(text: str, possible: Mapping[str, Collection[str]]) -> Audience:
    """Read "role=worker country=IT+ES silent=30"; what is not named means anybody. Raises ValueError with a sentence.

    `possible` are the values of sector, topic, cluster and finished; those of the other keys are known here. What
    stands for a cluster or a module is given back as it is written; see :func:`module_folders`.

    >>> parse_audience("role=worker silent=30", {})
    {'role': ['worker'], 'country': [], 'silent': [30]}
    """
    known = {"role": ROLES, "language": LANGUAGES, "match": MATCHES, **possible}
    said: Audience = {}
    for part in text.replace(",", " ").split():
        key, equals, value = part.partition("=")
        key = key.lower()
        if not equals or key not in KEYS:
            raise ValueError(f"an audience looks like role=worker country=IT, and has no {part!r}; it has {_or(KEYS)}")
        if key in said:
            raise ValueError(f"{key} is given twice")
        values = [] if value.lower() == ALL else [_value(key, one, known) for one in value.split("+")]
        said[key] = list(dict.fromkeys(values))
        if key == "silent" and len(said[key]) > 1:
            raise ValueError("silent is one number of days, such as silent=30")
    if not said:
        raise ValueError("say who it is for, e.g. role=worker country=IT, or role=all for everyone")
    return {"role": [], "country": [], **said}


def _value(key: str, value: str, known: Mapping[str, Collection[str]]) -> str | int:
    if key == "country":
        return _country(value)
    if key == "silent":
        return _days(value)
    word = value.lower().lstrip("0") if key == "finished" and value.isdigit() else value.lower()
    if word not in known.get(key, (word,)):
        raise ValueError(f"{key} is {_or([*known[key], ALL])}, not {value!r}")
    return word


def _or(words: Sequence[str]) -> str:
    """ "worker, trainer or all"."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _country(value: str) -> str:
    code = value.upper()
    if not is_code(code):
        raise ValueError(f"country is a code of two letters such as IT, or all, not {value!r}")
    return "GB" if code == "UK" else code


def is_code(country: str) -> bool:
    """Whether this has the form of an ISO code: "IT"."""
    return len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()


def _days(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 4 and 0 < int(value) <= LONGEST_SILENCE):
        raise ValueError(f"silent is a number of days from 1 to {LONGEST_SILENCE}, or all, not {value!r}")
    return int(value)


def module_number(folder: str) -> int:
    """3 for "03-be-found"."""
    number = folder.partition("-")[0]
    return int(number) if number.isascii() and number.isdigit() else 0


def module_folders(said: Iterable[str | int], roles: Collection[str], modules: Iterable[tuple[str, str]]) -> list[str]:
    """The folders that "3" or "03-be-found" stands for, among `modules`: role and folder of each.

    Each role has a third module of its own; without `roles` both are meant.
    """
    wanted = {str(one) for one in said}
    found = [
        folder
        for role, folder in modules
        if (not roles or role in roles) and wanted & {str(module_number(folder)), folder}
    ]
    return list(dict.fromkeys(found))


def is_decided(audience: Audience) -> bool:
    """Whether this says more than who and where: then what it does not say means anybody."""
    return bool(audience.keys() - {"role", "country", "cluster"})


def only_theirs(audience: Audience, clusters: Collection[int]) -> bool:
    """Whether it reaches nobody beyond these clusters."""
    return set(audience.get("cluster", ())) <= set(clusters)


def plain(text: str) -> str:
    """Small letters without accents or signs: "España!" is "espana"."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c if c.isalnum() else " " for c in folded if not unicodedata.combining(c))
    return " ".join(kept.split())


def tidy(text: str) -> str:
    """The text as it can be sent: without invisible signs at its ends, control characters or half emoji."""
    kept = without_controls(text)
    return kept if any(_visible(c) for c in kept) else ""


def without_controls(text: str) -> str:
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def _visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZM" and character not in "\u115f\u1160\u2800\u3164\uffa0"


def length(text: str) -> int:
    """In UTF-16 units: an emoji counts as two or more."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


_TAG = re.compile(r"<[^<>]*>")


def visible(marked: str) -> str:
    """What is seen of an HTML text of ours."""
    return html.unescape(_TAG.sub("", marked))


def same_words(one: str, other: str) -> bool:
    """Whether two HTML texts say the same, whatever their emphasis, capitals and signs."""
    return plain(visible(one)) == plain(visible(other)) if plain(visible(one)) else one == other


def as_html(text: str) -> str:
    """The text exactly as typed: its signs are no markup."""
    return html.escape(text, quote=False)


def missing(languages: Iterable[str], texts: Mapping[str, str]) -> list[str]:
    """The languages for which there is no text yet, in the given order."""
    return [] if texts.get(ALL) else [language for language in languages if not texts.get(language)]


def unlabelled(languages: Iterable[str], buttons: Sequence[Mapping[str, Any]]) -> tuple[int, list[str]] | None:
    """The place of the first link without words for some of these languages, and which; None when all have some."""
    for place, button in enumerate(buttons):
        if button["kind"] == LINK and (lacking := missing(languages, button["label"])):
            return place, lacking
    return None


def text_for(language: str, texts: Mapping[str, str]) -> str:
    """What a reader of this language gets; when it has no text of its own, English or the first there is."""
    return texts.get(language) or texts.get(ALL) or texts.get("en") or next(iter(texts.values()), "")


def by_language(counted: Iterable[Readers]) -> dict[str, int]:
    """Readers per language, the largest group first."""
    numbers: dict[str, int] = {}
    for some in counted:
        numbers[some.language] = numbers.get(some.language, 0) + some.number
    return dict(sorted(numbers.items(), key=lambda item: (-item[1], item[0])))


def own_first(languages: Iterable[str], own: str) -> list[str]:
    """In the order in which an author is asked to write: what they speak themself comes first."""
    return sorted(languages, key=lambda language: language != own)


def moments(zones: Iterable[str], now: datetime, wall_at: str, quiet: QuietHours) -> dict[str, datetime]:
    """When people of each zone get it: now, or at this hour of their own clocks; never in their quiet hours."""
    return {zone: quiet.after(max(now, begins(wall_at, zone)) if wall_at else now, zone) for zone in zones}


def begins(wall_at: str, zone: str) -> datetime:
    """The instant at which clocks in this zone show this: "2026-12-01T09:00"."""
    return at(datetime.fromisoformat(wall_at), zone)


def held_back(counted: Iterable[Readers], now: datetime, moments: Mapping[str, datetime]) -> int:
    """How many people would get it later than now."""
    return sum(some.number for some in counted if moments[some.zone] > now)


def reached_at(
    counted: Sequence[Readers], now: datetime, moments: Mapping[str, datetime], rate: float, quiet: QuietHours
) -> datetime:
    """When the last of them has it, if nothing else goes out: so many a second, each not before their moment, and whom
    it has not reached when their quiet hours begin after these."""
    free = now
    left: list[tuple[datetime, str, float]] = [(moments[some.zone], some.zone, some.number) for some in counted]
    heapify(left)
    while left:
        moment, zone, number = heappop(left)
        free = max(free, moment)
        if (awake := quiet.after(free, zone)) > free:
            heappush(left, (awake, zone, number))
            continue
        night = quiet.begin_after(free, zone)
        before = min(number, max(0.0, (night - free).total_seconds() * rate))
        free += timedelta(seconds=before / rate)
        if before < number:
            heappush(left, (quiet.after(night, zone), zone, number - before))
    return free


def next_time(moment: datetime, every: str, day: int = 0) -> datetime:
    """A week, or a month, later; in a shorter month on its last day. Wall clock, or UTC: as it is given.

    `day` is the day of the month that is wanted: after a shorter month it is that again.

    >>> next_time(datetime(2027, 1, 31, 9, 0), MONTH)
    datetime.datetime(2027, 2, 28, 9, 0)
    >>> next_time(datetime(2027, 2, 28, 9, 0), MONTH, 31)
    datetime.datetime(2027, 3, 31, 9, 0)
    """
    if every == WEEK:
        return moment + timedelta(days=7)
    year, month = (moment.year + 1, 1) if moment.month == LAST_MONTH else (moment.year, moment.month + 1)
    return moment.replace(year=year, month=month, day=min(day or moment.day, monthrange(year, month)[1]))


def next_instant(moment: datetime, every: str, zone: str, day: int = 0) -> datetime:
    """A week, or a month, later at the same hour on the clocks of this zone."""
    wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return at(next_time(wall, every, day), zone)


def fingerprint(*parts: Any) -> str:
    """Eight letters that change when any of this does: the people meant, the texts, what goes with them."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:8]
