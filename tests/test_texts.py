"""Everything the bot says: complete in four languages, the same placeholders and tags, right dates."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from html.parser import HTMLParser

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from bot.messages import LANGUAGES
from bot.texts import LOCALES, tongue
from tools.texts import collect

FIELDS = re.compile(r"\{(\w*)\}")
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")

type Id = str | tuple[str, str]


@cache
def used() -> dict[Id, str]:
    """Every text in the code, as `make texts` collects them, with a file where it stands."""
    return {message.id: message.locations[0][0] for message in collect() if message.id}


@cache
def catalogue(language: str) -> Catalog:
    with (LOCALES / language / "LC_MESSAGES" / "twogether.po").open("rb") as file:
        return read_po(file, locale=language)


def entries(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def pairs(message: Message) -> list[tuple[str, str]]:
    """(what it translates, the translation), one for each plural form."""
    if isinstance(message.id, tuple):
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        return [(message.id[min(place, 1)], form) for place, form in enumerate(forms)]
    return [(message.id, message.string)]


class Tags(HTMLParser):
    """The tags of a text, and whether they are closed in the right order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.open: list[str] = []
        self.is_well_formed = True
        self.feed(text)
        self.is_well_formed &= not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] += 1
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.is_well_formed &= bool(self.open) and self.open.pop() == tag


def test_the_code_speaks() -> None:
    assert len(used()) > 200
    assert "What would you like to do?" in used()
    assert any(isinstance(text, tuple) for text in used())


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language: str) -> None:
    known = {
        message.id for message in entries(language) if all(form for _, form in pairs(message)) and not message.fuzzy
    }
    assert {text: place for text, place in used().items() if text not in known} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fuzzy_and_nothing_is_left_over(language: str) -> None:
    assert [message.id for message in entries(language) if message.fuzzy] == []
    assert [message.id for message in entries(language) if message.id not in used()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_tags_are_those_of_the_original(language: str) -> None:
    wrong = []
    for message in entries(language):
        for original, translated in pairs(message):
            if not translated:
                continue
            fields, theirs = set(FIELDS.findall(original)), set(FIELDS.findall(translated))
            if fields != theirs and not (isinstance(message.id, tuple) and theirs == fields - {"n"}):
                wrong.append((original, translated))
            if Tags(original).found != Tags(translated).found or not Tags(translated).is_well_formed:
                wrong.append((original, translated))
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_plural_has_both_forms(language: str) -> None:
    for message in entries(language):
        if isinstance(message.id, tuple):
            assert isinstance(message.string, tuple)
            assert len(message.string) >= 2
            assert all(message.string)


@pytest.mark.parametrize("language", TRANSLATED)
def test_spaces_and_line_feeds_at_the_edges_are_kept(language: str) -> None:
    for message in entries(language):
        for original, translated in pairs(message):
            assert original[:1].isspace() == translated[:1].isspace(), original
            assert original[-1:].isspace() == translated[-1:].isspace(), original


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_can_be_said(language: str) -> None:
    """With values that look like markup: they are escaped, and nothing raises."""
    t = tongue(language)
    for text in used():
        fields = {name for part in ([text] if isinstance(text, str) else text) for name in FIELDS.findall(part)}
        values = dict.fromkeys(fields - {"n"}, "<i>&{}")
        said = t(text, **values) if isinstance(text, str) else t.n(*text, 3, **values)
        assert "<i>&{}" not in said
        assert Tags(said.replace("&lt;i&gt;&amp;{}", "x")).is_well_formed


@pytest.mark.parametrize(
    ("language", "day", "long", "moment"),
    [
        ("en", "Tuesday 24 November", "24 November 2026", "tomorrow, Tuesday 24 November, at 16:00"),
        ("it", "martedì 24 novembre", "24 novembre 2026", None),
        ("de", "Dienstag 24. November", "24. November 2026", None),
        ("es", "martes 24 noviembre", "24 de noviembre de 2026", None),
    ],
)
def test_dates(language: str, day: str, long: str, moment: str | None) -> None:
    t = tongue(language)
    then, now = datetime(2026, 11, 24, 15, 0, tzinfo=UTC), datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    shown = t.day(then, "Europe/Rome")
    assert shown.replace(",", "").replace(" de ", " ") == day
    assert t.date(date(2026, 11, 24)) == long
    assert t.hour(then, "Europe/Rome") == "16:00"
    assert shown in t.moment(then, "Europe/Rome")
    if moment:
        assert t.moment(then, "Europe/Rome", now) == moment


@pytest.mark.parametrize("language", LANGUAGES)
def test_today_and_tomorrow_are_those_of_the_persons_zone(language: str) -> None:
    t = tongue(language)
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # already the 24th in Rome
    noon = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    assert t.day(noon, "Europe/Rome", late) == t("today, {day}", day=t.day(noon, "Europe/Rome"))
    assert t.day(noon, "Atlantic/Azores", late) == t("tomorrow, {day}", day=t.day(noon, "Atlantic/Azores"))
    assert t.day(noon, "Europe/Rome", noon.replace(day=1)) == t.day(noon, "Europe/Rome")


def test_a_day_far_away_is_said_with_its_year() -> None:
    now = datetime(2026, 11, 17, 12, tzinfo=UTC)
    near, far = now + timedelta(days=180), now + timedelta(days=181)
    assert [tongue(one).day(near, "Europe/Rome", now) for one in ("en", "it")] == [
        "Sunday 16 May",
        "domenica 16 maggio",
    ]
    assert [tongue(one).day(far, "Europe/Rome", now) for one in LANGUAGES] == [
        "Monday 17 May 2027",
        "lunedì 17 maggio 2027",
        "Montag, 17. Mai 2027",
        "lunes 17 de mayo de 2027",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_lists_plurals_and_parts_of_the_week(language: str) -> None:
    t = tongue(language)
    word = {"en": "and", "it": "e", "de": "und", "es": "y"}[language]
    assert t.list(["Ana", "Bo", "Cy"]).replace(",", "") == f"Ana Bo {word} Cy"
    assert t.list([]) == ""
    monday = {"en": "Monday", "it": "lunedì", "de": "Montag", "es": "lunes"}[language]
    parts = {t.part_of_week(f"0-{part}") for part in ("am", "pm", "eve")}
    assert len(parts) == 3
    assert all(monday.casefold() in part.casefold() for part in parts)
    assert t.n("{n} worker", "{n} workers", 1) != t.n("{n} worker", "{n} workers", 2).replace("2", "1")


def test_a_language_that_is_not_ours_is_english() -> None:
    assert tongue("fr").language == "en"
    assert tongue("it").knows("What would you like to do?")
    assert not tongue("it").knows("Nobody ever said this.")
