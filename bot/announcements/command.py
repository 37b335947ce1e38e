"""`twogether announce …`: the same announcement from a script."""

from collections.abc import Callable, Mapping

from bot.announcements import rules, service
from bot.case import House
from bot.clock import Clock
from bot.errors import Misconfigured
from bot.lessons.curriculum import load
from bot.settings import Settings
from db.clusters import Cluster
from db.engine import Database


async def announce(
    database: Database,
    settings: Settings,
    cluster: Cluster,
    audience: str,
    texts: Mapping[str, str],
    *,
    dry_run: bool,
    yes: bool,
    say: Callable[[str], None],
    ask: Callable[[str], bool],
) -> None:
    """Say how many people it would reach, ask unless told not to, and start it.

    The running bot delivers it: this only puts it into the outbox.
    """
    now = Clock().now()
    try:
        wanted = rules.parse_audience(audience)
    except ValueError as error:
        raise Misconfigured(str(error)) from None
    async with database.begin() as session:
        draft = await service.compose(session, cluster, None, wanted, texts, now)
        counted = await service.readers(session, draft, now)
        by_language = rules.by_language(counted)
        people = ", ".join(f"{number} {language}" for language, number in sorted(by_language.items())) or "nobody"
        say(f"{sum(by_language.values())} people in {cluster.name}: {people}.")
        if missing := rules.missing(by_language, draft.texts):
            say(f"A text is missing for: {', '.join(missing)}.")
        if dry_run or not counted:
            await service.call_off(session, draft, now)
            return
    if not yes and not ask("Send it now?"):
        async with database.begin() as session:
            await service.call_off(session, draft, now)
        return
    async with database.begin() as session:
        draft = await session.merge(draft)
        number = await service.start(session, draft, House(settings, load(settings.curriculum)), now)
    say(f"It is on its way to {number} people.")
