"""The glossary: read from a file, checked, and asked when no card answers."""

from collections.abc import AsyncIterator
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.lessons.curriculum import load
from bot.lessons.files import Problem
from bot.lessons.glossary import NO_GLOSSARY, SENTENCE_LIMIT, read_glossary
from bot.lessons.lint import problems
from bot.lessons.search import term_asked
from bot.messages import LANGUAGES, Do
from bot.words.client import State, Understood
from db.questions import Question
from tests.app import Phone, Running, running
from tests.lessons.learner import COURSE
from tests.lessons.test_curriculum import FOLDER, REAL, TODAY, TRACK, write_lesson
from tests.lessons.test_lint import PAGE, SOUND
from tests.people.invitations import coordinates

OURS = read_glossary(REAL)
GLOSSARY = """
terms:
  reel:
    en: {words: [reel], says: "A reel is a short video."}
    it: {words: [reel], says: "Un reel è un breve video."}
    de: {words: [Reel], says: "Ein Reel ist ein kurzes Video."}
    es: {words: [reel], says: "Un reel es un vídeo corto."}
jargon:
  funnel: {en: [sales funnel], it: [funnel], de: [Funnel], es: [embudo]}
"""


def found(root: Path, glossary: str, page: str = PAGE) -> list[Problem]:
    """What is found in a curriculum with this glossary, and a lesson with this page in every language."""
    write_lesson(root, about=SOUND, page=page)
    (root / "trainer").mkdir()
    (root / "trainer/track.yml").write_text(TRACK)
    (root / "glossary.yml").write_text(glossary)
    return problems(root, TODAY)


# the file


def test_ours_has_the_words_of_the_trade_in_every_language() -> None:
    assert len(OURS.terms) >= 40
    assert {
        "post",
        "story",
        "reel",
        "feed",
        "hashtag",
        "link",
        "qr-code",
        "two-factor-login",
        "phishing",
        "insights",
    } < {term.key for term in OURS.terms}
    for term in OURS.terms:
        assert set(term.words) == set(term.says) == set(LANGUAGES)
        assert all(len(says) <= SENTENCE_LIMIT for says in term.says.values())
    assert [str(one) for one in problems(REAL, TODAY) if one.file == "glossary.yml" or "jargon" in one.what] == []


def test_a_sound_glossary_and_none_at_all(tmp_path: Path) -> None:
    assert found(tmp_path, GLOSSARY) == []
    assert load(tmp_path).glossary.terms[0].says["de"] == "Ein Reel ist ein kurzes Video."
    (tmp_path / "glossary.yml").unlink()
    assert problems(tmp_path, TODAY) == []
    assert load(tmp_path).glossary is NO_GLOSSARY


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('    es: {words: [reel], says: "Un reel es un vídeo corto."}\n', "", "missing in es"),
        (", es: [embudo]", "", "missing in es"),
        ("A reel is a short video.", f"A reel is a {'very ' * 40}short video.", "more than 160"),
        ("A reel is a short video.", "A reel is a short video", "not one sentence"),
        ("A reel is a short video.", "A reel is a video. It is short.", "not one sentence"),
        ("Un reel è un breve video.", "Un reel è un tuo breve video.", "informal"),
        ("en: [sales funnel]", "en: [sales funnel, Reel]", "stands at reel as well"),
        ('words: [reel], says: "A', 'words: [], says: "A', "too_short|at least 1"),
        ("en: {words", "fr: {words", "fr"),
        ("terms:", "words:", "words|terms"),
        ("terms:", "terms: [", "no YAML"),
    ],
)
def test_a_fault_is_found(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GLOSSARY
    (problem,) = found(tmp_path, GLOSSARY.replace(old, new))
    assert problem.file == "glossary.yml"
    assert any(part in str(problem) for part in said.split("|"))
    assert problem.remedy


def test_a_broken_glossary_leaves_the_lessons_alone(tmp_path: Path) -> None:
    found(tmp_path, "- no\n- glossary")
    curriculum = load(tmp_path)
    assert (len(curriculum.lessons), curriculum.glossary) == (1, NO_GLOSSARY)


# jargon


@pytest.mark.parametrize(
    ("said", "is_found"),
    [
        ("Mind your sales funnel.", True),
        ("Mind your Sales-Funnel!", True),
        ("The **sales funnel** is how people come to buy.", False),
        ("**A sales funnel** is how people come to buy. Mind your sales funnel.", False),
        ("Mind your sales funnels.", False),
        ("Mind your reel.", False),
    ],
)
def test_jargon_is_explained_in_the_lesson(tmp_path: Path, said: str, is_found: bool) -> None:
    page = PAGE.replace("It is worth your time.", said)
    english = [one for one in found(tmp_path, GLOSSARY, page) if "jargon" in one.what and one.file.endswith("en.md")]
    assert [(one.file, one.block) for one in english] == ([(f"{FOLDER}/en.md", "why")] if is_found else [])


def test_jargon_that_has_become_a_term_is_explained(tmp_path: Path) -> None:
    sentences = "".join(f'    {language}: {{words: [sales funnel], says: "So."}}\n' for language in LANGUAGES)
    glossary = GLOSSARY.replace("jargon:", f"  sales:\n{sentences}jargon:")
    matching = found(tmp_path, glossary, PAGE.replace("It is worth your time.", "Mind your sales funnel."))
    assert [one.what for one in matching] == ["“sales funnel” (en) stands at sales as well."]


def test_trainers_know_the_jargon(tmp_path: Path) -> None:
    page = PAGE.replace("It is worth your time.", "Mind your sales funnel.")
    write_lesson(tmp_path, "trainer/01-start/01-first", SOUND, page)
    (tmp_path / "worker").mkdir()
    (tmp_path / "worker/track.yml").write_text(TRACK)
    (tmp_path / "glossary.yml").write_text(GLOSSARY)
    assert problems(tmp_path, TODAY) == []


# asking for a word

FRAMES = {
    "en": ("{}", "what is a {}?", "What does {} mean", "whats {}", "can you explain what a {} is please", "the {}?"),
    "it": ("{}", "che cos'è un {}?", "Cosa vuol dire {}", "mi spieghi la parola {}", "cosa significa {}"),
    "de": ("{}", "was ist ein {}?", "was bedeutet {}", "Was heißt denn {}", "was versteht man unter {}"),
    "es": ("{}", "¿Qué es un {}?", "que significa {}", "¿qué quiere decir {}?", "explica la palabra {}"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_found_by_the_question_for_it(language: str) -> None:
    for term in OURS.terms:
        for word in term.words[language]:
            for frame in FRAMES[language]:
                found_term = term_asked(OURS, frame.format(word), language)
                assert found_term is not None, frame.format(word)
                assert found_term.key == term.key, frame.format(word)


def test_typing_errors_and_many_words() -> None:
    for language, question, key in (
        ("en", "what is a hastag", "hashtag"),
        ("en", "WHAT ARE HASHTAGS??", "hashtag"),
        ("en", "what is a story highlight on instagram", "highlight"),
        ("de", "was ist ein qr code", "qr-code"),
        ("es", "que es un codigo qr", "qr-code"),
    ):
        assert getattr(term_asked(OURS, question, language), "key", None) == key, question


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "how do I delete a post"),
        ("en", "how do I get more followers for my page"),
        ("en", "what is a store"),
        ("en", "what would you like"),
        ("en", "what is the best time for a post"),
        ("en", "what is not a post"),
        ("it", "come cancello un post"),
        ("de", "welcher Tag ist heute"),
        ("es", "no me gusta"),
        ("en", ""),
        ("en", "?"),
        ("fr", "hashtag"),
    ],
)
def test_another_question_is_not_about_a_word(language: str, question: str) -> None:
    assert term_asked(OURS, question, language) is None


