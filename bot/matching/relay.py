"""The two of a pair write to each other through the bot: no number, no username is shown."""

import html

import db.audit
import db.matching
import db.outbox
from bot.case import Case
from bot.errors import Forged, Refused
from bot.matching import pairs
from bot.matching.rules import BLOCKED, WRITE_FORM
from bot.matching.service import NOT_YOURS, mine, other_of, rest, take_in_again
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
    """The person's pair, locked, whatever became of it. Raises Forged when the two never became one."""
    match = await mine(case, match_id)
    if match is None or not match.trainer_says == match.worker_says == "yes":
        raise Forged(NOT_YOURS)
    return match


def is_too_long(words: str) -> bool:
    return len(words) > LONGEST


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
    said = PairMessage(match_id=match.id, writer_id=case.person.id, words=words, at=case.now)
    case.session.add(said)
    await case.session.flush()
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
    key = db.matching.key_of(match.id, said.id)
    await tell(case.session, [letter(other, message, Lane.REMINDER, key, case.now, case.house)], case.now)
    return match, other


async def take_back(case: Case) -> None:
    """The person leaves for good: what they wrote lies nowhere any more."""
    await db.outbox.empty(case.session, await db.matching.keys_of_writer(case.session, case.person.id))


async def report(case: Case, match: Match) -> Person:
    """The pair ends at once, the coordinators see the last messages, and nobody is proposed to the other one until they
    have decided. Twice is harmless."""
    other = await other_of(case.session, match, case.person.id)
    if (match.trainer_why if case.person.id == match.trainer_id else match.worker_why) == BLOCKED:
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
        match.trainer_why = BLOCKED
    else:
        match.worker_why = BLOCKED
    # Nobody else is sent to them until a coordinator has looked at it.
    await rest(case.session, other.id, case.person.id, case.now)
    await _tell_coordinators(case, match, other)
    about = {"blocked": other.id, "cluster": _cluster_of(case, match)}
    db.audit.note(case.session, case.now, case.person.id, "block", f"match:{match.id}", **about)
    return other


async def readmit(case: Case, person: Person, match_id: int) -> bool:
    """End what the report of this pair has brought upon the reported one. Returns whether there was still something to
    end: another report, and what they wish themselves, stay as they are.

    Raises Forged unless the coordinators who have been told, or those of the reported one, decide. The pair itself may
    be gone with who reported it; the audit log outlives it.
    """
    noted = await db.audit.first(case.session, "block", f"match:{match_id}")
    if noted is None or noted.detail.get("blocked") != person.id:
        raise Forged(NOT_YOURS)
    told = noted.detail.get("cluster")
    if not (await case.coordinates(person.cluster_id) or (told and await case.coordinates(told))):
        raise Forged(NOT_YOURS)
    kept = await db.matching.rest_of(case.session, person.id)
    if kept is None or kept.until is not None or kept.by not in (None, noted.actor):
        return False
    await take_in_again(case.session, person.id)
    return True


def _cluster_of(case: Case, match: Match) -> int | None:
    """Whose coordinators hear of a report."""
    return match.cluster_id or case.person.cluster_id


async def _tell_coordinators(case: Case, match: Match, other: Person) -> None:
    said = await db.matching.last_messages(case.session, match.id, SHOWN)
    letters: list[Letter] = []
    for reader in await coordinators_for(case.session, case.person, _cluster_of(case, match)):
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
        note = t("I propose nobody to {other} until one of you decides.", other=other.name)
        again = Button(t.plain("Propose people again"), f"matching:readmit:{other.id}:{match.id}", spoken=False)
        message = Outgoing("\n".join((head, *lines, "", note)), ((again,),))
        letters.append(letter(reader, message, Lane.REMINDER, f"{case.key}:blocked:{reader.id}", case.now, case.house))
    await tell(case.session, letters, case.now)
