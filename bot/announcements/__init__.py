"""Announcements: whom to reach, what to say, and a receipt to prove it."""
