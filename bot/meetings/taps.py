"""Buttons, commands and words about meetings."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import db.matching
from bot.case import Case, Taps, number, word
from bot.errors import Forged, Refused
from bot.matching import service as matching
from bot.matching.screens import chosen_id, menu
from bot.matching.service import NOT_YOURS, rows
from bot.meetings import rules, screens, service, words
from bot.meetings.rules import COMMENT_FORM, WHEN_FORM
from bot.meetings.service import NO_MEETING, Pair
from bot.messages import Button, Do
from bot.people import service as people
from bot.people.talk import YIELDING
from bot.texts import N_
from db.matching import Match
from db.meetings import AGREED, CANCELLED, HELD, PROPOSED, Meeting
from db.people import Person

taps = Taps("meetings")

COMMENT_OPEN = timedelta(hours=1)  # what is written later is meant for something else
RATINGS = ("good", "so_so", "bad", "missed")


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


@taps("begin")
async def begin(case: Case, args: tuple[str, ...]) -> None:
    """Two people have just been brought together: the worker is asked for a time at once."""
    pair = await service.pair_of(case, number(args))
    meeting = await service.begin(case, pair)
    if case.person.id == pair.worker.id:
        return await _show(case, pair, meeting)
    message = screens.choices(meeting, pair.worker, case.person, case.now)
    await service.tell_other(case, pair, message, f"meeting:{meeting.id}:times:{pair.worker.id}")
    text = case.t("I have asked {name} when you could meet. I will tell you.", name=pair.worker.name)
    return case.say(text, [menu(case.t)])


@taps("time")
async def named_time(case: Case, args: tuple[str, ...]) -> None:
    """Words that answer "when would you like to meet?"."""
    if not case.times:
        case.say(case.t("I found no time in that. Please write, for example: Tuesday at 3 in the afternoon."))
    await book(case, args)


@taps("book")
async def book(case: Case, args: tuple[str, ...]) -> None:
    """Find a time with a partner, by buttons or from the words."""
    match_id = chosen_id(case, args)
    if match_id is None and case.talk.form == WHEN_FORM and case.talk.asked.isdigit():
        match_id = int(case.talk.asked)
    if match_id is not None:
        return await _arrange(case, await service.pair_of(case, match_id))
    async with matching.nothing_written_yet(case):
        partners = await matching.partners(case.session, case.person.id)
    if len(partners) == 1:
        return await _arrange(case, await service.pair_of(case, partners[0][0].id))
    if partners:
        return _ask_with_whom(case, partners)
    case.say(case.t("To meet somebody you first need a partner, and I am looking for one."))
    case.wants.append(Do("matching:status"))
    return None


def _ask_with_whom(case: Case, partners: list[tuple[Match, Person]]) -> None:
    """Which partner; a moment that was said travels along in the button."""
    moments = [wish.start for wish in words.wishes(case)[:1] if wish.kind == rules.MOMENT]

    def data(match: Match) -> str:
        return screens.want(match.id, moments[0]) if moments else f"meetings:book:{match.id}"

    buttons = [Button(other.name, data(match)) for match, other in partners]
    case.say(case.t("With whom would you like to meet?"), *rows([*buttons, menu(case.t)]))


async def _arrange(case: Case, pair: Pair) -> None:
    meeting = await service.begin(case, pair)
    if case.times:
        await case.ask_form(WHEN_FORM, str(pair.match.id))
        return await words.act_on(case, pair, meeting)
    return await _show(case, pair, meeting)


@taps("again")
async def again(case: Case, _args: tuple[str, ...]) -> None:
    """After an aside: the question that is still open."""
    if case.talk.form == WHEN_FORM and case.talk.asked.isdigit():
        pair = await service.pair_of(case, int(case.talk.asked))
        return await _show(case, pair, await service.begin(case, pair))
    if case.talk.form == COMMENT_FORM and case.talk.asked.isdigit():
        skip = Button(case.t.plain("Skip"), f"meetings:skip:{case.talk.asked}", means=("deny", "stop", "go_back"))
        case.say(case.t("Would you like to say more about the meeting? Just write it here."), [skip])
    return None


async def _offer(case: Case, pair: Pair, meeting: Meeting) -> None:
    """The times on offer; other ones may be named in words."""
    await case.ask_form(WHEN_FORM, str(pair.match.id))
    case.show(screens.choices(meeting, case.person, pair.other, case.now))


async def _show(case: Case, pair: Pair, meeting: Meeting) -> None:
    """Where this meeting stands, with what the person can do about it."""
    chosen = service.pending(meeting)
    stale = [time for time in rules.restored(meeting.times) if time < case.now + rules.SOONEST]
    if stale and meeting.state == PROPOSED:
        await service.offer_times(case, pair, meeting)
        chosen = None
    if chosen and meeting.chosen_by == case.person.id:
        case.show(screens.asked(meeting, case.person, pair.other, case.now))
    elif chosen and not stale:
        case.show(screens.question(meeting, case.person, pair.other, case.now))
    elif meeting.state == AGREED:
        case.show(screens.coming_up(meeting, case.person, pair.other, case.now))
    else:
        await _offer(case, pair, meeting)


@taps("pick")
async def pick(case: Case, args: tuple[str, ...]) -> None:
    """One of the times on offer."""
    pair, meeting = await service.meeting_of(case, number(args))
    place = number(args, 1)
    if not _is_current(meeting, args, 2):
        return await _changed_meanwhile(case, pair, meeting)
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
    if not _is_current(meeting, args, 1) or chosen is None or meeting.chosen_by == case.person.id:
        return await _changed_meanwhile(case, pair, meeting)
    case.tick(case.t("Yes, that suits me"))
    if not await service.confirm(case, pair, meeting):
        case.say(case.t("I am sorry, that time is not free any more."))
        await _new_times(case, pair, meeting)
    return None


@taps("other")
async def other_times(case: Case, args: tuple[str, ...]) -> None:
    """None of these: the next three."""
    pair, meeting = await service.meeting_of(case, number(args))
    if not _is_current(meeting, args, 1):
        return await _changed_meanwhile(case, pair, meeting)
    case.tick(case.t("Other times"))
    last = max(rules.restored(meeting.times), default=None)
    return await _new_times(case, pair, meeting, last)


async def _new_times(case: Case, pair: Pair, meeting: Meeting, after: datetime | None = None) -> None:
    await service.offer_times(case, pair, meeting, after=after)
    await _offer(case, pair, meeting)


@taps("keep")
async def keep(case: Case, args: tuple[str, ...]) -> None:
    """Do not move the meeting."""
    pair, meeting = await service.meeting_of(case, number(args))
    if not _is_current(meeting, args, 1) or meeting.state != AGREED:
        return await _changed_meanwhile(case, pair, meeting)
    case.tick(case.t("No, keep the agreed time"))
    await service.keep(case, pair, meeting)
    case.show(screens.coming_up(meeting, case.person, pair.other, case.now))
    return None


def _is_current(meeting: Meeting, args: tuple[str, ...], place: int) -> bool:
    return number(args, place) == meeting.sequence and meeting.state in (PROPOSED, AGREED)


async def _changed_meanwhile(case: Case, pair: Pair, meeting: Meeting) -> None:
    """An old button: say how things stand now."""
    case.say(case.t("This has changed meanwhile. Here is how it stands:"))
    now_live = await service.live(case.session, meeting.match_id, case.now)
    if now_live:
        return await _show(case, pair, now_live)
    again = Button(case.t.plain("Find a time to meet"), f"meetings:book:{pair.match.id}")
    case.say(case.t("You have no meeting with {name} at the moment.", name=pair.other.name), [again])
    return None


# -- changing what is agreed ----------------------------------------------------------------------------


@taps("mine")
async def mine(case: Case, _args: tuple[str, ...]) -> None:
    """The person's meetings: what is agreed, and what waits for an answer."""
    found = 0
    for pair, meeting in await service.mine(case, AGREED, PROPOSED):
        if service.is_over(meeting, case.now):
            continue
        found += 1
        if meeting.state == AGREED:
            case.show(screens.coming_up(meeting, case.person, pair.other, case.now))
        if meeting.state == PROPOSED or service.pending(meeting):
            await _show(case, pair, meeting)
    if not found:
        text = case.t("You have no meeting at the moment.")
        book_one = Button(case.t.plain("Find a time to meet"), "meetings:book", means=("book_meeting",))
        case.say(text, [book_one], [menu(case.t)])


