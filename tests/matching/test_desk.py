"""The coordinator's desk: figures before anything is sent, who waits and why, pairs by hand, how rounds run."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

import db.matching
from bot.case import COORDINATOR
from bot.matching import due, rules
from bot.matching.rounds import run_round
from bot.matching.service import rest
from bot.matching.taps import taps as matching_taps
from bot.messages import Outgoing
from bot.texts import tongue
from db.audit import AuditEntry
from db.clusters import Cluster, Coordination
from db.engine import Database
from db.matching import ACCEPTED, EXCLUDED, OFFERED, PROPOSED, Match, Rest, Round
from db.outbox import OutboxRow
from db.people import Person
from tests.app import Running, running
from tests.matching.stage import HOUSE, Stage, data_of, labels
from tests.people.invitations import coordinates
from tests.people_factory import MODENA, PALERMO, TUESDAY_NOON, cluster

HUGE = "999999999999999999"
NOT_A_NUMBER = ("", "x", "-1", "1.5", "²", " 1", "9" * 19, "1;drop table people")


@pytest.fixture
async def stage(database: Database) -> Stage:
    return await Stage.set(database)


@pytest.fixture
async def ines(stage: Stage) -> Person:
    return await stage.add("coordinator", "Ines")


async def shown_by(stage: Stage, who: Person, data: str) -> Outgoing:
    """What is on the screen after this tap."""
    return (await stage.taps(who, data))[-1]


async def pair_up(stage: Stage, worker: Person, trainer: Person, **facts: Any) -> Match:
    """These two work together."""
    match = Match(
        cluster_id=worker.cluster_id,
        trainer_id=trainer.id,
        worker_id=worker.id,
        score=5000,
        reasons={},
        created_at=stage.now,
        **{
            "expires_at": stage.now,
            "state": ACCEPTED,
            "trainer_says": "yes",
            "worker_says": "yes",
            "active_at": stage.now,
            "decided_at": stage.now,
            **facts,
        },
    )
    async with stage.database.begin() as session:
        session.add(match)
    return match


async def set_up(stage: Stage, where: Cluster | None = None, **habits: Any) -> None:
    """How rounds run in a cluster; the stage's, unless another is named."""
    async with stage.database.begin() as session:
        found = await session.get(Cluster, (where or stage.cluster).id)
        for name, value in habits.items():
            setattr(found, name, value)


async def add_cluster(stage: Stage, slug: str, **more: Any) -> Cluster:
    async with stage.database.begin() as session:
        added = cluster(slug, **more)
        session.add(added)
    return added


async def the_cluster(stage: Stage) -> Cluster:
    async with stage.database.read() as session:
        found = await session.get(Cluster, stage.cluster.id)
        assert found is not None
        return found


async def deeds(stage: Stage) -> list[tuple[int | None, str, str]]:
    """The audit log: (who, did what, to what)."""
    return [(entry.actor, entry.action, entry.subject) for entry in await stage.rows(AuditEntry)]


async def everything(stage: Stage, but: Person) -> list[dict[str, Any]]:
    """All that matching could change, and what anybody but this person was told."""
    found: list[dict[str, Any]] = []
    for table in (Match, Round, Rest, Cluster, Coordination, AuditEntry, OutboxRow):
        rows = [{key: value for key, value in vars(row).items() if key[0] != "_"} for row in await stage.rows(table)]
        found += [row for row in rows if row.get("person_id") != but.id or table is not OutboxRow]
    return found


async def offers_to(stage: Stage, who: Person) -> int:
    return sum("I have found" in row.payload["text"] for row in await stage.told(who))


# -- the round ------------------------------------------------------------------------------------------


async def test_the_figures_of_a_round_are_those_of_the_round_that_then_runs(stage: Stage, ines: Person) -> None:
    await stage.add("trainer", "Aisha", places=2)
    for name in ("Marco", "Carla"):
        await stage.add("worker", name)
    await stage.add("worker", "Vera", country="AT", languages=["it"], travel_km=5, city_id=PALERMO, remote=False)
    await stage.add("worker", "Paolo", paused=True)
    await stage.add("worker", "Gone", reachable=False)
    await stage.add("worker", "Greta", languages=["de"])
    shown = await shown_by(stage, ines, "matching:round")
    assert "I can bring 2 pairs together now." in shown.text
    assert "4 workers stay without for now:" in shown.text
    for reason in (
        "1 would meet in person only, and no trainer lives near enough",
        "1 is taking a break",
        "1 has stopped this assistant",
        "1 speaks a language that no trainer speaks",
    ):
        assert f"• {reason}" in shown.text
    assert "Longest wait: 2 weeks." in shown.text
    assert await stage.rows(Match) == []
    done = await shown_by(stage, ines, data_of(shown, "Send the offers"))
    assert "2 pairs have received an offer" in done.text
    (kept,) = await stage.rows(Round)
    assert (kept.by, kept.matched, kept.unmatched, kept.figures["staying"]["place"]) == (ines.id, 2, 4, 1)
    assert await deeds(stage) == [(ines.id, "match", f"cluster:{stage.cluster.id}")]


async def test_pairs_of_several_countries_are_counted_by_country(stage: Stage, ines: Person) -> None:
    await stage.add("trainer", "Aisha", places=5)
    for name, country in (("Marco", "IT"), ("Carla", "IT"), ("Vera", "AT")):
        await stage.add("worker", name, country=country)
    assert "By country: IT 2 and AT 1." in (await shown_by(stage, ines, "matching:round")).text


async def test_the_planned_pairs_are_shown_and_nothing_is_sent(stage: Stage, ines: Person) -> None:
    aisha = await stage.add("trainer", "A<i>sha", places=1)
    far = await stage.add("trainer", "Yusuf", places=1, city_id=PALERMO)
    near = await stage.add("worker", "Marco & Sons")
    other = await stage.add("worker", "Carla", city_id=PALERMO)
    shown = await shown_by(stage, ines, data_of(await shown_by(stage, ines, "matching:round"), "Show the pairs"))
    lines = [line for line in shown.text.splitlines() if line.startswith("•")]
    assert len(lines) == 2
    assert any(re.fullmatch(r"• Marco &amp; Sons – A&lt;i&gt;sha · \d+", line) for line in lines)
    assert any(line.startswith("• Carla – Yusuf") for line in lines)
    for who in (aisha, far, near, other):
        assert await stage.told(who) == []
    assert await stage.rows(Round) == []


