"""A bad day: refusals, cut connections, delays, bans and the strict pace."""

import time

import aiohttp
import pytest
import telegram
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from simulator import Person, Telegram


@pytest.mark.parametrize(
    ("kind", "error", "text"),
    [
        ("403", Forbidden, "blocked"),
        ("400", BadRequest, "told to refuse"),
        ("500", NetworkError, "Internal Server Error"),
        ("502", NetworkError, "Bad Gateway"),
    ],
)
async def test_refusals(
    tg: Telegram, marco: Person, bot: telegram.Bot, kind: str, error: type[TelegramError], text: str
) -> None:
    tg.fault(kind, times=1)
    with pytest.raises(error, match=text) as refused:
        await bot.send_message(marco.id, "x")
    assert type(refused.value) in (error, TelegramError, NetworkError)
    assert tg.from_bot(marco) == []
    await bot.send_message(marco.id, "x")
    first, second = tg.log("sendMessage")
    assert (first.status, first.fault, first.answered) == (int(kind), kind, True)
    assert (second.status, second.fault, second.answered) == (200, "", True)


async def test_a_cut_before_and_a_cut_after_look_the_same_but_are_not(
    tg: Telegram, marco: Person, bot: telegram.Bot
) -> None:
    for kind, kept in (("cut_before", 0), ("cut_after", 1)):
        tg.fault(kind, times=1)
        with pytest.raises(NetworkError) as cut:
            await bot.send_message(marco.id, kind)
        assert type(cut.value) is NetworkError
        assert len(tg.from_bot(marco)) == kept
    assert [(request.fault, request.status, request.answered) for request in tg.log("sendMessage")] == [
        ("cut_before", 0, False),
        ("cut_after", 0, False),
    ]
    await bot.send_message(marco.id, "ok")


async def test_a_ban_answers_429_until_it_is_over(
    tg: Telegram, marco: Person, aisha: Person, bot: telegram.Bot
) -> None:
    tg.fault("429", times=1, retry_after=7)
    with pytest.raises(RetryAfter) as banned:
        await bot.send_message(marco.id, "x")
    assert banned.value._retry_after.total_seconds() == 7
    with pytest.raises(RetryAfter):
        await bot.send_message(aisha.id, "x")
    assert (await bot.get_updates())[0].message is not None  # reading goes on
    assert tg.faults.bans_ignored == 1
    assert [request.ignored_ban for request in tg.log("sendMessage")] == [False, True]
    tg.faults.bans[None].until = time.monotonic() - 1
    await bot.send_message(marco.id, "x")
    assert tg.faults.bans == {}


async def test_a_ban_of_one_chat(tg: Telegram, marco: Person, aisha: Person, bot: telegram.Bot) -> None:
    tg.fault("429", times=1, chat_id=marco.id, retry_after=30)
    await bot.send_message(aisha.id, "x")
    for _ in range(3):
        with pytest.raises(RetryAfter):
            await bot.send_message(marco.id, "x")
    await bot.send_message(aisha.id, "x")
    assert tg.faults.bans[marco.id].ignored == 2
    tg.clear_faults()
    await bot.send_message(marco.id, "x")


async def test_faults_choose_method_chat_and_turn(
    tg: Telegram, marco: Person, aisha: Person, bot: telegram.Bot
) -> None:
    tg.fault("400", method="sendChatAction")
    tg.fault("403", chat_id=aisha.id, method="sendMessage", skip=1)
    await bot.send_message(marco.id, "x")
    await bot.send_message(aisha.id, "x")
    with pytest.raises(Forbidden):
        await bot.send_message(aisha.id, "x")
    with pytest.raises(BadRequest):
        await bot.send_chat_action(marco.id, "typing")


async def test_probability_is_seeded(marco: Person, tg: Telegram, http: aiohttp.ClientSession) -> None:
    async def statuses() -> list[int]:
        tg.clear_faults()
        tg.fault("500", probability=0.5, seed=4)
        found = []
        for _ in range(40):
            async with http.post("/bot1:T/sendMessage", data={"chat_id": marco.id, "text": "x"}) as answer:
                found.append(answer.status)
        return found

    first = await statuses()
    assert await statuses() == first
    assert 8 < first.count(500) < 32


async def test_get_updates_is_spared_unless_named(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    everything = tg.fault("500")
    assert len(await bot.get_updates()) == 1
    everything.method = "*"
    with pytest.raises(NetworkError):
        await bot.get_updates()


async def test_a_delay_takes_its_time(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    tg.fault("delay", delay_s=0.05, times=1)
    await bot.send_message(marco.id, "x")
    await bot.send_message(marco.id, "x")
    slow, fast = tg.log("sendMessage")
    assert slow.took_s >= 0.05 > fast.took_s


async def test_the_strict_pace(tg: Telegram, marco: Person, http: aiohttp.ClientSession) -> None:
    async def send(person: Person) -> int:
        async with http.post("/bot1:T/sendMessage", data={"chat_id": person.id, "text": "x"}) as answer:
            return answer.status

    people = [tg.add_person(f"P{number}") for number in range(31)]
    for person in people:
        tg.start(person)
    tg.limit(global_per_s=30, chat_per_s=1)
    assert await send(people[0]) == 200
    assert await send(people[0]) == 429
    assert [await send(person) for person in people[1:]] == [200] * 29 + [429]
    tg.limit()
    assert await send(people[0]) == 200


def test_an_unknown_fault_is_a_mistake(tg: Telegram) -> None:
    with pytest.raises(ValueError, match="there is no fault '418'"):
        tg.fault("418")  # type: ignore[arg-type]
