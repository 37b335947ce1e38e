"""A meeting as a calendar file: RFC 5545 (iCalendar), invitations as RFC 5546 wants them.

>>> print(invitation(entry).splitlines()[0])
BEGIN:VCALENDAR

Times are UTC, so no time-zone rules need to travel along.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

LINE_BYTES = 75  # RFC 5545 §3.1: without the line break
PRODUCT = "-//twogether//meetings//EN"
HOST = "twogether.invalid"  # RFC 2606: a name that never exists; nobody is written to by mail

type Method = Literal["REQUEST", "CANCEL", "PUBLISH"]


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
    return _calendar("REQUEST", (), [_event(entry, "REQUEST")])


def cancellation(entry: Entry) -> str:
    """The file that takes the meeting out of a calendar."""
    return _calendar("CANCEL", (), [_event(entry, "CANCEL", cancelled=True)])


def published(name: str, entries: Iterable[tuple[Entry, bool]]) -> str:
    """A whole calendar to subscribe to; of each entry, whether it was cancelled.

    Nobody is invited (RFC 5546 §3.2.1); it asks to be read again every hour (RFC 7986 §5.7, and what Outlook reads).
    """
    head = (
        f"NAME:{escaped(name)}",
        f"X-WR-CALNAME:{escaped(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    )
    events = [_event(entry, "PUBLISH", cancelled=cancelled) for entry, cancelled in entries]
    return _calendar("PUBLISH", head, events or [_NOTHING])


# A calendar holds at least one component (RFC 5545 §3.6); one without meetings holds the zone that its times are in.
_NOTHING = (
    "BEGIN:VTIMEZONE",
    "TZID:Etc/UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
)


def _calendar(method: Method, head: Iterable[str], components: Iterable[Iterable[str]]) -> str:
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        f"METHOD:{method}",
        *head,
        *(line for component in components for line in component),
        "END:VCALENDAR",
    )
    return "".join(f"{folded(line)}\r\n" for line in lines)


def _event(entry: Entry, method: Method, *, cancelled: bool = False) -> list[str]:
    name = "".join(c for c in entry.attendee if c.isprintable() and c != '"').replace("^", "^^")  # RFC 6868
    attendee = f'ATTENDEE;CN="{name}";PARTSTAT=ACCEPTED:mailto:person-{entry.attendee_id}@{HOST}'
    alarm = (
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{escaped(entry.alarm)}",
        "TRIGGER:-PT1H",
        "END:VALARM",
    )
    return [
        "BEGIN:VEVENT",
        f"UID:{entry.uid}",
        f"SEQUENCE:{entry.sequence}",
        f"DTSTAMP:{_utc(entry.changed)}",
        f"DTSTART:{_utc(entry.start)}",
        f"DTEND:{_utc(entry.end)}",
        f"SUMMARY:{escaped(entry.title)}",
        f"DESCRIPTION:{escaped(entry.description)}",
        f"LOCATION:{escaped(entry.place)}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
        f"TRANSP:{'TRANSPARENT' if cancelled else 'OPAQUE'}",
        f"ORGANIZER;CN=twogether:mailto:twogether@{HOST}",
        *([attendee] if method != "PUBLISH" else []),
        *(alarm if not cancelled else ()),
        "END:VEVENT",
    ]


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
