"""The last row of those who asked to be forgotten goes when its hour is over, and nobody else's."""

from datetime import timedelta

from sqlalchemy import select

import db.people
from bot.case import House
from bot.lessons.curriculum import Curriculum
from bot.people import due
from bot.settings import Settings
from db.engine import Database
from db.outbox import OutboxRow
from db.people import Conversation, Person
from tests.people_factory import TUESDAY_NOON, person

HOUR = timedelta(hours=1)
HOUSE = House(Settings(), Curriculum((), ()))


async def names(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.scalars(select(Person.name).order_by(Person.id)))


async def test_only_those_whose_hour_is_over(database: Database) -> None:
    async with database.begin() as session:
        session.add_all(
            [
                person("worker", "stays", None),
                person("worker", "goes", None, erase_at=TUESDAY_NOON),
                person("worker", "waits", None, erase_at=TUESDAY_NOON + HOUR),
            ]
        )
    async with database.read() as session:
        assert await db.people.next_due(session) == TUESDAY_NOON
    assert await due.tick(database, TUESDAY_NOON - timedelta(seconds=1), HOUSE) == 0
    assert await due.tick(database, TUESDAY_NOON, HOUSE) == 1
    assert await names(database) == ["stays", "waits"]
    assert await due.tick(database, TUESDAY_NOON, HOUSE) == 0
    assert await due.tick(database, TUESDAY_NOON + HOUR, HOUSE) == 1
    assert await names(database) == ["stays"]
    async with database.read() as session:
        assert await db.people.next_due(session) is None


async def test_what_hangs_on_the_row_goes_with_it(database: Database) -> None:
    async with database.begin() as session:
        gone = person("worker", "goes", None, erase_at=TUESDAY_NOON)
        session.add(gone)
        await session.flush()
        session.add(Conversation(person_id=gone.id, answers={}, screen=[], updated_at=TUESDAY_NOON))
        session.add(
            OutboxRow(
                person_id=gone.id,
                address=gone.address,
                payload={},
                lane=0,
                due_at=TUESDAY_NOON,
                dedupe_key="goodbye",
                created_at=TUESDAY_NOON,
            )
        )
    await due.tick(database, TUESDAY_NOON, HOUSE)
    async with database.read() as session:
        assert (await session.scalars(select(Conversation))).all() == []
        assert (await session.scalars(select(OutboxRow))).all() == []


async def test_a_crowd_goes_in_batches(database: Database) -> None:
    async with database.begin() as session:
        session.add_all(person("worker", "goes", None, erase_at=TUESDAY_NOON) for _ in range(due.BATCH + 5))
    assert await due.tick(database, TUESDAY_NOON, HOUSE) == due.BATCH
    assert await due.tick(database, TUESDAY_NOON, HOUSE) == 5
    assert await names(database) == []
