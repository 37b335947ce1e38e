"""Emphasis and links: Telegram's entities as the small HTML of our messages."""

import html
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from telegram import MessageEntity

MOST = 100  # Telegram keeps no more of them in one message
_TAGS = {"text_link": "a", "bold": "b", "italic": "i"}  # the outer before the inner
_LINK = re.compile(r"(?:https?://[^\s\x00-\x1f]+|mailto:[^\s\x00-\x1f]+@[^\s\x00-\x1f]+)", re.IGNORECASE)
_LONGEST_LINK = 2_000


def as_html(text: str, entities: Sequence[MessageEntity]) -> str:
    """The text with `<b> <i> <a href>` where it has bold, italic and links; "" when it has none of these.

    Whatever the entities say, the tags that come out are closed in the order in which they were opened, and links
    lead to http, https or mailto. An address that stands in the text needs no mark: Telegram finds it again.
    """
    marks = [mark for one in entities[:MOST] if (mark := _mark(one))]
    if not marks or not text:
        return ""
    units = text.encode("utf-16-le", "surrogatepass")
    ends = {at for start, end, _ in marks for at in (start, end)}
    cuts = sorted({0, len(units) // 2, *(at for at in ends if at < len(units) // 2 and not _splits(units, at))})
    written: list[str] = []
    opened: list[str] = []
    for start, end in pairwise(cuts):
        wanted = _tags(marks, start)
        kept = next((n for n, (a, b) in enumerate(zip(opened, wanted, strict=False)) if a != b), None)
        kept = min(len(opened), len(wanted)) if kept is None else kept
        written += [_end(tag) for tag in reversed(opened[kept:])]
        written += [f"<{tag}>" for tag in wanted[kept:]]
        opened = wanted
        written.append(html.escape(units[2 * start : 2 * end].decode("utf-16-le", "replace"), quote=False))
    written += [_end(tag) for tag in reversed(opened)]
    return "".join(written) if any(tag for start in cuts[:-1] for tag in _tags(marks, start)) else ""


def _mark(one: MessageEntity) -> tuple[int, int, str] | None:
    """(start, end, tag) in UTF-16 units; None for what we do not keep."""
    tag = _TAGS.get(one.type)
    where: Any = (one.offset, one.length, one.url or "")  # as sent: PTB does not check
    if tag is None or not isinstance(where[0], int) or not isinstance(where[1], int) or not isinstance(where[2], str):
        return None
    offset, length, link = where
    if offset < 0 or length <= 0:
        return None
    if tag == "a":
        if len(link) > _LONGEST_LINK or not _LINK.fullmatch(link):
            return None
        tag = f'a href="{html.escape(link)}"'
    return offset, offset + length, tag


def _tags(marks: Sequence[tuple[int, int, str]], at: int) -> list[str]:
    """The tags that hold here, each kind once, the outer first."""
    here = {tag[0]: tag for start, end, tag in reversed(marks) if start <= at < end}
    return [here[kind] for kind in _TAGS.values() if kind in here]


def _end(tag: str) -> str:
    return f"</{tag[0]}>"


def _splits(units: bytes, at: int) -> bool:
    """Whether a cut here would go through a character of two units."""
    low = int.from_bytes(units[2 * at : 2 * at + 2], "little")
    high = int.from_bytes(units[2 * at - 2 : 2 * at], "little") if at else 0
    return 0xDC00 <= low < 0xE000 and 0xD800 <= high < 0xDC00
