"""When it goes out: a moment by buttons or words, on everybody's own clock or at once, once or again and again."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import db.clusters
from bot.announcements import preview, rules, schedule
from bot.announcements.compose_taps import nothing_being_written
from bot.announcements.own import FORGED, being_written, look, own_draft
from bot.announcements.rules import MOMENT_FORM, Readers
from bot.case import COORDINATOR, Case, Taps, word
from bot.clock import at
from bot.errors import Forged, Refused
from bot.messages import Button
from bot.texts import N_, capital
from db.announcements import Announcement

taps = Taps("announcements")

MOST_READINGS = 3
NO_TIME = N_("I found no time in that. Please write, for example: Tuesday at 3 in the afternoon.")
NOT_POSSIBLE = N_("This moment is over, or more than a year away. Please choose another one.")
TIME_OVER = N_("The time you chose is over. Please choose another one.")


@taps("later", needs=COORDINATOR)
async def later(case: Case, args: tuple[str, ...]) -> None:
    """Ask when."""
    draft = await own_draft(case, args)
    if draft is None:
        return
    case.tick(case.t("Another time") if preview.is_for_later(draft) else case.t("Send it later"))
    await ask_when(case, draft)


async def ask_when(case: Case, draft: Announcement) -> None:
    """Some good moments as buttons; any other in words."""
    await case.ask_form(MOMENT_FORM, "when", {"draft": draft.id})
    today = case.now.astimezone(ZoneInfo(case.person.zone)).date()
    rows = [(_moment_button(case, draft, wall),) for wall in schedule.suggestions(today)]
    text = case.t("When shall it go out? Choose, or write a day and an hour.")
    case.say(text, *rows, (_back(case, draft),))


def _moment_button(case: Case, draft: Announcement, wall: datetime) -> Button:
    moment = case.t.moment(at(wall, case.person.zone), case.person.zone, case.now)
    return Button(moment[:1].upper() + moment[1:], f"announcements:at:{draft.id}:{schedule.stamp(wall)}")


def _back(case: Case, draft: Announcement) -> Button:
    return Button(case.t.plain("Back"), f"announcements:look:{draft.id}", means=("deny", "go_back", "stop"))


@taps("moment", needs=COORDINATOR)
async def moment(case: Case, args: tuple[str, ...]) -> None:
    """A moment in words. What may mean several is asked; what is none is said, and the question stays."""
    draft = await being_written(case)
    if draft is None or case.talk.form != MOMENT_FORM:
        return nothing_being_written(case)
    readings = _readings(case, ":".join(args))
    if not readings:
        raise Refused(NO_TIME)
    possible = [wall for wall in readings if schedule.is_possible(wall, case.person.zone, case.now)]
    if not possible:
        raise Refused(NOT_POSSIBLE)
    if len(possible) == 1:
        return await _whose_clock(case, draft, possible[0])
    rows = [(_moment_button(case, draft, wall),) for wall in possible[:MOST_READINGS]]
    return case.say(case.t("Which one do you mean?"), *rows, (_back(case, draft),))


def _readings(case: Case, text: str) -> Sequence[datetime]:
    if wall := schedule.written(text):
        return [wall]
    return list(dict.fromkeys(schedule.named(found.start, found.grain) for found in case.times))


@taps("at", needs=COORDINATOR)
async def chosen(case: Case, args: tuple[str, ...]) -> None:
    """One of the moments on offer."""
    draft = await own_draft(case, args)
    if draft:
        wall = _wall(case, args)
        case.tick(case.t.moment(at(wall, case.person.zone), case.person.zone, case.now))
        await _whose_clock(case, draft, wall)


def _wall(case: Case, args: tuple[str, ...]) -> datetime:
    wall = schedule.read_stamp(word(args, 1))
    if wall is None:
        raise Forged(FORGED)
    if not schedule.is_possible(wall, case.person.zone, case.now):
        raise Refused(NOT_POSSIBLE)
    return wall


async def _whose_clock(case: Case, draft: Announcement, wall: datetime) -> None:
    """At that hour wherever somebody is, or at one instant for all?"""
    if case.talk.form == MOMENT_FORM:
        case.close_form()
    t, stamp = case.t, schedule.stamp(wall)
    hour = t.hour(at(wall, "UTC"), "UTC")
    own = t.plain("At {hour} on everybody's own clock", hour=hour)
    one = t.plain("For all at once, when it is {hour} here", hour=hour)
    case.say(
        t(
            "<b>{moment}</b>. Shall everybody get it when their own clock shows that, or all at the same moment?",
            moment=capital(t.moment(at(wall, case.person.zone), case.person.zone, case.now)),
        ),
        (Button(own, f"announcements:clock:{draft.id}:{stamp}"),),
        (Button(one, f"announcements:once:{draft.id}:{stamp}"),),
        (Button(t.plain("Another time"), f"announcements:later:{draft.id}", means=("deny", "go_back")),),
    )


@taps("clock", needs=COORDINATOR)
async def own_clock(case: Case, args: tuple[str, ...]) -> None:
    """Everybody gets it at that hour of their own clock."""
    draft = await own_draft(case, args)
    if draft:
        wall = _wall(case, args)
        draft.wall_at, draft.starts_at = wall.isoformat(timespec="minutes"), None
        case.tick(case.t("At {hour} on everybody's own clock", hour=case.t.hour(at(wall, "UTC"), "UTC")))
        await _how_often(case, draft)


@taps("once", needs=COORDINATOR)
async def one_moment(case: Case, args: tuple[str, ...]) -> None:
    """All get it at the same moment."""
    draft = await own_draft(case, args)
    if draft:
        wall = _wall(case, args)
        draft.wall_at, draft.starts_at = "", at(wall, case.person.zone)
        case.tick(case.t("For all at once, when it is {hour} here", hour=case.t.hour(at(wall, "UTC"), "UTC")))
        await _how_often(case, draft)


async def _how_often(case: Case, draft: Announcement) -> None:
    t, base = case.t, f"announcements:every:{draft.id}"
    case.say(
        t("Once, or again and again?"),
        (Button(t.plain("Only once"), f"{base}:never"),),
        (Button(t.plain("Every week"), f"{base}:week"),),
        (Button(t.plain("Every month"), f"{base}:month"),),
        (Button(t.plain("Another time"), f"announcements:later:{draft.id}", means=("deny", "go_back")),),
    )


@taps("every", needs=COORDINATOR)
async def every(case: Case, args: tuple[str, ...]) -> None:
    """Once, weekly or monthly. A monthly one keeps its day of the month."""
    draft, often = await own_draft(case, args), word(args, 1)
    if draft is None:
        return
    if often not in schedule.EVERY:
        raise Forged(FORGED)
    cluster = await db.clusters.get(case.session, draft.cluster_id)
    draft.every = schedule.EVERY[often]
    draft.day = schedule.day_of(draft.every, draft.wall_at, draft.starts_at, cluster.zone if cluster else "UTC")
    labels = {"never": N_("Only once"), "week": N_("Every week"), "month": N_("Every month")}
    case.tick(case.t(labels[often]))
    look(case, draft)


@taps("now", needs=COORDINATOR)
async def now(case: Case, args: tuple[str, ...]) -> None:
    """No set time after all; whether to send it now is asked."""
    draft = await own_draft(case, args)
    if draft is None:
        return
    draft.wall_at, draft.starts_at, draft.every, draft.day = "", None, "", 0
    case.tick(case.t("No set time"))
    look(case, draft)


def is_over(draft: Announcement, counted: Sequence[Readers], zone: str, now: datetime) -> bool:
    """Whether the time that was chosen for a draft has passed before it was confirmed: here, or for all its readers."""
    if draft.wall_at:
        zones = {some.zone for some in counted}
        return rules.begins(draft.wall_at, zone) <= now or all(rules.begins(draft.wall_at, one) <= now for one in zones)
    return draft.starts_at is not None and draft.starts_at <= now
