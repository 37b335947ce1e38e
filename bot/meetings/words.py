"""Times that somebody wrote, as steps towards a meeting: pick, ask back, offer hours, or say what is wrong."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.case import Case
from bot.errors import Refused
from bot.matching.taps import menu
from bot.meetings import rules, screens, service
from bot.meetings.rules import HOURS, MOMENT, WHEN_FORM, Wish
from bot.meetings.service import PROBLEMS, Pair
from bot.messages import Button, Outgoing
from bot.texts import N_
from db.meetings import AGREED, Meeting

MOST_READINGS = 3


def wishes(case: Case) -> list[Wish]:
    """What the person's words may mean, the likeliest first."""
    said = [rules.wish(found.start, found.end, found.grain) for found in case.times]
    if not said or said[0].kind != MOMENT:
        return said
    begins, ends = case.times[0].span
    number = rules.bare_number(case.incoming.text[begins:ends], [case.t.weekday(n) for n in range(7)])
    if number is None:
        return said
    zone = ZoneInfo(case.person.zone)
    day = rules.next_numbered(number, case.now.astimezone(zone).date())
    return [said[0], rules.whole_day(day, zone), *said[1:]]


async def act_on(case: Case, pair: Pair, meeting: Meeting) -> None:
    """Do what the words ask for. A time that was guessed is said back before it is sent to anybody."""
    said = wishes(case)
    offered = rules.restored(meeting.times)
    meant = [wish.start for wish in said if wish.kind == MOMENT and wish.start in offered]
    if meant:
        return await choose(case, pair, meeting, meant[0])
    if said[0].end <= case.now and said[0].kind != MOMENT:
        raise Refused(PROBLEMS[rules.PAST])
    possible = _possible(pair, said, case.now)
    if len(possible) > 1 and not _is_part_of_a_day(said[0]):
        return _ask_which(case, pair, meeting, possible)
    if said[0].kind == MOMENT:
        if not possible:
            raise Refused(PROBLEMS[service.wrong_with(pair, said[0].start, case.now)])
        said = possible
    if said[0].kind == MOMENT:
        return _ask_back(case, pair, meeting, said[0].start)
    if said[0].kind == HOURS:
        return await _offer_hours(case, pair, meeting, said[0], offered)
    return await _offer_days(case, pair, meeting, said[0])


def _is_part_of_a_day(wish: Wish) -> bool:
    return wish.kind != MOMENT and not rules.is_whole_day(wish)


async def choose(case: Case, pair: Pair, meeting: Meeting, start: datetime) -> None:
    """Choose a time, and say that the other one is asked (an agreement speaks for itself)."""
    if case.talk.form == WHEN_FORM:
        case.close_form()
    if not await service.choose(case, pair, meeting, start):
        shown = screens.asked(meeting, case.person, pair.other, case.now, service.ways(pair))
        case.show(shown)


def _possible(pair: Pair, said: Sequence[Wish], now: datetime) -> list[Wish]:
    """The moments and the days among these at which the two could meet, each once."""
    found: list[Wish] = []
    for wish in said:
        if wish.kind == MOMENT:
            can = service.wrong_with(pair, wish.start, now) == rules.FINE
        else:
            can = rules.is_whole_day(wish) and wish.end > now and wish.start <= now + rules.LATEST
        if can and wish.start not in [one.start for one in found]:
            found.append(wish)
    return found[:MOST_READINGS]


def _back(meeting: Meeting) -> str:
    """ "No" begins again: at what is agreed, or at the times on offer."""
    return f"meetings:move:{meeting.id}" if meeting.state == AGREED else f"meetings:book:{meeting.match_id}"


def _ask_which(case: Case, pair: Pair, meeting: Meeting, readings: Sequence[Wish]) -> None:
    """Which of several readings is meant: each is a button."""
    t, zone = case.t, ZoneInfo(case.person.zone)
    buttons: list[Button] = []
    for wish in readings:
        if wish.kind == MOMENT:
            label, data = screens.moment(wish.start, case.person, case.now), screens.want(pair.match.id, wish.start)
        else:
            label = screens.capital(t.day(wish.start, case.person.zone, case.now))
            data = f"meetings:day:{pair.match.id}:{wish.start.astimezone(zone):%Y%m%d}"
        buttons.append(Button(label, data))
    none = Button(t.plain("None of these"), _back(meeting), means=("deny",))
    case.say(t("Which one do you mean?"), *([one] for one in buttons), [none])


def _ask_back(case: Case, pair: Pair, meeting: Meeting, start: datetime) -> None:
    """ "Tuesday 24 November, at 15:00, is that right?"."""
    t = case.t
    values = {"name": pair.other.name, "moment": t.moment(start, case.person.zone, case.now)}
    if meeting.state == AGREED:
        text = t("Shall I ask {name} to move your meeting to <b>{moment}</b>?", **values)
    else:
        text = t("<b>{moment}</b> with {name}, is that right?", **values)
    yes = Button(t.plain("Yes"), screens.want(pair.match.id, start), means=("affirm",))
    case.say(text, [yes, Button(t.plain("No"), _back(meeting), means=("deny",))])


async def _offer_hours(case: Case, pair: Pair, meeting: Meeting, wish: Wish, offered: Sequence[datetime]) -> None:
    """A day without an hour: the one time on offer that day, or its hours to choose from."""
    t = case.t
    that_day = [start for start in offered if wish.start <= start < wish.end]
    if len(that_day) == 1:
        return _ask_back(case, pair, meeting, that_day[0])
    if wish.start > case.now + rules.LATEST:
        raise Refused(PROBLEMS[rules.FAR])
    starts = await service.free_hours(case, pair, wish, meeting)
    day = t.day(wish.start, case.person.zone, case.now)
    another = screens.another_day(pair.match.id, t)
    if not starts:
        text = t("There is no time left for a meeting on {day}. Which other day would suit you?", day=day)
        return case.show(Outgoing(text, ((another,), (menu(t),)), hears=screens.HEARS_TIMES))
    rows = screens.hours(starts, pair.match.id, case.person)
    return case.say(t("<b>{day}</b>: at what time?", day=day), *rows, [another], [menu(t)])


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
