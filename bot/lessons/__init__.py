"""Lessons: what people learn, five minutes at a time."""
