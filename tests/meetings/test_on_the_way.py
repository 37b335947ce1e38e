"""What is said before a meeting: on the way, late, will be there; and what the clock says, on the right clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

import db.people
from bot.case import Case
from bot.clock import QuietHours
from bot.meetings import due, rules
from bot.messages import Outgoing
from bot.people import service as people
from db.meetings import AGREED, Meeting, Reminder
from db.people import Person
from tests.matching.stage import HOUSE, Stage, data_of, labels, plain

THURSDAY_10 = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
QUIET = HOUSE.settings.quiet


async def tick(stage: Stage, hours: float) -> None:
    """The clock, so many hours before the meeting."""
    stage.now = THURSDAY_10 - timedelta(hours=hours)
    await due.tick(stage.database, stage.now, HOUSE)


async def of_kind(stage: Stage, kind: str) -> list[tuple[int, str]]:
    return [(row.person_id, row.state) for row in await stage.rows(Reminder) if row.kind == kind]


@pytest.fixture
async def in_person(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> Meeting:
    await stage.taps(marco, f"meetings:place:{agreed.id}")
    await stage.says(marco, "meetings:placed", "Biblioteca Salaborsa")
    return agreed


async def hour_reminder(stage: Stage, who: Person, first: str) -> Outgoing:
    await tick(stage, 1)
    for row in reversed(await stage.told(who)):
        if row.dedupe_key.split(":")[2] == "hour":
            message = Outgoing.from_json(row.payload)
            assert labels(message) == [first, "I am running late", "I cannot come"]
            return message
    raise AssertionError


# -- an hour before -------------------------------------------------------------------------------------


async def test_on_my_way_is_told_once(stage: Stage, aisha: Person, marco: Person, in_person: Meeting) -> None:
    shown = await hour_reminder(stage, marco, "I am on my way")
    assert "You meet in person, here: Biblioteca Salaborsa" in plain(shown.text)
    before = len(await stage.told(aisha))
    for _ in range(2):
        said = await stage.taps(marco, data_of(shown, "I am on my way"))
        assert said[-1].text == "Good. I have told Aisha."
    assert (await stage.last_told(aisha)).text == "Marco is on the way."
    assert len(await stage.told(aisha)) == before + 1


async def test_who_meets_online_goes_nowhere(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    shown = await hour_reminder(stage, marco, "I will be there")
    await stage.taps(marco, data_of(shown, "I will be there"))
    assert (await stage.last_told(aisha)).text == "Marco will be there."


@pytest.mark.parametrize("minutes", rules.DELAYS)
async def test_running_late_says_by_how_much(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting, minutes: int
) -> None:
    shown = await hour_reminder(stage, marco, "I will be there")
    (asked,) = await stage.taps(marco, data_of(shown, "I am running late"))
    assert labels(asked) == ["5 minutes", "10 minutes", "15 minutes", "I cannot come", "Menu"]
    before = len(await stage.told(aisha))
    for _ in range(2):
        await stage.taps(marco, data_of(asked, f"{minutes} minutes"))
    told = await stage.last_told(aisha)
    assert told.text == f"Marco is running late, by about {minutes} minutes."
    assert labels(told) == ["Write a message"]
    assert len(await stage.told(aisha)) == before + 1


async def test_cannot_come_calls_it_off_after_one_question(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    shown = await hour_reminder(stage, marco, "I will be there")
    (asked,) = await stage.taps(marco, data_of(shown, "I cannot come"))
    assert "That is soon; Aisha may be on the way already." in asked.text
    await stage.taps(marco, data_of(asked, "Yes, cancel it"))
    assert "Marco has cancelled" in (await stage.last_told(aisha)).text
    assert (await stage.rows(Meeting))[0].called_off_late


@pytest.mark.parametrize("data", ["way:{id}", "delay:{id}:10", "late:{id}"])
async def test_an_old_button_does_not_send_anybody_on_the_way(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting, data: str
) -> None:
    before = len(await stage.told(aisha))
    said = await stage.taps(marco, "meetings:" + data.format(id=agreed.id))  # two days ahead
    assert "changed meanwhile" in said[0].text
    assert "You meet Aisha" in said[1].text
    assert agreed.ends_at
    stage.now = agreed.ends_at
    await stage.taps(marco, "meetings:" + data.format(id=agreed.id))
    assert stage.refused == ["This meeting is over already."]
    assert len(await stage.told(aisha)) == before


@pytest.mark.parametrize("minutes", ["0", "7", "60", "-5", "x", "", "9" * 30])
async def test_delays_of_our_own_only(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting, minutes: str
) -> None:
    stage.now = THURSDAY_10
    before = len(await stage.told(aisha))
    await stage.taps(marco, f"meetings:delay:{agreed.id}:{minutes}")
    assert stage.forged == 1
    assert len(await stage.told(aisha)) == before


@pytest.mark.parametrize("verb", ["way", "late", "delay", "stay", "why"])
async def test_nobody_speaks_for_somebody_else(stage: Stage, agreed: Meeting, verb: str) -> None:
    eva = await stage.add("worker", "Eva")
    stage.now = THURSDAY_10
    for wrong in (f"{agreed.id}:10", f"{agreed.id + 9}:10", "x:10", ":10", "-1:10", "9" * 40 + ":10"):
        await stage.taps(eva, f"meetings:{verb}:{wrong}")
    assert stage.forged == 6


# -- the other one is silent ----------------------------------------------------------------------------


async def test_who_confirmed_is_asked_once_when_the_other_one_is_silent(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await tick(stage, 24)
    await stage.answers(marco, "I will be there")
    before = len(await stage.told(aisha))
    await tick(stage, 3)
    asked = await stage.last_told(marco)
    assert plain(asked.text) == (
        "You meet Aisha today, Thursday 19 November, at 10:00. Aisha has not confirmed yet. Do you still want to go?"
    )
    assert labels(asked) == ["Yes, keep it", "Write a message", "Move it"]
    assert len(await stage.told(aisha)) == before
    assert await of_kind(stage, "silent") == [(marco.id, "said")]
    told = len(await stage.told(marco))
    await tick(stage, 2.5)
    assert len(await stage.told(marco)) == told
    said = await stage.answers(marco, "affirm")
    assert "it stays as agreed" in said[-1].text
    assert (await stage.rows(Meeting))[0].state == AGREED


async def test_nobody_is_asked_when_both_have_confirmed(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await tick(stage, 24)
    for who in (marco, aisha):
        await stage.answers(who, "I will be there")
    assert await of_kind(stage, "silent") == [(marco.id, "dropped")]
    before = len(await stage.told(marco))
    await tick(stage, 3)
    assert len(await stage.told(marco)) == before


async def test_nobody_is_asked_about_who_was_never_reminded(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await stage.says(marco, "meetings:coming", "I'll be there")
    await tick(stage, 1.9)  # the programme slept: the reminder of the day before came too late
    assert await of_kind(stage, "day") == [(marco.id, "late"), (aisha.id, "late")]
    assert await of_kind(stage, "silent") == [(marco.id, "dropped")]


async def test_the_question_can_come_too_late(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    await tick(stage, 24)
    await stage.answers(marco, "I will be there")
    await tick(stage, 0.9)
    assert await of_kind(stage, "silent") == [(marco.id, "late")]


async def test_a_new_time_is_confirmed_anew(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    await stage.says(marco, "meetings:coming", "I'll be there")
    later = THURSDAY_10 + timedelta(days=1)
    await stage.taps(marco, f"meetings:want:{agreed.match_id}:{later:%Y%m%d%H%M}")
    await stage.answers(aisha, "affirm")
    assert await of_kind(stage, "silent") == [(marco.id, "dropped")]
    before = len(await stage.told(aisha))
    await stage.says(marco, "meetings:coming", "I'll be there")
    assert len(await stage.told(aisha)) == before + 1
    assert (await of_kind(stage, "silent"))[1:] == [(marco.id, "waiting")]
    waiting = [row for row in await stage.rows(Reminder) if (row.kind, row.state) == ("silent", "waiting")]
    assert [row.due_at for row in waiting] == [datetime(2026, 11, 19, 19, 0, tzinfo=UTC)]  # not at 7 in the morning


@pytest.mark.parametrize(
    ("start", "asked"),
    [
        ("2026-11-19 07:00", "2026-11-18 20:00"),
        ("2026-11-19 10:59", "2026-11-18 20:00"),
        ("2026-11-19 11:00", "2026-11-19 08:00"),
        ("2026-11-19 21:00", "2026-11-19 18:00"),
        ("2027-03-28 09:00", "2027-03-27 20:00"),  # in the night the clocks go forward
        ("2026-10-25 09:00", "2026-10-24 20:00"),  # … and back
    ],
)
@pytest.mark.parametrize("zone", ["Europe/Rome", "Europe/Berlin", "Europe/Madrid", "Europe/London"])
def test_nobody_is_asked_about_silence_at_night(zone: str, start: str, asked: str) -> None:
    here = ZoneInfo(zone)
    begins, due = (datetime.fromisoformat(one).replace(tzinfo=here) for one in (start, asked))
    assert rules.ask_about_silence_at(begins.astimezone(UTC), here, QUIET) == due.astimezone(UTC)


async def test_who_says_again_that_they_come_is_on_the_way(
    stage: Stage, aisha: Person, marco: Person, in_person: Meeting
) -> None:
    await stage.says(marco, "meetings:coming", "I'll be there")
    await stage.says(marco, "meetings:coming", "I'll be there")  # two days before: once is enough
    before = len(await stage.told(aisha))
    stage.now = THURSDAY_10 - timedelta(minutes=50)
    for _ in range(2):
        await stage.says(marco, "meetings:coming", "I'm coming")
    assert (await stage.last_told(aisha)).text == "Marco is on the way."
    assert len(await stage.told(aisha)) == before + 1


# -- who moves to another zone --------------------------------------------------------------------------


async def test_who_moves_keeps_the_moment_and_is_reminded_in_their_own_day(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await stage.change(marco, zone="America/New_York")  # there it is at 4 in the morning
    async with stage.database.begin() as session:
        me = await db.people.get(session, marco.id)
        assert me
        talk = await db.people.conversation(session, me.id, stage.now)
        case = Case(session, stage.now, me, talk, HOUSE, "moved")
        for look_after in people.MOVED:
            await look_after(case)
        (said,) = case.said
    assert plain(said.text) == "Your meeting with Aisha stays. On your clock it is: Thursday 19 November, at 04:00."
    (kept,) = await stage.rows(Meeting)
    assert (kept.starts_at, kept.sequence) == (THURSDAY_10, agreed.sequence)
    waiting = {(row.person_id, row.kind): row.due_at for row in await stage.rows(Reminder)}
    assert waiting[marco.id, "day"] == datetime(2026, 11, 18, 13, 0, tzinfo=UTC)  # at 8 in New York, not at 4
    assert waiting[marco.id, "hour"] == THURSDAY_10 - timedelta(hours=1)
    assert waiting[aisha.id, "day"] == THURSDAY_10 - timedelta(days=1)


# -- on which clock -------------------------------------------------------------------------------------

ZONES = ("Europe/Rome", "Europe/Berlin", "Europe/Madrid", "Europe/London")
WEEKENDS = [date(2027, 3, 28), date(2026, 10, 25)]  # the clocks change on these Sundays, at 1:00 UTC
AROUND = [timedelta(days=n) for n in (-1, 0, 1)]  # Saturday, Sunday, Monday


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("sunday", WEEKENDS)
@pytest.mark.parametrize("after", AROUND)
@pytest.mark.parametrize("hour", [8, 10, 15, 20])
def test_a_day_before_is_the_same_hour_when_the_clocks_change(
    name: str, sunday: date, after: timedelta, hour: int
) -> None:
    zone, day = ZoneInfo(name), sunday + after
    start = datetime.combine(day, time(hour), zone).astimezone(UTC)
    planned = rules.reminders(start, start + rules.LASTS, start - timedelta(days=5), zone, QUIET)
    when = {kind: due_at for kind, due_at, _ in planned}
    wall = when["day"].astimezone(zone)
    assert (wall.date(), wall.time()) == (day - timedelta(days=1), time(hour))
    shift = timedelta(hours={WEEKENDS[0]: -1, WEEKENDS[1]: 1}[sunday]) if after == timedelta(0) else timedelta(0)
    assert start - when["day"] == timedelta(days=1) + shift  # Saturday to Sunday is 23 or 25 hours
    assert start - when["hour"] == timedelta(hours=1)
    assert when["after"] - start == timedelta(minutes=75)


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("sunday", WEEKENDS)
@pytest.mark.parametrize("quiet", ["21:00-08:00", "22:30-07:30", "13:00-15:00", "00:00-09:00"])
def test_a_day_before_nobody_is_woken(name: str, sunday: date, quiet: str) -> None:
    zone, sleeps = ZoneInfo(name), QuietHours.parse(quiet)
    for quarters in range(7 * 4, 22 * 4):
        for day in (sunday + after for after in AROUND):
            start = datetime.combine(day, time(quarters // 4, quarters % 4 * 15), zone).astimezone(UTC)
            wall = rules.day_before(start, zone, sleeps).astimezone(zone)
            assert wall.date() == day - timedelta(days=1)
            assert not sleeps.cover(wall.time())


async def test_each_is_reminded_on_their_own_morning(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.change(aisha, zone="Europe/London")
    meeting = (await stage.rows(Meeting))[0]
    eight = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)  # 8:30 in Rome, 7:30 in London
    await stage.taps(marco, f"meetings:want:{meeting.match_id}:{eight:%Y%m%d%H%M}")
    await stage.answers(aisha, "affirm")
    planned = {row.person_id: row.due_at for row in await stage.rows(Reminder) if row.kind == "day"}
    assert planned == {
        marco.id: eight - timedelta(days=1),
        aisha.id: datetime(2026, 11, 19, 8, 0, tzinfo=UTC),  # not before eight on her clock
    }
