"""Talk to a person: a thread with a coordinator, who answers from the same bot."""
