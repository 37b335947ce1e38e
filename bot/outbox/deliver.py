"""Deliver what is due: claim, send, write down how it ended.

A row is `sending` before its request goes out. After a crash such a row is uncertain: an announcement stays
so (a coordinator decides), anything else is sent again. The loop sleeps until it is woken by a new row, by a
finished request or by the next moment something may leave.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappush
from itertools import count

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

import db.announcements
import db.outbox
import db.people
from bot.channels.base import Channel, Gone, Impossible, SendError, TryAgain, Unsure, Wait
from bot.clock import Clock
from bot.messages import Outgoing
from bot.metrics import SENT
from bot.outbox.pace import Pace
from db.engine import Database
from db.leader import Leader, NotLeadingError
from db.outbox import OutboxRow

log = structlog.get_logger(__name__)

GIVE_UP_AFTER = timedelta(hours=24)
FEWEST_TRIES = 20  # what was held for weeks is old already when it is first tried
FEW = 8  # with more than this on their way (far above Telegram's rate) outcomes are written down together
GATHER_S = 0.01
LONGEST_SLEEP_S = 30.0
LOOK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try ended."""

    row: OutboxRow
    state: str
    external_id: str | None = None
    error: str | None = None
    gone: bool = False
    began: datetime | None = None


@dataclass(slots=True, order=True)
class _InLine:
    """A message that waits for its place; the smallest goes first."""

    lane: int
    number: int
    called: asyncio.Event = field(default_factory=asyncio.Event, compare=False)


