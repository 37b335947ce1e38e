"""The use cases after a meeting: what each of the two says, what both say together, and who settles it if they differ.

What is kept can be changed by its person as long as no coordinator has decided; the last answer counts.
"""

from collections.abc import Sequence

import db.audit
import db.clusters
import db.matching
import db.meetings
import db.people
from bot.case import Case
from bot.errors import Forged, Refused
from bot.matching import service as matching
from bot.matching.service import NOT_YOURS
from bot.matching.tell import letter, tell
from bot.meetings import after_rules, after_screens, papers, service
from bot.meetings.after_rules import LENGTHS, RATINGS, Said, Verdict, verdict
from bot.meetings.service import NO_MEETING, Pair
from bot.messages import Lane
from bot.people.vocabulary import keys
from bot.texts import N_
from db.matching import Match
from db.meetings import AGREED, HELD, Feedback, Meeting
from db.people import Person

LONGEST_COMMENT = 1000
STILL_TO_COME = N_("This meeting is still to come. I will ask you afterwards.")
SETTLED = N_("This is settled already. Thank you!")


async def of_mine(case: Case, meeting_id: int) -> tuple[Pair, Meeting]:
    """A meeting of the person's that has begun, locked with its pair, whatever became of the two since.

    Raises Forged for an unknown one or somebody else's, Refused when it has not begun or was called off.
    """
    async with matching.nothing_written_yet(case):
        meeting = await db.meetings.get(case.session, meeting_id)
        if meeting is None:
            raise Forged(NOT_YOURS)
        match = await matching.mine(case, meeting.match_id)
        assert match is not None
        other = await matching.other_of(case.session, match, case.person.id)
        meeting = await db.meetings.get(case.session, meeting_id, lock=True)
    if meeting is None:
        raise Forged(NOT_YOURS)
    if meeting.state not in (AGREED, HELD):
        raise Refused(NO_MEETING)
    if not service.has_begun(meeting, case.now):
        raise Refused(STILL_TO_COME)
    return Pair(match, case.person, other), meeting


async def rate(case: Case, pair: Pair, meeting: Meeting, rating: str) -> None:
    """Keep whether it took place and how it was for this person."""
    if rating not in RATINGS:
        raise Forged(NOT_YOURS)
    said = await db.meetings.feedback(case.session, meeting.id, case.person.id)
    if said is None:
        said = Feedback(meeting_id=meeting.id, person_id=case.person.id, comment="", practised=[], may_be_quoted=False)
        case.session.add(said)
    said.rating, said.at = rating, case.now
    if rating == after_rules.MISSED:
        said.minutes, said.practised = None, []
    await case.session.flush()
    await _compare(case, pair, meeting)


async def took(case: Case, pair: Pair, meeting: Meeting, minutes: int) -> Feedback:
    """Keep how long it took; 0: the person does not remember."""
    if minutes not in (0, *LENGTHS):
        raise Forged(NOT_YOURS)
    said = await what_i_said(case, meeting)
    said.minutes = minutes or None
    await case.session.flush()
    await _compare(case, pair, meeting)
    return said


async def practised(case: Case, pair: Pair, meeting: Meeting, topic: str, *, did: bool) -> Feedback:
    """Keep that the two practised this topic, or that they did not."""
    said = await what_i_said(case, meeting)
    if topic not in keys("topic"):
        raise Forged(NOT_YOURS)
    chosen = {*said.practised, topic} if did else {*said.practised} - {topic}
    said.practised = [one for one in topics_of(pair, said) if one in chosen]
    return said


def topics_of(pair: Pair, said: Feedback) -> list[str]:
    """What this pair may have practised: what the one teaches and the other learns, and what was said before."""
    common = [topic for topic in pair.worker.topics if topic in pair.trainer.topics]
    known = keys("topic")
    found = dict.fromkeys([*(common or pair.match.reasons.get("topics", ())), *said.practised])
    return [topic for topic in found if topic in known]


async def comment(case: Case, meeting: Meeting, text: str) -> Feedback:
    """Keep a sentence about the meeting. Whether it may be shown is asked anew. Refuses one that is too long."""
    if len(text) > LONGEST_COMMENT:
        raise Refused(N_("That is a little long. Please say it in up to 1,000 characters."))
    said = await what_i_said(case, meeting)
    said.comment, said.may_be_quoted = text, False
    return said


async def allow_quote(case: Case, pair: Pair, meeting: Meeting, *, yes: bool) -> None:
    """Whether the trainer may show the worker's words. Only the worker may say so, and may take it back."""
    said = await what_i_said(case, meeting)
    if case.person.id != pair.worker.id:
        raise Forged(NOT_YOURS)
    said.may_be_quoted = yes and bool(said.comment)


