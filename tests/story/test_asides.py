"""People who wander off, take things back, and come back: the whole programme, in words."""

from collections.abc import AsyncIterator

import pytest

from bot.texts import tongue
from tests.app import Phone, Running, running
from tests.onboarding.way import answer, answers, asked, known, question, talk
from tests.people.invitations import coordinates
from tests.rasa import SharedRasa

pytestmark = [pytest.mark.rasa, pytest.mark.xdist_group("rasa"), pytest.mark.timeout(240)]


@pytest.fixture
async def speaking(database_url: str, rasa: SharedRasa) -> AsyncIterator[Running]:
    async with running(database_url, rasa=True, **rasa.settings) as house:
        await house.words_ready()
        yield house


async def a_pair(house: Running) -> tuple[Phone, Phone, Phone]:
    """Marco and Aisha have accepted each other."""
    ines = await coordinates(house)
    marco = await house.joined("worker", "Marco", cluster_id=1, sector="bakery")
    aisha = await house.joined("trainer", "Aisha", cluster_id=1)
    await ines.tap_data("matching:round")
    await ines.tap("Send the offers")
    for one in (marco, aisha):
        await one.tap("Yes, I would like that")
    return ines, marco, aisha


async def test_a_meeting_is_asked_for_in_words_with_asides(speaking: Running) -> None:
    _ines, marco, _aisha = await a_pair(speaking)
    await marco.say("when can we meet?")
    assert (await talk(speaking, marco)).form == "meetings_when"
    assert "When would you like to meet Aisha?" in await marco.say("are you a robot?"), "and asks again"
    assert await marco.say("yesterday at 3") == "That time is over already. Which day and hour would suit you?"
    assert (await talk(speaking, marco)).form == "meetings_when", "still open"
    echo = await marco.say("on Friday at 4 in the afternoon")
    assert "Friday 27 November, at 16:00" in echo
    assert "is that right?" in echo
    assert "I am asking Aisha whether" in await marco.say("yes")
    assert (await talk(speaking, marco)).form == ""


async def test_something_else_leaves_the_question_for_a_time(speaking: Running) -> None:
    _ines, marco, _aisha = await a_pair(speaking)
    await marco.say("can we arrange a meeting")
    await marco.say("give me the next lesson please")
    assert (await talk(speaking, marco)).form == ""
    assert not any("When would you like" in text for text in marco.texts[-1:])


async def test_correcting_an_earlier_answer(speaking: Running) -> None:
    marco = await asked(speaking, "sector", language="it")
    said = await marco.say("no scusa, volevo dire Modena")
    assert "✓ Modena" in said
    assert tongue("it").plain("What kind of business do you work in?") in said
    assert (await answers(speaking, marco))["city"] == 3173331
    for slot in ("sector", "topics", "times"):
        await answer(marco, slot)
    assert (await known(speaking, marco)).city == "Modena"


async def test_a_participant_moves(speaking: Running) -> None:
    marco = await speaking.joined("worker", "Marco", cluster_id=1, sector="bakery", age_band="50-59")
    said = await marco.say("I live in Modena now")
    assert said.startswith("You wrote: Modena")
    await marco.say("yes")
    person = await known(speaking, marco)
    assert (person.city, person.sector, person.joined_at is not None) == ("Modena", "bakery", True)


async def test_a_problem_with_an_aside(speaking: Running) -> None:
    ines, marco, _aisha = await a_pair(speaking)
    await marco.say("I want to report a problem")
    await marco.say("She asked me for the password of my bank account.")
    said = await marco.say("are you a robot?")
    assert "She asked me for the password" in said, "the report goes on"
    await marco.say("yes")
    assert "Marco reports a problem." in ines.last
    assert "robot" not in ines.last


async def test_a_human_in_the_middle_of_the_questions(speaking: Running) -> None:
    ines = await coordinates(speaking)
    marco = await asked(speaking, "sector")
    assert (await marco.say("can I talk to a real person please")).startswith("I will ask your coordinators")
    assert question("sector") in await marco.say("yes")
    await ines.tap("Take over")
    await marco.say("I am not sure what to answer")
    assert ines.last.endswith("writes: I am not sure what to answer")


@pytest.mark.parametrize("words", ["stop", "go back"])
async def test_stop_and_back_leave_what_is_being_written(speaking: Running, words: str) -> None:
    _ines, marco, _aisha = await a_pair(speaking)
    await marco.tap_data("threads:problem")
    await marco.say(words)
    assert (await talk(speaking, marco)).form == ""
    assert marco.texts[-2:] == ["All right, I have stopped that.", "What would you like to do?"]


async def test_a_yes_to_another_language_is_no_consent(speaking: Running) -> None:
    phone = speaking.phone("Carmen", "en")
    await phone.start()
    await phone.say("no entiendo nada de lo que pone aquí")
    assert phone.last == "¿Quiere seguir en español?"
    await phone.say("sí")
    person = await known(speaking, phone)
    assert (person.language, person.consent_at) == ("es", None)
    assert "Soy twogether" in phone.last


async def test_a_problem_in_the_middle_of_the_questions(speaking: Running) -> None:
    ines = await coordinates(speaking)
    marco = await asked(speaking, "sector")
    said = await marco.say("I want to report a problem with the trainer")
    assert said.startswith("I take this seriously."), "and the question does not get in between"
    await marco.say("he asked me for money")
    assert question("sector") in await marco.say("yes")
    assert "he asked me for money" in ines.last
    assert "reports a problem" in ines.last
