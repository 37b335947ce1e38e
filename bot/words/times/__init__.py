"""Times in words: "tomorrow at 3", "martedì prossimo", "zwischen 2 und 4", "el jueves por la tarde".

Our own grammar reads what people say most and mean in a way Duckling cannot know: the time of the day (a
meeting at 3 is in the afternoon), weekdays, waits. Those stretches are blanked, and Duckling, behind its
wall, reads the dates in the rest. Then days and times that stand together become one.
"""

import asyncio
import logging
from datetime import UTC, datetime
from time import monotonic

from bot.words.times.reading import TimeFound, find
from bot.words.times.vocabulary import VOCABULARIES
from bot.words.times.worker import NoAnswer

__all__ = ["TimeFound", "when", "when_async"]

ANSWER_WITHIN = 0.85  # seconds

_log = logging.getLogger(__name__)


async def when_async(text: str, language: str, now: datetime) -> list[TimeFound]:
    """:func:`when`, beside the event loop."""
    return await asyncio.to_thread(when, text, language, now)


def when(text: str, language: str, now: datetime) -> list[TimeFound]:
    """The times `text` names, the likeliest first; several when it is ambiguous, empty when there is none.

    `now` carries the person's zone; without one it is taken for UTC. A language we do not speak is tried as
    each of ours. A clock time that a change to summer time skips does not exist and is left out, one that
    comes twice is given twice. Never raises and answers within a second.
    """
    until = monotonic() + ANSWER_WITHIN
    here = now if now.tzinfo else now.replace(tzinfo=UTC)
    known = language.replace("_", "-").split("-")[0].lower()
    languages = (known,) if known in VOCABULARIES else tuple(VOCABULARIES)
    try:
        return max((find(text, one, here, until) for one in languages), key=_letters_read)
    except NoAnswer:
        return []
    except Exception as error:  # a person waits: what we cannot read is no time, whatever the reason
        _log.error("a time could not be read: %s", type(error).__name__)
        return []


def _letters_read(found: list[TimeFound]) -> int:
    return sum(end - start for start, end in {one.span for one in found})
