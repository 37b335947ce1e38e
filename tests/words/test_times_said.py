"""What people say for times, one list per language (`times_said/<language>.txt`), written by hand.

A line is `phrase => reading` in the notation of `times_notation`, all readings in their order parted by ` | ` where
an hour comes twice; `# 2026-03-27 18:00` sets the moment at which the lines below it are said. Around both changes
of the clocks, at year's end and on ordinary days, wherever the language is spoken.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.words.times import when
from tests.words.times_notation import ZONES, here, notation

LISTS = Path(__file__).parent / "times_said"


def rows(language: str) -> Iterator[tuple[datetime, str, list[str]]]:
    now: datetime | None = None
    for line in (LISTS / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            now = datetime.fromisoformat(line[2:].strip())
        elif line.strip():
            phrase, _, expected = line.partition("=>")
            assert now is not None
            yield now, phrase.strip(), [one.strip() for one in expected.split("|") if one.strip()]


@pytest.mark.parametrize(
    ("language", "said_at", "phrase", "expected"),
    [(language, *row) for language in ZONES for row in rows(language)],
)
def test_a_time_is_read_as_it_was_meant(language: str, said_at: datetime, phrase: str, expected: list[str]) -> None:
    now = here(said_at, language)
    found = [notation(one, now) for one in when(phrase, language, now)]
    assert found[: max(len(expected), 1)] == expected


@pytest.mark.parametrize("language", ZONES)
def test_the_list_is_long_and_goes_over_both_changes_of_the_clocks(language: str) -> None:
    said = list(rows(language))
    assert len({(now, phrase) for now, phrase, _ in said}) >= 200
    assert {(now.year, now.month) for now, _, _ in said} >= {(2026, 3), (2026, 10)}
