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
from tests.app import Phone, Running
from tests.onboarding.way import answer, answers, asked, joins, known, question
from tests.people.invitations import coordinates, invite

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


# a human


async def a_cluster(house: Running) -> tuple[Phone, Phone]:
    """Ines coordinates; Marco learns in her cluster."""
    ines = await coordinates(house)
    marco = await house.joined("worker", "Marco", cluster_id=1)
    return ines, marco


async def test_a_line_to_a_human_and_back(house: Running) -> None:
    ines, marco = await a_cluster(house)
    assert await marco.tap_data("people:human") == "I have told your coordinator. They will answer you here."
    assert ines.last == "Marco would like to talk to a person."
    assert await ines.tap("Answer") == "Write your message to Marco now. I will pass it on."
    assert await ines.say("How can <I> help?") == "Passed on."
    assert marco.last == "Ines writes: How can <I> help?"
    await marco.tap("Answer")
    assert await marco.say("My phone is broken") == "Passed on."
    assert ines.last == "Marco writes: My phone is broken"
    assert "Passed on." not in await marco.say("/menu"), "one message, and the line is closed"


async def test_a_long_message_is_passed_on_whole(house: Running) -> None:
    ines, marco = await a_cluster(house)
    for words in ("😀" * 2048, "x" * 4096, "<&>" * 1365):
        await ines.tap_data(f"people:reply:{(await known(house, marco)).id}")
        heard = len(marco.texts)
        assert await ines.say(words) == "Passed on."
        assert "".join(text.removeprefix("Ines writes: ") for text in marco.texts[heard:]) == words


async def test_cancel_passes_nothing_on(house: Running) -> None:
    ines, marco = await a_cluster(house)
    heard = len(marco.texts)
    await ines.tap_data(f"people:reply:{(await known(house, marco)).id}")
    await ines.tap("Cancel")
    assert ines.texts[-2] == "All right, I have stopped that."
    await ines.say("not for Marco")
    assert marco.texts[heard:] == []


async def test_who_has_not_joined_yet_loses_no_answer_by_talking_to_a_human(house: Running) -> None:
    ines = await coordinates(house)
    marco = await asked(house, "sector")
    before = await answers(house, marco)
    await marco.tap_data("people:human")
    assert ines.last == "Somebody new would like to talk to a person."
    await ines.tap("Answer")
    await ines.say("What is it?")
    await marco.tap("Answer")
    assert question("sector") in await marco.say("Is this free?")
    assert ines.last == "Somebody new writes: Is this free?"
    assert await answers(house, marco) == before
    await marco.tap_data(f"people:reply:{(await known(house, ines)).id}")
    assert question("sector") in await marco.tap("Cancel")
    await marco.tap_data(f"people:reply:{(await known(house, ines)).id}")
    await marco.say("/menu")
    assert await answers(house, marco) == before
    for slot in ("sector", "topics", "times"):
        await answer(marco, slot)
    assert (await known(house, marco)).joined_at is not None


async def test_forged_replies_reach_nobody(house: Running) -> None:
    ines, marco = await a_cluster(house)
    elsewhere = await coordinates(house, "Otto", "north-building-care")
    aisha = await house.joined("trainer", "Aisha", cluster_id=1)
    pablo = await house.joined("worker", "Pablo", cluster_id=2)
    ids = {phone: (await known(house, phone)).id for phone in (ines, marco, elsewhere, aisha, pablo)}
    for writer, reader in ((marco, aisha), (ines, pablo), (elsewhere, marco), (marco, elsewhere), (marco, marco)):
        await writer.tap_data(f"people:reply:{ids[reader]}")
        assert writer.texts[-2] == UNKNOWN, f"{writer.person.first_name} to {reader.person.first_name}"
        await writer.tap_data("people:said:hello")
    for number in ("0", "-1", "9" * 18, "x", ""):
        await marco.tap_data(f"people:reply:{number}")
        assert marco.texts[-2] == UNKNOWN
    assert not any("writes:" in text for phone in ids for text in phone.texts)


async def test_nobody_to_talk_to_is_said_so(house: Running) -> None:
    marco = await house.joined("worker", "Marco", cluster_id=2)
    nobody = "There is no coordinator for your region yet. I have noted your wish, and I am sorry."
    assert await marco.tap_data("people:human") == nobody
    ines = await coordinates(house)
    assert await ines.tap_data("people:human") == nobody, "she would only talk to herself"
    invited = house.phone("Otto")
    await invited.start(await invite(house, "andalucia-tourism"))
    assert await marco.tap_data("people:human") == nobody, "Otto has not agreed to anything yet"


async def test_the_line_is_cut_when_the_other_one_has_gone(house: Running) -> None:
    ines, marco = await a_cluster(house)
    await ines.tap_data(f"people:reply:{(await known(house, marco)).id}")
    await marco.tap_data("people:forget_yes")
    await house.advance(hours=2)
    await ines.say("Are you there?")
    assert ines.texts[-2:] == [UNKNOWN, "What would you like to do?"]
    assert not any("Are you there?" in text for text in marco.texts)


# staying away


async def letters(house: Running, person: Person) -> dict[str, tuple[str, str | None]]:
    async with house.read() as session:
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.person_id == person.id))
        return {row.dedupe_key: (row.state, row.error) for row in rows}


async def test_what_waits_while_somebody_is_away(house: Running) -> None:
    marco = await joins(house, "worker")
    ines = await coordinates(house)
    person = await known(house, marco)
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
        await put(
            session, [Letter(away, Outgoing(key), lane, key, now, late_after=late) for key, lane, late in kinds], now
        )
    await ines.tap_data(f"people:reply:{person.id}")
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
    assert any(key.startswith("lesson:") for key in await letters(house, person)), "and lessons come again"


async def test_blocked_by_a_refusal_on_sending(house: Running) -> None:
    marco = await joins(house, "worker")
    marco.person.blocked = True  # on the phone; the update about it has not come
    await house.advance(days=2)
    assert not (await known(house, marco)).reachable, "the first lesson could not be given"
    marco.person.blocked = False
    await marco.say("/menu")
    assert (await known(house, marco)).reachable
