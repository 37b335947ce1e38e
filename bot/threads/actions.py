"""What Rasa's actions about talking to a person stand for."""

DOES = {
    "action_talk_to_person": "threads:ask",
    "action_ask_problem_form_problem": "threads:again",
    "action_report_problem": "threads:problem",
}
