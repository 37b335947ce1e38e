"""A meeting as a calendar file: RFC 5545 (iCalendar), invitations as RFC 5546 wants them.

>>> print(invitation(entry).splitlines()[0])
BEGIN:VCALENDAR

Times are UTC, so no time-zone rules need to travel along.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

LINE_BYTES = 75  # RFC 5545 §3.1: without the line break
PRODUCT = "-//twogether//meetings//EN"
HOST = "twogether.invalid"  # RFC 2606: a name that never exists; nobody is written to by mail

type Method = Literal["REQUEST", "CANCEL"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a calendar shows. `uid` stays the same for ever, `sequence` rises with every change."""

    uid: str
    sequence: int
    start: datetime
    end: datetime
    changed: datetime
    title: str
    description: str
    place: str
    attendee: str
    attendee_id: int
    alarm: str


def invitation(entry: Entry) -> str:
    """The file that puts the meeting into a calendar, or moves it there; rings an hour before."""
    return _calendar("REQUEST", entry, "CONFIRMED")


def cancellation(entry: Entry) -> str:
    """The file that takes the meeting out of a calendar."""
    return _calendar("CANCEL", entry, "CANCELLED")


def _calendar(method: Method, entry: Entry, status: str) -> str:
    name = "".join(c for c in entry.attendee if c.isprintable() and c not in '"')
    alarm = (
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{escaped(entry.alarm)}",
        "TRIGGER:-PT1H",
        "END:VALARM",
    )
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{entry.uid}",
        f"SEQUENCE:{entry.sequence}",
        f"DTSTAMP:{_utc(entry.changed)}",
        f"DTSTART:{_utc(entry.start)}",
        f"DTEND:{_utc(entry.end)}",
        f"SUMMARY:{escaped(entry.title)}",
        f"DESCRIPTION:{escaped(entry.description)}",
        f"LOCATION:{escaped(entry.place)}",
        f"STATUS:{status}",
        "TRANSP:OPAQUE",
        f"ORGANIZER;CN=twogether:mailto:twogether@{HOST}",
        f'ATTENDEE;CN="{name}";PARTSTAT=ACCEPTED:mailto:person-{entry.attendee_id}@{HOST}',
        *(alarm if method == "REQUEST" else ()),
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{folded(line)}\r\n" for line in lines)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def escaped(text: str) -> str:
    """TEXT (§3.3.11): backslash, comma, semicolon and line ends are written with a backslash."""
    for plain, written in (("\\", "\\\\"), (",", "\\,"), (";", "\\;"), ("\r\n", "\n"), ("\n", "\\n")):
        text = text.replace(plain, written)
    return "".join(c for c in text if c.isprintable())


def folded(line: str) -> str:
    """The line in pieces of at most 75 bytes, never within a character (§3.1)."""
    pieces: list[str] = []
    piece, size, room = "", 0, LINE_BYTES
    for character in line:
        width = len(character.encode())
        if size + width > room:
            pieces.append(piece)
            piece, size, room = "", 0, LINE_BYTES - 1  # the next begins with a space
        piece, size = piece + character, size + width
    return "\r\n ".join((*pieces, piece))
