"""The whole programme in a test: a local Telegram, the real app, people with phones.

    async with running(database_url) as house:
        marco = house.phone("Marco", "it")
        await marco.start()
        await marco.tap("Sì, cominciamo")
        assert "nome" in marco.last

Every act of a phone waits until the programme has nothing left to do.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import bot.log
from bot.app import Twogether
from bot.clock import Clock
from bot.settings import Settings
from db.people import Person
from simulator import Person as Somebody
from simulator import Telegram
from simulator.model import Kept
from tests.people_factory import person

TOKEN = "1:TEST"
MONDAY_MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LONGEST_S = 30.0


class Phone:
    """What one person does and sees."""

    def __init__(self, house: "Running", person: Somebody) -> None:
        self.house = house
        self.person = person
        self._tg = house.tg

    @property
    def address(self) -> str:
        return str(self.person.id)

    @property
    def texts(self) -> list[str]:
        """What the bot wrote and still stands there, in order."""
        return [kept.text for kept in self._tg.from_bot(self.person)]

    @property
    def last(self) -> str:
        return self._tg.last(self.person).text

    @property
    def screen(self) -> list[str]:
        """The labels under the newest message that has buttons."""
        return [label for row in self._tg.labels(self.person) for label in row]

    async def start(self, payload: str = "") -> str:
        self._tg.start(self.person, payload)
        return await self._answer()

    async def say(self, text: str) -> str:
        self._tg.say(self.person, text)
        return await self._answer()

    async def tap(self, label: str) -> str:
        """Tap the button of this name under the newest message that has it."""
        kept, row, column = self.find(label)
        self._tg.tap(self.person, kept.id, row=row, column=column)
        return await self._answer()

    async def tap_data(self, data: str, message_id: int = 1) -> str:
        """A tap that no button made."""
        self._tg.tap(self.person, message_id, data)
        return await self._answer()

    async def vote(self, option: int) -> str:
        """Answer the newest quiz."""
        quiz = next(kept for kept in reversed(self._tg.from_bot(self.person)) if kept.poll is not None)
        self._tg.vote(self.person, quiz.id, option)
        return await self._answer()

    def find(self, label: str) -> tuple[Kept, int, int]:
        """(message, row, column) of a button by its words; the whole label, else its beginning."""
        for fits in (str.__eq__, str.startswith, str.__contains__):
            for kept in reversed(self._tg.from_bot(self.person)):
                for row, buttons in enumerate(kept.buttons):
                    for column, button in enumerate(buttons):
                        if fits(button["text"], label):
                            return kept, row, column
        raise AssertionError(f"no button {label!r}; there are {self.screen}, and the last words are {self.texts[-1:]}")

    async def _answer(self) -> str:
        await self.house.idle()
        said = self._tg.from_bot(self.person)
        return said[-1].text if said else ""


class Running:
    """The programme, its Telegram, and time."""

    def __init__(self, tg: Telegram, app: Twogether, log: StringIO) -> None:
        self.tg = tg
        self.app = app
        self._log = log

    @property
    def log(self) -> list[dict[str, Any]]:
        """What was logged, line by line; `event` says what happened."""
        return [json.loads(line) for line in self._log.getvalue().splitlines()]

    def phone(self, first_name: str, language: str = "en", **facts: Any) -> Phone:
        """Somebody new, with a phone."""
        return Phone(self, self.tg.add_person(first_name, language, **facts))

    async def joined(self, role: str, first_name: str, language: str = "en", **facts: Any) -> Phone:
        """Somebody who has taken part for two weeks; `facts` are those of :class:`db.people.Person`."""
        phone = self.phone(first_name, language)
        phone.person.started = True
        async with self.write() as session:
            session.add(
                person(
                    role, first_name, facts.pop("cluster_id", None), address=phone.address, language=language, **facts
                )
            )
        return phone

    async def people(self) -> Sequence[Person]:
        """Everybody the programme knows, in the order of meeting them."""
        async with self.read() as session:
            return (await session.scalars(select(Person).order_by(Person.id))).all()

    async def idle(self, timeout_s: float = LONGEST_S) -> None:
        """Everything said has had its turn, everything due has left."""
        async with asyncio.timeout(timeout_s):
            while True:
                await self.tg.drained(timeout_s)
                await self.app.turns.until_idle()
                await self.app.deliverer.until_idle()
                if not len(self.tg.updates):
                    return

    async def words_ready(self) -> None:
        """Rasa answers."""
        async with asyncio.timeout(LONGEST_S):
            await self.app.rasa.ready.wait()

    async def advance(self, **by: float) -> None:
        """Move the time, e.g. `advance(hours=3)`; what is due on the way happens in its time."""
        await self.idle()
        await self.app.advance(timedelta(**by))
        await self.idle()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        async with self.app.database.read() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        async with self.app.database.begin() as session:
            yield session


async def until(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    """Wait for something that nothing reports."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


def standing_still(moment: datetime = MONDAY_MORNING) -> Clock:
    """A simulated clock that moves only when it is moved."""
    return Clock(simulated=True, real=lambda: moment)


def settings_for(tg: Telegram, database_url: str, **settings: Any) -> Settings:
    facts: dict[str, Any] = {
        "telegram_token": TOKEN,
        "telegram_api_url": tg.url,
        "database_url": database_url,
        "clock": "simulated",
        "port": 0,
        "actions_port": 0,
        "send_rate": 5000,
    }
    return Settings(**(facts | settings))


@asynccontextmanager
async def app_on(
    tg: Telegram, database_url: str, *, rasa: bool = False, clock: Clock | None = None, **settings: Any
) -> AsyncGenerator[Running]:
    """The app on a Telegram that runs already: started, and stopped at the end."""
    app = Twogether(settings_for(tg, database_url, **settings), clock=clock or standing_still(), with_rasa=rasa)
    app.pace.per_chat_s = 0.0  # a test that is about the pace sets it
    with logged() as lines:
        try:
            await app.start()
            yield Running(tg, app, lines)
        finally:
            await app.stop()


@contextmanager
def logged() -> Iterator[StringIO]:
    """The programme's own log, as JSON lines; afterwards logging is as it was."""
    root, lines = logging.getLogger(), StringIO()
    before = root.handlers[:], root.level
    bot.log.configure("info", lines, as_json=True)
    try:
        yield lines
    finally:
        structlog.reset_defaults()
        root.handlers[:], level = before
        root.setLevel(level)


@asynccontextmanager
async def running(
    database_url: str, *, rasa: bool = False, clock: Clock | None = None, **settings: Any
) -> AsyncGenerator[Running]:
    """A Telegram and the app on it. `settings` are those of :class:`bot.settings.Settings`."""
    async with Telegram(token=TOKEN) as tg, app_on(tg, database_url, rasa=rasa, clock=clock, **settings) as house:
        yield house
