"""Buttons and commands of matching."""

from collections.abc import Sequence

import db.clusters
import db.matching
from bot.case import COORDINATOR, Case, Taps, number, word
from bot.errors import Forged, Refused
from bot.matching import rules, screens, service
from bot.matching.service import NOT_YOURS, RoundPlan
from bot.messages import Button
from bot.people import service as people
from bot.texts import N_, Tongue
from db.clusters import Cluster
from db.matching import ACCEPTED, OFFERED, OPEN, Match
from db.people import Person

taps = Taps("matching")

NOTHING_OPEN = N_("There is no proposal open for you at the moment. I will write to you when there is one.")


# -- rounds ---------------------------------------------------------------------------------------------


@taps("round", needs=COORDINATOR)
async def plan(case: Case, args: tuple[str, ...]) -> None:
    """What a round would do now. Nothing is sent."""
    mine = await db.clusters.coordinated_by(case.session, case.person.id)
    chosen = chosen_id(case, args)
    if chosen is None and len(mine) > 1:
        buttons = [Button(cluster.called(case.t.language), f"matching:round:{cluster.id}") for cluster in mine]
        return case.say(case.t("For which cluster?"), *service.rows([*buttons, menu(case.t)]))
    cluster = _of_mine(mine, mine[0].id if chosen is None and mine else chosen)
    planned = await service.plan_round(case.session, cluster.id, case.now)
    t = case.t
    head = f"<b>{t('Matching round in {cluster}', cluster=cluster.called(t.language))}</b>"
    staying = _staying(planned, t)
    if not planned.pairs:
        nobody = t("There is nobody new to bring together right now.")
        return case.say("\n".join(filter(None, (head, nobody, staying))), [menu(t)])
    found = t.n("I can bring {n} pair together now.", "I can bring {n} pairs together now.", planned.matched)
    ask = t("Shall I send the offers? Both sides can still say no.")
    return case.say(
        "\n".join(filter(None, (head, found, staying))) + f"\n\n{ask}",
        [Button(t.plain("Send the offers"), f"matching:run:{cluster.id}", means=("affirm", "accept_match"))],
        [Button(t.plain("Not now"), "matching:not_now", means=("deny", "decline_match"))],
    )


@taps("run", needs=COORDINATOR)
async def run(case: Case, args: tuple[str, ...]) -> None:
    """Run the round and send the offers."""
    cluster_id = number(args)
    cluster = _of_mine(await db.clusters.coordinated_by(case.session, case.person.id), cluster_id)
    done = await service.run_round(case.session, cluster, case.person, case.now, case.house)
    t = case.t
    if not done.matched:
        return case.say(t("There is nobody new to bring together right now."), [menu(t)])
    case.tick(t("Send the offers"))
    return case.say(
        t.n(
            "{n} pair has received an offer. They have five days to answer.",
            "{n} pairs have received an offer. They have five days to answer.",
            done.matched,
        ),
        [menu(t)],
    )


@taps("not_now", needs=COORDINATOR)
async def not_now(case: Case, _args: tuple[str, ...]) -> None:
    case.tick(case.t("Not now"))
    case.say(case.t("All right. Nothing was sent."), [menu(case.t)])


def _of_mine(mine: Sequence[Cluster], cluster_id: int | None) -> Cluster:
    """The cluster with this id, if this person coordinates it."""
    if not mine:
        raise Refused(N_("You do not coordinate a cluster yet."))
    for cluster in mine:
        if cluster.id == cluster_id:
            return cluster
    raise Forged(NOT_YOURS)


def _staying(planned: RoundPlan, t: Tongue) -> str:
    """How many stay without, and the main reasons, one a line."""
    if not planned.unmatched:
        return ""
    head = t.n("{n} worker stays without for now:", "{n} workers stay without for now:", planned.unmatched)
    lines = [f"• {_why_they_stay(reason, n, t)}" for reason, n in planned.staying.items()]
    return "\n".join((head, *lines))


def _why_they_stay(reason: str, n: int, t: Tongue) -> str:
    match reason:
        case rules.PAUSED:
            return t.n("{n} is taking a break", "{n} are taking a break", n)
        case rules.UNREACHABLE:
            return t.n("{n} has stopped this assistant", "{n} have stopped this assistant", n)
        case rules.NO_LANGUAGE:
            return t.n(
                "{n} speaks a language that no trainer speaks",
                "{n} speak a language that no trainer speaks",
                n,
            )
        case rules.NO_TOPIC:
            return t.n(
                "{n} wants to learn something that no trainer teaches",
                "{n} want to learn something that no trainer teaches",
                n,
            )
        case rules.NO_TIME:
            return t.n("{n} has no time in common with a trainer", "{n} have no time in common with a trainer", n)
        case rules.TRIED:
            return t.n(
                "{n} has already been offered every trainer who fits",
                "{n} have already been offered every trainer who fits",
                n,
            )
        case _:
            return t.n("{n}: the trainers who fit are all taken", "{n}: the trainers who fit are all taken", n)


