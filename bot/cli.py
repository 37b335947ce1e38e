"""`twogether …`: what the operator and the coordinator's scripts can do."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

import db.clusters
from bot import log, settings
from bot.clock import Clock
from bot.errors import Misconfigured, Refused
from bot.people import clusters
from bot.people import service as people
from bot.settings import ROOT, Settings
from bot.texts import tongue
from db.clusters import Cluster
from db.engine import Database, UnusableError
from db.migrate import upgrade

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The assistant of Learning 2.0gether.")
invite_app = typer.Typer(no_args_is_help=True, help="One-time links that give a role.")
app.add_typer(invite_app, name="invite")
curriculum_app = typer.Typer(no_args_is_help=True, help="The lessons, to translators and back.")
app.add_typer(curriculum_app, name="curriculum")

say = typer.echo
ClusterOption = Annotated[str, typer.Option("--cluster", help="The cluster's short name, see bot/people/clusters.toml")]


@app.command()
def run() -> None:
    """Run the bot until it is stopped (reads TWOGETHER_… from the environment)."""
    from bot.app import serve

    chosen = settings.load()
    chosen.token  # noqa: B018 - say at once that it is missing
    log.configure(chosen.log_level)
    import uvloop

    uvloop.run(serve(chosen))


@app.command()
def demo(
    people_number: Annotated[
        int, typer.Option("--people", min=0, max=1_000_000, help="Also add N made-up people.")
    ] = 0,
    port: Annotated[int, typer.Option(help="Where the phones are shown.")] = 8081,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what was played before.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps what was played.")] = ROOT / "var" / "demo",
) -> None:
    """Play the whole programme on this machine: a local Telegram, phones in the browser, demo people."""
    from bot.demo import play

    asyncio.run(play(people_number, port, fresh=fresh, folder=folder))


@app.command()
def migrate() -> None:
    """Bring the database to the current schema, and the clusters in line with clusters.toml."""
    chosen = settings.load()
    _upgrade(chosen)
    added = _with_database(chosen, _seed)
    say(f"The database is up to date. {added} clusters added.")


async def _seed(database: Database) -> int:
    async with database.begin() as session:
        return await clusters.seed(session)


@app.command()
def train(force: Annotated[bool, typer.Option("--force", help="Also when nothing has changed.")] = False) -> None:
    """Train the language model, if its sources have changed."""
    from bot.words.train import train as train_model

    train_model(force=force)


@app.command()
def check() -> None:
    """Read every lesson, name what is wrong with it, and show how each language stands."""
    from bot.lessons.curriculum import load
    from bot.lessons.lint import problems_of
    from bot.lessons.overview import table

    root = settings.load().curriculum
    curriculum = load(root)
    found = problems_of(curriculum, Clock().now().date())
    for problem in found:
        say(str(problem))
    if not found:
        say("The curriculum is in order.")
    say(f"\n{table(root, curriculum)}")
    if found:
        raise typer.Exit(1)


@curriculum_app.command("export")
def export_lessons(
    language: Annotated[str, typer.Option(help="Into which language: it, de or es.")],
    out: Annotated[Path | None, typer.Option(help="The folder for the files; else one below var/translations.")] = None,
) -> None:
    """Write a PO file for each lesson, for a translator's tool."""
    from bot.lessons.exchange import export

    root, folder = settings.load().curriculum, out or ROOT / "var" / "translations" / language
    made = export(root, language, folder, Clock().now())
    say(f"{len(made)} files are in {folder}.")
    if left_out := len(list(root.glob("*/*/*/lesson.yml"))) - len(made):
        say(f"Left out, because they cannot be read: {left_out} lessons. `twogether check` names them.")


@curriculum_app.command("import")
def import_lessons(
    files: Annotated[list[Path], typer.Argument(help="PO files that `twogether curriculum export` made.")],
) -> None:
    """Write translated PO files back into the lessons: all of them, or none when one has a fault."""
    from bot.lessons.exchange import take_in

    for taken in take_in(settings.load().curriculum, files):
        say(f"{taken.file}: {', '.join(name or 'the title' for name in taken.changed) or 'nothing'} changed.")


@invite_app.command("coordinator")
def invite_coordinator(cluster: ClusterOption) -> None:
    """Print a link that makes whoever opens it first a coordinator of this cluster. It works once, for seven days."""
    chosen = settings.load()
    chosen.token  # noqa: B018 - without one no link is made that nobody can open
    token = _with_database(chosen, lambda database: _invite(database, cluster))
    name = asyncio.run(_bot_name(chosen))
    say(f"https://t.me/{name}?start={token}")


async def _invite(database: Database, slug: str) -> str:
    async with database.begin() as session:
        found = await _cluster(database, slug)
        return await people.invite(session, found, "coordinator", None, Clock().now())


async def _bot_name(chosen: Settings) -> str:
    from bot.channels.base import SendError
    from bot.channels.telegram.channel import TelegramChannel

    channel = TelegramChannel(chosen.token, chosen.telegram_api_url)
    try:
        await channel.start()
        return channel.username
    except SendError as error:
        raise Misconfigured(f"Telegram did not tell the bot's name ({error.why}).") from None
    finally:
        await channel.stop()


