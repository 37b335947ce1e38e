"""Buttons, commands and words about meetings."""

from contextlib import suppress
from datetime import UTC, datetime

import db.matching
from bot.case import Case, Taps, number, word
from bot.errors import Forged, Refused
from bot.matching import service as matching
from bot.matching.screens import chosen_id, menu
from bot.matching.service import NOT_YOURS, rows
from bot.meetings import (
    after_taps,
    before_after,
    before_after_taps,
    change_taps,
    day_taps,
    evidence_taps,
    feed_taps,
    place_taps,
    record_taps,
    reminding,
    rules,
    screens,
    service,
    standing,
    words,
)
from bot.meetings.rules import WHEN_FORM
from bot.messages import Button, Do
from bot.people import service as people
from bot.people.talk import YIELDING
from db.matching import Match
from db.meetings import AGREED
from db.people import Person

taps = Taps("meetings")


# -- finding a time -------------------------------------------------------------------------------------


@taps("pair_ended")
async def pair_ended(case: Case, args: tuple[str, ...]) -> None:
    """A pair has just ended or taken a break; an old or forged button finds nothing to call off."""
    match = await db.matching.get(case.session, number(args))
    if match is None or match.state not in (db.matching.ENDED, db.matching.RESTING):
        raise Forged(NOT_YOURS)
    if case.person.id not in (match.trainer_id, match.worker_id) and not await case.coordinates(match.cluster_id):
        raise Forged(NOT_YOURS)
    await service.pair_ended(case, match)
    await before_after.ask_when_over(case, match)


@taps("begin")
async def begin(case: Case, args: tuple[str, ...]) -> None:
    """Two people have just been brought together: the worker is asked for a time at once."""
    pair = await service.pair_of(case, number(args))
    meeting = await service.begin(case, pair)
    if case.person.id == pair.worker.id:
        return await standing.show(case, pair, meeting)
    message = screens.choices(meeting, pair.worker, case.person, case.now)
    await service.tell_other(case, pair, message, f"meeting:{meeting.id}:times:{pair.worker.id}")
    text = case.t("I have asked {name} when you could meet. I will tell you.", name=pair.worker.name)
    return case.say(text, [menu(case.t)])


@taps("time")
async def named_time(case: Case, _args: tuple[str, ...]) -> None:
    """Words that answer "when would you like to meet?"."""
    if not case.times:
        case.say(case.t("I found no time in that. Please write, for example: Tuesday at 3 in the afternoon."))
    await book(case, ())  # what was written names no row, not even when it is a number


@taps("unreal")
async def unreal_time(case: Case, _args: tuple[str, ...]) -> None:
    """Words that name a time that does not exist."""
    case.say(case.t("There is no such day or hour: the month is too short, or the clocks change just then."))


@taps("book")
async def book(case: Case, args: tuple[str, ...]) -> None:
    """Find a time with a partner, by buttons or from the words."""
    match_id = chosen_id(case, args)
    if match_id is None and case.talk.form == WHEN_FORM and case.talk.asked.isdigit():
        match_id = int(case.talk.asked)
    if match_id is not None:
        return await standing.arrange(case, await service.pair_of(case, match_id))
    async with matching.nothing_written_yet(case):
        partners = await matching.partners(case.session, case.person.id)
    if len(partners) == 1:
        return await standing.arrange(case, await service.pair_of(case, partners[0][0].id))
    if partners:
        return _ask_with_whom(case, partners)
    case.say(case.t("To meet somebody you first need a partner, and I am looking for one."))
    case.wants.append(Do("matching:status"))
    return None


def _ask_with_whom(case: Case, partners: list[tuple[Match, Person]]) -> None:
    """Which partner; a moment that was said travels along in the button."""
    said = words.wishes(case)
    moments = [wish.start for wish in said if wish.kind == rules.MOMENT and len(said) == 1]

    def data(match: Match) -> str:
        return screens.want(match.id, moments[0]) if moments else f"meetings:book:{match.id}"

    buttons = [Button(other.name, data(match)) for match, other in partners]
    case.say(case.t("With whom would you like to meet?"), *rows([*buttons, menu(case.t)]))


