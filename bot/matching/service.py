"""The use cases of matching: a round is planned and run, offers are answered, and end by themselves.

What somebody does in the chat takes their `case`; what a round or the clock does takes a session.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy.ext.asyncio import AsyncSession

import db.audit
import db.matching
import db.people
from bot.case import Case, House
from bot.errors import Forged, Refused
from bot.matching import rules, screens
from bot.matching.assignment import assign
from bot.matching.rules import CAPACITY, OFFER_LASTS, Edge, Side
from bot.matching.tell import letter, tell
from bot.messages import Button, Do, Lane, Outgoing
from bot.people import places
from bot.texts import N_, tongue
from db.clusters import Cluster
from db.matching import ACCEPTED, DECLINED, ENDED, EXPIRED, OFFERED, OPEN, Match, Round
from db.people import Person

NOT_YOURS = N_("I don't know this button. Here is what I can do:")
OVER = N_("This offer is no longer open. I keep looking for you.")


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """What a round would do now: the pairs, and how many workers stay without for which reason (rules.STAYS)."""

    cluster_id: int
    pairs: tuple[Edge, ...]
    staying: dict[str, int]

    @property
    def matched(self) -> int:
        return len(self.pairs)

    @property
    def unmatched(self) -> int:
        return sum(self.staying.values())

    def __str__(self) -> str:
        """For the operator's terminal: "12 pairs, 3 workers without (language 2, topic 1)"."""
        reasons = ", ".join(f"{reason} {number}" for reason, number in self.staying.items())
        without = f"{self.unmatched} workers without" + (f" ({reasons})" if reasons else "")
        return f"{self.matched} pairs, {without}"


# -- rounds ---------------------------------------------------------------------------------------------


async def plan_round(session: AsyncSession, cluster_id: int, now: datetime) -> RoundPlan:
    """The best possible pairs of this cluster at this moment. Changes nothing."""
    workers = [side(one) for one in await db.people.in_cluster(session, cluster_id, "worker")]
    trainers = [side(one) for one in await db.people.in_cluster(session, cluster_id, "trainer")]
    known = await db.matching.pairs_of(session, [worker.id for worker in workers])
    busy = {match.worker_id for match in known if match.state in OPEN}
    before = {(match.trainer_id, match.worker_id) for match in known}
    open_now = await db.matching.open_of_trainers(session, [trainer.id for trainer in trainers])
    left = {trainer.id: CAPACITY - open_now.get(trainer.id, 0) for trainer in trainers}
    waiting = [worker for worker in workers if worker.id not in busy]
    return await asyncio.to_thread(_plan, cluster_id, trainers, waiting, left, before, now)


def _plan(
    cluster_id: int,
    trainers: list[Side],
    workers: list[Side],
    left: dict[int, int],
    before: set[tuple[int, int]],
    now: datetime,
) -> RoundPlan:
    takers = [trainer for trainer in trainers if trainer.available and left[trainer.id] > 0]
    seekers = [worker for worker in workers if worker.available]
    edges = rules.possible(takers, seekers, before, _kilometres, now)
    trainer_at = {trainer.id: at for at, trainer in enumerate(takers)}
    worker_at = {worker.id: at for at, worker in enumerate(seekers)}
    by_place = {(trainer_at[edge.trainer.id], worker_at[edge.worker.id]): edge for edge in edges}
    capacity = [left[trainer.id] for trainer in takers]
    pairs = tuple(by_place[pair] for pair in assign(capacity, [(*pair, edge.score) for pair, edge in by_place.items()]))
    matched = {edge.worker.id for edge in pairs}
    reasons = [rules.why_without(worker, trainers, left, before) for worker in workers if worker.id not in matched]
    return RoundPlan(cluster_id, pairs, rules.most_frequent_first(reasons))


