"""A year of two clusters, day by day, on a real database: people come, answer or not, pair up, pause, part and leave.

What a round must be is worked out here a second time, plainly and slowly, and compared with the round that was run.
"""

import os
import random
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

import db.clusters
import db.people
from bot.case import Case
from bot.matching import due, rules
from bot.matching.seekers import read_seekers
from bot.people import places
from bot.people import service as people
from db.clusters import Cluster, Coordination
from db.engine import Database
from db.matching import (
    ACCEPTED,
    DECLINED,
    ENDED,
    EXCLUDED,
    EXPIRED,
    OFFERED,
    OPEN,
    PROPOSED,
    RESTING,
    Match,
    Rest,
    Round,
)
from db.meetings import Feedback, Meeting
from db.outbox import OutboxRow
from db.people import Person
from tests.matching.stage import HOUSE, Stage
from tests.people_factory import BOLOGNA, MODENA, PALERMO, cluster

SEED = int(os.environ.get("YEAR_SEED", "2026"))
DAYS = 365
TRAINERS, WORKERS = 16, 46
BEGIN = datetime(2026, 1, 2, 8, 30, tzinfo=UTC)  # the clocks change twice on the way
FIRST_ROUND = datetime(2026, 1, 5, 8, tzinfo=UTC)  # a Monday
IN_SUMMER = datetime(2026, 7, 2, 7, tzinfo=UTC)  # a Thursday; the second cluster begins
LONG_WAIT = timedelta(weeks=8)
MAY_BECOME = {
    PROPOSED: {OFFERED, EXCLUDED, ENDED},
    OFFERED: {ACCEPTED, DECLINED, EXPIRED, ENDED},
    ACCEPTED: {RESTING, ENDED},
    RESTING: {ACCEPTED, ENDED},
    DECLINED: set[str](),
    EXPIRED: set[str](),
    ENDED: set[str](),
    EXCLUDED: set[str](),
}
HABITS = {
    "eager": (0.8, 0.9),
    "choosy": (0.5, 0.4),
    "slow": (0.25, 0.7),
    "ghost": (0.0, 0.0),
}  # answers a day; says yes


@dataclass(frozen=True)
class Seen:
    """A match as it was at the last look."""

    state: str
    pair: tuple[int, int]
    facts: tuple[object, ...]
    expires_at: datetime
    decided_at: datetime | None
    says: tuple[str, str]


