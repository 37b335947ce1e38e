"""What a day of lessons costs when many are enrolled: it grows with who is due, not with who is there."""

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, select

from bench.crash import participant
from bench.load import FIRST_PERSON
from bot.case import House
from bot.lessons import due
from bot.lessons.curriculum import load
from bot.settings import Settings
from db.engine import Database
from db.lessons import Plan
from db.migrate import upgrade_async
from db.outbox import OutboxRow
from db.people import Person
from tests.app import running

MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CHUNK = 5_000


async def measure(url: str, enrolled: int, due_now: int) -> dict[str, float]:
    """Enrol so many, of whom so many are due this minute; run ticks until all are served.

    Returns `rows` (letters written), `seconds` in all, `per_due_ms` and `idle_ms` (a tick that finds nobody).
    """
    await upgrade_async(url)
    database = Database(url)
    settings = Settings(database_url=url)
    house = House(settings, load(settings.curriculum))
    await _enrol(database, enrolled, due_now)
    began = time.perf_counter()
    while await due.tick(database, MORNING, house):
        pass
    seconds = time.perf_counter() - began
    again = time.perf_counter()
    await due.tick(database, MORNING, house)
    idle = time.perf_counter() - again
    async with database.read() as session:
        rows = await session.scalar(
            select(func.count()).select_from(OutboxRow).where(OutboxRow.dedupe_key.startswith("lesson:"))
        )
    await database.close()
    return {
        "rows": float(rows or 0),
        "seconds": seconds,
        "per_due_ms": 1000 * seconds / due_now,
        "idle_ms": 1000 * idle,
    }


async def serve(url: str, due_now: int, rate: float) -> dict[str, float]:
    """So many due in the same minute, through the programme and its pace to a local Telegram.

    Returns `served` (each once), `seconds`, `rate` reached (messages a second) and `overtaken`: by how many places the
    farthest one left out of order.
    """
    async with running(url, send_rate=rate) as house:
        phones = [house.phone(f"Demo {number}", "en") for number in range(due_now)]
        now = house.app.clock.now()
        async with house.write() as session:
            crowd = [participant(phone.person.id) for phone in phones]
            session.add_all(crowd)
            await session.flush()
            session.add_all(Plan(person_id=one.id, hour=18, minute=0, next_at=now) for one in crowd)
        for phone in phones:
            phone.person.started = True
        began = time.perf_counter()
        await house.app.tick()
        await house.idle(timeout_s=60 + 4 * due_now / rate)
        seconds = time.perf_counter() - began
        place = {phone.person.id: number for number, phone in enumerate(phones)}
        served = [place[request.chat_id] for request in house.tg.log("sendMessage") if request.chat_id in place]
    overtaken = max((abs(at - number) for at, number in enumerate(served)), default=0)
    return {
        "served": float(len(set(served)) if len(served) == len(set(served)) else -1),
        "seconds": seconds,
        "rate": len(served) / seconds,
        "overtaken": float(overtaken),
    }


async def _enrol(database: Database, enrolled: int, due_now: int) -> None:
    columns = [column.key for column in Person.__table__.columns if column.key != "id"]
    blank = {"channel": "telegram", "reachable": True, "paused": False, "zone": "Europe/Rome", "consent_version": ""}
    blank |= {"age_band": "", "country": "", "city": "", "sector": ""}
    async with database.begin() as session:
        for start in range(0, enrolled, CHUNK):
            made_up = [participant(FIRST_PERSON + number) for number in range(start, min(start + CHUNK, enrolled))]
            facts = [{key: getattr(one, key) for key in columns} for one in made_up]
            await session.execute(
                insert(Person),
                [{k: v if v is not None else blank.get(k) for k, v in one.items()} for one in facts],
            )
        ids = (await session.scalars(select(Person.id).order_by(Person.id))).all()
        plans = [
            {
                "person_id": person,
                "hour": 18,
                "minute": 0,
                "days": "0123456",
                "next_at": MORNING if number < due_now else MORNING + timedelta(minutes=1 + number % 1440),
            }
            for number, person in enumerate(ids)
        ]
        for start in range(0, len(plans), CHUNK):
            await session.execute(insert(Plan), plans[start : start + CHUNK])
