"""What a coordinator sees while announcing, and what the recipients get."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.announcements import rules
from bot.announcements.audience_screens import Place, people_meant
from bot.announcements.names import country_name, language_name
from bot.announcements.rules import Receipt
from bot.messages import Button, File, Outgoing
from bot.texts import Tongue, tongue
from db.announcements import DONE, PAUSED, SENDING, STOPPED, Announcement
from db.clusters import Cluster
from db.people import Person


def letter(language: str, announcement: Announcement, author: Person | None, cluster: Cluster | None) -> Outgoing:
    """The announcement as a reader of this language gets it."""
    t = tongue(language)
    place = cluster.called(t.language) if cluster else ""
    if author and author.name:
        sender = t("A message from <b>{name}</b>, {cluster}:", name=author.name, cluster=place)
    else:
        sender = t("A message from <b>{cluster}</b>:", cluster=place)
    text = rules.text_for(language, announcement.texts)
    file = File(**announcement.file) if announcement.file else None
    return Outgoing(f"{sender}\n\n{text}", _below(t, announcement), file=file)


def _below(t: Tongue, announcement: Announcement) -> tuple[tuple[Button, ...], ...]:
    """What the coordinator put below it, and the way not to get any more of these."""
    rows: list[tuple[Button, ...]] = []
    for button in announcement.buttons:
        data = f"announcements:{button['kind']}:{announcement.id}"
        match button["kind"]:
            case rules.LINK:
                label, url = (rules.text_for(t.language, button[part]) for part in ("label", "url"))
                rows.append((Button(label, url=url),))
            case rules.INTERESTED:
                rows.append((Button(t.plain("I am interested"), data),))
            case _:
                rows.append((Button(t.plain("Write an answer"), data),))
    rows.append((Button(t.plain("No more announcements"), "announcements:off"),))
    return tuple(rows)


def readers_per_language(t: Tongue, numbers: Mapping[str, int]) -> str:
    """ "12 read Italian and 3 read German." as HTML."""
    each = [
        t.n("{n} reads {language}", "{n} read {language}", n, language=_in(t, language))
        for language, n in numbers.items()
    ]
    return f"{t.list(each)}."


def _in(t: Tongue, language: str) -> str:
    return language_name(language, t.language)


def languages(t: Tongue, codes: Sequence[str]) -> str:
    """ "Italian and German"."""
    return t.list([_in(t, one) for one in codes])


def cancel_button(t: Tongue, announcement: Announcement, *means: str) -> Button:
    return Button(t.plain("Cancel"), f"announcements:cancel:{announcement.id}", means=means)


def who_screen(t: Tongue, draft: Announcement) -> Outgoing:
    base = f"announcements:who:{draft.id}"
    return Outgoing(
        t("Who is your announcement for?"),
        (
            (Button(t.plain("Workers"), f"{base}:worker"), Button(t.plain("Trainers"), f"{base}:trainer")),
            (Button(t.plain("Everyone"), f"{base}:all"),),
            (Button(t.plain("Choose more exactly"), f"announcements:aim:{draft.id}"),),
            (cancel_button(t, draft, "deny"),),
        ),
    )


def where_screen(t: Tongue, draft: Announcement, countries: Sequence[str]) -> Outgoing:
    base = f"announcements:where:{draft.id}"
    buttons = [Button(country_name(code, t.language), f"{base}:{code}") for code in countries]
    pairs = [tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2)]
    everywhere = (Button(t.plain("All countries"), f"{base}:all"),)
    return Outgoing(t("In which country?"), (*pairs, everywhere, (cancel_button(t, draft, "deny"),)))


def nobody_screen(t: Tongue, draft: Announcement, cluster: Place) -> Outgoing:
    meant = people_meant(t, draft.audience, 0)
    return Outgoing(
        t(
            "This would reach {who} ({cluster}): nobody yet. Shall we choose again?",
            who=meant,
            cluster=cluster.called(t.language),
        ),
        (
            (Button(t.plain("Choose other people"), f"announcements:change:{draft.id}", means=("affirm",)),),
            (cancel_button(t, draft, "deny"),),
        ),
    )


def receipt_screen(
    t: Tongue,
    announcement: Announcement,
    cluster: Place,
    receipt: Receipt,
    until: datetime | None,
    zone: str,
    now: datetime,
) -> Outgoing:
    """The counts until now, when the last one will have it, and what can be done about it."""
    meant = people_meant(t, announcement.audience, receipt.people)
    place = cluster.called(t.language)
    if announcement.state == STOPPED:
        head = t("Your announcement to <b>{who}</b> ({cluster}) was stopped.", who=meant, cluster=place)
    elif announcement.state == PAUSED:
        head = t("Your announcement to <b>{who}</b> ({cluster}) stands still.", who=meant, cluster=place)
    elif receipt.finished:
        head = t("Your announcement to <b>{who}</b> ({cluster}) is complete.", who=meant, cluster=place)
    else:
        head = t("Your announcement to <b>{who}</b> ({cluster}) is on its way.", who=meant, cluster=place)
    counts = [
        (t("Delivered: {n}", n=receipt.delivered), True),
        (t("Waiting: {n}", n=receipt.waiting), receipt.waiting > 0),
        (t("Held for the night: {n}", n=receipt.held), receipt.held > 0),
        (t("Stopped this assistant: {n}", n=receipt.blocked), receipt.blocked > 0),
        (t("Could not be sent: {n}", n=receipt.failed), receipt.failed > 0),
        (t("Sent, but perhaps not delivered: {n}", n=receipt.uncertain), receipt.uncertain > 0),
        (t("Left in the meantime: {n}", n=receipt.left), receipt.left > 0),
        (t("Not sent any more: {n}", n=receipt.withdrawn), receipt.withdrawn > 0),
        (t("Interested: {n}", n=receipt.interested), receipt.interested > 0),
        (t("Wrote an answer: {n}", n=receipt.replied), receipt.replied > 0),
    ]
    text = f"{head}\n\n" + "\n".join(line for line, shown in counts if shown)
    if until is not None and announcement.state == SENDING:
        text += "\n\n" + t("It should be complete: {moment}.", moment=t.moment(until, zone, now))
    return Outgoing(text, _to_do(t, announcement, receipt))


def _to_do(t: Tongue, announcement: Announcement, receipt: Receipt) -> tuple[tuple[Button, ...], ...]:
    """What a coordinator may do about it now."""
    number = announcement.id
    rows: list[tuple[Button, ...]] = []
    halt = Button(t.plain("Stop it"), f"announcements:halt:{number}")
    if announcement.state == SENDING:
        rows.append((Button(t.plain("Pause"), f"announcements:pause:{number}"), halt))
    if announcement.state == PAUSED:
        rows.append((Button(t.plain("Let it go on"), f"announcements:resume:{number}", means=("affirm",)), halt))
    if announcement.state in (DONE, STOPPED):
        if receipt.failed:
            label = t.n("Try again for {n} person", "Try again for {n} people", receipt.failed)
            rows.append((Button(label, f"announcements:retry:{number}:failed"),))
        if receipt.uncertain:
            label = t.n("Send again to {n} person", "Send again to {n} people", receipt.uncertain)
            rows.append((Button(label, f"announcements:retry:{number}:uncertain"),))
    if receipt.blocked or receipt.failed or receipt.uncertain:
        rows.append((Button(t.plain("Who did not get it?"), f"announcements:names:{number}"),))
    if receipt.interested or receipt.replied:
        rows.append((Button(t.plain("Who answered?"), f"announcements:answered:{number}"),))
    return tuple(rows)


def halt_screen(t: Tongue, announcement: Announcement, receipt: Receipt) -> Outgoing:
    """It stands still; for good?"""
    left = receipt.waiting + receipt.held
    text = t.n(
        "It stands still. {n} person has not got it yet. Shall I stop it for good?",
        "It stands still. {n} people have not got it yet. Shall I stop it for good?",
        left,
    )
    stop = Button(t.plain("Yes, stop it"), f"announcements:stop:{announcement.id}", means=("affirm",))
    go_on = Button(t.plain("Let it go on"), f"announcements:resume:{announcement.id}", means=("deny",))
    return Outgoing(text, ((stop,), (go_on,)))


def twice_screen(t: Tongue, announcement: Announcement, number: int) -> Outgoing:
    """Of some nobody can say whether they got it: sent again, they may read it twice."""
    text = t.n(
        "Nobody can say whether {n} person got it. If you send it again, they may get it twice.",
        "Nobody can say whether {n} people got it. If you send it again, they may get it twice.",
        number,
    )
    yes = Button(t.plain("Send it again"), f"announcements:retry:{announcement.id}:uncertain:yes", means=("affirm",))
    no = Button(t.plain("No, leave it"), f"announcements:receipt:{announcement.id}", means=("deny",))
    return Outgoing(text, ((yes,), (no,)))


def seen(draft: Announcement) -> str:
    """What stands for everything a preview has shown."""
    when = (draft.starts_at.isoformat() if draft.starts_at else "", draft.wall_at, draft.every)
    return rules.fingerprint(draft.audience, draft.texts, draft.file, draft.buttons, when)
