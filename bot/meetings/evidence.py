"""What a cluster can show its funder: figures only. Pure: what was counted is given, by ids that stay inside.

No cell rests on fewer than :data:`FEWEST` people. One that would is hidden ("<3"), and when it could be found by
subtracting what is shown from the total, so is the next smallest ("primary" and "complementary suppression", Hundepool
et al., "Statistical Disclosure Control", 2012, chapter 4).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

FEWEST = 3  # people
RATINGS = ("good", "so_so", "bad")

type About = Literal["all", "met", "sure", "role", "country", "sector", "month"]


@dataclass(frozen=True, slots=True)
class Held:
    """A meeting that took place. `minutes` None: not confirmed by both. `ratings` by whom."""

    month: str  # "2026-11"
    trainer: int
    worker: int
    minutes: int | None = None
    ratings: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who takes part."""

    id: int
    role: str
    country: str
    sector: str


HIDDEN = "hidden"
type Cell = int | Literal["hidden"] | None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the evidence. `minutes` are confirmed ones, shares are whole percents of what was said, `before` and
    `later` tenths of 1 (not at all sure) to 4 (very sure), on average; None: nothing to show."""

    about: About
    what: str = ""
    people: Cell = None
    pairs: Cell = None
    meetings: Cell = None
    minutes: Cell = None
    good: Cell = None
    so_so: Cell = None
    bad: Cell = None
    before: Cell = None
    later: Cell = None


def rows(
    people: Sequence[Who],
    pairs: Iterable[tuple[int, int]],
    meetings: Sequence[Held],
    sure: Sequence[tuple[int, int]] = (),
) -> list[Row]:
    """All lines: who takes part, what took place in all, both by groups, and how sure learners feel. `sure` is what was
    said (before, later) by each who said both."""
    paired = set(pairs)
    taking_part = Row(
        "all",
        people=cell(len({one.id for one in people}), {one.id for one in people}),
        pairs=cell(len(paired), {person for pair in paired for person in pair}),
    )
    return [
        taking_part,
        *_of_people(people, "role", lambda one: one.role),
        *_of_people(people, "country", lambda one: one.country),
        *_of_people(people, "sector", lambda one: one.sector),
        *_of_meetings("met", {"": list(meetings)}),
        *_of_meetings("month", _grouped(meetings, lambda one: one.month)),
        _of_sure(sure),
    ]


def cell(number: int, people: Iterable[int]) -> Cell:
    """The number, if it rests on enough people or on nobody."""
    return HIDDEN if 0 < len(set(people)) < FEWEST else number


def to_hide(groups: Mapping[str, frozenset[int]], also: Collection[str] = ()) -> set[str]:
    """The groups whose figures are not shown, given who is behind each; `also` are hidden anyway."""
    hidden = {name for name, people in groups.items() if 0 < len(people) < FEWEST or name in also}
    while 0 < len(frozenset[int]().union(*(groups[name] for name in hidden))) < FEWEST:
        shown = [name for name, people in groups.items() if people and name not in hidden]
        if not shown:
            break
        hidden.add(min(shown, key=lambda name: (len(groups[name]), name)))
    return hidden


def _grouped[T](items: Iterable[T], by: Callable[[T], str]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for item in items:
        found.setdefault(by(item), []).append(item)
    return dict(sorted(found.items()))


def _of_people(people: Sequence[Who], about: About, by: Callable[[Who], str]) -> list[Row]:
    groups = {name: frozenset(one.id for one in some) for name, some in _grouped(people, by).items()}
    hidden = to_hide(groups)
    return [Row(about, name, people=HIDDEN if name in hidden else len(some)) for name, some in groups.items()]


def _of_meetings(about: About, groups: Mapping[str, Sequence[Held]]) -> list[Row]:
    met = {name: _who_met(some) for name, some in groups.items()}
    timed = {name: [one for one in some if one.minutes] for name, some in groups.items()}
    hidden = to_hide(met)
    untimed = to_hide({name: _who_met(some) for name, some in timed.items()}, also=hidden)
    found: list[Row] = []
    for name, some in groups.items():
        shares = _shares([] if name in hidden else some)
        found.append(
            Row(
                about,
                name,
                people=HIDDEN if name in hidden else len(met[name]),
                pairs=HIDDEN if name in hidden else len({(one.trainer, one.worker) for one in some}),
                meetings=HIDDEN if name in hidden else len(some),
                minutes=HIDDEN if name in untimed else sum(one.minutes or 0 for one in timed[name]),
                good=shares["good"],
                so_so=shares["so_so"],
                bad=shares["bad"],
            )
        )
    return found


def _of_sure(sure: Sequence[tuple[int, int]]) -> Row:
    if 0 < len(sure) < FEWEST:
        return Row("sure", people=HIDDEN, before=HIDDEN, later=HIDDEN)
    if not sure:
        return Row("sure", people=0)
    before, later = (round(10 * sum(one) / len(sure)) for one in zip(*sure, strict=True))
    return Row("sure", people=len(sure), before=before, later=later)


def _who_met(meetings: Iterable[Held]) -> frozenset[int]:
    return frozenset(person for one in meetings for person in (one.trainer, one.worker))


def _shares(meetings: Iterable[Held]) -> dict[str, Cell]:
    """Of everything that was said, in whole percents; nothing when nobody said anything."""
    said = [(person, rating) for one in meetings for person, rating in one.ratings if rating in RATINGS]
    people = {person for person, _ in said}
    return {
        key: cell(round(100 * sum(rating == key for _, rating in said) / len(said)), people) if said else None
        for key in RATINGS
    }
