"""What readers tap below an announcement: it is counted, it reaches the coordinator, and there is a way out."""

from sqlalchemy import select

import db.announcements
from bot.announcements import service
from db.announcements import AnnouncementAnswer
from db.people import Person
from tests.announcements.conftest import HOUSE, NOON, Programme, buttons
from tests.announcements.test_road import on_the_road

LINK = {
    "kind": "link",
    "label": {"it": "Il programma", "all": "The programme"},
    "url": {"all": "https://fair.example/"},
}


async def reader(programme: Programme, which: int = 0) -> Person:
    async with programme.database.read() as session:
        person = await session.get(Person, (await programme.letters())[which].person_id)
        assert person
        return person


async def test_every_letter_has_its_buttons_in_the_readers_language(programme: Programme) -> None:
    await programme.add()
    await programme.add(language="de")
    async with programme.database.begin() as session:
        ines = await programme.coordinator(session)
        draft = await service.compose(session, programme.cluster, ines, {}, {"all": "Fair"}, NOON)
        draft.buttons = [LINK, {"kind": "interested"}, {"kind": "reply"}]
        await service.start(session, draft, HOUSE, NOON)
    rows = [[row[0] for row in letter.payload["buttons"]] for letter in await programme.letters()]
    assert [button["label"] for button in rows[0]] == [
        "Il programma",
        "Mi interessa",
        "Scrivere una risposta",
        "Basta avvisi",
    ]
    assert rows[1][0]["label"] == "The programme"
    assert rows[1][0]["url"] == "https://fair.example/"
    assert rows[1][1]["data"] == f"announcements:interested:{draft.id}"


async def test_interest_is_counted_once_and_named(programme: Programme) -> None:
    one = await on_the_road(programme, 2)
    marco = await reader(programme)
    for _ in range(2):
        said = await programme.does(f"announcements:interested:{one.id}", by=marco)
        assert "Grazie" in said[-1].text
    told = await programme.does(f"announcements:receipt:{one.id}")
    assert "Interested: 1" in told[-1].text
    named = await programme.does(buttons(told)["Who answered?"].data)
    assert marco.name in named[-1].text


async def test_an_answer_goes_to_a_person(programme: Programme) -> None:
    one = await on_the_road(programme, 1)
    marco = await reader(programme)
    assert await programme.wants(f"announcements:reply:{one.id}", by=marco) == ["threads:ask"]
    async with programme.database.read() as session:
        assert await db.announcements.count_answers(session, one.id) == {"reply": 1}


async def test_who_did_not_get_it_cannot_answer(programme: Programme) -> None:
    one = await on_the_road(programme, 1)
    late = await programme.add()
    async with programme.database.read() as session:
        somebody = await session.get(Person, late)
    assert somebody
    await programme.does(f"announcements:interested:{one.id}", by=somebody)
    await programme.does("announcements:interested:999", by=somebody)
    assert len(programme.refused) == 2
    async with programme.database.read() as session:
        assert not (await session.scalars(select(AnnouncementAnswer))).all()


async def test_no_more_announcements_in_one_tap(programme: Programme) -> None:
    await on_the_road(programme, 2)
    marco = await reader(programme)
    said = await programme.does("announcements:off", by=marco)
    assert "promemoria" in said[-1].text
    assert [row.state for row in await programme.letters()] == ["cancelled", "pending"]
    assert (await programme.letters())[0].error == "does not want announcements"
    second = await on_the_road(programme, 0, "Salve")
    assert [row.person_id for row in await programme.letters() if row.announcement_id == second.id] == [
        (await reader(programme, 1)).id
    ]
    await programme.does(buttons(said)["Voglio di nuovo gli avvisi"].data, by=marco)
    third = await on_the_road(programme, 0, "Buongiorno")
    assert len([row for row in await programme.letters() if row.announcement_id == third.id]) == 2
