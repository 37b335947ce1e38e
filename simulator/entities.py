"""Telegram's HTML: from tags to plain text and entities, and the entities Telegram finds by itself.

Offsets and lengths of entities count UTF-16 units, positions in error texts count UTF-8 bytes: both as
Telegram does.
"""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from simulator.errors import bad_request

Entity = dict[str, Any]

_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
# Telegram knows these four names and the numeric form; every other `&…;` stays as it was written.
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(lt|gt|amp|quot));")
_TAG_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE = re.compile(r"""\s*([^\s=>]*)(?:\s*=\s*("[^"]*"|'[^']*'|[A-Za-z0-9.\-]*))?""")
_END_TAG = re.compile(r"</([^\s>]*)\s*(>?)")
_URL = re.compile(r"(?<![\w@])(?:https?://|www\.|t\.me/)[^\s<>\"]*[^\s<>\".,;:!?)\]'»“”]", re.IGNORECASE)
_COMMAND = re.compile(r"(?<![\w/<>])/([A-Za-z0-9_]{1,64})(@[A-Za-z0-9_]{3,32})?(?![\w/])")
_MENTION = re.compile(r"(?<![\w@/])@[A-Za-z0-9_]{4,32}\b")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def utf16_length(text: str) -> int:
    """How long Telegram says `text` is, in UTF-16 units.

    >>> utf16_length("a😀")
    3
    """
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


@dataclass(slots=True)
class _Open:
    """A tag that waits for its end."""

    name: str
    start: int  # UTF-16 units
    piece: int  # the first piece of plain text inside it
    entity: Entity | None


