"""Who waits and why, pairs by hand and what they cost the others, pairs that work together."""

import html

import numpy as np

import db.audit
import db.matching
import db.people
from bot.case import COORDINATOR, Case, Taps, number
from bot.errors import Forged, Refused
from bot.matching import plan as planning
from bot.matching import relay, rounds, rules, service
from bot.matching.desk import A_PAGE, alone, match_line, mine, person_of_mine, score_of, why_one_stays
from bot.matching.screens import menu
from bot.matching.seekers import Pair, Seekers, read_seekers
from bot.matching.service import NOT_YOURS
from bot.messages import Button
from bot.texts import N_, Tongue
from db.clusters import Cluster
from db.matching import ACCEPTED, EXCLUDED, Match
from db.people import Person

taps = Taps("matching")

BEST = 4  # trainers shown beside a worker
GONE = N_("This person is not looking for anybody at the moment.")


# -- who waits ------------------------------------------------------------------------------------------


@taps("queue", needs=COORDINATOR)
async def queue(case: Case, args: tuple[str, ...]) -> None:
    """The workers without anybody, who has waited longest first."""
    cluster, first = await mine(case, number(args)), number(args, 1)
    seekers = await read_seekers(case.session, cluster, case.now, case.house)
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
    worker = await person_of_mine(case, number(args))
    await _show_case(case, worker)


async def _show_case(case: Case, worker: Person, *, edit: bool = False) -> None:
    t = case.t
    assert worker.cluster_id is not None
    cluster = await mine(case, worker.cluster_id)
    seekers = await read_seekers(case.session, cluster, case.now, case.house, workers=[worker.id])
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
        lines.append(why_one_stays(planning.hindrance(seekers.sides, 0), t))
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
    person = await person_of_mine(case, number(args))
    await service.rest(case.session, person.id, case.person.id, case.now)
    db.audit.note(case.session, case.now, case.person.id, "leave_out", f"person:{person.id}")
    await _show_case(case, person, edit=True)


@taps("take_in", needs=COORDINATOR)
async def take_in(case: Case, args: tuple[str, ...]) -> None:
    """Proposals again."""
    person = await person_of_mine(case, number(args))
    await service.take_in_again(case.session, person.id)
    db.audit.note(case.session, case.now, case.person.id, "take_in", f"person:{person.id}")
    await _show_case(case, person, edit=True)


@taps("readmit", needs=COORDINATOR)
async def readmit(case: Case, args: tuple[str, ...]) -> None:
    """Somebody who was reported is proposed people again. Older buttons do not name the pair."""
    person, t = await db.people.get(case.session, number(args)), case.t
    if person is None:
        raise Forged(NOT_YOURS)
    if len(args) > 1:
        if not await relay.readmit(case, person, number(args, 1)):
            return case.say(t("This has been decided already."), [menu(t)])
    elif await case.coordinates(person.cluster_id):
        await service.take_in_again(case.session, person.id)
    else:
        raise Forged(NOT_YOURS)
    db.audit.note(case.session, case.now, case.person.id, "take_in", f"person:{person.id}")
    case.tick(t("Propose people again"))
    return case.say(t("I propose people to {name} again.", name=person.name), [menu(t)])


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
    await rounds.propose(case, cluster, seekers.pair(trainer_at, worker_at))
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
    async with service.nothing_written_yet(case):
        worker = await person_of_mine(case, number(args))
        assert worker.cluster_id is not None
        cluster = await alone(case, worker.cluster_id)
    seekers = await read_seekers(case.session, cluster, case.now, case.house)
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
    cluster, first = await mine(case, number(args)), number(args, 1)
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
        lines.append(f"{mark}{match_line(one, people)} · {t.date(active.date())}")
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
    async with service.nothing_written_yet(case):
        match = await db.matching.get(case.session, number(args), lock=True)
    if match is None or match.cluster_id is None:
        raise Forged(NOT_YOURS)
    cluster = await mine(case, match.cluster_id)
    t = case.t
    if match.state != ACCEPTED:
        return case.say(t("This pair has ended already."), [menu(t)])
    await service.move(case, match)
    return case.say(
        t("Done: both have been told, and I look for another trainer."),
        [Button(t.plain("Pairs"), f"matching:pairs:{cluster.id}:0"), menu(t)],
    )


def _trainer_label(pair: Pair, trainer: Person, t: Tongue) -> str:
    km = pair.reasons["km"]
    where = t.plain("online") if km is None or km > max(pair.worker.travel_km, pair.trainer.travel_km) else f"{km} km"
    return f"{trainer.name} · {score_of(pair.score)} · {where}"


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
