"""A question in words, on the phones of who asks and of who coordinates."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

import db.people
from bot.lessons import service
from bot.messages import LANGUAGES, Do
from bot.texts import tongue
from bot.words.client import State, Understood
from db.audit import AuditEntry
from db.questions import Question
from tests.app import Phone, Running
from tests.lessons.learner import studies, track
from tests.lessons.questions import ACCOUNT, PASSWORDS
from tests.onboarding.way import known
from tests.people.invitations import coordinates

UNKNOWN = "I don't know this button. Here is what I can do:"
NO_LESSON = "I have no lesson on that yet. I have noted your question for your coordinators, without your name."
NOTED = "I am sorry. I have noted your question for your coordinators, without your name."
NONE_OPEN = "There are no unanswered questions."
PASSWORD, REVIEW = "which password is safe", "how do I answer a bad review?"
EMILIA, ANDALUCIA = 1, 2


@pytest.fixture(autouse=True)
def rasa_hears_questions(house: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is written is a question, as Rasa would say of these."""

    async def understand(text: str, *, sender: str, state: State) -> Understood:
        return Understood("how_to", 1.0, (), (Do("lessons:how", (text,)),))

    monkeypatch.setattr(house.app.words, "understand", understand)


@pytest.fixture
async def marco(house: Running) -> Phone:
    return await house.joined("worker", "Marco", cluster_id=EMILIA)


async def kept(house: Running) -> Sequence[Question]:
    async with house.read() as session:
        return (await session.scalars(select(Question).order_by(Question.id))).all()


def title(house: Running, folder: str, language: str = "en") -> str:
    return next(one for one in track(house, "worker") if one.folder == folder).title[language]


def nothing_failed(house: Running) -> bool:
    return not [line for line in house.log if line["event"] == "turn.failed"]


# who asks


async def test_a_card_that_helps(house: Running, marco: Phone) -> None:
    await marco.say(PASSWORD)
    assert "each account gets a password of its own" in marco.last
    assert f"This is from the lesson {title(house, PASSWORDS)}.\nDid this help?" in marco.last
    assert marco.screen == ["Yes", "No", "Open this lesson", "Menu", "Talk to a person"]
    (question,) = await kept(house)
    assert (question.text, question.unanswered) == (PASSWORD, False)
    await marco.tap("Yes")
    assert marco.last == "I am glad to hear it!"
    assert await kept(house) == [], "what was answered is not kept"
    await marco.tap_data(f"lessons:helped:{question.id}:yes")
    assert marco.last == "I am glad to hear it!"
    await marco.tap_data(f"lessons:helped:{question.id}:no")
    assert marco.last == "I am sorry. Please ask me again in other words, or talk to a person."
    assert await kept(house) == []


async def test_yes_and_no_in_words_press_the_buttons(house: Running, marco: Phone) -> None:
    await marco.say(PASSWORD)
    await marco.say("No")
    assert marco.last.startswith(NOTED)
    await marco.say(PASSWORD)
    await marco.say("Yes")
    assert await kept(house) == [], "the same question as before is answered now"


async def test_the_lesson_it_is_from_opens(house: Running, marco: Phone) -> None:
    await marco.say(PASSWORD)
    await marco.tap("Open this lesson")
    lesson = next(one for one in track(house, "worker") if one.folder == PASSWORDS)
    assert [(study.lesson, study.block) for study in await studies(house, marco)] == [
        (lesson.uuid, lesson.blocks[0].id)
    ]


async def test_close_ones_stand_below_by_their_titles(house: Running, marco: Phone) -> None:
    await marco.say("business account password")
    titles = [title(house, ACCOUNT), title(house, PASSWORDS)]
    shown = next(one for one in titles if one in marco.last)
    (other,) = (one for one in titles if one != shown)
    assert marco.screen[2:4] == ["Open this lesson", other]
    await marco.tap(other)
    assert len(await studies(house, marco)) == 1


