"""Whatever two people tap, in whatever order, old buttons too: what they have agreed to stays in order.

And whoever wants the same quarter of an hour at once: one of them gets it.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

import db.meetings
from bot.matching.rounds import run_round
from bot.meetings import due, rules
from bot.messages import Outgoing
from db.engine import Database
from db.meetings import AGREED, CANCELLED, PROPOSED, Meeting, Reminder, Slot
from db.people import Person
from tests.matching.stage import HOUSE, Stage
from tests.postgres import fresh_database

VERBS = {
    "book", "pick", "want", "yes", "other", "keep", "mine", "days", "day", "move", "cancel", "drop", "why",
    "coming", "stay", "way", "late", "delay", "place", "online",
}  # fmt: skip
PLACES = ("Biblioteca Salaborsa", "Caffè Roma, via 4 Novembre", "?!")

whose = st.sampled_from((0, 1))


class TwoPeople(RuleBasedStateMachine):
    """Aisha and Marco, and every button they were ever shown."""

    opens: Callable[[AsyncExitStack], Awaitable[Database]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.open = AsyncExitStack()
        self.before: dict[int, tuple[Any, ...]] = {}
        self.run(self._set())

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    async def _set(self) -> None:
        self.database = await type(self).opens(self.open)
        self.stage = await Stage.set(self.database)
        aisha = await self.stage.add("trainer", "Aisha", zone="Europe/London")
        marco = await self.stage.add("worker", "Marco")
        async with self.database.begin() as session:
            await run_round(session, self.stage.cluster, None, self.stage.now, HOUSE)
        self.people: tuple[Person, Person] = (aisha, marco)
        for who in self.people:
            await self.stage.answers(who, "affirm")

    def teardown(self) -> None:
        async def close() -> None:
            await self.database.close()
            await self.open.aclose()

        self.run(close())
        self.runner.close()

    async def shown_to(self, who: Person) -> list[str]:
        """Every button of a meeting that this person was ever shown, the newest last."""
        messages = [Outgoing.from_json(row.payload) for row in await self.stage.told(who)]
        found = [button.data for one in messages for row in one.buttons for button in row]
        mine = [data for data in found if data.split(":")[0] == "meetings" and data.split(":")[1] in VERBS]
        return list(dict.fromkeys(reversed(mine)))[::-1]

    # -- what they do ----------------------------------------------------------------------------------

    @rule(who=whose, newest=st.integers(0, 7))
    def taps_what_is_on_the_screen(self, who: int, newest: int) -> None:
        self._tap(who, newest)

    @rule(who=whose, any_of=st.integers(0, 500))
    def taps_an_old_button(self, who: int, any_of: int) -> None:
        self._tap(who, any_of)

    def _tap(self, who: int, back: int) -> None:
        async def tap() -> None:
            buttons = await self.shown_to(self.people[who])
            if buttons:
                await self.stage.taps(self.people[who], buttons[-1 - back % len(buttons)])

        self.run(tap())

    @rule(who=whose, verb=st.sampled_from(("book", "mine", "move", "cancel")))
    def says(self, who: int, verb: str) -> None:
        self.run(self.stage.says(self.people[who], f"meetings:{verb}"))

    @rule(who=whose, days=st.integers(0, 6), quarters=st.integers(0, 9 * 4) | st.integers(-24, 96))
    def wants(self, who: int, days: int, quarters: int) -> None:
        nine = self.stage.now.replace(hour=9, minute=0) + timedelta(days=days)
        start = nine + rules.QUARTER * quarters
        self.run(self.stage.taps(self.people[who], f"meetings:want:1:{start:%Y%m%d%H%M}"))

    @rule()
    def agrees(self) -> None:
        """Whoever is asked says yes, so that there is something to change."""
        for one in [one for one in self.meetings() if one.state in (PROPOSED, AGREED) and one.chosen_by]:
            asked = next(who for who in self.people if who.id != one.chosen_by)
            self.run(self.stage.taps(asked, f"meetings:yes:{one.id}:{one.sequence}"))

    @rule(who=whose)
    def confirms(self, who: int) -> None:
        self.run(self.stage.says(self.people[who], "meetings:coming"))

    @rule(who=whose, why=st.sampled_from(rules.WHY))
    def calls_off(self, who: int, why: str) -> None:
        for one in [one for one in self.meetings() if one.state == AGREED and not self.is_over(one)]:
            begun = one.starts_at is not None and one.starts_at <= self.stage.now
            self.run(self.stage.taps(self.people[who], f"meetings:drop:{one.id}"))
            if not begun:
                self.run(self.stage.taps(self.people[who], f"meetings:why:{one.id}:{why}"))

    @rule(who=whose, place=st.sampled_from(PLACES))
    def names_a_place(self, who: int, place: str) -> None:
        for one in [one for one in self.meetings() if one.state in (PROPOSED, AGREED)][-1:]:
            self.run(self.stage.taps(self.people[who], f"meetings:place:{one.id}"))
            self.run(self.stage.says(self.people[who], "meetings:placed", place))

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.stage.later(hours=hours)
        self.run(due.tick(self.database, self.stage.now, HOUSE))

    # -- what must hold --------------------------------------------------------------------------------

    def meetings(self) -> list[Meeting]:
        return self.run(self.stage.rows(Meeting))

    def is_over(self, one: Meeting) -> bool:
        return one.ends_at is not None and one.ends_at <= self.stage.now

    @invariant()
    def time_is_given_to_what_is_agreed_and_to_nothing_else(self) -> None:
        wanted = {
            (one.id, who.id, at)
            for one in self.meetings()
            if one.state not in (PROPOSED, CANCELLED)
            for who in self.people
            for at in rules.quarters(one.starts_at, one.ends_at)  # type: ignore[arg-type]
        }
        assert {(slot.meeting_id, slot.person_id, slot.at) for slot in self.run(self.stage.rows(Slot))} == wanted

    @invariant()
    def nothing_waits_to_be_said_about_a_dead_meeting(self) -> None:
        alive = {one.id for one in self.meetings() if one.state not in (PROPOSED, CANCELLED)}
        waiting = [one for one in self.run(self.stage.rows(Reminder)) if one.state == "waiting"]
        assert {one.meeting_id for one in waiting} <= alive
        assert len({(one.meeting_id, one.person_id, one.kind) for one in waiting}) == len(waiting)

    @invariant()
    def they_have_one_meeting_at_a_time(self) -> None:
        live = [one for one in self.meetings() if one.state in (PROPOSED, AGREED) and not self.is_over(one)]
        assert len(live) <= 1

    @invariant()
    def what_changes_gets_a_higher_number(self) -> None:
        for one in self.meetings():
            facts = (one.times, one.chosen_by, one.starts_at, one.place, one.state == CANCELLED)
            number, old = self.before.get(one.id, (-1, None))
            assert one.sequence >= number
            assert one.sequence > number or facts == old
            self.before[one.id] = (one.sequence, facts)

    @invariant()
    def each_calendar_shows_what_is_agreed(self) -> None:
        by_uid = {f"meeting-{one.id}-": one for one in self.meetings()}
        for who in self.people:
            files = [Outgoing.from_json(row.payload).file for row in self.run(self.stage.told(who))]
            calendar: dict[str, dict[str, str]] = {}
            for file in files:
                if file is None:
                    continue
                facts = read(file.content)
                before = calendar.get(facts["UID"])
                assert before is None or int(before["SEQUENCE"]) <= int(facts["SEQUENCE"])
                calendar[facts["UID"]] = facts
            shown = {uid: facts for uid, facts in calendar.items() if facts["METHOD"] == "REQUEST"}
            agreed = [one for one in by_uid.values() if one.state not in (PROPOSED, CANCELLED)]
            assert len(shown) == len(agreed)
            for uid, facts in shown.items():
                (one,) = [one for begins, one in by_uid.items() if uid.startswith(begins)]
                assert facts["DTSTART"] == f"{one.starts_at:%Y%m%dT%H%M%SZ}"
                assert facts["LOCATION"] == (one.place or one.room)

    @invariant()
    def nobody_is_taken_for_a_forger(self) -> None:
        assert self.stage.forged == 0


def read(file: str) -> dict[str, str]:
    lines = file.replace("\r\n ", "").split("\r\n")
    return {name: value.replace("\\", "") for name, _, value in (line.partition(":") for line in lines)}


@pytest.mark.parametrize(("kind", "examples", "steps"), [("sqlite", 12, 25), ("postgresql", 4, 25)])
def test_any_order(migrated: dict[str, str], tmp_path: Path, kind: str, examples: int, steps: int) -> None:
    number = iter(range(10_000))

    async def opens(until: AsyncExitStack) -> Database:
        if kind == "postgresql":
            return Database(await until.enter_async_context(fresh_database(like=migrated[kind])))
        file = tmp_path / f"{next(number)}.db"
        shutil.copyfile(migrated[kind].removeprefix("sqlite:///"), file)
        return Database(f"sqlite:///{file}")

    class Here(TwoPeople):
        pass

    Here.opens = staticmethod(opens)
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


# -- the same quarter of an hour ------------------------------------------------------------------------

RACES, AT_ONCE = 100, 8


async def test_in_a_hundred_races_a_quarter_of_an_hour_is_given_away_once(
    stage: Stage, aisha: Person, marco: Person
) -> None:
    """Eight meetings that begin at different quarters and all want the last one of the first."""
    match_id = (await stage.rows(Meeting))[0].match_id
    begin = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)

    async def book(start: datetime) -> bool:
        async with stage.database.begin() as session:
            one = Meeting(match_id=match_id, times=[], sequence=0, created_at=stage.now, changed_at=stage.now)
            session.add(one)
            await session.flush()
            return await db.meetings.take(session, one.id, [marco.id, aisha.id], start, start + rules.LASTS)

    for race in range(RACES):
        first = begin + timedelta(hours=2) * race
        won = await asyncio.gather(*(book(first + rules.QUARTER * (n % 4)) for n in range(AT_ONCE)))
        assert sum(won) == 1
    slots = [(slot.person_id, slot.at) for slot in await stage.rows(Slot)]
    assert len(slots) == len(set(slots)) == RACES * 8
