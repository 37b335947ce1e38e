"""Telegram's entities as our small HTML: what is kept, what is cleaned, and that it always closes."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity

from bot.channels.telegram.marks import MOST, as_html
from simulator.entities import parse_html, utf16_length

KINDS = ["bold", "italic", "text_link", "code", "pre", "underline", "url", "spoiler", "text_mention", "custom_emoji"]
URLS = [
    "https://a.example/?a=1&b=2",
    "http://x.it",
    "mailto:a@b.it",
    "javascript:alert(1)",
    "",
    'https://a.it/"x',
    None,
]


def mark(kind: str, offset: int, length: int, url: str | None = None) -> MessageEntity:
    return MessageEntity(kind, offset, length, url=url)


@pytest.mark.parametrize(
    ("text", "marks", "html"),
    [
        ("ciao", [], ""),
        ("ciao a tutti", [mark("bold", 0, 4)], "<b>ciao</b> a tutti"),
        ("a < b & c", [mark("italic", 4, 1)], "a &lt; <i>b</i> &amp; c"),
        ("😀 qui", [mark("text_link", 3, 3, "https://x.it/?a=1&b")], '😀 <a href="https://x.it/?a=1&amp;b">qui</a>'),
        ("abc", [mark("bold", 0, 3), mark("italic", 1, 1)], "<b>a<i>b</i>c</b>"),
        ("abc", [mark("bold", 0, 2), mark("italic", 1, 2)], "<b>a<i>b</i></b><i>c</i>"),
        (
            "abc",
            [mark("bold", 0, 3), mark("text_link", 0, 3, "mailto:a@b.it")],
            '<a href="mailto:a@b.it"><b>abc</b></a>',
        ),
        ("abc", [mark("text_link", 0, 3, "javascript:alert(1)")], ""),
        ("abc", [mark("text_link", 0, 3, "tg://user?id=1"), mark("bold", 0, 1)], "<b>a</b>bc"),
        ("abc", [mark("code", 0, 3), mark("spoiler", 0, 1)], ""),
        ("https://x.it", [mark("url", 0, 12)], ""),
        ("abc", [mark("bold", 7, 3), mark("bold", -1, 3), mark("bold", 0, 0)], ""),
        ("ab", [mark("bold", 1, 99)], "a<b>b</b>"),
        ("x😀", [mark("bold", 2, 1)], ""),  # the half of a character is none
    ],
)
def test_what_is_kept(text: str, marks: list[MessageEntity], html: str) -> None:
    assert as_html(text, marks) == html


def test_what_ptb_does_not_check_is_cleaned_too() -> None:
    odd = [MessageEntity("bold", "0", None), MessageEntity("text_link", 0, 1, url=["https://a.it"])]  # type: ignore[arg-type]
    assert as_html("abc", odd) == ""


@given(
    st.text(st.characters(exclude_characters="\r"), min_size=1, max_size=40),
    st.lists(
        st.builds(mark, st.sampled_from(KINDS), st.integers(-3, 50), st.integers(-3, 50), st.sampled_from(URLS)),
        max_size=20,
    ),
)
def test_the_words_stay_and_every_tag_closes(text: str, marks: list[MessageEntity]) -> None:
    html = as_html(text, marks)
    if not html:
        return
    plain, found = parse_html(html)  # as Telegram reads it: raises for tags that do not close
    assert plain == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert {one["type"] for one in found} <= {"bold", "italic", "text_link"}
    assert all(one["url"].startswith(("http://", "https://", "mailto:")) for one in found if "url" in one)
    assert not re.sub(r'</?[bi]>|<a href="[^"<>]*">|</a>', "", html).count("<")


def test_thousands_of_marks_are_read_in_no_time_and_not_nested_without_end() -> None:
    text = "x" * 4096
    marks = [mark("bold" if n % 2 else "italic", n % 7, 4096 - n) for n in range(4096)]
    began = time.perf_counter()
    html = as_html(text, marks)
    assert time.perf_counter() - began < 1
    assert html.count("<b>") <= MOST
    assert utf16_length(parse_html(html)[0]) == 4096
