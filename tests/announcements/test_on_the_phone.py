"""Composing on a phone, through the running app: a photo, emphasis, a link button, readers of two languages."""

import pytest
from sqlalchemy import select

from db.announcements import Announcement
from db.clusters import Cluster, Coordination
from simulator import Telegram
from simulator.model import Kept
from tests.app import MONDAY_MORNING, TOKEN, Phone, Running, app_on, running
from tests.people_factory import cluster

TEXT = 'La <b>fiera</b> apre alle nove: <a href="https://fair.example/it">ecco come</a>.'


async def coordinates(house: Running, who: Phone, cluster_id: int) -> None:
    one = next(person for person in await house.people() if person.address == who.address)
    async with house.write() as session:
        session.add(Coordination(person_id=one.id, cluster_id=cluster_id, since=MONDAY_MORNING))


async def the_programme(house: Running) -> tuple[Phone, Phone, Phone, int]:
    """(coordinator, who reads Italian, who reads German, the cluster)."""
    ines = await house.joined("coordinator", "Ines", "en")
    async with house.write() as session:
        here = cluster()
        session.add(here)
        await session.flush()
        number = here.id
    await coordinates(house, ines, number)
    marco = await house.joined("worker", "Marco", "it", cluster_id=number)
    jan = await house.joined("worker", "Jan", "de", cluster_id=number)
    return ines, marco, jan, number


def newest(house: Running, phone: Phone) -> Kept:
    return house.tg.from_bot(phone.person)[-1]


async def begin(house: Running, phone: Phone) -> Announcement:
    """Everybody is meant; the text is asked for."""
    await phone.tap_data("announcements:new")
    async with house.read() as session:
        draft = (await session.scalars(select(Announcement).order_by(Announcement.id.desc()).limit(1))).one()
    await phone.tap_data(f"announcements:who:{draft.id}:all")
    async with house.read() as session:
        countries = (await session.get_one(Cluster, draft.cluster_id)).countries
    if len(countries) > 1:
        await phone.tap_data(f"announcements:where:{draft.id}:all")
    return draft


async def test_a_photo_with_a_link_button_to_readers_of_two_languages(database_url: str) -> None:
    async with running(database_url) as house:
        ines, marco, jan, _ = await the_programme(house)
        await begin(house, ines)
        first, second = ("de", "it") if "<b>German" in _html(house, ines) else ("it", "de")
        texts = {"it": TEXT, "de": "Die <i>Messe</i> öffnet um neun."}
        house.tg.photo(ines.person, caption=texts[first], html=True)
        await house.idle()
        assert "the text may have 750 characters" in ines.last, "the other language is asked"
        house.tg.say(ines.person, texts[second], html=True)
        await house.idle()
        assert "Shall I send it?" in ines.last
        await ines.tap("Add a button")
        await ines.tap("A link")
        await ines.tap("Use the same button for everyone")
        await ines.say("Programm https://fair.example/programme")
        assert "Shall I send it?" in ines.last
        await ines.tap("Keine Mitteilungen mehr")
        assert "here the button does nothing" in ines.last
        await ines.tap("Send it now")
        assert "is on its way" in ines.last or "is complete" in ines.last
        for phone, language in ((marco, "it"), (jan, "de")):
            got = newest(house, phone)
            assert got.message["photo"]
            assert got.buttons[0][0]["text"] == "Programm"
            assert got.buttons[0][0]["url"] == "https://fair.example/programme"
            assert len(got.buttons) == 2, "and the way not to get any more"
            kinds = [one["type"] for one in got.message["caption_entities"]]
            assert kinds == (["bold", "bold", "text_link"] if language == "it" else ["bold", "italic"])
        said = newest(house, marco)
        assert said.text.endswith("La fiera apre alle nove: ecco come.")
        assert said.message["caption_entities"][-1]["url"] == "https://fair.example/it"


def _html(house: Running, phone: Phone) -> str:
    """What the phone shows, with what is bold."""
    kept = newest(house, phone)
    text = kept.text
    for one in kept.message.get("entities", []):
        if one["type"] == "bold":
            begin_, end = one["offset"], one["offset"] + one["length"]
            text += f"<b>{kept.text[begin_:end]}"
    return text


async def test_a_pdf_goes_out_as_a_document_and_the_draft_survives_a_restart(database_url: str) -> None:
    async with Telegram(token=TOKEN) as tg:
        await _a_draft_that_survives(tg, database_url)


async def _a_draft_that_survives(tg: Telegram, database_url: str) -> None:
    async with app_on(tg, database_url) as house:
        ines, marco, _, number = await the_programme(house)
        async with house.write() as session:
            (await session.get_one(Cluster, number)).countries = ["IT"]
        draft = await begin(house, ines)
        await ines.tap("Use the same text for everyone")
        house.tg.document(ines.person, "programma.pdf", b"%PDF-1.7", "application/pdf")
        await house.idle()
        house.tg.document(ines.person, "virus.exe", b"MZ", "application/x-msdownload")
        await house.idle()
        assert "this is neither" in ines.last
        await ines.say("Ciao a tutti")
        assert "Shall I send it?" in ines.last
    async with app_on(tg, database_url) as house:
        ines.house = marco.house = house
        await ines.tap_data("announcements:mine")
        await ines.tap_data(f"announcements:open:{draft.id}")
        await ines.tap("Send it now")
        got = newest(house, marco)
        assert got.message["document"]["file_name"] == "programma.pdf"
        assert got.text.endswith("Ciao a tutti")


async def test_a_document_elsewhere_is_what_it_was(database_url: str) -> None:
    async with running(database_url) as house:
        marco = await house.joined("worker", "Marco", "en")
        house.tg.document(marco.person, "cv.pdf", b"%PDF", "application/pdf")
        await house.idle()
        assert marco.last.startswith("I cannot read that.")
        house.tg.photo(marco.person)
        await house.idle()
        assert marco.last.startswith("Thank you for the photo.")


@pytest.mark.parametrize("words", ["1 December at 9 in the morning", "2026-12-01 09:00"])
async def test_a_moment_in_words_is_kept_to_the_minute(database_url: str, words: str) -> None:
    async with running(database_url) as house:
        ines, marco, _, _ = await the_programme(house)
        await begin(house, ines)
        await ines.tap("Use the same text for everyone")
        await ines.say("Ciao a tutti")
        await ines.tap("Send it later")
        await ines.say("no idea yet")
        assert "I found no time in that" in ines.last
        await ines.say(words)
        await ines.tap("At 09:00 on everybody's own clock")
        await ines.tap("Every week")
        await ines.tap("Yes, at that time")
        before = len(marco.texts)
        await house.advance(days=7, hours=22)  # 07:00 in London
        assert len(marco.texts) == before
        await house.advance(hours=2, minutes=5)
        assert marco.last.endswith("Ciao a tutti")
        await house.advance(days=7)
        assert len([text for text in marco.texts if text.endswith("Ciao a tutti")]) == 2
