"""The clusters that exist from the start, from `clusters.toml`."""

import tomllib
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

import db.clusters
from db import advisory
from db.clusters import Cluster

FILE = Path(__file__).with_name("clusters.toml")


async def seed(session: AsyncSession, file: Path = FILE) -> int:
    """Add the clusters that are missing and correct those that differ. Returns how many were added."""
    await advisory.alone(session, "twogether:seed")  # replicas may start at the same moment
    added = 0
    for slug, wanted in _read(file).items():
        cluster = await db.clusters.by_slug(session, slug)
        if cluster is None:
            session.add(Cluster(slug=slug, **wanted))
            added += 1
        else:
            for name, value in wanted.items():
                setattr(cluster, name, value)
    await session.flush()
    return added


def _read(file: Path) -> dict[str, dict[str, Any]]:
    return tomllib.loads(file.read_text(encoding="utf-8"))
