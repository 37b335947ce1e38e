"""Every figure, in one table: turns by tap and by words, starts, memory, crashes; beside them what others need.

Everything runs on 127.0.0.1, one programme at a time, and ends by itself. SQLite and PostgreSQL.
"""

import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import insert

import bot.log
from bench import announcements, course, meetings, pairs
from bench.bots import ROOT, Child, ours, start
from bench.crash import crash, participant
from bench.load import FIRST_PERSON
from bench.rasa import bare_rasa, our_rasa
from bench.replicas import take_over
from bot.words.client import State
from bot.words.train import newest
from db.engine import Database
from db.migrate import upgrade_async
from db.people import Person
from tests.postgres import fresh_database

PEOPLE = 2000
AT_ONCE = 200
MENU = "people:menu"
WARM_S = 8.0
FAST = "100000"  # SEND_RATE: as good as none
WORDS = [
    "when is my next meeting?",
    "I would like the next lesson please",
    "can I talk to a real person",
    "how do I post a photo on instagram?",
    "I need to move the meeting",
    "what can you do",
    "thank you very much",
    "please stop the reminders for a while",
]
ANYWHERE = [(text, State("en", "worker")) for text in WORDS]
_KNOWN = {"consent": True, "name": "Marco", "role": "worker", "age_band": "50-59", "languages": ["it"]}
IN_A_FORM = [
    ("I live in Leeds", State("en", "worker", "onboarding_form", "city", _KNOWN)),
    ("ho una panetteria a Bologna", State("it", "worker", "onboarding_form", "city", _KNOWN)),
    ("warum wollen Sie das wissen?", State("de", "worker", "onboarding_form", "city", _KNOWN)),
    ("me llamo Lucía", State("es", "worker", "onboarding_form", "name", {"consent": True})),
]
ONE = "one by one"
WAYS = {ONE: 1, "20 at once": 20}
NO_WORDS = "At the moment I can only follow buttons"


