"""How sure a learner feels: asked twice at most, theirs alone, and an average of at least three for anybody else."""

import csv
import io
from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import db.people
from bot.meetings import before_after
from bot.messages import LANGUAGES, Outgoing
from bot.texts import tongue
from db.matching import ACCEPTED, Match
from db.meeting_notes import Note
from db.meetings import AGREED, HELD, Feedback, Meeting
from db.people import Person
from tests.matching.stage import Stage, data_of, labels, plain
from tests.meetings.test_record import THURSDAY_10, held, text_of

FIRST, AGAIN = "Before you begin: how sure", "Once more, as at the beginning: how sure"
FIVE = ["Not at all", "A little", "Quite", "Very", "Rather not say"]


async def the_note(stage: Stage) -> Note:
    (note,) = await stage.rows(Note)
    return note


async def asked(stage: Stage, who: Person, words: str) -> list[Outgoing]:
    return await stage.told_about(who, words)


async def agree(stage: Stage, one: Person, other: Person) -> list[Outgoing]:
    """One of the two chooses a time, and it suits the other one; what that one sees."""
    times = (await stage.says(one, "meetings:book"))[-1]
    await stage.taps(one, times.buttons[0][0].data)
    return await stage.taps(other, data_of(await stage.last_told(other), "Yes, that suits me"))


async def has_met(stage: Stage, agreed: Meeting, times: int) -> list[Meeting]:
    """So many meetings took place; the last one ended just now and was not spoken about."""
    stage.now = THURSDAY_10 + timedelta(days=30)
    return [await held(stage, agreed, day, None) for day in range(1, times + 1)]


async def speaks(stage: Stage, who: Person, meeting: Meeting, rating: str = "good") -> list[Outgoing]:
    await stage.taps(who, f"meetings:rate:{meeting.id}:{rating}")
    await stage.taps(who, f"meetings:long:{meeting.id}:60")
    return await stage.taps(who, f"meetings:skip:{meeting.id}")


# -- the first time -------------------------------------------------------------------------------------