async def test_of_many_planned_pairs_the_best_are_named_and_the_others_counted(stage: Stage, ines: Person) -> None:
    for number in range(18):
        await stage.add("trainer", f"T{number}", places=1)
        await stage.add("worker", f"W{number}")
    shown = await shown_by(stage, ines, f"matching:planned:{stage.cluster.id}")
    lines = [line for line in shown.text.splitlines() if line.startswith("•")]
    scores = [int(line.rpartition(" · ")[2]) for line in lines]
    assert len(lines) == 16
    assert scores == sorted(scores, reverse=True)
    assert "… and 2 more." in shown.text


async def test_with_nobody_to_bring_together_there_is_nothing_to_send(stage: Stage, ines: Person) -> None:
    shown = await shown_by(stage, ines, "matching:round")
    assert "There is nobody new to bring together right now." in shown.text
    assert "Send the offers" not in labels(shown)
    assert "Nobody." in (await shown_by(stage, ines, f"matching:planned:{stage.cluster.id}")).text


async def test_not_now_sends_nothing(stage: Stage, ines: Person) -> None:
    aisha, marco = await stage.add("trainer", "Aisha"), await stage.add("worker", "Marco")
    shown = await shown_by(stage, ines, "matching:round")
    assert "Nothing was sent" in (await stage.answers(ines, "deny"))[-1].text
    assert data_of(shown, "Not now") == "matching:not_now"
    assert await stage.told(aisha) == await stage.told(marco) == []


# -- who waits ------------------------------------------------------------------------------------------


async def test_who_waits_longest_stands_first_and_eight_are_a_page(stage: Stage, ines: Person) -> None:
    for number in range(18):
        since = TUESDAY_NOON - timedelta(weeks=1, days=number)
        await stage.add("worker", f"W{number:02}", joined_at=since)
    seen: list[str] = []
    shown = await shown_by(stage, ines, f"matching:queue:{stage.cluster.id}:0")
    assert "18 workers are waiting for a trainer." in shown.text
    while True:
        page = [label for label in labels(shown) if label.startswith("W")]
        seen += [label.split(" · ")[0] for label in page]
        if "More" not in labels(shown):
            break
        assert len(page) == 8
        shown = (await stage.answers(ines, "affirm"))[-1]
    assert seen == [f"W{number:02}" for number in range(17, -1, -1)]
    assert "W00 · 1 week" in labels(shown)
    assert "Nobody is waiting." in (await shown_by(stage, ines, f"matching:queue:{stage.cluster.id}:{HUGE}")).text


async def test_only_who_looks_for_somebody_waits(stage: Stage, ines: Person) -> None:
    aisha = await stage.add("trainer", "Aisha")
    await pair_up(stage, await stage.add("worker", "Taught"), aisha)
    await stage.add("worker", "Paused", paused=True)
    await stage.add("worker", "Elsewhere", cluster_id=(await add_cluster(stage, "elsewhere")).id)
    await stage.add("worker", "Marco & <b>Sons")
    shown = await shown_by(stage, ines, f"matching:queue:{stage.cluster.id}:0")
    assert labels(shown) == ["Marco & <b>Sons · 2 weeks", "Back", "Menu"]


async def test_one_workers_case_names_the_best_trainers(stage: Stage, ines: Person) -> None:
    marco = await stage.add("worker", "Marco")
    await stage.add("trainer", "Near")
    await stage.add("trainer", "Modena", city_id=MODENA)
    await stage.add("trainer", "Palermo", city_id=PALERMO)
    await stage.add("trainer", "Full", places=0)
    await stage.add("trainer", "German", languages=["de"])
    shown = await shown_by(stage, ines, f"matching:case:{marco.id}")
    assert "<b>Marco</b> has waited 2 weeks." in shown.text
    assert [re.sub(r" · \d+ · ", " · ", label) for label in labels(shown)[:3]] == [
        "Near · 0 km",
        "Modena · online",
        "Palermo · online",
    ]
    assert labels(shown)[3:] == ["Leave out for now", "Who is waiting", "Menu"]


@pytest.mark.parametrize(
    ("trainer", "why"),
    [
        ({"languages": ["de"]}, "speaks a language that no trainer speaks"),
        ({"topics": ["ads"]}, "wants to learn something that no trainer teaches"),
        ({"times": ["6-am"]}, "has no time in common with a trainer"),
        ({"city_id": PALERMO, "remote": False}, "would meet in person only, and no trainer lives near enough"),
        ({"places": 0}, "the trainers who fit are all taken"),
    ],
)
async def test_one_workers_case_says_what_stands_in_the_way(
    stage: Stage, ines: Person, trainer: dict[str, Any], why: str
) -> None:
    marco = await stage.add("worker", "Marco")
    await stage.add("trainer", "Aisha", **trainer)
    shown = await shown_by(stage, ines, f"matching:case:{marco.id}")
    assert why in shown.text
    assert labels(shown) == ["Leave out for now", "Who is waiting", "Menu"]


async def test_whoever_is_taken_meanwhile_is_no_case_any_more(stage: Stage, ines: Person) -> None:
    aisha, marco = await stage.add("trainer", "Aisha"), await stage.add("worker", "Marco")
    await pair_up(stage, marco, aisha)
    shown = await shown_by(stage, ines, f"matching:case:{marco.id}")
    assert "not looking for anybody at the moment" in shown.text
    for verb in ("weigh", "propose", "exclude"):
        await stage.taps(ines, f"matching:{verb}:{marco.id}:{aisha.id}")
    assert len(stage.refused) == 3
    assert [match.state for match in await stage.rows(Match)] == [ACCEPTED]


