"""What becomes of a pair: a break, an end and what follows it, silence; and what somebody who declines is offered."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import product

import pytest

from bot.matching import due, rules
from bot.matching.rounds import run_round
from bot.messages import Outgoing
from bot.texts import tongue
from db.audit import AuditEntry
from db.matching import ACCEPTED, DECLINED, ENDED, OFFERED, RESTING, Match, Rest
from db.meetings import AGREED, CANCELLED, PROPOSED, Meeting, Reminder, Slot
from db.people import Person
from tests.matching.stage import HOUSE, Stage, data_of, labels
from tests.people_factory import MODENA, a_match

NOT_A_MATCH = ("", "0", "x", "-1", "999999999999999999", "9" * 19)


async def run(stage: Stage) -> None:
    async with stage.database.begin() as session:
        await run_round(session, stage.cluster, None, stage.now, HOUSE)


async def tick(stage: Stage) -> None:
    await due.tick(stage.database, stage.now, HOUSE)


async def the_match(stage: Stage) -> Match:
    """The first there was."""
    return (await stage.rows(Match))[0]


async def texts(stage: Stage, who: Person, since: int = 0) -> list[str]:
    return [row.payload["text"] for row in (await stage.told(who))[since:]]


async def offers_to(stage: Stage, who: Person) -> int:
    return sum("I have found" in text for text in await texts(stage, who))


async def ends(stage: Stage, who: Person) -> Outgoing:
    """This person ends it: asked once more, then asked why."""
    match = await the_match(stage)
    asked = await stage.taps(who, f"matching:end:{match.id}")
    assert "Shall I end your work with" in asked[-1].text
    assert (await the_match(stage)).state in (ACCEPTED, RESTING), "not before the second tap"
    return (await stage.answers(who, "affirm"))[-1]


# -- a break --------------------------------------------------------------------------------------------


async def test_a_break_and_going_on(stage: Stage, aisha: Person, marco: Person) -> None:
    (shown,) = await stage.taps(marco, "matching:status")
    assert "Your trainer is <b>Aisha</b>." in shown.text
    heard = len(await stage.told(aisha))
    said = await stage.taps(marco, data_of(shown, "A break"))
    assert "you and Aisha take a break" in said[-1].text
    assert (await the_match(stage)).state == RESTING
    assert await texts(stage, aisha, heard) == [
        "Marco needs a break. I keep your pair as it is, and I tell you when it goes on."
    ]
    (shown,) = await stage.taps(aisha, "matching:status")
    assert shown.text == "You teach <b>Marco</b>. You are taking a break together."
    assert labels(shown) == ["Go on together", "End it", "Menu"]
    said = await stage.answers(aisha, "affirm")
    assert said[-1].text == "You teach <b>Marco</b>."
    assert (await the_match(stage)).state == ACCEPTED
    told = await stage.last_told(marco)
    assert told.text == "Good news: Aisha is back, and you go on together."
    said = await stage.taps(marco, data_of(told, "Find a time to meet"))
    assert "When would you like to meet Aisha?" in said[-1].text


async def test_a_break_twice_and_going_on_twice_are_told_once(stage: Stage, aisha: Person, marco: Person) -> None:
    match = await the_match(stage)
    heard = len(await stage.told(aisha))
    for verb in ("rest", "rest", "go_on", "go_on"):
        await stage.taps(marco, f"matching:{verb}:{match.id}")
    assert len(await texts(stage, aisha, heard)) == 2


async def test_nobody_else_is_proposed_to_a_pair_that_rests(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.change(aisha, places=1)
    yusuf, carla = await stage.add("trainer", "Yusuf", places=0), await stage.add("worker", "Carla")
    await stage.taps(aisha, f"matching:rest:{(await the_match(stage)).id}")
    await run(stage)
    await stage.change(yusuf, places=5)
    await run(stage)
    assert (await offers_to(stage, marco), await offers_to(stage, aisha)) == (1, 1)
    assert [(one.trainer_id, one.worker_id) for one in (await stage.rows(Match))[1:]] == [(yusuf.id, carla.id)]


async def test_a_break_calls_off_the_meeting_and_none_is_found_meanwhile(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    match = await the_match(stage)
    await stage.taps(marco, f"matching:rest:{match.id}")
    await is_off(stage, aisha, marco)
    await stage.taps(aisha, f"meetings:book:{match.id}")
    await stage.taps(aisha, f"meetings:drop:{agreed.id}")
    assert stage.refused == ["You are taking a break together."] * 2
    await stage.taps(aisha, f"matching:go_on:{match.id}")
    said = await stage.taps(aisha, f"meetings:book:{match.id}")
    assert "When would you like to meet Marco?" in said[-1].text
    assert [meeting.state for meeting in await stage.rows(Meeting)] == [CANCELLED, PROPOSED]


async def test_a_pair_that_rests_may_end(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.taps(marco, f"matching:rest:{(await the_match(stage)).id}")
    await ends(stage, marco)
    assert (await the_match(stage)).state == ENDED


# -- the end --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", rules.END_REASONS)
async def test_an_end_is_told_kindly_and_its_reason_to_nobody(
    stage: Stage, aisha: Person, marco: Person, key: str
) -> None:
    heard = len(await stage.told(aisha))
    asked = await ends(stage, marco)
    assert "Aisha will not see it" in asked.text
    match = await the_match(stage)
    assert (match.state, match.decided_at, match.worker_why) == (ENDED, stage.now, "")
    (data,) = [button.data for row in asked.buttons for button in row if button.data.endswith(f":{key}")]
    said = await stage.taps(marco, data)
    thanks = (
        "Well done, that is lovely to hear!" if key == "done" else "Thank you. That helps me with the next proposal."
    )
    assert said[-1].text.startswith(thanks)
    match = await the_match(stage)
    assert (match.worker_why, match.trainer_why) == (key, "")
    assert await texts(stage, aisha, heard) == [
        "Marco needs no more meetings. Thank you for what you have done together!"
    ]
    assert [(one.actor, one.action) for one in await stage.rows(AuditEntry)][-1] == (marco.id, "end_match")


async def test_a_reason_may_be_said_in_words_and_changed(stage: Stage, aisha: Person, marco: Person) -> None:
    asked = await ends(stage, aisha)
    assert "We are done" in labels(asked)
    assert "I have learnt what I wanted" not in labels(asked)
    await stage.answers(aisha, "We do not suit each other")
    assert (await the_match(stage)).trainer_why == "person"
    await stage.taps(aisha, data_of(asked, "Another reason"))
    match = await the_match(stage)
    assert (match.trainer_why, match.worker_why) == ("other", "")


async def test_who_ends_it_may_still_rather_take_a_break_or_go_on(stage: Stage, aisha: Person, marco: Person) -> None:
    match = await the_match(stage)
    (asked,) = await stage.taps(marco, f"matching:end:{match.id}")
    assert labels(asked) == ["Yes, end it", "Rather a break", "No, go on"]
    (shown,) = await stage.answers(marco, "deny")
    assert "Your trainer is <b>Aisha</b>" in shown.text
    await stage.taps(marco, data_of(asked, "Rather a break"))
    assert (await the_match(stage)).state == RESTING


async def test_an_end_twice_is_harmless_and_nothing_of_the_pair_can_be_done_after(
    stage: Stage, aisha: Person, marco: Person
) -> None:
    match = await the_match(stage)
    await ends(stage, marco)
    heard = len(await stage.told(aisha))
    for verb in ("ended", "end", "rest", "go_on", "write"):
        for who in (marco, aisha):
            await stage.taps(who, f"matching:{verb}:{match.id}")
    assert stage.refused == ["This is over already."] * 10
    assert (await the_match(stage)).state == ENDED
    assert not any("Marco" in text for text in await texts(stage, aisha, heard))
    (shown,) = await stage.says(marco, "matching:status")
    assert "I have no trainer for you yet" in shown.text


@pytest.mark.parametrize("verb", ["rest", "go_on", "end", "ended", "end_why", "write", "report"])
async def test_only_the_two_of_a_pair_have_its_buttons(stage: Stage, aisha: Person, marco: Person, verb: str) -> None:
    match = await the_match(stage)
    strangers = [await stage.add(role, "Eva") for role in ("worker", "trainer", "coordinator")]
    heard = len(await stage.told(marco)), len(await stage.told(aisha))
    for who, number in product(strangers, (str(match.id), *NOT_A_MATCH)):
        said = await stage.taps(who, f"matching:{verb}:{number}:other")
        assert not any(name in one.text for one in said for name in ("Marco", "Aisha"))
    assert stage.forged == 3 * (1 + len(NOT_A_MATCH))
    for number in NOT_A_MATCH:
        await stage.taps(marco, f"matching:{verb}:{number}:other")
    assert stage.forged == 3 + 4 * len(NOT_A_MATCH)
    match = await the_match(stage)
    assert (match.state, match.worker_why, match.trainer_why) == (ACCEPTED, "", "")
    assert (len(await stage.told(aisha)), heard[0]) == (heard[1], len(await stage.told(marco)) - len(NOT_A_MATCH))


async def test_an_offer_is_no_pair_and_its_buttons_tell_no_name(stage: Stage, aisha: Person) -> None:
    """Who makes up the button of a pair for an offer must not learn from it who that is."""
    marco = await stage.add("worker", "Marco")
    await run(stage)
    match = await the_match(stage)
    for verb in ("rest", "go_on", "end", "ended", "end_why", "write", "report"):
        said = await stage.taps(marco, f"matching:{verb}:{match.id}:other")
        assert not any("Aisha" in one.text for one in said), verb
    match = await the_match(stage)
    assert (match.state, match.worker_why) == (OFFERED, "")
    assert len(await stage.told(aisha)) == 1


async def test_reasons_that_we_never_offered_are_refused(stage: Stage, aisha: Person, marco: Person) -> None:
    match = await the_match(stage)
    await stage.taps(marco, f"matching:end_why:{match.id}:time")  # it has not ended
    await ends(stage, marco)
    for why in ("", "blocked", "<b>", "later", "x" * 40):
        await stage.taps(marco, f"matching:end_why:{match.id}:{why}")
    assert stage.forged == 6
    assert (await the_match(stage)).worker_why == ""


# -- what follows ---------------------------------------------------------------------------------------


async def test_after_a_trainer_has_ended_it_the_worker_gets_the_next_best(
    stage: Stage, aisha: Person, marco: Person
) -> None:
    far = await stage.add("trainer", "Far", city_id=MODENA)
    near = await stage.add("trainer", "Near")
    heard = len(await stage.told(marco))
    await ends(stage, aisha)
    await tick(stage)
    first, second = await texts(stage, marco, heard)
    assert first == "Aisha cannot go on as your trainer. It is not about you: I look for another one."
    assert second.startswith("<b>I have found a trainer for you.</b>")
    assert [one.trainer_id for one in await stage.rows(Match)] == [aisha.id, near.id]
    await tick(stage)
    assert await offers_to(stage, far) == 0
    assert len(await stage.rows(Match)) == 2


@pytest.mark.parametrize("key", rules.END_REASONS)
async def test_after_a_worker_has_ended_it_the_next_best_follows_unless_they_are_done(
    stage: Stage, aisha: Person, marco: Person, key: str
) -> None:
    yusuf = await stage.add("trainer", "Yusuf")
    await ends(stage, marco)
    match = await the_match(stage)
    await tick(stage)
    assert len(await stage.rows(Match)) == 1, "nobody knows yet whether he wants another one"
    for _ in range(2):
        await stage.taps(marco, f"matching:end_why:{match.id}:{key}")
        await tick(stage)
    followed = [one.trainer_id for one in (await stage.rows(Match))[1:]]
    assert followed == ([] if key == "done" else [yusuf.id])


async def test_who_has_learnt_what_they_wanted_is_left_in_peace_for_half_a_year(
    stage: Stage, aisha: Person, marco: Person
) -> None:
    yusuf = await stage.add("trainer", "Yusuf")
    await ends(stage, marco)
    begun = stage.now
    said = (await stage.answers(marco, "I have learnt what I wanted"))[-1]
    assert said.text == (
        "Well done, that is lovely to hear! I propose nobody to you for half a year. If you would like to learn "
        "something else before that, just tell me."
    )
    assert labels(said) == ["Look again now", "Menu"]
    (kept,) = await stage.rows(Rest)
    assert (kept.person_id, kept.by, kept.until) == (marco.id, None, begun + timedelta(weeks=26))
    stage.now = begun + timedelta(weeks=26) - timedelta(seconds=1)
    await run(stage)
    await tick(stage)
    assert await offers_to(stage, yusuf) == 0
    (shown,) = await stage.says(marco, "matching:status")
    assert shown.text == "As you wished, I propose nobody to you until 18 May 2027."
    assert labels(shown)[0] == "Look again now"
    stage.now = begun + timedelta(weeks=26)
    await run(stage)
    assert await offers_to(stage, yusuf) == 1


@pytest.mark.parametrize("way", ["the button", "another reason"])
async def test_who_is_not_done_after_all_is_looked_for_at_once(
    stage: Stage, aisha: Person, marco: Person, way: str
) -> None:
    yusuf = await stage.add("trainer", "Yusuf")
    asked = await ends(stage, marco)
    said = (await stage.taps(marco, data_of(asked, "I have learnt what I wanted")))[-1]
    if way == "the button":
        for _ in range(2):
            again = await stage.taps(marco, data_of(said, "Look again now"))
            assert again[-1].text == "Good, I am looking for somebody for you again."
        # The old screen is still there: what was said once is not said anew.
        again = await stage.taps(marco, data_of(asked, "I have learnt what I wanted"))
        assert again[-1].text == "Thank you. That helps me with the next proposal."
        await run(stage)
    else:
        await stage.taps(marco, data_of(asked, "We find no time"))
        await tick(stage)
    assert await stage.rows(Rest) == []
    assert await offers_to(stage, yusuf) == 1


async def test_to_be_done_with_one_trainer_long_ago_changes_nothing_with_another(
    stage: Stage, aisha: Person, marco: Person
) -> None:
    yusuf = await stage.add("trainer", "Yusuf")
    asked = await ends(stage, marco)
    await run(stage)
    (match,) = [one for one in await stage.rows(Match) if one.state == OFFERED]
    for who in (marco, yusuf):
        await stage.taps(who, f"matching:accept:{match.id}")
    said = await stage.taps(marco, data_of(asked, "I have learnt what I wanted"))
    assert said[-1].text == "Thank you. That helps me with the next proposal."
    assert await stage.rows(Rest) == []


async def test_a_trainer_who_is_done_gets_new_learners(stage: Stage, aisha: Person, marco: Person) -> None:
    await ends(stage, aisha)
    await stage.answers(aisha, "We are done")
    assert await stage.rows(Rest) == []
    await stage.add("worker", "Carla")
    await run(stage)
    assert await offers_to(stage, aisha) == 2


async def test_to_be_done_does_not_end_what_a_coordinator_has_decided(
    stage: Stage, aisha: Person, marco: Person
) -> None:
    ines = await stage.add("coordinator", "Ines")
    await stage.taps(ines, f"matching:leave_out:{marco.id}")
    asked = await ends(stage, marco)
    for reason in ("I have learnt what I wanted", "We find no time"):
        said = await stage.taps(marco, data_of(asked, reason))
        assert said[-1].text == "Thank you. That helps me with the next proposal."
    assert [(rest.by, rest.until) for rest in await stage.rows(Rest)] == [(ines.id, None)]


async def test_the_two_never_meet_again(stage: Stage, aisha: Person, marco: Person) -> None:
    await ends(stage, marco)
    for _ in range(3):
        stage.later(weeks=10)
        await tick(stage)
        await run(stage)
    assert len(await stage.rows(Match)) == 1


async def test_after_a_no_both_get_the_next_best(stage: Stage, aisha: Person) -> None:
    marco = await stage.add("worker", "Marco")
    await run(stage)
    yusuf, carla = await stage.add("trainer", "Yusuf"), await stage.add("worker", "Carla")
    await stage.answers(marco, "decline_match")
    await stage.answers(marco, "It is too far away")
    await tick(stage)
    assert {(one.trainer_id, one.worker_id) for one in (await stage.rows(Match))[1:]} == {
        (yusuf.id, marco.id),
        (aisha.id, carla.id),
    }


@pytest.mark.parametrize("how", ["a no", "an end", "with approval"])
@pytest.mark.parametrize("places", [1, 2, 3])
async def test_who_has_waited_long_goes_before_the_next_best_of_somebody_newer(
    stage: Stage, aisha: Person, places: int, how: str
) -> None:
    """Old and Older could have nobody until Yusuf came, and Marco fits him better than they do."""
    marco = await stage.add("worker", "Marco")
    await run(stage)
    if how == "an end":
        for who in (aisha, marco):
            await stage.answers(who, "affirm")
    old = [
        await stage.add("worker", name, languages=["de"], topics=["instagram", "ads"], joined_at=joined)
        for name, joined in (
            ("Old", stage.now - timedelta(weeks=8)),
            ("Older", stage.now - timedelta(weeks=20)),
            ("Newer", stage.now - timedelta(weeks=8) + timedelta(seconds=1)),
        )
    ]
    yusuf = await stage.add("trainer", "Yusuf", languages=["it", "de"], places=places)
    if how == "an end":
        await ends(stage, aisha)
    else:
        if how == "with approval":
            async with stage.database.begin() as session:
                (await session.merge(stage.cluster)).approval = True
        await stage.answers(marco, "decline_match")
        await stage.answers(marco, "It is too far away")
    await tick(stage)
    new = (await stage.rows(Match))[1:]
    assert {one.trainer_id for one in new} == {yusuf.id}
    taught = {one.worker_id for one in new}
    assert len(taught) == len(new) == places
    assert taught <= {old[0].id, old[1].id, marco.id}, "who has not waited long does not push in"
    assert (marco.id in taught) == (places == 3)
    assert {one.state for one in new} == {"proposed" if how == "with approval" else OFFERED}


async def test_who_has_waited_long_themself_gets_their_next_best(stage: Stage, aisha: Person) -> None:
    marco = await stage.add("worker", "Marco", joined_at=stage.now - timedelta(weeks=9))
    await run(stage)
    await stage.add("worker", "Old", languages=["de"], joined_at=stage.now - timedelta(weeks=10))
    yusuf = await stage.add("trainer", "Yusuf", languages=["it", "de"], places=1)
    await stage.answers(marco, "decline_match")
    await stage.answers(marco, "It is too far away")
    await tick(stage)
    assert [(one.trainer_id, one.worker_id) for one in (await stage.rows(Match))[1:]] == [(yusuf.id, marco.id)]


async def test_a_long_wait_before_an_earlier_trainer_does_not_count(stage: Stage, aisha: Person) -> None:
    """Who has only just lost a trainer has not waited long, whenever they joined."""
    marco = await stage.add("worker", "Marco")
    await run(stage)
    learnt = await stage.add("worker", "Learnt", languages=["de"], joined_at=stage.now - timedelta(weeks=30))
    former = await stage.add("trainer", "Former", languages=["de"])
    async with stage.database.begin() as session:
        ended = stage.now - timedelta(weeks=7)
        await a_match(session, former.id, learnt.id, stage.now, state=ENDED, decided_at=ended)
    yusuf = await stage.add("trainer", "Yusuf", languages=["it", "de"], places=1)
    await stage.answers(marco, "decline_match")
    await stage.answers(marco, "It is too far away")
    await tick(stage)
    assert (await stage.rows(Match))[-1].trainer_id == yusuf.id
    assert (await stage.rows(Match))[-1].worker_id == marco.id


async def test_who_does_not_say_why_gets_the_next_best_a_little_later(stage: Stage, aisha: Person) -> None:
    marco = await stage.add("worker", "Marco")
    await run(stage)
    yusuf = await stage.add("trainer", "Yusuf")
    await stage.answers(marco, "decline_match")
    await tick(stage)
    assert await offers_to(stage, yusuf) == 0
    stage.now += rules.TIME_TO_SAY_WHY
    async with stage.database.read() as session:
        assert await due.next_due(session) == stage.now
    await tick(stage)
    assert await offers_to(stage, yusuf) == 1


# -- declining ------------------------------------------------------------------------------------------

OFFERED_FOR = {
    "time": ("The times do not suit me", "Shall we look at your times?", "My times", "onboarding:edit:times"),
    "far": ("It is too far away", "How far may it be?", "How I would like to meet", "matching:wishes"),
    "topic": ("I need something else", "Shall we look at your topics?", "My topics", "onboarding:edit:topics"),
    "later": ("Not now, later", "I propose nobody to you for two weeks", "Look again now", "matching:again"),
    "other": ("Another reason", "That helps me to find somebody who suits you better.", "", ""),
}


@pytest.mark.parametrize("role", ["worker", "trainer"])
@pytest.mark.parametrize("key", rules.DECLINE_REASONS)
async def test_each_reason_offers_what_helps(stage: Stage, aisha: Person, key: str, role: str) -> None:
    marco = await stage.add("worker", "Marco")
    await run(stage)
    me, other = (marco, aisha) if role == "worker" else (aisha, marco)
    asked = (await stage.answers(me, "deny"))[-1]
    assert labels(asked)[:-1] == [label for label, *_ in OFFERED_FOR.values()]
    label, text, button, data = OFFERED_FOR[key]
    said = (await stage.answers(me, label))[-1]
    assert text in said.text
    assert labels(said) == [*([button] if button else []), "Menu"]
    assert not button or data_of(said, button) == data
    match = await the_match(stage)
    assert (match.worker_why, match.trainer_why) == ((key, "") if role == "worker" else ("", key))
    assert (await texts(stage, other))[-1].startswith("The person I proposed to you cannot take part this time.")
    rests = [(rest.person_id, rest.by, rest.until) for rest in await stage.rows(Rest)]
    assert rests == ([(me.id, None, stage.now + timedelta(weeks=2))] if key == "later" else [])


async def test_later_leaves_in_peace_for_two_weeks_and_then_proposals_come_again(stage: Stage, aisha: Person) -> None:
    marco = await stage.add("worker", "Marco")
    await run(stage)
    await stage.add("trainer", "Yusuf")
    await stage.answers(marco, "decline_match")
    await tick(stage)
    await stage.answers(marco, "Not now, later")
    begun = stage.now
    for days in (0, 1, 7, 13):
        stage.now = begun + timedelta(days=days)
        await tick(stage)
        await run(stage)
    stage.now = begun + timedelta(weeks=2) - timedelta(seconds=1)
    await run(stage)
    assert await offers_to(stage, marco) == 1
    (shown,) = await stage.says(marco, "matching:status")
    assert shown.text == "As you wished, I propose nobody to you until 1 December 2026."
    stage.now = begun + timedelta(weeks=2)
    (shown,) = await stage.says(marco, "matching:status")
    assert "1 trainer could fit; the next round decides." in shown.text
    await run(stage)
    assert await offers_to(stage, marco) == 2


async def test_later_may_be_taken_back_at_any_time(stage: Stage, aisha: Person) -> None:
    marco = await stage.add("worker", "Marco")
    await run(stage)
    await stage.add("trainer", "Yusuf")
    await stage.answers(marco, "decline_match")
    said = await stage.answers(marco, "Not now, later")
    for _ in range(2):
        again = await stage.taps(marco, data_of(said[-1], "Look again now"))
        assert again[-1].text == "Good, I am looking for somebody for you again."
    await run(stage)
    assert await offers_to(stage, marco) == 2


async def test_a_trainer_who_says_later_keeps_the_learners_they_have(
    stage: Stage, aisha: Person, marco: Person
) -> None:
    await stage.add("worker", "Carla")
    await run(stage)
    await stage.answers(aisha, "decline_match")
    await stage.answers(aisha, "Not now, later")
    await stage.add("worker", "Paolo")
    await run(stage)
    assert [one.state for one in await stage.rows(Match)] == [ACCEPTED, DECLINED]
    shown = await stage.says(aisha, "matching:status")
    assert shown[0].text == "You teach <b>Marco</b>."


# -- silence --------------------------------------------------------------------------------------------


async def test_a_silent_pair_is_asked_once_after_two_weeks(stage: Stage, aisha: Person, marco: Person) -> None:
    since = stage.now
    async with stage.database.read() as session:
        assert await due.next_due(session) == since + timedelta(days=14)
    stage.now = since + timedelta(days=14) - timedelta(seconds=1)
    await tick(stage)
    heard = {who.id: len(await stage.told(who)) for who in (marco, aisha)}
    stage.now = since + timedelta(days=14)
    for days in (0, 1, 6, 20):
        stage.now = since + timedelta(days=14 + days)
        await tick(stage)
    for who, name in ((marco, "Aisha"), (aisha, "Marco")):
        (row,) = (await stage.told(who))[heard[who.id] :]
        told = Outgoing.from_json(row.payload)
        assert told.text == f"You and {name} have not met or written for two weeks. How shall it go on?"
        assert labels(told) == [
            "Find a time to meet",
            "Write a message",
            "A break for both of us",
            "I would like to end it",
        ]
        assert row.created_at == since + timedelta(days=14)


async def test_each_answer_to_the_question_does_what_it_says(stage: Stage, aisha: Person, marco: Person) -> None:
    stage.later(days=14)
    await tick(stage)
    told = await stage.last_told(marco)
    assert "When would you like to meet" in (await stage.taps(marco, data_of(told, "Find a time to meet")))[-1].text
    assert "Write your message to Aisha" in (await stage.taps(marco, data_of(told, "Write a message")))[-1].text
    assert "Shall I end your work" in (await stage.taps(marco, data_of(told, "I would like to end it")))[-1].text
    assert "take a break" in (await stage.taps(marco, data_of(told, "A break for both of us")))[-1].text
    assert (await the_match(stage)).state == RESTING


async def test_a_sign_of_life_begins_the_two_weeks_anew(stage: Stage, aisha: Person, marco: Person) -> None:
    stage.later(days=13)
    await stage.taps(marco, f"matching:write:{(await the_match(stage)).id}")
    await stage.says(marco, "matching:written", "How are you?")
    stage.later(days=13)
    await tick(stage)
    assert not any("for two weeks" in text for text in await texts(stage, marco))
    stage.later(days=1)
    await tick(stage)
    assert sum("for two weeks" in text for text in await texts(stage, marco)) == 1
    stage.later(hours=1)
    await stage.taps(aisha, f"matching:write:{(await the_match(stage)).id}")
    await stage.says(aisha, "matching:written", "Sorry! Thursday?")
    stage.later(days=14)
    await tick(stage)
    assert sum("for two weeks" in text for text in await texts(stage, marco)) == 2


async def test_two_weeks_count_from_an_agreed_meeting(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    assert agreed.starts_at is not None
    assert (await the_match(stage)).active_at == agreed.starts_at


async def test_a_pair_that_rests_is_left_in_peace(stage: Stage, aisha: Person, marco: Person) -> None:
    match = await the_match(stage)
    await stage.taps(marco, f"matching:rest:{match.id}")
    stage.later(weeks=20)
    await tick(stage)
    assert not any("for two weeks" in text for text in await texts(stage, aisha))
    await stage.taps(marco, f"matching:go_on:{match.id}")
    stage.later(days=13)
    await tick(stage)
    assert not any("for two weeks" in text for text in await texts(stage, aisha))
    stage.later(days=1)
    await tick(stage)
    assert sum("for two weeks" in text for text in await texts(stage, aisha)) == 1


async def test_the_coordinator_sees_the_silent_pair_and_moves_it(stage: Stage, aisha: Person, marco: Person) -> None:
    ines = await stage.add("coordinator", "Ines")
    yusuf = await stage.add("trainer", "Yusuf")
    lively = await stage.add("worker", "Carla")
    await run(stage)
    (second,) = [one for one in await stage.rows(Match) if one.worker_id == lively.id]
    async with stage.database.begin() as session:
        found = await session.get(Match, second.id)
        assert found is not None
        found.state, found.trainer_says, found.worker_says = ACCEPTED, "yes", "yes"
        found.active_at = stage.now + timedelta(days=20)
    pairs = f"matching:pairs:{stage.cluster.id}:0"
    stage.later(days=14)
    (shown,) = await stage.taps(ines, pairs)
    assert labels(shown) == ["Menu"]
    stage.later(days=7)
    await tick(stage)
    (shown,) = await stage.taps(ines, pairs)
    assert "⇄ Marco" in labels(shown)
    assert "💤" not in shown.text, "they were asked a week ago"
    stage.later(seconds=1)
    (shown,) = await stage.taps(ines, pairs)
    first, second_line = shown.text.splitlines()[1:3]
    assert first == "💤 Marco – Aisha · 17 November 2026", "the longest silent first"
    assert second_line.startswith("Carla – ")
    assert [label for label in labels(shown) if "⇄" in label] == ["⇄ Marco"]
    heard = len(await stage.told(marco)), len(await stage.told(aisha))
    said = await stage.taps(ines, data_of(shown, "⇄ Marco"))
    assert "Done: both have been told" in said[-1].text
    again = await stage.taps(ines, data_of(shown, "⇄ Marco"))
    assert "This pair has ended already." in again[-1].text
    await tick(stage)
    told = await texts(stage, marco, heard[0])
    assert told[0] == "Your coordinator has ended your work with Aisha. I look for somebody else for you."
    assert told[1].startswith("<b>I have found a trainer for you.</b>")
    assert len(told) == 2
    assert (await texts(stage, aisha, heard[1]))[0].startswith("Your coordinator has ended your work with Marco.")
    (new,) = [one for one in await stage.rows(Match) if one.state == OFFERED and one.worker_id == marco.id]
    assert new.trainer_id == yusuf.id
    moves = [(one.actor, one.subject) for one in await stage.rows(AuditEntry) if one.action == "move"]
    assert moves == [(ines.id, f"match:{(await the_match(stage)).id}")]


async def test_more_than_a_page_of_pairs(stage: Stage) -> None:
    ines = await stage.add("coordinator", "Ines")
    for number in range(10):
        trainer, worker = await stage.add("trainer", f"T{number}", places=1), await stage.add("worker", f"W{number}")
        async with stage.database.begin() as session:
            session.add(
                Match(
                    cluster_id=stage.cluster.id,
                    trainer_id=trainer.id,
                    worker_id=worker.id,
                    score=1,
                    reasons={},
                    state=ACCEPTED,
                    created_at=stage.now,
                    expires_at=stage.now,
                    active_at=stage.now - timedelta(days=number),
                )
            )
    (shown,) = await stage.taps(ines, f"matching:pairs:{stage.cluster.id}:0")
    assert shown.text.splitlines()[0] == "<b>10 pairs work together.</b>"
    first = [line.split(" – ")[0] for line in shown.text.splitlines()[1:]]
    (shown,) = await stage.answers(ines, "affirm")
    second = [line.split(" – ")[0] for line in shown.text.splitlines()[1:]]
    assert first + second == [f"W{number}" for number in range(9, -1, -1)]
    assert "More" not in labels(shown)


# -- what they had agreed -------------------------------------------------------------------------------


async def is_off(stage: Stage, aisha: Person, marco: Person) -> None:
    """Their meeting is called off for both, once, and nobody is blamed for it."""
    (meeting,) = await stage.rows(Meeting)
    assert meeting.state == CANCELLED
    assert await stage.rows(Slot) == []
    assert {reminder.state for reminder in await stage.rows(Reminder)} == {"dropped"}
    for who, name in ((marco, "Aisha"), (aisha, "Marco")):
        told = [Outgoing.from_json(row.payload) for row in await stage.told(who)]
        (off,) = [one for one in told if "will not take place" in one.text]
        assert off.text.startswith(f"Your meeting with {name} on <b>")
        assert off.file is not None
        assert "METHOD:CANCEL" in off.file.content
        assert not any("has cancelled" in one.text for one in told)


async def by_the_worker(stage: Stage, aisha: Person, marco: Person) -> None:
    await ends(stage, marco)


async def by_the_trainer(stage: Stage, aisha: Person, marco: Person) -> None:
    await ends(stage, aisha)


async def by_a_report(stage: Stage, aisha: Person, marco: Person) -> None:
    await stage.taps(marco, f"matching:report:{(await the_match(stage)).id}")


async def by_the_coordinator(stage: Stage, aisha: Person, marco: Person) -> None:
    ines = await stage.add("coordinator", "Ines")
    await stage.taps(ines, f"matching:move:{(await the_match(stage)).id}")


@pytest.mark.parametrize("end", [by_the_worker, by_the_trainer, by_a_report, by_the_coordinator])
async def test_a_pair_that_ends_calls_off_its_meeting_for_both(
    stage: Stage,
    aisha: Person,
    marco: Person,
    agreed: Meeting,
    end: Callable[[Stage, Person, Person], Awaitable[None]],
) -> None:
    await end(stage, aisha, marco)
    assert (await the_match(stage)).state == ENDED
    await is_off(stage, aisha, marco)
    for who in (aisha, marco):
        await stage.taps(who, f"meetings:pair_ended:{(await the_match(stage)).id}")
    await is_off(stage, aisha, marco)


async def test_what_was_not_agreed_yet_is_dropped_without_a_word(stage: Stage, aisha: Person, marco: Person) -> None:
    await ends(stage, marco)
    (meeting,) = await stage.rows(Meeting)
    assert meeting.state == CANCELLED
    assert not any("will not take place" in text for text in await texts(stage, aisha))


async def test_a_meeting_that_has_begun_is_not_called_off(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    assert agreed.starts_at is not None
    stage.now = agreed.starts_at
    await ends(stage, marco)
    assert [meeting.state for meeting in await stage.rows(Meeting)] == [AGREED]


async def test_nobody_calls_off_a_meeting_of_a_pair_that_goes_on(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    match = await the_match(stage)
    otto = await stage.add("worker", "Otto")
    for who, number in product((aisha, marco, otto), (str(match.id), *NOT_A_MATCH)):
        await stage.taps(who, f"meetings:pair_ended:{number}")
    assert stage.forged == 3 * (1 + len(NOT_A_MATCH))
    assert [meeting.state for meeting in await stage.rows(Meeting)] == [AGREED]


async def test_an_end_in_italian(stage: Stage, aisha: Person) -> None:
    t = tongue("it")
    marco = await stage.add("worker", "Marco", language="it")
    await run(stage)
    await stage.answers(aisha, "affirm")
    await stage.answers(marco, "affirm")
    (shown,) = await stage.taps(marco, "matching:status")
    await stage.answers(marco, t.plain("End it"))
    said = await stage.answers(marco, t.plain("Yes, end it"))
    await stage.answers(marco, t.plain("We find no time"))
    match = await the_match(stage)
    assert (match.state, match.worker_why) == (ENDED, "time")
    assert (await stage.last_told(aisha)).text.startswith("Marco needs no more meetings.")
    for text in (shown.text, said[-1].text, *labels(said[-1])):
        assert not any(english in text for english in ("Your trainer", "It is done", "We find", "Another reason"))
