"""A dated card does not fit what people see: reported, withheld from everybody, looked at, given again."""

from collections.abc import Sequence
from dataclasses import dataclass

import db.audit
import db.lessons
from bot.case import Case
from bot.errors import Forged
from bot.lessons import rules, service
from bot.lessons.curriculum import Block, Lesson
from bot.lessons.service import UNKNOWN
from bot.messages import Button, Lane, Outgoing
from bot.people.service import coordinators_for
from bot.texts import tongue
from db.lessons import Report
from db.people import Person


@dataclass(frozen=True, slots=True)
class Card:
    """A card that differs from the screens of `people` people. `newest` is the id of the latest report."""

    lesson: Lesson
    block: Block
    people: int
    newest: int

    @property
    def is_withheld(self) -> bool:
        return self.block.volatile and self.people >= rules.WITHHELD_FROM

    def title(self, language: str) -> str:
        """The lesson's."""
        return self.lesson.title.get(language, self.lesson.title["en"])


async def report(case: Case, lesson: Lesson, block: Block) -> None:
    """This person's screen differs from the card: kept once, until somebody has looked at it."""
    newest = await db.lessons.report_again(case.session, case.person.id, lesson.uuid, block.id, case.now)
    if newest is None:
        return
    subject = f"{lesson.uuid}:{block.id}"
    db.audit.note(case.session, case.now, case.person.id, "screen differs", subject)
    people = await db.lessons.reported_by(case.session, lesson.uuid, block.id)
    if block.volatile and len(people) == rules.WITHHELD_FROM:
        db.audit.note(case.session, case.now, None, "withhold card", subject)
        await _tell_coordinators(case, Card(lesson, block, len(people), newest), people)


async def cards(case: Case) -> list[Card]:
    """What this coordinator is to look at: the cards that their people reported, and every card that is withheld, since
    their people are not given it either. Those that are gone from the lessons are left out."""
    scope = await service.scope_of(case)
    if not scope.clusters:
        return []
    seen = await db.lessons.reports_seen_by(case.session, scope.clusters, scope.languages, rules.WITHHELD_FROM)
    found = [(_card_of(case, one.lesson, one.block), one) for one in seen]
    return [Card(*which, one.people, one.newest) for which, one in found if which]


async def card(case: Case, report_id: int) -> Card | None:
    """The card that this report is about; None when it has been looked at since, or the report is gone."""
    found = await case.session.get(Report, report_id)
    if found is None or found.settled_at is not None:
        return None
    seen = {(one.lesson.uuid, one.block.id): one for one in await cards(case)}
    which = seen.get((found.lesson, found.block))
    if which is None and _card_of(case, found.lesson, found.block):
        raise Forged(UNKNOWN)
    return which


async def looked_at(case: Case, report_id: int) -> bool:
    """A coordinator has looked at the card: it is given again. What was reported after this report stays open. False
    when there was nothing left to settle."""
    which = await card(case, report_id)
    if which is None:
        return False
    lesson, block = which.lesson.uuid, which.block.id
    number = await db.lessons.settle_reports(case.session, lesson, block, case.now, report_id)
    db.audit.note(case.session, case.now, case.person.id, "settle reports", f"{lesson}:{block}", number=number)
    return number > 0


def _card_of(case: Case, lesson: str, block: str) -> tuple[Lesson, Block] | None:
    found = case.house.curriculum.lesson(lesson)
    which = next((one for one in found.blocks if one.id == block and one.kind == "card"), None) if found else None
    return (found, which) if found and which else None


async def _tell_coordinators(case: Case, which: Card, people: Sequence[Person]) -> None:
    """Once, when the card is withheld: the coordinators of those who reported it."""
    theirs = [await coordinators_for(case.session, one, one.cluster_id) for one in people]
    for coordinator in {one.id: one for some in theirs for one in some}.values():
        t = tongue(coordinator.language)
        text = t(
            "The screens of {number} people look different from a card of the lesson <b>{title}</b>. I give this card "
            "to nobody until you or a colleague have looked at it.",
            number=which.people,
            title=which.title(t.language),
        )
        look = Button(t.plain("Read the card"), f"lessons:differing_card:{which.newest}", means=("affirm",))
        key = f"differs:{which.newest}:{coordinator.id}"  # a report's id is never used again
        due = case.settings.quiet.after(case.now, coordinator.zone)
        await case.tell(coordinator, Outgoing(text, ((look,),)), Lane.REMINDER, key, due_at=due)
