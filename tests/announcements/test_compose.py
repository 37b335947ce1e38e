"""Composing: emphasis and links, a file, buttons, languages, and the preview as readers get it."""

from datetime import timedelta
from typing import Any

import pytest

from bot.announcements import compose_taps, preview, rules, service
from bot.announcements.own import FORGED
from bot.announcements.screens import letter
from bot.errors import Refused
from bot.messages import Incoming, Outgoing
from bot.texts import tongue
from db.announcements import Announcement
from tests.announcements.conftest import HOUSE, NOON, Programme, buttons, cluster, person


def text_of(screens: list[Outgoing]) -> str:
    return "\n".join(screen.text for screen in screens)


def photo(text: str = "", html: str = "") -> Incoming:
    return Incoming("photo", "1", text=text, html=html, data="PHOTO-1")


def pdf(name: str = "programma.pdf", mime: str = "application/pdf", size: int = 1000, text: str = "") -> Incoming:
    return Incoming("document", "1", text=text, data="DOC-1", file_name=name, file_mime=mime, file_size=size)


async def begun(programme: Programme, *languages: str) -> list[Outgoing]:
    for language in languages or ("it",):
        await programme.add(language=language)
    return await programme.does("announcements:new", "to all workers in Italy")


async def the_one(programme: Programme) -> Announcement:
    (announcement,) = await programme.announcements()
    return announcement


async def payloads(programme: Programme) -> list[dict[str, Any]]:
    return [row.payload for row in await programme.letters()]


# -- emphasis -------------------------------------------------------------------------------------------


async def test_emphasis_and_links_reach_the_readers(programme: Programme) -> None:
    await begun(programme)
    html = 'La <b>fiera</b> è <a href="https://fair.example/?a=1&amp;b=2">qui</a> &lt;3'
    shown = await programme.types("La fiera è qui <3", html)
    assert shown[0].text.endswith(html)
    await programme.does(buttons(shown)["Send it now"].data)
    (sent,) = await payloads(programme)
    assert sent["text"].endswith(html)


async def test_only_what_is_seen_counts(programme: Programme) -> None:
    await begun(programme)
    long = "x" * 3500
    shown = await programme.types(long, f"<b>{long}</b>")
    assert buttons(shown)["Send it now"]


async def test_more_links_than_telegram_reads_are_refused(programme: Programme) -> None:
    await begun(programme)
    html = f'<a href="https://fair.example/{"a" * 1900}">x</a>' * 20
    assert "so many long links" in text_of(await programme.types("x" * 20, html))
    assert await programme.form() == ("announcements_text", "it")


# -- a file ---------------------------------------------------------------------------------------------


async def test_a_photo_with_its_caption_is_the_announcement(programme: Programme) -> None:
    await begun(programme)
    shown = await programme.sends(photo("Ciao a tutti", "Ciao <b>a tutti</b>"))
    assert "I have added the photo." in text_of(shown)
    seen = next(screen for screen in shown if screen.file)
    assert seen.file
    assert (seen.file.content, seen.file.is_picture) == ("PHOTO-1", True)
    assert seen.text.endswith("Ciao <b>a tutti</b>")
    await programme.does(buttons(shown)["Send it now"].data)
    (sent,) = await payloads(programme)
    assert sent["file"]["content"] == "PHOTO-1"


async def test_a_document_without_words_waits_for_the_text(programme: Programme) -> None:
    await begun(programme)
    asked = await programme.sends(pdf())
    assert "I have added programma.pdf." in text_of(asked)
    assert "may have 750 characters" in text_of(asked)
    assert await programme.form() == ("announcements_text", "it")
    assert "751 characters" in text_of(await programme.types("x" * 751))
    shown = await programme.types("x" * 750)
    seen = next(screen for screen in shown if screen.file)
    assert seen.file
    assert (seen.file.content, seen.file.form, seen.file.is_picture) == ("DOC-1", "document", False)
    assert rules.length(rules.visible(seen.text)) <= 1024


async def test_a_caption_that_is_too_long_loses_neither(programme: Programme) -> None:
    await begun(programme)
    asked = await programme.sends(photo("x" * 800))
    assert "800 characters" in text_of(asked)
    assert (await the_one(programme)).file["content"] == "PHOTO-1"
    assert await programme.form() == ("announcements_text", "it")
    freed = await programme.does(buttons(asked)["Remove the file"].data)
    assert "You can also send a photo" in text_of(freed)
    assert (await the_one(programme)).file == {}


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (pdf("virus.exe", "application/x-msdownload"), "this is neither"),
        (pdf("scan.jpg", "image/jpeg"), "this is neither"),
        (pdf(size=21 * 1024 * 1024), "21 MB, and 20 MB are possible"),
    ],
)
async def test_a_file_that_cannot_be_sent_is_refused(programme: Programme, sent: Incoming, says: str) -> None:
    await begun(programme)
    assert says in text_of(await programme.sends(sent))
    assert (await the_one(programme)).file == {}
    assert await programme.form() == ("announcements_text", "it")


