"""Turns: in order, once, one person's trouble is nobody else's."""

import random
from collections import Counter

import pytest

from bot.case import Case
from tests.app import Running
from tests.turn.conftest import inbox, inbox_states

MENU, HELP, LANGUAGE = "What would you like to do?", "I bring you short lessons", "Which language do you prefer?"


async def test_a_stranger_is_greeted_in_the_language_of_their_phone(house: Running) -> None:
    marco = house.phone("Marco", "it")
    await marco.start()
    assert len(marco.texts) == 1
    assert len(marco.screen) == 4
    (kept,) = await house.people()
    assert (kept.language, kept.zone, kept.name, kept.joined_at) == ("it", "Europe/Rome", "", None)


async def test_the_same_update_twice_is_one_turn(house: Running) -> None:
    marco = await house.joined("worker", "Marco")
    update = {"update_id": 900_000_000, "message": message(marco.person.id, "/help")}
    for _ in range(2):
        house.tg.updates.put_raw(update)
    await house.idle()
    house.tg.updates.put_raw(update)
    await house.idle()
    assert len(marco.texts) == 1
    assert len(await inbox(house)) == 1


async def test_a_turn_that_is_taken_twice_speaks_once(house: Running) -> None:
    """As after a crash between the commit and the acknowledgement, with both rows in memory."""
    marco = await house.joined("worker", "Marco")
    await marco.say("/help")
    (row,) = await inbox(house)
    row.payload = {"update_id": row.update_id, "message": message(marco.person.id, "/help")}
    house.app.turns._begin([row])
    await house.idle()
    assert len(marco.texts) == 1


async def test_everybody_is_answered_in_order_when_twenty_speak_at_once(house: Running) -> None:
    chance = random.Random(7)
    answers = {"/menu": MENU, "/help": HELP, "/language": LANGUAGE}
    people = [await house.joined("worker", f"P{number}") for number in range(20)]
    said: dict[int, list[str]] = {one.person.id: [] for one in people}
    for one in chance.choices(people, k=200):
        words = chance.choice(list(answers))
        said[one.person.id].append(answers[words])
        house.tg.say(one.person, words)
    await house.idle()
    for one in people:
        heard = one.texts
        assert len(heard) == len(said[one.person.id])
        assert all(text.startswith(begins) for text, begins in zip(heard, said[one.person.id], strict=True))
    assert await inbox_states(house) == {"done"}


async def test_one_persons_long_turn_keeps_nobody_waiting(house: Running, use_case) -> None:
    marco, aisha = await house.joined("worker", "Marco"), await house.joined("trainer", "Aisha")
    answered = []

    async def wait_for_aisha(case: Case, args: tuple[str, ...]) -> None:
        raise AssertionError("replaced below")

    async def slow_words(*args: object, **facts: object) -> list:
        await house.tg.until(lambda: aisha.texts)
        answered.append("aisha first")
        return []

    use_case("slow", wait_for_aisha)
    house.app.turns._words_mean = slow_words
    house.tg.say(marco.person, "something in words")
    house.tg.say(aisha.person, "/menu")
    await house.idle()
    assert answered == ["aisha first"]
    assert await inbox_states(house) == {"done"}


async def test_an_update_that_fails_three_times_is_set_aside_and_the_person_is_told(house: Running, use_case) -> None:
    marco, aisha = await house.joined("worker", "Marco"), await house.joined("trainer", "Aisha")
    tries = []

    async def explode(case: Case, args: tuple[str, ...]) -> None:
        case.say("half a turn")
        case.person.name = "half a name"
        await case.session.flush()
        tries.append(1)
        raise ZeroDivisionError("the wheel came off")

    use_case("explode", explode)
    house.tg.tap(marco.person, 1, "people:explode")
    house.tg.say(marco.person, "/menu")
    house.tg.say(aisha.person, "/menu")
    await house.idle()
    assert len(tries) == 3
    states = Counter(row.state for row in await inbox(house))
    assert states == {"set_aside": 1, "done": 2}
    broken = next(row for row in await inbox(house) if row.state == "set_aside")
    assert (broken.attempts, broken.error) == (3, "ZeroDivisionError: the wheel came off")
    assert [text.split(",")[0] for text in marco.texts] == ["Something went wrong on my side", MENU]
    assert aisha.texts == [MENU]
    assert {one.name for one in await house.people()} == {"Marco", "Aisha"}, "nothing is left of the half turn"


async def test_the_very_first_words_may_fail_too(house: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*args: object, **facts: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("bot.turn.Turns._do", away)
    marco = house.phone("Marco", "en")
    assert (await marco.start()).startswith("Something went wrong on my side")


async def test_what_fails_twice_and_then_works_is_done_once(house: Running, use_case) -> None:
    marco = await house.joined("worker", "Marco")
    tries = []

    async def shaky(case: Case, args: tuple[str, ...]) -> None:
        case.say("done")
        tries.append(1)
        if len(tries) < 3:
            raise OSError("not yet")

    use_case("shaky", shaky)
    assert await marco.tap_data("people:shaky") == "done"
    assert marco.texts == ["done"]
    (row,) = await inbox(house)
    assert (row.state, row.attempts) == ("done", 2)


async def test_the_database_away_for_a_moment_loses_nothing_and_counts_against_nobody(
    house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    marco = await house.joined("worker", "Marco")
    begin, is_away = house.app.database.begin, iter([False, True, True, True])

    def sometimes_away(**how: bool) -> object:
        if next(is_away, False):
            raise ConnectionError("the database is away")
        return begin(**how)

    monkeypatch.setattr(house.app.database, "begin", sometimes_away)
    await marco.say("/menu")
    assert next(is_away, "was away as planned") == "was away as planned"
    assert marco.texts == [MENU]
    assert await inbox_states(house) == {"done"}


async def test_a_thousand_taps_in_a_minute_slow_nobody_else(house: Running) -> None:
    marco = await house.joined("worker", "Marco")
    others = [await house.joined("trainer", f"P{number}") for number in range(10)]
    for _ in range(500):
        house.tg.tap(marco.person, 1, "people:menu")
    for one in others:
        house.tg.tap(one.person, 1, "people:menu")
    for _ in range(500):
        house.tg.tap(marco.person, 1, "people:menu")
    await house.idle()
    assert all(one.texts == [MENU] for one in others)
    heard = Counter(marco.texts)
    assert heard["That was a lot at once. I did the first ones; please go on slowly."] == 1
    assert 30 <= heard[MENU] < 700
    rows = await inbox(house)
    assert (len(rows), await inbox_states(house)) == (1010, {"done"})
    assert sum(row.error == "too fast" for row in rows) + heard[MENU] == 1000
    assert (await marco.tap_data("people:help")).startswith(HELP), "and then it goes on as before"


async def test_words_are_carried_out_in_a_flood_too(house: Running) -> None:
    marco = await house.joined("worker", "Marco")
    for _ in range(60):
        house.tg.say(marco.person, "/menu")
    await house.idle()
    assert marco.texts == [MENU] * 60


def message(chat: int, text: str) -> dict:
    who = {"id": chat, "is_bot": False, "first_name": "Marco"}
    return {"message_id": 5, "date": 1_700_000_000, "chat": {"id": chat, "type": "private"}, "from": who, "text": text}
