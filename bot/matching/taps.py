"""Offers, and where somebody stands. What a pair does: `pair_taps`; a coordinator: `desk_taps`."""

import db.matching
from bot.case import Case, Taps, number, word
from bot.errors import Refused
from bot.matching import desk_taps, pair_taps, queue_taps, relay, screens, service, wishes_taps
from bot.matching.screens import chosen_id, menu
from bot.messages import Button, Do
from bot.people import service as people
from bot.people.service import local
from bot.texts import N_
from db.matching import OFFERED, OPEN, PAIRED, Match

taps = Taps("matching")
taps.update(pair_taps.taps)
taps.update(wishes_taps.taps)
taps.update(desk_taps.taps)
taps.update(queue_taps.taps)

NOTHING_OPEN = N_("There is no proposal open for you at the moment. I will write to you when there is one.")


# -- offers ---------------------------------------------------------------------------------------------


@taps("accept")
async def accept(case: Case, args: tuple[str, ...]) -> None:
    """Say yes to an offer."""
    match = await _offer(case, args)
    twice = service.has_said(match, case.person.id) == "yes"
    was_made = match.state in PAIRED
    made = await service.accept(case, match)
    t = case.t
    case.tick(t("Yes, I would like that"))
    if was_made:
        return await status(case, ())
    if made:
        other = await service.other_of(case.session, match, case.person.id)
        return case.say(t("<b>Good news: you have both said yes.</b> It is {name}.", name=other.name))
    if twice:
        text = t("You have already said yes. The other side has not answered yet; I will tell you.")
    else:
        text = t("Thank you! I am asking the other side, and I will tell you as soon as they answer.")
    return case.say(text, [Button(t.plain("I have changed my mind"), f"matching:decline:{match.id}")])


@taps("decline")
async def decline(case: Case, args: tuple[str, ...]) -> None:
    """Say no to an offer, and be asked why with one tap."""
    match = await _offer(case, args)
    t = case.t
    if match.state in PAIRED:
        case.say(t("You have both said yes already. Here is what you can do:"))
        return await status(case, ())
    await service.decline(case, match)
    case.tick(t("No, thank you"))
    reasons = {
        "time": t.plain("The times do not suit me"),
        "far": t.plain("It is too far away"),
        "topic": t.plain("I need something else"),
        "later": t.plain("Not now, later"),
        "other": t.plain("Another reason"),
    }
    return case.say(
        t("That is all right, and I keep looking. If you like, tell me why; the other side will not see it."),
        *service.rows(Button(label, f"matching:reason:{match.id}:{key}") for key, label in reasons.items()),
        [menu(t)],
    )


@taps("reason")
async def reason(case: Case, args: tuple[str, ...]) -> None:
    """Why the person declined, and what they can do about it."""
    match = await service.mine(case, number(args))
    assert match is not None
    t, why = case.t, word(args, 1)
    await service.give_reason(case, match, why)
    text, remedy = {
        "time": (t("Thank you. Shall we look at your times?"), Button(t.plain("My times"), "onboarding:edit:times")),
        "far": (t("Thank you. How far may it be?"), Button(t.plain("How I would like to meet"), "matching:wishes")),
        "topic": (
            t("Thank you. Shall we look at your topics?"),
            Button(t.plain("My topics"), "onboarding:edit:topics"),
        ),
        "later": (
            t("All right: I propose nobody to you for two weeks. Then I look again."),
            Button(t.plain("Look again now"), "matching:again"),
        ),
    }.get(why, (t("Thank you. That helps me to find somebody who suits you better."), None))
    case.say(text, [remedy] if remedy else [], [menu(t)], edit=True)


@taps("again")
async def again(case: Case, _args: tuple[str, ...]) -> None:
    """Look for somebody for me again."""
    if not await service.end_own_rest(case.session, case.person.id):
        return await _show_waiting(case)
    return case.say(case.t("Good, I am looking for somebody for you again."), [menu(case.t)])


