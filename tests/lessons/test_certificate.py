"""The paper itself, read by other programs: its text, its page, the QR code on its picture."""

from dataclasses import replace
from io import BytesIO

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from bot.lessons.certificate import Certificate, pdf, shown
from bot.messages import LANGUAGES
from bot.texts import tongue

PAPER = Certificate(
    language="en",
    whole_track=True,
    name="Marco",
    title="Social media for your business",
    learnt=("Start safely", "Be found"),
    day="23 November 2026",
    url="https://twogether.example.org/verify/abcdefghij-_KLMNOPQRST",
)


def read(paper: Certificate) -> str:
    """The text of its one page of A4."""
    pages = PdfReader(BytesIO(pdf(paper))).pages
    assert len(pages) == 1
    assert (round(pages[0].mediabox.width), round(pages[0].mediabox.height)) == (595, 842)
    return " ".join(pages[0].extract_text().split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_on_it(language: str) -> None:
    paper, t = replace(PAPER, language=language, whole_track=False), tongue(language)
    text = read(paper)
    for words in (t.plain("Badge"), t.plain("has completed:"), paper.name, paper.title, *paper.learnt, paper.day):
        assert words in text
    facts = PdfReader(BytesIO(pdf(paper))).metadata
    assert facts is not None
    assert (facts.title, facts.author) == (f"{t.plain('Badge')}: {paper.title}", "Learning 2.0gether")


@pytest.mark.parametrize(
    "url", [PAPER.url, "http://127.0.0.1:8080/verify/" + "x" * 22, "https://a.example/" + "y" * 150]
)
def test_the_qr_code_leads_to_the_page(url: str) -> None:
    picture = pypdfium2.PdfDocument(pdf(replace(PAPER, url=url)))[0].render(scale=2).to_pil()
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [url]


@pytest.mark.parametrize(
    "name",
    ["Àişa Müller-Peña", "Łukasz Świątek", "Nguyễn Thị Hoa", "Γιώργος", "Олена Їжак", "Ștefan", "D’Angelo", "W" * 80],
)
def test_names_are_written_as_they_are(name: str) -> None:
    assert shown(name) == name
    assert name in read(replace(PAPER, name=name))


@pytest.mark.parametrize("name", ["محمد", "王芳", "अमित", "דנה"])
def test_a_name_the_font_cannot_write_is_left_to_the_page(name: str) -> None:
    assert shown(name) == ""
    assert tongue("en").plain("The name stands on the page below.") in read(replace(PAPER, name=name))


def test_pictures_in_a_name_are_left_out_and_accents_put_together() -> None:
    assert shown("Marco 🍞  B.") == "Marco B."
    assert shown("Jose\u0301") == "José"


def test_the_same_certificate_is_the_same_file_and_small() -> None:
    assert pdf(PAPER) == pdf(PAPER)
    assert len(pdf(PAPER)) < 60_000, "it lies in an outbox row"


def test_more_than_there_is_room_for_is_counted() -> None:
    text = read(replace(PAPER, learnt=tuple(f"Lesson {number}" for number in range(60))))
    assert "Lesson 0" in text
    assert "+ " in text
    assert PAPER.day in text


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=200), st.lists(st.text(max_size=80), max_size=12))
def test_any_words_make_one_page(name: str, title: str, learnt: list[str]) -> None:
    read(replace(PAPER, name=name, title=title, learnt=tuple(learnt)))
