"""Aisha and Marco, brought together, and what they see when they look for a time."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.matching.service import run_round
from bot.settings import Settings
from db.engine import Database
from db.meetings import Meeting
from db.people import Person
from tests.matching import stage as stages
from tests.matching.stage import HOUSE, Stage

PUBLIC = "https://proof.example"


@pytest.fixture
async def stage(database: Database) -> Stage:
    return await Stage.set(database)


@pytest.fixture(autouse=True)
def house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Papers are confirmed at an address of its own and signed with a key of its own."""
    settings = Settings(public_url=PUBLIC, badge_key=tmp_path / "badge-key.pem")  # pyright: ignore
    monkeypatch.setattr(stages, "HOUSE", replace(HOUSE, settings=settings))


@pytest.fixture
async def aisha(stage: Stage) -> Person:
    return await stage.add("trainer", "Aisha")


@pytest.fixture
async def marco(stage: Stage, aisha: Person) -> Person:
    """He and Aisha have both said yes; he has three times on his screen."""
    marco = await stage.add("worker", "Marco")
    async with stage.database.begin() as session:
        await run_round(session, stage.cluster, None, stage.now, HOUSE)
    await stage.answers(aisha, "affirm")
    await stage.answers(marco, "affirm")
    return marco


@pytest.fixture
async def agreed(stage: Stage, aisha: Person, marco: Person) -> Meeting:
    """Their meeting is on Thursday 19 November at 10:00 in Rome."""
    await stage.answers(marco, "1")
    await stage.answers(aisha, "affirm")
    (meeting,) = await stage.rows(Meeting)
    return meeting
