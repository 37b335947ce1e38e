"""The coordinator's evidence: figures that are right, about nobody in particular, of nobody else's cluster."""

import csv
import io
from base64 import b64decode
from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import select

from bot.meetings import evidence
from bot.meetings.evidence import FEWEST, HIDDEN, Held, Row, Who, rows, to_hide
from bot.meetings.evidence_taps import pdf, table
from bot.messages import LANGUAGES
from bot.texts import tongue
from db.audit import AuditEntry
from db.clusters import Cluster
from db.matching import ACCEPTED, Match
from db.meetings import AGREED, HELD, Feedback, Meeting
from db.people import Person
from tests.matching.stage import Stage
from tests.people_factory import cluster, person

# -- the figures ----------------------------------------------------------------------------------------

months = st.sampled_from(["2026-10", "2026-11", "2026-12", "2027-01"])
ratings = st.sampled_from(["good", "so_so", "bad", "missed"])


@st.composite
def held(draw: st.DrawFn) -> Held:
    trainer, worker = draw(st.integers(100, 104)), draw(st.integers(1, 8))
    said = [(one, draw(ratings)) for one in (trainer, worker) if draw(st.booleans())]
    return Held(draw(months), trainer, worker, draw(st.sampled_from([None, 0, 30, 45, 60, 90])), tuple(said))


people = st.lists(
    st.builds(
        Who,
        id=st.integers(1, 40),
        role=st.sampled_from(["worker", "trainer"]),
        country=st.sampled_from(["IT", "DE", "ES", "GB", ""]),
        sector=st.sampled_from(["bakery", "shop", "farm", ""]),
    ),
    max_size=40,
    unique_by=lambda one: one.id,
)


def behind(meetings: Iterable[Held]) -> set[int]:
    return {person for one in meetings for person in (one.trainer, one.worker)}


def of(found: list[Row], about: str) -> list[Row]:
    return [row for row in found if row.about == about]


sure = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), max_size=8)


@given(sure)
def test_how_sure_learners_feel_is_an_average_of_enough_of_them(said: list[tuple[int, int]]) -> None:
    (row,) = of(rows([], [], [], said), "sure")
    if not said:
        assert (row.people, row.before, row.later) == (0, None, None)
    elif len(said) < FEWEST:
        assert (row.people, row.before, row.later) == (HIDDEN,) * 3
    else:
        assert row.people == len(said)
        for tenths, answers in ((row.before, [one for one, _ in said]), (row.later, [one for _, one in said])):
            assert isinstance(tenths, int)
            assert abs(tenths / 10 - sum(answers) / len(answers)) <= 0.05 + 1e-9
            assert 10 <= tenths <= 40


@given(people, st.lists(held(), max_size=25))
def test_every_figure_shown_is_right_and_rests_on_enough_people(everybody: list[Who], meetings: list[Held]) -> None:
    pairs = [(one.trainer, one.worker) for one in meetings]
    found = rows(everybody, pairs, meetings)
    for row in found[:-1]:
        some = meetings if row.about == "met" else [one for one in meetings if one.month == row.what]
        if row.about in ("met", "month"):
            timed = [one for one in some if one.minutes]
            expected = {
                "people": (len(behind(some)), behind(some)),
                "pairs": (len({(one.trainer, one.worker) for one in some}), behind(some)),
                "meetings": (len(some), behind(some)),
                "minutes": (sum(one.minutes or 0 for one in timed), behind(timed)),
            }
            said = [(who, rating) for one in some for who, rating in one.ratings if rating != "missed"]
            for key in ("good", "so_so", "bad"):
                share = getattr(row, key)
                if isinstance(share, int):
                    assert len({who for who, _ in said}) >= FEWEST
                    assert share == round(100 * sum(rating == key for _, rating in said) / len(said))
        elif row.about == "all":
            expected = {
                "people": (len(everybody), {one.id for one in everybody}),
                "pairs": (len(set(pairs)), behind(meetings)),
            }
        else:
            named = {one.id for one in everybody if getattr(one, row.about) == row.what}
            expected = {"people": (len(named), named)}
        for key, (number, who) in expected.items():
            shown = getattr(row, key)
            assert shown in (number, HIDDEN)
            assert shown == HIDDEN or len(who) >= FEWEST or (number == 0 and not who)


