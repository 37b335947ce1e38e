import asyncio
from datetime import UTC, datetime, timedelta

import pytest

import db.meetings
from bot.matching.rounds import run_round
from bot.meetings import rules
from bot.words.times import TimeFound
from db.meetings import AGREED, PROPOSED, Meeting, Reminder, Slot
from db.people import Person
from tests.matching.stage import HOUSE, Stage, data_of, labels, plain

THURSDAY_10 = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
TUESDAY_15 = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


async def the_meeting(stage: Stage) -> Meeting:
    return (await stage.rows(Meeting))[-1]


def at(start: datetime, hours: float = 1, grain: str = "hour") -> TimeFound:
    """What the words are read as."""
    return TimeFound(start, start + timedelta(hours=hours), grain, (0, 5))


async def test_three_taps_and_it_is_agreed(stage: Stage, aisha: Person, marco: Person) -> None:
    (times,) = await stage.says(marco, "meetings:book")
    assert labels(times) == [
        "Thursday 19 November, at 10:00",
        "Tuesday 24 November, at 15:00",
        "Thursday 26 November, at 10:00",
        "Other times",
        "Another day",
    ]
    said = await stage.taps(marco, data_of(times, "Tuesday 24 November, at 15:00"))
    assert "✓ Tuesday 24 November, at 15:00" in said[0].text
    assert "I am asking Aisha" in said[1].text
    question = await stage.last_told(aisha)
    assert plain(question.text) == (
        "Marco would like to meet you on Tuesday 24 November, at 15:00. Does that suit you?"
    )
    said = await stage.answers(aisha, "confirm_attendance")
    meeting = await the_meeting(stage)
    assert (meeting.state, meeting.starts_at, meeting.ends_at) == (
        AGREED,
        TUESDAY_15,
        TUESDAY_15 + timedelta(hours=1),
    )
    for told in (said[-1], *await stage.told_about(marco, "It is agreed")):
        assert "It is agreed" in told.text
        assert meeting.room in told.text
        assert told.file
        assert "DTSTART:20261124T140000Z" in told.file.content
        assert "METHOD:REQUEST" in told.file.content
    slots = {(slot.person_id, slot.at) for slot in await stage.rows(Slot)}
    quarters = rules.quarters(TUESDAY_15, TUESDAY_15 + timedelta(hours=1))
    assert slots == {(who.id, quarter) for who in (aisha, marco) for quarter in quarters}
    reminders = [(row.kind, row.due_at) for row in await stage.rows(Reminder) if row.person_id == marco.id]
    assert reminders == [
        ("day", TUESDAY_15 - timedelta(days=1)),
        ("hour", TUESDAY_15 - timedelta(hours=1)),
        ("after", TUESDAY_15 + timedelta(minutes=75)),
    ]


async def test_a_room_cannot_be_guessed(stage: Stage, agreed: Meeting) -> None:
    address, _, secret = agreed.room.partition("/twogether-")
    assert address == "https://meet.jit.si"
    assert len(secret) == 32