class Load:
    """The process that plays Telegram and its people."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self._process = process
        self.url = url

    async def ask(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        answer = json.loads(await self._process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    async def taps(self, turns: int, at_once: int) -> dict[str, float]:
        return await self.ask(act="tap", what=[MENU], turns=turns, at_once=at_once)

    async def words(self, turns: int, at_once: int = 1) -> dict[str, float]:
        return await self.ask(act="say", what=WORDS, turns=turns, at_once=at_once)

    async def sends(self, number: int, longest_s: float = 120.0) -> dict[str, float]:
        """What the bot sends from now on, until it has sent so many messages."""
        return await self.ask(act="sends", number=number, longest_s=longest_s)

    async def first_answer(self, act: str, what: str, unlike: str = "") -> dict[str, Any]:
        return await self.ask(first=True, act=act, what=what, unlike=unlike)


@asynccontextmanager
async def load(people: int = PEOPLE) -> AsyncGenerator[Load]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.load", "--people", str(people)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    try:
        yield Load(process, json.loads(await process.stdout.readline())["url"])
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


async def seed(database_url: str, people: int = PEOPLE) -> None:
    """All tables, and so many participants whose chats the load plays."""
    await upgrade_async(database_url)
    database = Database(database_url)
    async with database.begin() as session:
        columns = [column.key for column in Person.__table__.columns if column.key != "id"]
        made_up = [participant(FIRST_PERSON + number) for number in range(people)]
        facts = [{key: getattr(one, key) for key in columns} for one in made_up]
        defaults = {"channel": "telegram", "reachable": True, "paused": False, "zone": "Europe/Rome"}
        blank = {"consent_version": "", "age_band": "", "country": "", "city": "", "sector": ""}
        await session.execute(
            insert(Person),
            [
                {key: value if value is not None else {**defaults, **blank}.get(key) for key, value in one.items()}
                for one in facts
            ],
        )
    await database.close()


class Table:
    """Prints as it goes, so that a long run can be watched."""

    def section(self, title: str) -> None:
        print(f"\n{title}", flush=True)

    def row(self, what: str, facts: dict[str, float], beside: dict[str, float] | None = None) -> None:
        """With `beside`: how many times as many turns a second (above 1 is better than theirs)."""
        cpu = f"   {facts['cpu_ms']:5.1f} ms CPU" if "cpu_ms" in facts else ""
        ratio = f"   {facts['per_s'] / beside['per_s']:5.2f} ×" if beside else ""
        print(
            f"  {what:<46} p50 {facts['p50_ms']:7.1f} ms   p99 {facts['p99_ms']:7.1f} ms   "
            f"{facts['per_s']:6.1f} turns/s{cpu}{ratio}",
            flush=True,
        )

    def fact(self, what: str, value: str) -> None:
        print(f"  {what:<46} {value}", flush=True)


async def run(*, quick: bool = False) -> None:
    """Measure this machine and print the table. About six minutes, with `quick` about two."""
    bot.log.configure("warning")
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # it minds every connection that a kill cuts
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    began = time.perf_counter()
    table = Table()
    turns = 400 if quick else 4000
    table.section(f"A tap and its answer, through a simulated Telegram ({AT_ONCE} people at once, and one by one)")
    echo = await _echo(table, turns, at_once=1, name="bare PTB echo bot, in order")
    await _echo(table, turns, at_once=256, name="bare PTB echo bot, concurrent_updates=256")
    async with databases() as urls:
        for name, url in urls.items():
            await _taps(table, url, name, turns, echo)
    await _lessons(table, quick=quick)
    await _matching(table, quick=quick)
    await _meetings(table, quick=quick)
    await _announcements(table, quick=quick)
    await _words(table, quick=quick)
    await _crashes(table, quick=quick)
    table.section(f"Measured in {time.perf_counter() - began:.0f} s.")


@asynccontextmanager
async def databases() -> AsyncGenerator[dict[str, str]]:
    """An empty database of each kind."""
    with tempfile.TemporaryDirectory(prefix="twogether-bench-") as folder:
        async with fresh_database() as postgres:
            yield {"SQLite": f"sqlite:///{Path(folder) / 'bench.db'}", "PostgreSQL": postgres}


async def _echo(table: Table, turns: int, at_once: int, name: str) -> dict[str, dict[str, float]]:
    async with load() as phones:
        child = await start("bench.echo", "--url", phones.url, "--at-once", str(at_once))
        try:
            return await _both(table, phones, child, turns, name, None)
        finally:
            await child.stop()


async def _taps(table: Table, url: str, name: str, turns: int, echo: dict[str, dict[str, float]]) -> None:
    await seed(url)
    async with load() as phones, ours(phones.url, url, SEND_RATE=FAST) as child:
        await _both(table, phones, child, turns, f"twogether on {name}", echo)
        table.fact("  its memory after that", f"{child.resident_mb():.0f} MB")


async def _both(
    table: Table, phones: Load, child: Child, turns: int, name: str, beside: dict[str, dict[str, float]] | None
) -> dict[str, dict[str, float]]:
    await phones.taps(turns // 4, 20)  # warm
    before = child.cpu_s()
    found = {"at once": await phones.taps(turns, AT_ONCE)}
    found["at once"]["cpu_ms"] = 1000 * (child.cpu_s() - before) / turns
    found["one by one"] = await phones.taps(turns // 10, 1)
    for how, facts in found.items():
        table.row(f"{name}, {how}", facts, beside[how] if beside else None)
    return found


async def _lessons(table: Table, *, quick: bool) -> None:
    """The same number due, among few and among many: what is not due must cost nothing."""
    due_now = 500 if quick else 2_000
    table.section(f"The lessons of a minute in which {due_now} are due (the baseline has {due_now} enrolled)")
    for name in ("SQLite", "PostgreSQL"):
        baseline: dict[str, float] | None = None
        for enrolled in (due_now, 100_000):
            async with databases() as urls:
                found = await course.measure(urls[name], enrolled, due_now)
            ratio = f"   {found['per_due_ms'] / baseline['per_due_ms']:.2f} × the baseline" if baseline else ""
            table.fact(
                f"{name}, {enrolled} enrolled",
                f"{found['rows']:.0f} rows in {found['seconds']:.1f} s, {found['per_due_ms']:.2f} ms each; "
                f"a tick with nobody due {found['idle_ms']:.1f} ms{ratio}",
            )
            baseline = found

    crowd, pace = (500, 200.0) if quick else (10_000, 400.0)
    async with databases() as urls:
        found = await course.serve(urls["PostgreSQL"], crowd, pace)
    table.fact(
        f"PostgreSQL, {crowd} due in one minute, at most {pace:.0f} a second",
        f"{found['served']:.0f} served once each in {found['seconds']:.0f} s, {found['rate'] / pace:.2f} of the pace; "
        f"none out of order by more than {found['overtaken']:.0f}",
    )


async def _matching(table: Table, *, quick: bool) -> None:
    """Rounds from rows to pairs: how long, how good; beside them what others make of the same pairs."""
    table.section("Matching, from people in a database to the best pairs (demo people in the towns of four countries)")
    for workers, trainers in ((1_000, 1_000), (10_000, 10_000), (10_000, 3_000), (50_000, 50_000)):
        if quick and workers > 1_000:
            break
        async with databases() as urls:
            for name, url in urls.items():
                await pairs.fill(url, workers, trainers)
                found = await pairs.plan(url)
                table.fact(
                    f"{workers:,} workers, {trainers:,} trainers, {name}",
                    f"{found['seconds']:.2f} s, of which reading {found['read_s']:.2f} s; {found['mb']:.0f} MB; "
                    f"matched {found['matched']:,.0f}, score {found['score']:,.0f}",
                )
            with tempfile.TemporaryDirectory(prefix="twogether-bench-") as folder:
                kept = Path(folder) / "pairs.npz"
                number = await pairs.kept_candidates(urls["SQLite"], kept)
                table.fact("  to choose among the same pairs", f"{number:,}; nothing is read")
                await _ways_to_choose(table, kept, few=workers == 1_000)
                if workers <= 10_000:
                    await _beside_the_optimum(table, urls["SQLite"], kept, found)
            if workers == trainers == 10_000:
                for name, url in urls.items():
                    after = await pairs.follow(url)
                    table.fact(f"  from a no to {after['offers']:.0f} next offers, {name}", f"{after['seconds']:.2f} s")


async def _meetings(table: Table, *, quick: bool) -> None:
    """A thousand to remind, among few meetings and among many; how late under the pace; how fast they are booked."""
    due_now = 200 if quick else 1_000
    table.section(f"Meetings: {due_now:,} reminders due (the baseline has no other meetings ahead)")
    for name in ("SQLite", "PostgreSQL"):
        baseline: dict[str, float] | None = None
        for ahead in (0, 10_000 if quick else 100_000):
            async with databases() as urls:
                found = await meetings.ticks(urls[name], ahead, due_now)
            ratio = f"   {found['per_due_ms'] / baseline['per_due_ms']:.2f} × the baseline" if baseline else ""
            table.fact(
                f"{name}, {ahead:,} future meetings",
                f"{found['rows']:.0f} said in {found['seconds']:.1f} s, {found['per_due_ms']:.2f} ms each; "
                f"a tick with nothing due {found['idle_ms']:.1f} ms{ratio}",
            )
            baseline = found
    for name in ("SQLite", "PostgreSQL"):
        for over_s, when in ((60.0, "spread over a minute"), (0.0, "in the same second")):
            async with databases() as urls:
                late = await meetings.lateness(urls[name], due_now, 30.0, over_s=over_s)
            least = max(0.0, due_now / 30 - over_s)
            table.fact(
                f"{name}, {due_now:,} due {when}, 30 a second",
                f"{late['said']:.0f} reminded; late p50 {late['p50_s']:.1f} s, p99 {late['p99_s']:.1f} s "
                f"(the pace alone: up to {least:.1f} s)",
            )
        async with databases() as urls:
            booked = await meetings.booking(urls[name], due_now // 2)
        table.fact(
            f"{name}, {due_now // 2:,} pairs book at once",
            f"{booked['booked']:.0f} booked, {booked['per_s']:.1f} a second; a turn of it does "
            f"{booked['turns_per_s'] / booked['menus_per_s']:.2f} × the turns of a menu",
        )


async def _announcements(table: Table, *, quick: bool) -> None:
    """To everybody at once: its start, then the pace, people's taps meanwhile, and how fast it is without a pace."""
    people, phones_ = (10_000, 4_000) if quick else (100_000, 20_000)
    messages = phones_ // 4
    table.section(f"An announcement to {people:,} people")
    async with load(messages) as phones:
        sender = await start("bench.sender", "--url", phones.url, "--people", str(messages))
        bare = await phones.sends(messages)
        await sender.stop()
    table.fact(f"bare PTB sends {messages:,}, 64 at once", f"{bare['per_s']:.0f} messages/s")
    async with databases() as urls:
        for name, url in urls.items():
            await seed(url, people)
            await announcements.into_a_cluster(url)
            async with load(phones_) as phones:
                await _beside_an_announcement(table, phones, url, name, quick=quick)
                await announcements.pause(url, on=False)
                child = await announcements.ours(phones.url, url, FAST)
                await _warm(phones)
                await announcements.pause(url, on=True)
                await phones.taps(1, 1)  # it looks again
                fast = await phones.sends(messages)
                await child.stop()
            table.fact(
                f"{name}, without a pace",
                f"{fast['per_s']:.0f} messages/s, {fast['per_s'] / bare['per_s']:.2f} × bare PTB",
            )


