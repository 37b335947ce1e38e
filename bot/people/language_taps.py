"""Which language we go on in: chosen, offered, never changed by itself."""

from bot.case import ANYONE, Case, Taps, word
from bot.messages import LANGUAGES, Button, Do, Lane, Outgoing
from bot.outbox.put import Letter, put
from bot.people.menu import go_on, keyboard
from bot.people.talk import remember_screen
from bot.texts import NAMES, tongue

taps = Taps("people")


@taps("language", needs=ANYONE)
async def language(case: Case, args: tuple[str, ...]) -> None:
    """Change to the language named, or ask which one."""
    code = word(args)
    if code not in LANGUAGES:
        buttons = [Button(NAMES[one], f"people:language:{one}", means=(one,)) for one in LANGUAGES]
        return case.say(case.t("Which language do you prefer?"), buttons[:2], buttons[2:])
    case.person.language = code
    case.say(
        case.t("Good, we go on in English."),
        keyboard=keyboard(case.person) if case.person.joined_at else (),
    )
    if case.talk.form.startswith("onboarding") or case.person.joined_at is None:
        go_on(case)
    return None


async def offer_language(case: Case, code: str) -> None:
    """Somebody writes in another language than they chose: ask once a week, and never change it by itself."""
    if any(one["data"].startswith("people:language:") for one in case.talk.screen):
        return  # they are choosing one just now
    t = tongue(code)
    message = Outgoing(
        t("Would you like to go on in English?"),
        (
            (
                Button(t.plain("Yes"), f"people:language:{code}", means=("affirm", code)),
                Button(t.plain("No"), "people:stay", means=("deny",)),
            ),
        ),
    )
    week = case.now.isocalendar()
    key = f"language:{case.person.id}:{code}:{week.year}-{week.week}"
    letter = Letter(case.person, message, Lane.REPLY, key, case.now)
    if await put(case.session, [letter], case.now):
        remember_screen(case.talk, message)  # in a form too: a "yes" must mean this, not the question above


@taps("stay", needs=ANYONE)
async def stay(case: Case, _args: tuple[str, ...]) -> None:
    """The language stays as it is."""
    case.tick(case.t("No"))
    if case.person.joined_at is None:
        return go_on(case)
    return case.wants.append(Do("people:menu"))
