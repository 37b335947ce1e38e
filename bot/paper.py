"""A4 on which the programme writes: its font and colours, paragraphs, lists, its sign, a QR code; and, for papers
that may be long, :class:`Pages`."""

import unicodedata
from collections.abc import Sequence
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

PROGRAMME = "Learning 2.0gether"
FONT = "Open Sans"
WIDTH, HEIGHT = A4  # in points, 1/72 inch; y grows upwards
LEFT, RIGHT = 72.0, WIDTH - 72
TOP, BOTTOM = HEIGHT - 72, 56.0
QR_SIZE = 104.0
INK, SOFT, SEA, SUN = HexColor("#1d2733"), HexColor("#5b6672"), HexColor("#0b6e7f"), HexColor("#f2a33a")
GREY = HexColor("#d8dde2")


def shown(text: str) -> str:
    """The text as this font can write it, "" when letters of it cannot be: those of a script it does not know, and
    those written from right to left, which would stand in the wrong order. Pictures among letters are left out."""
    load_font()
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
def load_font() -> None:
    cast(Any, pdfmetrics).registerFont(_font())


def line(canvas: Any, text: str, x: float, y: float, size: float, color: Color) -> None:
    canvas.setFont(FONT, size)
    canvas.setFillColor(color)
    canvas.drawString(x, y, text)


def paragraph(
    canvas: Any, text: str, y: float, size: float, color: Color, width: float = RIGHT - LEFT, x: float = LEFT
) -> float:
    """Write the text down from `y`, in as many lines as it needs; a word that is too long makes it all smaller.
    Returns where the next line would stand."""
    text = shown(text)
    longest = max((pdfmetrics.stringWidth(word, FONT, size) for word in text.split()), default=0)
    size = min(size, size * width / longest) if longest else size
    for piece in cast(Any, utils).simpleSplit(text, FONT, size, width):
        line(canvas, piece, x, y, size, color)
        y -= size * 1.35
    return y


def bullets(canvas: Any, items: tuple[str, ...], y: float, bottom: float) -> None:
    """One item below the other, smaller when there are many; what there is no room for is counted."""
    size = max(8.0, min(12.5, (y - bottom) / max(len(items), 1) / 1.75))
    for at, item in enumerate(items):
        if y < bottom + size * 1.75 and at < len(items) - 1:
            return line(canvas, f"+ {len(items) - at}", LEFT + 16, y, size, INK)
        canvas.setFillColor(SUN)
        canvas.circle(LEFT + 4, y + size * 0.32, 3, stroke=0, fill=1)
        y = paragraph(canvas, item, y, size, INK, RIGHT - LEFT - 16, LEFT + 16) - size * 0.4


def sign(canvas: Any, x: float, y: float) -> None:
    """Two circles that share something: the two generations."""
    canvas.saveState()
    canvas.setFillColor(SEA)
    canvas.circle(x, y, 17, stroke=0, fill=1)
    canvas.setFillColor(SUN)
    canvas.setFillAlpha(0.85)
    canvas.circle(x + 21, y, 17, stroke=0, fill=1)
    canvas.restoreState()


def qr_code(canvas: Any, url: str, x: float, y: float) -> None:
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


class Pages:
    """Text from top to bottom, on as many pages as it needs; every page says whose it is at its foot."""

    def __init__(self, language: str, title: str, author: str) -> None:
        load_font()
        self._file = BytesIO()
        self.canvas = cast(Any, Canvas)(
            self._file, pagesize=A4, invariant=1, lang=language, initialFontName=FONT
        )  # the same text gives the same bytes
        self.canvas.setTitle(title)
        self.canvas.setAuthor(author)
        self._foot = title
        self._number = 0
        self.y = 0.0
        self._turn()

    def _turn(self) -> None:
        if self._number:
            self.canvas.showPage()
        self._number += 1
        self.canvas.setFillColor(SEA)
        self.canvas.rect(0, HEIGHT - 14, WIDTH, 14, stroke=0, fill=1)
        paragraph(self.canvas, f"{self._foot} · {self._number}", 40, 8, SOFT)
        self.y = TOP

    def room_for(self, height: float) -> None:
        """Begin a new page when so many points are not left on this one."""
        if self.y - height < BOTTOM:
            self._turn()

    def height_of(self, text: str, size: float, indent: float = 0.0) -> float:
        """How many points a paragraph takes."""
        return len(lines_of(text, size, RIGHT - LEFT - indent)) * size * 1.35

    def head(self, author: str) -> None:
        """The programme's sign and name, at the top of the first page."""
        sign(self.canvas, LEFT + 17, self.y - 10)
        line(self.canvas, author, LEFT + 62, self.y - 16, 17, SEA)
        self.y -= 64

    def write(
        self,
        text: str,
        size: float = 11,
        color: Color = INK,
        *,
        above: float = 4,
        indent: float = 0.0,
        right: float = 0.0,
    ) -> None:
        """A paragraph, `indent` and `right` points away from the margins. A long one goes on overleaf."""
        self.y -= above
        width = RIGHT - LEFT - indent - right
        for piece in lines_of(text, size, width):
            self.room_for(size * 1.35)
            self.y = paragraph(self.canvas, piece, self.y, size, color, width, LEFT + indent)

    def bullet(self, text: str, size: float = 11) -> None:
        """One item of a list."""
        self.room_for(size * 1.35 + 4)
        self.canvas.setFillColor(SUN)
        self.canvas.circle(LEFT + 4, self.y - 4 + size * 0.32, 3, stroke=0, fill=1)
        self.write(text, size, indent=16)

    def table(self, rows: Sequence[Sequence[str]], widths: Sequence[float], size: float = 9) -> None:
        """Rows below each other, the first one as their head; `widths` are shares of the line."""
        for number, row in enumerate(rows):
            cells = [
                lines_of(cell, size, share * (RIGHT - LEFT) - 6) or [""]
                for cell, share in zip(row, widths, strict=True)
            ]
            height = max(len(cell) for cell in cells) * size * 1.35 + 5
            if self.y - height - size < BOTTOM:
                self._turn()
                if number:
                    self.table(rows[:1], widths, size)  # overleaf the head stands again
            self._row(cells, widths, size, height, INK if number else SOFT)

    def _row(
        self, cells: Sequence[Sequence[str]], widths: Sequence[float], size: float, height: float, color: Color
    ) -> None:
        x, top = LEFT, self.y
        for cell, share in zip(cells, widths, strict=True):
            y = top - size
            for piece in cell:
                y = paragraph(self.canvas, piece, y, size, color, share * (RIGHT - LEFT) - 6, x)
            x += share * (RIGHT - LEFT)
        self.y = top - height
        self.canvas.setStrokeColor(GREY)
        self.canvas.line(LEFT, self.y, RIGHT, self.y)

    def done(self) -> bytes:
        """The file."""
        self.canvas.showPage()
        self.canvas.save()
        return self._file.getvalue()


def lines_of(text: str, size: float, width: float) -> list[str]:
    """The text in lines of this width, as the font can write it."""
    return cast(list[str], cast(Any, utils).simpleSplit(shown(text), FONT, size, width))