async def test_left_out_until_taken_in_again(stage: Stage, ines: Person) -> None:
    await stage.add("trainer", "Aisha")
    marco = await stage.add("worker", "Marco")
    shown = await shown_by(stage, ines, f"matching:case:{marco.id}")
    shown = await shown_by(stage, ines, data_of(shown, "Leave out for now"))
    assert "<b>Marco</b> is left out of matching for now." in shown.text
    assert shown.edit == "77", "the same message changes"
    assert "nobody new" in (await shown_by(stage, ines, f"matching:run:{stage.cluster.id}")).text
    stage.later(weeks=30)
    await stage.taps(marco, "matching:again")  # an old button: that is not his to end
    assert "1 is taking a break" in (await shown_by(stage, ines, "matching:round")).text
    shown = await shown_by(stage, ines, f"matching:case:{marco.id}")
    shown = await shown_by(stage, ines, data_of(shown, "Take in again"))
    assert "<b>Marco</b> has waited" in shown.text
    assert "1 pair has received" in (await shown_by(stage, ines, f"matching:run:{stage.cluster.id}")).text
    found = [deed for deed in await deeds(stage) if deed[1] != "match"]
    assert found == [(ines.id, "leave_out", f"person:{marco.id}"), (ines.id, "take_in", f"person:{marco.id}")]


async def test_what_a_coordinator_decided_outlives_a_not_now(stage: Stage, ines: Person) -> None:
    await stage.add("trainer", "Aisha")
    marco = await stage.add("worker", "Marco")
    await stage.taps(ines, f"matching:run:{stage.cluster.id}")
    await stage.taps(ines, f"matching:leave_out:{marco.id}")
    await stage.taps(ines, f"matching:leave_out:{marco.id}")
    await stage.answers(marco, "decline_match")
    await stage.answers(marco, "Not now, later")
    (rest,) = await stage.rows(Rest)
    assert (rest.by, rest.until) == (ines.id, None)


# -- pairs by hand --------------------------------------------------------------------------------------


async def test_a_pair_that_takes_nothing_from_anybody_costs_nothing(stage: Stage, ines: Person) -> None:
    aisha, marco = await stage.add("trainer", "Aisha"), await stage.add("worker", "Marco")
    shown = await shown_by(stage, ines, f"matching:weigh:{marco.id}:{aisha.id}")
    assert "<b>Marco – Aisha</b>" in shown.text
    assert "This costs the others nothing." in shown.text
    terms = re.findall(r"(\w+) (\d+) %", shown.text)
    assert {name for name, _ in terms} == {
        "topics",
        "times",
        "way",
        "language",
        "trade",
        "waiting",
        "reliability",
        "wishes",
    }
    values = [int(value) for _, value in terms]
    assert values == sorted(values, reverse=True)
    assert all(0 <= value <= 100 for value in values)
    assert await stage.rows(Match) == []


async def test_a_pair_that_takes_somebody_elses_only_trainer_says_so(stage: Stage, ines: Person) -> None:
    """Marco could have either of the two, Carla only Aisha."""
    aisha = await stage.add("trainer", "Aisha", languages=["it", "de"], places=1)
    yusuf = await stage.add("trainer", "Yusuf", places=1)
    marco = await stage.add("worker", "Marco")
    carla = await stage.add("worker", "Carla", languages=["de"])
    dear = await shown_by(stage, ines, f"matching:weigh:{marco.id}:{aisha.id}")
    assert "It leaves 1 person without." in dear.text
    cost = re.search(r"This pair costs ([\d.]+) % of what is possible\.", dear.text)
    assert cost
    assert 40 < float(cost[1]) < 60
    for worker, trainer in ((marco, yusuf), (carla, aisha)):
        free = await shown_by(stage, ines, f"matching:weigh:{worker.id}:{trainer.id}")
        assert "This costs the others nothing." in free.text


async def test_a_pair_that_is_only_worse_costs_a_share_and_nobody(stage: Stage, ines: Person) -> None:
    await stage.add("trainer", "Near", places=1)
    far = await stage.add("trainer", "Far", places=1, city_id=PALERMO)
    marco = await stage.add("worker", "Marco")
    there = await stage.add("worker", "Palermo", city_id=PALERMO)
    shown = await shown_by(stage, ines, f"matching:weigh:{marco.id}:{far.id}")
    assert re.search(r"This pair costs [\d.]+ % of what is possible\.$", shown.text)
    assert "costs the others nothing" in (await shown_by(stage, ines, f"matching:weigh:{there.id}:{far.id}")).text


async def test_a_proposed_pair_gets_its_offer_and_may_say_no(stage: Stage, ines: Person) -> None:
    aisha, marco = await stage.add("trainer", "Aisha"), await stage.add("worker", "Marco")
    shown = await shown_by(stage, ines, f"matching:weigh:{marco.id}:{aisha.id}")
    done = await stage.answers(ines, "affirm")
    assert "Both have received the offer." in done[-1].text
    (match,) = await stage.rows(Match)
    assert (match.state, match.by, match.round_id) == (OFFERED, ines.id, None)
    assert match.expires_at == stage.now + rules.OFFER_LASTS
    assert (await deeds(stage))[-1] == (ines.id, "propose", f"match:{match.id}")
    await stage.taps(ines, data_of(shown, "Propose this pair"))
    assert stage.refused == ["This person is not looking for anybody at the moment."]
    assert (await offers_to(stage, marco), await offers_to(stage, aisha)) == (1, 1)
    assert not any("Aisha" in row.payload["text"] for row in await stage.told(marco))
    await stage.answers(marco, "deny")
    assert "cannot take part this time" in (await stage.last_told(aisha)).text


async def test_a_proposal_is_sent_even_where_a_coordinator_looks_first(stage: Stage, ines: Person) -> None:
    await set_up(stage, approval=True)
    aisha, marco = await stage.add("trainer", "Aisha"), await stage.add("worker", "Marco")
    await stage.taps(ines, f"matching:propose:{marco.id}:{aisha.id}")
    assert await offers_to(stage, aisha) == 1


