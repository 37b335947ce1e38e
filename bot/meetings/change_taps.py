"""Changing what is agreed: moving it, calling it off; and what is said on the way there."""

from bot.case import Case, Taps, number, word
from bot.errors import Forged, Refused
from bot.matching.screens import menu
from bot.matching.service import NOT_YOURS, rows
from bot.meetings import feed_taps, reminding, rules, screens, service, standing, words
from bot.meetings.rules import WHEN_FORM
from bot.meetings.service import Pair
from bot.messages import Button
from db.meetings import AGREED, CANCELLED, HELD, PROPOSED, Meeting

taps = Taps("meetings")


@taps("mine")
async def mine(case: Case, _args: tuple[str, ...]) -> None:
    """The person's meetings: what is agreed, and what waits for an answer."""
    found = 0
    for pair, meeting in await service.mine(case, AGREED, PROPOSED):
        if service.is_over(meeting, case.now):
            continue
        found += 1
        if meeting.state == AGREED:
            case.show(screens.coming_up(meeting, case.person, pair.other, case.now, service.ways(pair)))
        if meeting.state == PROPOSED or service.pending(meeting):
            await standing.show(case, pair, meeting)
    if not found:
        text = case.t("You have no meeting at the moment.")
        book_one = Button(case.t.plain("Find a time to meet"), "meetings:book", means=("book_meeting",))
        case.say(text, [book_one], [menu(case.t)])
    feed_taps.offer(case)


@taps("move")
async def move(case: Case, args: tuple[str, ...]) -> None:
    """Another time for an agreed meeting. It stays as agreed until the other one says yes to the new time."""
    chosen = await standing.the_one_meant(case, args, "move")
    if chosen is None:
        return None
    pair, meeting = chosen
    if meeting.state != AGREED:
        return await standing.arrange(case, pair)
    if case.times:
        await case.ask_form(WHEN_FORM, str(pair.match.id))
        return await words.act_on(case, pair, meeting)
    return await standing.new_times(case, pair, meeting)


@taps("cancel")
async def cancel(case: Case, args: tuple[str, ...]) -> None:
    """Ask once before a meeting is called off."""
    chosen = await standing.the_one_meant(case, args, "cancel")
    if chosen is None:
        return
    pair, meeting = chosen
    t, name = case.t, pair.other.name
    if meeting.starts_at is None:
        text = t("Shall I tell {name} that you cannot meet for now?", name=name)
    else:
        when = t.moment(meeting.starts_at, case.person.zone, case.now)
        text = t("Shall I cancel your meeting with {name} on <b>{moment}</b>?", name=name, moment=when)
        if rules.is_short_notice(meeting.starts_at, case.now):
            text += "\n" + t("That is soon; {name} may be on the way already.", name=name)
    drop_it = Button(t.plain("Yes, cancel it"), f"meetings:drop:{meeting.id}", means=("affirm", "cancel_meeting"))
    shift = Button(t.plain("Move it instead"), f"meetings:move:{meeting.id}", means=("reschedule_meeting",))
    case.say(text, [drop_it], [shift], [Button(t.plain("No, keep it"), "meetings:mine", means=("deny",))])


@taps("drop")
async def drop(case: Case, args: tuple[str, ...]) -> None:
    """Call the meeting off; why, with one tap."""
    pair, meeting = await service.meeting_of(case, number(args))
    if meeting.state == CANCELLED and meeting.called_off_by != case.person.id:
        return await standing.changed_meanwhile(case, pair, meeting)
    await service.cancel(case, pair, meeting)
    t, name = case.t, pair.other.name
    case.tick(t("Yes, cancel it"))
    reasons = {rules.ILL: t.plain("I am ill"), rules.NO_TIME: t.plain("No time")}
    reasons[rules.OTHER_REASON] = t.plain("Another reason")
    text = t("The meeting is cancelled, and I have told {name}.", name=name)
    return case.say(
        f"{text} {t('If you like, tell me why; {name} will not see it.', name=name)}",
        *rows(Button(label, f"meetings:why:{meeting.id}:{why}") for why, label in reasons.items()),
        [_again(case, pair)],
        [menu(t)],
        file=screens.taken_out(meeting, case.person, pair.other),
    )


