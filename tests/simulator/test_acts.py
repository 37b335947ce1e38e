"""What people do, and that PTB reads every update it makes."""

import asyncio

import pytest
import telegram
from telegram.error import BadRequest

from simulator import CannotAct, Kept, Person, Telegram
from simulator.model import Callback


def read(tg: Telegram, bot: telegram.Bot) -> list[telegram.Update]:
    """Every waiting update but the first /start, as PTB reads it."""
    updates = [telegram.Update.de_json(update, bot) for update in tg.updates.waiting()]
    return [update for update in updates if not (update.message and update.message.text == "/start")]


async def test_words_and_commands(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    tg.start(marco, "inv_Ab-9")
    tg.say(marco, "  domani alle 10 😀 ")
    started, words = [update.message for update in read(tg, bot)]
    assert started is not None
    assert words is not None
    assert (started.text, started.parse_entities()) == ("/start inv_Ab-9", {started.entities[0]: "/start"})
    assert (words.text, words.chat_id, words.from_user) == (
        "domani alle 10 😀",
        marco.id,
        telegram.User(marco.id, "Marco", False),
    )
    assert words.from_user
    assert words.from_user.language_code == "it"
    with pytest.raises(CannotAct, match="empty"):
        tg.say(marco, "  ")


async def test_long_texts_are_cut_as_a_phone_cuts_them(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    tg.say(marco, "x" + "😀" * 4096)
    said = [update.message.text or "" for update in read(tg, bot) if update.message]
    assert "".join(said) == "x" + "😀" * 4096
    assert [len(text.encode("utf-16-le")) // 2 for text in said] == [4095, 4096, 2]


async def test_things_that_are_no_words(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    tg.photo(marco, caption="la vetrina")
    tg.location(marco, 44.49, 11.34)
    tg.contact(marco)
    tg.document(marco, "cv.pdf", b"%PDF", "application/pdf")
    photo, place, contact, document = [update.message for update in read(tg, bot)]
    assert photo is not None
    assert photo.caption == "la vetrina"
    file = await photo.photo[-1].get_file()
    assert bytes(await file.download_as_bytearray()).startswith(b"\x89PNG")
    assert place is not None
    assert place.location == telegram.Location(11.34, 44.49)
    assert contact is not None
    assert contact.contact is not None
    assert contact.contact.user_id == marco.id
    assert document is not None
    assert document.document is not None
    assert document.document.file_name == "cv.pdf"


async def test_a_tap_and_its_answer(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    row = [telegram.InlineKeyboardButton(label, callback_data=f"a:{label}") for label in ("No", "Sì")]
    sent = await bot.send_message(marco.id, "?", reply_markup=telegram.InlineKeyboardMarkup([row]))
    tap = tg.press(marco, "Sì")
    assert isinstance(tap, Callback)
    query = read(tg, bot)[0].callback_query
    assert query is not None
    assert (query.data, query.id, query.message) == ("a:Sì", tap.id, sent)
    assert tap.answer is None
    await query.answer("Fatto", show_alert=True)
    assert tap.answer == {"text": "Fatto", "show_alert": True, "url": ""}
    with pytest.raises(BadRequest, match=r"(?i)message_too_long"):
        await bot.answer_callback_query(tap.id, "x" * 201)
    with pytest.raises(BadRequest, match="Query is too old and response timeout expired or query id is invalid"):
        await bot.answer_callback_query("17")
    tap.at -= 3600
    with pytest.raises(BadRequest, match="Query is too old"):
        await query.answer()
    with pytest.raises(CannotAct, match="there is \\[\\['No', 'Sì'\\]\\]"):
        tg.press(marco, "Forse")


async def test_forged_taps_pass(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    sent = await bot.send_message(marco.id, "x")
    await bot.delete_message(marco.id, sent.message_id)
    tg.tap(marco, 1, "matching:accept:17")
    tg.tap(marco, sent.message_id, "old:one")
    tg.tap(marco, 4711, "x" * 200)
    queries = [update.callback_query for update in read(tg, bot)]
    assert [query.data for query in queries if query] == ["matching:accept:17", "old:one", "x" * 200]
    assert [query.message.is_accessible for query in queries if query and query.message] == [True, False, False]


async def test_taps_on_what_is_not_there(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    with pytest.raises(CannotAct, match="no message with buttons"):
        tg.tap(marco)
    button = telegram.InlineKeyboardButton("Sito", url="https://x.org")
    sent = await bot.send_message(marco.id, "x", reply_markup=telegram.InlineKeyboardMarkup([[button]]))
    with pytest.raises(CannotAct, match="opens an address"):
        tg.tap(marco, sent.message_id)
    with pytest.raises(CannotAct, match="no button at row 3"):
        tg.tap(marco, sent.message_id, row=3)
    with pytest.raises(CannotAct, match="no person 5"):
        tg.say(5, "x")


async def test_blocking_and_coming_back(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    tg.block(marco)
    tg.block(marco)
    with pytest.raises(CannotAct, match="has blocked the bot"):
        tg.say(marco, "x")
    tg.start(marco, "again")
    stopped, back, message = read(tg, bot)
    assert stopped.my_chat_member is not None
    assert back.my_chat_member is not None
    assert (stopped.my_chat_member.old_chat_member.status, stopped.my_chat_member.new_chat_member.status) == (
        "member",
        "kicked",
    )
    assert (back.my_chat_member.old_chat_member.status, back.my_chat_member.new_chat_member.status) == (
        "kicked",
        "member",
    )
    assert message.message is not None
    assert message.message.text == "/start again"


async def test_editing_ones_own_words(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    kept = tg.say(marco, "domni")
    tg.edit(marco, kept.id, "domani")
    edited = read(tg, bot)[-1].edited_message
    assert edited is not None
    assert (edited.text, edited.message_id) == ("domani", kept.id)
    theirs = await bot.send_message(marco.id, "x")
    with pytest.raises(CannotAct, match="own words"):
        tg.edit(marco, theirs.message_id, "y")


async def test_a_deleted_chat_is_empty_on_the_phone_only(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    sent = await bot.send_message(marco.id, "x")
    tg.delete_chat(marco)
    assert tg.messages(marco) == []
    await bot.edit_message_text("y", marco.id, sent.message_id)
    await bot.send_message(marco.id, "ancora qui")
    assert [kept.text for kept in tg.messages(marco)] == ["ancora qui"]
    tg.delete_chat(marco, stop=True)
    assert marco.blocked


async def test_waiting_for_the_answer(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    button = telegram.InlineKeyboardButton("Avanti", callback_data="x")
    sent = await bot.send_message(marco.id, "vecchio", reply_markup=telegram.InlineKeyboardMarkup([[button]]))
    said = tg.say(marco, "ciao")
    waiting = asyncio.create_task(tg.answer(marco, said))
    await bot.send_message(marco.id, "salve")
    assert (await waiting).text == "salve"
    assert isinstance(await tg.answer(marco), Kept)
    tap = tg.press(marco, "Avanti")
    assert isinstance(tap, Callback)
    await bot.edit_message_text("nuovo", marco.id, sent.message_id)
    assert (await tg.answer(marco, tap)).text == "nuovo"
    with pytest.raises(TimeoutError):
        await tg.answer(marco, tg.say(marco, "c'è nessuno?"), timeout_s=0.01)


async def test_dates_follow_the_given_clock() -> None:
    async with Telegram(now=lambda: 1_800_000_000.7) as tg:
        kept = tg.say(tg.add_person("Marco"), "x")
        assert kept.message["date"] == 1_800_000_000


def test_ids_of_people_need_more_than_32_bits(tg: Telegram) -> None:
    first, given, next_one = tg.add_person("A"), tg.add_person("B", id=1001), tg.add_person("C")
    assert first.id > 2**32
    assert (given.id, next_one.id) == (1001, first.id + 1)
    assert tg.add_person("B again", id=1001) is given
