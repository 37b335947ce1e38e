"""After a meeting: what each of the two is asked, what both together say, and who settles it when they differ."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

import db.people
from bot.meetings import due
from bot.meetings.after_rules import LENGTHS, MISSED, NEAR, RATINGS, Said, verdict
from bot.messages import Outgoing
from db.audit import AuditEntry
from db.clusters import Coordination
from db.matching import ENDED, Match
from db.meetings import AGREED, HELD, Feedback, Meeting, Reminder
from db.people import Conversation, Person
from tests.matching.stage import HOUSE, Stage, data_of, labels, plain
from tests.people_factory import cluster

THURSDAY_10 = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
WAY_OUT = ["Something was not right", "Menu"]


async def the_meeting(stage: Stage) -> Meeting:
    return (await stage.rows(Meeting))[0]


async def at_the_end(stage: Stage) -> None:
    """The meeting is over, and both are asked about it."""
    stage.now = THURSDAY_10 + timedelta(minutes=75)
    await due.tick(stage.database, stage.now, HOUSE)


async def says(stage: Stage, who: Person, meeting: Meeting, rating: str, minutes: int | None = None) -> None:
    await stage.taps(who, f"meetings:rate:{meeting.id}:{rating}")
    if minutes is not None:
        await stage.taps(who, f"meetings:long:{meeting.id}:{minutes}")


async def said_by(stage: Stage, who: Person) -> Feedback:
    (found,) = [one for one in await stage.rows(Feedback) if one.person_id == who.id]
    return found


async def differences(stage: Stage, ines: Person) -> list[Outgoing]:
    """What this coordinator was asked to settle."""
    told = [Outgoing.from_json(row.payload) for row in await stage.told(ines)]
    return [one for one in told if "different things" in one.text]


@pytest.fixture
async def ines(stage: Stage) -> Person:
    return await stage.add("coordinator", "Ines", topics=[])


# -- one question a screen ------------------------------------------------------------------------------


async def test_the_whole_way_by_taps(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    await stage.change(aisha, topics=["instagram", "facebook", "whatsapp"])
    await stage.change(marco, topics=["facebook", "instagram", "google_business"])
    await at_the_end(stage)
    shown = await stage.last_told(marco)
    assert plain(shown.text).startswith("Did your meeting with Aisha on Thursday 19 November, at 10:00")
    assert labels(shown) == ["Yes, we met", "No, we did not meet", *WAY_OUT]
    shown = (await stage.answers(marco, "Yes, we met"))[-1]
    assert labels(shown) == ["It was good", "So-so", "It was not good", "We did not meet", *WAY_OUT]
    shown = (await stage.answers(marco, "It was good"))[-1]
    assert labels(shown) == ["30 minutes", "45 minutes", "60 minutes", "90 minutes", "I do not remember", *WAY_OUT]
    shown = (await stage.answers(marco, "45 minutes"))[-1]
    assert labels(shown) == ["▫️ Facebook page", "▫️ Instagram", "Done", *WAY_OUT]
    switch = data_of(shown, "▫️ Instagram")
    for _ in range(2):  # a double tap is harmless
        shown = (await stage.taps(marco, switch))[-1]
        assert labels(shown) == ["▫️ Facebook page", "✅ Instagram", "Done", *WAY_OUT]
        assert shown.edit
    shown = (await stage.taps(marco, data_of(shown, "Done")))[-1]
    assert labels(shown) == ["Skip", *WAY_OUT]
    (shown,) = await stage.says(marco, "meetings:said", "She was patient, <thank you>")
    assert "May Aisha show your words" in shown.text
    thanks, times = (await stage.answers(marco, "Yes, gladly"))[-2:]
    assert "Shall we find a time for the next meeting?" in thanks.text
    assert "When would you like to meet Aisha?" in times.text
    kept = await said_by(stage, marco)
    assert (kept.rating, kept.minutes, kept.practised) == ("good", 45, ["instagram"])
    assert (kept.comment, kept.may_be_quoted) == ("She was patient, <thank you>", True)
    meeting = await the_meeting(stage)
    assert (meeting.state, meeting.minutes) == (HELD, None), "the trainer has not said it yet"


async def test_the_trainer_is_not_asked_about_showing_their_own_words(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await at_the_end(stage)
    await says(stage, aisha, agreed, "good", 60)
    await stage.taps(aisha, f"meetings:done:{agreed.id}")
    said = await stage.says(aisha, "meetings:said", "He learns fast")
    assert "Shall we find a time" in said[0].text
    await stage.taps(aisha, f"meetings:quote:{agreed.id}:yes")
    assert stage.forged == 1
    assert not (await said_by(stage, aisha)).may_be_quoted


async def test_skip_needs_no_sentence(stage: Stage, marco: Person, agreed: Meeting) -> None:
    await at_the_end(stage)
    await says(stage, marco, agreed, "so_so", 60)
    await stage.answers(marco, "Done")
    said = await stage.answers(marco, "skip")
    assert "Shall we find a time for the next meeting?" in said[0].text
    kept = await said_by(stage, marco)
    assert (kept.rating, kept.comment, kept.may_be_quoted) == ("so_so", "", False)


async def test_no_next_meeting_is_pressed_on_somebody_for_whom_it_was_bad(
    stage: Stage, marco: Person, agreed: Meeting
) -> None:
    await at_the_end(stage)
    await says(stage, marco, agreed, "bad", 30)
    await stage.answers(marco, "Done")
    (said,) = (await stage.answers(marco, "skip"))[-1:]
    assert labels(said) == ["Find a time for the next meeting", *WAY_OUT]


async def test_a_pair_without_common_topics_is_not_asked_for_them(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    async with stage.database.begin() as session:
        match = await session.get(Match, agreed.match_id)
        assert match
        match.reasons = {**match.reasons, "topics": []}
    await stage.change(aisha, topics=["tiktok"])
    await at_the_end(stage)
    await stage.taps(marco, f"meetings:rate:{agreed.id}:good")
    (asked,) = (await stage.taps(marco, f"meetings:long:{agreed.id}:60"))[-1:]
    assert labels(asked) == ["Skip", *WAY_OUT]


async def test_the_last_answer_counts(stage: Stage, marco: Person, agreed: Meeting) -> None:
    await at_the_end(stage)
    for rating in ("good", "bad", "bad"):
        await stage.taps(marco, f"meetings:rate:{agreed.id}:{rating}")
    assert (await said_by(stage, marco)).rating == "bad"
    await stage.taps(marco, f"meetings:rate:{agreed.id}:missed")
    assert (await the_meeting(stage)).state == AGREED, "nobody says any more that it took place"


@pytest.mark.parametrize("how", ["No, we did not meet", "report_no_show", "deny"])
async def test_who_was_left_alone_may_find_another_time(stage: Stage, marco: Person, agreed: Meeting, how: str) -> None:
    await at_the_end(stage)
    said = await stage.answers(marco, how)
    assert "sorry that you did not meet" in said[-1].text
    assert "Something was not right" in labels(said[-1])
    assert (await the_meeting(stage)).state == AGREED
    (times,) = await stage.answers(marco, "affirm")
    assert "When would you like to meet Aisha?" in times.text


async def test_words_about_a_meeting_need_no_button(stage: Stage, marco: Person, agreed: Meeting) -> None:
    stage.now = THURSDAY_10 + timedelta(minutes=20)
    await stage.says(marco, "meetings:noshow", "he never showed up")
    assert (await said_by(stage, marco)).rating == "missed"
    (shown,) = await stage.says(marco, "meetings:feedback", "it went well")
    assert "How was your meeting with Aisha?" in shown.text


async def test_what_was_asked_is_answered_after_the_pair_has_ended(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await at_the_end(stage)
    await stage.taps(aisha, f"matching:end_yes:{agreed.match_id}")
    async with stage.database.begin() as session:
        match = await session.get(Match, agreed.match_id)
        assert match
        match.state = ENDED
    await says(stage, marco, agreed, "good", 60)
    await stage.taps(marco, f"meetings:done:{agreed.id}")
    said = await stage.taps(marco, f"meetings:skip:{agreed.id}")
    assert said[-1].text == "Thank you, that helps."
    assert (await said_by(stage, marco)).minutes == 60
    assert stage.refused == [sentence for sentence in stage.refused if "work together" not in sentence]


async def test_who_has_answered_is_not_asked_again(stage: Stage, marco: Person, agreed: Meeting) -> None:
    stage.now = THURSDAY_10 + timedelta(minutes=50)
    await stage.taps(marco, f"meetings:rate:{agreed.id}:good")
    await at_the_end(stage)
    assert not any("Did your meeting" in row.payload["text"] for row in await stage.told(marco))
    after = {row.person_id: row.state for row in await stage.rows(Reminder) if row.kind == "after"}
    assert after.pop(marco.id) == "dropped"
    assert list(after.values()) == ["said"]


# -- what is refused ------------------------------------------------------------------------------------


async def test_a_meeting_still_to_come_cannot_be_rated(stage: Stage, marco: Person, agreed: Meeting) -> None:
    for verb in ("met", "rate", "noshow", "long", "did", "done", "quote", "skip"):
        await stage.taps(marco, f"meetings:{verb}:{agreed.id}:good")
    assert len(stage.refused) == 8
    assert all("still to come" in sentence for sentence in stage.refused)
    assert await stage.rows(Feedback) == []


@pytest.mark.parametrize(
    "data",
    [
        "rate:{id}:wonderful",
        "rate:{id}",
        "rate:99999999:good",
        "rate:-1:good",
        "rate:x:good",
        "long:{id}:61",
        "long:{id}:6000000",
        "long:{id}:-30",
        "long:{id}:x",
        "long:{id}",
        "did:{id}:wonders:1",
        "did:{id}:instagram:2",
        "did:{id}:instagram",
        "quote:{id}:perhaps",
        "quote:{id}",
        "met:" + "9" * 30,
        "met:",
        "skip:",
        "done:0",
    ],
)
async def test_only_what_we_made_is_taken(stage: Stage, marco: Person, agreed: Meeting, data: str) -> None:
    await at_the_end(stage)
    await says(stage, marco, agreed, "good", 45)
    before = await said_by(stage, marco)
    await stage.taps(marco, f"meetings:{data.format(id=agreed.id)}")
    assert stage.forged == 1
    after = await said_by(stage, marco)
    assert (after.rating, after.minutes, after.practised, after.may_be_quoted) == (
        before.rating,
        before.minutes,
        before.practised,
        False,
    )


@pytest.mark.parametrize("verb", ["long:{id}:60", "did:{id}:instagram:1", "done:{id}", "quote:{id}:yes"])
async def test_a_later_question_is_not_answered_before_the_first(
    stage: Stage, marco: Person, agreed: Meeting, verb: str
) -> None:
    await at_the_end(stage)
    await stage.taps(marco, f"meetings:{verb.format(id=agreed.id)}")
    assert stage.forged == 1
    assert await stage.rows(Feedback) == []
    await stage.taps(marco, f"meetings:rate:{agreed.id}:missed")
    await stage.taps(marco, f"meetings:{verb.format(id=agreed.id)}")
    assert stage.forged == 2


async def test_nobody_answers_for_others(stage: Stage, ines: Person, marco: Person, agreed: Meeting) -> None:
    eva = await stage.add("worker", "Eva")
    await at_the_end(stage)
    verbs = ("met:{id}", "rate:{id}:good", "noshow:{id}", "long:{id}:60", "did:{id}:instagram:1", "quote:{id}:yes")
    for somebody in (eva, ines):
        for verb in (*verbs, "done:{id}", "skip:{id}"):
            await stage.taps(somebody, f"meetings:{verb.format(id=agreed.id)}")
    assert stage.forged == 16
    assert await stage.rows(Feedback) == []


async def test_a_sentence_can_be_too_long_or_too_late(stage: Stage, marco: Person, agreed: Meeting) -> None:
    await at_the_end(stage)
    await says(stage, marco, agreed, "good", 60)
    await stage.answers(marco, "Done")
    await stage.says(marco, "meetings:said", "x" * 1001)
    assert "up to 1,000 characters" in stage.refused[0]
    stage.later(hours=2)
    (said,) = await stage.says(marco, "meetings:said", "when is my next lesson?")
    assert "Please write it once more" in said.text
    assert (await said_by(stage, marco)).comment == ""


async def test_an_earlier_question_tapped_again_ends_the_waiting_for_a_sentence(
    stage: Stage, marco: Person, agreed: Meeting
) -> None:
    await at_the_end(stage)
    await says(stage, marco, agreed, "good", 60)
    await stage.answers(marco, "Done")
    await stage.taps(marco, f"meetings:rate:{agreed.id}:so_so")
    async with stage.database.read() as session:
        talk = await session.get(Conversation, marco.id)
    assert talk
    assert talk.form == ""


async def test_other_words_need_another_yes(stage: Stage, marco: Person, agreed: Meeting) -> None:
    await at_the_end(stage)
    await says(stage, marco, agreed, "good", 60)
    await stage.taps(marco, f"meetings:done:{agreed.id}")
    await stage.says(marco, "meetings:said", "She is great")
    await stage.answers(marco, "affirm")
    assert (await said_by(stage, marco)).may_be_quoted
    await stage.taps(marco, f"meetings:done:{agreed.id}")
    await stage.says(marco, "meetings:said", "My daughter is ill")
    assert not (await said_by(stage, marco)).may_be_quoted
    await stage.answers(marco, "affirm")
    assert (await said_by(stage, marco)).may_be_quoted
    await stage.taps(marco, f"meetings:quote:{agreed.id}:no")
    assert not (await said_by(stage, marco)).may_be_quoted, "a yes can be taken back"


# -- both together --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "minutes"), [(60, 60, 60), (45, 60, 45), (60, 45, 45), (30, 45, 30), (90, 90, 90)]
)
async def test_who_say_the_same_are_believed(
    stage: Stage, aisha: Person, marco: Person, ines: Person, agreed: Meeting, one: int, other: int, minutes: int
) -> None:
    await at_the_end(stage)
    await says(stage, marco, agreed, "good", one)
    await says(stage, aisha, agreed, "so_so", other)
    meeting = await the_meeting(stage)
    assert (meeting.state, meeting.minutes, meeting.settled_by) == (HELD, minutes, None)
    assert await differences(stage, ines) == []


async def test_both_say_that_they_did_not_meet(
    stage: Stage, aisha: Person, marco: Person, ines: Person, agreed: Meeting
) -> None:
    await at_the_end(stage)
    await says(stage, marco, agreed, "missed")
    await says(stage, aisha, agreed, "missed")
    meeting = await the_meeting(stage)
    assert (meeting.state, meeting.minutes) == (AGREED, None)
    assert await differences(stage, ines) == []


async def test_who_does_not_remember_confirms_no_hours(
    stage: Stage, aisha: Person, marco: Person, ines: Person, agreed: Meeting
) -> None:
    await at_the_end(stage)
    await says(stage, marco, agreed, "good", 0)
    await says(stage, aisha, agreed, "good", 60)
    assert (await the_meeting(stage)).minutes is None
    assert await differences(stage, ines) == []
    await stage.taps(marco, f"meetings:long:{agreed.id}:60")
    assert (await the_meeting(stage)).minutes == 60


async def test_a_coordinator_settles_lengths_that_differ(
    stage: Stage, aisha: Person, marco: Person, ines: Person, agreed: Meeting
) -> None:
    await at_the_end(stage)
    await says(stage, marco, agreed, "good", 30)
    await says(stage, aisha, agreed, "good", 90)
    await says(stage, aisha, agreed, "good", 90)  # said again: nobody is told twice
    (asked,) = await differences(stage, ines)
    assert "• Marco: they met for 30 minutes\n• Aisha: they met for 90 minutes" in asked.text
    assert labels(asked) == ["They met: 30 minutes", "They met: 90 minutes", "Menu"]
    assert (await the_meeting(stage)).minutes is None
    settle = data_of(asked, "They met: 30 minutes")
    (_, done) = await stage.taps(ines, settle)
    assert "recorded" in done.text
    meeting = await the_meeting(stage)
    assert (meeting.state, meeting.minutes, meeting.settled_by) == (HELD, 30, ines.id)
    for who, other in ((marco, "Aisha"), (aisha, "Marco")):
        assert f"recorded your meeting with {other}" in (await stage.last_told(who)).text
    told = len(await stage.told(marco))
    await stage.taps(ines, settle)
    await stage.taps(ines, data_of(asked, "They met: 90 minutes"))
    assert stage.refused == ["This is settled already. Thank you!"] * 2
    assert ((await the_meeting(stage)).minutes, len(await stage.told(marco))) == (30, told)
    async with stage.database.read() as session:
        notes = list(await session.scalars(select(AuditEntry).where(AuditEntry.action == "settle_meeting")))
    assert [(one.actor, one.subject, one.detail) for one in notes] == [
        (ines.id, f"meeting:{agreed.id}", {"minutes": 30})
    ]


async def test_what_a_coordinator_has_settled_is_not_their_data(
    stage: Stage, aisha: Person, marco: Person, ines: Person, agreed: Meeting
) -> None:
    await at_the_end(stage)
    await says(stage, marco, agreed, "good", 30)
    await says(stage, aisha, agreed, "good", 90)
    await stage.taps(ines, f"meetings:settle:{agreed.id}:90")
    async with stage.database.read() as session:
        assert "meetings" not in await db.people.everything_of(session, ines)
        theirs = await db.people.everything_of(session, marco)
    assert [one["id"] for one in theirs["meetings"]] == [agreed.id]
    assert [one["person_id"] for one in theirs["meeting_feedback"]] == [marco.id]


async def test_a_coordinator_settles_whether_they_met(
    stage: Stage, aisha: Person, marco: Person, ines: Person, agreed: Meeting
) -> None:
    await at_the_end(stage)
    await says(stage, marco, agreed, "missed")
    assert await differences(stage, ines) == []
    await says(stage, aisha, agreed, "good", 60)
    (asked,) = await differences(stage, ines)
    assert labels(asked) == ["They met: 60 minutes", "They did not meet", "Menu"]
    await stage.taps(ines, data_of(asked, "They did not meet"))
    meeting = await the_meeting(stage)
    assert (meeting.state, meeting.minutes, meeting.settled_by) == (AGREED, 0, ines.id)
    assert "did not meet" in (await stage.last_told(aisha)).text
    await says(stage, aisha, agreed, "good", 90)
    meeting = await the_meeting(stage)
    assert (meeting.state, meeting.minutes) == (AGREED, 0), "what is decided stays"


async def test_an_old_button_shows_how_it_stands_now(
    stage: Stage, aisha: Person, marco: Person, ines: Person, agreed: Meeting
) -> None:
    await at_the_end(stage)
    await says(stage, marco, agreed, "good", 30)
    await says(stage, aisha, agreed, "good", 90)
    (asked,) = await differences(stage, ines)
    await says(stage, marco, agreed, "missed")
    changed, now = await stage.taps(ines, data_of(asked, "They met: 30 minutes"))
    assert "changed meanwhile" in changed.text
    assert labels(now) == ["They met: 90 minutes", "They did not meet", "Menu"]
    assert (await the_meeting(stage)).settled_by is None
    await says(stage, marco, agreed, "good", 90)
    assert (await the_meeting(stage)).minutes == 90
    await stage.taps(ines, data_of(now, "They did not meet"))
    assert "nothing to settle" in stage.refused[-1]
    assert (await the_meeting(stage)).minutes == 90


async def test_only_coordinators_of_their_own_cluster_settle(
    stage: Stage, aisha: Person, marco: Person, ines: Person, agreed: Meeting
) -> None:
    zoe = await stage.add("coordinator", "Zoe")
    async with stage.database.begin() as session:
        elsewhere = cluster("elsewhere")
        session.add(elsewhere)
        await session.flush()
        coordination = await session.scalar(select(Coordination).where(Coordination.person_id == zoe.id))
        assert coordination
        coordination.cluster_id = elsewhere.id
    await at_the_end(stage)
    await says(stage, marco, agreed, "good", 30)
    await says(stage, aisha, agreed, "good", 90)
    assert len(await differences(stage, ines)) == 1
    assert await differences(stage, zoe) == []
    for somebody in (zoe, marco, aisha):
        await stage.taps(somebody, f"meetings:settle:{agreed.id}:90")
    for forged in ("61", "-1", "", "x", "9" * 19):
        await stage.taps(ines, f"meetings:settle:{agreed.id}:{forged}")
    await stage.taps(ines, "meetings:settle:4711:90")
    assert stage.forged == 9
    assert (await the_meeting(stage)).settled_by is None


said = st.builds(Said, st.sampled_from(RATINGS), st.sampled_from((None, *LENGTHS)))


@given(said, said, st.sampled_from(LENGTHS))
def test_both_together(one: Said, other: Said, planned: int) -> None:
    found = verdict([one, other], planned)
    assert found == verdict([other, one], planned), "nobody's word counts more"
    assert verdict([one], planned).kind == "open"
    if found.minutes is not None:
        assert found.kind == "held"
        assert MISSED not in (one.rating, other.rating)
        assert one.minutes is not None
        assert other.minutes is not None
        assert abs(one.minutes - other.minutes) <= NEAR
        assert found.minutes == min(one.minutes, other.minutes)
    if (one.rating == MISSED) != (other.rating == MISSED):
        assert found.kind == "differ"
        assert 0 in found.options
    assert (found.kind == "differ") == (len(found.options) == 2)
    assert len(set(found.options)) == len(found.options)


# -- whatever is tapped, in whatever order --------------------------------------------------------------

WHO = ("marco", "aisha")
ANSWERS = (
    *(f"rate:{{id}}:{rating}" for rating in RATINGS),
    *(f"long:{{id}}:{minutes}" for minutes in (0, *LENGTHS)),
    "met:{id}",
    "did:{id}:instagram:1",
    "did:{id}:instagram:0",
    "done:{id}",
    "quote:{id}:yes",
    "skip:{id}",
    "settle:{id}:60",
)
steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(WHO), st.sampled_from(ANSWERS)),
        st.tuples(st.just("ines"), st.sampled_from([f"settle:{{id}}:{minutes}" for minutes in (0, *LENGTHS)])),
    ),
    max_size=14,
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
async def test_what_is_recorded_follows_from_what_was_said_last(
    stage: Stage, aisha: Person, marco: Person, ines: Person, agreed: Meeting, taken: list[tuple[str, str]]
) -> None:
    """Twice each tap, as an impatient thumb does it."""
    await at_the_end(stage)
    async with stage.database.begin() as session:  # each example begins anew
        await session.execute(delete(Feedback))
        meeting = await session.get(Meeting, agreed.id)
        assert meeting
        meeting.state, meeting.minutes, meeting.settled_by = AGREED, None, None
    people = {"marco": marco, "aisha": aisha, "ines": ines}
    decided: int | None = None
    for who, what in taken:
        before = await the_meeting(stage)
        for _ in range(2):
            await stage.taps(people[who], f"meetings:{what.format(id=agreed.id)}")
        after = await the_meeting(stage)
        if before.settled_by is None and after.settled_by is not None:
            assert who == "ines"
            decided = after.minutes
        if decided is not None:
            assert (after.minutes, after.settled_by) == (decided, ines.id), "what is decided stays"
    said = await stage.rows(Feedback)
    assert len(said) <= 2
    assert not any(one.may_be_quoted for one in said), "nobody wrote anything"
    meeting = await the_meeting(stage)
    if decided is None:
        found = verdict([Said(one.rating, one.minutes) for one in said], 60)
        assert meeting.minutes == found.minutes
        assert (meeting.state == HELD) == any(one.rating != MISSED for one in said)
