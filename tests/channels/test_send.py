"""What goes out: every kind of message, and every error as its remedy."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.channels.base import Gone, Impossible, SendError, TryAgain, Unsure, Wait
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.request import AiohttpRequest, NotConnected
from bot.messages import Button, File, Outgoing, Quiz
from simulator import Telegram
from simulator.model import Person
from tests.app import TOKEN


@pytest.fixture
async def tg() -> AsyncIterator[Telegram]:
    async with Telegram(token=TOKEN) as running:
        yield running


@pytest.fixture
async def channel(tg: Telegram) -> AsyncIterator[TelegramChannel]:
    opened = TelegramChannel(TOKEN, tg.url)
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
def marco(tg: Telegram) -> Person:
    person = tg.add_person("Marco", "it")
    tg.start(person)
    return person


async def test_words_buttons_and_a_keyboard(tg: Telegram, channel: TelegramChannel, marco: Person) -> None:
    rows = ((Button("Sì", "a:b"), Button("No", "a:c")), (Button("Mappa", url="https://example.org/"),))
    sent = await channel.send(str(marco.id), Outgoing("1 &lt; 2 <i>ok</i>", rows))
    kept = tg.last(marco)
    assert (str(kept.id), kept.text) == (sent, "1 < 2 ok")
    assert kept.buttons == [
        [{"text": "Sì", "callback_data": "a:b"}, {"text": "No", "callback_data": "a:c"}],
        [{"text": "Mappa", "url": "https://example.org/"}],
    ]
    await channel.send(str(marco.id), Outgoing("menu", keyboard=(("Lezione", "Menu"), ("Aiuto",))))
    assert tg.keyboard(marco) == [["Lezione", "Menu"], ["Aiuto"]]


async def test_a_quiz(tg: Telegram, channel: TelegramChannel, marco: Person) -> None:
    quiz = Quiz(("one", "two"), ("l:0", "l:1"), 1, "because")
    sent = await channel.send(str(marco.id), Outgoing("How many?", ((Button("Menu", "people:menu"),),), quiz=quiz))
    poll = tg.last(marco).poll
    assert poll is not None
    assert (f"poll:{poll['id']}", poll["question"], poll["type"]) == (sent, "How many?", "quiz")
    assert (poll["explanation"], poll["is_anonymous"]) == ("because", False)
    tg.vote(marco, tg.last(marco).id, 1)


async def test_a_file(tg: Telegram, channel: TelegramChannel, marco: Person) -> None:
    await channel.send(
        str(marco.id), Outgoing("for you", file=File("meeting.ics", "BEGIN:VCALENDAR\n", "text/calendar"))
    )
    kept = tg.last(marco)
    assert (kept.text, kept.message["document"]["file_name"]) == ("for you", "meeting.ics")
    assert tg.files[kept.file] == b"BEGIN:VCALENDAR\n"


async def test_a_message_is_changed(tg: Telegram, channel: TelegramChannel, marco: Person) -> None:
    first = await channel.send(str(marco.id), Outgoing("one", ((Button("x", "a:b"),),)))
    changed = Outgoing("two", ((Button("y", "a:c"),),), edit=first)
    assert await channel.send(str(marco.id), changed) == first
    assert await channel.send(str(marco.id), changed) == first, "the same again is no error"
    assert [kept.text for kept in tg.from_bot(marco)] == ["two"]


async def test_what_is_written_below_a_file_is_changed(tg: Telegram, channel: TelegramChannel, marco: Person) -> None:
    file = File("meeting.ics", "BEGIN:VCALENDAR\n", "text/calendar")
    first = await channel.send(str(marco.id), Outgoing("one", ((Button("x", "a:b"),),), file=file))
    changed = Outgoing("<b>two</b>", ((Button("y", "a:c"),),), edit=first)
    assert await channel.send(str(marco.id), changed) == first
    assert await channel.send(str(marco.id), changed) == first
    (kept,) = tg.from_bot(marco)
    assert (kept.text, kept.message["document"]["file_name"]) == ("two", "meeting.ics")
    assert tg.labels(marco) == [["y"]]


async def test_a_message_that_is_gone_is_written_anew_unless_it_only_tidied_up(
    tg: Telegram, channel: TelegramChannel, marco: Person
) -> None:
    sent = await channel.send(str(marco.id), Outgoing("two", ((Button("y", "a:c"),),), edit="999"))
    assert (tg.last(marco).text, str(tg.last(marco).id)) == ("two", sent)
    assert await channel.send(str(marco.id), Outgoing("✓ done", edit="998")) == "998"
    assert len(tg.from_bot(marco)) == 1


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("429", Wait),
        ("403", Gone),
        ("400", Impossible),
        ("500", TryAgain),
        ("502", TryAgain),
        ("cut_before", Unsure),
        ("cut_after", Unsure),
    ],
)
async def test_errors_by_remedy(
    tg: Telegram, channel: TelegramChannel, marco: Person, kind: str, remedy: type[SendError]
) -> None:
    tg.fault(kind, times=1, retry_after=7)
    with pytest.raises(remedy) as failed:
        await channel.send(str(marco.id), Outgoing("a secret text"))
    assert "secret" not in failed.value.why
    if isinstance(failed.value, Wait):
        assert failed.value.seconds == 7


async def test_told_to_wait_while_a_tap_is_answered_nothing_is_sent_so_long(
    tg: Telegram, channel: TelegramChannel, marco: Person
) -> None:
    tg.fault("429", method="answerCallbackQuery", times=1, retry_after=60)
    await channel.answer_tap("1")
    with pytest.raises(Wait) as failed:
        await channel.send(str(marco.id), Outgoing("x"))
    assert 59 < failed.value.seconds <= 60
    await channel.answer_tap("2")
    await channel.show_typing(str(marco.id))
    assert tg.faults.bans_ignored == 0


async def test_told_to_wait_while_typing_is_shown_messages_go_on(
    tg: Telegram, channel: TelegramChannel, marco: Person
) -> None:
    tg.fault("429", method="sendChatAction", chat_id=marco.id, times=1, retry_after=60)
    await channel.show_typing(str(marco.id))
    await channel.show_typing(str(marco.id))
    await channel.answer_tap("1")
    assert tg.faults.bans_ignored == 0
    aisha = tg.add_person("Aisha", "en")
    tg.start(aisha)
    await channel.send(str(aisha.id), Outgoing("x"))


@pytest.mark.parametrize(
    "description",
    ["Bad Request: chat not found", "Forbidden: user is deactivated", "Bad Request: PEER_ID_INVALID"],
)
async def test_somebody_who_is_not_there(
    tg: Telegram, channel: TelegramChannel, marco: Person, description: str
) -> None:
    tg.fault("400", description=description, times=1)
    with pytest.raises(Gone):
        await channel.send(str(marco.id), Outgoing("x"))


@pytest.mark.parametrize(
    ("status", "answer", "remedy"),
    [
        (200, b"<html>cut off", Unsure),  # it was taken, and a proxy spoiled the answer
        (504, b"<html>Gateway Time-out", Unsure),  # the proxy passed it on and gave up waiting
        (502, b"<html>Bad Gateway", TryAgain),
        (429, b"<html>slow down", TryAgain),
    ],
)
async def test_an_answer_that_is_not_telegrams(status: int, answer: bytes, remedy: type[SendError]) -> None:
    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(answer), answer))
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    async with server:
        made = TelegramChannel(TOKEN, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        with pytest.raises(remedy):
            await made.send("7000000001", Outgoing("x"))
        await made.stop()


async def test_an_error_nobody_foresaw_is_unsure(
    channel: TelegramChannel, marco: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_args: object, **_facts: object) -> tuple[int, bytes]:
        raise RuntimeError("session is closed")

    monkeypatch.setattr(AiohttpRequest, "do_request", broken)
    with pytest.raises(Unsure):
        await channel.send(str(marco.id), Outgoing("x"))


async def test_a_token_that_is_refused_loses_nothing(tg: Telegram, channel: TelegramChannel, marco: Person) -> None:
    tg.server._prefix = "/bot2:OTHER/"
    with pytest.raises(TryAgain):
        await channel.send(str(marco.id), Outgoing("x"))


async def test_nobody_listens(tg: Telegram, channel: TelegramChannel, marco: Person) -> None:
    await tg.stop_server()
    await channel.show_typing(str(marco.id))  # takes the connection that has just been cut out of the pool
    with pytest.raises(TryAgain):
        await channel.send(str(marco.id), Outgoing("x"))


async def test_no_answer_in_time_is_unsure(tg: Telegram, marco: Person) -> None:
    tg.fault("delay", delay_s=5)
    slow = TelegramChannel(TOKEN, tg.url)
    slow.bot._request = (AiohttpRequest(), AiohttpRequest(read_timeout_s=0.05))
    with pytest.raises(Unsure):
        await slow.send(str(marco.id), Outgoing("x"))
    await slow.stop()


async def test_taps_are_answered_and_typing_is_shown_but_neither_ever_raises(
    tg: Telegram, channel: TelegramChannel, marco: Person
) -> None:
    tapped = tg.tap(marco, 1, "a:b")
    await channel.answer_tap(tapped.id)
    assert tapped.answers == 1
    await channel.answer_tap("unknown")
    await channel.show_typing(str(marco.id))
    assert tg.typing(marco) == "typing"
    await channel.show_typing("nobody")
    tg.fault("cut_before")
    await channel.show_typing(str(marco.id))


async def test_while_told_to_wait_what_is_only_nice_is_left_out(
    tg: Telegram, channel: TelegramChannel, marco: Person
) -> None:
    tg.fault("429", times=1, retry_after=30)
    with pytest.raises(Wait):
        await channel.send(str(marco.id), Outgoing("x"))
    await channel.answer_tap(tg.tap(marco, 1, "a:b").id)
    await channel.show_typing(str(marco.id))
    assert tg.faults.bans_ignored == 0
    assert tg.log("answerCallbackQuery") == tg.log("sendChatAction") == []


async def test_the_commands_are_told_in_four_languages(tg: Telegram, channel: TelegramChannel) -> None:
    await channel.introduce()
    told = {request.params.get("language_code", "") for request in tg.log("setMyCommands")}
    assert told == {"", "it", "de", "es"}


async def test_a_connection_that_was_never_made_is_known_as_such(unused_tcp_port: int) -> None:
    request = AiohttpRequest()
    with pytest.raises(NotConnected):
        await request.do_request(f"http://127.0.0.1:{unused_tcp_port}/", "POST")
    await request.shutdown()
    await asyncio.sleep(0)
