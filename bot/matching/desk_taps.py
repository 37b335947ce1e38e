"""The coordinator's desk: rounds and what they would do, who waits and why, pairs by hand, how rounds run."""

import html
from collections.abc import Sequence

import numpy as np

import db.audit
import db.clusters
import db.matching
import db.people
from bot.case import COORDINATOR, Case, Taps, number, word
from bot.errors import Forged, Refused
from bot.matching import plan as planning
from bot.matching import rules, service
from bot.matching.plan import Pair, RoundPlan, Seekers
from bot.matching.screens import chosen_id, menu
from bot.matching.service import NOT_YOURS
from bot.messages import Button
from bot.texts import N_, Tongue
from db.clusters import Cluster
from db.matching import ACCEPTED, EXCLUDED, PROPOSED, Match
from db.people import Person

taps = Taps("matching")

A_PAGE = 8
BEST = 4  # trainers shown beside a worker
GONE = N_("This person is not looking for anybody at the moment.")
MORNING = 9  # when rounds run


# -- rounds ---------------------------------------------------------------------------------------------


@taps("round", needs=COORDINATOR)
async def round_(case: Case, args: tuple[str, ...]) -> None:
    """What a round would do now. Nothing is sent."""
    t = case.t
    cluster = await _chosen(case, args, "round")
    if cluster is None:
        return None
    planned = await planning.plan_round(case.session, cluster, case.now, case.house)
    head = f"<b>{t('Matching round in {cluster}', cluster=cluster.called(t.language))}</b>"
    desk = [
        [Button(t.plain("Who is waiting"), f"matching:queue:{cluster.id}:0")],
        [Button(t.plain("Pairs"), f"matching:pairs:{cluster.id}:0")],
        [Button(t.plain("How rounds run here"), f"matching:habits:{cluster.id}")],
    ]
    if not planned.pairs:
        nobody = t("There is nobody new to bring together right now.")
        return case.say("\n".join(filter(None, (head, nobody, _staying(planned, t)))), *desk, [menu(t)])
    found = t.n("I can bring {n} pair together now.", "I can bring {n} pairs together now.", planned.matched)
    where = t.list([f"{country} {n}" for country, n in planned.countries.items() if country])
    lines = [head, found, t("By country: {list}.", list=where) if len(planned.countries) > 1 else ""]
    ask = t("Shall I send the offers? Both sides can still say no.")
    return case.say(
        "\n".join(filter(None, (*lines, _staying(planned, t)))) + f"\n\n{ask}",
        [Button(t.plain("Send the offers"), f"matching:run:{cluster.id}", means=("affirm", "accept_match"))],
        [Button(t.plain("Show the pairs"), f"matching:planned:{cluster.id}")],
        *desk,
        [Button(t.plain("Not now"), "matching:not_now", means=("deny", "decline_match"))],
    )


@taps("planned", needs=COORDINATOR)
async def planned(case: Case, args: tuple[str, ...]) -> None:
    """The pairs that a round would make now, the best first."""
    cluster = await _mine(case, number(args))
    plan = await planning.plan_round(case.session, cluster, case.now, case.house)
    t = case.t
    best = sorted(plan.pairs, key=lambda pair: -pair.score)
    people = await db.people.by_ids(case.session, {id for pair in best for id in (pair.trainer.id, pair.worker.id)})
    lines = [_pair_line(pair, people) for pair in best[: 2 * A_PAGE]]
    if len(best) > len(lines):
        lines.append(t.n("… and {n} more.", "… and {n} more.", len(best) - len(lines)))
    case.say(
        "\n".join((f"<b>{t('What a round would do now')}</b>", *(lines or [t("Nobody.")]))),
        [Button(t.plain("Send the offers"), f"matching:run:{cluster.id}", means=("affirm",))],
        [Button(t.plain("Who is waiting"), f"matching:queue:{cluster.id}:0"), menu(t)],
    )


@taps("run", needs=COORDINATOR)
async def run(case: Case, args: tuple[str, ...]) -> None:
    """Run the round and send the offers."""
    cluster = await _mine(case, number(args))
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