async def test_in_every_language(house: Running) -> None:
    for language, question in zip(
        LANGUAGES, (PASSWORD, "quale password è sicura", "welches passwort", "contrasena segura"), strict=True
    ):
        phone, t = await house.joined("worker", "Sasha", language, cluster_id=EMILIA), tongue(language)
        await phone.say(question)
        assert t("Did this help?") in phone.last
        assert title(house, PASSWORDS, language) in phone.last
        assert phone.screen[:2] == [t.plain("Yes"), t.plain("No")]


async def test_a_dated_card_says_when_it_was_checked_and_is_withheld_later(house: Running, marco: Phone) -> None:
    question = "where do I find two-step verification in WhatsApp"
    lesson = next(one for one in track(house, "worker") if one.folder == PASSWORDS)
    assert lesson.checked is not None
    assert lesson.review_by is not None
    await marco.say(question)
    assert f"Checked on {tongue('en').date(lesson.checked)}." in marco.last
    await house.advance(days=(lesson.review_by - house.app.clock.now().date()).days + 2)
    await marco.say(question)
    assert "Checked on" not in marco.last
    assert "Did this help?" in marco.last


async def test_no_lesson_is_said_and_kept(house: Running, marco: Phone) -> None:
    await marco.say(REVIEW)
    assert marco.last == NO_LESSON
    assert marco.screen == ["Menu", "Talk to a person"]
    await marco.say("  How do I answer\na BAD review?! ")
    (question,) = await kept(house)
    assert (question.text, question.unanswered, question.lesson) == (REVIEW.rstrip("?"), True, "")
    assert (question.language, question.cluster_id) == ("en", EMILIA)


async def test_an_empty_question(house: Running, marco: Phone) -> None:
    for data in ("lessons:how", "lessons:how:", "lessons:how: ?! "):
        await marco.tap_data(data)
        assert marco.last == "What would you like to know? Please write your question."
    assert await kept(house) == []


async def test_a_coordinator_has_no_lessons_to_be_shown(house: Running) -> None:
    ines = await coordinates(house)
    assert await ines.say(PASSWORD) == "Lessons are for learners and trainers."
    assert await kept(house) == []


async def test_very_long_and_hostile_questions(house: Running, marco: Phone) -> None:
    ines = await coordinates(house)
    await marco.say("how do I cook pasta with zucchini " * 117 + "?")
    assert marco.last == NO_LESSON
    await marco.say("<b>bold & <a href='x'>weather</a> {name} {0} %s</b><script>")
    assert marco.last == NO_LESSON
    await marco.say("😀 " * 50)
    assert marco.last == NO_LESSON
    await marco.say("&" * 500)
    lengths = [len(question.text) for question in await kept(house)]
    assert max(lengths) <= 500
    await ines.tap_data("lessons:unanswered")
    assert "<b>bold & <a href='x'>weather</a> {name} {0} %s</b><script>" in ines.last
    assert "pasta" in ines.last
    assert len(ines.last) < 4096
    assert nothing_failed(house)


async def test_taps_that_no_button_made(house: Running, marco: Phone) -> None:
    aisha = await house.joined("trainer", "Aisha", cluster_id=EMILIA)
    await aisha.say(PASSWORD)
    (hers,) = await kept(house)
    for data in (
        f"lessons:helped:{hers.id}:no",
        f"lessons:helped:{hers.id}:yes",
        f"lessons:helped:{hers.id}",
        f"lessons:helped:{hers.id}:maybe",
        "lessons:helped:x:yes",
        "lessons:helped",
    ):
        await marco.tap_data(data)
        assert marco.texts[-2] == UNKNOWN, data
    assert [(one.id, one.unanswered) for one in await kept(house)] == [(hers.id, False)]
    assert nothing_failed(house)


