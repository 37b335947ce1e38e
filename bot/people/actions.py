"""What Rasa's actions about people and about the conversation itself stand for."""

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


_NOT = frozenset(["not", "dont", "don't", "cannot", "can't", "non", "nicht", "kein", "keine", "no"])


def language_meant(text: str, language: str) -> str:
    """The code of the language that somebody asks for. "" when they name none of ours, or one they cannot speak.

    >>> language_meant("in tedesco per favore", "it")
    'de'
    """
    words = text.casefold().replace("’", "'").replace(",", " ").split()
    return "" if _NOT.intersection(words) else next(iter(read_languages(text, language)), "")


# What else a use case gets, read out of the message: its first argument. The message itself is always the last.
READS = {"action_change_language": language_meant}
