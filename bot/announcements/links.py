"""The words and the address of a button, from what a coordinator wrote. Pure."""

import html
import re
from urllib.parse import urlsplit

from bot.announcements import rules

LONGEST_LABEL = 40  # UTF-16 units; more does not fit on a small screen
LONGEST_ADDRESS = 1_000
_MARKED = re.compile(r'<a href="([^"]+)">')
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w@./-])[\w-]+(?:\.[\w-]+)*\.[a-z]{2,24}(?:[/?#]\S*)?(?![\w@])", re.I
)
_HOST = re.compile(r"(?=.{4,253}$)(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,24}")
_TRAILING = ".,;:!?)]}>\"'»“”"
_BETWEEN = " \t\n-–—:|=>→,()"


def read(text: str, marked: str = "") -> tuple[str, str] | None:
    """(words, address) of "The programme https://example.org"; `marked` is the same as HTML. None without an address.

    Without words the button is called after the place it leads to.

    >>> read("Il programma: www.example.org/fiera.")
    ('Il programma', 'https://www.example.org/fiera')
    """
    if found := _MARKED.search(marked):
        address, words = html.unescape(found[1]), rules.visible(marked)
    elif found := _ADDRESS.search(text):
        written = found[0].rstrip(_TRAILING)
        address, words = written, f"{text[: found.start()]} {text[found.start() + len(written) :]}"
    else:
        return None
    good = _checked(address)
    if good is None:
        return None
    label = " ".join(rules.tidy(words).split()).strip(_BETWEEN + ".")
    host = (urlsplit(good).hostname or "").removeprefix("www.")
    return (label if label and not _ADDRESS.fullmatch(label) else host[:LONGEST_LABEL]), good


def _checked(address: str) -> str | None:
    """The address as Telegram opens it: http or https, a real host, nobody's name in front of it."""
    whole = address if "://" in address or address.startswith("mailto:") else f"https://{address}"
    try:
        parts = urlsplit(whole)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    good = parts.scheme.lower() in ("http", "https") and _HOST.fullmatch(host) and "@" not in parts.netloc
    clean = not any(c.isspace() or ord(c) < 32 or c in '<>"\\' for c in whole)
    return whole if good and clean and port != 0 and len(whole) <= LONGEST_ADDRESS else None
