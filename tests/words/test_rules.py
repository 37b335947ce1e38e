"""Every rule of `stories/`, in every language, through the real model: what is said, and what is to be done."""

import asyncio
from typing import Any

import pytest
import yaml

from bot.words.actions import everything_done
from bot.words.client import State, Understood, Words
from bot.words.forms import FORMS
from tests.nlu.phrases import LANGUAGES, ROOT, trained_on
from tests.rasa import SharedRasa

pytestmark = [pytest.mark.rasa, pytest.mark.xdist_group("rasa")]

EACH = 4  # phrases of each rule and language
ONBOARDING = {"consent": True, "name": "Marco", "role": "worker", "age_band": "50-59", "languages": ["it"]}


def rules() -> list[dict[str, Any]]:
    return [
        rule
        for file in sorted((ROOT / "stories").glob("*.yml"))
        for rule in yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]
    ]


def simple() -> dict[str, str]:
    """The rules without a condition: what is said, and the action that follows."""
    found = {}
    for rule in rules():
        first, *rest = rule["steps"]
        if "condition" not in rule and "intent" in first and first["intent"] != "nlu_fallback":
            (after,) = rest
            found[first["intent"]] = after["action"]
    return found


def in_forms() -> list[tuple[str, str, str]]:
    """The rules of open forms: (form, intent, action)."""
    return [
        (rule["condition"][0]["active_loop"], rule["steps"][0]["intent"], rule["steps"][1]["action"])
        for rule in rules()
        if "condition" in rule and "intent" in rule["steps"][0]
    ]


def state(form: str | None, language: str) -> State:
    slot = {one.name: one.slot for one in FORMS.values()} | {"onboarding_form": "city"}
    return State(
        language, "worker", form, slot[form] if form else None, ONBOARDING if form == "onboarding_form" else {}
    )


async def heard(rasa: SharedRasa, texts: list[str], where: State) -> list[Understood]:
    words = Words(lambda: rasa.url, rasa.token, timeout_s=20)
    try:
        return list(await asyncio.gather(*(words.understand(text, sender="p1", state=where) for text in texts)))
    finally:
        await words.close()


def phrases(intent: str, language: str, most: int = EACH) -> list[str]:
    """Long enough to be clear; short ones mean something only where they are said."""
    clear = [phrase.text for phrase in trained_on(language) if phrase.intent == intent and len(phrase.text) > 9]
    return clear[:most]


def test_every_intent_has_a_rule() -> None:
    assert set(simple()) == {phrase.intent for phrase in trained_on("en")}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_is_said_outside_a_form(rasa: SharedRasa, language: str) -> None:
    wrong = []
    for intent, action in simple().items():
        what = everything_done()[action]
        for text, found in zip(
            phrases(intent, language), await heard(rasa, phrases(intent, language), state(None, language)), strict=True
        ):
            suggested = intent == "inform" and found.do[0].what == "onboarding:suggest"
            if [do.what for do in found.do] != [what] and not suggested:
                wrong.append((text, intent, found.intent))
    assert len(wrong) <= 1, wrong  # one phrase in some hundred and sixty may be taken for its neighbour


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", sorted({form for form, _, _ in in_forms()}))
async def test_the_ways_out_of_every_form(rasa: SharedRasa, form: str, language: str) -> None:
    for where, intent, action in in_forms():
        if where != form:
            continue
        said = [text for text in phrases(intent, language, 60) if len(text.split()) <= 4][:EACH]
        found = await heard(rasa, said, state(form, language))
        right = [[do.what for do in one.do] == [everything_done()[action]] for one in found]
        assert sum(right) >= len(right) - 1, (intent, said, [one.do for one in found])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", sorted(FORMS))
async def test_an_aside_comes_back_to_every_form(rasa: SharedRasa, form: str, language: str) -> None:
    rasas = FORMS[form]
    again = everything_done()[f"action_ask_{rasas.name}_{rasas.slot}"]
    for intent, what in (("help", "people:help"), ("bot_challenge", "people:robot"), ("talk_to_person", "threads:ask")):
        said = [text for text in phrases(intent, language, 60) if len(text.split()) <= 5][:EACH]
        found = await heard(rasa, said, state(rasas.name, language))
        right = [[do.what for do in one.do] == [what, again] for one in found]
        assert sum(right) >= len(right) - 1, (intent, said, [one.do for one in found])


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("meetings_comment", "She was patient and now I can post a photo myself"),
        ("meetings_comment", "è andata benissimo, grazie a lei"),
        ("threads_report", "Er hat mich nach Geld gefragt und ist dann nicht mehr gekommen"),
        ("threads_report", "me pidió la contraseña del banco"),
        ("announcements_text", "Help! We need ten more bakers for Saturday's market"),
        ("lessons_answer", "Sorry that you had to wait, and thank you for telling us"),
        ("lessons_answer", "Ci dispiace molto, torni a trovarci"),
        ("meetings_when", "next Tuesday at 3"),
        ("meetings_when", "martedì dopo le 15"),
        ("meetings_when", "nächste Woche Donnerstag 15 Uhr"),
        ("meetings_when", "el viernes por la mañana"),
    ],
)
async def test_what_is_written_is_taken(rasa: SharedRasa, form: str, text: str) -> None:
    (found,) = await heard(rasa, [text], state(FORMS[form].name, "en"))
    assert [(do.what, *do.args) for do in found.do] == [(FORMS[form].said, text)]


@pytest.mark.parametrize(
    ("language", "asked", "text", "corrected"),
    [
        ("en", "sector", "no, I meant Modena", ("city", "Modena")),
        ("it", "sector", "no scusa, volevo dire Modena", ("city", "Modena")),
        ("de", "sector", "nein, ich meinte Hamburg", ("city", "Hamburg")),
        ("es", "sector", "perdón, quise decir Granada", ("city", "Granada")),
    ],
)
async def test_an_earlier_answer_is_corrected(
    rasa: SharedRasa, language: str, asked: str, text: str, corrected: tuple[str, str]
) -> None:
    answers = {**ONBOARDING, "city": 3181928}
    (found,) = await heard(rasa, [text], State(language, "worker", "onboarding_form", asked, answers))
    assert [(do.what, *do.args[:2]) for do in found.do] == [
        ("onboarding:answer", *corrected),
        ("onboarding:ask", text),
    ]
