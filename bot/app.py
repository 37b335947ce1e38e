"""The one page that builds and wires everything.

Telegram -> receive -> inbox -> turn -> outbox -> deliver -> Telegram; beside it Rasa, the clock's ticks and
the web port. Nothing here decides anything. Of several replicas on one database all take turns, and one leads: it
sends, ticks, polls, and takes up what the dead have left.
"""

import asyncio
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from starlette.applications import Starlette

import db.lessons
import db.meetings
import db.outbox
import db.people
from bot import credential
from bot.announcements import due as announcements_due
from bot.case import House
from bot.channels.base import Impossible, SendError, Wait
from bot.channels.telegram import receive
from bot.channels.telegram.channel import TelegramChannel
from bot.clock import Clock
from bot.errors import Misconfigured
from bot.lessons import curriculum, search
from bot.lessons import due as lessons_due
from bot.matching import due as matching_due
from bot.meetings import due as meetings_due
from bot.outbox.deliver import Deliverer
from bot.outbox.pace import Pace
from bot.people import clusters, places
from bot.people import due as people_due
from bot.settings import Settings, is_here
from bot.threads import due as threads_due
from bot.turn import Turns
from bot.web.app import build as build_web
from bot.web.health import Rasa
from bot.words import actions, language
from bot.words.client import Words
from bot.words.server import RasaServer
from db.engine import Database, UnusableError
from db.inbox import Received
from db.leader import AnotherRunsError, leader_of
from db.migrate import upgrade_async
from db.order import Order, listen

log = structlog.get_logger(__name__)

TICKS: dict[str, tuple[Callable[[Database, datetime, House], Awaitable[int]], int]] = {
    "people": (people_due.tick, people_due.BATCH),
    "lessons": (lessons_due.tick, lessons_due.BATCH),
    "matching": (matching_due.tick, matching_due.BATCH),
    "meetings": (meetings_due.tick, meetings_due.BATCH),
    "announcements": (announcements_due.tick, announcements_due.BATCH),
    "threads": (threads_due.tick, threads_due.BATCH),
}
NEXT_DUE = (
    db.people.next_due,
    db.lessons.next_due,
    matching_due.next_due,
    db.meetings.next_due,
    announcements_due.next_due,
    threads_due.next_due,
    db.outbox.next_due,
)
TICK_S = 5
STAND_EVERY_S = 1.0
GRACE_S = 1.0
SWEEP_EVERY_S = 2.0
STEP = timedelta(seconds=1)


