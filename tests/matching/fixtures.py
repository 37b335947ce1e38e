"""Aisha and Marco, for the tests of matching and of meetings: each `conftest` names those it uses."""

import pytest

from bot.matching.rounds import run_round
from db.engine import Database
from db.meetings import AGREED, Meeting
from db.people import Person
from tests.matching.stage import HOUSE, Stage


@pytest.fixture
async def stage(database: Database) -> Stage:
    return await Stage.set(database)


@pytest.fixture
async def aisha(stage: Stage) -> Person:
    return await stage.add("trainer", "Aisha")


@pytest.fixture
async def offered(stage: Stage, aisha: Person) -> Person:
    """Marco: he and Aisha have just got an offer."""
    marco = await stage.add("worker", "Marco")
    async with stage.database.begin() as session:
        await run_round(session, stage.cluster, None, stage.now, HOUSE)
    return marco


@pytest.fixture
async def marco(stage: Stage, aisha: Person, offered: Person) -> Person:
    """He and Aisha have both said yes and work together; he has three times on his screen."""
    await stage.answers(aisha, "affirm")
    await stage.answers(offered, "affirm")
    return offered


@pytest.fixture
async def agreed(stage: Stage, aisha: Person, marco: Person) -> Meeting:
    """Their meeting is on Thursday 19 November at 10:00 in Rome."""
    await stage.answers(marco, "1")
    await stage.answers(aisha, "affirm")
    (meeting,) = await stage.rows(Meeting)
    assert meeting.state == AGREED
    return meeting
