"""What outlives a restart: one file of JSON lines, appended to, written afresh at each start."""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class Store:
    """An append-only file of `[kind, value]` lines. A last line that was cut off is left out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = None if not path.exists() else path.open("a", encoding="utf-8")

    def read(self) -> list[tuple[str, Any]]:
        if not self._path.exists():
            return []
        lines: list[tuple[str, Any]] = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                kind, value = json.loads(line)
            except ValueError:
                continue
            lines.append((kind, value))
        return lines

    def start_afresh(self, lines: Iterable[tuple[str, Any]]) -> None:
        """Replace the file by these lines, all at once, and go on from there."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text("".join(_line(kind, value) for kind, value in lines), encoding="utf-8")
        self.close()
        fresh.replace(self._path)
        self._file = self._path.open("a", encoding="utf-8")

    def write(self, kind: str, value: Any) -> None:
        """Append a line; it is with the operating system when this returns."""
        if self._file:
            self._file.write(_line(kind, value))
            self._file.flush()

    def write_file(self, file_id: str, facts: dict[str, Any], content: bytes) -> None:
        self.write("file", self.packed(file_id, facts, content))

    @staticmethod
    def packed(file_id: str, facts: dict[str, Any], content: bytes) -> dict[str, Any]:
        return {"id": file_id, "facts": facts, "content": base64.b64encode(content).decode()}

    @staticmethod
    def unpacked(value: dict[str, Any]) -> tuple[str, dict[str, Any], bytes]:
        return value["id"], value["facts"], base64.b64decode(value["content"])

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


def _line(kind: str, value: Any) -> str:
    return json.dumps([kind, value], ensure_ascii=False) + "\n"
