"""The schema: up, down, up again with data in it; and the models say the same as the migrations."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError, StatementError

from bot.messages import Lane, Outgoing
from bot.outbox.put import Letter, put
from db import migrate, tables
from db.engine import Database, UnusableError
from db.people import Conversation, Person
from tests.app import MONDAY_MORNING
from tests.people_factory import cluster, person


async def up(url: str, revision: str = "head") -> None:
    await asyncio.to_thread(migrate.upgrade, url, revision)


async def down(url: str, revision: str = "base") -> None:
    await asyncio.to_thread(migrate.downgrade, url, revision)


async def look[T](url: str, see: Any) -> Any:
    database = Database(url)
    try:
        async with database.engine.connect() as connection:
            return await connection.run_sync(see)
    finally:
        await database.close()


def table_names(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(
        connection,
        opts={"compare_type": True, "compare_server_default": True, "target_metadata": tables.metadata},
    )
    return list(compare_metadata(context, tables.metadata))


async def test_the_migrated_schema_is_the_models(empty_database_url: str) -> None:
    await up(empty_database_url)
    assert await look(empty_database_url, table_names) == set(tables.metadata.tables)
    assert await look(empty_database_url, differences) == []
    assert await migrate.current(empty_database_url) == migrate.head()


async def test_up_with_data_down_and_up_again(empty_database_url: str) -> None:
    assert await migrate.current(empty_database_url) is None
    await up(empty_database_url)
    await write_something(empty_database_url)
    await up(empty_database_url)  # a second time changes nothing
    database = Database(empty_database_url)
    async with database.read() as session:
        (name,) = (await session.scalars(text("select name from people"))).all()  # type: ignore[call-overload]
    await database.close()
    assert name == "Marco"
    await down(empty_database_url)
    assert await look(empty_database_url, table_names) == set()
    assert await migrate.current(empty_database_url) is None
    await up(empty_database_url)
    assert await look(empty_database_url, differences) == []


async def test_no_id_is_given_again_after_a_table_was_made_anew(empty_database_url: str) -> None:
    """Old buttons and the keys of letters hold ids for ever."""
    await up(empty_database_url, "0004")
    run = f"insert into rounds (cluster_id, at, matched, unmatched{{}}) values (1, {DAY}, 0, 0{{}})"
    for statement in (AT_FIRST.split(";")[0], run.format("", ""), run.format("", ""), "delete from rounds"):
        await execute(empty_database_url, statement)
    await up(empty_database_url)
    await execute(empty_database_url, run.format(", figures", ", '{}'"))
    assert [tuple(row) for row in await execute(empty_database_url, "select id from rounds")] == [(3,)]


async def test_sqlite_never_gives_an_id_twice(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ids.db'}"
    await up(url)
    made = await execute(url, "select name, sql from sqlite_master where type = 'table'")
    with_ids = {name for name, table in tables.metadata.tables.items() if "id" in table.c}
    assert {name for name, sql in made if "AUTOINCREMENT" in sql} == with_ids


DAY = "'2026-11-23 09:00:00+00:00'"
AT_FIRST = f"""
    insert into clusters (id, slug, name, names, countries, sectors, languages, zone)
        values (1, 'c', 'C', '{{}}', '[]', '[]', '[]', 'Europe/Rome');
    insert into people (id, channel, address, created_at, seen_at, reachable, language, consent_version, role, name,
        age_band, languages, country, city, zone, sector, topics, times, paused, cluster_id)
        values (1, 'telegram', 'marco', {DAY}, {DAY}, true, 'it', '', 'worker', 'Marco', '', '[]', '', '',
            'Europe/Rome', '', '[]', '[]', false, 1);
    insert into people (id, channel, address, created_at, seen_at, reachable, language, consent_version, role, name,
        age_band, languages, country, city, zone, sector, topics, times, paused, cluster_id)
        values (2, 'telegram', 'aisha', {DAY}, {DAY}, true, 'it', '', 'trainer', 'Aisha', '', '[]', '', '',
            'Europe/Rome', '', '[]', '[]', false, 1);
    insert into conversations values (1, 'onboarding_form', 'city', '{{}}', '[]', 2, {DAY});
    insert into rounds values (7, 1, 1, {DAY}, 1, 0);
    insert into matches values (9, 7, 2, 1, 5000, '{{}}', 'accepted', 'yes', 'yes', {DAY}, {DAY}, {DAY})