async def test_a_file_is_added_and_removed_after_the_preview(programme: Programme) -> None:
    await begun(programme)
    shown = await programme.types("Ciao")
    asked = await programme.does(buttons(shown)["Add a photo or a PDF"].data)
    assert list(buttons(asked)) == ["Back"]
    assert "wait for a photo" in text_of(await programme.types("here it is"))
    shown = await programme.sends(photo("not used"))
    assert "I did not use" in text_of(shown)
    assert await programme.form() == ("", "")
    shown = await programme.does(buttons(shown)["Remove the file"].data)
    assert not any(screen.file for screen in shown)
    assert "Add a photo or a PDF" in buttons(shown)


async def test_a_text_too_long_for_a_file_is_said_before(programme: Programme) -> None:
    await begun(programme)
    shown = await programme.types("x" * 751)
    assert "yours has 751" in text_of(await programme.does(buttons(shown)["Add a photo or a PDF"].data))
    assert await programme.form() == ("", "")


async def test_a_file_does_not_change_what_is_asked(programme: Programme) -> None:
    asked = await begun(programme, "it", "de")
    await programme.does(buttons(asked)["Use the same text for everyone"].data)
    asked = await programme.sends(photo())
    assert await programme.form() == ("announcements_text", "all")
    await programme.does(buttons(asked)["Remove the file"].data)
    assert await programme.form() == ("announcements_text", "all")
    shown = await programme.types("Hi")
    assert (await the_one(programme)).texts == {"all": "Hi"}
    await programme.does(buttons(shown)["Choose other people"].data)
    assert await programme.form() == ("announcements_text", "people")
    await programme.sends(photo("for whom?"))
    assert await programme.form() == ("announcements_text", "people")
    after = await the_one(programme)
    assert (after.texts, after.file["content"]) == ({"all": "Hi"}, "PHOTO-1")


async def test_a_file_for_no_draft(programme: Programme) -> None:
    await begun(programme)
    (draft,) = await programme.announcements()
    await programme.does("announcements:file:FORGED")
    assert programme.refused == [FORGED]
    await programme.does(f"announcements:cancel:{draft.id}")
    told = await programme.does("announcements:file", "PHOTO-1", incoming=photo())
    assert "New announcement" in buttons(told)


def test_the_longest_names_leave_room_below_a_file() -> None:
    author = person("coordinator", name="N" * 80)
    place = cluster("c", ["IT"])
    place.names = dict.fromkeys(("en", "it", "de", "es"), "C" * 120)
    one = Announcement(texts={"all": "x" * rules.LONGEST_CAPTION}, file={}, buttons=[], id=1)
    for language in ("en", "it", "de", "es"):
        assert rules.length(rules.visible(letter(language, one, author, place).text)) <= 1024


# -- buttons --------------------------------------------------------------------------------------------


async def test_a_link_per_language(programme: Programme) -> None:
    await begun(programme, "it", "it", "de")
    await programme.types("Ciao")
    shown = await programme.types("Hallo")
    board = await programme.does(buttons(shown)["Add a button"].data)
    assert list(buttons(board)) == ["A link", "“I am interested”", "“Write an answer”", "Back"]
    asked = await programme.does(buttons(board)["A link"].data)
    assert "those who read <b>Italian</b>" in text_of(asked)
    assert "no web address" in text_of(await programme.types("Il programma"))
    assert "41 characters" in text_of(await programme.types("x" * 41 + " https://fair.example"))
    asked = await programme.types("Il programma https://fair.example/it")
    assert "those who read <b>German</b>" in text_of(asked)
    shown = await programme.types("Das Programm https://fair.example/de")
    links = [button for screen in shown for row in screen.buttons for button in row if button.url]
    assert [(one.label, one.url) for one in links] == [
        ("Il programma", "https://fair.example/it"),
        ("Das Programm", "https://fair.example/de"),
    ]
    await programme.does(buttons(shown)["Send it now"].data)
    urls = {payload["buttons"][0][0]["url"] for payload in await payloads(programme)}
    assert urls == {"https://fair.example/it", "https://fair.example/de"}