async def test_an_excluded_pair_never_comes(stage: Stage, ines: Person) -> None:
    aisha, marco = await stage.add("trainer", "Aisha"), await stage.add("worker", "Marco")
    shown = await shown_by(stage, ines, f"matching:weigh:{marco.id}:{aisha.id}")
    shown = await shown_by(stage, ines, data_of(shown, "Never these two"))
    assert "has already been offered every trainer who fits" in shown.text
    (match,) = await stage.rows(Match)
    assert (match.state, match.by) == (EXCLUDED, ines.id)
    assert (await deeds(stage))[-1] == (ines.id, "exclude", f"cluster:{stage.cluster.id}")
    assert "nobody new" in (await shown_by(stage, ines, f"matching:run:{stage.cluster.id}")).text
    for verb in ("exclude", "propose", "weigh"):
        await stage.taps(ines, f"matching:{verb}:{marco.id}:{aisha.id}")
    assert stage.refused == ["These two cannot be brought together any more."] * 3
    assert await stage.told(aisha) == await stage.told(marco) == []


# -- approval -------------------------------------------------------------------------------------------


async def waiting_pairs(stage: Stage, number: int) -> list[Match]:
    """The clock has run a round where a coordinator looks first."""
    await set_up(stage, approval=True)
    for at in range(number):
        await stage.add("trainer", f"T{at}", places=1)
        await stage.add("worker", f"W{at}")
    async with stage.database.begin() as session:
        here = await session.get(Cluster, stage.cluster.id)
        assert here is not None
        await run_round(session, here, None, stage.now, HOUSE)
    return await stage.rows(Match)


async def test_pairs_wait_for_a_coordinator_who_refuses_one_and_sends_the_others(stage: Stage, ines: Person) -> None:
    matches = await waiting_pairs(stage, 3)
    assert {match.state for match in matches} == {PROPOSED}
    told = await stage.last_told(ines)
    assert told.text == "<b>Bakers-Emilia</b>: 3 pairs wait for you to look at them."
    assert len(await stage.told(ines)) == 1
    shown = (await stage.answers(ines, "affirm"))[-1]
    assert "3 pairs wait for you." in shown.text
    assert len(re.findall(r"^\d\. W\d – T\d$", shown.text, re.MULTILINE)) == 3
    second = (await stage.rows(Match))[1]
    shown = await shown_by(stage, ines, data_of(shown, "✗ 2"))
    assert "2 pairs wait for you." in shown.text
    assert shown.edit == "77"
    done = await shown_by(stage, ines, data_of(shown, "Send all the offers"))
    assert "2 pairs have received an offer." in done.text
    assert "No pair is waiting for you." in (await shown_by(stage, ines, f"matching:approve:{stage.cluster.id}")).text
    assert [match.state for match in await stage.rows(Match)] == [OFFERED, EXCLUDED, OFFERED]
    for match in await stage.rows(Match):
        for person_id in (match.trainer_id, match.worker_id):
            reader = await _person(stage, person_id)
            assert await offers_to(stage, reader) == (match.id != second.id)
    found = [deed for deed in await deeds(stage) if deed[0] == ines.id]
    assert found[0] == (ines.id, "refuse", f"match:{second.id}")
    assert found[1] == (ines.id, "approve", f"cluster:{stage.cluster.id}")


async def _person(stage: Stage, person_id: int) -> Person:
    async with stage.database.read() as session:
        found = await session.get(Person, person_id)
        assert found is not None
        return found


async def test_an_offer_lasts_five_days_from_when_it_was_approved(stage: Stage, ines: Person) -> None:
    await waiting_pairs(stage, 1)
    stage.later(days=4)
    assert await due.tick(stage.database, stage.now, HOUSE) == 0, "they still wait for her"
    await stage.taps(ines, f"matching:approve:{stage.cluster.id}")
    (match,) = await stage.rows(Match)
    assert (match.state, match.expires_at) == (OFFERED, stage.now + rules.OFFER_LASTS)


async def test_a_refused_pair_makes_room_for_the_next_best_which_waits_too(stage: Stage, ines: Person) -> None:
    await set_up(stage, approval=True)
    for name in ("First", "Second"):
        await stage.add("trainer", name)
    marco = await stage.add("worker", "Marco")
    async with stage.database.begin() as session:
        await run_round(session, await the_cluster(stage), None, stage.now, HOUSE)
    (first,) = await stage.rows(Match)
    await stage.taps(ines, f"matching:refuse:{first.id}")
    await stage.taps(ines, f"matching:refuse:{first.id}")  # twice is harmless
    await due.tick(stage.database, stage.now, HOUSE)
    states = [(match.state, match.trainer_id) for match in await stage.rows(Match)]
    assert states[0] == (EXCLUDED, first.trainer_id)
    assert [state for state, _ in states[1:]] == [PROPOSED]
    assert states[1][1] != first.trainer_id
    assert "1 pair waits for you to look at it" in (await stage.last_told(ines)).text
    assert await stage.told(marco) == []
    assert [deed[1] for deed in await deeds(stage)] == ["match", "refuse"]


async def test_the_desk_leads_to_the_pairs_that_wait(stage: Stage, ines: Person) -> None:
    assert not any("to look at" in label for label in labels(await shown_by(stage, ines, "matching:round")))
    await waiting_pairs(stage, 2)
    await pair_up(stage, await stage.add("worker", "Taught"), await stage.add("trainer", "Busy", places=1))
    elsewhere = await add_cluster(stage, "elsewhere")
    theirs = [await stage.add(role, role, cluster_id=elsewhere.id) for role in ("worker", "trainer")]
    await pair_up(stage, *theirs, state=PROPOSED)
    nobody_new = await shown_by(stage, ines, "matching:round")
    assert "nobody new" in nobody_new.text
    assert labels(nobody_new)[0] == "2 pairs to look at"
    for name in ("trainer", "worker"):
        await stage.add(name, f"New {name}")
    somebody_new = await shown_by(stage, ines, "matching:round")
    assert "Send the offers" in labels(somebody_new)
    shown = await shown_by(stage, ines, data_of(somebody_new, "2 pairs to look at"))
    assert "2 pairs wait for you." in shown.text
    shown = await shown_by(stage, ines, data_of(shown, "✗ 1"))
    back = await shown_by(stage, ines, data_of(shown, "Back"))
    assert "1 pair to look at" in labels(back)


