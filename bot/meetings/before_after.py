"""How sure a learner feels: asked once before their first meeting and once later, so that they see how far they came.

The answers are theirs alone. A trainer and a funder get averages of several people, or nothing.
"""

from collections.abc import Sequence
from datetime import timedelta

import db.meeting_notes
import db.meetings
import db.people
from bot.case import Case
from bot.errors import Forged, Refused
from bot.matching.rules import BLOCKED
from bot.matching.service import NOT_YOURS
from bot.matching.tell import letter, tell
from bot.meetings.evidence import FEWEST
from bot.messages import Button, Lane, Outgoing
from bot.outbox.put import Letter, put
from bot.texts import N_, Tongue, tongue
from db.matching import ENDED, Match
from db.meeting_notes import Note
from db.meetings import HELD
from db.people import Person

BEFORE, LATER = "before", "later"
RATHER_NOT = 0
ANSWERS = (1, 2, 3, 4)  # not at all … very
ENOUGH_MET = 3  # meetings held: then it is asked again
MAY_CHANGE = timedelta(days=1)  # a slip of the thumb can be put right so long
AFTER_THE_END = timedelta(hours=2)  # the end of a pair has questions of its own
OF_USE = timedelta(days=7)


def words(t: Tongue, answer: int) -> str:
    """The answer, as the words on a button."""
    return (t.plain("Not at all"), t.plain("A little"), t.plain("Quite"), t.plain("Very"))[answer - 1]


def question(reader: Person, when: str) -> Outgoing:
    """One question, four answers, and none at all."""
    t = tongue(reader.language)
    if when == BEFORE:
        text = t("Before you begin: how sure do you feel with social media for your business?")
    else:
        text = t("Once more, as at the beginning: how sure do you feel now with social media for your business?")
    answers = [Button(words(t, one), f"meetings:sure:{when}:{one}") for one in ANSWERS]
    rather_not = Button(t.plain("Rather not say"), f"meetings:sure:{when}:{RATHER_NOT}", means=("stop",))
    hint = t("Only you see your answer. Others see nothing but averages of several people.")
    return Outgoing(f"{text}\n\n{hint}", tuple((one,) for one in (*answers, rather_not)))


# -- asking, each time once -----------------------------------------------------------------------------


async def ask_before(case: Case, worker: Person) -> None:
    """Ask this learner, whose meeting was just agreed, if it is the first one and they were never asked."""
    if await db.meetings.has_met(case.session, worker.id, case.now):
        return None
    if not await db.meeting_notes.begin(case.session, worker.id, case.now):
        return None
    message = question(worker, BEFORE)
    if worker.id == case.person.id:
        return case.show(message)
    one = letter(worker, message, Lane.REMINDER, f"note:before:{worker.id}", case.now, case.house)
    return await tell(case.session, [one], case.now)


async def is_time_again(case: Case) -> bool:
    """Whether this person, who has just spoken about a meeting, is to be asked again now; true only once."""
    if await db.meetings.held_with(case.session, case.person.id) < ENOUGH_MET:
        return False
    return await _begin_later(case, case.person.id) is not None


async def ask_when_over(case: Case, match: Match) -> None:
    """A pair that has met is over: the learner is asked again a little later, unless somebody was reported."""
    if match.state != ENDED or BLOCKED in (match.worker_why, match.trainer_why):
        return
    if not await db.meetings.of_match(case.session, match.id, HELD):
        return
    note = await _begin_later(case, match.worker_id)
    worker = await db.people.get(case.session, match.worker_id) if note else None
    if note is None or worker is None:
        return
    due_at = case.settings.quiet.after(case.now + AFTER_THE_END, worker.zone)
    key = f"note:later:{note.id}"
    await put(
        case.session, [Letter(worker, question(worker, LATER), Lane.LESSON, key, due_at, due_at + OF_USE)], case.now
    )


async def _begin_later(case: Case, worker_id: int) -> Note | None:
    """Keep that the learner is asked again now. None when they were, or did not answer the first time."""
    note = await db.meeting_notes.of(case.session, worker_id, lock=True)
    if note is None or note.before is None or note.asked_later_at is not None:
        return None
    note.asked_later_at = case.now
    return note


# -- answers --------------------------------------------------------------------------------------------


async def keep(case: Case, when: str, answer: int) -> Note:
    """Keep what this person says; a day long they may say it differently. Raises Forged when they were not asked,
    Refused when it is too late."""
    if when not in (BEFORE, LATER) or answer not in (RATHER_NOT, *ANSWERS):
        raise Forged(NOT_YOURS)
    note = await db.meeting_notes.of(case.session, case.person.id, lock=True)
    if note is None or (when == LATER and note.asked_later_at is None):
        raise Forged(NOT_YOURS)
    said_at = note.before_at if when == BEFORE else note.later_at
    has_met = when == BEFORE and await db.meetings.has_met(case.session, case.person.id, case.now)
    if said_at is None and has_met:
        raise Refused(N_("That question was about the time before your first meeting. Thank you all the same!"))
    if said_at is not None and (has_met or case.now - said_at > MAY_CHANGE):
        raise Refused(N_("I have kept your answer of that day. Thank you!"))
    if when == BEFORE:
        note.before, note.before_at = answer or None, case.now
    else:
        note.later, note.later_at = answer or None, case.now
    return note


def sentence(t: Tongue, before: int, later: int) -> str:
    """How far they have come, in their own words."""
    values = {"before": words(t, before), "now": words(t, later)}
    if later > before:
        return t("Before: “{before}”. Now: “{now}”. Well done!", **values)
    if later == before:
        return t("Before: “{before}”. Now: “{now}”. Thank you! Every bit of practice counts.", **values)
    return t(
        "Before: “{before}”. Now: “{now}”. That is quite normal: who learns sees better what there is to learn.",
        **values,
    )


def on_average(both: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """The answers before and later that come nearest to the averages; None for fewer people than may be shown.

    To the nearest answer only: from a finer figure one could work out what the newest learner has said.
    """
    if len(both) < FEWEST:
        return None
    before, later = (sum(one) / len(both) for one in zip(*both, strict=True))
    return int(before + 0.5), int(later + 0.5)
