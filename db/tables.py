"""All tables in one place, for migrations and tests: import this and none is forgotten."""

from db import (
    announcements,
    audit,
    clusters,
    inbox,
    lessons,
    matching,
    meeting_notes,
    meeting_papers,
    meetings,
    outbox,
    people,
    questions,
    threads,
)
from db.base import Base

NOUNS = (
    people,
    clusters,
    inbox,
    outbox,
    lessons,
    matching,
    meetings,
    meeting_papers,
    meeting_notes,
    announcements,
    threads,
    questions,
    audit,
)
metadata = Base.metadata
