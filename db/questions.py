"""What people asked and no lesson answered, until a coordinator has dealt with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base

LONGEST = 500


class Question(Base):
    """One person's question. `lesson` is the uuid of the lesson whose card was shown, "" when none fitted.

    `unanswered` is False while nobody has said whether the card helped; a question that was answered is deleted.
    `cluster_id` None: every coordinator of the question's language sees it.
    """

    __tablename__ = "unanswered_questions"
    __table_args__ = (
        Index("ix_unanswered_questions_person_id", "person_id"),
        Index("ix_unanswered_questions_cluster_id_settled_at", "cluster_id", "settled_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("clusters.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(5))
    text: Mapped[str] = mapped_column(String(LONGEST))
    lesson: Mapped[str] = mapped_column(String(36), default="")
    unanswered: Mapped[bool]
    asked_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))


@dataclass(frozen=True, slots=True)
class Asked:
    """The same question of `people` people; `id` and `lesson` are those of one of them."""

    id: int
    text: str
    lesson: str
    people: int


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose questions a coordinator sees: their clusters', and those outside all clusters in their languages."""

    clusters: tuple[int, ...]
    languages: tuple[str, ...]

    def holds(self, question: Question) -> bool:
        if question.cluster_id is None:
            return question.language in self.languages
        return question.cluster_id in self.clusters

    def open(self) -> list[ColumnElement[bool]]:
        outside = Question.cluster_id.is_(None) & Question.language.in_(self.languages)
        return [
            Question.unanswered.is_(True),
            Question.settled_at.is_(None),
            or_(Question.cluster_id.in_(self.clusters), outside),
        ]


async def get(session: AsyncSession, question_id: int) -> Question | None:
    return await session.get(Question, question_id)


async def same_of(session: AsyncSession, person_id: int, text: str) -> Question | None:
    """The person's own question in these words that is still open."""
    return await session.scalar(
        select(Question).where(
            Question.person_id == person_id,
            func.lower(Question.text) == func.lower(text),
            Question.unanswered.is_(True),
            Question.settled_at.is_(None),
        )
    )


async def unsettled(session: AsyncSession, scope: Scope, limit: int, offset: int) -> Sequence[Asked]:
    """What is open in this scope, the newest first; a question in the same words is there once."""
    newest = func.max(Question.asked_at)
    rows = await session.execute(
        select(
            func.max(Question.id),
            func.max(Question.text),
            func.max(Question.lesson),
            func.count(Question.person_id.distinct()),
        )
        .where(*scope.open())
        .group_by(func.lower(Question.text))
        .order_by(newest.desc(), func.max(Question.id).desc())
        .limit(limit)
        .offset(offset)
    )
    return [Asked(*row) for row in rows]


async def settle(session: AsyncSession, scope: Scope, text: str, by: int, now: datetime) -> int:
    """Mark every open question in these words as dealt with. Returns how many there were."""
    settled = await session.execute(
        update(Question)
        .where(func.lower(Question.text) == func.lower(text), *scope.open())
        .values(settled_at=now, settled_by=by)
        .returning(Question.id)
        .execution_options(synchronize_session=False)
    )
    return len(settled.all())


async def drop(session: AsyncSession, question: Question) -> None:
    """It was answered: nothing of it is kept, however often this person asked it."""
    same = func.lower(Question.text) == func.lower(question.text)
    await session.execute(delete(Question).where(Question.person_id == question.person_id, same))


async def drop_unjudged(session: AsyncSession, before: datetime) -> None:
    """Drop what was asked before then and nobody has said whether it helped."""
    await session.execute(delete(Question).where(Question.unanswered.is_(False), Question.asked_at < before))
