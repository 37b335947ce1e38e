"""Writing an announcement: its text per language, and the photo or document that goes with it."""

from dataclasses import asdict

from bot.announcements import audience_taps, preview, rules, screens, service
from bot.announcements.own import FORGED, being_written, look, own_draft
from bot.announcements.rules import ALL, DETAIL_FORM, FORMS, TEXT_FORM, Readers
from bot.case import COORDINATOR, Case, Taps, word
from bot.errors import Forged, Refused
from bot.messages import LANGUAGES, Button, Do, File, Incoming
from bot.texts import N_
from db.announcements import Announcement

taps = Taps("announcements")

FILE = "file"  # what the detail form waits for
LARGEST = 20 * 1024 * 1024  # bytes: what a phone on a small contract still opens
NOTHING_BEING_WRITTEN = N_("You are not writing an announcement at the moment. Shall we begin one?")
NO_FILE = N_("I can send a photo or a PDF with it, and this is neither. Please send one of these.")
TOO_BIG = N_("This file has {size} MB, and {most} MB are possible. Please send a smaller one.")
TEXT_TOO_LONG = N_(
    "Below a photo or a document a text may have {most} characters, and yours has {length}. "
    "Please make the text shorter first, then send the file again."
)


async def ask_text_or_show(case: Case, draft: Announcement, counted: list[Readers]) -> None:
    """When it is clear who is meant: ask for the text that is missing, or show it all and ask whether to send it."""
    numbers = rules.by_language(counted)
    if missing := rules.missing(numbers, draft.texts):
        return await _ask_text(case, draft, numbers, rules.own_first(missing, case.person.language)[0])
    if rules.unlabelled(numbers, draft.buttons):
        return case.wants.append(Do("announcements:relink", (str(draft.id),)))
    for screen in await preview.for_author(case.session, draft, counted, case.person, case.house, case.now):
        case.show(screen)
    return None


async def _ask_text(case: Case, draft: Announcement, numbers: dict[str, int], language: str) -> None:
    await case.ask_form(TEXT_FORM, language, {"draft": draft.id})
    place = await service.place_of(case.session, draft)
    case.show(preview.text_screen(case.t, draft, place.called(case.t.language), numbers, language))


@taps("said", needs=COORDINATOR)
async def said(case: Case, args: tuple[str, ...]) -> None:
    """The text that was asked for, as typed. What cannot be sent is refused and the question stays open."""
    draft = await being_written(case)
    if draft is None or case.talk.form != TEXT_FORM:
        return nothing_being_written(case)
    if case.talk.asked == audience_taps.PEOPLE:
        return await audience_taps.said(case, draft, ":".join(args))
    text = service.text_as_written(case.talk.asked, ":".join(args), _marked(case.incoming), with_file=bool(draft.file))
    draft.texts = _with(draft, case.talk.asked, text)
    look(case, draft)
    return None


def _with(draft: Announcement, language: str, text: str) -> dict[str, str]:
    """One text for all stands in the place of those per language, and the other way round."""
    if language == ALL:
        return {ALL: text}
    return {**{key: value for key, value in draft.texts.items() if key != ALL}, language: text}


def _marked(incoming: Incoming) -> str:
    return incoming.html if incoming.kind in ("words", "photo", "document") else ""


def nothing_being_written(case: Case) -> None:
    """Words that no draft waits for."""
    if case.talk.form in FORMS:
        case.close_form()
    begin = Button(case.t.plain("New announcement"), "announcements:new", means=("affirm", "announce"))
    menu = Button(case.t.plain("Menu"), "people:menu", means=("deny",))
    case.say(case.t(NOTHING_BEING_WRITTEN), (begin,), (menu,))


@taps("same", needs=COORDINATOR)
async def same(case: Case, args: tuple[str, ...]) -> None:
    """One text for all languages: the one that is there, or the one to be written now."""
    draft = await own_draft(case, args)
    if draft is None:
        return
    case.tick(case.t("Use the same text for everyone"))
    written = [draft.texts[language] for language in (ALL, *LANGUAGES) if draft.texts.get(language)]
    if written:
        draft.texts = {ALL: written[0]}
        look(case, draft)
    else:
        numbers = rules.by_language(await service.readers(case.session, draft, case.now))
        await _ask_text(case, draft, numbers, ALL)


@taps("only", needs=COORDINATOR)
async def only(case: Case, args: tuple[str, ...]) -> None:
    """Send it only to those who read a language that has a text."""
    draft = await own_draft(case, args)
    if draft is None:
        return
    numbers = rules.by_language(await service.readers(case.session, draft, case.now))
    written = [language for language in numbers if draft.texts.get(language)]
    if written and not draft.texts.get(ALL):
        draft.audience = {**draft.audience, "language": written}
        case.tick(case.t("Send only to those who read {languages}", languages=screens.languages(case.t, written)))
    look(case, draft)


