"""A cluster with people in it, and a coordinator who taps and types."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

import db.people
from bot.announcements.rules import DETAIL_FORM, MOMENT_FORM, TEXT_FORM
from bot.announcements.taps import taps
from bot.case import Case, House
from bot.errors import Refused
from bot.lessons.curriculum import load
from bot.messages import Button, Do, Incoming, Outgoing
from bot.settings import Settings
from bot.words.forms import TAKES_FILES
from bot.words.times import TimeFound, when
from db.announcements import Announcement
from db.clusters import Cluster, Coordination
from db.engine import Database
from db.outbox import REPLY, OutboxRow
from db.people import Person

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # a Tuesday; 13:00 in Rome and Madrid
_NUMBERS = count(1)
SETTINGS = Settings(quiet_hours="21:00-08:00")
HOUSE = House(SETTINGS, load(SETTINGS.curriculum))


@dataclass
class Programme:
    """Who there is, and what the coordinator sees. `now` may be moved."""

    database: Database
    ines: Person
    cluster: Cluster
    now: datetime = NOON
    turns: int = 0
    last_receipt: int = 0
    refused: list[str] = field(default_factory=list[str])

    async def add(self, role: str = "worker", language: str = "it", country: str = "IT", **more: Any) -> int:
        async with self.database.begin() as session:
            one = person(role, language=language, country=country, **{"cluster_id": self.cluster.id, **more})
            session.add(one)
            await session.flush()
            return one.id

    async def add_cluster(self, slug: str, countries: list[str], *, hers: bool = True) -> Cluster:
        async with self.database.begin() as session:
            made = cluster(slug, countries)
            session.add(made)
            await session.flush()
            if hers:
                session.add(Coordination(person_id=self.ines.id, cluster_id=made.id, since=NOON))
            return made

    async def colleague(self, **more: Any) -> Person:
        """Somebody else who coordinates the cluster."""
        async with self.database.begin() as session:
            one = person("coordinator", **{"language": "en", "name": "Aisha", "zone": "Europe/London", **more})
            session.add(one)
            await session.flush()
            session.add(Coordination(person_id=one.id, cluster_id=self.cluster.id, since=NOON))
            return one

    async def set_cluster(self, **facts: Any) -> None:
        """How many announcements a day, and from how many people on a second yes is needed."""
        async with self.database.begin() as session:
            here = await session.get(Cluster, self.cluster.id)
            for name, value in facts.items():
                setattr(here, name, value)

    async def does(
        self,
        what: str,
        *args: str,
        by: Person | None = None,
        incoming: Incoming | None = None,
        times: Sequence[TimeFound] = (),
    ) -> list[Outgoing]:
        """One use case and what it leads to, in one transaction, as the turn does it; gives what she is told."""
        self.turns += 1
        do = Do(what, args) if args else Do.parse(what)
        async with self.database.begin() as session:
            who = await session.get(Person, (by or self.ines).id)
            assert who
            talk = await db.people.conversation(session, who.id, self.now)
            tapped = incoming or Incoming("tap", who.address, text="The question", data=what, message_id="7")
            case = Case(session, self.now, who, talk, HOUSE, f"re:{self.turns}", tapped, times)
            case.wants.append(do)
            while case.wants:
                await self._do(case, case.wants.pop(0))
            said = list(case.said)
            await case.send_replies()
            return said + await self.seen(session, who)

    async def _do(self, case: Case, do: Do) -> None:
        if do.what not in taps:
            return
        try:
            await taps[do.what].handler(case, do.args)
        except Refused as refused:
            self.refused.append(refused.sentence)
            case.say(case.t(refused.sentence, **refused.values))

    async def seen(self, session: AsyncSession, reader: Person) -> list[Outgoing]:
        """The receipts since she last looked: they leave through the outbox by themselves."""
        rows = await session.scalars(
            select(OutboxRow)
            .where(
                OutboxRow.person_id == reader.id,
                OutboxRow.dedupe_key.like("announcement:%"),
                OutboxRow.id > self.last_receipt,
            )
            .order_by(OutboxRow.id)
        )
        found = list(rows)
        self.last_receipt = max((row.id for row in found), default=self.last_receipt)
        return [Outgoing.from_json(row.payload) for row in found]

    async def coordinator(self, session: AsyncSession) -> Person:
        ines = await session.get(Person, self.ines.id)
        assert ines
        return ines

    async def wants(self, what: str, by: Person) -> list[str]:
        """The use cases of other nouns that a tap leads to."""
        do = Do.parse(what)
        async with self.database.begin() as session:
            who = await session.get(Person, by.id)
            assert who
            talk = await db.people.conversation(session, who.id, self.now)
            case = Case(session, self.now, who, talk, HOUSE, "re:wants", Incoming("tap", who.address, data=what))
            await taps[do.what].handler(case, do.args)
            return [one.what for one in case.wants]

    async def types(self, text: str, html: str = "") -> list[Outgoing]:
        """What the turn does with words while a form is open."""
        form, _ = await self.form()
        says = {TEXT_FORM: "said", DETAIL_FORM: "detail", MOMENT_FORM: "moment"}[form]
        words = Incoming("words", self.ines.address, text=text, html=html)
        here = self.now.astimezone(ZoneInfo(self.ines.zone))
        times = when(text, self.ines.language, here) if form == MOMENT_FORM else ()
        return await self.does(f"announcements:{says}", text, incoming=words, times=times)

    async def sends(self, sent: Incoming) -> list[Outgoing]:
        """What the turn does with a photo or a document while a form is open."""
        form, _ = await self.form()
        assert form in TAKES_FILES
        return await self.does(TAKES_FILES[form], sent.data, incoming=sent)

    async def told(self, who: int) -> list[Outgoing]:
        """All that was put down for this person, oldest first."""
        async with self.database.read() as session:
            rows = await session.scalars(select(OutboxRow).where(OutboxRow.person_id == who).order_by(OutboxRow.id))
            return [Outgoing.from_json(row.payload) for row in rows]

    async def form(self) -> tuple[str, str]:
        async with self.database.read() as session:
            talk = await db.people.talk_of(session, self.ines.id)
        return (talk.form, talk.asked) if talk else ("", "")

    async def letters(self) -> list[OutboxRow]:
        """The announcements' rows, in order."""
        async with self.database.read() as session:
            rows = await session.scalars(
                select(OutboxRow).where(OutboxRow.announcement_id.is_not(None)).order_by(OutboxRow.id)
            )
            return list(rows)

    async def announcements(self) -> list[Announcement]:
        async with self.database.read() as session:
            return list(await session.scalars(select(Announcement).order_by(Announcement.id)))

    async def set_states(self, *states: str) -> None:
        """What delivery would write: one state after the other, on the letters in order; answers went before them."""
        async with self.database.begin() as session:
            answers = update(OutboxRow).where(OutboxRow.lane == REPLY, OutboxRow.state == "pending")
            await session.execute(answers.values(state="sent"))
            rows = await session.scalars(
                select(OutboxRow).where(OutboxRow.announcement_id.is_not(None)).order_by(OutboxRow.id)
            )
            for row, state in zip(rows, states, strict=False):
                row.state = state


