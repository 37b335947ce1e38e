"""Joining by taps, question by question: there and back again, stop and go on, another role, another language."""

import pytest

from bot.onboarding import rules
from bot.texts import NAMES
from simulator import Telegram
from tests.app import TOKEN, Phone, Running, app_on, standing_still
from tests.onboarding.way import answer, answers, asked, joins, known, question, slots_of, talk
from tests.people_factory import BOLOGNA

WORKER = slots_of("worker")
HELP = ("Back", "Help")


@pytest.mark.parametrize("role", ["worker", "trainer"])
async def test_every_question_in_its_order_and_all_of_it_is_kept(house: Running, role: str) -> None:
    phone = house.phone("Marco")
    await phone.start()
    slots = slots_of(role)
    for number, slot in enumerate(slots):
        assert question(slot, role) in phone.last
        if slot not in ("consent", "name", "role"):
            assert f"Question {number} of {len(slots) - 1}" in phone.last
        assert phone.screen[-2:] == ["Why?", "Language"] if slot == "consent" else list(HELP)
        await answer(phone, slot, role)
    person = await known(house, phone)
    assert (person.role, person.name, person.age_band) == (role, "Marco", "50-59" if role == "worker" else "22-24")
    assert (person.city_id, person.city, person.country, person.zone) == (BOLOGNA, "Bologna", "IT", "Europe/Rome")
    assert (person.languages, person.topics, person.times) == (["en"], ["instagram"], ["5-am", "5-pm", "5-eve"])
    assert person.sector == ("bakery" if role == "worker" else "")
    assert person.consent_at is not None
    assert person.cluster_id is not None
    assert any("you are in! This is what I noted:" in text for text in phone.texts)
    assert (await talk(house, phone)).form == ""


async def test_back_from_every_question(house: Running) -> None:
    phone = house.phone("Marco")
    await phone.start()
    assert "Back" not in phone.screen, "before the first question there is none"
    for slot in WORKER:
        before = rules.previous({"role": "worker"}, slot)
        if slot == "name":
            assert "This is the first question." in await phone.tap("Back")
        elif before is not None:
            assert question(before) in await phone.tap("Back")
            assert before not in await answers(house, phone)
            await answer(phone, before)
        assert question(slot) in phone.last
        await answer(phone, slot)
    assert (await known(house, phone)).joined_at is not None


async def test_all_the_way_back_and_on_again(house: Running) -> None:
    phone = await asked(house, "times")
    for slot in reversed(WORKER[1:-1]):
        assert question(slot) in await phone.tap("Back")
    assert await answers(house, phone) == {"consent": True}
    for slot in WORKER[1:]:
        await answer(phone, slot)
    assert (await known(house, phone)).joined_at is not None


async def test_from_the_beginning_again(house: Running) -> None:
    phone = await asked(house, "sector")
    said = await phone.tap_data("onboarding:restart")
    assert said.startswith("All right, from the beginning.")
    assert question("name") in said
    assert await answers(house, phone) == {"consent": True}, "what was agreed stands"


async def test_who_stops_or_stays_away_goes_on_where_they_were(house: Running) -> None:
    """At every question: stop and go on; three weeks of silence; another language and back."""
    phone = house.phone("Marco")
    await phone.start()
    for slot in WORKER:
        before = await answers(house, phone)
        assert (await phone.say("/stop")).startswith("All right, we stop here. Nothing is lost")
        assert question(slot) in await phone.tap("Go on")
        await house.advance(days=21)
        assert question(slot) in await phone.start()
        await phone.say("/language")
        await phone.tap(NAMES["de"])
        assert (await talk(house, phone)).asked == slot
        assert slot == "consent" or phone.screen[-2:] == ["Zurück", "Hilfe"]
        await phone.say("/language")
        assert question(slot) in await phone.tap(NAMES["en"])
        assert await answers(house, phone) == before
        await answer(phone, slot)
    assert (await known(house, phone)).joined_at == house.app.clock.now()


async def test_after_a_restart_the_next_question(database_url: str) -> None:
    async with Telegram(token=TOKEN) as tg:
        clock = standing_still()
        async with app_on(tg, database_url, clock=clock) as house:
            phone = await asked(house, "topics")
            await phone.tap("▫️ Instagram")
            before = await answers(house, phone)
        async with app_on(tg, database_url, clock=clock) as house:
            phone = Phone(house, phone.person)
            assert await answers(house, phone) == before
            assert question("times") in await phone.tap("Done"), "even the button from before the restart"
            assert (await answers(house, phone))["topics"] == ["instagram"]


