"""A cluster, the people in it, and turns as they would take them: taps, words, and what everybody is told."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

import db.clusters
import db.people
from bot.case import Case, House
from bot.errors import Forged, Refused
from bot.heard import press
from bot.lessons.curriculum import Curriculum
from bot.matching.taps import taps as matching_taps
from bot.meetings.taps import taps as meeting_taps
from bot.messages import Do, Incoming, Outgoing
from bot.people.service import LEAVING
from bot.settings import Settings
from bot.words.times import TimeFound
from db.clusters import Cluster, Coordination
from db.engine import Database
from db.outbox import OutboxRow
from db.people import Person
from tests.people_factory import TUESDAY_NOON, cluster, person

HOUSE = House(Settings(), Curriculum((), ()))
TAPS = {**matching_taps, **meeting_taps}


@dataclass
class Stage:
    """`now` may be moved. `refused` holds the sentences of refusals, `forged` counts taps that are not ours."""

    database: Database
    cluster: Cluster
    now: datetime = TUESDAY_NOON
    turns: int = 0
    forged: int = 0
    refused: list[str] = field(default_factory=list[str])

    @staticmethod
    async def set(database: Database) -> "Stage":
        async with database.begin() as session:
            here = cluster()
            session.add(here)
        return Stage(database, here)

    async def add(self, role: str, name: str, **more: Any) -> Person:
        async with self.database.begin() as session:
            somebody = person(role, name, **{"cluster_id": self.cluster.id, **more})
            session.add(somebody)
            await session.flush()
            if role == "coordinator":
                session.add(Coordination(person_id=somebody.id, cluster_id=self.cluster.id, since=self.now))
            return somebody

    async def change(self, who: Person, **facts: Any) -> None:
        async with self.database.begin() as session:
            found = await session.get(Person, who.id)
            for name, value in facts.items():
                setattr(found, name, value)

    async def taps(self, who: Person, data: str) -> list[Outgoing]:
        """Tap a button with this data."""
        incoming = Incoming("tap", who.address, text="The question", data=data, message_id="77")
        return await self._turn(who, incoming, Do.parse(data))

    async def says(
        self, who: Person, what: str, text: str = "words", times: tuple[TimeFound, ...] = ()
    ) -> list[Outgoing]:
        """Say something that Rasa takes for this use case; the words come along as its argument."""
        return await self._turn(who, Incoming("words", who.address, text=text), Do(what, (text,)), times)

    async def answers(self, who: Person, words: str) -> list[Outgoing]:
        """Say words (or an intent's name) that stand for a button on the screen."""
        async with self.database.read() as session:
            talk = await db.people.talk_of(session, who.id)
        do = press(talk, words) if talk else None
        assert do, f"nothing on the screen means {words!r}"
        return await self._turn(who, Incoming("words", who.address, text=words), do)

    async def _turn(self, who: Person, incoming: Incoming, do: Do, times: tuple[TimeFound, ...] = ()) -> list[Outgoing]:
        self.turns += 1
        key = f"re:{self.turns}"
        async with self.database.begin() as session:
            me = await db.people.get(session, who.id)
            assert me
            me.seen_at = self.now
            talk = await db.people.conversation(session, me.id, self.now)
            talk.updated_at = self.now
            case = Case(session, self.now, me, talk, HOUSE, key, incoming, times)
            wants = [do]
            while wants:
                step = wants.pop(0)
                if step.what in TAPS:
                    await self._carry_out(case, step)
                wants += case.wants
                case.wants = []
            said = list(case.said)
            await case.send_replies()
        return said

    async def leaves(self, who: Person) -> None:
        """What is tidied up before somebody is forgotten."""
        async with self.database.begin() as session:
            me = await db.people.get(session, who.id)
            assert me
            talk = await db.people.conversation(session, me.id, self.now)
            for tidy_up in LEAVING:
                await tidy_up(Case(session, self.now, me, talk, HOUSE, f"leave:{me.id}"))

    async def _carry_out(self, case: Case, do: Do) -> None:
        try:
            await TAPS[do.what].handler(case, do.args)
        except Refused as refusal:
            self.forged += isinstance(refusal, Forged)
            sentence = case.t(refusal.sentence, **refusal.values)
            self.refused.append(sentence)
            case.say(sentence)

    async def told(self, who: Person) -> list[OutboxRow]:
        """Everything that goes out to this person, in order."""
        async with self.database.read() as session:
            rows = await session.scalars(select(OutboxRow).where(OutboxRow.person_id == who.id).order_by(OutboxRow.id))
            return list(rows)

    async def last_told(self, who: Person) -> Outgoing:
        return Outgoing.from_json((await self.told(who))[-1].payload)

    async def told_about(self, who: Person, words: str) -> list[Outgoing]:
        """What goes out to this person with these words in it, in order."""
        told = [Outgoing.from_json(row.payload) for row in await self.told(who)]
        return [one for one in told if words in one.text]

    async def rows(self, table: type[Any]) -> list[Any]:
        async with self.database.read() as session:
            return list(await session.scalars(select(table).order_by(table.id)))

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


def data_of(message: Outgoing, label: str) -> str:
    """The data of the button with this label."""
    (found,) = [button.data for row in message.buttons for button in row if button.label == label]
    return found


def labels(message: Outgoing) -> list[str]:
    return [button.label for row in message.buttons for button in row]


def plain(text: str) -> str:
    return re.sub(r"<[^>]+>", "", text)
