"""After a meeting: did it take place, how was it, how long, what was practised, a sentence; one question a screen."""

from dataclasses import replace
from datetime import datetime, timedelta

import db.meetings
from bot.case import COORDINATOR, Case, Taps, number, word
from bot.errors import Forged, Refused
from bot.matching.screens import chosen_id, menu
from bot.matching.service import NOT_YOURS
from bot.meetings import after_screens, afterwards, before_after, service
from bot.meetings.after_rules import BAD, MISSED
from bot.meetings.rules import COMMENT_FORM
from bot.meetings.service import Pair
from bot.messages import Button, Do
from bot.texts import N_
from db.matching import ACCEPTED
from db.meetings import Feedback, Meeting

taps = Taps("meetings")

COMMENT_OPEN = timedelta(hours=1)  # what is written later is meant for something else


@taps("feedback")
async def feedback(case: Case, _args: tuple[str, ...]) -> None:
    """How the last meeting was."""
    last = await service.latest_begun(case)
    if last is None:
        raise Refused(N_("You have not had a meeting yet. I will ask you after the first one."))
    pair, meeting = last
    case.show(after_screens.how_was_it(meeting, case.person, pair.other))


@taps("met")
async def met(case: Case, args: tuple[str, ...]) -> None:
    """It took place."""
    pair, meeting = await afterwards.of_mine(case, number(args))
    case.tick(case.t("Yes, we met"))
    case.show(after_screens.how_was_it(meeting, case.person, pair.other))


@taps("rate")
async def rate(case: Case, args: tuple[str, ...]) -> None:
    """How it was, in one tap."""
    pair, meeting = await afterwards.of_mine(case, number(args))
    rating = word(args, 1)
    await afterwards.rate(case, pair, meeting, rating)
    _stop_writing(case)
    case.tick(after_screens.rating(case.t, rating))
    if rating == MISSED:
        return _sorry(case, pair)
    return case.show(after_screens.how_long(meeting, case.person))


@taps("noshow")
async def noshow(case: Case, args: tuple[str, ...]) -> None:
    """The other one did not come."""
    meeting_id = chosen_id(case, args)
    last = await service.latest_begun(case) if meeting_id is None else None
    if meeting_id is None and last is None:
        raise Refused(N_("You have not had a meeting yet."))
    pair, meeting = await afterwards.of_mine(case, last[1].id if last else number(args))
    await afterwards.rate(case, pair, meeting, MISSED)
    _stop_writing(case)
    _sorry(case, pair)


def _sorry(case: Case, pair: Pair) -> None:
    t = case.t
    problem = Button(t.plain("Something was not right"), "threads:problem", means=("report_problem",))
    human = Button(t.plain("Talk to a person"), "threads:ask", means=("talk_to_person",))
    if pair.match.state != ACCEPTED:
        return case.say(t("I am sorry that you did not meet."), [problem], [human], [menu(t)])
    again = Button(t.plain("Find another time"), f"meetings:book:{pair.match.id}", means=("book_meeting", "affirm"))
    return case.say(
        t("I am sorry that you did not meet. Would you like to find another time?"),
        [again],
        [problem],
        [human],
        [menu(t)],
    )


@taps("long")
async def long(case: Case, args: tuple[str, ...]) -> None:
    """How long it took; then what was practised."""
    pair, meeting = await afterwards.of_mine(case, number(args))
    minutes = number(args, 1)
    said = await afterwards.took(case, pair, meeting, minutes)
    _stop_writing(case)
    case.tick(after_screens.minutes(case.t, minutes) if minutes else case.t("I do not remember"))
    topics = afterwards.topics_of(pair, said)
    if topics:
        return case.show(after_screens.what_was_practised(meeting, case.person, topics, said.practised))
    return await _ask_for_a_sentence(case, meeting)


@taps("did")
async def did(case: Case, args: tuple[str, ...]) -> None:
    """One thing they practised, switched on (1) or off (0)."""
    pair, meeting = await afterwards.of_mine(case, number(args))
    said = await afterwards.practised(case, pair, meeting, word(args, 1), did=_switch(args))
    topics = afterwards.topics_of(pair, said)
    case.show(after_screens.what_was_practised(meeting, case.person, topics, said.practised), edit=True)


def _switch(args: tuple[str, ...]) -> bool:
    if (to := number(args, 2)) not in (0, 1):
        raise Forged(NOT_YOURS)
    return to == 1


