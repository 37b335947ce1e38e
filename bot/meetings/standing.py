"""Where a meeting stands, shown with what the person can do about it."""

from datetime import datetime

from bot.case import Case, number
from bot.errors import Refused
from bot.matching.screens import chosen_id, menu
from bot.matching.service import rows
from bot.meetings import rules, screens, service, words
from bot.meetings.rules import WHEN_FORM
from bot.meetings.service import NO_MEETING, Pair
from bot.messages import Button
from db.meetings import AGREED, CANCELLED, HELD, PROPOSED, Meeting


async def arrange(case: Case, pair: Pair) -> None:
    """Find a time: from the words, if they name one, or from where the two stand."""
    meeting = await service.begin(case, pair)
    if case.times:
        await case.ask_form(WHEN_FORM, str(pair.match.id))  # the day that was last spoken of stays
        return await words.act_on(case, pair, meeting)
    return await show(case, pair, meeting)


async def offer(case: Case, pair: Pair, meeting: Meeting) -> None:
    """The times on offer; other ones may be named in words."""
    await case.ask_form(WHEN_FORM, str(pair.match.id), {})
    case.show(screens.choices(meeting, case.person, pair.other, case.now))


async def show(case: Case, pair: Pair, meeting: Meeting) -> None:
    """Where this meeting stands, with what the person can do about it."""
    chosen = service.pending(meeting)
    stale = [time for time in rules.restored(meeting.times) if time < case.now + rules.SOONEST]
    if stale and meeting.state == PROPOSED:
        await service.offer_times(case, pair, meeting)
        chosen = None
    if chosen and meeting.chosen_by == case.person.id:
        case.show(screens.asked(meeting, case.person, pair.other, case.now, service.ways(pair)))
    elif chosen and not stale:
        case.show(screens.question(meeting, case.person, pair.other, case.now))
    elif meeting.state == AGREED:
        case.show(screens.coming_up(meeting, case.person, pair.other, case.now, service.ways(pair)))
    else:
        await offer(case, pair, meeting)


async def new_times(case: Case, pair: Pair, meeting: Meeting, after: datetime | None = None) -> None:
    await service.offer_times(case, pair, meeting, after=after)
    await offer(case, pair, meeting)


def is_current(case: Case, meeting: Meeting, args: tuple[str, ...], place: int) -> bool:
    """Whether a button still speaks of this meeting as it stands. One that is over is not moved: the two may have
    begun another."""
    is_live = meeting.state in (PROPOSED, AGREED) and not service.is_over(meeting, case.now)
    return number(args, place) == meeting.sequence and is_live


async def changed_meanwhile(case: Case, pair: Pair, meeting: Meeting) -> None:
    """An old button: say how things stand now."""
    case.say(case.t("This has changed meanwhile. Here is how it stands:"))
    now_live = await service.live(case.session, meeting.match_id, case.now)
    if now_live:
        return await show(case, pair, now_live)
    again = Button(case.t.plain("Find a time to meet"), f"meetings:book:{pair.match.id}")
    case.say(case.t("You have no meeting with {name} at the moment.", name=pair.other.name), [again])
    return None


async def the_one_meant(case: Case, args: tuple[str, ...], verb: str) -> tuple[Pair, Meeting] | None:
    """The meeting that is meant; None when the person was asked which, or has none to come."""
    meeting_id = chosen_id(case, args)
    if meeting_id is None:
        meetings = await service.upcoming(case) or await service.mine(case, PROPOSED)
        if not meetings:
            raise Refused(NO_MEETING)
        if len(meetings) > 1:
            buttons = [
                Button(_short(case, pair, meeting), f"meetings:{verb}:{meeting.id}") for pair, meeting in meetings
            ]
            case.say(case.t("Which meeting do you mean?"), *rows([*buttons, menu(case.t)]))
            return None
        meeting_id = meetings[0][1].id
    pair, meeting = await service.meeting_of(case, meeting_id)
    if meeting.state == HELD or service.is_over(meeting, case.now):
        raise Refused(service.OVER)
    if meeting.state == CANCELLED:
        await changed_meanwhile(case, pair, meeting)
        return None
    return pair, meeting


def _short(case: Case, pair: Pair, meeting: Meeting) -> str:
    if meeting.starts_at is None:
        return pair.other.name
    return f"{pair.other.name}: {case.t.moment(meeting.starts_at, case.person.zone, case.now)}"
