"""How the lessons go: every figure against a slow one in plain Python, who may see them, and the file."""

import csv
import io
import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import db.lessons
from bot import spreadsheet
from bot.lessons import report
from bot.messages import LANGUAGES
from bot.texts import tongue
from db.engine import Database
from db.lessons import Answer, FirstAnswers, Study
from tests.app import Phone, Running
from tests.lessons.learner import track
from tests.people.invitations import coordinates
from tests.people_factory import TUESDAY_NOON as NOW
from tests.people_factory import cluster, person

UNKNOWN = "I don't know this button. Here is what I can do:"
EMILIA, ANDALUCIA = 1, 2
DAY = timedelta(days=1)


# -- pure -----------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 1440), min_size=1))
def test_the_median_is_that_of_the_values_one_by_one(values: list[int]) -> None:
    assert report.median({value: values.count(value) for value in values}) == statistics.median(values)


def test_no_values_have_no_median() -> None:
    assert report.median({}) is None


pairs = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12), st.integers(1, 12)), min_size=2, max_size=60)


def slow_correlation(points: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's r as it is defined; None where one side does not vary."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if len(set(xs)) < 2 or len(set(ys)) < 2:
        return None
    return statistics.correlation(xs, ys)


def sums_of(points: Sequence[tuple[float, float]]) -> FirstAnswers:
    right = sum(x for x, _ in points)
    return FirstAnswers(
        len(points),
        int(right),
        len(points),
        right,
        sum(y for _, y in points),
        sum(y * y for _, y in points),
        sum(x * y for x, y in points),
    )


@given(pairs)
def test_discrimination_is_pearsons_r(drawn: list[tuple[int, int, int]]) -> None:
    points = [(float(x), min(right, of) / of) for x, right, of in drawn]
    found, slow = report.discrimination(sums_of(points)), slow_correlation(points)
    assert (found is None) == (slow is None)
    if found is not None and slow is not None:
        assert math.isclose(found, slow, abs_tol=1e-6)
        assert -1 <= found <= 1


@pytest.mark.parametrize(("number", "says"), [(19, None), (20, "good")])
def test_a_question_is_compared_from_twenty_answers_on(number: int, says: str | None) -> None:
    assert report.tells(sums_of([(float(at % 2), 0.4 + 0.2 * (at % 2)) for at in range(number)])) == says


def test_how_a_question_tells() -> None:
    right_know_less = [(float(at % 2), 0.6 - 0.2 * (at % 2)) for at in range(20)]
    no_matter = [(float(at % 2), 0.1 * (at // 2 % 2)) for at in range(20)]
    everybody_right = [(1.0, 0.1 * at) for at in range(20)]
    assert report.tells(sums_of(right_know_less)) == "reversed"
    assert report.tells(sums_of(no_matter)) == "weak"
    assert report.tells(sums_of(everybody_right)) is None, "nothing can be said"


@given(st.dictionaries(st.sampled_from("abcdx"), st.integers(0, 9)))
def test_where_most_stop(left: dict[str, int]) -> None:
    found = report.most_left_at(left, "abcd")
    standing = [block for block in "abcd" for _ in range(left.get(block, 0))]
    if len(standing) < report.FEWEST:
        assert found is None
    else:
        assert found == statistics.mode(standing), "of several the first"


counts = st.dictionaries(st.integers(0, 60), st.integers(1, 9))


@given(st.integers(0, 12), counts, st.dictionaries(st.sampled_from("ab"), st.integers(0, 9)), st.integers(0, 12))
def test_of_few_people_nothing_but_the_counts_is_shown(
    begun: int, minutes: dict[int, int], left: dict[str, int], answers: int
) -> None:
    first = [("a", FirstAnswers(answers, answers // 2))] if answers else []
    found = report.of_lesson((begun, 0), minutes, left, first, "ab")
    assert (found.begun, found.finished) == (begun, 0)
    if begun < report.FEWEST:
        assert found == report.LessonFigures(begun, 0)
    if sum(minutes.values()) < report.FEWEST:
        assert found.minutes is None
    if sum(left.values()) < report.FEWEST:
        assert found.left_at is None
        assert found.left == 0
    if answers < report.FEWEST:
        assert found.hardest is None
        assert all(one.facility is None and one.tells is None for one in found.questions)


def test_the_hardest_question_is_the_first_of_the_hardest() -> None:
    questions = [("a", FirstAnswers(10, 9)), ("b", FirstAnswers(10, 4)), ("c", FirstAnswers(5, 2))]
    found = report.of_lesson((10, 10), {}, {}, [*questions, ("d", FirstAnswers(4, 0))], "abcd")
    assert found.hardest is not None
    assert (found.hardest.block, found.hardest.facility) == ("b", 0.4)
    assert report.of_lesson((10, 10), {}, {}, [], "abcd").hardest is None


cells = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)


@given(st.lists(st.lists(cells, min_size=2, max_size=4), max_size=6), st.sampled_from(LANGUAGES))
def test_a_table_is_read_back_as_it_was_written(rows: list[list[str]], language: str) -> None:
    written = spreadsheet.table(rows, language)
    assert written.encode()[:3] == b"\xef\xbb\xbf"
    separator = "," if language == "en" else ";"
    read = list(csv.reader(io.StringIO(written.encode().decode("utf-8-sig"), newline=""), delimiter=separator))
    assert len(read) == len(rows)
    for was, row in zip(rows, read, strict=True):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in row)
        assert [cell[1:] if cell != old else cell for old, cell in zip(was, row, strict=True)] == was


# -- the same counts, from both databases -------------------------------------------------------------------


@dataclass
class Life:
    """What one made-up person did. `answers` are (lesson, block, right) in the order given."""

    studies: list[Study] = field(default_factory=list)
    answers: list[tuple[str, str, bool]] = field(default_factory=list)

    @property
    def first(self) -> dict[tuple[str, str], bool]:
        found: dict[tuple[str, str], bool] = {}
        for lesson, block, right in self.answers:
            found.setdefault((lesson, block), right)
        return found


def a_life(chance: random.Random) -> Life:
    life = Life()
    skill = chance.random()
    for lesson in chance.sample("ABC", chance.randint(0, 3)):
        started = NOW - timedelta(days=chance.choice([1, 13, 14, 15, 40]), seconds=chance.randint(0, 3))
        took = timedelta(seconds=chance.choice([29, 30, 31, 89, 90, 300, 86_400, 86_401, chance.randint(0, 4000)]))
        finished = started + took if chance.random() < 0.6 else None
        life.studies.append(
            Study(
                lesson=lesson, block="" if finished else chance.choice("xyz"), started_at=started, finished_at=finished
            )
        )
        for block in chance.sample("pqr", chance.randint(0, 3)):
            life.answers += [(lesson, block, chance.random() < skill) for _ in range(chance.randint(1, 3))]
    chance.shuffle(life.answers)
    return life


async def lives_in(database: Database, seed: int) -> tuple[list[int], list[Life]]:
    """A crowd in two clusters of a coordinator's, beside one of nobody's; (the two clusters, who counts)."""
    chance = random.Random(seed)
    mine: list[Life] = []
    async with database.begin() as session:
        clusters = [cluster(slug) for slug in ("one", "two", "other")]
        session.add_all(clusters)
        await session.flush()
        for number in range(chance.choice([0, 3, 30, 60])):
            where = chance.choice([*clusters, None])
            role = chance.choice(["worker", "trainer", "worker", "coordinator"])
            somebody = person(role, f"P{number}", where.id if where else None)
            session.add(somebody)
            await session.flush()
            life = a_life(chance)
            for study in life.studies:
                study.person_id = somebody.id
            session.add_all(life.studies)
            for lesson, block, right in life.answers:
                session.add(Answer(person_id=somebody.id, lesson=lesson, block=block, choice=0, correct=right, at=NOW))
                await session.flush()
            if where in clusters[:2] and role != "coordinator":
                mine.append(life)
        return [one.id for one in clusters[:2]], mine


@pytest.mark.parametrize("seed", range(8))
async def test_the_figures_are_those_of_plain_python(database: Database, seed: int) -> None:
    clusters, lives = await lives_in(database, seed)
    studies = [study for life in lives for study in life.studies]
    async with database.read() as session:
        counted = await db.lessons.begun_and_finished(session, clusters)
        minutes = await db.lessons.minutes_taken(session, clusters, DAY)
        left = await db.lessons.left_at(session, clusters, NOW - 14 * DAY)
        answers = await db.lessons.first_answers(session, clusters)
    for lesson in "ABC":
        here = [study for study in studies if study.lesson == lesson]
        done = [study.finished_at - study.started_at for study in here if study.finished_at]
        assert counted.get(lesson, (0, 0)) == (len(here), len(done))
        took = [int(one.total_seconds() + 30) // 60 for one in done if one <= DAY]
        assert report.median(minutes.get(lesson, {})) == (statistics.median(took) if took else None)
        gone = [study.block for study in here if not study.finished_at and study.started_at < NOW - 14 * DAY]
        assert left.get(lesson, {}) == {block: gone.count(block) for block in gone}
    questions = {question for life in lives for question in life.first}
    assert set(answers) == questions
    for question in questions:
        given = [life.first for life in lives if question in life.first]
        found = answers[question]
        assert (found.answers, found.right) == (len(given), sum(one[question] for one in given))
        points = [
            (float(one[question]), sum(right for other, right in one.items() if other != question) / (len(one) - 1))
            for one in given
            if len(one) > 1
        ]
        assert found.pairs == len(points)
        fast, slow = report.discrimination(found), slow_correlation(points)
        assert (fast is None) == (slow is None)
        assert fast is None or slow is None or math.isclose(fast, slow, abs_tol=1e-6)


# -- on the phone -------------------------------------------------------------------------------------------


async def crowd(house: Running, number: int, cluster_id: int, started: datetime | None = None) -> None:
    """So many people who took the first lesson in four minutes; every other one got both questions right, the others
    the first one only; and as many who have stood at its second card for a month."""
    lesson = track(house, "worker")[0]
    first, second = (block.id for block in lesson.blocks if block.kind == "question")
    now = house.app.clock.now()
    started = started or now - timedelta(days=2)
    async with house.write() as session:
        for at in range(number):
            learner, lost = (person("worker", f"{name}{at}", cluster_id) for name in ("Ada", "Leo"))
            session.add_all([learner, lost])
            await session.flush()
            took = timedelta(minutes=4) if at else timedelta(days=3)
            session.add(Study(person_id=learner.id, lesson=lesson.uuid, started_at=started, finished_at=started + took))
            month_ago = now - timedelta(days=30)
            session.add(Study(person_id=lost.id, lesson=lesson.uuid, block=lesson.blocks[1].id, started_at=month_ago))
            for block, right in ((first, True), (second, at % 2 == 0), (second, True)):
                session.add(
                    Answer(person_id=learner.id, lesson=lesson.uuid, block=block, choice=0, correct=right, at=now)
                )
                await session.flush()


def file_of(phone: Phone) -> str:
    """The last file sent, as text."""
    kept = next(one for one in reversed(phone.house.tg.from_bot(phone.person)) if one.file)
    return phone.house.tg.files[kept.file].decode()


async def test_a_coordinator_sees_how_the_lessons_go(house: Running) -> None:
    ines = await coordinates(house)
    await crowd(house, 6, EMILIA)
    await ines.say("/menu")
    await ines.tap("Lessons: how they go")
    assert "1. Start safely: 12 begun, 6 finished" in ines.last
    assert "1. How adults learn: 0 begun, 0 finished" in ines.last
    await ines.tap("1. Start safely")
    lesson = track(house, "worker")[0]
    second = [block for block in lesson.blocks if block.kind == "question"][1]
    text = ines.last
    assert f"1. {lesson.title['en']}\n12 begun, 6 finished\nMedian: 4 minutes\n" in text
    assert f"Hardest question: “{second.question['en'][:40]}" in text
    assert "Right at once: 50 % of 6\n" in text
    assert "Tells who knows more" not in text, "too few answers to say so"
    assert "Most who stop, stop at: card 2 (6 people)" in text
    assert "Of fewer than 5 people, only the counts are shown." in text
    assert "Ada" not in " ".join(ines.texts)
    await ines.tap("Back")
    assert "Lessons: how they go" in ines.last
    await ines.tap("Menu")
    assert not [line for line in house.log if line["event"] == "turn.failed"]


async def test_from_twenty_answers_on_it_is_said_how_a_question_goes_with_the_others(house: Running) -> None:
    ines = await coordinates(house)
    await crowd(house, 20, EMILIA)
    third = track(house, "worker")[2]
    block = next(one.id for one in third.blocks if one.kind == "question")
    async with house.write() as session:
        for somebody in await house.people():
            if somebody.name.startswith("Ada"):
                right = int(somebody.name[3:]) % 2 == 0
                session.add(
                    Answer(person_id=somebody.id, lesson=third.uuid, block=block, choice=0, correct=right, at=NOW)
                )
    await ines.tap_data("lessons:report_module:worker:1")
    assert "Tells who knows more: good" in ines.last


async def test_few_people_are_only_counted(house: Running) -> None:
    ines = await coordinates(house)
    await crowd(house, 2, EMILIA)
    await ines.tap_data("lessons:report_module:worker:1")
    lines = ines.last.split("\n")
    assert lines[3] == "4 begun, 2 finished"
    assert not any(word in ines.last for word in ("Median", "Hardest", "Right at once", "stop"))
    await ines.tap_data("lessons:report_table")
    assert file_of(ines).count("\r\n") == 1 + sum(len(track(house, role)) for role in ("worker", "trainer"))


async def test_the_file(house: Running) -> None:
    phones = [await coordinates(house, f"Ines{language}", language=language) for language in LANGUAGES]
    await crowd(house, 6, EMILIA)
    lesson = track(house, "worker")[0]
    for phone, language in zip(phones, LANGUAGES, strict=True):
        t = tongue(language)
        await phone.tap_data("lessons:report")
        await phone.tap(t.plain("Send as a table"))
        content = file_of(phone)
        assert content.startswith("\ufeff")
        rows = list(csv.DictReader(io.StringIO(content[1:], newline=""), delimiter="," if language == "en" else ";"))
        first, *questions = [row for row in rows if row[t.plain("Lesson")] == lesson.title[language]]
        assert [first[t.plain(head)] for head in ("Begun", "Finished", "Median minutes")] == ["12", "6", "4"]
        assert first[t.plain("Most stop at")] == t.plain("card {number}", number=2)
        assert [one[t.plain("Answers")] for one in questions] == ["6", "6"]
        assert [one[t.plain("Right at once (%)")] for one in questions] == ["100", "50"]
        assert "Ada" not in content


async def test_another_cluster_is_not_seen(house: Running) -> None:
    pablo = await coordinates(house, "Pablo", "andalucia-tourism")
    nobody = await house.joined("coordinator", "Nobody")
    await crowd(house, 6, EMILIA)
    for phone in (pablo, nobody):
        await phone.tap_data("lessons:report")
        assert "1. Start safely: 0 begun, 0 finished" in phone.last
        await phone.tap_data("lessons:report_module:worker:1")
        assert "12 begun" not in phone.last
        await phone.tap_data("lessons:report_table")
        assert ",12,6," not in file_of(phone)
    await crowd(house, 5, ANDALUCIA)
    await pablo.tap_data("lessons:report")
    assert "1. Start safely: 10 begun, 5 finished" in pablo.last


async def test_taps_of_others_and_taps_that_no_button_made(house: Running) -> None:
    ines, marco = await coordinates(house), await house.joined("worker", "Marco", cluster_id=EMILIA)
    for data in ("lessons:report", "lessons:report_module:worker:1", "lessons:report_table"):
        assert await marco.tap_data(data) == "Only a coordinator can do this."
    for data in ("lessons:report_module", "lessons:report_module:worker", "lessons:report_module:x:1"):
        await ines.tap_data(data)
        assert ines.texts[-2] == UNKNOWN, data
    await ines.tap_data("lessons:report_module:worker:x")
    assert ines.texts[-2] == UNKNOWN
    assert await ines.tap_data("lessons:report_module:worker:99") == "This module is not there any more."
    assert not [line for line in house.log if line["event"] == "turn.failed"]
