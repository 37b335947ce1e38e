"""What becomes of a meeting when both have said how it was: pure, no IO."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

GOOD, SO_SO, BAD, MISSED = "good", "so_so", "bad", "missed"
RATINGS = (GOOD, SO_SO, BAD, MISSED)
LENGTHS = (30, 45, 60, 90)  # minutes
NEAR = 15  # minutes: whose lengths differ by no more say the same

type Kind = Literal["open", "held", "missed", "differ"]


@dataclass(frozen=True, slots=True)
class Said:
    """What one of the two has said: `minutes` is None as long as they have not said how long."""

    rating: str
    minutes: int | None = None

    @property
    def met(self) -> bool:
        return self.rating != MISSED


@dataclass(frozen=True, slots=True)
class Verdict:
    """`minutes` of a meeting that both confirm; when they differ, `options` are what a coordinator may choose from
    (minutes; 0: it did not take place)."""

    kind: Kind
    minutes: int | None = None
    options: tuple[int, ...] = ()


def verdict(said: Sequence[Said], planned: int) -> Verdict:
    """What both together say. `planned`, in minutes, stands for a length that was not named."""
    if len(said) < 2:
        return Verdict("open")
    met = [one for one in said if one.met]
    if not met:
        return Verdict("missed")
    if len(met) < len(said):
        return Verdict("differ", options=(met[0].minutes or planned, 0))
    lengths = sorted(one.minutes for one in met if one.minutes is not None)
    if len(lengths) < len(met):
        return Verdict("open")
    if lengths[-1] - lengths[0] <= NEAR:
        return Verdict("held", minutes=lengths[0])
    return Verdict("differ", options=(lengths[0], lengths[-1]))
