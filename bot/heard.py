"""What words may mean where they were said: a button on the screen, another language, something for a human."""

import unicodedata
from dataclasses import dataclass

from bot.messages import Do, Incoming
from bot.people import vocabulary
from bot.threads import rules as threads
from bot.words import language
from bot.words.client import Understood
from bot.words.forms import FOR_OTHERS, WHEN_FORM
from db.people import Conversation, Person
from db.threads import Thread

SURE_ENOUGH = 0.5
TELEGRAM_KNOWS = 0.9  # how often Telegram's language is the person's own
MOST_OF_A_YES = 4  # words
MOST_OF_A_NO = 8  # "none of these suits me at all": where it is about times, other ones are what is wanted


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the person stood when the turn began: enough to ask Rasa, without a transaction."""

    person: Person | None
    talk: Conversation
    thread: Thread | None = None


NOWHERE = Standing(None, Conversation(form="", asked="", answers={}, screen=[]))


def waits_for_a_time(incoming: Incoming, standing: Standing) -> bool:
    """Whether a time in these words answers the question that is open."""
    if incoming.kind != "words" or meant_for_a_human(standing, incoming.text):
        return False
    talk = standing.talk
    return talk.form == WHEN_FORM or (not talk.form and press(talk, "time") is not None)


def spoken(incoming: Incoming) -> str:
    """The language of somebody's very first words; what Telegram says they read weighs in."""
    told = language.from_channel(incoming.language)
    return language.detect(incoming.text, {told: TELEGRAM_KNOWS} if told else None).language or told


def other_language(incoming: Incoming, standing: Standing) -> str:
    """The language to offer to somebody who clearly writes another than they chose; "" mostly. What is written for
    others may be in any language."""
    person, form = standing.person, standing.talk.form
    if incoming.kind != "words" or person is None or form in FOR_OTHERS:
        return ""
    return "" if meant_for_a_human(standing, incoming.text) else language.wants_offer(incoming.text, person.language)


def may_press(talk: Conversation, understood: Understood, text: str, language: str) -> list[str]:
    """What the words may stand for on the screen: a time, an intent. In a form the form goes first; only a bare yes
    or no is meant for the button that says so. "I don't know" turns nothing down but times, of which there are more."""
    named = {entity.entity for entity in understood.entities}
    if not talk.form:
        is_a_no = understood.intent != "deny" or not vocabulary.is_unsure(text, language)
        return [*(["time"] if "time" in named else []), *([understood.intent] if is_a_no else [])]
    is_bare = understood.intent in ("affirm", "deny") and not named and understood.confidence >= SURE_ENOUGH
    longest = MOST_OF_A_NO if talk.form == WHEN_FORM and understood.intent == "deny" else MOST_OF_A_YES
    return [understood.intent] if is_bare and len(text.split()) <= longest else []


def meant_for_a_human(standing: Standing, text: str) -> bool:
    """Whether these words are for the person at the other end of a thread, and the assistant keeps quiet.

    Once a coordinator has come, everything is; before, what no open question waits for. A coordinator's own words
    in the line they have opened are literally for the other one, too.
    """
    talk, thread = standing.talk, standing.thread
    if talk.form == threads.LINE:
        return True
    if thread is None or talk.form == threads.REPORT:
        return False
    leaves = press(talk, text) == Do("threads:leave")
    waits_for_words = bool(talk.form) or bool(standing.person and standing.person.joined_at is None)
    return not leaves and (thread.owner_id is not None or not waits_for_words)


def press(talk: Conversation, said: str) -> Do | None:
    """The button on the screen that these words (or this intent) stand for."""
    wanted = bare(said)
    for choice in talk.screen:
        if wanted and wanted in {bare(choice["label"]), *(bare(means) for means in choice["means"])}:
            return Do.parse(choice["data"])
    return None


def bare(text: str) -> str:
    """Letters and digits only, without case or accents: "Sì!" is "si"."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c if c.isalnum() else " " for c in folded if not unicodedata.combining(c)).split())
