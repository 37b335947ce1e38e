"""Times, booking, reminders, calendar files, feedback."""
