"""The receipt: one message that changes, and what it says."""

from datetime import timedelta

from sqlalchemy import select

from bot.announcements import due
from db.outbox import OutboxRow
from db.people import Person
from tests.announcements.conftest import HOUSE, NOON, Programme
from tests.announcements.test_road import on_the_road, state


async def shown(programme: Programme) -> list[OutboxRow]:
    """All that was put out for the author: the message, its changes, and the last word."""
    async with programme.database.read() as session:
        rows = await session.scalars(
            select(OutboxRow).where(OutboxRow.dedupe_key.contains(":receipt")).order_by(OutboxRow.id)
        )
        return list(rows)


async def arrives(programme: Programme, message_id: str = "77") -> None:
    """What waits for the author has arrived; the first of them is this message."""
    async with programme.database.begin() as session:
        for row in await session.scalars(select(OutboxRow).where(OutboxRow.dedupe_key.contains(":receipt"))):
            row.state, row.external_id = "sent", message_id


async def test_one_message_changes_with_the_counts(programme: Programme) -> None:
    await on_the_road(programme, 3)
    (first,) = await shown(programme)
    assert "Waiting: 3" in first.payload["text"]
    await due.tick(programme.database, NOON, HOUSE)
    assert len(await shown(programme)) == 1, "it has not arrived yet, so there is nothing to change"
    await arrives(programme)
    await due.tick(programme.database, NOON, HOUSE)
    assert len(await shown(programme)) == 1, "nothing has changed"
    await programme.set_states("sent")
    await due.tick(programme.database, NOON, HOUSE)
    changed = (await shown(programme))[1:]
    assert [row.payload["edit"] for row in changed] == ["77"]
    assert "Delivered: 1" in changed[0].payload["text"]
    assert changed[0].late_after is not None, "a count that is an hour old is of no use"


async def test_a_quick_one_ends_in_the_same_message(programme: Programme) -> None:
    await on_the_road(programme, 2)
    await arrives(programme)
    await programme.set_states("sent", "sent")
    assert await due.tick(programme.database, NOON + timedelta(minutes=2), HOUSE) == 1
    _, last = await shown(programme)
    assert last.payload["edit"] == "77"
    assert "is complete" in last.payload["text"]
    assert "buttons" not in last.payload
    assert last.late_after is None, "the last word is of use always"


async def test_a_very_quick_one_waits_until_its_receipt_can_change(programme: Programme) -> None:
    one = await on_the_road(programme, 2)
    await programme.set_states("sent", "sent")
    async with programme.database.begin() as session:
        (receipt,) = await session.scalars(select(OutboxRow).where(OutboxRow.dedupe_key.contains(":receipt")))
        receipt.state = "pending"  # its author's phone may have one message a second
    assert await due.tick(programme.database, NOON, HOUSE) == 0
    assert await state(programme, one.id) == "sending"
    await arrives(programme)
    assert await due.tick(programme.database, NOON, HOUSE) == 1
    assert "is complete" in (await shown(programme))[-1].payload["text"]


async def test_answers_are_counted_there_also_when_it_is_complete(programme: Programme) -> None:
    one = await on_the_road(programme, 2)
    await arrives(programme)
    await programme.set_states("sent", "sent")
    await due.tick(programme.database, NOON, HOUSE)
    await arrives(programme)
    programme.now = NOON + timedelta(days=1)
    async with programme.database.read() as session:
        marco = await session.get_one(Person, (await programme.letters())[0].person_id)
    await programme.does(f"announcements:interested:{one.id}", by=marco)
    for seconds in (5, 10):
        await due.tick(programme.database, programme.now + timedelta(seconds=seconds), HOUSE)
    (last,) = (await shown(programme))[2:]
    assert last.payload["edit"] == "77"
    assert "is complete" in last.payload["text"]
    assert "Interested: 1" in last.payload["text"]


