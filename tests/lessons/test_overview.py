"""The table below the findings: how each language of the curriculum stands."""

from datetime import date
from pathlib import Path

from bot.lessons.curriculum import load
from bot.lessons.overview import Standing, standing, table
from bot.messages import LANGUAGES
from tests.lessons.test_curriculum import FOLDER, REAL, rewrite, write_lesson
from tests.lessons.test_lint import PAGE, SOUND

HARD = "Organisational communication necessitates considerable administrative responsibility."


def of(root: Path, language: str) -> Standing:
    return standing(root, load(root), language)


def two_lessons(root: Path) -> Path:
    """Two lessons with five blocks each; the second is harder to read and is reviewed sooner."""
    write_lesson(root, about=SOUND, page=PAGE)
    about = SOUND.replace("7ad4", "0002").replace("2026-12-24", "2026-12-20")
    return write_lesson(root, "worker/01-start/02-hard", about, PAGE.replace("It is worth your time.", HARD))


def test_all_is_fresh(tmp_path: Path) -> None:
    two_lessons(tmp_path)
    for language in LANGUAGES:
        one = of(tmp_path, language)
        assert (one.lessons, one.fresh, one.stale, one.missing) == (2, 10, 0, 0)
        assert one.review_by == date(2026, 12, 20)
        assert one.worst_lesson == "worker/01-start/02-hard"
        assert one.mean is not None
        assert one.worst is not None
        assert (one.worst > one.mean) if language == "de" else (one.worst < one.mean)


def test_stale_and_missing_blocks(tmp_path: Path) -> None:
    hard = two_lessons(tmp_path)
    rewrite(tmp_path / FOLDER / "en.md", "Say thanks. Say it", "Say it")
    rewrite(hard / "de.md", "Choose one. Say thanks.\n\n> Done means: it is there.", "")
    (hard / "es.md").unlink()
    rewrite(tmp_path / FOLDER / "es.md", "## how", "### how")
    counted = [(of(tmp_path, one).lessons, of(tmp_path, one)) for one in LANGUAGES]
    assert [(lessons, one.fresh, one.stale, one.missing) for lessons, one in counted] == [
        (2, 10, 0, 0),
        (2, 9, 1, 0),
        (1, 8, 1, 1),
        (0, 0, 0, 10),
    ]
    assert (of(tmp_path, "de").worst_lesson, of(tmp_path, "de").review_by) == (FOLDER, date(2026, 12, 24))


def test_drafts_are_not_counted(tmp_path: Path) -> None:
    hard = two_lessons(tmp_path)
    rewrite(hard / "lesson.yml", "status: ready", "status: draft")
    assert (of(tmp_path, "it").lessons, of(tmp_path, "it").fresh) == (1, 5)


def test_the_table(tmp_path: Path) -> None:
    two_lessons(tmp_path)
    head, *rows = table(tmp_path, load(tmp_path)).splitlines()
    assert " ".join(head.split()) == "lessons fresh stale missing ease mean worst review by worst lesson"
    assert [row.split()[:7] for row in rows] == [
        [language, "2", "10", "0", "0", "≤" if language == "de" else "≥", bound]
        for language, bound in zip(LANGUAGES, ("70", "60", "7", "70"), strict=True)
    ]
    assert all(row.endswith("2026-12-20  worker/01-start/02-hard") for row in rows)
    assert len({row.index("2026") for row in rows}) == 1


def test_of_nothing_and_of_ours(tmp_path: Path) -> None:
    rows = table(tmp_path, load(tmp_path)).splitlines()[1:]
    assert rows[0].split() == ["en", "0", "0", "0", "0", "≥", "70", "–", "–", "–", "–"]
    ours = [standing(REAL, load(REAL), language) for language in LANGUAGES]
    assert len({one.fresh + one.stale + one.missing for one in ours}) == 1
