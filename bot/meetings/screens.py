"""What meetings show: times to choose from, a choice to answer, what is agreed, reminders, how it was."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.matching.taps import menu
from bot.meetings import after_screens, rules
from bot.meetings.calendar import Entry, cancellation, invitation
from bot.messages import Button, File, Outgoing
from bot.texts import Tongue, capital, tongue
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
_ONLY_IN_PERSON = frozenset({rules.IN_PERSON})


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
        return Outgoing(text, ((another_day(meeting.match_id, t),), (menu(t),)), hears=HEARS_TIMES)
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
    rows = (*((pick,) for pick in picks), (more, another_day(meeting.match_id, t)))
    return Outgoing(f"{text}\n{hint}", rows, hears=HEARS_TIMES)


def another_day(match_id: int, t: Tongue, page: int = 0) -> Button:
    """To the small calendar of buttons."""
    return Button(t.plain("Another day"), f"meetings:days:{match_id}:{page}")


def day_of_list(day: date, t: Tongue) -> str:
    """ "Tuesday 24": among the days of two weeks no month is needed."""
    return f"{capital(t.weekday(day.weekday()))} {day.day}"


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
        if meeting.place:
            text = f"{text}\n{would_meet_at(meeting, t)}"
        return Outgoing(text, ((yes,), (another,)), hears=HEARS_TIMES)
    assert meeting.starts_at is not None
    text = t(
        "{name} would like to move your meeting of {agreed} to <b>{moment}</b>. Does that suit you?",
        agreed=t.moment(meeting.starts_at, reader.zone, now),
        **values,
    )
    stay = Button(t.plain("No, keep the agreed time"), f"meetings:keep:{version}")
    return Outgoing(text, ((yes,), (stay,), (another,)), hears=HEARS_TIMES)


def asked(
    meeting: Meeting, reader: Person, other: Person, now: datetime, ways: frozenset[str] = frozenset()
) -> Outgoing:
    """The reader has chosen; the other one has not answered yet."""
    t = tongue(reader.language)
    (start,) = rules.restored(meeting.times)
    text = t(
        "I am asking {name} whether <b>{moment}</b> suits them too, and I will tell you.",
        name=other.name,
        moment=t.moment(start, reader.zone, now),
    )
    another = Button(t.plain("Another time"), f"meetings:other:{meeting.id}:{meeting.sequence}")
    if meeting.state == AGREED:  # where it is has its own buttons
        return Outgoing(text, ((another,), (menu(t),)), hears=HEARS_TIMES)
    if meeting.place:
        text = f"{text}\n{would_meet_at(meeting, t)}"
    elif ways == _ONLY_IN_PERSON:
        text = f"{text}\n{t('One of you would rather meet in person: please say where, with the button.')}"
    places = ((one,) for one in place_buttons(meeting, t, ways))
    return Outgoing(text, (*places, (another,), (menu(t),)), hears=HEARS_TIMES)


def would_meet_at(meeting: Meeting, t: Tongue) -> str:
    return t("You would meet in person, here: <b>{place}</b>", place=meeting.place)


def where(meeting: Meeting, t: Tongue, ways: frozenset[str] = frozenset()) -> str:
    """In person and at which place, or online and in which room."""
    if meeting.place:
        return t("You meet in person, here: <b>{place}</b>", place=meeting.place)
    if ways == _ONLY_IN_PERSON:
        return t(
            "One of you would rather meet in person: please say where, with the button. "
            "If nobody does, you meet online, here: {room}",
            room=meeting.room,
        )
    return t("You meet online, here: {room}", room=meeting.room)


def agreed(
    meeting: Meeting, reader: Person, other: Person, now: datetime, ways: frozenset[str] = frozenset()
) -> Outgoing:
    """Both have said yes: when, where, and the calendar file."""
    assert meeting.starts_at is not None
    t = tongue(reader.language)
    text = t(
        "<b>It is agreed.</b> You meet {name} on <b>{moment}</b>.",
        name=other.name,
        moment=t.moment(meeting.starts_at, reader.zone, now),
    )
    hint = t("I will remind you. The file puts the meeting into your calendar.")
    file = put_in(meeting, reader, other)
    return Outgoing(f"{text}\n{where(meeting, t, ways)}\n\n{hint}", change_rows(meeting, t, ways), file=file)


def elsewhere(meeting: Meeting, reader: Person, other: Person, now: datetime, ways: frozenset[str]) -> Outgoing:
    """The other one has changed where an agreed meeting is; the calendar file puts that right."""
    assert meeting.starts_at is not None
    t = tongue(reader.language)
    values = {"name": other.name, "moment": t.moment(meeting.starts_at, reader.zone, now)}
    if meeting.place:
        text = t("{name} would like to meet you in person on <b>{moment}</b>.", **values)
    else:
        text = t("{name} would like to meet you online on <b>{moment}</b>.", **values)
    rows = change_rows(meeting, t, ways)
    return Outgoing(f"{text}\n{where(meeting, t)}", rows, file=put_in(meeting, reader, other))


def is_elsewhere(meeting: Meeting, reader: Person, other: Person, now: datetime, ways: frozenset[str]) -> Outgoing:
    """The reader has changed where an agreed meeting is."""
    shown = coming_up(meeting, reader, other, now, ways)
    t = tongue(reader.language)
    told = t("I have told {name}.", name=other.name)
    return replace(shown, text=f"{shown.text}\n\n{told}", file=put_in(meeting, reader, other))


def coming_up(
    meeting: Meeting, reader: Person, other: Person, now: datetime, ways: frozenset[str] = frozenset()
) -> Outgoing:
    """An agreed meeting, for somebody who asks."""
    assert meeting.starts_at is not None
    t = tongue(reader.language)
    text = t(
        "You meet {name} on <b>{moment}</b>.",
        name=other.name,
        moment=t.moment(meeting.starts_at, reader.zone, now),
    )
    return Outgoing(f"{text}\n{where(meeting, t, ways)}", change_rows(meeting, t, ways))


def place_buttons(meeting: Meeting, t: Tongue, ways: frozenset[str]) -> tuple[Button, ...]:
    """To meet in another way than is planned."""
    found: list[Button] = []
    if rules.IN_PERSON in ways:
        label = t.plain("Another place") if meeting.place else t.plain("Meet in person")
        found.append(Button(label, f"meetings:place:{meeting.id}"))
    if rules.ONLINE in ways and meeting.place:
        found.append(Button(t.plain("Meet online"), f"meetings:online:{meeting.id}"))
    return tuple(found)


def change_rows(meeting: Meeting, t: Tongue, ways: frozenset[str] = frozenset()) -> tuple[tuple[Button, ...], ...]:
    """What one can do about an agreed meeting."""
    places = place_buttons(meeting, t, ways)
    return (
        (
            Button(t.plain("Move it"), f"meetings:move:{meeting.id}", means=("reschedule_meeting",)),
            Button(t.plain("Cancel it"), f"meetings:cancel:{meeting.id}", means=("cancel_meeting",)),
        ),
        *((places,) if places else ()),
        (menu(t),),
    )


def called_off(
    meeting: Meeting, reader: Person, other: Person, now: datetime, *, rebook: bool, fresh: Meeting | None = None
) -> Outgoing:
    """The other one has cancelled, and there are `fresh` times. Without `rebook` they have left and there are none."""
    t = tongue(reader.language)
    if meeting.starts_at is None:
        text = t("{name} cannot meet you for now.", name=other.name)
    else:
        text = t(
            "{name} has cancelled your meeting of <b>{moment}</b>.",
            name=other.name,
            moment=t.moment(meeting.starts_at, reader.zone, now),
        )
    file = taken_out(meeting, reader, other)
    if fresh is not None:
        offered = choices(fresh, reader, other, now)
        return replace(offered, text=f"{text}\n\n{offered.text}", file=file)
    again = Button(t.plain("Find another time"), f"meetings:book:{meeting.match_id}", means=("book_meeting",))
    return Outgoing(text, ((again,), (menu(t),)) if rebook else ((menu(t),),), file=file)


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


def put_in(meeting: Meeting, reader: Person, other: Person) -> File:
    """The calendar file that puts the meeting in, or right."""
    return File("meeting.ics", invitation(entry(meeting, reader, other)), CALENDAR)


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
        description=t.plain("You meet in person, here: {place}", place=meeting.place)
        if meeting.place
        else t.plain("You meet online, here: {room}", room=meeting.room),
        place=meeting.place or meeting.room,
        attendee=reader.name,
        attendee_id=reader.id,
        alarm=t.plain("In one hour: meeting with {name}", name=other.name),
    )


def reminder(kind: str, meeting: Meeting, reader: Person, other: Person, now: datetime) -> Outgoing:
    """What to say a day before, some hours before if the other one is silent, an hour before, and afterwards."""
    if kind == rules.AFTER:
        return after_screens.did_you_meet(meeting, reader, other)
    assert meeting.starts_at is not None
    t = tongue(reader.language)
    values = {"name": other.name, "moment": t.moment(meeting.starts_at, reader.zone, now)}
    if kind == rules.SILENT:
        return _silent(meeting, t, values)
    coming = Button(t.plain("I will be there"), f"meetings:coming:{meeting.id}", means=("confirm_attendance", "affirm"))
    if kind != rules.HOUR:
        text = t("A reminder: you meet {name} <b>{moment}</b>.", **values)
        return Outgoing(f"{text}\n{where(meeting, t)}", ((coming,), *change_rows(meeting, t)[:1]))
    text = t("You meet {name} <b>soon</b>: {moment}.", **values)
    way = Button(t.plain("I am on my way"), f"meetings:way:{meeting.id}", means=("confirm_attendance", "affirm"))
    late = Button(t.plain("I am running late"), f"meetings:late:{meeting.id}")
    off = Button(t.plain("I cannot come"), f"meetings:cancel:{meeting.id}", means=("cancel_meeting", "deny"))
    # Whoever meets online goes nowhere.
    return Outgoing(f"{text}\n{where(meeting, t)}", ((way if meeting.place else coming,), (late,), (off,)))


def _silent(meeting: Meeting, t: Tongue, values: dict[str, str]) -> Outgoing:
    """The other one has not confirmed, some hours before: does the reader still want to go?"""
    text = t("You meet {name} {moment}. {name} has not confirmed yet. Do you still want to go?", **values)
    go = Button(t.plain("Yes, keep it"), f"meetings:stay:{meeting.id}", means=("affirm", "confirm_attendance"))
    write = Button(t.plain("Write a message"), f"matching:write:{meeting.match_id}")
    move = Button(t.plain("Move it"), f"meetings:move:{meeting.id}", means=("reschedule_meeting", "deny"))
    return Outgoing(text, ((go,), (write,), (move,)))


def hours(starts: Sequence[datetime], match_id: int, reader: Person) -> list[list[Button]]:
    """The hours of one day, three in a row."""
    t = tongue(reader.language)
    shown = [start.astimezone(ZoneInfo(reader.zone)) for start in starts]
    buttons = [
        Button(t.hour(start, reader.zone), want(match_id, start), means=_spoken(local, shown))
        for start, local in zip(starts, shown, strict=True)
    ]
    return [buttons[i : i + _A_PAGE] for i in range(0, len(buttons), _A_PAGE)]


def _spoken(local: datetime, among: Sequence[datetime]) -> tuple[str, ...]:
    """ "15" and "3" for 15:00, unless there is 3:00 as well."""
    same = [one for one in among if one.hour % 12 == local.hour % 12]
    return (str(local.hour), str(local.hour % 12 or 12)) if len(same) == 1 else ()


def want(match_id: int, start: datetime) -> str:
    """The tap that asks for this moment with this partner. It needs no memory, so it works for ever."""
    return f"meetings:want:{match_id}:{start:%Y%m%d%H%M}"


def moment(start: datetime, reader: Person, now: datetime) -> str:
    """A time as the words on a button: they begin with a capital letter."""
    return capital(tongue(reader.language).moment(start, reader.zone, now))
