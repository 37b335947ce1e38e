"""What Rasa's actions about meetings stand for."""

DOES = {
    "action_ask_meeting_form_moment": "meetings:again",
    "action_ask_feedback_form_comment": "meetings:again",
    "action_book_meeting": "meetings:book",
    "action_reschedule_meeting": "meetings:move",
    "action_cancel_meeting": "meetings:cancel",
    "action_my_meetings": "meetings:mine",
    "action_confirm_attendance": "meetings:coming",
    "action_report_no_show": "meetings:noshow",
    "action_give_feedback": "meetings:feedback",
}