def _again(case: Case, pair: Pair) -> Button:
    return Button(case.t.plain("Find another time"), f"meetings:book:{pair.match.id}", means=("book_meeting",))


@taps("why")
async def why(case: Case, args: tuple[str, ...]) -> None:
    """Why the person called it off."""
    pair, meeting = await service.meeting_of(case, number(args))
    service.say_why(case, meeting, word(args, 1))
    t = case.t
    text = t("Get well soon!") if meeting.called_off_why == rules.ILL else t("Thank you. That is all right.")
    case.say(text, [_again(case, pair)], [menu(t)], edit=True)


@taps("coming")
async def coming(case: Case, args: tuple[str, ...]) -> None:
    """The person will be there."""
    chosen = await standing.the_one_meant(case, args, "coming")
    if chosen is None:
        return None
    pair, meeting = chosen
    if meeting.state != AGREED or meeting.starts_at is None:
        return await standing.show(case, pair, meeting)
    case.tick(case.t("I will be there"))
    await reminding.say_coming(case, pair, meeting)
    when = case.t.moment(meeting.starts_at, case.person.zone, case.now)
    thanks = case.t("Thank you. I have told {name}. It is {moment}.", name=pair.other.name, moment=when)
    case.say(thanks)
    return None


# -- on the way there -----------------------------------------------------------------------------------


@taps("stay")
async def stay(case: Case, args: tuple[str, ...]) -> None:
    """The other one has not confirmed; the person goes all the same."""
    chosen = await standing.the_one_meant(case, args, "stay")
    if chosen is None:
        return None
    pair, meeting = chosen
    if meeting.state != AGREED or meeting.starts_at is None:
        return await standing.show(case, pair, meeting)
    t = case.t
    case.tick(t("Yes, keep it"))
    text = t("Good, it stays as agreed.")
    return case.say(f"{text}\n{screens.where(meeting, t)}", *screens.change_rows(meeting, t))


@taps("way")
async def way(case: Case, args: tuple[str, ...]) -> None:
    """The person is on the way."""
    if chosen := await _about_to_begin(case, args):
        pair, meeting = chosen
        case.tick(case.t("I am on my way"))
        await reminding.say_on_the_way(case, pair, meeting)
        case.say(case.t("Good. I have told {name}.", name=pair.other.name), [menu(case.t)])


@taps("late")
async def late(case: Case, args: tuple[str, ...]) -> None:
    """The person is running late: by how much?"""
    if chosen := await _about_to_begin(case, args):
        _, meeting = chosen
        t = case.t
        delays = [
            Button(t.n("{n} minute", "{n} minutes", n), f"meetings:delay:{meeting.id}:{n}", means=(str(n),))
            for n in rules.DELAYS
        ]
        off = Button(t.plain("I cannot come"), f"meetings:cancel:{meeting.id}", means=("cancel_meeting",))
        case.say(t("By how much, about?"), delays, [off], [menu(t)])


@taps("delay")
async def delay(case: Case, args: tuple[str, ...]) -> None:
    """So many minutes late."""
    minutes = number(args, 1)
    if minutes not in rules.DELAYS:
        raise Forged(NOT_YOURS)
    if chosen := await _about_to_begin(case, args):
        pair, meeting = chosen
        case.tick(case.t.n("{n} minute", "{n} minutes", minutes))
        await reminding.say_late(case, pair, meeting, minutes)
        case.say(case.t("I have told {name}. Take your time.", name=pair.other.name), [menu(case.t)])


async def _about_to_begin(case: Case, args: tuple[str, ...]) -> tuple[Pair, Meeting] | None:
    """A meeting that begins soon or has begun; for any other the person sees how it stands, and it is None."""
    pair, meeting = await service.meeting_of(case, number(args))
    if meeting.state == HELD or service.is_over(meeting, case.now):
        raise Refused(service.OVER)
    if meeting.state == AGREED and meeting.starts_at and case.now >= meeting.starts_at - rules.ON_THE_WAY:
        return pair, meeting
    await standing.changed_meanwhile(case, pair, meeting)
    return None
