"""What meetings show: times to choose from, a choice to answer, what is agreed, reminders, how it was."""

from collections.abc import Sequence
from datetime import datetime

from bot.matching.taps import menu
from bot.meetings import rules
from bot.meetings.calendar import Entry, cancellation, invitation
from bot.messages import Button, File, Outgoing
from bot.texts import Tongue, tongue
from db.meetings import AGREED, Meeting
from db.people import Person

# What somebody writes who chooses from a list of three; every language is understood at all times.
_ORDINALS = (
    ("1", "first", "the first", "primo", "il primo", "prima", "erste", "der erste", "das erste", "primero"),
    ("2", "second", "the second", "secondo", "il secondo", "seconda", "zweite", "der zweite", "segundo"),
    ("3", "third", "the third", "terzo", "il terzo", "terza", "dritte", "der dritte", "tercero"),
)
_A_PAGE = 3
CALENDAR = "text/calendar"


# On these screens a time that is named in words is a proposal of that time.
HEARS_TIMES = (Button("", "meetings:book", means=("time",)),)


def choices(meeting: Meeting, reader: Person, other: Person, now: datetime) -> Outgoing:
    """The times on offer, as big buttons on the reader's own clock."""
    t = tongue(reader.language)
    times = rules.restored(meeting.times)
    if not times:
        text = t(
            "When would you like to meet {name}? Please write me a day and an hour, for example: {example}.",
            name=other.name,
            example=t("Tuesday at 3 in the afternoon"),
        )
        return Outgoing(text, ((menu(t),),), hears=HEARS_TIMES)
    text = t("When would you like to meet {name}? It takes about an hour.", name=other.name)
    hint = t("You can also write me another day and hour.")
    picks = [
        Button(moment(start, reader, now), f"meetings:pick:{meeting.id}:{n}:{meeting.sequence}", means=means)
        for n, (start, means) in enumerate(zip(times, _ORDINALS, strict=False))
    ]
    more = Button(
        t.plain("Other times"),
        f"meetings:other:{meeting.id}:{meeting.sequence}",
        means=("deny", "reschedule_meeting"),
    )
    return Outgoing(f"{text}\n{hint}", (*((pick,) for pick in picks), (more,)), hears=HEARS_TIMES)


def question(meeting: Meeting, reader: Person, other: Person, now: datetime) -> Outgoing:
    """The other one's choice: does it suit the reader too?"""
    t = tongue(reader.language)
    (start,) = rules.restored(meeting.times)
    values = {"name": other.name, "moment": t.moment(start, reader.zone, now)}
    version = f"{meeting.id}:{meeting.sequence}"
    yes = Button(
        t.plain("Yes, that suits me"),
        f"meetings:yes:{version}",
        means=("affirm", "confirm_attendance", "accept_match"),
    )
    another = Button(t.plain("Another time"), f"meetings:other:{version}", means=("deny", "reschedule_meeting"))
    if meeting.state != AGREED:
        text = t("{name} would like to meet you on <b>{moment}</b>. Does that suit you?", **values)
        return Outgoing(text, ((yes,), (another,)), hears=HEARS_TIMES)
    assert meeting.starts_at is not None
    text = t(
        "{name} would like to move your meeting of {agreed} to <b>{moment}</b>. Does that suit you?",
        agreed=t.moment(meeting.starts_at, reader.zone, now),
        **values,
    )
    stay = Button(t.plain("No, keep the agreed time"), f"meetings:keep:{version}")
    return Outgoing(text, ((yes,), (stay,), (another,)), hears=HEARS_TIMES)


def asked(meeting: Meeting, reader: Person, other: Person, now: datetime) -> Outgoing:
    """The reader has chosen; the other one has not answered yet."""
    t = tongue(reader.language)
    (start,) = rules.restored(meeting.times)
    text = t(
        "I am asking {name} whether <b>{moment}</b> suits them too, and I will tell you.",
        name=other.name,
        moment=t.moment(start, reader.zone, now),
    )
    another = Button(t.plain("Another time"), f"meetings:other:{meeting.id}:{meeting.sequence}")
    return Outgoing(text, ((another,), (menu(t),)), hears=HEARS_TIMES)


def agreed(meeting: Meeting, reader: Person, other: Person, now: datetime) -> Outgoing:
    """Both have said yes: when, where, and the calendar file."""
    assert meeting.starts_at is not None
    t = tongue(reader.language)
    text = t(
        "<b>It is agreed.</b> You meet {name} on <b>{moment}</b>.",
        name=other.name,
        moment=t.moment(meeting.starts_at, reader.zone, now),
    )
    where = t("You meet online, here: {room}", room=meeting.room)
    hint = t("I will remind you. The file puts the meeting into your calendar.")
    file = File("meeting.ics", invitation(entry(meeting, reader, other)), CALENDAR)
    return Outgoing(f"{text}\n{where}\n\n{hint}", change_rows(meeting, t), file=file)


def coming_up(meeting: Meeting, reader: Person, other: Person, now: datetime) -> Outgoing:
    """An agreed meeting, for somebody who asks."""
    assert meeting.starts_at is not None
    t = tongue(reader.language)
    text = t(
        "You meet {name} on <b>{moment}</b>.",
        name=other.name,
        moment=t.moment(meeting.starts_at, reader.zone, now),
    )
    where = t("You meet online, here: {room}", room=meeting.room)
    return Outgoing(f"{text}\n{where}", change_rows(meeting, t))


