"""What Rasa's actions about talking to a person stand for."""

DOES = {
    "action_talk_to_person": "threads:ask",
    "action_report_problem": "threads:problem",
}
