"""Questions with several answers, an order, a mistake to find, words of one's own: on a phone, and their rules."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lessons import rules
from bot.lessons.curriculum import Lesson
from tests.app import Phone, Running
from tests.lessons.learner import COURSE, given_answers, has_quiz, read_anew, studies, track

UNKNOWN = "I don't know this button. Here is what I can do:"


def every_kind(house: Running) -> Lesson:
    return next(one for one in track(house, "worker") if one.folder.endswith("every-kind"))


@pytest.fixture
async def marco(house: Running) -> Phone:
    """At the question with two right answers."""
    read_anew(house, COURSE.with_name("course_of_questions"))
    phone = await house.joined("worker", "Marco")
    await phone.tap_data(f"lessons:open:{every_kind(house).uuid}")
    await phone.tap("Next")
    return phone


async def to_the_order(phone: Phone) -> None:
    for label in ("▫️ Hours", "▫️ Phone", "Done"):
        await phone.tap(label)


async def to_the_words(phone: Phone) -> None:
    await to_the_order(phone)
    for letter in "CAB":
        await phone.tap(letter)
    await phone.vote(1)


async def test_several_are_ticked_cleared_and_done(house: Running, marco: Phone) -> None:
    assert marco.screen == ["▫️ Hours", "▫️ Prices", "▫️ Phone", "Done"]
    said = len(marco.texts)
    await marco.tap("▫️ Hours")
    await marco.tap("▫️ Prices")
    await marco.tap("✅ Prices")
    assert marco.screen == ["✅ Hours", "▫️ Prices", "▫️ Phone", "Done"]
    assert len(marco.texts) == said, "the same message changes"
    await marco.tap("▫️ Phone")
    await marco.tap("Done")
    assert any(text.startswith("✅ Right!") for text in marco.texts)
    assert "✓ Hours and Phone" in marco.texts[said - 1]
    assert [one.correct for one in await given_answers(house, marco, every_kind(house).uuid)] == [True]


async def test_what_was_wrong_among_several_is_explained(house: Running, marco: Phone) -> None:
    assert await marco.tap("Done") == "Please choose at least one."
    await marco.tap("▫️ Prices")
    await marco.tap("▫️ Phone")
    await marco.tap("Done")
    verdict = next(text for text in marco.texts if text.startswith("Not quite."))
    assert "Hours\nPeople read them first." in verdict
    assert "Prices\nThey change too often." in verdict
    assert "Who finds it closed" not in verdict
    assert [one.correct for one in await given_answers(house, marco, every_kind(house).uuid)] == [False]


async def test_several_by_words(house: Running, marco: Phone) -> None:
    for words in ("a", "Phone", "done"):
        await marco.say(words)
    assert [one.correct for one in await given_answers(house, marco, every_kind(house).uuid)] == [True]


async def test_an_order_is_tapped_step_by_step(house: Running, marco: Phone) -> None:
    await to_the_order(marco)
    assert marco.screen == ["A", "B", "C"], "long options stand in the text, under their letters"
    assert "A  Thank them and say what you understood from it" in marco.last
    await marco.tap("B")
    await marco.tap("Begin again")
    await marco.tap("C")
    assert "1. Read it twice" in marco.last
    assert "And then?" in marco.last
    await marco.tap("A")
    await marco.tap("B")
    assert [one.correct for one in await given_answers(house, marco, every_kind(house).uuid)] == [True, True]
    assert has_quiz(marco), "the mistake to find is a quiz"


async def test_a_wrong_order_is_set_right(house: Running, marco: Phone) -> None:
    await to_the_order(marco)
    for letter in "ACB":
        await marco.tap(letter)
    verdict = next(text for text in marco.texts if text.startswith("Not quite."))
    assert "1. Read it twice\n2. Thank them" in verdict
    assert "Before anything else." in verdict


async def test_words_of_ones_own(house: Running, marco: Phone) -> None:
    await to_the_words(marco)
    assert marco.screen == ["Skip"]
    await marco.say("Sorry about that! Thank you for telling us.")
    verdict = next(text for text in marco.texts if text.startswith("✅ Well said!"))
    assert verdict.endswith("Invite them to come again."), "what could be added is said"
    kept = await given_answers(house, marco, every_kind(house).uuid)
    assert [(one.choice, one.correct) for one in kept][-1] == (2, True)
    assert any("Put your hours on the door." in text for text in marco.texts), "and the lesson goes on"


@pytest.mark.parametrize("words", ["they were rude", "👍", "x" * 4000, "sorry"])
async def test_words_that_miss_the_point(house: Running, marco: Phone, words: str) -> None:
    await to_the_words(marco)
    await marco.say(words)
    assert any(text.startswith("A good start.") for text in marco.texts)
    assert any("Put your hours on the door." in text for text in marco.texts)


async def test_a_question_may_be_skipped(house: Running, marco: Phone) -> None:
    await to_the_words(marco)
    await marco.tap("Skip")
    assert (await studies(house, marco))[0].finished_at is not None
    await marco.say("Sorry! Thank you!")
    assert not any(text.startswith("✅ Well said!") for text in marco.texts), "the form is closed"


async def test_other_buttons_leave_the_question_and_lesson_comes_back_to_it(house: Running, marco: Phone) -> None:
    await to_the_words(marco)
    await marco.say("/menu")
    await marco.say("/lesson")
    assert "What do you write?" in marco.last
    await marco.say("I am sorry. Come back soon, thank you")
    assert any(text == "✅ Well said!" for text in marco.texts)


@pytest.mark.parametrize("letters", ["z", "aa", "abcd", "A", "", "-a", "a-", "ä", "1"])
async def test_a_forged_choice_is_none(house: Running, marco: Phone, letters: str) -> None:
    study = (await studies(house, marco))[0]
    for data in (f"lessons:pick:{study.id}:which-two:{letters}", f"lessons:picked:{study.id}:which-two:{letters}"):
        await marco.tap_data(data)
        assert UNKNOWN in marco.texts[-2:][0] + marco.last
    await marco.tap_data(f"lessons:pick:{study.id}:where-wrong:a")
    await marco.tap_data(f"lessons:answer:{study.id}:which-two:0")
    assert await given_answers(house, marco, every_kind(house).uuid) == []
    assert not [line for line in house.log if line["event"] == "turn.failed"]


async def test_an_answer_when_no_question_is_open(house: Running, marco: Phone) -> None:
    await marco.tap_data("lessons:said:whatever")
    assert marco.last == "I took that for an answer to a question. Please write it once more."
    assert await given_answers(house, marco, every_kind(house).uuid) == []


# the rules


@given(st.lists(st.integers(0, 11), unique=True, max_size=12))
def test_what_is_written_into_a_button_is_read_back(chosen: list[int]) -> None:
    assert rules.picked(rules.letters(chosen), 12) == tuple(chosen)


@given(st.text(max_size=20), st.integers(0, 12))
def test_any_letters_are_read_or_refused(letters: str, options: int) -> None:
    found = rules.picked(letters, options)
    assert found is None or (len(set(found)) == len(found) and all(0 <= one < options for one in found))


@given(st.sets(st.integers(0, 11)), st.integers(0, 11))
def test_a_toggle_twice_is_none(chosen: set[int], option: int) -> None:
    start = tuple(sorted(chosen))
    assert rules.toggled(rules.toggled(start, option), option) == start


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ("I'm SORRY, thanks!", (0, 1)),
        ("My apologies", (0,)),
        ("Please come  back", (2,)),
        ("Danke schön", ()),
        ("", ()),
        ("unsorry", ()),
    ],
)
def test_points_are_found_by_the_beginnings_of_words(said: str, made: tuple[int, ...]) -> None:
    assert rules.points_made(said, ("sorry / apolog", "thank", "come back / again")) == made


@given(st.text(max_size=200), st.lists(st.text(max_size=30), max_size=5))
def test_any_words_and_points_are_fine(said: str, points: list[str]) -> None:
    made = rules.points_made(said, points)
    assert list(made) == sorted(set(made))
    assert all(0 <= at < len(points) for at in made)


def test_every_order_has_a_number_of_its_own() -> None:
    from bot.lessons.question_taps import as_number

    chosen = [order for length in range(1, 6) for order in permutations(range(5), length)]
    assert len({as_number(order) for order in chosen}) == len(chosen)
    assert max(map(as_number, chosen)) < 2**31