def change_rows(meeting: Meeting, t: Tongue) -> tuple[tuple[Button, ...], ...]:
    return (
        (
            Button(t.plain("Move it"), f"meetings:move:{meeting.id}", means=("reschedule_meeting",)),
            Button(t.plain("Cancel it"), f"meetings:cancel:{meeting.id}", means=("cancel_meeting",)),
        ),
        (menu(t),),
    )


def called_off(meeting: Meeting, reader: Person, other: Person, now: datetime, *, rebook: bool) -> Outgoing:
    """The other one has cancelled. Without `rebook` they have left and there is no other time to find."""
    t = tongue(reader.language)
    if meeting.starts_at is None:
        text = t("{name} cannot meet you for now.", name=other.name)
    else:
        text = t(
            "{name} has cancelled your meeting of <b>{moment}</b>.",
            name=other.name,
            moment=t.moment(meeting.starts_at, reader.zone, now),
        )
    again = Button(t.plain("Find another time"), f"meetings:book:{meeting.match_id}", means=("book_meeting",))
    return Outgoing(text, ((again,), (menu(t),)) if rebook else ((menu(t),),), file=taken_out(meeting, reader, other))


def will_not_be(meeting: Meeting, reader: Person, other: Person, now: datetime) -> Outgoing:
    """The two do not work together any more, or not for now: nobody of them has cancelled this."""
    t = tongue(reader.language)
    assert meeting.starts_at is not None
    text = t(
        "Your meeting with {name} on <b>{moment}</b> will not take place.",
        name=other.name,
        moment=t.moment(meeting.starts_at, reader.zone, now),
    )
    return Outgoing(text, ((menu(t),),), file=taken_out(meeting, reader, other))


def taken_out(meeting: Meeting, reader: Person, other: Person) -> File | None:
    """The calendar file that removes the meeting, if it was ever in a calendar."""
    if meeting.starts_at is None:
        return None
    return File("meeting.ics", cancellation(entry(meeting, reader, other)), CALENDAR)


def entry(meeting: Meeting, reader: Person, other: Person) -> Entry:
    """The meeting as the reader's calendar shows it."""
    assert meeting.starts_at is not None
    assert meeting.ends_at is not None
    t = tongue(reader.language)
    return Entry(
        uid=f"meeting-{meeting.id}-{meeting.created_at:%Y%m%dT%H%M%SZ}@twogether",
        sequence=meeting.sequence,
        start=meeting.starts_at,
        end=meeting.ends_at,
        changed=meeting.changed_at,
        title=t.plain("Meeting with {name}", name=other.name),
        description=t.plain("You meet online, here: {room}", room=meeting.room),
        place=meeting.room,
        attendee=reader.name,
        attendee_id=reader.id,
        alarm=t.plain("In one hour: meeting with {name}", name=other.name),
    )


def reminder(kind: str, meeting: Meeting, reader: Person, other: Person, now: datetime) -> Outgoing:
    """What to say a day before, an hour before, and after the meeting."""
    if kind == rules.AFTER:
        return how_was_it(meeting, reader, other)
    assert meeting.starts_at is not None
    t = tongue(reader.language)
    values = {"name": other.name, "moment": t.moment(meeting.starts_at, reader.zone, now)}
    if kind == rules.HOUR:
        text = t("You meet {name} <b>soon</b>: {moment}.", **values)
    else:
        text = t("A reminder: you meet {name} <b>{moment}</b>.", **values)
    where = t("You meet online, here: {room}", room=meeting.room)
    coming = Button(t.plain("I will be there"), f"meetings:coming:{meeting.id}", means=("confirm_attendance", "affirm"))
    return Outgoing(f"{text}\n{where}", ((coming,), *change_rows(meeting, t)[:1]))


def how_was_it(meeting: Meeting, reader: Person, other: Person) -> Outgoing:
    """Four answers, one tap."""
    t = tongue(reader.language)
    answers = (
        (t.plain("It was good"), "good", ("good", "affirm")),
        (t.plain("So-so"), "so_so", ("so so",)),
        (t.plain("It was not good"), "bad", ("bad", "deny")),
        (t.plain("We did not meet"), "missed", ("report_no_show",)),
    )
    return Outgoing(
        t("How was your meeting with {name}?", name=other.name),
        tuple((Button(label, f"meetings:rate:{meeting.id}:{key}", means=means),) for label, key, means in answers),
    )


def hours(starts: Sequence[datetime], match_id: int, reader: Person) -> list[list[Button]]:
    """The hours of one day, three in a row."""
    t = tongue(reader.language)
    buttons = [Button(t.hour(start, reader.zone), want(match_id, start)) for start in starts]
    return [buttons[i : i + _A_PAGE] for i in range(0, len(buttons), _A_PAGE)]


def want(match_id: int, start: datetime) -> str:
    """The tap that asks for this moment with this partner. It needs no memory, so it works for ever."""
    return f"meetings:want:{match_id}:{start:%Y%m%d%H%M}"


def moment(start: datetime, reader: Person, now: datetime) -> str:
    """A time as the words on a button: they begin with a capital letter."""
    written = tongue(reader.language).moment(start, reader.zone, now)
    return written[:1].upper() + written[1:]
