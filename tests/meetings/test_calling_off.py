"""Calling a meeting off: asked once, why with one tap that the other one never sees, and three new times at once."""

from datetime import UTC, datetime, timedelta

import pytest

import db.people
from bot.meetings import rules
from db.meetings import AGREED, CANCELLED, PROPOSED, Meeting, Reminder, Slot
from db.people import Person
from tests.matching.stage import Stage, data_of, labels, plain

THURSDAY_10 = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)


async def first_two(stage: Stage) -> list[Meeting]:
    return await stage.rows(Meeting)


async def test_the_other_one_gets_three_new_times_at_once(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await stage.taps(marco, f"meetings:drop:{agreed.id}")
    told = await stage.last_told(aisha)
    assert plain(told.text).startswith(
        "Marco has cancelled your meeting of Thursday 19 November, at 10:00.\n\nWhen would you like to meet Marco?"
    )
    assert labels(told) == [
        "Tuesday 24 November, at 15:00",  # not the hour that was just called off
        "Thursday 26 November, at 10:00",
        "Other times",
        "Another day",
    ]
    assert told.file
    assert "METHOD:CANCEL" in told.file.content
    await stage.answers(aisha, "1")
    assert "Aisha would like to meet you on" in (await stage.last_told(marco)).text
    await stage.answers(marco, "affirm")
    dead, fresh = await first_two(stage)
    assert (dead.state, fresh.state) == (CANCELLED, AGREED)
    assert {slot.meeting_id for slot in await stage.rows(Slot)} == {fresh.id}


async def test_why_is_one_tap_and_stays_with_whoever_said_it(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    said = await stage.taps(marco, f"meetings:drop:{agreed.id}")
    assert "Aisha will not see it" in said[-1].text
    assert labels(said[-1]) == ["I am ill", "No time", "Another reason", "Find another time", "Menu"]
    before = len(await stage.told(aisha))
    (thanks,) = await stage.taps(marco, data_of(said[-1], "I am ill"))
    assert thanks.text == "Get well soon!"
    (dead, _) = await first_two(stage)
    assert (dead.called_off_by, dead.called_off_why, dead.called_off_late) == (marco.id, rules.ILL, False)
    assert len(await stage.told(aisha)) == before
    async with stage.database.read() as session:
        his, hers = [await db.people.everything_of(session, who) for who in (marco, aisha)]
    assert [one["called_off_why"] for one in his["meetings"] if one["id"] == agreed.id] == [rules.ILL]
    assert not any("called_off_why" in one for one in hers["meetings"])


@pytest.mark.parametrize("why", ["", "wonderful", "ILL", "9" * 40])
async def test_reasons_of_our_own_only(stage: Stage, marco: Person, agreed: Meeting, why: str) -> None:
    await stage.taps(marco, f"meetings:drop:{agreed.id}")
    await stage.taps(marco, f"meetings:why:{agreed.id}:{why}")
    assert stage.forged == 1
    assert (await first_two(stage))[0].called_off_why == ""


async def test_nobody_gives_the_other_ones_reason_or_one_for_a_living_meeting(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await stage.taps(marco, f"meetings:why:{agreed.id}:ill")
    await stage.taps(marco, f"meetings:drop:{agreed.id}")
    await stage.taps(aisha, f"meetings:why:{agreed.id}:ill")
    assert stage.forged == 2
    said = await stage.taps(aisha, f"meetings:drop:{agreed.id}")  # her old button: it is called off already
    assert "changed meanwhile" in said[0].text
    dead = (await first_two(stage))[0]
    assert (dead.called_off_by, dead.called_off_why) == (marco.id, "")


@pytest.mark.parametrize(("before", "late"), [(24, False), (23.99, True), (1, True), (0.01, True)])
async def test_less_than_a_day_before_is_late_and_said_gently(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting, before: float, late: bool
) -> None:
    stage.now = THURSDAY_10 - timedelta(hours=before)
    (asked,) = await stage.taps(marco, f"meetings:cancel:{agreed.id}")
    assert ("That is soon; Aisha may be on the way already." in asked.text) == late
    assert labels(asked) == ["Yes, cancel it", "Move it instead", "No, keep it"]
    await stage.answers(marco, "affirm")
    assert (await first_two(stage))[0].called_off_late == late


async def test_what_was_never_agreed_is_not_late(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.answers(marco, "1")
    (open_one,) = await first_two(stage)
    await stage.taps(aisha, f"meetings:drop:{open_one.id}")
    (dead,) = await first_two(stage)  # and no new times: she cannot for now
    assert (dead.state, dead.called_off_by, dead.called_off_late) == (CANCELLED, aisha.id, False)
    told = await stage.last_told(marco)
    assert told.text == "Aisha cannot meet you for now."
    assert labels(told) == ["Find another time", "Menu"]


async def test_without_a_time_in_common_the_calendar_of_buttons_is_offered(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await stage.change(aisha, times=["6-eve"])
    await stage.taps(marco, f"meetings:drop:{agreed.id}")
    told = await stage.last_told(aisha)
    assert "Please write me a day and an hour" in told.text
    assert labels(told) == ["Another day", "Menu"]


async def test_twice_leaves_one_new_meeting(stage: Stage, marco: Person, agreed: Meeting) -> None:
    for _ in range(2):
        said = await stage.taps(marco, f"meetings:drop:{agreed.id}")
        assert "I have told Aisha" in said[-1].text
    assert [one.state for one in await first_two(stage)] == [CANCELLED, PROPOSED]
    assert {one.state for one in await stage.rows(Reminder)} == {"dropped"}


async def test_who_ends_the_pair_has_called_nothing_off(stage: Stage, marco: Person, agreed: Meeting) -> None:
    await stage.taps(marco, f"matching:ended:{agreed.match_id}")
    (dead,) = await first_two(stage)
    assert (dead.state, dead.called_off_by, dead.called_off_late) == (CANCELLED, None, False)


async def test_a_move_that_was_answered_too_late_gives_no_second_meeting(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    wish = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    await stage.taps(marco, f"meetings:want:{agreed.match_id}:{wish:%Y%m%d%H%M}")
    yes = data_of(await stage.last_told(aisha), "Yes, that suits me")
    assert agreed.ends_at
    stage.now = agreed.ends_at + timedelta(minutes=1)
    await stage.says(marco, "meetings:book")
    said = await stage.taps(aisha, yes)
    assert "changed meanwhile" in said[0].text
    old, new = await stage.rows(Meeting)
    assert (old.starts_at, new.state) == (agreed.starts_at, PROPOSED)