@given(people, st.lists(held(), max_size=25))
def test_what_is_hidden_is_not_found_by_subtraction(everybody: list[Who], meetings: list[Held]) -> None:
    found = rows(everybody, [], meetings)
    (total,), parts = of(found, "met"), of(found, "month")
    for key in ("meetings", "minutes"):
        if getattr(total, key) == HIDDEN:
            continue
        gone = {row.what for row in parts if getattr(row, key) == HIDDEN}
        left = [one for one in meetings if one.month in gone and (key == "meetings" or one.minutes)]
        assert not left or len(behind(left)) >= FEWEST
    if len(everybody) >= FEWEST:
        for about in ("role", "country", "sector"):
            gone = {row.what for row in of(found, about) if row.people == HIDDEN}
            assert not gone or sum(getattr(one, about) in gone for one in everybody) >= FEWEST


@given(st.dictionaries(st.text(max_size=3), st.frozensets(st.integers(0, 9)), max_size=6))
def test_as_little_is_hidden_as_must_be(groups: dict[str, frozenset[int]]) -> None:
    hidden = to_hide(groups)
    small = {name for name, who in groups.items() if 0 < len(who) < FEWEST}
    assert small <= hidden
    assert all(groups[name] for name in hidden)
    if not small or len(frozenset[int]().union(*(groups[name] for name in small))) >= FEWEST:
        assert hidden == small


def test_of_nothing_there_are_zeros() -> None:
    found = rows([], [], [])
    assert [row.about for row in found] == ["all", "met", "sure"]
    (met,) = of(found, "met")
    assert (met.people, met.meetings, met.minutes, met.good) == (0, 0, 0, None)


# -- the files ------------------------------------------------------------------------------------------

PEOPLE = [Who(number, "worker", "IT", "bakery") for number in range(6)] + [Who(100, "trainer", "DE", "")]
SURE = [(1, 3), (2, 3), (2, 4)]
MEETINGS = [Held("2026-11", 100, number, 60, ((number, "good"),)) for number in range(4)]


def text_of(file: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(file)).pages).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_say_the_same_in_every_language(language: str) -> None:
    found = [("=Bakers & Co", rows(PEOPLE, [], MEETINGS, SURE)), ("Other", rows([], [], [], SURE[:2]))]
    t = tongue(language)
    written = list(csv.reader(io.StringIO(table(found, language)[1:]), delimiter="," if language == "en" else ";"))
    assert {len(line) for line in written} == {12}
    assert written[0][0] == t.plain("Cluster")
    by_what = {(line[0], line[1], line[2]): line[3:] for line in written[1:]}
    assert by_what["'=Bakers & Co", t.plain("All meetings"), ""] == [
        "5",
        "4",
        "4",
        t.decimal(4.0),
        "100",
        "0",
        "0",
        "",
        "",
    ]
    felt = t.plain("How sure learners feel")
    assert by_what["'=Bakers & Co", felt, ""] == ["3", *[""] * 6, t.decimal(1.7), t.decimal(3.3)]
    assert by_what["Other", felt, ""] == ["<3", *[""] * 6, "<3", "<3"]
    assert by_what["'=Bakers & Co", t.plain("Role"), t.plain("Trainers")][0] == "<3"
    paper = text_of(pdf(found, language, "4.12.2026"))
    for words in ("=Bakers & Co", "Other", "2026-11", "<3", t.plain("Evidence for the funder"), "4.12.2026"):
        assert words in paper
    assert t.decimal(3.3) in paper


def test_many_lines_take_more_pages_and_none_is_lost() -> None:
    meetings = [
        Held(f"20{year}-{month:02}", 100 + who, who, 60)
        for year in range(26, 31)
        for month in range(1, 13)
        for who in (1, 2)
    ]
    file = pdf([("Bakers", rows(PEOPLE, [], meetings))], "en", "today")
    assert len(PdfReader(BytesIO(file)).pages) > 1
    written = text_of(file)
    assert all(f"20{year}-{month:02}" in written for year in range(26, 31) for month in range(1, 13))


# -- from the database ----------------------------------------------------------------------------------


