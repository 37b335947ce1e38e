"""What Rasa's action about announcements stands for."""

DOES = {"action_announce": "announcements:new"}
