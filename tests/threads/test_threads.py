"""Talk to a person: asked for, taken by one, handed back; nobody else reads along."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.messages import Lane, Outgoing
from bot.outbox.put import Letter, put
from db.threads import Thread, ThreadMessage
from tests.app import Phone, Running
from tests.onboarding.way import answer, answers, asked, known, question, talk
from tests.people.invitations import coordinates, invite

UNKNOWN = "I don't know this button. Here is what I can do:"
TOLD = "I have told your coordinators. One of them will answer you here. Meanwhile everything goes on as usual."
ADDED = "I have added that for the person who will answer you."
HERE = "Ines is with you now. Just write here; I keep quiet until you are done."
AGAIN = "You are with the assistant again."


async def a_cluster(house: Running) -> tuple[Phone, Phone]:
    ines = await coordinates(house)
    marco = await house.joined("worker", "Marco", cluster_id=1)
    return ines, marco


async def talking(house: Running) -> tuple[Phone, Phone]:
    """Ines has taken Marco's thread."""
    ines, marco = await a_cluster(house)
    await marco.tap_data("threads:ask")
    await ines.tap("Take over")
    return ines, marco


async def threads(house: Running) -> list[Thread]:
    async with house.read() as session:
        return list(await session.scalars(select(Thread).order_by(Thread.id)))


async def test_there_and_back(house: Running) -> None:
    ines, marco = await a_cluster(house)
    assert await marco.tap_data("threads:ask") == TOLD
    assert ines.last == "Marco would like to talk to a person."
    assert await ines.tap("Take over") == "What you write now goes to Marco."
    assert marco.last == HERE
    assert await ines.say("How can <I> help?") == "Passed on."
    assert marco.last == "Ines writes: How can <I> help?"
    heard = len(marco.texts)
    await marco.say("menu, please: my phone & I are broken")
    assert len(marco.texts) == heard, "the assistant keeps quiet"
    assert ines.last == "Marco writes: menu, please: my phone & I are broken"
    await ines.say("One moment")
    assert await ines.tap("Hand back") == "Marco is with the assistant again."
    assert marco.last == AGAIN
    assert await marco.tap("Menu") == "What would you like to do?"
    assert (await talk(house, ines)).form == ""
    (thread,) = await threads(house)
    assert thread.closed_at is not None


async def test_the_person_decides_what_is_shown(house: Running) -> None:
    ines, marco = await a_cluster(house)
    await marco.say("my <shop> is not on the map")
    await marco.say("nobody finds me")
    question = await marco.tap_data("threads:ask")
    assert question.startswith(
        "I will ask your coordinators to answer you here. May they see what you wrote to me last?"
    )
    assert question.endswith("• my <shop> is not on the map\n• nobody finds me")
    assert not any("would like to talk" in text for text in ines.texts), "nothing is told before the answer"
    assert await marco.tap("Yes, show them") == TOLD
    assert ines.last.endswith("Marco: my <shop> is not on the map\nMarco: nobody finds me")


async def test_the_answer_itself_is_not_shared(house: Running) -> None:
    ines, marco = await a_cluster(house)
    for number in range(6):
        await marco.say(f"word {number}")
    assert (await marco.tap_data("threads:ask")).endswith("• word 1\n• word 2\n• word 3\n• word 4\n• word 5")
    await marco.say("what happens with it?")
    assert await marco.tap_data("threads:open:share:6") == TOLD
    assert ines.last.endswith("\n\n" + "\n".join(f"Marco: word {number}" for number in range(1, 6)))


@pytest.mark.parametrize("forged", ["threads:open", "threads:open:share", "threads:open:share:x", "threads:open:all:9"])
async def test_forged_consent_to_share(house: Running, forged: str) -> None:
    _ines, marco = await a_cluster(house)
    await marco.say("a secret")
    await marco.tap_data(forged)
    assert marco.texts[-2] == UNKNOWN
    assert await threads(house) == []


