"""The crash benchmark in small, so that it stays true: processes that are killed, databases that fail."""

from pathlib import Path

from bench.bots import Life, WarmChild
from bench.worst_day import Found, ours, own_postgres
from db.migrate import upgrade_async


async def born(environment: dict[str, str]) -> Life:
    return WarmChild(environment)


def check(found: Found) -> None:
    assert found.people == found.once + found.blocked + found.uncertain
    assert (found.lost, found.doubled) == (0, 0)
    assert (found.answers_lost, found.answers_doubled) == (0, 0)
    assert found.kills == 3


async def test_an_announcement_on_sqlite_survives_a_bad_day(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'day.db'}"
    await upgrade_async(url)
    check(await ours(url, people=400, kills=3, born=born))


async def test_an_announcement_on_postgresql_survives_a_bad_day() -> None:
    with own_postgres() as (url, restart):
        await upgrade_async(url)
        check(await ours(url, people=400, kills=3, restart=restart, born=born))
