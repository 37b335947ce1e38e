"""One spelling for many: how words are written before they are compared."""

import re
import unicodedata

_WORD = re.compile(r"[a-z]+")
_FLAT = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def fold(text: str) -> str:
    """The text as a key: Latin words in small letters without accents; digits and all else are left out.

    >>> fold("  MÜNCHEN 🎉 (Straße 7)")
    'munchen strasse'
    """
    text = text.casefold()
    if not text.isascii():
        text = "".join(c for c in text.translate(_FLAT) if unicodedata.category(c) not in ("Cf", "Cc"))
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(_WORD.findall(text))


def in_ascii_german(text: str) -> str:
    """The text as typed without umlauts: "Köln" -> "Koeln"."""
    return text.translate(_GERMAN)
