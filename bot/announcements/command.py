"""`twogether announce …`: the same announcement from a script."""

from collections.abc import Callable, Mapping

import db.clusters
from bot.announcements import rules, service
from bot.announcements.audience_screens import people_meant
from bot.case import House
from bot.clock import Clock
from bot.errors import Misconfigured
from bot.lessons.curriculum import Curriculum, load
from bot.people import vocabulary
from bot.settings import Settings
from bot.texts import tongue
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
    curriculum = load(settings.curriculum)
    async with database.begin() as session:
        clusters = {one.slug: one for one in await db.clusters.all_clusters(session)}
        wanted = _audience(audience, clusters, curriculum)
        if wanted.get("cluster") and cluster.id not in wanted["cluster"]:
            cluster = next(one for one in clusters.values() if one.id in wanted["cluster"])
        draft = await service.compose(session, cluster, None, wanted, texts, now)
        counted = await service.readers(session, draft, now)
        by_language = rules.by_language(counted)
        people = ", ".join(f"{number} {language}" for language, number in sorted(by_language.items())) or "nobody"
        place = (await service.place_of(session, draft)).called("en")
        say(f"{people_meant(tongue('en'), wanted, sum(by_language.values()))} ({place}): {people}.")
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
        number = await service.start(session, draft, House(settings, curriculum), now)
    say(f"It is on its way to {number} people.")


def _audience(written: str, clusters: Mapping[str, Cluster], curriculum: Curriculum) -> rules.Audience:
    """What is written, with the clusters and modules it names. Raises Misconfigured with a sentence."""
    modules = list(dict.fromkeys((str(one.track), one.module.folder.rpartition("/")[2]) for one in curriculum.lessons))
    numbers = sorted({rules.module_number(folder) for _, folder in modules})
    possible = {
        "sector": vocabulary.keys("sector"),
        "topic": vocabulary.keys("topic"),
        "cluster": list(clusters),
        "finished": [*(str(number) for number in numbers), *(folder for _, folder in modules)],
    }
    try:
        wanted = rules.parse_audience(written, possible)
    except ValueError as error:
        raise Misconfigured(str(error)) from None
    if slugs := wanted.get("cluster"):
        wanted["cluster"] = [clusters[slug].id for slug in slugs]
    if said := wanted.get("finished"):
        wanted["finished"] = rules.module_folders(said, wanted["role"], modules)
        if not wanted["finished"]:
            raise Misconfigured(f"{wanted['role'][0]}s have no module {' or '.join(said)}.")
    return wanted