@pytest.mark.parametrize("written", [True, False])
async def test_one_link_for_all(programme: Programme, written: bool) -> None:
    await begun(programme, "it", "de")
    await programme.types("Ciao")
    await programme.types("Hallo")
    (draft,) = await programme.announcements()
    asked = await programme.does(f"announcements:link:{draft.id}")
    if written:
        asked = await programme.types("https://fair.example")
        await programme.does(buttons(asked)["Use the same button for everyone"].data)
    else:
        await programme.does(buttons(asked)["Use the same button for everyone"].data)
        await programme.types("https://fair.example")
    assert (await the_one(programme)).buttons == [
        {"kind": "link", "label": {"all": "fair.example"}, "url": {"all": "https://fair.example"}}
    ]


@pytest.mark.parametrize("same", [True, False])
async def test_a_link_lacks_a_language_that_has_come_since(programme: Programme, same: bool) -> None:
    await begun(programme)
    await programme.types("Ciao")
    (draft,) = await programme.announcements()
    await programme.does(f"announcements:link:{draft.id}")
    shown = await programme.types("Il programma https://fair.example/it")
    await programme.add(language="de")
    await programme.does(buttons(shown)["Send it now"].data)
    asked = await programme.types("Hallo")
    assert "“Il programma” has no words yet for those who read <b>German</b>" in text_of(asked)
    assert "Send it now" not in buttons(asked)
    if same:
        shown = await programme.does(buttons(asked)["Use the same button for everyone"].data)
        wanted = {"Il programma"}
    else:
        shown = await programme.types("Das Programm https://fair.example/de")
        wanted = {"Il programma", "Das Programm"}
    await programme.does(buttons(shown)["Send it now"].data)
    assert {payload["buttons"][0][0]["label"] for payload in await payloads(programme)} == wanted


async def test_one_put_down_is_not_sent_with_a_button_that_lacks_a_language(programme: Programme) -> None:
    await begun(programme, "it", "de")
    (draft,) = await programme.announcements()
    async with programme.database.begin() as session:
        here = await session.get_one(Announcement, draft.id)
        here.texts = {"all": "Ciao"}
        here.buttons = [{"kind": "link", "label": {"it": "Qui"}, "url": {"it": "https://fair.example"}}]
        with pytest.raises(Refused) as refused:
            await service.start(session, here, HOUSE, NOON)
    assert refused.value.values == {"languages": "de"}


async def test_buttons_are_added_once_and_removed(programme: Programme) -> None:
    await begun(programme)
    await programme.types("Ciao")
    (draft,) = await programme.announcements()
    await programme.does(f"announcements:add:{draft.id}:interested")
    shown = await programme.does(f"announcements:add:{draft.id}:interested")
    assert [one["kind"] for one in (await the_one(programme)).buttons] == ["interested"]
    assert "Mi interessa" in buttons(shown)
    board = await programme.does(buttons(shown)["Change the buttons"].data)
    drop = buttons(board)["Remove: I am interested"].data
    assert len(drop.encode()) <= 64
    await programme.does(f"announcements:add:{draft.id}:reply")
    await programme.does(drop)
    await programme.does(drop)
    assert [one["kind"] for one in (await the_one(programme)).buttons] == ["reply"]


async def test_not_too_many_buttons(programme: Programme) -> None:
    await begun(programme)
    await programme.types("Ciao")
    (draft,) = await programme.announcements()
    for n in range(4):
        await programme.does(f"announcements:link:{draft.id}")
        await programme.types(f"https://fair{'abcd'[n]}.example")
    assert "more would only confuse" in text_of(await programme.does(f"announcements:link:{draft.id}"))
    assert len((await the_one(programme)).buttons) == 4
    board = await programme.does(f"announcements:buttons:{draft.id}")
    assert "A link" not in buttons(board)


# -- languages ------------------------------------------------------------------------------------------


async def test_only_those_languages_that_have_a_text(programme: Programme) -> None:
    await begun(programme, "it", "it", "de", "es")
    asked = await programme.types("Ciao")
    shown = await programme.does(buttons(asked)["Send only to those who read Italian"].data)
    assert "2 workers" in text_of(shown)
    assert (await the_one(programme)).audience["language"] == ["it"]
    await programme.does(buttons(shown)["Send it now"].data)
    assert len(await programme.letters()) == 2


async def test_the_first_language_offers_no_leaving_out(programme: Programme) -> None:
    asked = await begun(programme, "it", "de")
    assert not [label for label in buttons(asked) if label.startswith("Send only")]
    (draft,) = await programme.announcements()
    await programme.does(f"announcements:only:{draft.id}")
    assert "language" not in (await the_one(programme)).audience


