"""Make a coordinator as the operator does."""

import db.clusters
from bot.people import service
from bot.texts import tongue
from tests.app import Phone, Running


async def invite(house: Running, slug: str = "emilia-food") -> str:
    """The token of a link for a coordinator of this cluster."""
    async with house.write() as session:
        cluster = await db.clusters.by_slug(session, slug)
        assert cluster is not None
        return await service.invite(session, cluster, "coordinator", None, house.app.clock.now())


async def coordinates(house: Running, name: str = "Ines", slug: str = "emilia-food", language: str = "en") -> Phone:
    """Somebody who has followed such a link and answered the two questions."""
    phone = house.phone(name, language)
    await phone.start(await invite(house, slug))
    await phone.tap(tongue(language).plain("Yes, let's start"))
    await phone.tap(name)
    return phone
