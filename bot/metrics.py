"""What Prometheus may count."""

from prometheus_client import Counter, Gauge, Histogram

TURNS = Counter("twogether_turns", "Turns taken, by how they were said and how they ended", ["kind", "end"])
TURN_SECONDS = Histogram(
    "twogether_turn_seconds",
    "Seconds from the start of a turn to its commit",
    ["kind"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
SENT = Counter("twogether_sent", "Tries to send a message, by how they ended", ["state"])
RASA_UP = Gauge("twogether_rasa_up", "1 while Rasa answers")
LEADER = Gauge("twogether_leader", "1 where this process sends and ticks; exactly one of all replicas does")
INBOX = Gauge("twogether_inbox", "Inbox rows by state", ["state"])
OUTBOX = Gauge("twogether_outbox", "Outbox rows by state", ["state"])
