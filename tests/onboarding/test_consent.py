"""Consent first: without a yes nothing is kept, and whoever is too young is let go with nothing kept either."""

from datetime import timedelta
from typing import Any

from sqlalchemy import inspect, select

from db import tables
from db.people import Conversation, Person
from tests.app import Phone, Running
from tests.onboarding.way import answers, asked, joins, known, question, talk
from tests.people.invitations import invite

FRESH = {"id", "channel", "address", "created_at", "seen_at", "language", "reachable", "zone", "erase_at"} | {
    "hears_announcements"
}
FRESH |= {"travel_km", "remote", "places"}  # the same for everybody until they say otherwise


def told(person: Person) -> dict[str, Any]:
    """What a person's row holds beyond what comes with every first hello."""
    columns = inspect(Person).columns.keys()
    return {name: value for name in columns if name not in FRESH and (value := getattr(person, name))}


async def rows(house: Running) -> dict[str, int]:
    """How many rows each table has that point at a person (or are one)."""
    found = {}
    async with house.read() as session:
        for table in tables.metadata.sorted_tables:
            if table.name in ("inbox", "audit", "clusters", "alembic_version"):
                continue
            found[table.name] = len((await session.execute(select(table))).all())
    return {name: number for name, number in found.items() if number}


async def tries_everything(phone: Phone) -> None:
    for data in (
        "onboarding:pick:name:Marco",
        "onboarding:pick:role:worker",
        "onboarding:start:worker",
        "onboarding:pick:age_band:50-59",
        "onboarding:toggle:topics:instagram",
        "onboarding:done:topics",
        "onboarding:pick:city:3181928",
        "onboarding:answer:name:Marco",
        "onboarding:edit:name",
        "onboarding:restart",
        "onboarding:back",
        "lessons:next",
        "people:menu",
    ):
        await phone.tap_data(data)
    for words in ("Marco", "I want to learn instagram", "58", "Bologna", "/lesson", "/meetings"):
        await phone.say(words)
    phone.house.tg.location(phone.person, 44.49, 11.34)
    phone.house.tg.photo(phone.person)
    await phone.house.idle()


async def test_without_a_yes_nothing_is_kept_whatever_is_tapped_or_typed(house: Running) -> None:
    phone = house.phone("Marco")
    await phone.start()
    await tries_everything(phone)
    assert question("consent") in "\n".join(phone.texts[-2:])
    assert told(await known(house, phone)) == {}
    assert await answers(house, phone) == {}
    assert set(await rows(house)) <= {"people", "conversations", "outbox"}


async def test_who_says_no_is_not_kept(house: Running) -> None:
    for words in ("", "no grazie"):
        phone = house.phone("Marco")
        await phone.start()
        said = await (phone.say(words) if words else phone.tap("No, thank you"))
        assert said.startswith("I understand. Without your yes I may not keep anything, so we stop here.")
        assert "Hello!" not in said, "and is not asked again at once"
        assert phone.screen == ["Yes, let's start"]
    await house.advance(hours=1, minutes=1)
    assert await rows(house) == {}


async def test_who_said_no_may_still_say_yes(house: Running) -> None:
    phone = house.phone("Marco")
    await phone.start()
    await phone.tap("No, thank you")
    assert question("name") in await phone.tap("Yes, let's start")
    assert (await known(house, phone)).consent_at is not None
    await house.advance(hours=2)
    assert (await known(house, phone)).erase_at is None, "who is back is not erased"


async def test_who_takes_the_yes_back_is_not_kept(house: Running) -> None:
    """The old "No, thank you" above still works in the middle, and asks first: there is something to lose now."""
    phone = await asked(house, "sector")
    before = await answers(house, phone)
    await phone.tap_data("onboarding:no")
    assert await answers(house, phone) == before
    await phone.tap("Yes, delete everything")
    assert told(await known(house, phone)) == {}
    assert await rows(house) == {"people": 1, "outbox": 1}
    await house.advance(hours=2)
    assert await rows(house) == {}


async def test_a_minor_is_let_go_and_nothing_is_kept(house: Running) -> None:
    phone = await asked(house, "age_band", "trainer")
    await phone.tap("Another age")
    assert "Are you really 17 years old?" in await phone.say("17")
    assert (await known(house, phone)).consent_at is not None, "a slip of the finger costs nothing"
    said = await phone.tap("Yes, I am")
    assert said == "Thank you for asking! This programme is for adults only. I have deleted what you told me."
    assert told(await known(house, phone)) == {}
    assert await rows(house) == {"people": 1, "outbox": 1}, "the goodbye, for as long as it takes to say it"
    async with house.read() as session:
        assert (await session.scalars(select(Conversation))).all() == []
    await house.advance(hours=1, minutes=1)
    assert await rows(house) == {}
    assert question("consent") in await phone.start(), "and may come as a stranger"


async def test_a_participant_who_mistypes_their_age_stays(house: Running) -> None:
    phone = await joins(house, "worker")
    await phone.tap_data("onboarding:edit:age_band")
    said = await phone.say("17")
    assert said.startswith("This programme is for adults only. Are you really 17 years old?")
    assert question("age_band") in said
    await phone.tap("Yes, I am")
    person = await known(house, phone)
    assert (person.joined_at, person.age_band) == (person.consent_at, "50-59")
    await phone.say("67")
    assert (await known(house, phone)).age_band == "60-69"


async def test_why_and_the_way_out_before_the_yes(house: Running) -> None:
    phone = house.phone("Marco")
    await phone.start()
    assert question("consent") in await phone.tap("Why?")
    assert phone.texts[-2].startswith("I only ask what is needed to find a partner")
    await phone.say("/forget")
    await phone.tap("Yes, delete everything")
    assert (await known(house, phone)).erase_at == house.app.clock.now() + timedelta(hours=1)


async def test_a_coordinator_who_says_no_is_none(house: Running) -> None:
    phone = house.phone("Ines")
    token = await invite(house)
    await phone.start(token)
    await phone.tap("No, thank you")
    assert (await known(house, phone)).role == ""
    assert "coordinations" not in await rows(house)
    await phone.start(token)
    assert (await known(house, phone)).role == "coordinator", "it was their invitation, and still is"
    assert (await talk(house, phone)).asked == "consent"
