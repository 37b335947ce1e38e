"""`twogether announce …`: the same announcement from a script."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

import db.announcements
import db.clusters
from bot.announcements import preview, release, rules, schedule, service
from bot.announcements.audience_screens import people_meant
from bot.announcements.rules import Readers
from bot.case import House
from bot.clock import Clock
from bot.errors import Misconfigured, Refused
from bot.lessons.curriculum import Curriculum, load
from bot.people import vocabulary
from bot.settings import Settings
from bot.texts import tongue
from db.announcements import Announcement
from db.clusters import Cluster
from db.engine import Database


async def announce(
    database: Database,
    settings: Settings,
    cluster: Cluster,
    audience: str,
    texts: Mapping[str, str],
    *,
    when: str = "",
    every: str = "",
    dry_run: bool,
    yes: bool,
    say: Callable[[str], None],
    ask: Callable[[str], bool],
) -> None:
    """Show what people would get and how many they are, ask unless told not to, and let it go.

    `when` is a wall time for everybody's own clock, or one with a zone for all at once; `every` is week, month or "".
    The running bot delivers it: this only puts it into the database. Raises Misconfigured or Refused with a
    sentence.
    """
    now = Clock().now()
    house = House(settings, load(settings.curriculum))
    async with database.begin() as session:
        clusters = {one.slug: one for one in await db.clusters.all_clusters(session)}
        wanted = _audience(audience, clusters, house.curriculum)
        if wanted.get("cluster") and cluster.id not in wanted["cluster"]:
            cluster = next(one for one in clusters.values() if one.id in wanted["cluster"])
        draft = await service.compose(session, cluster, None, wanted, texts, now)
        _at(draft, when, every, cluster.zone, now)
        counted = await service.readers(session, draft, now)
        await _show(session, draft, counted, house, now, say)
        if dry_run or not counted:
            await service.call_off(session, draft, now)
            return
    if not yes and not ask("Put it down for then?" if preview.is_for_later(draft) else "Send it now?"):
        async with database.begin() as session:
            await service.call_off(session, draft, now)
        return
    say(await _let_go(database, draft.id, house, now))


async def _let_go(database: Database, number: int, house: House, now: datetime) -> str:
    """Let it go, or call it off when that cannot be; gives what became of it."""
    async with database.begin() as session:
        draft = await db.announcements.get(session, number)
        assert draft is not None
        try:
            await release.let_go(session, draft, house, now)
        except Refused as refused:
            await service.call_off(session, draft, now)
            why = refused.sentence.format(**refused.values)
        else:
            match draft.state:
                case db.announcements.WAITING:
                    names = ", ".join(one.name for one in await release.others(session, draft))
                    return f"It waits for a second person's yes: {names} were asked."
                case db.announcements.SCHEDULED:
                    return f"It is put down, and begins at {draft.starts_at:%Y-%m-%d %H:%M} UTC."
                case _:
                    return f"It is on its way to {draft.receipt.get('people', 0)} people."
    raise Misconfigured(why)


async def _show(
    session: AsyncSession,
    draft: Announcement,
    counted: Sequence[Readers],
    house: House,
    now: datetime,
    say: Callable[[str], None],
) -> None:
    """Who, how many, what they get, how many are held for the night, and when the last one has it."""
    by_language = rules.by_language(counted)
    people = ", ".join(f"{number} {language}" for language, number in sorted(by_language.items())) or "nobody"
    place = (await service.place_of(session, draft)).called("en")
    say(f"{people_meant(tongue('en'), draft.audience, sum(by_language.values()))} ({place}): {people}.")
    if missing := rules.missing(by_language, draft.texts):
        say(f"A text is missing for: {', '.join(missing)}.")
    for language, message in zip(by_language, await preview.as_readers_get_it(session, draft, counted), strict=True):
        if language not in missing:
            below = "".join(f"\n[{button.label}]" for row in message.buttons for button in row)
            say(f"\n--- {language}\n{rules.visible(message.text)}{below}\n---")
    if not counted:
        return
    settings = house.settings
    plan = schedule.plan(counted, now, draft.starts_at, draft.wall_at, settings.quiet, settings.send_rate)
    if preview.is_for_later(draft):
        clock = " (everybody at that hour of their own clock)" if draft.wall_at else ""
        again = f", then every {draft.every}" if draft.every else ""
        say(f"It begins at {plan.begins:%Y-%m-%d %H:%M} UTC{clock}{again}.")
    say(f"{plan.held} are held for the night; the last one has it at {plan.reached:%Y-%m-%d %H:%M} UTC.")
    if before := await release.the_same_before(session, draft, now):
        verb = "is put down for" if before.to_come else "went to"
        say(f"The same text {verb} {before.people} of these people at {before.at:%Y-%m-%d %H:%M} UTC.")


def _at(draft: Announcement, when: str, every: str, zone: str, now: datetime) -> None:
    """Put the moment into the draft. Raises Misconfigured for one that is none, or over."""
    if every not in ("", rules.WEEK, rules.MONTH):
        raise Misconfigured(f"--every is {rules.WEEK} or {rules.MONTH}, not {every!r}.")
    draft.every = every
    if not when:
        return
    try:
        draft.wall_at, draft.starts_at = schedule.read_at(when)
    except ValueError as error:
        raise Misconfigured(f"{error}.") from None
    begins = draft.starts_at or rules.begins(draft.wall_at, zone)
    if not now < begins <= now + schedule.LATEST:
        raise Misconfigured(f"--at {when!r} is over, or more than a year away.")
    draft.day = schedule.day_of(every, draft.wall_at, draft.starts_at, zone)


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
