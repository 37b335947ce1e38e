"""What a person sees of what is stored about them, and what is left when they ask to be forgotten."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import FromClause, select

from db import tables
from tests.app import Phone, Running
from tests.people.lives import a_pair

ALL = tables.metadata.sorted_tables


def pointing(table: FromClause) -> list[str]:
    """The columns of this table that name a person."""
    found = [c.name for c in table.columns if any(key.column.table.name == "people" for key in c.foreign_keys)]
    return found or {"people": ["id"], "audit": ["actor"]}.get(str(table.name), [])


async def rows(house: Running, table: FromClause) -> list[dict[str, Any]]:
    async with house.read() as session:
        return [dict(row) for row in (await session.execute(select(table))).mappings()]


async def rows_about(house: Running, person_id: int) -> dict[str, list[dict[str, Any]]]:
    """Every row, in every table, that names this person."""
    found = {
        table.name: [row for row in await rows(house, table) if person_id in [row[name] for name in pointing(table)]]
        for table in ALL
    }
    return {name: of_them for name, of_them in found.items() if of_them}


async def my_data(phone: Phone) -> dict[str, list[dict[str, Any]]]:
    await phone.say("/mydata")
    kept = next(kept for kept in reversed(phone.house.tg.from_bot(phone.person)) if kept.message.get("document"))
    assert kept.message["document"]["file_name"] == "my-data.json"
    return json.loads(phone.house.tg.files[kept.file].decode())


def ids(found: list[dict[str, Any]]) -> set[int]:
    return {row.get("id") or row["person_id"] for row in found}


async def test_my_data_is_everything_of_mine_and_nothing_of_others(house: Running) -> None:
    marco, aisha = await a_pair(house)
    learner, trainer = await house.people()
    for phone, me, other in ((marco, learner, trainer), (aisha, trainer, learner)):
        about_me = await rows_about(house, me.id)
        about_me["meetings"] = await rows(house, tables.metadata.tables["meetings"])
        assert set(about_me) == {table.name for table in ALL if pointing(table)}, "the pair left no trace somewhere"
        data = await my_data(phone)
        assert {name: ids(found) for name, found in data.items()} == {
            name: ids(found) for name, found in about_me.items()
        }
        assert me.name in str(data)
        assert other.name not in str(data)
        assert other.address not in str(data)
        (match,) = data["matches"]
        assert ("trainer_says" in match, "worker_says" in match) == (me.id == trainer.id, me.id == learner.id)


async def test_my_data_before_joining(house: Running) -> None:
    phone = house.phone("Marco")
    await phone.start()
    data = await my_data(phone)
    assert set(data) >= {"people", "conversations"}
    assert data["people"][0]["address"] == phone.address


async def forgets(phone: Phone) -> str:
    await phone.say("/forget")
    return await phone.tap("Yes, delete everything")


async def test_to_be_forgotten_erases_every_table(house: Running) -> None:
    marco, _ = await a_pair(house)
    learner, trainer = await house.people()
    before = await rows_about(house, trainer.id)
    assert (await forgets(marco)).startswith("Everything about you has been deleted.")
    left = await rows_about(house, learner.id)
    assert set(left) <= {"people", "outbox", "audit", "rounds", "invitations", "announcements"}
    assert [row["payload"]["text"] for row in left["outbox"]] == [marco.last], "the goodbye, and nothing else"
    (person,) = left["people"]
    assert (person["name"], person["role"], person["city"], person["age_band"]) == ("", "", "", "")
    assert person["joined_at"] is person["consent_at"] is person["cluster_id"] is person["city_id"] is None
    for row in await rows(house, tables.metadata.tables["inbox"]):
        assert row["payload"] == {}
    await house.advance(hours=1, minutes=1)
    left = await rows_about(house, learner.id)
    assert set(left) <= {"audit"}, "ids of ours only, and no person behind them"
    for table in ALL:
        for row in await rows(house, table):
            if row.get("person_id") != trainer.id:
                assert "Marcolino" not in str(row), table.name
    after = await rows_about(house, trainer.id)
    of_both = {"matches", "match_messages", "meetings", "meeting_slots", "reminders", "meeting_feedback"}
    assert set(before) - set(after) == of_both


async def test_the_other_one_is_told(house: Running) -> None:
    marco, aisha = await a_pair(house)
    await forgets(marco)
    assert any("Marcolino has left the programme. I keep looking for you." in text for text in aisha.texts)
    assert any("cancel" in text.lower() for text in aisha.texts), "and that the meeting is off"


async def test_who_changes_their_mind_keeps_everything(house: Running) -> None:
    marco, _ = await a_pair(house)
    before = await house.people()
    await marco.say("/forget")
    await marco.tap("No, keep it")
    assert marco.texts[-2] == "Good. Nothing was deleted."
    after = await house.people()
    assert (after[0].name, after[0].erase_at, after[0].joined_at) == (before[0].name, None, before[0].joined_at)


async def test_who_comes_back_begins_anew(house: Running) -> None:
    marco, _ = await a_pair(house)
    await forgets(marco)
    assert (await marco.start()).startswith("Hello! I am twogether.")
    await house.advance(hours=3)
    (again, _) = sorted(await house.people(), key=lambda one: one.address != marco.address)
    assert (again.erase_at, again.name, again.consent_at) == (None, "", None)
    await forgets(marco)
    await house.advance(hours=3)
    assert [one.address for one in await house.people()] != [marco.address]
    assert (await marco.start()).startswith("Hello! I am twogether.")


async def test_to_be_forgotten_twice_is_harmless(house: Running) -> None:
    phone = house.phone("Marco")
    await phone.start()
    await forgets(phone)
    house.app.clock.advance(timedelta(minutes=30))
    assert (await phone.tap_data("people:forget_yes")).startswith("Everything about you has been deleted.")
    (person,) = await house.people()
    assert person.erase_at == house.app.clock.now() + timedelta(hours=1)
