"""A pair's own buttons: a break, going on, ending it, writing to each other, and saying that something is wrong."""

from bot.case import JOINED, Case, Taps, number, word
from bot.matching import pairs, relay
from bot.matching.screens import chosen_id, menu
from bot.matching.service import rows
from bot.messages import Button, Do
from bot.people.menu import help_row
from db.matching import RESTING, Match
from db.people import Person

taps = Taps("matching")


def show(case: Case, match: Match, other: Person) -> None:
    """Who the person works with, and what they can do together."""
    t = case.t
    if other.id == match.trainer_id:
        text = t("Your trainer is <b>{name}</b>.", name=other.name)
    else:
        text = t("You teach <b>{name}</b>.", name=other.name)
    if match.state == RESTING:
        text += " " + t("You are taking a break together.")
        go_on = Button(t.plain("Go on together"), f"matching:go_on:{match.id}", means=("affirm",))
        return case.say(text, [go_on], [Button(t.plain("End it"), f"matching:end:{match.id}")], [menu(t)])
    return case.say(
        text,
        [Button(t.plain("Find a time to meet"), f"meetings:book:{match.id}", means=("book_meeting",))],
        [
            Button(t.plain("My meetings"), "meetings:mine", means=("my_meetings",)),
            Button(t.plain("Write a message"), f"matching:write:{match.id}"),
        ],
        [
            Button(t.plain("A break"), f"matching:rest:{match.id}"),
            Button(t.plain("End it"), f"matching:end:{match.id}"),
        ],
        [menu(t)],
    )


@taps("rest", needs=JOINED)
async def rest(case: Case, args: tuple[str, ...]) -> None:
    """A break for both."""
    match, other = await pairs.of(case, chosen_id(case, args))
    await pairs.rest(case, match, other)
    case.wants.append(Do("meetings:pair_ended", (str(match.id),)))
    t = case.t
    text = t("All right: you and {name} take a break. Nobody is proposed to either of you instead.", name=other.name)
    case.say(text, [Button(t.plain("Go on together"), f"matching:go_on:{match.id}", means=("affirm",))], [menu(t)])


@taps("go_on", needs=JOINED)
async def go_on(case: Case, args: tuple[str, ...]) -> None:
    """The break is over."""
    match, other = await pairs.of(case, chosen_id(case, args))
    await pairs.go_on(case, match, other)
    show(case, match, other)


@taps("end", needs=JOINED)
async def end(case: Case, args: tuple[str, ...]) -> None:
    """Somebody would like to end it: asked once more."""
    match, other = await pairs.of(case, chosen_id(case, args))
    t = case.t
    case.say(
        t("Shall I end your work with {name}? I tell them kindly, and never why.", name=other.name),
        [Button(t.plain("Yes, end it"), f"matching:ended:{match.id}", means=("affirm",))],
        [Button(t.plain("Rather a break"), f"matching:rest:{match.id}")],
        [Button(t.plain("No, go on"), "matching:status", means=("deny",))],
    )


@taps("ended", needs=JOINED)
async def ended(case: Case, args: tuple[str, ...]) -> None:
    """It ends; why, with one tap."""
    match, other = await pairs.of(case, number(args))
    await pairs.end(case, match, other)
    case.wants.append(Do("meetings:pair_ended", (str(match.id),)))
    t = case.t
    case.tick(t("Yes, end it"))
    reasons = {
        "done": t.plain("I have learnt what I wanted") if case.person.role == "worker" else t.plain("We are done"),
        "time": t.plain("We find no time"),
        "silent": t.plain("The other one does not answer"),
        "person": t.plain("We do not suit each other"),
        "other": t.plain("Another reason"),
    }
    case.say(
        t("It is done. If you like, tell me why; {name} will not see it.", name=other.name),
        *rows(Button(label, f"matching:end_why:{match.id}:{key}") for key, label in reasons.items()),
        [Button(t.plain("Something was not right"), "threads:problem", means=("report_problem",))],
        [menu(t)],
    )


@taps("end_why", needs=JOINED)
async def end_why(case: Case, args: tuple[str, ...]) -> None:
    """Why it ended."""
    match, t = await relay.match_of(case, number(args)), case.t
    if await pairs.give_end_reason(case, match, word(args, 1)):
        return case.say(
            t(
                "Well done, that is lovely to hear! I propose nobody to you for half a year. If you would like to "
                "learn something else before that, just tell me."
            ),
            [Button(t.plain("Look again now"), "matching:again")],
            [menu(t)],
            edit=True,
        )
    return case.say(t("Thank you. That helps me with the next proposal."), help_row(case), edit=True)


# -- writing to each other ------------------------------------------------------------------------------


@taps("write", needs=JOINED)
async def write(case: Case, args: tuple[str, ...]) -> None:
    """The next words go to the other one."""
    match, other = await pairs.of(case, chosen_id(case, args))
    await relay.open_form(case, match)
    t = case.t
    case.say(
        t("Write your message to {name} now. I pass it on as it is; your number stays hidden.", name=other.name),
        _cancel(case),
    )


def _cancel(case: Case) -> list[Button]:
    return [Button(case.t.plain("Cancel"), "people:stop", means=("stop", "go_back"))]


@taps("written", needs=JOINED)
async def written(case: Case, args: tuple[str, ...]) -> None:
    """What somebody wrote for the other one."""
    t = case.t
    if relay.is_too_long(word(args)):
        return case.say(t("That is too long to pass on. Please write it shorter."), _cancel(case))
    match, other = await relay.pass_on(case, word(args))
    return case.say(
        t("Passed on to {name}.", name=other.name),
        [Button(t.plain("Write again"), f"matching:write:{match.id}"), menu(t)],
    )


@taps("report", needs=JOINED)
async def report(case: Case, args: tuple[str, ...]) -> None:
    """Something the other one wrote is not right: the coordinators learn what, and the pair ends."""
    match = await relay.match_of(case, number(args))
    other = await relay.report(case, match)
    case.wants.append(Do("meetings:pair_ended", (str(match.id),)))
    t = case.t
    case.tick(t("Report and block"))
    case.say(
        t(
            "{name} can no longer write to you, and will never be proposed to you again. Your coordinators have been "
            "told and see the last messages. If somebody is in danger, call 112.",
            name=other.name,
        ),
        [Button(t.plain("Talk to a person"), "threads:ask", means=("talk_to_person",))],
        [menu(t)],
    )
