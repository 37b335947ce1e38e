"""The little Markdown of lessons, as Telegram's HTML, as plain text, and as a fingerprint."""

import hashlib
import html
import re

_ITEM = re.compile(r"(?:- |\d+\. )")
_INLINE = re.compile(
    r"\[(?P<label>[^\[\]\n]+)\]\((?P<url>https?://[^\s()<>\"]+)\)"
    r"|\*\*(?=\S)(?P<bold>.+?)(?<=\S)\*\*"
    r"|\*(?=[^\s*])(?P<italic>[^*\n]+?)(?<=\S)\*"
)


def fingerprint(markdown: str) -> str:
    """Eight hex digits that change when the words do, and do not when lines are only wrapped anew."""
    return hashlib.sha256(" ".join(markdown.split()).encode()).hexdigest()[:8]


def to_html(markdown: str) -> str:
    """`**bold** *italic* [text](https://…)`, lists and paragraphs as Telegram HTML. Never raises.

    >>> to_html("Open **Settings** & [read](https://example.org)")
    'Open <b>Settings</b> &amp; <a href="https://example.org">read</a>'
    """
    return _inline(flowing(markdown))


def to_plain(markdown: str) -> str:
    """What a reader sees of :func:`to_html`, without the marks."""
    return html.unescape(re.sub(r"<[^>]*>", "", to_html(markdown)))


def flowing(markdown: str) -> str:
    """Wrapped lines become one line; a blank line parts paragraphs; a list item keeps its own line."""
    paragraphs: list[str] = []
    for paragraph in re.split(r"\n[^\S\n]*\n\s*", markdown.strip()):
        lines: list[str] = []
        for line in (raw.strip() for raw in paragraph.splitlines()):
            if lines and not _ITEM.match(line):
                lines[-1] = f"{lines[-1]} {line}".rstrip()
            else:
                lines.append(line)
        paragraphs.append("\n".join(re.sub(r"^- ", "• ", line) for line in lines))
    return "\n\n".join(paragraphs)


def _inline(text: str) -> str:
    parts: list[str] = []
    at = 0
    for mark in _INLINE.finditer(text):
        parts.append(html.escape(text[at : mark.start()], quote=False))
        if mark["url"]:
            parts.append(f'<a href="{html.escape(mark["url"])}">{html.escape(mark["label"], quote=False)}</a>')
        elif mark["bold"]:
            parts.append(f"<b>{_inline(mark['bold'])}</b>")
        else:
            parts.append(f"<i>{_inline(mark['italic'])}</i>")
        at = mark.end()
    return "".join(parts) + html.escape(text[at:], quote=False)
