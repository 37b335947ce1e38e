""" "My calendar address": the meetings in the person's own calendar, always up to date."""

import html
from dataclasses import replace

from bot.case import Case, Taps
from bot.meetings import feed
from bot.messages import Button
from bot.people.menu import help_row
from bot.texts import Tongue

taps = Taps("meetings")


def buttons(case: Case) -> tuple[tuple[Button, ...], ...]:
    """What stands below "My meetings": the calendar, and for a trainer the record."""
    t = case.t
    calendar = Button(t.plain("My calendar address"), "meetings:calendar")
    record = Button(t.plain("My record"), "meetings:record")
    return ((calendar,), (record,)) if case.person.role == "trainer" else ((calendar,),)


def offer(case: Case) -> None:
    """Put these below what was just said, so that it stays one screen."""
    shown = case.said.pop()
    case.show(replace(shown, buttons=(*shown.buttons, *buttons(case))))


@taps("calendar")
async def calendar(case: Case, _args: tuple[str, ...]) -> None:
    """The address, made the first time. Later it cannot be shown again: only what it was made of is kept."""
    if not await feed.is_on(case):
        return await _show_a_new_one(case)
    t = case.t
    return case.say(
        t(
            "Your calendar address is switched on. I sent it to you once and do not keep it, so that nobody can find "
            "it out. If you have lost it, or somebody else knows it, take a new one: the old one stops working."
        ),
        [Button(t.plain("New address"), "meetings:calendar_new")],
        [Button(t.plain("Switch it off"), "meetings:calendar_off")],
        help_row(case),
    )


@taps("calendar_new")
async def calendar_new(case: Case, _args: tuple[str, ...]) -> None:
    """Another address; the old one stops working."""
    case.tick(case.t("New address"))
    await _show_a_new_one(case)


@taps("calendar_off")
async def calendar_off(case: Case, _args: tuple[str, ...]) -> None:
    """No address any more."""
    t = case.t
    await feed.switch_off(case)
    case.tick(t("Switch it off"))
    case.say(
        t("Your calendar address is switched off. Nobody can read your meetings there any more."),
        [Button(t.plain("My calendar address"), "meetings:calendar")],
        help_row(case),
    )


async def _show_a_new_one(case: Case) -> None:
    t = case.t
    address = await feed.new_address(case)
    case.say(
        "\n\n".join(
            (
                t("This address shows your meetings in the calendar you use. Tap it to copy it:"),
                f"<code>{html.escape(address)}</code>",
                t("It is secret: whoever knows it can see when and whom you meet. Please do not pass it on."),
                *how_to(t),
            )
        ),
        [Button(t.plain("New address"), "meetings:calendar_new")],
        [Button(t.plain("Switch it off"), "meetings:calendar_off")],
        help_row(case),
    )


def how_to(t: Tongue) -> list[str]:
    """One sentence for each calendar."""
    return [
        t(
            "<b>Google:</b> on a computer, open calendar.google.com, tap the plus sign beside “Other calendars”, "
            "choose “From URL”, paste the address and confirm."
        ),
        t(
            "<b>Outlook:</b> open your calendar on outlook.com, choose “Add calendar”, then “Subscribe from web”, "
            "paste the address and confirm."
        ),
        t(
            "<b>iPhone:</b> open the app Calendar, tap “Calendars”, then “Add Calendar”, then “Add Subscription "
            "Calendar”, paste the address and confirm."
        ),
    ]
