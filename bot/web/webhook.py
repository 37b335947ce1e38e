"""Telegram's webhook: 200 only when the update lies in the inbox.

Telegram repeats an update until it gets a 2xx. So whatever could be valid is answered 500 until it is kept,
and what can never become an update is answered 200, with a warning, or it would come back for a day.
"""

import hmac
import json
from collections.abc import Awaitable, Callable, Sequence

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.channels.telegram.receive import received
from db.inbox import Received

log = structlog.get_logger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
MOST_BYTES = 1_000_000
Keep = Callable[[Sequence[Received]], Awaitable[None]]


class Webhook:
    """`keep` commits updates to the inbox before it returns, and raises when it cannot."""

    def __init__(self, secret: str, keep: Keep) -> None:
        self._secret = secret.encode()
        self._keep = keep

    async def receive(self, request: Request) -> Response:
        """401 a wrong secret · 413 too large for any update · 200 kept, or nothing to keep · 500 send it again."""
        if not self._is_from_telegram(request):
            log.warning("webhook.wrong_secret")
            return Response(status_code=401)
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            log.warning("webhook.too_large", most=MOST_BYTES)
            return Response(status_code=413)
        update = read_update(body)
        if update is None:
            log.warning("webhook.not_an_update", size=len(body))
            return Response(status_code=200)
        try:
            await self._keep([update])
        except Exception:
            log.exception("webhook.not_kept", update=update.update_id)
            return Response(status_code=500)
        return Response(status_code=200)

    def _is_from_telegram(self, request: Request) -> bool:
        given = request.headers.get(SECRET_HEADER, "").encode()
        return bool(self._secret) and hmac.compare_digest(given, self._secret)


def read_update(body: bytes) -> Received | None:
    """The update in this body; None when there is none."""
    try:
        return received(json.loads(body))
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or nested without end
        return None


async def _body(request: Request) -> bytes | None:
    """The body, or None as soon as it is longer than any update can be."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)
