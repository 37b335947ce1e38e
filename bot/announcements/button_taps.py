"""The buttons a coordinator puts below an announcement: an address, "I am interested", "Write an answer"."""

from typing import Any

from bot.announcements import links, rules, service
from bot.announcements.compose_taps import FILE, nothing_being_written
from bot.announcements.names import language_name
from bot.announcements.own import FORGED, being_written, look, own_draft
from bot.announcements.rules import ALL, DETAIL_FORM, INTERESTED, LINK, REPLY
from bot.case import COORDINATOR, Case, Taps, number, word
from bot.errors import Forged, Refused
from bot.messages import Button, Outgoing
from bot.texts import N_, Tongue
from db.announcements import Announcement

taps = Taps("announcements")

MOST = 4
NO_ADDRESS = N_("I found no web address in that. It looks like https://example.org. Please write it once more.")
LONG_LABEL = N_("These words are too long for a button: {length} characters, and {most} are possible.")
ENOUGH = N_("There are {n} buttons below it, and more would only confuse. Please remove one first.")
A_FILE_FIRST = N_("Here I wait for a photo or a PDF. Please send one, or tap Back.")


@taps("buttons", needs=COORDINATOR)
async def buttons(case: Case, args: tuple[str, ...]) -> None:
    """What stands below it, and what could."""
    if draft := await own_draft(case, args):
        _close(case)
        case.show(_screen(case.t, draft))


def _close(case: Case) -> None:
    if case.talk.form == DETAIL_FORM:
        case.close_form()


def _screen(t: Tongue, draft: Announcement) -> Outgoing:
    kinds = [button["kind"] for button in draft.buttons]
    base = f"announcements:{{}}:{draft.id}"
    rows: list[tuple[Button, ...]] = []
    if len(draft.buttons) < MOST:
        rows.append((Button(t.plain("A link"), base.format("link")),))
        if INTERESTED not in kinds:
            rows.append((Button(t.plain("“I am interested”"), base.format("add") + f":{INTERESTED}"),))
        if REPLY not in kinds:
            rows.append((Button(t.plain("“Write an answer”"), base.format("add") + f":{REPLY}"),))
    for place, button in enumerate(draft.buttons):
        data = f"{base.format('drop')}:{place}:{rules.fingerprint(button)}"
        rows.append((Button(t.plain("Remove: {label}", label=_called(t, button)), data),))
    back = Button(t.plain("Back"), f"announcements:look:{draft.id}", means=("deny", "go_back"))
    text = t("Which button shall stand below your announcement?")
    return Outgoing(text, (*rows, (back,)))


def _called(t: Tongue, button: dict[str, Any]) -> str:
    match button["kind"]:
        case "link":
            return rules.text_for(t.language, button["label"])
        case "interested":
            return t.plain("I am interested")
        case _:
            return t.plain("Write an answer")


@taps("add", needs=COORDINATOR)
async def add(case: Case, args: tuple[str, ...]) -> None:
    """A button whose words are ours."""
    draft, kind = await own_draft(case, args), word(args, 1)
    if draft is None:
        return
    if kind not in (INTERESTED, REPLY):
        raise Forged(FORGED)
    if kind not in [button["kind"] for button in draft.buttons]:
        _room(draft)
        draft.buttons = [*draft.buttons, {"kind": kind}]
    case.tick(case.t("“I am interested”") if kind == INTERESTED else case.t("“Write an answer”"))
    look(case, draft)


def _room(draft: Announcement) -> None:
    if len(draft.buttons) >= MOST:
        raise Refused(ENOUGH, n=len(draft.buttons))


@taps("drop", needs=COORDINATOR)
async def drop(case: Case, args: tuple[str, ...]) -> None:
    """Without this button after all. One that is gone already stays gone."""
    draft, place, what = await own_draft(case, args), number(args, 1), word(args, 2)
    if draft is None:
        return
    case.tick(case.t("Removed"))
    draft.buttons = [
        button for n, button in enumerate(draft.buttons) if n != place or rules.fingerprint(button) != what
    ]
    look(case, draft)


# -- a link ---------------------------------------------------------------------------------------------


@taps("link", needs=COORDINATOR)
async def link(case: Case, args: tuple[str, ...]) -> None:
    """Ask for the words and the address of a button, in the first language."""
    draft = await own_draft(case, args)
    if draft is None:
        return
    _room(draft)
    languages = await _languages(case, draft)
    case.tick(case.t("A link"))
    await _ask(case, draft, languages[0], {}, {})


