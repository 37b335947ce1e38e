"""Before two people meet for the first time they are told how to keep safe: once, and before the meeting."""

from datetime import UTC, datetime, timedelta

from bot.meetings import due
from bot.messages import Outgoing
from db.meetings import HELD, Meeting
from db.people import Person
from tests.matching.stage import HOUSE, Stage, labels

THURSDAY_10 = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)


async def until(stage: Stage, moment: datetime) -> None:
    """Hour by hour, the clock finds what is due."""
    while stage.now < moment:
        stage.later(hours=1)
        await due.tick(stage.database, stage.now, HOUSE)


async def notes(stage: Stage, who: Person) -> list[Outgoing]:
    told = [Outgoing.from_json(row.payload) for row in await stage.told(who)]
    return [one for one in told if "Before your first meeting" in one.text]


async def test_both_are_told_once_before_the_first_meeting(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    assert await notes(stage, marco) == []
    await until(stage, THURSDAY_10)
    for who in (marco, aisha):
        (told,) = await notes(stage, who)
        assert "public place" in told.text
        assert "passwords or your money" in told.text
        assert labels(told) == ["Something was not right"]


async def test_words_still_answer_the_reminder(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    await until(stage, THURSDAY_10 - timedelta(hours=20))
    assert len(await notes(stage, marco)) == 1
    await stage.answers(marco, "confirm_attendance")
    assert "Marco will be there." in [row.payload["text"] for row in await stage.told(aisha)]


async def test_who_agree_at_the_last_moment_are_told_at_once(stage: Stage, aisha: Person, marco: Person) -> None:
    start = stage.now + timedelta(hours=1)
    match = (await stage.rows(Meeting))[0].match_id
    await stage.taps(marco, f"meetings:want:{match}:{start:%Y%m%d%H%M}")
    stage.later(minutes=30)
    await stage.answers(aisha, "affirm")
    assert (await stage.rows(Meeting))[0].starts_at == start
    for who in (marco, aisha):
        assert len(await notes(stage, who)) == 1
    await until(stage, start + timedelta(hours=1))
    assert len(await notes(stage, marco)) == 1


async def test_who_have_met_before_are_not_told(stage: Stage, marco: Person, agreed: Meeting) -> None:
    async with stage.database.begin() as session:
        earlier = THURSDAY_10 - timedelta(days=7)
        session.add(
            Meeting(
                match_id=agreed.match_id,
                state=HELD,
                times=[],
                starts_at=earlier,
                ends_at=earlier,
                created_at=earlier,
                changed_at=earlier,
            )
        )
    await until(stage, THURSDAY_10)
    assert await notes(stage, marco) == []