async def run_round(
    session: AsyncSession, cluster: Cluster, by: Person | None, now: datetime, house: House
) -> RoundPlan:
    """Plan afresh, keep the round and its matches, and send both sides their offers. Returns what was done.

    A pair is never offered twice: run again, it finds only what is new.
    """
    await db.matching.one_round_at_a_time(session, cluster.id)
    plan = await plan_round(session, cluster.id, now)
    actor = by.id if by else None
    run = Round(cluster_id=cluster.id, by=actor, at=now, matched=plan.matched, unmatched=plan.unmatched)
    session.add(run)
    await session.flush()
    matches = [_match(run, edge, now) for edge in plan.pairs]
    session.add_all(matches)
    await session.flush()
    both = {id for match in matches for id in (match.trainer_id, match.worker_id)}
    people = {
        person.id: person
        for role in ("worker", "trainer")
        for person in await db.people.in_cluster(session, cluster.id, role)
        if person.id in both
    }
    letters = [
        letter(reader, screens.offer(match, reader), Lane.LESSON, f"offer:{match.id}:{reader.id}", now, house)
        for match in matches
        for reader in (people[match.worker_id], people[match.trainer_id])
    ]
    await tell(session, letters, now)
    db.audit.note(session, now, actor, "match", f"cluster:{cluster.id}", matched=run.matched, unmatched=run.unmatched)
    return plan


def _match(run: Round, edge: Edge, now: datetime) -> Match:
    return Match(
        round_id=run.id,
        trainer_id=edge.trainer.id,
        worker_id=edge.worker.id,
        score=edge.score,
        reasons=screens.reasons_of(edge),
        created_at=now,
        expires_at=now + OFFER_LASTS,
    )


def side(person: Person) -> Side:
    """What matching needs of a person who has joined."""
    assert person.joined_at is not None
    return Side(
        person.id,
        frozenset(person.languages),
        frozenset(person.topics),
        frozenset(person.times),
        person.city_id,
        person.joined_at,
        person.paused,
        person.reachable,
    )


@lru_cache(100_000)
def _kilometres(one: int | None, other: int | None) -> float | None:
    if one is None or other is None:
        return None
    if one > other:
        return _kilometres(other, one)
    here, there = places.get(one), places.get(other)
    return places.distance_km(here, there) if here and there else None


# -- offers ---------------------------------------------------------------------------------------------


@asynccontextmanager
async def nothing_written_yet(case: Case) -> AsyncGenerator[None]:
    """Read and lock before this turn's own rows are written.

    Two people who answer each other at once then wait for the match and for nothing else; if each held the row
    of their own conversation while asking for the other's, one of the turns would be thrown back.
    """
    own = (case.person, case.talk)
    if any(row not in own for row in (*case.session.dirty, *case.session.new)):
        await case.session.flush()  # something was done in this turn already: what is read now must show it
    with case.session.no_autoflush:
        yield


async def mine(case: Case, match_id: int | None, *states: str) -> Match | None:
    """This match of the person's, locked; without an id one in these states: unanswered first, then newest.

    Raises Forged when the match is unknown or somebody else's.
    """
    async with nothing_written_yet(case):
        if match_id is None:
            found = await db.matching.of_person(case.session, case.person.id, *states)
            if not found:
                return None
            match_id = min(found, key=lambda one: (has_said(one, case.person.id), -one.id)).id
        match = await db.matching.get(case.session, match_id, lock=True)
    if match is None or case.person.id not in (match.trainer_id, match.worker_id):
        raise Forged(NOT_YOURS)
    return match


async def other_of(session: AsyncSession, match: Match, person_id: int) -> Person:
    """The other one of the two."""
    other = await db.people.get(session, partner_id(match, person_id))
    assert other is not None  # a foreign key holds it
    return other


def partner_id(match: Match, person_id: int) -> int:
    return match.worker_id if person_id == match.trainer_id else match.trainer_id


def has_said(match: Match, person_id: int) -> str:
    """ "", "yes" or "no"."""
    return match.trainer_says if person_id == match.trainer_id else match.worker_says


def _say(match: Match, person_id: int, answer: str) -> None:
    if person_id == match.trainer_id:
        match.trainer_says = answer
    else:
        match.worker_says = answer


def is_open(match: Match, now: datetime) -> bool:
    return match.state == OFFERED and match.expires_at > now


