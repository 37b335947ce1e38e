"""Who is reached: each dimension alone and together, on both databases; nobody of another cluster, ever."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

import db.announcements
from bot.announcements import service
from bot.announcements.command import announce
from bot.errors import Misconfigured, Refused
from bot.people import vocabulary
from db.announcements import Announcement
from db.clusters import Coordination
from db.lessons import Award
from db.matching import Match
from db.outbox import OutboxRow
from db.people import Person
from tests.announcements.conftest import HOUSE, NOON, SETTINGS, Programme

ALL_KINDS = ("anna", "bruno", "carla", "dario", "elena", "franz")


@pytest.fixture
async def people(programme: Programme) -> dict[str, int]:
    """Six of hers, each different; then those who must never get anything, though every wish fits them."""
    long_ago = NOON - timedelta(days=40)
    ids = {
        "anna": await programme.add(sector="bakery", topics=["instagram", "ads"], seen_at=long_ago),
        "bruno": await programme.add(sector="hotel", topics=["whatsapp"]),
        "carla": await programme.add(language="es", country="ES", sector="bakery", topics=["ads"]),
        "dario": await programme.add("trainer", topics=["instagram"], seen_at=NOON - timedelta(days=30, minutes=1)),
        "elena": await programme.add("trainer", language="es", country="ES", topics=["tiktok"]),
        "franz": await programme.add(language="de", country="IT", sector="", topics=[]),
    }
    strangers = await programme.add_cluster("theirs", ["IT", "ES"], hers=False)
    like_anna: dict[str, Any] = {"sector": "bakery", "topics": ["instagram", "ads"], "seen_at": long_ago}
    ids["stranger"] = await programme.add(cluster_id=strangers.id, **like_anna)
    ids["nowhere"] = await programme.add(cluster_id=None, **like_anna)
    ids["gone"] = await programme.add(reachable=False, **like_anna)
    ids["deaf"] = await programme.add(hears_announcements=False, **like_anna)
    ids["joining"] = await programme.add(joined_at=None, **like_anna)
    async with programme.database.begin() as session:
        session.add_all(
            [
                _match(ids["bruno"], ids["dario"], "accepted"),
                _match(ids["carla"], ids["elena"], "declined"),
                *(_award(ids[name], "worker/03-be-found") for name in ("anna", "bruno", "stranger", "gone")),
                _award(ids["elena"], "trainer/03-teach"),
            ]
        )
    return ids


def _match(worker: int, trainer: int, state: str) -> Match:
    return Match(
        worker_id=worker, trainer_id=trainer, state=state, score=1, reasons={}, created_at=NOON, expires_at=NOON
    )


def _award(person: int, about: str) -> Award:
    return Award(person_id=person, about=about, code=f"{person}-{about}"[:32], name="x", language="it", awarded_at=NOON)


async def reached(programme: Programme, people: dict[str, int], audience: dict[str, list[Any]]) -> set[str]:
    """Who gets it: started for real, and counted the same before."""
    async with programme.database.begin() as session:
        draft = await service.compose(session, programme.cluster, programme.ines, audience, {"all": "Ciao"}, NOON)
        counted = sum(some.number for some in await service.readers(session, draft, NOON))
        try:
            started = await service.start(session, draft, HOUSE, NOON)
        except Refused:
            started = 0
        rows = set(await session.scalars(select(OutboxRow.person_id).where(OutboxRow.announcement_id == draft.id)))
        got = {name for name, id in people.items() if id in rows}
        assert counted == started == len(got)
        return got


@pytest.mark.parametrize(
    ("audience", "names"),
    [
        ({}, ALL_KINDS),
        ({"role": ["worker"]}, ("anna", "bruno", "carla", "franz")),
        ({"role": ["trainer"]}, ("dario", "elena")),
        ({"role": ["worker", "trainer"]}, ALL_KINDS),
        ({"country": ["ES"]}, ("carla", "elena")),
        ({"country": ["ES", "IT"]}, ALL_KINDS),
        ({"language": ["es", "de"]}, ("carla", "elena", "franz")),
        ({"sector": ["bakery"]}, ("anna", "carla")),
        ({"sector": ["bakery", "hotel"]}, ("anna", "bruno", "carla")),
        ({"topic": ["instagram"]}, ("anna", "dario")),
        ({"topic": ["ads", "tiktok"]}, ("anna", "carla", "elena")),
        ({"match": ["unmatched"]}, ("anna", "carla", "elena", "franz")),
        ({"match": ["paired"]}, ("bruno", "dario")),
        ({"match": ["paired", "unmatched"]}, ALL_KINDS),
        ({"silent": [30]}, ("anna", "dario")),
        ({"silent": [31]}, ("anna",)),
        ({"silent": [60]}, ()),
        ({"finished": ["03-be-found"]}, ("anna", "bruno")),
        ({"finished": ["03-be-found", "03-teach"]}, ("anna", "bruno", "elena")),
        ({"finished": ["04-facebook-and-instagram"]}, ()),
        ({"role": ["worker"], "country": ["IT"], "match": ["unmatched"]}, ("anna", "franz")),
        ({"role": ["worker"], "finished": ["03-be-found"], "match": ["unmatched"], "silent": [30]}, ("anna",)),
        ({"role": ["trainer"], "topic": ["instagram"], "language": ["it"], "match": ["paired"]}, ("dario",)),
        ({"sector": ["bakery"], "country": ["ES"], "silent": [7]}, ()),
    ],
)
async def test_the_right_people_are_reached(
    programme: Programme, people: dict[str, int], audience: dict[str, list[Any]], names: Sequence[str]
) -> None:
    assert await reached(programme, people, audience) == set(names)


async def test_several_clusters_of_hers(programme: Programme, people: dict[str, int]) -> None:
    north = await programme.add_cluster("north", ["IT"])
    people["gina"] = await programme.add(sector="bakery", cluster_id=north.id)
    both = [programme.cluster.id, north.id]
    assert await reached(programme, people, {"cluster": both, "sector": ["bakery"]}) == {"anna", "carla", "gina"}
    assert await reached(programme, people, {"cluster": [north.id]}) == {"gina"}
    assert await reached(programme, people, {"cluster": []}) == set(ALL_KINDS)


async def test_a_cluster_that_is_not_hers_is_never_reached(programme: Programme, people: dict[str, int]) -> None:
    north = await programme.add_cluster("north", ["IT"])
    await programme.add(cluster_id=north.id)
    audience = {"cluster": [programme.cluster.id, north.id]}
    async with programme.database.begin() as session:
        draft = await service.compose(session, programme.cluster, programme.ines, audience, {"all": "Ciao"}, NOON)
        await session.execute(
            delete(Coordination).where(Coordination.cluster_id == north.id)
        )  # given up since it was written
        with pytest.raises(Refused, match="do not coordinate all of these clusters"):
            await service.start(session, draft, HOUSE, NOON)
        assert draft.state == "draft"
    assert not await programme.letters()


@pytest.mark.parametrize(
    ("key", "among", "audience", "counted"),
    [
        ("role", (), {}, {"worker": 4, "trainer": 2}),
        ("role", (), {"role": ["worker"], "country": ["ES"]}, {"worker": 1, "trainer": 1}),
        ("country", (), {"role": ["worker"]}, {"IT": 3, "ES": 1}),
        ("language", (), {}, {"it": 3, "es": 2, "de": 1}),
        ("sector", (), {}, {"bakery": 2, "hotel": 1}),
        ("topic", vocabulary.keys("topic"), {}, {"instagram": 2, "ads": 2, "whatsapp": 1, "tiktok": 1}),
        ("match", ("unmatched", "paired"), {"match": ["paired"]}, {"unmatched": 4, "paired": 2}),
        ("silent", (7, 30, 60), {}, {7: 2, 30: 2}),
        ("finished", ("03-be-found", "03-teach", "04-x"), {}, {"03-be-found": 2, "03-teach": 1}),
        ("finished", (), {}, {}),
    ],
)
async def test_what_there_is_to_choose_is_counted(
    programme: Programme,
    people: dict[str, int],
    key: str,
    among: Sequence[Any],
    audience: dict[str, list[Any]],
    counted: dict[Any, int],
) -> None:
    async with programme.database.read() as session:
        values = await db.announcements.count_values(session, programme.cluster.id, audience, key, among, NOON)
    assert values == counted


async def test_clusters_are_counted_among_those_asked_for(programme: Programme, people: dict[str, int]) -> None:
    home = programme.cluster.id
    north = await programme.add_cluster("north", ["IT"])
    await programme.add(cluster_id=north.id)
    async with programme.database.read() as session:
        values = await db.announcements.count_values(
            session, home, {"role": ["worker"]}, "cluster", (home, north.id), NOON
        )
    assert values == {home: 4, north.id: 1}


# -- from a script --------------------------------------------------------------------------------------


async def scripted(programme: Programme, audience: str, *, yes: bool = True) -> list[str]:
    said: list[str] = []
    await announce(
        programme.database,
        SETTINGS,
        programme.cluster,
        audience,
        {"it": "Ciao", "es": "Hola", "de": "Hallo"},
        dry_run=not yes,
        yes=yes,
        say=said.append,
        ask=lambda _: False,
    )
    return said


async def test_a_script_names_all_of_it(programme: Programme, people: dict[str, int]) -> None:
    async with programme.database.begin() as session:  # the script's "now" is not the tests'
        for name in ("anna", "dario"):
            person = await session.get_one(Person, people[name])
            person.seen_at = NOON - timedelta(days=3_000)
    said = await scripted(programme, "role=worker country=IT sector=bakery match=unmatched silent=1000 finished=3")
    assert said[0] == (
        "1 worker in Italy, sector “Bakery”, without a partner, silent for 1000 days, module 3 finished"
        " (Cluster south): 1 it."
    )
    assert said[-1] == "It is on its way to 1 people."
    assert [row.person_id for row in await programme.letters()] == [people["anna"]]


async def test_a_script_may_name_other_clusters(programme: Programme, people: dict[str, int]) -> None:
    said = await scripted(programme, "cluster=theirs role=worker", yes=False)
    assert said[0] == "1 worker (Cluster theirs): 1 it."
    async with programme.database.read() as session:
        (draft,) = await session.scalars(select(Announcement))
    assert draft.cluster_id != programme.cluster.id
    with pytest.raises(Misconfigured, match="cluster is south, theirs or all, not 'nowhere'"):
        await scripted(programme, "cluster=nowhere")