@taps("move")
async def move(case: Case, args: tuple[str, ...]) -> None:
    """Another time for an agreed meeting. It stays as agreed until the other one says yes to the new time."""
    chosen = await _agreed_one(case, args, "move")
    if chosen is None:
        return None
    pair, meeting = chosen
    if meeting.state != AGREED:
        return await _arrange(case, pair)
    if case.times:
        await case.ask_form(WHEN_FORM, str(pair.match.id))
        return await words.act_on(case, pair, meeting)
    return await _new_times(case, pair, meeting)


@taps("cancel")
async def cancel(case: Case, args: tuple[str, ...]) -> None:
    """Ask once before a meeting is called off."""
    chosen = await _agreed_one(case, args, "cancel")
    if chosen is None:
        return
    pair, meeting = chosen
    t, name = case.t, pair.other.name
    if meeting.starts_at is None:
        text = t("Shall I tell {name} that you cannot meet for now?", name=name)
    else:
        when = t.moment(meeting.starts_at, case.person.zone, case.now)
        text = t("Shall I cancel your meeting with {name} on <b>{moment}</b>?", name=name, moment=when)
    drop_it = Button(t.plain("Yes, cancel it"), f"meetings:drop:{meeting.id}", means=("affirm", "cancel_meeting"))
    shift = Button(t.plain("Move it instead"), f"meetings:move:{meeting.id}", means=("reschedule_meeting",))
    case.say(text, [drop_it], [shift], [Button(t.plain("No, keep it"), "meetings:mine", means=("deny",))])


