"""One answer changes after joining; and the coordinators' shorter way."""

import pytest

import db.lessons
from db.clusters import Cluster
from tests.app import Phone, Running
from tests.onboarding.way import answer, answers, asked, joins, known, question, talk
from tests.people.invitations import coordinates, invite

SHORT = {
    "name": "Name",
    "age_band": "Age",
    "languages": "Languages",
    "city": "Town",
    "sector": "Trade",
    "topics": "Topics",
    "times": "Free times",
}


async def changes(phone: Phone, slot: str) -> str:
    await phone.say("/menu")
    await phone.tap("Change my answers")
    return await phone.tap(SHORT[slot])


async def cluster_of(house: Running, phone: Phone) -> str:
    person = await known(house, phone)
    async with house.read() as session:
        cluster = await session.get(Cluster, person.cluster_id)
    return cluster.slug if cluster else ""


async def test_another_town_is_another_clock_and_another_cluster(house: Running) -> None:
    phone = await joins(house, "worker")
    assert await cluster_of(house, phone) == "emilia-food"
    joined_at = (await known(house, phone)).joined_at
    assert question("city") in await changes(phone, "city")
    assert await phone.say("Leeds") == "✓ Leeds (England)\n\nThank you, I have changed that."
    person = await known(house, phone)
    assert (person.city, person.country, person.zone) == ("Leeds", "GB", "Europe/London")
    assert await cluster_of(house, phone) == "north-building-care"
    assert (person.joined_at, person.age_band, person.sector) == (joined_at, "50-59", "bakery")
    assert (await talk(house, phone)).form == ""
    await changes(phone, "city")
    await phone.say("Zürich")
    person = await known(house, phone)
    assert (person.zone, person.cluster_id) == ("Europe/Zurich", None), "no group there yet, and no old one either"


@pytest.mark.parametrize("role", ["worker", "trainer"])
async def test_every_answer_can_change_by_itself(house: Running, role: str) -> None:
    phone = await joins(house, role)
    before = await known(house, phone)
    await phone.say("/menu")
    await phone.tap("Change my answers")
    offered = [slot for slot, label in SHORT.items() if label in phone.screen]
    assert offered == [slot for slot in SHORT if slot != "sector" or role == "worker"]
    for slot in offered:
        assert question(slot, role) in await changes(phone, slot)
        assert "Question" not in phone.last
        said = await answer(phone, slot, role)
        assert said.endswith("Thank you, I have changed that.")
    after = await known(house, phone)
    assert (after.topics, after.times, after.languages) == (before.topics, before.times, before.languages)
    assert (after.name, after.age_band, after.city_id, after.sector) == (
        before.name,
        before.age_band,
        before.city_id,
        before.sector,
    )


async def test_back_from_a_change_changes_nothing(house: Running) -> None:
    phone = await joins(house, "worker")
    await changes(phone, "city")
    assert await phone.tap("Back") == "What would you like to change?"
    assert (await talk(house, phone)).form == ""
    assert (await known(house, phone)).city == "Bologna"
    assert await answers(house, phone) == {}


async def test_what_a_role_is_not_asked_it_cannot_change(house: Running) -> None:
    trainer, ines = await joins(house, "trainer"), await coordinates(house)
    for phone, slots in ((trainer, ("sector", "role", "consent", "x", "")), (ines, ("age_band", "city", "role"))):
        before = await known(house, phone)
        for slot in slots:
            await phone.tap_data(f"onboarding:edit:{slot}")
            assert "I don't know this button. Here is what I can do:" in phone.texts[-2]
            await phone.tap_data("onboarding:answer:role:worker")
        assert (await known(house, phone)).role == before.role


async def test_a_role_is_not_changed_by_forging_in_the_middle_of_a_change(house: Running) -> None:
    phone = await joins(house, "worker")
    await changes(phone, "name")
    for data in ("onboarding:answer:role:trainer", "onboarding:pick:role:trainer", "onboarding:answer:city:Leeds"):
        await phone.tap_data(data)
    person = await known(house, phone)
    assert (person.role, person.city) == ("worker", "Bologna")
    assert await phone.say("Marcello") == "Nice to meet you, Marcello!\n\nThank you, I have changed that."


async def test_the_coordinators_way_is_shorter(house: Running) -> None:
    phone = house.phone("Ines")
    await phone.start(await invite(house))
    assert phone.texts[0] == "Welcome! You now coordinate the cluster Emilia-Romagna, food and crafts."
    assert question("consent") in phone.last
    assert question("name") in await phone.tap("Yes, let's start")
    assert "Question" not in phone.last
    await phone.tap("Ines")
    assert phone.texts[-2:] == ["Thank you, Ines. Everything is ready.", "What would you like to do?"]
    person = await known(house, phone)
    assert (person.role, person.name, person.joined_at) == ("coordinator", "Ines", house.app.clock.now())
    assert house.tg.keyboard(phone.person)[0] == ["Overview", "Find matches"]
    async with house.read() as session:
        assert await db.lessons.plan(session, person.id) is None, "no lessons for coordinators"
    await phone.tap_data("onboarding:change")
    assert question("name") in await phone.tap("Name")
    await phone.say("Inés")
    assert (await known(house, phone)).name == "Inés"


async def test_an_invitation_in_the_middle_of_joining_shortens_the_way(house: Running) -> None:
    phone = await asked(house, "sector")
    await phone.start(await invite(house))
    assert phone.texts[-2:] == ["Thank you, Marco. Everything is ready.", "What would you like to do?"]
    assert (await known(house, phone)).role == "coordinator"