class _Reader:
    """Reads one HTML text from left to right."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.position = 0
        self.length = 0  # of the plain text so far, UTF-16 units
        self.plain: list[str] = []
        self.open: list[_Open] = []
        self.found: list[Entity] = []

    def read(self) -> tuple[str, list[Entity]]:
        while self.position < len(self.html):
            if self.html[self.position] != "<":
                self._characters()
            elif self.html.startswith("</", self.position):
                self._end_tag()
            else:
                self._start_tag()
        if self.open:
            raise _unreadable(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        self.found.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.plain), self.found

    def _characters(self) -> None:
        end = self.html.find("<", self.position)
        end = len(self.html) if end < 0 else end
        text = _REFERENCE.sub(_referenced, self.html[self.position : end])
        self.plain.append(text)
        self.length += utf16_length(text)
        self.position = end

    def _start_tag(self) -> None:
        begin = self.position
        at = self._byte_offset(begin)
        name_match = _TAG_NAME.match(self.html, begin + 1)
        name = name_match.group().lower() if name_match else ""
        if begin + 1 + len(name) >= len(self.html):
            raise _unreadable(f"Unclosed start tag at byte offset {at}")
        if name not in _TYPES:
            raise _unreadable(f'Unsupported start tag "{name}" at byte offset {at}')
        self.position = begin + 1 + len(name)
        attributes = self._attributes(name, at)
        entity = self._entity(name, attributes, at)
        self.open.append(_Open(name, self.length, len(self.plain), entity))

    def _attributes(self, name: str, at: int) -> dict[str, str]:
        """Reads up to and over the closing `>`."""
        attributes: dict[str, str] = {}
        while True:
            while self.position < len(self.html) and self.html[self.position].isspace():
                self.position += 1
            if self.position >= len(self.html):
                raise _unreadable(f'Unclosed start tag "{name}" at byte offset {at}')
            if self.html[self.position] == ">":
                self.position += 1
                return attributes
            match = _ATTRIBUTE.match(self.html, self.position)
            key, value = (match.group(1), match.group(2)) if match else ("", None)
            if not key:
                raise _unreadable(f'Empty attribute name in the tag "{name}" at byte offset {at}')
            assert match is not None
            self.position = match.end()
            if self.html[self.position : self.position + 1] in ('"', "'"):  # a quote that never ends
                raise _unreadable(f"Unclosed start tag at byte offset {at}")
            attributes[key.lower()] = _REFERENCE.sub(_referenced, (value or "").strip("\"'"))

    def _entity(self, name: str, attributes: dict[str, str], at: int) -> Entity | None:
        if name == "a":
            return {"type": "text_link", "url": attributes.get("href", "")}
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise _unreadable(f'Tag "span" must have class "tg-spoiler" at byte offset {at}')
        if name == "blockquote" and "expandable" in attributes:
            return {"type": "expandable_blockquote"}
        if name == "tg-emoji":
            return {"type": "custom_emoji", "custom_emoji_id": attributes.get("emoji-id", "")}
        language = attributes.get("class", "")
        if name == "code" and language.startswith("language-") and self.open and self.open[-1].name == "pre":
            pre = self.open[-1].entity
            if pre is not None:
                pre["language"] = language.removeprefix("language-")
            return None
        return {"type": _TYPES[name]}

    def _end_tag(self) -> None:
        at = self._byte_offset(self.position)
        match = _END_TAG.match(self.html, self.position)
        assert match is not None
        if not self.open:
            raise _unreadable(f"Unexpected end tag at byte offset {at}")
        if not match.group(2):
            raise _unreadable(f"Unclosed end tag at byte offset {at}")
        name, opened = match.group(1).lower(), self.open.pop()
        if name and name != opened.name:
            raise _unreadable(f'Unmatched end tag at byte offset {at}, expected "</{opened.name}>", found "</{name}>"')
        self.position = match.end()
        self._close(opened)

    def _close(self, opened: _Open) -> None:
        length = self.length - opened.start
        if opened.entity is None or length == 0:
            return
        if opened.entity["type"] == "text_link":
            url = opened.entity["url"] or "".join(self.plain[opened.piece :])
            if not (link := _sendable_url(url)):
                return  # Telegram drops a link it cannot open and keeps its words
            opened.entity["url"] = link
        self.found.append(opened.entity | {"offset": opened.start, "length": length})

    def _byte_offset(self, position: int) -> int:
        return len(self.html[:position].encode("utf-8", "surrogatepass"))


def _unreadable(why: str) -> Exception:
    return bad_request(f"can't parse entities: {why}")


def _referenced(match: re.Match[str]) -> str:
    """The character a reference stands for; an impossible number stays as it is written."""
    decimal, hexadecimal, name = match.groups()
    if name:
        return _NAMED[name]
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if not 0 < code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return match.group()
    return unescape(match.group()) if code < 0xA0 and code >= 0x80 else chr(code)


def _sendable_url(url: str) -> str:
    """The address as Telegram keeps it, or "" when it is none."""
    if re.match(r"(?i)(https?|tg|ton|tonsite|mailto|tel):", url):
        rest = url.split(":", 1)[1].removeprefix("//")
        return url if rest else ""
    return f"http://{url}" if re.match(r"[\w-]+(\.[\w-]+)+(/|$|\?|:)", url) else ""


def parse_html(html: str) -> tuple[str, list[Entity]]:
    """`<b>Ciao</b>` → ("Ciao", [{"type": "bold", "offset": 0, "length": 4}]).

    Raises ApiError (400, "can't parse entities: …") for what Telegram refuses.
    """
    if "<" not in html and "&" not in html:
        return html, []
    return _Reader(html).read()


def find_entities(text: str) -> list[Entity]:
    """Links, mail addresses, mentions and commands that Telegram marks without being asked."""
    found: list[Entity] = []
    if "://" in text or "." in text:
        found += [_span("url", text, match) for match in _URL.finditer(text)]
    if "@" in text:
        found += [_span("email", text, match) for match in _EMAIL.finditer(text)]
        found += [_span("mention", text, match) for match in _MENTION.finditer(text)]
    if "/" in text:
        found += [_span("bot_command", text, match) for match in _COMMAND.finditer(text)]
    if len(found) < 2:
        return found
    return _without_overlaps(sorted(found, key=lambda entity: (entity["offset"], -entity["length"])))


def _span(kind: str, text: str, match: re.Match[str]) -> Entity:
    return {
        "type": kind,
        "offset": utf16_length(text[: match.start()]),
        "length": utf16_length(match.group()),
    }


def _without_overlaps(entities: list[Entity]) -> list[Entity]:
    kept: list[Entity] = []
    end = 0
    for entity in entities:
        if entity["offset"] >= end:
            kept.append(entity)
            end = entity["offset"] + entity["length"]
    return kept


def trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Cut white space at both ends, as Telegram does, and move the entities along."""
    cut = text.strip()
    if len(cut) == len(text) or not entities:
        return cut, entities
    lead = utf16_length(text[: len(text) - len(text.lstrip())])
    length = utf16_length(cut)
    moved: list[Entity] = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        end = min(entity["offset"] + entity["length"] - lead, length)
        if end > start:
            moved.append(entity | {"offset": start, "length": end - start})
    return cut, moved


def formatted(text: str, parse_mode: str, given: list[Entity] | None = None) -> tuple[str, list[Entity]]:
    """What Telegram keeps of a text that the bot sends: plain text and all its entities."""
    if parse_mode and parse_mode.lower() != "html":
        raise bad_request("unsupported parse_mode")
    text, entities = parse_html(text.replace("\r", "")) if parse_mode else (text, list(given or []))
    text, entities = trim(text, entities)
    for entity in find_entities(text):
        if not any(_overlap(entity, other) for other in entities):
            entities.append(entity)
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return text, entities


def _overlap(one: Entity, other: Entity) -> bool:
    """Only links and code keep Telegram from finding its own entities inside them."""
    return (
        other["type"] in ("text_link", "code", "pre")
        and one["offset"] < other["offset"] + other["length"]
        and other["offset"] < one["offset"] + one["length"]
    )
