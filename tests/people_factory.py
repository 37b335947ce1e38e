"""Made-up people and clusters for the tests."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db.announcements import SENDING, Announcement
from db.clusters import Cluster
from db.matching import ACCEPTED, Match, Round
from db.people import Person

TUESDAY_NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)  # 13:00 in Rome
BOLOGNA, MODENA, PALERMO = 3181928, 3173331, 2523920  # GeoNames ids
_addresses = count(5000)


def cluster(slug: str = "bakers-emilia", **more: Any) -> Cluster:
    """A cluster of Italian enterprises."""
    facts = {"countries": ["IT"], "sectors": [], "languages": ["it"], "zone": "Europe/Rome", "name": slug.title()}
    return Cluster(slug=slug, **{**facts, **more})


def person(role: str, name: str, cluster_id: int | None, **more: Any) -> Person:
    """Somebody in Bologna who joined two weeks ago, was here just now and is free on Tuesdays and Thursdays."""
    facts: dict[str, Any] = {
        "channel": "telegram",
        "address": str(next(_addresses)),
        "created_at": TUESDAY_NOON - timedelta(days=15),
        "seen_at": TUESDAY_NOON,
        "reachable": True,
        "language": "en",
        "consent_at": TUESDAY_NOON - timedelta(days=14),
        "joined_at": TUESDAY_NOON - timedelta(days=14),
        "role": role,
        "name": name,
        "languages": ["it"],
        "country": "IT",
        "city_id": BOLOGNA,
        "city": "Bologna",
        "zone": "Europe/Rome",
        "topics": ["instagram"],
        "times": ["1-pm", "3-am"],
        "cluster_id": cluster_id,
    }
    return Person(**{**facts, **more})


async def an_announcement(session: AsyncSession, now: datetime = TUESDAY_NOON, **more: Any) -> int:
    """One that is under way, in a cluster of its own; its id."""
    home = cluster(f"cluster-{next(_addresses)}")
    session.add(home)
    await session.flush()
    facts = {"cluster_id": home.id, "audience": {}, "texts": {"all": "Hello"}, "state": SENDING, "created_at": now}
    one = Announcement(**{**facts, **more})
    session.add(one)
    await session.flush()
    return one.id


async def a_match(
    session: AsyncSession, trainer_id: int, worker_id: int, at: datetime, *, round_of: int | None = None, **more: Any
) -> Match:
    """These two have both said yes; with `round_of`, after a round in this cluster (id)."""
    facts: dict[str, Any] = {
        "trainer_id": trainer_id,
        "worker_id": worker_id,
        "score": 1,
        "reasons": {},
        "state": ACCEPTED,
        "trainer_says": "yes",
        "worker_says": "yes",
        "created_at": at,
        "expires_at": at,
    }
    if round_of is not None:
        run = Round(cluster_id=round_of, by=None, at=at, matched=1, unmatched=0)
        session.add(run)
        await session.flush()
        facts["round_id"] = run.id
    match = Match(**{**facts, **more})
    session.add(match)
    await session.flush()
    return match
