"""Times that somebody wrote, as steps towards a meeting: pick, ask back, offer hours, or say what is wrong."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import db.meetings
from bot.case import Case
from bot.errors import Refused
from bot.matching.taps import menu
from bot.meetings import rules, screens, service
from bot.meetings.rules import HOURS, MOMENT, WHEN_FORM, Wish
from bot.meetings.service import PROBLEMS, Pair
from bot.messages import Button
from bot.texts import N_
from db.meetings import AGREED, Meeting

MOST_READINGS = 3


def wishes(case: Case) -> list[Wish]:
    """What the person's words may mean, the likeliest first."""
    return [rules.wish(found.start, found.end, found.grain) for found in case.times]


async def act_on(case: Case, pair: Pair, meeting: Meeting) -> None:
    """Do what the words ask for. A time that was guessed is said back before it is sent to anybody."""
    said = wishes(case)
    offered = rules.restored(meeting.times)
    meant = [wish.start for wish in said if wish.kind == MOMENT and wish.start in offered]
    if meant:
        return await choose(case, pair, meeting, meant[0])
    if said[0].end <= case.now and said[0].kind != MOMENT:
        raise Refused(PROBLEMS[rules.PAST])
    if said[0].kind == MOMENT:
        return _ask_back(case, pair, meeting, said)
    if said[0].kind == HOURS:
        return await _offer_hours(case, pair, meeting, said[0], offered)
    return await _offer_days(case, pair, meeting, said[0])


async def choose(case: Case, pair: Pair, meeting: Meeting, start: datetime) -> None:
    """Choose a time, and say that the other one is asked (an agreement speaks for itself)."""
    if case.talk.form == WHEN_FORM:
        case.close_form()
    if not await service.choose(case, pair, meeting, start):
        shown = screens.asked(meeting, case.person, pair.other, case.now)
        case.show(shown)


def possible_moments(pair: Pair, said: Sequence[Wish], now: datetime) -> list[datetime]:
    """The moments among these at which the two could meet, each once. Refuses when there is none."""
    moments = list(dict.fromkeys(wish.start for wish in said if wish.kind == MOMENT))
    fine = [moment for moment in moments if service.wrong_with(pair, moment, now) == rules.FINE]
    if not fine:
        raise Refused(PROBLEMS[service.wrong_with(pair, moments[0], now)])
    return fine[:MOST_READINGS]


def _ask_back(case: Case, pair: Pair, meeting: Meeting, said: Sequence[Wish]) -> None:
    """ "Tuesday 24 November, at 15:00, is that right?", or which of several is meant."""
    t, moments = case.t, possible_moments(pair, said, case.now)
    # "No" begins again: at what is agreed, or at the times on offer.
    back = f"meetings:move:{meeting.id}" if meeting.state == AGREED else f"meetings:book:{pair.match.id}"
    no = Button(t.plain("No"), back, means=("deny",))
    if len(moments) > 1:
        buttons = [[Button(screens.moment(m, case.person, case.now), screens.want(pair.match.id, m))] for m in moments]
        none = Button(t.plain("None of these"), back, means=("deny",))
        return case.say(t("Which one do you mean?"), *buttons, [none])
    (start,) = moments
    values = {"name": pair.other.name, "moment": t.moment(start, case.person.zone, case.now)}
    if meeting.state == AGREED:
        text = t("Shall I ask {name} to move your meeting to <b>{moment}</b>?", **values)
    else:
        text = t("<b>{moment}</b> with {name}, is that right?", **values)
    yes = Button(t.plain("Yes"), screens.want(pair.match.id, start), means=("affirm",))
    return case.say(text, [yes, no])


async def _offer_hours(case: Case, pair: Pair, meeting: Meeting, wish: Wish, offered: Sequence[datetime]) -> None:
    """A day without an hour: the one time on offer that day, or its hours to choose from."""
    t = case.t
    that_day = [start for start in offered if wish.start <= start < wish.end]
    if len(that_day) == 1:
        return _ask_back(case, pair, meeting, [Wish(MOMENT, that_day[0], that_day[0])])
    zones = ZoneInfo(case.person.zone), ZoneInfo(pair.other.zone)
    taken = await db.meetings.taken(case.session, pair.ids, wish.start, wish.end + timedelta(hours=2), but=meeting.id)
    if wish.start > case.now + rules.LATEST:
        raise Refused(PROBLEMS[rules.FAR])
    starts = rules.hours_within(wish, *zones, case.now, taken)
    day = t.day(wish.start, case.person.zone, case.now)
    if not starts:
        raise Refused(N_("There is no time left for a meeting on {day}. Which other day would suit you?"), day=day)
    rows = screens.hours(starts, pair.match.id, case.person)
    return case.say(t("<b>{day}</b>: at what time?", day=day), *rows, [menu(t)])


async def _offer_days(case: Case, pair: Pair, meeting: Meeting, wish: Wish) -> None:
    """A week or a month: times in it, from the hours both like; any hours when there are none."""
    t = case.t
    if wish.start > case.now + rules.LATEST:
        raise Refused(PROBLEMS[rules.FAR])
    after = wish.start - timedelta(seconds=1)
    starts = await service.good_times(case, pair, after=after, until=wish.end)
    if not starts:
        starts = await service.good_times(case, pair, after=after, until=wish.end, of_week=rules.ANY_TIME)
    if not starts:
        raise Refused(N_("I cannot find a time then that suits you both. Which day and hour would suit you?"))
    buttons = [
        [Button(screens.moment(start, case.person, case.now), screens.want(pair.match.id, start))] for start in starts
    ]
    case.say(t("Would one of these suit you? You can also write me a day and an hour."), *buttons, [menu(t)])