async def test_one_text_of_several_is_changed_and_the_old_one_stays_until_then(programme: Programme) -> None:
    await begun(programme, "it", "it", "de")
    await programme.types("Ciao")
    shown = await programme.types("Hallo")
    which = await programme.does(buttons(shown)["Change the text"].data)
    assert list(buttons(which)) == ["Italian", "German", "Back"]
    asked = await programme.does(buttons(which)["German"].data)
    assert (await the_one(programme)).texts == {"it": "Ciao", "de": "Hallo"}
    assert "Keep the text as it is" in buttons(asked)
    await programme.types("Guten Tag")
    assert (await the_one(programme)).texts == {"it": "Ciao", "de": "Guten Tag"}


# -- the preview ----------------------------------------------------------------------------------------


async def test_a_preview_is_what_readers_get_with_buttons_that_do_nothing(programme: Programme) -> None:
    await begun(programme, "it", "de")
    await programme.types("Ciao")
    await programme.types("Hallo")
    (draft,) = await programme.announcements()
    shown = await programme.does(f"announcements:add:{draft.id}:interested")
    question = shown[-1]
    await programme.does(buttons([question])["Send it now"].data)
    for row in await programme.letters():
        sent = Outgoing.from_json(row.payload)
        seen = next(screen for screen in shown if screen.text == sent.text)
        assert [[b.label for b in line] for line in seen.buttons] == [[b.label for b in line] for line in sent.buttons]
        assert {b.data for line in seen.buttons for b in line} == {f"announcements:sample:{draft.id}"}
    kind = await programme.does(f"announcements:sample:{draft.id}")
    assert "does nothing" in text_of(kind)
    async with programme.database.read() as session:
        ines = await programme.coordinator(session)
        assert ines.hears_announcements


async def test_the_question_says_who_how_many_who_sleeps_and_when_the_last_one_has_it(programme: Programme) -> None:
    await begun(programme)
    await programme.add(zone="Australia/Sydney")
    shown = await programme.types("Ciao")
    question = shown[-1].text
    assert "2 workers in Italy" in question
    assert "It is night for 1 person" in question
    assert "The last one will have it: today, Tuesday 24 November, at 21:00." in question, "eight in Sydney"


async def test_a_draft_survives_and_an_old_one_is_refused(programme: Programme) -> None:
    await begun(programme)
    shown = await programme.types("Ciao")
    look = await programme.does("announcements:mine")
    assert "Draft" in text_of(look)
    again = await programme.does(buttons(look)["1. Ciao"].data)
    assert buttons(again)["Send it now"] == buttons(shown)["Send it now"]
    programme.now = NOON + timedelta(days=8)
    assert "more than a week old" in text_of(await programme.does(buttons(shown)["Send it now"].data))


TAPS = (
    *("attach", "nofile", "again", "same", "only", "buttons", "link", "samelink", "add:{id}:reply", "look", "later"),
    *("now", "at:{id}:202612010900", "clock:{id}:202612010900", "once:{id}:202612010900", "every:{id}:week", "edit"),
    "drop:{id}:0:abcdef12",
)


@pytest.mark.parametrize("tap", TAPS)
async def test_a_colleague_cannot_touch_the_draft_and_an_old_button_answers(programme: Programme, tap: str) -> None:
    await begun(programme)
    shown = await programme.types("Ciao")
    (draft,) = await programme.announcements()
    colleague = await programme.colleague()
    data = "announcements:" + (tap.format(id=draft.id) if "{id}" in tap else f"{tap}:{draft.id}")
    await programme.does(data, by=colleague)
    assert programme.refused == [FORGED]
    (after,) = await programme.announcements()
    assert (after.texts, after.audience, after.starts_at, after.buttons) == (
        draft.texts,
        draft.audience,
        None,
        [],
    )
    await programme.does(buttons(shown)["Send it now"].data)
    assert await programme.does(data), "what it is by now is shown"
    assert (await the_one(programme)).state == "sending"
    assert len(await programme.letters()) == 1


@pytest.mark.parametrize(
    "tap",
    ["again:{id}:fr", "add:{id}:king", "at:{id}:soon", "clock:{id}:1", "every:{id}:day", "drop:{id}:x", "every:{id}"],
)
async def test_forged_words_in_buttons(programme: Programme, tap: str) -> None:
    await begun(programme)
    await programme.types("Ciao")
    (draft,) = await programme.announcements()
    await programme.does("announcements:" + tap.format(id=draft.id))
    assert programme.refused == [FORGED]
    (after,) = await programme.announcements()
    assert (after.buttons, after.wall_at, after.every) == ([], "", "")


def test_every_sentence_of_refusal_is_known_in_four_languages() -> None:
    sentences = [
        value
        for module in (service, compose_taps, preview)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str) and " " in value
    ]
    assert len(sentences) > 15
    assert [one for one in sentences for language in ("it", "de", "es") if not tongue(language).knows(one)] == []