async def test_or_shows_nothing(house: Running) -> None:
    ines, marco = await a_cluster(house)
    await marco.say("a secret")
    await marco.tap_data("threads:ask")
    await marco.tap("No, only what I write from now on")
    assert ines.last == "Marco would like to talk to a person."
    await ines.tap("Take over")
    assert not any("secret" in text for text in ines.texts)


async def test_what_was_written_yesterday_is_not_shared(house: Running) -> None:
    _ines, marco = await a_cluster(house)
    await marco.say("an old story")
    await house.advance(days=1)
    assert await marco.tap_data("threads:ask") == TOLD


async def test_cancel_calls_nobody(house: Running) -> None:
    ines, marco = await a_cluster(house)
    await marco.say("hm")
    await marco.tap_data("threads:ask")
    await marco.tap("Cancel")
    assert await threads(house) == []
    assert "would like" not in ines.last


async def test_while_nobody_has_come_words_are_kept_and_buttons_work(house: Running) -> None:
    ines, marco = await a_cluster(house)
    await marco.tap_data("threads:ask")
    assert await marco.say("it is about my trainer") == ADDED
    assert await marco.say("/menu") == "What would you like to do?"
    assert await marco.tap_data("threads:ask") == (
        "Your coordinators know that you are waiting. One of them will answer you here."
    )
    assert await ines.tap("Take over") == "What you write now goes to Marco.\n\nMarco: it is about my trainer"


async def test_one_owner_at_a_time(house: Running) -> None:
    ines, marco = await a_cluster(house)
    otto = await coordinates(house, "Otto")
    await marco.tap_data("threads:ask")
    assert ines.last == otto.last == "Marco would like to talk to a person."
    (thread,) = await threads(house)
    taps = [house.tg.tap(one.person, 1, f"threads:take:{thread.id}") for one in (ines, otto) for _ in range(3)]
    assert len(taps) == 6
    await house.idle()
    (taken,) = await threads(house)
    owner = next(one for one in await house.people() if one.id == taken.owner_id)
    late = otto if owner.name == "Ines" else ines
    assert late.last == f"{owner.name} answers already."
    heard = len(marco.texts)
    await late.tap_data(f"threads:back:{thread.id}")
    assert late.last == "Somebody else answers in this conversation now."
    assert sum("is with you now" in text for text in marco.texts[:heard]) == 1


async def test_a_colleague_goes_on(house: Running) -> None:
    ines, marco = await talking(house)
    await ines.say("I do not know that")
    await ines.tap_data("threads:release:1")
    assert ines.last == "You are the only coordinator here. You can hand back to the assistant."
    otto = await coordinates(house, "Otto")
    assert await ines.tap_data("threads:release:1") == "I have asked your colleagues."
    assert marco.last == "Somebody else will go on with you here."
    assert otto.last == "Marco would like to talk to a person.\n\nInes: I do not know that"
    await otto.tap("Take over")
    assert marco.last == HERE.replace("Ines", "Otto")
    await marco.say("thank you")
    assert otto.last == "Marco writes: thank you"
    assert await ines.say("still me?") != "Passed on."
    assert "still me?" not in marco.last


async def test_two_conversations_are_kept_apart(house: Running) -> None:
    ines, marco = await talking(house)
    anna = await house.joined("worker", "Anna", cluster_id=1)
    await anna.tap_data("threads:ask")
    await ines.tap("Take over")
    await ines.say("for Anna")
    assert anna.last == "Ines writes: for Anna"
    await marco.say("and me?")
    assert ines.last == "Marco writes: and me?"
    await ines.say("still for Anna")
    assert anna.last == "Ines writes: still for Anna"
    await ines.tap_data("threads:mine")
    assert ines.last == "2 conversations are yours.\n0 people are waiting for an answer."
    await ines.tap("✍️ Marco")
    await ines.say("for Marco")
    assert marco.last == "Ines writes: for Marco"


async def test_a_long_message_is_passed_on_whole(house: Running) -> None:
    ines, marco = await talking(house)
    for words in ("😀" * 2048, "x" * 4096, "<&>" * 1365):
        heard = len(marco.texts)
        assert await ines.say(words) == "Passed on."
        assert "".join(text.removeprefix("Ines writes: ") for text in marco.texts[heard:]) == words


