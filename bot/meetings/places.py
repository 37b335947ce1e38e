"""Where two people meet: in person at a place one of them names, or online."""

from bot.case import Case
from bot.errors import Refused
from bot.meetings import rules, screens, service
from bot.meetings.rules import IN_PERSON, ONLINE, PLACE_FORM
from bot.meetings.service import Pair
from bot.texts import N_
from db.meetings import AGREED, PROPOSED, Meeting

TOO_FAR = N_("It is too far for the two of you to meet in person. You meet online.")
NOT_ONLINE = N_("One of you would rather not meet online. You can move or cancel the meeting.")
NO_PLACE = N_("I found no place in that. Please write where you would like to meet.")
TOO_LONG = N_("That is a little long. Please write the place in up to 200 characters.")


def may_be_named(case: Case, meeting: Meeting) -> bool:
    """Whether this person may say where: it is agreed, or nobody's answer but the other one's is awaited."""
    if meeting.state == AGREED:
        return True
    return meeting.state == PROPOSED and meeting.chosen_by in (None, case.person.id)


async def ask(case: Case, pair: Pair, meeting: Meeting) -> None:
    """The next words are the place. Refuses when the two cannot meet in person."""
    if IN_PERSON not in service.ways(pair):
        raise Refused(TOO_FAR)
    await case.ask_form(PLACE_FORM, str(meeting.id), {})


def written(words: str) -> str:
    """The place as it is kept, on one line. Refuses what is none."""
    place = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    if not any(c.isalnum() for c in place):
        raise Refused(NO_PLACE)
    if len(place) > rules.LONGEST_PLACE:
        raise Refused(TOO_LONG)
    return place


async def meet_at(case: Case, pair: Pair, meeting: Meeting, place: str) -> bool:
    """They meet at this place from now on ("": online), and the other one is told. False when that is so already.

    Refuses a way in which the two cannot meet.
    """
    if meeting.place == place:
        return False
    can = service.ways(pair)
    if place and IN_PERSON not in can:
        raise Refused(TOO_FAR)
    if not place and ONLINE not in can:
        raise Refused(NOT_ONLINE)
    meeting.place = place
    service.change(meeting, rules.restored(meeting.times), meeting.chosen_by, case.now)
    if meeting.state == AGREED:
        message = screens.elsewhere(meeting, pair.other, case.person, case.now, can)
        key = f"meeting:{meeting.id}:place:{pair.other.id}:{meeting.sequence}"
        await service.tell_other(case, pair, message, key)
    if service.pending(meeting) and meeting.chosen_by == case.person.id:
        message = screens.question(meeting, pair.other, case.person, case.now)
        key = f"meeting:{meeting.id}:asked:{pair.other.id}:{meeting.sequence}"
        await service.tell_other(case, pair, message, key)
    return True
