"""The use cases of meetings: two people find a time, keep it, and say how it was.

Either of the two may choose a time and the other one confirms it; what is agreed stays agreed until a new
time is. Who changes something holds the match's row, so that the two cannot change it at the same moment.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

import db.matching
import db.meetings
import db.people
from bot.case import Case
from bot.errors import Forged, Refused
from bot.matching import service as matching
from bot.matching.service import NOT_YOURS
from bot.matching.tell import letter, tell
from bot.meetings import rules, screens
from bot.meetings.rules import LASTS
from bot.messages import Lane, Outgoing
from bot.outbox.put import Letter
from bot.texts import N_, tongue
from db.matching import ACCEPTED, RESTING, Match
from db.meetings import AGREED, CANCELLED, HELD, PROPOSED, Feedback, Meeting, Reminder
from db.people import Person

NO_MEETING = N_("You have no meeting at the moment.")
NOT_TOGETHER = N_("You do not work together any more, so there is no meeting to arrange.")
RESTS = N_("You are taking a break together.")
OVER = N_("This meeting is over already.")
TAKEN = N_("One of you has another meeting then. Please choose another time.")
LONGEST_COMMENT = 1000

PROBLEMS = {
    rules.PAST: N_("That time is over already. Which day and hour would suit you?"),
    rules.SOON: N_("That is too soon: please choose a time at least one hour from now."),
    rules.FAR: N_("That is more than a year away. Please choose a time that is closer."),
    rules.NIGHT: N_("Meetings are between 7:00 and 22:00. Which hour of the day would suit you?"),
    rules.NIGHT_THERE: N_("Where the other person lives it is night then. Please choose another hour."),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people who work together, seen by one of them."""

    match: Match
    me: Person
    other: Person

    @property
    def worker(self) -> Person:
        return self.me if self.me.id == self.match.worker_id else self.other

    @property
    def trainer(self) -> Person:
        return self.other if self.me.id == self.match.worker_id else self.me

    @property
    def ids(self) -> list[int]:
        return [self.match.worker_id, self.match.trainer_id]


# -- finding what is meant ------------------------------------------------------------------------------


async def pair_of(case: Case, match_id: int) -> Pair:
    """The pair this match made, locked. Raises Forged when it is not the person's, Refused when it has ended."""
    match = await matching.mine(case, match_id)
    assert match is not None
    if match.state != ACCEPTED:
        raise Refused(RESTS if match.state == RESTING else NOT_TOGETHER)
    return Pair(match, case.person, await matching.other_of(case.session, match, case.person.id))


async def meeting_of(case: Case, meeting_id: int) -> tuple[Pair, Meeting]:
    """A meeting of the person's, locked with its pair. Raises Forged for an unknown one or somebody else's."""
    async with matching.nothing_written_yet(case):
        meeting = await db.meetings.get(case.session, meeting_id)
        if meeting is None:
            raise Forged(NOT_YOURS)
        pair = await pair_of(case, meeting.match_id)
        meeting = await db.meetings.get(case.session, meeting_id, lock=True)
    if meeting is None:
        raise Forged(NOT_YOURS)
    return pair, meeting


async def live(session: AsyncSession, match_id: int, now: datetime) -> Meeting | None:
    """The one meeting of this match that is still to come or still to be agreed."""
    found = await db.meetings.of_match(session, match_id, PROPOSED, AGREED)
    if found is None or (found.state == AGREED and is_over(found, now)):
        return None
    return await db.meetings.get(session, found.id, lock=True)


def is_over(meeting: Meeting, now: datetime) -> bool:
    return meeting.ends_at is not None and meeting.ends_at <= now


def has_begun(meeting: Meeting, now: datetime) -> bool:
    return meeting.starts_at is not None and meeting.starts_at <= now


async def mine(case: Case, *states: str) -> list[tuple[Pair, Meeting]]:
    """The person's meetings in these states with people they work with, the soonest first."""
    async with matching.nothing_written_yet(case):
        partners = await matching.partners(case.session, case.person.id)
        pairs = {match.id: Pair(match, case.person, other) for match, other in partners}
        meetings = await db.meetings.of_matches(case.session, list(pairs), *states)
    return [(pairs[meeting.match_id], meeting) for meeting in meetings]


