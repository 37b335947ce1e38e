"""Many at once, on real transactions: answers, the clock, rounds, coordinators. One outcome each, nobody overbooked.

Every race is run with `asyncio.gather`; on PostgreSQL eight transactions are open at a time, on SQLite one waits for
the other. Whatever raises (a deadlock, two of the same pair) fails the test.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.case import House
from bot.matching import due, pairs, rounds, rules, service
from bot.matching.tell import letter, tell
from bot.messages import Button, Lane, Outgoing
from db.clusters import Cluster
from db.engine import Database
from db.matching import (
    ACCEPTED,
    DECLINED,
    ENDED,
    EXCLUDED,
    EXPIRED,
    OFFERED,
    OPEN,
    PAIRED,
    PROPOSED,
    RESTING,
    Match,
    Round,
)
from db.meetings import Meeting
from db.outbox import OutboxRow
from db.people import Person
from tests.matching.stage import HOUSE, Stage
from tests.people_factory import cluster

type Work = Callable[[Any, House, datetime, int], Awaitable[int]]

AT_ONCE = 8
ENDS = {  # what a letter about a match says became of it
    "made": {ACCEPTED},
    "declined": {DECLINED},
    "expired": {EXPIRED},
    "ended": {ENDED},
}


@pytest.fixture
async def stage(database: Database) -> Stage:
    return await Stage.set(database)


async def crowd(stage: Stage, trainers: int, workers: int, **more: Any) -> tuple[list[Person], list[Person]]:
    """People who would all fit each other; nobody has the same name."""
    return (
        [await stage.add("trainer", f"T{stage.cluster.id}-{n}-Aisha", **more) for n in range(trainers)],
        [await stage.add("worker", f"W{stage.cluster.id}-{n}-Marco", **more) for n in range(workers)],
    )


async def run(stage: Stage, where: Cluster | None = None) -> None:
    async with stage.database.begin() as session:
        await rounds.run_round(session, where or stage.cluster, None, stage.now, HOUSE)


async def clock(stage: Stage, work: Work, now: datetime | None = None) -> None:
    """One kind of what the clock does."""
    async with stage.database.begin() as session:
        await work(session, HOUSE, now or stage.now, due.BATCH)


async def tick(stage: Stage) -> None:
    """Everything that is due is done."""
    while await due.tick(stage.database, stage.now, HOUSE) >= due.BATCH:
        pass


async def in_turn(*work: Awaitable[Any]) -> None:
    """What one person does: nobody has two turns at a time."""
    for one in work:
        await one


async def matches(stage: Stage, *states: str) -> list[Match]:
    return [one for one in await stage.rows(Match) if not states or one.state in states]


async def letters(stage: Stage) -> list[OutboxRow]:
    return await stage.rows(OutboxRow)


async def nobody_has_too_many(stage: Stage) -> None:
    """A trainer no more than their places, a worker no more than one."""
    people = {one.id: one for one in await stage.rows(Person)}
    taken = Counter(one.trainer_id for one in await matches(stage, *OPEN))
    learning = Counter(one.worker_id for one in await matches(stage, *OPEN))
    assert {id: n for id, n in taken.items() if n > people[id].places} == {}
    assert {id: n for id, n in learning.items() if n > 1} == {}


async def both_got_each_offer_once(stage: Stage) -> None:
    offered = Counter(
        (row.person_id, button["data"])
        for row in await letters(stage)
        if row.dedupe_key.startswith("offer:")
        for line in row.payload["buttons"]
        for button in line
        if "accept" in (button.get("data") or "")
    )
    sent = [one for one in await matches(stage) if one.state not in (PROPOSED, EXCLUDED)]
    wanted = {(id, f"matching:accept:{one.id}"): 1 for one in sent for id in (one.trainer_id, one.worker_id)}
    assert {key: n for key, n in offered.items() if key in wanted or n > 1} == wanted


def told_about(match: Match, rows: list[OutboxRow]) -> Counter[str]:
    """How many letters there are of each kind about this match, beside its offers."""
    return Counter(row.dedupe_key.split(":")[2] for row in rows if row.dedupe_key.startswith(f"match:{match.id}:"))


# -- answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
async def test_every_offer_has_one_outcome_whoever_is_first(stage: Stage, seed: int) -> None:
    """The two answer, change their minds and look, while the clock nudges, ends, and finds the next best."""
    rng = random.Random(seed)
    people = [one for side in await crowd(stage, 6, 10) for one in side]
    by_id = {one.id: one for one in people}
    seen: Counter[str] = Counter()
    for _ in range(6):
        await run(stage)
        offers = await matches(stage, OFFERED)
        acts = [_answers(stage, one, offers, rng) for one in people]
        end = max((one.expires_at for one in offers), default=stage.now)
        clocks = [
            clock(stage, service.nudge, stage.now + timedelta(days=2)),
            clock(stage, service.nudge, stage.now + timedelta(days=2)),
            clock(stage, rounds.follow, stage.now + rules.TIME_TO_SAY_WHY),
            clock(stage, rounds.follow, stage.now + rules.TIME_TO_SAY_WHY),
        ]
        if rng.random() < 0.6:
            clocks += [clock(stage, service.expire, end), clock(stage, service.expire, end)]
        racing = [*acts, *clocks]
        rng.shuffle(racing)
        await asyncio.gather(*racing)
        rows, names = await letters(stage), {one.id: one.name for one in people}
        for one in await matches(stage):
            _has_one_outcome(one, rows, names)
            seen[one.state] += 1
        await nobody_has_too_many(stage)
        await both_got_each_offer_once(stage)
        stage.later(days=6)
        await tick(stage)
        for one in await matches(stage, ACCEPTED):  # their places are free again
            await stage.taps(by_id[rng.choice((one.trainer_id, one.worker_id))], f"matching:ended:{one.id}")
    assert {ACCEPTED, DECLINED, EXPIRED} <= seen.keys()
    assert stage.forged == 0


def _answers(stage: Stage, who: Person, offers: list[Match], rng: random.Random) -> Awaitable[None]:
    mine = [one for one in offers if who.id in (one.trainer_id, one.worker_id)]
    acts = [
        stage.taps(who, f"matching:{verb}:{one.id}")
        for one in mine
        for verb in rng.choice(
            (["accept"], ["accept"], ["accept", "accept"], ["decline"], ["why", "accept"], ["accept", "decline"], [])
        )
    ]
    return in_turn(*acts)


def _has_one_outcome(match: Match, rows: list[OutboxRow], names: dict[int, str]) -> None:
    says = {match.trainer_says, match.worker_says}
    told = told_about(match, rows)
    about = {kind: n for kind, n in told.items() if kind in ENDS}
    texts = {
        reader: [
            row.payload["text"]
            for row in rows
            if row.person_id == reader and f"It is {names[other]}" in row.payload["text"]
        ]
        for reader, other in ((match.trainer_id, match.worker_id), (match.worker_id, match.trainer_id))
    }
    was_made = says == {"yes"} and match.state in (*PAIRED, ENDED)
    assert {reader: len(found) for reader, found in texts.items()} == dict.fromkeys(texts, int(was_made)), match.state
    assert told["nudge"] <= 2
    match match.state:
        case "offered":
            assert "no" not in says
            assert says != {"yes"}
            assert about == {}
        case "accepted":
            assert says == {"yes"}
            assert about == {"made": 1}
        case "declined":
            assert "no" in says
            assert about == {"declined": 1}
        case "expired":
            assert "no" not in says
            assert says != {"yes"}
            assert about == {"expired": 2}
        case "ended":
            assert says == {"yes"}
            assert about == {"made": 1, "ended": 1}
        case other:
            raise AssertionError(other)


# -- rounds ---------------------------------------------------------------------------------------------


async def test_rounds_of_one_cluster_at_once_propose_nothing_twice(stage: Stage) -> None:
    await crowd(stage, 5, 14)
    await asyncio.gather(*(run(stage) for _ in range(AT_ONCE)))
    assert len(await matches(stage, OFFERED)) == 10
    assert sorted(one.matched for one in await stage.rows(Round)) == [0] * (AT_ONCE - 1) + [10]
    await nobody_has_too_many(stage)
    await both_got_each_offer_once(stage)


@pytest.mark.parametrize("seed", range(3))
async def test_a_round_and_the_next_best_do_not_take_the_same_place(stage: Stage, seed: int) -> None:
    """Everybody declines or ends; then two rounds and the clock look for all of them at the same moment."""
    rng = random.Random(seed)
    trainers, workers = await crowd(stage, 6, 12)
    by_id = {one.id: one for one in (*trainers, *workers)}
    for _ in range(4):
        await run(stage)
        for one in rng.sample(offers := await matches(stage, OFFERED), k=max(1, len(offers) * 2 // 3)):
            await stage.taps(by_id[rng.choice((one.trainer_id, one.worker_id))], f"matching:decline:{one.id}")
        stage.now += rules.TIME_TO_SAY_WHY
        await asyncio.gather(
            *(clock(stage, rounds.follow) for _ in range(3)), *(run(stage) for _ in range(2)), tick(stage)
        )
        await nobody_has_too_many(stage)
        await both_got_each_offer_once(stage)
    assert all(one.follow_at is None for one in await matches(stage))


@pytest.mark.parametrize("seed", range(2))
async def test_clusters_that_exchange_do_not_book_a_trainer_twice(stage: Stage, seed: int) -> None:
    rng = random.Random(seed)
    async with stage.database.begin() as session:
        here = [cluster(f"exchange-{n}", exchange=True) for n in range(4)]
        session.add_all(here)
    trainers: list[Person] = []
    workers: list[Person] = []
    for one in here:
        trainers += [await stage.add("trainer", f"Aisha of {one.slug}", cluster_id=one.id) for _ in range(1)]
        workers += [await stage.add("worker", f"Marco of {one.slug}", cluster_id=one.id) for _ in range(4)]
    by_id = {one.id: one for one in (*trainers, *workers)}
    for _ in range(4):
        racing = [run(stage, one) for one in here for _ in range(2)] + [clock(stage, rounds.follow)]
        rng.shuffle(racing)
        await asyncio.gather(*racing)
        await nobody_has_too_many(stage)
        await both_got_each_offer_once(stage)
        offers = await matches(stage, OFFERED)
        assert len(offers) == 8, "as many as there are places"
        for one in rng.sample(offers, k=6):
            await stage.taps(by_id[one.worker_id], f"matching:decline:{one.id}")
        stage.now += rules.TIME_TO_SAY_WHY


async def test_a_round_that_is_due_is_run_once_by_many_clocks(stage: Stage) -> None:
    """Several programmes may share a database; the clock of each ticks."""
    async with stage.database.begin() as session:
        due_now = [
            cluster(f"due-{n}", exchange=n % 2 == 0, rounds="0 9 * * 1", next_round_at=stage.now) for n in range(5)
        ]
        session.add_all(due_now)
    for one in due_now:
        for n in range(2):
            await stage.add("trainer", f"Aisha {n} of {one.slug}", cluster_id=one.id, places=1)
        for n in range(3):
            await stage.add("worker", f"Marco {n} of {one.slug}", cluster_id=one.id)
    await asyncio.gather(*(tick(stage) for _ in range(AT_ONCE)), *(run(stage, one) for one in due_now[:2]))
    by_cluster = Counter(one.cluster_id for one in await stage.rows(Round))
    assert by_cluster == {one.id: 1 + (one in due_now[:2]) for one in due_now}
    assert len(await matches(stage, OFFERED)) == 10
    await nobody_has_too_many(stage)
    await both_got_each_offer_once(stage)
    nexts = {one.next_round_at for one in await stage.rows(Cluster) if one.rounds}
    assert nexts == {datetime.fromisoformat("2026-11-23T08:00:00+00:00")}


# -- the desk -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
async def test_pairs_by_hand_and_a_round_do_not_take_the_same_place(stage: Stage, seed: int) -> None:
    rng = random.Random(seed)
    desks = [await stage.add("coordinator", f"Ines {n}") for n in range(4)]
    trainers, workers = await crowd(stage, 4, 10)
    racing: list[Awaitable[Any]] = [run(stage), run(stage), clock(stage, rounds.follow)]
    for desk in desks:
        two = [(rng.choice(workers), rng.choice(trainers)) for _ in range(3)]
        verbs = [rng.choice(("propose", "propose", "exclude")) for _ in two]
        racing.append(
            in_turn(*(stage.taps(desk, f"matching:{v}:{w.id}:{t.id}") for v, (w, t) in zip(verbs, two, strict=True)))
        )
    rng.shuffle(racing)
    await asyncio.gather(*racing)
    await nobody_has_too_many(stage)
    await both_got_each_offer_once(stage)
    assert len(await matches(stage, OFFERED)) == 8


@pytest.mark.parametrize("seed", range(3))
async def test_who_is_taken_out_gets_no_offer_although_all_are_approved_at_once(stage: Stage, seed: int) -> None:
    rng = random.Random(seed)
    *desks, runs = [await stage.add("coordinator", f"Ines {n}") for n in range(5)]
    await crowd(stage, 6, 10)
    async with stage.database.begin() as session:
        here = await session.get(Cluster, stage.cluster.id)
        assert here
        here.approval = True
    refused: set[int] = set()
    for wave in range(4):
        await run(stage)
        waiting = await matches(stage, PROPOSED)
        out = rng.sample(waiting, k=len(waiting) // 2)
        racing: list[Awaitable[Any]] = [
            in_turn(*(stage.taps(desk, f"matching:refuse:{one.id}") for one in out[at::2]))
            for at, desk in enumerate(desks[2:])
        ]
        racing += [stage.taps(desk, f"matching:approve:{here.id}") for desk in desks[:2]]
        racing += [clock(stage, rounds.follow), run(stage), stage.taps(runs, f"matching:run:{here.id}")]
        if wave % 2:
            rng.shuffle(racing)
        await asyncio.gather(*racing)
        rows = await letters(stage)
        for one in await matches(stage):
            sent = [row for row in rows if row.dedupe_key.startswith(f"offer:{one.id}:")]
            assert len(sent) == (0 if one.state in (PROPOSED, EXCLUDED) else 2), one.state
            refused |= {one.id} if one.state == EXCLUDED else set()
        await nobody_has_too_many(stage)
        stage.later(days=6)
        await tick(stage)
    assert refused


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_approved_when_its_time_is_over_is_sent_or_taken_back_but_never_both(
    stage: Stage, seed: int
) -> None:
    rng = random.Random(seed)
    desks = [await stage.add("coordinator", f"Ines {n}") for n in range(3)]
    await crowd(stage, 6, 10)
    async with stage.database.begin() as session:
        here = await session.get(Cluster, stage.cluster.id)
        assert here
        here.approval = True
    await run(stage)
    waiting = await matches(stage, PROPOSED)
    stage.now += rules.OFFER_LASTS
    racing: list[Awaitable[Any]] = [
        in_turn(*(stage.taps(desk, f"matching:refuse:{one.id}:{here.id}") for one in waiting[at::4]))
        for at, desk in enumerate(desks[1:])
    ]
    racing += [stage.taps(desks[0], f"matching:approve:{here.id}"), run(stage)]
    racing += [clock(stage, rounds.take_back), clock(stage, rounds.take_back), clock(stage, rounds.follow)]
    rng.shuffle(racing)
    await asyncio.gather(*racing)
    left = {one.id: one.state for one in await matches(stage)}
    rows = await letters(stage)
    for one in waiting:
        sent = [row for row in rows if row.dedupe_key.startswith(f"offer:{one.id}:")]
        assert len(sent) == (2 if left.get(one.id) == OFFERED else 0), left.get(one.id)
        assert left.get(one.id) in (OFFERED, EXCLUDED, None)
    assert len([row for row in rows if ":unseen:" in row.dedupe_key]) in (0, len(desks))
    assert stage.forged == 0
    await nobody_has_too_many(stage)


@pytest.mark.parametrize("verb", ["run", "approve", "habits"])
async def test_a_coordinator_who_taps_while_a_round_asks_them_waits_for_it(stage: Stage, verb: str) -> None:
    """The round writes to those who wait for it: they must not hold yet what it needs."""
    desks = [await stage.add("coordinator", f"Ines {n}") for n in range(4)]
    async with stage.database.begin() as session:
        here = await session.get(Cluster, stage.cluster.id)
        assert here
        here.approval = True
    for desk in desks:
        await stage.taps(desk, "matching:not_now")  # they have been here before
    more = ":5" if verb == "habits" else ""
    for _ in range(3):
        stage.later(minutes=1)  # each turn writes that they were here
        await crowd(stage, 2, 4)
        taps = (stage.taps(desk, f"matching:{verb}:{here.id}{more}") for desk in desks)
        await asyncio.gather(run(stage), *taps, clock(stage, rounds.follow))
        asked = [row for row in await letters(stage) if ":look:" in row.dedupe_key]
        assert {row.person_id for row in asked} in ({one.id for one in desks}, set())
    assert len(await matches(stage, *OPEN)) == 12
    await nobody_has_too_many(stage)
    assert stage.forged == 0


async def test_two_who_write_to_the_same_people_do_not_lock_up(stage: Stage) -> None:
    people = [one for side in await crowd(stage, 4, 4) for one in side]
    buttons = ((Button("Yes", "people:menu"),),)

    async def write(to: list[Person], key: str) -> None:
        async with stage.database.begin() as session:
            message = Outgoing("Good morning", buttons)
            some = [letter(one, message, Lane.REMINDER, f"{key}:{one.id}", stage.now, HOUSE) for one in to]
            await tell(session, some, stage.now)

    for wave in range(4):
        ways = [people if n % 2 else people[::-1] for n in range(AT_ONCE)]
        await asyncio.gather(*(write(way, f"{wave}:{n}") for n, way in enumerate(ways)))
    assert len(await letters(stage)) == 4 * AT_ONCE * len(people)


# -- pairs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
async def test_a_pair_ends_once_whoever_ends_it(stage: Stage, seed: int) -> None:
    """The two, their coordinator and the clock at the same moment; and the next best is looked for once."""
    rng = random.Random(seed)
    desk = await stage.add("coordinator", "Ines")
    trainers, workers = await crowd(stage, 4, 8)
    by_id = {one.id: one for one in (*trainers, *workers)}
    await run(stage)
    for one in await matches(stage, OFFERED):
        await stage.taps(by_id[one.worker_id], f"matching:accept:{one.id}")
        await stage.taps(by_id[one.trainer_id], f"matching:accept:{one.id}")
    made = await matches(stage, ACCEPTED)
    assert len(made) == 8
    stage.later(days=15)
    verbs = ("ended", "report", "rest", "go_on", "end", "status")
    acts = [
        in_turn(
            *(
                stage.taps(who, f"matching:{rng.choice(verbs)}:{one.id}")
                for one in made
                if who.id in (one.trainer_id, one.worker_id)
            )
        )
        for who in by_id.values()
    ]
    moves = in_turn(*(stage.taps(desk, f"matching:move:{one.id}") for one in made[:4]))
    clocks = [clock(stage, pairs.ask_silent) for _ in range(2)] + [clock(stage, rounds.follow) for _ in range(2)]
    racing = [*acts, moves, *clocks]
    rng.shuffle(racing)
    await asyncio.gather(*racing)
    await tick(stage)
    rows, seen = await letters(stage), Counter[str]()
    before = {one.id for one in made}
    for one in await matches(stage):
        if one.id in before:
            told = told_about(one, rows)
            seen[one.state] += 1
            assert one.state in (ACCEPTED, RESTING, ENDED)
            assert (one.decided_at == stage.now) == (one.state == ENDED)
            assert (told["ended"] > 0) == (one.state == ENDED)
            assert told["silent"] in (0, 2)
    assert seen[ENDED]
    assert stage.forged == 0
    await nobody_has_too_many(stage)
    await both_got_each_offer_once(stage)
    meetings = {one.match_id: one.state for one in await stage.rows(Meeting)}
    assert {meetings[one.id] for one in await matches(stage, ENDED)} == {"cancelled"}


@pytest.mark.parametrize("seed", range(3))
async def test_who_leaves_while_the_other_answers_leaves_nothing_open(stage: Stage, seed: int) -> None:
    rng = random.Random(seed)
    trainers, workers = await crowd(stage, 4, 8)
    by_id = {one.id: one for one in (*trainers, *workers)}
    await run(stage)
    offers = await matches(stage, OFFERED)
    for one in offers:
        await stage.taps(by_id[one.worker_id], f"matching:accept:{one.id}")
    gone = rng.sample(workers, k=4)
    racing: list[Awaitable[Any]] = [stage.leaves(one) for one in gone]
    for who in trainers:
        mine = [one for one in offers if one.trainer_id == who.id]
        verb = rng.choice(("accept", "decline"))
        racing.append(in_turn(*(stage.taps(who, f"matching:{verb}:{one.id}") for one in mine)))
    racing += [clock(stage, service.expire, offers[0].expires_at), clock(stage, service.nudge)]
    rng.shuffle(racing)
    await asyncio.gather(*racing)
    rows = await letters(stage)
    for one in offers:
        told = {kind: n for kind, n in told_about(one, rows).items() if kind in ENDS}
        (now,) = [match for match in await matches(stage) if match.id == one.id]
        if one.worker_id in {who.id for who in gone}:
            assert now.state in (ENDED, DECLINED, EXPIRED)
        texts = [
            row.payload["text"]
            for row in rows
            if row.person_id == one.trainer_id and row.dedupe_key == f"match:{one.id}:ended:{one.trainer_id}"
        ]
        if now.state == ENDED and now.trainer_says == "yes":
            assert told in ({"made": 1, "ended": 1},), told
            assert "has left the programme" in texts[0]
        elif now.state == ENDED:
            assert told == {"ended": 1}
            assert "no longer possible" in texts[0]
        else:
            assert "ended" not in told


def test_the_terms_of_the_clock_are_what_the_races_think() -> None:
    assert rules.NUDGE_BEFORE + timedelta(days=2) == rules.OFFER_LASTS
