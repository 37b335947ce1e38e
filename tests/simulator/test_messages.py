"""Sending, editing, deleting: through PTB, with Telegram's refusals."""

import re

import aiohttp
import pytest
import telegram
from telegram import InlineKeyboardButton as Button
from telegram import InlineKeyboardMarkup as Buttons
from telegram import ReplyKeyboardMarkup, ReplyKeyboardRemove
from telegram.error import BadRequest, Forbidden, InvalidToken

from simulator import Person, Telegram, images


def one_button(data: str = "a:b") -> Buttons:
    return Buttons([[Button("Sì", callback_data=data)]])


async def test_the_bot_knows_itself(bot: telegram.Bot) -> None:
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.username) == (1, True, "twogether_bot")


async def test_a_message_is_kept_as_the_person_sees_it(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    sent = await bot.send_message(
        marco.id, "<b>Ciao</b> &amp; <i>benvenuto</i> 😀", parse_mode="HTML", reply_markup=one_button()
    )
    assert sent.text == "Ciao & benvenuto 😀"
    assert sent.text_html == "<b>Ciao</b> &amp; <i>benvenuto</i> 😀"
    seen = tg.last(marco)
    assert (seen.id, seen.text, seen.by) == (sent.message_id, sent.text, "bot")
    assert tg.labels(marco) == [["Sì"]]
    assert seen.view()["entities"][0] == {"type": "bold", "offset": 0, "length": 4}


@pytest.mark.parametrize(
    ("text", "parse_mode", "why"),
    [
        ("", None, "Message text is empty"),
        (" \n ", None, "Text must be non-empty"),
        ("x" * 4097, None, "Message is too long"),
        ("😀" * 2049, None, "Message is too long"),
        ("<b>x", "HTML", "Can't parse entities: can't find end tag corresponding to start tag \"b\""),
    ],
)
async def test_bad_texts_are_refused(
    marco: Person, tg: Telegram, bot: telegram.Bot, text: str, parse_mode: str | None, why: str
) -> None:
    with pytest.raises(BadRequest, match=re.compile(re.escape(why), re.IGNORECASE)):
        await bot.send_message(marco.id, text, parse_mode=parse_mode)
    assert tg.from_bot(marco) == []


async def test_the_longest_text_passes(marco: Person, bot: telegram.Bot) -> None:
    assert len((await bot.send_message(marco.id, "<b>" + "x" * 4096 + "</b>", parse_mode="HTML")).text or "") == 4096


@pytest.mark.parametrize(
    ("markup", "why"),
    [
        (one_button("x" * 65), "Button_data_invalid"),
        (one_button("é" * 33), "Button_data_invalid"),
        (one_button(""), "Button_data_invalid"),
        (Buttons([[Button("x", callback_data="x")] * 9]), "Reply markup is too long"),
        (Buttons([[Button("x", callback_data="x")]] * 101), "Reply markup is too long"),
        (Buttons([[Button("x", url="javascript:alert(1)")]]), "Button_url_invalid"),
        (Buttons([[Button(" ", callback_data="x")]]), "text must be non-empty"),
        (Buttons([[Button("x")]]), "Text buttons are unallowed in the inline keyboard"),
        (ReplyKeyboardMarkup([["a"] * 9]), "Reply markup is too long"),
    ],
)
async def test_bad_buttons_are_refused(
    marco: Person, tg: Telegram, bot: telegram.Bot, markup: Buttons | ReplyKeyboardMarkup, why: str
) -> None:
    with pytest.raises(BadRequest, match=re.compile(why, re.IGNORECASE)):
        await bot.send_message(marco.id, "x", reply_markup=markup)
    assert tg.from_bot(marco) == []


async def test_a_hundred_buttons_and_64_bytes_pass(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    row = [Button("x", callback_data="é" * 32)] * 4
    await bot.send_message(marco.id, "x", reply_markup=Buttons([row] * 25))
    assert sum(len(labels) for labels in tg.labels(marco)) == 100


async def test_who_can_be_written_to(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    stranger = tg.add_person("Nessuno")
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(stranger.id, "x")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(42, "x")
    tg.block(marco)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(marco.id, "x")
    tg.unblock(marco)
    await bot.send_message(marco.id, "x")
    tg.deactivate(marco)
    with pytest.raises(Forbidden, match="user is deactivated"):
        await bot.send_message(marco.id, "x")


async def test_editing(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    sent = await bot.send_message(marco.id, "uno", reply_markup=one_button())
    await bot.edit_message_text("<b>due</b>", marco.id, sent.message_id, parse_mode="HTML")
    seen = tg.last(marco)
    assert (seen.text, seen.edits, seen.buttons) == ("due", 1, [])
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text("<b>due</b>", marco.id, sent.message_id, parse_mode="HTML")
    await bot.edit_message_reply_markup(marco.id, sent.message_id, reply_markup=one_button("c:d"))
    assert tg.last(marco).buttons[0][0]["callback_data"] == "c:d"
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_reply_markup(marco.id, sent.message_id, reply_markup=one_button("c:d"))
    assert tg.last(marco).edits == 1


async def test_what_cannot_be_edited(tg: Telegram, marco: Person, aisha: Person, bot: telegram.Bot) -> None:
    theirs = tg.say(marco, "ciao")
    with_keyboard = await bot.send_message(marco.id, "x", reply_markup=ReplyKeyboardMarkup([["Menu"]]))
    document = await bot.send_document(marco.id, b"x", filename="x.txt", caption="y")
    sent = await bot.send_message(marco.id, "x")
    for chat_id, message_id, why in [
        (marco.id, theirs.id, "Message can't be edited"),
        (marco.id, with_keyboard.message_id, "Message can't be edited"),
        (marco.id, document.message_id, "There is no text in the message to edit"),
        (marco.id, 999, "Message to edit not found"),
        (aisha.id, sent.message_id, "Message to edit not found"),
    ]:
        with pytest.raises(BadRequest, match=why):
            await bot.edit_message_text("nuovo", chat_id, message_id)
    await bot.edit_message_caption(marco.id, document.message_id, caption="z")
    assert tg.messages(marco)[-2].view()["text"] == "z"


async def test_deleting(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    sent = await bot.send_message(marco.id, "x")
    assert await bot.delete_message(marco.id, sent.message_id)
    assert tg.from_bot(marco) == []
    assert tg.messages(marco, everything=True)[-1].deleted
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await bot.delete_message(marco.id, sent.message_id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("y", marco.id, sent.message_id)
    old = await bot.send_message(marco.id, "x")
    tg.clock_offset += 49 * 3600
    with pytest.raises(BadRequest, match="Message can't be deleted for everyone"):
        await bot.delete_message(marco.id, old.message_id)


async def test_replies_name_a_message_that_is_there(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    asked = tg.say(marco, "quando?")
    sent = await bot.send_message(marco.id, "domani", reply_to_message_id=asked.id)
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.text == "quando?"
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(marco.id, "domani", reply_to_message_id=999)


async def test_the_keyboard_comes_and_goes(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    await bot.send_message(marco.id, "x", reply_markup=ReplyKeyboardMarkup([["Menu", "Aiuto"]]))
    tg.press(marco, "Menu")
    assert tg.keyboard(marco) == [["Menu", "Aiuto"]]
    await bot.send_message(marco.id, "x", reply_markup=ReplyKeyboardMarkup([["Sì"]], one_time_keyboard=True))
    assert tg.keyboard(marco) == [["Sì"]]
    tg.press(marco, "Sì")
    assert tg.keyboard(marco) == []
    await bot.send_message(marco.id, "x", reply_markup=ReplyKeyboardMarkup([["Menu"]]))
    await bot.send_message(marco.id, "x", reply_markup=ReplyKeyboardRemove())
    assert tg.keyboard(marco) == []


async def test_typing_is_seen_until_the_message_comes(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    await bot.send_chat_action(marco.id, "typing")
    assert tg.typing(marco) == "typing"
    await bot.send_message(marco.id, "x")
    assert tg.typing(marco) == ""
    with pytest.raises(BadRequest, match="Wrong parameter action in request"):
        await bot.send_chat_action(marco.id, "dancing")


async def test_documents_arrive_byte_for_byte(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    content = bytes(range(256)) * 40 + b"\r\n--boundary\r\n"
    sent = await bot.send_document(
        marco.id, content, filename="incontro.ics", caption="<b>Il</b> file", parse_mode="HTML"
    )
    assert sent.document is not None
    assert (sent.document.file_name, sent.document.file_size, sent.caption) == ("incontro.ics", len(content), "Il file")
    file = await sent.document.get_file()
    assert bytes(await file.download_as_bytearray()) == content
    again = await bot.send_document(marco.id, sent.document.file_id)
    assert again.document == sent.document
    with pytest.raises(BadRequest, match=r"(?i)caption is too long"):
        await bot.send_document(marco.id, b"x", caption="x" * 1025)
    with pytest.raises(BadRequest, match=r"(?i)wrong file identifier"):
        await bot.send_document(marco.id, "unknown")
    with pytest.raises(BadRequest, match=r"(?i)file must be non-empty"):
        await bot.send_document(marco.id, b"", filename="x.txt")


async def test_attached_files_are_found_by_name(http: aiohttp.ClientSession, tg: Telegram, marco: Person) -> None:
    form = aiohttp.FormData()
    form.add_field("chat_id", str(marco.id))
    form.add_field("document", "attach://here")
    form.add_field("here", b"\x00\xff", filename="x.bin", content_type="application/x-thing")
    async with http.post("/bot1:T/sendDocument", data=form) as answer:
        document = (await answer.json())["result"]["document"]
    assert (document["file_name"], document["mime_type"], document["file_size"]) == ("x.bin", "application/x-thing", 2)
    assert tg.last(marco).view()["file"]["name"] == "x.bin"


async def test_photos(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    sent = await bot.send_photo(marco.id, images.sample(30, 20), caption="x")
    assert (sent.photo[0].width, sent.photo[0].height) == (30, 20)
    with pytest.raises(BadRequest, match=r"(?i)image_process_failed"):
        await bot.send_photo(marco.id, b"no picture")


async def test_get_chat(tg: Telegram, aisha: Person, bot: telegram.Bot) -> None:
    chat = await bot.get_chat(aisha.id)
    assert (chat.type, chat.first_name, chat.last_name, chat.username) == ("private", "Aisha", "Conti", "aisha_c")


async def test_settings_by_language(tg: Telegram, bot: telegram.Bot) -> None:
    await bot.set_my_commands([("menu", "Menu")])
    await bot.set_my_commands([("aiuto", "Aiuto")], language_code="it", scope=telegram.BotCommandScopeAllPrivateChats())
    await bot.set_my_description("I help", language_code="")
    await bot.set_my_short_description("Breve", language_code="it")
    await bot.set_chat_menu_button(menu_button=telegram.MenuButtonCommands())
    assert [command.command for command in await bot.get_my_commands()] == ["menu"]
    assert (await bot.get_my_description(language_code="de")).description == "I help"
    italian = tg.server.api.what_a_phone_shows(tg.add_person("Marco", "it"))
    assert [command["command"] for command in italian["commands"]] == ["aiuto"]
    assert italian["short_description"] == "Breve"
    german = tg.server.api.what_a_phone_shows(tg.add_person("Jürgen", "de"))
    assert [command["command"] for command in german["commands"]] == ["menu"]
    with pytest.raises(BadRequest, match=r"(?i)bot_command_invalid"):
        await bot.set_my_commands([("Menü", "x")])


async def test_wrong_tokens_and_unknown_methods(tg: Telegram, bot: telegram.Bot, http: aiohttp.ClientSession) -> None:
    async with http.post("/bot1:WRONG/getMe") as answer:
        assert (answer.status, await answer.json()) == (
            401,
            {"ok": False, "error_code": 401, "description": "Unauthorized"},
        )
    with pytest.raises(InvalidToken):
        await telegram.Bot("1:WRONG", base_url=f"{tg.url}/bot").initialize()
    async with http.get("/bot1:T/sendNothing") as answer:
        assert (answer.status, (await answer.json())["description"]) == (404, "Not Found")


async def test_every_way_to_encode_a_request(http: aiohttp.ClientSession, tg: Telegram, marco: Person) -> None:
    buttons = {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}
    encoded = '{"inline_keyboard":[[{"text":"a","callback_data":"b"}]]}'
    form = {"chat_id": str(marco.id), "text": "é+ &", "reply_markup": encoded}
    multipart = aiohttp.FormData(form, default_to_multipart=True)
    for facts in [
        {"json": {"chat_id": marco.id, "text": "é+ &", "reply_markup": buttons}},
        {"data": form},
        {"data": multipart},
        {"params": form},
    ]:
        async with http.post("/bot1:T/SENDmessage", **facts) as answer:
            assert answer.status == 200, await answer.text()
        assert (tg.last(marco).text, tg.labels(marco)) == ("é+ &", [["a"]])
    assert len({kept.id for kept in tg.from_bot(marco)}) == 4


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (b"{", "application/json", "can't parse JSON object"),
        (b'{"chat_id":1,"text":"\\ud800"}', "application/json", "strings must be encoded in UTF-8"),
        (b"text=%FF", "application/x-www-form-urlencoded", "strings must be encoded in UTF-8"),
        (b"text=x", "application/x-www-form-urlencoded", "chat_id is empty"),
        (b"nothing", "multipart/form-data; boundary=x", "can't parse the multipart body"),
        (b'{"chat_id":1,"text":"x","reply_markup":"{"}', "application/json", "chat not found"),
    ],
)
async def test_broken_requests_are_refused(http: aiohttp.ClientSession, body: bytes, kind: str, why: str) -> None:
    async with http.post("/bot1:T/sendMessage", data=body, headers={"Content-Type": kind}) as answer:
        assert (answer.status, (await answer.json())["description"]) == (400, f"Bad Request: {why}")
