"""A trainer's record: what both have confirmed, as a screen, a paper another program reads, and words for a CV."""

from base64 import b64decode
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from bot.meetings.record import Record, for_a_cv, pdf
from bot.messages import LANGUAGES, Outgoing
from bot.paper import Pages
from db.meetings import AGREED, HELD, Feedback, Meeting
from db.people import Person
from tests.matching.stage import Stage, labels, plain

THURSDAY_10 = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
URL = "https://twogether.example.org/verify/AAAAAAAAAAAAAAAAAAAAAA"
RECORD = Record(
    language="en",
    name="Aisha",
    place="Bologna",
    first=date(2026, 11, 19),
    last=date(2026, 12, 3),
    minutes=150,
    meetings=3,
    learners=2,
    topics=(("instagram", 3), ("whatsapp", 1)),
    languages=("Italian", "English"),
    quotes=(("Marco", "She was patient, and now I can post a photo."),),
)


def text_of(file: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(file)).pages).split())


async def held(stage: Stage, agreed: Meeting, days: int, minutes: int | None, state: str = HELD) -> Meeting:
    """Another meeting of the same two, so many days later."""
    start = THURSDAY_10 + timedelta(days=days)
    async with stage.database.begin() as session:
        one = Meeting(
            match_id=agreed.match_id,
            state=state,
            times=[],
            starts_at=start,
            ends_at=start + timedelta(hours=1),
            minutes=minutes,
            created_at=start,
            changed_at=start,
        )
        session.add(one)
        await session.flush()
        return one


async def says(stage: Stage, meeting: Meeting, who: Person, **more: object) -> None:
    async with stage.database.begin() as session:
        facts = {"rating": "good", "at": stage.now, **more}
        session.add(Feedback(meeting_id=meeting.id, person_id=who.id, **facts))


async def by_taps(stage: Stage, who: Person, meeting: Meeting, minutes: int) -> None:
    await stage.taps(who, f"meetings:rate:{meeting.id}:good")
    await stage.taps(who, f"meetings:long:{meeting.id}:{minutes}")
    await stage.taps(who, f"meetings:did:{meeting.id}:instagram:1")
    await stage.taps(who, f"meetings:done:{meeting.id}")


async def paper(stage: Stage, aisha: Person) -> str:
    shown = await stage.taps(aisha, "meetings:record_pdf")
    file = shown[0].file
    assert file
    assert (file.name, file.mime) == ("record.pdf", "application/pdf")
    return text_of(b64decode(file.content))