async def test_pairs_that_nobody_looks_at_are_taken_back_and_may_come_again(stage: Stage, ines: Person) -> None:
    pairs = {(match.trainer_id, match.worker_id) for match in await waiting_pairs(stage, 2)}
    shown = await shown_by(stage, ines, f"matching:proposed:{stage.cluster.id}")
    heard = len(await stage.told(ines))
    end = stage.now + rules.OFFER_LASTS
    async with stage.database.read() as session:
        assert await due.next_due(session) == end
    stage.now = end - timedelta(seconds=1)
    assert await due.tick(stage.database, stage.now, HOUSE) == 0
    stage.now = end
    assert await due.tick(stage.database, stage.now, HOUSE) == 2
    assert await due.tick(stage.database, stage.now, HOUSE) == 0
    assert await stage.rows(Match) == []
    (told,) = [Outgoing.from_json(row.payload) for row in (await stage.told(ines))[heard:]]
    assert told.text == (
        "<b>Bakers-Emilia</b>: 2 pairs have waited five days for you, and I have taken them back. They are free again."
    )
    async with stage.database.read() as session:
        assert await due.next_due(session) is None
    for old in ("✗ 1", "Send all the offers"):
        assert "No pair is waiting for you." in (await shown_by(stage, ines, data_of(shown, old))).text
    assert (stage.forged, await stage.rows(Match)) == (0, [])
    again = await shown_by(stage, ines, data_of(told, "Find matches"))
    assert "I can bring 2 pairs together now." in again.text
    await stage.taps(ines, data_of(again, "Send the offers"))
    matches = await stage.rows(Match)
    assert {(match.trainer_id, match.worker_id) for match in matches} == pairs
    assert [await offers_to(stage, await _person(stage, match.worker_id)) for match in matches] == [1, 1]


async def test_to_be_taken_back_costs_nobody_their_good_name(stage: Stage, ines: Person) -> None:
    (match,) = await waiting_pairs(stage, 1)
    stage.later(days=5)
    await due.tick(stage.database, stage.now, HOUSE)
    async with stage.database.read() as session:
        assert await db.matching.unanswered(session, "worker") == {}
        assert await db.matching.unanswered(session, "trainer") == {}
    for person_id in (match.trainer_id, match.worker_id):
        assert await stage.told(await _person(stage, person_id)) == []


async def test_each_cluster_hears_once_of_its_own_pairs(stage: Stage, ines: Person) -> None:
    await waiting_pairs(stage, 2)
    elsewhere = await add_cluster(stage, "elsewhere", name="Elsewhere")
    otto = await coordinator_of(stage, "Otto", elsewhere)
    for number in range(3):
        trainer = await stage.add("trainer", f"Their T{number}", cluster_id=elsewhere.id)
        worker = await stage.add("worker", f"Their W{number}", cluster_id=elsewhere.id)
        late = timedelta(minutes=number == 2)
        await pair_up(stage, worker, trainer, state=PROPOSED, expires_at=stage.now + rules.OFFER_LASTS + late)
    heard = {who.id: len(await stage.told(who)) for who in (ines, otto)}
    stage.now += rules.OFFER_LASTS
    assert await due.tick(stage.database, stage.now, HOUSE) == 4
    for who, words in ((ines, "Bakers-Emilia</b>: 2 pairs"), (otto, "Elsewhere</b>: 2 pairs")):
        (row,) = (await stage.told(who))[heard[who.id] :]
        assert words in row.payload["text"]
    assert [match.cluster_id for match in await stage.rows(Match)] == [elsewhere.id]


async def coordinator_of(stage: Stage, name: str, where: Cluster) -> Person:
    """Somebody who coordinates this cluster and no other."""
    who = await stage.add("coordinator", name, cluster_id=where.id)
    (own,) = [one for one in await stage.rows(Coordination) if one.person_id == who.id]
    async with stage.database.begin() as session:
        (await session.merge(own)).cluster_id = where.id
    return who


@pytest.mark.parametrize("side", ["trainer", "worker"])
@pytest.mark.parametrize("change", [{"paused": True}, {"reachable": False}, {"joined_at": None}, "left out", "taken"])
async def test_who_is_not_looking_any_more_gets_no_offer_when_it_is_approved(
    stage: Stage, ines: Person, side: str, change: Any
) -> None:
    matches = await waiting_pairs(stage, 3)
    spoilt = matches[1]
    who = await _person(stage, spoilt.trainer_id if side == "trainer" else spoilt.worker_id)
    if isinstance(change, dict):
        await stage.change(who, **change)
    elif change == "left out":
        async with stage.database.begin() as session:
            await rest(session, who.id, None, stage.now, stage.now + timedelta(weeks=2))
    elif side == "trainer":
        await pair_up(stage, await stage.add("worker", "Faster"), who)
    else:
        await pair_up(stage, who, await stage.add("trainer", "Faster"), state=OFFERED)
    kept = {match.id for match in matches} - {spoilt.id}
    done = await shown_by(stage, ines, f"matching:approve:{stage.cluster.id}")
    assert done.text.splitlines() == [
        "2 pairs have received an offer. They have five days to answer.",
        "1 pair was no longer possible: somebody takes a break, has left or is taken.",
    ]
    left = {match.id: match.state for match in await stage.rows(Match)}
    assert {id for id in kept if left[id] == OFFERED} == kept
    assert spoilt.id not in left
    for person_id in (spoilt.trainer_id, spoilt.worker_id):
        assert await offers_to(stage, await _person(stage, person_id)) == 0
    (entry,) = [one for one in await stage.rows(AuditEntry) if one.action == "approve"]
    assert entry.detail == {"pairs": 2, "left_out": 1}
    if change == {"paused": True}:  # and whoever comes back may come together after all
        await stage.change(who, paused=False)
        assert "1 pair has received" in (await shown_by(stage, ines, f"matching:run:{stage.cluster.id}")).text


