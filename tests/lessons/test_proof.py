"""Badges and certificates on a phone, and the pages that confirm them."""

import json
import re
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import delete, select, update

import db.lessons
from bot import proof as codes
from bot.lessons import proof
from bot.messages import LANGUAGES
from bot.texts import tongue
from bot.web.verify import preferred
from db.lessons import Award, Study
from db.people import Person
from simulator.model import Kept
from tests.app import Phone, Running, running
from tests.badges import opened
from tests.lessons.learner import COURSE, go_on, to_the_end, track
from tests.onboarding.way import known

UNKNOWN = "I don't know this button. Here is what I can do:"
MODULE, PUBLIC = "worker/01-start-safely", "https://proof.example"


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    """Its badges are signed with a key of its own and confirmed at an address of its own."""
    key = tmp_path / "keys" / "badge-key.pem"
    async with running(database_url, curriculum=COURSE, badge_key=key, public_url=f"{PUBLIC}/") as up:
        yield up


@pytest.fixture
async def marco(house: Running) -> Phone:
    return await house.joined("worker", "Marco")


async def awards(house: Running, phone: Phone) -> dict[str, Award]:
    async with house.read() as session:
        return {one.about: one for one in await db.lessons.awards(session, (await known(house, phone)).id)}


async def through(phone: Phone, role: str = "worker") -> None:
    """The whole track, lesson by lesson."""
    for _ in track(phone.house, role):
        await phone.say("/lesson")
        await to_the_end(phone)


def files(phone: Phone) -> list[Kept]:
    return [kept for kept in phone.house.tg.from_bot(phone.person) if kept.message.get("document")]


def content(phone: Phone, ending: str) -> bytes:
    """The newest file of this kind."""
    kept = next(one for one in reversed(files(phone)) if one.message["document"]["file_name"].endswith(ending))
    return phone.house.tg.files[kept.file]


