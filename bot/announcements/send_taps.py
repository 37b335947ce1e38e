"""Sending what was previewed, and a second coordinator's yes or no."""

from collections.abc import Sequence

from bot.announcements import preview, receipts, release, rules, schedule_taps, service
from bot.announcements.own import WAS_CANCELLED, look, open_, own
from bot.announcements.rules import FORMS, Readers
from bot.announcements.screens import seen
from bot.case import COORDINATOR, Case, Taps, word
from bot.errors import Refused
from bot.messages import Button, Outgoing
from bot.texts import N_, tongue
from db.announcements import CANCELLED, DRAFT, SCHEDULED, WAITING, Announcement

taps = Taps("announcements")

AUTHOR_LEFT = N_("Who wrote this does not coordinate this cluster any more, so it is not sent.")


@taps("send", needs=COORDINATOR)
async def send(case: Case, args: tuple[str, ...]) -> None:
    """Send what was previewed; when it has changed since, it is shown again instead. Twice is once."""
    announcement = await own(case, args)
    if announcement.state == CANCELLED:
        raise Refused(WAS_CANCELLED)
    if announcement.state != DRAFT:
        return open_(case, announcement)
    counted = await service.readers(case.session, announcement, case.now)
    if not _is_complete(announcement, counted):
        return look(case, announcement)
    if word(args, 1) and word(args, 1) != seen(announcement):
        case.say(case.t("This has changed since. Please look at it once more."))
        return look(case, announcement)
    if schedule_taps.is_over(announcement, counted, case.person.zone, case.now):
        case.say(case.t(schedule_taps.TIME_OVER))
        return await schedule_taps.ask_when(case, announcement)
    before = await release.the_same_before(case.session, announcement, case.now)
    if before and word(args, 2) != "again":
        moment = case.t.moment(before.at, case.person.zone, case.now)
        return case.show(preview.same_again_screen(case.t, announcement, before.people, moment, to_come=before.to_come))
    later = preview.is_for_later(announcement)
    await release.let_go(case.session, announcement, case.house, case.now)
    if case.talk.form in FORMS:
        case.close_form()
    case.tick(case.t("Yes, at that time") if later else case.t("Send it now"))
    return await _say_what_became(case, announcement)


async def _say_what_became(case: Case, announcement: Announcement) -> None:
    """It is on its way, or put down. (Who waits for a yes has been told.)"""
    if announcement.state == SCHEDULED:
        case.show(preview.put_down_screen(case.t, announcement, case.person, case.now))
    elif announcement.state != WAITING:
        await receipts.show(case.session, announcement, case.person, case.house, case.now)


def _is_complete(draft: Announcement, counted: Sequence[Readers]) -> bool:
    numbers = rules.by_language(counted)
    decided = {"role", "country"} <= draft.audience.keys()
    return (
        decided
        and bool(numbers)
        and not rules.missing(numbers, draft.texts)
        and not rules.unlabelled(numbers, draft.buttons)
    )


# -- four eyes ------------------------------------------------------------------------------------------


@taps("approve", needs=COORDINATOR)
async def approve(case: Case, args: tuple[str, ...]) -> None:
    """A second coordinator says yes to what they have seen."""
    announcement = await _to_decide(case, args)
    if announcement is None:
        return None
    author = await receipts.author_of(case.session, announcement)
    if author is None and announcement.author_id is not None:  # then there would be one pair of eyes
        await service.call_off(case.session, announcement, case.now)
        return case.say(case.t(AUTHOR_LEFT), (Button(case.t.plain("Menu"), "people:menu"),))
    await release.let_go(case.session, announcement, case.house, case.now, case.person)
    case.tick(case.t("Yes, send it"))
    if author is None:
        return open_(case, announcement)
    t = tongue(author.language)
    said = t("{name} has said yes to your announcement.", name=case.person.name or t("A colleague"))
    if announcement.state == SCHEDULED:
        shown = preview.put_down_screen(t, announcement, author, case.now)
        await release.tell_author(
            case.session, announcement, Outgoing(f"{said}\n{shown.text}", shown.buttons), case.house, case.now
        )
    else:
        await release.tell_author(case.session, announcement, Outgoing(said), case.house, case.now)
        await receipts.show(case.session, announcement, author, case.house, case.now)
    case.say(
        case.t("Thank you. {name} knows that it goes out.", name=author.name),
        (Button(case.t.plain("Show it"), f"announcements:open:{announcement.id}"),),
        (Button(case.t.plain("Menu"), "people:menu"),),
    )
    return None


@taps("decline", needs=COORDINATOR)
async def decline(case: Case, args: tuple[str, ...]) -> None:
    """A second coordinator says no: it is a draft again."""
    announcement = await _to_decide(case, args)
    if announcement is None:
        return None
    if not await service.back_to_draft(case.session, announcement, case.now):
        return open_(case, announcement)
    case.tick(case.t("No, do not send it"))
    author = await receipts.author_of(case.session, announcement)
    if author:
        t = tongue(author.language)
        said = t(
            "{name} has said no to your announcement, so it was not sent. It is a draft again.",
            name=case.person.name or t("A colleague"),
        )
        show = Button(t.plain("Show the draft"), f"announcements:look:{announcement.id}", means=("affirm",))
        told = Outgoing(said, ((show,), (Button(t.plain("Menu"), "people:menu"),)))
        await release.tell_author(case.session, announcement, told, case.house, case.now)
    else:
        await service.call_off(case.session, announcement, case.now)
    case.say(case.t("Good, it is not sent, and its author knows."), (Button(case.t.plain("Menu"), "people:menu"),))
    return None


async def _to_decide(case: Case, args: tuple[str, ...]) -> Announcement | None:
    """One that waits for exactly this person's yes or no; what has been decided meanwhile is shown."""
    announcement = await own(case, args)
    await case.session.refresh(announcement, with_for_update=True)
    if announcement.state == CANCELLED:
        raise Refused(WAS_CANCELLED)
    if announcement.state == DRAFT:
        raise Refused(preview.A_DRAFT_AGAIN)
    if announcement.state != WAITING:
        open_(case, announcement)
        return None
    if announcement.author_id == case.person.id:
        raise Refused(release.NOT_YOUR_OWN)
    if word(args, 1) != seen(announcement):
        counted = await service.readers(case.session, announcement, case.now)
        case.say(case.t("This has changed since. Please look at it once more."))
        for screen in await preview.for_second(case.session, announcement, counted, case.person, case.house, case.now):
            case.show(screen)
        return None
    return announcement
