"""Invitations, a line to a human, and staying away: through the app, by taps."""

from datetime import timedelta

from sqlalchemy import select

import db.clusters
import db.outbox
from bot.messages import Lane, Outgoing
from bot.outbox.put import Letter, put
from db.clusters import Coordination, Invitation
from db.outbox import OutboxRow
from db.people import Person
from tests.app import Running
from tests.onboarding.way import joins, known, question
from tests.people.invitations import coordinates, invite
from tests.people_factory import an_announcement

UNKNOWN = "I don't know this button. Here is what I can do:"


async def coordinators(house: Running) -> list[tuple[int, int]]:
    async with house.read() as session:
        found = await session.scalars(select(Coordination).order_by(Coordination.id))
        return [(one.person_id, one.cluster_id) for one in found]


# invitations


async def test_an_invitation_works_once(house: Running) -> None:
    token = await invite(house, "andalucia-tourism")
    ines, eve = house.phone("Ines"), house.phone("Eve")
    await ines.start(token)
    assert ines.texts[0] == "Welcome! You now coordinate the cluster Andalusia, tourism and shops."
    assert (await eve.start(token)).startswith("Hello!"), "the way in goes on without it"
    assert eve.texts[-2] == "This invitation has been used already. Please ask for a new one."
    first, second = await house.people()
    assert await coordinators(house) == [(first.id, 2)]
    assert (first.role, first.zone, first.cluster_id) == ("coordinator", "Europe/Madrid", 2)
    assert (second.role, second.cluster_id) == ("", None)


async def test_two_at_once_are_one(house: Running) -> None:
    token = await invite(house)
    phones = [house.phone(f"Person {number}") for number in range(6)]
    for phone in phones:
        house.tg.start(phone.person, token)
    await house.idle()
    assert len(await coordinators(house)) == 1
    assert sum(one.role == "coordinator" for one in await house.people()) == 1
    refused = [phone for phone in phones if "used already" in phone.texts[-2]]
    assert len(refused) == 5


async def test_the_same_person_may_open_their_link_again(house: Running) -> None:
    token = await invite(house)
    ines = house.phone("Ines")
    await ines.start(token)
    await ines.tap("Yes, let's start")
    assert question("name") in await ines.start(token), "and goes on where she was"
    await ines.tap("Ines")
    await ines.start(token)
    assert ines.texts[-3].startswith("Welcome! You now coordinate the cluster")
    assert ines.texts[-2] == "Welcome back, Ines! What shall we do?"
    assert len(await coordinators(house)) == 1


async def test_an_invitation_ends_after_seven_days(house: Running) -> None:
    last_minute, late = await invite(house), await invite(house)
    await house.advance(days=7)
    assert (await house.phone("Ines").start(last_minute)).startswith("Hello!")
    await house.advance(seconds=1)
    eve = house.phone("Eve")
    await eve.start(late)
    assert eve.texts[-2] == "This invitation has expired. Please ask for a new one."
    assert len(await coordinators(house)) == 1


async def test_a_forged_invitation(house: Running) -> None:
    await invite(house)
    for token in ("x", "x" * 32, "coordinator", "1"):
        eve = house.phone("Eve")
        await eve.start(token)
        assert eve.texts[-2] == "This invitation is not valid. Please ask for a new one."
    assert await coordinators(house) == []


async def test_only_the_hash_of_a_token_is_kept(house: Running) -> None:
    token = await invite(house)
    async with house.read() as session:
        (kept,) = (await session.scalars(select(Invitation))).all()
    assert token not in str(vars(kept))


async def test_a_coordinator_invites_the_next(house: Running) -> None:
    ines = await coordinates(house)
    await ines.say("/menu")
    link = await ines.tap("Invite a coordinator")
    address, _, token = link.partition("?start=")
    assert address.splitlines()[-1] == f"https://t.me/{house.app.channel.username}"
    otto = house.phone("Otto")
    await otto.start(token)
    assert len(await coordinators(house)) == 2


async def test_a_participant_who_becomes_a_coordinator(house: Running) -> None:
    phone = await house.joined("worker", "Marco")
    await phone.start(await invite(house))
    assert (await known(house, phone)).role == "coordinator"
    assert "Overview" in phone.screen
    assert await phone.say("/lesson") == "Lessons are for learners and trainers."


# staying away


async def letters(house: Running, person: Person) -> dict[str, tuple[str, str | None]]:
    async with house.read() as session:
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.person_id == person.id))
        return {row.dedupe_key: (row.state, row.error) for row in rows}


async def test_what_waits_while_somebody_is_away(house: Running) -> None:
    marco = await joins(house, "worker")
    ines = await coordinates(house)
    person = await known(house, marco)
    await marco.tap_data("threads:open:fresh")
    await ines.tap_data("threads:take:1")
    await house.idle()
    house.tg.block(marco.person)
    await house.idle()
    assert not (await known(house, marco)).reachable
    heard = len(marco.texts)
    now = house.app.clock.now()
    tomorrow = now + timedelta(days=1)
    async with house.write() as session:
        away = await session.get(Person, person.id)
        assert away is not None
        kinds = [
            ("reply", Lane.REPLY, None),
            ("reminder", Lane.REMINDER, tomorrow),
            ("late", Lane.REMINDER, now + timedelta(minutes=5)),
            ("announcement", Lane.ANNOUNCEMENT, None),
        ]
        news = await an_announcement(session, now, state="done")
        await put(
            session,
            [
                Letter(away, Outgoing(key), lane, key, now, late, news if lane == Lane.ANNOUNCEMENT else None)
                for key, lane, late in kinds
            ],
            now,
        )
    await ines.say("Are you well?")
    await house.advance(hours=12)
    assert marco.texts[heard:] == []
    assert not any(key.startswith("lesson:") for key in await letters(house, person)), "no lesson piles up"
    house.tg.unblock(marco.person)
    await house.idle()
    assert marco.texts[heard:] == ["reminder", "Ines writes: Are you well?", "announcement"]
    states = await letters(house, person)
    assert states["late"][0] == states["reply"][0] == db.outbox.BLOCKED, "an answer from before would only confuse"
    await house.advance(days=2)
    assert not any(key.startswith("lesson:") for key in await letters(house, person)), "not while Ines talks with him"
    await marco.tap_data("threads:leave")
    await house.advance(days=2)
    assert any(key.startswith("lesson:") for key in await letters(house, person)), "and lessons come again"


async def test_blocked_by_a_refusal_on_sending(house: Running) -> None:
    marco = await joins(house, "worker")
    marco.person.blocked = True  # on the phone; the update about it has not come
    await house.advance(days=2)
    assert not (await known(house, marco)).reachable, "the first lesson could not be given"
    marco.person.blocked = False
    await marco.say("/menu")
    assert (await known(house, marco)).reachable
