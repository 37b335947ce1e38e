""" "Again, please" and "simpler, please" in the middle of a lesson, after it, and where there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lessons.curriculum import load
from bot.lessons.glossary import Glossary, Term
from bot.lessons.markdown import to_plain
from bot.lessons.simpler import thoughts, words_to_explain
from bot.messages import LANGUAGES
from bot.texts import tongue
from tests.app import Phone, Running
from tests.lessons.learner import has_quiz, studies, to_block, to_the_end, track
from tests.lessons.test_curriculum import REAL


@pytest.fixture
async def marco(house: Running) -> Phone:
    return await house.joined("worker", "Marco", "it")


async def test_a_card_once_more(house: Running, marco: Phone) -> None:
    await marco.tap_data("lessons:next")
    before = marco.last
    number = len(marco.texts)
    await marco.tap_data("lessons:once_more")
    assert marco.texts[number:] == ["Volentieri, ancora una volta:", before]
    await marco.tap("Avanti")
    assert marco.last != before, "the lesson goes on from there"


async def test_a_card_more_simply(house: Running, marco: Phone) -> None:
    card = await marco.tap_data("lessons:next")
    await marco.tap_data("lessons:simpler")
    assert marco.last.startswith("Con calma, una cosa alla volta:")
    lines = [line.removeprefix("▪️ ") for line in marco.last.splitlines() if line.startswith("▪️")]
    assert len(lines) > 1
    assert letters("".join(lines)) == letters(card)
    assert marco.screen == ["Avanti", "Menu", "Parlare con qualcuno"]
    await marco.tap("Avanti")
    assert (await studies(house, marco))[0].block == track(house, "worker")[0].blocks[1].id


async def test_at_a_question_the_card_is_explained_and_the_question_asked_again(house: Running, marco: Phone) -> None:
    lesson = track(house, "worker")[0]
    question = next(at for at, block in enumerate(lesson.blocks) if block.kind == "question")
    await marco.tap_data("lessons:next")
    await to_block(marco, lesson, lesson.blocks[question].id)
    number = len(marco.texts)
    await marco.tap_data("lessons:simpler")
    assert marco.texts[number].startswith("Con calma")
    assert has_quiz(marco)
    await marco.tap_data("lessons:once_more")
    assert has_quiz(marco)


async def test_after_a_lesson_it_begins_once_more(house: Running, marco: Phone) -> None:
    await marco.tap_data("lessons:next")
    first = marco.last
    await to_the_end(marco)
    await marco.tap_data("lessons:simpler")
    assert marco.last.startswith("Con calma")
    await marco.tap_data("lessons:once_more")
    assert marco.last == first
    (study,) = await studies(house, marco)
    assert study.learnt, "reading it again takes nothing back"


@pytest.mark.parametrize("what", ["once_more", "simpler"])
async def test_who_has_no_lesson_yet_is_not_left_alone(house: Running, marco: Phone, what: str) -> None:
    await marco.tap_data(f"lessons:{what}")
    assert marco.screen
    assert await studies(house, marco) == []


@pytest.mark.parametrize("what", ["once_more", "simpler"])
async def test_who_has_not_joined_is_asked_on(house: Running, what: str) -> None:
    stranger = house.phone("Anna", "it")
    await stranger.start()
    await stranger.tap_data(f"lessons:{what}")
    assert stranger.screen


def letters(text: str) -> str:
    return "".join(c for c in text if c.isalpha())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_any_card_is_lost(language: str) -> None:
    curriculum = load(REAL)
    for lesson in curriculum.lessons:
        for block in lesson.blocks:
            if block.kind == "card":
                lines = thoughts(block.markdown[language])
                plain = [to_plain(line) for line in lines]
                assert letters("".join(plain)) == letters(to_plain(block.markdown[language])), (lesson.folder, block.id)
                assert "*" not in "".join(plain), (lesson.folder, block.id)


@given(st.text(alphabet="aA1.!?* \n-[]()/:h»", max_size=200))
def test_any_markdown_is_taken_apart_without_loss(markdown: str) -> None:
    lines = thoughts(markdown)
    assert all(any(c.isalnum() for c in line) for line in lines)
    assert "".join(lines).replace(" ", "").count("a") == markdown.count("a")


def test_the_words_of_a_card_in_the_order_of_their_coming() -> None:
    def term(key: str, word: str) -> Term:
        return Term(key, {"en": (word,)}, {"en": f"A {word} is a thing."})

    glossary = Glossary((term("post", "post"), term("ad", "ad"), term("story", "story")))
    found = words_to_explain(glossary, "A **Story** fades. A [post](https://post.example/ad) stays; add nothing.", "en")
    assert [one.key for one in found] == ["story", "post"]
    assert words_to_explain(glossary, "A story", "de") == []


async def test_every_language_says_it(house: Running) -> None:
    for language in LANGUAGES:
        phone = await house.joined("worker", "Marco", language)
        await phone.tap_data("lessons:next")
        await phone.tap_data("lessons:simpler")
        assert phone.last.startswith(tongue(language).plain("Slowly, one thing at a time:"))
