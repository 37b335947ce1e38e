"""A trainer's record: what both sides have confirmed, to show to an employer; as a paper and as words for a CV."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from babel import Locale

import db.meeting_figures
import db.meeting_notes
from bot.case import Case
from bot.matching.service import nothing_written_yet
from bot.meetings import before_after
from bot.paper import INK, LEFT, PROGRAMME, QR_SIZE, RIGHT, SEA, SOFT, Pages, qr_code, shown
from bot.people.service import local
from bot.people.vocabulary import keys, label
from bot.texts import Tongue, tongue

MOST_QUOTES = 12  # the newest


@dataclass(frozen=True, slots=True)
class Record:
    """As plain text. `topics` are keys and come with the number of meetings in which they were practised, `quotes` with
    the worker's first name: only those whose worker allows it. `counted` are the meetings (id, minutes) in it.
    `sure` is how sure its learners feel on average, before and later (1 to 4); None for too few of them."""

    language: str
    name: str
    place: str
    first: date
    last: date
    minutes: int
    meetings: int
    learners: int
    topics: tuple[tuple[str, int], ...] = ()
    languages: tuple[str, ...] = ()
    quotes: tuple[tuple[str, str], ...] = ()
    counted: tuple[tuple[int, int], ...] = ()
    sure: tuple[int, int] | None = None

    @property
    def hours(self) -> str:
        """ "1.5", as it is written in the language."""
        return tongue(self.language).decimal(round(self.minutes / 60, 1))


async def of_trainer(case: Case, *, lock: bool = False) -> Record | None:
    """The record of the person whose case it is; None when nothing is confirmed yet. With `lock` it stays true until
    the transaction ends."""
    async with nothing_written_yet(case):
        rows = await db.meeting_figures.confirmed(case.session, case.person.id, lock=lock)
    if not rows:
        return None
    t, known = case.t, keys("topic")
    said = await db.meeting_figures.said_about(case.session, [meeting.id for meeting, _, _ in rows])
    worker_of = {meeting.id: worker for meeting, _, worker in rows}
    practised = Counter(topic for _, topic in {(one.meeting_id, topic) for one in said for topic in one.practised})
    spoken = Counter(code for _, match, _ in rows for code in match.reasons.get("languages", ()))
    names = cast(Mapping[str, str], Locale(t.language).languages)
    days = [local(meeting.starts_at, case.person).date() for meeting, _, _ in rows if meeting.starts_at]
    quotes = [
        (_first(worker_of[one.meeting_id].name), one.comment)
        for one in said
        if one.may_be_quoted and one.comment and one.person_id == worker_of[one.meeting_id].id
    ]
    return Record(
        language=t.language,
        name=case.person.name,
        place=case.person.city,
        first=min(days),
        last=max(days),
        minutes=sum(meeting.minutes or 0 for meeting, _, _ in rows),
        meetings=len(rows),
        learners=len({worker.id for _, _, worker in rows}),
        topics=tuple(
            (topic, number)
            for topic, number in sorted(practised.items(), key=lambda one: (-one[1], one[0]))
            if topic in known
        ),
        languages=tuple(names.get(code, code) for code, _ in spoken.most_common()),
        quotes=tuple(quotes[-MOST_QUOTES:]),
        counted=tuple((meeting.id, meeting.minutes or 0) for meeting, _, _ in rows),
        sure=before_after.on_average(await db.meeting_notes.both_of(case.session, {one.id for _, _, one in rows})),
    )


def _first(name: str) -> str:
    return (name.split() or [""])[0]


def figures(record: Record, t: Tongue) -> list[str]:
    """The figures, a line each, as plain text."""
    return [
        t.plain("1 hour of one-to-one training, confirmed by both sides")
        if round(record.minutes / 60, 1) == 1
        else t.plain("{hours} hours of one-to-one training, confirmed by both sides", hours=record.hours),
        t.n("{n} meeting", "{n} meetings", record.meetings),
        t.n("{n} learner of 50+ from a small business", "{n} learners of 50+ from small businesses", record.learners),
    ]


def period(record: Record, t: Tongue) -> str:
    """ "19 November 2026 – 3 December 2026"; one day when it was one."""
    if record.first == record.last:
        return t.date(record.first)
    return f"{t.date(record.first)} – {t.date(record.last)}"


def how_sure(record: Record, t: Tongue) -> str:
    """How sure the learners feel on average; "" when they are too few to say."""
    if record.sure is None:
        return ""
    before, later = (before_after.words(t, one) for one in record.sure)
    return t.plain(
        "How sure learners feel with social media, on average: “{before}” before, “{later}” later",
        before=before,
        later=later,
    )


def how_counted(t: Tongue) -> str:
    return t.plain("Only meetings count whose length both sides, or a coordinator, have confirmed.")


def tasks(t: Tongue) -> list[str]:
    """What a trainer does, in the words of a CV."""
    return [
        t.plain("Found out with each learner what their business needs, and planned the meetings accordingly"),
        t.plain("Explained social media in plain words and practised it step by step, on the learner's own device"),
        t.plain("Adapted pace and explanations to adults who are new to digital tools"),
    ]


def for_a_cv(record: Record) -> str:
    """An entry of a Europass CV under "Work experience": role, employer, period, tasks, languages; plain text."""
    t = tongue(record.language)
    lines = [
        t.plain("Trainer for social media, one to one (volunteer)"),
        f"{PROGRAMME}, {record.place}" if record.place else PROGRAMME,
        period(record, t),
        "",
        *(f"– {one}" for one in (*figures(record, t), *tasks(t))),
    ]
    if record.topics:
        topics = t.list(topics_of(record, t))
        lines.append(f"– {t.plain('Topics: {topics}', topics=topics)}")
    if record.languages:
        lines.append(f"– {t.plain('Working languages: {languages}', languages=t.list(list(record.languages)))}")
    return "\n".join(lines)


def pdf(record: Record, url: str, day: date) -> bytes:
    """The paper. `url` is the page that confirms it, `day` the day it was written."""
    t = tongue(record.language)
    title = t.plain("Record of training")
    pages = Pages(record.language, f"{title} · {record.name}" if shown(record.name) else title, PROGRAMME)
    pages.head(PROGRAMME)
    pages.write(title, 30, above=10)
    pages.write(record.name if shown(record.name) else t.plain("Name:") + " " + "_" * 30, 20, SEA, above=10)
    pages.write(t.plain("Trainer for social media, one to one (volunteer)"), 13, SOFT, above=8)
    pages.write(period(record, t), 13, SOFT)
    pages.y -= 10
    for one in figures(record, t):
        pages.bullet(one, 12)
    if record.sure and record.sure[1] > record.sure[0]:  # it is the trainer's own paper
        pages.bullet(how_sure(record, t), 12)
    _section(pages, t.plain("What was practised"), practised(record, t))
    _section(pages, t.plain("Tasks"), tasks(t))
    _section(pages, t.plain("Working languages"), [t.list(list(record.languages))] if record.languages else [])
    if record.quotes:
        pages.room_for(60)
        pages.write(t.plain("What learners say"), 13, SOFT, above=14)
        for name, words in record.quotes:
            pages.write(f"“{words}”" if shown(words) else "…", 11, INK, above=6, indent=16)
            pages.write(f"— {name}" if shown(name) else "—", 10, SOFT, above=0, indent=16)
    _foot(pages, t, url, day)
    return pages.done()


def topics_of(record: Record, t: Tongue) -> list[str]:
    """What was practised, the most often practised first."""
    known = keys("topic")
    return [label("topic", topic, t.language) if topic in known else topic for topic, _ in record.topics]


def practised(record: Record, t: Tongue) -> list[str]:
    """What was practised, and in how many meetings."""
    return [
        t.plain("{topic} ({count})", topic=name, count=t.n("{n} meeting", "{n} meetings", number))
        for name, (_, number) in zip(topics_of(record, t), record.topics, strict=True)
    ]


def _section(pages: Pages, heading: str, items: Sequence[str]) -> None:
    if items:
        pages.room_for(60)
        pages.write(heading, 13, SOFT, above=14)
        for item in items:
            pages.bullet(item)


def _foot(pages: Pages, t: Tongue, url: str, day: date) -> None:
    """How the hours were counted, the day, and the page that confirms all this."""
    pages.room_for(QR_SIZE + 24)
    top = pages.y - 24
    wide = QR_SIZE + 28
    pages.y = top
    pages.write(how_counted(t), 9, SOFT, right=wide)
    pages.write(t.plain("Written on {day}", day=t.date(day)), 9, SOFT, right=wide)
    pages.write(t.plain("This page confirms what stands here:"), 9, SOFT, above=10, right=wide)
    above = pages.y
    pages.write(url, 9, SEA, right=wide)
    pages.canvas.linkURL(url, (LEFT, pages.y, RIGHT - wide, above))
    qr_code(pages.canvas, url, RIGHT - QR_SIZE, top - QR_SIZE)
