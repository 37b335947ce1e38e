"""The small calendar of buttons: two weeks of days, a day's free hours."""

from contextlib import suppress
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import db.meetings
from bot.case import Case, Taps, number, word
from bot.errors import Forged, Refused
from bot.matching.screens import menu
from bot.matching.service import NOT_YOURS
from bot.meetings import rules, screens, service, words
from bot.meetings.rules import PAGE, PAGES, WHEN_FORM
from bot.meetings.service import PROBLEMS, Pair
from bot.messages import Button, Outgoing
from bot.texts import capital
from db.meetings import AGREED, PROPOSED

taps = Taps("meetings")

IN_A_ROW = 2  # a weekday's name is long


@taps("days")
async def days(case: Case, args: tuple[str, ...]) -> None:
    """The days of two weeks."""
    page = number(args, 1)
    if page >= PAGES:
        raise Forged(NOT_YOURS)
    await show(case, await service.pair_of(case, number(args)), page)


async def show(case: Case, pair: Pair, page: int) -> None:
    """The days of these two weeks that have an hour for both, on the person's own clock."""
    t, zone, match_id = case.t, ZoneInfo(case.person.zone), pair.match.id
    now_live = await db.meetings.of_match(case.session, match_id, PROPOSED, AGREED)
    found = await service.free_days(case, pair, page, now_live)
    buttons = [
        Button(screens.day_of_list(day, t), f"meetings:day:{match_id}:{day:%Y%m%d}", means=(str(day.day),))
        for day in found
    ]
    first = case.now.astimezone(zone).date() + PAGE * page
    earlier, later = (
        Button(label, f"meetings:days:{match_id}:{to}")
        for label, to in ((t.plain("Earlier days"), page - 1), (t.plain("Later days"), page + 1))
    )
    text = t(
        "Which day would suit you and {name}? From {first} to {last}:",
        name=pair.other.name,
        first=t.date(first),
        last=t.date(first + PAGE - timedelta(days=1)),
    )
    if not found:
        text = t(
            "From {first} to {last} you have no time left for a meeting.",
            first=t.date(first),
            last=t.date(first + PAGE - timedelta(days=1)),
        )
    await case.ask_form(WHEN_FORM, str(match_id), {})
    message = Outgoing(
        text,
        (
            *(tuple(buttons[n : n + IN_A_ROW]) for n in range(0, len(buttons), IN_A_ROW)),
            (*((earlier,) if page else ()), *((later,) if page + 1 < PAGES else ())),
            (menu(t),),
        ),
        hears=screens.HEARS_TIMES,
    )
    case.show(message, edit=True)


@taps("day")
async def one_day(case: Case, args: tuple[str, ...]) -> None:
    """The free hours of a day."""
    pair = await service.pair_of(case, number(args))
    zone, day = ZoneInfo(case.person.zone), _day(word(args, 1))
    today = case.now.astimezone(zone).date()
    if day < today:
        raise Refused(PROBLEMS[rules.PAST])
    if day > today + rules.LATEST:
        raise Refused(PROBLEMS[rules.FAR])
    now_live = await db.meetings.of_match(case.session, pair.match.id, PROPOSED, AGREED)
    wish = rules.whole_day(day, zone)
    starts = await service.free_hours(case, pair, wish, now_live)
    t, name = case.t, case.t.day(wish.start, case.person.zone, case.now)
    page = rules.page_of(day, zone, case.now)
    if not starts:
        case.say(t("There is no time left for a meeting on {day}.", day=name))
        return await show(case, pair, page)
    await words.remember_day(case, pair, wish.start)
    message = Outgoing(
        t("<b>{day}</b>: at what time?", day=capital(name)),
        (
            *(tuple(row) for row in screens.hours(starts, pair.match.id, case.person)),
            (screens.another_day(pair.match.id, t, page),),
            (menu(t),),
        ),
        hears=screens.HEARS_TIMES,
    )
    return case.show(message, edit=True)


def _day(stamp: str) -> date:
    with suppress(ValueError):
        if len(stamp) == 8 and stamp.isascii() and stamp.isdigit():
            return date.fromisoformat(stamp)
    raise Forged(NOT_YOURS)
