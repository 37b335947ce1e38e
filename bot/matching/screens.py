"""What matching shows: offers and their reasons. No name before both have said yes."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, cast

from babel import Locale
from babel.dates import format_date

from bot.matching.rules import FAR_KM, Edge, in_order_of_week
from bot.messages import Button, Outgoing
from bot.people.vocabulary import label
from bot.texts import Tongue, tongue
from db.matching import Match
from db.people import Person

MOST_SHOWN = 3
_A_MONDAY = date(2024, 1, 1)


def reasons_of(edge: Edge) -> dict[str, Any]:
    """What the two have in common, as it is stored: keys only, so that each reads it in their language."""
    trainer, worker = edge.trainer, edge.worker
    return {
        "languages": sorted(trainer.languages & worker.languages),
        "topics": sorted(trainer.topics & worker.topics),
        "times": in_order_of_week(trainer.times & worker.times),
        "km": None if edge.km is None else round(edge.km),
    }


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
    topics = [label("topic", key, t.language) for key in why["topics"]]
    times = [part_of_week(time, t) for time in why["times"][:MOST_SHOWN]]
    return [
        t("speaks {languages}", languages=t.list(spoken)),
        *distance(why["km"], t),
        t("usually has time: {times}", times=t.list(times)),
        t("knows {topics}", topics=t.list(topics))
        if reader.id == match.worker_id
        else t("would like to learn {topics}", topics=t.list(topics)),
    ]


def distance(km: int | None, t: Tongue) -> list[str]:
    """How far away, without naming a place; nothing when it is not known."""
    if km is None:
        return []
    if km == 0:
        return [t("lives near you")]
    if km >= FAR_KM:
        return [t("lives {km} km away, so you would meet online", km=km)]
    return [t("lives {km} km away", km=km)]


def part_of_week(time: str, t: Tongue) -> str:
    """ "1-pm" in words: "Tuesday afternoon"."""
    weekday, _, part = time.partition("-")
    day = format_date(_A_MONDAY + timedelta(days=int(weekday)), "EEEE", locale=t.language)
    match part:
        case "am":
            return t("{day} morning", day=day)
        case "pm":
            return t("{day} afternoon", day=day)
        case _:
            return t("{day} evening", day=day)
