"""Read what a person says to a question, by tap or in words: the same rules for both.

`read(slot, text, …)` gives a :class:`Reading`: a value to keep, or a sentence that says why not, or choices to
pick from. It never raises and never guesses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.messages import Button
from bot.onboarding import rules
from bot.people import places, vocabulary
from bot.people.places import Place
from bot.people.rules import clean_name
from bot.people.vocabulary import Kind
from bot.texts import N_, Tongue
from bot.words.availability import parts

_WEEKDAYS = ("0", "1", "2", "3", "4")
TIME_KEYS: dict[str, tuple[str, ...]] = {
    "wd-am": tuple(f"{day}-am" for day in _WEEKDAYS),
    "wd-pm": tuple(f"{day}-pm" for day in _WEEKDAYS),
    "wd-eve": tuple(f"{day}-eve" for day in _WEEKDAYS),
    "sat": ("5-am", "5-pm", "5-eve"),
    "sun": ("6-am", "6-pm", "6-eve"),
}
_KINDS: dict[str, Kind] = {"languages": "language", "topics": "topic", "sector": "sector"}
TIME_LABELS = {
    "wd-am": N_("Weekday mornings"),
    "wd-pm": N_("Weekday afternoons"),
    "wd-eve": N_("Weekday evenings"),
    "sat": N_("Saturdays"),
    "sun": N_("Sundays"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """`value` to keep under the slot, `heard` says it back (plain text), or `problem` says what was wrong (HTML)."""

    value: Any = None
    heard: str = ""
    problem: str = ""
    choices: tuple[Button, ...] = field(default=())
    ends: bool = False  # this answer means that the person cannot take part

    @property
    def understood(self) -> bool:
        return self.value is not None


def read(slot: str, text: str, t: Tongue, answers: Mapping[str, Any]) -> Reading:
    """What this text says to this question."""
    return _READERS[slot](text, t, answers) if slot in _READERS else Reading(problem=t("I don't know this question."))


def _consent(text: str, t: Tongue, _answers: Mapping[str, Any]) -> Reading:
    agreed = vocabulary.read_yes_no(text, t.language)
    if agreed:
        return Reading(True)
    if agreed is False:
        return Reading(
            problem=t(
                "I understand. Without your yes I may not keep anything, so we stop here. "
                "If you change your mind, just tap the button."
            ),
            ends=True,
        )
    return Reading(problem=t("Please answer yes or no."))


def _name(text: str, t: Tongue, _answers: Mapping[str, Any]) -> Reading:
    name = clean_name(text)
    if name is None:
        return Reading(problem=t("That does not look like a name. Please write just your name, for example Anna."))
    return Reading(name, t.plain("Nice to meet you, {name}!", name=name))


def _role(text: str, t: Tongue, _answers: Mapping[str, Any]) -> Reading:
    role = vocabulary.read_role(text, t.language)
    if role in ("worker", "trainer"):
        return Reading(role)
    return Reading(problem=t("Please choose: would you like to learn, or to teach?"))


def _age_band(text: str, t: Tongue, answers: Mapping[str, Any]) -> Reading:
    role = str(answers.get("role", "worker"))
    if text.strip() in rules.bands(role):
        return Reading(text.strip())
    age = vocabulary.read_age(text, t.language)
    if age is None:
        return Reading(problem=t("I did not understand the age. Please write a number, for example {age}.", age=58))
    if not 0 < age <= rules.OLDEST:
        return Reading(problem=t("{age} cannot be right as an age. Please write a number, for example 58.", age=age))
    if age < rules.YOUNGEST:
        # Asked again: nothing is kept of somebody so young, and a slip of the finger would cost all.
        return Reading(
            problem=t("This programme is for adults only. Are you really {age} years old?", age=age),
            choices=(
                Button(t.plain("Yes, I am"), "onboarding:young", means=("affirm",)),
                Button(t.plain("No, that was a slip"), "onboarding:ask", means=("deny",)),
            ),
        )
    found = rules.age_band(age, role)
    return Reading(found) if found else _not_this_age(age, role, t)


def _not_this_age(age: int, role: str, t: Tongue) -> Reading:
    """An adult for whom this role is not made: the other one if that fits, and a person in any case."""
    ask = Button(t.plain("Talk to a person"), "threads:ask", means=("talk_to_person",))
    if role == "worker" and rules.age_band(age, "trainer"):
        return Reading(
            problem=t("Learners in this programme are 50 or older. Would you rather teach, or ask a person?"),
            choices=(Button(t.plain("I would like to teach"), "onboarding:pick:role:trainer"), ask),
        )
    if role == "trainer" and rules.age_band(age, "worker"):
        return Reading(
            problem=t("Trainers in this programme are 18 to 27. Would you rather learn, or ask a person?"),
            choices=(Button(t.plain("I would like to learn"), "onboarding:pick:role:worker"), ask),
        )
    return Reading(
        problem=t("This programme is for learners of 50 and older and for trainers from 18 to 27. Ask a person?"),
        choices=(ask,),
    )


def _languages(text: str, t: Tongue, _answers: Mapping[str, Any]) -> Reading:
    spoken = vocabulary.read_languages(text, t.language)
    if spoken:
        return Reading(list(spoken), _listed("language", spoken, t))
    return Reading(problem=t("I know English, Italian, German and Spanish. Which of these do you speak?"))


def _city(text: str, t: Tongue, _answers: Mapping[str, Any]) -> Reading:
    found = places.find(text, language=t.language)
    if not found:
        return Reading(
            problem=t("I do not know this place. Please write the nearest larger town, or send me your location.")
        )
    if len(found) == 1:
        return _place(found[0], t)
    return Reading(
        problem=t("There are several places with this name. Which one is yours?"),
        choices=tuple(Button(places.label(one, t.language)[:60], f"onboarding:pick:city:{one.id}") for one in found),
    )


def _place(place: Place, t: Tongue) -> Reading:
    return Reading(place.id, places.label(place, t.language))


def _sector(text: str, t: Tongue, _answers: Mapping[str, Any]) -> Reading:
    sector = vocabulary.read_sector(text, t.language)
    if sector:
        return Reading(sector, vocabulary.label("sector", sector, t.language))
    return Reading(
        problem=t(
            "I do not know this trade. Please choose the closest one, or “{other}”.",
            other=vocabulary.label("sector", "other", t.language),
        )
    )


def _topics(text: str, t: Tongue, _answers: Mapping[str, Any]) -> Reading:
    topics = vocabulary.read_topics(text, t.language)
    if topics:
        return Reading(list(topics), _listed("topic", topics, t))
    return Reading(problem=t("I did not find a topic in that. Please choose from the list."))


def _times(text: str, t: Tongue, _answers: Mapping[str, Any]) -> Reading:
    free = parts(text, t.language)
    if free:
        return Reading([f"{day}-{part}" for day, part in free], spoken_times([f"{d}-{p}" for d, p in free], t))
    return Reading(problem=t("I did not find a time in that. You can write, for example, “Tuesday afternoon”."))


_READERS = {
    "consent": _consent,
    "name": _name,
    "role": _role,
    "age_band": _age_band,
    "languages": _languages,
    "city": _city,
    "sector": _sector,
    "topics": _topics,
    "times": _times,
}


def pick(slot: str, key: str, t: Tongue) -> Reading:
    """What a tapped key stands for; not understood when it is none of ours."""
    match slot:
        case "consent":
            return Reading(True) if key == "yes" else Reading()
        case "name":
            return _name(key, t, {})
        case "role" if key in ("worker", "trainer"):
            return Reading(key)
        case "age_band" if any(key in rules.bands(role) for role in rules.AGE_BANDS):
            return Reading(key)
        case "city":
            place = places.get(int(key)) if key.isascii() and key.isdigit() and len(key) < 15 else None
            return _place(place, t) if place else Reading()
        case "sector" if key in vocabulary.keys("sector"):
            return Reading(key)
        case _:
            return Reading()


def options(slot: str, t: Tongue) -> list[tuple[str, str]]:
    """(key, label) of every choice of a question with more than one answer, or of the sectors."""
    if slot == "times":
        return [(key, t.plain(label)) for key, label in TIME_LABELS.items()]
    kind = _KINDS[slot]
    return [(key, vocabulary.label(kind, key, t.language)) for key in vocabulary.keys(kind)]


def picked_value(slot: str, picked: list[str], t: Tongue) -> list[str]:
    """The value that the picked keys stand for; keys that are none of ours are left out."""
    known = [key for key, _ in options(slot, t) if key in picked]
    if slot == "times":
        return [time for key in known for time in TIME_KEYS[key]]
    return known


def spoken(slot: str, value: Any, t: Tongue) -> str:
    """An answer as one would say it, for the summary."""
    match slot:
        case "role":
            return t.plain("I would like to learn") if value == "worker" else t.plain("I would like to teach")
        case "city":
            place = places.get(int(value))
            return places.label(place, t.language) if place else ""
        case "sector":
            return vocabulary.label("sector", str(value), t.language)
        case "languages":
            return _listed("language", value, t)
        case "topics":
            return _listed("topic", value, t)
        case "times":
            return spoken_times(value, t)
        case _:
            return str(value)


def spoken_times(times: list[str], t: Tongue) -> str:
    """ "weekday mornings, Saturdays" where whole groups are free, else the single days."""
    left, said = list(times), list[str]()
    for key, group in TIME_KEYS.items():
        if all(time in left for time in group):
            said.append(t.plain(TIME_LABELS[key]))
            left = [time for time in left if time not in group]
    said += [t.part_of_week(time) for time in sorted(left)]
    return t.list(said)


def _listed(kind: Kind, keys: Any, t: Tongue) -> str:
    return t.list([vocabulary.label(kind, key, t.language) for key in keys])
