"""A local Telegram: the Bot API, the people behind it, and their phones in the browser."""

from simulator.faults import Fault
from simulator.model import Kept, Person, Request
from simulator.telegram import Telegram
from simulator.world import CannotAct

__all__ = ["CannotAct", "Fault", "Kept", "Person", "Request", "Telegram"]