async def test_the_person_may_leave_by_tap_or_words(house: Running) -> None:
    for words in ("", "back to the assistant"):
        ines, marco = await talking(house)
        await (marco.say(words) if words else marco.tap("Back to the assistant"))
        assert marco.texts[-2:] == [AGAIN, "What would you like to do?"]
        assert ines.last == "Marco has gone back to the assistant."
        assert await ines.say("Hello?") == "This conversation has ended."
        assert not any("Hello?" in text for text in marco.texts)


async def test_reminders_still_go_out(house: Running) -> None:
    """Lessons wait meanwhile: `tests/people/test_taps.py`."""
    _ines, marco = await talking(house)
    person, now = await known(house, marco), house.app.clock.now()
    async with house.write() as session:
        reminder = Letter(
            person, Outgoing("Your meeting is in an hour."), Lane.REMINDER, "r1", now + timedelta(hours=1)
        )
        await put(session, [reminder], now)
    await house.advance(hours=1)
    assert marco.last == "Your meeting is in an hour."


async def test_who_has_not_joined_yet_loses_no_answer(house: Running) -> None:
    ines = await coordinates(house)
    marco = await asked(house, "sector")
    before = await answers(house, marco)
    await marco.tap_data("threads:ask")
    await marco.tap("No, only what I write from now on")
    assert question("sector") in marco.last
    assert ines.last == "Somebody new would like to talk to a person."
    await ines.tap("Take over")
    await ines.say("What is it?")
    await marco.say("Is this free?")
    assert ines.last == "Somebody new writes: Is this free?"
    await ines.tap("Hand back")
    assert await answers(house, marco) == before
    await marco.tap("Go on")
    for slot in ("sector", "topics", "times"):
        await answer(marco, slot)
    assert (await known(house, marco)).joined_at is not None


async def test_strangers_read_nothing(house: Running) -> None:
    ines, marco = await talking(house)
    elsewhere = await coordinates(house, "Otto", "north-building-care")
    aisha = await house.joined("trainer", "Aisha", cluster_id=1)
    await marco.say("a secret")
    for verb in ("take", "to", "back", "release"):
        await elsewhere.tap_data(f"threads:{verb}:1")
        assert elsewhere.texts[-2] == UNKNOWN
        assert await aisha.tap_data(f"threads:{verb}:1") == "Only a coordinator can do this."
    for number in ("0", "-1", "9" * 18, "x", ""):
        await ines.tap_data(f"threads:take:{number}")
        assert ines.texts[-2] == UNKNOWN
    assert await elsewhere.tap_data("threads:mine") == "Nobody is waiting for you."
    await aisha.tap_data("threads:said:hello")
    assert aisha.last == "This conversation has ended."
    assert not any("secret" in text for phone in (elsewhere, aisha) for text in phone.texts)


async def test_old_buttons_of_an_ended_conversation(house: Running) -> None:
    ines, marco = await talking(house)
    await ines.tap("Hand back")
    for verb in ("take", "to", "back", "release"):
        assert await ines.tap_data(f"threads:{verb}:1") == "This conversation has ended."
    assert await marco.tap_data("threads:leave") == "What would you like to do?"


async def test_nobody_to_talk_to_is_said_so(house: Running) -> None:
    marco = await house.joined("worker", "Marco", cluster_id=2)
    nobody = "There is no coordinator for your region yet. I have noted your wish, and I am sorry."
    assert await marco.tap_data("threads:ask") == nobody
    ines = await coordinates(house)
    assert await ines.tap_data("threads:ask") == nobody, "she would only talk to herself"
    invited = house.phone("Otto")
    await invited.start(await invite(house, "andalucia-tourism"))
    assert await marco.tap_data("threads:ask") == nobody, "Otto has not agreed to anything yet"


async def test_the_person_erases_everything(house: Running) -> None:
    ines, marco = await talking(house)
    await marco.say("a secret")
    await marco.tap_data("people:forget_yes")
    assert ines.last == "Marco has left the programme, so your conversation has ended."
    assert await threads(house) == []
    async with house.read() as session:
        assert list(await session.scalars(select(ThreadMessage))) == []
    await ines.say("Are you there?")
    assert not any("Are you there?" in text for text in marco.texts)