@taps("proposed", needs=COORDINATOR)
async def proposed(case: Case, args: tuple[str, ...]) -> None:
    """The pairs that wait for a coordinator to look at them."""
    await _show_proposed(case, await _mine(case, number(args)))


async def _show_proposed(case: Case, cluster: Cluster, *, edit: bool = False) -> None:
    t = case.t
    waiting = await db.matching.in_cluster(case.session, cluster.id, PROPOSED)
    if not waiting:
        return case.say(t("No pair is waiting for you."), [menu(t)], edit=edit)
    shown = waiting[:A_PAGE]
    people = await db.people.by_ids(case.session, {id for one in shown for id in (one.trainer_id, one.worker_id)})
    lines = [f"{at}. {_match_line(one, people)}" for at, one in enumerate(shown, 1)]
    no = [Button(f"✗ {at}", f"matching:refuse:{one.id}", spoken=False) for at, one in enumerate(shown, 1)]
    head = t.n("{n} pair waits for you.", "{n} pairs wait for you.", len(waiting))
    return case.say(
        "\n".join((f"<b>{head}</b>", *lines, "", t("✗ takes a pair out; the two are never proposed to each other."))),
        [Button(t.plain("Send all the offers"), f"matching:approve:{cluster.id}", means=("affirm",))],
        *[no[at : at + 4] for at in range(0, len(no), 4)],
        [menu(t)],
        edit=edit,
    )


@taps("approve", needs=COORDINATOR)
async def approve(case: Case, args: tuple[str, ...]) -> None:
    """Send the offers that waited."""
    cluster = await _mine(case, number(args))
    sent = await service.approve(case, cluster)
    t = case.t
    case.tick(t("Send all the offers"))
    if not sent:
        return case.say(t("No pair is waiting for you."), [menu(t)])
    return case.say(
        t.n(
            "{n} pair has received an offer. They have five days to answer.",
            "{n} pairs have received an offer. They have five days to answer.",
            sent,
        ),
        [menu(t)],
    )


@taps("refuse", needs=COORDINATOR)
async def refuse(case: Case, args: tuple[str, ...]) -> None:
    """A waiting pair is taken out."""
    match = await db.matching.get(case.session, number(args), lock=True)
    if match is None or match.cluster_id is None:
        raise Forged(NOT_YOURS)
    cluster = await _mine(case, match.cluster_id)
    if match.state == PROPOSED:
        match.state, match.by, match.decided_at = EXCLUDED, case.person.id, case.now
        match.follow_at = case.now
        db.audit.note(case.session, case.now, case.person.id, "refuse", f"match:{match.id}")
    await _show_proposed(case, cluster, edit=True)


# -- who waits ------------------------------------------------------------------------------------------


@taps("queue", needs=COORDINATOR)
async def queue(case: Case, args: tuple[str, ...]) -> None:
    """The workers without anybody, who has waited longest first."""
    cluster, first = await _mine(case, number(args)), number(args, 1)
    seekers = await planning.read(case.session, cluster, case.now, case.house)
    t = case.t
    waiting = sorted(range(len(seekers.workers)), key=lambda at: (seekers.workers[at].since, seekers.workers[at].id))
    some = waiting[first : first + A_PAGE]
    if not some:
        return case.say(t("Nobody is waiting."), [menu(t)])
    people = await db.people.by_ids(case.session, {seekers.workers[at].id for at in some})
    buttons: list[list[Button]] = []
    for at in some:
        one = people[seekers.workers[at].id]
        weeks = int(seekers.sides.workers.waited[at])
        label = t.n("{name} · {n} week", "{name} · {n} weeks", weeks, name=one.name)
        buttons.append([Button(_plain(label), f"matching:case:{one.id}", spoken=False)])
    more = Button(t.plain("More"), f"matching:queue:{cluster.id}:{first + A_PAGE}", means=("affirm",))
    head = t.n("{n} worker is waiting for a trainer.", "{n} workers are waiting for a trainer.", len(waiting))
    return case.say(
        f"<b>{head}</b>\n{t('Who has waited longest stands first. Tap a name.')}",
        *buttons,
        [more] if first + A_PAGE < len(waiting) else [],
        [Button(t.plain("Back"), f"matching:round:{cluster.id}"), menu(t)],
    )


