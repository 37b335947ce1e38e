"""The answers to "how sure do you feel?"."""

from bot.case import Case, Taps, number, word
from bot.matching import service as matching
from bot.matching.screens import menu
from bot.meetings import before_after
from bot.meetings.before_after import BEFORE, RATHER_NOT
from bot.messages import Button

taps = Taps("meetings")


@taps("sure")
async def sure(case: Case, args: tuple[str, ...]) -> None:
    """One of four answers, or none."""
    t = case.t
    when, answer = word(args), number(args, 1)
    note = await before_after.keep(case, when, answer)
    case.tick(t("Rather not say") if answer == RATHER_NOT else before_after.words(t, answer))
    if answer == RATHER_NOT:
        text = t("That is fine. I will not ask again.")
    elif when == BEFORE:
        text = t("Thank you! I will ask you once more later, so that you see how far you have come.")
    else:
        assert note.before is not None
        text = before_after.sentence(t, note.before, answer)
    case.say(text, await _what_next(case, when), [menu(t)])


async def _what_next(case: Case, when: str) -> list[Button]:
    """Whoever has met somebody and still works with them may want to meet again."""
    if when == BEFORE or not await matching.partners(case.session, case.person.id):
        return []
    label = case.t.plain("Find a time for the next meeting")
    return [Button(label, "meetings:book", means=("book_meeting", "affirm"))]
