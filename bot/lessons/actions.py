"""What Rasa's actions about lessons stand for."""

DOES = {
    "action_next_lesson": "lessons:next",
    "action_how_to": "lessons:how",
    "action_my_progress": "lessons:progress",
    "action_pause_lessons": "lessons:pause",
    "action_resume_lessons": "lessons:resume",
    "action_change_lesson_time": "lessons:time",
    "action_say_again": "lessons:once_more",
    "action_say_simpler": "lessons:simpler",
    "action_ask_answer_form_own_words": "lessons:again",
}
