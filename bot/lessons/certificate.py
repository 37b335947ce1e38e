"""A certificate to print: one page of A4 as PDF, with a QR code to the page that confirms it."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any, cast

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from bot.paper import (
    FONT,
    HEIGHT,
    INK,
    LEFT,
    PROGRAMME,
    QR_SIZE,
    RIGHT,
    SEA,
    SOFT,
    WIDTH,
    bullets,
    line,
    load_font,
    paragraph,
    qr_code,
    shown,
    sign,
)
from bot.texts import tongue


@dataclass(frozen=True, slots=True)
class Certificate:
    """What stands on it, as plain text. `day` is written out, `url` is the page that confirms it."""

    language: str
    whole_track: bool
    name: str
    title: str
    learnt: tuple[str, ...]
    day: str
    url: str


def pdf(certificate: Certificate) -> bytes:
    """The file. The same certificate gives the same bytes."""
    load_font()
    file = BytesIO()
    canvas = cast(Any, Canvas)(file, pagesize=A4, invariant=1, lang=certificate.language, initialFontName=FONT)
    _draw(canvas, certificate)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw(canvas: Any, certificate: Certificate) -> None:
    t = tongue(certificate.language)
    kind = t.plain("Certificate") if certificate.whole_track else t.plain("Badge")
    name = shown(certificate.name)
    canvas.setTitle(f"{kind}: {certificate.title}")
    canvas.setAuthor(PROGRAMME)
    canvas.setSubject(certificate.name)
    canvas.setFillColor(SEA)
    canvas.rect(0, HEIGHT - 14, WIDTH, 14, stroke=0, fill=1)
    sign(canvas, LEFT + 17, HEIGHT - 82)
    line(canvas, PROGRAMME, LEFT + 62, HEIGHT - 89, 17, SEA)
    y = paragraph(canvas, kind, HEIGHT - 180, 42, INK)
    if name:
        y = paragraph(canvas, name, y - 34, 28, SEA)
    else:
        y = paragraph(canvas, t.plain("The name stands on the page below."), y - 34, 13, SOFT)
    y = paragraph(canvas, t.plain("has completed:"), y - 14, 13, SOFT)
    y = paragraph(canvas, certificate.title, y - 12, 22, INK)
    if certificate.learnt:
        y = paragraph(canvas, t.plain("What was learnt"), y - 30, 13, SOFT)
        bullets(canvas, certificate.learnt, y - 6, bottom=72 + QR_SIZE + 40)
    _foot(canvas, certificate)


def _foot(canvas: Any, certificate: Certificate) -> None:
    """The day on the left, the QR code on the right, and below what it is for."""
    t = tongue(certificate.language)
    top = 72 + QR_SIZE
    canvas.setStrokeColor(HexColor("#d8dde2"))
    canvas.line(LEFT, top + 18, RIGHT, top + 18)
    wide = RIGHT - LEFT - QR_SIZE - 28
    y = paragraph(canvas, certificate.day, top - 14, 14, INK, wide)
    y = paragraph(canvas, t.plain("Anybody can check here that it is genuine:"), y - 14, 10, SOFT, wide)
    below = paragraph(canvas, certificate.url, y - 2, 10, SEA, wide)
    canvas.linkURL(certificate.url, (LEFT, below - 4, LEFT + wide, y))
    qr_code(canvas, certificate.url, RIGHT - QR_SIZE, 72)
