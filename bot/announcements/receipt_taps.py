"""What a coordinator does about one that is on the road: look, pause, go on, stop, send again, see names."""

import csv
import html
import io
from collections.abc import Sequence

import db.announcements
import db.clusters
from bot.announcements import receipts, rules, screens, service
from bot.announcements.own import FORGED, WAS_CANCELLED, own
from bot.case import COORDINATOR, Case, Taps, word
from bot.errors import Forged, Refused
from bot.messages import Button, File
from bot.people.menu import help_row
from bot.texts import Tongue
from db.announcements import CANCELLED, DRAFT, ON_THE_ROAD, PAUSED, SENDING, STOPPED, Announcement
from db.outbox import BLOCKED, FAILED, UNCERTAIN
from db.people import Person

taps = Taps("announcements")

MOST_NAMES = 20  # on one screen; more go into a file


@taps("receipt", needs=COORDINATOR)
async def receipt(case: Case, args: tuple[str, ...]) -> None:
    """How it stands, as the newest message, which from now on is the one that changes."""
    await _show(case, await _begun(case, args))


@taps("pause", needs=COORDINATOR)
async def pause(case: Case, args: tuple[str, ...]) -> None:
    await _change(case, await _begun(case, args), SENDING, PAUSED)


@taps("resume", needs=COORDINATOR)
async def resume(case: Case, args: tuple[str, ...]) -> None:
    await _change(case, await _begun(case, args), PAUSED, SENDING)


@taps("halt", needs=COORDINATOR)
async def halt(case: Case, args: tuple[str, ...]) -> None:
    """Stand still at once; whether for good is asked."""
    announcement = await _begun(case, args)
    await service.pause(case.session, announcement, case.person.id, case.now)
    if announcement.state != PAUSED:
        return await _show(case, announcement)
    counted = await receipts.counted(case.session, announcement, case.now)
    case.show(screens.halt_screen(case.t, announcement, counted))
    return None


@taps("stop", needs=COORDINATOR)
async def stop(case: Case, args: tuple[str, ...]) -> None:
    await _change(case, await _begun(case, args), PAUSED, STOPPED)


async def _change(case: Case, announcement: Announcement, before: str, after: str) -> None:
    """The step, when it stands where the button was made for; then how it stands, in the message that changes."""
    step = {PAUSED: service.pause, SENDING: service.go_on, STOPPED: service.stop}[after]
    if announcement.state in (before, *ON_THE_ROAD):
        await step(case.session, announcement, case.person.id, case.now)
        if announcement.state == SENDING:
            await service.let_sleep(case.session, [announcement.id], case.settings.quiet, case.now)
    await _show(case, announcement)


@taps("retry", needs=COORDINATOR)
async def retry(case: Case, args: tuple[str, ...]) -> None:
    """Send again what failed; what is uncertain only by somebody who knows that some may get it twice."""
    announcement, state = await _begun(case, args), word(args, 1)
    if state not in (FAILED, UNCERTAIN):
        raise Forged(FORGED)
    counted = await receipts.counted(case.session, announcement, case.now)
    if state == UNCERTAIN and word(args, 2) != "yes" and counted.uncertain:
        return case.show(screens.twice_screen(case.t, announcement, counted.uncertain))
    await service.send_again(case.session, announcement, (state,), case.person.id, case.now)
    await service.let_sleep(case.session, [announcement.id], case.settings.quiet, case.now)
    return await _show(case, announcement)


@taps("names", needs=COORDINATOR)
async def names(case: Case, args: tuple[str, ...]) -> None:
    """Who has not got it, and why."""
    announcement, t = await _begun(case, args), case.t
    heads = {
        BLOCKED: t("Stopped this assistant:"),
        FAILED: t("Could not be sent:"),
        UNCERTAIN: t("Sent, but perhaps not delivered:"),
    }
    everybody = await db.announcements.names_in(case.session, announcement.id, tuple(heads))
    if not everybody:
        return case.say(t("Everybody has got it, or is still waiting for it."), help_row(case))
    mine = await _coordinated(case)
    found = [(person, row) for person, row in everybody if person.cluster_id in mine]
    by_state = {state: [person for person, row in found if row.state == state] for state in heads}
    lines = [f"<b>{head}</b> {_some(by_state[state])}" for state, head in heads.items() if by_state[state]]
    lines += _of_others(t, len(everybody) - len(found))
    file = _as_file([[person.name, person.city, row.state] for person, row in found])
    case.say("\n".join(lines), help_row(case), file=file if len(found) > MOST_NAMES else None)
    return None


@taps("answered", needs=COORDINATOR)
async def answered(case: Case, args: tuple[str, ...]) -> None:
    """Who is interested, and who wrote an answer."""
    announcement, t = await _begun(case, args), case.t
    heads = {rules.INTERESTED: t("Interested:"), rules.REPLY: t("Wrote an answer:")}
    lines: list[str] = []
    rows: list[list[str]] = []
    mine, of_others = await _coordinated(case), set[int]()
    for what, head in heads.items():
        everybody = await db.announcements.who_answered(case.session, announcement.id, what)
        of_others |= {person.id for person in everybody if person.cluster_id not in mine}
        if people := [person for person in everybody if person.cluster_id in mine]:
            lines.append(f"<b>{head}</b> {_some(people)}")
            rows += [[person.name, person.city, what] for person in people]
    lines += _of_others(t, len(of_others))
    file = _as_file(rows) if len(rows) > MOST_NAMES else None
    threads = Button(t.plain("Conversations"), "threads:mine")
    case.say("\n".join(lines) or t("Nobody has answered yet."), [threads], help_row(case), file=file)


async def _coordinated(case: Case) -> set[int]:
    """The clusters whose people this person may see by name; an announcement may go to others, too."""
    return {cluster.id for cluster in await db.clusters.coordinated_by(case.session, case.person.id)}


def _of_others(t: Tongue, number: int) -> list[str]:
    if not number:
        return []
    return [t.n("{n} person of a cluster that is not yours.", "{n} people of clusters that are not yours.", number)]


def _some(people: Sequence[Person]) -> str:
    shown = ", ".join(html.escape(person.name, quote=False) for person in people[:MOST_NAMES])
    return f"{shown} …" if len(people) > MOST_NAMES else shown


def _as_file(rows: Sequence[Sequence[str]]) -> File:
    """A table for a spreadsheet. What a name begins with is never a formula."""
    out = io.StringIO()
    csv.writer(out).writerows([[f"'{one}" if one[:1] in "=+-@" and one else one for one in row] for row in rows])
    return File("names.csv", "\ufeff" + out.getvalue(), "text/csv")


async def _begun(case: Case, args: tuple[str, ...]) -> Announcement:
    """One that has begun."""
    announcement = await own(case, args)
    if announcement.state == CANCELLED:
        raise Refused(WAS_CANCELLED)
    if announcement.state == DRAFT:
        raise Refused(service.NOT_BEGUN)
    return announcement


async def _show(case: Case, announcement: Announcement) -> None:
    await receipts.show(case.session, announcement, case.person, case.house, case.now)