@taps("case", needs=COORDINATOR)
async def case_(case: Case, args: tuple[str, ...]) -> None:
    """One worker: why nobody yet, and who would be best."""
    worker = await _person_of_mine(case, number(args))
    await _show_case(case, worker)


async def _show_case(case: Case, worker: Person, *, edit: bool = False) -> None:
    t = case.t
    assert worker.cluster_id is not None
    cluster = await _mine(case, worker.cluster_id)
    seekers = await planning.read(case.session, cluster, case.now, case.house, workers=[worker.id])
    back = [Button(t.plain("Who is waiting"), f"matching:queue:{cluster.id}:0"), menu(t)]
    kept = await db.matching.rest_of(case.session, worker.id)
    if kept is not None and (kept.until is None or kept.until > case.now):
        text = t("<b>{name}</b> is left out of matching for now.", name=worker.name)
        return case.say(text, [Button(t.plain("Take in again"), f"matching:take_in:{worker.id}")], back, edit=edit)
    if not seekers.workers:
        return case.say(t(GONE), back, edit=edit)
    best = planning.ranked(seekers, 0, BEST)
    people = await db.people.by_ids(case.session, {pair.trainer.id for pair in best})
    weeks = int(seekers.sides.workers.waited[0])
    lines = [t.n("<b>{name}</b> has waited {n} week.", "<b>{name}</b> has waited {n} weeks.", weeks, name=worker.name)]
    if best:
        lines.append(t("These trainers would fit best. Tap one to see what that would cost the others."))
    else:
        lines.append(_why_one_stays(planning.hindrance(seekers.sides, 0), t))
    buttons = [
        [
            Button(
                _trainer_label(pair, people[pair.trainer.id], t),
                f"matching:weigh:{worker.id}:{pair.trainer.id}",
                spoken=False,
            )
        ]
        for pair in best
    ]
    return case.say(
        "\n".join(lines),
        *buttons,
        [Button(t.plain("Leave out for now"), f"matching:leave_out:{worker.id}")],
        back,
        edit=edit,
    )


@taps("leave_out", needs=COORDINATOR)
async def leave_out(case: Case, args: tuple[str, ...]) -> None:
    """No proposals for this person until a coordinator says so."""
    person = await _person_of_mine(case, number(args))
    await service.rest(case.session, person.id, case.person.id, case.now)
    db.audit.note(case.session, case.now, case.person.id, "leave_out", f"person:{person.id}")
    await _show_case(case, person, edit=True)


@taps("take_in", needs=COORDINATOR)
async def take_in(case: Case, args: tuple[str, ...]) -> None:
    """Proposals again."""
    person = await _person_of_mine(case, number(args))
    await service.take_in_again(case.session, person.id)
    db.audit.note(case.session, case.now, case.person.id, "take_in", f"person:{person.id}")
    await _show_case(case, person, edit=True)


@taps("weigh", needs=COORDINATOR)
async def weigh(case: Case, args: tuple[str, ...]) -> None:
    """A pair by hand: why it fits, and what it would cost the others."""
    seekers, worker_at, trainer_at, _ = await _two(case, args)
    pair = seekers.pair(trainer_at, worker_at)
    people = await db.people.by_ids(case.session, {pair.trainer.id, pair.worker.id})
    cost = planning.regret(seekers, trainer_at, worker_at)
    t = case.t
    trainer, worker = people[pair.trainer.id], people[pair.worker.id]
    terms = [
        f"{_term(name, t)} {value} %" for name, value in sorted(pair.reasons["terms"].items(), key=lambda one: -one[1])
    ]
    head = f"<b>{html.escape(worker.name, quote=False)} – {html.escape(trainer.name, quote=False)}</b>"
    case.say(
        "\n".join((head, " · ".join(terms), "", _cost(cost, t))),
        [Button(t.plain("Propose this pair"), f"matching:propose:{worker.id}:{trainer.id}", means=("affirm",))],
        [Button(t.plain("Never these two"), f"matching:exclude:{worker.id}:{trainer.id}", spoken=False)],
        [Button(t.plain("Back"), f"matching:case:{worker.id}"), menu(t)],
    )


