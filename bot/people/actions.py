"""What Rasa's actions about people and about the conversation itself stand for."""

import re

from bot.people.vocabulary import read_languages

DOES = {
    "action_greet": "people:hello",
    "action_goodbye": "people:bye",
    "action_thank": "people:thanks",
    "action_help": "people:help",
    "action_change_language": "people:language",
    "action_why_ask": "people:why",
    "action_my_data": "people:mydata",
    "action_forget_me": "people:forget",
    "action_bot_challenge": "people:robot",
    "action_out_of_scope": "people:outside",
    "action_unclear": "people:unclear",
    "action_inform": "people:inform",
    "action_affirm": "screen:affirm",
    "action_deny": "screen:deny",
    "action_go_back": "screen:back",
    "action_stop": "screen:stop",
    "action_share_experience": "people:later",
    "action_browse_opportunities": "people:later",
    "action_post_opportunity": "people:later",
}


_CLAUSES = re.compile(r"[,.;:!?¿¡]+|\b(?:but|ma|aber|pero)\b")
_NOT = frozenset(["not", "dont", "don't", "cannot", "can't", "non", "nicht", "kein", "keine", "no"])


def language_meant(text: str, language: str) -> str:
    """The code of the language that somebody asks for. "" when they name none of ours, or only one they cannot speak.

    >>> language_meant("no entiendo el inglés, ¿podemos hablar en español?", "en")
    'es'
    """
    for clause in _CLAUSES.split(text.casefold().replace("’", "'")):
        named = read_languages(clause, language)
        if named and not _NOT.intersection(clause.split()):
            return next(iter(named))
    return ""


# What else a use case gets, read out of the message: its first argument. The message itself is always the last.
READS = {"action_change_language": language_meant}