@taps("again")
async def again(case: Case, _args: tuple[str, ...]) -> None:
    """After an aside: the question that is still open."""
    if case.talk.form == WHEN_FORM and case.talk.asked.isdigit():
        pair = await service.pair_of(case, int(case.talk.asked))
        return await standing.show(case, pair, await service.begin(case, pair))
    return after_taps.ask_again(case)


@taps("pick")
async def pick(case: Case, args: tuple[str, ...]) -> None:
    """One of the times on offer."""
    pair, meeting = await service.meeting_of(case, number(args))
    place = number(args, 1)
    if not standing.is_current(case, meeting, args, 2):
        return await standing.changed_meanwhile(case, pair, meeting)
    offered = rules.restored(meeting.times)
    if place >= len(offered):
        raise Forged(NOT_YOURS)
    case.tick(screens.moment(offered[place], case.person, case.now))
    return await words.choose(case, pair, meeting, offered[place])


@taps("want")
async def want(case: Case, args: tuple[str, ...]) -> None:
    """A time of the person's own: from their words, or one of the hours of a day."""
    pair = await service.pair_of(case, number(args))
    start = _moment(word(args, 1))
    if problem := service.wrong_with(pair, start, case.now):
        raise Refused(service.PROBLEMS[problem])
    meeting = await service.begin(case, pair)
    return await words.choose(case, pair, meeting, start)


def _moment(stamp: str) -> datetime:
    with suppress(ValueError):
        if len(stamp) == 12 and stamp.isascii() and stamp.isdigit():
            return rules.to_the_quarter(datetime.strptime(stamp, "%Y%m%d%H%M").replace(tzinfo=UTC))
    raise Forged(NOT_YOURS)


@taps("yes")
async def yes(case: Case, args: tuple[str, ...]) -> None:
    """The time the other one chose suits this person too."""
    pair, meeting = await service.meeting_of(case, number(args))
    chosen = service.pending(meeting)
    if not standing.is_current(case, meeting, args, 1) or chosen is None or meeting.chosen_by == case.person.id:
        return await standing.changed_meanwhile(case, pair, meeting)
    case.tick(case.t("Yes, that suits me"))
    if not await service.confirm(case, pair, meeting):
        case.say(case.t("I am sorry, that time is not free any more."))
        await standing.new_times(case, pair, meeting)
    return None


@taps("other")
async def other_times(case: Case, args: tuple[str, ...]) -> None:
    """None of these: the next three."""
    pair, meeting = await service.meeting_of(case, number(args))
    if not standing.is_current(case, meeting, args, 1):
        return await standing.changed_meanwhile(case, pair, meeting)
    case.tick(case.t("Another time") if service.pending(meeting) else case.t("Other times"))
    last = max(rules.restored(meeting.times), default=None)
    return await standing.new_times(case, pair, meeting, last)


@taps("keep")
async def keep(case: Case, args: tuple[str, ...]) -> None:
    """Do not move the meeting."""
    pair, meeting = await service.meeting_of(case, number(args))
    if not standing.is_current(case, meeting, args, 1) or meeting.state != AGREED:
        return await standing.changed_meanwhile(case, pair, meeting)
    case.tick(case.t("No, keep the agreed time"))
    await service.keep(case, pair, meeting)
    case.show(screens.coming_up(meeting, case.person, pair.other, case.now, service.ways(pair)))
    return None


for others in (change_taps, day_taps, place_taps, after_taps, before_after_taps, feed_taps, record_taps, evidence_taps):
    taps.update(others.taps)
people.LEAVING.append(service.cancel_all)
people.MOVED.append(reminding.person_moved)
YIELDING.add(WHEN_FORM)
