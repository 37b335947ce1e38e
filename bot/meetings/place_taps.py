"""In person or online: naming the place, and changing one's mind."""

from bot.case import Case, Taps, number, word
from bot.errors import Refused
from bot.meetings import places, screens, service, standing
from bot.meetings.rules import PLACE_FORM
from bot.meetings.service import Pair
from bot.messages import Button
from bot.texts import N_
from db.meetings import AGREED, Meeting

taps = Taps("meetings")


@taps("place")
async def place(case: Case, args: tuple[str, ...]) -> None:
    """In person: where?"""
    pair, meeting = await service.meeting_of(case, number(args))
    if not await _may(case, pair, meeting):
        return
    await places.ask(case, pair, meeting)
    t = case.t
    text = t("Where would you like to meet {name}? Please write the place and the street.", name=pair.other.name)
    hint = t("Choose a place where other people are too, for example a library or a café.")
    case.say(f"{text}\n{hint}", _cancel(case))


def _cancel(case: Case) -> list[Button]:
    return [Button(case.t.plain("Cancel"), "people:stop", means=("stop", "go_back"))]


@taps("placed")
async def placed(case: Case, args: tuple[str, ...]) -> None:
    """What somebody wrote is the place. What is none leaves the question open."""
    if case.talk.form != PLACE_FORM or not case.talk.asked.isdigit():
        raise Refused(N_("I do not know for which meeting that was. Please tap “Meet in person” first."))
    pair, meeting = await service.meeting_of(case, int(case.talk.asked))
    if not await _may(case, pair, meeting):
        return case.close_form()
    try:
        where = places.written(word(args))
    except Refused as refused:
        return case.say(case.t(refused.sentence), _cancel(case))
    case.close_form()
    return await _meet_at(case, pair, meeting, where)


@taps("online")
async def online(case: Case, args: tuple[str, ...]) -> None:
    """Rather online."""
    pair, meeting = await service.meeting_of(case, number(args))
    if await _may(case, pair, meeting):
        await _meet_at(case, pair, meeting, "")


async def _may(case: Case, pair: Pair, meeting: Meeting) -> bool:
    """Whether there is a place to change; if not, the person sees how things stand."""
    if service.is_over(meeting, case.now):
        raise Refused(service.OVER)
    if places.may_be_named(case, meeting):
        return True
    await standing.changed_meanwhile(case, pair, meeting)
    return False


async def _meet_at(case: Case, pair: Pair, meeting: Meeting, where: str) -> None:
    changed = await places.meet_at(case, pair, meeting, where)
    if meeting.state != AGREED:
        return await standing.show(case, pair, meeting)
    if changed:
        can = service.ways(pair)
        case.show(screens.is_elsewhere(meeting, case.person, pair.other, case.now, can))
    if service.pending(meeting) or not changed:
        return await standing.show(case, pair, meeting)
    return None
