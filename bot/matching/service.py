"""Offers: they are answered, run out, end, and people rest from them.

What somebody does in the chat takes their `case`; what the clock does takes a session.
"""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

import db.audit
import db.matching
import db.people
from bot.case import Case, House
from bot.errors import Forged, Refused
from bot.matching import rules, screens
from bot.matching.tell import letter, tell
from bot.messages import Button, Do, Lane, Outgoing
from bot.outbox.put import Letter
from bot.texts import N_, tongue
from db.matching import ACCEPTED, DECLINED, ENDED, EXPIRED, OFFERED, PAIRED, PROPOSED, Match
from db.people import Person

NOT_YOURS = N_("I don't know this button. Here is what I can do:")
OVER = N_("This offer is no longer open. I keep looking for you.")


@asynccontextmanager
async def nothing_written_yet(case: Case) -> AsyncGenerator[None]:
    """Read and lock before this turn's own rows are written.

    Two people who answer each other at once then wait for the match and for nothing else; if each held the row
    of their own conversation while asking for the other's, one of the turns would be thrown back.
    """
    own = (case.person, case.talk)
    if any(row not in own for row in (*case.session.dirty, *case.session.new)):
        await case.session.flush()  # something was done in this turn already: what is read now must show it
    with case.session.no_autoflush:
        yield


async def mine(case: Case, match_id: int | None, *states: str) -> Match | None:
    """This match of the person's, locked; without an id one in these states: unanswered first, then newest.

    Raises Forged when the match is unknown or somebody else's.
    """
    async with nothing_written_yet(case):
        if match_id is None:
            found = await db.matching.of_person(case.session, case.person.id, *states)
            if not found:
                return None
            match_id = min(found, key=lambda one: (has_said(one, case.person.id), -one.id)).id
        match = await db.matching.get(case.session, match_id, lock=True)
    if match is None or case.person.id not in (match.trainer_id, match.worker_id):
        raise Forged(NOT_YOURS)
    return match


async def other_of(session: AsyncSession, match: Match, person_id: int) -> Person:
    """The other one of the two."""
    other = await db.people.get(session, partner_id(match, person_id))
    assert other is not None  # a foreign key holds it
    return other


def partner_id(match: Match, person_id: int) -> int:
    return match.worker_id if person_id == match.trainer_id else match.trainer_id


def has_said(match: Match, person_id: int) -> str:
    """ "", "yes" or "no"."""
    return match.trainer_says if person_id == match.trainer_id else match.worker_says


def _say(match: Match, person_id: int, answer: str) -> None:
    if person_id == match.trainer_id:
        match.trainer_says = answer
    else:
        match.worker_says = answer


def is_open(match: Match, now: datetime) -> bool:
    return match.state == OFFERED and match.expires_at > now


async def accept(case: Case, match: Match) -> bool:
    """Say yes for this person; True when now both have. Then the other side learns it, and who it is.

    Saying yes twice changes nothing. Refuses when the offer is over.
    """
    if match.state in PAIRED:
        return True
    if not is_open(match, case.now):
        raise Refused(OVER)
    _say(match, case.person.id, "yes")
    other = await other_of(case.session, match, case.person.id)
    if has_said(match, other.id) != "yes":
        return False
    match.state, match.decided_at, match.active_at, match.nudged_at = ACCEPTED, case.now, case.now, None
    t = tongue(other.language)
    text = t("<b>Good news: you have both said yes.</b> It is {name}.", name=case.person.name)
    await _tell_other(case, other, Outgoing(text), f"match:{match.id}:made:{other.id}")
    db.audit.note(case.session, case.now, case.person.id, "match_made", f"match:{match.id}")
    case.wants.append(Do("meetings:begin", (str(match.id),)))
    return True


async def decline(case: Case, match: Match) -> None:
    """Say no for this person. The other one is told gently, without a reason. Twice is harmless."""
    if match.state == DECLINED and has_said(match, case.person.id) == "no":
        return
    if not is_open(match, case.now):
        raise Refused(OVER)
    _say(match, case.person.id, "no")
    match.state, match.decided_at, match.follow_at = DECLINED, case.now, case.now + rules.TIME_TO_SAY_WHY
    other = await other_of(case.session, match, case.person.id)
    t = tongue(other.language)
    text = t("The person I proposed to you cannot take part this time. It is not about you: I keep looking.")
    await _tell_other(case, other, Outgoing(text), f"match:{match.id}:declined:{other.id}")


async def give_reason(case: Case, match: Match, reason: str) -> None:
    """Keep why this person declined; the other one never sees it. "Later" leaves them in peace for two weeks."""
    if reason not in rules.DECLINE_REASONS or has_said(match, case.person.id) != "no":
        raise Forged(NOT_YOURS)
    _give_why(match, case.person.id, reason)
    if match.follow_at is not None:
        match.follow_at = case.now  # nothing to wait for any more
    if reason == "later":
        await rest(case.session, case.person.id, None, case.now, case.now + rules.LATER_LASTS)


