"""Play the whole programme on one machine: a simulated Telegram, demo people, the real bot.

Everybody here is made up, and marked as such. Marco and Aisha have not joined yet, so that their phones begin
with START; Ines coordinates all three clusters.
"""

import asyncio
import json
import os
import random
import shutil
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import typer
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

import db.clusters
import db.people
from bot import log, settings
from bot.app import Twogether
from bot.errors import Misconfigured
from bot.lessons import service as lessons
from bot.messages import Lane, Outgoing
from bot.onboarding.rules import bands
from bot.outbox.put import Letter, put
from bot.people import places, vocabulary
from bot.people import service as people
from bot.people.menu import keyboard
from bot.settings import ROOT, Settings
from bot.texts import tongue
from db.clusters import Coordination
from db.engine import Database
from db.matching import ACCEPTED, Match, Round
from db.people import Person

TOKEN = "2000000000:TwogetherDemoTokenForTheSimulatorOnly"  # noqa: S105 - opens nothing but the simulator
VAR = ROOT / "var" / "demo"
PHONES: list[dict[str, Any]] = [
    {"id": 1001, "first_name": "Marco", "language_code": "it", "note": "worker, 58, bakery in Bologna"},
    {"id": 1002, "first_name": "Aisha", "language_code": "it", "note": "trainer, 22, Bologna"},
    {"id": 1003, "first_name": "Ines", "language_code": "en", "note": "coordinator", "started": True},
]
FIRST_MADE_UP = 20_000
IN_THE_VILLAGE = 24  # made-up people who are always there, so that matching has something to do
_NAMES = {
    "it": ("Lucia", "Paolo", "Chiara", "Giorgio", "Elena", "Sara", "Luca", "Nadia"),
    "de": ("Karin", "Jürgen", "Lena", "Murat", "Heike", "Jonas", "Anke", "Felix"),
    "es": ("Carmen", "Antonio", "Lucía", "Pablo", "Rosa", "Marta", "Diego", "Nuria"),
    "en": ("Susan", "Graham", "Priya", "Tom", "Linda", "Ollie", "Maureen", "Zoe"),
}
_TOWNS = {
    "it": ("Bologna", "Modena", "Parma", "Ferrara", "Rimini"),
    "de": ("Essen", "Dortmund", "Köln", "Bochum", "Düsseldorf"),
    "es": ("Sevilla", "Málaga", "Granada", "Córdoba", "Cádiz"),
    "en": ("Leeds", "Bradford", "Sheffield", "York", "Manchester"),
}
_SECTORS = {
    "it": ("bakery", "restaurant"),
    "es": ("hotel", "shop"),
    "de": ("construction", "care"),
    "en": ("energy", "care"),
}
_COUNTRY = {"it": "IT", "de": "DE", "es": "ES", "en": "GB"}


@dataclass(frozen=True, slots=True)
class MadeUp:
    """One made-up participant, always the same for the same number."""

    number: int
    language: str
    role: str
    name: str
    town: str


def made_up(how_many: int) -> Iterator[MadeUp]:
    """Two workers to a trainer, the four languages in turn."""
    for number in range(how_many):
        language = ("it", "de", "es", "en")[number % 4]
        names, towns = _NAMES[language], _TOWNS[language]
        yield MadeUp(
            number,
            language,
            "trainer" if number // 4 % 3 == 0 else "worker",
            f"{names[number // 4 % len(names)]} (demo)",
            towns[number // 8 % len(towns)],
        )


async def play(people_number: int, port: int, *, fresh: bool, folder: Path = VAR) -> None:
    """Start the simulator and the bot; run until Ctrl-C. What was played is kept in `folder`."""
    _insist_on_free(port)
    _tidy(folder, fresh=fresh)
    number = max(people_number, IN_THE_VILLAGE)
    chosen = _settings(port, folder)
    log.configure(chosen.log_level)
    file = _write_people(number, folder)
    simulator = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--port", str(port), "--token", TOKEN),
        *(
            "--app",
            f"http://{chosen.host}:{chosen.port}",
            "--people",
            str(file),
            "--store",
            str(folder / "telegram.jsonl"),
            "--attached",
        ),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,  # closed by the system when we are killed, and it ends as well
        stdout=asyncio.subprocess.DEVNULL,
    )
    programme = Twogether(chosen)
    try:
        await _until_open(port, simulator)
        await programme.prepare()
        await seed(programme.database, programme.clock.now(), number, chosen)
        await programme.start()
        typer.echo(f"\n  twogether is ready: open http://127.0.0.1:{port}\n  Ctrl-C ends it.\n")
        await programme.run()
    finally:
        await programme.stop()
        with suppress(ProcessLookupError):
            simulator.terminate()
        await simulator.wait()


def _insist_on_free(port: int) -> None:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        raise Misconfigured(f"Port {port} is not free: another program uses it. Choose one with --port.") from None


def _tidy(folder: Path, *, fresh: bool) -> None:
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)


def _settings(port: int, folder: Path) -> Settings:
    """The demo's own settings; a DATABASE_URL or a PORT from the environment stands."""
    given = settings.load()
    own: dict[str, Any] = {
        "telegram_token": SecretStr(TOKEN),
        "telegram_api_url": f"http://127.0.0.1:{port}",
        "telegram_webhook_url": None,
        "clock": "simulated",
        "actions_port": 0,
    }
    if "TWOGETHER_DATABASE_URL" not in os.environ:
        own["database_url"] = f"sqlite:///{folder / 'demo.db'}"
    if "TWOGETHER_LOG_LEVEL" not in os.environ:
        own["log_level"] = "warning"
    return given.model_copy(update=own)


