"""The one way out: put a message, deliver it, keep the pace."""
