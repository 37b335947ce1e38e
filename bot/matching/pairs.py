"""What becomes of a pair: it rests, goes on, ends; whoever keeps silent is asked, and then the coordinator knows."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

import db.audit
import db.matching
import db.outbox
import db.people
from bot.case import Case, House
from bot.errors import Forged, Refused
from bot.matching import rules
from bot.matching.service import NOT_YOURS, end_own_rest, mine, other_of
from bot.matching.service import rest as leave_in_peace
from bot.matching.tell import letter, tell
from bot.messages import Button, Lane, Outgoing
from bot.outbox.put import Letter
from bot.texts import N_, tongue
from db.matching import ACCEPTED, ENDED, PAIRED, RESTING, Match
from db.people import Person

NO_PAIR = N_("You do not work with anybody at the moment.")
OVER = N_("This is over already.")


async def of(case: Case, match_id: int | None) -> tuple[Match, Person]:
    """The person's pair, locked, and the other one. Raises Refused when there is none any more."""
    match = await mine(case, match_id, *PAIRED)
    if match is None:
        raise Refused(NO_PAIR)
    if match.state not in PAIRED:
        raise Refused(OVER)
    return match, await other_of(case.session, match, case.person.id)


async def rest(case: Case, match: Match, other: Person) -> None:
    """The pair rests until one of them says otherwise. Twice is harmless."""
    if match.state == RESTING:
        return
    match.state = RESTING
    t = tongue(other.language)
    text = t("{name} needs a break. I keep your pair as it is, and I tell you when it goes on.", name=case.person.name)
    await _tell(case, other, Outgoing(text), f"{case.key}:rests")


async def go_on(case: Case, match: Match, other: Person) -> None:
    """The pair goes on."""
    if match.state == ACCEPTED:
        return
    match.state, match.active_at, match.nudged_at = ACCEPTED, case.now, None
    t = tongue(other.language)
    text = t("Good news: {name} is back, and you go on together.", name=case.person.name)
    book = Button(t.plain("Find a time to meet"), f"meetings:book:{match.id}", means=("book_meeting", "affirm"))
    await _tell(case, other, Outgoing(text, ((book,),)), f"{case.key}:goes_on")


async def end(case: Case, match: Match, other: Person) -> None:
    """The pair ends, politely, for both. The other one is never told why."""
    match.state, match.decided_at = ENDED, case.now
    t = tongue(other.language)
    if other.id == match.worker_id:
        text = t(
            "{name} cannot go on as your trainer. It is not about you: I look for another one.", name=case.person.name
        )
    else:
        text = t("{name} needs no more meetings. Thank you for what you have done together!", name=case.person.name)
    await _tell(case, other, Outgoing(text), f"match:{match.id}:ended:{other.id}")
    db.audit.note(case.session, case.now, case.person.id, "end_match", f"match:{match.id}")
    if other.id == match.worker_id:
        match.follow_at = case.now


async def give_end_reason(case: Case, match: Match, why: str) -> bool:
    """Why this person ended it: for the next round and the coordinator, never for the other one.

    A worker who has learnt what they wanted is left in peace for half a year, unless they work with somebody else by
    then. Returns whether they are.
    """
    if match.state != ENDED or why not in rules.END_REASONS:
        raise Forged(NOT_YOURS)
    is_trainer = case.person.id == match.trainer_id
    before = match.trainer_why if is_trainer else match.worker_why
    if before == rules.BLOCKED:
        return False  # a report stays one
    if is_trainer:
        match.trainer_why = why
    else:
        match.worker_why = why
    if is_trainer:
        return False
    if why == rules.DONE != before and not await db.matching.of_person(case.session, case.person.id, *PAIRED):
        await leave_in_peace(case.session, case.person.id, None, case.now, case.now + rules.DONE_LASTS)
    if before == rules.DONE != why:
        await end_own_rest(case.session, case.person.id)
    if why != rules.DONE and before in ("", rules.DONE):
        match.follow_at = case.now  # they would go on with somebody else
    kept = await db.matching.rest_of(case.session, case.person.id)
    return why == rules.DONE and kept is not None and kept.until is not None and kept.until > case.now


def sign_of_life(match: Match, now: datetime) -> None:
    """The two have done something together."""
    match.active_at = now


async def _tell(case: Case, other: Person, message: Outgoing, key: str) -> None:
    await tell(case.session, [letter(other, message, Lane.REMINDER, key, case.now, case.house)], case.now)


# -- the clock ------------------------------------------------------------------------------------------


async def ask_silent(session: AsyncSession, house: House, now: datetime, limit: int) -> int:
    """Ask both of a pair that has been silent for two weeks how it goes. Returns how many pairs that were."""
    silent = await db.matching.silent(session, now - rules.SILENCE, limit)
    letters: list[Letter] = []
    for match in silent:
        match.nudged_at = now
        people = await db.people.by_ids(session, {match.trainer_id, match.worker_id})
        for reader, other in (
            (people[match.worker_id], people[match.trainer_id]),
            (people[match.trainer_id], people[match.worker_id]),
        ):
            key = f"match:{match.id}:silent:{now:%Y%m%d}:{reader.id}"
            letters.append(letter(reader, how_is_it(match, reader, other), Lane.REMINDER, key, now, house))
    await tell(session, letters, now)
    return len(silent)


def how_is_it(match: Match, reader: Person, other: Person) -> Outgoing:
    """The question to one of a silent pair."""
    t = tongue(reader.language)
    text = t("You and {name} have not met or written for two weeks. How shall it go on?", name=other.name)
    return Outgoing(
        text,
        (
            (Button(t.plain("Find a time to meet"), f"meetings:book:{match.id}", means=("book_meeting", "affirm")),),
            (Button(t.plain("Write a message"), f"matching:write:{match.id}"),),
            (Button(t.plain("A break for both of us"), f"matching:rest:{match.id}", means=("later",)),),
            (Button(t.plain("I would like to end it"), f"matching:end:{match.id}", means=("deny",)),),
        ),
    )


async def tidy_up(session: AsyncSession, _house: House, now: datetime, limit: int) -> int:
    """Forget what pairs wrote long ago. Returns how many messages that were."""
    keys = await db.matching.forget_messages(session, now - rules.WORDS_KEPT, limit)
    await db.outbox.empty(session, keys)
    return len(keys)
