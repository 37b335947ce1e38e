from datetime import UTC, datetime, timedelta

from bot.meetings import due
from bot.messages import Lane
from bot.words.times import TimeFound
from db.meetings import AGREED, CANCELLED, PROPOSED, Meeting, Reminder, Slot
from db.outbox import OutboxRow
from db.people import Person
from tests.matching.stage import HOUSE, Stage, data_of, labels, plain

THURSDAY_10 = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
FRIDAY_16 = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


async def the_meeting(stage: Stage) -> Meeting:
    return (await stage.rows(Meeting))[-1]


async def tick(stage: Stage) -> int:
    return await due.tick(stage.database, stage.now, HOUSE)


async def states(stage: Stage) -> list[str]:
    return [row.state for row in await stage.rows(Reminder)]


# -- moving and cancelling ------------------------------------------------------------------------------


async def test_a_meeting_moves_only_when_both_want(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    wanted = (TimeFound(FRIDAY_16, FRIDAY_16 + timedelta(hours=1), "hour", (0, 1)),)
    (back,) = await stage.says(marco, "meetings:move", "I need to move it to Friday at 4", wanted)
    assert "Shall I ask Aisha to move your meeting" in back.text
    await stage.answers(marco, "affirm")
    question = await stage.last_told(aisha)
    assert plain(question.text) == (
        "Marco would like to move your meeting of Thursday 19 November, at 10:00 "
        "to Friday 20 November, at 16:00. Does that suit you?"
    )
    waiting = await the_meeting(stage)
    assert (waiting.state, waiting.starts_at) == (AGREED, THURSDAY_10)
    assert "waiting" in await states(stage)
    await stage.answers(aisha, "affirm")
    moved = await the_meeting(stage)
    assert (moved.state, moved.starts_at, moved.room) == (AGREED, FRIDAY_16, agreed.room)
    assert {slot.at for slot in await stage.rows(Slot)} == {FRIDAY_16 + timedelta(minutes=15 * n) for n in range(4)}
    alive = [row for row in await stage.rows(Reminder) if row.state == "waiting"]
    assert {row.sequence for row in alive} == {moved.sequence}
    assert len(alive) == 6
    first, last = [row.payload["file"]["content"] for row in await stage.told(marco) if "file" in row.payload]
    assert line(first, "UID") == line(last, "UID")
    assert int(line(first, "SEQUENCE")) < int(line(last, "SEQUENCE"))


def line(file: str, name: str) -> str:
    (value,) = [text.partition(":")[2] for text in file.splitlines() if text.startswith(name)]
    return value


async def test_a_move_can_be_refused_and_everything_stays(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    times = (await stage.taps(marco, f"meetings:move:{agreed.id}"))[-1]
    await stage.taps(marco, data_of(times, "Tuesday 24 November, at 15:00"))
    await stage.answers(aisha, "No, keep the agreed time")
    kept = await the_meeting(stage)
    assert (kept.state, kept.starts_at, kept.times, kept.chosen_by) == (AGREED, THURSDAY_10, [], None)
    assert "would rather keep" in (await stage.last_told(marco)).text
    assert (await states(stage)).count("waiting") == 6


async def test_the_same_time_is_no_move(stage: Stage, marco: Person, agreed: Meeting) -> None:
    await stage.taps(marco, f"meetings:want:{agreed.match_id}:{THURSDAY_10:%Y%m%d%H%M}")
    assert stage.refused == ["You are already meeting at that time."]


async def test_half_an_hour_later_is_possible_though_it_overlaps_itself(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    later = THURSDAY_10 + timedelta(minutes=30)
    await stage.taps(marco, f"meetings:want:{agreed.match_id}:{later:%Y%m%d%H%M}")
    await stage.answers(aisha, "affirm")
    assert (await the_meeting(stage)).starts_at == later
    assert len(await stage.rows(Slot)) == 8


async def test_cancelling_asks_once_frees_the_time_and_tells_the_other(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    (asked,) = await stage.says(marco, "meetings:cancel", "I can't come, please cancel")
    assert "Shall I cancel your meeting with Aisha" in asked.text
    assert (await the_meeting(stage)).state == AGREED
    drop = data_of(asked, "Yes, cancel it")
    await stage.answers(marco, "affirm")
    dead, fresh = await stage.rows(Meeting)
    assert (dead.state, fresh.state) == (CANCELLED, PROPOSED)
    assert await stage.rows(Slot) == []
    assert set(await states(stage)) == {"dropped"}
    told = await stage.last_told(aisha)
    assert "Marco has cancelled your meeting" in told.text
    assert told.file
    assert "METHOD:CANCEL" in told.file.content
    before = len(await stage.told(aisha))
    await stage.taps(marco, drop)
    assert len(await stage.told(aisha)) == before
    assert len(await stage.rows(Meeting)) == 2


async def test_old_buttons_of_a_cancelled_meeting_say_so(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await stage.taps(marco, f"meetings:drop:{agreed.id}")
    for verb in ("coming", "move", "cancel"):
        said = await stage.taps(aisha, f"meetings:{verb}:{agreed.id}")
        assert "changed meanwhile" in said[0].text
        assert "When would you like to meet Marco?" in said[1].text
    assert [one.state for one in await stage.rows(Meeting)] == [CANCELLED, PROPOSED]


async def test_what_has_begun_cannot_be_cancelled(stage: Stage, marco: Person, agreed: Meeting) -> None:
    stage.now = THURSDAY_10
    await stage.taps(marco, f"meetings:drop:{agreed.id}")
    assert stage.refused == ["This meeting is over already."]
    assert (await the_meeting(stage)).state == AGREED


async def test_mine_shows_when_and_where(stage: Stage, marco: Person, agreed: Meeting) -> None:
    (shown,) = await stage.says(marco, "meetings:mine")
    assert plain(shown.text).startswith("You meet Aisha on Thursday 19 November, at 10:00.")
    assert agreed.room in shown.text
    stage.now = THURSDAY_10 - timedelta(hours=2)
    (shown,) = await stage.says(marco, "meetings:mine")
    assert "today, Thursday 19 November" in shown.text
    stage.now = THURSDAY_10 + timedelta(hours=1)
    (shown,) = await stage.says(marco, "meetings:mine")
    assert "no meeting at the moment" in shown.text


async def test_coming_is_told_to_the_other_once(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    before = len(await stage.told(aisha))
    await stage.says(marco, "meetings:coming", "I'll be there")
    await stage.says(marco, "meetings:coming", "I'll be there")
    assert (await stage.last_told(aisha)).text == "Marco will be there."
    assert len(await stage.told(aisha)) == before + 1


async def test_without_a_meeting_words_get_a_sentence(stage: Stage) -> None:
    eva = await stage.add("worker", "Eva")
    for verb in ("cancel", "coming", "move", "noshow", "feedback"):
        await stage.says(eva, f"meetings:{verb}")
    assert len(stage.refused) == 5
    assert stage.forged == 0


async def test_who_leaves_calls_the_meeting_off(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    await stage.leaves(marco)
    assert (await the_meeting(stage)).state == CANCELLED
    told = await stage.last_told(aisha)
    assert "Marco has cancelled your meeting" in told.text
    assert labels(told) == ["Menu"]
    assert await stage.rows(Slot) == []


# -- reminders ------------------------------------------------------------------------------------------


async def test_reminders_come_a_day_and_an_hour_before_in_the_readers_clock(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await stage.change(aisha, zone="Europe/London")
    async with stage.database.read() as session:
        assert await due.next_due(session) == THURSDAY_10 - timedelta(days=1)
    stage.now = THURSDAY_10 - timedelta(days=1)
    assert await tick(stage) == 2
    assert await tick(stage) == 0
    told = (await stage.told(marco))[-1]
    assert plain(told.payload["text"]).startswith(
        "A reminder: you meet Aisha tomorrow, Thursday 19 November, at 10:00."
    )
    assert told.lane == list(Lane).index(Lane.REMINDER)
    assert told.late_after == THURSDAY_10 - timedelta(hours=2)
    assert "tomorrow, Thursday 19 November, at 09:00" in (await stage.last_told(aisha)).text
    stage.now = THURSDAY_10 - timedelta(hours=1)
    assert await tick(stage) == 2
    assert "You meet Aisha <b>soon</b>" in (await stage.last_told(marco)).text
    assert agreed.room in (await stage.last_told(marco)).text
    await stage.answers(marco, "confirm_attendance")
    assert (await stage.last_told(aisha)).text == "Marco will be there."


async def test_a_reminder_that_comes_too_late_is_recorded_and_not_said(
    stage: Stage, marco: Person, agreed: Meeting
) -> None:
    before = len(await stage.told(marco))
    stage.now = THURSDAY_10 - timedelta(hours=1, minutes=59)
    assert await tick(stage) == 2
    assert (await states(stage)).count("late") == 2
    assert len(await stage.told(marco)) == before


async def test_reminders_of_a_dead_meeting_are_dropped(stage: Stage, marco: Person, agreed: Meeting) -> None:
    async with stage.database.begin() as session:
        meeting = await session.get(Meeting, agreed.id)
        assert meeting
        meeting.state = CANCELLED
    stage.now = THURSDAY_10 - timedelta(days=1)
    assert await tick(stage) == 2
    assert (await states(stage)).count("dropped") == 2


async def test_a_batch_is_a_transaction_and_says_that_there_is_more(
    stage: Stage, marco: Person, agreed: Meeting
) -> None:
    stage.now = THURSDAY_10 + timedelta(minutes=75)
    async with stage.database.begin() as session:
        for number in range(due.BATCH):
            session.add(
                Reminder(
                    meeting_id=agreed.id,
                    person_id=marco.id,
                    kind="extra",
                    sequence=number,
                    due_at=stage.now,
                    late_after=stage.now,
                )
            )
    assert await tick(stage) == due.BATCH
    assert await tick(stage) == 6


async def test_no_key_is_said_twice(stage: Stage, marco: Person, agreed: Meeting) -> None:
    for hours in (-24, -1, 1.25):
        stage.now = THURSDAY_10 + timedelta(hours=hours)
        await tick(stage)
    keys = [row.dedupe_key for row in await stage.rows(OutboxRow)]
    assert len(set(keys)) == len(keys)
    assert f"meeting:{agreed.id}:day:{marco.id}:{agreed.sequence}" in keys
    assert set(await states(stage)) == {"said"}