async def test_each_sees_the_time_on_their_own_clock(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.change(aisha, zone="Europe/London")
    await stage.answers(marco, "the second")
    assert "at 14:00" in (await stage.last_told(aisha)).text
    assert "at 15:00" in (await stage.says(marco, "meetings:mine"))[0].text


async def test_other_times_are_the_next_three_and_make_the_first_ones_old(
    stage: Stage, aisha: Person, marco: Person
) -> None:
    (first,) = await stage.says(marco, "meetings:book")
    then = (await stage.taps(marco, data_of(first, "Other times")))[-1]
    assert labels(then)[0] == "Tuesday 1 December, at 15:00"
    said = await stage.taps(marco, data_of(first, "Tuesday 24 November, at 15:00"))
    assert "This has changed meanwhile" in said[0].text
    assert labels(said[1]) == labels(then)
    assert (await the_meeting(stage)).chosen_by is None


async def test_another_time_from_the_trainer_comes_back_to_the_worker(
    stage: Stage, aisha: Person, marco: Person
) -> None:
    await stage.answers(marco, "1")
    times = (await stage.answers(aisha, "deny"))[-1]
    assert labels(times)[0] == "Tuesday 24 November, at 15:00"
    await stage.answers(aisha, "2")
    assert "Thursday 26 November, at 10:00" in (await stage.last_told(marco)).text
    await stage.answers(marco, "affirm")
    assert (await the_meeting(stage)).state == AGREED


async def test_yes_twice_agrees_once(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.answers(marco, "1")
    yes = data_of(await stage.last_told(aisha), "Yes, that suits me")
    await stage.taps(aisha, yes)
    before = len(await stage.told(marco))
    said = await stage.taps(aisha, yes)
    assert "This has changed meanwhile" in said[0].text
    assert "You meet Marco" in said[1].text
    assert len(await stage.told(marco)) == before
    assert len(await stage.rows(Reminder)) == 6


async def test_nobody_confirms_their_own_choice(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.answers(marco, "1")
    meeting = await the_meeting(stage)
    await stage.taps(marco, f"meetings:yes:{meeting.id}:{meeting.sequence}")
    assert (await the_meeting(stage)).state == PROPOSED


@pytest.mark.parametrize("verb", ["pick", "yes", "other", "keep", "move", "cancel", "drop", "coming", "rate"])
async def test_somebody_elses_meeting_is_not_touched(stage: Stage, aisha: Person, marco: Person, verb: str) -> None:
    stranger = await stage.add("trainer", "Eva")
    before = await the_meeting(stage)
    for wrong in (f"{before.id}:0:0", f"{before.id + 9}:0:0", "x", "", "-1", "9" * 40):
        await stage.taps(stranger, f"meetings:{verb}:{wrong}")
    after = await the_meeting(stage)
    assert stage.forged == 6
    assert (after.state, after.times, after.sequence) == (before.state, before.times, before.sequence)


@pytest.mark.parametrize(
    "data", ["pick:{id}:7:0", "pick:{id}:x:0", "want:{match}:999999999999", "want:{match}:20261332", "want:{match}"]
)
async def test_a_button_we_never_made_is_refused(stage: Stage, aisha: Person, marco: Person, data: str) -> None:
    meeting = await the_meeting(stage)
    await stage.taps(marco, "meetings:" + data.format(id=meeting.id, match=meeting.match_id))
    assert stage.forged == 1


# -- in words -------------------------------------------------------------------------------------------


async def test_words_that_name_a_time_on_offer_pick_it(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.says(marco, "meetings:book", "Tuesday at 3", (at(TUESDAY_15),))
    meeting = await the_meeting(stage)
    assert rules.restored(meeting.times) == [TUESDAY_15]
    assert meeting.chosen_by == marco.id


async def test_another_time_is_said_back_before_it_is_sent(stage: Stage, aisha: Person, marco: Person) -> None:
    start = TUESDAY_15 + timedelta(days=1, minutes=7)
    (back,) = await stage.says(marco, "meetings:book", "Wednesday at 3", (at(start),))
    assert plain(back.text) == "Wednesday 25 November, at 15:00 with Aisha, is that right?"
    assert (await the_meeting(stage)).chosen_by is None
    await stage.answers(marco, "affirm")
    assert "Wednesday 25 November, at 15:00" in (await stage.last_told(aisha)).text
    await stage.answers(aisha, "affirm")
    assert (await the_meeting(stage)).starts_at == TUESDAY_15 + timedelta(days=1)


async def test_no_leads_back_to_the_times_on_offer(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.says(marco, "meetings:book", "Wednesday at 3", (at(TUESDAY_15 + timedelta(days=1)),))
    (times,) = await stage.answers(marco, "deny")
    assert labels(times)[0] == "Thursday 19 November, at 10:00"


async def test_what_can_mean_two_times_is_asked(stage: Stage, aisha: Person, marco: Person) -> None:
    wednesday = TUESDAY_15 + timedelta(days=1)
    readings = (at(wednesday), at(wednesday - timedelta(hours=12)), at(wednesday + timedelta(days=7)))
    (back,) = await stage.says(marco, "meetings:book", "Wednesday 3", readings)
    assert labels(back) == ["Wednesday 25 November, at 15:00", "Wednesday 2 December, at 15:00", "None of these"]


async def test_saying_the_time_the_other_one_chose_agrees(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.answers(marco, "2")
    await stage.says(aisha, "meetings:book", "yes, Tuesday at 3", (at(TUESDAY_15),))
    assert (await the_meeting(stage)).state == AGREED


async def test_a_day_without_an_hour_offers_its_hours(stage: Stage, aisha: Person, marco: Person) -> None:
    wednesday = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
    (hours,) = await stage.says(marco, "meetings:book", "on Wednesday", (at(wednesday, 24, "day"),))
    assert plain(hours.text) == "Wednesday 25 November: at what time?"
    assert labels(hours)[:3] == ["09:00", "10:00", "11:00"]
    assert [len(row) for row in hours.buttons] == [3, 3, 3, 1, 1]
    await stage.answers(marco, "11:00")
    assert rules.restored((await the_meeting(stage)).times) == [datetime(2026, 11, 25, 10, tzinfo=UTC)]


async def test_a_day_with_one_time_on_offer_means_that_one(stage: Stage, aisha: Person, marco: Person) -> None:
    tuesday = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    (back,) = await stage.says(marco, "meetings:book", "Tuesday", (at(tuesday, 24, "day"),))
    assert "Tuesday 24 November, at 15:00" in back.text
    await stage.answers(marco, "affirm")
    assert (await the_meeting(stage)).chosen_by == marco.id


async def test_a_week_offers_times_in_it(stage: Stage, aisha: Person, marco: Person) -> None:
    monday = datetime(2026, 12, 6, 23, 0, tzinfo=UTC)
    (times,) = await stage.says(marco, "meetings:book", "the week after", (at(monday, 168, "week"),))
    assert labels(times)[:2] == ["Tuesday 8 December, at 15:00", "Thursday 10 December, at 10:00"]


async def test_a_weekend_without_common_times_still_offers_some(stage: Stage, aisha: Person, marco: Person) -> None:
    saturday = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
    (times,) = await stage.says(marco, "meetings:book", "the weekend", (at(saturday, 48, "day"),))
    assert labels(times)[:2] == ["Saturday 21 November, at 10:00", "Sunday 22 November, at 15:00"]


@pytest.mark.parametrize(
    ("start", "hours", "grain", "sentence"),
    [
        (datetime(2026, 11, 16, 14, tzinfo=UTC), 1, "hour", "over already"),
        (datetime(2026, 11, 15, 23, tzinfo=UTC), 24, "day", "over already"),
        (datetime(2026, 11, 9, 23, tzinfo=UTC), 48, "day", "over already"),
        (datetime(2026, 11, 17, 12, 30, tzinfo=UTC), 0.01, "minute", "too soon"),
        (datetime(2030, 11, 17, 14, tzinfo=UTC), 1, "hour", "more than a year away"),
        (datetime(2030, 11, 16, 23, tzinfo=UTC), 24, "day", "more than a year away"),
        (datetime(2030, 10, 31, 23, tzinfo=UTC), 720, "month", "more than a year away"),
        (datetime(2026, 11, 18, 2, tzinfo=UTC), 1, "hour", "between 7:00 and 22:00"),
    ],
)
async def test_a_time_that_cannot_be_gets_a_clear_sentence(
    stage: Stage, aisha: Person, marco: Person, start: datetime, hours: float, grain: str, sentence: str
) -> None:
    before = await the_meeting(stage)
    (said,) = await stage.says(marco, "meetings:book", "then", (at(start, hours, grain),))
    assert sentence in said.text
    assert labels(said) == ["Another day", "Menu"]  # no dead end
    assert (await the_meeting(stage)).sequence == before.sequence


async def test_a_button_from_last_year_says_that_its_time_is_over(stage: Stage, aisha: Person, marco: Person) -> None:
    before = await the_meeting(stage)
    await stage.taps(marco, f"meetings:want:{before.match_id}:202511241400")
    stage.later(days=365)
    await stage.taps(marco, f"meetings:pick:{before.id}:0:{before.sequence}")
    assert all("That time is over already" in sentence for sentence in stage.refused)
    assert len(stage.refused) == 2
    await stage.says(marco, "meetings:mine")  # what is shown now lies ahead again
    assert min(rules.restored((await the_meeting(stage)).times)) > stage.now


async def test_night_where_the_other_one_lives(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.change(aisha, zone="America/New_York")
    (said,) = await stage.says(marco, "meetings:book", "tomorrow at 11", (at(THURSDAY_10 + timedelta(hours=1)),))
    assert "it is night then" in said.text


async def test_no_times_in_common_asks_for_words(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.change(aisha, times=["6-eve"])
    (times,) = await stage.says(marco, "meetings:book")
    (times,) = (await stage.taps(marco, data_of(times, "Other times")))[-1:]
    assert "Please write me a day and an hour" in times.text


async def test_whoever_has_no_partner_is_told_so(stage: Stage) -> None:
    eva = await stage.add("worker", "Eva", languages=["es"])
    said = await stage.says(eva, "meetings:book", "can we meet on Tuesday", (at(TUESDAY_15),))
    assert "first need a partner" in said[0].text
    assert "no trainer for you yet" in said[1].text


# -- two at once ----------------------------------------------------------------------------------------


async def second_pair(stage: Stage, aisha: Person) -> tuple[Person, Meeting]:
    carla = await stage.add("worker", "Carla")
    async with stage.database.begin() as session:
        await run_round(session, stage.cluster, None, stage.now, HOUSE)
    await stage.answers(aisha, "affirm")
    await stage.answers(carla, "affirm")
    return carla, await the_meeting(stage)


async def test_one_trainer_is_never_booked_twice(stage: Stage, aisha: Person, marco: Person) -> None:
    carla, hers = await second_pair(stage, aisha)
    (his, _) = await stage.rows(Meeting)
    await asyncio.gather(
        stage.taps(marco, f"meetings:pick:{his.id}:0:{his.sequence}"),
        stage.taps(carla, f"meetings:pick:{hers.id}:0:{hers.sequence}"),
    )
    await asyncio.gather(*(stage.taps(aisha, f"meetings:yes:{one.id}:{one.sequence + 1}") for one in (his, hers)))
    meetings = await stage.rows(Meeting)
    assert sorted(one.state for one in meetings) == [AGREED, PROPOSED]
    assert len(await stage.rows(Slot)) == 8
    (left,) = [one for one in meetings if one.state == PROPOSED]
    assert THURSDAY_10 not in rules.restored(left.times)
    assert len(left.times) == 2  # within two weeks there is no third


async def test_a_time_of_another_meeting_is_refused_by_words(stage: Stage, aisha: Person, agreed: Meeting) -> None:
    carla, _ = await second_pair(stage, aisha)
    half_past = THURSDAY_10 + timedelta(minutes=30)
    await stage.says(carla, "meetings:book", "Thursday 10:30", (at(half_past),))
    await stage.answers(carla, "affirm")
    assert "One of you has another meeting then" in stage.refused[0]


async def test_a_trainer_of_two_is_asked_with_whom(stage: Stage, aisha: Person, marco: Person) -> None:
    carla, _ = await second_pair(stage, aisha)
    (asked,) = await stage.says(aisha, "meetings:book", "Wednesday", (at(TUESDAY_15 + timedelta(days=1)),))
    assert sorted(labels(asked)) == ["Carla", "Marco", "Menu"]
    await stage.answers(aisha, "Carla")
    assert (
        "Aisha would like to meet you on <b>Wednesday 25 November, at 15:00</b>" in (await stage.last_told(carla)).text
    )


async def test_both_choosing_at_once_leaves_one_question(stage: Stage, aisha: Person, marco: Person) -> None:
    meeting = await the_meeting(stage)
    await asyncio.gather(
        stage.taps(marco, f"meetings:pick:{meeting.id}:0:{meeting.sequence}"),
        stage.taps(aisha, f"meetings:pick:{meeting.id}:1:{meeting.sequence}"),
    )
    after = await the_meeting(stage)
    assert after.sequence == meeting.sequence + 1
    assert len(after.times) == 1


async def test_eight_who_want_the_same_hour_get_it_once(stage: Stage, aisha: Person, marco: Person) -> None:
    meeting = await the_meeting(stage)

    async def take() -> bool:
        async with stage.database.begin() as session:
            end = THURSDAY_10 + timedelta(hours=1)
            fresh = Meeting(match_id=meeting.match_id, times=[], sequence=0, created_at=stage.now, changed_at=stage.now)
            session.add(fresh)
            await session.flush()
            return await db.meetings.take(session, fresh.id, [marco.id, aisha.id], THURSDAY_10, end)

    won = [await asyncio.gather(*(take() for _ in range(8))) for _ in range(3)]
    assert sum(sum(one) for one in won) == 1
    assert len(await stage.rows(Slot)) == 8
