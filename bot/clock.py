"""The one place that reads the time, and the rules about hours of the day."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


class Clock:
    """Gives the present moment in UTC. A simulated clock runs like the real one, from where it was moved."""

    def __init__(self, simulated: bool = False, real: Callable[[], datetime] | None = None) -> None:
        self.simulated = simulated
        self._real = real or _system_time
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        return self._real() + self._ahead

    def advance(self, by: timedelta) -> None:
        """Move a simulated clock; time only goes forward."""
        if not self.simulated:
            raise RuntimeError("the real clock cannot be moved")
        if by < timedelta(0):
            raise ValueError("time only goes forward")
        self._ahead += by


def _system_time() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A span of the day in which lessons and announcements wait, e.g. 21:00-08:00."""

    start: time
    end: time

    @staticmethod
    def parse(text: str) -> "QuietHours":
        """Read "21:00-08:00". Raises ValueError with a sentence when it is anything else."""
        found = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*", text)
        if not found:
            raise ValueError(f"quiet hours look like 21:00-08:00, not {text!r}")
        h1, m1, h2, m2 = (int(part) for part in found.groups())
        return QuietHours(time(h1, m1), time(h2, m2))

    def cover(self, wall: time) -> bool:
        if self.start <= self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end

    def after(self, moment: datetime, zone: str) -> datetime:
        """`moment` when it is not quiet in that zone, else the end of the quiet hours. UTC."""
        local = moment.astimezone(ZoneInfo(zone))
        if not self.cover(local.time()):
            return moment.astimezone(UTC)
        day = local.date() + timedelta(days=1 if local.time() >= self.end else 0)
        return at(datetime.combine(day, self.end), zone)

    def begin_after(self, moment: datetime, zone: str) -> datetime:
        """When the quiet hours begin next in that zone, later than `moment`. UTC."""
        local = moment.astimezone(ZoneInfo(zone))
        day = local.date() + timedelta(days=1 if local.time() >= self.start else 0)
        return at(datetime.combine(day, self.start), zone)


def at(wall: datetime, zone: str) -> datetime:
    """The instant (UTC) at which clocks in `zone` show `wall`; a time DST leaves out moves on by the gap."""
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
