"""The way through the questions on a phone, by taps, and what is known on the way."""

from typing import Any

import db.people
from bot.onboarding import rules
from bot.texts import tongue
from db.people import Conversation, Person
from tests.app import Phone, Running

QUESTION = {
    "consent": "Is that all right?",
    "name": "What is your name?",
    "role": "What would you like to do here?",
    "age_band": "How old are you?",
    "languages": "Which languages can you meet in?",
    "city": "Where do you live or work?",
    "sector": "What kind of business do you work in?",
    "topics": {"worker": "What would you like to learn?", "trainer": "What can you teach?"},
    "times": "When do you usually have time to meet?",
}
ANSWERS = {
    "worker": {"role": "worker", "age_band": "50-59"},
    "trainer": {"role": "trainer", "age_band": "22-24"},
    "coordinator": {"role": "coordinator"},
}


def question(slot: str, role: str = "worker") -> str:
    asked = QUESTION[slot]
    return asked if isinstance(asked, str) else asked[role]


def slots_of(role: str) -> tuple[str, ...]:
    return rules.needed(ANSWERS[role])


async def answer(phone: Phone, slot: str, role: str = "worker") -> str:
    """Answer this question as one would, by its buttons; only a town is written."""
    t = tongue(phone.person.language_code or "en")
    match slot:
        case "consent":
            return await phone.tap(t.plain("Yes, let's start"))
        case "name":
            return await phone.tap(phone.person.first_name)
        case "role":
            return await phone.tap(t.plain("I would like to learn" if role == "worker" else "I would like to teach"))
        case "age_band":
            return await phone.tap(ANSWERS[role]["age_band"])
        case "city":
            return await phone.say("Bologna")
        case "sector":
            return await phone.tap_data("onboarding:pick:sector:bakery")
        case "topics":
            await phone.tap("▫️ Instagram")
        case "times":
            await phone.tap("▫️ " + t.plain("Saturdays"))
    return await phone.tap(t.plain("Done"))


async def asked(house: Running, slot: str, role: str = "worker", *, name: str = "Marco", language: str = "en") -> Phone:
    """Somebody who has answered everything before this question."""
    phone = house.phone(name, language)
    await phone.start()
    for before in slots_of(role):
        if before == slot:
            return phone
        await answer(phone, before, role)
    raise AssertionError(f"a {role} is not asked {slot}")


async def joins(house: Running, role: str, *, name: str = "Marco", language: str = "en") -> Phone:
    """Somebody who has answered everything."""
    phone = await asked(house, "times", role, name=name, language=language)
    await answer(phone, "times", role)
    assert (await known(house, phone)).joined_at is not None
    return phone


async def known(house: Running, phone: Phone) -> Person:
    async with house.read() as session:
        person = await db.people.by_address(session, "telegram", phone.address)
    assert person is not None
    return person


async def talk(house: Running, phone: Phone) -> Conversation:
    person = await known(house, phone)
    async with house.read() as session:
        found = await db.people.talk_of(session, person.id)
    assert found is not None
    return found


async def answers(house: Running, phone: Phone) -> dict[str, Any]:
    """What is answered so far, but for what is only picked."""
    return {slot: value for slot, value in (await talk(house, phone)).answers.items() if slot != "picked"}
