"""The calendar of one person's meetings, at an address that only they were told."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.clock import Clock
from bot.meetings import feed
from db.engine import Database

_PRIVATE = {  # whoever reads it may keep it for some minutes, nobody on the way may, and nobody lists it
    "Cache-Control": "private, max-age=300",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Calendar:
    """Answers a calendar program that reads a secret address."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @property
    def routes(self) -> list[Route]:
        return [Route("/calendar/{token}.ics", self.show)]

    async def show(self, request: Request) -> Response:
        """200 with the meetings · 404 for an address nobody has, or has no more."""
        async with self._database.read() as session:
            file = await feed.read(session, request.path_params["token"], self._clock.now())
        if file is None:
            return PlainTextResponse("Not found", 404, {**_PRIVATE, "Cache-Control": "private, no-store"})
        headers = {**_PRIVATE, "Content-Disposition": 'inline; filename="meetings.ics"'}
        return Response(file, 200, headers, media_type="text/calendar; charset=utf-8")