async def test_what_nobody_judged_is_dropped_after_a_month(house: Running, marco: Phone) -> None:
    await marco.say(PASSWORD)
    await marco.say(REVIEW)
    (old, _) = await kept(house)
    await house.advance(days=service.UNJUDGED_FOR / timedelta(days=1) + 1)
    await marco.say("how do I make a strong password")
    assert [one.text for one in await kept(house)] == [REVIEW.rstrip("?"), "how do I make a strong password"]
    await marco.tap_data(f"lessons:helped:{old.id}:no")
    assert marco.last == "I am sorry. Please ask me again in other words, or talk to a person."


async def test_who_leaves_takes_their_questions_along(house: Running, marco: Phone) -> None:
    ines = await coordinates(house)
    await marco.say(REVIEW)
    await marco.say(PASSWORD)
    await marco.tap_data("people:forget_yes")
    assert await kept(house) == []
    assert (await ines.tap_data("lessons:unanswered")) == NONE_OPEN


# who coordinates


async def test_a_card_that_did_not_help_reaches_the_coordinator_who_settles_it(house: Running, marco: Phone) -> None:
    ines = await coordinates(house)
    await marco.say(PASSWORD)
    assert await ines.tap_data("lessons:unanswered") == NONE_OPEN, "nobody has said yet that it did not help"
    await marco.tap("No")
    assert marco.last.startswith(NOTED)
    (question,) = await kept(house)
    await marco.tap_data(f"lessons:helped:{question.id}:no")
    assert len(await kept(house)) == 1, "twice is once"
    await ines.tap_data("lessons:unanswered")
    assert f"1. {PASSWORD} (1 person)\nThe lesson “{title(house, PASSWORDS)}” did not help." in ines.last
    assert "Marco" not in ines.last
    await ines.tap(f"✓ 1. {PASSWORD}")
    assert ines.last == f"Noted: this question is dealt with.\n\n{NONE_OPEN}"
    (settled,) = await kept(house)
    assert settled.settled_at == house.app.clock.now()
    assert settled.settled_by == (await known(house, ines)).id
    for _ in range(3):
        await ines.tap_data(f"lessons:settle:{question.id}:0")
        assert "This question has been dealt with already." in ines.last
    async with house.read() as session:
        notes = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "settle question"))).all()
    assert [note.subject for note in notes] == [f"question:{question.id}"]


async def test_yes_after_no(house: Running, marco: Phone) -> None:
    ines = await coordinates(house)
    await marco.say(PASSWORD)
    (question,) = await kept(house)
    await marco.tap("No")
    await ines.tap_data("lessons:unanswered")
    await marco.tap_data(f"lessons:helped:{question.id}:yes")
    await ines.tap(f"✓ 1. {PASSWORD}")
    assert "This question has been dealt with already." in ines.last


async def test_the_same_question_of_many_is_one_line(house: Running, marco: Phone) -> None:
    ines = await coordinates(house)
    phones = [marco, *[await house.joined("worker", f"W{number}", cluster_id=EMILIA) for number in range(2)]]
    for phone in phones:
        await phone.say(REVIEW)
        await phone.say("HOW do I answer a bad review")
    await house.advance(hours=1)
    await marco.say("what is a hashtag")
    await ines.tap_data("lessons:unanswered")
    assert "1. what is a hashtag (1 person)" in ines.last, "the newest first"
    assert "2. how do I answer a bad review (3 people)" in ines.last.replace("HOW", "how")
    assert len(await kept(house)) == 4
    await ines.tap("✓ 2.")
    assert sum(one.settled_at is not None for one in await kept(house)) == 3
    await house.advance(hours=1)
    await marco.say(REVIEW)
    await ines.tap_data("lessons:unanswered")
    assert "(1 person)" in ines.last.partition("2. ")[0], "asked again after it was dealt with: it is there again"


