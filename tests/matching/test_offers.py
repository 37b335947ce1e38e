import asyncio
from datetime import timedelta

import pytest

from bot.matching import due, rules
from bot.people.service import LEAVING
from db.audit import AuditEntry
from db.matching import ACCEPTED, DECLINED, ENDED, EXPIRED, OFFERED, Match
from db.meetings import Meeting
from db.people import Person
from tests.matching.stage import HOUSE, Stage, labels


@pytest.fixture
def marco(offered: Person) -> Person:
    """Nobody has answered yet."""
    return offered


async def the_match(stage: Stage) -> Match:
    (match,) = await stage.rows(Match)
    return match


async def test_both_yes_and_only_then_the_names(stage: Stage, aisha: Person, marco: Person) -> None:
    match = await the_match(stage)
    said = await stage.taps(marco, f"matching:accept:{match.id}")
    assert "I am asking the other side" in said[-1].text
    assert not any("Aisha" in row.payload["text"] for row in await stage.told(marco))
    said = await stage.answers(aisha, "affirm")
    assert "It is Marco" in said[0].text
    assert "I have asked Marco when you could meet" in said[1].text
    told = [row.payload["text"] for row in await stage.told(marco)]
    assert "It is Aisha" in told[-2]
    assert "When would you like to meet Aisha?" in told[-1]
    match = await the_match(stage)
    assert (match.state, match.decided_at) == (ACCEPTED, stage.now)
    assert (await stage.rows(AuditEntry))[-1].action == "match_made"