async def test_what_took_long_or_needs_a_decision_ends_with_a_new_message(programme: Programme) -> None:
    await on_the_road(programme, 2)
    await arrives(programme)
    await programme.set_states("sent", "failed")
    await due.tick(programme.database, NOON + timedelta(minutes=2), HOUSE)
    edit, told = (await shown(programme))[1:]
    assert "edit" in edit.payload
    assert "edit" not in told.payload
    assert "Could not be sent: 1" in told.payload["text"]

    second = await on_the_road(programme, 0, "Salve")
    await arrives(programme, "88")
    async with programme.database.begin() as session:
        for row in await session.scalars(select(OutboxRow).where(OutboxRow.announcement_id == second.id)):
            row.state = "sent"
    before = len(await shown(programme))
    await due.tick(programme.database, NOON + timedelta(minutes=61), HOUSE)
    new = (await shown(programme))[before:]
    assert ["edit" in row.payload for row in new] == [True, False]


async def test_the_newest_receipt_is_the_one_that_changes(programme: Programme) -> None:
    one = await on_the_road(programme, 2)
    await arrives(programme, "77")
    await programme.does(f"announcements:receipt:{one.id}")
    async with programme.database.begin() as session:
        newest = (await session.scalars(select(OutboxRow).order_by(OutboxRow.id.desc()).limit(2))).all()
        row = next(row for row in newest if ":receipt:2:" in row.dedupe_key)
        row.state, row.external_id = "sent", "78"
    await programme.set_states("sent")
    await due.tick(programme.database, NOON, HOUSE)
    assert (await shown(programme))[-1].payload["edit"] == "78"


async def test_when_the_last_one_has_it(programme: Programme) -> None:
    await programme.add()
    await programme.add(zone="Asia/Tokyo")  # 21:00 there
    await on_the_road(programme, 0)
    (first,) = await shown(programme)
    assert "Held for the night: 1" in first.payload["text"]
    assert "It should be complete: today, Tuesday 24 November, at 23:00." in first.payload["text"], (
        "8:00 in Tokyo, on the author's clock"
    )


async def test_a_colleague_sees_it_as_often_as_they_look_and_the_author_keeps_theirs(programme: Programme) -> None:
    one = await on_the_road(programme, 3)
    colleague = await programme.colleague()
    for verb, head in (("receipt", "is on its way"), ("pause", "stands still"), ("resume", "is on its way")):
        told = await programme.does(f"announcements:{verb}:{one.id}", by=colleague)
        assert [head in screen.text for screen in told] == [True]
    told = await programme.does(f"announcements:receipt:{one.id}")
    assert "is on its way" in told[-1].text
    mine = [row.dedupe_key for row in await shown(programme) if row.person_id == programme.ines.id]
    assert mine == [f"announcement:{one.id}:receipt:{number}:0" for number in (1, 2)]


async def test_one_that_a_colleague_stops_is_stopped_on_its_authors_screen_too(programme: Programme) -> None:
    one = await on_the_road(programme, 3)
    await arrives(programme)
    await programme.set_states("sent", "sending")
    colleague = await programme.colleague()
    await programme.does(f"announcements:halt:{one.id}", by=colleague)
    await programme.does(f"announcements:stop:{one.id}", by=colleague)
    await due.tick(programme.database, NOON, HOUSE)
    await programme.set_states("sent", "sent")  # it could not be called back
    assert await due.tick(programme.database, NOON + timedelta(hours=2), HOUSE) == 1
    assert await due.tick(programme.database, NOON + timedelta(hours=2), HOUSE) == 0
    (last,) = [row for row in await shown(programme) if row.person_id == programme.ines.id][1:]
    assert last.payload["edit"] == "77"
    assert "was stopped" in last.payload["text"]
    assert "Delivered: 2\nNot sent any more: 1" in last.payload["text"]
    (kept,) = await programme.announcements()
    assert (kept.state, kept.receipt["delivered"], kept.receipt["withdrawn"]) == ("stopped", 2, 1)


async def test_who_was_spared_by_a_stop_has_not_left(programme: Programme) -> None:
    one = await on_the_road(programme, 3)
    await programme.set_states("sent", "failed")
    await programme.does(f"announcements:pause:{one.id}")
    await programme.does(f"announcements:stop:{one.id}")
    await due.tick(programme.database, NOON, HOUSE)
    await programme.does(f"announcements:retry:{one.id}:failed")
    await programme.set_states("sent", "sent")
    await due.tick(programme.database, NOON, HOUSE)
    told = await programme.does(f"announcements:receipt:{one.id}")
    assert "is complete" in told[0].text
    assert "Delivered: 2\nNot sent any more: 1" in told[0].text
