"""Two people who have left traces in every table: what they may see of it, and what goes when one of them goes."""

from datetime import timedelta

import db.audit
from db.announcements import Announcement, AnnouncementAnswer
from db.clusters import Cluster, Coordination, Invitation
from db.lessons import Answer, Award, Plan, Report, Review, Study
from db.matching import PairMessage, Rest, Round
from db.meeting_notes import Note
from db.meeting_papers import Paper
from db.meetings import Feed, Feedback, Meeting, Reminder, Slot
from db.outbox import OutboxRow
from db.people import Conversation, Person
from db.questions import Question
from db.threads import Thread, ThreadMessage
from tests.app import MONDAY_MORNING as NOW
from tests.app import Phone, Running
from tests.people_factory import a_match

SOON = NOW + timedelta(days=2)


async def a_pair(house: Running) -> tuple[Phone, Phone]:
    """Marco (who learns) and Aisha (who teaches), with rows of both in every table that knows people."""
    marco = await house.joined("worker", "Marcolino", cluster_id=None, sector="bakery", age_band="50-59")
    aisha = await house.joined("trainer", "Aisha", cluster_id=None)
    learner, trainer = await house.people()
    async with house.write() as session:
        cluster = await session.get(Cluster, 1)
        assert cluster is not None
        match = await a_match(session, trainer.id, learner.id, NOW, round_of=1, expires_at=SOON)
        meeting = Meeting(
            match_id=match.id,
            state="agreed",
            times=[],
            chosen_by=trainer.id,
            starts_at=SOON,
            ends_at=SOON + timedelta(hours=1),
            created_at=NOW,
            changed_at=NOW,
        )
        news = Announcement(cluster_id=1, author_id=None, audience={}, texts={}, created_at=NOW, receipt={})
        session.add_all([meeting, news])
        await session.flush()
        for one in (learner, trainer):
            thread = Thread(person_id=one.id, about="human", opened_at=NOW, spoken_at=NOW)
            session.add(thread)
            await session.flush()
            session.add(ThreadMessage(thread_id=thread.id, writer_id=one.id, words="help", at=NOW))
            session.add_all(_rows_of(one, meeting.id))
            session.add(AnnouncementAnswer(announcement_id=news.id, person_id=one.id, what="interested", at=NOW))
            session.add(PairMessage(match_id=match.id, writer_id=one.id, words=f"from {one.name}", at=NOW))
            db.audit.note(session, NOW, one.id, "join", f"person:{one.id}")
    return marco, aisha


def _rows_of(one: Person, meeting_id: int) -> list[object]:
    return [
        Round(cluster_id=1, by=one.id, at=NOW, matched=0, unmatched=1),
        Conversation(person_id=one.id, answers={"name": one.name}, screen=[], updated_at=NOW),
        Coordination(person_id=one.id, cluster_id=1, since=NOW),
        Invitation(
            token_hash=f"hash{one.id}",
            cluster_id=1,
            role="coordinator",
            created_at=NOW,
            created_by=one.id,
            expires_at=SOON,
            used_at=NOW,
            used_by=one.id,
        ),
        OutboxRow(
            person_id=one.id,
            address=one.address,
            payload={"text": f"Hello {one.name}"},
            lane=0,
            due_at=NOW,
            dedupe_key=f"hello:{one.id}",
            state="sent",
            created_at=NOW,
        ),
        Rest(person_id=one.id, at=NOW, until=NOW),
        Plan(person_id=one.id, next_at=SOON),
        Study(person_id=one.id, lesson="a", started_at=NOW),
        Answer(person_id=one.id, lesson="a", block="b", choice=1, correct=True, at=NOW),
        Review(person_id=one.id, lesson="a", block="b", card="{}", due_at=SOON),
        Report(person_id=one.id, lesson="a", block="b", at=NOW),
        Award(person_id=one.id, about="worker/a", code=f"code{one.id}", name=one.name, language="en", awarded_at=NOW),
        Question(person_id=one.id, language="en", text="how?", unanswered=True, asked_at=NOW),
        Feed(person_id=one.id, token_hash=f"feed{one.id}", created_at=NOW),
        Slot(person_id=one.id, meeting_id=meeting_id, at=SOON),
        Reminder(meeting_id=meeting_id, person_id=one.id, kind="day", sequence=0, due_at=SOON, late_after=SOON),
        Feedback(meeting_id=meeting_id, person_id=one.id, rating="good", comment=f"from {one.name}", at=NOW),
        Paper(person_id=one.id, code=f"paper{one.id}", name=one.name, language="en", facts={}, issued_at=NOW),
        Note(person_id=one.id, asked_at=NOW, before=1, before_at=NOW, asked_later_at=NOW, later=3, later_at=NOW),
        Announcement(cluster_id=1, author_id=one.id, audience={}, texts={}, created_at=NOW, receipt={}),
    ]
