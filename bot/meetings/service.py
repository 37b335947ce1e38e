"""The use cases of meetings: two people find a time, keep it, and say how it was.

Either of the two may choose a time and the other one confirms it; what is agreed stays agreed until a new
time is. Who changes something holds the match's row, so that the two cannot change it at the same moment.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
from bot.meetings import before_after, rules, safety, screens
from bot.meetings.rules import LASTS, Wish
from bot.messages import Lane, Outgoing
from bot.texts import N_, tongue
from db.matching import ACCEPTED, RESTING, Match
from db.meetings import AGREED, CANCELLED, HELD, PROPOSED, Meeting, Reminder
from db.people import Person

NO_MEETING = N_("You have no meeting at the moment.")
NOT_TOGETHER = N_("You do not work together any more, so there is no meeting to arrange.")
RESTS = N_("You are taking a break together.")
OVER = N_("This meeting is over already.")
TAKEN = N_("One of you has another meeting then. Please choose another time.")

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


async def begin(case: Case, pair: Pair, *, but: datetime | None = None) -> Meeting:
    """The live meeting of this pair, or a new one with three times on offer (not the one of `but`)."""
    meeting = await live(case.session, pair.match.id, case.now)
    if meeting is None:
        meeting = Meeting(
            match_id=pair.match.id,
            state=PROPOSED,
            times=rules.stored(await good_times(case, pair, but=but)),
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
    but: datetime | None = None,
) -> list[datetime]:
    """Up to three times at which both can, on the worker's clock; not the one of `but`."""
    worker, trainer = pair.worker, pair.trainer
    last = (until or max(case.now, after or case.now)) + rules.WITHIN
    taken = await db.meetings.taken(case.session, pair.ids, case.now, last + LASTS)
    if but is not None:
        taken |= set(rules.quarters(but, but + LASTS))
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
    change(meeting, times, None, case.now)


def change(meeting: Meeting, times: list[datetime], chosen_by: int | None, now: datetime) -> None:
    """Every change makes the buttons of before old ones."""
    meeting.times, meeting.chosen_by = rules.stored(times), chosen_by
    meeting.sequence += 1
    meeting.changed_at = now


def pending(meeting: Meeting) -> datetime | None:
    """The time one of the two has chosen and the other one has not answered."""
    return rules.restored(meeting.times)[0] if meeting.chosen_by is not None and meeting.times else None


def ways(pair: Pair) -> frozenset[str]:
    """How these two can meet: in person, online, or both."""
    farthest = max(pair.me.travel_km, pair.other.travel_km)
    return rules.ways(pair.match.reasons.get("km"), farthest, pair.me.remote and pair.other.remote)


async def free_hours(case: Case, pair: Pair, wish: Wish, but: Meeting | None = None) -> list[datetime]:
    """The hours of that day at which both can, on the person's clock."""
    end = wish.end + LASTS
    taken = await db.meetings.taken(case.session, pair.ids, wish.start, end, but=but.id if but else None)
    return rules.hours_within(wish, ZoneInfo(pair.me.zone), ZoneInfo(pair.other.zone), case.now, taken)


async def at_those_hours(case: Case, pair: Pair, wish: Wish) -> list[datetime]:
    """Up to three days on which both can at the hours of this wish, on the person's clock."""
    taken = await db.meetings.taken(case.session, pair.ids, case.now, case.now + rules.PAGE + timedelta(days=1))
    return rules.on_several_days(wish, ZoneInfo(pair.me.zone), ZoneInfo(pair.other.zone), case.now, taken)


async def free_days(case: Case, pair: Pair, page: int, but: Meeting | None = None) -> list[date]:
    """The days of these two weeks with an hour at which both can, on the person's clock."""
    until = case.now + rules.PAGE * (page + 1) + timedelta(days=1)
    taken = await db.meetings.taken(case.session, pair.ids, case.now, until, but=but.id if but else None)
    return rules.free_days(page, ZoneInfo(pair.me.zone), ZoneInfo(pair.other.zone), case.now, taken)


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
    change(meeting, [start], case.person.id, case.now)
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
    change(meeting, [], None, case.now)
    await db.meetings.drop_reminders(case.session, meeting.id)
    case.session.add_all(_reminders(case, pair, meeting, start, end))
    await safety.at_the_last_moment(case, pair.match, meeting, (case.person, pair.other))
    mine = screens.agreed(meeting, case.person, pair.other, case.now, ways(pair))
    case.show(mine)
    message = screens.agreed(meeting, pair.other, case.person, case.now, ways(pair))
    await tell_other(case, pair, message, f"meeting:{meeting.id}:agreed:{pair.other.id}:{meeting.sequence}")
    await before_after.ask_before(case, pair.worker)
    return True