async def test_ten_on_a_page(house: Running, marco: Phone) -> None:
    ines = await coordinates(house)
    for number in range(23):
        await marco.say(f"xylophone {'abcdefghijklmnopqrstuvwxyz'[number] * 3}")
    await ines.tap_data("lessons:unanswered")
    seen = []
    for expected in (10, 10, 3):
        labels = [label for label in ines.screen if label.startswith("✓")]
        assert len(labels) == expected
        seen += labels
        if expected == 10:
            await ines.tap("More")
    assert "More" not in ines.screen
    assert len(set(seen)) == 23
    assert seen[0] == "✓ 1. xylophone www"
    await ines.tap_data("lessons:unanswered:500")
    assert ines.last == "There are no more unanswered questions."
    await ines.tap_data("lessons:unanswered:999999999999999999")
    assert nothing_failed(house)


async def test_another_clusters_coordinator_and_a_stranger(house: Running, marco: Phone) -> None:
    ines, pablo = await coordinates(house), await coordinates(house, "Pablo", "andalucia-tourism")
    stranger = house.phone("Eve")
    await marco.say(REVIEW)
    (question,) = await kept(house)
    assert await pablo.tap_data("lessons:unanswered") == NONE_OPEN
    await pablo.tap_data(f"lessons:settle:{question.id}:0")
    assert pablo.texts[-2] == UNKNOWN
    for data in ("lessons:unanswered", f"lessons:settle:{question.id}:0"):
        await marco.tap_data(data)
        assert marco.last == "Only a coordinator can do this."
        await stranger.tap_data(data)
        assert "review" not in " ".join(stranger.texts)
    assert (await kept(house))[0].settled_at is None
    await ines.tap_data("lessons:settle:4711:0")
    assert "This question has been dealt with already." in ines.last
    for data in ("lessons:settle", "lessons:settle:x", f"lessons:settle:{question.id}:x", "lessons:unanswered:-1"):
        await ines.tap_data(data)
        assert ines.texts[-2] == UNKNOWN, data
    assert (await kept(house))[0].settled_at is None


async def test_the_same_words_in_another_cluster_stay_open(house: Running, marco: Phone) -> None:
    ines, pablo = await coordinates(house), await coordinates(house, "Pablo", "andalucia-tourism")
    lucia = await house.joined("worker", "Lucia", cluster_id=ANDALUCIA)
    for phone in (marco, lucia):
        await phone.say(REVIEW)
    await ines.tap_data("lessons:unanswered")
    assert "(1 person)" in ines.last
    await ines.tap("✓ 1.")
    await pablo.tap_data("lessons:unanswered")
    assert "how do I answer a bad review (1 person)" in pablo.last


async def test_who_is_in_no_cluster_is_heard_in_their_language(house: Running) -> None:
    ines, pablo = await coordinates(house), await coordinates(house, "Pablo", "andalucia-tourism")
    giulia = await house.joined("worker", "Giulia", "it", cluster_id=None)
    await giulia.say("come rispondo a una brutta recensione")
    await ines.tap_data("lessons:unanswered")
    assert "come rispondo a una brutta recensione" in ines.last
    assert await pablo.tap_data("lessons:unanswered") == NONE_OPEN


def test_the_buttons_fit() -> None:
    longest = 10**18 - 1
    for data in (f"lessons:helped:{longest}:yes", f"lessons:settle:{longest}:{longest}"):
        assert len(data.encode()) <= 64


async def test_a_coordinators_data_holds_no_question_of_others(house: Running, marco: Phone) -> None:
    ines = await coordinates(house)
    await marco.say(REVIEW)
    await ines.tap_data("lessons:unanswered")
    await ines.tap("✓ 1.")
    async with house.read() as session:
        hers = await db.people.everything_of(session, await known(house, ines))
        his = await db.people.everything_of(session, await known(house, marco))
    assert "unanswered_questions" not in hers
    assert [row["text"] for row in his["unanswered_questions"]] == [REVIEW.rstrip("?")]


async def test_the_menu_of_a_coordinator_leads_there(house: Running, marco: Phone) -> None:
    ines = await coordinates(house)
    await marco.say(REVIEW)
    await ines.say("/menu")
    await ines.tap("Unanswered questions")
    assert "1. how do I answer a bad review" in ines.last
