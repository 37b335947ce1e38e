"""The web application: which address is answered by what."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from bot.case import House
from bot.clock import Clock
from bot.web.calendar import Calendar
from bot.web.health import Rasa, Watch
from bot.web.pages import FrontPage
from bot.web.simulated_clock import Advance, NextDue, SimulatedClock
from bot.web.verify import Verify
from bot.web.webhook import Keep, Webhook
from db.engine import Database


def build(
    *,
    database: Database,
    clock: Clock,
    rasa: Callable[[], Rasa],
    bot_name: str = "",
    keep: Keep | None = None,
    webhook_secret: str = "",
    advance: Advance | None = None,
    next_due: NextDue | None = None,
    house: Callable[[], House] | None = None,
    leads: Callable[[], bool] = lambda: True,
) -> Starlette:
    """Everything the app serves.

    `/webhook` exists when there is a `keep` and a secret, `/simulator/clock` when the clock is simulated and
    `advance` and `next_due` are given, the pages about badges when there is a `house`; elsewhere they are 404.
    """
    watch = Watch(database, clock, rasa, leads)
    routes: list[BaseRoute] = [
        Route("/", FrontPage(watch, bot_name).show),
        Route("/healthz", watch.healthz),
        Route("/metrics", watch.metrics),
    ]
    routes += Calendar(database, clock).routes
    if keep and webhook_secret:
        routes.append(Route("/webhook", Webhook(webhook_secret, keep).receive, methods=["POST"]))
    if house:
        routes += Verify(database, house).routes
    if clock.simulated and advance and next_due:
        simulated = SimulatedClock(clock, advance, next_due)
        routes.append(Route("/simulator/clock", simulated.show, methods=["GET"]))
        routes.append(Route("/simulator/clock", simulated.move, methods=["POST"]))
    return Starlette(routes=routes)