async def test_a_trainer_with_fewer_places_than_waiting_pairs_gets_the_best(stage: Stage, ines: Person) -> None:
    await set_up(stage, approval=True)
    aisha = await stage.add("trainer", "Aisha", places=3)
    for number, city in enumerate((MODENA, None, PALERMO)):
        await stage.add("worker", f"W{number}", city_id=city)
    near = await stage.add("worker", "Near")
    async with stage.database.begin() as session:
        await run_round(session, await the_cluster(stage), None, stage.now, HOUSE)
    assert len(await stage.rows(Match)) == 3
    await stage.change(aisha, places=1)
    done = await shown_by(stage, ines, f"matching:approve:{stage.cluster.id}")
    assert "2 pairs were no longer possible" in done.text
    (match,) = await stage.rows(Match)
    assert (match.state, match.worker_id) == (OFFERED, near.id)


async def test_an_approval_with_nothing_good_left_sends_nothing(stage: Stage, ines: Person) -> None:
    (match,) = await waiting_pairs(stage, 1)
    await stage.change(await _person(stage, match.worker_id), paused=True)
    done = await shown_by(stage, ines, f"matching:approve:{stage.cluster.id}")
    assert done.text == "1 pair was no longer possible: somebody takes a break, has left or is taken."
    assert await stage.rows(Match) == []
    assert "No pair is waiting for you." in (await shown_by(stage, ines, f"matching:approve:{stage.cluster.id}")).text


async def test_an_offer_that_went_out_cannot_be_refused(stage: Stage, ines: Person) -> None:
    (match,) = await waiting_pairs(stage, 1)
    await stage.taps(ines, f"matching:approve:{stage.cluster.id}")
    shown = await shown_by(stage, ines, f"matching:refuse:{match.id}")
    assert "No pair is waiting for you." in shown.text
    assert (await stage.rows(Match))[0].state == OFFERED


async def test_a_round_that_the_coordinator_starts_needs_no_second_look(stage: Stage, ines: Person) -> None:
    await set_up(stage, approval=True)
    aisha = await stage.add("trainer", "Aisha")
    await stage.add("worker", "Marco")
    await stage.taps(ines, f"matching:run:{stage.cluster.id}")
    assert await offers_to(stage, aisha) == 1


# -- habits ---------------------------------------------------------------------------------------------


async def test_habits_are_switched_one_by_one_and_back(stage: Stage, ines: Person) -> None:
    shown = await shown_by(stage, ines, f"matching:habits:{stage.cluster.id}")
    assert shown.text.splitlines() == [
        "<b>Bakers-Emilia</b>",
        "Rounds run only when you start them.",
        "Offers go out at once.",
        "Only its own trainers.",
    ]
    assert await deeds(stage) == []
    shown = await shown_by(stage, ines, data_of(shown, "Let me look first"))
    shown = await shown_by(stage, ines, data_of(shown, "Exchange with other clusters"))
    shown = await shown_by(stage, ines, data_of(shown, "Friday"))
    assert shown.text.splitlines()[1:] == [
        "Rounds run by themselves: Friday 20 November, at 09:00.",
        "A coordinator looks at each pair before it is sent.",
        "Trainers of other clusters come into question too.",
    ]
    assert "✅ Friday" in labels(shown)
    here = await the_cluster(stage)
    assert (here.approval, here.exchange, here.rounds) == (True, True, "0 9 * * 5")
    assert here.next_round_at == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)  # 9:00 in Rome
    shown = await shown_by(stage, ines, data_of(shown, "Send offers at once"))
    shown = await shown_by(stage, ines, data_of(shown, "Only our own trainers"))
    await stage.taps(ines, data_of(shown, "Only when I start them"))
    here = await the_cluster(stage)
    assert (here.approval, here.exchange, here.rounds, here.next_round_at) == (False, False, "", None)
    assert [entry.detail["changed"] for entry in await stage.rows(AuditEntry)] == [
        "approval",
        "exchange",
        "4",
        "approval",
        "exchange",
        "never",
    ]
    assert set(await deeds(stage)) == {(ines.id, "habits", f"cluster:{stage.cluster.id}")}


@pytest.mark.parametrize("day", range(7))
async def test_each_day_of_the_week_is_the_one_it_says(stage: Stage, ines: Person, day: int) -> None:
    shown = await shown_by(stage, ines, f"matching:habits:{stage.cluster.id}:{day}")
    moment = (await the_cluster(stage)).next_round_at
    assert moment is not None
    assert moment.weekday() == day
    assert stage.now < moment <= stage.now + timedelta(weeks=1)
    assert f"✅ {tongue('en').weekday(day)}" in labels(shown)


@pytest.mark.parametrize(
    ("start", "rounds"),
    [
        # Rome's clocks go back on 25 October 2026 and forward on 28 March 2027.
        ("2026-10-19 06:59", ["2026-10-19 07:00", "2026-10-26 08:00", "2026-11-02 08:00"]),
        ("2027-03-22 07:59", ["2027-03-22 08:00", "2027-03-29 07:00", "2027-04-05 07:00"]),
    ],
)
async def test_rounds_run_at_nine_on_the_clusters_clock_across_a_change(
    stage: Stage, ines: Person, start: str, rounds: list[str]
) -> None:
    stage.now = datetime.fromisoformat(start).replace(tzinfo=UTC)
    await stage.taps(ines, f"matching:habits:{stage.cluster.id}:0")
    for expected in rounds:
        async with stage.database.read() as session:
            moment = await due.next_due(session)
        assert moment == datetime.fromisoformat(expected).replace(tzinfo=UTC)
        stage.now = moment - timedelta(seconds=1)
        await due.tick(stage.database, stage.now, HOUSE)
        before = len(await stage.rows(Round))
        stage.now = moment
        await due.tick(stage.database, stage.now, HOUSE)
        assert len(await stage.rows(Round)) == before + 1
    assert [(one.at, one.by) for one in await stage.rows(Round)] == [
        (datetime.fromisoformat(moment).replace(tzinfo=UTC), None) for moment in rounds
    ]


