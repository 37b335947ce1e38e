"""The dry run: each language's message exactly as its readers get it, then what will happen, and the question."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

import db.announcements
import db.clusters
import db.people
from bot.announcements import rules, schedule, service
from bot.announcements.audience_screens import people_meant
from bot.announcements.names import language_name
from bot.announcements.rules import MONTH, WEEK, Readers
from bot.announcements.schedule import Plan
from bot.announcements.screens import cancel_button, letter, readers_per_language, seen
from bot.case import House
from bot.errors import Refused
from bot.messages import Button, Outgoing
from bot.texts import N_, Tongue, tongue
from db.announcements import Announcement
from db.clusters import Cluster
from db.people import Person

A_DRAFT_AGAIN = N_("Its author is changing it, so there is nothing to say yes to at the moment.")

type Rows = tuple[tuple[Button, ...], ...]


async def for_author(
    session: AsyncSession,
    draft: Announcement,
    counted: Sequence[Readers],
    author: Person,
    house: House,
    now: datetime,
) -> list[Outgoing]:
    """What readers will get, and whether to send it."""
    t = tongue(author.language)
    facts = await _facts(session, draft, counted, author, house, now)
    ask = t("Is that right?") if is_for_later(draft) else t("Shall I send it?")
    question = Outgoing("\n".join([*facts, "", ask]), _choices(t, draft))
    return [*await as_readers_get_it(session, draft, counted), question]


async def for_second(
    session: AsyncSession,
    announcement: Announcement,
    counted: Sequence[Readers],
    reader: Person,
    house: House,
    now: datetime,
) -> list[Outgoing]:
    """The same for a second coordinator, who is asked to say yes or no."""
    t = tongue(reader.language)
    author = await db.people.get(session, announcement.author_id) if announcement.author_id else None
    name = author.name if author else t.plain("The operator")
    facts = await _facts(session, announcement, counted, reader, house, now)
    asks = t(
        "<b>{name}</b> would like to send this. It goes to so many people that a second coordinator has to agree.",
        name=name,
    )
    data = f"{announcement.id}:{seen(announcement)}"
    rows = (
        (Button(t.plain("Yes, send it"), f"announcements:approve:{data}", means=("affirm",)),),
        (Button(t.plain("No, do not send it"), f"announcements:decline:{data}", means=("deny",)),),
    )
    return [
        *await as_readers_get_it(session, announcement, counted),
        Outgoing("\n".join([asks, *facts, "", t("May it go out?")]), rows),
    ]


async def standing(
    session: AsyncSession,
    announcement: Announcement,
    counted: Sequence[Readers],
    reader: Person,
    house: House,
    now: datetime,
) -> list[Outgoing]:
    """One that is put down, or waits for a yes: what it is, when it comes, and what can still be done."""
    t = tongue(reader.language)
    facts = await _facts(session, announcement, counted, reader, house, now)
    waits = announcement.state == db.announcements.WAITING
    head = t("This waits for a second coordinator's yes.") if waits else t("This is put down for later.")
    rows: list[tuple[Button, ...]] = []
    if announcement.author_id == reader.id:
        rows.append((Button(t.plain("Change it"), f"announcements:edit:{announcement.id}"),))
    rows.append((Button(t.plain("Do not send it"), f"announcements:cancel:{announcement.id}"),))
    rows.append((Button(t.plain("My announcements"), "announcements:mine"), Button(t.plain("Menu"), "people:menu")))
    return [
        *await as_readers_get_it(session, announcement, counted),
        Outgoing("\n".join([f"<b>{head}</b>", *facts]), tuple(rows)),
    ]


async def as_readers_get_it(
    session: AsyncSession, announcement: Announcement, counted: Sequence[Readers]
) -> list[Outgoing]:
    """One message per language. Its buttons do nothing but say so; what leads to an address still does."""
    author = await db.people.get(session, announcement.author_id) if announcement.author_id else None
    shown: list[Outgoing] = []
    for language in rules.by_language(counted):
        cluster = await _cluster_of(session, language, counted)
        message = letter(language, announcement, author, cluster)
        sample = f"announcements:sample:{announcement.id}"
        rows = tuple(
            tuple(one if one.url else Button(one.label, sample, spoken=False) for one in row) for row in message.buttons
        )
        shown.append(replace(message, buttons=rows))
    return shown


async def _cluster_of(session: AsyncSession, language: str, counted: Sequence[Readers]) -> Cluster | None:
    """Of the people who read this language, where the most are."""
    most = max((some for some in counted if some.language == language), key=lambda some: some.number)
    return await db.clusters.get(session, most.cluster_id)


async def _facts(
    session: AsyncSession,
    announcement: Announcement,
    counted: Sequence[Readers],
    reader: Person,
    house: House,
    now: datetime,
) -> list[str]:
    """To whom, how many, when, who is held for the night, and when the last one has it. As HTML lines."""
    t, numbers = tongue(reader.language), rules.by_language(counted)
    place = await service.place_of(session, announcement)
    who = people_meant(t, announcement.audience, sum(numbers.values()))
    lines = [t("This goes to <b>{who}</b> ({cluster}).", who=who, cluster=place.called(t.language))]
    if len(numbers) > 1:
        lines.append(readers_per_language(t, numbers))
    settings = house.settings
    foreseen = schedule.plan(
        counted, now, announcement.starts_at, announcement.wall_at, settings.quiet, settings.send_rate
    )
    if when := _when(t, announcement, reader, now):
        lines.append(when)
    if foreseen.held:
        lines.append(_held(t, announcement, foreseen))
    if counted:
        reached = t.moment(foreseen.reached, reader.zone, now)
        lines.append(t("The last one will have it: {moment}.", moment=reached))
    return lines


def _when(t: Tongue, announcement: Announcement, reader: Person, now: datetime) -> str:
    """ "Everybody gets it on Monday 30 November, at 09:00, on their own clock. Then every week."; "" for now."""
    again = {
        WEEK: t("After that every week."),
        MONTH: t("After that every month, in a short month on its last day.")
        if announcement.day > schedule.SURE_DAY
        else t("After that every month."),
    }.get(announcement.every, "")
    if announcement.wall_at:
        wall = rules.begins(announcement.wall_at, "UTC")
        said = t("Everybody gets it on their own clock: <b>{moment}</b>.", moment=t.moment(wall, "UTC"))
    elif announcement.starts_at:
        said = t("It goes out: <b>{moment}</b>.", moment=t.moment(announcement.starts_at, reader.zone, now))
    else:
        return again
    return f"{said} {again}".strip()


def _held(t: Tongue, announcement: Announcement, foreseen: Plan) -> str:
    if is_for_later(announcement):
        return t.n(
            "At that hour it is night for {n} person: they get it in the morning.",
            "At that hour it is night for {n} people: they get it in the morning.",
            foreseen.held,
        )
    return t.n(
        "It is night for {n} person: they get it in the morning.",
        "It is night for {n} people: they get it in the morning.",
        foreseen.held,
    )


def _choices(t: Tongue, draft: Announcement) -> Rows:
    """What can be done with a draft that is whole."""
    number, send = draft.id, f"announcements:send:{draft.id}:{seen(draft)}"
    if is_for_later(draft):
        first = [
            Button(t.plain("Yes, at that time"), send, means=("affirm",)),
            Button(t.plain("Another time"), f"announcements:later:{number}"),
            Button(t.plain("No set time"), f"announcements:now:{number}"),
        ]
    else:
        first = [
            Button(t.plain("Send it now"), send, means=("affirm",)),
            Button(t.plain("Send it later"), f"announcements:later:{number}"),
        ]
    file = (
        Button(t.plain("Remove the file"), f"announcements:nofile:{number}")
        if draft.file
        else Button(t.plain("Add a photo or a PDF"), f"announcements:attach:{number}")
    )
    below = t.plain("Change the buttons") if draft.buttons else t.plain("Add a button")
    rest = [
        Button(t.plain("Change the text"), f"announcements:again:{number}"),
        file,
        Button(below, f"announcements:buttons:{number}"),
        Button(t.plain("Choose other people"), f"announcements:change:{number}"),
        cancel_button(t, draft, "deny"),
    ]
    return tuple((button,) for button in [*first, *rest])


def is_for_later(announcement: Announcement) -> bool:
    return bool(announcement.wall_at) or announcement.starts_at is not None


# -- the text -------------------------------------------------------------------------------------------


def text_screen(t: Tongue, draft: Announcement, place: str, numbers: Mapping[str, int], language: str) -> Outgoing:
    """Ask for the text in one language, or with `language` "all" for the one that everyone gets."""
    meant = people_meant(t, draft.audience, sum(numbers.values()))
    lines = [t("This will go to <b>{who}</b> ({cluster}).", who=meant, cluster=place)]
    rows: list[tuple[Button, ...]] = []
    if language == rules.ALL:
        lines.append(t("Please write the text that everyone gets."))
    elif len(numbers) == 1:
        lines.append(t("They read {language}. Please write your text.", language=language_name(language, t.language)))
    else:
        lines.append(readers_per_language(t, numbers))
        named = language_name(language, t.language)
        lines.append(t("Please write the text for those who read <b>{language}</b>.", language=named))
        rows.append((Button(t.plain("Use the same text for everyone"), f"announcements:same:{draft.id}"),))
        if written := [one for one in numbers if draft.texts.get(one)]:
            only = t.list([language_name(one, t.language) for one in written])
            label = t.plain("Send only to those who read {languages}", languages=only)
            rows.append((Button(label, f"announcements:only:{draft.id}"),))
    if draft.file:
        lines.append(
            t(
                "Your file goes with it, so the text may have {n} characters.",
                n=rules.LONGEST_CAPTION,
            )
        )
        rows.append((Button(t.plain("Remove the file"), f"announcements:nofile:{draft.id}"),))
    else:
        lines.append(
            t("You can also send a photo or a PDF; the text below it may have {n} characters.", n=rules.LONGEST_CAPTION)
        )
    rows.append((Button(t.plain("Choose other people"), f"announcements:change:{draft.id}"),))
    if draft.texts.get(language):
        rows.append((Button(t.plain("Keep the text as it is"), f"announcements:look:{draft.id}", means=("go_back",)),))
    return Outgoing("\n\n".join(lines), (*rows, (cancel_button(t, draft),)))


def which_text_screen(t: Tongue, draft: Announcement, languages: Sequence[str]) -> Outgoing:
    """Which language's text shall be changed."""
    base = f"announcements:again:{draft.id}"
    rows = [(Button(language_name(one, t.language), f"{base}:{one}"),) for one in languages]
    back = (Button(t.plain("Back"), f"announcements:look:{draft.id}", means=("deny", "go_back")),)
    return Outgoing(t("Which text would you like to change?"), (*rows, back))


