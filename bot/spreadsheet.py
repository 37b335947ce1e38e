"""A table as a file that spreadsheets open."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def table(rows: Iterable[Sequence[str]], language: str) -> str:
    """A file that a spreadsheet of this language opens as a table: its separator, and a mark that says UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter="," if language == "en" else ";")
    writer.writerows([[harmless(cell) for cell in row] for row in rows])
    return "\ufeff" + out.getvalue()


def harmless(cell: str) -> str:
    """Text that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
