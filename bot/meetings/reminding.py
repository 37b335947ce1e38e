"""What is said before a meeting: that somebody will be there or is late, and what the clock finds due."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

import db.meetings
from bot.case import Case
from bot.matching import service as matching
from bot.matching.tell import tell
from bot.meetings import rules, safety, screens, service
from bot.meetings.rules import COMING, SILENT
from bot.meetings.service import Pair
from bot.messages import Button, Lane, Outgoing
from bot.outbox.put import Letter
from bot.texts import tongue
from db.matching import Match
from db.meetings import AGREED, HELD, Meeting, Reminder
from db.people import Person


async def say_coming(case: Case, pair: Pair, meeting: Meeting) -> None:
    """Tell the other one, once, that this person will be there; ask this one later if the other one keeps silent.

    Who has said so already and says it again just before they meet somewhere is on the way.
    """
    assert meeting.starts_at is not None
    if await db.meetings.was_told(case.session, meeting.id, pair.other.id, COMING):
        if meeting.place and case.now >= meeting.starts_at - rules.ON_THE_WAY:
            await say_on_the_way(case, pair, meeting)
        return
    case.session.add(_reminder(meeting, pair.other, COMING, case.now, meeting.starts_at, "said"))
    t = tongue(pair.other.language)
    message = Outgoing(t("{name} will be there.", name=case.person.name))
    key = f"meeting:{meeting.id}:coming:{case.person.id}:{meeting.sequence}"
    await service.tell_other(case, pair, message, key)
    await db.meetings.drop_reminder(case.session, meeting.id, pair.other.id, SILENT)  # they wait no longer
    ask_at = rules.ask_about_silence_at(meeting.starts_at, ZoneInfo(case.person.zone), case.settings.quiet)
    both = await db.meetings.was_told(case.session, meeting.id, case.person.id, COMING)
    if not both and case.now < ask_at:
        until = meeting.starts_at - rules.SILENT_UNTIL
        case.session.add(_reminder(meeting, case.person, SILENT, ask_at, until, "waiting"))


def _reminder(
    meeting: Meeting, person: Person, kind: str, due_at: datetime, late_after: datetime, state: str
) -> Reminder:
    return Reminder(
        meeting_id=meeting.id,
        person_id=person.id,
        kind=kind,
        sequence=meeting.sequence,
        due_at=due_at,
        late_after=late_after,
        state=state,
    )


async def say_on_the_way(case: Case, pair: Pair, meeting: Meeting) -> None:
    """Tell the other one, once, that this person is on the way."""
    t = tongue(pair.other.language)
    text = t("{name} is on the way.", name=case.person.name)
    key = f"meeting:{meeting.id}:way:{case.person.id}:{meeting.sequence}"
    await service.tell_other(case, pair, Outgoing(text), key)


async def say_late(case: Case, pair: Pair, meeting: Meeting, minutes: int) -> None:
    """Tell the other one how late this person will be; the same is told once."""
    t = tongue(pair.other.language)
    text = t("{name} is running late, by about {minutes} minutes.", name=case.person.name, minutes=minutes)
    write = Button(t.plain("Write a message"), f"matching:write:{meeting.match_id}")
    key = f"meeting:{meeting.id}:late:{case.person.id}:{meeting.sequence}:{minutes}"
    await service.tell_other(case, pair, Outgoing(text, ((write,),)), key)


async def person_moved(case: Case) -> None:
    """The person lives in another zone now: what is agreed stays at its moment, is reminded of in their waking hours,
    and they are told what their clock shows then."""
    zone, quiet, t = ZoneInfo(case.person.zone), case.settings.quiet, case.t
    for row, meeting in await db.meetings.waiting_for(case.session, case.person.id, rules.DAY, SILENT):
        assert meeting.starts_at is not None
        plan = rules.day_before if row.kind == rules.DAY else rules.ask_about_silence_at
        row.due_at = plan(meeting.starts_at, zone, quiet)
    for pair, meeting in await service.upcoming(case):
        assert meeting.starts_at is not None
        when = t.moment(meeting.starts_at, case.person.zone, case.now)
        case.say(
            t(
                "Your meeting with {name} stays. On your clock it is: <b>{moment}</b>.",
                name=pair.other.name,
                moment=when,
            )
        )


# -- what the clock does --------------------------------------------------------------------------------


async def remind(session: AsyncSession, now: datetime, limit: int) -> int:
    """Say what is due about meetings; what comes too late is recorded as late, what is dead is dropped.

    Returns how many rows were dealt with.
    """
    due = await db.meetings.due_reminders(session, now, limit)
    letters: list[Letter] = []
    for row, meeting, reader in due:
        match = await session.get(Match, meeting.match_id)
        assert match is not None
        other = await matching.other_of(session, match, reader.id)
        row.state = await _fate(session, row, meeting, other, now)
        if row.state == "said":
            if row.kind in (rules.DAY, rules.HOUR):
                letters += await safety.before_the_first(session, match, meeting, reader, now)
            message = screens.reminder(row.kind, meeting, reader, other, now)
            key = f"meeting:{meeting.id}:{row.kind}:{reader.id}:{row.sequence}"
            letters.append(Letter(reader, message, Lane.REMINDER, key, now, row.late_after))
    await tell(session, letters, now)
    return len(due)


async def _fate(session: AsyncSession, row: Reminder, meeting: Meeting, other: Person, now: datetime) -> str:
    """What becomes of a reminder: said, late or dropped."""
    alive = (AGREED, HELD) if row.kind == rules.AFTER else (AGREED,)
    if meeting.state not in alive:
        return "dropped"
    if row.kind == rules.AFTER and await db.meetings.feedback(session, meeting.id, row.person_id):
        return "dropped"
    if row.kind == SILENT and not await _is_silent(session, meeting, row.person_id, other):
        return "dropped"
    return "late" if now > row.late_after else "said"


async def _is_silent(session: AsyncSession, meeting: Meeting, reader_id: int, other: Person) -> bool:
    """Whether the other one was reminded the day before and has not said that they will be there."""
    if await db.meetings.was_told(session, meeting.id, reader_id, COMING):
        return False
    return await db.meetings.was_told(session, meeting.id, other.id, rules.DAY)