async def upcoming(case: Case) -> list[tuple[Pair, Meeting]]:
    """The person's agreed meetings that are not over."""
    return [(pair, meeting) for pair, meeting in await mine(case, AGREED) if not is_over(meeting, case.now)]


async def latest_begun(case: Case) -> tuple[Pair, Meeting] | None:
    """The person's last meeting that has begun, be it over or not."""
    begun = [(pair, meeting) for pair, meeting in await mine(case, AGREED, HELD) if has_begun(meeting, case.now)]
    return begun[-1] if begun else None


# -- times ----------------------------------------------------------------------------------------------


async def begin(case: Case, pair: Pair) -> Meeting:
    """The live meeting of this pair, or a new one with three times on offer."""
    meeting = await live(case.session, pair.match.id, case.now)
    if meeting is None:
        meeting = Meeting(
            match_id=pair.match.id,
            state=PROPOSED,
            times=rules.stored(await good_times(case, pair)),
            sequence=0,
            created_at=case.now,
            changed_at=case.now,
        )
        case.session.add(meeting)
        await case.session.flush()
    return meeting


async def good_times(
    case: Case,
    pair: Pair,
    *,
    after: datetime | None = None,
    until: datetime | None = None,
    of_week: frozenset[str] | None = None,
) -> list[datetime]:
    """Up to three times at which both can, on the worker's clock."""
    worker, trainer = pair.worker, pair.trainer
    last = (until or max(case.now, after or case.now)) + rules.WITHIN
    taken = await db.meetings.taken(case.session, pair.ids, case.now, last + LASTS)
    return rules.propose(
        frozenset(worker.times) & frozenset(trainer.times) if of_week is None else of_week,
        ZoneInfo(worker.zone),
        ZoneInfo(trainer.zone),
        case.now,
        taken,
        after=after,
        until=until,
    )


async def offer_times(case: Case, pair: Pair, meeting: Meeting, *, after: datetime | None = None) -> None:
    """Put three fresh times on offer, later than `after`; from the start again when there are none."""
    times = await good_times(case, pair, after=after)
    if not times and after is not None:
        times = await good_times(case, pair)
    _change(meeting, times, None, case.now)


def _change(meeting: Meeting, times: list[datetime], chosen_by: int | None, now: datetime) -> None:
    """Every change makes the buttons of before old ones."""
    meeting.times, meeting.chosen_by = rules.stored(times), chosen_by
    meeting.sequence += 1
    meeting.changed_at = now


def pending(meeting: Meeting) -> datetime | None:
    """The time one of the two has chosen and the other one has not answered."""
    return rules.restored(meeting.times)[0] if meeting.chosen_by is not None and meeting.times else None


def wrong_with(pair: Pair, start: datetime, now: datetime) -> str:
    """What is wrong with this time for these two (rules.FINE when nothing is), as the person sees it."""
    return rules.problem(start, ZoneInfo(pair.me.zone), ZoneInfo(pair.other.zone), now)


async def is_free(case: Case, pair: Pair, start: datetime, but: Meeting | None) -> bool:
    """Whether both have nothing else then."""
    end = start + LASTS
    mine = but.id if but else None
    return not await db.meetings.taken(case.session, pair.ids, start, end, but=mine)


async def choose(case: Case, pair: Pair, meeting: Meeting, start: datetime) -> bool:
    """Choose a time for this person and ask the other one. True when it is agreed now: both chose the same.

    Refuses a time at which they cannot meet.
    """
    if meeting.state == AGREED and meeting.starts_at == start:
        raise Refused(N_("You are already meeting at that time."))
    if problem := wrong_with(pair, start, case.now):
        raise Refused(PROBLEMS[problem])
    if not await is_free(case, pair, start, meeting):
        raise Refused(TAKEN)
    if pending(meeting) == start and meeting.chosen_by != case.person.id:
        if not await confirm(case, pair, meeting):
            raise Refused(TAKEN)
        return True
    if pending(meeting) == start:
        return False
    _change(meeting, [start], case.person.id, case.now)
    message = screens.question(meeting, pair.other, case.person, case.now)
    await tell_other(case, pair, message, f"meeting:{meeting.id}:asked:{pair.other.id}:{meeting.sequence}")
    return False