async def test_nine_on_the_very_day_the_clocks_change(stage: Stage, ines: Person) -> None:
    stage.now = datetime(2027, 3, 27, 12, 0, tzinfo=UTC)
    await stage.taps(ines, f"matching:habits:{stage.cluster.id}:6")
    assert (await the_cluster(stage)).next_round_at == datetime(2027, 3, 28, 7, 0, tzinfo=UTC)


async def test_a_coordinator_elsewhere_sets_the_clusters_clock_not_their_own(stage: Stage) -> None:
    away = await stage.add("coordinator", "Bob", zone="Europe/London")
    shown = await shown_by(stage, away, f"matching:habits:{stage.cluster.id}:2")
    assert "tomorrow, Wednesday 18 November, at 08:00" in shown.text  # 9:00 in Rome, on Bob's clock
    assert (await the_cluster(stage)).next_round_at == datetime(2026, 11, 18, 8, 0, tzinfo=UTC)


async def test_a_round_missed_for_weeks_runs_once(stage: Stage, ines: Person) -> None:
    await stage.taps(ines, f"matching:habits:{stage.cluster.id}:0")
    aisha = await stage.add("trainer", "Aisha")
    await stage.add("worker", "Marco")
    stage.later(weeks=5, hours=1)
    for _ in range(3):
        await due.tick(stage.database, stage.now, HOUSE)
    assert [(one.at, one.matched) for one in await stage.rows(Round)] == [(stage.now, 1)]
    assert await offers_to(stage, aisha) == 1
    assert (await the_cluster(stage)).next_round_at == datetime(2026, 12, 28, 8, 0, tzinfo=UTC)


async def test_a_round_by_the_clock_waits_for_the_coordinator_where_one_looks_first(stage: Stage, ines: Person) -> None:
    await set_up(stage, approval=True)
    await stage.taps(ines, f"matching:habits:{stage.cluster.id}:0")
    aisha = await stage.add("trainer", "Aisha")
    await stage.add("worker", "Marco")
    stage.later(weeks=1)
    await due.tick(stage.database, stage.now, HOUSE)
    assert [match.state for match in await stage.rows(Match)] == [PROPOSED]
    assert "1 pair waits for you to look at it" in (await stage.last_told(ines)).text
    assert await stage.told(aisha) == []


@pytest.mark.parametrize(("here", "there"), list(product((False, True), repeat=2)))
async def test_trainers_of_another_cluster_only_when_both_exchange(
    stage: Stage, ines: Person, here: bool, there: bool
) -> None:
    elsewhere = await add_cluster(stage, "elsewhere")
    await set_up(stage, exchange=here)
    await set_up(stage, elsewhere, exchange=there)
    aisha = await stage.add("trainer", "Aisha", cluster_id=elsewhere.id)
    marco = await stage.add("worker", "Marco")
    await stage.add("worker", "Theirs", cluster_id=elsewhere.id)
    await stage.taps(ines, f"matching:run:{stage.cluster.id}")
    pairs = [(match.trainer_id, match.worker_id, match.cluster_id) for match in await stage.rows(Match)]
    assert pairs == ([(aisha.id, marco.id, stage.cluster.id)] if here and there else [])
    assert await offers_to(stage, aisha) == len(pairs)


async def test_a_trainer_who_is_full_elsewhere_is_full_here(stage: Stage, ines: Person) -> None:
    elsewhere = await add_cluster(stage, "elsewhere", exchange=True)
    await set_up(stage, exchange=True)
    aisha = await stage.add("trainer", "Aisha", cluster_id=elsewhere.id, places=1)
    await pair_up(stage, await stage.add("worker", "Theirs", cluster_id=elsewhere.id), aisha)
    await stage.add("worker", "Marco")
    shown = await shown_by(stage, ines, "matching:round")
    assert "1: the trainers who fit are all taken" in shown.text


# -- whose it is ----------------------------------------------------------------------------------------

OF_A_CLUSTER = ("round", "planned", "run", "proposed", "approve", "queue", "pairs", "habits")
OF_A_WORKER = ("case", "leave_out", "take_in", "weigh", "propose", "exclude")
OF_A_PERSON = ("readmit",)
OF_A_MATCH = ("refuse", "move")


def every_tap(where: int, worker: int, trainer: int, match: int) -> list[str]:
    """Each button of the desk, with these numbers."""
    return [
        *(f"matching:{verb}:{where}:0" for verb in OF_A_CLUSTER if verb != "habits"),
        *(f"matching:habits:{where}:{what}" for what in ("", "approval", "exchange", "never", "0")),
        *(f"matching:{verb}:{worker}:{trainer}" for verb in OF_A_WORKER),
        *(f"matching:{verb}:{who}" for verb in OF_A_PERSON for who in (worker, trainer)),
        *(f"matching:{verb}:{match}" for verb in OF_A_MATCH),
        *(f"matching:{verb}:{who}:{match}" for verb in OF_A_PERSON for who in (worker, trainer)),
        f"matching:refuse:{match}:{where}",
        f"matching:refuse:{match + 99}:{where}",
    ]


def test_no_button_of_the_desk_is_forgotten_here() -> None:
    listed = {f"matching:{verb}" for verb in (*OF_A_CLUSTER, *OF_A_WORKER, *OF_A_PERSON, *OF_A_MATCH, "not_now")}
    assert listed == {name for name, tap in matching_taps.items() if tap.needs == COORDINATOR}


