"""What it takes to announce to very many: the start, the pace, and how people's taps fare meanwhile.

`python -m bench.announcements --url …` starts an announcement to everybody in this database and writes one line of
JSON: so the peak of memory is that of the start alone.
"""

import argparse
import asyncio
import json
import sys
import time
from typing import Any, cast

from sqlalchemy import select, update

import db.announcements
from bench.bots import NEVER_QUIET, ROOT, Child, peak_mb, start_ours
from bot.announcements import service
from bot.case import House
from bot.clock import Clock
from bot.settings import Settings
from db.clusters import Cluster
from db.engine import Database
from db.people import Person

TEXT = "The fair is on Friday. Come and see what others do."


async def into_a_cluster(url: str) -> None:
    """All people of this database belong to one cluster."""
    database = Database(url)
    async with database.begin() as session:
        home = Cluster(slug="bench", name="Bench (demo)", countries=["IT"], sectors=[], languages=["it"])
        home.zone = "Europe/Rome"
        session.add(home)
        await session.flush()
        await session.execute(update(Person).values(cluster_id=home.id))
    if not database.is_sqlite:
        async with database.begin() as session:
            await (await session.connection()).exec_driver_sql("ANALYZE")  # what autovacuum does within minutes
    await database.close()


async def begin(url: str) -> dict[str, float]:
    """Start one to everybody, at any hour: `people`, `seconds`, and `mb`, the most memory that this process held."""
    database, settings = Database(url), Settings(database_url=url, quiet_hours=NEVER_QUIET["QUIET_HOURS"])
    house = House(settings, cast(Any, None))
    now = Clock().now()
    began = time.perf_counter()
    async with database.begin() as session:
        home = (await session.scalars(select(Cluster).where(Cluster.slug == "bench"))).one()
        draft = await service.compose(session, home, None, {}, {"all": TEXT}, now)
        people = await service.start(session, draft, house, now)
    seconds = time.perf_counter() - began
    await database.close()
    return {"people": float(people), "seconds": seconds, "mb": peak_mb()}


async def begin_apart(url: str) -> dict[str, float]:
    """:func:`begin` in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.announcements", "--url", url), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return json.loads(out)


async def pause(url: str, *, on: bool) -> None:
    """Pause the one under way, or let it go on."""
    database, now = Database(url), Clock().now()
    async with database.begin() as session:
        (one,) = await db.announcements.on_the_road(session, 2)
        await (service.go_on if on else service.pause)(session, one, None, now)
    await database.close()


async def ours(telegram: str, url: str, rate: str) -> Child:
    """The programme that sends it, at any hour."""
    return await start_ours(telegram, url, SEND_RATE=rate, **NEVER_QUIET)


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.announcements", description=__doc__)
    parser.add_argument("--url", required=True)
    print(json.dumps(asyncio.run(begin(parser.parse_args().url))), flush=True)


if __name__ == "__main__":
    main()
