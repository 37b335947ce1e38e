"""Rounds: everybody who seeks is brought together at once, coordinators look first where they want to, and the next
best follows when an offer is over.

What somebody does in the chat takes their `case`; what a round or the clock does takes a session.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim
from sqlalchemy.ext.asyncio import AsyncSession

import db.audit
import db.clusters
import db.matching
import db.people
from bot.case import Case, House
from bot.matching import plan as planning
from bot.matching import screens
from bot.matching.plan import RoundPlan
from bot.matching.rules import OFFER_LASTS
from bot.matching.seekers import Pair, read_seekers
from bot.matching.tell import letter, tell
from bot.messages import Button, Lane, Outgoing
from bot.outbox.put import Letter
from bot.texts import tongue
from db.clusters import Cluster
from db.matching import ENDED, EXPIRED, OFFERED, PROPOSED, Match, Round
from db.people import Person


async def run_round(
    session: AsyncSession, cluster: Cluster, by: Person | None, now: datetime, house: House
) -> RoundPlan:
    """Plan afresh, keep the round and its matches, and send both sides their offers. Returns what was done.

    Where a coordinator has to look first, and did not ask for the round, the pairs wait for that. A pair is never
    offered twice: run again, it finds only what is new.
    """
    cluster = (await db.matching.one_round_at_a_time(session, cluster.id))[cluster.id]
    plan = await planning.plan_round(session, cluster, now, house)
    actor = by.id if by else None
    run = Round(
        cluster_id=cluster.id, by=actor, at=now, matched=plan.matched, unmatched=plan.unmatched, figures=plan.figures
    )
    session.add(run)
    await session.flush()
    waits = cluster.approval and by is None
    matches = [_match(pair, now, PROPOSED if waits else OFFERED, run=run) for pair in plan.pairs]
    session.add_all(matches)
    await session.flush()
    if waits and matches:
        await _ask_coordinators(session, cluster, len(matches), f"round:{run.id}", now, house)
    elif matches:
        await _send_offers(session, matches, now, house)
    db.audit.note(session, now, actor, "match", f"cluster:{cluster.id}", matched=run.matched, unmatched=run.unmatched)
    return plan


def next_round(cron: str, zone: str, now: datetime) -> datetime | None:
    """When this cron line next comes true on the clocks of that zone; None for "". Raises CronSimError for another."""
    return next(CronSim(cron, now.astimezone(ZoneInfo(zone)))) if cron else None


def _match(pair: Pair, now: datetime, state: str, *, run: Round | None = None, by: int | None = None) -> Match:
    return Match(
        round_id=run.id if run else None,
        cluster_id=pair.worker.cluster_id,
        by=by,
        trainer_id=pair.trainer.id,
        worker_id=pair.worker.id,
        score=pair.score,
        reasons=pair.reasons,
        state=state,
        created_at=now,
        expires_at=now + OFFER_LASTS,
    )


async def _send_offers(session: AsyncSession, matches: Sequence[Match], now: datetime, house: House) -> None:
    people = await db.people.by_ids(session, {id for match in matches for id in (match.trainer_id, match.worker_id)})
    letters = [
        letter(reader, screens.offer(match, reader), Lane.LESSON, f"offer:{match.id}:{reader.id}", now, house)
        for match in matches
        for reader in (people[match.worker_id], people[match.trainer_id])
    ]
    await tell(session, letters, now)


async def _ask_coordinators(
    session: AsyncSession, cluster: Cluster, number: int, key: str, now: datetime, house: House
) -> None:
    """Tell them that pairs wait for their approval."""
    letters: list[Letter] = []
    for person in await db.clusters.coordinators_of(session, cluster.id):
        t = tongue(person.language)
        name = cluster.called(person.language)
        text = t.n(
            "<b>{cluster}</b>: {n} pair waits for you to look at it.",
            "<b>{cluster}</b>: {n} pairs wait for you to look at them.",
            number,
            cluster=name,
        )
        button = Button(t.plain("Look at them"), f"matching:proposed:{cluster.id}", means=("affirm",))
        message = Outgoing(text, ((button,),))
        letters.append(letter(person, message, Lane.REMINDER, f"{key}:look:{person.id}", now, house))
    await tell(session, letters, now)


async def approve(case: Case, cluster: Cluster) -> tuple[int, int]:
    """Send the offers that waited for a coordinator. A pair is left out when one of the two is not looking any more or
    has no place left; both are then free for the next round. Returns how many were sent and how many left out."""
    waiting = await db.matching.waiting(case.session, cluster.id)
    looking = await db.matching.waiting_and_looking(case.session, cluster.id, case.now)
    taken = await db.matching.taken_meanwhile(case.session, cluster.id)
    sent: list[Match] = []
    for match in sorted(waiting, key=lambda one: -one.score):
        trainer, worker = match.trainer_id, match.worker_id
        if worker in looking and not taken[worker] and taken[trainer] < looking.get(trainer, 0):
            match.state, match.expires_at, match.by = OFFERED, case.now + OFFER_LASTS, case.person.id
            taken.update((trainer, worker))
            sent.append(match)
        else:
            await case.session.delete(match)
    left_out = len(waiting) - len(sent)
    await _send_offers(case.session, sent, case.now, case.house)
    about = {"pairs": len(sent), "left_out": left_out}
    db.audit.note(case.session, case.now, case.person.id, "approve", f"cluster:{cluster.id}", **about)
    return len(sent), left_out


async def take_back(session: AsyncSession, house: House, now: datetime, _limit: int) -> int:
    """Take back the pairs that no coordinator has looked at in time, and tell the coordinators, once for each cluster.
    The two have never heard of it and are free for the next round. Returns how many pairs that were."""
    unseen = await db.matching.clusters_unseen(session, now)
    if not unseen:
        return 0
    clusters = await db.matching.one_round_at_a_time(session, *unseen)
    gone = await db.matching.drop_unseen(session, unseen, now)
    letters: list[Letter] = []
    for cluster_id, number in sorted(gone.items()):
        for person in await db.clusters.coordinators_of(session, cluster_id):
            key = f"cluster:{cluster_id}:unseen:{now.isoformat()}:{person.id}"
            message = _taken_back(clusters[cluster_id], number, person)
            letters.append(letter(person, message, Lane.REMINDER, key, now, house))
    await tell(session, letters, now)
    return gone.total()


def _taken_back(cluster: Cluster, number: int, reader: Person) -> Outgoing:
    t = tongue(reader.language)
    text = t.n(
        "<b>{cluster}</b>: {n} pair has waited five days for you, and I have taken it back. Both are free again.",
        "<b>{cluster}</b>: {n} pairs have waited five days for you, and I have taken them back. They are free again.",
        number,
        cluster=cluster.called(reader.language),
    )
    return Outgoing(text, ((Button(t.plain("Find matches"), f"matching:round:{cluster.id}", means=("affirm",)),),))


async def propose(case: Case, cluster: Cluster, pair: Pair) -> Match:
    """A coordinator brings these two together: both get the offer now."""
    match = _match(pair, case.now, OFFERED, by=case.person.id)
    case.session.add(match)
    await case.session.flush()
    await _send_offers(case.session, [match], case.now, case.house)
    about = {"cluster": cluster.id, "trainer": match.trainer_id, "worker": match.worker_id}
    db.audit.note(case.session, case.now, case.person.id, "propose", f"match:{match.id}", **about)
    return match


async def follow(session: AsyncSession, house: House, now: datetime, limit: int) -> int:
    """The next best for those whose offer is over and who are still looking. Returns how many offers were looked at.

    Nothing that was sent already is moved. Who let the offer pass without a word waits for the next round, and so does
    a trainer whose pair has ended. Whoever has waited long goes before somebody newer who looks for their next best.
    """
    over = await db.matching.to_follow(session, now, limit)
    if not over:
        return 0
    clusters = await db.matching.one_round_at_a_time(session, *{match.cluster_id for match in over if match.cluster_id})
    made: list[Match] = []
    for match in over:
        match.follow_at = None
        cluster = clusters.get(match.cluster_id or 0)
        if cluster is None:
            continue
        passed, ended = match.state == EXPIRED, match.state == ENDED
        if match.worker_says or not passed:
            looking = await read_seekers(
                session, cluster, now, house, workers=[match.worker_id], fitting=True, line=True
            )
            pairs = await asyncio.to_thread(planning.best_in_line, looking)
            made += await _next_best(session, cluster, pairs, now)
        if not ended and (match.trainer_says or not passed):
            teaching = await read_seekers(session, cluster, now, house, trainers=[match.trainer_id], fitting=True)
            found = planning.best_for_trainer(teaching)
            made += await _next_best(session, cluster, [found] if found else [], now)
    await _send_offers(session, [match for match in made if match.state == OFFERED], now, house)
    for cluster in clusters.values():
        waiting = [match for match in made if match.state == PROPOSED and match.cluster_id == cluster.id]
        if waiting:
            await _ask_coordinators(session, cluster, len(waiting), f"match:{waiting[0].id}", now, house)
    return len(over)


async def _next_best(session: AsyncSession, cluster: Cluster, pairs: Sequence[Pair], now: datetime) -> list[Match]:
    """A match of each pair, kept so that the next one who looks finds their places taken."""
    matches = [_match(pair, now, PROPOSED if cluster.approval else OFFERED) for pair in pairs]
    session.add_all(matches)
    await session.flush()
    return matches
