"""What meetings cost when very many lie ahead: a tick, the minute in which a thousand people are reminded, booking."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select

from bench.crash import participant
from bench.load import FIRST_PERSON
from bot.case import House
from bot.clock import Clock
from bot.lessons.curriculum import load
from bot.meetings import due, rules
from bot.settings import Settings
from db.clusters import Cluster
from db.engine import Database
from db.matching import ACCEPTED, Match
from db.meetings import AGREED, HELD, PROPOSED, Meeting, Reminder, Slot
from db.migrate import upgrade_async
from db.people import Person
from tests.app import Running, running

CHUNK = 5_000
EACH = 3  # learners of one trainer
ZONE = ZoneInfo("Europe/Rome")
FIRST_MEETING = timedelta(days=20)  # so far ahead that nobody is reminded of one yet


async def ticks(url: str, ahead: int, due_now: int) -> dict[str, float]:
    """So many agreed meetings ahead, and so many people to be reminded now; ticks until all are.

    Returns `rows` (letters written), `seconds` in all, `per_due_ms`, and `idle_ms` (a tick that finds nothing due).
    """
    await upgrade_async(url)
    database, now = Database(url), Clock().now()
    settings = Settings(database_url=url)
    house = House(settings, load(settings.curriculum))
    await _fill(database, ahead + due_now // 2, now)
    async with database.begin() as session:
        last = (
            await session.scalars(
                select(Meeting.id).where(Meeting.state == AGREED).order_by(Meeting.id.desc()).limit(due_now // 2)
            )
        ).all()
        await session.execute(_reminders_of(last).values(due_at=now, late_after=now + timedelta(hours=1)))
    began = time.perf_counter()
    while await due.tick(database, now, house) >= due.BATCH:
        pass
    seconds = time.perf_counter() - began
    again = time.perf_counter()
    await due.tick(database, now, house)
    idle = time.perf_counter() - again
    async with database.read() as session:
        rows = await session.scalar(select(func.count()).where(Reminder.state == "said"))
    await database.close()
    return {
        "rows": float(rows or 0),
        "seconds": seconds,
        "per_due_ms": 1000 * seconds / due_now,
        "idle_ms": 1000 * idle,
    }


async def lateness(url: str, people: int, rate: float, *, over_s: float) -> dict[str, float]:
    """So many reminders due within `over_s` seconds, through the programme's own clock and pace to a local Telegram.

    Returns `said` and, in seconds after each was due, `p50_s`, `p99_s` and `most_s`.
    """
    async with running(url, send_rate=rate, clock=Clock()) as house:
        addresses = _phones(house, people)
        now = house.app.clock.now()
        await _fill(house.app.database, people // 2, now, addresses)
        begin = now + timedelta(seconds=3)
        due_at: dict[int, datetime] = {}
        async with house.write() as session:
            rows = await session.execute(
                select(Reminder, Person.address)
                .join(Person, Person.id == Reminder.person_id)
                .where(Reminder.kind == rules.HOUR)
                .order_by(Reminder.id)
            )
            for number, (reminder, address) in enumerate(rows):
                reminder.due_at = begin + timedelta(seconds=over_s * number / people)
                reminder.late_after = begin + timedelta(hours=1)
                due_at[int(address)] = reminder.due_at
        async with asyncio.timeout(60 + over_s + 4 * people / rate):
            while len(late := _late(house, due_at)) < people:
                await asyncio.sleep(0.5)
    late.sort()
    return {"said": len(late), "p50_s": late[len(late) // 2], "p99_s": late[int(len(late) * 0.99)], "most_s": late[-1]}


def _late(house: Running, due_at: dict[int, datetime]) -> list[float]:
    """Seconds from when each first message was due until it arrived."""
    came: dict[int, float] = {}
    for request in house.tg.log("sendMessage"):
        if request.chat_id in due_at and request.status == 200:
            came.setdefault(request.chat_id, request.at)
    return [at - due_at[person].timestamp() for person, at in came.items()]


async def booking(url: str, pairs: int) -> dict[str, float]:
    """Every pair books a meeting, all at once: the worker picks one of three times, the trainer says yes.

    Returns `booked`, `per_s` (meetings a second) and `turns_per_s`; beside it `menus_per_s`, as many taps for the menu.
    """
    async with running(url, send_rate=100_000, clock=Clock()) as house:
        addresses = _phones(house, 2 * pairs)
        await _fill(house.app.database, pairs, house.app.clock.now(), addresses, state=PROPOSED, each=1)
        async with house.read() as session:
            rows = await session.execute(
                select(Meeting.id, Match.worker_id, Match.trainer_id)
                .join(Match, Match.id == Meeting.match_id)
                .where(Meeting.state == PROPOSED)
            )
            meetings = list(rows)
            chat = {id: int(address) for id, address in await session.execute(select(Person.id, Person.address))}
        menu = await _all(house, lambda: [house.tg.tap(one, 1, "people:menu") for one in addresses])
        picked = await _all(
            house, lambda: [house.tg.tap(chat[worker], 1, f"meetings:pick:{id}:0:0") for id, worker, _ in meetings]
        )
        agreed = await _all(
            house, lambda: [house.tg.tap(chat[trainer], 1, f"meetings:yes:{id}:1") for id, _, trainer in meetings]
        )
        async with house.read() as session:
            booked = await session.scalar(select(func.count()).where(Meeting.state == AGREED)) or 0
    seconds = picked + agreed
    return {
        "booked": float(booked),
        "per_s": booked / seconds,
        "turns_per_s": 2 * pairs / seconds,
        "menus_per_s": 2 * pairs / menu,
    }


async def _all(house: Running, act: Callable[[], Any]) -> float:
    """Seconds until everything said is answered."""
    began = time.perf_counter()
    act()
    await house.idle(timeout_s=300)
    return time.perf_counter() - began


def _phones(house: Running, people: int) -> list[int]:
    phones = [house.phone(f"Demo {number}", "en") for number in range(people)]
    for phone in phones:
        phone.person.started = True
    return [phone.person.id for phone in phones]


# -- made-up meetings -----------------------------------------------------------------------------------


def _reminders_of(meetings: Any) -> Any:
    return Reminder.__table__.update().where(Reminder.meeting_id.in_(meetings), Reminder.kind == rules.DAY)


async def _fill(
    database: Database,
    meetings: int,
    now: datetime,
    addresses: list[int] | None = None,
    *,
    state: str = AGREED,
    each: int = EACH,
) -> None:
    """So many pairs with a meeting ahead, their time given away and their reminders waiting.

    With `addresses` (two a pair) every pair has a trainer of its own.
    """
    each = 1 if addresses else each
    trainers = -(-meetings // each)
    chats = addresses or [FIRST_PERSON + number for number in range(meetings + trainers)]
    async with database.begin() as session:
        cluster = Cluster(slug="bench", name="Bench (demo)", countries=["IT"], sectors=[], languages=["it"])
        cluster.zone = ZONE.key
        session.add(cluster)
        await session.flush()
        people = [
            participant(chat, role="worker" if number < meetings else "trainer", cluster_id=cluster.id, zone=ZONE.key)
            for number, chat in enumerate(chats)
        ]
        for start in range(0, len(people), CHUNK):
            session.add_all(people[start : start + CHUNK])
            await session.flush()
        workers, trainer_ids = [p.id for p in people[:meetings]], [p.id for p in people[meetings:]]
        matches = [
            {
                "cluster_id": cluster.id,
                "worker_id": worker,
                "trainer_id": trainer_ids[number // each],
                "state": ACCEPTED,
            }
            for number, worker in enumerate(workers)
        ]
    await _insert_meetings(database, matches, now, state, each)


async def _insert_meetings(
    database: Database, matches: list[dict[str, Any]], now: datetime, state: str, each: int
) -> None:
    midnight = rules.to_the_quarter(now + FIRST_MEETING).replace(hour=8, minute=0)
    quiet = Settings().quiet
    async with database.begin() as session:
        for chunk_at in range(0, len(matches), CHUNK):
            chunk = matches[chunk_at : chunk_at + CHUNK]
            full = [_match(one, now) for one in chunk]
            ids = list(await session.scalars(insert(Match).returning(Match.id, sort_by_parameter_order=True), full))
            # They have met before, so that nobody gets the notes that stand before a first meeting.
            before = now - timedelta(days=30)
            await session.execute(insert(Meeting), [_meeting(id, before, now, HELD) for id in ids])
            starts = [
                midnight + timedelta(days=(n // each) % 200, hours=n % each)
                for n in range(chunk_at, chunk_at + len(chunk))
            ]
            rows = [_meeting(id, start, now, state) for id, start in zip(ids, starts, strict=True)]
            numbers = list(
                await session.scalars(insert(Meeting).returning(Meeting.id, sort_by_parameter_order=True), rows)
            )
            if state != AGREED:
                continue
            slots: list[dict[str, Any]] = []
            reminders: list[dict[str, Any]] = []
            for match, meeting, start in zip(chunk, numbers, starts, strict=True):
                planned = rules.reminders(start, start + rules.LASTS, now, ZONE, quiet)
                for person in (match["worker_id"], match["trainer_id"]):
                    slots += [
                        {"person_id": person, "meeting_id": meeting, "at": at}
                        for at in rules.quarters(start, start + rules.LASTS)
                    ]
                    reminders += [
                        {
                            "meeting_id": meeting,
                            "person_id": person,
                            "kind": kind,
                            "sequence": 1,
                            "due_at": due_at,
                            "late_after": late_after,
                            "state": "waiting",
                        }
                        for kind, due_at, late_after in planned
                    ]
            await session.execute(insert(Slot), slots)
            await session.execute(insert(Reminder), reminders)
    if not database.is_sqlite:
        async with database.begin() as session:
            await (await session.connection()).exec_driver_sql("ANALYZE")  # what autovacuum does within minutes


def _match(one: dict[str, Any], now: datetime) -> dict[str, Any]:
    answered = {"worker_says": "yes", "trainer_says": "yes", "score": 5_000, "reasons": {"languages": ["it"]}}
    return one | answered | {"created_at": now, "expires_at": now, "active_at": now}


def _meeting(match_id: int, start: datetime, now: datetime, state: str) -> dict[str, Any]:
    agreed = state in (AGREED, HELD)
    return {
        "match_id": match_id,
        "state": state,
        "times": [] if agreed else rules.stored([start, start + timedelta(days=1), start + timedelta(days=2)]),
        "starts_at": start if agreed else None,
        "ends_at": start + rules.LASTS if agreed else None,
        "room": "https://meet.invalid/twogether-bench" if agreed else "",
        "sequence": 1 if agreed else 0,
        "created_at": now,
        "changed_at": now,
    }
