"""A certificate to print: one page of A4 as PDF, with a QR code to the page that confirms it."""

import unicodedata
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any, cast

import fontpkg
import segno
from reportlab.lib import utils
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from bot.lessons.proof import PROGRAMME
from bot.texts import tongue

FONT = "Open Sans"
WIDTH, HEIGHT = A4  # in points, 1/72 inch; y grows upwards
LEFT, RIGHT = 72.0, WIDTH - 72
QR_SIZE = 104.0
INK, SOFT, SEA, SUN = HexColor("#1d2733"), HexColor("#5b6672"), HexColor("#0b6e7f"), HexColor("#f2a33a")


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
    _load_font()
    file = BytesIO()
    canvas = cast(Any, Canvas)(file, pagesize=A4, invariant=1, lang=certificate.language, initialFontName=FONT)
    _draw(canvas, certificate)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def shown(text: str) -> str:
    """The text as this font can write it, "" when letters of it cannot be: those of a script it does not know, and
    those written from right to left, which would stand in the wrong order. Pictures among letters are left out."""
    _load_font()
    glyphs = _font().face.charToGlyph
    whole = unicodedata.normalize("NFC", text)
    written = "".join(char for char in whole if ord(char) in glyphs or char.isspace())
    lost = (char for char in whole if ord(char) not in glyphs and unicodedata.category(char)[0] in "LMN")
    backwards = any(unicodedata.bidirectional(char) in ("R", "AL") for char in whole)
    return "" if backwards or any(lost) else " ".join(written.split())


@cache
def _font() -> TTFont:
    # One weight is enough: the file holds them all, and sizes and colours set things apart.
    return TTFont(FONT, str(fontpkg.path(FONT)))


@cache
def _load_font() -> None:
    cast(Any, pdfmetrics).registerFont(_font())


def _draw(canvas: Any, certificate: Certificate) -> None:
    t = tongue(certificate.language)
    kind = t.plain("Certificate") if certificate.whole_track else t.plain("Badge")
    name = shown(certificate.name)
    canvas.setTitle(f"{kind}: {certificate.title}")
    canvas.setAuthor(PROGRAMME)
    canvas.setSubject(certificate.name)
    canvas.setFillColor(SEA)
    canvas.rect(0, HEIGHT - 14, WIDTH, 14, stroke=0, fill=1)
    _draw_sign(canvas, LEFT + 17, HEIGHT - 82)
    _line(canvas, PROGRAMME, LEFT + 62, HEIGHT - 89, 17, SEA)
    y = _paragraph(canvas, kind, HEIGHT - 180, 42, INK)
    if name:
        y = _paragraph(canvas, name, y - 34, 28, SEA)
    else:
        y = _paragraph(canvas, t.plain("The name stands on the page below."), y - 34, 13, SOFT)
    y = _paragraph(canvas, t.plain("has completed:"), y - 14, 13, SOFT)
    y = _paragraph(canvas, certificate.title, y - 12, 22, INK)
    if certificate.learnt:
        y = _paragraph(canvas, t.plain("What was learnt"), y - 30, 13, SOFT)
        _list(canvas, certificate.learnt, y - 6, bottom=72 + QR_SIZE + 40)
    _foot(canvas, certificate)


def _foot(canvas: Any, certificate: Certificate) -> None:
    """The day on the left, the QR code on the right, and below what it is for."""
    t = tongue(certificate.language)
    top = 72 + QR_SIZE
    canvas.setStrokeColor(HexColor("#d8dde2"))
    canvas.line(LEFT, top + 18, RIGHT, top + 18)
    wide = RIGHT - LEFT - QR_SIZE - 28
    y = _paragraph(canvas, certificate.day, top - 14, 14, INK, wide)
    y = _paragraph(canvas, t.plain("Anybody can check here that it is genuine:"), y - 14, 10, SOFT, wide)
    below = _paragraph(canvas, certificate.url, y - 2, 10, SEA, wide)
    canvas.linkURL(certificate.url, (LEFT, below - 4, LEFT + wide, y))
    _draw_qr(canvas, certificate.url, RIGHT - QR_SIZE, 72)


def _line(canvas: Any, text: str, x: float, y: float, size: float, color: Color) -> None:
    canvas.setFont(FONT, size)
    canvas.setFillColor(color)
    canvas.drawString(x, y, text)


def _paragraph(
    canvas: Any, text: str, y: float, size: float, color: Color, width: float = RIGHT - LEFT, x: float = LEFT
) -> float:
    """Write the text down from `y`, in as many lines as it needs; a word that is too long makes it all smaller.
    Returns where the next line would stand."""
    text = shown(text)
    longest = max((pdfmetrics.stringWidth(word, FONT, size) for word in text.split()), default=0)
    size = min(size, size * width / longest) if longest else size
    for line in cast(Any, utils).simpleSplit(text, FONT, size, width):
        _line(canvas, line, x, y, size, color)
        y -= size * 1.35
    return y


def _list(canvas: Any, items: tuple[str, ...], y: float, bottom: float) -> None:
    """One item below the other, smaller when there are many; what there is no room for is counted."""
    size = max(8.0, min(12.5, (y - bottom) / max(len(items), 1) / 1.75))
    for at, item in enumerate(items):
        if y < bottom + size * 1.75 and at < len(items) - 1:
            return _line(canvas, f"+ {len(items) - at}", LEFT + 16, y, size, INK)
        canvas.setFillColor(SUN)
        canvas.circle(LEFT + 4, y + size * 0.32, 3, stroke=0, fill=1)
        y = _paragraph(canvas, item, y, size, INK, RIGHT - LEFT - 16, LEFT + 16) - size * 0.4


def _draw_sign(canvas: Any, x: float, y: float) -> None:
    """Two circles that share something: the two generations."""
    canvas.saveState()
    canvas.setFillColor(SEA)
    canvas.circle(x, y, 17, stroke=0, fill=1)
    canvas.setFillColor(SUN)
    canvas.setFillAlpha(0.85)
    canvas.circle(x + 21, y, 17, stroke=0, fill=1)
    canvas.restoreState()


def _draw_qr(canvas: Any, url: str, x: float, y: float) -> None:
    """As squares, sharp at any size; the paper around it is its quiet zone."""
    rows = segno.make_qr(url, error="m").matrix
    side = QR_SIZE / len(rows)
    path = canvas.beginPath()
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                path.rect(x + across * side, y + QR_SIZE - (down + 1) * side, side, side)
    canvas.setFillColor(INK)
    canvas.drawPath(path, stroke=0, fill=1)
