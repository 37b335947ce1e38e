"""The calendar files, read by hand and by another program's parser (`icalendar`)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.meetings.calendar import LINE_BYTES, Entry, cancellation, escaped, folded, invitation, published

START, END = datetime(2026, 11, 24, 14, tzinfo=UTC), datetime(2026, 11, 24, 15, tzinfo=UTC)
words = st.text(max_size=300)


def entry(title: str = "Meeting with Aisha", **more: object) -> Entry:
    facts: dict = {
        "uid": "meeting-7@twogether",
        "sequence": 3,
        "start": START,
        "end": END,
        "changed": datetime(2026, 11, 17, 12, tzinfo=UTC),
        "title": title,
        "description": "You meet online",
        "place": "https://meet.example/twogether-1",
        "attendee": "Marco",
        "attendee_id": 1,
        "alarm": "In one hour",
    }
    return Entry(**{**facts, **more})


def read(file: str) -> list[tuple[str, str]]:
    """An independent reading of the file: unfold, split, unescape."""
    assert file.endswith("\r\n")
    assert "\n" not in file.replace("\r\n", "")
    lines: list[str] = []
    for line in file.split("\r\n")[:-1]:
        assert len(line.encode()) <= LINE_BYTES
        if line.startswith(" "):
            lines[-1] += line[1:]
        else:
            lines.append(line)
    return [(name, unescape(value)) for name, _, value in (line.partition(":") for line in lines)]


def unescape(text: str) -> str:
    pieces, at = [], 0
    while at < len(text):
        if text[at] == "\\":
            pieces.append("\n" if text[at + 1] in "nN" else text[at + 1])
            at += 2
        else:
            pieces.append(text[at])
            at += 1
    return "".join(pieces)


def visible(text: str) -> str:
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join("".join(c for c in line if c.isprintable()) for line in lines)


@given(words, words, words)
def test_whatever_is_in_it_comes_back(title: str, description: str, attendee: str) -> None:
    facts = dict(read(invitation(entry(title, description=description, attendee=attendee))))
    assert facts["SUMMARY"] == visible(title)
    assert "SEQUENCE" in facts  # nothing in a text can end its line and begin another
    assert facts["LOCATION"] == "https://meet.example/twogether-1"
    names = [name for name, _ in read(invitation(entry(title, description=description, attendee=attendee)))]
    assert names == [name for name, _ in read(invitation(entry(attendee=attendee)))]


def test_an_invitation_says_what_a_calendar_needs() -> None:
    lines = read(invitation(entry()))
    assert [value for name, value in lines if name == "BEGIN"] == ["VCALENDAR", "VEVENT", "VALARM"]
    assert [value for name, value in lines if name == "END"] == ["VALARM", "VEVENT", "VCALENDAR"]
    facts = dict(lines)
    assert facts["VERSION"] == "2.0"
    assert facts["METHOD"] == "REQUEST"
    assert facts["UID"] == "meeting-7@twogether"
    assert facts["SEQUENCE"] == "3"
    assert (facts["DTSTART"], facts["DTEND"]) == ("20261124T140000Z", "20261124T150000Z")
    assert facts["DTSTAMP"] == "20261117T120000Z"
    assert facts["TRIGGER"] == "-PT1H"
    assert facts["STATUS"] == "CONFIRMED"


def test_a_cancellation_takes_it_out_and_rings_no_more() -> None:
    facts = dict(read(cancellation(entry())))
    assert (facts["METHOD"], facts["STATUS"]) == ("CANCEL", "CANCELLED")
    assert facts["UID"] == "meeting-7@twogether"
    assert "TRIGGER" not in facts


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n")))
def test_folding_only_adds_breaks(line: str) -> None:
    assert folded(line).replace("\r\n ", "") == line
    assert all(len(piece.encode()) <= LINE_BYTES for piece in folded(line).split("\r\n"))


def test_the_signs_that_mean_something_are_escaped() -> None:
    assert escaped("a;b,c\\d\r\ne\nf\x00\x1bg") == "a\\;b\\,c\\\\d\\ne\\nfg"
    assert 'CN="Marco x"' in invitation(entry(attendee='Marco" x\n'))


# -- as another program reads it ------------------------------------------------------------------------


def parsed(file: str) -> tuple[icalendar.Calendar, list[Any]]:
    """The calendar and its events, with nothing in it that the parser had to forgive."""
    calendar = icalendar.Calendar.from_ical(file.encode())
    assert isinstance(calendar, icalendar.Calendar)
    for component in calendar.walk():
        assert component.errors == []
    return calendar, list(calendar.walk("VEVENT"))


def test_a_calendar_program_takes_the_invitation() -> None:
    calendar, (event,) = parsed(invitation(entry()))
    assert (calendar["METHOD"], calendar["VERSION"], calendar["PRODID"]) == (
        "REQUEST",
        "2.0",
        "-//twogether//meetings//EN",
    )
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == ("meeting-7@twogether", 3, "CONFIRMED")
    for name, moment in (("DTSTART", START), ("DTEND", END), ("DTSTAMP", datetime(2026, 11, 17, 12, tzinfo=UTC))):
        assert event[name].dt == moment
        assert event[name].dt.utcoffset() == timedelta(0)
        assert "TZID" not in event[name].params
    assert event["ORGANIZER"] == "mailto:twogether@twogether.invalid"
    assert event["ATTENDEE"] == "mailto:person-1@twogether.invalid"
    assert (event["ATTENDEE"].params["CN"], event["ATTENDEE"].params["PARTSTAT"]) == ("Marco", "ACCEPTED")
    (alarm,) = event.walk("VALARM")
    assert (alarm["ACTION"], alarm["TRIGGER"].dt, alarm["DESCRIPTION"]) == (
        "DISPLAY",
        timedelta(hours=-1),
        "In one hour",
    )


def test_a_calendar_program_finds_what_to_move_and_what_to_take_out() -> None:
    changes = [
        invitation(entry(sequence=3)),
        invitation(entry(sequence=5, start=START + timedelta(days=1), end=END + timedelta(days=1))),
        cancellation(entry(sequence=6)),
    ]
    events = [parsed(file)[1][0] for file in changes]
    assert {event["UID"] for event in events} == {"meeting-7@twogether"}
    assert [event["SEQUENCE"] for event in events] == [3, 5, 6]
    calendar, (gone,) = parsed(changes[-1])
    assert (calendar["METHOD"], gone["STATUS"], gone["TRANSP"]) == ("CANCEL", "CANCELLED", "TRANSPARENT")
    assert {"ORGANIZER", "ATTENDEE", "DTSTAMP"} <= set(gone)  # RFC 5546 §3.2.5
    assert gone.walk("VALARM") == []


@given(words, words, words, words)
def test_a_calendar_program_reads_whatever_is_in_it(title: str, description: str, place: str, attendee: str) -> None:
    file = invitation(entry(title, description=description, place=place, attendee=attendee))
    _, (event,) = parsed(file)
    assert event["SUMMARY"] == visible(title)
    assert event["DESCRIPTION"] == visible(description)
    assert event["LOCATION"] == visible(place)
    # The name is one parameter that ends where it should.
    assert event["ATTENDEE"] == "mailto:person-1@twogether.invalid"
    assert len(event.walk("VALARM")) == 1
    assert all(len(line.encode()) <= LINE_BYTES for line in file.split("\r\n"))


@pytest.mark.parametrize(
    "name", ["José 'Pepe' Müller", "Łukasz; Świątek, jr.", "王芳" * 30, 'A "quoted" name', "a^nb^'c"]
)
def test_the_attendees_name_comes_back(name: str) -> None:
    _, (event,) = parsed(invitation(entry(attendee=name)))
    assert event["ATTENDEE"].params["CN"] == name.replace('"', "")  # a quote cannot stand within quotes


@given(st.lists(st.tuples(words, st.booleans()), max_size=5))
def test_a_calendar_to_subscribe_to(meetings: list[tuple[str, bool]]) -> None:
    entries = [(entry(title, uid=f"meeting-{number}@twogether"), gone) for number, (title, gone) in enumerate(meetings)]
    file = published("My meetings, né", entries)
    calendar, events = parsed(file)
    assert (calendar["METHOD"], unescape(calendar["NAME"])) == ("PUBLISH", "My meetings, né")
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    assert [event["SUMMARY"] for event in events] == [visible(title) for title, _ in meetings]
    assert [event["STATUS"] == "CANCELLED" for event in events] == [gone for _, gone in meetings]
    assert [bool(event.walk("VALARM")) for event in events] == [not gone for _, gone in meetings]
    assert all("ATTENDEE" not in event and "ORGANIZER" in event for event in events)  # RFC 5546 §3.2.1
    assert len({event["UID"] for event in events}) == len(meetings)
    assert len(calendar.subcomponents) >= 1  # RFC 5545 §3.6
    assert all(len(line.encode()) <= LINE_BYTES for line in file.split("\r\n"))
