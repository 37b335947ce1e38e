"""The page that confirms a badge, a certificate or a trainer's record, the signed credential, and the key."""

import base64
import hashlib
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

import db.lessons
import db.meeting_papers
import db.people
from bot import credential
from bot.case import House
from bot.credential import Proven
from bot.lessons import credential as award_badge
from bot.lessons import proof
from bot.meetings import badge as paper_badge
from bot.meetings import papers, record
from bot.messages import LANGUAGES
from bot.paper import PROGRAMME
from bot.proof import is_code
from bot.texts import Tongue, tongue
from db.engine import Database
from db.meeting_papers import Paper

_STYLE = """
  body { font: 1.1rem/1.6 system-ui, sans-serif; color: #1d2733; max-width: 36rem; margin: 3rem auto; padding: 0 1rem; }
  .yes { border-left: .5rem solid #0b6e7f; padding-left: 1rem; }
  .no { border-left: .5rem solid #b3401f; padding-left: 1rem; }
  dt { color: #5b6672; margin-top: 1rem; } dd { margin: 0; font-size: 1.3rem; overflow-wrap: anywhere; }
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
        """200 with what is proven, of whom and since when · 410 for a paper that is no longer valid · 404 for a code
        nobody was given, or whose proof is erased.

        In the language the browser asks for.
        """
        t = tongue(preferred(request.headers.get("Accept-Language", "")))
        found = await self._find(request.path_params["code"])
        headers = {**_CLOSED, "Content-Language": t.language, "Vary": "Accept-Language"}
        if found is None:
            why = t("Please compare the address with the one on the paper. What was erased is not known either.")
            return HTMLResponse(_page(t, t("This badge or paper is not known"), "no", f"<p>{why}</p>"), 404, headers)
        if found.proven is None:
            why = t("It was taken back, or replaced by a newer one. Please ask whoever gave it to you.")
            return HTMLResponse(_page(t, t("This paper is no longer valid"), "no", f"<p>{why}</p>"), 410, headers)
        lines = "\n".join(_fact(name, values) for name, values in found.facts(t))
        return HTMLResponse(_page(t, t("✓ This is genuine"), "yes", f"<dl>\n{lines}\n</dl>"), 200, headers)

    async def signed(self, request: Request) -> Response:
        """200 the credential, signed · 410 and 404 as above."""
        found = await self._find(request.path_params["code"])
        headers = {**_CLOSED, **_FOR_ALL}
        if found is None:
            return JSONResponse({"error": "not known"}, 404, headers)
        if found.proven is None:
            return JSONResponse({"error": "no longer valid"}, 410, headers)
        return JSONResponse(credential.signed(self._house().settings, found.proven), 200, headers)

    async def keys(self, _request: Request) -> Response:
        headers = {**_FOR_ALL, "Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
        return JSONResponse(credential.jwks(self._house().settings), headers=headers)

    async def _find(self, code: str) -> "Found | None":
        """What this code proves."""
        if not is_code(code):
            return None
        async with self._database.read() as session:
            return await self._award(session, code) or await self._paper(session, code)

    async def _award(self, session: AsyncSession, code: str) -> "Found | None":
        award = await db.lessons.award_by_code(session, code)
        person = await db.people.get(session, award.person_id) if award else None
        if award is None or person is None:
            return None
        curriculum, zone = self._house().curriculum, ZoneInfo(person.zone)

        def facts(t: Tongue) -> Facts:
            kind = t("Certificate") if proof.is_certificate(award.about) else t("Badge")
            return [
                (t("Name"), [award.name]),
                (kind, [proof.title(curriculum, award.about, t.language)]),
                (t("Awarded on"), [t.date(award.awarded_at.astimezone(zone).date())]),
            ]

        return Found(facts, award_badge.of(curriculum, award))

    async def _paper(self, session: AsyncSession, code: str) -> "Found | None":
        paper = await db.meeting_papers.by_code(session, code)
        if paper is None:
            return None
        if paper.withdrawn_at is not None:
            return Found(lambda _: [], None)
        return Found(lambda t: _on_the_paper(paper, t), paper_badge.of(paper))


type Facts = Sequence[tuple[str, Sequence[str]]]  # what something is called, and what it is, as plain text


@dataclass(frozen=True, slots=True)
class Found:
    """What a code proves: the facts for the page, in the reader's language. `proven` None: it is no longer valid."""

    facts: Callable[[Tongue], Facts]
    proven: Proven | None


def _on_the_paper(paper: Paper, t: Tongue) -> Facts:
    """What a trainer's record said on the day it was written."""
    on = papers.on(paper, t.language)
    practised = [(t("What was practised"), record.practised(on, t))] if on.topics else []
    return [
        (t("Name"), [on.name]),
        (t("Record of training"), [t.plain("Trainer for social media, one to one (volunteer)")]),
        (t("Period"), [record.period(on, t)]),
        (t("Confirmed"), record.figures(on, t)),
        *practised,
        (t("Written on"), [t.date(papers.day_of(paper))]),
        (t("Programme"), [PROGRAMME]),
        (t("How it was counted"), [record.how_counted(t)]),
    ]


def _fact(name: str, values: Sequence[str]) -> str:
    return f"<dt>{name}</dt>" + "".join(f"<dd>{html.escape(value)}</dd>" for value in values)


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
    return _PAGE.format(language=t.language, heading=heading, programme=PROGRAMME, style=_STYLE, kind=kind, body=body)