async def _warm(phones: Load) -> None:
    """Until what a start does beside its work (the atlas, the search, the languages) is done."""
    began = time.perf_counter()
    while time.perf_counter() - began < WARM_S:
        await phones.taps(10, 1)


async def _beside_an_announcement(table: Table, phones: Load, url: str, name: str, *, quick: bool) -> None:
    """At 30 a second: is the pace kept, and do people who tap notice?"""
    taps = 60 if quick else 300
    child = await announcements.ours(phones.url, url, "30")
    await _warm(phones)
    idle = await phones.taps(taps, 1)
    begun = await announcements.begin_apart(url)
    table.fact(
        f"{name}, from the word to {begun['people']:,.0f} rows",
        f"{begun['seconds']:.2f} s, {begun['mb']:.0f} MB at most",
    )
    await phones.sends(100)
    mark = await phones.ask(act="mark")
    busy = await phones.taps(taps, 1)
    await phones.sends(30 * 20)
    kept = await phones.ask(act="pace", since=mark["sent"])
    await child.stop()
    table.fact(
        f"{name}, 30 a second allowed",
        f"{kept['per_s']:.2f} a second over {kept['sent']:.0f}, {kept['fullest']:.0f} in the fullest second",
    )
    table.row(f"{name}, a tap while nothing is announced", idle)
    table.row(f"{name}, a tap meanwhile", busy)
    table.fact("  its p99 beside the idle one", f"{busy['p99_ms'] / idle['p99_ms']:.2f} ×")


