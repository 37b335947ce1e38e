"""Times in words: "tomorrow at 3", "martedì prossimo", "zwischen 2 und 4", "el jueves por la tarde".

Our own grammar reads what people say most and mean in a way Duckling cannot know: the time of the day (a
meeting at 3 is in the afternoon), weekdays, waits. Those stretches are blanked, and Duckling, behind its
wall, reads the dates in the rest. Then days and times that stand together become one.
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timezone
from time import monotonic

from bot.words.times import dates
from bot.words.times.reading import TimeFound, find
from bot.words.times.text import blank, read
from bot.words.times.vocabulary import VOCABULARIES
from bot.words.times.worker import NoAnswer

__all__ = ["TimeFound", "is_all", "is_unreal", "is_unreal_async", "when", "when_async"]

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


async def is_unreal_async(text: str, language: str, now: datetime) -> bool:
    """:func:`is_unreal`, beside the event loop."""
    return await asyncio.to_thread(is_unreal, text, language, now)


def is_unreal(text: str, language: str, now: datetime) -> bool:
    """Whether `text`, in which :func:`when` finds nothing, names a time that does not exist: the 31st of November, or
    an hour that the change to summer time skips."""
    if dates.is_impossible(read(text).plain, language if language in VOCABULARIES else "en"):
        return True
    offset = now.utcoffset()
    return bool(offset is not None and when(text, language, now.replace(tzinfo=timezone(offset))))


def is_all(text: str, found: Sequence[TimeFound]) -> bool:
    """Whether `text` names these times and says nothing else of weight: then nobody needs to be asked what it means.

    >>> is_all("ok, domani alle 3", when("ok, domani alle 3", "it", now))
    True
    """
    rest = blank(text, [one.span for one in found])
    return bool(found) and all(word in _OF_NO_WEIGHT for word in re.findall(r"\w+", rest.casefold()))


# What stands around a time and changes nothing about it, in all four languages. No "not" is among these.
_OF_NO_WEIGHT = frozenset(
    re.findall(
        r"\w+",
        """
        a about alright also around at be can could day do fine for good great hello hi how i in is it let make
        maybe me ok okay on or perhaps please possible say s so sounds suits thank thanks that the then there us we
        what works would yes al alla alle allora andrebbe bene buongiorno che ciao così da del di dia direi e ed
        facciamo farei forse giorno gli grazie il io l la le lei lo magari meglio mi o ok oppure ore per perfetto
        possibile potrei potremmo può preferirei proporrei pure sarebbe se si sì su un va vanno verso vorrei ab also
        am an bei bitte da dann das dem den der die doch ein einem er es etwa gegen geht gerne gern ginge gut hallo
        ich im ist ja kann könnte lieber mir moin oder passt passen perfekt prima sagen schön sehr tag uhr um und
        vielleicht von vorschlag wäre wie wir wollen würde zu zum algo bien buenas buenos creo de del día e el en
        entonces es estaría gracias hola iría la las le lo los me mejor muy o para perfecto podría podríamos por
        pues puede puedo que quizá quizás se sería si sobre sí u un va vale vendría viene y yo
        """,
    )
)