async def what_i_said(case: Case, meeting: Meeting) -> Feedback:
    """What the person has said about a meeting that took place. Raises Forged before they have."""
    said = await db.meetings.feedback(case.session, meeting.id, case.person.id)
    if said is None or said.rating == after_rules.MISSED:
        raise Forged(NOT_YOURS)
    return said


# -- both together --------------------------------------------------------------------------------------


async def _compare(case: Case, pair: Pair, meeting: Meeting) -> None:
    """Record what both say, or tell the coordinators that they differ. What a coordinator has decided stays."""
    if meeting.settled_by is not None:
        return
    people, found = await _heard(case, pair.match, meeting)
    meeting.minutes = found.minutes
    meeting.state = HELD if any(said.met for _, said in people) else AGREED
    if found.kind == "missed":
        await papers.settled_otherwise(case, pair.match, meeting)
    if found.kind == "differ":
        await _tell_coordinators(case, pair.match, meeting, people, found)


async def _heard(case: Case, match: Match, meeting: Meeting) -> tuple[list[tuple[Person, Said]], Verdict]:
    """What the two have said so far, the worker first, and what that makes."""
    both = await db.people.by_ids(case.session, {match.worker_id, match.trainer_id})
    said = await db.meetings.feedback_on(case.session, meeting.id)
    heard = [
        (both[id], Said(said[id].rating, said[id].minutes)) for id in (match.worker_id, match.trainer_id) if id in said
    ]
    assert meeting.starts_at is not None
    assert meeting.ends_at is not None
    planned = int((meeting.ends_at - meeting.starts_at).total_seconds()) // 60
    return heard, verdict([one for _, one in heard], planned)


async def _tell_coordinators(
    case: Case, match: Match, meeting: Meeting, people: Sequence[tuple[Person, Said]], found: Verdict
) -> None:
    """Once for each difference, however often the two repeat it."""
    if match.cluster_id is None:
        return
    difference = "-".join(str(one) for one in found.options)
    letters = [
        letter(
            reader,
            after_screens.they_differ(meeting, reader, people, found),
            Lane.REMINDER,
            f"meeting:{meeting.id}:differ:{difference}:{reader.id}",
            case.now,
            case.house,
        )
        for reader in await db.clusters.coordinators_of(case.session, match.cluster_id)
        if reader.id not in (match.worker_id, match.trainer_id)
    ]
    await tell(case.session, letters, case.now)


async def settle(case: Case, meeting_id: int, minutes: int) -> Meeting | None:
    """A coordinator decides how long it was; 0: it did not take place. Both are told. None: they do not differ in
    this way any more, and the coordinator is shown how it stands.

    Raises Forged for a meeting of another cluster, Refused when it is settled.
    """
    async with matching.nothing_written_yet(case):
        meeting = await db.meetings.get(case.session, meeting_id)
        match = await db.matching.get(case.session, meeting.match_id, lock=True) if meeting else None
        if match is None or not await case.coordinates(match.cluster_id):
            raise Forged(NOT_YOURS)
        if case.person.id in (match.worker_id, match.trainer_id):
            raise Forged(NOT_YOURS)  # nobody decides about their own meeting
        meeting = await db.meetings.get(case.session, meeting_id, lock=True)
    if meeting is None or meeting.starts_at is None or minutes not in (0, *LENGTHS):
        raise Forged(NOT_YOURS)
    if meeting.settled_by is not None:
        raise Refused(SETTLED)
    people, found = await _heard(case, match, meeting)
    if found.kind != "differ":
        raise Refused(N_("The two say the same by now, so there is nothing to settle."))
    if minutes not in found.options:
        case.say(case.t("This has changed meanwhile. Here is how it stands:"))
        case.show(after_screens.they_differ(meeting, case.person, people, found))
        return None
    meeting.minutes, meeting.settled_by = minutes, case.person.id
    meeting.state = HELD if minutes else AGREED
    db.audit.note(case.session, case.now, case.person.id, "settle_meeting", f"meeting:{meeting.id}", minutes=minutes)
    (one, _), (other, _) = people
    letters = [
        letter(
            reader,
            after_screens.settled(meeting, reader, partner),
            Lane.REMINDER,
            f"meeting:{meeting.id}:settled:{reader.id}",
            case.now,
            case.house,
        )
        for reader, partner in ((one, other), (other, one))
    ]
    await tell(case.session, letters, case.now)
    await papers.settled_otherwise(case, match, meeting)
    return meeting