async def _ways_to_choose(table: Table, kept: Path, *, few: bool) -> None:
    """Ours, and others as times ours: below 1 is shorter, or fewer and worse pairs."""
    ours = await pairs.choose(pairs.OURS, kept, longest_s=None)
    assert ours
    table.fact(f"  {pairs.NAMES[pairs.OURS]}", f"{ours['seconds']:.3f} s, {ours['mb']:.0f} MB")
    for how in (one for one in pairs.OTHERS if one != pairs.OURS and (few or one != "stable")):
        facts = await pairs.choose(how, kept)
        times = {what: facts[what] / ours[what] for what in ("seconds", "mb", "matched", "score")} if facts else None
        table.fact(
            f"  {pairs.NAMES[how]}",
            f"time {times['seconds']:.2f} x, memory {times['mb']:.2f} x, "
            f"matched {times['matched']:.4f} x, score {times['score']:.4f} x"
            if times
            else f"stopped after {pairs.LONGEST_S:.0f} s",
        )


async def _beside_the_optimum(table: Table, url: str, kept: Path, found: dict[str, float]) -> None:
    number = await pairs.kept_candidates(url, kept, every=True)
    best = await pairs.choose(pairs.OURS, kept, longest_s=None)
    assert best
    table.fact(
        "  the round beside the best of all",
        f"matched {found['matched'] / best['matched']:.4%}, score {found['score'] / best['score']:.4%} "
        f"(all are {number:,} pairs, to choose among them takes {best['seconds']:.1f} s and {best['mb']:.0f} MB)",
    )


