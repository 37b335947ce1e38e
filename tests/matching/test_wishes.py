"""How somebody would like to meet, and what they are told would help: it is true, and doing it leads to a match."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import db.people
from bot.matching import plan as planning
from bot.matching import rules
from bot.matching.candidates import Before, Sides
from bot.matching.crowd import Crowd, Facts
from bot.matching.plan import Help
from bot.matching.rounds import run_round
from bot.matching.seekers import Seekers
from bot.messages import Outgoing
from bot.people import vocabulary
from bot.texts import tongue
from db.clusters import Cluster
from db.engine import Database
from db.matching import Match
from db.people import Person
from tests.app import Running, running
from tests.matching.stage import HOUSE, Stage, data_of, labels
from tests.people_factory import BOLOGNA, MODENA, PALERMO, TUESDAY_NOON

NOT_A_NUMBER = ("", "x", "-1", "1.5", "²", "0", "999999999999999999", "9" * 19)


@pytest.fixture
async def stage(database: Database) -> Stage:
    return await Stage.set(database)


async def run(stage: Stage) -> list[tuple[int, int]]:
    """Run a round. Gives (trainer, worker) of all matches there are now."""
    async with stage.database.begin() as session:
        await run_round(session, stage.cluster, None, stage.now, HOUSE)
    return [(match.trainer_id, match.worker_id) for match in await stage.rows(Match)]


async def now_is(stage: Stage, who: Person) -> Person:
    async with stage.database.read() as session:
        found = await db.people.get(session, who.id)
        assert found is not None
        return found


async def wishes(stage: Stage, who: Person) -> tuple[bool, int, int, list[str]]:
    me = await now_is(stage, who)
    return me.remote, me.travel_km, me.places, me.prefers


async def shown_by(stage: Stage, who: Person, data: str) -> Outgoing:
    return (await stage.taps(who, data))[-1]


# -- what can be wished ---------------------------------------------------------------------------------


async def test_a_worker_sees_how_things_stand_and_switches_them(stage: Stage) -> None:
    marco = await stage.add("worker", "Marco")
    shown = await shown_by(stage, marco, "matching:wishes")
    assert shown.text.splitlines() == [
        "<b>How would you like to meet?</b>",
        "Online: Yes, online too",
        "On the way: up to 25 km",
    ]
    assert labels(shown) == ["Only in person", "5 km", "10 km", "✅ 25 km", "50 km", "Whom I would like best", "Menu"]
    shown = await shown_by(stage, marco, data_of(shown, "Only in person"))
    assert "Online: No, only in person" in shown.text
    assert shown.edit == "77"
    shown = await shown_by(stage, marco, data_of(shown, "50 km"))
    assert "✅ 50 km" in labels(shown)
    assert "✅ 25 km" not in labels(shown)
    assert (await wishes(stage, marco))[:2] == (False, 50)
    await shown_by(stage, marco, data_of(shown, "Online too"))
    assert (await wishes(stage, marco))[:2] == (True, 50)


async def test_a_trainer_says_how_many_learners_too(stage: Stage) -> None:
    aisha = await stage.add("trainer", "Aisha")
    for name in ("Marco", "Carla", "Paolo"):
        await stage.add("worker", name)
    shown = await shown_by(stage, aisha, "matching:wishes")
    assert "You teach 2 people at a time" in shown.text
    assert [label for label in labels(shown) if "👤" in label] == ["👤 1", "✅ 👤 2", "👤 3", "👤 5"]
    shown = await shown_by(stage, aisha, data_of(shown, "👤 1"))
    assert "You teach 1 person at a time" in shown.text
    assert len(await run(stage)) == 1
    await shown_by(stage, aisha, data_of(shown, "👤 3"))
    assert len(await run(stage)) == 3


async def test_fewer_places_take_nobody_away(stage: Stage) -> None:
    aisha = await stage.add("trainer", "Aisha")
    for name in ("Marco", "Carla"):
        await stage.add("worker", name)
    before = await run(stage)
    await stage.taps(aisha, "matching:places:1")
    await stage.add("worker", "Paolo")
    assert await run(stage) == before


async def test_numbers_that_we_never_offered_change_nothing(stage: Stage) -> None:
    aisha, marco = await stage.add("trainer", "Aisha"), await stage.add("worker", "Marco")
    before = await wishes(stage, aisha), await wishes(stage, marco)
    forged = [f"matching:{verb}:{number}" for verb in ("km", "places") for number in NOT_A_NUMBER]
    forged += ["matching:km", "matching:places", "matching:km:26", "matching:places:4"]
    for data in forged:
        await stage.taps(aisha, data)
    await stage.taps(marco, "matching:places:3")  # a learner teaches nobody
    assert stage.forged == len(forged) + 1
    assert (await wishes(stage, aisha), await wishes(stage, marco)) == before


# -- whom somebody would like best ----------------------------------------------------------------------


async def test_likes_are_put_in_and_taken_out(stage: Stage) -> None:
    marco = await stage.add("worker", "Marco")
    shown = await shown_by(stage, marco, "matching:likes")
    choices = [vocabulary.label("age", key, "en") for key in rules.TRAINER_AGES]
    assert labels(shown) == [*(f"▫️ {choice}" for choice in choices), "Done"]
    shown = await shown_by(stage, marco, data_of(shown, f"▫️ {choices[2]}"))
    shown = await shown_by(stage, marco, data_of(shown, f"▫️ {choices[0]}"))
    assert (await wishes(stage, marco))[3] == [rules.TRAINER_AGES[2], rules.TRAINER_AGES[0]]
    shown = await shown_by(stage, marco, data_of(shown, f"✅ {choices[2]}"))
    assert (await wishes(stage, marco))[3] == [rules.TRAINER_AGES[0]]
    shown = await shown_by(stage, marco, data_of(shown, "Done"))
    assert f"You would like best: {choices[0]}" in shown.text


async def test_a_trainer_prefers_up_to_three_trades_the_last_ones_count(stage: Stage) -> None:
    aisha = await stage.add("trainer", "Aisha")
    trades = [key for key in vocabulary.keys("sector") if key != "other"]
    shown = await shown_by(stage, aisha, "matching:likes")
    assert [data_of(shown, label) for label in labels(shown)[:-1]] == [f"matching:likes:{key}" for key in trades]
    for key in trades[:4]:
        await stage.taps(aisha, f"matching:likes:{key}")
    assert (await wishes(stage, aisha))[3] == trades[1:4]


async def test_likes_that_we_never_offered_are_refused(stage: Stage) -> None:
    aisha, marco = await stage.add("trainer", "Aisha"), await stage.add("worker", "Marco")
    for key in ("bakery", "50-59", "x", "-1", "999999999999999999", "<b>"):
        await stage.taps(marco, f"matching:likes:{key}")
    for key in ("18-21", "other", "x", "0"):
        await stage.taps(aisha, f"matching:likes:{key}")
    assert stage.forged == 10
    assert ((await wishes(stage, aisha))[3], (await wishes(stage, marco))[3]) == ([], [])


@pytest.mark.parametrize("liked", rules.TRAINER_AGES)
async def test_of_two_alike_the_one_that_is_liked_comes(stage: Stage, liked: str) -> None:
    marco = await stage.add("worker", "Marco")
    trainers = {band: await stage.add("trainer", f"T{band}", age_band=band) for band in rules.TRAINER_AGES}
    await stage.taps(marco, f"matching:likes:{liked}")
    assert await run(stage) == [(trainers[liked].id, marco.id)]


async def test_the_others_are_looked_at_too(stage: Stage) -> None:
    aisha = await stage.add("trainer", "Aisha", age_band="25-27")
    marco = await stage.add("worker", "Marco", sector="hotel")
    await stage.taps(marco, "matching:likes:18-21")
    await stage.taps(aisha, "matching:likes:bakery")
    assert await run(stage) == [(aisha.id, marco.id)]


async def test_a_trainers_place_goes_to_the_trade_they_like(stage: Stage) -> None:
    aisha = await stage.add("trainer", "Aisha", places=1)
    await stage.add("worker", "Hotel", sector="hotel")
    baker = await stage.add("worker", "Baker", sector="bakery")
    await stage.add("worker", "Shop", sector="shop")
    await stage.taps(aisha, "matching:likes:bakery")
    assert await run(stage) == [(aisha.id, baker.id)]


# -- how far, and online --------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["worker", "trainer"])
async def test_one_of_the_two_has_to_come_that_far(stage: Stage, who: str) -> None:
    """From Bologna to Modena it is 37 km."""
    aisha = await stage.add("trainer", "Aisha", remote=False, city_id=MODENA)
    marco = await stage.add("worker", "Marco", remote=False)
    assert await run(stage) == []
    await stage.taps(marco if who == "worker" else aisha, "matching:km:50")
    assert await run(stage) == [(aisha.id, marco.id)]
    told = await stage.last_told(marco)
    assert "lives 37 km away" in told.text
    assert "online" not in told.text


async def test_online_only_when_both_would(stage: Stage) -> None:
    aisha = await stage.add("trainer", "Aisha", remote=False, city_id=PALERMO)
    marco = await stage.add("worker", "Marco", remote=False)
    await stage.taps(marco, "matching:online:yes")
    assert await run(stage) == []
    await stage.taps(aisha, "matching:online")
    assert await run(stage) == [(aisha.id, marco.id)]
    assert "so you would meet online" in (await stage.last_told(marco)).text


# -- what would help ------------------------------------------------------------------------------------


async def test_online_would_help_and_does(stage: Stage) -> None:
    marco = await stage.add("worker", "Marco", remote=False)
    for name in ("Aisha", "Yusuf"):
        await stage.add("trainer", name, city_id=PALERMO)
    (shown,) = await stage.says(marco, "matching:status")
    assert "• Meeting online too opens 2 trainers." in shown.text
    assert await run(stage) == []
    said = await stage.answers(marco, "affirm")
    assert "Online: Yes, online too" in said[-1].text
    (shown,) = await stage.says(marco, "matching:status")
    assert "2 trainers could fit; the next round decides." in shown.text
    assert len(await run(stage)) == 1
    await stage.taps(marco, "matching:online:yes")  # the old button once more
    assert (await wishes(stage, marco))[0] is True


async def test_a_longer_way_would_help_and_does(stage: Stage) -> None:
    marco = await stage.add("worker", "Marco", remote=False)
    aisha = await stage.add("trainer", "Aisha", city_id=MODENA, remote=False)
    await stage.add("trainer", "Far", city_id=PALERMO, remote=False)
    (shown,) = await stage.says(marco, "matching:status")
    assert "• Up to 50 km on the way opens 1 trainer." in shown.text
    assert "online" not in shown.text
    shown = await shown_by(stage, marco, data_of(shown, "How I would like to meet"))
    await stage.taps(marco, data_of(shown, "50 km"))
    assert await run(stage) == [(aisha.id, marco.id)]


async def test_a_trainer_without_a_free_place_is_named_and_comes_when_there_is_one(stage: Stage) -> None:
    marco = await stage.add("worker", "Marco")
    aisha = await stage.add("trainer", "Aisha", places=0)
    (shown,) = await stage.says(marco, "matching:status")
    assert "• 1 trainer would fit, but has no free place at the moment." in shown.text
    await stage.taps(aisha, "matching:places:1")
    assert await run(stage) == [(aisha.id, marco.id)]


async def test_another_topic_or_time_would_help(stage: Stage) -> None:
    marco = await stage.add("worker", "Marco")
    await stage.add("trainer", "Else", topics=["ads"])
    await stage.add("trainer", "Saturdays", times=["5-am", "5-pm"])
    await stage.add("trainer", "Mornings", times=["5-am"])
    (shown,) = await stage.says(marco, "matching:status")
    assert "• Having time on Saturday morning opens 2 trainers." in shown.text
    assert "• 1 trainer teaches something else." in shown.text
    assert data_of(shown, "My times") == "onboarding:edit:times"
    assert data_of(shown, "My topics") == "onboarding:edit:topics"


async def test_when_nothing_would_help_it_says_so(stage: Stage) -> None:
    marco = await stage.add("worker", "Marco", languages=["de"])
    await stage.add("trainer", "Aisha")
    (shown,) = await stage.says(marco, "matching:status")
    assert "There is no trainer yet who fits. New ones join every week." in shown.text
    assert labels(shown) == ["How I would like to meet", "Next lesson", "Menu"]


async def test_what_would_help_counts_nobody_who_was_tried_or_is_not_there(stage: Stage) -> None:
    marco = await stage.add("worker", "Marco")
    await stage.add("trainer", "Tried")
    await run(stage)
    await stage.answers(marco, "decline_match")
    await stage.add("trainer", "Paused", paused=True)
    await stage.add("trainer", "Gone", reachable=False)
    await stage.add("trainer", "Joining", joined_at=None)
    (shown,) = await stage.says(marco, "matching:status")
    assert "There is no trainer yet who fits." in shown.text


async def test_a_trainer_is_told_of_no_trainers(stage: Stage) -> None:
    aisha = await stage.add("trainer", "Aisha")
    await stage.add("trainer", "Yusuf", places=0)
    (shown,) = await stage.says(aisha, "matching:status")
    assert shown.text.startswith("I have no learner for you yet.")
    assert "trainer" not in shown.text


async def test_without_a_cluster_there_is_still_an_answer(stage: Stage) -> None:
    eva = await stage.add("worker", "Eva", cluster_id=None)
    (shown,) = await stage.says(eva, "matching:status")
    assert shown.text.startswith("I have no trainer for you yet.")


# -- true for everybody ---------------------------------------------------------------------------------

TIMES = st.lists(st.sampled_from(rules.PARTS_OF_WEEK), unique=True, max_size=4)
FACTS: dict[str, st.SearchStrategy[Any]] = {
    "languages": st.lists(st.sampled_from(["it", "en"]), unique=True, min_size=1).map(tuple),
    "topics": st.lists(st.sampled_from(["instagram", "ads", "whatsapp"]), unique=True, min_size=1, max_size=2).map(
        tuple
    ),
    "times": TIMES.map(tuple),
    "zone": st.sampled_from(["Europe/Rome", "Europe/London"]),
    "city_id": st.sampled_from([BOLOGNA, MODENA, PALERMO, None]),
    "travel_km": st.sampled_from(rules.DISTANCES_KM),
    "remote": st.booleans(),
}


def somebody(person_id: int, **more: Any) -> Facts:
    facts: dict[str, Any] = {
        "id": person_id,
        "cluster_id": 1,
        "country": "IT",
        "language": "it",
        "sector": "",
        "age_band": "",
        "prefers": (),
        "since": TUESDAY_NOON,
    }
    return Facts(**(facts | more))


def seeking(worker: Facts, trainers: list[Facts]) -> Seekers:
    learning, teaching = Crowd.of([worker], TUESDAY_NOON), Crowd.of(trainers, TUESDAY_NOON)
    tried = Before.of([(1000, worker.id)], teaching, learning)
    return Seekers((worker,), tuple(trainers), Sides(learning, teaching, tried, rules.weighed({})))


def possible(worker: Facts, trainers: list[Facts]) -> int:
    """With how many trainers this worker could be matched."""
    return len(planning.ranked(seeking(worker, trainers), 0, len(trainers)))


def helped(worker: Facts, trainers: list[Facts]) -> Help:
    return planning.what_would_help(seeking(worker, trainers), TUESDAY_NOON)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_number_is_what_doing_it_would_bring(data: st.DataObject) -> None:
    """Trainer 1000 was tried before."""
    people = st.fixed_dictionaries(FACTS)
    worker = somebody(1, **data.draw(people))
    drawn = data.draw(st.lists(st.tuples(people, st.integers(0, 2)), min_size=1, max_size=8))
    trainers = [somebody(1000 + number, room=room, **facts) for number, (facts, room) in enumerate(drawn)]
    found, as_it_is = helped(worker, trainers), possible(worker, trainers)

    def more(**change: Any) -> int:
        return possible(replace(worker, **change), trainers) - as_it_is

    assert found.fitting == as_it_is
    assert found.full == possible(worker, [replace(one, room=1) for one in trainers]) - as_it_is
    assert found.online == more(remote=True)
    assert found.farther == more(travel_km=max(worker.travel_km, rules.FARTHER_KM))
    gains = {part: more(times=(*worker.times, part)) for part in rules.PARTS_OF_WEEK if part not in worker.times}
    assert found.times == max(gains.values())
    assert gains[found.best_time] == found.times if found.best_time else found.times == 0
    assert found.topics == more(topics=("instagram", "ads", "whatsapp"))


# -- in the whole programme -----------------------------------------------------------------------------


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Running]:
    async with running(database_url) as up:
        yield up


async def test_from_no_trainer_to_an_offer_by_taps(house: Running) -> None:
    marco = await house.joined("worker", "Marco", cluster_id=1, age_band="50-59", sector="bakery")
    await house.joined("trainer", "Aisha", cluster_id=1, times=["5-am"])
    shown = await marco.say("My trainer")
    assert "Having time on Saturday morning opens 1 trainer." in shown
    await marco.tap("My times")
    await marco.tap("▫️ Saturdays")
    await marco.tap("Done")
    assert "1 trainer could fit; the next round decides." in await marco.say("My trainer")
    async with house.write() as session:
        cluster = await session.get(Cluster, 1)
        assert cluster is not None
        await run_round(session, cluster, None, house.app.clock.now(), house.app.house)
    await house.app.settle()
    await house.advance(hours=1)
    assert marco.last.startswith("I have found a trainer for you.")


async def test_the_wishes_are_in_the_menu(house: Running) -> None:
    for role, label in (("worker", "Marco"), ("trainer", "Aisha")):
        phone = await house.joined(role, label, cluster_id=1)
        await phone.say("/menu")
        await phone.tap("How I would like to meet")
        await phone.tap("Only in person")
        assert "Online: No, only in person" in phone.last
        await phone.tap("50 km")
        assert "On the way: up to 50 km" in phone.last
    assert {(one.remote, one.travel_km) for one in await house.people()} == {(False, 50)}


async def test_who_has_not_joined_has_no_wishes_yet(house: Running) -> None:
    marco = house.phone("Marco")
    await marco.start()
    for data in (
        "matching:wishes",
        "matching:online:yes",
        "matching:km:50",
        "matching:places:5",
        "matching:likes:18-21",
    ):
        await marco.tap_data(data)
    (me,) = await house.people()
    assert (me.remote, me.travel_km, me.places, me.prefers) == (True, 25, 2, [])


async def test_wishes_in_italian(stage: Stage) -> None:
    t = tongue("it")
    marco = await stage.add("worker", "Marco", language="it", remote=False)
    aisha = await stage.add("trainer", "Aisha", city_id=PALERMO)
    (shown,) = await stage.says(marco, "matching:status")
    opens = t.n("Meeting online too opens {n} trainer.", "Meeting online too opens {n} trainers.", 1)
    assert opens in shown.text
    assert "opens" not in shown.text
    said = await stage.answers(marco, t.plain("Meet online too"))
    assert t("Online: {answer}", answer=t.plain("Yes, online too")) in said[-1].text
    assert await run(stage) == [(aisha.id, marco.id)]