@taps("done")
async def done(case: Case, args: tuple[str, ...]) -> None:
    """That was what they practised; then a sentence, if the person likes."""
    _, meeting = await afterwards.of_mine(case, number(args))
    await afterwards.what_i_said(case, meeting)
    case.tick(case.t("Done"))
    await _ask_for_a_sentence(case, meeting)


async def _ask_for_a_sentence(case: Case, meeting: Meeting) -> None:
    await case.ask_form(COMMENT_FORM, str(meeting.id), {"since": case.now.isoformat()})
    case.show(after_screens.a_sentence(meeting.id, case.t))


def ask_again(case: Case) -> None:
    """After an aside: the sentence is still waited for."""
    if case.talk.form == COMMENT_FORM and case.talk.asked.isdigit():
        case.show(after_screens.a_sentence(int(case.talk.asked), case.t))


@taps("said")
async def said(case: Case, args: tuple[str, ...]) -> None:
    """The sentence about a meeting. The worker is asked whether the trainer may show it."""
    since = str(case.talk.answers.get("since", ""))
    meeting_id = case.talk.asked
    fresh = bool(since) and case.now - datetime.fromisoformat(since) <= COMMENT_OPEN
    if case.talk.form != COMMENT_FORM or not meeting_id.isdigit() or not fresh:
        case.close_form()
        return case.say(
            case.t("I took that for your sentence about the meeting. Please write it once more."), [menu(case.t)]
        )
    pair, meeting = await afterwards.of_mine(case, int(meeting_id))
    kept = await afterwards.comment(case, meeting, word(args).strip())
    case.close_form()
    if kept.comment and case.person.id == pair.worker.id:
        return case.show(after_screens.may_it_be_shown(meeting, case.person, pair.other))
    return await _thank(case, pair, meeting, kept)


@taps("quote")
async def quote(case: Case, args: tuple[str, ...]) -> None:
    """Whether the worker's words may be shown."""
    pair, meeting = await afterwards.of_mine(case, number(args))
    answer = word(args, 1)
    if answer not in ("yes", "no"):
        raise Forged(NOT_YOURS)
    await afterwards.allow_quote(case, pair, meeting, yes=answer == "yes")
    case.tick(case.t("Yes, gladly") if answer == "yes" else case.t("No, keep them private"))
    await _thank(case, pair, meeting, await afterwards.what_i_said(case, meeting))


@taps("skip")
async def skip(case: Case, args: tuple[str, ...]) -> None:
    """No sentence."""
    pair, meeting = await afterwards.of_mine(case, number(args))
    _stop_writing(case)
    case.tick(case.t("Skip"))
    await _thank(case, pair, meeting, await db.meetings.feedback(case.session, meeting.id, case.person.id))


async def _thank(case: Case, pair: Pair, meeting: Meeting, kept: Feedback | None) -> None:
    """The next meeting is offered at once; not to somebody for whom it was bad. The learner's third one comes with
    the question how sure they feel by now."""
    t = case.t
    if case.person.id == pair.worker.id and await before_after.is_time_again(case):
        asked = before_after.question(case.person, before_after.LATER)
        return case.show(replace(asked, text=f"{t('Thank you, that helps.')}\n\n{asked.text}"))
    if pair.match.state != ACCEPTED:
        return case.say(t("Thank you, that helps."), [*after_screens.way_out(t)])
    if kept is None or kept.rating == BAD:
        next_one = Button(
            t.plain("Find a time for the next meeting"), f"meetings:book:{pair.match.id}", means=("book_meeting",)
        )
        return case.say(t("Thank you, that helps."), [next_one], [*after_screens.way_out(t)])
    case.say(t("Thank you, that helps. Shall we find a time for the next meeting?"))
    return case.wants.append(Do("meetings:book", (str(pair.match.id),)))


def _stop_writing(case: Case) -> None:
    if case.talk.form == COMMENT_FORM:
        case.close_form()


# -- a coordinator decides ------------------------------------------------------------------------------


@taps("settle", needs=COORDINATOR)
async def settle(case: Case, args: tuple[str, ...]) -> None:
    """The two say different things: what is to be recorded."""
    meeting = await afterwards.settle(case, number(args), number(args, 1))
    if meeting is None:
        return
    case.tick(after_screens.outcome(case.t, number(args, 1)))
    case.say(case.t("It is recorded, and I have told both of them."), [menu(case.t)])
