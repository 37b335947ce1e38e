"""On the road: paused, let go on, stopped, sent again; and two that share the way."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import db.announcements
import db.outbox
from bot.announcements import due, receipts, service
from bot.people import service as people
from db.announcements import Announcement
from db.audit import AuditEntry
from db.people import Person
from tests.announcements.conftest import HOUSE, NOON, Programme, buttons


async def on_the_road(programme: Programme, people: int = 3, text: str = "Ciao", role: str = "worker") -> Announcement:
    """One that has begun; its author has the receipt that changes."""
    for _ in range(people):
        await programme.add(role)
    async with programme.database.begin() as session:
        ines = await programme.coordinator(session)
        draft = await service.compose(session, programme.cluster, ines, {"role": [role]}, {"all": text}, programme.now)
        await service.start(session, draft, HOUSE, programme.now)
        await receipts.show(session, draft, ines, HOUSE, programme.now)
        await programme.seen(session, ines)
        return draft


async def next_of(programme: Programme, number: int = 10) -> list[int]:
    """The announcements of the messages that would leave now, as the deliverer takes them."""
    async with programme.database.begin() as session:
        going = await db.announcements.under_way(session, programme.now)
        rows = await db.outbox.claim(session, programme.now, number, (), going)
        return [row.announcement_id for row in rows if row.announcement_id]


async def states(programme: Programme) -> list[str]:
    return [row.state for row in await programme.letters()]


async def state(programme: Programme, number: int) -> str:
    return {one.id: one.state for one in await programme.announcements()}[number]


async def test_what_is_paused_does_not_leave(programme: Programme) -> None:
    one = await on_the_road(programme)
    told = await programme.does(f"announcements:pause:{one.id}")
    assert "stands still" in told[-1].text
    assert "Waiting: 3" in told[-1].text
    assert await next_of(programme) == []
    async with programme.database.read() as session:
        assert await db.announcements.next_letter(session) is None, "nothing wakes the deliverer"
    told = await programme.does(buttons(told)["Let it go on"].data)
    assert "is on its way" in told[-1].text
    assert await next_of(programme) == [one.id] * 3


async def test_twice_is_once_and_an_old_button_does_no_harm(programme: Programme) -> None:
    one = await on_the_road(programme)
    for _ in range(2):
        await programme.does(f"announcements:pause:{one.id}")
    assert await state(programme, one.id) == "paused"
    await programme.does(f"announcements:resume:{one.id}")
    await programme.does(f"announcements:resume:{one.id}")
    assert await state(programme, one.id) == "sending"
    await programme.set_states("sent", "sent", "sent")
    await due.tick(programme.database, NOON, HOUSE)
    for verb in ("pause", "resume", "halt", "stop"):
        told = await programme.does(f"announcements:{verb}:{one.id}")
        assert "is complete" in told[-1].text
    assert await state(programme, one.id) == "done"
    async with programme.database.read() as session:
        acts = [entry.action for entry in await session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert acts == ["announce", "announce_pause", "announce_resume"]


async def test_to_stop_it_stands_still_first(programme: Programme) -> None:
    one = await on_the_road(programme)
    await programme.set_states("sent")
    asked = await programme.does(f"announcements:halt:{one.id}")
    assert "2 people have not got it yet" in asked[-1].text
    assert await next_of(programme) == []
    told = await programme.does(buttons(asked)["Yes, stop it"].data)
    assert "was stopped" in told[-1].text
    assert "Delivered: 1" in told[-1].text
    assert "Not sent any more: 2" in told[-1].text
    assert await next_of(programme) == []
    await due.tick(programme.database, NOON, HOUSE)
    assert await states(programme) == ["sent", "cancelled", "cancelled"]
    assert {row.error for row in (await programme.letters())[1:]} == {"stopped by a coordinator"}
    told = await programme.does(f"announcements:receipt:{one.id}")
    assert "Not sent any more: 2" in told[-1].text


async def test_the_rows_of_a_large_one_are_swept_in_parts(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "ROWS", 2)
    one = await on_the_road(programme, 5)
    await programme.does(f"announcements:pause:{one.id}")
    await programme.does(f"announcements:stop:{one.id}")
    await due.tick(programme.database, NOON, HOUSE)
    assert await states(programme) == ["cancelled"] * 5


async def test_what_failed_is_sent_again_what_is_uncertain_only_knowingly(programme: Programme) -> None:
    one = await on_the_road(programme, 4)
    await programme.set_states("sent", "failed", "uncertain", "blocked")
    await due.tick(programme.database, NOON, HOUSE)
    told = await programme.does(f"announcements:receipt:{one.id}")
    assert list(buttons(told)) == ["Try again for 1 person", "Send again to 1 person", "Who did not get it?"]
    named = await programme.does(buttons(told)["Who did not get it?"].data)
    async with programme.database.read() as session:
        everybody = await db.announcements.names_in(session, one.id, ["sent", "failed", "uncertain", "blocked"])
    assert {row.state for person, row in everybody if person.name in named[-1].text} == {
        "failed",
        "uncertain",
        "blocked",
    }

    again = await programme.does(buttons(told)["Try again for 1 person"].data)
    assert "is on its way" in again[-1].text
    assert await states(programme) == ["sent", "pending", "uncertain", "blocked"]
    await programme.set_states("sent", "sent")
    await due.tick(programme.database, NOON, HOUSE)

    asked = await programme.does(buttons(told)["Send again to 1 person"].data)
    assert "they may get it twice" in asked[-1].text
    assert await states(programme) == ["sent", "sent", "uncertain", "blocked"], "only asked"
    await programme.does(buttons(asked)["Send it again"].data)
    assert await states(programme) == ["sent", "sent", "pending", "blocked"]
    assert await next_of(programme) == [one.id]
    await programme.does(buttons(asked)["Send it again"].data)
    assert (await states(programme))[2] == "sending", "nothing is uncertain any more, so nothing is sent twice"


NIGHT = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # 23:30 in Rome
MORNING = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)


async def test_what_goes_on_or_is_sent_again_at_night_waits_for_the_morning(programme: Programme) -> None:
    await programme.add(zone="America/Sao_Paulo")
    one = await on_the_road(programme, 2)
    await programme.does(f"announcements:pause:{one.id}")
    programme.now = NIGHT
    told = await programme.does(f"announcements:resume:{one.id}")
    assert "Held for the night: 2" in told[-1].text
    assert [row.due_at for row in await programme.letters()] == [NOON, MORNING, MORNING]
    await programme.set_states("sent", "sent", "failed")
    await due.tick(programme.database, NIGHT, HOUSE)
    await programme.does(f"announcements:retry:{one.id}:failed")
    assert [row.due_at for row in await programme.letters()] == [NOON, MORNING, MORNING]
    assert await next_of(programme) == []


async def test_what_is_not_through_when_the_night_begins_waits_for_the_morning(programme: Programme) -> None:
    await programme.add(zone="America/Sao_Paulo")
    one = await on_the_road(programme, 2)
    await programme.set_states("pending", "sent")
    await due.tick(programme.database, NOON, HOUSE)
    assert [row.due_at for row in await programme.letters()] == [NOON] * 3
    await due.tick(programme.database, NIGHT, HOUSE)
    assert [row.due_at for row in await programme.letters()] == [NOON, NOON, MORNING]
    programme.now = NIGHT
    assert await next_of(programme) == [one.id], "in São Paulo it is day"
    programme.now = MORNING
    assert await next_of(programme) == [one.id]


async def test_two_share_the_way(programme: Programme) -> None:
    first = await on_the_road(programme, 40)
    second = await on_the_road(programme, 40, role="trainer")
    taken = await next_of(programme, 10 + 2)  # before them go the two receipts
    assert sorted(taken) == [first.id] * 5 + [second.id] * 5
    await programme.does(f"announcements:pause:{first.id}")
    assert set(await next_of(programme, 10)) == {second.id}


async def test_what_one_leaves_the_other_takes(programme: Programme) -> None:
    first = await on_the_road(programme, 2)
    second = await on_the_road(programme, 10, role="trainer")
    taken = await next_of(programme, 10 + 2)
    assert taken.count(first.id) == 2
    assert taken.count(second.id) == 8


async def test_who_comes_back_gets_it_though_it_was_complete(programme: Programme) -> None:
    one = await on_the_road(programme, 2)
    await programme.set_states("sent", "blocked")
    await due.tick(programme.database, NOON, HOUSE)
    assert await state(programme, one.id) == "done"
    away = (await programme.letters())[1].person_id
    async with programme.database.begin() as session:
        await db.outbox.resume_for(session, away, NOON)
        await db.announcements.send_what_was_held(session, away)
    assert await next_of(programme) == [one.id]
    await programme.set_states("sent", "sent")
    await due.tick(programme.database, NOON + timedelta(hours=2), HOUSE)
    (kept,) = await programme.announcements()
    assert (kept.state, kept.receipt["delivered"], kept.receipt["blocked"]) == ("done", 2, 0)


async def test_only_its_coordinators_may(programme: Programme) -> None:
    one = await on_the_road(programme)
    stranger = await programme.add("coordinator", language="en")
    async with programme.database.read() as session:
        somebody = await session.get(Person, stranger)
    assert somebody
    for verb in ("pause", "resume", "halt", "stop", "receipt", "names", "answered", "retry"):
        await programme.does(f"announcements:{verb}:{one.id}:failed", by=somebody)
    assert programme.refused == ["I don't know this button. Here is what I can do:"] * 8
    assert await state(programme, one.id) == "sending"


async def test_names_are_those_of_ones_own_clusters(programme: Programme) -> None:
    north = await programme.add_cluster("north", ["DE"])
    colleague = await programme.colleague()
    await programme.add(name="Anna")
    await programme.add(name="Berta", cluster_id=north.id)
    async with programme.database.begin() as session:
        ines = await programme.coordinator(session)
        both = {"role": ["worker"], "cluster": [programme.cluster.id, north.id]}
        one = await service.compose(session, programme.cluster, ines, both, {"all": "Ciao"}, NOON)
        await service.start(session, one, HOUSE, NOON)
        for person in (await session.scalars(select(Person).where(Person.role == "worker"))).all():
            await db.announcements.answer(session, one.id, person.id, "interested", NOON)
    await programme.set_states("failed", "failed")
    await due.tick(programme.database, NOON, HOUSE)
    for verb in ("names", "answered"):
        told = await programme.does(f"announcements:{verb}:{one.id}", by=colleague)
        assert "Anna" in told[0].text
        assert "Berta" not in told[0].text
        assert "1 person of a cluster that is not yours." in told[0].text
        told = await programme.does(f"announcements:{verb}:{one.id}")
        assert "Anna" in told[0].text
        assert "Berta" in told[0].text


async def test_what_is_sent_again_is_not_sent_to_who_wants_no_more(programme: Programme) -> None:
    one = await on_the_road(programme)
    await programme.set_states("uncertain", "failed", "uncertain")
    async with programme.database.begin() as session:
        deaf = await session.get_one(Person, (await programme.letters())[0].person_id)
        deaf.hears_announcements = False
        await db.announcements.hears_no_more(session, deaf.id)
        again = await session.get_one(Announcement, one.id)
        assert await service.send_again(session, again, ("failed", "uncertain"), None, programme.now) == 2
    rows = await programme.letters()
    assert [row.state for row in rows] == ["uncertain", "pending", "pending"]
    assert [row.error for row in rows[1:]] == [None, "may have arrived: a coordinator sent it again"]


async def test_sending_again_what_failed_does_not_let_go_what_was_stopped(programme: Programme) -> None:
    """Before the tick that says so in the rows."""
    one = await on_the_road(programme, 4)
    await programme.set_states("failed", "pending", "blocked", "sending")
    await programme.does(f"announcements:pause:{one.id}")
    await programme.does(f"announcements:stop:{one.id}")
    await programme.does(f"announcements:retry:{one.id}:failed")
    assert await state(programme, one.id) == "sending"
    assert await states(programme) == ["pending", "cancelled", "cancelled", "sending"]
    async with programme.database.begin() as session:
        on_its_way = (await programme.letters())[3]
        await db.outbox.settle(session, on_its_way.id, "pending", attempt=on_its_way.attempts)
    assert await next_of(programme) == [one.id]
    assert await states(programme) == ["sending", "cancelled", "cancelled", "cancelled"]


@pytest.mark.parametrize("who_is_first", ["they come back", "it is closed"])
async def test_who_comes_back_while_it_is_being_closed_gets_it(programme: Programme, who_is_first: str) -> None:
    if programme.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    one = await on_the_road(programme, 2)
    await programme.set_states("sent", "blocked")
    gone = (await programme.letters())[1].person_id

    async def comes_back(session: AsyncSession) -> None:
        await people.come_back(session, await session.get_one(Person, gone), programme.now)

    async def closes(session: AsyncSession) -> None:
        await receipts.finish(session, await session.get_one(Announcement, one.id), HOUSE, programme.now)

    first, second = (comes_back, closes) if who_is_first == "they come back" else (closes, comes_back)

    async def after_it() -> None:
        async with programme.database.begin() as session:
            await second(session)

    async with programme.database.begin() as session:
        await first(session)
        await session.flush()
        waiting = asyncio.create_task(after_it())
        await asyncio.wait({waiting}, timeout=0.3)
    await waiting
    assert await state(programme, one.id) == "sending"
    assert await next_of(programme) == [one.id]
