"""Which words press a button, and which are something else than what a form waits for."""

import pytest

from bot.heard import may_press
from bot.meetings.rules import WHEN_FORM
from bot.words.client import Entity, Understood
from bot.words.forms import FORMS, is_an_aside
from db.people import Conversation


def pressed(text: str, intent: str, *, form: str = "", sure: float = 0.9, named: str = "") -> list[str]:
    entities = (Entity(named, text, 0, len(text)),) if named else ()
    talk = Conversation(form=form, asked="", answers={}, screen=[])
    return may_press(talk, Understood(intent, sure, entities, ()), text, "it")


def test_a_no_turns_an_offer_down_and_not_knowing_does_not() -> None:
    assert pressed("no, grazie", "deny") == ["deny"]
    assert pressed("non saprei", "deny") == []
    assert pressed("forse", "deny") == []


@pytest.mark.parametrize("text", ["no", "non saprei", "nessuno di questi mi va bene"])
def test_where_times_are_on_offer_a_no_asks_for_others(text: str) -> None:
    assert pressed(text, "deny", form=WHEN_FORM) == ["deny"]


def test_a_long_yes_or_a_day_is_left_to_the_form() -> None:
    assert pressed("sì, però solo se non piove troppo forte", "affirm", form=WHEN_FORM) == []
    assert pressed("martedì no", "deny", form=WHEN_FORM, named="time") == []
    assert pressed("nessuno di questi mi va bene", "deny", form="lessons_answer") == []
    assert pressed("no", "deny", form=WHEN_FORM, sure=0.4) == []


@pytest.mark.parametrize(
    ("intent", "sure", "aside"),
    [
        ("help", 0.6, True),
        ("stop", 0.6, True),
        ("deny", 0.6, True),
        ("forget_me", 0.64, False),  # "siempre"
        ("forget_me", 0.95, True),
        ("decline_match", 0.4, False),  # "el martes no"
        ("next_lesson", 0.42, False),
        ("help", 0.4, False),
        ("goodbye", 0.9, True),
    ],
)
def test_where_a_time_is_awaited_only_a_sure_intent_is_an_aside(intent: str, sure: float, aside: bool) -> None:
    assert is_an_aside(FORMS[WHEN_FORM], intent, sure, "whatever", names_a_time=False) is aside