@app.command()
def match(
    cluster: ClusterOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
) -> None:
    """Run a matching round in a cluster and send the offers."""
    _with_database(settings.load(), lambda database: _match(database, cluster, dry_run=dry_run))


async def _match(database: Database, slug: str, *, dry_run: bool) -> None:
    from bot.case import House
    from bot.lessons.curriculum import load
    from bot.matching import plan, rounds

    chosen = settings.load()
    house = House(chosen, load(chosen.curriculum))
    found = await _cluster(database, slug)
    now = Clock().now()
    if dry_run:
        async with database.read() as session:
            planned = await plan.plan_round(session, found, now, house)
        say(f"{planned.matched} pairs would get an offer; {planned.unmatched} workers would stay without.")
        for country, number in planned.countries.items():
            say(f"  {country or 'no country'}: {number} pairs")
        for reason, number in planned.staying.items():
            say(f"  {number} without: {reason}")
        if planned.unmatched:
            say(f"  longest wait: {planned.longest} weeks")
        return
    async with database.begin() as session:
        done = await rounds.run_round(session, found, None, now, house)
    wait = "wait for a coordinator" if found.approval else "got an offer"
    say(f"{done.matched} pairs {wait}; {done.unmatched} workers stay without.")


AUDIENCE = (
    'Who: "role=worker country=IT+ES sector=bakery match=unmatched silent=30 finished=3", or "role=all". '
    "Also language=it, topic=instagram, cluster=…"
)


AT = 'When: "2026-12-01T09:00" on everybody\'s own clock, or for all at once "2026-12-01T09:00 Europe/Rome".'


@app.command()
def announce(
    cluster: ClusterOption,
    text: Annotated[list[str], typer.Option("--text", help="One per language: it='Buongiorno …'")],
    audience: Annotated[str, typer.Option(help=AUDIENCE)] = "",
    at: Annotated[str, typer.Option(help=AT)] = "",
    every: Annotated[str, typer.Option(help="Again every week or month.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what people would get, and when.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send it without asking.")] = False,
) -> None:
    """Say something to many people of a cluster, once each."""
    texts = _texts(text)
    facts = {"when": at, "every": every, "dry_run": dry_run, "yes": yes}
    _with_database(settings.load(), lambda database: _announce(database, cluster, audience, texts, facts))


def _texts(given: list[str]) -> dict[str, str]:
    from bot.messages import LANGUAGES

    texts: dict[str, str] = {}
    for one in given:
        language, _, words = one.partition("=")
        if language not in LANGUAGES or not words.strip():
            raise Misconfigured(f"--text {one!r} must look like it='…' with one of {', '.join(LANGUAGES)}.")
        texts[language] = words.strip()
    return texts


async def _announce(database: Database, slug: str, audience: str, texts: dict[str, str], facts: dict[str, Any]) -> None:
    from bot.announcements.command import announce as say_to_many

    chosen = settings.load()
    found = await _cluster(database, slug)
    await say_to_many(database, chosen, found, audience, texts, **facts, say=say, ask=typer.confirm)


@app.command()
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Fewer turns.")] = False,
    crash: Annotated[bool, typer.Option("--crash", help="Only an announcement on the worst of days.")] = False,
) -> None:
    """Measure this machine: turns, words, start-up, memory, crashes."""
    sys.path.insert(0, str(settings.ROOT))  # the bench lies beside the programme, and is not installed with it
    if crash:
        from bench.worst_day import run as measure
    else:
        from bench.run import run as measure

    asyncio.run(measure(quick=quick))


@app.command()
def doctor() -> None:
    """Look at everything the bot needs and say what to do about what is wrong."""
    from bot.doctor import examine

    findings = asyncio.run(examine(settings.load()))
    signs = {"ok": "ok  ", "warn": "WARN", "bad": "BAD "}
    for one in findings:
        say(f"{signs[one.state]}  {one.what}" + (f"\n      {one.remedy}" if one.remedy else ""))
    if any(one.state == "bad" for one in findings):
        raise typer.Exit(1)


async def _cluster(database: Database, slug: str) -> Cluster:
    async with database.read() as session:
        found = await db.clusters.by_slug(session, slug)
        names = [one.slug for one in await db.clusters.all_clusters(session)]
    if found is None:
        known = ", ".join(names) or "none yet: run `twogether migrate`"
        raise Misconfigured(f"There is no cluster {slug!r}. There are: {known}.")
    return found


def _with_database[R](chosen: Settings, work: Callable[[Database], Coroutine[Any, Any, R]]) -> R:
    async def open_and_work() -> R:
        database = Database(chosen.database_url)
        try:
            return await work(database)
        finally:
            await database.close()

    _upgrade(chosen)
    return asyncio.run(open_and_work())


def _upgrade(chosen: Settings) -> None:
    """The database at its current schema, or one sentence about why it cannot be used."""
    try:
        upgrade(chosen.database_url)
    except UnusableError as error:
        raise Misconfigured(f"The database cannot be used ({error}): check TWOGETHER_DATABASE_URL.") from None


def main() -> None:
    """The command line; a foreseeable mistake is one sentence, not a stack trace."""
    log.configure()
    try:
        app()
    except Misconfigured as error:
        say(str(error), err=True)
        sys.exit(2)
    except Refused as error:
        say(tongue("en").plain(error.sentence, **error.values), err=True)
        sys.exit(2)