async def get(house: Running, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{house.app.web_port}") as http:
        return await http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_the_last_lesson_of_a_module_brings_a_badge(house: Running, marco: Phone) -> None:
    for lesson in track(house, "worker"):
        assert await awards(house, marco) == {}
        assert "My badges" not in marco.screen
        await marco.say("/lesson")
        await to_the_end(marco)
        assert lesson.title["en"] in str(marco.texts)
    assert "🏅 The module “Start safely” is done." in marco.last
    assert "🎓 The whole course “" in marco.last
    given = await awards(house, marco)
    assert list(given) == [MODULE, "worker"]
    assert all(codes.is_code(one.code) and (one.name, one.language) == ("Marco", "en") for one in given.values())
    await marco.tap("My badges")
    assert marco.screen[:2] == ["🏅 Start safely", f"🎓 {house.app.house.curriculum.titles['worker']['en']}"]


async def test_an_award_is_given_once(house: Running, marco: Phone) -> None:
    await through(marco)
    first = {about: one.code for about, one in (await awards(house, marco)).items()}
    said = len(marco.texts)
    await marco.tap_data(f"lessons:open:{track(house, 'worker')[-1].uuid}")
    await to_the_end(marco)
    await marco.tap_data("lessons:awards")
    await marco.tap_data("lessons:awards")
    assert {about: one.code for about, one in (await awards(house, marco)).items()} == first
    assert not any("🏅 The module" in text for text in marco.texts[said:])


async def test_two_programmes_at_once_give_it_once(house: Running, marco: Phone) -> None:
    person = await known(house, marco)
    facts = {"person_id": person.id, "about": MODULE, "name": "Marco", "language": "en", "awarded_at": person.seen_at}
    async with house.write() as session:
        assert await db.lessons.give(session, [facts | {"code": codes.new_code()}]) == [MODULE]
        assert await db.lessons.give(session, [facts | {"code": codes.new_code()}]) == []
    assert len(await awards(house, marco)) == 1


async def test_what_was_finished_before_there_were_badges_counts(house: Running, marco: Phone) -> None:
    await through(marco)
    async with house.write() as session:
        await session.execute(delete(Award))
    await marco.tap_data("lessons:progress")
    await marco.tap("My badges")
    assert list(await awards(house, marco)) == [MODULE, "worker"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_files_in_every_language(house: Running, language: str) -> None:
    aisha, t = await house.joined("trainer", "Àişa Müller-Peña", language), tongue(language)
    await through(aisha, "trainer")
    await aisha.tap(t.plain("My badges"))
    await aisha.tap("🎓")
    code = (await awards(house, aisha))["trainer"].code
    curriculum = house.app.house.curriculum
    assert [one.message["document"]["file_name"] for one in files(aisha)] == ["trainer.pdf", "trainer.json"]
    paper = PdfReader(BytesIO(content(aisha, ".pdf")))
    text = " ".join(paper.pages[0].extract_text().split())
    module = track(house, "trainer")[0].module
    for words in (
        t.plain("Certificate"),
        "Àişa Müller-Peña",
        curriculum.titles["trainer"][language],
        module.title[language],
        "Learning 2.0gether",
        f"{PUBLIC}/verify/{code}",
    ):
        assert words in text
    assert "2026" in text
    assert aisha.address not in text + str(paper.metadata)
    assert aisha.address.encode() not in content(aisha, ".json")
    assert f"{PUBLIC}/verify/{code}" in str(aisha.texts)
    await aisha.tap(t.plain("My badges"))
    await aisha.tap("🏅")
    badge = " ".join(PdfReader(BytesIO(content(aisha, ".pdf"))).pages[0].extract_text().split())
    assert all(lesson.title[language] in badge for lesson in track(house, "trainer"))


async def test_the_credential_is_signed_with_the_published_key(house: Running, marco: Phone) -> None:
    await through(marco)
    await marco.tap("My badges")
    await marco.tap("🏅")
    award = (await awards(house, marco))[MODULE]
    published = await get(house, "/.well-known/jwks.json")
    keys = published.json()["keys"]
    assert all("d" not in key for key in keys)
    served = await get(house, f"/verify/{award.code}.json")
    assert served.headers["Access-Control-Allow-Origin"] == "*"
    for envelope in (served.json(), json.loads(content(marco, ".json"))):
        assert envelope["type"] == "EnvelopedVerifiableCredential"
        credential = opened(envelope["id"].removeprefix("data:application/vc+jwt,"), keys)
        assert credential["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
        assert (credential["jti"], credential["id"]) == (f"{PUBLIC}/verify/{award.code}.json",) * 2
        assert (credential["iss"], credential["nbf"]) == (PUBLIC, int(award.awarded_at.timestamp()))
        assert credential["validFrom"] == "2026-11-23T09:00:00Z"
        subject = credential["credentialSubject"]
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", subject["id"])
        assert (credential["sub"], subject["identifier"][0]["identityHash"]) == (subject["id"], "Marco")
        assert (subject["achievement"]["name"], subject["achievement"]["achievementType"]) == ("Start safely", "Badge")
        assert marco.address not in json.dumps(credential)
    token = served.json()["id"].partition(",")[2]
    forged = token[:-6] + ("AAAAAA" if token[-6:] != "AAAAAA" else "BBBBBB")
    with pytest.raises(InvalidSignature):
        opened(forged, keys)


async def test_the_page_says_so_in_the_viewers_language(house: Running) -> None:
    anna = await house.joined("worker", "Anna <b>&amp;</b>", "it")
    await through(anna)
    code = (await awards(house, anna))["worker"].code
    for language in LANGUAGES:
        t, page = (
            tongue(language),
            await get(house, f"/verify/{code}", Accept_Language=f"xx, {language};q=0.9, fr;q=0.1"),
        )
        assert page.status_code == 200
        assert page.headers["Content-Language"] == language
        assert t("✓ This is genuine") in page.text
        assert house.app.house.curriculum.titles["worker"][language] in page.text
        assert "Anna &lt;b&gt;&amp;amp;&lt;/b&gt;" in page.text
        assert t.date((await awards(house, anna))["worker"].awarded_at.date()) in page.text
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert page.headers["Cache-Control"] == "no-store"
        assert "<script" not in page.text


@pytest.mark.parametrize(
    "code",
    ["", "x", "A" * 22, "A" * 10_000, "%00" * 22, "%F0%9F%8D%9E", "..%2F..%2Fetc", "' or 1=1 --", "A" * 22 + "%0A"],
)
async def test_a_code_nobody_was_given(house: Running, marco: Phone, code: str) -> None:
    for path in (f"/verify/{code}", f"/verify/{code}.json"):
        answer = await get(house, path)
        assert answer.status_code == 404
        assert not [line for line in house.log if line.get("level") == "error"]
    if code and "%2F" not in code:
        assert "This badge or paper is not known" in (await get(house, f"/verify/{code}")).text


async def test_somebody_elses_badge_is_not_sent(house: Running, marco: Phone) -> None:
    await through(marco)
    mine = (await awards(house, marco))["worker"].id
    thief = await house.joined("worker", "Thief")
    for data in (f"lessons:award:{mine}", "lessons:award:999999999999999999", "lessons:award:x", "lessons:award"):
        await thief.tap_data(data)
        assert UNKNOWN in thief.texts
        assert files(thief) == []
    await thief.tap_data("lessons:awards")
    assert thief.last.startswith("You have no badge yet.")
    assert not [line for line in house.log if line["event"] == "turn.failed"]


async def test_who_does_not_learn_has_no_badges(house: Running) -> None:
    ines = await house.joined("coordinator", "Ines")
    await ines.tap_data("lessons:awards")
    assert ines.last == "Lessons are for learners and trainers."


async def test_an_old_button_still_sends_after_a_year_and_in_another_role(house: Running, marco: Phone) -> None:
    await through(marco)
    await marco.tap("My badges")
    await house.advance(days=366)
    async with house.write() as session:
        await session.execute(update(Person).values(role="coordinator", name="Somebody", language="de"))
    await marco.tap("🏅")
    text = PdfReader(BytesIO(content(marco, ".pdf"))).pages[0].extract_text()
    assert "Marco" in text, "as it stood on it that day"
    assert "23. November 2026" in text


async def test_a_module_that_is_gone_is_still_named(house: Running, marco: Phone) -> None:
    await through(marco)
    async with house.write() as session:
        await session.execute(update(Award).where(Award.about == MODULE).values(about="worker/09-long-gone"))
        await session.execute(delete(Study))
    gone = (await awards(house, marco))["worker/09-long-gone"]
    await marco.tap_data(f"lessons:award:{gone.id}")
    assert "Long gone" in PdfReader(BytesIO(content(marco, ".pdf"))).pages[0].extract_text()
    assert "Long gone" in (await get(house, f"/verify/{gone.code}")).text


async def test_who_is_forgotten_is_not_known_any_more(house: Running, marco: Phone) -> None:
    await through(marco)
    code = (await awards(house, marco))["worker"].code
    assert (await get(house, f"/verify/{code}")).status_code == 200
    await marco.say("/forget")
    await marco.tap("Yes, delete everything")
    page = await get(house, f"/verify/{code}")
    assert page.status_code == 404
    assert "Marco" not in page.text
    assert (await get(house, f"/verify/{code}.json")).json() == {"error": "not known"}
    async with house.read() as session:
        assert (await session.scalars(select(Award))).all() == []


async def test_a_lesson_left_open_earns_nothing(house: Running, marco: Phone) -> None:
    for lesson in track(house, "worker")[1:]:
        await marco.tap_data(f"lessons:open:{lesson.uuid}")
        await to_the_end(marco)
    await marco.tap_data(f"lessons:open:{track(house, 'worker')[0].uuid}")
    await go_on(marco)
    await marco.tap_data("lessons:awards")
    assert await awards(house, marco) == {}


# the rules


def test_modules_count_by_the_lessons_one_gets() -> None:
    from bot.lessons.curriculum import load

    lessons = load(COURSE).track("worker")
    assert proof.earned(lessons, {one.uuid for one in lessons}) == [MODULE, "worker"]
    assert proof.earned(lessons[:2], {one.uuid for one in lessons[:2]}) == [MODULE, "worker"], "less for some countries"
    assert proof.earned(lessons, {one.uuid for one in lessons[1:]}) == []
    assert proof.earned((), {"x"}) == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr, es;q=0.3, it;q=0.7", "it"),
        ("IT", "it"),
        ("de;q=0, es;q=0.1", "es"),
        ("de;q=0", "en"),
        ("de;q=nan, es;q=0.1", "es"),
        ("*", "en"),
        ("de;level=1", "en"),
        ("es;q=0.5,de;q=0.5", "es"),
    ],
)
def test_the_language_a_browser_asks_for(header: str, language: str) -> None:
    assert preferred(header) == language


@given(st.text(max_size=300))
def test_any_header_names_one_of_our_languages(header: str) -> None:
    assert preferred(header) in LANGUAGES
