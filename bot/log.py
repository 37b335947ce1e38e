"""The log: one line an event, JSON when nobody sits before it. Ids, never names, texts or tokens.

Everything passes one filter at the very end, ours and the libraries': keys that hold what people are or say
are dropped, whatever looks like a token or a password is masked, and of a value that is no plain one only its
type is written. An exception is written with its frames and a message without the values quoted in it.
"""

import logging
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO, cast
from uuid import UUID

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_PERSONAL = ("name", "first_name", "last_name", "username", "phone", "email", "city")
_SAID = ("text", "caption", "message_text", "payload", "body", "answers", "incoming", "outgoing", "params")
_SECRET = ("token", "secret", "password")
PRIVATE = frozenset((*_PERSONAL, *_SAID, *_SECRET))
_WEB = ("aiohttp", "httpcore", "httpx", "sanic", "uvicorn")
_OTHERS = ("alembic", "apscheduler", "asyncio", "rasa_sdk", "sqlalchemy", "telegram")
CHATTY = (*_WEB, *_OTHERS)  # of these only warnings: they write whole updates at lower levels
HIDDEN = "<hidden>"
LONGEST_MESSAGE = 500

_TOKEN = re.compile(r"\d+(?::|%3[Aa])[A-Za-z0-9_-]{30,}")
_PASSWORD = re.compile(r"(?<=://)([^\s/:@]*):[^\s/@]+@")
_SECRET_ARGUMENT = re.compile(r"(?i)\b((?:token|secret|password|passwd|pwd)=)[^\s&;,'\"]+")
_PARAMETERS = re.compile(r"\[(?:SQL|parameters): .*", re.DOTALL)
_DETAIL = re.compile(r"(?m)^\s*(?:DETAIL|CONTEXT|HINT|LINE \d+):.*$")
_QUOTED = re.compile(r"""(?<!\w)'(?:[^'\\\n]|\\.|'(?=\w))*'(?!\w)|"(?:[^"\\\n]|\\.)*"|“[^”]*”|«[^»]*»""")
_IN_REPR = re.compile(r"\b(exception|result)=<?(\w+)\b.*", re.DOTALL)

type ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure(level: str = "info", stream: TextIO | None = None, as_json: bool | None = None) -> None:
    """Set up structlog and standard logging alike. May be called again; the last call counts.

    `level` is debug | info | warning | error. Without `as_json` a terminal gets readable lines, anything else JSON.
    """
    out = stream or sys.stderr
    json_lines = not out.isatty() if as_json is None else as_json
    rank = logging.getLevelNamesMapping()[level.upper()]
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                discreet,
                structlog.processors.JSONRenderer()
                if json_lines
                else structlog.dev.ConsoleRenderer(colors=out.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(rank)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", *CHATTY):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(max(rank, logging.WARNING) if name in CHATTY else logging.NOTSET)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(rank),
        cache_logger_on_first_use=False,
    )


def discreet(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The filter: a structlog processor, the last before the line is written."""
    error = _error_of(event.pop("exc_info", None))
    event.pop("stack_info", None)
    if event.get("logger") == "asyncio":  # it writes the repr of tasks, and with it what they raised
        event["event"] = _IN_REPR.sub(r"\1=\2", str(event.get("event", "")))
    clean = cast(EventDict, _without_private(event))
    if error is not None:
        clean["exception"] = describe(error)
    return clean


def describe(error: BaseException) -> str:
    """An exception and its causes: frames in full, messages without the values quoted in them."""
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = "".join(traceback.format_tb(current.__traceback__))
        parts.append(mask(f"{frames}{summary(current)}"))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\ncaused by\n".join(parts)


def summary(error: BaseException) -> str:
    """ "ValueError: invalid literal for int() with base 10: …": its type and a discreet message."""
    kind = type(error).__name__
    if isinstance(error, BaseExceptionGroup):
        inside = cast(BaseExceptionGroup[BaseException], error).exceptions
        return f"{kind}: {'; '.join(summary(one) for one in inside[:10])}"
    message = _DETAIL.sub("", _PARAMETERS.sub("", str(error)))
    message = " ".join(mask(_QUOTED.sub("…", message)).replace("^", "").split())[:LONGEST_MESSAGE]
    return f"{kind}: {message}" if message else kind


def mask(text: str) -> str:
    """The text without anything that looks like a token or a password."""
    return _SECRET_ARGUMENT.sub(rf"\1{HIDDEN}", _PASSWORD.sub(rf"\1:{HIDDEN}@", _TOKEN.sub(HIDDEN, text)))


def _error_of(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return cast(ExcInfo, exc_info)[1]
    return sys.exc_info()[1] if exc_info else None


def _without_private(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return _without_private(value.value)
        case str():
            return mask(value)
        case datetime() | date() | timedelta() | Path() | UUID():
            return mask(str(value))
        case BaseException():
            return summary(value)
        case Mapping():
            pairs = cast(Mapping[Any, Any], value).items()
            return {mask(str(key)): _without_private(inner) for key, inner in pairs if str(key).lower() not in PRIVATE}
        case list() | tuple() | set() | frozenset():
            return [_without_private(inner) for inner in cast(list[Any], value)]
        case _:
            return f"<{type(value).__name__}>"