class Deliverer:
    """The only one who sends. With several replicas it works where `leader` leads, one term after the other."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        clock: Clock,
        pace: Pace,
        leader: Leader | None = None,
    ) -> None:
        self._database = database
        self._leader = leader
        self._longest_sleep_s = LONGEST_SLEEP_S if database.is_sqlite else LOOK_AGAIN_S  # a call may be missed
        self._channels = channels
        self._clock = clock
        self._pace = pace
        self._woken = asyncio.Event()
        self._finished: list[Outcome] = []
        self._sending: dict[int, asyncio.Task[None]] = {}
        self._addresses: dict[int, str] = {}
        self._left: set[int] = set()  # of those in `_sending`: the others wait for their place
        self._stopping = asyncio.Event()
        self._idle = asyncio.Event()
        self._rounds = 0
        self._line: list[_InLine] = []  # a heap: who waits for a place in the stream
        self._numbers = count()

    def wake(self) -> None:
        """There is a new row, or time has moved."""
        self._idle.clear()
        self._woken.set()

    async def recover(self) -> None:
        """At the start, of a term too: decide about the rows a crash left in `sending`."""
        self._stopping.clear()
        async with self._database.begin() as session:
            again, uncertain = await db.outbox.after_crash(session)
        self._pace.feel_the_way()
        if again or uncertain:
            log.warning("outbox.recovered", sent_again=again, uncertain=uncertain)

    async def run(self) -> None:
        """Deliver until stopped; what is on its way is waited for."""
        while not self._stopping.is_set() or self._sending or self._finished:
            self._woken.clear()
            try:
                nothing_left = await self._round()
            except NotLeadingError:
                await asyncio.sleep(0.05)  # we are about to be told to stop
                continue
            except Exception:
                # The database is away for a moment: outcomes stay in memory and are written later.
                log.exception("outbox.round_failed")
                await asyncio.sleep(0.5)
                continue
            if len(self._sending) > FEW:
                await asyncio.sleep(GATHER_S)  # many are on their way: several end at the same time
            elif nothing_left is not None and not self._woken.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), nothing_left)

    async def stop(self) -> None:
        self._stopping.set()
        self._call_the_first()
        self._woken.set()

    async def until_idle(self) -> None:
        """Wait until nothing that is due is left to send."""
        self.wake()
        await self._idle.wait()

    async def _round(self) -> float | None:
        """Write down what ended, take up what is due. Returns seconds to sleep, None to go on at once."""
        now = self._clock.now()
        outcomes, self._finished = self._finished, []
        taken_up, goes_on = len(self._sending), not self._stopping.is_set()
        waiting = taken_up - len(self._left)
        room = self._pace.room(taken_up, waiting) if goes_on else 0
        urgent_room = self._pace.room(taken_up, waiting, urgent=True) if goes_on else 0
        rows: list[OutboxRow] = []
        next_due: datetime | None = None
        try:
            async with self._begin(claims=urgent_room > 0) as session:
                await self._settle_all(session, outcomes, now)
                if urgent_room:
                    not_settled = [outcome.row.address for outcome in self._finished]
                    busy = [*self._addresses.values(), *not_settled, *self._pace.resting()]
                    announcements = self._in_turn(await db.announcements.under_way(session, now)) if room else ()
                    rows = list(await db.outbox.claim(session, now, urgent_room, busy, announcements, room))
                    if len(rows) < room:
                        next_due = await _next_due(session)
        except BaseException:
            # A commit of which nobody heard may have been made all the same: what it took up was not sent, and is
            # given back.
            given_back = [Outcome(row, db.outbox.PENDING, error=row.error) for row in rows]
            self._finished = [*outcomes, *self._finished, *given_back]
            raise
        for row in rows:
            self._addresses[row.id] = row.address
            self._sending[row.id] = asyncio.create_task(self._send(row))
        if rows and len(rows) < room:
            return None
        is_due = next_due is not None and next_due <= now
        # Woken meanwhile: there may be a row that this look has not seen.
        if room and not is_due and not self._sending and not self._finished and not self._woken.is_set():
            self._idle.set()
        if next_due is not None and not is_due:
            return min(self._longest_sleep_s, (next_due - now).total_seconds())
        if is_due or not room:  # it waits until a chat, or the whole bot, may speak again
            rest = self._pace.wake_in()
            return max(0.001, min(self._longest_sleep_s, LOOK_AGAIN_S if rest is None else rest))
        return self._longest_sleep_s

    def _begin(self, *, claims: bool) -> AbstractAsyncContextManager[AsyncSession]:
        """Only the leader may claim; how a try ended may be written down by whoever tried."""
        return self._leader.begin() if self._leader and claims else self._database.begin()

    def _in_turn(self, announcements: Sequence[int]) -> Sequence[int]:
        """Another one goes first each time, so that they share the pace also when there is room for one message."""
        self._rounds += 1
        first = self._rounds % max(1, len(announcements))
        return [*announcements[first:], *announcements[:first]]

    async def _send(self, row: OutboxRow) -> None:
        try:
            message = Outgoing.from_json(row.payload)
            if await self._my_turn(row):
                self._left.add(row.id)
                self._woken.set()  # somebody else may wait for their place now
                outcome = await self._try(row, message)
            else:
                outcome = Outcome(row, db.outbox.PENDING, error=row.error)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.exception("outbox.send_failed", row=row.id)
            outcome = Outcome(row, db.outbox.FAILED, error=type(error).__name__)
        if len(self._sending) > FEW or not await self._write_down(outcome):
            self._finished.append(outcome)
        self._sending.pop(row.id, None)
        self._addresses.pop(row.id, None)
        self._left.discard(row.id)
        SENT.labels(outcome.state).inc()
        self._woken.set()

    async def _write_down(self, outcome: Outcome) -> bool:
        """At once, because a crash before it makes the row uncertain. False when the database is away."""
        try:
            async with self._database.begin(urgent=True) as session:
                await self._settle_all(session, [outcome], self._clock.now())
        except Exception:
            log.exception("outbox.not_written_down", row=outcome.row.id)
            return False
        return True

    async def _my_turn(self, row: OutboxRow) -> bool:
        """Wait for a place in the stream; what is urgent goes first. False when the programme stops, or no longer
        leads, before it has come, or everybody is told to be silent: who would wait that long could not be stopped
        any more."""
        me = _InLine(row.lane, next(self._numbers))
        heappush(self._line, me)
        try:
            while not self._stopping.is_set() and not self._pace.must_wait():
                wait = self._pace.leave() if self._line[0] is me else None
                if wait == 0.0:
                    return self._leader is None or self._leader.leads
                with suppress(TimeoutError):
                    await asyncio.wait_for(me.called.wait(), wait)
                me.called.clear()
            return False
        finally:
            self._line.remove(me)
            heapify(self._line)
            self._call_the_first()

    def _call_the_first(self) -> None:
        if self._line:
            self._line[0].called.set()

    async def _try(self, row: OutboxRow, message: Outgoing) -> Outcome:
        channel = self._channels.get(row.channel)
        if channel is None:
            return Outcome(row, db.outbox.FAILED, error=f"no channel {row.channel}")
        began = self._clock.now()
        try:
            external_id = await channel.send(row.address, message)
        except Wait as told:
            self._pace.banned(row.address, told.seconds)
            return self._later(row, told, 0.0)
        except Gone as error:
            return Outcome(row, db.outbox.BLOCKED, error=_doubt_or(row, error.why), gone=True, began=began)
        except Impossible as error:
            log.warning("outbox.impossible", row=row.id, person=row.person_id, why=error.why)
            return Outcome(row, db.outbox.FAILED, error=_doubt_or(row, error.why))
        except Unsure as error:
            if row.lane == db.outbox.ANNOUNCEMENT:
                return Outcome(row, db.outbox.UNCERTAIN, error=error.why)
            return self._later(row, error)
        except TryAgain as error:
            return self._later(row, error)
        except Exception as error:  # nobody foresaw it, so it may have come after the message was taken
            log.exception("outbox.send_failed", row=row.id)
            state = db.outbox.UNCERTAIN if row.lane == db.outbox.ANNOUNCEMENT else db.outbox.FAILED
            return Outcome(row, state, error=_doubt_or(row, type(error).__name__))
        self._pace.sent(row.address, counts=not message.edit)
        return Outcome(row, db.outbox.SENT, external_id=external_id, error=_doubt_or(row, None))

    def _later(self, row: OutboxRow, error: SendError, wait_s: float | None = None) -> Outcome:
        now = self._clock.now()
        why = db.outbox.DOUBT + error.why if isinstance(error, Unsure) else _doubt_or(row, error.why)
        if wait_s is None:
            if now - row.due_at > GIVE_UP_AFTER and row.attempts >= FEWEST_TRIES:
                return Outcome(row, db.outbox.FAILED, error=why)
            wait_s = float(min(60, 2 ** min(row.attempts, 6)) / 2)
            self._pace.hold(row.address, wait_s)  # so that nothing of this person overtakes it
        log.info("outbox.again", row=row.id, why=error.why, wait_s=wait_s)
        return Outcome(row, db.outbox.PENDING, error=why)

    async def _settle_all(self, session: AsyncSession, outcomes: Sequence[Outcome], now: datetime) -> None:
        """Write down how these tries ended; what has arrived, mostly all of it, in one statement.

        People before rows, as in their own turns: so nobody waits for another in a circle.
        """
        back = {outcome.row.id for outcome in outcomes if outcome.gone and not await self._is_gone(session, outcome)}
        arrived = [one for one in outcomes if one.state == db.outbox.SENT]
        # The claim counted the try after the row was read.
        taken = [(one.row.id, one.row.attempts + 1, one.external_id, one.error) for one in arrived]
        await db.outbox.arrived(session, taken, now)
        for outcome in outcomes:
            row, state = outcome.row, db.outbox.PENDING if outcome.row.id in back else outcome.state
            if state != db.outbox.SENT:
                attempt = row.attempts + 1
                await db.outbox.settle(session, row.id, state, error=outcome.error, attempt=attempt)

    async def _is_gone(self, session: AsyncSession, outcome: Outcome) -> bool:
        """They refused it. False when they have come back since then."""
        person = await db.people.get(session, outcome.row.person_id, hold=True)
        if person and person.reachable and outcome.began and person.seen_at > outcome.began:
            return False
        if person:
            person.reachable = False
        await db.outbox.hold_for(session, outcome.row.person_id)
        return True


def _doubt_or(row: OutboxRow, error: str | None) -> str | None:
    """That an earlier try may have arrived stays in the row, whatever comes of this one."""
    return row.error if row.error and row.error.startswith(db.outbox.DOUBT) else error


async def _next_due(session: AsyncSession) -> datetime | None:
    moments = (await db.outbox.next_due(session), await db.announcements.next_letter(session))
    return min((moment for moment in moments if moment is not None), default=None)