"""


async def test_each_step_keeps_what_is_there(empty_database_url: str) -> None:
    await up(empty_database_url, "0001")
    for statement in AT_FIRST.split(";"):
        await execute(empty_database_url, statement)
    for way in (up, down):
        await way(empty_database_url, "head" if way is up else "0001")
        (kept,) = await execute(empty_database_url, "select form, asked, unclear from conversations")
        assert tuple(kept) == ("onboarding_form", "city", 2)
        (match,) = await execute(empty_database_url, "select id, trainer_id, worker_id, state from matches")
        assert tuple(match) == (9, 2, 1, "accepted")
        if way is up:
            (facts,) = await execute(empty_database_url, "select cluster_id, active_at is null from matches")
            assert tuple(facts) == (1, False)
    await up(empty_database_url)
    database = Database(empty_database_url)
    async with database.read() as session:
        assert (await session.get_one(Conversation, 1)).recent == []
    await database.close()


async def test_papers_and_notes_come_and_go_and_leave_the_rest(empty_database_url: str) -> None:
    await up(empty_database_url, "0001")
    for statement in AT_FIRST.split(";"):
        await execute(empty_database_url, statement)
    await up(empty_database_url, "0006")
    met = f"insert into meetings (id, match_id, state, times, room, place, called_off_why, called_off_late, minutes, \
        sequence, created_at, changed_at) values (3, 9, 'held', '[]', '', '', '', false, 60, 0, {DAY}, {DAY})"
    await execute(empty_database_url, met)
    await up(empty_database_url, "0007")
    paper = f"insert into meeting_papers (person_id, code, name, language, facts, issued_at) \
        values (2, 'code{{}}', 'Aisha', 'it', '{{{{}}}}', {DAY})"
    note = f"insert into meeting_notes (person_id, asked_at, before) values (1, {DAY}, 2)"
    await execute(empty_database_url, paper.format(1))
    await execute(empty_database_url, paper.format(2))
    await execute(empty_database_url, note)
    for twice in (paper.format(1), note):
        with pytest.raises(IntegrityError):
            await execute(empty_database_url, twice)
    await down(empty_database_url, "0006")
    assert {"meeting_papers", "meeting_notes"}.isdisjoint(await look(empty_database_url, table_names))
    (kept,) = await execute(empty_database_url, "select id, match_id, minutes from meetings")
    assert tuple(kept) == (3, 9, 60)
    await up(empty_database_url)
    await execute(empty_database_url, paper.format(1))
    await execute(empty_database_url, "delete from people where id = 2")
    assert await execute(empty_database_url, "select id from meeting_papers") == []


async def test_older_announcements_keep_whom_they_meant(empty_database_url: str) -> None:
    await up(empty_database_url, "0001")
    for statement in AT_FIRST.split(";"):
        await execute(empty_database_url, statement)
    await up(empty_database_url, "0007")
    older = f"insert into announcements (id, cluster_id, author_id, audience, texts, state, created_at, receipt) \
        values (1, 1, 2, '{{}}', '{{{{}}}}', '{{}}', {DAY}, '{{{{}}}}')"
    await execute(empty_database_url, older.format('{"role": "worker", "country": "all"}', "sending"))
    for _ in range(2):
        await up(empty_database_url, "0008")
        (row,) = await execute(empty_database_url, "select audience, state, file, buttons from announcements")
        assert [json.loads(one) if isinstance(one, str) and one[0] in "[{" else one for one in row] == [
            {"role": ["worker"], "country": []},
            "sending",
            {},
            [],
        ]
        (hears,) = await execute(empty_database_url, "select count(*) from people where hears_announcements")
        assert hears[0] == 2
        await execute(empty_database_url, "update announcements set state = 'paused'")
        await down(empty_database_url, "0007")
        (row,) = await execute(empty_database_url, "select audience, state from announcements")
        audience = json.loads(row[0]) if isinstance(row[0], str) else row[0]
        assert (audience, row[1]) == ({"role": "worker", "country": "all"}, "sending")


MONTHLY = f"""
    insert into announcements (id, cluster_id, author_id, audience, texts, state, created_at, receipt, file, buttons,
        wall_at, every, shown) values (7, 1, 2, '{{}}', '{{}}', 'scheduled', {DAY}, '{{}}', '{{}}', '[]',
        '2026-12-31T09:00', 'month', '{{}}')"""


async def test_older_announcements_have_no_day_of_the_month(empty_database_url: str) -> None:
    await up(empty_database_url, "0001")
    for statement in AT_FIRST.split(";"):
        await execute(empty_database_url, statement)
    await up(empty_database_url, "0008")
    await execute(empty_database_url, MONTHLY)
    for _ in range(2):
        await up(empty_database_url, "0009")
        (kept,) = await execute(empty_database_url, "select id, wall_at, every, day from announcements")
        assert tuple(kept) == (7, "2026-12-31T09:00", "month", 0)
        await down(empty_database_url, "0008")
        (kept,) = await execute(empty_database_url, "select id, wall_at, every from announcements")
        assert tuple(kept) == (7, "2026-12-31T09:00", "month")


async def test_older_answers_stay(empty_database_url: str) -> None:
    await up(empty_database_url, "0001")
    for statement in AT_FIRST.split(";"):
        await execute(empty_database_url, statement)
    await up(empty_database_url, "0008")
    await execute(empty_database_url, MONTHLY)
    await up(empty_database_url, "0009")
    answer = f"insert into announcement_answers (announcement_id, person_id, what, at) values (7, 1, 'reply', {DAY})"
    await execute(empty_database_url, answer)
    for step in (up, down, up):
        await step(empty_database_url, "0010" if step is up else "0009")
        (kept,) = await execute(empty_database_url, "select announcement_id, what from announcement_answers")
        assert tuple(kept) == (7, "reply")


async def execute(url: str, statement: str) -> list[Any]:
    database = Database(url)
    async with database.begin() as session:
        result: Any = await session.execute(text(statement))
        rows = list(result) if result.returns_rows else []
    await database.close()
    return rows


async def write_something(url: str) -> None:
    database = Database(url)
    async with database.begin() as session:
        here = cluster()
        session.add(here)
        await session.flush()
        marco = person("worker", "Marco", here.id)
        session.add(marco)
        await session.flush()
        letter = Letter(marco, Outgoing("hello"), Lane.REPLY, "k1", MONDAY_MORNING)
        assert await put(session, [letter, letter], MONDAY_MORNING) == 1
    await database.close()


async def test_foreign_keys_are_on(empty_database_url: str) -> None:
    await up(empty_database_url)
    database = Database(empty_database_url)
    with pytest.raises(IntegrityError):
        async with database.begin() as session:
            session.add(person("worker", "Marco", 4711))
    await database.close()


async def test_instants_come_back_in_utc_and_naive_ones_are_refused(empty_database_url: str) -> None:
    await up(empty_database_url)
    await write_something(empty_database_url)
    database = Database(empty_database_url)
    async with database.read() as session:
        kept = await session.get_one(Person, 1)
        assert kept.created_at == person("worker", "x", None).created_at
        assert kept.created_at.utcoffset() is not None
    async with database.read() as session:
        (await session.get_one(Person, 1)).seen_at = MONDAY_MORNING.replace(tzinfo=None)
        with pytest.raises(StatementError, match="time zone"):
            await session.flush()
    await database.close()


async def test_what_is_changed_while_reading_is_dropped(empty_database_url: str) -> None:
    await up(empty_database_url)
    await write_something(empty_database_url)
    database = Database(empty_database_url)
    async with database.read() as session:
        (await session.get_one(Person, 1)).name = "Mario"
        await session.flush()
    async with database.read() as session:
        assert (await session.get_one(Person, 1)).name == "Marco"
    await database.close()


async def test_people_who_write_at_the_same_time_all_get_through(empty_database_url: str) -> None:
    await up(empty_database_url)
    database = Database(empty_database_url)

    async def write(number: int) -> None:
        async with database.begin() as session:
            session.add(person("worker", f"P{number}", None, address=str(number)))

    await asyncio.gather(*(write(number) for number in range(50)))
    async with database.read() as session:
        assert await session.scalar(text("select count(*) from people")) == 50
    await database.close()


def test_an_address_that_is_no_database_of_ours_is_named() -> None:
    with pytest.raises(UnusableError, match="must be SQLite or PostgreSQL, not mysql"):
        Database("mysql://x@y/z")
