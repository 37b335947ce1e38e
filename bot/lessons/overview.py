"""How the curriculum stands, one line per language: the table below the findings of `twogether check`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.lessons.curriculum import Curriculum, Lesson
from bot.lessons.files import BrokenFileError, written
from bot.lessons.lint import ease_of
from bot.lessons.readability import EASE_BOUNDS
from bot.messages import LANGUAGES

_HEAD = ("", "lessons", "fresh", "stale", "missing", "ease", "mean", "worst", "review by", "worst lesson")
_LEFT = {0, 9}  # columns of words; the others hold figures


@dataclass(frozen=True, slots=True)
class Standing:
    """One language. `lessons` can be given in it; `fresh`, `stale` and `missing` count blocks of all ready lessons.

    Reading ease is on the language's scale, None without lessons; `review_by` is the earliest of its lessons'.
    """

    language: str
    lessons: int
    fresh: int
    stale: int
    missing: int
    mean: float | None
    worst: float | None
    worst_lesson: str
    review_by: date | None


def standing(root: Path, curriculum: Curriculum, language: str) -> Standing:
    """How one language of the curriculum in `root` stands. Drafts are not counted."""
    ready = [lesson for lesson in curriculum.lessons if lesson.status == "ready"]
    given = [lesson for lesson in ready if language in lesson.languages]
    states = [state for lesson in ready for state in _states(root, lesson, language)]
    easy_first = sorted(((ease_of(lesson, language), lesson.folder) for lesson in given), reverse=language != "de")
    eases = [ease for ease, _ in easy_first]
    return Standing(
        language=language,
        lessons=len(given),
        fresh=states.count("fresh"),
        stale=states.count("stale"),
        missing=states.count("missing"),
        mean=sum(eases) / len(eases) if eases else None,
        worst=eases[-1] if eases else None,
        worst_lesson=easy_first[-1][1] if easy_first else "",
        review_by=min((lesson.review_by for lesson in given if lesson.review_by), default=None),
    )


def _states(root: Path, lesson: Lesson, language: str) -> Iterator[str]:
    """ "fresh", "stale" or "missing" for each block; also where the language as a whole cannot be given."""
    if language == "en":
        yield from ("fresh" for _ in lesson.blocks)
        return
    try:
        there = written(root, f"{lesson.folder}/{language}.md").blocks
    except BrokenFileError:
        yield from ("missing" for _ in lesson.blocks)
        return
    for block in lesson.blocks:
        if block.id not in there or not there[block.id].markdown:
            yield "missing"
        else:
            yield "fresh" if there[block.id].made_from == block.fingerprint else "stale"


def table(root: Path, curriculum: Curriculum) -> str:
    """The table, columns parted by spaces; a missing figure is “–”."""
    rows: list[Sequence[str]] = [_HEAD]
    for language in LANGUAGES:
        one = standing(root, curriculum, language)
        counts = (one.lessons, one.fresh, one.stale, one.missing)
        bound = f"{'≤' if language == 'de' else '≥'} {EASE_BOUNDS[language]}"
        eases = ("–" if ease is None else f"{ease:.1f}" for ease in (one.mean, one.worst))
        day = "–" if one.review_by is None else str(one.review_by)
        rows.append((language, *map(str, counts), bound, *eases, day, one.worst_lesson or "–"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in _LEFT else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
