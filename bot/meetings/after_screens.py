"""What is asked after a meeting, one question a screen; and what a coordinator sees when the two differ."""

from collections.abc import Sequence

from bot.matching.screens import menu
from bot.meetings.after_rules import BAD, GOOD, LENGTHS, MISSED, RATINGS, SO_SO, Said, Verdict
from bot.messages import Button, Outgoing
from bot.people.vocabulary import label
from bot.texts import Tongue, tongue
from db.meetings import Meeting
from db.people import Person


def way_out(t: Tongue) -> tuple[Button, ...]:
    """What stands below every question about a meeting."""
    return (Button(t.plain("Something was not right"), "threads:problem", means=("report_problem",)), menu(t))


def did_you_meet(meeting: Meeting, reader: Person, other: Person) -> Outgoing:
    """The first question."""
    t = tongue(reader.language)
    assert meeting.starts_at is not None
    text = t(
        "Did your meeting with {name} on {moment} take place?",
        name=other.name,
        moment=t.moment(meeting.starts_at, reader.zone),
    )
    yes = Button(t.plain("Yes, we met"), f"meetings:met:{meeting.id}", means=("affirm", "confirm_attendance"))
    no = Button(
        t.plain("No, we did not meet"), f"meetings:rate:{meeting.id}:{MISSED}", means=("deny", "report_no_show")
    )
    return Outgoing(text, ((yes,), (no,), way_out(t)))


def how_was_it(meeting: Meeting, reader: Person, other: Person) -> Outgoing:
    """Three answers, one tap; and the way back for who has not met at all."""
    t = tongue(reader.language)
    means = {GOOD: ("good", "affirm"), SO_SO: ("so so",), BAD: ("bad", "deny"), MISSED: ("report_no_show",)}
    return Outgoing(
        t("How was your meeting with {name}?", name=other.name),
        (
            *((Button(rating(t, key), f"meetings:rate:{meeting.id}:{key}", means=means[key]),) for key in RATINGS),
            way_out(t),
        ),
    )


def rating(t: Tongue, key: str) -> str:
    """One of the ratings, as the words on a button."""
    return {
        GOOD: t.plain("It was good"),
        SO_SO: t.plain("So-so"),
        BAD: t.plain("It was not good"),
        MISSED: t.plain("We did not meet"),
    }[key]


def how_long(meeting: Meeting, reader: Person) -> Outgoing:
    """About how many minutes."""
    t = tongue(reader.language)
    lengths = [
        Button(minutes(t, one), f"meetings:long:{meeting.id}:{one}", means=(str(one), *_SPOKEN.get(one, ())))
        for one in LENGTHS
    ]
    unsure = Button(t.plain("I do not remember"), f"meetings:long:{meeting.id}:0", means=("unsure",))
    return Outgoing(
        t("How long did it take, about? Both of you are asked: it counts for your trainer's record.")
        if reader.role == "worker"
        else t("How long did it take, about? Both of you are asked: it counts for your record."),
        (tuple(lengths[:2]), tuple(lengths[2:]), (unsure,), way_out(t)),
    )


_SPOKEN = {60: ("an hour", "one hour", "affirm")}


def minutes(t: Tongue, number: int) -> str:
    """ "45 minutes", as the words on a button."""
    return t.n("{n} minute", "{n} minutes", number)


def what_was_practised(meeting: Meeting, reader: Person, topics: Sequence[str], done: Sequence[str]) -> Outgoing:
    """The pair's topics, each a switch. A button says what it will be, so that a double tap changes nothing."""
    t = tongue(reader.language)
    switches = [
        (
            Button(
                f"{'✅' if topic in done else '▫️'} {label('topic', topic, t.language)}",
                f"meetings:did:{meeting.id}:{topic}:{int(topic not in done)}",
                spoken=False,
            ),
        )
        for topic in topics
    ]
    go_on = Button(t.plain("Done"), f"meetings:done:{meeting.id}", means=("done", "affirm", "deny"))
    return Outgoing(
        t("What did you practise? You can tap several, then tap “Done”."), (*switches, (go_on,), way_out(t))
    )


def a_sentence(meeting_id: int, t: Tongue) -> Outgoing:
    """Words, if the person likes."""
    skip = Button(t.plain("Skip"), f"meetings:skip:{meeting_id}", means=("deny", "stop", "go_back"))
    return Outgoing(t("Would you like to say more about the meeting? Just write it here."), ((skip,), way_out(t)))


def may_it_be_shown(meeting: Meeting, reader: Person, other: Person) -> Outgoing:
    """Whether the trainer may show the worker's words to others."""
    t = tongue(reader.language)
    text = t(
        "Thank you! May {name} show your words in their record, with your first name? It helps in looking for a job.",
        name=other.name,
    )
    return Outgoing(
        text,
        (
            (Button(t.plain("Yes, gladly"), f"meetings:quote:{meeting.id}:yes", means=("affirm",)),),
            (Button(t.plain("No, keep them private"), f"meetings:quote:{meeting.id}:no", means=("deny",)),),
            way_out(t),
        ),
    )


def they_differ(meeting: Meeting, reader: Person, people: Sequence[tuple[Person, Said]], verdict: Verdict) -> Outgoing:
    """For a coordinator: who says what, and the buttons that settle it."""
    t = tongue(reader.language)
    assert meeting.starts_at is not None
    one, other = (person.name for person, _ in people)
    head = t(
        "{name} and {other} say different things about their meeting on {moment}:",
        name=one,
        other=other,
        moment=t.moment(meeting.starts_at, reader.zone),
    )
    lines = [f"• {_told(t, person, said)}" for person, said in people]
    end = t("Please ask them, and choose what is to be recorded.")
    buttons = (
        (Button(outcome(t, one), f"meetings:settle:{meeting.id}:{one}", spoken=False),) for one in verdict.options
    )
    return Outgoing("\n".join((head, *lines, end)), (*buttons, (menu(t),)))


def _told(t: Tongue, person: Person, said: Said) -> str:
    if not said.met:
        return t("{name}: they did not meet", name=person.name)
    if said.minutes is None:
        return t("{name}: they met", name=person.name)
    return t.n("{name}: they met for {n} minute", "{name}: they met for {n} minutes", said.minutes, name=person.name)


def outcome(t: Tongue, number: int) -> str:
    """What a coordinator may record, as the words on a button."""
    return t.n("They met: {n} minute", "They met: {n} minutes", number) if number else t.plain("They did not meet")


def settled(meeting: Meeting, reader: Person, other: Person) -> Outgoing:
    """What one of the two is told when a coordinator has decided."""
    t = tongue(reader.language)
    assert meeting.starts_at is not None
    values = {"name": other.name, "moment": t.moment(meeting.starts_at, reader.zone)}
    if not meeting.minutes:
        text = t("A coordinator has recorded that you and {name} did not meet on {moment}.", **values)
    else:
        text = t.n(
            "A coordinator has recorded your meeting with {name} on {moment}: {n} minute.",
            "A coordinator has recorded your meeting with {name} on {moment}: {n} minutes.",
            meeting.minutes,
            **values,
        )
    return Outgoing(text, (way_out(t),))
