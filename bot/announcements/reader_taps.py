"""What the readers of an announcement tap below it."""

import db.announcements
from bot.announcements import rules
from bot.announcements.own import FORGED
from bot.case import Case, Taps, number
from bot.errors import Forged
from bot.messages import Button, Do
from bot.people.menu import help_row
from db.announcements import Announcement

taps = Taps("announcements")


@taps("interested")
async def interested(case: Case, args: tuple[str, ...]) -> None:
    """They would like to; the coordinator sees their name."""
    announcement = await _for_them(case, args)
    await db.announcements.answer(case.session, announcement.id, case.person.id, rules.INTERESTED, case.now)
    case.tick(case.t("I am interested"))
    case.say(case.t("Thank you! I have passed that on. Your coordinator will see your name."), help_row(case))


@taps("reply")
async def reply(case: Case, args: tuple[str, ...]) -> None:
    """They would like to write to the coordinator."""
    announcement = await _for_them(case, args)
    await db.announcements.answer(case.session, announcement.id, case.person.id, rules.REPLY, case.now)
    case.wants.append(Do("threads:ask"))


async def _for_them(case: Case, args: tuple[str, ...]) -> Announcement:
    announcement = await db.announcements.get(case.session, number(args))
    if announcement is None or not await db.announcements.received(case.session, announcement.id, case.person.id):
        raise Forged(FORGED)
    return announcement


@taps("off")
async def off(case: Case, _args: tuple[str, ...]) -> None:
    """No more announcements, in one tap. Reminders and lessons go on."""
    case.person.hears_announcements = False
    await db.announcements.hears_no_more(case.session, case.person.id)
    again = Button(case.t.plain("Send me announcements again"), "announcements:on")
    case.say(
        case.t("Good: you get no announcements any more. Lessons and reminders of meetings go on as before."),
        [again],
        help_row(case),
    )


@taps("on")
async def on(case: Case, _args: tuple[str, ...]) -> None:
    """Announcements again."""
    case.person.hears_announcements = True
    case.say(case.t("Good, from now on you get announcements again."), help_row(case))