@taps("relink", needs=COORDINATOR)
async def relink(case: Case, args: tuple[str, ...]) -> None:
    """Somebody reads a language in which a link has no words yet: ask for them."""
    draft = await own_draft(case, args)
    if draft is None:
        return None
    lacking = rules.unlabelled(await _languages(case, draft), draft.buttons)
    if lacking is None:
        return look(case, draft)
    place, languages = lacking
    button = draft.buttons[place]
    return await _ask(case, draft, languages[0], dict(button["label"]), dict(button["url"]), place)


async def _languages(case: Case, draft: Announcement) -> list[str]:
    """What its readers read, in the order in which it is asked for; never none."""
    read = rules.by_language(await service.readers(case.session, draft, case.now))
    return rules.own_first(read, case.person.language) or [ALL]


async def _ask(
    case: Case,
    draft: Announcement,
    language: str,
    label: dict[str, str],
    url: dict[str, str],
    place: int | None = None,
) -> None:
    """What a new button says, or the one at this place, in this language."""
    t = case.t
    answers = {"draft": draft.id, "label": label, "url": url, "place": place}
    await case.ask_form(DETAIL_FORM, f"link:{language}", answers)
    alone = language == ALL or (not label and len(await _languages(case, draft)) == 1)
    if place is not None:
        text = t(
            "The button “{label}” has no words yet for those who read <b>{language}</b>. Please write what it says and "
            "where it leads, for example: The programme https://example.org",
            label=rules.text_for(t.language, label),
            language=language_name(language, t.language),
        )
    elif alone:
        text = t("Please write what the button says and where it leads, for example: The programme https://example.org")
    else:
        text = t(
            "Please write what the button says and where it leads, for those who read <b>{language}</b>. "
            "For example: The programme https://example.org",
            language=language_name(language, t.language),
        )
    rows: list[tuple[Button, ...]] = []
    if not alone:
        rows.append((Button(t.plain("Use the same button for everyone"), f"announcements:samelink:{draft.id}"),))
    rows.append((Button(t.plain("Back"), f"announcements:buttons:{draft.id}", means=("deny", "go_back", "stop")),))
    case.say(text, *rows)


@taps("samelink", needs=COORDINATOR)
async def same_link(case: Case, args: tuple[str, ...]) -> None:
    """One button for all languages: the one that is there, or the one to be written now."""
    draft = await own_draft(case, args)
    if draft is None:
        return None
    mine = await being_written(case)
    if mine is None or mine.id != draft.id or not case.talk.asked.startswith("link:"):
        return look(case, draft)
    case.tick(case.t("Use the same button for everyone"))
    label, url = case.talk.answers.get("label", {}), case.talk.answers.get("url", {})
    if not label:
        return await _ask(case, draft, ALL, {}, {})
    first = next(iter(label))
    return _keep(case, draft, {ALL: label[first]}, {ALL: url[first]}, case.talk.answers.get("place"))


@taps("detail", needs=COORDINATOR)
async def detail(case: Case, args: tuple[str, ...]) -> None:
    """The words and the address that were asked for. What is none is refused and the question stays open."""
    draft = await being_written(case)
    if draft is None or case.talk.form != DETAIL_FORM:
        return nothing_being_written(case)
    if case.talk.asked == FILE:
        raise Refused(A_FILE_FIRST)
    language, place = case.talk.asked.partition(":")[2], case.talk.answers.get("place")
    if place is None:
        _room(draft)
    found = links.read(":".join(args), case.incoming.html if case.incoming.kind == "words" else "")
    if found is None:
        raise Refused(NO_ADDRESS)
    if rules.length(found[0]) > links.LONGEST_LABEL:
        raise Refused(LONG_LABEL, length=rules.length(found[0]), most=links.LONGEST_LABEL)
    label = {**case.talk.answers.get("label", {}), language: found[0]}
    url = {**case.talk.answers.get("url", {}), language: found[1]}
    left = [one for one in await _languages(case, draft) if one not in label]
    if language != ALL and left:
        return await _ask(case, draft, left[0], label, url, place)
    return _keep(case, draft, label, url, place)


def _keep(case: Case, draft: Announcement, label: dict[str, str], url: dict[str, str], place: int | None) -> None:
    """At the end, or in the place of the one that lacked a language."""
    button = {"kind": LINK, "label": label, "url": url}
    if place is None:
        _room(draft)
        draft.buttons = [*draft.buttons, button]
    else:
        draft.buttons = [button if n == place else one for n, one in enumerate(draft.buttons)]
    look(case, draft)
