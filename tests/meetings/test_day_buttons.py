"""The small calendar of buttons: days, their free hours, and words that may mean several days."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.meetings import rules
from bot.messages import Outgoing
from bot.words.times import TimeFound, when
from db.meetings import PROPOSED, Meeting, Slot
from db.people import Person
from tests.matching.stage import Stage, data_of, labels, plain
from tests.meetings.test_agreeing import second_pair
from tests.people_factory import TUESDAY_NOON

ROME = ZoneInfo("Europe/Rome")
FRIDAY_10 = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


async def the_meeting(stage: Stage) -> Meeting:
    return (await stage.rows(Meeting))[-1]


# -- days, hours ----------------------------------------------------------------------------------------


async def test_another_day_is_three_taps(stage: Stage, aisha: Person, marco: Person) -> None:
    (times,) = await stage.says(marco, "meetings:book")
    (days,) = await stage.taps(marco, data_of(times, "Another day"))
    assert plain(days.text) == ("Which day would suit you and Aisha? From 17 November 2026 to 30 November 2026:")
    assert labels(days)[:3] == ["Tuesday 17", "Wednesday 18", "Thursday 19"]
    assert labels(days)[-2:] == ["Later days", "Menu"]
    assert len(labels(days)) == 16
    assert max(len(row) for row in days.buttons) == 2
    (hours,) = await stage.taps(marco, data_of(days, "Friday 20"))
    assert plain(hours.text) == "Friday 20 November: at what time?"
    assert labels(hours)[:4] == ["09:00", "10:00", "11:00", "12:00"]
    assert days.edit == hours.edit == "77"  # the same message turns its pages
    await stage.taps(marco, data_of(hours, "10:00"))
    meeting = await the_meeting(stage)
    assert (rules.restored(meeting.times), meeting.chosen_by) == ([FRIDAY_10], marco.id)
    assert "Friday 20 November, at 10:00" in (await stage.last_told(aisha)).text


async def test_the_pages_reach_eight_weeks_ahead_and_no_further(stage: Stage, aisha: Person, marco: Person) -> None:
    match_id = (await the_meeting(stage)).match_id
    seen: list[str] = []
    data, pages = f"meetings:days:{match_id}:0", 0
    while data:
        (days,) = await stage.taps(marco, data)
        seen += [button.data for row in days.buttons for button in row if ":day:" in button.data]
        pages += 1
        assert ("Earlier days" in labels(days)) == (pages > 1)
        data = data_of(days, "Later days") if "Later days" in labels(days) else ""
    assert pages == 4
    wanted = [TUESDAY_NOON + timedelta(days=n) for n in range(56)]
    assert seen == [f"meetings:day:{match_id}:{day:%Y%m%d}" for day in wanted]
    await stage.taps(marco, f"meetings:days:{match_id}:4")
    assert stage.forged == 1
    (back,) = await stage.taps(marco, data_of(days, "Earlier days"))
    assert "From 15 December 2026 to 28 December 2026" in back.text


async def test_a_day_that_is_full_is_no_button_and_says_so_in_words(stage: Stage, aisha: Person, marco: Person) -> None:
    meeting = await the_meeting(stage)
    async with stage.database.begin() as session:
        busy = Meeting(match_id=meeting.match_id, times=[], sequence=0, state="held")
        busy.created_at = busy.changed_at = stage.now
        session.add(busy)
        await session.flush()
        day = datetime(2026, 11, 20, 6, tzinfo=UTC)
        session.add_all(Slot(person_id=aisha.id, meeting_id=busy.id, at=day + rules.QUARTER * n) for n in range(14 * 4))
    (days,) = await stage.taps(marco, f"meetings:days:{meeting.match_id}:0")
    assert "Friday 20" not in labels(days)
    assert "Thursday 19" in labels(days)
    said = await stage.taps(marco, f"meetings:day:{meeting.match_id}:20261120")
    assert "no time left for a meeting on Friday 20 November" in said[0].text
    assert labels(said[1]) == labels(days)
    friday = datetime(2026, 11, 19, 23, tzinfo=UTC)
    (said,) = await stage.says(
        marco, "meetings:book", "on Friday", (TimeFound(friday, friday + timedelta(days=1), "day", (0, 9)),)
    )
    assert "no time left" in said.text
    assert labels(said) == ["Another day", "Menu"]


async def test_days_and_hours_are_on_the_persons_own_clock(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.change(aisha, zone="America/New_York")
    match_id = (await the_meeting(stage)).match_id
    (his,) = await stage.taps(marco, f"meetings:day:{match_id}:20261120")
    assert labels(his)[:5] == ["14:00", "15:00", "16:00", "17:00", "18:00"]  # before, it is night where she is
    (hers,) = await stage.taps(aisha, f"meetings:day:{match_id}:20261120")
    assert labels(hers)[:2] == ["09:00", "10:00"]
    assert data_of(his, "15:00") == data_of(hers, "09:00")


async def test_today_offers_only_what_still_can_be(stage: Stage, aisha: Person, marco: Person) -> None:
    match_id = (await the_meeting(stage)).match_id
    (today,) = await stage.taps(marco, f"meetings:day:{match_id}:20261117")
    assert labels(today)[:3] == ["14:00", "15:00", "16:00"]  # it is 13:00 in Rome
    stage.now = datetime(2026, 11, 17, 20, tzinfo=UTC)
    (days,) = await stage.taps(marco, f"meetings:days:{match_id}:0")
    assert labels(days)[0] == "Wednesday 18"


@pytest.mark.parametrize(
    ("day", "refused"),
    [
        ("20261116", "That time is over already. Which day and hour would suit you?"),
        ("99991231", "That is more than a year away. Please choose a time that is closer."),
        ("00010101", "That time is over already. Which day and hour would suit you?"),
        ("20271118", "That is more than a year away. Please choose a time that is closer."),
    ],
)
async def test_a_day_of_another_year_gets_a_sentence(
    stage: Stage, aisha: Person, marco: Person, day: str, refused: str
) -> None:
    match_id = (await the_meeting(stage)).match_id
    await stage.taps(marco, f"meetings:day:{match_id}:{day}")
    assert stage.refused == [refused]


@pytest.mark.parametrize("day", ["", "x", "20261332", "2026-11-20", "-1", "9" * 30, "99999999", "٢٠٢٦١١٢٠"])
async def test_a_day_that_is_none_was_not_made_by_us(stage: Stage, aisha: Person, marco: Person, day: str) -> None:
    match_id = (await the_meeting(stage)).match_id
    await stage.taps(marco, f"meetings:day:{match_id}:{day}")
    await stage.taps(marco, f"meetings:days:{match_id}:{day}")
    assert stage.forged == 2


async def test_somebody_elses_calendar_stays_shut(stage: Stage, aisha: Person, marco: Person) -> None:
    eva = await stage.add("worker", "Eva")
    match_id = (await the_meeting(stage)).match_id
    await stage.taps(eva, f"meetings:days:{match_id}:0")
    await stage.taps(eva, f"meetings:day:{match_id}:20261120")
    assert stage.forged == 2


async def test_a_day_without_words_still_hears_a_time(stage: Stage, aisha: Person, marco: Person) -> None:
    match_id = (await the_meeting(stage)).match_id
    await stage.taps(marco, f"meetings:day:{match_id}:20261120")
    (back,) = await stage.says(
        marco, "meetings:time", "at 10", (TimeFound(FRIDAY_10, FRIDAY_10 + timedelta(hours=1), "hour", (0, 5)),)
    )
    assert "Friday 20 November, at 10:00" in plain(back.text)
    assert (await the_meeting(stage)).state == PROPOSED


zones = st.sampled_from([ROME, *map(ZoneInfo, ("Europe/London", "America/New_York", "Asia/Tokyo"))])


@given(zones, zones, st.integers(0, 400 * 24), st.integers(0, rules.PAGES - 1), st.sets(st.integers(0, 14 * 96)))
def test_a_day_is_shown_if_and_only_if_it_has_an_hour(
    zone: ZoneInfo, other: ZoneInfo, hours: int, page: int, busy: set[int]
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    taken = {now + rules.PAGE * page + rules.QUARTER * n for n in busy}
    shown = rules.free_days(page, zone, other, now, taken)
    first = now.astimezone(zone).date() + rules.PAGE * page
    for day in (first + timedelta(days=n) for n in range(rules.PAGE.days)):
        starts = rules.hours_within(rules.whole_day(day, zone), zone, other, now, taken)
        assert (day in shown) == bool(starts)
        assert {start.astimezone(zone).date() for start in starts} <= {day}
        assert rules.page_of(day, zone, now) == page


# -- words that may mean several times ------------------------------------------------------------------


async def says_as_read(
    stage: Stage, who: Person, text: str, language: str = "en", what: str = "meetings:book"
) -> list[Outgoing]:
    """Say these words, read as the programme reads them."""
    await stage.change(who, language=language)
    return await stage.says(who, what, text, tuple(when(text, language, stage.now.astimezone(ROME))))


@pytest.mark.parametrize(
    ("language", "text", "hour", "day"),
    [
        ("en", "Friday 10", "Friday 20 November, at 10:00", "Thursday 10 December"),
        ("it", "venerdì 10", "Venerdì 20 novembre, alle 10:00", "Giovedì 10 dicembre"),
        ("it", "venerdi 10", "Venerdì 20 novembre, alle 10:00", "Giovedì 10 dicembre"),
        ("de", "Freitag 10", "Freitag, 20. November, um 10:00", "Donnerstag, 10. Dezember"),
        ("es", "viernes 10", "Viernes 20 de noviembre, a las 10:00", "Jueves 10 de diciembre"),
    ],
)
async def test_a_bare_number_may_be_an_hour_or_a_day(
    stage: Stage, aisha: Person, marco: Person, language: str, text: str, hour: str, day: str
) -> None:
    (asked,) = await says_as_read(stage, marco, text, language)
    assert [label.split(" Uhr")[0] for label in labels(asked)[:2]] == [hour, day]
    assert (await the_meeting(stage)).chosen_by is None
    (hours,) = await stage.taps(marco, asked.buttons[1][0].data)
    assert day.casefold() in plain(hours.text).casefold()


@pytest.mark.parametrize("text", ["Friday at 10", "Friday 10:00", "Friday 10 am", "Friday at 10 o'clock"])
async def test_an_hour_that_is_said_to_be_one_is_only_said_back(
    stage: Stage, aisha: Person, marco: Person, text: str
) -> None:
    (asked,) = await says_as_read(stage, marco, text)
    assert plain(asked.text) == "Friday 20 November, at 10:00 with Aisha, is that right?"


async def test_next_friday_is_one_of_two(stage: Stage, aisha: Person, marco: Person) -> None:
    (asked,) = await says_as_read(stage, marco, "next Friday")
    assert labels(asked) == ["Friday 20 November", "Friday 27 November", "None of these"]
    (hours,) = await stage.answers(marco, "Friday 27 November")
    assert plain(hours.text) == "Friday 27 November: at what time?"


async def test_a_trainer_of_two_is_not_guessed_a_time_either(stage: Stage, aisha: Person, marco: Person) -> None:
    await second_pair(stage, aisha)
    (asked,) = await says_as_read(stage, aisha, "Friday 10")
    assert all(":want:" not in button.data for row in asked.buttons for button in row)


@pytest.mark.parametrize(
    ("now", "text", "sentence"),
    [
        (TUESDAY_NOON, "tomorrow at 3 am", "Meetings are between 7:00 and 22:00"),
        (TUESDAY_NOON, "in 13 months at 10", "more than a year away"),
        (datetime(2026, 10, 20, 12, tzinfo=UTC), "Sunday at 2:30 am", "Meetings are between 7:00 and 22:00"),  # twice
    ],
)
async def test_a_time_that_cannot_be_is_asked_back_in_words(
    stage: Stage, aisha: Person, marco: Person, now: datetime, text: str, sentence: str
) -> None:
    stage.now = now
    (said,) = await says_as_read(stage, marco, text)
    assert sentence in said.text
    assert labels(said) == ["Another day", "Menu"]


async def test_a_time_that_does_not_exist_is_no_time(stage: Stage, aisha: Person, marco: Person) -> None:
    text = "28 March 2027 at 2:30 in the morning"  # the clocks go from 2:00 to 3:00
    assert when(text, "en", stage.now.astimezone(ROME)) == []
    said = await says_as_read(stage, marco, text, what="meetings:time")
    assert "I found no time in that" in said[0].text
    assert "When would you like to meet Aisha?" in said[1].text


# -- an hour without a day ------------------------------------------------------------------------------


async def test_an_hour_is_one_of_the_day_that_is_on_the_screen(stage: Stage, aisha: Person, marco: Person) -> None:
    match_id = (await the_meeting(stage)).match_id
    await stage.taps(marco, f"meetings:day:{match_id}:20261120")
    (asked,) = await says_as_read(stage, marco, "half past 10", what="meetings:time")
    assert plain(asked.text) == "Friday 20 November, at 10:30 with Aisha, is that right?"
    await says_as_read(stage, marco, "Saturday", what="meetings:time")
    (asked,) = await says_as_read(stage, marco, "at 4", what="meetings:time")
    assert plain(asked.text) == "Saturday 21 November, at 16:00 with Aisha, is that right?"
    (hours,) = await says_as_read(stage, marco, "in the evening", what="meetings:time")
    assert plain(hours.text) == "Saturday 21 November: at what time?"
    assert labels(hours)[:2] == ["18:00", "19:00"]


@pytest.mark.parametrize("said", ["10", "10:00"])
async def test_a_number_is_one_of_the_hours_on_the_screen(
    stage: Stage, aisha: Person, marco: Person, said: str
) -> None:
    match_id = (await the_meeting(stage)).match_id
    await stage.taps(marco, f"meetings:day:{match_id}:20261120")
    await stage.answers(marco, said)
    assert rules.restored((await the_meeting(stage)).times) == [FRIDAY_10]


async def test_a_number_that_may_be_two_hours_presses_neither(stage: Stage, aisha: Person, marco: Person) -> None:
    (hours,) = await says_as_read(stage, marco, "Friday between 8 and 22")
    spoken = {button.label: button.means for row in hours.buttons for button in row if ":want:" in button.data}
    assert {"08:00", "12:00"} <= spoken.keys()
    for label, means in spoken.items():
        assert ("8" in means) is (label == "08:00" and "20:00" not in spoken)


async def test_an_hour_alone_is_first_one_of_the_times_on_offer(stage: Stage, aisha: Person, marco: Person) -> None:
    (asked,) = await says_as_read(stage, marco, "at 10", what="meetings:time")
    assert labels(asked) == [
        "Thursday 19 November, at 10:00",
        "Thursday 26 November, at 10:00",
        "Tomorrow, Wednesday 18 November, at 10:00",
        "None of these",
    ]
    (asked,) = await says_as_read(stage, marco, "at 11", what="meetings:time")
    assert plain(asked.text) == "tomorrow, Wednesday 18 November, at 11:00 with Aisha, is that right?"


async def test_a_part_of_any_day_offers_some(stage: Stage, aisha: Person, marco: Person) -> None:
    (offered,) = await says_as_read(stage, marco, "in the evening", what="meetings:time")
    assert labels(offered)[:3] == [
        "Today, Tuesday 17 November, at 18:00",
        "Tomorrow, Wednesday 18 November, at 18:00",
        "Thursday 19 November, at 18:00",
    ]


async def test_moving_to_an_hour_is_on_the_same_day(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    (asked,) = await says_as_read(stage, marco, "at 4", what="meetings:move")
    assert plain(asked.text) == "Shall I ask Aisha to move your meeting to Thursday 19 November, at 16:00?"


async def test_another_hour_than_the_proposed_one_is_on_that_day(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.answers(marco, "1")
    (asked,) = await says_as_read(stage, aisha, "rather at 11")
    assert plain(asked.text) == "Thursday 19 November, at 11:00 with Marco, is that right?"


async def test_only_a_number_names_no_row(stage: Stage, aisha: Person, marco: Person) -> None:
    said = await says_as_read(stage, marco, "77", what="meetings:time")
    assert stage.forged == 0
    assert "When would you like to meet Aisha?" in said[-1].text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("va bene il secondo", "2"),
        ("la prima che va bene", "1"),
        ("der zweite passt", "2"),
        ("el segundo me va bien", "2"),
        ("the third one please", "3"),
        ("L’ultimo, grazie", "3"),
        ("non il primo", ""),
        ("the first or the second", ""),
        ("un secondo, per favore", ""),
        ("prima delle dieci", ""),
        ("the first time we met I could not come to the shop", ""),
        ("", ""),
    ],
)
def test_which_of_three_in_a_few_words(text: str, number: str) -> None:
    assert rules.ordinal(text) == number


@given(st.text(max_size=60))
def test_whatever_is_written_an_ordinal_is_one_of_three(said: str) -> None:
    assert rules.ordinal(said) in ("", "1", "2", "3")


@given(st.text(max_size=30))
def test_whatever_is_written_a_bare_number_is_one_of_a_month(said: str) -> None:
    number = rules.bare_number(said, ["Friday", "venerdì"])
    assert number is None or 1 <= number <= 31


@pytest.mark.parametrize("said", ["Friday", "10", "at 10", "Friday 0", "Friday 32", "Friday 10:00", "Friday ١٠", ""])
def test_what_is_no_weekday_with_a_bare_number(said: str) -> None:
    assert rules.bare_number(said, ["Friday"]) is None
    assert rules.bare_number("friday,  31", ["Friday"]) == 31