async def accept(case: Case, match: Match) -> bool:
    """Say yes for this person; True when now both have. Then the other side learns it, and who it is.

    Saying yes twice changes nothing. Refuses when the offer is over.
    """
    if match.state == ACCEPTED:
        return True
    if not is_open(match, case.now):
        raise Refused(OVER)
    _say(match, case.person.id, "yes")
    other = await other_of(case.session, match, case.person.id)
    if has_said(match, other.id) != "yes":
        return False
    match.state, match.decided_at = ACCEPTED, case.now
    t = tongue(other.language)
    text = t("<b>Good news: you have both said yes.</b> It is {name}.", name=case.person.name)
    await _tell_other(case, other, Outgoing(text), f"match:{match.id}:made:{other.id}")
    db.audit.note(case.session, case.now, case.person.id, "match_made", f"match:{match.id}")
    case.wants.append(Do("meetings:begin", (str(match.id),)))
    return True


async def decline(case: Case, match: Match) -> None:
    """Say no for this person. The other one is told gently, without a reason. Twice is harmless."""
    if match.state == ACCEPTED:
        raise Refused(N_("You have both said yes already. To end this, please talk to a person."))
    if match.state == DECLINED and has_said(match, case.person.id) == "no":
        return
    if not is_open(match, case.now):
        raise Refused(OVER)
    _say(match, case.person.id, "no")
    match.state, match.decided_at = DECLINED, case.now
    other = await other_of(case.session, match, case.person.id)
    t = tongue(other.language)
    text = t("The person I proposed to you cannot take part this time. It is not about you: I keep looking.")
    await _tell_other(case, other, Outgoing(text), f"match:{match.id}:declined:{other.id}")


DECLINE_REASONS = ("time", "far", "topic", "later", "other")


def give_reason(match: Match, person_id: int, reason: str) -> None:
    """Keep why this person declined; the next round may learn from it, the other one never sees it."""
    if reason not in DECLINE_REASONS or has_said(match, person_id) != "no":
        raise Forged(NOT_YOURS)
    match.reasons = {**match.reasons, "declined": reason}


async def expire(session: AsyncSession, house: House, now: datetime, limit: int) -> int:
    """End the offers that nobody, or only one, has answered in time, and tell both. Returns how many."""
    over = await db.matching.expired(session, now, limit)
    for match in over:
        match.state, match.decided_at = EXPIRED, now
        for person_id in (match.trainer_id, match.worker_id):
            reader = await db.people.get(session, person_id)
            assert reader is not None
            message = Outgoing(_expired_text(match, reader))
            key = f"match:{match.id}:expired:{reader.id}"
            await tell(session, [letter(reader, message, Lane.LESSON, key, now, house)], now)
    return len(over)


def _expired_text(match: Match, reader: Person) -> str:
    t = tongue(reader.language)
    if has_said(match, reader.id) == "yes":
        return t("The other side has not answered in time. It is not about you: I keep looking.")
    return t("My proposal of a few days ago is over now. That is no problem: I keep looking for you.")


async def end_all(case: Case) -> None:
    """The person leaves for good: their open offers and matches end, and the other sides are told."""
    for match in await db.matching.of_person(case.session, case.person.id, *OPEN):
        other = await other_of(case.session, match, case.person.id)
        t = tongue(other.language)
        if match.state == ACCEPTED:
            text = t("{name} has left the programme. I keep looking for you.", name=case.person.name)
        else:
            text = t("My last proposal is no longer possible. I keep looking for you.")
        match.state, match.decided_at = ENDED, case.now
        await _tell_other(case, other, Outgoing(text), f"match:{match.id}:ended:{other.id}")


async def _tell_other(case: Case, other: Person, message: Outgoing, key: str) -> None:
    await tell(case.session, [letter(other, message, Lane.REMINDER, key, case.now, case.house)], case.now)


async def partners(session: AsyncSession, person_id: int) -> list[tuple[Match, Person]]:
    """Who this person works with now, newest first."""
    matches = await db.matching.of_person(session, person_id, ACCEPTED)
    return [(match, await other_of(session, match, person_id)) for match in matches]


def rows(buttons: Iterable[Button]) -> list[list[Button]]:
    """Each button in a row of its own: big enough for any thumb."""
    return [[button] for button in buttons]
