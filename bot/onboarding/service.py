"""A stranger becomes a participant: keep each answer, know the next question, welcome at the end."""

from typing import Any

import db.audit
from bot.case import Case
from bot.lessons import service as lessons
from bot.onboarding import rules
from bot.people import places
from bot.people import service as people

FORM = "onboarding_form"
CONSENT_VERSION = "2026-11"


def answers_of(case: Case) -> dict[str, Any]:
    """What is answered so far; a coordinator by invitation has their role already."""
    answers = dict(case.talk.answers)
    if case.person.role == "coordinator":
        answers["role"] = "coordinator"
    return answers


async def keep(case: Case, slot: str, value: Any) -> None:
    """Keep an answer. A changed role drops what no longer fits it."""
    answers = answers_of(case)
    picked = {key: keys for key, keys in answers.get("picked", {}).items() if key != slot}
    if slot == "role":
        picked = {}
        answers = rules.with_role(answers, str(value))
    answers[slot] = value
    answers["picked"] = picked
    if slot == "consent" and case.person.consent_at is None:
        case.person.consent_at, case.person.consent_version = case.now, CONSENT_VERSION
        db.audit.note(case.session, case.now, case.person.id, "consent", f"version:{CONSENT_VERSION}")
    await case.ask_form(FORM, rules.next_question(answers) or "", answers)


async def reopen(case: Case, slot: str) -> None:
    """Ask this question again; the other answers stay."""
    answers = {key: value for key, value in answers_of(case).items() if key != slot}
    await case.ask_form(FORM, slot, answers)


async def drop_all(case: Case) -> None:
    """The person cannot or will not take part: nothing is kept, and in an hour they are a stranger again."""
    await people.forget(case)
    case.talk.form, case.talk.asked, case.talk.answers = "", "", {}
    case.preface = ""


async def edit_again(case: Case, slot: str) -> None:
    """A participant changes one answer: all the others stand."""
    person = case.person
    answers: dict[str, Any] = {
        "consent": True,
        "name": person.name,
        "role": person.role,
        "age_band": person.age_band,
        "languages": person.languages,
        "city": person.city_id,
        "sector": person.sector,
        "topics": person.topics,
        "times": person.times,
    }
    answers = {key: value for key, value in answers.items() if value not in (None, "", [])}
    answers.pop(slot, None)
    await case.ask_form(FORM, slot, answers)


async def finish(case: Case) -> bool:
    """Everything is answered: the answers become the person's. True when they have just joined."""
    person, answers = case.person, answers_of(case)
    joined_now = person.joined_at is None
    zone_before = person.zone
    person.name = answers["name"]
    if person.role != "coordinator":
        place = places.get(answers["city"])
        person.role = answers["role"]
        person.age_band = answers["age_band"]
        person.languages = answers["languages"]
        person.sector = answers.get("sector", "")
        person.topics = answers["topics"]
        person.times = answers["times"]
        if place:
            person.city_id, person.city, person.country, person.zone = place.id, place.name, place.country, place.zone
        await people.put_into_cluster(case.session, person)
    if joined_now:
        person.joined_at = case.now
        db.audit.note(case.session, case.now, person.id, "join", f"cluster:{person.cluster_id}", role=person.role)
        if person.role != "coordinator":
            await lessons.enrol(case.session, person, case.now, case.settings.quiet)
    case.close_form()
    if person.zone != zone_before:
        for look_after in people.MOVED:
            await look_after(case)
    return joined_now