async def test_the_first_agreed_meeting_brings_one_question_with_five_buttons(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    (shown,) = await asked(stage, marco, FIRST)
    assert labels(shown) == FIVE
    assert all(len(row) == 1 for row in shown.buttons), "big"
    assert "Only you see your answer" in shown.text
    assert not await asked(stage, aisha, "how sure")
    said = await stage.answers(marco, "A little")
    assert plain(said[-1].text).startswith("Thank you! I will ask you once more later")
    note = await the_note(stage)
    assert (note.person_id, note.before, note.before_at, note.later) == (marco.id, 2, stage.now, None)


async def test_who_agrees_by_their_own_tap_is_asked_at_once(stage: Stage, aisha: Person, marco: Person) -> None:
    *_, agreed, question = await agree(stage, aisha, marco)
    assert "It is agreed" in agreed.text
    assert question.text.startswith(FIRST)


async def test_it_is_asked_once_whatever_becomes_of_the_meetings(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await stage.taps(marco, f"meetings:drop:{agreed.id}")
    for _ in range(2):
        await agree(stage, marco, aisha)
        live = [one for one in await stage.rows(Meeting) if one.state == AGREED][-1]
        await stage.taps(marco, f"meetings:drop:{live.id}")
    assert len(await asked(stage, marco, FIRST)) == 1


async def test_who_has_met_somebody_before_is_not_asked(stage: Stage, aisha: Person, marco: Person) -> None:
    (match,) = await stage.rows(Match)
    stage.now = THURSDAY_10 + timedelta(days=30)
    long_ago = Meeting(id=999, match_id=match.id)
    await held(stage, long_ago, 1, 60)
    await agree(stage, marco, aisha)
    assert await stage.told_about(marco, "It is agreed")
    assert await stage.rows(Note) == []


async def test_a_slip_of_the_thumb_can_be_put_right_for_a_day(stage: Stage, marco: Person, agreed: Meeting) -> None:
    for answer in (1, 1, 3):
        await stage.taps(marco, f"meetings:sure:before:{answer}")
    assert (await the_note(stage)).before == 3
    stage.later(hours=25)
    await stage.taps(marco, "meetings:sure:before:4")
    assert stage.refused == ["I have kept your answer of that day. Thank you!"]
    assert (await the_note(stage)).before == 3


async def test_before_is_before(stage: Stage, marco: Person, agreed: Meeting) -> None:
    stage.now = THURSDAY_10 + timedelta(minutes=1)
    await stage.taps(marco, "meetings:sure:before:4")
    assert stage.refused == ["That question was about the time before your first meeting. Thank you all the same!"]
    assert (await the_note(stage)).before is None


async def test_rather_not_say_is_the_end_of_it(stage: Stage, marco: Person, agreed: Meeting) -> None:
    said = await stage.answers(marco, "Rather not say")
    assert said[-1].text == "That is fine. I will not ask again."
    *_, last = await has_met(stage, agreed, 3)
    said = await speaks(stage, marco, last)
    assert not [one for one in said if AGAIN in one.text]
    await stage.taps(marco, "meetings:sure:later:3")
    assert stage.forged == 1


@pytest.mark.parametrize(
    "data", ["before:5", "before:-1", "before:x", "before", "", "later:2", "never:1", "before:99999999999999999999"]
)
async def test_forged_answers(stage: Stage, marco: Person, agreed: Meeting, data: str) -> None:
    await stage.taps(marco, f"meetings:sure:{data}")
    assert stage.forged == 1
    note = await the_note(stage)
    assert (note.before, note.later) == (None, None)


async def test_nobody_answers_who_was_not_asked(stage: Stage, aisha: Person, agreed: Meeting) -> None:
    await stage.taps(aisha, "meetings:sure:before:2")
    assert stage.forged == 1


# -- once more ------------------------------------------------------------------------------------------


async def test_after_the_third_meeting_they_see_how_far_they_came(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await stage.answers(marco, "A little")
    _, second, third = await has_met(stage, agreed, 3)
    async with stage.database.begin() as session:
        kept = await session.get(Meeting, third.id)
        assert kept
        kept.state = AGREED
    said = await speaks(stage, marco, second)
    assert not [one for one in said if "how sure" in one.text], "two are not enough"
    assert not [one for one in await speaks(stage, aisha, third) if "how sure" in one.text], "she is not the learner"
    said = await speaks(stage, marco, third, "bad")
    assert said[-1].text.startswith("Thank you, that helps.\n\nOnce more")
    assert labels(said[-1]) == FIVE
    said = await stage.answers(marco, "Quite")
    assert said[-1].text == "Before: “A little”. Now: “Quite”. Well done!"
    assert labels(said[-1]) == ["Find a time for the next meeting", "Menu"]
    said = await stage.answers(marco, "affirm")
    assert "When would you like to meet Aisha?" in said[-1].text
    said = await speaks(stage, marco, third)
    assert not [one for one in said if "how sure" in one.text], "never twice"
    note = await the_note(stage)
    assert (note.before, note.later, note.later_at) == (2, 3, stage.now)
    for row in await stage.told(aisha):
        assert "how sure" not in str(row.payload)
        assert "Quite" not in str(row.payload)


async def test_who_did_not_answer_the_first_time_is_left_in_peace(stage: Stage, marco: Person, agreed: Meeting) -> None:
    *_, last = await has_met(stage, agreed, 4)
    said = await speaks(stage, marco, last)
    assert not [one for one in said if "how sure" in one.text]
    assert "Shall we find a time for the next meeting?" in said[1].text


@pytest.mark.parametrize("ends", ["marco", "aisha", "aisha leaves"])
async def test_a_pair_that_ends_after_it_has_met_asks_a_little_later(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting, ends: str
) -> None:
    await stage.answers(marco, "A little")
    await has_met(stage, agreed, 1)
    stage.now = datetime(2026, 12, 19, 19, 30, tzinfo=UTC)  # 20:30 in Rome: two hours later he sleeps
    if ends == "aisha leaves":
        await stage.leaves(aisha)
        await stage.leaves(aisha)
    else:
        await stage.taps(marco if ends == "marco" else aisha, f"matching:ended:{agreed.match_id}")
        await stage.taps(marco, f"meetings:pair_ended:{agreed.match_id}")
    (row,) = [one for one in await stage.told(marco) if AGAIN in str(one.payload)]
    assert row.due_at == datetime(2026, 12, 20, 7, 0, tzinfo=UTC)
    assert row.late_after == row.due_at + timedelta(days=7)
    stage.now = row.due_at
    said = await stage.taps(marco, "meetings:sure:later:2")
    assert said[-1].text == "Before: “A little”. Now: “A little”. Thank you! Every bit of practice counts."
    assert labels(said[-1]) == ["Menu"]


async def test_a_pair_that_never_met_or_was_reported_is_not_asked(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await stage.answers(marco, "A little")
    await stage.taps(marco, f"matching:ended:{agreed.match_id}")
    assert not await asked(stage, marco, AGAIN)
    await has_met(stage, agreed, 1)
    async with stage.database.begin() as session:
        match = await session.get(Match, agreed.match_id)
        assert match
        match.state = ACCEPTED
    await stage.taps(marco, f"matching:report:{agreed.match_id}")
    assert not await asked(stage, marco, AGAIN)
    assert (await the_note(stage)).asked_later_at is None


async def test_a_break_is_no_end(stage: Stage, marco: Person, agreed: Meeting) -> None:
    await stage.answers(marco, "A little")
    await has_met(stage, agreed, 1)
    await stage.taps(marco, f"matching:rest:{agreed.match_id}")
    assert not await asked(stage, marco, AGAIN)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("before", [1, 2, 3, 4])
@pytest.mark.parametrize("later", [1, 2, 3, 4])
def test_the_sentence_names_both_answers(language: str, before: int, later: int) -> None:
    t = tongue(language)
    said = before_after.sentence(t, before, later)
    assert before_after.words(t, before) in said
    assert before_after.words(t, later) in said
    end = t("Before: “{before}”. Now: “{now}”. Well done!").rpartition(". ")[2]
    assert (end in said) == (later > before)


# -- for others: an average, or nothing -----------------------------------------------------------------


answers = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), max_size=9)


@given(answers)
def test_an_average_is_of_three_and_to_the_nearest_answer(both: list[tuple[int, int]]) -> None:
    found = before_after.on_average(both)
    assert (found is None) == (len(both) < 3)
    if found:
        for shown, said in zip(found, zip(*both, strict=True), strict=True):
            assert shown in before_after.ANSWERS
            assert abs(shown - sum(said) / len(said)) <= 0.5


async def learners(stage: Stage, aisha: Person, both: list[tuple[int | None, int | None]]) -> None:
    """Somebody for each, who met Aisha for an hour that counts."""
    for number, (before, later) in enumerate(both):
        pupil = await stage.add("worker", f"Pupil{number}")
        async with stage.database.begin() as session:
            match = Match(
                cluster_id=stage.cluster.id,
                trainer_id=aisha.id,
                worker_id=pupil.id,
                score=1,
                reasons={},
                state=ACCEPTED,
                trainer_says="yes",
                worker_says="yes",
                created_at=stage.now,
                expires_at=stage.now,
            )
            session.add(match)
            await session.flush()
            session.add(
                Meeting(
                    match_id=match.id,
                    state=HELD,
                    times=[],
                    starts_at=THURSDAY_10,
                    ends_at=THURSDAY_10 + timedelta(hours=1),
                    minutes=60,
                    created_at=stage.now,
                    changed_at=stage.now,
                )
            )
            session.add(Note(person_id=pupil.id, asked_at=stage.now, before=before, later=later))


AVERAGE = "How sure learners feel with social media, on average"


async def test_the_trainer_sees_an_average_of_three_or_nothing(stage: Stage, aisha: Person) -> None:
    await learners(stage, aisha, [(1, 3), (2, None), (None, 4), (2, 4)])
    for data in ("record", "record_pdf", "record_cv"):
        for shown in await stage.taps(aisha, f"meetings:{data}"):
            assert "sure" not in shown.text
            if shown.file and shown.file.name.endswith("pdf"):
                assert AVERAGE not in text_of(b64decode(shown.file.content))
    await learners(stage, aisha, [(1, 4)])
    (shown,) = await stage.taps(aisha, "meetings:record")
    assert f"{AVERAGE}: “Not at all” before, “Very” later" in shown.text
    paper, _ = await stage.taps(aisha, "meetings:record_pdf")
    assert paper.file
    assert AVERAGE in text_of(b64decode(paper.file.content))


async def test_other_trainers_learners_do_not_count(stage: Stage, aisha: Person) -> None:
    zoe = await stage.add("trainer", "Zoe")
    await learners(stage, aisha, [(1, 3), (1, 3)])
    await learners(stage, zoe, [(1, 3), (1, 3)])
    (shown,) = await stage.taps(aisha, "meetings:record")
    assert AVERAGE not in shown.text


async def test_on_a_paper_stands_only_what_rose(stage: Stage, aisha: Person) -> None:
    await learners(stage, aisha, [(3, 2)] * 3)
    (shown,) = await stage.taps(aisha, "meetings:record")
    assert f"{AVERAGE}: “Quite” before, “A little” later" in shown.text
    paper, _ = await stage.taps(aisha, "meetings:record_pdf")
    assert paper.file
    assert AVERAGE not in text_of(b64decode(paper.file.content))


@pytest.mark.parametrize(
    ("both", "shown"),
    [
        ([], ["0", "", ""]),
        ([(1, 3), (2, 3)], ["<3", "<3", "<3"]),
        ([(1, 3), (2, 3), (2, 4), (4, None), (None, 1)], ["3", "1.7", "3.3"]),
    ],
)
async def test_the_evidence_has_a_row(
    stage: Stage, aisha: Person, both: list[tuple[int | None, int | None]], shown: list[str]
) -> None:
    ines = await stage.add("coordinator", "Ines")
    await learners(stage, aisha, both)
    sheet = (await stage.taps(ines, "meetings:evidence"))[-1].file
    assert sheet
    lines = list(csv.reader(io.StringIO(sheet.content[1:])))
    assert lines[0][-2:] == ["Sure before (1–4)", "Sure later (1–4)"]
    (line,) = [one for one in lines if one[1] == "How sure learners feel"]
    assert [line[3], *line[-2:]] == shown


async def test_what_was_said_goes_with_whoever_said_it(stage: Stage, marco: Person, agreed: Meeting) -> None:
    await stage.answers(marco, "Quite")
    async with stage.database.begin() as session:
        him = await db.people.get(session, marco.id)
        assert him
        mine = await db.people.everything_of(session, him)
        assert [row["before"] for row in mine["meeting_notes"]] == [3]
        await db.people.forget(session, him, stage.now)
    assert await stage.rows(Note) == []
    assert await stage.rows(Feedback) == []
