"""Whose announcement it is: what every button of a coordinator asks first."""

import db.announcements
from bot.case import Case, number
from bot.errors import Forged
from bot.texts import N_
from db.announcements import DRAFT, Announcement

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
