"""The two of a pair write to each other through the bot: no number, no username is shown."""

import html

import db.audit
import db.matching
from bot.case import Case
from bot.errors import Forged, Refused
from bot.matching import pairs
from bot.matching.rules import WRITE_FORM
from bot.matching.service import NOT_YOURS, other_of
from bot.matching.tell import letter, tell
from bot.messages import Button, Lane, Outgoing
from bot.outbox.put import Letter
from bot.people.service import coordinators_for
from bot.texts import N_, tongue
from db.matching import ENDED, PAIRED, Match, PairMessage
from db.people import Person

LONGEST = 1_500  # characters
SHOWN = 6  # messages that a coordinator sees of a reported pair
SHOWN_CHARACTERS = 300


async def match_of(case: Case, match_id: int) -> Match:
    """The person's match, whatever became of it."""
    match = await db.matching.get(case.session, match_id)
    if match is None or case.person.id not in (match.trainer_id, match.worker_id):
        raise Forged(NOT_YOURS)
    return match


async def open_form(case: Case, match: Match) -> None:
    await case.ask_form(WRITE_FORM, str(match.id), {})


async def pass_on(case: Case, words: str) -> tuple[Match, Person]:
    """What was written goes to the other one."""
    if case.talk.form != WRITE_FORM or not case.talk.asked.isdigit():
        raise Refused(N_("I do not know for whom that was. Please tap “Write a message” first."))
    match_id = int(case.talk.asked)
    case.close_form()
    match, other = await pairs.of(case, match_id)
    if not words.strip():
        raise Refused(N_("There was nothing to pass on. Please write some words."))
    if len(words) > LONGEST:
        await open_form(case, match)
        raise Refused(N_("That is too long to pass on. Please write it shorter."))
    case.session.add(PairMessage(match_id=match.id, writer_id=case.person.id, words=words, at=case.now))
    pairs.sign_of_life(match, case.now)
    t = tongue(other.language)
    head = t("<b>{name}</b> writes:", name=case.person.name)
    message = Outgoing(
        f"{head}\n{html.escape(words, quote=False)}",
        (
            (Button(t.plain("Answer"), f"matching:write:{match.id}"),),
            (Button(t.plain("Report and block"), f"matching:report:{match.id}", spoken=False),),
        ),
    )
    await tell(
        case.session, [letter(other, message, Lane.REMINDER, f"{case.key}:said", case.now, case.house)], case.now
    )
    return match, other


async def report(case: Case, match: Match) -> Person:
    """The pair ends at once, and the coordinators see the last messages. Twice is harmless."""
    other = await other_of(case.session, match, case.person.id)
    if match.state not in PAIRED and (match.trainer_why == "blocked" or match.worker_why == "blocked"):
        return other
    if match.state in PAIRED:
        match.state, match.decided_at = ENDED, case.now
        if match.worker_id == case.person.id:
            match.follow_at = case.now
        t = tongue(other.language)
        text = t("Your work with {name} is over. Your coordinators can tell you more.", name=case.person.name)
        key = f"match:{match.id}:ended:{other.id}"
        await tell(case.session, [letter(other, Outgoing(text), Lane.REMINDER, key, case.now, case.house)], case.now)
    if case.person.id == match.trainer_id:
        match.trainer_why = "blocked"
    else:
        match.worker_why = "blocked"
    await _tell_coordinators(case, match, other)
    db.audit.note(case.session, case.now, case.person.id, "block", f"match:{match.id}", blocked=other.id)
    return other


async def _tell_coordinators(case: Case, match: Match, other: Person) -> None:
    said = await db.matching.last_messages(case.session, match.id, SHOWN)
    letters: list[Letter] = []
    for reader in await coordinators_for(case.session, case.person, match.cluster_id or case.person.cluster_id):
        if reader.id == other.id:
            continue
        t = tongue(reader.language)
        names = {case.person.id: case.person.name, other.id: other.name}
        lines = [
            f"<b>{html.escape(names.get(one.writer_id, '?'), quote=False)}</b>: "
            f"{html.escape(one.words[:SHOWN_CHARACTERS], quote=False)}"
            for one in said
        ]
        head = t(
            "⚠️ {name} has blocked {other} and reports what was written. Their work together is over.",
            name=case.person.name,
            other=other.name,
        )
        message = Outgoing("\n".join((head, *lines)))
        letters.append(letter(reader, message, Lane.REMINDER, f"{case.key}:blocked:{reader.id}", case.now, case.house))
    await tell(case.session, letters, case.now)
