"""How the questions of joining look: the words, the buttons, the way out."""

from typing import Any

from bot.case import Case
from bot.messages import Button
from bot.onboarding import answers as reading
from bot.onboarding import rules
from bot.texts import N_

SHORT = {
    "name": N_("Name"),
    "age_band": N_("Age"),
    "languages": N_("Languages"),
    "city": N_("Town"),
    "sector": N_("Trade"),
    "topics": N_("Topics"),
    "times": N_("Free times"),
}


def show(case: Case, slot: str, answers: dict[str, Any], *, edit: bool = False) -> None:
    t = case.t
    role = str(answers.get("role", ""))
    text = _question(case, slot, role)
    if slot != "consent" and case.person.joined_at is None and role in ("worker", "trainer"):
        number, of = (one - 1 for one in rules.step(answers, slot))  # the consent is not a question about them
        text = f"<i>{t('Question {number} of {of}', number=number, of=of)}</i>\n{text}"
    if case.preface:
        text = f"{case.preface}\n\n{text}"
        case.preface = ""
    choices, case.choices = [[one] for one in case.choices], ()
    case.say(text, *choices, *_buttons(case, slot, role, answers), _way_out(case, slot), edit=edit)


def _question(case: Case, slot: str, role: str) -> str:
    t = case.t
    learner = role != "trainer"
    return {
        "consent": t(
            "Hello! I am <b>twogether</b>. I bring together people of 50+ from small businesses who want to learn "
            "social media, and young people who teach it, one to one and free of charge.\n\n"
            "To do that I need to keep what you tell me: your name, town, languages and free times. You can see it or "
            "delete it at any time. Is that all right?"
        ),
        "name": t("What is your name?"),
        "role": t("What would you like to do here?"),
        "age_band": t("How old are you?"),
        "languages": t("Which languages can you meet in? Tap all that fit, then “Done”."),
        "city": t("Where do you live or work? Please write the name of the town."),
        "sector": t("What kind of business do you work in?"),
        "topics": t("What would you like to learn? Tap all that fit, then “Done”.")
        if learner
        else t("What can you teach? Tap all that fit, then “Done”."),
        "times": t(
            "When do you usually have time to meet? Tap all that fit, then “Done”. "
            "You can also write it, for example “Tuesday afternoon”."
        ),
    }[slot]


def _buttons(case: Case, slot: str, role: str, answers: dict[str, Any]) -> list[list[Button]]:
    t = case.t
    match slot:
        case "consent":
            return [
                [Button(t.plain("Yes, let's start"), "onboarding:pick:consent:yes", means=("affirm", "join"))],
                [Button(t.plain("No, thank you"), "onboarding:no", means=("deny",))],
            ]
        case "name":
            first = case.incoming.first_name.strip()
            fits = first and len(f"onboarding:pick:name:{first}".encode()) <= 64
            return (
                [[Button(first, f"onboarding:pick:name:{first}")]]
                if fits and reading.pick("name", first, t).understood
                else []
            )
        case "role":
            return [
                [Button(t.plain("I would like to learn"), "onboarding:pick:role:worker")],
                [Button(t.plain("I would like to teach"), "onboarding:pick:role:trainer")],
            ]
        case "age_band":
            bands = [Button(one, f"onboarding:pick:age_band:{one}") for one in rules.bands(role or "worker")]
            return [bands, [Button(t.plain("Another age"), "onboarding:age")]]
        case "sector":
            buttons = [Button(label, f"onboarding:pick:sector:{key}") for key, label in reading.options("sector", t)]
            return [buttons[i : i + 2] for i in range(0, len(buttons), 2)]
        case "city":
            return []
        case _:
            chosen = picked_of(case, slot, answers)
            buttons = [
                Button(f"{'✅' if key in chosen else '▫️'} {label}", f"onboarding:toggle:{slot}:{key}", spoken=False)
                for key, label in reading.options(slot, t)
            ]
            wide = 1 if slot == "times" else 2
            rows = [buttons[i : i + wide] for i in range(0, len(buttons), wide)]
            return [*rows, [Button(t.plain("Done"), f"onboarding:done:{slot}", means=("done", "affirm"))]]


def _way_out(case: Case, slot: str) -> list[Button]:
    t = case.t
    if slot == "consent":
        return [
            Button(t.plain("Why?"), "people:why", means=("why_ask",)),
            Button(t.plain("Language"), "people:language", means=("change_language",)),
        ]
    return [
        Button(t.plain("Back"), "onboarding:back", means=("go_back",)),
        Button(t.plain("Help"), "people:help", means=("help",)),
    ]


def picked_of(case: Case, slot: str, answers: dict[str, Any]) -> list[str]:
    picked = answers.get("picked", {}).get(slot)
    if picked is None and slot == "languages":
        return [case.person.language]
    return list(picked or [])