@dataclass
class Year:
    """Who is there, what they did, and what is known of every match so far."""

    stage: Stage
    rng: random.Random
    clusters: list[Cluster]
    coordinators: dict[int, Person]
    people: dict[int, Person] = field(default_factory=dict[int, Person])
    habit: dict[int, tuple[float, float]] = field(default_factory=dict[int, tuple[float, float]])
    next_round: datetime = FIRST_ROUND
    gone: set[int] = field(default_factory=set[int])
    matches: dict[int, Seen] = field(default_factory=dict[int, Seen])
    pairs: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    offered: set[int] = field(default_factory=set[int])
    spoke: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])  # (match, person) of every answer
    declined: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    met: Counter[int] = field(default_factory=Counter[int])  # meetings held, by match
    absent: Counter[tuple[int, int]] = field(default_factory=Counter[tuple[int, int]])  # (match, who did not come)
    counted: Counter[str] = field(default_factory=Counter[str])

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    # -- what people do ---------------------------------------------------------------------------------

    async def arrive(self, role: str) -> None:
        rng, n = self.rng, len(self.people)
        here = rng.choice(self.clusters)
        city = rng.choice((BOLOGNA, BOLOGNA, MODENA, MODENA, PALERMO, None))
        who = await self.stage.add(
            role,
            f"{role.title()}{n}",
            cluster_id=here.id,
            joined_at=self.stage.now,
            created_at=self.stage.now,
            seen_at=self.stage.now,
            languages=rng.choice((["it"], ["it"], ["it", "en"], ["de"], ["de", "it"])),
            topics=rng.sample(("instagram", "reviews", "ads", "facebook"), k=rng.randint(1, 3)),
            times=rng.sample(rules.PARTS_OF_WEEK[:15], k=rng.randint(2, 6)),
            zone=here.zone,
            city_id=city,
            travel_km=rng.choice((10, 25, 50)),
            remote=self.chance(0.7),
            places=rng.choice((1, 1, 2, 3)),
        )
        self.people[who.id] = who
        self.habit[who.id] = HABITS[rng.choices(list(HABITS), (4, 3, 2, 2))[0]]

    async def live_a_day(self) -> None:
        """Everybody does what they feel like."""
        for who in [one for id, one in self.people.items() if id not in self.gone]:
            await self._decide(who)
            await self._mind(who)
        for coordinator in self.coordinators.values():
            await self._approve(coordinator)
        for id, seen in list(self.matches.items()):
            if seen.state == ACCEPTED and not self.gone & set(seen.pair) and self.chance(0.02):
                await self._meet(id, seen)

    async def _decide(self, who: Person) -> None:
        answers, says_yes = self.habit[who.id]
        for id, seen in list(self.matches.items()):
            if who.id not in seen.pair or not who.reachable or self.gone & set(seen.pair):
                continue
            if seen.state == OFFERED and (id, who.id) not in self.spoke and self.chance(answers):
                if seen.expires_at > self.stage.now:
                    self.spoke.add((id, who.id))
                if self.chance(says_yes):
                    await self.stage.taps(who, f"matching:accept:{id}")
                else:
                    await self._decline(who, id)
            elif seen.state == OFFERED and (id, who.id) in self.spoke and self.chance(0.02):
                await self._decline(who, id)  # changed their mind
            elif seen.state == ACCEPTED and self.chance(0.012):
                await self.stage.taps(who, f"matching:ended:{id}")
                if self.chance(0.7):
                    await self.stage.taps(who, f"matching:end_why:{id}:{self.rng.choice(rules.END_REASONS)}")
            elif seen.state == ACCEPTED and self.chance(0.006):
                await self.stage.taps(who, f"matching:rest:{id}")
            elif seen.state == RESTING and self.chance(0.05):
                await self.stage.taps(who, f"matching:go_on:{id}")

    async def _decline(self, who: Person, id: int) -> None:
        self.declined.add((id, who.id))
        *_, asked = await self.stage.taps(who, f"matching:decline:{id}")
        if "tell me why" in asked.text and self.chance(0.8):
            await self.stage.taps(who, f"matching:reason:{id}:{self.rng.choice(rules.DECLINE_REASONS)}")

    async def _mind(self, who: Person) -> None:
        """Breaks, blocks, and goodbyes."""
        if self.chance(0.04 if who.paused else 0.002):
            await self._change(who, paused=not who.paused)
        if self.chance(0.002 if who.reachable else 0.04):
            await self._change(who, reachable=not who.reachable)
        if self.chance(0.0006):
            async with self.stage.database.begin() as session:
                me = await db.people.get(session, who.id)
                assert me
                talk = await db.people.conversation(session, me.id, self.stage.now)
                await people.forget(Case(session, self.stage.now, me, talk, HOUSE, f"forget:{me.id}"))
            self.gone.add(who.id)
            self.counted["left"] += 1

    async def _change(self, who: Person, **facts: bool) -> None:
        await self.stage.change(who, **facts)
        for name, value in facts.items():
            setattr(who, name, value)

    async def _approve(self, who: Person) -> None:
        waiting = [
            id for id, seen in self.matches.items() if seen.state == PROPOSED and seen.facts[0] == who.cluster_id
        ]
        if not waiting or not self.chance(0.6):
            return
        for id in waiting:
            if self.chance(0.15):
                await self.stage.taps(who, f"matching:refuse:{id}")
        await self.stage.taps(who, f"matching:approve:{who.cluster_id}")

    async def _meet(self, id: int, seen: Seen) -> None:
        """They meet; at times one does not come, and the other one says so."""
        now, away = self.stage.now, self.rng.choice((None, None, 0, 1))
        async with self.stage.database.begin() as session:
            match = await session.get(Match, id)
            assert match
            if match.state != ACCEPTED:
                return
            match.active_at = now
            held = Meeting(match_id=id, state="held" if away is None else "agreed", times=[], created_at=now)
            held.starts_at, held.ends_at, held.changed_at = now - timedelta(hours=1), now, now
            session.add(held)
            await session.flush()
            if away is not None:
                session.add(
                    Feedback(meeting_id=held.id, person_id=seen.pair[1 - away], rating="missed", comment="", at=now)
                )
        if away is None:
            self.met[id] += 1
        else:
            self.absent[id, seen.pair[away]] += 1

    # -- what must be true every day --------------------------------------------------------------------

    async def look(self) -> None:
        """Every match has only become what it may, by what somebody did or by its time."""
        async with self.stage.database.read() as session:
            found = {one.id: one for one in await session.scalars(select(Match))}
        for id in self.matches.keys() - found.keys():
            seen = self.matches.pop(id)
            if seen.state == PROPOSED:  # taken back, or left out: nobody has heard of it
                self.pairs.discard(seen.pair)
                self.counted["taken back"] += 1
            else:
                assert self.gone & set(seen.pair), "only who leaves takes their matches along"
        for id, one in found.items():
            now = Seen(
                one.state,
                (one.trainer_id, one.worker_id),
                (one.cluster_id, one.round_id, one.created_at, one.score, one.reasons),
                one.expires_at,
                one.decided_at,
                (one.trainer_says, one.worker_says),
            )
            before = self.matches.get(id)
            if before is None:
                assert now.pair not in self.pairs, "the same two never come twice"
                assert now.state in (OFFERED, PROPOSED)
                self.pairs.add(now.pair)
            else:
                self._became(id, before, now)
            if now.state == OFFERED:
                self.offered.add(id)
            self.matches[id] = now
        taken = Counter(one.pair[0] for one in self.matches.values() if one.state in OPEN)
        learning = Counter(one.pair[1] for one in self.matches.values() if one.state in OPEN)
        assert all(number <= self.people[id].places for id, number in taken.items())
        assert max(learning.values(), default=0) <= 1

    def _became(self, id: int, before: Seen, now: Seen) -> None:
        assert (before.pair, before.facts) == (now.pair, now.facts), "an offer that was sent is not moved"
        assert before.state == PROPOSED or before.expires_at == now.expires_at
        if before.state == now.state:
            return
        self.counted[now.state] += 1
        assert now.state in MAY_BECOME[before.state]
        match now.state:
            case "accepted" | "resting":
                assert now.says == ("yes", "yes")
                assert all((id, who) in self.spoke for who in now.pair)
            case "declined":
                assert any((id, who) in self.declined for who in now.pair)
            case "expired":
                assert before.expires_at <= self.stage.now
                assert not all((id, who) in self.spoke for who in now.pair)
            case "ended":
                assert now.says == ("yes", "yes") or self.gone & set(now.pair)
            case _:
                pass

    # -- what a round must be ---------------------------------------------------------------------------

    async def round_at(self, moment: datetime) -> None:
        """Everything else that is due is done first; then the round that is due at this moment is looked through."""
        self.stage.now = moment - timedelta(minutes=1)
        await self.tick()
        self.stage.now = moment
        async with self.stage.database.read() as session:
            (here,) = await session.scalars(select(Cluster).where(Cluster.next_round_at == moment))
            seekers = await read_seekers(session, here, moment, HOUSE)
            resting = set(
                await session.scalars(select(Rest.person_id).where((Rest.until.is_(None)) | (Rest.until > moment)))
            )
            exchanging = {one.id for one in await db.clusters.all_clusters(session) if one.exchange}
        clusters = {here.id} | (exchanging if here.exchange else set())
        looking = self.who_looks("worker", {here.id}, resting)
        teaching = self.who_looks("trainer", clusters, resting)
        assert {one.id for one in seekers.workers} == looking
        assert {one.id for one in seekers.trainers} == teaching
        for one in (*seekers.workers, *seekers.trainers):
            assert (one.kept, one.missed) == self.reliability(one.id), "a no costs nothing, only silence does"
        assert {one.id: one.since for one in seekers.workers} == {id: self.waits_since(id) for id in looking}
        taken = Counter(one.pair[0] for one in self.matches.values() if one.state in OPEN)
        room = {id: self.people[id].places - taken[id] for id in teaching}
        fits = {id: [other for other in teaching if room[other] > 0 and self.fits(id, other)] for id in looking}
        before = set(self.matches)
        await self.tick()
        async with self.stage.database.read() as session:
            (run,) = await session.scalars(select(Round).where(Round.cluster_id == here.id, Round.at == moment))
            nexts = [one.next_round_at for one in await db.clusters.all_clusters(session) if one.next_round_at]
        made = {self.matches[id].pair for id in self.matches.keys() - before}
        self.next_round = min(nexts)
        assert run.matched == len(made)
        assert all(one.facts[1] == run.id for id, one in self.matches.items() if id not in before)
        self.is_fair(made, room, fits)
        self.counted["rounds"] += 1
        assert moment.astimezone(ZoneInfo(here.zone)).hour == 9

    def is_fair(self, made: set[tuple[int, int]], room: dict[int, int], fits: dict[int, list[int]]) -> None:
        """Nobody else could be matched, and nobody who waits long is left while somebody newer could make way."""
        taught: dict[int, set[int]] = {}
        for trainer, worker in made:
            assert trainer in fits[worker], "they could not meet"
            taught.setdefault(trainer, set()).add(worker)
        assert all(len(workers) <= room[trainer] for trainer, workers in taught.items())
        for worker in fits.keys() - {worker for _, worker in made}:
            long = self.has_waited_long(worker)
            self.counted["stayed"] += 1
            self.counted["stayed although they waited long"] += long
            for trainer, others in self.could_give_way(worker, fits, taught):
                assert len(others) >= room[trainer], "one more could have been matched"
                assert not long or all(self.has_waited_long(other) for other in others), "somebody newer was taken"
                self.counted["ways looked for"] += 1

    def could_give_way(
        self, worker: int, fits: dict[int, list[int]], taught: dict[int, set[int]]
    ) -> Iterator[tuple[int, Collection[int]]]:
        """Every trainer who could come to this worker if their learners went to others who fit, and so on."""
        asked, seen = [worker], set[int]()
        while asked:
            for trainer in fits[asked.pop()]:
                if trainer not in seen:
                    seen.add(trainer)
                    others = taught.get(trainer, set())
                    yield trainer, others
                    asked += others

    def who_looks(self, role: str, clusters: Collection[int], resting: set[int]) -> set[int]:
        busy = {one.pair[1] for one in self.matches.values() if one.state in OPEN}
        return {
            id
            for id, one in self.people.items()
            if one.role == role and one.cluster_id in clusters and one.reachable and not one.paused
            if id not in self.gone | resting | busy
        }

    def fits(self, worker: int, trainer: int) -> bool:
        one, other = self.people[worker], self.people[trainer]
        return (
            bool(set(one.languages) & set(other.languages))
            and bool(set(one.topics) & set(other.topics))
            and bool(set(one.times) & set(other.times))  # their clocks show the same, and each part is long enough
            and ((one.remote and other.remote) or self._is_near(one, other))
            and (trainer, worker) not in self.pairs
        )

    def _is_near(self, one: Person, other: Person) -> bool:
        if one.city_id is None or other.city_id is None:
            return False
        here, there = places.get(one.city_id), places.get(other.city_id)
        assert here
        assert there
        return places.distance_km(here, there) <= max(one.travel_km, other.travel_km)

    def reliability(self, id: int) -> tuple[int, int]:
        """(kept, missed) by what was seen of this person: meetings, and offers that passed without a word."""
        mine = {match: one for match, one in self.matches.items() if id in one.pair}
        silent = sum(one.state == EXPIRED and (match, id) not in self.spoke for match, one in mine.items())
        return sum(self.met[match] for match in mine), silent + sum(self.absent[match, id] for match in mine)

    def waits_since(self, id: int) -> datetime:
        ends = [one.decided_at for one in self.matches.values() if one.pair[1] == id and one.state == ENDED]
        joined = self.people[id].joined_at
        assert joined
        return max([joined, *(end for end in ends if end)])

    def has_waited_long(self, id: int) -> bool:
        return self.stage.now - self.waits_since(id) >= LONG_WAIT

    async def tick(self) -> None:
        """What is due is done, and nothing that was due is left."""
        async with self.stage.database.read() as session:
            next_due = await due.next_due(session)
        if next_due is None or next_due > self.stage.now:
            return
        while await due.tick(self.stage.database, self.stage.now, HOUSE) >= due.BATCH:
            pass
        await self.look()
        assert not any(one.state == OFFERED and one.expires_at <= self.stage.now for one in self.matches.values())


