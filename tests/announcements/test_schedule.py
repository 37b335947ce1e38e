"""Put down for later: one moment for all, an hour of everybody's own clock, every week and every month."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from bot.announcements import due, rules, service
from bot.announcements.rules import MONTH, WEEK, Readers
from bot.clock import QuietHours
from db.announcements import Announcement
from db.clusters import Coordination
from db.outbox import OutboxRow
from tests.announcements.conftest import HOUSE, NOON, Programme

QUIET = QuietHours.parse("21:00-08:00")


async def put_down(programme: Programme, **facts: object) -> Announcement:
    async with programme.database.begin() as session:
        ines = await programme.coordinator(session)
        draft = await service.compose(session, programme.cluster, ines, {}, {"all": "Ciao"}, NOON)
        for name, value in facts.items():
            setattr(draft, name, value)
        assert await service.put_down(session, draft, await service.readers(session, draft, NOON), NOON)
        return draft


async def test_it_starts_by_itself_at_its_moment(programme: Programme) -> None:
    await programme.add()
    await put_down(programme, starts_at=NOON + timedelta(hours=2))
    assert await due.tick(programme.database, NOON + timedelta(hours=1), HOUSE) == 0
    assert not await programme.letters()
    late = await programme.add()
    assert await due.tick(programme.database, NOON + timedelta(hours=2), HOUSE) == 1
    assert late in {row.person_id for row in await programme.letters()}, "whoever belongs to it when it starts"
    assert await due.tick(programme.database, NOON + timedelta(hours=2), HOUSE) == 0
    (one,) = await programme.announcements()
    assert (one.state, one.started_at) == ("sending", NOON + timedelta(hours=2))


async def test_the_same_hour_on_every_clock(programme: Programme) -> None:
    for zone in ("Europe/Rome", "Europe/London", "Atlantic/Canary"):
        await programme.add(zone=zone)
    one = await put_down(programme, wall_at="2026-11-25T09:00")
    assert one.starts_at == datetime(2026, 11, 25, 8, 0, tzinfo=UTC), "when it is nine in Rome"
    await due.tick(programme.database, one.starts_at, HOUSE)
    moments = [row.due_at.astimezone(UTC).hour for row in await programme.letters()]
    assert moments == [8, 9, 9]


async def test_every_week_until_it_is_called_off(programme: Programme) -> None:
    await programme.add()
    await put_down(programme, wall_at="2026-11-25T09:00", every=WEEK)
    now = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
    for week in range(3):
        await due.tick(programme.database, now + timedelta(weeks=week), HOUSE)
    found = await programme.announcements()
    assert [one.state for one in found] == ["sending"] * 3 + ["scheduled"]
    assert found[-1].wall_at == "2026-12-16T09:00"
    assert len(await programme.letters()) == 3
    await programme.does(f"announcements:cancel:{found[-1].id}")
    await due.tick(programme.database, now + timedelta(weeks=9), HOUSE)
    assert len(await programme.letters()) == 3


async def test_a_repeated_moment_keeps_its_hour_when_the_clocks_change(programme: Programme) -> None:
    await programme.add()
    before = datetime(2027, 3, 22, 8, 0, tzinfo=UTC)  # nine in Rome, winter time
    await put_down(programme, starts_at=before, every=WEEK)
    await due.tick(programme.database, before, HOUSE)
    assert (await programme.announcements())[-1].starts_at == datetime(2027, 3, 29, 7, 0, tzinfo=UTC)


async def test_one_that_cannot_be_sent_is_a_draft_again_and_its_author_told(programme: Programme) -> None:
    await programme.add()
    await put_down(programme, starts_at=NOON + timedelta(hours=2))
    async with programme.database.begin() as session:
        draft = (await session.scalars(select(Announcement))).one()
        draft.audience = {"country": ["GB"]}
    assert await due.tick(programme.database, NOON + timedelta(hours=2), HOUSE) == 1
    assert [one.state for one in await programme.announcements()] == ["draft"]
    async with programme.database.read() as session:
        (told,) = (await session.scalars(select(OutboxRow))).all()
    assert told.person_id == programme.ines.id
    assert "Nobody belongs to this group" in told.payload["text"]
    assert await due.tick(programme.database, NOON + timedelta(hours=3), HOUSE) == 0


async def test_who_no_longer_coordinates_announces_nothing(programme: Programme) -> None:
    await programme.add()
    await put_down(programme, starts_at=NOON)
    async with programme.database.begin() as session:
        await session.execute(delete(Coordination))
    await due.tick(programme.database, NOON, HOUSE)
    assert [one.state for one in await programme.announcements()] == ["cancelled"]
    assert not await programme.letters()


@pytest.mark.parametrize(
    "facts",
    [{"starts_at": NOON + timedelta(days=1)}, {"wall_at": "2026-11-25T13:00"}],
    ids=["one instant", "everybody's own clock"],
)
async def test_after_a_standstill_of_weeks_it_goes_out_once(programme: Programme, facts: dict[str, object]) -> None:
    await programme.add()
    await put_down(programme, every=WEEK, **facts)
    back = NOON + timedelta(days=17)
    for _ in range(3):
        await due.tick(programme.database, back, HOUSE)
    assert len(await programme.letters()) == 1
    assert [one.starts_at for one in await programme.announcements()][1:] == [NOON + timedelta(days=22)]


@pytest.mark.parametrize(
    ("moment", "every", "then"),
    [
        ("2027-01-31T09:00", MONTH, "2027-02-28T09:00"),
        ("2028-01-31T09:00", MONTH, "2028-02-29T09:00"),
        ("2026-12-05T09:00", MONTH, "2027-01-05T09:00"),
        ("2026-12-28T09:00", WEEK, "2027-01-04T09:00"),
    ],
)
def test_the_next_time(moment: str, every: str, then: str) -> None:
    assert rules.next_time(datetime.fromisoformat(moment), every) == datetime.fromisoformat(then)


ZONES = st.sampled_from(["Europe/Rome", "America/New_York", "Asia/Tokyo"])


@given(
    st.lists(st.tuples(ZONES, st.integers(1, 5000)), min_size=1),
    st.integers(0, 2 * 365 * 24 * 60),
    st.sampled_from([1.0, 25.0, 30.0]),
)
def test_the_last_one_is_never_reached_before_their_moment_nor_faster_than_the_pace(
    some: list[tuple[str, int]], minutes: int, rate: float
) -> None:
    now = NOON + timedelta(minutes=minutes)
    counted = [Readers("it", zone, 1, number) for zone, number in some]
    moments = rules.moments({zone for zone, _ in some}, now, "", QUIET)
    until = rules.reached_at(counted, now, moments, rate, QUIET)
    assert until >= max(moments.values())
    assert until >= now + timedelta(seconds=sum(number for _, number in some) / rate) - timedelta(milliseconds=1)


def test_whom_it_has_not_reached_by_the_evening_is_reached_in_the_morning() -> None:
    evening = datetime(2026, 11, 24, 19, 59, tzinfo=UTC)  # in Rome a minute before the quiet hours
    counted = [Readers("it", "Europe/Rome", 1, 3600)]
    until = rules.reached_at(counted, evening, {"Europe/Rome": evening}, 30, QUIET)
    assert until == datetime(2026, 11, 25, 7, 1, tzinfo=UTC)
