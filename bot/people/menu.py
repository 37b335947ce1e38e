"""What is always at hand: the big keyboard of each role, the way out under a screen, the way on into the programme."""

from bot.case import Case
from bot.messages import LANGUAGES, Button, Do
from bot.texts import N_, tongue
from db.people import Person

KEYBOARD = {
    "worker": (
        (N_("Next lesson"), "lessons:next"),
        (N_("My trainer"), "matching:status"),
        (N_("My meetings"), "meetings:mine"),
        (N_("Menu"), "people:menu"),
    ),
    "trainer": (
        (N_("Next lesson"), "lessons:next"),
        (N_("My learner"), "matching:status"),
        (N_("My meetings"), "meetings:mine"),
        (N_("Menu"), "people:menu"),
    ),
    "coordinator": (
        (N_("Overview"), "people:overview"),
        (N_("Find matches"), "matching:round"),
        (N_("Announce"), "announcements:new"),
        (N_("Menu"), "people:menu"),
    ),
}


def menu_words(text: str) -> Do | None:
    """What a word of the big keyboard stands for, in any of the four languages."""
    said = text.strip().casefold()
    for language in LANGUAGES:
        t = tongue(language)
        for rows in KEYBOARD.values():
            for label, what in rows:
                if said == t.plain(label).casefold():
                    return Do(what)
    return None


def keyboard(person: Person) -> tuple[tuple[str, ...], ...]:
    """The big keyboard of this person's role, two words a row."""
    t = tongue(person.language)
    words = [t.plain(label) for label, _ in KEYBOARD.get(person.role, ())]
    return tuple(tuple(words[i : i + 2]) for i in range(0, len(words), 2))


def help_row(case: Case) -> list[Button]:
    """The way out that stands under every screen without one of its own."""
    t = case.t
    return [
        Button(t.plain("Menu"), "people:menu"),
        Button(t.plain("Talk to a person"), "threads:ask", means=("talk_to_person",)),
    ]


def go_on(case: Case) -> None:
    """Whoever has not joined yet is asked on. By name: joining knows people, not the other way round."""
    case.wants.append(Do("onboarding:ask"))