@taps("why")
async def why(case: Case, args: tuple[str, ...]) -> None:
    """Why this person was proposed."""
    match = await service.mine(case, chosen_id(case, args), *OPEN)
    if match is None:
        raise Refused(NOTHING_OPEN)
    t = case.t
    head = t("I proposed this person because your answers go well together. This person:")
    note = t("I looked at languages, topics, times, the way, and how long somebody has been waiting.")
    undecided = service.is_open(match, case.now) and not service.has_said(match, case.person.id)
    if undecided:
        note = f"{note}\n\n{t('The name stays hidden until you have both said yes.')}"
    buttons = screens.offer_buttons(match, t)[:2] if undecided else ((menu(t),),)
    case.say(f"{head}\n{screens.bullets(match, case.person, t)}\n\n{note}", *buttons)


@taps("status", "find")
async def status(case: Case, _args: tuple[str, ...]) -> None:
    """Where the person's matching stands."""
    if case.person.role == "coordinator":
        return case.wants.append(Do("matching:round"))
    t, waiting_for_me, waiting_for_other = case.t, list[Match](), list[Match]()
    for match in await db.matching.of_person(case.session, case.person.id, OFFERED):
        if service.is_open(match, case.now):
            said = service.has_said(match, case.person.id)
            (waiting_for_other if said else waiting_for_me).append(match)
    together = await db.matching.of_person(case.session, case.person.id, *PAIRED)
    for match in reversed(together):
        pair_taps.show(case, match, await service.other_of(case.session, match, case.person.id))
    for _ in waiting_for_other:
        case.say(t("You have said yes to my proposal. The other side has not answered yet."), [menu(t)])
    for match in reversed(waiting_for_me):
        shown = screens.offer(match, case.person)
        case.show(shown)
    if not (together or waiting_for_me or waiting_for_other):
        await _show_waiting(case)
    return None


async def _show_waiting(case: Case) -> None:
    """Nobody yet: why, and what would help."""
    t = case.t
    if case.person.paused:
        text = t("You are taking a break, so I am not looking for anybody. Shall I start again?")
        yes = Button(t.plain("Yes, start again"), "lessons:resume", means=("affirm", "resume_lessons"))
        return case.say(text, [yes], [menu(t)])
    kept = await db.matching.rest_of(case.session, case.person.id)
    if kept is not None and kept.until is None:
        text = t("Your coordinators have asked me to wait with proposals for you. They can tell you why.")
        return case.say(
            text, [Button(t.plain("Talk to a person"), "threads:ask", means=("talk_to_person",))], [menu(t)]
        )
    if kept is not None and kept.until is not None and kept.until > case.now:
        text = t(
            "As you wished, I propose nobody to you until {date}.", date=t.date(local(kept.until, case.person).date())
        )
        return case.say(text, [Button(t.plain("Look again now"), "matching:again", means=("affirm",))], [menu(t)])
    if case.person.role == "trainer":
        text = t("I have no learner for you yet. I keep looking, and I will write to you as soon as I find somebody.")
        helps: list[Button] = []
    else:
        text = t("I have no trainer for you yet. I keep looking, and I will write to you as soon as I find somebody.")
        more, helps = await wishes_taps.what_would_help(case)
        text = "\n\n".join(filter(None, (text, more)))
    return case.say(
        text,
        *service.rows(helps),
        [Button(t.plain("How I would like to meet"), "matching:wishes")],
        [Button(t.plain("Next lesson"), "lessons:next", means=("next_lesson",))],
        [menu(t)],
    )


async def _offer(case: Case, args: tuple[str, ...]) -> Match:
    """The offer that is meant: the one named, else the newest still waiting for this person's answer."""
    match = await service.mine(case, chosen_id(case, args), OFFERED)
    if match is None:
        raise Refused(NOTHING_OPEN)
    return match


people.LEAVING.extend((service.end_all, relay.take_back))