async def test_from_two_answers_to_a_record(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    (nothing,) = await stage.taps(aisha, "meetings:record")
    assert "nothing in your record yet" in nothing.text
    stage.now = THURSDAY_10 + timedelta(minutes=80)
    await by_taps(stage, marco, agreed, 60)
    await stage.says(marco, "meetings:said", "She was patient")
    await stage.answers(marco, "affirm")
    (nothing,) = await stage.taps(aisha, "meetings:record")
    assert "nothing in your record yet" in nothing.text, "one of two is not enough"
    await by_taps(stage, aisha, agreed, 45)
    (shown,) = await stage.taps(aisha, "meetings:record")
    assert plain(shown.text).splitlines() == [
        "My record",
        "19 November 2026",
        "• 0.8 hours of one-to-one training, confirmed by both sides",
        "• 1 meeting",
        "• 1 learner of 50+ from a small business",
        "What was practised: Instagram",
        "1 comment by a learner",
    ]
    assert labels(shown)[:2] == ["As a paper (PDF)", "Words for my CV"]
    written = await paper(stage, aisha)
    for words in ("Aisha", "0.8 hours", "1 meeting", "Instagram (1 meeting)", "She was patient", "Marco", "Italian"):
        assert words in written
    (cv,) = await stage.taps(aisha, "meetings:record_cv")
    assert "<pre>Trainer for social media" in cv.text
    assert "Marco" not in cv.text


async def test_only_what_is_confirmed_counts(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    eva = await stage.add("worker", "Eva")
    counted = await held(stage, agreed, 7, 90)
    await held(stage, agreed, 14, None)
    await held(stage, agreed, 21, 0, AGREED)
    await says(stage, counted, marco, minutes=90, practised=["facebook", "instagram"])
    await says(stage, counted, aisha, minutes=90, practised=["instagram"])
    (shown,) = await stage.taps(aisha, "meetings:record")
    assert "1.5 hours" in shown.text
    assert "• 1 meeting\n" in shown.text
    assert "Facebook page and Instagram" in shown.text
    assert "Instagram (1 meeting)" in await paper(stage, aisha), "said by both, practised once"
    for data in ("record", "record_pdf", "record_cv"):
        await stage.taps(eva, f"meetings:{data}")
        await stage.taps(marco, f"meetings:{data}")
    assert stage.refused == ["The record is for trainers."] * 6


async def test_words_are_shown_only_with_consent_and_with_the_first_name(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await stage.change(marco, name="Marco Rossi")
    first, second, third = [await held(stage, agreed, days, 60) for days in (1, 2, 3)]
    await says(stage, first, marco, comment="Secret words")
    await says(stage, second, marco, comment="Words to show", may_be_quoted=True)
    await says(stage, third, aisha, comment="Praise of myself", may_be_quoted=True)
    written = await paper(stage, aisha)
    assert "Words to show" in written
    assert "— Marco" in written
    for hidden in ("Rossi", "Secret", "myself"):
        assert hidden not in written
    await stage.taps(marco, f"meetings:quote:{second.id}:no")
    assert stage.refused  # that meeting is still to come for the clock of the test
    stage.now = THURSDAY_10 + timedelta(days=5)
    await stage.taps(marco, f"meetings:quote:{second.id}:no")
    assert "Words to show" not in await paper(stage, aisha)


async def test_a_buttons_name_and_words_are_written_as_text(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting
) -> None:
    await stage.change(aisha, city="<b>Bo & Co</b>")
    await held(stage, agreed, 1, 60)
    (cv,) = await stage.taps(aisha, "meetings:record_cv")
    assert "&lt;b&gt;Bo &amp; Co&lt;/b&gt;" in cv.text
    assert isinstance(cv, Outgoing)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_paper_says_it_in_every_language(language: str) -> None:
    written = text_of(pdf(replace(RECORD, language=language), URL, date(2026, 12, 4)))
    for words in ("Aisha", "2.5" if language == "en" else "2,5", "Instagram", *RECORD.quotes[0], *RECORD.languages):
        assert words in written
    assert URL in written
    cv = for_a_cv(replace(RECORD, language=language))
    assert "Learning 2.0gether, Bologna" in cv
    assert "Instagram" in cv
    assert "Marco" not in cv


def test_the_qr_code_leads_to_the_page_that_confirms_it() -> None:
    pages = pypdfium2.PdfDocument(pdf(RECORD, URL, date(2026, 12, 4)))
    assert len(pages) == 1
    picture = pages[0].render(scale=2).to_pil()
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [URL]


def test_the_same_record_is_the_same_file_and_small() -> None:
    one, again = (pdf(RECORD, URL, date(2026, 12, 4)) for _ in range(2))
    assert one == again
    assert len(one) < 60_000, "it lies in an outbox row"


def test_nobodys_words_are_torn_apart_by_the_end_of_a_page() -> None:
    quotes = tuple((f"Learner{number}", f"begin{number} {'so patient ' * 40} end{number}") for number in range(12))
    pages = pypdfium2.PdfDocument(pdf(replace(RECORD, quotes=quotes), URL, date(2026, 12, 4)))
    written = [page.get_textpage().get_text_bounded() for page in pages]
    assert len(written) > 1
    for number in range(12):
        (page,) = [one for one in written if f"begin{number} " in one]
        assert f"end{number}" in page
        assert f"— Learner{number}" in page


def test_a_long_table_has_its_head_on_every_page() -> None:
    pages = Pages("en", "A table", "twogether")
    pages.table([["Head", "Number"], *([f"row {n}", str(n)] for n in range(90))], (0.5, 0.5))
    written = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pages.done())]
    assert len(written) > 1
    assert [page.count("Head") for page in written] == [1] * len(written)
    assert [page.count("row 89") for page in written] == [0] * (len(written) - 1) + [1]


def test_much_praise_takes_more_pages() -> None:
    quotes = tuple((f"Learner{number}", f"word{number} " * 120) for number in range(12))
    file = pdf(replace(RECORD, quotes=quotes), URL, date(2026, 12, 4))
    pages = PdfReader(BytesIO(file)).pages
    assert len(pages) > 1
    written = text_of(file)
    assert all(f"Learner{number}" in written for number in range(12))
    assert written.count("word11") == 120


@settings(max_examples=40, deadline=None)
@given(
    st.text(max_size=80),
    st.text(max_size=80),
    st.lists(st.tuples(st.text(max_size=20), st.text(max_size=300)), max_size=4),
)
def test_any_words_make_a_paper(name: str, place: str, quotes: list[tuple[str, str]]) -> None:
    record = replace(RECORD, name=name, place=place, quotes=tuple(quotes))
    assert PdfReader(BytesIO(pdf(record, URL, date(2026, 12, 4)))).pages
    assert for_a_cv(record)