async def confirm(case: Case, pair: Pair, meeting: Meeting) -> bool:
    """Agree to the time the other one chose: taken for both, both told. False when it is not free any more."""
    start = pending(meeting)
    assert start is not None
    end = start + LASTS
    if start <= case.now or not await db.meetings.take(case.session, meeting.id, pair.ids, start, end):
        return False
    meeting.state, meeting.starts_at, meeting.ends_at = AGREED, start, end
    pair.match.active_at = max(start, case.now)  # what is agreed is no silence
    meeting.room = meeting.room or f"{case.settings.meeting_url}/twogether-{secrets.token_hex(16)}"
    _change(meeting, [], None, case.now)
    await db.meetings.drop_reminders(case.session, meeting.id)
    case.session.add_all(_reminders(pair, meeting, start, end, case.now))
    mine = screens.agreed(meeting, case.person, pair.other, case.now)
    case.show(mine)
    message = screens.agreed(meeting, pair.other, case.person, case.now)
    await tell_other(case, pair, message, f"meeting:{meeting.id}:agreed:{pair.other.id}:{meeting.sequence}")
    return True


def _reminders(pair: Pair, meeting: Meeting, start: datetime, end: datetime, now: datetime) -> list[Reminder]:
    return [
        Reminder(
            meeting_id=meeting.id,
            person_id=person_id,
            kind=kind,
            sequence=meeting.sequence,
            due_at=due_at,
            late_after=late_after,
        )
        for kind, due_at, late_after in rules.reminders(start, end, now)
        for person_id in pair.ids
    ]


async def keep(case: Case, pair: Pair, meeting: Meeting) -> None:
    """Stay with what is agreed; the one who wanted to move it is told."""
    _change(meeting, [], None, case.now)
    t = tongue(pair.other.language)
    assert meeting.starts_at is not None
    text = t(
        "{name} would rather keep your meeting as agreed: <b>{moment}</b>.",
        name=case.person.name,
        moment=t.moment(meeting.starts_at, pair.other.zone, case.now),
    )
    message = Outgoing(text, screens.change_rows(meeting, t))
    await tell_other(case, pair, message, f"meeting:{meeting.id}:kept:{pair.other.id}:{meeting.sequence}")


# -- what happens to an agreed meeting ------------------------------------------------------------------


async def cancel(case: Case, pair: Pair, meeting: Meeting, *, rebook: bool = True) -> None:
    """Call the meeting off: its time is free again, nobody is reminded, the other one is told. Twice is harmless.

    Refuses when it has begun.
    """
    if meeting.state == CANCELLED:
        return
    if meeting.state == HELD or (meeting.state == AGREED and has_begun(meeting, case.now)):
        raise Refused(OVER)
    meeting.state = CANCELLED
    _change(meeting, [], None, case.now)
    await db.meetings.free(case.session, meeting.id)
    await db.meetings.drop_reminders(case.session, meeting.id)
    message = screens.called_off(meeting, pair.other, case.person, case.now, rebook=rebook)
    await tell_other(case, pair, message, f"meeting:{meeting.id}:cancelled:{pair.other.id}")


async def pair_ended(case: Case, match: Match) -> None:
    """A pair has ended or rests: what it had agreed to is called off, and both learn it."""
    meeting = await live(case.session, match.id, case.now)
    if meeting is None or has_begun(meeting, case.now):
        return
    people = await db.people.by_ids(case.session, {match.trainer_id, match.worker_id})
    one, other = people[match.worker_id], people[match.trainer_id]
    was_agreed = meeting.state == AGREED
    meeting.state = CANCELLED
    _change(meeting, [], None, case.now)
    await db.meetings.free(case.session, meeting.id)
    await db.meetings.drop_reminders(case.session, meeting.id)
    if was_agreed:
        for reader, pair in ((one, Pair(match, other, one)), (other, Pair(match, one, other))):
            message = screens.will_not_be(meeting, reader, pair.me, case.now)
            await tell_other(case, pair, message, f"meeting:{meeting.id}:cancelled:{reader.id}")