@pytest.mark.parametrize("state", [PROPOSED, ACCEPTED])
async def test_another_clusters_coordinator_sees_and_changes_nothing(stage: Stage, state: str) -> None:
    aisha, marco = await stage.add("trainer", "Aisha"), await stage.add("worker", "Marco")
    learner = await stage.add("worker", "Taught")
    match = await pair_up(stage, learner, aisha, state=state, active_at=stage.now - timedelta(weeks=4))
    otto = await coordinator_of(stage, "Otto", await add_cluster(stage, "elsewhere"))
    before = await everything(stage, otto)
    taps = every_tap(stage.cluster.id, marco.id, aisha.id, match.id)
    for data in taps:
        said = await stage.taps(otto, data)
        assert not any(name in one.text for one in said for name in ("Marco", "Aisha", "Taught", "Bakers"))
    assert stage.forged == len(taps)
    assert await everything(stage, otto) == before


@pytest.mark.parametrize("role", ["worker", "trainer"])
async def test_a_learner_or_a_trainer_is_no_coordinator(stage: Stage, role: str) -> None:
    """The second line: `turn` has asked for the role before, as the whole programme shows below."""
    aisha, marco = await stage.add("trainer", "Aisha"), await stage.add("worker", "Marco")
    learner = await stage.add("worker", "Taught")
    match = await pair_up(stage, learner, aisha, active_at=stage.now - timedelta(weeks=4))
    me = marco if role == "worker" else aisha
    before = await everything(stage, me)
    taps = every_tap(stage.cluster.id, marco.id, aisha.id, match.id)
    for data in taps:
        await stage.taps(me, data)
    assert len(stage.refused) == len(taps)
    assert await everything(stage, me) == before


async def test_numbers_that_we_never_made_change_nothing(stage: Stage, ines: Person) -> None:
    aisha, marco = await stage.add("trainer", "Aisha"), await stage.add("worker", "Marco")
    before = await everything(stage, ines)
    every = (*OF_A_CLUSTER, *OF_A_WORKER, *OF_A_PERSON, *OF_A_MATCH)
    taps = [f"matching:{verb}:{number}" for verb in every for number in NOT_A_NUMBER]
    taps += [f"matching:{verb}" for verb in every[1:]]  # a round without a number is that of the only cluster
    taps += [f"matching:{verb}:{HUGE}:{HUGE}" for verb in every]
    taps += [f"matching:{verb}:{stage.cluster.id}:{number}" for verb in ("queue", "pairs") for number in NOT_A_NUMBER]
    taps += [f"matching:habits:{stage.cluster.id}:{what}" for what in ("7", "-1", "x", "Monday", "0 9 * * *", HUGE)]
    taps += [f"matching:{verb}:{marco.id}:{number}" for verb in OF_A_WORKER[3:] for number in NOT_A_NUMBER]
    taps += [f"matching:{verb}:{aisha.id}:{marco.id}" for verb in OF_A_WORKER]  # the wrong way round
    taps += [f"matching:{verb}:{ines.id}:{aisha.id}" for verb in OF_A_WORKER]
    for data in taps:
        await stage.taps(ines, data)
    assert stage.forged == len(taps)
    for verb in OF_A_WORKER[3:]:
        for trainer in (HUGE, "0", str(marco.id), str(ines.id)):  # numbers, and nobody who teaches
            await stage.taps(ines, f"matching:{verb}:{marco.id}:{trainer}")
    assert len(stage.refused) == len(taps) + 12
    assert await everything(stage, ines) == before


async def test_trainers_who_do_not_fit_cannot_be_proposed(stage: Stage, ines: Person) -> None:
    marco = await stage.add("worker", "Marco")
    elsewhere = await add_cluster(stage, "elsewhere")
    misfits = [
        await stage.add("trainer", "German", languages=["de"]),
        await stage.add("trainer", "Full", places=0),
        await stage.add("trainer", "Paused", paused=True),
        await stage.add("trainer", "Foreign", cluster_id=elsewhere.id),
    ]
    before = await everything(stage, ines)
    for trainer, verb in product(misfits, ("weigh", "propose", "exclude")):
        await stage.taps(ines, f"matching:{verb}:{marco.id}:{trainer.id}")
    assert len(stage.refused) == 12
    assert await everything(stage, ines) == before


@pytest.fixture
async def house(database_url: str) -> Any:
    async with running(database_url) as up:
        yield up


async def test_in_the_whole_programme_only_a_coordinator_gets_there(house: Running) -> None:
    ines = await coordinates(house)
    marco = await house.joined("worker", "Marco", cluster_id=1, languages=["it"])
    await house.joined("trainer", "Aisha", cluster_id=1)
    _, worker, trainer = await house.people()
    for data in (*every_tap(1, worker.id, trainer.id, 1), "matching:not_now"):
        heard = len(marco.texts)
        await marco.tap_data(data)
        assert marco.texts[heard:] == ["Only a coordinator can do this."], data
    assert "I can bring 1 pair together now." in await ines.say("Find matches")
    await ines.tap("Show the pairs")
    assert "Marco – Aisha" in ines.last
    await ines.tap("Who is waiting")
    await ines.tap("Marco · 2 weeks")
    await ines.tap("Aisha · ")
    assert "This costs the others nothing." in ines.last
    assert await ines.tap("Propose this pair") == "Both have received the offer. They have five days to answer."
    assert marco.last.startswith("I have found a trainer for you.")


async def test_the_desk_in_italian(stage: Stage) -> None:
    t = tongue("it")
    ines = await stage.add("coordinator", "Ines", language="it")
    await stage.add("trainer", "Aisha")
    await stage.add("worker", "Marco")
    shown = await shown_by(stage, ines, "matching:round")
    shown = await shown_by(stage, ines, data_of(shown, t.plain("How rounds run here")))
    shown = await shown_by(stage, ines, data_of(shown, t.weekday(0)))
    assert "lunedì 23 novembre" in shown.text
    shown = await shown_by(stage, ines, f"matching:queue:{stage.cluster.id}:0")
    shown = await shown_by(stage, ines, data_of(shown, t.n("{name} · {n} week", "{name} · {n} weeks", 2, name="Marco")))
    assert labels(shown)[-3:] == [t.plain(label) for label in ("Leave out for now", "Who is waiting", "Menu")]