async def a_cluster_with(stage: Stage, here: Cluster, workers: int, trainer: str, start: datetime) -> None:
    """So many workers who each met this trainer for an hour, and one meeting that did not take place."""
    async with stage.database.begin() as session:
        teacher = person("trainer", trainer, here.id, country="DE", sector="")
        learners = [person("worker", f"Pupil{n}", here.id, sector="bakery") for n in range(workers)]
        session.add_all([teacher, *learners])
        await session.flush()
        for learner in learners:
            match = Match(
                cluster_id=here.id,
                trainer_id=teacher.id,
                worker_id=learner.id,
                score=1,
                reasons={},
                state=ACCEPTED,
                trainer_says="yes",
                worker_says="yes",
                created_at=start,
                expires_at=start,
            )
            session.add(match)
            await session.flush()
            for state, minutes in ((HELD, 60), (AGREED, None)):
                session.add(
                    Meeting(
                        match_id=match.id,
                        state=state,
                        times=[],
                        starts_at=start,
                        ends_at=start,
                        minutes=minutes,
                        created_at=start,
                        changed_at=start,
                    )
                )
            await session.flush()
            (kept,) = await session.scalars(select(Meeting).where(Meeting.match_id == match.id, Meeting.state == HELD))
            session.add(
                Feedback(meeting_id=kept.id, person_id=learner.id, rating="good", comment="My secret words", at=start)
            )


async def files(stage: Stage, who: Person) -> tuple[str, list[list[str]]]:
    """The paper's text and the table's lines."""
    shown = await stage.taps(who, "meetings:evidence")
    paper, sheet = (one.file for one in shown[-2:])
    assert paper
    assert sheet
    return text_of(b64decode(paper.content)), list(csv.reader(io.StringIO(sheet.content[1:])))


async def test_a_coordinator_gets_both_files_of_their_own_cluster(stage: Stage) -> None:
    ines = await stage.add("coordinator", "Ines")
    # 23:30 UTC on the last of November is December on the cluster's clock.
    await a_cluster_with(stage, stage.cluster, 4, "Aisha", datetime(2026, 11, 30, 23, 30, tzinfo=UTC))
    async with stage.database.begin() as session:
        other = cluster("elsewhere")
        session.add(other)
    await a_cluster_with(stage, other, 9, "Zoe", datetime(2027, 3, 1, 9, tzinfo=UTC))
    paper, lines = await files(stage, ines)
    by_what = {(line[1], line[2]): line[3:] for line in lines[1:]}
    assert {line[0] for line in lines[1:]} == {"Bakers-Emilia"}
    assert by_what["Taking part", ""][:2] == ["5", "4"]
    assert by_what["All meetings", ""] == ["5", "4", "4", "4", "100", "0", "0", "", ""]
    assert by_what["Month", "2026-12"] == by_what["All meetings", ""]
    assert by_what["Country", "Germany"][0] == "<3"
    assert by_what["Country", "Italy"][0] == "<3", "or Germany's one could be found by subtraction"
    for text in (paper, str(lines)):
        assert "2027-03" not in text
        for secret in ("Aisha", "Pupil", "secret words", "Ines", "Bologna"):
            assert secret not in text
    async with stage.database.read() as session:
        (note,) = await session.scalars(select(AuditEntry).where(AuditEntry.action == "evidence"))
    assert (note.actor, note.subject) == (ines.id, f"cluster:{stage.cluster.id}")


async def test_two_people_are_nobodys_figure(stage: Stage) -> None:
    ines = await stage.add("coordinator", "Ines")
    await a_cluster_with(stage, stage.cluster, 1, "Aisha", datetime(2026, 11, 20, 9, tzinfo=UTC))
    _, lines = await files(stage, ines)
    felt = [line for line in lines[1:] if line[1] == "How sure learners feel"]
    assert {cell for line in lines[1:] if line not in felt for cell in line[3:]} == {"<3", ""}
    assert [line[3] for line in felt] == ["0"], "nobody was asked"


async def test_who_coordinates_nothing_gets_nothing(stage: Stage) -> None:
    eva = await stage.add("worker", "Eva")
    await stage.taps(eva, "meetings:evidence")
    assert stage.refused == ["Only a coordinator can do this."]


def test_no_row_holds_an_id() -> None:
    ids = count(1000)
    everybody = [Who(next(ids), "worker", "IT", "bakery") for _ in range(5)]
    meetings = [Held("2026-11", 5000, one.id, 60, ((one.id, "good"),)) for one in everybody]
    written = str(rows(everybody, [(5000, one.id) for one in everybody], meetings))
    assert not any(str(one) in written for one in (5000, *(who.id for who in everybody)))
    assert evidence.FEWEST == 3