WORDS = st.sampled_from(["what", "is", "a", "hashtag", "cos'è", "un", "post", "was", "QR code", "😀", "\ud800", "#"])


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=200) | st.lists(WORDS, max_size=60).map(" ".join),
    st.sampled_from([*LANGUAGES, "fr", ""]),
)
def test_whatever_is_asked(question: str, language: str) -> None:
    term = term_asked(OURS, question, language)
    assert term is None or language in term.says


# on the phone


@pytest.fixture
async def house(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """The course, with our glossary; whatever is written is a question."""

    async def understand(text: str, *, sender: str, state: State) -> Understood:
        return Understood("how_to", 1.0, (), (Do("lessons:how", (text,)),))

    course = Path(copytree(COURSE, tmp_path / "course"))
    (course / "glossary.yml").write_text((REAL / "glossary.yml").read_text())
    async with running(database_url, curriculum=course) as up:
        monkeypatch.setattr(up.app.words, "understand", understand)
        yield up


async def kept(house: Running) -> list[Question]:
    async with house.read() as session:
        return list(await session.scalars(select(Question).order_by(Question.id)))


def says(key: str, language: str) -> str:
    return next(term.says[language] for term in OURS.terms if term.key == key)


async def test_what_is_a_hashtag(house: Running) -> None:
    marco: Phone = await house.joined("worker", "Marco", cluster_id=1)
    await marco.say("what is a hashtag?")
    assert marco.last == f"{says('hashtag', 'en')}\n\nDid this help?"
    assert marco.screen == ["Yes", "No", "Menu", "Talk to a person"]
    (question,) = await kept(house)
    assert (question.text, question.unanswered, question.lesson) == ("what is a hashtag", False, "")
    await marco.tap("Yes")
    assert marco.last == "I am glad to hear it!"
    assert await kept(house) == []


async def test_a_sentence_that_did_not_help_reaches_the_coordinator(house: Running) -> None:
    ines = await coordinates(house)
    marco = await house.joined("worker", "Marco", cluster_id=1)
    await marco.say("what is a hashtag?")
    await marco.tap("No")
    assert marco.last.startswith("I am sorry. I have noted your question")
    await ines.tap_data("lessons:unanswered")
    assert "1. what is a hashtag (1 person)" in ines.last


async def test_in_every_language_and_for_trainers(house: Running) -> None:
    for language, question, role in (
        ("en", "what is a hashtag", "trainer"),
        ("it", "cosa vuol dire hashtag", "worker"),
        ("de", "was bedeutet Hashtag", "worker"),
        ("es", "¿qué significa hashtag?", "trainer"),
    ):
        phone = await house.joined(role, "Sasha", language, cluster_id=1)
        await phone.say(question)
        assert phone.last.startswith(says("hashtag", language))


async def test_a_card_comes_first(house: Running) -> None:
    marco = await house.joined("worker", "Marco", cluster_id=1)
    await marco.say("what is two factor login")
    assert says("two-factor-login", "en") not in marco.last
    assert "This is from the lesson" in marco.last