@pytest.fixture
async def year(database: Database) -> Year:
    stage = await Stage.set(database)
    stage.now = BEGIN
    async with database.begin() as session:
        clusters = [
            cluster("mondays", rounds="0 9 * * 1", next_round_at=FIRST_ROUND),
            cluster("thursdays", rounds="0 9 * * 4", next_round_at=IN_SUMMER),
        ]
        clusters[1].zone, clusters[1].approval = "Europe/Berlin", True
        session.add_all(clusters)
    desks = {one.id: await stage.add("coordinator", f"Ines of {one.slug}", cluster_id=one.id) for one in clusters}
    async with database.begin() as session:
        session.add_all(Coordination(person_id=who.id, cluster_id=id, since=BEGIN) for id, who in desks.items())
    return Year(stage, random.Random(SEED), clusters, desks)


async def test_a_year_of_rounds(year: Year) -> None:
    stage, rng = year.stage, year.rng
    arrivals = Counter[tuple[int, str]]()
    for role, number in (("trainer", TRAINERS), ("worker", WORKERS)):
        for n in range(number):
            arrivals[0 if n < number // 3 else rng.randrange(DAYS - 40), role] += 1
    for day in range(DAYS):
        for role in ("trainer", "worker"):
            for _ in range(arrivals[day, role]):
                await year.arrive(role)
        if day == DAYS * 2 // 3:
            for id, desk in year.coordinators.items():
                await stage.taps(desk, f"matching:habits:{id}:exchange")
        midday = BEGIN + timedelta(days=day)
        if year.next_round <= midday:
            await year.round_at(year.next_round)
        stage.now = midday
        await year.tick()
        stage.now = midday + timedelta(hours=6)
        await year.live_a_day()
        await year.look()
    await every_offer_has_one_letter_to_each(year)
    assert stage.forged == 0
    assert year.counted["rounds"] == 52 + 27
    for enough in (*MAY_BECOME[OFFERED], RESTING, EXCLUDED, "stayed although they waited long", "ways looked for"):
        assert year.counted[enough] > 2, f"too little has happened: {year.counted}"


async def every_offer_has_one_letter_to_each(year: Year) -> None:
    found = Counter(
        (row.person_id, int(button["data"].rpartition(":")[2]))
        for row in await year.stage.rows(OutboxRow)
        for line in row.payload.get("buttons", ())
        for button in line
        if row.payload["text"].startswith("<b>I have found a ") and "accept" in (button["data"] or "")
    )
    sent = {
        (who, id): 1
        for id in year.offered & year.matches.keys()
        for who in year.matches[id].pair
        if who not in year.gone
    }
    assert {key: n for key, n in found.items() if key[1] in year.matches} == sent
