"""What Rasa's actions about matching stand for."""

DOES = {
    "action_find_match": "matching:find",
    "action_match_status": "matching:status",
    "action_why_match": "matching:why",
    "action_accept_match": "matching:accept",
    "action_decline_match": "matching:decline",
}
