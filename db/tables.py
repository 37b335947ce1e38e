"""All tables in one place, for migrations and tests: import this and none is forgotten."""

from db import announcements, audit, clusters, inbox, lessons, matching, meetings, outbox, people, questions, threads
from db.base import Base

NOUNS = (people, clusters, inbox, outbox, lessons, matching, meetings, announcements, threads, questions, audit)
metadata = Base.metadata
