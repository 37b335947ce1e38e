"""Aisha and Marco."""

from tests.matching.fixtures import agreed, aisha, marco, offered, stage

__all__ = ["agreed", "aisha", "marco", "offered", "stage"]