def _reminders(case: Case, pair: Pair, meeting: Meeting, start: datetime, end: datetime) -> list[Reminder]:
    return [
        Reminder(
            meeting_id=meeting.id,
            person_id=person.id,
            kind=kind,
            sequence=meeting.sequence,
            due_at=due_at,
            late_after=late_after,
        )
        for person in (pair.worker, pair.trainer)
        for kind, due_at, late_after in rules.reminders(
            start, end, case.now, ZoneInfo(person.zone), case.settings.quiet
        )
    ]


async def keep(case: Case, pair: Pair, meeting: Meeting) -> None:
    """Stay with what is agreed; the one who wanted to move it is told."""
    change(meeting, [], None, case.now)
    t = tongue(pair.other.language)
    assert meeting.starts_at is not None
    text = t(
        "{name} would rather keep your meeting as agreed: <b>{moment}</b>.",
        name=case.person.name,
        moment=t.moment(meeting.starts_at, pair.other.zone, case.now),
    )
    message = Outgoing(text, screens.change_rows(meeting, t, ways(pair)))
    await tell_other(case, pair, message, f"meeting:{meeting.id}:kept:{pair.other.id}:{meeting.sequence}")


# -- what happens to an agreed meeting ------------------------------------------------------------------


async def cancel(case: Case, pair: Pair, meeting: Meeting, *, rebook: bool = True) -> None:
    """Call the meeting off: its time is free again, nobody is reminded, the other one is told and gets three other
    times at once (unless not `rebook`). Twice is harmless.

    Refuses when it has begun.
    """
    if meeting.state == CANCELLED:
        return
    if meeting.state == HELD or (meeting.state == AGREED and has_begun(meeting, case.now)):
        raise Refused(OVER)
    was_at = meeting.starts_at if meeting.state == AGREED else None
    meeting.state = CANCELLED
    meeting.called_off_by = case.person.id
    meeting.called_off_late = was_at is not None and rules.is_short_notice(was_at, case.now)
    change(meeting, [], None, case.now)
    await db.meetings.free(case.session, meeting.id)
    await db.meetings.drop_reminders(case.session, meeting.id)
    fresh = await begin(case, pair, but=was_at) if was_at is not None and rebook else None
    message = screens.called_off(meeting, pair.other, case.person, case.now, rebook=rebook, fresh=fresh)
    await tell_other(case, pair, message, f"meeting:{meeting.id}:cancelled:{pair.other.id}")


def say_why(case: Case, meeting: Meeting, why: str) -> None:
    """Keep why this person called the meeting off; the other one never sees it."""
    if meeting.state != CANCELLED or meeting.called_off_by != case.person.id or why not in rules.WHY:
        raise Forged(NOT_YOURS)
    meeting.called_off_why = why


async def pair_ended(case: Case, match: Match) -> None:
    """A pair has ended or rests: what it had agreed to is called off, and both learn it."""
    meeting = await live(case.session, match.id, case.now)
    if meeting is None or has_begun(meeting, case.now):
        return
    people = await db.people.by_ids(case.session, {match.trainer_id, match.worker_id})
    one, other = people[match.worker_id], people[match.trainer_id]
    was_agreed = meeting.state == AGREED
    meeting.state = CANCELLED
    change(meeting, [], None, case.now)
    await db.meetings.free(case.session, meeting.id)
    await db.meetings.drop_reminders(case.session, meeting.id)
    if was_agreed:
        for reader, pair in ((one, Pair(match, other, one)), (other, Pair(match, one, other))):
            message = screens.will_not_be(meeting, reader, pair.me, case.now)
            await tell_other(case, pair, message, f"meeting:{meeting.id}:cancelled:{reader.id}")


async def cancel_all(case: Case) -> None:
    """The person leaves for good: what they had agreed is called off."""
    for match in await db.matching.of_person(case.session, case.person.id, ACCEPTED, db.matching.ENDED):
        if match.trainer_id == case.person.id:
            await before_after.ask_when_over(case, match)
        meeting = await live(case.session, match.id, case.now)
        if meeting is None or has_begun(meeting, case.now):
            continue
        other = await matching.other_of(case.session, match, case.person.id)
        if meeting.state == AGREED:
            await cancel(case, Pair(match, case.person, other), meeting, rebook=False)
        else:
            meeting.state = CANCELLED


async def tell_other(case: Case, pair: Pair, message: Outgoing, key: str) -> None:
    one = letter(pair.other, message, Lane.REMINDER, key, case.now, case.house)
    await tell(case.session, [one], case.now)