@taps("drop")
async def drop(case: Case, args: tuple[str, ...]) -> None:
    """Call the meeting off."""
    pair, meeting = await service.meeting_of(case, number(args))
    await service.cancel(case, pair, meeting)
    t = case.t
    case.tick(t("Yes, cancel it"))
    again = Button(t.plain("Find another time"), f"meetings:book:{pair.match.id}", means=("book_meeting",))
    case.say(
        t("The meeting is cancelled, and I have told {name}.", name=pair.other.name),
        [again],
        [menu(t)],
        file=screens.taken_out(meeting, case.person, pair.other),
    )


@taps("coming")
async def coming(case: Case, args: tuple[str, ...]) -> None:
    """The person will be there."""
    chosen = await _agreed_one(case, args, "coming")
    if chosen is None:
        return None
    pair, meeting = chosen
    if meeting.state != AGREED or meeting.starts_at is None:
        return await _show(case, pair, meeting)
    case.tick(case.t("I will be there"))
    await service.say_coming(case, pair, meeting)
    when = case.t.moment(meeting.starts_at, case.person.zone, case.now)
    thanks = case.t("Thank you. I have told {name}. It is {moment}.", name=pair.other.name, moment=when)
    case.say(thanks)
    return None


async def _agreed_one(case: Case, args: tuple[str, ...], verb: str) -> tuple[Pair, Meeting] | None:
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
        await _changed_meanwhile(case, pair, meeting)
        return None
    return pair, meeting