@taps("again", needs=COORDINATOR)
async def again(case: Case, args: tuple[str, ...]) -> None:
    """Write a text anew; the old one stays until the new one is there."""
    draft, language = await own_draft(case, args), word(args, 1)
    if draft is None:
        return None
    if language and language not in (*LANGUAGES, ALL):
        raise Forged(FORGED)
    numbers = rules.by_language(await service.readers(case.session, draft, case.now))
    written = [ALL] if draft.texts.get(ALL) else [one for one in numbers if draft.texts.get(one)]
    if not numbers or not written:
        return look(case, draft)
    case.tick(case.t("Change the text"))
    if not language and len(written) > 1:
        return case.show(preview.which_text_screen(case.t, draft, written))
    return await _ask_text(case, draft, numbers, language or written[0])


# -- the file -------------------------------------------------------------------------------------------


@taps("attach", needs=COORDINATOR)
async def attach(case: Case, args: tuple[str, ...]) -> None:
    """Ask for a photo or a document."""
    draft = await own_draft(case, args)
    if draft is None:
        return
    _fits(draft)
    case.tick(case.t("Add a photo or a PDF"))
    await _ask_file(case, draft)


async def _ask_file(case: Case, draft: Announcement) -> None:
    await case.ask_form(DETAIL_FORM, FILE, {"draft": draft.id})
    back = Button(case.t.plain("Back"), f"announcements:look:{draft.id}", means=("deny", "go_back", "stop"))
    case.say(case.t("Please send me the photo or the PDF now."), (back,))


@taps("file", needs=COORDINATOR)
async def file(case: Case, args: tuple[str, ...]) -> None:
    """A photo or a document was sent; what stands below it is the text that was asked for."""
    if case.incoming.kind not in ("photo", "document"):
        raise Forged(FORGED)
    draft = await being_written(case)
    if draft is None:
        return nothing_being_written(case)
    if case.talk.form == DETAIL_FORM and case.talk.asked != FILE:
        raise Refused(N_("Please finish the button first, or tap Back; then send the file."))
    sent = _as_file(case.incoming, word(args))
    _fits(draft)
    draft.file = asdict(sent)
    is_photo = sent.form == "known"
    case.say(case.t("I have added the photo.") if is_photo else case.t("I have added {name}.", name=sent.name))
    if caption := rules.tidy(case.incoming.text):
        _take_caption(case, draft, caption)
    return await _go_on_asking(case, draft)


async def _go_on_asking(case: Case, draft: Announcement) -> None:
    """The question that is open stays, as long as it has no answer."""
    asked = case.talk.asked if await being_written(case) is draft and case.talk.form == TEXT_FORM else ""
    if asked == audience_taps.PEOPLE:
        await audience_taps.show_board(case, draft)
    elif asked == ALL and not draft.texts.get(ALL):
        await _ask_text(case, draft, rules.by_language(await service.readers(case.session, draft, case.now)), ALL)
    else:
        look(case, draft)


def _take_caption(case: Case, draft: Announcement, caption: str) -> None:
    """The words below a file, where a text is asked for; the file stays also when they cannot be used."""
    if case.talk.form != TEXT_FORM or case.talk.asked == audience_taps.PEOPLE:
        return case.say(case.t("The words below the file I did not use; the text is written by itself."))
    language = case.talk.asked
    try:
        text = service.text_as_written(language, caption, _marked(case.incoming), with_file=True)
    except Refused as refused:
        return case.say(case.t(refused.sentence, **refused.values))
    draft.texts = _with(draft, language, text)
    return None


def _as_file(sent: Incoming, held: str) -> File:
    """What the channel holds, as a file to send along. Raises Refused for what readers could not open."""
    if sent.kind == "photo":
        return File("photo", held, "image/jpeg", "known")
    is_pdf = sent.file_mime == "application/pdf" or sent.file_name.lower().endswith(".pdf")
    if not is_pdf:
        raise Refused(NO_FILE)
    if sent.file_size > LARGEST:
        raise Refused(TOO_BIG, size=-(-sent.file_size // (1024 * 1024)), most=LARGEST // (1024 * 1024))
    return File(rules.tidy(sent.file_name)[:80] or "document.pdf", held, "application/pdf", "document")


def _fits(draft: Announcement) -> None:
    """Raises Refused when a text that is there would be too long below a file."""
    longest = max((rules.length(rules.visible(text)) for text in draft.texts.values()), default=0)
    if longest > rules.LONGEST_CAPTION:
        raise Refused(TEXT_TOO_LONG, most=rules.LONGEST_CAPTION, length=longest)


@taps("nofile", needs=COORDINATOR)
async def no_file(case: Case, args: tuple[str, ...]) -> None:
    """Send it without a file after all."""
    draft = await own_draft(case, args)
    if draft is None:
        return
    draft.file = {}
    case.tick(case.t("Remove the file"))
    await _go_on_asking(case, draft)


@taps("sample", needs=COORDINATOR)
async def sample(case: Case, _args: tuple[str, ...]) -> None:
    """A button in a preview: for the readers it will do something."""
    case.say(case.t("This only shows what your readers will see: here the button does nothing."))
