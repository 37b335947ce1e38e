"""Quizzes and polls: limits, votes and what the bot hears of them."""

import pytest
import telegram
from telegram.error import BadRequest

from simulator import CannotAct, Person, Telegram


async def ask(bot: telegram.Bot, marco: Person, **facts: object) -> telegram.Message:
    wishes: dict = {
        "question": "Quanto?",
        "options": ["5", "10"],
        "type": "quiz",
        "correct_option_ids": [1],
        "is_anonymous": False,
        **facts,
    }
    return await bot.send_poll(marco.id, **wishes)


async def test_a_quiz_is_answered_once(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    sent = await ask(bot, marco, explanation="<b>Dieci</b> minuti.", explanation_parse_mode="HTML")
    assert sent.poll is not None
    tg.vote(marco, sent.message_id, 0)
    with pytest.raises(CannotAct, match="answered once"):
        tg.vote(marco, sent.message_id, 1)
    updates = await bot.get_updates(offset=-2)
    poll, answer = updates[0].poll, updates[1].poll_answer
    assert poll is not None
    assert answer is not None
    assert [option.voter_count for option in poll.options] == [1, 0]
    assert (answer.poll_id, answer.option_ids, answer.user) == (
        sent.poll.id,
        (0,),
        telegram.User(marco.id, "Marco", False),
    )
    seen = tg.last(marco).view()["poll"]
    assert (seen["chosen"], seen["correct_option_ids"], seen["explanation"]) == ([0], [1], "Dieci minuti.")


async def test_the_old_name_of_the_right_answer_works_too(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    sent = await bot.send_poll(marco.id, "q", ["a", "b"], type="quiz", api_kwargs={"correct_option_id": 0})
    assert sent.poll is not None
    assert tg.last(marco).view()["poll"]["correct_option_ids"] == [0]


async def test_anonymous_polls_name_nobody_and_let_people_change_their_mind(
    tg: Telegram, marco: Person, bot: telegram.Bot
) -> None:
    sent = await bot.send_poll(marco.id, "Quando?", ["lun", "mar"])
    for choice in (0, 1, []):
        tg.vote(marco, sent.message_id, choice)
    updates = [update for update in await bot.get_updates() if update.message is None]
    assert [update.poll_answer for update in updates] == [None, None, None]
    counts = [[option.voter_count for option in update.poll.options] for update in updates if update.poll]
    assert counts == [[1, 0], [0, 1], [0, 0]]
    with pytest.raises(CannotAct, match="does not allow"):
        tg.vote(marco, sent.message_id, [0, 1])


async def test_stopping(tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    sent = await ask(bot, marco)
    assert (await bot.stop_poll(marco.id, sent.message_id)).is_closed
    with pytest.raises(CannotAct, match="closed"):
        tg.vote(marco, sent.message_id, 0)
    with pytest.raises(BadRequest, match="Poll has already been closed"):
        await bot.stop_poll(marco.id, sent.message_id)
    text = await bot.send_message(marco.id, "x")
    with pytest.raises(BadRequest, match="Message with poll to stop not found"):
        await bot.stop_poll(marco.id, text.message_id)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"question": ""}, "question must be non-empty"),
        ({"question": "x" * 301}, "question length must not exceed 300"),
        ({"options": []}, "at least 1 option"),
        ({"options": ["x"] * 13}, "more than 12 options"),
        ({"options": ["x", "y" * 101]}, "options length must not exceed 100"),
        ({"options": ["x", " "]}, "options must be non-empty"),
        ({"correct_option_ids": None}, "quiz must have a correct option"),
        ({"correct_option_ids": [2]}, "(?i)wrong correct option id"),
        ({"explanation": "x" * 201}, "message is too long"),
        ({"explanation": "a\nb\nc\nd"}, "message is too long"),
    ],
)
async def test_limits(tg: Telegram, marco: Person, bot: telegram.Bot, facts: dict, why: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){why.removeprefix('(?i)')}"):
        await ask(bot, marco, **facts)
    assert tg.from_bot(marco) == []


async def test_what_just_fits(marco: Person, bot: telegram.Bot) -> None:
    sent = await ask(bot, marco, question="x" * 300, options=["y" * 100] * 12, explanation="a\nb\n" + "z" * 196)
    assert sent.poll is not None
    assert len(sent.poll.options) == 12
