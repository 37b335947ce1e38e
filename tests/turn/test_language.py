"""Which language somebody is spoken to in: detected at first, offered later, never changed by itself."""

import pytest

from bot.people.actions import language_meant
from bot.texts import tongue
from tests.app import Running
from tests.onboarding.way import asked, known
from tests.people.invitations import coordinates

OFFER = {
    "it": "Vuole continuare in italiano?",
    "de": "Möchten Sie auf Deutsch weitermachen?",
    "es": "¿Quiere seguir en español?",
}


@pytest.mark.parametrize(
    ("telegram", "words", "language"),
    [
        ("en", "Buongiorno, vorrei imparare a usare Instagram", "it"),
        ("de", "Hola, me gustaría participar", "es"),
        ("fr", "Guten Tag, ich möchte mitmachen", "de"),
        ("it", "ciao", "it"),
        ("es", "ok", "es"),
        ("pt-br", "👍", "en"),
    ],
)
async def test_the_first_words_are_answered_in_their_language(
    house: Running, telegram: str, words: str, language: str
) -> None:
    phone = house.phone("Sam", telegram)
    phone.person.started = True
    await phone.say(words)
    assert (await known(house, phone)).language == language


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("it", "non capisco l'inglese, possiamo parlare in italiano?"),
        ("de", "ich verstehe kein Wort von dem, was da steht"),
        ("es", "no entiendo nada de lo que pone aquí"),
    ],
)
async def test_another_language_is_offered_once_and_taken(house: Running, language: str, words: str) -> None:
    phone = await house.joined("worker", "Sam")
    assert await phone.say(words) == OFFER[language]
    await phone.say(words)
    assert phone.texts.count(OFFER[language]) == 1, "once a week is enough"
    assert (await known(house, phone)).language == "en", "never by itself"
    await phone.tap_data(f"people:language:{language}")
    assert (await known(house, phone)).language == language


async def test_no_leaves_it_as_it_is(house: Running) -> None:
    phone = await house.joined("worker", "Sam")
    await phone.say("ich verstehe kein Wort von dem, was da steht")
    assert await phone.tap("Nein") == "What would you like to do?"
    assert (await known(house, phone)).language == "en"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("no entiendo el inglés, ¿podemos hablar en español?", "es"),
        ("I don't speak Italian but German is fine", "de"),
        ("in tedesco per favore", "de"),
        ("ich kann kein Englisch", ""),
        ("not English. Italian please", "it"),
    ],
)
def test_the_language_asked_for_is_not_the_one_somebody_cannot_speak(words: str, meant: str) -> None:
    assert language_meant(words, "en") == meant


@pytest.mark.parametrize("words", ["Ciao!", "Danke", "Buongiorno Italia", "pizza margherita", "Hotel Schwarzer Adler"])
async def test_a_word_or_a_name_changes_nothing(house: Running, words: str) -> None:
    phone = await house.joined("worker", "Sam")
    await phone.say(words)
    assert not set(OFFER.values()) & set(phone.texts)


async def test_in_the_middle_of_the_questions(house: Running) -> None:
    phone = await asked(house, "sector")
    await phone.say("non capisco che cosa devo scrivere qui adesso")
    assert phone.last == OFFER["it"]
    assert tongue("it")("What kind of business do you work in?") in await phone.tap("Sì")


async def test_what_is_written_for_others_may_be_in_any_language(house: Running) -> None:
    ines = await coordinates(house)
    marco = await house.joined("worker", "Marco", cluster_id=1)
    await marco.tap_data("threads:problem")
    await marco.say("ich verstehe kein Wort von dem, was da steht")
    assert not set(OFFER.values()) & set(marco.texts + ines.texts)
