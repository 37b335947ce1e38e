"""When a question comes back so that it is not forgotten. Pure: the moment is given.

FSRS-6 (`fsrs`, Open Spaced Repetition) with its default weights: at 90 % expected recall, no steps within a day, and
60 days at most. Its own serialisation is what is kept; `due` stands beside it to be asked for.
"""

from datetime import datetime

from fsrs import Card, Rating, Scheduler

MOST_A_DAY = 3  # questions that come back

_scheduler = Scheduler(
    desired_retention=0.90, learning_steps=(), relearning_steps=(), maximum_interval=60, enable_fuzzing=False
)


def rated(correct: bool, hinted: bool) -> Rating:
    """How well it was remembered. `hinted`: the answer was explained today already."""
    if not correct:
        return Rating.Again
    return Rating.Hard if hinted else Rating.Good


def reviewed(card: str | None, rating: Rating, now: datetime) -> tuple[str, datetime]:
    """The card after an answer, and when it is due (UTC). `card` is None at the first answer.

    A card that cannot be read begins anew: better asked once too often than never again.
    """
    after, _log = _scheduler.review_card(_read(card) if card else Card(card_id=1), rating, now)
    return after.to_json(), after.due


def _read(card: str) -> Card:
    try:
        return Card.from_json(card)
    except (ValueError, KeyError, TypeError):
        return Card(card_id=1)
