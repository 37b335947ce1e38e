"""One language's Markdown file, changed block by block: what is not changed stays as it was, byte for byte."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bot.lessons.files import HEADING, broken

TITLE = ""  # the name of the passage that is the title

_BOM = "\ufeff"


@dataclass(slots=True)
class _Part:
    """A heading with what stands below it, as written."""

    name: str
    heading: str  # with its line end
    body: str


class PageFile:
    """The text of a file in parts; a file that does not exist is empty."""

    def __init__(self, text: str) -> None:
        self._mark = _BOM if text.startswith(_BOM) else ""
        self._line_end = "\r\n" if "\r\n" in text else "\n"
        self._preface = ""
        self._parts: list[_Part] = []
        self._put = -1  # the place of the part that was put last
        for line in text.removeprefix(_BOM).splitlines(keepends=True):
            if found := HEADING.fullmatch(line.splitlines()[0]):
                self._parts.append(_Part(TITLE if found[1] == "#" else found[2], line, ""))
            elif self._parts:
                self._parts[-1].body += line
            else:
                self._preface += line

    @classmethod
    def read(cls, file: Path) -> Self:
        """Raises BrokenFileError for a file that is no text."""
        try:
            return cls(file.read_bytes().decode("utf-8"))
        except FileNotFoundError:
            return cls("")
        except (OSError, UnicodeDecodeError):
            raise broken(file.name, "", f"{file} cannot be read.", "Save it as plain text in UTF-8.") from None

    @property
    def text(self) -> str:
        return self._preface + "".join(part.heading + part.body for part in self._parts)

    def as_bytes(self) -> bytes:
        return (self._mark + self.text).encode()

    def put(self, name: str, markdown: str, made_from: str) -> bool:
        """Give a block (or the title) these words and the fingerprint of their English; False where both are there.

        To be called in the order of the lesson: a block that is missing comes behind the one that was put before.
        """
        place = next((at for at, part in enumerate(self._parts) if part.name == name), None)
        is_new = place is None
        if place is None:
            place = self._put + 1
            self._make_room(place)
            self._parts.insert(place, _Part(name, "", ""))
        self._put, part = place, self._parts[place]
        is_stamped = self._stamp(part, markdown if name == TITLE else name, made_from)
        is_reworded = name != TITLE and self._reword(part, markdown)
        return is_new or is_stamped or is_reworded

    def _make_room(self, place: int) -> None:
        """An empty line before what is to stand there."""
        if place:
            before = self._parts[place - 1]
            before.body = f"{before.body.rstrip()}{2 * self._line_end}" if before.body.strip() else self._line_end

    def _stamp(self, part: _Part, heading: str, made_from: str) -> bool:
        found = HEADING.fullmatch(part.heading.splitlines()[0]) if part.heading else None
        if found and (found[2], found[3]) == (heading, made_from):
            return False
        mark = "#" if part.name == TITLE else "##"
        part.heading = f"{mark} {heading} <!-- english: {made_from} -->{self._line_end}"
        return True

    def _reword(self, part: _Part, markdown: str) -> bool:
        if "\n".join(part.body.splitlines()).strip() == markdown:
            return False
        words, body = markdown.replace("\n", self._line_end), part.body
        before, after = body[: len(body) - len(body.lstrip())], body[len(body.rstrip()) :]
        if not body.strip():
            before, after = self._line_end, self._line_end * (1 if part is self._parts[-1] else 2)
        part.body = before + words + after
        return True