def _cost(cost: planning.Regret, t: Tongue) -> str:
    if not cost.without and not cost.percent:
        return t("This costs the others nothing.")
    share = t("This pair costs {percent} % of what is possible.", percent=t.decimal(cost.percent))
    if not cost.without:
        return share
    return f"{share} " + t.n("It leaves {n} person without.", "It leaves {n} people without.", cost.without)


@taps("propose", needs=COORDINATOR)
async def propose(case: Case, args: tuple[str, ...]) -> None:
    """Both get the offer now."""
    seekers, worker_at, trainer_at, cluster = await _two(case, args)
    await service.propose(case, cluster, seekers.pair(trainer_at, worker_at))
    t = case.t
    case.tick(t("Propose this pair"))
    text = t("Both have received the offer. They have five days to answer.")
    case.say(text, [Button(t.plain("Who is waiting"), f"matching:queue:{cluster.id}:0"), menu(t)])


@taps("exclude", needs=COORDINATOR)
async def exclude(case: Case, args: tuple[str, ...]) -> None:
    """These two are never proposed to each other."""
    seekers, worker_at, trainer_at, cluster = await _two(case, args)
    pair = seekers.pair(trainer_at, worker_at)
    case.session.add(
        Match(
            cluster_id=cluster.id,
            by=case.person.id,
            trainer_id=pair.trainer.id,
            worker_id=pair.worker.id,
            score=pair.score,
            reasons=pair.reasons,
            state=EXCLUDED,
            created_at=case.now,
            expires_at=case.now,
            decided_at=case.now,
        )
    )
    await case.session.flush()
    about = {"trainer": pair.trainer.id, "worker": pair.worker.id}
    db.audit.note(case.session, case.now, case.person.id, "exclude", f"cluster:{cluster.id}", **about)
    worker = await db.people.get(case.session, pair.worker.id)
    assert worker is not None
    await _show_case(case, worker, edit=True)


async def _two(case: Case, args: tuple[str, ...]) -> tuple[Seekers, int, int, Cluster]:
    """The two of a pair by hand among everybody who looks, and their cluster. Raises Refused when one is taken."""
    worker = await _person_of_mine(case, number(args))
    assert worker.cluster_id is not None
    cluster = await _mine(case, worker.cluster_id)
    await db.matching.one_round_at_a_time(case.session, cluster.id)
    seekers = await planning.read(case.session, cluster, case.now, case.house)
    workers = [one.id for one in seekers.workers]
    trainers = [one.id for one in seekers.trainers]
    if worker.id not in workers or number(args, 1) not in trainers:
        raise Refused(GONE)
    at, other = workers.index(worker.id), trainers.index(number(args, 1))
    free = seekers.sides.trainers.room[other] > 0
    fits = any(other in edges.trainer for edges in seekers.sides.possible(np.array([at]), np.array([other])))
    if not (free and fits):
        raise Refused(N_("These two cannot be brought together any more."))
    return seekers, at, other, cluster


# -- pairs ----------------------------------------------------------------------------------------------


