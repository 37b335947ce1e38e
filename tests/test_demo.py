"""The made-up people of the demo: always the same, there once, and marked as made up."""

import socket
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot import demo
from bot.errors import Misconfigured
from bot.people import clusters, places
from bot.settings import Settings
from db.clusters import Coordination
from db.engine import Database
from db.lessons import Plan
from db.matching import Match
from db.people import Person
from tests.app import MONDAY_MORNING as NOW

LIFE = Settings()


async def seeded(database: Database, number: int) -> list[Person]:
    await demo.seed(database, NOW, number, LIFE)
    async with database.read() as session:
        return list(await session.scalars(select(Person).order_by(Person.id)))


async def how_many(database: Database, table: type) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
async def village(database: Database) -> Database:
    async with database.begin() as session:
        await clusters.seed(session)
    return database


def facts(one: Person) -> dict[str, object]:
    return {name: value for name, value in vars(one).items() if not name.startswith("_")}


def test_the_same_number_is_the_same_person() -> None:
    some, more = list(demo.made_up(30)), list(demo.made_up(300))
    assert more[:30] == some
    assert [one.number for one in more] == list(range(300))
    assert all("(demo)" in one.name for one in more)
    assert Counter(one.language for one in more) == {"it": 75, "de": 75, "es": 75, "en": 75}
    assert Counter(one.role for one in more) == {"trainer": 100, "worker": 200}
    assert list(demo.made_up(0)) == []


def test_their_towns_exist() -> None:
    for language, towns in demo._TOWNS.items():
        for town in towns:
            assert places.find(town, country=demo._COUNTRY[language])[0].country == demo._COUNTRY[language]


async def test_twice_is_as_once(village: Database) -> None:
    first = await seeded(village, 40)
    assert len(first) == 41
    counted = [await how_many(village, table) for table in (Coordination, Plan, Match)]
    again = await seeded(village, 40)
    assert [facts(one) for one in again] == [facts(one) for one in first]
    assert [await how_many(village, table) for table in (Coordination, Plan, Match)] == counted
    assert counted[0] == 3, "Ines coordinates all clusters"


async def test_more_people_come_beside_those_who_are_there(village: Database) -> None:
    first = await seeded(village, 30)
    more = await seeded(village, 50)
    assert len(more) == 51
    assert [facts(one) for one in more[:31]] == [facts(one) for one in first]


async def test_they_take_part_as_anybody_would(village: Database) -> None:
    people = [one for one in await seeded(village, 48) if one.role != "coordinator"]
    for one in people:
        assert one.joined_at is not None
        assert one.joined_at <= NOW
        assert one.cluster_id is not None
        assert one.topics
        assert one.times
        assert one.age_band in {"worker": ("50-59", "60-69", "70+"), "trainer": ("18-21", "22-24", "25-27")}[one.role]
        assert bool(one.sector) == (one.role == "worker")
    assert await how_many(village, Plan) == len(people)


async def test_the_demo_takes_its_own_settings_and_a_given_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TWOGETHER_DATABASE_URL", raising=False)
    own = demo._settings(8081, tmp_path)
    assert own.database_url == f"sqlite:///{tmp_path / 'demo.db'}"
    assert (own.clock, own.telegram_api_url, own.token) == ("simulated", "http://127.0.0.1:8081", demo.TOKEN)
    monkeypatch.setenv("TWOGETHER_DATABASE_URL", "postgresql://me@host/demo")
    assert demo._settings(8081, tmp_path).database_url == "postgresql://me@host/demo"


async def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=f"Port {port} is not free"):
            await demo.play(0, port, fresh=True, folder=tmp_path / "played")
    assert not (tmp_path / "played").exists(), "and what was played before is left alone"
