"""What a round goes by, and the words of matching: pure, no IO."""

from collections.abc import Collection, Mapping
from datetime import timedelta

BEST_SCORE = 10_000
WRITE_FORM = "matching_write"
OFFER_LASTS = timedelta(days=5)
NUDGE_BEFORE = timedelta(days=3)  # the end of an offer, to whoever has not answered
SILENCE = timedelta(days=14)  # of a pair: then both are asked how it goes
STILL_SILENT = timedelta(days=7)  # after that: then their coordinator sees it
TIME_TO_SAY_WHY = timedelta(minutes=10)  # before the next best: whoever says "later" must not have got it already
LATER_LASTS = timedelta(weeks=2)  # "not now, later"
DONE_LASTS = timedelta(weeks=26)  # until somebody who has learnt what they wanted is asked again
WORDS_KEPT = timedelta(days=30)  # of a pair

# What makes a pair good, and how much each counts unless the operator says otherwise.
TERMS = {
    "topics": 0.30,
    "times": 0.15,
    "distance": 0.15,
    "language": 0.10,
    "sector": 0.05,
    "waiting": 0.10,
    "reliable": 0.10,
    "wishes": 0.05,
}
FEWEST_HOURS = 2  # in common, a week
ENOUGH_HOURS = 9  # more are no better
FAR_KM = 100.0  # from here on a distance counts nothing
LONG_WAIT_WEEKS = 8.0  # who has waited this long goes first
LONG_WAIT = timedelta(weeks=LONG_WAIT_WEEKS)

FARTHER_KM = 50  # what somebody is asked to travel, if that helps
DISTANCES_KM = (5, 10, 25, FARTHER_KM)
PLACES = (1, 2, 3, 5)  # learners at a time
MOST_PREFERRED = 3
TRAINER_AGES = ("18-21", "22-24", "25-27")
WORKER_AGES = ("50-59", "60-69", "70+")

# Why a worker stays without a match, in the order in which it is looked for.
PAUSED, UNREACHABLE, NO_LANGUAGE, NO_TOPIC, NO_TIME, NO_PLACE, TRIED, FULL, SCARCE = STAYS = (
    "paused",
    "unreachable",
    "language",
    "topic",
    "time",
    "place",
    "tried",
    "full",
    "scarce",
)

PARTS_OF_WEEK = tuple(f"{day}-{part}" for day in range(7) for part in ("am", "pm", "eve"))

# Why somebody declines an offer, and why a pair ends.
DECLINE_REASONS = ("time", "far", "topic", "later", "other")
DONE = "done"  # they have learnt what they wanted
END_REASONS = (DONE, "time", "silent", "person", "other")
BLOCKED = "blocked"  # the one reason that nobody taps: it comes with a report


def weighed(given: Mapping[str, float]) -> dict[str, float]:
    """How much each term counts: as given, else as usual."""
    return {term: given.get(term, usual) for term, usual in TERMS.items()}


def in_order_of_week(times: Collection[str]) -> list[str]:
    """ "weekday-part" words from Monday morning to Sunday evening; what is none of them is left out."""
    return [part for part in PARTS_OF_WEEK if part in times]
