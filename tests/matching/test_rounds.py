from datetime import timedelta

import pytest

import db.matching
from bot.matching import rules
from bot.matching.plan import RoundPlan, plan_round
from bot.matching.rounds import run_round
from bot.messages import Lane, Outgoing
from db.audit import AuditEntry
from db.engine import Database
from db.matching import Match, Round
from tests.matching.stage import HOUSE, Stage, data_of, labels
from tests.people_factory import MODENA, cluster


@pytest.fixture
async def stage(database: Database) -> Stage:
    return await Stage.set(database)


async def run(stage: Stage) -> RoundPlan:
    async with stage.database.begin() as session:
        return await run_round(session, stage.cluster, None, stage.now, HOUSE)


async def plan(stage: Stage) -> RoundPlan:
    async with stage.database.read() as session:
        return await plan_round(session, stage.cluster, stage.now, HOUSE)


async def test_a_dry_run_changes_nothing_and_says_who_stays(stage: Stage) -> None:
    aisha = await stage.add("trainer", "Aisha")
    marco = await stage.add("worker", "Marco")
    await stage.add("worker", "Greta", languages=["de"])
    await stage.add("worker", "Paolo", paused=True)
    await stage.add("worker", "Nina", joined_at=None)
    planned = await plan(stage)
    assert [(pair.trainer.id, pair.worker.id) for pair in planned.pairs] == [(aisha.id, marco.id)]
    assert planned.staying == {rules.NO_LANGUAGE: 1, rules.PAUSED: 1}
    assert str(planned) == "1 pairs, 2 workers without (language 1, paused 1)"
    assert await stage.rows(Match) == []
    assert await stage.told(marco) == []


async def test_both_sides_get_an_offer_with_reasons_and_no_name(stage: Stage) -> None:
    aisha = await stage.add("trainer", "Aisha", city_id=MODENA)
    marco = await stage.add("worker", "Marco")
    await run(stage)
    for_marco, for_aisha = await stage.last_told(marco), await stage.last_told(aisha)
    assert "speaks Italian" in for_marco.text
    assert "usually has time: Tuesday afternoon and Thursday morning" in for_marco.text
    assert "knows Instagram" in for_marco.text
    assert "would like to learn Instagram" in for_aisha.text
    for told in (for_marco, for_aisha):
        assert "lives 37 km away" in told.text
        assert not any(secret in told.text for secret in ("Aisha", "Marco", "Bologna", "Modena"))
        assert labels(told) == ["Yes, I would like that", "No, thank you", "Why this person?"]
    assert (await stage.told(marco))[0].lane == list(Lane).index(Lane.LESSON)


async def test_a_round_run_twice_offers_nothing_twice(stage: Stage) -> None:
    await stage.add("trainer", "Aisha")
    marco = await stage.add("worker", "Marco")
    assert (await run(stage)).matched == 1
    assert (await run(stage)).matched == 0
    assert len(await stage.told(marco)) == 1
    assert [one.matched for one in await stage.rows(Round)] == [1, 0]
    assert [entry.action for entry in await stage.rows(AuditEntry)] == ["match", "match"]


async def test_a_pair_that_declined_never_comes_again(stage: Stage) -> None:
    await stage.add("trainer", "Aisha")
    marco = await stage.add("worker", "Marco")
    await run(stage)
    await stage.answers(marco, "decline_match")
    planned = await plan(stage)
    assert planned.matched == 0
    assert planned.staying == {rules.TRIED: 1}


async def test_a_trainer_never_has_more_than_two(stage: Stage) -> None:
    await stage.add("trainer", "Aisha")
    for name in ("Marco", "Carla", "Paolo"):
        await stage.add("worker", name)
    assert (await run(stage)).matched == 2
    assert (await plan(stage)).staying == {rules.FULL: 1}
    await stage.add("trainer", "Yusuf")
    assert (await run(stage)).matched == 1


async def test_only_people_of_the_same_cluster_meet(stage: Stage) -> None:
    async with stage.database.begin() as session:
        elsewhere = cluster("elsewhere")
        session.add(elsewhere)
    await stage.add("trainer", "Aisha", cluster_id=elsewhere.id)
    await stage.add("trainer", "Gone", reachable=False)
    await stage.add("worker", "Marco")
    assert (await plan(stage)).matched == 0


async def test_who_has_waited_longest_is_first_when_trainers_are_scarce(stage: Stage) -> None:
    await stage.add("trainer", "Aisha")
    for name in ("New", "Newer"):
        await stage.add("worker", name, joined_at=stage.now - timedelta(days=1))
    old = [await stage.add("worker", name) for name in ("Old", "Older")]
    planned = await plan(stage)
    assert {pair.worker.id for pair in planned.pairs} == {one.id for one in old}


async def test_an_offer_of_the_night_waits_for_the_morning(stage: Stage) -> None:
    await stage.add("trainer", "Aisha")
    asleep = await stage.add("worker", "Marco", seen_at=stage.now - timedelta(days=1))
    stage.now = stage.now.replace(hour=22)  # 23:00 in Rome
    await run(stage)
    (row,) = await stage.told(asleep)
    assert row.due_at == stage.now.replace(day=18, hour=7)


async def test_the_coordinator_sees_the_figures_before_anything_is_sent(stage: Stage) -> None:
    ines = await stage.add("coordinator", "Ines")
    aisha = await stage.add("trainer", "Aisha")
    await stage.add("worker", "Marco")
    await stage.add("worker", "Greta", topics=["ads"])
    (shown,) = await stage.says(ines, "matching:find", "find matches")
    assert "1 pair" in shown.text
    assert "1 wants to learn something that no trainer teaches" in shown.text
    assert await stage.told(aisha) == []
    done = await stage.taps(ines, data_of(shown, "Send the offers"))
    assert "1 pair has received an offer" in done[-1].text
    again = await stage.taps(ines, data_of(shown, "Send the offers"))
    assert "nobody new" in again[-1].text
    assert len(await stage.told(aisha)) == 1


async def test_a_round_of_another_cluster_is_not_hers(stage: Stage) -> None:
    ines = await stage.add("coordinator", "Ines")
    async with stage.database.begin() as session:
        elsewhere = cluster("elsewhere")
        session.add(elsewhere)
    for verb in ("round", "run"):
        await stage.taps(ines, f"matching:{verb}:{elsewhere.id}")
    assert stage.forged == 2
    assert await stage.rows(Round) == []


async def test_a_coordinator_of_two_clusters_is_asked_which(stage: Stage) -> None:
    ines = await stage.add("coordinator", "Ines")
    async with stage.database.begin() as session:
        second = cluster("second", name="Second")
        session.add(second)
        await session.flush()
        session.add(db.clusters.Coordination(person_id=ines.id, cluster_id=second.id, since=stage.now))
    (shown,) = await stage.taps(ines, "matching:round")
    assert labels(shown) == ["Bakers-Emilia", "Second", "Menu"]
    (chosen,) = await stage.taps(ines, data_of(shown, "Second"))
    assert "Second" in chosen.text


async def test_each_reads_the_offer_in_their_language(stage: Stage) -> None:
    await stage.add("trainer", "Aisha")
    marco = await stage.add("worker", "Marco", language="it")
    await run(stage)
    told: Outgoing = await stage.last_told(marco)
    assert "italiano" in told.text
    assert "martedì" in told.text
