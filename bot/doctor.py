"""What a technician wants to know when something is wrong, and what to do about it.

    for finding in await examine(settings):
        print(finding.state, finding.what, finding.remedy)

Every check stands alone: one that fails, or that nobody foresaw, is a finding and not the end.
"""

import re
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

import aiohttp

import db.health
import db.inbox
import db.migrate
from bot.channels.telegram.check import Look, look
from bot.clock import Clock
from bot.log import summary
from bot.settings import ROOT, Settings
from db.engine import Database
from db.health import sqlite_file

STUCK_AFTER = timedelta(minutes=5)
SKEW_WARN, SKEW_BAD = timedelta(seconds=10), timedelta(minutes=2)
DISK_WARN, DISK_BAD = 1_000_000_000, 100_000_000  # bytes
RASA_TIMEOUT_S = 5.0

type State = Literal["ok", "warn", "bad"]
type Check = Callable[["Patient"], AsyncIterator["Finding"]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` says what to do; it is empty when all is well."""

    what: str
    state: State
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined, and the folders it lives in."""

    settings: Settings
    now: Callable[[], datetime]
    models: Path
    rasa_python: Path


async def examine(
    settings: Settings,
    *,
    models: Path = ROOT / "models",
    rasa_python: Path = ROOT / ".venv-rasa" / "bin" / "python",
) -> list[Finding]:
    """Look at everything once. Never raises; changes nothing; takes half a minute at worst."""
    patient = Patient(settings, Clock().now, models, rasa_python)
    findings: list[Finding] = []
    for name, check in CHECKS.items():
        try:
            findings += [finding async for finding in check(patient)]
        except Exception as error:
            findings.append(Finding(f"{name}: {summary(error)}", "bad", "Please report this line."))
    return findings


async def _environment(patient: Patient) -> AsyncIterator[Finding]:
    settings = patient.settings
    wrong: list[Finding] = []
    telegram_is_real = urlsplit(settings.telegram_api_url).hostname == "api.telegram.org"
    if settings.clock == "simulated" and telegram_is_real:
        wrong.append(
            Finding(
                "The clock is simulated, and Telegram is the real one.",
                "bad",
                "Unset TWOGETHER_CLOCK: with it reminders come at the wrong time.",
            )
        )
    secret = settings.telegram_webhook_secret
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret.get_secret_value()):
        wrong.append(
            Finding(
                "Telegram will not accept the webhook's secret.",
                "bad",
                "Set TWOGETHER_TELEGRAM_WEBHOOK_SECRET to 1-256 letters, digits, _ and -.",
            )
        )
    elif secret and len(secret.get_secret_value()) < 16:
        wrong.append(
            Finding(
                "The webhook's secret is short enough to be guessed.",
                "warn",
                "Set TWOGETHER_TELEGRAM_WEBHOOK_SECRET to 32 random characters.",
            )
        )
    if (url := settings.telegram_webhook_url) and telegram_is_real and not url.startswith("https://"):
        wrong.append(
            Finding(
                "The webhook's address is not https.",
                "bad",
                "Telegram only calls https: put a certificate before it, or unset TWOGETHER_TELEGRAM_WEBHOOK_URL.",
            )
        )
    if telegram_is_real and settings.public_url is None:
        wrong.append(
            Finding(
                f"Certificates will say that {settings.public_address} confirms them, which nobody else can open.",
                "warn",
                "Set TWOGETHER_PUBLIC_URL to the address under which browsers find this app.",
            )
        )
    if not settings.curriculum.is_dir():
        wrong.append(
            Finding(
                f"There are no lessons in {settings.curriculum}.",
                "bad",
                "Point TWOGETHER_CURRICULUM to the folder with the lessons.",
            )
        )
    for finding in wrong:
        yield finding
    if not wrong:
        yield Finding("The settings are usable.", "ok")


async def _disk(patient: Patient) -> AsyncIterator[Finding]:
    file = sqlite_file(patient.settings.database_url)
    folder = file.parent.resolve() if file else ROOT
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    state: State = "bad" if free < DISK_BAD else "warn" if free < DISK_WARN else "ok"
    remedy = "" if state == "ok" else "Make room: with a full disk nothing that is said can be kept."
    yield Finding(f"{free / 1e9:.1f} GB of disk are free.", state, remedy)


async def _database(patient: Patient) -> AsyncIterator[Finding]:
    url = patient.settings.database_url
    file = sqlite_file(url)
    if file and not file.exists():
        yield Finding("There is no database yet.", "bad", "Run `twogether migrate`.")
        return
    try:
        current = await db.migrate.current(url)
    except Exception as error:
        yield Finding(
            f"The database does not answer: {summary(error)}",
            "bad",
            "Check TWOGETHER_DATABASE_URL, and that the database server runs.",
        )
        return
    yield Finding("The database answers.", "ok")
    head = db.migrate.head()
    if current != head:
        yield Finding(
            f"The database is at {current or 'nothing'}, this program needs {head}.",
            "bad",
            "Make a backup, then run `twogether migrate`.",
        )
        return
    yield Finding(f"The database is at {head}, as it should be.", "ok")
    async for finding in _queues(patient):
        yield finding


async def _queues(patient: Patient) -> AsyncIterator[Finding]:
    now = patient.now()
    database = Database(patient.settings.database_url, pool_size=1)
    try:
        async with database.read() as session:
            overdue = await db.health.overdue(session, now - STUCK_AFTER)
            oldest = await db.inbox.oldest_pending(session)
            set_aside = await db.health.set_aside(session)
            uncertain = await db.health.uncertain_announcements(session)
    finally:
        await database.close()
    if overdue:
        yield Finding(
            f"{overdue} messages should have left more than five minutes ago.",
            "bad",
            "Is the program running (`twogether run`), and can it reach Telegram? Its log names what it is told.",
        )
    if oldest and now - oldest > STUCK_AFTER:
        minutes = int((now - oldest).total_seconds() // 60)
        yield Finding(
            f"Something said {minutes} minutes ago has had no answer yet.",
            "bad",
            "Is the program running? A start takes up what was left.",
        )
    if set_aside:
        yield Finding(
            f"{set_aside} updates failed three times and were set aside.",
            "warn",
            "Look for turn.failed in the log, by inbox id, and report it; the people have been told.",
        )
    if uncertain:
        yield Finding(
            f"Of {uncertain} messages of announcements nobody can say whether they arrived.",
            "warn",
            "The coordinator sees them in the receipt; they are never sent twice by themselves.",
        )
    if not (overdue or set_aside or uncertain) and not (oldest and now - oldest > STUCK_AFTER):
        yield Finding("Nothing is stuck.", "ok")


async def _telegram(patient: Patient) -> AsyncIterator[Finding]:
    settings = patient.settings
    if settings.telegram_token is None:
        yield Finding(
            "There is no Telegram token.",
            "bad",
            "Create a bot with BotFather and put its token into TWOGETHER_TELEGRAM_TOKEN.",
        )
        return
    before = patient.now()
    seen = await look(settings.token, settings.telegram_api_url)
    between = before + (patient.now() - before) / 2
    match seen.answer:
        case "ok":
            yield Finding(f"Telegram knows us as @{seen.username}.", "ok")
        case "refused":
            yield Finding(
                "Telegram does not accept the token.",
                "bad",
                "Copy it from BotFather again into TWOGETHER_TELEGRAM_TOKEN, whole and without spaces.",
            )
        case "unreachable":
            yield Finding(
                f"Telegram cannot be reached: {seen.why}.",
                "bad",
                "Check the network and TWOGETHER_TELEGRAM_API_URL.",
            )
    if (finding := _skew(seen, between)) is not None:
        yield finding


def _skew(seen: Look, ours: datetime) -> Finding | None:
    """How far our clock is from Telegram's, whose Date header has whole seconds."""
    if seen.time is None:
        return None
    apart = abs(ours - seen.time)
    if apart < SKEW_WARN:
        return Finding("The clock is right.", "ok")
    return Finding(
        f"The clock is {apart.total_seconds():.0f} seconds away from Telegram's.",
        "bad" if apart >= SKEW_BAD else "warn",
        "Let the machine set its clock by NTP: reminders go by it.",
    )


async def _rasa(patient: Patient) -> AsyncIterator[Finding]:
    if patient.settings.rasa_url is None:
        yield _own_rasa(patient)
        return
    token = patient.settings.rasa_token
    arguments = {"token": token.get_secret_value()} if token else {}
    timeout = aiohttp.ClientTimeout(total=RASA_TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.get(f"{patient.settings.rasa_url}/status", params=arguments) as answer,
        ):
            yield _status(answer.status, await answer.json(content_type=None))
    except (aiohttp.ClientError, OSError, ValueError) as error:
        yield Finding(
            f"Rasa does not answer: {type(error).__name__}.",
            "bad",
            "Start it, or correct TWOGETHER_RASA_URL. Until then buttons work and typed words do not.",
        )


def _own_rasa(patient: Patient) -> Finding:
    if not any(patient.models.glob("*.tar.gz")):
        return Finding("There is no trained model.", "bad", "Run `twogether train`.")
    if not patient.rasa_python.exists():
        return Finding("Rasa is not installed.", "bad", "Run `make` once, or set TWOGETHER_RASA_URL.")
    return Finding("Rasa is installed, and a model is trained.", "ok")


def _status(status: int, said: Any) -> Finding:
    if status in (401, 403):
        return Finding("Rasa does not accept the token.", "bad", "Correct TWOGETHER_RASA_TOKEN.")
    facts = cast(dict[str, Any], said) if isinstance(said, dict) else {}
    if status == 409 or (status == 200 and not facts.get("model_file")):
        return Finding("Rasa runs without a model.", "bad", "Run `twogether train` and restart Rasa.")
    if status != 200:
        return Finding(f"Rasa answers {status}.", "bad", "Look into Rasa's log.")
    return Finding("Rasa answers, with a model.", "ok")


CHECKS: dict[str, Check] = {
    "environment": _environment,
    "disk": _disk,
    "database": _database,
    "telegram": _telegram,
    "rasa": _rasa,
}
