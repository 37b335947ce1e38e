"""The people of a programme: consent, profile, language, place, roles, pause, my data, forget me."""