async def test_the_coordinator_erases_everything(house: Running) -> None:
    ines, marco = await talking(house)
    otto = await coordinates(house, "Otto")
    await ines.tap_data("people:forget_yes")
    assert otto.last.startswith("Marco would like to talk to a person.")
    await otto.tap("Take over")
    await marco.say("hello")
    assert otto.last == "Marco writes: hello"


async def test_mydata_has_both_sides(house: Running) -> None:
    ines, marco = await talking(house)
    await ines.say("How are you?")
    await marco.say("fine, thanks")
    await marco.say("/mydata")
    kept = next(one for one in reversed(house.tg.from_bot(marco.person)) if one.message.get("document"))
    content = house.tg.files[kept.file].decode()
    assert "How are you?" in content
    assert "fine, thanks" in content


async def test_silence_ends_it_and_waiting_is_remembered(house: Running) -> None:
    ines, marco = await a_cluster(house)
    await marco.tap_data("threads:ask")
    await house.advance(days=1)
    assert "Marco has been waiting for an answer since yesterday." in ines.texts
    await ines.tap_data("threads:take:1")
    await house.advance(days=3)
    ended = "It has been quiet for three days, so you are with the assistant again."
    assert ended in marco.texts
    assert "Your conversation with Marco was quiet for three days, so I have ended it." in ines.texts
    assert (await threads(house))[0].closed_at is not None


async def test_nobody_came(house: Running) -> None:
    ines, marco = await a_cluster(house)
    await marco.tap_data("threads:ask")
    await house.advance(days=4)
    assert "Nobody could answer you so far, and I am sorry. You can ask again at any time." in marco.texts
    assert sum("since yesterday" in text for text in ines.texts) == 1
    assert await ines.tap_data("threads:take:1") == "This conversation has ended."


async def test_a_problem_is_told_in_ones_own_words(house: Running) -> None:
    ines, marco = await a_cluster(house)
    assert (await marco.tap_data("threads:problem")).startswith("I am sorry. What happened?")
    read_back = await marco.say("He asked me for money.")
    assert read_back.startswith("I take this seriously. Shall I pass it on to your coordinators?")
    assert "He asked me for money." in await marco.say("Twice.")
    assert "reports a problem" not in ines.last
    assert await marco.tap("Yes, pass it on") == TOLD
    assert ines.last == "Marco reports a problem.\n\nMarco: He asked me for money.\nTwice."
    assert (await talk(house, marco)).form == ""


async def test_a_problem_is_not_told_when_it_is_called_off(house: Running) -> None:
    ines, marco = await a_cluster(house)
    await marco.tap_data("threads:problem")
    await marco.say("He asked me for money.")
    await marco.tap("No, leave it")
    assert await threads(house) == []
    assert await marco.tap_data("threads:report") != TOLD
    assert "money" not in " ".join(ines.texts)


@pytest.mark.parametrize("at", ["sector", "consent"])
async def test_a_problem_before_joining_keeps_the_answers(house: Running, at: str) -> None:
    await coordinates(house)
    marco = await asked(house, at)
    before = await answers(house, marco)
    await marco.tap_data("threads:problem")
    await marco.say("something is very wrong here")
    await marco.tap("Yes, pass it on")
    assert await answers(house, marco) == before


async def test_somebody_of_no_cluster_is_remembered_too(house: Running) -> None:
    ines = await coordinates(house)
    anna = await house.joined("worker", "Anna", cluster_id=None)
    assert await anna.tap_data("threads:ask") == TOLD
    await house.advance(days=1)
    assert ines.last == "Anna has been waiting for an answer since yesterday."


async def test_what_is_said_while_the_other_is_away_arrives_later(house: Running) -> None:
    ines, marco = await talking(house)
    house.tg.block(ines.person)
    await marco.say("can you hear me?")
    await house.advance(hours=1)
    house.tg.unblock(ines.person)
    await house.idle()
    assert ines.last == "Marco writes: can you hear me?"
