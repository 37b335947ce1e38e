"""How far somebody is, as a picture (PNG): the modules, the weeks in which they learnt, the next step. Pure."""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from io import BytesIO

import fontpkg
from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

WIDTH = 900  # pixels; a phone shows it at a third of that
MARGIN = 48
ROW = 74
WEEKS = 12  # shown
_INK, _SOFT, _SEA, _SUN, _PAPER, _LINE = "#1d2733", "#5b6672", "#0b6e7f", "#f2a33a", "#ffffff", "#dfe6ea"
_FONT = "Open Sans"


@dataclass(frozen=True, slots=True)
class Row:
    """A module: its title, and how many of its lessons are finished."""

    title: str
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What the picture shows, as plain text in the person's language. `weeks` as :func:`weeks` gives them."""

    heading: str
    rows: tuple[Row, ...]
    weeks_heading: str
    weeks: tuple[str, ...]
    next_step: str


def weeks(days: Collection[date], today: date, away: Collection[date] = ()) -> tuple[str, ...]:
    """The last weeks, oldest first: "learnt", "away" (paused or holidays all week) or "quiet"; the current one last.

    `days` on which something was learnt; `away`, days on which nobody is expected to.
    """
    monday = today - timedelta(days=today.weekday())
    found: list[str] = []
    for back in range(WEEKS - 1, -1, -1):
        week = [monday - timedelta(weeks=back) + timedelta(days=one) for one in range(7)]
        learnt = any(day in days for day in week)
        found.append("learnt" if learnt else "away" if all(day in away for day in week) else "quiet")
    return tuple(found)


def streak(weeks: Sequence[str]) -> int:
    """Weeks in a row in which something was learnt, up to now. A week away neither counts nor breaks it, and the
    current one is not over yet."""
    so_far = list(weeks[:-1]) + ([weeks[-1]] if weeks and weeks[-1] == "learnt" else [])
    number = 0
    for week in reversed(so_far):
        if week == "quiet":
            break
        number += week == "learnt"
    return number


def png(progress: Progress) -> bytes:
    """The picture. The same progress gives the same bytes."""
    height = MARGIN * 2 + 70 + ROW * len(progress.rows) + 170
    image = Image.new("RGB", (WIDTH, height), _PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((MARGIN, MARGIN - 8), _shown(progress.heading), font=_font(38), fill=_INK)
    y = MARGIN + 70
    for row in progress.rows:
        _draw_row(draw, row, y)
        y += ROW
    draw.line((MARGIN, y + 6, WIDTH - MARGIN, y + 6), fill=_LINE, width=2)
    draw.text((MARGIN, y + 22), _shown(progress.weeks_heading), font=_font(24), fill=_SOFT)
    _draw_weeks(draw, progress.weeks, y + 78)
    draw.text((MARGIN, y + 118), _fitting(progress.next_step, _font(26), WIDTH - 2 * MARGIN), font=_font(26), fill=_SEA)
    out = BytesIO()
    image.quantize(32).save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw_row(draw: ImageDraw.ImageDraw, row: Row, y: int) -> None:
    font = _font(26)
    count = f"{row.done}/{row.of}"
    room = WIDTH - 2 * MARGIN - 90
    draw.text((MARGIN, y), _fitting(row.title, font, room), font=font, fill=_INK)
    draw.text((WIDTH - MARGIN, y), count, font=font, fill=_SOFT, anchor="ra")
    top, bottom, right = y + 42, y + 54, WIDTH - MARGIN
    draw.rounded_rectangle((MARGIN, top, right, bottom), radius=6, fill=_LINE)
    if row.done:
        end = MARGIN + (right - MARGIN) * min(row.done, row.of) / max(row.of, 1)
        draw.rounded_rectangle((MARGIN, top, max(end, MARGIN + 12), bottom), radius=6, fill=_SEA)


def _draw_weeks(draw: ImageDraw.ImageDraw, weeks: Sequence[str], y: int) -> None:
    step = (WIDTH - 2 * MARGIN) // WEEKS
    for place, week in enumerate(weeks):
        x = MARGIN + place * step
        box = (x, y - 14, x + 28, y + 14)
        if week == "learnt":
            draw.ellipse(box, fill=_SUN)
        elif week == "away":
            draw.line((x + 4, y, x + 24, y), fill=_SOFT, width=4)
        else:
            draw.ellipse(box, outline=_LINE, width=4)


@cache
def _font(size: int) -> FreeTypeFont:
    return ImageFont.truetype(str(fontpkg.path(_FONT)), size)


def _fitting(text: str, font: FreeTypeFont, room: int) -> str:
    """As much of it as fits into so many pixels."""
    text = _shown(text)
    while text and font.getlength(text) > room:
        text = text.removesuffix("…")[:-1].rstrip() + "…"
    return text


def _shown(text: str) -> str:
    """Without control characters and without pictures among the letters, which this font does not hold."""
    return "".join(
        char for char in " ".join(text.split()) if unicodedata.category(char) not in ("So", "Cn", "Cc", "Co")
    )
