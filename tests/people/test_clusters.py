"""The clusters of the file, in the database: added once, corrected when they differ, never taken away."""

from pathlib import Path

from sqlalchemy import select

from bot.messages import LANGUAGES
from bot.people import clusters, vocabulary
from bot.texts import tongue
from db.clusters import Cluster
from db.engine import Database

OTHER = """
[north-sea]
name = "North Sea"
names = { de = "Nordsee" }
countries = ["DE"]
sectors = []
languages = ["de"]
zone = "Europe/Berlin"
"""


async def all_of_them(database: Database) -> dict[str, Cluster]:
    async with database.read() as session:
        return {one.slug: one for one in await session.scalars(select(Cluster).order_by(Cluster.id))}


async def test_twice_is_as_once(database: Database) -> None:
    for added in (3, 0):
        async with database.begin() as session:
            assert await clusters.seed(session) == added
        found = await all_of_them(database)
        assert list(found) == ["emilia-food", "andalucia-tourism", "north-building-care"]
        assert [one.id for one in found.values()] == [1, 2, 3]
    assert found["emilia-food"].called("de") == "Emilia-Romagna, Lebensmittel und Handwerk"
    assert found["emilia-food"].called("en") == "Emilia-Romagna, food and crafts"


async def test_what_differs_is_corrected_and_what_is_gone_from_the_file_stays(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "clusters.toml"
    file.write_text(OTHER, encoding="utf-8")
    async with database.begin() as session:
        assert await clusters.seed(session, file) == 1
    before = (await all_of_them(database))["north-sea"]
    file.write_text(OTHER.replace("North Sea", "North Sea and Baltic").replace("[]", '["hotel"]'), encoding="utf-8")
    async with database.begin() as session:
        assert await clusters.seed(session, file) == 0
        assert await clusters.seed(session) == 3
    found = await all_of_them(database)
    assert len(found) == 4
    assert (found["north-sea"].id, found["north-sea"].name, found["north-sea"].sectors) == (
        before.id,
        "North Sea and Baltic",
        ["hotel"],
    )


async def test_the_file_uses_words_that_exist(database: Database) -> None:
    async with database.begin() as session:
        await clusters.seed(session)
    for one in (await all_of_them(database)).values():
        assert set(one.sectors) <= set(vocabulary.keys("sector"))
        assert set(one.languages) <= set(LANGUAGES)
        assert all(one.called(language) for language in LANGUAGES)
        assert all(tongue(language).list([one.called(language)]) for language in one.languages)


async def test_the_file_says_how_many_announcements_and_from_when_on_four_eyes(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "clusters.toml"
    file.write_text(f"{OTHER}announcements_a_day = 2\nfour_eyes_above = 100\n", encoding="utf-8")
    async with database.begin() as session:
        await clusters.seed(session)
        await clusters.seed(session, file)
    found = await all_of_them(database)
    assert (found["north-sea"].announcements_a_day, found["north-sea"].four_eyes_above) == (2, 100)
    assert (found["emilia-food"].announcements_a_day, found["emilia-food"].four_eyes_above) == (5, None)
