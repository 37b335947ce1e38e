"""What is private does not reach the log, whoever writes it."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from bot.log import CHATTY, PRIVATE, configure, mask, summary
from bot.messages import Incoming

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw_"


@dataclass
class Log:
    stream: StringIO

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def text(self) -> str:
        return self.stream.getvalue()


@pytest.fixture
def log() -> Iterator[Log]:
    """The log as the program sets it up, JSON, in memory; afterwards all is as it was."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = StringIO()
    configure("debug", stream)
    yield Log(stream)
    root.handlers[:], root.level = before
    logging.captureWarnings(False)
    structlog.reset_defaults()
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_a_line_is_json_with_time_level_and_ids(log: Log) -> None:
    structlog.get_logger("bot.turn").info("turn.done", person=7, seconds=0.5, at_night=False)
    (line,) = log.lines()
    moment = datetime.fromisoformat(line.pop("at"))
    assert moment.tzinfo == UTC
    assert line == {
        "event": "turn.done",
        "level": "info",
        "logger": "bot.turn",
        "person": 7,
        "seconds": 0.5,
        "at_night": False,
    }


@pytest.mark.parametrize("key", ["text", "name", "first_name", "payload"])
def test_private_keys_never_pass(log: Log, key: str) -> None:
    structlog.get_logger().warning("x", **{key: "Marco", "deep": [{key: "Marco", "id": 1}]})
    logging.getLogger("other").warning("x", extra={key if key != "name" else "text": "Marco"})
    assert "Marco" not in log.text()
    assert log.lines()[0]["deep"] == [{"id": 1}]
    assert key in PRIVATE


def test_objects_show_their_type_only(log: Log) -> None:
    structlog.get_logger().info("x", incoming_row=Incoming("words", "42", text="my secret"), who={"Marco": b"Marco"})
    (line,) = log.lines()
    assert line["incoming_row"] == "<Incoming>"
    assert "my secret" not in log.text()
    assert line["who"] == {"Marco": "<bytes>"}


def test_tokens_are_masked_wherever_they_stand(log: Log) -> None:
    url = f"https://api.telegram.org/bot{TOKEN}/sendMessage"
    structlog.get_logger().info(f"calling {url}", url=url, **{f"k{TOKEN}": 1}, inner=[url.replace(":A", "%3AA")])
    logging.getLogger("telegram.ext").warning("POST %s failed", url)
    logging.getLogger("uvicorn.error").warning("GET %s", url)
    try:
        try:
            raise ConnectionError(f"cannot reach {url}")
        except ConnectionError as error:
            raise RuntimeError(f"no luck with '{TOKEN}' at {url}") from error
    except RuntimeError:
        structlog.get_logger().exception("send.failed")
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    assert len(log.lines()) == 5
    assert TOKEN[10:] not in log.text()
    assert "AAHdqTcvCH1" not in log.text()
    assert "cannot reach https://api.telegram.org/bot<hidden>/sendMessage" in log.lines()[-1]["exception"]
    assert "caused by" in log.lines()[-2]["exception"]


def test_passwords_are_masked() -> None:
    assert mask("postgresql://bot:s3cret@db/two") == "postgresql://bot:<hidden>@db/two"
    assert mask("GET /status?token=abc&x=1") == "GET /status?token=<hidden>&x=1"
    assert mask("host=db password=s3cret user=bot") == "host=db password=<hidden> user=bot"
    assert mask("at 12:30, row 17:ok") == "at 12:30, row 17:ok"


def test_an_exception_is_told_without_the_values_in_it(log: Log) -> None:
    said = "Marco Rossi, 58"
    try:
        int(said)
    except ValueError:
        structlog.get_logger().exception("turn.failed", inbox=3)
    (line,) = log.lines()
    assert "Marco" not in log.text()
    assert "ValueError: invalid literal for int() with base 10: …" in line["exception"]
    assert "test_log.py" in line["exception"]
    assert line["inbox"] == 3


def test_a_database_error_is_told_without_its_row() -> None:
    original = Exception(
        'duplicate key value violates unique constraint "uq_people"\n'
        "DETAIL:  Key (channel, name)=(telegram, Marco) already exists."
    )
    told = summary(IntegrityError("INSERT INTO people (name) VALUES (?)", ("Marco", "payload"), original))
    assert "Marco" not in told
    assert "INSERT" not in told
    assert told.startswith("IntegrityError: (builtins.Exception) duplicate key value")


def test_a_group_of_exceptions_is_told_whole() -> None:
    told = summary(ExceptionGroup("two", [ValueError("no 'Marco' here"), OSError("disk full")]))
    assert told == "ExceptionGroup: ValueError: no … here; OSError: disk full"


def test_lost_tasks_do_not_show_what_they_raised(log: Log) -> None:
    logging.getLogger("asyncio").error("lost\nfuture: <Task name='t' exception=ValueError('Marco')>")
    assert "exception=ValueError" in log.text()
    assert "Marco" not in log.text()


def test_chatty_libraries_write_warnings_only(log: Log) -> None:
    for name in ("httpx", "telegram.ext.updater", "sqlalchemy.engine", "aiohttp.access", "apscheduler.scheduler"):
        logging.getLogger(name).info("Marco said hello")
        logging.getLogger(name).warning("careful")
    assert [line["event"] for line in log.lines()] == ["careful"] * 5


def test_the_level_is_obeyed_by_all(log: Log) -> None:
    configure("warning", log.stream)
    structlog.get_logger().info("quiet")
    logging.getLogger("bot").info("quiet")
    logging.getLogger("uvicorn.error").info("quiet")
    structlog.get_logger().warning("loud")
    assert [line["event"] for line in log.lines()] == ["loud"]


def test_half_an_emoji_does_not_break_the_log(log: Log) -> None:
    structlog.get_logger().info("odd", why="\ud83d", ratio=float("nan"))
    assert log.lines()[0]["why"] == "\ud83d"


def test_a_terminal_gets_readable_lines() -> None:
    stream = StringIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    configure("info", stream, as_json=False)
    structlog.get_logger().info("turn.done", person=7, text="Marco")
    logging.getLogger().handlers[:], logging.getLogger().level = before
    structlog.reset_defaults()
    assert "turn.done" in stream.getvalue()
    assert "person=7" in stream.getvalue()
    assert "Marco" not in stream.getvalue()


@given(
    st.text(max_size=20),
    st.integers(0, 10**12),
    st.from_regex(r"[A-Za-z0-9_-]{35}", fullmatch=True),
    st.text(max_size=20),
)
def test_no_token_survives(before: str, number: int, secret: str, after: str) -> None:
    assert secret not in mask(f"{before}{number}:{secret}{after}")
