"""What a coordinator has announced, and will: to open, to change, to call off."""

import db.announcements
import db.clusters
from bot.announcements import preview, receipts, release, service
from bot.announcements.own import WAS_CANCELLED, look, open_, own
from bot.announcements.rules import as_html
from bot.case import COORDINATOR, Case, Taps
from bot.errors import Refused
from bot.messages import Button, Outgoing
from bot.texts import N_, Tongue, tongue
from db.announcements import (
    CANCELLED,
    DONE,
    DRAFT,
    ON_THE_ROAD,
    SCHEDULED,
    STOPPED,
    WAITING,
    Announcement,
)

taps = Taps("announcements")

MOST_COMING, MOST_GONE = 8, 4
ONLY_ITS_AUTHOR = N_("Only who wrote it can change it. You can say that it shall not be sent.")


@taps("mine", needs=COORDINATOR)
async def mine(case: Case, _args: tuple[str, ...]) -> None:
    """The draft, what is to come, what is on the road, and the latest that have gone out."""
    t = case.t
    clusters = [one.id for one in await db.clusters.coordinated_by(case.session, case.person.id)]
    draft = await db.announcements.draft_of(case.session, case.person.id)
    coming = await db.announcements.in_states(case.session, clusters, (WAITING, SCHEDULED, *ON_THE_ROAD), MOST_COMING)
    gone = await db.announcements.in_states(case.session, clusters, (DONE, STOPPED), MOST_GONE)
    drafts = [draft] if draft and draft.texts and draft.cluster_id in clusters else []
    found = [*drafts, *coming, *gone]
    lines = [
        f"{n}. <b>{_state(t, case, one)}</b>: {as_html(preview.excerpt(one, t.language))}"
        for n, one in enumerate(found, 1)
    ]
    rows = [(_button(t, n, one),) for n, one in enumerate(found, 1)]
    text = "\n".join([t("Your announcements:"), *lines]) if found else t("There are no announcements yet.")
    new = Button(t.plain("New announcement"), "announcements:new", means=("announce",))
    case.say(text, *rows, (new,), (Button(t.plain("Menu"), "people:menu"),))


def _button(t: Tongue, n: int, announcement: Announcement) -> Button:
    label = f"{n}. {preview.excerpt(announcement, t.language, 30)}"
    return Button(label, f"announcements:open:{announcement.id}", means=(str(n),))


def _state(t: Tongue, case: Case, announcement: Announcement) -> str:
    moment = announcement.started_at or announcement.starts_at
    when = t.moment(moment, case.person.zone, case.now) if moment else ""
    match announcement.state:
        case db.announcements.DRAFT:
            return t("Draft")
        case db.announcements.WAITING:
            return t("Waits for a second coordinator")
        case db.announcements.SCHEDULED:
            return t("Comes: {moment}", moment=when)
        case db.announcements.SENDING:
            return t("On its way")
        case db.announcements.PAUSED:
            return t("Stands still")
        case db.announcements.STOPPED:
            return t("Stopped: {moment}", moment=when)
        case _:
            return t("Sent: {moment}", moment=when)


@taps("open", needs=COORDINATOR)
async def opened(case: Case, args: tuple[str, ...]) -> None:
    """How it stands: the draft, what is put down, or the receipt."""
    announcement = await own(case, args)
    match announcement.state:
        case db.announcements.CANCELLED:
            raise Refused(WAS_CANCELLED)
        case db.announcements.DRAFT:
            return look(case, announcement)
        case db.announcements.WAITING | db.announcements.SCHEDULED:
            counted = await service.readers(case.session, announcement, case.now)
            reads = (case.session, announcement, counted, case.person, case.house, case.now)
            waits = announcement.state == WAITING and announcement.author_id != case.person.id
            shown = await (preview.for_second(*reads) if waits else preview.standing(*reads))
            for screen in shown:
                case.show(screen)
            return None
        case _:
            return await receipts.show(case.session, announcement, case.person, case.house, case.now)


@taps("edit", needs=COORDINATOR)
async def edit(case: Case, args: tuple[str, ...]) -> None:
    """Change what has not begun: it is a draft again until it is confirmed."""
    announcement = await own(case, args)
    if announcement.state == CANCELLED:
        raise Refused(WAS_CANCELLED)
    if announcement.author_id != case.person.id:
        raise Refused(ONLY_ITS_AUTHOR)
    if announcement.state != DRAFT:
        if not await service.back_to_draft(case.session, announcement, case.now):
            return open_(case, announcement)
        case.tick(case.t("Change it"))
        case.say(case.t("It is a draft again: nothing goes out until you confirm it."))
    return look(case, announcement)


async def tell_author_of_cancelling(case: Case, announcement: Announcement) -> None:
    """Somebody else has called it off."""
    author = await receipts.author_of(case.session, announcement)
    if author and author.id != case.person.id:
        t = tongue(author.language)
        said = t(
            "{name} has cancelled your announcement: “{text}”",
            name=case.person.name or t("A colleague"),
            text=preview.excerpt(announcement, t.language),
        )
        await release.tell_author(case.session, announcement, Outgoing(said), case.house, case.now)