def _give_why(match: Match, person_id: int, why: str) -> None:
    if person_id == match.trainer_id:
        match.trainer_why = why
    else:
        match.worker_why = why


async def rest(
    session: AsyncSession, person_id: int, by: int | None, now: datetime, until: datetime | None = None
) -> None:
    """Leave this person out of matching; a coordinator (`by`) for as long as they say, whatever the person says."""
    await db.matching.leave_out(session, person_id, by, now, until)


async def end_own_rest(session: AsyncSession, person_id: int) -> bool:
    """Look for somebody for them again, unless others have decided that they wait. Returns whether it is so now."""
    kept = await db.matching.rest_of(session, person_id)
    if kept is not None and kept.until is None:
        return False
    await take_in_again(session, person_id)
    return True


async def take_in_again(session: AsyncSession, person_id: int) -> None:
    """Look for somebody for them again."""
    kept = await db.matching.rest_of(session, person_id)
    if kept is not None:
        await session.delete(kept)


async def nudge(session: AsyncSession, house: House, now: datetime, limit: int) -> int:
    """Ask whoever has not answered an offer that ends soon, once. Returns how many offers that were."""
    soon = await db.matching.to_nudge(session, now + rules.NUDGE_BEFORE, limit)
    letters: list[Letter] = []
    for match in soon:
        match.nudged_at = now
        for person_id in (match.trainer_id, match.worker_id):
            reader = await db.people.get(session, person_id)
            if reader is None or has_said(match, person_id) or match.expires_at <= now:
                continue
            key = f"match:{match.id}:nudge:{reader.id}"
            letters.append(letter(reader, screens.nudge(match, reader, now), Lane.REMINDER, key, now, house))
    await tell(session, letters, now)
    return len(soon)


async def expire(session: AsyncSession, house: House, now: datetime, limit: int) -> int:
    """End the offers that nobody, or only one, has answered in time, and tell both. Returns how many."""
    over = await db.matching.expired(session, now, limit)
    for match in over:
        match.state, match.decided_at, match.follow_at = EXPIRED, now, now
        for person_id in (match.trainer_id, match.worker_id):
            reader = await db.people.get(session, person_id)
            assert reader is not None
            message = Outgoing(_expired_text(match, reader))
            key = f"match:{match.id}:expired:{reader.id}"
            await tell(session, [letter(reader, message, Lane.LESSON, key, now, house)], now)
    return len(over)


def _expired_text(match: Match, reader: Person) -> str:
    t = tongue(reader.language)
    if has_said(match, reader.id) == "yes":
        return t("The other side has not answered in time. It is not about you: I keep looking.")
    return t("My proposal of a few days ago is over now. That is no problem: I keep looking for you.")


async def end_all(case: Case) -> None:
    """The person leaves for good: their open offers and matches end, and the other sides are told."""
    async with nothing_written_yet(case):
        still_open = await db.matching.open_of(case.session, case.person.id)
    for match in still_open:
        other = await other_of(case.session, match, case.person.id)
        t = tongue(other.language)
        if match.state == PROPOSED:
            text = ""
        elif match.state in PAIRED:
            text = t("{name} has left the programme. I keep looking for you.", name=case.person.name)
        else:
            text = t("My last proposal is no longer possible. I keep looking for you.")
        match.state, match.decided_at = ENDED, case.now
        if text:
            await _tell_other(case, other, Outgoing(text), f"match:{match.id}:ended:{other.id}")


async def move(case: Case, match: Match) -> None:
    """A coordinator ends this pair so that the worker gets the next best trainer; both are told, kindly."""
    people = await db.people.by_ids(case.session, {match.trainer_id, match.worker_id})
    match.state, match.decided_at, match.follow_at = ENDED, case.now, case.now
    for reader, other in (
        (people[match.worker_id], people[match.trainer_id]),
        (people[match.trainer_id], people[match.worker_id]),
    ):
        t = tongue(reader.language)
        text = t("Your coordinator has ended your work with {name}. I look for somebody else for you.", name=other.name)
        await _tell_other(case, reader, Outgoing(text), f"match:{match.id}:ended:{reader.id}")
    case.wants.append(Do("meetings:pair_ended", (str(match.id),)))
    db.audit.note(case.session, case.now, case.person.id, "move", f"match:{match.id}")


async def _tell_other(case: Case, other: Person, message: Outgoing, key: str) -> None:
    await tell(case.session, [letter(other, message, Lane.REMINDER, key, case.now, case.house)], case.now)


async def partners(session: AsyncSession, person_id: int) -> list[tuple[Match, Person]]:
    """Who this person works with now, newest first; those who rest are left out."""
    matches = await db.matching.of_person(session, person_id, ACCEPTED)
    return [(match, await other_of(session, match, person_id)) for match in matches]


def rows(buttons: Iterable[Button]) -> list[list[Button]]:
    """Each button in a row of its own: big enough for any thumb."""
    return [[button] for button in buttons]
