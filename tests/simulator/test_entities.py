"""Telegram's HTML: the entities it gives, the texts it refuses, the offsets it counts."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.entities import find_entities, formatted, parse_html, trim, utf16_length
from simulator.errors import ApiError

# No half surrogate pairs, which no text in UTF-8 can hold.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
tags = st.sampled_from(["b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "blockquote", "tg-spoiler"])


def cut(text: str, offset: int, length: int) -> str:
    """The part of a text that an entity marks, counted in UTF-16 units."""
    units = text.encode("utf-16-le")
    return units[2 * offset : 2 * (offset + length)].decode("utf-16-le")


@given(texts)
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    assert parse_html(escape(text, quote=True).replace("&#x27;", "&#39;")) == (text, [])


@given(texts)
def test_length_is_what_utf16_takes(text: str) -> None:
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


@given(st.lists(st.tuples(texts, st.none() | tags), max_size=6))
def test_entities_mark_exactly_what_stood_in_the_tags(parts: list[tuple[str, str | None]]) -> None:
    html = "".join(f"<{tag}>{escape(text)}</{tag}>" if tag else escape(text) for text, tag in parts)
    plain, entities = parse_html(html)
    assert plain == "".join(text for text, _ in parts)
    marked = [cut(plain, entity["offset"], entity["length"]) for entity in entities]
    assert marked == [text for text, tag in parts if tag and text]


@given(st.lists(tags, min_size=1, max_size=5), texts)
def test_nested_tags_all_mark_the_same_words(names: list[str], text: str) -> None:
    html = "".join(f"<{name}>" for name in names) + escape(text) + "".join(f"</{name}>" for name in reversed(names))
    plain, entities = parse_html(html)
    assert plain == text
    assert len(entities) == (len(names) if text else 0)
    assert all((entity["offset"], entity["length"]) == (0, utf16_length(text)) for entity in entities)


def refusal_of(html: str) -> str:
    """What Telegram says against this text, "" when it takes it."""
    try:
        parse_html(html)
    except ApiError as refusal:
        return f"{refusal.code} {refusal.description}"
    return ""


@given(st.text(st.sampled_from("<>/ab &;\"'=#x1"), max_size=30))
def test_whatever_comes_in_is_read_or_refused(html: str) -> None:
    if refusal := refusal_of(html):
        assert refusal.startswith("400 Bad Request: can't parse entities: ")
    else:
        plain, entities = parse_html(html)
        assert all(0 < entity["length"] <= utf16_length(plain) - entity["offset"] for entity in entities)


@given(texts, texts, texts)
def test_trimming_keeps_the_marked_words(before: str, marked: str, after: str) -> None:
    text = before + marked + after
    entity = {"type": "bold", "offset": utf16_length(before), "length": utf16_length(marked)}
    cut_text, moved = trim(text, [entity] if marked else [])
    assert cut_text == text.strip()
    if marked.strip() and before.strip() and after.strip():
        assert [cut(cut_text, one["offset"], one["length"]) for one in moved] == [marked]


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<div>x</div>", 'Unsupported start tag "div" at byte offset 0'),
        ("à<br>", 'Unsupported start tag "br" at byte offset 2'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ('<a href="x>y</a>', "Unclosed start tag at byte offset 0"),
        ("<a =x>y</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_refusals_say_what_telegram_says(html: str, why: str) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_html(html)
    assert refusal.value.description == f"Bad Request: can't parse entities: {why}"


def test_links_keep_their_address() -> None:
    plain, entities = parse_html('<a href="https://x.org/?a=1&amp;b=2">qui</a>')
    assert plain == "qui"
    assert entities == [{"type": "text_link", "url": "https://x.org/?a=1&b=2", "offset": 0, "length": 3}]


@pytest.mark.parametrize("href", ["", "javascript:alert(1)", "nowhere"])
def test_a_link_that_leads_nowhere_keeps_only_its_words(href: str) -> None:
    assert parse_html(f'<a href="{href}">qui</a>') == ("qui", [])


def test_code_in_pre_names_its_language() -> None:
    _, entities = parse_html('<pre><code class="language-python">x = 1</code></pre>')
    assert entities == [{"type": "pre", "language": "python", "offset": 0, "length": 5}]


def test_unknown_references_stay_as_they_are() -> None:
    assert parse_html("&nbsp;&ge;&#12345678;&lt;&#8364;&#x1F600;") == ("&nbsp;&ge;&#12345678;<€😀", [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/start abc", [("bot_command", "/start")]),
        ("😀 /menu", [("bot_command", "/menu")]),
        ("1/2 und https://x.org/a/b.", [("url", "https://x.org/a/b")]),
        ("scriva a ines@cluster.eu o @ines_b", [("email", "ines@cluster.eu"), ("mention", "@ines_b")]),
        ("niente qui", []),
    ],
)
def test_telegram_finds_some_entities_itself(text: str, found: list[tuple[str, str]]) -> None:
    entities = find_entities(text)
    assert [(entity["type"], cut(text, entity["offset"], entity["length"])) for entity in entities] == found


def test_other_parse_modes_are_refused() -> None:
    with pytest.raises(ApiError, match="unsupported parse_mode"):
        formatted("*x*", "MarkdownV2")
