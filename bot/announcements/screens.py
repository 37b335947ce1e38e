"""What a coordinator sees while announcing, and what the recipients get."""

from collections.abc import Mapping, Sequence

from bot.announcements import rules
from bot.announcements.names import country_name, language_name
from bot.announcements.rules import ALL, Receipt
from bot.messages import Button, Outgoing
from bot.texts import Tongue, tongue
from db.announcements import Announcement
from db.clusters import Cluster
from db.people import Person

ONE_SCREEN = 3_800  # UTF-16 units; Telegram's limit for a message is 4,096


def letter(language: str, texts: Mapping[str, str], author: Person | None, cluster: Cluster | None) -> Outgoing:
    """The announcement as a reader of this language gets it."""
    t = tongue(language)
    place = cluster.called(t.language) if cluster else ""
    if author and author.name:
        sender = t("A message from <b>{name}</b>, {cluster}:", name=author.name, cluster=place)
    else:
        sender = t("A message from <b>{cluster}</b>:", cluster=place)
    return Outgoing(f"{sender}\n\n{rules.text_for(language, texts)}")


def people_meant(t: Tongue, audience: Mapping[str, str], number: int) -> str:
    """The audience in words, not escaped: "12 workers (Italy)"."""
    match audience.get("role", ALL):
        case "worker":
            who = t.n("{n} worker", "{n} workers", number)
        case "trainer":
            who = t.n("{n} trainer", "{n} trainers", number)
        case _:
            who = t.n("{n} person", "{n} people", number)
    country = audience.get("country", ALL)
    return who if country == ALL else f"{who} ({country_name(country, t.language)})"


def readers_per_language(t: Tongue, numbers: Mapping[str, int]) -> str:
    """ "12 read Italian and 3 read German." as HTML."""
    each = [
        t.n("{n} reads {language}", "{n} read {language}", n, language=_in(t, language))
        for language, n in numbers.items()
    ]
    return f"{t.list(each)}."


def _in(t: Tongue, language: str) -> str:
    return language_name(language, t.language)


def cancel_button(t: Tongue, announcement: Announcement, *means: str) -> Button:
    return Button(t.plain("Cancel"), f"announcements:cancel:{announcement.id}", means=means)


def who_screen(t: Tongue, draft: Announcement) -> Outgoing:
    base = f"announcements:who:{draft.id}"
    return Outgoing(
        t("Who is your announcement for?"),
        (
            (Button(t.plain("Workers"), f"{base}:worker"), Button(t.plain("Trainers"), f"{base}:trainer")),
            (Button(t.plain("Everyone"), f"{base}:all"),),
            (cancel_button(t, draft, "deny"),),
        ),
    )


def where_screen(t: Tongue, draft: Announcement, countries: Sequence[str]) -> Outgoing:
    base = f"announcements:where:{draft.id}"
    buttons = [Button(country_name(code, t.language), f"{base}:{code}") for code in countries]
    pairs = [tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2)]
    everywhere = (Button(t.plain("All countries"), f"{base}:all"),)
    return Outgoing(t("In which country?"), (*pairs, everywhere, (cancel_button(t, draft, "deny"),)))


def nobody_screen(t: Tongue, draft: Announcement, cluster: Cluster) -> Outgoing:
    meant = people_meant(t, draft.audience, 0)
    return Outgoing(
        t(
            "This would reach {who} in {cluster}: nobody yet. Shall we choose again?",
            who=meant,
            cluster=cluster.called(t.language),
        ),
        (
            (Button(t.plain("Choose other people"), f"announcements:change:{draft.id}", means=("affirm",)),),
            (cancel_button(t, draft, "deny"),),
        ),
    )