# -- what is told -----------------------------------------------------------------------------------------


def put_down_screen(t: Tongue, announcement: Announcement, reader: Person, now: datetime) -> Outgoing:
    """It is put down for its time."""
    text = f"{t('Good, it is put down.')} {_when(t, announcement, reader, now)}"
    mine = Button(t.plain("My announcements"), "announcements:mine")
    open_ = Button(t.plain("Show it"), f"announcements:open:{announcement.id}")
    return Outgoing(text, ((open_,), (mine,), (Button(t.plain("Menu"), "people:menu"),)))


def waits(t: Tongue, announcement: Announcement, names: Sequence[str]) -> Outgoing:
    """Somebody else has been asked."""
    asked = t.list([name or t.plain("a colleague") for name in names])
    text = t(
        "This goes to so many people that a second coordinator has to agree. I have asked {names}, and I will tell you "
        "the answer.",
        names=asked,
    )
    return Outgoing(
        text,
        (
            (Button(t.plain("Change it"), f"announcements:edit:{announcement.id}"),),
            (Button(t.plain("Do not send it"), f"announcements:cancel:{announcement.id}"),),
            (Button(t.plain("Menu"), "people:menu"),),
        ),
    )


def same_again_screen(t: Tongue, draft: Announcement, people: int, moment: str, *, to_come: bool = False) -> Outgoing:
    """Some of these people have had the same words within a day, or are to have them."""
    sentence = (
        N_("The same text is put down for {number} of these people: {moment}. Send it again?")
        if to_come
        else N_("The same text went to {number} of these people: {moment}. Send it again?")
    )
    text = t(sentence, number=people, moment=moment)
    yes = Button(t.plain("Send it again"), f"announcements:send:{draft.id}:{seen(draft)}:again", means=("affirm",))
    back = Button(t.plain("No, show me the draft"), f"announcements:look:{draft.id}", means=("deny", "go_back"))
    return Outgoing(text, ((yes,), (back,), (cancel_button(t, draft),)))


def not_sent(t: Tongue, announcement: Announcement, why: Refused) -> Outgoing:
    """What was put down for now could not be sent; it is a draft again."""
    text = t("Your announcement could not be sent at the time you chose. It is a draft again.")
    again = Button(t.plain("Show the draft"), f"announcements:look:{announcement.id}", means=("affirm",))
    return Outgoing(f"{text}\n{t(why.sentence, **why.values)}", ((again,), (Button(t.plain("Menu"), "people:menu"),)))


def excerpt(announcement: Announcement, language: str, longest: int = 60) -> str:
    """The beginning of its text, for a list. Not escaped."""
    words = " ".join(rules.visible(rules.text_for(language, announcement.texts)).split())
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}…"
