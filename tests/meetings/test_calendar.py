from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.meetings.calendar import LINE_BYTES, Entry, cancellation, escaped, folded, invitation

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
