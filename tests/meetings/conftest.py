"""Aisha and Marco, brought together, and what they see when they look for a time."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.settings import Settings
from tests.matching import stage as stages
from tests.matching.fixtures import agreed, aisha, marco, offered, stage
from tests.matching.stage import HOUSE

__all__ = ["agreed", "aisha", "marco", "offered", "stage"]

PUBLIC = "https://proof.example"


@pytest.fixture(autouse=True)
def house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Papers are confirmed at an address of its own and signed with a key of its own."""
    settings = Settings(public_url=PUBLIC, badge_key=tmp_path / "badge-key.pem")  # pyright: ignore
    monkeypatch.setattr(stages, "HOUSE", replace(HOUSE, settings=settings))
