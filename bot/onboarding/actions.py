"""What Rasa's actions about the questions stand for, and which answers a message holds."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.onboarding.rules import SLOTS, missing
from bot.people.vocabulary import language_names, read_role

ASK = "onboarding:ask"
ANSWER = "onboarding:answer"
SUGGEST = "onboarding:suggest"

DOES = {
    "action_join": "onboarding:start",
    "action_onboarding_back": "onboarding:back",
    "action_onboarding_stop": "onboarding:stop",
    "action_start_again": "onboarding:restart",
    "action_after_onboarding_form": ASK,
    **{f"action_ask_onboarding_form_{slot}": ASK for slot in SLOTS},
}


def role_meant(text: str, language: str) -> str:
    """ "worker" or "trainer" when the message says as which somebody wants to join, else ""."""
    return read_role(text, language) or ""


READS = {"action_join": role_meant}

# Which question a named thing answers.
_ANSWERS = {
    "person_name": "name",
    "role": "role",
    "language": "languages",
    "city": "city",
    "sector": "sector",
    "business": "sector",
    "topic": "topics",
    "time": "times",
}
# Questions whose answer is read out of the whole sentence: several things, or a yes, or a number.
_WHOLE = frozenset({"consent", "age_band", "languages", "topics", "times"})
# What somebody may say instead of an answer. The polite ones give way when the answer stands beside them.
_DIGRESSIONS = frozenset(
    [
        "why_ask",
        "talk_to_person",
        "change_language",
        "my_data",
        "forget_me",
        "bot_challenge",
        "report_problem",
        "go_back",
        "stop",
        "start_again",
        "help",
        "say_again",
        "say_simpler",
        "greet",
        "thank",
        "goodbye",
    ]
)
_GIVE_WAY = frozenset({"help", "say_again", "say_simpler", "greet", "thank", "goodbye"})
SURE = 0.5  # below this a message in answer to a question is taken for the answer
AT_A_LOSS = 0.4  # whoever did not understand has not answered: "no entiendo" is no "no"
# "No, I meant Modena": what was answered before changes, although something else is asked. A "no" alone is not enough
# ("non so, lavoro a Bologna"); with a comma behind it, it takes something back.
_CORRECTS = re.compile(
    r"(?i)^\W*(no|nein|nee)\s*[,.!;:–-]"
    r"|^\W*(sorry|actually|anzi|scus[ai]|perd[oó]na?|disculpe|entschuldigung)\b"
    r"|\b(i meant?|instead|volevo dire|intendevo|mi correggo|sbagliat\w|ich mein(t)?e|sondern|vertippt|verschrieben|"
    r"quise decir|quer[ií]a decir|mejor dicho|me equivoqu[eé]|equivocad\w|me corrijo|my mistake|typo)\b"
)
_MOST_OF_IT = 0.6  # a thing that makes up this share of a message is the message


@dataclass(frozen=True, slots=True)
class Named:
    """A thing that Rasa found in a message: an entity and its words."""

    entity: str
    value: str


def given(
    text: str,
    intent: str,
    confidence: float,
    named: Sequence[Named],
    asked: str | None,
    answers: Mapping[str, object],
) -> list[tuple[str, str]]:
    """The answers in a message as (slot, the person's words), the asked one first. Empty for a digression.

    Besides the asked question only those still open are answered: a town mentioned in passing changes nothing.
    """
    if _digresses(text, intent, confidence, named, asked):
        return []
    if corrected := _corrected(text, named, asked, answers):
        return corrected
    found: dict[str, str] = {}
    if asked:
        found[asked] = text if asked in _WHOLE else _only(named, asked) or text
    taken_whole = asked is not None and found[asked] == text
    for slot in missing(answers):
        words = [one.value for one in _naming(named, slot)]
        if slot in found or not words or (taken_whole and _mostly(text, words)):
            continue
        found[slot] = ", ".join(words)
    return list(found.items())


def _corrected(
    text: str, named: Sequence[Named], asked: str | None, answers: Mapping[str, object]
) -> list[tuple[str, str]]:
    """Answers that are taken back: "no, I meant Modena" while something else is asked."""
    if not _CORRECTS.search(text) or (asked and _naming(named, asked)):
        return []
    answered = [slot for slot in SLOTS if slot in answers and slot != asked]
    words = {slot: [one.value for one in _naming(named, slot)] for slot in answered}
    return [(slot, values[-1]) for slot, values in words.items() if values]


def told(named: Sequence[Named]) -> tuple[str, str] | None:
    """The first thing in a message that would change an answer, as (slot, words)."""
    for slot in ("city", "sector", "name", "topics", "languages", "times"):
        if words := [one.value for one in _naming(named, slot) if one.entity != "business"]:
            return slot, ", ".join(words)
    return None


def _digresses(text: str, intent: str, confidence: float, named: Sequence[Named], asked: str | None) -> bool:
    enough = AT_A_LOSS if intent == "say_simpler" else SURE
    if intent not in _DIGRESSIONS or confidence < enough:
        return False
    if intent in _GIVE_WAY:
        return not (asked and _naming(named, asked))
    if intent == "change_language" and asked == "languages":
        # "Inglese e un po' di tedesco" is an answer; "can we please speak German?" is not.
        said = ([one.value for one in _naming(named, asked)], language_names(text))
        return not any(_mostly(text, words) for words in said)
    return True


def _naming(named: Sequence[Named], slot: str) -> list[Named]:
    """The things that answer a question. A trade says more about the sector than the firm's name does."""
    fitting = [one for one in named if _ANSWERS.get(one.entity) == slot]
    return [one for one in fitting if one.entity == "sector"] or fitting


def _only(named: Sequence[Named], slot: str) -> str:
    fitting = [one.value for one in _naming(named, slot) if one.entity != "business"]
    return fitting[0] if len(fitting) == 1 else ""


def _mostly(text: str, words: Sequence[str]) -> bool:
    letters = sum(map(str.isalnum, text))
    return sum(map(str.isalnum, "".join(words))) >= _MOST_OF_IT * letters
