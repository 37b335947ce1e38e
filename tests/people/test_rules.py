"""Names, clusters, and long messages in pieces."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.people.rules import LONGEST_PIECE, ClusterCard, clean_name, cluster_for, pieces
from simulator.entities import utf16_length

CARDS = (
    ClusterCard(1, ("IT",), ("bakery", "shop")),
    ClusterCard(2, ("IT",), ()),
    ClusterCard(3, ("DE", "GB"), ("care",)),
    ClusterCard(4, ("ES",), ("hotel",)),
    ClusterCard(5, ("ES",), ("shop",)),
)


@pytest.mark.parametrize(
    ("country", "sector", "found"),
    [
        ("IT", "bakery", 1),
        ("IT", "care", 2),
        ("IT", "", 2),
        ("GB", "care", 3),
        ("GB", "bakery", 3),
        ("ES", "shop", 5),
        ("ES", "", 4),
        ("FR", "bakery", None),
        ("", "", None),
    ],
)
def test_the_cluster_of_a_country_that_fits_the_sector(country: str, sector: str, found: int | None) -> None:
    assert cluster_for(country, sector, CARDS) == found
    assert cluster_for(country, sector, ()) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Anna", "Anna"),
        ("  Anna \n Maria\t", "Anna Maria"),
        ("O'Brien-Łukasz", "O'Brien-Łukasz"),
        ("محمد", "محمد"),
        ("Anna 🌻", "Anna 🌻"),
        ("A" * 80, "A" * 80),
        ("‮anna", "anna"),
    ],
)
def test_a_name(text: str, name: str) -> None:
    assert clean_name(text) == name


@pytest.mark.parametrize(
    "text", ["", "  ", "42", "R2D2", "🌻", "A" * 81, "/start", "a@b.c", "HTTP x", "\0", "-", "\u200b"]
)
def test_no_name(text: str) -> None:
    assert clean_name(text) is None


@given(st.text(max_size=120))
def test_a_name_is_one_line_without_control_characters(text: str) -> None:
    name = clean_name(text)
    if name is not None:
        assert 0 < len(name) <= 80
        assert not any(unicodedata.category(c)[0] == "C" for c in name)
        assert clean_name(name) == name


@given(st.text(max_size=60), st.integers(2, 9))
def test_pieces_leave_nothing_out(text: str, longest: int) -> None:
    found = pieces(text, longest)
    assert "".join(found) == text
    assert all(utf16_length(piece) <= longest for piece in found)
    assert all(found) or found == [""]


def test_what_one_telegram_message_can_hold_fits_into_two() -> None:
    assert [utf16_length(piece) for piece in pieces("😀" * 2048)] == [LONGEST_PIECE, 4096 - LONGEST_PIECE]
    assert pieces("hello") == ["hello"]