def _short(case: Case, pair: Pair, meeting: Meeting) -> str:
    if meeting.starts_at is None:
        return pair.other.name
    return f"{pair.other.name}: {case.t.moment(meeting.starts_at, case.person.zone, case.now)}"


# -- how it was -----------------------------------------------------------------------------------------


@taps("feedback")
async def feedback(case: Case, _args: tuple[str, ...]) -> None:
    """How the last meeting was."""
    last = await service.latest_begun(case)
    if last is None:
        raise Refused(N_("You have not had a meeting yet. I will ask you after the first one."))
    pair, meeting = last
    case.show(screens.how_was_it(meeting, case.person, pair.other))


@taps("rate")
async def rate(case: Case, args: tuple[str, ...]) -> None:
    """One tap on how it was; then a sentence, if the person likes."""
    pair, meeting = await service.meeting_of(case, number(args))
    rating = word(args, 1)
    if rating not in RATINGS or meeting.state not in (AGREED, HELD):
        raise Forged(NOT_YOURS)
    if not service.has_begun(meeting, case.now):
        raise Refused(N_("This meeting is still to come. I will ask you afterwards."))
    await service.rate(case, meeting, rating)
    t = case.t
    case.tick(t("Thank you!"))
    if rating == "missed":
        return _sorry(case, pair)
    await case.ask_form(COMMENT_FORM, str(meeting.id), {"since": case.now.isoformat()})
    return case.say(
        t("Thank you! Would you like to say more about it? Just write it here."),
        [Button(t.plain("Skip"), f"meetings:skip:{meeting.id}", means=("deny", "stop", "go_back"))],
    )


def _sorry(case: Case, pair: Pair) -> None:
    t = case.t
    again = Button(t.plain("Find another time"), f"meetings:book:{pair.match.id}", means=("book_meeting", "affirm"))
    human = Button(t.plain("Talk to a person"), "threads:ask", means=("talk_to_person",))
    case.say(t("I am sorry that you did not meet. Would you like to find another time?"), [again], [human], [menu(t)])


@taps("noshow")
async def noshow(case: Case, args: tuple[str, ...]) -> None:
    """The other one did not come."""
    meeting_id = chosen_id(case, args)
    last = await service.latest_begun(case) if meeting_id is None else None
    if meeting_id is None and last is None:
        raise Refused(N_("You have not had a meeting yet."))
    pair, meeting = last or await service.meeting_of(case, number(args))
    if meeting.state not in (AGREED, HELD):
        raise Refused(NO_MEETING)
    if not service.has_begun(meeting, case.now):
        raise Refused(N_("This meeting is still to come. I will ask you afterwards."))
    await service.rate(case, meeting, "missed")
    _sorry(case, pair)


@taps("said")
async def said(case: Case, args: tuple[str, ...]) -> None:
    """The sentence about a meeting."""
    since = str(case.talk.answers.get("since", ""))
    meeting_id = case.talk.asked
    fresh = bool(since) and case.now - datetime.fromisoformat(since) <= COMMENT_OPEN
    if case.talk.form != COMMENT_FORM or not meeting_id.isdigit() or not fresh:
        case.close_form()
        return case.say(
            case.t("I took that for your sentence about the meeting. Please write it once more."), [menu(case.t)]
        )
    await service.comment(case, int(meeting_id), word(args).strip())
    case.close_form()
    return _thank(case)


@taps("skip")
async def skip(case: Case, _args: tuple[str, ...]) -> None:
    """No sentence."""
    if case.talk.form == COMMENT_FORM:
        case.close_form()
    case.tick(case.t("Skip"))
    _thank(case)


def _thank(case: Case) -> None:
    t = case.t
    next_one = Button(t.plain("Find a time for the next meeting"), "meetings:book", means=("book_meeting",))
    case.say(t("Thank you, that helps. Shall we find a time for the next meeting?"), [next_one], [menu(t)])


people.LEAVING.append(service.cancel_all)
YIELDING.add(WHEN_FORM)