@taps("pairs", needs=COORDINATOR)
async def pairs(case: Case, args: tuple[str, ...]) -> None:
    """The pairs that work together, the longest silent first."""
    cluster, first = await _mine(case, number(args)), number(args, 1)
    t = case.t
    found = list(await db.matching.in_cluster(case.session, cluster.id, ACCEPTED))
    found.sort(key=lambda one: one.active_at or one.created_at)
    some = found[first : first + A_PAGE]
    if not some:
        return case.say(t("There are no pairs yet."), [menu(t)])
    people = await db.people.by_ids(case.session, {id for one in some for id in (one.trainer_id, one.worker_id)})
    lines = [t.n("<b>{n} pair works together.</b>", "<b>{n} pairs work together.</b>", len(found))]
    for one in some:
        active = one.active_at or one.created_at
        mark = "💤 " if case.now - active > rules.SILENCE + rules.STILL_SILENT else ""
        lines.append(f"{mark}{_match_line(one, people)} · {t.date(active.date())}")
    buttons = [
        [Button(f"⇄ {people[one.worker_id].name}", f"matching:move:{one.id}", spoken=False)]
        for one in some
        if case.now - (one.active_at or one.created_at) > rules.SILENCE
    ]
    if buttons:
        lines.append("\n" + t("⇄ ends a silent pair and looks for another trainer."))
    more = Button(t.plain("More"), f"matching:pairs:{cluster.id}:{first + A_PAGE}", means=("affirm",))
    return case.say("\n".join(lines), *buttons, [more] if first + A_PAGE < len(found) else [], [menu(t)])


@taps("move", needs=COORDINATOR)
async def move(case: Case, args: tuple[str, ...]) -> None:
    """A silent pair ends, and the worker gets the next best trainer."""
    match = await db.matching.get(case.session, number(args), lock=True)
    if match is None or match.cluster_id is None:
        raise Forged(NOT_YOURS)
    cluster = await _mine(case, match.cluster_id)
    t = case.t
    if match.state != ACCEPTED:
        return case.say(t("This pair has ended already."), [menu(t)])
    await service.move(case, match)
    return case.say(
        t("Done: both have been told, and I look for another trainer."),
        [Button(t.plain("Pairs"), f"matching:pairs:{cluster.id}:0"), menu(t)],
    )


# -- how rounds run -------------------------------------------------------------------------------------


@taps("habits", needs=COORDINATOR)
async def habits(case: Case, args: tuple[str, ...]) -> None:
    """When rounds run by themselves, who looks first, and whether other clusters' trainers come into question."""
    cluster = await _mine(case, number(args))
    changed, t = word(args, 1), case.t
    if changed == "approval":
        cluster.approval = not cluster.approval
    elif changed == "exchange":
        cluster.exchange = not cluster.exchange
    elif changed in ("never", *map(str, range(7))):
        cluster.rounds = "" if changed == "never" else f"0 {MORNING} * * {(int(changed) + 1) % 7}"
        cluster.next_round_at = service.next_round(cluster.rounds, cluster.zone, case.now)
    elif changed:
        raise Forged(NOT_YOURS)
    if changed:
        db.audit.note(case.session, case.now, case.person.id, "habits", f"cluster:{cluster.id}", changed=changed)
    day = next((one for one in range(7) if cluster.rounds == f"0 {MORNING} * * {(one + 1) % 7}"), None)
    when = (
        t("Rounds run by themselves: {moment}.", moment=t.moment(cluster.next_round_at, case.person.zone, case.now))
        if cluster.next_round_at
        else t("Rounds run only when you start them.")
    )
    lines = [
        f"<b>{cluster.called(t.language)}</b>",
        when,
        t("A coordinator looks at each pair before it is sent.") if cluster.approval else t("Offers go out at once."),
        t("Trainers of other clusters come into question too.") if cluster.exchange else t("Only its own trainers."),
    ]
    days = [
        Button(f"{'✅ ' if one == day else ''}{t.weekday(one)}", f"matching:habits:{cluster.id}:{one}", spoken=False)
        for one in range(7)
    ]
    case.say(
        "\n".join(lines),
        *[days[at : at + 2] for at in range(0, 7, 2)],
        [Button(t.plain("Only when I start them"), f"matching:habits:{cluster.id}:never", spoken=False)],
        [
            Button(
                t.plain("Send offers at once") if cluster.approval else t.plain("Let me look first"),
                f"matching:habits:{cluster.id}:approval",
                spoken=False,
            )
        ],
        [
            Button(
                t.plain("Only our own trainers") if cluster.exchange else t.plain("Exchange with other clusters"),
                f"matching:habits:{cluster.id}:exchange",
                spoken=False,
            )
        ],
        [Button(t.plain("Back"), f"matching:round:{cluster.id}"), menu(t)],
        edit=bool(changed),
    )