async def cancel_all(case: Case) -> None:
    """The person leaves for good: what they had agreed is called off."""
    for match in await db.matching.of_person(case.session, case.person.id, ACCEPTED, db.matching.ENDED):
        meeting = await live(case.session, match.id, case.now)
        if meeting is None or has_begun(meeting, case.now):
            continue
        other = await matching.other_of(case.session, match, case.person.id)
        if meeting.state == AGREED:
            await cancel(case, Pair(match, case.person, other), meeting, rebook=False)
        else:
            meeting.state = CANCELLED


async def say_coming(case: Case, pair: Pair, meeting: Meeting) -> None:
    """Tell the other one, once, that this person will be there."""
    t = tongue(pair.other.language)
    message = Outgoing(t("{name} will be there.", name=case.person.name))
    key = f"meeting:{meeting.id}:coming:{case.person.id}:{meeting.sequence}"
    await tell_other(case, pair, message, key)


async def rate(case: Case, meeting: Meeting, rating: str) -> None:
    """Keep how the meeting was for this person; the last answer counts."""
    said = await db.meetings.feedback(case.session, meeting.id, case.person.id)
    if said is None:
        said = Feedback(meeting_id=meeting.id, person_id=case.person.id, comment="")
        case.session.add(said)
    said.rating, said.at = rating, case.now
    if rating != "missed":
        meeting.state = HELD
    await case.session.flush()


async def comment(case: Case, meeting_id: int, text: str) -> None:
    """Add a sentence to what this person said about a meeting. Refuses one that is too long."""
    if len(text) > LONGEST_COMMENT:
        raise Refused(N_("That is a little long. Please say it in up to 1,000 characters."))
    said = await db.meetings.feedback(case.session, meeting_id, case.person.id)
    if said is None:
        raise Forged(NOT_YOURS)
    said.comment = text


async def tell_other(case: Case, pair: Pair, message: Outgoing, key: str) -> None:
    one = letter(pair.other, message, Lane.REMINDER, key, case.now, case.house)
    await tell(case.session, [one], case.now)


# -- what the clock does --------------------------------------------------------------------------------


async def remind(session: AsyncSession, now: datetime, limit: int) -> int:
    """Say what is due about meetings; what comes too late is recorded as late, what is dead is dropped.

    Returns how many rows were dealt with.
    """
    due = await db.meetings.due_reminders(session, now, limit)
    letters: list[Letter] = []
    for row, meeting, reader in due:
        row.state = await _fate(session, row, meeting, now)
        if row.state == "said":
            letters.append(await _reminder_letter(session, row, meeting, reader, now))
    await tell(session, letters, now)
    return len(due)


async def _fate(session: AsyncSession, row: Reminder, meeting: Meeting, now: datetime) -> str:
    """What becomes of a reminder: said, late or dropped."""
    alive = (AGREED, HELD) if row.kind == rules.AFTER else (AGREED,)
    if meeting.state not in alive:
        return "dropped"
    if row.kind == rules.AFTER and await db.meetings.feedback(session, meeting.id, row.person_id):
        return "dropped"
    return "late" if now > row.late_after else "said"


async def _reminder_letter(
    session: AsyncSession, row: Reminder, meeting: Meeting, reader: Person, now: datetime
) -> Letter:
    match = await session.get(Match, meeting.match_id)
    assert match is not None
    other = await matching.other_of(session, match, reader.id)
    message = screens.reminder(row.kind, meeting, reader, other, now)
    key = f"meeting:{meeting.id}:{row.kind}:{reader.id}:{row.sequence}"
    return Letter(reader, message, Lane.REMINDER, key, now, row.late_after)
