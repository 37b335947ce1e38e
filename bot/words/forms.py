"""The forms in which somebody writes freely: what the app calls them, and what Rasa calls them.

Whoever is in one may ask for help, say "stop", or begin something else: Rasa's rules speak, and the form asks again
if it is still open. (Onboarding's form is Rasa's as well; its questions are decided in `onboarding/rules.py`.)
"""

from dataclasses import dataclass

from bot.announcements.rules import DETAIL_FORM, MOMENT_FORM, TEXT_FORM
from bot.lessons.rules import ANSWER_FORM
from bot.matching.rules import WRITE_FORM
from bot.meetings.rules import COMMENT_FORM, PLACE_FORM, WHEN_FORM
from bot.threads.rules import LINE, REPORT


@dataclass(frozen=True, slots=True)
class Form:
    """`said` takes the words, `slot` is Rasa's name for them."""

    name: str
    slot: str
    said: str


FORMS = {
    WHEN_FORM: Form("meeting_form", "moment", "meetings:time"),
    COMMENT_FORM: Form("feedback_form", "comment", "meetings:said"),
    REPORT: Form("problem_form", "problem", "threads:said"),
    ANSWER_FORM: Form("answer_form", "own_words", "lessons:said"),
    TEXT_FORM: Form("announcement_form", "announcement", "announcements:said"),
}

# What is written there is for people to read, in whatever language.
FOR_OTHERS = frozenset({COMMENT_FORM, REPORT, TEXT_FORM, DETAIL_FORM, LINE, WRITE_FORM, PLACE_FORM})

# What is written there is taken as it is; Rasa is not asked. By the use case that takes it.
AS_WRITTEN = {
    WRITE_FORM: "matching:written",
    PLACE_FORM: "meetings:placed",
    DETAIL_FORM: "announcements:detail",
    MOMENT_FORM: "announcements:moment",
}

# Where a photo or a document may be sent, by the use case that takes it.
TAKES_FILES = {TEXT_FORM: "announcements:file", DETAIL_FORM: "announcements:file"}

# Answered in passing; the form stays open and asks again.
IN_PASSING = frozenset(
    {
        "people:help",
        "people:why",
        "people:robot",
        "people:thanks",
        "people:hello",
        "people:language",
        "people:outside",
        "people:unclear",
        "lessons:once_more",
        "lessons:simpler",
    }
)

# What somebody may say in the middle of writing. Anything else is what they write.
LEAVES_WRITING = frozenset(
    ["stop", "go_back", "start_again", "talk_to_person", "help", "why_ask", "bot_challenge", "say_again", "say_simpler"]
)
SURE, SURE_ENOUGH = 0.7, 0.5
MOST_WORDS = 6  # more is a text of its own, not an aside

# Intents that can be an answer to "when would you like to meet?".
NAMES_A_TIME = frozenset({"book_meeting", "reschedule_meeting", "inform", "nlu_fallback"})
WITH_A_TIME = NAMES_A_TIME | {
    "affirm",
    "deny",
    "change_lesson_time",
    "confirm_attendance",
    "find_match",
    "out_of_scope",
}
ANSWERS = frozenset({"affirm", "deny", "cancel_meeting"})


def is_an_aside(form: Form, intent: str, confidence: float, text: str, names_a_time: bool) -> bool:
    """Whether these words are something else than what the form waits for."""
    if form.slot == "moment":
        if intent in (WITH_A_TIME if names_a_time else NAMES_A_TIME):
            return False
        return confidence >= (SURE_ENOUGH if intent in LEAVES_WRITING | ANSWERS else SURE)
    return intent in LEAVES_WRITING and confidence >= SURE and len(text.split()) <= MOST_WORDS
