"""Is everything well? For the machines that watch: `/healthz` and `/metrics`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import db.health
import db.inbox
import db.outbox
from bot.clock import Clock
from bot.log import summary
from bot.metrics import INBOX, LEADER, OUTBOX
from db.engine import Database

log = structlog.get_logger(__name__)

Rasa = Literal["up", "starting", "down"]
STUCK_AFTER = timedelta(minutes=5)
ANSWER_WITHIN_S = 3.0
INBOX_STATES = (db.inbox.PENDING, db.inbox.DONE, db.inbox.SET_ASIDE)
OUTBOX_STATES = (
    *(db.outbox.PENDING, db.outbox.SENDING, db.outbox.SENT, db.outbox.FAILED),
    *(db.outbox.BLOCKED, db.outbox.CANCELLED, db.outbox.UNCERTAIN),
)


@dataclass(frozen=True, slots=True)
class Health:
    """What a look around found. `inbox_age_s` is the age of the oldest thing said that has had no turn yet;
    `leader` whether it is this process that sends and ticks."""

    database: bool
    rasa: Rasa
    leader: bool = True
    outbox_stuck: int = 0
    inbox_age_s: float = 0.0

    @property
    def status(self) -> Literal["ok", "degraded", "down"]:
        """Without Rasa every button still works: that is degraded, not down."""
        stuck = self.outbox_stuck or self.inbox_age_s > STUCK_AFTER.total_seconds()
        if not self.database or stuck:
            return "down"
        return "ok" if self.rasa == "up" else "degraded"

    def to_json(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "database": "up" if self.database else "down",
            "rasa": self.rasa,
            "leader": self.leader,
            "outbox_stuck": self.outbox_stuck,
            "inbox_age_s": round(self.inbox_age_s, 1),
        }


class Watch:
    """Looks at the database and asks how Rasa is."""

    def __init__(
        self, database: Database, clock: Clock, rasa: Callable[[], Rasa], leads: Callable[[], bool] = lambda: True
    ) -> None:
        self._database = database
        self._clock = clock
        self._rasa = rasa
        self._leads = leads

    async def look(self) -> Health:
        """Never raises, and takes no longer than three seconds."""
        rasa = self._rasa()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S), self._database.read() as session:
                return await self._examine(session, rasa)
        except Exception as error:
            log.warning("health.database_down", error=summary(error))
            return Health(database=False, rasa=rasa, leader=self._leads())

    async def _examine(self, session: AsyncSession, rasa: Rasa) -> Health:
        now = self._clock.now()
        oldest = await db.inbox.oldest_pending(session)
        return Health(
            database=True,
            rasa=rasa,
            leader=self._leads(),
            outbox_stuck=await db.health.overdue(session, now - STUCK_AFTER),
            inbox_age_s=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        )

    async def healthz(self, _request: Request) -> Response:
        health = await self.look()
        status = 503 if health.status == "down" else 200
        return JSONResponse(health.to_json(), status, headers={"Cache-Control": "no-store"})

    async def metrics(self, _request: Request) -> Response:
        """What Prometheus asks for. When the database is away the rest is still told."""
        LEADER.set(self._leads())
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S), self._database.read() as session:
                _set(INBOX, INBOX_STATES, await db.inbox.count_by_state(session))
                _set(OUTBOX, OUTBOX_STATES, await db.outbox.count_by_state(session))
        except Exception as error:
            log.warning("metrics.database_down", error=summary(error))
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _set(gauge: Gauge, states: tuple[str, ...], numbers: dict[str, int]) -> None:
    for state in states:  # also those without rows: else a gauge would keep its last value for ever
        gauge.labels(state).set(numbers.get(state, 0))
