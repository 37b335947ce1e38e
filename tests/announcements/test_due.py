"""The final receipt comes by itself, once; starting twice is starting once; scripts can announce too."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

import db.announcements
from bot.announcements import due, receipts, service
from bot.announcements.rules import Receipt
from bot.errors import Refused
from bot.texts import tongue
from db.clusters import Coordination
from db.outbox import OutboxRow
from db.people import Person
from tests.announcements.conftest import HOUSE, NOON, Programme, buttons

PEOPLE = 501
WORKERS = {"role": ["worker"], "country": []}


async def started(programme: Programme, people: int = 2) -> int:
    """An announcement on its way, from the coordinator, to so many workers."""
    for _ in range(people):
        await programme.add()
    await programme.does("announcements:new", "to all workers in Italy")
    preview = await programme.types("Ciao")
    await programme.does(buttons(preview)["Send it now"].data)
    return (await programme.announcements())[0].id


async def final_receipts(programme: Programme) -> list[OutboxRow]:
    async with programme.database.read() as session:
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.dedupe_key.endswith(":receipt")))
        return list(rows)


async def next_due(programme: Programme):
    async with programme.database.read() as session:
        return await due.next_due(session)


async def test_the_final_receipt_comes_once(programme: Programme) -> None:
    await started(programme, 5)
    assert await due.tick(programme.database, NOON, HOUSE) == 0
    assert await next_due(programme) == NOON, "its messages are due"
    await programme.set_states("sent", "sending", "failed", "uncertain", "blocked")
    assert await due.tick(programme.database, NOON, HOUSE) == 0
    await programme.set_states("sent", "sent")
    assert await next_due(programme) == NOON
    assert await due.tick(programme.database, NOON + timedelta(minutes=1), HOUSE) == 1
    assert await due.tick(programme.database, NOON + timedelta(minutes=2), HOUSE) == 0
    assert await next_due(programme) is None
    (announcement,) = await programme.announcements()
    assert announcement.state == "done"
    assert announcement.finished_at == NOON + timedelta(minutes=1)
    assert announcement.receipt == {
        "people": 5,
        "delivered": 2,
        "blocked": 1,
        "failed": 1,
        "uncertain": 1,
        "left": 0,
        "withdrawn": 0,
    }
    (told,) = await final_receipts(programme)
    assert told.person_id == programme.ines.id
    assert "is complete" in told.payload["text"]
    assert "Delivered: 2" in told.payload["text"]
    assert "perhaps not delivered: 1" in told.payload["text"]


async def test_the_receipt_lets_the_coordinator_sleep(programme: Programme) -> None:
    await started(programme, 1)
    await programme.set_states("sent")
    await due.tick(programme.database, NOON + timedelta(hours=11), HOUSE)
    (told,) = await final_receipts(programme)
    assert told.due_at == NOON + timedelta(hours=20)


async def test_who_no_longer_coordinates_gets_no_receipt(programme: Programme) -> None:
    await started(programme, 1)
    await programme.set_states("sent")
    async with programme.database.begin() as session:
        await session.execute(delete(Coordination))
    assert await due.tick(programme.database, NOON, HOUSE) == 1
    assert not await final_receipts(programme)


async def test_who_erased_themselves_is_counted(programme: Programme) -> None:
    number = await started(programme, 3)
    await programme.set_states("sent", "sent", "cancelled")
    async with programme.database.begin() as session:
        gone = (await programme.letters())[0].person_id
        await session.execute(delete(Person).where(Person.id == gone))
    async with programme.database.read() as session:
        announcement = await db.announcements.get(session, number)
        assert announcement
        receipt = await receipts.counted(session, announcement, NOON)
    assert receipt == Receipt(people=3, delivered=1, left=2)


async def test_many_at_once_are_all_closed(programme: Programme) -> None:
    await programme.add()
    async with programme.database.begin() as session:
        (await session.merge(programme.cluster)).announcements_a_day = 100
        for _ in range(due.BATCH + 3):
            draft = await service.compose(session, programme.cluster, None, WORKERS, {"all": "Hi"}, NOON)
            await service.start(session, draft, HOUSE, NOON)
    await programme.set_states(*["sent"] * (due.BATCH + 3))
    assert [await due.tick(programme.database, NOON, HOUSE) for _ in range(3)] == [due.BATCH, 3, 0]


async def test_a_script_announces(programme: Programme) -> None:
    for _ in range(PEOPLE):
        await programme.add()
    async with programme.database.begin() as session:
        draft = await service.compose(session, programme.cluster, None, WORKERS, {"it": "a & b"}, NOON)
        assert await service.start(session, draft, HOUSE, NOON) == PEOPLE
        assert draft.state == "sending"
        assert await service.start(session, draft, HOUSE, NOON) == 0
    letters = await programme.letters()
    assert len({row.person_id for row in letters}) == len(letters) == PEOPLE
    sender = tongue("it")("A message from <b>{cluster}</b>:", cluster="Cluster south")
    assert letters[0].payload["text"] == f"{sender}\n\na &amp; b"


async def test_two_starts_at_the_same_time_are_one(programme: Programme) -> None:
    for _ in range(20):
        await programme.add()
    async with programme.database.begin() as session:
        draft = await service.compose(session, programme.cluster, None, WORKERS, {"all": "Hi"}, NOON)

    async def start() -> int:
        async with programme.database.begin() as session:
            mine = await db.announcements.get(session, draft.id)
            assert mine
            return await service.start(session, mine, HOUSE, NOON)

    assert sorted(await asyncio.gather(*(start() for _ in range(5)))) == [0, 0, 0, 0, 20]
    assert len(await programme.letters()) == 20


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ({"fr": "Salut"}, service.NOT_TEXT_LANGUAGE),
        ({"it": " "}, service.NO_TEXT),
        ({"it": "x" * 3501}, service.TOO_LONG),
    ],
)
async def test_a_script_with_a_wrong_text_is_refused(
    programme: Programme, texts: dict[str, str], sentence: str
) -> None:
    async with programme.database.begin() as session:
        with pytest.raises(Refused) as refused:
            await service.compose(session, programme.cluster, None, WORKERS, texts, NOON)
    assert refused.value.sentence == sentence
    assert not await programme.announcements()


async def test_a_start_that_is_refused_changes_nothing(programme: Programme) -> None:
    await programme.add(language="de")
    async with programme.database.begin() as session:
        for audience, sentence in (
            (WORKERS, service.NO_TEXT_FOR),
            ({"role": ["trainer"]}, service.NOBODY),
        ):
            draft = await service.compose(session, programme.cluster, None, audience, {"it": "Ciao"}, NOON)
            with pytest.raises(Refused) as refused:
                await service.start(session, draft, HOUSE, NOON)
            assert refused.value.sentence == sentence
    assert {one.state for one in await programme.announcements()} == {"draft"}
    assert not await programme.letters()