class Twogether:
    """The running programme. `start()`, then `run()` until told to stop, then `stop()`."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, with_rasa: bool = True) -> None:
        self.settings = settings
        self.clock = clock or Clock(simulated=settings.clock == "simulated")
        self.database = Database(settings.database_url)
        self.channel = TelegramChannel(settings.token, settings.telegram_api_url)
        channels = {self.channel.name: self.channel}
        self.pace = Pace(settings.send_rate, time.monotonic)
        self.leader = leader_of(self.database)
        self.deliverer = Deliverer(self.database, channels, self.clock, self.pace, self.leader)
        self.rasa = _rasa(settings)
        self.words = Words(lambda: self.rasa.url, self.rasa.token)
        self.house = House(settings, curriculum.load(settings.curriculum))
        self.order = None if self.database.is_sqlite else Order(self.database.url)
        self.turns = Turns(self.database, self.clock, self.house, channels, self.words, self._wake, self.order)
        self.scheduler = AsyncIOScheduler(timezone="UTC")
        self.with_rasa = with_rasa
        self.stopping = asyncio.Event()
        self._resigning = asyncio.Event()
        self._has_stood = asyncio.Event()  # it is known whether this process leads, and if so its term has begun
        self._listening = asyncio.Event()
        self._ticking = asyncio.Lock()
        self._servers: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []
        self._tasks: list[asyncio.Task[Any]] = []
        self._leading: asyncio.Task[None] | None = None
        self.web_port = settings.port

    # -- start and stop ---------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """The database at its current schema, with the clusters in it. Twice is harmless, also at once."""
        await upgrade_async(self.settings.database_url)
        async with self.database.begin() as session:
            await clusters.seed(session)

    async def start(self) -> None:
        """Everything up: first what was left undone, then what is new."""
        for problem in self.house.curriculum.problems:
            log.warning("curriculum.problem", problem=str(problem))
        if self.settings.badge_key.exists():
            credential.key(self.settings.badge_key)  # one that cannot be used is told now, not to a learner
        await self._be_the_only_one()
        await self.prepare()
        self._background(asyncio.to_thread(places.load))
        self._background(asyncio.to_thread(language.load))
        await self._log_in()
        self.house = House(self.settings, self.house.curriculum, self.channel.username)
        self.turns.move_in(self.house)
        self._leading = asyncio.create_task(self._lead())
        await self._has_stood.wait()
        left = await self.turns.recover()
        if left:
            log.info("inbox.recovered", turns=left)
        host = self.settings.actions_host
        served = actions.create_app(self.rasa.actions_token, only_here=is_here(host))
        actions_port = await self._serve(served, host, self.settings.actions_port)
        self.web_port = await self._serve(self._web(), self.settings.host, self.settings.port)
        await self._start_rasa(f"http://127.0.0.1:{actions_port}/webhook")
        await self._listen()
        cast(Any, self.scheduler).add_job(
            self.tick, "interval", seconds=TICK_S, misfire_grace_time=None, coalesce=True, max_instances=1
        )
        self.scheduler.start()
        log.info("started", web=f"http://{self.settings.host}:{self.web_port}")

    async def run(self) -> None:
        """Until SIGINT or SIGTERM."""
        self._background(asyncio.to_thread(search.read_all, self.house.curriculum))
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, self.stopping.set)
        await self.stopping.wait()

    async def stop(self) -> None:
        """Finish what has begun; what is left waits in the database."""
        self.stopping.set()
        async with self._ticking:  # a tick under way is finished, not cut off
            if self.scheduler.running:
                self.scheduler.shutdown(wait=False)
        actions, web = self._servers[:1], self._servers[1:]
        closing = asyncio.create_task(_close(web))
        await self.turns.stop()  # turns under way still need Rasa, and Rasa the actions
        await _close(actions)
        await closing
        self._resigning.set()
        for task in [*self._tasks, *([self._leading] if self._leading else [])]:
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(task, 10)
        await self.leader.resign()
        if self.order:
            await self.order.close()
        await self.words.close()
        await self.rasa.stop()
        await self.channel.stop()
        await self.database.close()
        if self._has_stood.is_set():
            log.info("stopped")

    async def _log_in(self) -> None:
        refused = "TWOGETHER_TELEGRAM_TOKEN was refused by Telegram: check it with BotFather."
        await self._until_telegram_answers(self.channel.start, refused)
        await self._until_telegram_answers(self.channel.introduce, refused)

    async def _until_telegram_answers(self, ask: Callable[[], Awaitable[None]], when_refused: str) -> None:
        """Wait for Telegram as long as it takes; a refusal ends the start."""
        pause = 1.0
        while not self.stopping.is_set():
            try:
                return await ask()
            except Impossible as error:
                log.error("telegram.refused", why=error.why)
                raise Misconfigured(when_refused) from None
            except SendError as error:
                wait = error.seconds if isinstance(error, Wait) else pause
                log.warning("telegram.unreachable", error=error.why, again_in_s=wait)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.stopping.wait(), wait)
                pause = min(pause * 2, 30)

    async def _listen(self) -> None:
        url, secret = self.settings.telegram_webhook_url, self.settings.telegram_webhook_secret
        if url and secret:
            refused = "TWOGETHER_TELEGRAM_WEBHOOK_URL was refused by Telegram; the log says why."
            await self._until_telegram_answers(
                lambda: self.channel.receive_by_webhook(url, secret.get_secret_value()), refused
            )
            return
        await self._until_telegram_answers(self.channel.receive_by_polling, "Telegram refused to stop the webhook.")
        self._listening.set()

    def _web(self) -> Starlette:
        secret = self.settings.telegram_webhook_secret
        return build_web(
            database=self.database,
            clock=self.clock,
            rasa=self._rasa_state,
            bot_name=self.channel.username,
            keep=lambda batch: self.turns.keep(self.channel.name, batch),
            webhook_secret=secret.get_secret_value() if secret else "",
            advance=self.advance,
            next_due=self.next_due,
            house=lambda: self.house,
            leads=lambda: self.leader.leads,
        )

    def _rasa_state(self) -> Rasa:
        if self.rasa.ready.is_set():
            return "up"
        return "starting" if self.rasa.pid else "down"

    async def _start_rasa(self, actions_url: str) -> None:
        """Without Rasa every button still works; so a missing model does not stop the start."""
        self.rasa.actions_url = actions_url
        if not self.with_rasa:
            return
        try:
            await self.rasa.start()
        except Misconfigured as error:
            log.error("rasa.missing", why=str(error))

    async def _serve(self, app: Callable[..., Any], host: str, port: int) -> int:
        """Serve an ASGI app in the background; returns its port."""
        try:
            listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        except OSError as error:
            raise Misconfigured(f"Port {port} on {host} cannot be used: {error.strerror}.") from None
        # asyncio's own loop leaves it off for a socket it is given: then an answer's last part waits 40 ms for an ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        self._servers.append((server, asyncio.create_task(server._serve([listener]))))  # pyright: ignore[reportPrivateUsage]
        return listener.getsockname()[1]

    def _background(self, work: Coroutine[Any, Any, Any]) -> None:
        self._tasks.append(asyncio.create_task(work))

    # -- what only one replica does ---------------------------------------------------------------------

    async def _be_the_only_one(self) -> None:
        """On SQLite, that is, where nobody else may work."""
        if not self.database.is_sqlite:
            return
        try:
            await self.leader.stand()
        except AnotherRunsError:
            raise Misconfigured(
                "Another twogether runs on this SQLite database: stop it first. Several may share a PostgreSQL."
            ) from None

    async def _lead(self) -> None:
        """Lead whenever nobody else does, until the programme stops."""
        was_there = False
        while not self._resigning.is_set():
            try:
                if await self.leader.stand():
                    await self._term(GRACE_S if was_there else 0.0)
            except Exception:
                log.exception("leader.term_failed")
            was_there = True
            self._has_stood.set()
            await _wait(self._resigning, STAND_EVERY_S)

    async def _term(self, grace_s: float) -> None:
        """What only the leader does, as long as this one leads.

        Who takes over waits a moment first: one that led before and lives may just be writing down what it has sent.
        """
        over, works = asyncio.Event(), list[asyncio.Task[None]]()
        hearing = None
        try:
            await _wait(self._resigning, grace_s)
            await self.deliverer.recover()
            await announcements_due.let_sleep(self.database, self.clock.now(), self.house)  # it may be night by now
            log.info("leader.begins")
            works.append(asyncio.create_task(self.deliverer.run()))
            works.append(asyncio.create_task(self._poll(over)))
            if self.order:
                works.append(asyncio.create_task(self._sweep(over)))
                hearing = asyncio.create_task(listen(self.database.url, self.deliverer.wake))
            self._has_stood.set()
            await self.leader.until_over(self.stopping)
            over.set()  # nothing new is taken up; what is said by turns under way is still sent
            await self.leader.until_over(self._resigning)
        finally:
            log.info("leader.ends")
            over.set()
            await self.deliverer.stop()
            if hearing:
                hearing.cancel()
            await asyncio.gather(*works, return_exceptions=True)
            await self.leader.resign()

    async def _poll(self, over: asyncio.Event) -> None:
        """Fetch updates, once it is known that they are to be fetched."""

        async def keep(batch: Sequence[Received]) -> None:
            await self.turns.keep(self.channel.name, batch)

        await _first_of(self._listening, over)
        if not over.is_set():
            await receive.poll(self.channel.bot, keep, over)

    async def _sweep(self, over: asyncio.Event) -> None:
        """Take up what replicas that have died, or stopped, kept and did not come to."""
        seen: set[int] = set()
        while not over.is_set():
            try:
                seen = await self.turns.sweep(seen)
            except Exception:
                log.exception("inbox.not_swept")
            await _wait(over, SWEEP_EVERY_S)

    def _wake(self) -> None:
        """There is something to send: here, or where the leader is."""
        if self.leader.leads:
            self.deliverer.wake()
        elif self.order:
            self.order.call()

    # -- time -------------------------------------------------------------------------------------------

    async def tick(self) -> None:
        """Do what is due, noun by noun; one noun's failure is not another's. Nothing where another replica leads."""
        async with self._ticking:
            now = self.clock.now()
            for noun, (tick, batch) in TICKS.items():
                try:
                    while self.leader.leads and await tick(self.database, now, self.house) >= batch:
                        pass  # each batch is a transaction of its own; people's turns go on in between
                except Exception:
                    log.exception("tick.failed", noun=noun)
        self.deliverer.wake()

    async def next_due(self) -> datetime | None:
        """When the next thing is due."""
        async with self.database.read() as session:
            moments = [await ask(session) for ask in NEXT_DUE]
        return min((moment for moment in moments if moment is not None), default=None)

    async def advance(self, by: timedelta) -> None:
        """Move the simulated clock, stopping at everything that is due on the way so that it happens in time."""
        target = self.clock.now() + by
        await self.settle()
        while (now := self.clock.now()) < target:
            due = await self.next_due()
            # What is still due now, after all was done, waits for something else than time (a silent Telegram):
            # go on by whole hours instead of standing still for it.
            stop = target if due is None else due if due > now else now + timedelta(hours=1)
            self.clock.advance(min(max(stop - now, STEP), target - now))
            await self.settle()

    async def settle(self) -> None:
        """Everything that is due is done, and everything said is sent."""
        await self.tick()
        await self.turns.until_idle()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.deliverer.until_idle(), 20)


async def _wait(event: asyncio.Event, longest_s: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), longest_s)


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def _close(servers: Sequence[tuple[uvicorn.Server, asyncio.Task[None]]]) -> None:
    for server, _ in servers:
        server.should_exit = True
    await asyncio.gather(*(task for _, task in servers), return_exceptions=True)


def _rasa(settings: Settings) -> RasaServer:
    token = settings.rasa_token.get_secret_value() if settings.rasa_token else ""
    # Who runs Rasa elsewhere gives it this one token, for both directions; for a child each side has its own.
    return RasaServer(url=settings.rasa_url, token=token, actions_token=token)


async def serve(settings: Settings) -> None:
    """Start, run until a signal, stop."""
    try:
        programme = Twogether(settings)
        try:
            await programme.start()
            await programme.run()
        finally:
            await programme.stop()
    except UnusableError as error:
        raise Misconfigured(f"The database cannot be used ({error}): check TWOGETHER_DATABASE_URL.") from None
