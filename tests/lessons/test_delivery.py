"""Lessons on a phone: the whole way, wrong answers, weeks in between, and lessons that change under one's feet."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.lessons.curriculum import Lesson
from bot.messages import LANGUAGES
from bot.texts import NAMES, tongue
from db.audit import AuditEntry
from tests.app import Phone, Running
from tests.lessons.learner import given_answers, go_on, has_quiz, read_anew, studies, to_block, to_the_end, track

UNKNOWN = "I don't know this button. Here is what I can do:"
FINISHED = "You have finished all the lessons there are for you. Well done! I will write when there are new ones."
GONE = "This lesson is not available at the moment. Please choose another one."


@pytest.fixture
async def marco(house: Running) -> Phone:
    return await house.joined("worker", "Marco")


@pytest.fixture
def copied(house: Running, tmp_path: Path) -> Path:
    """The lessons in a folder of their own, to be changed."""
    return Path(shutil.copytree(house.app.settings.curriculum, tmp_path / "curriculum"))


async def takes(phone: Phone, lesson: Lesson, number: int, of: int) -> None:
    """One whole lesson, with the right answers; it has just been opened."""
    t = tongue(phone.person.language_code)
    begun = next(i for i in reversed(range(len(phone.texts))) if phone.texts[i].startswith(lesson.title[t.language]))
    for block in lesson.blocks:
        if block.kind == "question":
            assert has_quiz(phone)
            assert block.answer is not None
            await phone.vote(block.answer)
            assert any(text.startswith(t("✅ Right!")) for text in phone.texts[-3:])
        elif block.kind == "card":
            await phone.tap(t.plain("Next"))
    assert any(t("Your task") in text for text in phone.texts[begun:])
    assert t("That was the lesson. Well done!") in phone.last
    await phone.tap_data("lessons:progress")
    finished = t.n("You have finished {n} lesson of {of}.", "You have finished {n} lessons of {of}.", number, of=of)
    assert phone.last.startswith(finished)


@pytest.mark.parametrize("role", ["worker", "trainer"])
async def test_the_whole_way_in_every_language(house: Running, role: str) -> None:
    lessons = track(house, role)
    for language in LANGUAGES:
        phone, t = await house.joined(role, "Sasha", language), tongue(language)
        await phone.say("/lesson")
        for number, lesson in enumerate(lessons, 1):
            await takes(phone, lesson, number, len(lessons))
            await phone.tap(t.plain("One more lesson"))
        assert phone.last == t(FINISHED)
        done = await studies(house, phone)
        assert [study.lesson for study in done if study.finished_at] == [lesson.uuid for lesson in lessons]


async def test_a_question_answered_wrong_right_again_and_late(house: Running, marco: Phone) -> None:
    lesson = track(house, "worker")[0]
    first, second = (block for block in lesson.blocks if block.kind == "question")
    assert first.answer is not None
    await marco.say("/lesson")
    await to_block(marco, lesson, first.id)
    quiz = house.tg.from_bot(marco.person)[-1]
    wrong = (first.answer + 1) % len(first.options["en"])
    await marco.say("abc"[wrong])
    verdicts = [text for text in marco.texts if text.startswith(("Not quite.", "✅ Right!"))]
    assert len(verdicts) == 1
    assert verdicts[0].startswith(f"Not quite. {first.explanations['en'][wrong][:20]}")
    assert has_quiz(marco), "a wrong answer is no dead end: the next question is there"
    house.tg.vote(marco.person, quiz.id, first.answer)
    await house.idle()
    assert any(text.startswith("✅ Right!") for text in marco.texts)
    assert [one.correct for one in await given_answers(house, marco, lesson.uuid)] == [False, True]
    assert second.answer is not None
    await marco.vote(second.answer)
    await house.advance(days=400)
    late = house.tg.from_bot(marco.person)
    unanswered = [kept for kept in late if kept.poll is not None and not kept.chosen]
    for kept in unanswered:
        house.tg.vote(marco.person, kept.id, 0)
    await house.idle()
    assert len(await studies(house, marco)) == 1
    assert not [line for line in house.log if line["event"] == "turn.failed"]


async def test_an_answer_by_its_words(house: Running, marco: Phone) -> None:
    lesson = track(house, "worker")[0]
    question = next(block for block in lesson.blocks if block.kind == "question")
    await marco.say("/lesson")
    await to_block(marco, lesson, question.id)
    assert question.answer is not None
    await marco.say(question.options["en"][question.answer].upper())
    assert [one.correct for one in await given_answers(house, marco, lesson.uuid)] == [True]


async def test_after_weeks_the_lesson_goes_on_where_it_was(house: Running, marco: Phone) -> None:
    lesson = track(house, "worker")[0]
    await marco.say("/lesson")
    for block in lesson.blocks[:-1]:
        await house.advance(days=21)
        said = len(marco.texts)
        await marco.say("/lesson")
        assert marco.texts[said] == f"We go on with {lesson.title['en']}."
        assert (await studies(house, marco))[0].block == block.id
        await go_on(marco)
    assert (await studies(house, marco))[0].finished_at is not None


async def test_my_screen_looks_different(house: Running, marco: Phone) -> None:
    lesson = next(one for one in track(house, "worker") if any(block.volatile for block in one.blocks))
    dated = next(block for block in lesson.blocks if block.volatile)
    await marco.tap_data(f"lessons:open:{lesson.uuid}")
    await to_block(marco, lesson, dated.id)
    assert lesson.checked is not None
    assert f"Checked on {tongue('en').date(lesson.checked)}." in marco.last
    await marco.tap("My screen looks different")
    assert marco.screen == ["Next", "Talk to a person"]
    async with house.read() as session:
        notes = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "screen differs"))).all()
    assert [note.subject for note in notes] == [f"{lesson.uuid}:{dated.id}"]
    said = len(marco.texts)
    await marco.tap("Next")
    assert not any(text.startswith(lesson.title["en"]) for text in marco.texts[said:]), "on, not back"


async def test_a_fact_nobody_has_checked_in_time_is_withheld_from_who_stands_there(
    house: Running, marco: Phone
) -> None:
    lesson = next(one for one in track(house, "worker") if one.review_by and any(b.volatile for b in one.blocks))
    at = next(i for i, block in enumerate(lesson.blocks) if block.volatile)
    dated, following = lesson.blocks[at], lesson.blocks[at + 1]
    await marco.tap_data(f"lessons:open:{lesson.uuid}")
    await to_block(marco, lesson, dated.id)
    aisha = await house.joined("worker", "Aisha")
    await aisha.tap_data(f"lessons:open:{lesson.uuid}")
    await to_block(aisha, lesson, lesson.blocks[at - 1].id)
    assert lesson.review_by is not None
    await house.advance(days=(lesson.review_by - house.app.clock.now().date()).days + 2)
    for phone in (marco, aisha):
        await phone.tap("Next")
        assert [one.block for one in await studies(house, phone)] == [following.id]


async def test_another_language_in_the_middle_of_a_lesson(house: Running, marco: Phone) -> None:
    lesson = track(house, "worker")[0]
    await marco.say("/lesson")
    await marco.say("/language")
    await marco.tap(NAMES["it"])
    await marco.tap("Next")  # the English button from before
    assert marco.screen == ["Avanti"]
    assert [study.block for study in await studies(house, marco)] == [lesson.blocks[1].id]
    await marco.say("/lesson")
    assert lesson.title["it"] in marco.texts[-2]


# lessons that change


async def test_a_lesson_that_is_gone(house: Running, marco: Phone, copied: Path) -> None:
    first, second = track(house, "worker")[:2]
    await marco.say("/lesson")
    await to_block(marco, first, next(block.id for block in first.blocks if block.kind == "question"))
    shutil.rmtree(copied / first.folder)
    read_anew(house, copied)
    (study,) = await studies(house, marco)
    assert await marco.vote(0) == GONE
    assert await marco.tap_data(f"lessons:after:{study.id}:{first.blocks[0].id}") == GONE
    await marco.say("/lesson")
    assert second.title["en"] in marco.texts[-2]
    await to_the_end(marco)
    assert "You have finished 1 lesson of 2." in marco.last
    await house.advance(days=3)
    assert not [line for line in house.log if line["event"] in ("turn.failed", "tick.failed")]


async def test_a_lesson_that_is_broken(house: Running, marco: Phone, copied: Path) -> None:
    first, second = track(house, "worker")[:2]
    await marco.say("/lesson")
    (copied / first.folder / "lesson.yml").write_text("{ nonsense", encoding="utf-8")
    read_anew(house, copied)
    assert await marco.tap("Next") == GONE
    await marco.say("/lesson")
    assert second.title["en"] in marco.texts[-2]


async def test_a_lesson_that_is_missing_in_ones_language_only(house: Running, copied: Path) -> None:
    giulia, graham = await house.joined("worker", "Giulia", "it"), await house.joined("worker", "Graham")
    first, second = track(house, "worker")[:2]
    for phone in (giulia, graham):
        await phone.say("/lesson")
        await to_the_end(phone)
    (copied / first.folder / "it.md").unlink()
    read_anew(house, copied)
    await giulia.tap_data(f"lessons:task:{(await studies(house, giulia))[0].id}:stuck")
    assert "Parlare con qualcuno" in giulia.screen, "no cards to show again, but a person"
    await giulia.say("/lesson")
    assert second.title["it"] in giulia.texts[-2]
    assert await giulia.tap_data(f"lessons:open:{first.uuid}") == tongue("it")(GONE)
    await graham.tap_data(f"lessons:open:{first.uuid}")
    assert "Next" in graham.screen


async def test_a_block_that_is_gone_from_its_lesson(house: Running, marco: Phone, copied: Path) -> None:
    first = track(house, "worker")[0]
    await marco.say("/lesson")
    old = first.blocks[0].id
    for file in (copied / first.folder).iterdir():
        file.write_text(file.read_text(encoding="utf-8").replace(old, "another-name"), encoding="utf-8")
    read_anew(house, copied)
    assert await marco.tap("Next") == "This lesson has changed since then. Write /lesson to go on."
    await marco.say("/lesson")
    assert (await studies(house, marco))[0].block == "another-name"


# taps that no button made


async def test_forged_taps(house: Running, marco: Phone) -> None:
    lesson = track(house, "worker")[0]
    card, quiz = lesson.blocks[0].id, next(block.id for block in lesson.blocks if block.kind == "question")
    aisha = await house.joined("worker", "Aisha")
    for phone in (marco, aisha):
        await phone.say("/lesson")
    mine, hers = (await studies(house, marco))[0].id, (await studies(house, aisha))[0].id
    for data in (
        f"lessons:answer:{mine}:{card}:0",
        f"lessons:answer:{mine}:{quiz}:9",
        f"lessons:answer:{mine}:{quiz}:x",
        f"lessons:answer:{mine}:{quiz}",
        f"lessons:answer:{hers}:{quiz}:0",
        f"lessons:after:{hers}:{card}",
        f"lessons:task:{hers}:done",
        f"lessons:task:{mine}:nonsense",
        "lessons:after:0:x",
        "lessons:after",
    ):
        await marco.tap_data(data)
        assert marco.texts[-2] == UNKNOWN, data
    for data in ("lessons:how", "lessons:how:", "lessons:open", "lessons:open:x", "lessons:time:99", "lessons:time:x"):
        assert await marco.tap_data(data) not in ("", UNKNOWN)
    assert not [line for line in house.log if line["event"] == "turn.failed"]
    assert await given_answers(house, aisha, lesson.uuid) == []


async def test_coordinators_have_no_lessons(house: Running) -> None:
    ines = await house.joined("coordinator", "Ines")
    for data in ("lessons:next", "lessons:resume", "lessons:time:9"):
        assert await ines.tap_data(data) == "Lessons are for learners and trainers."
