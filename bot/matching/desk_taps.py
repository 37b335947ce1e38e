"""The coordinator's desk: rounds and what they would do, who looks first, how rounds run. Who waits: `queue_taps`."""

import db.audit
import db.matching
import db.people
from bot.case import COORDINATOR, Case, Taps, number, word
from bot.errors import Forged
from bot.matching import plan as planning
from bot.matching import rounds, service
from bot.matching.desk import A_PAGE, alone, chosen, match_line, mine, pair_line, why_they_stay
from bot.matching.plan import RoundPlan
from bot.matching.screens import menu
from bot.matching.service import NOT_YOURS
from bot.messages import Button
from bot.texts import Tongue
from db.clusters import Cluster
from db.matching import EXCLUDED, PROPOSED

taps = Taps("matching")

MORNING = 9  # when rounds run


# -- rounds ---------------------------------------------------------------------------------------------


@taps("round", needs=COORDINATOR)
async def round_(case: Case, args: tuple[str, ...]) -> None:
    """What a round would do now. Nothing is sent."""
    t = case.t
    cluster = await chosen(case, args, "round")
    if cluster is None:
        return None
    planned = await planning.plan_round(case.session, cluster, case.now, case.house)
    head = f"<b>{t('Matching round in {cluster}', cluster=cluster.called(t.language))}</b>"
    desk = [
        *await _to_look_at(case, cluster),
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


async def _to_look_at(case: Case, cluster: Cluster) -> list[list[Button]]:
    """The way to the pairs that wait for approval, if there are any."""
    waiting = await db.matching.number_waiting(case.session, cluster.id)
    label = case.t.n("{n} pair to look at", "{n} pairs to look at", waiting)
    return [[Button(label, f"matching:proposed:{cluster.id}")]] if waiting else []


@taps("planned", needs=COORDINATOR)
async def planned(case: Case, args: tuple[str, ...]) -> None:
    """The pairs that a round would make now, the best first."""
    cluster = await mine(case, number(args))
    plan = await planning.plan_round(case.session, cluster, case.now, case.house)
    t = case.t
    best = sorted(plan.pairs, key=lambda pair: -pair.score)
    people = await db.people.by_ids(case.session, {id for pair in best for id in (pair.trainer.id, pair.worker.id)})
    lines = [pair_line(pair, people) for pair in best[: 2 * A_PAGE]]
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
    cluster = await alone(case, number(args))
    done = await rounds.run_round(case.session, cluster, case.person, case.now, case.house)
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
    await _show_proposed(case, await mine(case, number(args)))


async def _show_proposed(case: Case, cluster: Cluster, *, edit: bool = False) -> None:
    t = case.t
    waiting = await db.matching.in_cluster(case.session, cluster.id, PROPOSED)
    if not waiting:
        return case.say(t("No pair is waiting for you."), [menu(t)], edit=edit)
    shown = waiting[:A_PAGE]
    people = await db.people.by_ids(case.session, {id for one in shown for id in (one.trainer_id, one.worker_id)})
    lines = [f"{at}. {match_line(one, people)}" for at, one in enumerate(shown, 1)]
    no = [Button(f"✗ {at}", f"matching:refuse:{one.id}:{cluster.id}", spoken=False) for at, one in enumerate(shown, 1)]
    head = t.n("{n} pair waits for you.", "{n} pairs wait for you.", len(waiting))
    return case.say(
        "\n".join((f"<b>{head}</b>", *lines, "", t("✗ takes a pair out; the two are never proposed to each other."))),
        [Button(t.plain("Send all the offers"), f"matching:approve:{cluster.id}", means=("affirm",))],
        *[no[at : at + 4] for at in range(0, len(no), 4)],
        [Button(t.plain("Back"), f"matching:round:{cluster.id}"), menu(t)],
        edit=edit,
    )


@taps("approve", needs=COORDINATOR)
async def approve(case: Case, args: tuple[str, ...]) -> None:
    """Send the offers that waited."""
    cluster = await alone(case, number(args))
    sent, left_out = await rounds.approve(case, cluster)
    t = case.t
    case.tick(t("Send all the offers"))
    lines: list[str] = []
    if sent:
        lines.append(
            t.n(
                "{n} pair has received an offer. They have five days to answer.",
                "{n} pairs have received an offer. They have five days to answer.",
                sent,
            )
        )
    if left_out:
        lines.append(
            t.n(
                "{n} pair was no longer possible: somebody takes a break, has left or is taken.",
                "{n} pairs were no longer possible: somebody takes a break, has left or is taken.",
                left_out,
            )
        )
    case.say("\n".join(lines) or t("No pair is waiting for you."), [menu(t)])


@taps("refuse", needs=COORDINATOR)
async def refuse(case: Case, args: tuple[str, ...]) -> None:
    """A waiting pair is taken out."""
    async with service.nothing_written_yet(case):
        match = await db.matching.get(case.session, number(args), lock=True)
    if match is None and len(args) > 1:  # it was taken back meanwhile
        return await _show_proposed(case, await mine(case, number(args, 1)), edit=True)
    if match is None or match.cluster_id is None:
        raise Forged(NOT_YOURS)
    cluster = await mine(case, match.cluster_id)
    if match.state == PROPOSED:
        match.state, match.by, match.decided_at = EXCLUDED, case.person.id, case.now
        match.follow_at = case.now
        db.audit.note(case.session, case.now, case.person.id, "refuse", f"match:{match.id}")
    return await _show_proposed(case, cluster, edit=True)


# -- how rounds run -------------------------------------------------------------------------------------


@taps("habits", needs=COORDINATOR)
async def habits(case: Case, args: tuple[str, ...]) -> None:
    """When rounds run by themselves, who looks first, and whether other clusters' trainers come into question."""
    changed, t = word(args, 1), case.t
    cluster = await (alone if changed else mine)(case, number(args))
    if changed == "approval":
        cluster.approval = not cluster.approval
    elif changed == "exchange":
        cluster.exchange = not cluster.exchange
    elif changed in ("never", *map(str, range(7))):
        cluster.rounds = "" if changed == "never" else f"0 {MORNING} * * {(int(changed) + 1) % 7}"
        cluster.next_round_at = rounds.next_round(cluster.rounds, cluster.zone, case.now)
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


def _staying(planned: RoundPlan, t: Tongue) -> str:
    """How many stay without, and the main reasons, one a line."""
    if not planned.unmatched:
        return ""
    head = t.n("{n} worker stays without for now:", "{n} workers stay without for now:", planned.unmatched)
    lines = [f"• {why_they_stay(reason, n, t)}" for reason, n in planned.staying.items()]
    if planned.longest:
        lines.append(t.n("Longest wait: {n} week.", "Longest wait: {n} weeks.", planned.longest))
    return "\n".join((head, *lines))