async def _words(table: Table, *, quick: bool) -> None:
    """Start-ups, words and memory: the programme with its own Rasa; then a bare Rasa with the same model."""
    table.section("Start-up, words, memory (SQLite, Rasa as the programme starts it)")
    if newest(ROOT / "models") is None:
        table.fact("no language model", "`twogether train` makes one; words were not measured")
        return
    turns = 100 if quick else 400
    async with databases() as urls:
        url = urls["SQLite"]
        await seed(url)
        async with load() as phones, ours(phones.url, url, SEND_RATE=FAST, RASA_URL="") as child:
            mine = await _words_of_ours(table, phones, child, turns)
    table.section("From a message to its meaning: through Rasa and the action endpoint, no Telegram and no database")
    async with bare_rasa() as rasa:
        theirs = {
            how: await rasa.measure("/webhooks/rest/webhook", WORDS, turns, at_once) for how, at_once in WAYS.items()
        }
        for how, facts in theirs.items():
            table.row(f"bare Rasa, REST and SQL tracker store, {how}", facts)
        parser = await rasa.measure("/model/parse", WORDS, turns)
        table.row("  its parser alone, one by one", parser)
        table.fact("  its memory", f"{rasa.child.resident_mb():.0f} MB")
    table.fact("  a whole words turn beside its REST webhook", f"{mine['p50_ms'] / theirs[ONE]['p50_ms']:.2f} × (p50)")
    async with our_rasa() as rasa:
        for name, said in (("any words", ANYWHERE), ("answers in a form", IN_A_FORM)):
            await rasa.measure(said, turns // 10)  # warm
            for how, at_once in WAYS.items():
                table.row(f"ours, {name}, {how}", await rasa.measure(said, turns, at_once), theirs[how])


async def _words_of_ours(table: Table, phones: Load, child: Child, turns: int) -> dict[str, float]:
    born = time.monotonic() - (time.perf_counter() - child.born)
    first = await phones.first_answer("tap", MENU)
    table.fact("from `python -m bot run` to the first answer", f"{first['at'] - born:.1f} s")
    first = await phones.first_answer("say", WORDS[0], unlike=NO_WORDS)
    table.fact("… to the first words understood", f"{first['at'] - born:.1f} s")
    await phones.words(turns // 10)  # warm
    mine = await phones.words(turns)
    table.row("words, one by one", mine)
    table.row("words, 20 at once", await phones.words(turns, 20))
    table.fact("memory of the programme", f"{child.resident_mb():.0f} MB")
    table.fact("memory of its Rasa", f"{child.children_mb():.0f} MB")
    return mine


async def _crashes(table: Table, *, quick: bool) -> None:
    table.section("kill -9 at random moments")
    turns, kills = (50, 5) if quick else (200, 20)
    async with databases() as urls:
        for name, url in urls.items():
            await upgrade_async(url)
            table.fact(name, str(await crash(url, turns=turns, kills=kills)))
    async with databases() as urls:
        await upgrade_async(urls["PostgreSQL"])
        table.fact("PostgreSQL, two replicas, the leader killed", str(await take_over(urls["PostgreSQL"], turns=turns)))
