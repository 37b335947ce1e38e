"""How a lesson goes, in figures. Pure: what was counted is given.

What rests on fewer than :data:`FEWEST` people is left out, all but the counts of who began and finished: nobody is to
be recognised in a figure.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from db.lessons import FirstAnswers

FEWEST = 5  # people
FEWEST_TO_COMPARE = 20  # answers, before it is said how a question goes with the others
GOOD = 0.2  # a point-biserial correlation that test theory calls acceptable (Ebel, "Measuring Educational Achievement")
LONGEST_LESSON = timedelta(days=1)  # who took longer had put the lesson aside
LEFT_AFTER = timedelta(days=14)  # since the beginning of a lesson that is not finished

type Telling = Literal["good", "weak", "reversed"]

_FLAT = 1e-10  # a sum of squares below this is rounding: the smallest true one is about 1e-9 (200 questions)


@dataclass(frozen=True, slots=True)
class QuestionFigures:
    """`facility` is the share, 0 to 1, of right first answers."""

    block: str
    answers: int
    facility: float | None
    tells: Telling | None


@dataclass(frozen=True, slots=True)
class LessonFigures:
    """Numbers of people; `minutes` is the median from start to finish. `questions` are in the lesson's order.

    `left_at` is the block at which most of those stand who gave up, `left` how many stand there.
    """

    begun: int = 0
    finished: int = 0
    minutes: float | None = None
    left_at: str | None = None
    left: int = 0
    questions: tuple[QuestionFigures, ...] = ()

    @property
    def hardest(self) -> QuestionFigures | None:
        """The question that the fewest get right at once; of several the first."""
        known = [(one.facility, at) for at, one in enumerate(self.questions) if one.facility is not None]
        return self.questions[min(known)[1]] if known else None


def of_lesson(
    begun_and_finished: tuple[int, int],
    minutes: Mapping[int, int],
    left: Mapping[str, int],
    questions: Iterable[tuple[str, FirstAnswers]],
    blocks: Sequence[str],
) -> LessonFigures:
    """`minutes`: how many people took so many. `left`: how many stand at which block; `blocks` are all, in order."""
    begun, finished = begun_and_finished
    figures = LessonFigures(begun, finished)
    if begun < FEWEST:
        return figures
    where = most_left_at(left, blocks)
    return replace(
        figures,
        minutes=median(minutes) if sum(minutes.values()) >= FEWEST else None,
        left_at=where,
        left=left[where] if where else 0,
        questions=tuple(_of_question(block, first) for block, first in questions),
    )


def _of_question(block: str, first: FirstAnswers) -> QuestionFigures:
    known = first.answers >= FEWEST
    return QuestionFigures(block, first.answers, first.right / first.answers if known else None, tells(first))


def median(counts: Mapping[int, int]) -> float | None:
    """The median of values that are there so many times; between two it is the middle. None of nothing."""
    half = sum(counts.values()) / 2
    if not half:
        return None
    lower = upper = None
    passed = 0
    for value in sorted(counts):
        passed += counts[value]
        if lower is None and passed >= half:
            lower = value
        if upper is None and passed > half:
            upper = value
    assert lower is not None
    assert upper is not None
    return (lower + upper) / 2


def most_left_at(left: Mapping[str, int], blocks: Sequence[str]) -> str | None:
    """The block at which most people stand, of several the first; None for fewer than :data:`FEWEST` in all."""
    here = [block for block in blocks if left.get(block)]
    if sum(left[block] for block in here) < FEWEST:
        return None
    return max(here, key=lambda block: left[block])


def discrimination(first: FirstAnswers) -> float | None:
    """The point-biserial correlation, -1 to 1, of a right answer with the share of right ones to all other questions.

    It is Pearson's r where one variable is 0 or 1 (Lord and Novick, "Statistical Theories of Mental Test Scores",
    1968). None where one of the two is the same for everybody.
    """
    n, x, y = first.pairs, first.sum_x, first.sum_y
    if not n:
        return None
    spread_x, spread_y = x - x * x / n, first.sum_yy - y * y / n  # x is 0 or 1: its squares add up to it
    if spread_x < _FLAT or spread_y < _FLAT:
        return None
    return max(-1.0, min(1.0, (first.sum_xy - x * y / n) / math.sqrt(spread_x * spread_y)))


def tells(first: FirstAnswers) -> Telling | None:
    """Whether a question tells who knows more; None when that cannot be said (yet)."""
    if first.pairs < FEWEST_TO_COMPARE:
        return None
    found = discrimination(first)
    if found is None:
        return None
    return "good" if found >= GOOD else "weak" if found >= 0 else "reversed"
