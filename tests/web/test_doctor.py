"""The doctor finds what is wrong, says what to do, and never falls ill itself."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import insert

import db.inbox
import db.migrate
import db.outbox
from bot.channels.telegram.check import look
from bot.doctor import Finding, examine
from bot.settings import Settings
from db.announcements import Announcement
from db.clusters import Cluster
from db.engine import Database
from db.inbox import InboxRow, Received
from tests.web.conftest import somebody

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw_"


class World:
    """Telegram and Rasa as they answer in one test."""

    def __init__(self) -> None:
        self.apart = timedelta(0)
        self.telegram: tuple[int, Any] = (200, {"ok": True, "result": {"id": 1, "username": "two_bot"}})
        self.rasa: tuple[int, Any] = (200, {"model_file": "models/x.tar.gz"})
        self.asked: list[str] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        status, body = self.rasa if request.path == "/status" else self.telegram
        date = format_datetime(datetime.now(UTC) + self.apart, usegmt=True)
        if isinstance(body, str):
            return web.Response(text=body, status=status, headers={"Date": date})
        return web.json_response(body, status=status, headers={"Date": date})


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = str(runner.addresses[0][0]) and f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
def settings(world: World, database_url: str) -> Settings:
    return Settings(
        telegram_token=SecretStr(TOKEN), telegram_api_url=world.url, database_url=database_url, rasa_url=world.url
    )


def wrong(findings: list[Finding]) -> list[str]:
    """What is not well; and everything that is not well has a remedy, everything else none."""
    assert all(bool(finding.remedy) == (finding.state != "ok") for finding in findings)
    return [f"{finding.state}: {finding.what}" for finding in findings if finding.state != "ok"]


async def test_all_is_well(settings: Settings, world: World) -> None:
    database = Database(settings.database_url)
    await database.close()
    findings = await examine(settings)
    assert wrong([f for f in findings if "disk" not in f.what]) == []
    assert [finding.what for finding in findings if "disk" not in finding.what] == [
        "The settings are usable.",
        "The database answers.",
        f"The database is at {db.migrate.head()}, as it should be.",
        "Nothing is stuck.",
        "Telegram knows us as @two_bot.",
        "The clock is right.",
        "Rasa answers, with a model.",
    ]
    assert f"/bot{TOKEN}/getMe" in world.asked


async def test_what_is_stuck_is_named(settings: Settings) -> None:
    database = Database(settings.database_url)
    long_ago = datetime.now(UTC) - timedelta(minutes=30)
    person = await somebody(database)
    async with database.begin() as session:
        cluster = Cluster(slug="c", name="C", countries=[], sectors=[], languages=[], zone="UTC")
        session.add(cluster)
        await session.flush()
        announcement = Announcement(
            cluster_id=cluster.id, audience={}, texts={}, state="sending", created_at=long_ago, receipt={}
        )
        session.add(announcement)
        await session.flush()
        row = {"person_id": person, "address": "42", "payload": {}, "due_at": long_ago, "created_at": long_ago}
        await db.outbox.put(session, [row | {"dedupe_key": "a", "lane": 0, "announcement_id": None}])
        uncertain = {"dedupe_key": "b", "lane": 3, "state": "uncertain", "announcement_id": announcement.id}
        await db.outbox.put(session, [row | uncertain])
        await db.inbox.put(session, "telegram", [Received(1, "42", {})], long_ago)
        await session.execute(
            insert(InboxRow).values(
                channel="telegram",
                update_id=2,
                address="42",
                payload={},
                received_at=long_ago,
                state="set_aside",
                attempts=3,
            )
        )
    await database.close()
    assert [one for one in wrong(await examine(settings)) if "disk" not in one] == [
        "bad: 1 messages should have left more than five minutes ago.",
        "bad: Something said 30 minutes ago has had no answer yet.",
        "warn: 1 updates failed three times and were set aside.",
        "warn: Of 1 messages of announcements nobody can say whether they arrived.",
    ]


async def test_a_database_without_tables(settings: Settings, empty_database_url: str) -> None:
    found = wrong(await examine(settings.model_copy(update={"database_url": empty_database_url})))
    if empty_database_url.startswith("sqlite"):
        assert "bad: There is no database yet." in found
        assert not Path(empty_database_url.removeprefix("sqlite:///")).exists()
    else:
        assert f"bad: The database is at nothing, this program needs {db.migrate.head()}." in found


async def test_a_database_that_does_not_answer(world: World) -> None:
    away = Settings(database_url="postgresql://bot:s3cret@127.0.0.1:1/two", rasa_url=world.url)
    found = wrong(await examine(away))
    (line,) = [one for one in found if "The database does not answer" in one]
    assert "s3cret" not in line
    assert "bad: There is no Telegram token." in found


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, []), (-60, ["warn"]), (60, ["warn"]), (600, ["bad"]), (-86400, ["bad"])],
)
async def test_the_clock_is_compared(world: World, tmp_path: Path, seconds: int, expected: list[str]) -> None:
    world.apart = timedelta(seconds=seconds)
    settings = Settings(
        telegram_token=SecretStr(TOKEN),
        telegram_api_url=world.url,
        database_url=f"sqlite:///{tmp_path}/no.db",
        rasa_url=world.url,
    )
    clock = [one.partition(":")[0] for one in wrong(await examine(settings)) if "The clock is" in one]
    assert clock == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((401, {"ok": False, "error_code": 401}), "refused"),
        ((404, {"ok": False}), "refused"),
        ((502, "<html>"), "unreachable"),
        ((200, "<html>"), "unreachable"),
        ((200, {"ok": True}), "unreachable"),
        ((200, []), "unreachable"),
    ],
)
async def test_telegram_says_no(world: World, answer: tuple[int, Any], expected: str) -> None:
    world.telegram = answer
    seen = await look(TOKEN, world.url)
    assert seen.answer == expected
    assert TOKEN not in repr(seen)
    assert seen.time is not None


async def test_telegram_is_not_there() -> None:
    for url in ("http://127.0.0.1:1", "http://nowhere.invalid", "http://[broken"):
        seen = await look(TOKEN, url)
        assert seen.answer == "unreachable"
        assert TOKEN not in repr(seen)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((401, {"reason": "NotAuthenticated"}), "Rasa does not accept the token."),
        ((409, {"reason": "Conflict"}), "Rasa runs without a model."),
        ((200, {"model_file": None}), "Rasa runs without a model."),
        ((200, ["?"]), "Rasa runs without a model."),
        ((200, "<html>"), "Rasa does not answer: JSONDecodeError."),
        ((500, {}), "Rasa answers 500."),
    ],
)
async def test_rasa_elsewhere(world: World, tmp_path: Path, answer: tuple[int, Any], sentence: str) -> None:
    world.rasa = answer
    settings = Settings(database_url=f"sqlite:///{tmp_path}/no.db", rasa_url=world.url, rasa_token=SecretStr("abc"))
    assert f"bad: {sentence}" in wrong(await examine(settings))
    assert "/status?token=abc" in world.asked


async def test_rasa_of_our_own(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/no.db")
    python = tmp_path / "python"
    folders = {"models": tmp_path, "rasa_python": python}
    assert "bad: There is no trained model." in wrong(await examine(settings, **folders))
    (tmp_path / "1.tar.gz").touch()
    assert "bad: Rasa is not installed." in wrong(await examine(settings, **folders))
    python.touch()
    assert "Rasa is installed, and a model is trained." in [f.what for f in await examine(settings, **folders)]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"clock": "simulated"}, "The clock is simulated, and Telegram is the real one."),
        ({"telegram_webhook_secret": "has a space in it"}, "Telegram will not accept the webhook's secret."),
        ({"telegram_webhook_secret": "short"}, "The webhook's secret is short enough to be guessed."),
        ({"telegram_webhook_url": "http://example.org"}, "The webhook's address is not https."),
        ({"curriculum": "nowhere/at/all"}, "There are no lessons in nowhere/at/all."),
    ],
)
async def test_settings_that_cannot_work(tmp_path: Path, given: dict[str, str], sentence: str) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/no.db", **given)  # pyright: ignore
    assert sentence in " ".join(wrong(await examine(settings)))
