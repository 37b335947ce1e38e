"""A PO file as it comes back from a translator: read strictly, whatever was done to it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from bot.errors import Misconfigured

LONGEST = 1_000_000  # bytes; a lesson is some ten thousand

# Babel forgives a missing quotation mark by dropping letters, and two msgstr by taking the first: we do not
_LINE = re.compile(r'(?:(msgctxt|msgid|msgstr)\s+)?"(?:[^"\\]|\\.)*"')
_ORDER = re.compile(r"(?:(?:msgctxt )?msgid msgstr )*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One text; `translation` without white space around it, lines parted by line feeds."""

    english: str
    translation: str
    is_fuzzy: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A translated file: its texts by `msgctxt`. `language` is what the header says, such as "it"; "" for nothing."""

    file: Path
    language: str
    entries: Mapping[str, Entry]

    def refused(self, why: str) -> Misconfigured:
        return _refused(self.file, why)


def _refused(file: Path, why: str) -> Misconfigured:
    return Misconfigured(f"{file}: {why} Nothing was changed.")


def read_sheet(file: Path) -> Sheet:
    """Read a PO file; raises Misconfigured, saying what to do, for one that is none."""
    lines = list(_lines(file))
    catalog = Catalog()
    try:
        catalog = read_po(lines, abort_invalid=True)
    except (PoFileError, ValueError, LookupError, TypeError, AssertionError):  # Babel does not say what is wrong
        raise _refused(file, "Its header or a comment cannot be read. Take them from the exported file.") from None
    entries: dict[str, Entry] = {}
    for message in catalog:
        if not message.id:
            continue
        english, translation, context = message.id, message.string, message.context
        if not isinstance(english, str) or not isinstance(translation, str) or not context:
            text = " ".join(str(english).split())
            raise _refused(file, f"“{text[:40]}…” does not say which block it is. Export again.")
        if context in entries:
            raise _refused(file, f"{context} stands there twice. Keep one of the two.")
        entries[context] = Entry(english, _tidy(translation), message.fuzzy)
    if not entries:
        raise _refused(file, "There is no text in it. Export again.")
    if sum(line.startswith("msgctxt") for line in lines) > len(entries):
        raise _refused(file, "A text stands there twice. Keep one of the two.")
    return Sheet(file, (catalog.locale_identifier or "").replace("-", "_").partition("_")[0].lower(), entries)


def _lines(file: Path) -> Iterator[str]:
    """The lines that count, each known to be well formed."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise _refused(file, f"It cannot be read ({error.strerror}). Name a PO file.") from None
    if len(content) > LONGEST:
        raise _refused(file, "It is too long for a lesson. Name a PO file that was exported here.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(file, "It is not in UTF-8. Save it as UTF-8.") from None
    order = ""
    for number, line in enumerate((raw.strip() for raw in text.split("\n")), 1):
        if line.startswith("#~"):
            line = ""  # a text that is no longer used
        if line and not line.startswith("#"):
            found = _LINE.fullmatch(line)
            if found is None:
                raise _broken(file, number)
            order += f"{found[1]} " if found[1] else ""
        yield line
    if not _ORDER.fullmatch(order):
        raise _refused(file, "A msgctxt, msgid or msgstr is missing. Export again, and copy the translation over.")


def _broken(file: Path, number: int) -> Misconfigured:
    return _refused(file, f"Line {number} is no line of a PO file: look for a missing quotation mark.")


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