async def test_the_worker_who_says_yes_last_sees_the_times_at_once(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.answers(aisha, "accept_match")
    said = await stage.says(marco, "matching:accept", "yes, with her please")
    assert [text.split(".")[0] for text in (said[0].text, said[1].text)] == [
        "<b>Good news: you have both said yes",
        "When would you like to meet Aisha? It takes about an hour",
    ]
    assert labels(said[1])[3:] == ["Other times", "Another day"]


async def test_yes_twice_is_harmless(stage: Stage, aisha: Person, marco: Person) -> None:
    match = await the_match(stage)
    await stage.taps(marco, f"matching:accept:{match.id}")
    said = await stage.taps(marco, f"matching:accept:{match.id}")
    assert "already said yes" in said[-1].text
    await stage.answers(aisha, "affirm")
    before = len(await stage.told(aisha))
    said = await stage.taps(marco, f"matching:accept:{match.id}")
    assert "Your trainer is <b>Aisha</b>" in said[-1].text
    assert len(await stage.told(aisha)) == before
    assert len(await stage.rows(Meeting)) == 1


async def test_a_no_is_told_gently_and_asked_about_with_one_tap(stage: Stage, aisha: Person, marco: Person) -> None:
    match = await the_match(stage)
    await stage.answers(aisha, "affirm")
    said = await stage.taps(marco, f"matching:decline:{match.id}")
    assert "tell me why" in said[-1].text
    await stage.answers(marco, "It is too far away")
    match = await the_match(stage)
    assert match.state == DECLINED
    assert (match.worker_why, match.trainer_why) == ("far", "")
    assert "cannot take part this time" in (await stage.last_told(aisha)).text
    assert not any("Marco" in row.payload["text"] for row in await stage.told(aisha))
    await stage.taps(aisha, f"matching:accept:{match.id}")
    assert stage.refused == ["This offer is no longer open. I keep looking for you."]


async def test_a_mind_can_be_changed_until_both_have_said_yes(stage: Stage, aisha: Person, marco: Person) -> None:
    match = await the_match(stage)
    await stage.taps(marco, f"matching:accept:{match.id}")
    await stage.answers(marco, "I have changed my mind")
    assert (await the_match(stage)).state == DECLINED


async def test_after_both_said_yes_a_no_is_a_matter_for_a_person(stage: Stage, aisha: Person, marco: Person) -> None:
    match = await the_match(stage)
    await stage.answers(marco, "affirm")
    await stage.answers(aisha, "affirm")
    *_, shown = await stage.taps(marco, f"matching:decline:{match.id}")
    assert "End it" in labels(shown)
    assert (await the_match(stage)).state == ACCEPTED


@pytest.mark.parametrize("verb", ["accept", "decline", "why", "reason"])
async def test_somebody_elses_offer_cannot_be_answered(stage: Stage, aisha: Person, marco: Person, verb: str) -> None:
    match, stranger = await the_match(stage), await stage.add("worker", "Eva", languages=["es"])
    await stage.taps(stranger, f"matching:{verb}:{match.id}:far")
    await stage.taps(stranger, f"matching:{verb}:{match.id + 99}:far")
    await stage.taps(stranger, f"matching:{verb}:-1:far")
    await stage.taps(stranger, f"matching:{verb}:x:far")
    assert stage.forged == 4
    match = await the_match(stage)
    assert (match.state, match.trainer_says, match.worker_says) == (OFFERED, "", "")


async def test_a_reason_that_we_never_offered_is_refused(stage: Stage, aisha: Person, marco: Person) -> None:
    match = await the_match(stage)
    await stage.taps(marco, f"matching:reason:{match.id}:far")  # he has not declined
    await stage.taps(marco, f"matching:decline:{match.id}")
    await stage.taps(marco, f"matching:reason:{match.id}:<b>")
    assert stage.forged == 2
    assert "declined" not in (await the_match(stage)).reasons


async def test_why_this_person_is_answered_and_can_be_followed_by_yes(
    stage: Stage, aisha: Person, marco: Person
) -> None:
    said = await stage.answers(marco, "why_match")
    assert "speaks Italian" in said[-1].text
    await stage.answers(marco, "affirm")
    assert (await the_match(stage)).worker_says == "yes"


async def test_without_an_offer_words_get_a_sentence(stage: Stage) -> None:
    eva = await stage.add("worker", "Eva")
    for what in ("accept", "decline", "why"):
        await stage.says(eva, f"matching:{what}", "yes please, 2")
    assert len(stage.refused) == 3
    assert stage.forged == 0
    (shown,) = await stage.says(eva, "matching:status")
    assert "no trainer for you yet" in shown.text
    await stage.change(eva, paused=True)
    (shown,) = await stage.says(eva, "matching:find")
    assert "taking a break" in shown.text


async def test_status_shows_what_is_open(stage: Stage, aisha: Person, marco: Person) -> None:
    (shown,) = await stage.says(marco, "matching:status")
    assert "I have found a trainer for you" in shown.text
    await stage.answers(marco, "affirm")
    (shown,) = await stage.says(marco, "matching:status")
    assert "has not answered yet" in shown.text
    await stage.answers(aisha, "affirm")
    (shown,) = await stage.says(aisha, "matching:status")
    assert "You teach <b>Marco</b>" in shown.text


async def test_an_offer_ends_after_five_days_and_both_are_told(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.answers(marco, "affirm")
    end = stage.now + timedelta(days=5)
    async with stage.database.read() as session:
        assert await due.next_due(session) == end - rules.NUDGE_BEFORE
    stage.now = end - rules.NUDGE_BEFORE
    assert await due.tick(stage.database, stage.now, HOUSE) == 1
    assert "still waits for your answer, until Sunday" in (await stage.last_told(aisha)).text
    assert "still waits" not in (await stage.last_told(marco)).text, "Marco has answered"
    async with stage.database.read() as session:
        assert await due.next_due(session) == end
    stage.now = end - timedelta(seconds=1)
    assert await due.tick(stage.database, stage.now, HOUSE) == 0
    stage.now = end
    await stage.taps(aisha, f"matching:accept:{(await the_match(stage)).id}")
    assert stage.refused == ["This offer is no longer open. I keep looking for you."]
    assert await due.tick(stage.database, stage.now, HOUSE) == 1
    assert await due.tick(stage.database, stage.now, HOUSE) == 0
    assert (await the_match(stage)).state == EXPIRED
    assert "has not answered in time" in (await stage.last_told(marco)).text
    assert "is over now" in (await stage.last_told(aisha)).text
    async with stage.database.read() as session:
        assert await due.next_due(session) is None


async def test_two_yes_at_once_are_both_kept(stage: Stage, aisha: Person, marco: Person) -> None:
    match = await the_match(stage)
    await asyncio.gather(*(stage.taps(who, f"matching:accept:{match.id}") for who in (aisha, marco)))
    match = await the_match(stage)
    assert (match.state, match.trainer_says, match.worker_says) == (ACCEPTED, "yes", "yes")
    assert len(await stage.rows(Meeting)) == 1
    for who, name in ((aisha, "Marco"), (marco, "Aisha")):
        texts = [row.payload["text"] for row in await stage.told(who)]
        assert sum(f"It is {name}" in text for text in texts) == 1


async def test_yes_and_no_at_once_end_in_one_of_the_two(stage: Stage, aisha: Person, marco: Person) -> None:
    match = await the_match(stage)
    await asyncio.gather(
        stage.taps(aisha, f"matching:accept:{match.id}"), stage.taps(marco, f"matching:decline:{match.id}")
    )
    match = await the_match(stage)
    assert (match.state, match.worker_says) == (DECLINED, "no")
    assert await stage.rows(Meeting) == []


async def test_who_leaves_ends_the_match_and_the_other_is_told(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.answers(marco, "affirm")
    await stage.answers(aisha, "affirm")
    assert len(LEAVING) >= 2
    await stage.leaves(marco)
    assert (await the_match(stage)).state == ENDED
    assert "Marco has left the programme" in (await stage.last_told(aisha)).text
