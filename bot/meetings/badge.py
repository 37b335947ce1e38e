"""A paper of a trainer's record in the words of Open Badges."""

from datetime import UTC, date, datetime

from bot.credential import Proven, stamp, urn
from bot.meetings import papers, record
from bot.meetings.record import Record
from bot.paper import PROGRAMME
from bot.texts import Tongue, tongue
from db.meeting_papers import Paper

ACHIEVEMENT, HOURS, MEETINGS = urn("record"), urn("record/hours"), urn("record/meetings")


def of(paper: Paper) -> Proven:
    """What stands on the paper, in its language: the achievement is the same for everybody, the hours are results."""
    t = tongue(paper.language)
    on = papers.on(paper)
    return Proven(
        code=paper.code,
        name=paper.name,
        title=t.plain("One-to-one training in social media"),
        since=paper.issued_at,
        achievement={
            "id": ACHIEVEMENT,
            "achievementType": "CommunityService",
            "inLanguage": t.language,
            "description": t.plain(
                "Hours of one-to-one training given as a volunteer of the programme {programme}, confirmed by both "
                "sides.",
                programme=PROGRAMME,
            ),
            "criteria": {"narrative": record.how_counted(t)},
            "resultDescription": [
                _measure(HOURS, t.plain("Hours confirmed")),
                _measure(MEETINGS, t.plain("Meetings held")),
            ],
        },
        subject={
            "role": t.plain("Trainer for social media, one to one (volunteer)"),
            "activityStartDate": _midnight(on.first),
            "activityEndDate": _midnight(on.last),
            "narrative": _narrative(on, t),
            "result": [
                _result(HOURS, f"{round(on.minutes / 60, 1):g}"),
                _result(MEETINGS, str(on.meetings)),
            ],
        },
    )


def _measure(id: str, name: str) -> dict[str, object]:
    return {"id": id, "type": ["ResultDescription"], "name": name, "resultType": "Result"}


def _result(of: str, value: str) -> dict[str, object]:
    return {"type": ["Result"], "resultDescription": of, "value": value}


def _midnight(day: date) -> str:
    return stamp(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _narrative(on: Record, t: Tongue) -> str:
    """The figures and the topics, a line each (Markdown)."""
    lines = [f"- {one}" for one in record.figures(on, t)]
    if on.topics:
        lines.append(f"- {t.plain('Topics: {topics}', topics=t.list(record.topics_of(on, t)))}")
    return "\n".join(lines)
