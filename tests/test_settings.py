"""The environment: what is read, and the one sentence a wrong value gets."""

import os
from datetime import time
from pathlib import Path

import pytest

from bot import settings
from bot.errors import Misconfigured

ENVIRONMENT = "TWOGETHER_"


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing set by whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith(ENVIRONMENT)]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "abc", "TWOGETHER_PORT is not usable: "),
        ("PORT", "70000", "TWOGETHER_PORT is not usable: "),
        ("ACTIONS_PORT", "-1", "TWOGETHER_ACTIONS_PORT is not usable: "),
        ("SEND_RATE", "0", "TWOGETHER_SEND_RATE is not usable: "),
        ("SEND_RATE", "nan", "TWOGETHER_SEND_RATE is not usable: "),
        ("CLOCK", "fast", "TWOGETHER_CLOCK is not usable: "),
        ("LOG_LEVEL", "loud", "TWOGETHER_LOG_LEVEL is not usable: "),
        ("QUIET_HOURS", "night", "TWOGETHER_QUIET_HOURS is not usable: quiet hours look like 21:00-08:00"),
        ("QUIET_HOURS", "25:00-08:00", "TWOGETHER_QUIET_HOURS is not usable: "),
        ("DATABASE_URL", "mysql://x/y", "TWOGETHER_DATABASE_URL is not usable: must be SQLite or PostgreSQL"),
        ("TELEGRAM_API_URL", "localhost:8081", "TWOGETHER_TELEGRAM_API_URL is not usable: must be a web address"),
        ("TELEGRAM_API_URL", "http://[", "TWOGETHER_TELEGRAM_API_URL is not usable: "),
        ("RASA_URL", "ftp://x", "TWOGETHER_RASA_URL is not usable: must be a web address"),
        ("MEETING_URL", "meet", "TWOGETHER_MEETING_URL is not usable: must be a web address"),
        ("PUBLIC_URL", "two.example", "TWOGETHER_PUBLIC_URL is not usable: must be a web address"),
        ("ACTIONS_HOST", "0.0.0.0", "TWOGETHER_RASA_TOKEN is not set: "),
        ("TELEGRAM_WEBHOOK_URL", "https://x.example/hook", "TWOGETHER_TELEGRAM_WEBHOOK_SECRET is not set"),
    ],
)
def test_a_wrong_value_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    monkeypatch.setenv(ENVIRONMENT + name, value)
    with pytest.raises(Misconfigured) as caught:
        settings.load()
    sentence = str(caught.value)
    assert sentence.startswith(says)
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_without_any_variable_it_stands_on_its_own() -> None:
    chosen = settings.load()
    assert chosen.database_url.startswith("sqlite:///")
    assert (chosen.host, chosen.port, chosen.clock) == ("127.0.0.1", 8080, "real")
    assert (chosen.quiet.start, chosen.quiet.end) == (time(21), time(8))
    assert chosen.curriculum.is_dir()
    with pytest.raises(Misconfigured, match="TWOGETHER_TELEGRAM_TOKEN is not set"):
        _ = chosen.token


def test_what_is_empty_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "TELEGRAM_TOKEN", "RASA_URL", "DATABASE_URL"):
        monkeypatch.setenv(ENVIRONMENT + name, "")
    chosen = settings.load()
    assert (chosen.port, chosen.telegram_token, chosen.rasa_url) == (8080, None, None)


def test_what_is_set_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "TELEGRAM_TOKEN": "1:SECRET",
        "TELEGRAM_API_URL": "http://127.0.0.1:8081/",
        "DATABASE_URL": "postgres://me@host/twogether",
        "QUIET_HOURS": " 22:30 - 7:00 ",
        "CURRICULUM": str(tmp_path),
    }.items():
        monkeypatch.setenv(ENVIRONMENT + name, value)
    chosen = settings.load()
    assert chosen.token == "1:SECRET"
    assert "SECRET" not in repr(chosen)
    assert chosen.telegram_api_url == "http://127.0.0.1:8081", "the token's path is appended"
    assert chosen.database_url == "postgresql://me@host/twogether"
    assert (chosen.quiet.start, chosen.quiet.end) == (time(22, 30), time(7))
    assert chosen.curriculum == tmp_path
