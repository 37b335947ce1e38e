"""The papers of a trainer's record: each has a code, and its page says what the paper says, whatever comes later.

A paper that counts more of a meeting than is confirmed now, because a coordinator settled it or both take it back, is
no longer valid; so is one that its trainer takes back. What was merely said differently since does not touch it.
"""

from datetime import date
from typing import Any

import db.meeting_papers
import db.people
from bot import proof
from bot.case import Case
from bot.errors import Forged
from bot.matching.service import NOT_YOURS
from bot.matching.tell import letter, tell
from bot.meetings import record
from bot.meetings.record import Record
from bot.messages import Button, Lane, Outgoing
from bot.people.service import local
from bot.texts import tongue
from db.matching import Match
from db.meeting_papers import Paper
from db.meetings import Meeting


async def issue(case: Case) -> tuple[Record, Paper] | None:
    """The record of now with its paper: the last one as long as it says the same, else a new one. None when nothing is
    confirmed yet."""
    mine = await record.of_trainer(case, lock=True)
    if mine is None:
        return None
    facts = _facts(mine, local(case.now, case.person).date())
    for last in (await db.meeting_papers.of(case.session, case.person.id))[:1]:
        if (last.name, last.language) == (mine.name, mine.language) and last.facts | {"day": ""} == facts | {"day": ""}:
            return mine, last
    paper = Paper(
        person_id=case.person.id,
        code=proof.new_code(),
        name=mine.name,
        language=mine.language,
        facts=facts,
        issued_at=case.now,
    )
    case.session.add(paper)
    await case.session.flush()
    return mine, paper


def _facts(record: Record, day: date) -> dict[str, Any]:
    return {
        "day": day.isoformat(),
        "first": record.first.isoformat(),
        "last": record.last.isoformat(),
        "learners": record.learners,
        "topics": [list(one) for one in record.topics],
        "meetings": [list(one) for one in record.counted],
    }


def on(paper: Paper, language: str = "") -> Record:
    """What stands on a paper that is still valid, to be read in this language or in its own."""
    facts = paper.facts
    return Record(
        language=language or paper.language,
        name=paper.name,
        place="",
        first=date.fromisoformat(facts["first"]),
        last=date.fromisoformat(facts["last"]),
        minutes=sum(minutes for _, minutes in facts["meetings"]),
        meetings=len(facts["meetings"]),
        learners=facts["learners"],
        topics=tuple((topic, number) for topic, number in facts["topics"]),
    )


def day_of(paper: Paper) -> date:
    """The day that stands on the paper."""
    return date.fromisoformat(paper.facts["day"])


async def mine(case: Case, paper_id: int) -> Paper:
    """A paper of this person's. Raises Forged for an unknown one or somebody else's."""
    paper = await db.meeting_papers.get(case.session, paper_id)
    if paper is None or paper.person_id != case.person.id:
        raise Forged(NOT_YOURS)
    return paper


def take_back(case: Case, paper: Paper) -> None:
    """Whoever checks it from now on reads that it is no longer valid. Twice is harmless."""
    if paper.withdrawn_at is None:
        db.meeting_papers.withdraw(paper, case.now)


async def settled_otherwise(case: Case, match: Match, meeting: Meeting) -> None:
    """A meeting counts less than it did: papers that say more are no longer valid, and their trainer is told once."""
    counts = meeting.minutes or 0
    papers = await db.meeting_papers.of(case.session, match.trainer_id)
    stale = [one for one in papers if dict(one.facts["meetings"]).get(meeting.id, 0) > counts]
    if not stale:
        return
    days = [day_of(one) for one in stale]
    for one in stale:
        db.meeting_papers.withdraw(one, case.now)
    trainer = await db.people.get(case.session, match.trainer_id)
    assert trainer is not None
    t = tongue(trainer.language)
    text = t(
        "One of your meetings counts differently now, so your record of {days} is no longer valid. You can have a new "
        "one at once.",
        days=t.list([t.date(day) for day in sorted(set(days))]),
    )
    again = Button(t.plain("As a paper (PDF)"), "meetings:record_pdf", means=("affirm",))
    key = f"paper:{max(one.id for one in stale)}:off:{meeting.id}"
    one = letter(trainer, Outgoing(text, ((again,),)), Lane.REMINDER, key, case.now, case.house)
    await tell(case.session, [one], case.now)
