"""The questions that make a stranger a participant."""
