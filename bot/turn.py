"""One turn of a person: inbox -> tap | words -> use case -> replies -> outbox.

One at a time per person and in order, many people at once; also when several replicas work on one database. The use
case, its replies and "inbox row done" are one transaction: after a crash a turn either happened or happens again,
never half. While Rasa is asked no transaction is open.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

import db.inbox
import db.outbox
import db.people
import db.threads
from bot.announcements.taps import taps as announcement_taps
from bot.case import COORDINATOR, Case, House, Taps
from bot.channels.base import Channel
from bot.clock import Clock
from bot.errors import Forged, Refused
from bot.heard import NOWHERE, Standing, may_press, meant_for_a_human, other_language, press, spoken, waits_for_a_time
from bot.lessons.taps import taps as lesson_taps
from bot.log import summary
from bot.matching.rules import WRITE_FORM
from bot.matching.taps import taps as matching_taps
from bot.meetings.rules import ordinal
from bot.meetings.taps import taps as meeting_taps
from bot.messages import Do, Incoming, Lane, Outgoing
from bot.metrics import TURN_SECONDS, TURNS
from bot.onboarding.taps import taps as onboarding_taps
from bot.outbox.put import Letter, put
from bot.people import service as people
from bot.people.language_taps import offer_language
from bot.people.menu import menu_words
from bot.people.taps import screen as screen_taps
from bot.people.taps import taps as people_taps
from bot.texts import N_, tongue
from bot.threads import rules as threads
from bot.threads.taps import taps as thread_taps
from bot.words.client import State, Words, WordsUnavailable
from bot.words.forms import AS_WRITTEN, FORMS, IN_PASSING, PLACE_FORM, TAKES_FILES, WHEN_FORM
from bot.words.times import TimeFound, is_all, is_unreal_async, when_async
from db.engine import Database
from db.inbox import InboxRow, Received
from db.order import Order, OrderUnknownError
from db.people import Person

log = structlog.get_logger(__name__)

TAPS: dict[str, Taps] = {
    "people": people_taps,
    "screen": screen_taps,
    "onboarding": onboarding_taps,
    "lessons": lesson_taps,
    "matching": matching_taps,
    "meetings": meeting_taps,
    "announcements": announcement_taps,
    "threads": thread_taps,
}
COMMANDS = {
    "start": "people:start",
    "menu": "people:menu",
    "help": "people:help",
    "language": "people:language",
    "lesson": "lessons:next",
    "meetings": "meetings:mine",
    "match": "matching:status",
    "pause": "lessons:pause",
    "resume": "lessons:resume",
    "stop": "people:stop",
    "back": "people:back",
    "mydata": "people:mydata",
    "forget": "people:forget",
}
MEETING_TIMES = {"meetings:book", "meetings:move", "meetings:time"}
READS_TIMES = {*MEETING_TIMES, "lessons:time", "announcements:moment"}
MOST_TRIES = 3
MANY_AT_ONCE = 32
MOST_SWEPT = 1000
FLOOD = 30  # this many things waiting from one person: what is tapped beyond it is not worth doing
LONGEST_WORDS = 4096
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.5  # while another replica is at a turn of the same person


# What leaves a form open; for the others it is everything of their noun. What somebody writes to another person must
# never go there by mistake, so that any other tap ends it.
STAYS_OPEN_FOR = {
    WHEN_FORM: ("meetings:time", "meetings:unreal", "meetings:again"),
    WRITE_FORM: ("matching:write", "matching:written"),
    PLACE_FORM: ("meetings:place", "meetings:placed"),
}

# A tap carries with it what it is for; only words and files need to know where they were said.
SAID_SOMEWHERE = ("words", "photo", "document")


class Turns:
    """Takes the inbox's rows, each person's in order. `order` keeps it over several replicas; one alone needs none."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        house: House,
        channels: Mapping[str, Channel],
        words: Words,
        wake_outbox: Callable[[], None],
        order: Order | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._house = house
        self._channels = channels
        self._words = words
        self._wake_outbox = wake_outbox
        self._order = order
        self._waiting: dict[str, deque[InboxRow]] = defaultdict(deque)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._seats = asyncio.Semaphore(MANY_AT_ONCE)
        self._background: set[asyncio.Task[None]] = set()
        self._stopping = False

    def move_in(self, house: House) -> None:
        """What the channel told at log-in is known now."""
        self._house = house

    async def keep(self, channel: str, received: Sequence[Received]) -> None:
        """Keep raw updates in the inbox (an update that is already there is dropped) and begin their turns."""
        if not received:
            return
        async with self._database.begin() as session:
            rows = await db.inbox.put(session, channel, received, self._clock.now())
        self._begin(rows)

    async def recover(self) -> int:
        """Begin what a stop left undone, in order. Returns how many."""
        number, after = 0, 0
        while True:
            async with self._database.read() as session:
                rows = await db.inbox.pending(session, after)
            if not rows:
                return number
            self._begin(rows)
            number, after = number + len(rows), rows[-1].id

    async def sweep(self, seen: Collection[int]) -> set[int]:
        """Begin what has waited since the last sweep, which saw these: whoever kept it is dead, or has a lot to do.

        Returns what this one saw.
        """
        async with self._database.read() as session:
            waiting = await db.inbox.waiting(session, MOST_SWEPT)
            left = [number for number, address in waiting if number in seen and address not in self._running]
            rows = await db.inbox.by_ids(session, left)
        if rows:
            log.info("inbox.swept", turns=len(rows))
            self._begin([row for row in rows if row.address not in self._running])
        return {number for number, _ in waiting}

    async def until_idle(self) -> None:
        """Wait until nobody's turn is left."""
        while self._running:
            await asyncio.wait(list(self._running.values()))

    async def stop(self) -> None:
        """Finish the turns that have begun; the others wait in the inbox for the next start."""
        self._stopping = True
        await self.until_idle()

    def _begin(self, rows: Sequence[InboxRow]) -> None:
        for row in rows:
            self._waiting[row.address].append(row)
            if row.address not in self._running:
                task = asyncio.create_task(self._take_all(row.address))
                self._running[row.address] = task

    async def _take_all(self, address: str) -> None:
        waiting, pause = self._waiting[address], SHORTEST_PAUSE_S
        try:
            while waiting and not self._stopping:
                async with self._seats:
                    taken = await self._take_next(waiting)
                if taken:
                    pause = SHORTEST_PAUSE_S
                    continue
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
        finally:
            # No await between the last look and this: a row that comes now begins a new task.
            self._running.pop(address, None)
            if not waiting:
                self._waiting.pop(address, None)

    async def _take_next(self, waiting: deque[InboxRow]) -> bool:
        """One turn of this person. False when it cannot be now: another replica is at a turn of theirs."""
        first = waiting[0]
        if self._order is None or not first.address:
            await self._take_first(waiting)
            return True
        known = {row.id for row in waiting}
        try:
            async with self._order.turn_of(first.channel, first.address) as pending:
                if pending is None or not await self._compare(waiting, known, pending):
                    return False
                await self._take_first(waiting)
                return True
        except OrderUnknownError:
            return False

    async def _take_first(self, waiting: deque[InboxRow]) -> None:
        if len(waiting) > FLOOD:
            await self._calm(waiting)
        if waiting:
            await self._take(waiting.popleft())

    async def _compare(self, waiting: deque[InboxRow], known: set[int], pending: Sequence[int]) -> bool:
        """Drop what other replicas have done of what was known, and add what they have kept of this person. False
        when the database is away."""
        here = {row.id for row in waiting}
        kept: Sequence[InboxRow] = []
        if strange := [number for number in pending if number not in here][:MOST_SWEPT]:
            try:
                async with self._database.read() as session:
                    kept = await db.inbox.by_ids(session, strange)
            except Exception:
                log.exception("turn.database_away", inbox=strange[0])
                return False
        done = known.difference(pending)
        rows = {row.id: row for row in [*kept, *waiting] if row.id not in done}
        waiting.clear()
        waiting.extend(sorted(rows.values(), key=lambda row: (row.update_id, row.id)))
        return True

    async def _calm(self, waiting: deque[InboxRow]) -> None:
        """One person taps hundreds of times: their extra taps are not carried out, and they are told."""
        keep = [row for row in waiting if "callback_query" not in row.payload]
        extra = [row for row in waiting if "callback_query" in row.payload][FLOOD:]
        if not extra:
            return
        dropped = {row.id for row in extra}
        now = self._clock.now()
        try:
            async with self._database.begin() as session:
                for row in extra:
                    await db.inbox.done(session, row.id, now, "too fast")
                person = await db.people.by_address(session, extra[0].channel, extra[0].address)
                if person:
                    t = tongue(person.language)
                    text = t("That was a lot at once. I did the first ones; please go on slowly.")
                    key = f"slow:{person.id}:{now:%Y%m%d%H%M}"
                    await put(session, [Letter(person, Outgoing(text), Lane.REPLY, key, now)], now)
        except Exception:
            log.exception("turn.not_calmed")  # they all have their turns, then
            return
        log.warning("turn.flood", person=person.id if person else None, dropped=len(extra), kept=len(keep))
        rest = [row for row in waiting if row.id not in dropped]
        waiting.clear()
        waiting.extend(rest)
        self._wake_outbox()

    async def _take(self, row: InboxRow) -> None:
        began = time.perf_counter()
        for attempt in range(1, MOST_TRIES + 1):
            kind, incoming = "?", None
            try:
                incoming = self._channels[row.channel].parse(row.payload)
                kind = incoming.kind
                await self._turn(row, incoming)
            except Exception as error:
                log.exception("turn.failed", inbox=row.id, kind=kind, attempt=attempt)
                set_aside = await self._note_failure(row, error, incoming)
                TURNS.labels(kind, "set_aside" if set_aside else "failed").inc()
                if set_aside:
                    return
                await asyncio.sleep(0.05 * attempt)
            else:
                TURNS.labels(kind, "done").inc()
                TURN_SECONDS.labels(kind).observe(time.perf_counter() - began)
                return

    async def _note_failure(self, row: InboxRow, error: Exception, incoming: Incoming | None) -> bool:
        """Count the failure. After the third the row is set aside and the person gets a sentence."""
        while True:
            now = self._clock.now()
            try:
                async with self._database.begin() as session:
                    set_aside = await db.inbox.failed(session, row.id, summary(error), now, MOST_TRIES)
                    person = await db.people.by_address(session, row.channel, row.address)
                    if set_aside and person:
                        await put(session, [_sorry(person, row, now)], now)
            except Exception:
                # The database itself is away: nothing is counted against the update, it waits.
                log.exception("turn.database_away", inbox=row.id)
                await asyncio.sleep(1.0)
                if self._stopping:
                    return True
                continue
            if set_aside and person is None and incoming and incoming.kind != "ignored":
                await self._say_sorry_to_stranger(row, incoming)
            self._wake_outbox()
            return set_aside

    async def _say_sorry_to_stranger(self, row: InboxRow, incoming: Incoming) -> None:
        """Whose very first words failed gets a sentence too, if they can be met at all."""
        now = self._clock.now()
        try:
            async with self._database.begin() as session:
                person, _ = await people.arrive(session, row.channel, row.address, incoming, now)
                await put(session, [_sorry(person, row, now)], now)
        except Exception:
            log.exception("turn.stranger_not_met", inbox=row.id)

    async def _turn(self, row: InboxRow, incoming: Incoming) -> None:
        if incoming.kind == "tap":
            self._aside(self._channels[row.channel].answer_tap(incoming.callback_id))
        if incoming.kind == "ignored" or not row.address:
            async with self._database.begin() as session:
                await db.inbox.done(session, row.id, self._clock.now(), "not for us")
            return
        standing = await self._standing(row) if incoming.kind in SAID_SOMEWHERE else NOWHERE
        if incoming.kind == "words" and standing.person is None:
            incoming = replace(incoming, language=spoken(incoming))
        times: Sequence[TimeFound] = ()
        if waits_for_a_time(incoming, standing):
            times = await self._times(incoming, standing)
        dos = await self._what_to_do(row, incoming, standing, times)
        if incoming.kind == "words" and any(do.what in READS_TIMES for do in dos):
            times = times or await self._times(incoming, standing)
            if not times and await self._names_no_real_time(incoming, standing, dos):
                dos = [
                    Do("meetings:unreal"),
                    *(Do("meetings:again") if do.what == "meetings:time" else do for do in dos),
                ]
        await self._carry_out(row, incoming, standing, dos, times)
        self._wake_outbox()

    async def _times(self, incoming: Incoming, standing: Standing) -> Sequence[TimeFound]:
        person = standing.person
        if person is None:
            return ()
        return await when_async(incoming.text, person.language, people.local(self._clock.now(), person))

    async def _names_no_real_time(self, incoming: Incoming, standing: Standing, dos: Sequence[Do]) -> bool:
        """Whether a meeting is wanted at a time that does not exist."""
        person = standing.person
        if person is None or not any(do.what in MEETING_TIMES for do in dos):
            return False
        return await is_unreal_async(incoming.text, person.language, people.local(self._clock.now(), person))

    async def _standing(self, row: InboxRow) -> Standing:
        async with self._database.read() as session:
            person = await db.people.by_address(session, row.channel, row.address)
            talk = await db.people.talk_of(session, person.id) if person else None
            thread = await db.threads.live(session, person.id) if person else None
        return Standing(person, talk or NOWHERE.talk, thread)

    async def _carry_out(
        self,
        row: InboxRow,
        incoming: Incoming,
        standing: Standing,
        dos: Sequence[Do],
        times: Sequence[TimeFound],
    ) -> None:
        now = self._clock.now()
        async with self._database.begin() as session:
            if not await db.inbox.done(session, row.id, now):
                return  # somebody else finished this turn meanwhile
            person, talk = await people.arrive(session, row.channel, row.address, incoming, now)
            case = Case(session, now, person, talk, self._house, f"re:{row.id}", incoming, times)
            talk.updated_at = now
            for_others = standing.talk.form in AS_WRITTEN or meant_for_a_human(standing, incoming.text)
            if incoming.kind == "words" and person.consent_at and not for_others:
                talk.recent = threads.remember(talk.recent, incoming.text, now)
            for do in dos:
                await self._do(case, do)
                while case.wants:
                    await self._do(case, case.wants.pop(0))
            await case.send_replies()
            if offered := other_language(incoming, standing):
                await offer_language(case, offered)

    async def _do(self, case: Case, do: Do) -> None:
        """Carry out one use case, or say clearly why not."""
        try:
            tap = TAPS.get(do.what.partition(":")[0], Taps("")).get(do.what)
            if tap is None:
                raise Forged(N_("I don't know this button. Here is what I can do:"))
            if not await people.may(case, tap.needs):
                log.info("turn.refused", person=case.person.id, what=do.what, needs=tap.needs)
                if tap.needs == COORDINATOR:
                    raise Refused(N_("Only a coordinator can do this."))
                case.wants.append(Do("onboarding:ask"))
                return
            leave_form(case, do)
            if do.what != "people:unclear":
                case.talk.unclear = 0
            await tap.handler(case, do.args)  # who refuses, refuses before changing anything
        except Refused as refused:
            if isinstance(refused, Forged):
                log.warning("turn.forged", person=case.person.id, what=do.what[:40])
            case.say(case.t(refused.sentence, **refused.values))
            if isinstance(refused, Forged):
                case.wants.append(Do("people:menu"))

    async def _what_to_do(
        self, row: InboxRow, incoming: Incoming, standing: Standing, times: Sequence[TimeFound] = ()
    ) -> list[Do]:
        match incoming.kind:
            case "tap":
                return [Do.parse(incoming.data)]
            case "answer":
                return [await self._quiz_answer(incoming)]
            case "command":
                what = COMMANDS.get(incoming.data)
                return [Do(what, (incoming.text,))] if what else [Do("people:unknown_command")]
            case "words":
                return await self._words_mean(row, incoming, standing, times)
            case "place":
                return [Do("onboarding:place")]
            case "photo" | "document" if standing.talk.form in TAKES_FILES:
                return [Do(TAKES_FILES[standing.talk.form], (incoming.data,))]
            case "photo":
                return [Do("lessons:photo", (incoming.data,))]
            case "document":
                return [Do("people:cannot_read", ("document",))]
            case "blocked":
                return [Do("people:blocked")]
            case "unblocked":
                return [Do("people:unblocked")]
            case _:
                return [Do("people:cannot_read", (incoming.data,))]

    async def _quiz_answer(self, incoming: Incoming) -> Do:
        """The tap that the chosen option of a quiz stands for."""
        async with self._database.read() as session:
            row = await db.outbox.by_external_id(session, incoming.data)
        quiz = Outgoing.from_json(row.payload).quiz if row and row.address == incoming.address else None
        if quiz is None or incoming.choice is None or incoming.choice >= len(quiz.data):
            return Do("people:menu")
        return Do.parse(quiz.data[incoming.choice])

    async def _words_mean(
        self, row: InboxRow, incoming: Incoming, standing: Standing, times: Sequence[TimeFound]
    ) -> list[Do]:
        person, talk = standing.person, standing.talk
        text = incoming.text.strip()
        if person is None:
            return [Do("people:start", ("",))]
        if not text:
            return [Do("people:cannot_read", ("something",))]
        if len(text) > LONGEST_WORDS:
            return [Do("people:too_long")]
        if do := menu_words(text):
            return [do]
        if talk.form in AS_WRITTEN and not press(talk, text):
            return [Do(AS_WRITTEN[talk.form], (text,))]
        if meant_for_a_human(standing, text):
            return [Do("threads:said", (text,))]
        if pressed := press(talk, text) or press(talk, ordinal(text)):
            return [pressed]
        form = FORMS.get(talk.form)
        if is_all(text, times):  # "tomorrow" is a time here, and no good-bye
            return [Do(form.said, (text,)) if form else press(talk, "time") or Do("meetings:book")]
        self._aside(self._channels[row.channel].show_typing(row.address))
        state = State(
            language=person.language,
            role=person.role,
            form=form.name if form else talk.form or None,
            asked=form.slot if form else talk.asked or None,
            answers={key: value for key, value in talk.answers.items() if key != "picked"},
        )
        try:
            understood = await self._words.understand(text, sender=f"p{person.id}", state=state)
        except WordsUnavailable as error:
            log.warning("turn.words_unavailable", person=person.id, why=str(error))
            if form:
                return [Do(form.said, (text,))]
            if talk.form:
                return [Do("onboarding:answer", (talk.asked, text)), Do("onboarding:ask")]
            return [Do("people:down")]
        for said in may_press(talk, understood, text, person.language):
            if pressed := press(talk, said):
                return [pressed]
        return list(understood.do)

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Something nice to have, not waited for."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def leave_form(case: Case, do: Do) -> None:
    """Whoever taps something else is no longer writing; only the onboarding's questions stay open."""
    form = case.talk.form
    if not form or form.startswith("onboarding"):
        return
    if do.what in ("people:stop", "people:back", "screen:stop", "screen:back"):
        return  # these know what to do about it themselves
    if do.what in IN_PASSING and form not in AS_WRITTEN:
        return
    noun = form.partition("_")[0]
    if do.what not in STAYS_OPEN_FOR.get(form, tuple(TAPS.get(noun, ()))):
        case.close_form()


def _sorry(person: Person, row: InboxRow, now: datetime) -> Letter:
    t = tongue(person.language)
    text = t(
        "Something went wrong on my side, and I could not do that. It has been noted. Please try again, or write /menu."
    )
    return Letter(person, Outgoing(text), Lane.REPLY, f"sorry:{row.id}", now)
