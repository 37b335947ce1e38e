"""The page for people who open the address in a browser."""

import html

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.web.health import Health, Watch

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>twogether</title>
<style>
  body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 36rem; margin: 3rem auto; padding: 0 1rem; }}
  li::marker {{ content: "✓  "; }}
  li.no::marker {{ content: "✗  "; }}
</style>
<h1>This is twogether</h1>
<p>The assistant of Learning 2.0gether: young trainers show people of 50 and more how social media can help
their business. It lives in Telegram, not here{where}.</p>
<ul>
{lines}
</ul>
<p>For machines: <a href="/healthz">/healthz</a> · <a href="/metrics">/metrics</a></p>
</html>
"""


class FrontPage:
    """Says what this is and what is up. `bot_name` is its name on Telegram; "" when it is not known."""

    def __init__(self, watch: Watch, bot_name: str) -> None:
        self._watch = watch
        self._bot_name = bot_name

    async def show(self, _request: Request) -> Response:
        health = await self._watch.look()
        lines = "\n".join(f'<li class="{"yes" if good else "no"}">{what}</li>' for good, what in _lines(health))
        name = html.escape(self._bot_name)
        where = f': <a href="https://t.me/{name}">@{name}</a>' if name else ""
        return HTMLResponse(_PAGE.format(where=where, lines=lines), headers={"Cache-Control": "no-store"})


def _lines(health: Health) -> list[tuple[bool, str]]:
    rasa = {
        "up": "It understands typed words.",
        "starting": "It is still learning to understand typed words; buttons work already.",
        "down": "It does not understand typed words at the moment; buttons work.",
    }
    if not health.database:
        return [(False, "The database does not answer."), (health.rasa == "up", rasa[health.rasa])]
    return [
        (True, "The database answers."),
        (
            not health.outbox_stuck,
            f"{health.outbox_stuck} messages have not left in time."
            if health.outbox_stuck
            else "Messages leave in time.",
        ),
        (health.rasa == "up", rasa[health.rasa]),
    ]
