"""Polls and quizzes: what a bot may ask, and what a vote changes."""

from typing import Any

from simulator.entities import formatted, utf16_length
from simulator.errors import bad_request
from simulator.params import Params

_LONGEST_QUESTION, _LONGEST_OPTION, _LONGEST_EXPLANATION = 300, 100, 200
_MOST_OPTIONS, _MOST_LINE_FEEDS = 12, 2

Poll = dict[str, Any]


def read_poll(params: Params, poll_id: str) -> Poll:
    """The poll a `sendPoll` asks for, with its answer. Raises 400 beyond Telegram's limits."""
    question, question_entities = formatted(
        params.text("question"), params.text("question_parse_mode"), params.list_of_dicts("question_entities")
    )
    if not question:
        raise bad_request("poll question must be non-empty")
    if utf16_length(question) > _LONGEST_QUESTION:
        raise bad_request(f"poll question length must not exceed {_LONGEST_QUESTION}")
    options = _options(params)
    quiz = params.text("type", "regular") == "quiz"
    poll: Poll = {
        "id": poll_id,
        "question": question,
        "options": options,
        "total_voter_count": 0,
        "is_closed": params.flag("is_closed"),
        "is_anonymous": params.flag("is_anonymous", True),
        "type": "quiz" if quiz else "regular",
        "allows_multiple_answers": params.flag("allows_multiple_answers"),
        "allows_revoting": params.flag("allows_revoting", not quiz),
        "members_only": False,
    }
    if question_entities:
        poll["question_entities"] = question_entities
    if quiz:
        poll.update(_answer(params, len(options)))
    return poll


def _options(params: Params) -> list[dict[str, Any]]:
    given = params.object("options")
    if not isinstance(given, list):
        raise bad_request("can't parse options JSON object")
    texts = [str(option.get("text", "")) if isinstance(option, dict) else str(option) for option in given]
    if not texts:
        raise bad_request("poll must have at least 1 option")
    if len(texts) > _MOST_OPTIONS:
        raise bad_request(f"poll can't have more than {_MOST_OPTIONS} options")
    for text in texts:
        if not text.strip():
            raise bad_request("poll options must be non-empty")
        if utf16_length(text.strip()) > _LONGEST_OPTION:
            raise bad_request(f"poll options length must not exceed {_LONGEST_OPTION}")
    return [{"persistent_id": str(number), "text": text.strip(), "voter_count": 0} for number, text in enumerate(texts)]


def _answer(params: Params, options: int) -> dict[str, Any]:
    several = params.object("correct_option_ids")
    correct = several if isinstance(several, list) else [params.integer("correct_option_id", -1)]
    if not correct or correct == [-1]:
        raise bad_request("quiz must have a correct option")
    if not all(isinstance(one, int) and 0 <= one < options for one in correct):
        raise bad_request("wrong correct option ID specified")
    answer: dict[str, Any] = {"correct_option_ids": correct}
    explanation, entities = formatted(
        params.text("explanation"),
        params.text("explanation_parse_mode"),
        params.list_of_dicts("explanation_entities"),
    )
    if utf16_length(explanation) > _LONGEST_EXPLANATION or explanation.count("\n") > _MOST_LINE_FEEDS:
        raise bad_request("message is too long")
    if explanation:
        answer["explanation"] = explanation
        answer["explanation_entities"] = entities
    return answer


def vote(poll: Poll, previous: list[int], chosen: list[int]) -> None:
    """Count one person's vote in place; an empty choice takes it back."""
    for option in previous:
        poll["options"][option]["voter_count"] -= 1
    for option in chosen:
        poll["options"][option]["voter_count"] += 1
    poll["total_voter_count"] += bool(chosen) - bool(previous)


def without_answer(poll: Poll) -> Poll:
    """What stands in the message before it is closed: the bot knows the answer of its own quiz anyway."""
    return {**poll, "options": [dict(option) for option in poll["options"]]}