# -- whose ----------------------------------------------------------------------------------------------


async def _chosen(case: Case, args: tuple[str, ...], what: str) -> Cluster | None:
    """The coordinator's cluster; with several, they are asked which, and it is None."""
    mine = await db.clusters.coordinated_by(case.session, case.person.id)
    chosen = chosen_id(case, args)
    if chosen is None and len(mine) > 1:
        buttons = [Button(cluster.called(case.t.language), f"matching:{what}:{cluster.id}") for cluster in mine]
        case.say(case.t("For which cluster?"), *service.rows([*buttons, menu(case.t)]))
        return None
    return _of_mine(mine, mine[0].id if chosen is None and mine else chosen)


async def _mine(case: Case, cluster_id: int) -> Cluster:
    return _of_mine(await db.clusters.coordinated_by(case.session, case.person.id), cluster_id)


def _of_mine(mine: Sequence[Cluster], cluster_id: int | None) -> Cluster:
    """The cluster with this id, if this person coordinates it."""
    if not mine:
        raise Refused(N_("You do not coordinate a cluster yet."))
    for cluster in mine:
        if cluster.id == cluster_id:
            return cluster
    raise Forged(NOT_YOURS)


async def _person_of_mine(case: Case, person_id: int) -> Person:
    """A worker of one of the coordinator's clusters."""
    person = await db.people.get(case.session, person_id)
    if person is None or person.role != "worker" or not await case.coordinates(person.cluster_id):
        raise Forged(NOT_YOURS)
    return person


# -- lines ----------------------------------------------------------------------------------------------


def _pair_line(pair: Pair, people: dict[int, Person]) -> str:
    worker, trainer = people[pair.worker.id], people[pair.trainer.id]
    return (
        f"• {html.escape(worker.name, quote=False)} – {html.escape(trainer.name, quote=False)} · {_score(pair.score)}"
    )


def _match_line(match: Match, people: dict[int, Person]) -> str:
    worker, trainer = people[match.worker_id], people[match.trainer_id]
    return f"{html.escape(worker.name, quote=False)} – {html.escape(trainer.name, quote=False)}"


def _trainer_label(pair: Pair, trainer: Person, t: Tongue) -> str:
    km = pair.reasons["km"]
    where = t.plain("online") if km is None or km > max(pair.worker.travel_km, pair.trainer.travel_km) else f"{km} km"
    return f"{trainer.name} · {_score(pair.score)} · {where}"


def _score(score: int) -> str:
    """0 to 100."""
    return str(round(score / 100))


def _plain(label: str) -> str:
    return html.unescape(label)


def _term(name: str, t: Tongue) -> str:
    return {
        "topics": t("topics"),
        "times": t("times"),
        "distance": t("way"),
        "language": t("language"),
        "sector": t("trade"),
        "waiting": t("waiting"),
        "reliable": t("reliability"),
        "wishes": t("wishes"),
    }[name]


def _staying(planned: RoundPlan, t: Tongue) -> str:
    """How many stay without, and the main reasons, one a line."""
    if not planned.unmatched:
        return ""
    head = t.n("{n} worker stays without for now:", "{n} workers stay without for now:", planned.unmatched)
    lines = [f"• {_why_they_stay(reason, n, t)}" for reason, n in planned.staying.items()]
    if planned.longest:
        lines.append(t.n("Longest wait: {n} week.", "Longest wait: {n} weeks.", planned.longest))
    return "\n".join((head, *lines))


def _why_one_stays(reason: str, t: Tongue) -> str:
    return _why_they_stay(reason, 1, t)


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
        case rules.NO_PLACE:
            return t.n(
                "{n} would meet in person only, and no trainer lives near enough",
                "{n} would meet in person only, and no trainer lives near enough",
                n,
            )
        case rules.TRIED:
            return t.n(
                "{n} has already been offered every trainer who fits",
                "{n} have already been offered every trainer who fits",
                n,
            )
        case _:
            return t.n("{n}: the trainers who fit are all taken", "{n}: the trainers who fit are all taken", n)
