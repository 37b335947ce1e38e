"""Times that somebody wrote, as steps towards a meeting: pick, ask back, offer hours, or say what is wrong."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.case import Case
from bot.errors import Forged, Refused
from bot.matching.taps import menu
from bot.meetings import rules, screens, service
from bot.meetings.rules import HOURS, MOMENT, WHEN_FORM, Wish
from bot.meetings.service import PROBLEMS, Pair
from bot.messages import Button, Outgoing
from bot.texts import N_, capital
from db.meetings import AGREED, Meeting

MOST_READINGS = 3


def wishes(case: Case, day: date | None = None) -> list[Wish]:
    """What the person's words may mean, the likeliest first. An hour without a day is one of `day`, if given."""
    zone = ZoneInfo(case.person.zone)
    said: list[Wish] = []
    for found in case.times:
        wish = rules.wish(found.start, found.end, found.grain)
        on_day = rules.on_day(wish, day, zone) if day and not found.dated else wish
        said += [on_day] if on_day else []
    if not said or said[0].kind != MOMENT:
        return said
    begins, ends = case.times[0].span
    number = rules.bare_number(case.incoming.text[begins:ends], [case.t.weekday(n) for n in range(7)])
    if number is None:
        return said
    numbered = rules.next_numbered(number, case.now.astimezone(zone).date())
    return [said[0], rules.whole_day(numbered, zone), *said[1:]]


def day_in_question(case: Case, meeting: Meeting) -> date | None:
    """The day that was last spoken of: the one whose hours are on the screen, or that of the meeting."""
    if case.talk.form == WHEN_FORM and (shown := case.talk.answers.get("day")):
        return date.fromisoformat(str(shown))
    start = meeting.starts_at if meeting.state == AGREED else service.pending(meeting)
    return start.astimezone(ZoneInfo(case.person.zone)).date() if start else None


async def act_on(case: Case, pair: Pair, meeting: Meeting) -> None:
    """Do what the words ask for; if that cannot be, say why and how to go on."""
    try:
        await _act_on(case, pair, meeting)
    except Forged:
        raise
    except Refused as refused:
        text = case.t(refused.sentence, **refused.values)
        another = screens.another_day(pair.match.id, case.t)
        case.show(Outgoing(text, ((another,), (menu(case.t),)), hears=screens.HEARS_TIMES))


async def _act_on(case: Case, pair: Pair, meeting: Meeting) -> None:
    """A time that was guessed is said back before it is sent to anybody."""
    day = day_in_question(case, meeting)
    said = wishes(case, day)
    if not said:
        raise Refused(PROBLEMS[rules.NIGHT])  # summer time leaves out only hours of the night
    offered = rules.restored(meeting.times)
    if day is None and not case.times[0].dated:
        return await _on_some_day(case, pair, meeting, said)
    meant = [wish.start for wish in said if wish.kind == MOMENT and wish.start in offered]
    if meant:
        return await choose(case, pair, meeting, meant[0])
    if said[0].end <= case.now and said[0].kind != MOMENT:
        raise Refused(PROBLEMS[rules.PAST])
    possible = _possible(pair, said, case.now)
    if len(possible) > 1 and not _is_part_of_a_day(said[0]):
        return _ask_which(case, pair, meeting, possible)
    if said[0].kind == MOMENT:
        return _ask_about(case, pair, meeting, said, possible)
    if said[0].kind == HOURS:
        return await _offer_hours(case, pair, meeting, said[0], offered)
    return await _offer_days(case, pair, meeting, said[0])


async def _on_some_day(case: Case, pair: Pair, meeting: Meeting, said: list[Wish]) -> None:
    """Hours without a day: the times on offer at that hour, and the next one; or three days with such hours."""
    zone = ZoneInfo(case.person.zone)
    if said[0].kind != MOMENT:
        starts = await service.at_those_hours(case, pair, said[0])
        return _offer(case, pair, starts)
    hours = {wish.start.astimezone(zone).time() for wish in said}
    offered = [start for start in rules.restored(meeting.times) if start.astimezone(zone).time() in hours]
    readings = _possible(pair, [*(Wish(MOMENT, start, start + rules.LASTS) for start in offered), *said], case.now)
    if len(readings) > 1:
        return _ask_which(case, pair, meeting, readings)
    return _ask_about(case, pair, meeting, said, readings)


def _ask_about(case: Case, pair: Pair, meeting: Meeting, said: list[Wish], possible: list[Wish]) -> None:
    """The one reading at which they could meet, said back; refuses when there is none. A day is asked for its hour."""
    if not possible:
        raise Refused(PROBLEMS[service.wrong_with(pair, said[0].start, case.now)])
    if possible[0].kind == MOMENT:
        return _ask_back(case, pair, meeting, possible[0].start)
    return _ask_which(case, pair, meeting, possible)


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
            label = capital(t.day(wish.start, case.person.zone, case.now))
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
    await remember_day(case, pair, wish.start)
    rows = screens.hours(starts, pair.match.id, case.person)
    return case.say(t("<b>{day}</b>: at what time?", day=day), *rows, [another], [menu(t)])


async def remember_day(case: Case, pair: Pair, start: datetime) -> None:
    """The next words may be an hour of this day."""
    day = start.astimezone(ZoneInfo(case.person.zone)).date()
    await case.ask_form(WHEN_FORM, str(pair.match.id), {"day": day.isoformat()})


async def _offer_days(case: Case, pair: Pair, meeting: Meeting, wish: Wish) -> None:
    """A week or a month: times in it, from the hours both like; any hours when there are none."""
    if wish.start > case.now + rules.LATEST:
        raise Refused(PROBLEMS[rules.FAR])
    after = wish.start - timedelta(seconds=1)
    starts = await service.good_times(case, pair, after=after, until=wish.end)
    if not starts:
        starts = await service.good_times(case, pair, after=after, until=wish.end, of_week=rules.ANY_TIME)
    _offer(case, pair, starts)


def _offer(case: Case, pair: Pair, starts: Sequence[datetime]) -> None:
    t = case.t
    if not starts:
        raise Refused(N_("I cannot find a time then that suits you both. Which day and hour would suit you?"))
    buttons = [
        [Button(screens.moment(start, case.person, case.now), screens.want(pair.match.id, start))] for start in starts
    ]
    case.say(t("Would one of these suit you? You can also write me a day and an hour."), *buttons, [menu(t)])
