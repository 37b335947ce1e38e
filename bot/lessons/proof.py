"""Proof of what was learnt: a badge at the end of a module, a certificate at the end of a track.

An award is given once, under the name and in the language of that day; its `code` opens the page that confirms it.
"""

from collections.abc import Sequence

import db.lessons
from bot.case import Case
from bot.lessons import service
from bot.lessons.curriculum import TRACKS, Curriculum, Lesson
from bot.proof import new_code
from db.lessons import Award


def is_certificate(about: str) -> bool:
    """An award is about a track (a certificate) or about a module of one (a badge)."""
    return about in TRACKS


def title(curriculum: Curriculum, about: str, language: str) -> str:
    """What the award is about, in words; of a module that is gone from the lessons its folder's name tells."""
    found = next((titles for track, titles in curriculum.titles.items() if track == about), None)
    found = found or next((one.module.title for one in curriculum.lessons if one.module.folder == about), None)
    if found is not None:
        return found[language]
    return about.rpartition("/")[2].lstrip("0123456789-").replace("-", " ").capitalize()


def earned(lessons: Sequence[Lesson], finished: set[str]) -> list[str]:
    """The modules whose lessons are all finished, then the track when all of it is. `lessons` are a person's track."""
    left = {lesson.module.folder for lesson in lessons if lesson.uuid not in finished}
    modules = dict.fromkeys(lesson.module.folder for lesson in lessons)
    tracks = dict.fromkeys(lesson.track for lesson in lessons)
    return [module for module in modules if module not in left] + ([] if left else list(tracks))


async def award(case: Case) -> list[str]:
    """Give what the person has earned and does not have yet; returns what that is about. Twice gives it once."""
    track = service.track_of(case.house.curriculum, case.person)
    has = {one.about for one in await db.lessons.awards(case.session, case.person.id)}
    facts = {
        "person_id": case.person.id,
        "name": case.person.name,
        "language": case.person.language,
        "awarded_at": case.now,
    }
    new = [about for about in earned(track, await _finished(case)) if about not in has]
    given = await db.lessons.give(case.session, [facts | {"about": about, "code": new_code()} for about in new])
    return [about for about in new if about in given]


async def learnt(case: Case, award: Award) -> list[str]:
    """What the person has finished of it: the modules' titles for a track, the lessons' for a module."""
    finished, language = await _finished(case), case.person.language
    lessons = [one for one in case.house.curriculum.lessons if one.uuid in finished and language in one.languages]
    if is_certificate(award.about):
        return list(dict.fromkeys(one.module.title[language] for one in lessons if one.track == award.about))
    return [one.title[language] for one in lessons if one.module.folder == award.about]


async def _finished(case: Case) -> set[str]:
    """The uuids of the lessons this person has learnt. What was left out as known proves nothing."""
    studies = await db.lessons.studies(case.session, case.person.id)
    return {study.lesson for study in studies if study.learnt}
