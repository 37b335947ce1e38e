"""Before two people meet for the first time, both are told once how to keep safe."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

import db.meetings
from bot.case import Case
from bot.matching.tell import tell
from bot.messages import Button, Lane, Outgoing
from bot.outbox.put import Letter
from bot.texts import tongue
from db.matching import Match
from db.meetings import HELD, Meeting
from db.people import Person

LAST_REMINDER = timedelta(hours=1)  # before a meeting


async def before_the_first(
    session: AsyncSession, match: Match, meeting: Meeting, reader: Person, now: datetime
) -> list[Letter]:
    """The notes, if this is the first meeting of the two. The key of the letter is the pair's: they are told once."""
    if await db.meetings.of_match(session, match.id, HELD):
        return []
    key = f"match:{match.id}:safety:{reader.id}"
    return [Letter(reader, notes(reader), Lane.REMINDER, key, now, meeting.starts_at)]


async def at_the_last_moment(case: Case, match: Match, meeting: Meeting, people: Sequence[Person]) -> None:
    """Tell both at once when they have just agreed to meet so soon that no reminder comes before."""
    assert meeting.starts_at is not None
    if meeting.starts_at - case.now <= LAST_REMINDER:
        for reader in people:
            letters = await before_the_first(case.session, match, meeting, reader, case.now)
            await tell(case.session, letters, case.now)


def notes(reader: Person) -> Outgoing:
    """Three short pieces of advice, and where to report."""
    t = tongue(reader.language)
    lines = (
        t("<b>Before your first meeting</b>"),
        t("• If you meet in person, meet in a public place: a café, a library, your shop during opening hours."),
        t("• Nobody needs your passwords or your money. You type passwords yourself, and the training is free."),
        t("• If anything feels wrong, you may stop at any time. Tell me with the button below, and a person helps."),
    )
    wrong = Button(t.plain("Something was not right"), "threads:problem", means=("report_problem",))
    return Outgoing("\n".join(lines), ((wrong,),))
