"""Whatever is sent in the middle of a question: a sentence, the question again, and no answer that was not given."""

from typing import Any

from bot.people import places
from tests.app import Phone, Running
from tests.onboarding.way import answer, answers, asked, joins, known, question, slots_of
from tests.people_factory import BOLOGNA

SENT: dict[str, dict[str, Any]] = {
    "voice": {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}},
    "sticker": {
        "sticker": {
            "file_id": "s",
            "file_unique_id": "s",
            "type": "regular",
            "width": 1,
            "height": 1,
            "is_animated": False,
            "is_video": False,
        }
    },
    "photo": {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}]},
    "document": {"document": {"file_id": "d", "file_unique_id": "d"}},
    "contact": {"contact": {"phone_number": "+39051", "first_name": "Marco"}},
    "dice": {"dice": {"emoji": "🎲", "value": 3}},
    "nothing at all": {},
}
SAYS = {
    "voice": "I cannot listen to voice messages yet: please write it in words.",
    "sticker": "A nice one! Please tell me in words, or tap a button.",
    "photo": "Thank you for the photo. I cannot look at pictures yet: please write it in words.",
}
NO_ANSWER = ["😀", "‮ ‬ ‏ ‏", "/no_such_command", "0" * 4096]
HARD = ["x" * 4096, "{name} {0} %s", "a\n\n\nb", "<b>&</b>", "مرحبا، اسمي محمد"]


async def sends(phone: Phone, content: dict[str, Any]) -> None:
    user = {"id": phone.person.id, "is_bot": False, "first_name": "Marco"}
    chat = {"id": phone.person.id, "type": "private", "first_name": "Marco"}
    updates = phone.house.tg.updates
    message = {"message_id": 9_000_000, "date": 1, "chat": chat, "from": user, **content}
    updates.put_raw({"update_id": updates.next_id, "message": message})
    updates.next_id += 1
    await phone.house.idle()


async def test_at_every_question_what_is_no_answer_is_none(house: Running) -> None:
    phone = house.phone("Marco")
    await phone.start()
    for slot in slots_of("worker"):
        before = await answers(house, phone)
        for kind, content in SENT.items():
            heard = len(phone.texts)
            await sends(phone, content)
            said = phone.texts[heard:]
            assert said, f"silence after {kind}"
            assert SAYS.get(kind, "I cannot read that.") in said[0]
            assert question(slot) in said[-1]
        for words in NO_ANSWER:
            heard = len(phone.texts)
            await phone.say(words)
            assert phone.texts[heard:], f"silence after {words[:10]}"
            assert question(slot) in phone.last
        assert await answers(house, phone) == before
        await answer(phone, slot)
    assert (await known(house, phone)).joined_at is not None


async def test_hard_words_at_every_question_never_fail(house: Running) -> None:
    phone = house.phone("Marco")
    await phone.start()
    for slot in slots_of("worker"):
        for words in HARD:
            heard = len(phone.texts)
            await phone.say(words)
            assert len(phone.texts) > heard
        if slot not in await answers(house, phone):
            assert question(slot) in phone.last
            await answer(phone, slot)
    assert not [line for line in house.log if line["event"] == "turn.failed"]


async def test_an_age_that_does_not_fit(house: Running) -> None:
    phone = await asked(house, "age_band")
    for age, says in (
        ("-3", "-3 cannot be right as an age. Please write a number, for example 58."),
        ("300", "300 cannot be right as an age. Please write a number, for example 58."),
        ("45", "This programme is for learners of 50 and older and for trainers from 18 to 27."),
        ("old", "I did not understand the age. Please write a number, for example 58."),
    ):
        said = await phone.say(age)
        assert said.startswith(says)
        assert question("age_band") in said
    assert "age_band" not in await answers(house, phone)


async def test_who_is_of_the_other_age_may_change_sides(house: Running) -> None:
    phone = await asked(house, "age_band", "worker")
    assert "Would you rather teach" in await phone.say("22")
    assert question("age_band") in await phone.tap("I would like to teach")
    await phone.say("22")
    assert (await answers(house, phone))["role"] == "trainer"
    assert (await answers(house, phone))["age_band"] == "22-24"


async def test_an_age_in_words_and_by_another_way(house: Running) -> None:
    phone = await asked(house, "age_band", "trainer")
    said = await phone.tap("Another age")
    assert said.startswith("Please write your age as a number. This programme is made for trainers from 18 to 27.")
    await phone.say("twenty-two")
    assert (await answers(house, phone))["age_band"] == "22-24"


async def test_a_town_that_exists_five_times(house: Running) -> None:
    phone = await asked(house, "city")
    said = await phone.say("Newport")
    assert said.startswith("There are several places with this name. Which one is yours?")
    towns = phone.screen[:-2]
    assert len(towns) >= 5
    await phone.tap(towns[-1])
    place = places.get((await answers(house, phone))["city"])
    assert place is not None
    assert places.label(place, "en")[:60] == towns[-1]
    assert question("sector") in phone.last


async def test_a_town_chosen_by_typing_its_line(house: Running) -> None:
    phone = await asked(house, "city")
    await phone.say("Newport")
    await phone.say(phone.screen[1].lower())
    assert "city" in await answers(house, phone)


async def test_a_town_that_does_not_exist(house: Running) -> None:
    phone = await asked(house, "city")
    said = await phone.say("Xqzvbrk")
    assert said.startswith("I do not know this place. Please write the nearest larger town")
    assert question("city") in said
    await phone.tap_data("onboarding:pick:city:999999999")
    assert phone.texts[-2] == "I don't know this button. Here is what I can do:"
    assert "city" not in await answers(house, phone)


async def test_a_shared_position_answers_the_town(house: Running) -> None:
    phone = await asked(house, "city")
    house.tg.location(phone.person, 44.4938, 11.3387)
    await house.idle()
    assert phone.last.startswith("✓ Bologna")
    assert (await answers(house, phone))["city"] == BOLOGNA
    house.tg.location(phone.person, 48.1, 11.6)
    await house.idle()
    assert phone.texts[-1] == "Thank you, but I do not need your location now."
    assert (await answers(house, phone))["city"] == BOLOGNA


async def test_a_position_in_the_middle_of_the_ocean(house: Running) -> None:
    phone = await asked(house, "city")
    house.tg.location(phone.person, -48.9, -123.4)
    await house.idle()
    assert phone.last == "I know no town near there. Please write the name of your town."
    assert "city" not in await answers(house, phone)


async def test_nothing_is_pressed_by_words_that_are_no_answer_after_joining(house: Running) -> None:
    phone = await joins(house, "worker")
    before = await known(house, phone)
    await phone.say("Ferrara")
    assert (await known(house, phone)).city_id == before.city_id
