"""Health, metrics, the webhook and the simulated clock, on the app's own web port."""
