"""The codes under which proofs are found."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot import proof


def test_codes_are_of_128_bits_and_known_again() -> None:
    codes = {proof.new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all(proof.is_code(code) for code in codes)


@given(st.text(max_size=40))
def test_any_text_is_a_code_or_not(text: str) -> None:
    assert proof.is_code(text) == (re.fullmatch(r"[A-Za-z0-9_-]{22}", text) is not None and "\n" not in text)
