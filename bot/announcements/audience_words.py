"""Who is meant, read from a coordinator's own words: "all unmatched workers in Spain".

Nothing is guessed: what is not understood is given back as it was written, so that nobody is reached by a sentence
that meant fewer.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.announcements import audience_tables as tables
from bot.announcements import rules
from bot.announcements.audience_line import GONE, SIGNS, Line
from bot.announcements.names import find_countries
from bot.announcements.rules import Audience, plain
from bot.people import vocabulary

LONGEST = 1_000  # characters that are read
LONGEST_QUOTE = 80
SILENT_DAYS = 30  # "the silent ones", when no time is said
_LONG_NAME = 5  # letters: a shorter part of a cluster's name is rather another word


@dataclass(frozen=True, slots=True)
class Said:
    """The audience as far as the words say it (a key that is absent was not spoken of; modules as numbers), and the
    words that might have said more and were not understood."""

    audience: Audience
    unused: str = ""


def read(text: str, language: str, clusters: Mapping[int, Collection[str]] | None = None) -> Said:
    """Who is meant. `clusters` are those that may be meant, with their names. Never raises.

    When nothing is said of the audience, nothing is left over either: then it was about something else.
    """
    head, colon, tail = text[:LONGEST].partition(": ")
    reading = _Reading(head, language)
    reading.read(clusters or {})
    if not reading.audience and colon:
        reading = _Reading(f"{head} {tail}", language)
        reading.read(clusters or {})
        tail = ""
    if not reading.audience:
        return Said({})
    return Said(reading.audience, _quote([*reading.unused(), tail.strip(SIGNS)]))


def _quote(parts: Collection[str]) -> str:
    whole = " … ".join(part for part in parts if part)
    return whole if len(whole) <= LONGEST_QUOTE else whole[: LONGEST_QUOTE - 1].rstrip() + "…"


class _Reading(Line):
    """Which words are understood, and as what."""

    def __init__(self, text: str, language: str) -> None:
        super().__init__(text, language)
        self.trades: set[int] = set()
        self.audience: Audience = {}

    def read(self, clusters: Mapping[int, Collection[str]]) -> None:
        self._clusters(clusters)
        self.end = self._where_the_message_begins()
        self._match()
        self._finished()
        self._silent()
        self._close()
        self._languages()
        self._countries()
        self._roles()
        self._everyone()
        self._topics()
        self._sectors()
        self._nations()
        self.begins = self._where_the_people_begin()

    def _where_the_people_begin(self) -> int:
        """At the first word that is understood, or at what stands directly before it: "all young bakers"."""
        told = (at for at in range(len(self.words)) if self.taken[at] or self.closed[at])
        first = next(told, 0)
        if self.words and tables.EVERYONE.match(" ".join(self.words[first:])):
            return first
        while first > 0 and self.words[first - 1] not in tables.FILLERS:
            first -= 1
        return first

    def _add(self, key: str, *values: object) -> None:
        self.audience[key] = list(dict.fromkeys([*self.audience.get(key, []), *values]))

    # -- what is no audience --------------------------------------------------------------------------------

    def _where_the_message_begins(self) -> int:
        """At "that the office is closed"; not at "that have no partner"."""
        for at, word in enumerate(self.words):
            if word not in tables.CONTENT or at == 0 or self.taken[at]:
                continue
            following = self.words[at + 1] if at + 1 < len(self.words) else ""
            if word not in tables.RELATIVE or following not in tables.IS_RELATIVE:
                return at
        return len(self.words)

    def _close(self) -> None:
        """What stands behind "except" and "not" is not meant; an audience cannot say who is left out."""
        for at, word in enumerate(self.words[: self.end]):
            if self.taken[at] or self.closed[at]:
                continue
            if word in tables.EXCEPT:
                self._close_until(at, self.end, tables.WHO - tables.ARTICLES - tables.JOINS)
            elif word in tables.NOT:
                self._close_until(at, at + 4, tables.AND | tables.OR | {"who", "for", "to"})

    def _close_until(self, first: int, end: int, stops: Collection[str]) -> None:
        for at in range(first, min(end, self.end)):
            if at > first and (self.words[at] in stops or self.taken[at]):
                return
            self.closed[at] = True

    # -- one dimension after the other ----------------------------------------------------------------------

    def _clusters(self, clusters: Mapping[int, Collection[str]]) -> None:
        if any(self._take_all(self._found(tables.ALL_MINE))) and clusters:
            return self._add("cluster", *clusters)
        for id, names in clusters.items():
            known = {plain(part) for name in names for part in (name, name.partition(",")[0])}
            for name in sorted((name for name in known if len(name) >= _LONG_NAME), key=len, reverse=True):
                if any(self._take_all(self._found(re.compile(rf"\b{re.escape(name)}\b")))):
                    self._add("cluster", id)
        return None

    def _match(self) -> None:
        for pattern, value in ((tables.UNMATCHED, "unmatched"), (tables.PAIRED, "paired")):
            if list(self._take_all(self._found(pattern))):
                self._add("match", value)

    def _finished(self) -> None:
        for first, last, numbers in self._modules():
            near = [at for at in self._near(first, last) if self.words[at] in tables.FINISHED]
            done = min(near, key=lambda at: max(first - at, at - last), default=None)
            if done is None:
                continue
            whole = range(min(first, done), max(last, done) + 1)
            before = range(max(0, whole.start - 3), whole.start)
            if any(self.words[at] in tables.NOT and not self.taken[at] for at in (*before, *whole)):
                continue
            self._take(whole.start, whole.stop - 1)
            self._add("finished", *numbers)

    def _modules(self) -> list[tuple[int, int, list[int]]]:
        """ "module 3", "the third module", "modules 2 or 3"; not "2 and 3", which an audience cannot say."""
        found: list[tuple[int, int, list[int]]] = []
        for at, word in enumerate(self.words[: self.end]):
            if word not in tables.MODULE or not self._free(at):
                continue
            before = tables.ORDINALS.get(self.words[at - 1]) if at else None
            numbers = [before] if before else []
            first, last = (at - 1 if before else at), at
            while not before and (number := self._number(last + 1)):
                numbers.append(number)
                last += 1
                if self._word(last + 1) in tables.OR and self._number(last + 2):
                    last += 1
                elif self._word(last + 1) in tables.AND and self._number(last + 2):
                    numbers = []
                    break
                else:
                    break
            if numbers:
                found.append((first, last, numbers))
        return found

    def _silent(self) -> None:
        marks = [(*span, True) for span in self._found(tables.SILENT)]
        marks += [(*span, False) for span in self._found(tables.NOT_HEARD)]
        for first, last, alone in marks:
            if not self._all_free(first, last):
                continue
            times = [(at, self._days(at)) for at in self._near(first, last) if self._days(at)]
            if times:
                at, days = min(times, key=lambda time: max(first - time[0], time[0] - last))
                whole = range(min(first, at - 1), max(last, at) + 1)
                fits = tables.FEWER.isdisjoint(self.words[whole.start : whole.stop])
                if fits and days <= rules.LONGEST_SILENCE and "silent" not in self.audience:
                    self._take(whole.start, whole.stop - 1)
                    self._add("silent", days)
            elif alone and "silent" not in self.audience:
                self._take(first, last)
                self._add("silent", SILENT_DAYS)

    def _days(self, at: int) -> int:
        """How many days the words before and at this place are: 14 at "weeks" of "two weeks"; 0 for no time."""
        return self._number(at - 1) * tables.UNITS.get(self._word(at), 0)

    def _languages(self) -> None:
        for code, words in tables.SPEAKERS.items():
            for at in range(self.end):
                if self._free(at) and self.words[at] in words:
                    self._take(at, at)
                    self._add("language", code)
        for chain in self._chains(self._spans("language")):
            first, last = chain[0][0], chain[-1][1]
            marks = [at for at in range(first - 3, first) if self._free(at) and self.words[at] in tables.SPEAKS]
            if self._word(last + 1) in tables.SPOKEN:
                marks.append(last + 1)
            if marks:
                self._take(min(first, *marks), max(last, *marks))
                self._add("language", *(code for _, _, code in chain))

    def _countries(self) -> None:
        words = [word if self._free(at) else GONE for at, word in enumerate(self.words)]
        for first, last, code in find_countries(words):
            self._take(first, last)
            self._add("country", code)

    def _nations(self) -> None:
        """ "Italian bakers"; "in Italian" is said of a language."""
        for at in range(self.end):
            if self._free(at) and (code := tables.NATIONS.get(self.words[at])):
                beside = [one for one in (at - 1, at + 1) if 0 <= one < self.end]
                of_people = any(self.taken[one] or self.words[one] in tables.PEOPLE for one in beside)
                if of_people or not vocabulary.knows("language", self.words[at]):
                    self._take(at, at)
                    self._add("country", code)

    def _roles(self) -> None:
        roles: set[str] = set()
        for role, words in tables.ROLE_WORDS.items():
            for at in range(self.end):
                if self._free(at) and self.words[at] in words:
                    roles.add(role)
                    self._take(at, at)
        if not roles:
            for role, pattern in tables.ROLE_CLAUSES.items():
                if list(self._take_all(self._found(pattern))):
                    roles.add(role)
        if roles:
            self.audience["role"] = list(roles) if len(roles) == 1 else []
        for at in range(self.end - 1):  # "12 workers"
            if self._free(at) and self.words[at].isdigit() and self._counts_people(at + 1):
                self._take(at, at)

    def _counts_people(self, at: int) -> bool:
        return self.words[at] in tables.PEOPLE or any(self.words[at] in words for words in tables.ROLE_WORDS.values())

    def _everyone(self) -> None:
        if list(self._take_all(self._found(tables.EVERYONE))):
            self.audience.setdefault("role", [])

    def _topics(self) -> None:
        for chain in self._chains(self._spans("topic")):
            first, last = chain[0][0], chain[-1][1]
            around = [self._word(at) for at in (*range(first - 4, first), *range(last + 1, last + 4))]
            said = not tables.ABOUT_TOPIC.isdisjoint(around)
            announcing = not tables.AN_ANNOUNCEMENT.isdisjoint(self.words[first : last + 1])
            if said or (not announcing and self._beside_a_role(first, last)):
                self._take(first, last)
                self._add("topic", *(topic for _, _, topic in chain))
                for at in (*range(first - 4, first), *range(last + 1, last + 4)):
                    if self._free(at) and self.words[at] in tables.ABOUT_TOPIC:
                        self._take(at, at)

    def _beside_a_role(self, first: int, last: int) -> bool:
        """ "Instagram trainers", "trainers for Instagram"."""
        back = first - 1
        while self._word(back) in tables.JOINS | {"for", "per", "fur", "para"}:
            back -= 1
        return any(at >= 0 and at < self.end and self.taken[at] and self._counts_people(at) for at in (back, last + 1))

    def _sectors(self) -> None:
        for first, last, sector in self._spans("sector"):
            if sector != "other" and self._are_people(first, last):
                self._take(first, last)
                self._add("sector", sector)
                self.trades.add(last)
                for at in (first - 1, last + 1):
                    if self._free(at) and self.words[at] in tables.SECTOR:
                        self._take(at, at)

    def _are_people(self, first: int, last: int) -> bool:
        """Whether this trade is whom the message is for, and not what it is about."""
        if self._word(last + 1) in tables.SECTOR:
            return True
        at = first - 1
        passed = tables.ARTICLES | tables.SECTOR | tables.NATIONS.keys()
        while at >= 0 and not self.taken[at] and self.words[at] in passed:
            if self.words[at] in tables.SECTOR:
                return True
            at -= 1
        if first == last and self.words[first] in tables.AN_OCCASION:
            return False
        if at < 0 or self.taken[at]:
            return True
        if not any(self.taken[:at]) and (self.words[at] in tables.OPENERS or self._word(at - 1) in tables.EVERY):
            return True  # with one word between that is not known: "all young bakers"
        if self.words[at] in tables.OPENERS and (at - 1 in self.trades or self.words[at - 1] in tables.AND):
            at -= 1  # "to the plumbers, to the electricians and to the bakers"
        while at >= 0 and not self.taken[at] and self.words[at] in tables.JOINS:
            at -= 1
        return at < 0 or self.taken[at]
