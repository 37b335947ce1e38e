"""What Rasa's actions about announcements stand for."""

DOES = {
    "action_announce": "announcements:new",
    "action_ask_announcement_form_announcement": "announcements:goon",
}