def _write_people(number: int, folder: Path) -> Path:
    """Who has a chat in the simulator: three phones, and a crowd that is there without one."""
    crowd = [
        {
            "id": FIRST_MADE_UP + one.number,
            "first_name": one.name,
            "language_code": one.language,
            "started": True,
            "phone": False,
        }
        for one in made_up(number)
    ]
    file = folder / "people.json"
    file.write_text(json.dumps([*PHONES, *crowd], ensure_ascii=False), encoding="utf-8")
    return file


async def _until_open(port: int, simulator: asyncio.subprocess.Process) -> None:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        for _ in range(200):
            if simulator.returncode is not None:
                break
            with suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(f"http://127.0.0.1:{port}/sim/people") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)
    raise Misconfigured("The simulator did not start.")


async def seed(database: Database, now: datetime, number: int, chosen: Settings) -> None:
    """Ines and the made-up participants, as if they had joined over the last weeks. Twice is harmless."""
    async with database.begin() as session:
        clusters = await db.clusters.all_clusters(session)
        ines = await db.people.by_address(session, "telegram", "1003")
        if ines is None:
            ines = Person(
                **_person("1003", "en", "coordinator", "Ines", now, now),
                zone="Europe/Madrid",
                cluster_id=clusters[0].id,
            )
            session.add(ines)
            await session.flush()
            session.add_all(Coordination(person_id=ines.id, cluster_id=one.id, since=now) for one in clusters)
            hello = Outgoing(
                tongue("en")("Welcome back, {name}! What shall we do?", name="Ines"), keyboard=keyboard(ines)
            )
            await put(session, [Letter(ines, hello, Lane.REPLY, "demo:hello", now)], now)
    async with database.read() as session:
        there = await db.people.numbered_from(session, "telegram", FIRST_MADE_UP)
    crowd = [one for one in made_up(number) if FIRST_MADE_UP + one.number not in there]
    for start in range(0, len(crowd), 2000):
        async with database.begin() as session:
            await _add(session, crowd[start : start + 2000], now, chosen)
    if not there:
        async with database.begin() as session:
            await _pair_the_village(session, now - timedelta(days=14))


async def _pair_the_village(session: AsyncSession, when: datetime) -> None:
    """The village has found its partners already: who joins in the demo is matched with who joins beside them."""
    by_cluster: dict[int, list[Person]] = {}
    for one in made_up(IN_THE_VILLAGE):
        person = await db.people.by_address(session, "telegram", str(FIRST_MADE_UP + one.number))
        if person and person.cluster_id:
            by_cluster.setdefault(person.cluster_id, []).append(person)
    for cluster_id, there in by_cluster.items():
        trainers = [person for person in there if person.role == "trainer"]
        workers = [person for person in there if person.role == "worker"]
        past = Round(cluster_id=cluster_id, by=None, at=when, matched=len(workers), unmatched=0)
        session.add(past)
        await session.flush()
        for number, worker in enumerate(workers):
            session.add(
                Match(
                    round_id=past.id,
                    trainer_id=trainers[number // 2 % len(trainers)].id,
                    worker_id=worker.id,
                    score=7000,
                    reasons={},
                    state=ACCEPTED,
                    trainer_says="yes",
                    worker_says="yes",
                    created_at=when,
                    expires_at=when + timedelta(days=5),
                    decided_at=when,
                )
            )


async def _add(session: AsyncSession, crowd: Sequence[MadeUp], now: datetime, chosen: Settings) -> None:
    for one in crowd:
        person = _participant(one, now)
        session.add(person)
        await people.put_into_cluster(session, person)
        await session.flush()
        await lessons.enrol(session, person, now, chosen.quiet)


def _participant(one: MadeUp, now: datetime) -> Person:
    chance = random.Random(one.number)  # noqa: S311 - the same people every time, nothing secret
    town = places.find(one.town, country=_COUNTRY[one.language])[0]
    facts = _person(
        str(FIRST_MADE_UP + one.number),
        one.language,
        one.role,
        one.name,
        now,
        now - timedelta(days=chance.randint(1, 60)),
    )
    return Person(
        **facts,
        age_band=chance.choice(bands(one.role)),
        languages=sorted({one.language, chance.choice(("en", one.language))}),
        country=town.country,
        city_id=town.id,
        city=town.name,
        zone=town.zone,
        sector=chance.choice(_SECTORS[one.language]) if one.role == "worker" else "",
        topics=chance.sample(list(vocabulary.keys("topic")), 3),
        times=sorted({f"{chance.randint(0, 4)}-{chance.choice(('am', 'pm', 'eve'))}" for _ in range(5)}),
    )


def _person(address: str, language: str, role: str, name: str, now: datetime, joined: datetime) -> dict[str, Any]:
    return {
        "channel": "telegram",
        "address": address,
        "created_at": joined,
        "seen_at": now,
        "language": language,
        "consent_at": joined,
        "consent_version": "demo",
        "joined_at": joined,
        "role": role,
        "name": name,
        "reachable": True,
    }