def text_screen(
    t: Tongue, draft: Announcement, cluster: Cluster, numbers: Mapping[str, int], language: str
) -> Outgoing:
    """Ask for the text in one language, or with `language` "all" for the one that everyone gets."""
    meant = people_meant(t, draft.audience, sum(numbers.values()))
    lines = [t("This will go to <b>{who}</b> in {cluster}.", who=meant, cluster=cluster.called(t.language))]
    rows: list[tuple[Button, ...]] = []
    if language == ALL:
        lines.append(t("Please write the text that everyone gets."))
    elif len(numbers) == 1:
        lines.append(t("They read {language}. Please write your text.", language=_in(t, language)))
    else:
        lines.append(readers_per_language(t, numbers))
        lines.append(t("Please write the text for those who read <b>{language}</b>.", language=_in(t, language)))
        same = t.plain("Use the same text for everyone")
        rows.append((Button(same, f"announcements:same:{draft.id}"),))
    return Outgoing("\n\n".join(lines), (*rows, (cancel_button(t, draft),)))


def preview_screens(
    t: Tongue,
    draft: Announcement,
    cluster: Cluster,
    author: Person,
    numbers: Mapping[str, int],
    held: int,
) -> list[Outgoing]:
    """The texts as people will get them, then the question; one message when it fits into one."""
    texts = [_as_it_will_look(t, draft, cluster, author, language) for language in _versions(draft, numbers)]
    total = sum(numbers.values())
    meant = people_meant(t, draft.audience, total)
    question = [t("This goes to <b>{who}</b> in {cluster}.", who=meant, cluster=cluster.called(t.language))]
    if len(numbers) > 1:
        question.append(readers_per_language(t, numbers))
    if held:
        question.append(
            t.n(
                "It is night for {n} person: they get it in the morning.",
                "It is night for {n} people: they get it in the morning.",
                held,
            )
        )
    question.append(t("Shall I send it?"))
    seen = rules.fingerprint(draft.audience, draft.texts)
    buttons = (
        (Button(t.plain("Send it now"), f"announcements:send:{draft.id}:{seen}", means=("affirm",)),),
        (Button(t.plain("Change the text"), f"announcements:again:{draft.id}"),),
        (Button(t.plain("Choose other people"), f"announcements:change:{draft.id}"),),
        (cancel_button(t, draft, "deny"),),
    )
    whole = "\n\n".join([*texts, "—", *question])
    if rules.length(whole) <= ONE_SCREEN:
        return [Outgoing(whole, buttons)]
    return [*(Outgoing(text) for text in texts), Outgoing("\n\n".join(question), buttons)]


def _versions(draft: Announcement, numbers: Mapping[str, int]) -> list[str]:
    return [ALL] if draft.texts.get(ALL) else list(numbers)


def _as_it_will_look(t: Tongue, draft: Announcement, cluster: Cluster, author: Person, language: str) -> str:
    reader = t.language if language == ALL else language
    text = letter(reader, draft.texts, author, cluster).text
    return text if language == ALL else f"<i>{rules.as_html(_in(t, language))}</i>\n{text}"


def receipt_screen(t: Tongue, announcement: Announcement, cluster: Cluster | None, receipt: Receipt) -> Outgoing:
    """The counts until now; with a button to look again as long as somebody waits."""
    meant = people_meant(t, announcement.audience, receipt.people)
    place = cluster.called(t.language) if cluster else ""
    if receipt.finished:
        head = t("Your announcement to <b>{who}</b> in {cluster} is complete.", who=meant, cluster=place)
    else:
        head = t("Your announcement to <b>{who}</b> in {cluster} is on its way.", who=meant, cluster=place)
    counts = [
        (t("Delivered: {n}", n=receipt.delivered), True),
        (t("Waiting: {n}", n=receipt.waiting), receipt.waiting > 0),
        (t("Held for the night: {n}", n=receipt.held), receipt.held > 0),
        (t("Stopped this assistant: {n}", n=receipt.blocked), receipt.blocked > 0),
        (t("Could not be sent: {n}", n=receipt.failed), receipt.failed > 0),
        (t("Sent, but perhaps not delivered: {n}", n=receipt.uncertain), receipt.uncertain > 0),
        (t("Left in the meantime: {n}", n=receipt.left), receipt.left > 0),
    ]
    lines = "\n".join(line for line, shown in counts if shown)
    refresh = Button(t.plain("Refresh"), f"announcements:receipt:{announcement.id}")
    return Outgoing(f"{head}\n\n{lines}", () if receipt.finished else ((refresh,),))