async def test_another_role_asks_what_it_needs(house: Running) -> None:
    phone = await asked(house, "times")
    await phone.tap_data("onboarding:pick:role:trainer")
    assert await answers(house, phone) == {
        "consent": True,
        "name": "Marco",
        "role": "trainer",
        "languages": ["en"],
        "city": BOLOGNA,
    }
    assert question("age_band") in phone.last
    assert {"18-21", "22-24", "25-27"} <= set(phone.screen)
    await phone.tap_data("onboarding:pick:age_band:50-59")
    assert question("age_band") in phone.last, "a learner's age is no trainer's"
    await phone.tap_data("onboarding:pick:sector:bakery")
    assert "sector" not in await answers(house, phone)
    for slot in ("age_band", "topics", "times"):
        await answer(phone, slot, "trainer")
    person = await known(house, phone)
    assert (person.role, person.age_band, person.sector) == ("trainer", "22-24", "")


async def test_what_is_picked_survives_another_language(house: Running) -> None:
    phone = await asked(house, "languages")
    await phone.tap("▫️ German")
    assert "✅ German" in phone.screen
    await phone.say("/language")
    await phone.tap("Italiano")
    assert {"✅ Inglese", "✅ Tedesco"} <= {label.title() for label in phone.screen}
    await phone.tap("Fatto")
    assert sorted((await answers(house, phone))["languages"]) == ["de", "en"]


async def test_at_least_one_of_several(house: Running) -> None:
    phone = await asked(house, "topics")
    assert await phone.tap("Done") == "Please choose at least one."
    assert "topics" not in await answers(house, phone)
    await phone.tap("▫️ Instagram")
    assert "✅ Instagram" in phone.screen
    await phone.tap("✅ Instagram")
    assert "▫️ Instagram" in phone.screen
    assert await phone.tap("Done") == "Please choose at least one."


async def test_old_buttons_of_answered_questions(house: Running) -> None:
    """While joining they change the answer; afterwards they say where that is done."""
    phone = await asked(house, "sector")
    old = [
        "onboarding:pick:name:Marcello",
        "onboarding:pick:age_band:60-69",
        "onboarding:toggle:languages:it",
    ]
    for data in old[:2]:
        assert question("sector") in await phone.tap_data(data)
    assert (await answers(house, phone))["name"] == "Marcello"
    assert (await answers(house, phone))["age_band"] == "60-69"
    await phone.tap_data(old[2])
    assert (await answers(house, phone))["languages"] == ["en"], "until it is done"
    for slot in ("sector", "topics", "times"):
        await answer(phone, slot)
    joined = await known(house, phone)
    for data in (*old, "onboarding:done:topics", "onboarding:age", "onboarding:no", "onboarding:pick:consent:yes"):
        said = await phone.tap_data(data)
        assert said == "You have answered this already. You can change your answers here:"
    after = await known(house, phone)
    assert (after.name, after.age_band, after.consent_at) == (joined.name, joined.age_band, joined.consent_at)


async def test_buttons_of_another_person_change_only_ones_own(house: Running) -> None:
    marco, aisha = await asked(house, "city"), await asked(house, "role", "trainer", name="Aisha")
    before = await answers(house, marco)
    kept, row, column = aisha.find("I would like to teach")
    await marco.tap_data(str(kept.buttons[row][column]["callback_data"]), kept.id)
    assert (await answers(house, marco))["role"] == "trainer"
    assert "role" not in await answers(house, aisha)
    assert before["role"] == "worker"


async def test_an_overview_of_one_answer_comes_only_when_all_are_given(house: Running) -> None:
    phone = await joins(house, "worker")
    summary = next(text for text in phone.texts if "This is what I noted:" in text)
    for line in ("Age: 50-59", "Languages: English", "Town: Bologna", "Topics: Instagram", "Free times: Saturdays"):
        assert line in summary
    assert {"Start the first lesson", "Change my answers"} <= set(phone.screen)
    assert house.tg.keyboard(phone.person) == [["Next lesson", "My trainer"], ["My meetings", "Menu"]]
