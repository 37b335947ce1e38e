"""What matching shows: offers and their reasons. No name before both have said yes."""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from babel import Locale

from bot.case import Case, number, word
from bot.matching.rules import FAR_KM
from bot.messages import Button, Outgoing
from bot.people.vocabulary import keys, label
from bot.texts import Tongue, tongue
from db.matching import Match
from db.people import Person

MOST_SHOWN = 3


def offer(match: Match, reader: Person) -> Outgoing:
    """The offer, as one of the two reads it."""
    t = tongue(reader.language)
    if reader.id == match.worker_id:
        head = t("<b>I have found a trainer for you.</b> This person:")
    else:
        head = t("<b>I have found a learner for you.</b> This person:")
    end = t("Would you like to get to know each other? You both see the name when you have both said yes.")
    text = f"{head}\n{bullets(match, reader, t)}\n\n{end}"
    return Outgoing(text, offer_buttons(match, t))


def nudge(match: Match, reader: Person, now: datetime) -> Outgoing:
    """The offer once more, before it ends."""
    t = tongue(reader.language)
    day = t.day(match.expires_at, reader.zone, now)
    head = t("My proposal still waits for your answer, until {day}. A “no” is fine too. This person:", day=day)
    return Outgoing(f"{head}\n{bullets(match, reader, t)}", offer_buttons(match, t))


def offer_buttons(match: Match, t: Tongue) -> tuple[tuple[Button, ...], ...]:
    accept = ("accept_match", "affirm")
    decline = ("decline_match", "deny")
    return (
        (Button(t.plain("Yes, I would like that"), f"matching:accept:{match.id}", means=accept),),
        (Button(t.plain("No, thank you"), f"matching:decline:{match.id}", means=decline),),
        (Button(t.plain("Why this person?"), f"matching:why:{match.id}", means=("why_match",)),),
    )


def bullets(match: Match, reader: Person, t: Tongue) -> str:
    """The reasons, one a line: "• speaks Italian"."""
    return "\n".join(f"• {reason}" for reason in reasons(match, reader, t))


def reasons(match: Match, reader: Person, t: Tongue) -> list[str]:
    """Why these two: the language, the way, the times and the topics they share."""
    why = match.reasons
    names = cast(
        Mapping[str, str], Locale(t.language).languages
    )  # as they stand in a sentence: "italiano", "Italienisch"
    spoken = [names.get(key, key) for key in why["languages"]]
    topics = [label("topic", key, t.language) for key in why["topics"] if key in keys("topic")]
    times = [t.part_of_week(time) for time in why["times"][:MOST_SHOWN]]
    return [
        t("speaks {languages}", languages=t.list(spoken)),
        *distance(why["km"], t, online=why.get("online", True)),
        *([t("usually has time: {times}", times=t.list(times))] if times else []),
        *([_about(match, reader, t, topics)] if topics else []),
    ]


def _about(match: Match, reader: Person, t: Tongue, topics: list[str]) -> str:
    if reader.id == match.worker_id:
        return t("knows {topics}", topics=t.list(topics))
    return t("would like to learn {topics}", topics=t.list(topics))


def distance(km: int | None, t: Tongue, *, online: bool = True) -> list[str]:
    """How far away, without naming a place; whether they could meet online."""
    if km is None:
        return [t("can meet you online")] if online else []
    if km == 0:
        return [t("lives near you")]
    if km >= FAR_KM:
        return [t("lives {km} km away, so you would meet online", km=km)]
    return [t("lives {km} km away; you can meet online too", km=km) if online else t("lives {km} km away", km=km)]


def chosen_id(case: Case, args: tuple[str, ...]) -> int | None:
    """The row a button names. Words and commands name none: what stands there is what was written."""
    if not args or (case.incoming.kind != "tap" and not word(args).isdigit()):
        return None
    return number(args)


def menu(t: Tongue) -> Button:
    return Button(t.plain("Menu"), "people:menu")
