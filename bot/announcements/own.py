"""Whose announcement it is: what every button of a coordinator asks first."""

import db.announcements
from bot.announcements.rules import FORMS
from bot.case import Case, number
from bot.errors import Forged, Refused
from bot.messages import Do
from bot.texts import N_
from db.announcements import CANCELLED, DRAFT, Announcement

FORGED = N_("I don't know this button. Here is what I can do:")
WAS_CANCELLED = N_("This announcement was cancelled; nothing was sent.")


async def own(case: Case, args: tuple[str, ...]) -> Announcement:
    """The announcement of this id, of a cluster this person coordinates; a draft only if it is their own."""
    announcement = await db.announcements.get(case.session, number(args))
    if announcement is None or not await case.coordinates(announcement.cluster_id):
        raise Forged(FORGED)
    if announcement.state == DRAFT and announcement.author_id != case.person.id:
        raise Forged(FORGED)
    return announcement


async def own_draft(case: Case, args: tuple[str, ...]) -> Announcement | None:
    """Their draft; when it is no draft any more they are told what became of it, and this is None."""
    announcement = await own(case, args)
    if announcement.state == DRAFT:
        return announcement
    if announcement.state == CANCELLED:
        raise Refused(WAS_CANCELLED)
    open_(case, announcement)
    return None


async def being_written(case: Case) -> Announcement | None:
    """The draft for which words are asked just now."""
    number_ = case.talk.answers.get("draft")
    if case.talk.form not in FORMS or not isinstance(number_, int):
        return None
    draft = await db.announcements.get(case.session, number_)
    mine = draft is not None and draft.state == DRAFT and draft.author_id == case.person.id
    return draft if mine and draft and await case.coordinates(draft.cluster_id) else None


def open_(case: Case, announcement: Announcement) -> None:
    """Show how it stands, whatever it is by now."""
    case.wants.append(Do("announcements:open", (str(announcement.id),)))


def look(case: Case, draft: Announcement) -> None:
    """Ask for what the draft lacks, or show it whole."""
    case.wants.append(Do("announcements:look", (str(draft.id),)))