def person(role: str, *, language: str = "it", country: str = "IT", zone: str = "Europe/Rome", **more: Any) -> Person:
    number = next(_NUMBERS)
    facts: dict[str, Any] = {
        "address": str(1000 + number),
        "created_at": NOON,
        "seen_at": NOON,
        "joined_at": NOON,
        "reachable": True,
        "name": f"Person {number}",
        "languages": [],
        "topics": [],
        "times": [],
    }
    return Person(role=role, language=language, country=country, zone=zone, **(facts | more))


def cluster(slug: str, countries: list[str]) -> Cluster:
    return Cluster(
        slug=slug, name=f"Cluster {slug}", countries=countries, sectors=[], languages=["it"], zone="Europe/Rome"
    )


def buttons(screens: list[Outgoing]) -> dict[str, Button]:
    return {button.label: button for screen in screens for row in screen.buttons for button in row}


@pytest.fixture
async def programme(database: Database) -> Programme:
    async with database.begin() as session:
        ines = person("coordinator", language="en", country="GB", name="Ines", zone="Europe/London")
        home = cluster("south", ["IT", "ES"])
        session.add_all([ines, home])
        await session.flush()
        session.add(Coordination(person_id=ines.id, cluster_id=home.id, since=NOON - timedelta(days=9)))
    return Programme(database, ines, home)
