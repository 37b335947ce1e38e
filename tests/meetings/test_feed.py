"""The calendar at a secret address: made, read over the real web port, replaced, switched off."""

import hashlib
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.meetings import feed
from bot.texts import tongue
from db.matching import ACCEPTED, ENDED, Match
from db.meetings import AGREED, CANCELLED, HELD, PROPOSED, Feed, Meeting
from db.people import Person
from tests.app import MONDAY_MORNING, Phone, Running, running
from tests.people_factory import a_match

ADDRESS = re.compile(r"http://[^\s<]+/calendar/([A-Za-z0-9_-]{43})\.ics")
t = tongue("en")


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Running]:
    async with running(database_url) as house:
        yield house


async def together(house: Running) -> tuple[Phone, Phone]:
    """Marco and Aisha, and Marco's ended pair with Bea; five meetings, of which three are on his calendar."""
    marco = await house.joined("worker", "Marco")
    aisha = await house.joined("trainer", "Aisha")
    bea = await house.joined("trainer", "Bea")
    async with house.write() as session:
        id_of = {one.name: one.id for one in await session.scalars(select(Person))}
        for trainer, state in (("Aisha", ACCEPTED), ("Bea", ENDED)):
            await a_match(session, id_of[trainer], id_of["Marco"], MONDAY_MORNING, state=state)
        aishas, beas = await session.scalars(select(Match).order_by(Match.id))
        session.add_all(
            [
                meeting(aishas, AGREED, days=3),
                meeting(aishas, CANCELLED, days=1, changed=-1),
                meeting(aishas, CANCELLED, days=-100, changed=-90),
                meeting(aishas, PROPOSED),
                meeting(beas, HELD, days=-7),
            ]
        )
    assert bea
    return marco, aisha


def meeting(match: Match, state: str, days: int | None = None, changed: int = 0) -> Meeting:
    start = None if days is None else datetime(2026, 11, 23, 14, tzinfo=UTC) + timedelta(days=days)
    return Meeting(
        match_id=match.id,
        state=state,
        times=[],
        starts_at=start,
        ends_at=start and start + timedelta(hours=1),
        room="https://meet.example/room",
        sequence=4,
        created_at=MONDAY_MORNING,
        changed_at=MONDAY_MORNING + timedelta(days=changed),
    )


async def get(house: Running, path: str, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{house.app.web_port}") as http:
        return await http.request(method, path)


async def token_of(phone: Phone) -> str:
    """The token in the newest message with an address."""
    found = [match[1] for text in phone.texts if (match := ADDRESS.search(text))]
    return found[-1]


def events(answer: httpx.Response) -> list[Any]:
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


async def test_from_my_meetings_to_the_calendar(house: Running) -> None:
    marco, _ = await together(house)
    await marco.say("My meetings")
    await marco.tap(t.plain("My calendar address"))
    assert "Google" in marco.last
    assert "Outlook" in marco.last
    assert "iPhone" in marco.last
    token = await token_of(marco)
    answer = await get(house, f"/calendar/{token}.ics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"].startswith("private")
    assert "noindex" in answer.headers["X-Robots-Tag"]
    calendar = icalendar.Calendar.from_ical(answer.content)
    assert calendar["METHOD"] == "PUBLISH"
    assert [(one["SUMMARY"], one["STATUS"], one["SEQUENCE"]) for one in events(answer)] == [
        ("Meeting with Bea", "CONFIRMED", 4),
        ("Meeting with Aisha", "CANCELLED", 4),
        ("Meeting with Aisha", "CONFIRMED", 4),
    ]
    assert len({one["UID"] for one in events(answer)}) == 3
    head = await get(house, f"/calendar/{token}.ics", "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert (await get(house, f"/calendar/{token}.ics", "POST")).status_code == 405


async def test_each_of_the_two_sees_the_other(house: Running) -> None:
    marco, aisha = await together(house)
    for phone, other in ((marco, "Aisha"), (aisha, "Marco")):
        await phone.tap_data("meetings:calendar")
        shown = events(await get(house, f"/calendar/{await token_of(phone)}.ics"))
        assert f"Meeting with {other}" in [one["SUMMARY"] for one in shown]
    assert len(shown) == 2


async def test_nothing_to_show_is_still_a_calendar(house: Running) -> None:
    eva = await house.joined("worker", "Eva")
    await eva.tap_data("meetings:calendar")
    answer = await get(house, f"/calendar/{await token_of(eva)}.ics")
    assert answer.status_code == 200
    assert events(answer) == []
    assert len(icalendar.Calendar.from_ical(answer.content).subcomponents) == 1


async def test_a_new_address_revokes_the_old_one(house: Running) -> None:
    marco, _ = await together(house)
    await marco.tap_data("meetings:calendar")
    old = await token_of(marco)
    await marco.tap_data("meetings:calendar")
    assert "do not keep it" in marco.last
    assert await token_of(marco) == old, "asking again makes no new one"
    await marco.tap(t.plain("New address"))
    new = await token_of(marco)
    assert new != old
    assert (await get(house, f"/calendar/{old}.ics")).status_code == 404
    assert (await get(house, f"/calendar/{new}.ics")).status_code == 200
    async with house.read() as session:
        kept = list(await session.scalars(select(Feed)))
    assert [one.token_hash for one in kept] == [hashlib.sha256(new.encode()).hexdigest()]


async def test_it_can_be_switched_off_twice_and_on_again(house: Running) -> None:
    marco, _ = await together(house)
    await marco.tap_data("meetings:calendar")
    token = await token_of(marco)
    for _ in range(2):
        await marco.tap_data("meetings:calendar_off")
        assert "switched off" in marco.last
    assert (await get(house, f"/calendar/{token}.ics")).status_code == 404
    await marco.tap(t.plain("My calendar address"))
    again = await token_of(marco)
    assert again != token
    assert (await get(house, f"/calendar/{again}.ics")).status_code == 200


async def test_who_is_forgotten_has_no_calendar_any_more(house: Running) -> None:
    marco, _ = await together(house)
    await marco.tap_data("meetings:calendar")
    token = await token_of(marco)
    await marco.tap_data("people:forget_yes")
    assert (await get(house, f"/calendar/{token}.ics")).status_code == 404
    async with house.read() as session:
        assert list(await session.scalars(select(Feed))) == []


@pytest.mark.parametrize("token", ["x", "A" * 42, "A" * 43, "A" * 44, "..%2f..%2fetc", "ü" * 43, "%00" * 43, "'" * 43])
async def test_an_address_nobody_has(house: Running, token: str) -> None:
    answer = await get(house, f"/calendar/{token}.ics")
    assert answer.status_code == 404
    assert answer.text in ("Not found", "Not Found")


async def test_the_log_knows_no_address(house: Running) -> None:
    marco, _ = await together(house)
    await marco.tap_data("meetings:calendar")
    token = await token_of(marco)
    await get(house, f"/calendar/{token}.ics")
    await get(house, f"/calendar/{'B' * 43}.ics")
    await marco.tap_data("meetings:calendar_new")
    new = await token_of(marco)
    written = json.dumps(house.log)
    assert written != "[]"
    for secret in (token, new, "B" * 43, hashlib.sha256(token.encode()).hexdigest()):
        assert secret not in written


@given(st.text(max_size=60))
def test_any_text_is_a_token_or_not(text: str) -> None:
    assert not feed.is_token(text) or (len(text) == 43 and text.isascii())
