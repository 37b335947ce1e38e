"""The page that confirms a badge or a certificate, the signed credential, and the key that signed it."""

import base64
import hashlib
import html
from collections.abc import Callable
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

import db.lessons
import db.people
from bot.case import House
from bot.lessons import credential, proof
from bot.messages import LANGUAGES
from bot.texts import Tongue, tongue
from db.engine import Database
from db.lessons import Award

_STYLE = """
  body { font: 1.1rem/1.6 system-ui, sans-serif; color: #1d2733; max-width: 36rem; margin: 3rem auto; padding: 0 1rem; }
  .yes { border-left: .5rem solid #0b6e7f; padding-left: 1rem; }
  .no { border-left: .5rem solid #b3401f; padding-left: 1rem; }
  dt { color: #5b6672; } dd { margin: 0 0 1rem; font-size: 1.3rem; overflow-wrap: anywhere; }
"""
_PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{heading} · {programme}</title>
<style>{style}</style>
<p>{programme}</p>
<h1 class="{kind}">{heading}</h1>
{body}
</html>
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_CLOSED = {  # a name stands there: nothing is loaded, framed, kept, listed or told to the next page
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
_FOR_ALL = {"Access-Control-Allow-Origin": "*"}  # those who check badges in a browser
LONGEST_HEADER = 200  # characters of Accept-Language that are read


class Verify:
    """Answers whoever scanned a certificate. `house` is asked each time: the lessons may have been read anew."""

    def __init__(self, database: Database, house: Callable[[], House]) -> None:
        self._database = database
        self._house = house

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/verify/{code}.json", self.signed),
            Route("/verify/{code}", self.show),
            Route(credential.JWKS_PATH, self.keys),
        ]

    async def show(self, request: Request) -> Response:
        """200 with whom it was given to, for what and when · 404 for a code nobody was given, or whose award is erased.

        In the language the browser asks for.
        """
        t = tongue(preferred(request.headers.get("Accept-Language", "")))
        found = await self._award(request.path_params["code"])
        headers = {**_CLOSED, "Content-Language": t.language, "Vary": "Accept-Language"}
        if found is None:
            why = t("Please compare the address with the one on the paper. Erased badges are not known either.")
            return HTMLResponse(_page(t, t("This badge is not known"), "no", f"<p>{why}</p>"), 404, headers)
        award, zone = found
        facts = {
            t("Name"): award.name,
            t("Certificate") if proof.is_certificate(award.about) else t("Badge"): proof.title(
                self._house().curriculum, award.about, t.language
            ),
            t("Awarded on"): t.date(award.awarded_at.astimezone(ZoneInfo(zone)).date()),
        }
        lines = "\n".join(f"<dt>{name}</dt><dd>{html.escape(value)}</dd>" for name, value in facts.items())
        return HTMLResponse(_page(t, t("✓ This is genuine"), "yes", f"<dl>\n{lines}\n</dl>"), 200, headers)

    async def signed(self, request: Request) -> Response:
        """200 the credential, signed · 404 as above."""
        found = await self._award(request.path_params["code"])
        headers = {**_CLOSED, **_FOR_ALL}
        if found is None:
            return JSONResponse({"error": "not known"}, 404, headers)
        house = self._house()
        return JSONResponse(credential.signed(house.settings, house.curriculum, found[0]), 200, headers)

    async def keys(self, _request: Request) -> Response:
        headers = {**_FOR_ALL, "Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
        return JSONResponse(credential.jwks(self._house().settings), headers=headers)

    async def _award(self, code: str) -> tuple[Award, str] | None:
        """The award and the time zone of whoever has it."""
        if not proof.is_code(code):
            return None
        async with self._database.read() as session:
            award = await db.lessons.award_by_code(session, code)
            person = await db.people.get(session, award.person_id) if award else None
            return (award, person.zone) if award and person else None


def preferred(accept: str) -> str:
    """The best of our languages in an Accept-Language header (RFC 9110, 12.5.4); English when it names none."""
    wishes: list[tuple[float, str]] = []
    for wish in accept[:LONGEST_HEADER].split(","):
        tag, _, weight = wish.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in LANGUAGES:
            wishes.append((_weight(weight), language))
    best = max(wishes, key=lambda wish: wish[0], default=(0.0, ""))  # of equals the first one
    return best[1] if best[0] > 0 else "en"


def _weight(written: str) -> float:
    """Of "q=0.8": 0.8. Nothing written is 1; what cannot be read is 0."""
    name, _, value = written.strip().partition("=")
    if not name:
        return 1.0
    digits = value.replace(".", "", 1)
    is_number = name.strip().lower() == "q" and digits.isascii() and digits.isdigit()
    return min(float(value), 1.0) if is_number else 0.0


def _page(t: Tongue, heading: str, kind: str, body: str) -> str:
    return _PAGE.format(
        language=t.language, heading=heading, programme=proof.PROGRAMME, style=_STYLE, kind=kind, body=body
    )
