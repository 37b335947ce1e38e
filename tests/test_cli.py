"""`twogether …` as the operator types it: what is said, the exit code, and never a stack trace."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from sqlalchemy import select

import db.clusters
from bot import cli, log
from bot.settings import Settings
from db.announcements import Announcement
from db.clusters import Invitation
from db.engine import Database
from db.matching import Match, Round
from db.outbox import OutboxRow
from simulator import Telegram
from tests.app import TOKEN
from tests.people_factory import person

SIX_WEEKDAY_PARTS = ["0-am", "1-pm", "2-eve", "3-am"]


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    err: str


type Twogether = Callable[..., Awaitable[Said]]


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    async with Telegram(token=TOKEN) as tg:
        yield tg


@pytest.fixture
def twogether(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str, telegram: Telegram
) -> Twogether:
    """Runs a command in a thread of its own, as if it were the whole program."""
    monkeypatch.setattr(log, "configure", lambda *_: None)  # the tests keep their log
    for name, value in {
        "DATABASE_URL": database_url,
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "RASA_URL": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(f"TWOGETHER_{name}", value)

    async def run(*words: str, **environment: str) -> Said:
        with monkeypatch.context() as here:
            for name, value in environment.items():
                here.setenv(f"TWOGETHER_{name}", value)
            here.setattr(sys, "argv", ["twogether", *words])
            capsys.readouterr()
            code = await asyncio.to_thread(_run)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Said(code, out, err)

    return run


def _run() -> int:
    try:
        cli.main()
    except SystemExit as over:
        return int(over.code or 0)
    return 0


@pytest.fixture
async def opened(database_url: str, twogether: Twogether) -> AsyncIterator[Database]:
    """The database after `twogether migrate`."""
    assert (await twogether("migrate")).code == 0
    database = Database(database_url)
    yield database
    await database.close()


async def test_migrate_makes_everything_and_twice_is_harmless(twogether: Twogether) -> None:
    assert await twogether("migrate") == Said(0, "The database is up to date. 3 clusters added.\n", "")
    assert await twogether("migrate") == Said(0, "The database is up to date. 0 clusters added.\n", "")


async def test_an_invitation_is_a_link_to_the_bot(twogether: Twogether, opened: Database, telegram: Telegram) -> None:
    said = await twogether("invite", "coordinator", "--cluster", "emilia-food")
    assert said.code == 0
    assert said.out.startswith(f"https://t.me/{telegram.bot['username']}?start=")
    token = said.out.strip().partition("?start=")[2]
    assert 20 < len(token) <= 64, "as long as a start payload may be"
    async with opened.read() as session:
        (kept,) = (await session.scalars(select(Invitation))).all()
        cluster = await db.clusters.by_slug(session, "emilia-food")
    assert cluster is not None
    assert kept.cluster_id == cluster.id
    assert (kept.expires_at - kept.created_at).days == 7


async def test_a_cluster_that_does_not_exist(twogether: Twogether, opened: Database) -> None:
    for command in (("invite", "coordinator"), ("match",), ("announce", "--text", "it=Ciao")):
        said = await twogether(*command, "--cluster", "nowhere")
        assert said.code == 2
        assert said.err.startswith("There is no cluster 'nowhere'. There are: emilia-food, ")


async def a_pair(database: Database) -> None:
    async with database.begin() as session:
        cluster = await db.clusters.by_slug(session, "emilia-food")
        assert cluster is not None
        for role, name in (("worker", "Marco"), ("trainer", "Aisha")):
            facts = {"times": SIX_WEEKDAY_PARTS, "age_band": "50-59" if role == "worker" else "22-24"}
            session.add(person(role, name, cluster.id, language="it", **facts))


async def how_many(database: Database, *tables: type) -> list[int]:
    async with database.read() as session:
        return [len((await session.scalars(select(table))).all()) for table in tables]


async def test_a_dry_run_of_matching_changes_nothing(twogether: Twogether, opened: Database) -> None:
    await a_pair(opened)
    said = await twogether("match", "--cluster", "emilia-food", "--dry-run")
    assert said == Said(0, "1 pairs would get an offer; 0 workers would stay without.\n  IT: 1 pairs\n", "")
    assert await how_many(opened, Round, Match, OutboxRow) == [0, 0, 0]
    said = await twogether("match", "--cluster", "emilia-food")
    assert said == Said(0, "1 pairs got an offer; 0 workers stay without.\n", "")
    assert await how_many(opened, Round, Match, OutboxRow) == [1, 1, 2]


async def test_a_dry_run_of_an_announcement_sends_nothing(twogether: Twogether, opened: Database) -> None:
    await a_pair(opened)
    command = ("announce", "--cluster", "emilia-food", "--text", "it=Buongiorno a tutti")
    said = await twogether(*command, "--audience", "role=worker", "--dry-run")
    lines = said.out.splitlines()
    assert (said.code, said.err, lines[0]) == (0, "", "1 worker (Emilia-Romagna, food and crafts): 1 it.")
    assert lines[2:7] == [
        "--- it",
        "Un messaggio da Emilia-Romagna, alimentare e artigianato:",
        "",
        "Buongiorno a tutti",
        "[Basta avvisi]",
    ]
    assert "the last one has it at 20" in lines[-1]
    assert await how_many(opened, OutboxRow) == [0]
    said = await twogether(*command, "--audience", "role=all", "--yes")
    assert (said.code, said.out.splitlines()[-1]) == (0, "It is on its way to 2 people.")
    assert await how_many(opened, OutboxRow) == [2]
    async with opened.read() as session:
        states = [one.state for one in await session.scalars(select(Announcement).order_by(Announcement.id))]
    assert states == ["cancelled", "sending"]


async def test_a_script_puts_an_announcement_down(twogether: Twogether, opened: Database) -> None:
    await a_pair(opened)
    soon = (datetime.now(UTC) + timedelta(days=40)).date()
    command = ("announce", "--cluster", "emilia-food", "--audience", "role=all", "--text", "it=Buongiorno")
    said = await twogether(*command, "--at", f"{soon}T09:00", "--every", "month", "--dry-run")
    assert f"It begins at {soon}" in said.out
    assert "own clock), then every month." in said.out
    said = await twogether(*command, "--at", f"{soon}T09:00 Europe/Rome", "--every", "week", "--yes")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-1].startswith(f"It is put down, and begins at {soon}")
    assert await how_many(opened, OutboxRow) == [0]
    async with opened.read() as session:
        one = (await session.scalars(select(Announcement).order_by(Announcement.id.desc()).limit(1))).one()
    assert (one.state, one.wall_at, one.every) == ("scheduled", "", "week")


async def test_a_script_is_held_to_the_limit_and_to_four_eyes(twogether: Twogether, opened: Database) -> None:
    await a_pair(opened)
    command = ("announce", "--cluster", "emilia-food", "--audience", "role=all", "--text", "it=Buongiorno", "--yes")
    for facts, says in (
        ({"announcements_a_day": 0}, "Announcements are switched off for Emilia-Romagna"),
        ({"announcements_a_day": 5, "four_eyes_above": 1}, "This goes to so many people that a second coordinator"),
    ):
        async with opened.begin() as session:
            cluster = await db.clusters.by_slug(session, "emilia-food")
            for name, value in facts.items():
                setattr(cluster, name, value)
        said = await twogether(*command)
        assert (said.code, said.err.startswith(says)) == (2, True)
    async with opened.read() as session:
        states = [one.state for one in await session.scalars(select(Announcement))]
    assert states == ["cancelled", "cancelled"]


NO_ANNOUNCEMENTS = {
    ("--text", "it=Ciao", "--audience", "role=all", "--at", "soon"): "--at looks like 2026-12-01T09:00",
    ("--text", "it=Ciao", "--audience", "role=all", "--at", "2020-01-01T09:00"): "--at '2020-01-01T09:00' is over",
    ("--text", "it=Ciao", "--audience", "role=all", "--at", "2030-01-01T09:00 Mars/North"): "--at names no time zone",
    ("--text", "it=Ciao", "--audience", "role=all", "--every", "day"): "--every is week or month, not 'day'.",
    ("--text", "Ciao"): "--text 'Ciao' must look like it='…' with one of en, it, de, es.",
    ("--text", "fr=Salut"): "--text 'fr=Salut' must look like it='…' with one of en, it, de, es.",
    ("--text", "it= "): "--text 'it= ' must look like",
    ("--text", "it=Ciao", "--audience", "colour=red"): "an audience looks like role=worker country=IT",
    ("--text", "it=Ciao", "--audience", "sector=zoo"): "sector is bakery, ",
    ("--text", "it=Ciao", "--audience", "silent=0"): "silent is a number of days from 1 to 3650, or all, not '0'",
    ("--text", "it=Ciao", "--audience", "finished=77"): "finished is 1, 2, 3, ",
    ("--text", "it=Ciao", "--audience", "role=trainer finished=8"): "trainers have no module 8.",
    ("--text", "it=Ciao", "--audience", "cluster=north"): "cluster is emilia-food, andalucia-tourism, ",
    ("--text", "it=Ciao"): "say who it is for, e.g. role=worker country=IT, or role=all for everyone",
}


async def test_an_announcement_that_is_none(twogether: Twogether, opened: Database) -> None:
    for words, says in NO_ANNOUNCEMENTS.items():
        said = await twogether("announce", "--cluster", "emilia-food", *words)
        assert said.code == 2
        assert said.err.startswith(says)
        assert len(said.err.strip().splitlines()) == 1
    assert await how_many(opened, Announcement) == [0]


async def test_check_names_what_is_wrong_with_the_lessons(twogether: Twogether, tmp_path: Path) -> None:
    said = await twogether("check")
    in_order, _, table = said.out.partition("\n\n")
    assert (said.code, in_order, said.err) == (0, "The curriculum is in order.", "")
    assert [line.split()[:2] for line in table.splitlines()[1:]] == [[one, "62"] for one in ("en", "it", "de", "es")]
    broken = Path(shutil.copytree(Settings().curriculum, tmp_path / "curriculum"))
    gone = next(broken.glob("worker/*/*/de.md"))
    gone.unlink()
    said = await twogether("check", CURRICULUM=str(broken))
    assert said.code == 1
    assert str(gone.relative_to(broken)) in said.out
    assert ["de", "61"] in [line.split()[:2] for line in said.out.splitlines()], "the table is there all the same"
    assert (await twogether("check", CURRICULUM=str(tmp_path / "nowhere"))).code == 1


async def test_lessons_go_to_translators_and_back(twogether: Twogether, tmp_path: Path) -> None:
    ours = Path(shutil.copytree(Settings().curriculum, tmp_path / "curriculum"))
    out = ("curriculum", "export", "--language", "it", "--out", str(tmp_path / "po"))
    said = await twogether(*out, CURRICULUM=str(ours))
    assert said == Said(0, f"62 files are in {tmp_path / 'po'}.\n", "")
    said = await twogether(*out, CURRICULUM=str(ours))
    assert said.code == 2
    assert "is there already" in said.err
    file = next(file for file in sorted((tmp_path / "po").iterdir()) if "#, fuzzy" not in file.read_text())
    said = await twogether("curriculum", "import", str(file), CURRICULUM=str(ours))
    assert (said.code, said.err) == (0, "")
    assert said.out.endswith("/it.md: nothing changed.\n")
    file.write_text("Buongiorno")
    said = await twogether("curriculum", "import", str(file), CURRICULUM=str(ours))
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith("look for a missing quotation mark. Nothing was changed.\n")
    (next(ours.glob("worker/*/*/lesson.yml"))).write_text("?")
    said = await twogether(*out[:-1], str(tmp_path / "again"), CURRICULUM=str(ours))
    assert "cannot be read: 1 lessons" in said.out


async def test_the_doctor_says_what_is_wrong(twogether: Twogether, opened: Database, telegram: Telegram) -> None:
    said = await twogether("doctor")
    assert said.code == 1, "there is no Rasa at that address"
    assert "ok    The database answers." in said.out
    assert f"ok    Telegram knows us as @{telegram.bot['username']}." in said.out
    assert "BAD   Rasa" in said.out


async def test_the_doctor_finds_nothing(twogether: Twogether, opened: Database) -> None:
    """With all that the bot needs, the exit code says so to a script."""

    async def status(_request: web.Request) -> web.Response:
        return web.json_response({"model_file": "models/x.tar.gz"})

    app = web.Application()
    app.router.add_get("/status", status)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    said = await twogether("doctor", RASA_URL=f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()
    assert (said.code, said.err) == (0, "")
    assert "BAD" not in said.out


WRONG_SETTINGS: tuple[tuple[tuple[str, ...], dict[str, str], str], ...] = (
    (("migrate",), {"PORT": "many"}, "TWOGETHER_PORT is not usable: "),
    (("migrate",), {"DATABASE_URL": "mysql://x/y"}, "TWOGETHER_DATABASE_URL is not usable: "),
    (("migrate",), {"DATABASE_URL": "sqlite"}, "The database cannot be used ("),
    (("migrate",), {"DATABASE_URL": "sqlite:////proc/nowhere/x.db"}, "The database cannot be used ("),
    (("run",), {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x"}, "The database cannot be used ("),
    (("run",), {"DATABASE_URL": "sqlite"}, "The database cannot be used ("),
    (("run",), {"DATABASE_URL": "sqlite:////proc/nowhere/x.db"}, "The database cannot be used ("),
    (("match", "--cluster", "x"), {"DATABASE_URL": "postgresql://h:port/x"}, "The database cannot be used ("),
    (("run",), {"TELEGRAM_TOKEN": ""}, "TWOGETHER_TELEGRAM_TOKEN is not set: "),
    (("run",), {"TELEGRAM_WEBHOOK_URL": "https://x.example"}, "TWOGETHER_TELEGRAM_WEBHOOK_SECRET is not set: "),
    (("invite", "coordinator", "--cluster", "x"), {"TELEGRAM_TOKEN": ""}, "TWOGETHER_TELEGRAM_TOKEN is not set: "),
    (("doctor",), {"QUIET_HOURS": "never"}, "TWOGETHER_QUIET_HOURS is not usable: "),
)


async def test_wrong_settings_are_one_sentence(twogether: Twogether) -> None:
    for command, environment, says in WRONG_SETTINGS:
        said = await twogether(*command, **environment)
        assert said.code == 2
        assert said.out == ""
        assert said.err.startswith(says)
        assert len(said.err.strip().splitlines()) == 1


async def test_a_token_that_telegram_refuses(twogether: Twogether, opened: Database) -> None:
    said = await twogether("run", TELEGRAM_TOKEN="2:WRONG", RASA_URL="http://127.0.0.1:1", PORT="0", ACTIONS_PORT="0")
    assert said.code == 2
    assert said.err.endswith("TWOGETHER_TELEGRAM_TOKEN was refused by Telegram: check it with BotFather.\n")
    said = await twogether("invite", "coordinator", "--cluster", "emilia-food", TELEGRAM_TOKEN="2:WRONG")
    assert said.code == 2
    assert said.err.startswith("Telegram did not tell the bot's name")