# -- offers ---------------------------------------------------------------------------------------------


@taps("accept")
async def accept(case: Case, args: tuple[str, ...]) -> None:
    """Say yes to an offer."""
    match = await _offer(case, args)
    twice = service.has_said(match, case.person.id) == "yes"
    was_made = match.state == ACCEPTED
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
    await service.decline(case, match)
    t = case.t
    case.tick(t("No, thank you"))
    reasons = {
        "time": t.plain("The times do not suit me"),
        "far": t.plain("It is too far away"),
        "topic": t.plain("I need something else"),
        "later": t.plain("Not now, later"),
        "other": t.plain("Another reason"),
    }
    case.say(
        t("That is all right, and I keep looking. If you like, tell me why; the other side will not see it."),
        *service.rows(Button(label, f"matching:reason:{match.id}:{key}") for key, label in reasons.items()),
        [menu(t)],
    )


@taps("reason")
async def reason(case: Case, args: tuple[str, ...]) -> None:
    """Why the person declined."""
    match = await service.mine(case, number(args))
    assert match is not None
    service.give_reason(match, case.person.id, word(args, 1))
    case.say(case.t("Thank you. That helps me to find somebody who suits you better."), [menu(case.t)], edit=True)


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
    buttons = screens.offer_buttons(match, t)[:2] if undecided else ((menu(t),),)
    case.say(f"{head}\n{screens.bullets(match, case.person, t)}\n\n{note}", *buttons)


@taps("status", "find")
async def status(case: Case, _args: tuple[str, ...]) -> None:
    """Where the person's matching stands."""
    if case.person.role == "coordinator":
        return await plan(case, ())
    t, waiting_for_me, waiting_for_other = case.t, list[Match](), list[Match]()
    for match in await db.matching.of_person(case.session, case.person.id, OFFERED):
        if service.is_open(match, case.now):
            said = service.has_said(match, case.person.id)
            (waiting_for_other if said else waiting_for_me).append(match)
    partners = await service.partners(case.session, case.person.id)
    for match, other in reversed(partners):
        _show_partner(case, match, other)
    for _ in waiting_for_other:
        case.say(t("You have said yes to my proposal. The other side has not answered yet."), [menu(t)])
    for match in reversed(waiting_for_me):
        shown = screens.offer(match, case.person)
        case.show(shown)
    if not (partners or waiting_for_me or waiting_for_other):
        _show_waiting(case)
    return None


def _show_partner(case: Case, match: Match, other: Person) -> None:
    t = case.t
    if other.id == match.trainer_id:
        text = t("Your trainer is <b>{name}</b>.", name=other.name)
    else:
        text = t("You teach <b>{name}</b>.", name=other.name)
    case.say(
        text,
        [Button(t.plain("Find a time to meet"), f"meetings:book:{match.id}", means=("book_meeting",))],
        [Button(t.plain("My meetings"), "meetings:mine", means=("my_meetings",))],
        [menu(t)],
    )


def _show_waiting(case: Case) -> None:
    t = case.t
    if case.person.paused:
        text = t("You are taking a break, so I am not looking for anybody. Shall I start again?")
        yes = Button(t.plain("Yes, start again"), "lessons:resume", means=("affirm", "resume_lessons"))
        return case.say(text, [yes], [menu(t)])
    if case.person.role == "trainer":
        text = t("I have no learner for you yet. I keep looking, and I will write to you as soon as I find somebody.")
    else:
        text = t("I have no trainer for you yet. I keep looking, and I will write to you as soon as I find somebody.")
    return case.say(
        text,
        [Button(t.plain("Next lesson"), "lessons:next", means=("next_lesson",))],
        [Button(t.plain("Change my answers"), "onboarding:change")],
        [menu(t)],
    )


async def _offer(case: Case, args: tuple[str, ...]) -> Match:
    """The offer that is meant: the one named, else the newest still waiting for this person's answer."""
    match = await service.mine(case, chosen_id(case, args), OFFERED)
    if match is None:
        raise Refused(NOTHING_OPEN)
    return match


def chosen_id(case: Case, args: tuple[str, ...]) -> int | None:
    """The row a button names. Words and commands name none: what stands there is what was written."""
    if not args or (case.incoming.kind != "tap" and not word(args).isdigit()):
        return None
    return number(args)


def menu(t: Tongue) -> Button:
    return Button(t.plain("Menu"), "people:menu")


people.LEAVING.append(service.end_all)
