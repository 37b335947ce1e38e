"""What people mark on their phones: bold, italic, a link; in words and below a file."""

import pytest
import telegram
from telegram.error import BadRequest

from simulator import CannotAct, Person, Telegram, images


def newest(tg: Telegram, bot: telegram.Bot) -> telegram.Message:
    update = telegram.Update.de_json(tg.updates.waiting()[-1], bot)
    assert update.message
    return update.message


async def test_marked_words(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    tg.say(marco, '<b>Ciao</b> 😀 <a href="https://fair.example/">qui</a> &amp; là', html=True)
    said = newest(tg, bot)
    assert said.text == "Ciao 😀 qui & là"
    assert said.text_html == '<b>Ciao</b> 😀 <a href="https://fair.example/">qui</a> &amp; là'


async def test_marked_captions(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    tg.photo(marco, caption="<i>la vetrina</i>", html=True)
    assert newest(tg, bot).caption_html == "<i>la vetrina</i>"
    tg.document(marco, "a.pdf", b"%PDF", "application/pdf", "vedi https://fair.example", html=False)
    sent = newest(tg, bot)
    assert sent.document
    assert [entity.type for entity in sent.caption_entities] == ["url"]


@pytest.mark.parametrize("html", [True, False])
async def test_a_phone_takes_no_longer_caption(tg: Telegram, marco: Person, html: bool) -> None:
    with pytest.raises(CannotAct, match="1024"):
        tg.photo(marco, caption="x" * 1025, html=html)


async def test_a_known_file_stays_what_it_was(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    tg.photo(marco, images.sample())
    picture = newest(tg, bot).photo[-1].file_id
    tg.document(marco, "a.pdf", b"%PDF", "application/pdf")
    document = newest(tg, bot).document
    assert document
    assert (await bot.send_photo(marco.id, picture)).photo
    assert (await bot.send_document(marco.id, document.file_id)).document
    with pytest.raises(BadRequest, match=r"(?i)use file of type document as photo"):
        await bot.send_photo(marco.id, document.file_id)
    with pytest.raises(BadRequest, match=r"(?i)use file of type photo as document"):
        await bot.send_document(marco.id, picture)
