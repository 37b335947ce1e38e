"""The paper of a trainer's record and the page that confirms it: the same words, as long as they are true."""

import asyncio
import json
import re
from base64 import b64decode
from datetime import date, timedelta

import httpx
import pypdfium2
import pytest
import zxingcpp
from cryptography.exceptions import InvalidSignature
from sqlalchemy import select
from starlette.applications import Starlette

import db.people
from bot.meetings import badge
from bot.messages import LANGUAGES, Outgoing
from bot.proof import is_code
from bot.texts import tongue
from bot.web.verify import Verify
from db.engine import Database
from db.meeting_papers import Paper
from db.meetings import Meeting
from db.people import Person
from tests.badges import opened
from tests.matching import stage as stages
from tests.matching.stage import Stage, data_of, labels
from tests.meetings.conftest import PUBLIC
from tests.meetings.test_record import THURSDAY_10, held, says, text_of


@pytest.fixture
async def met(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> Meeting:
    """An hour with Marco that counts, and words of his that may be shown."""
    await stage.change(marco, name="Marcolino Rossi")
    await stage.change(aisha, name="Aisha <b>Müller</b>")
    stage.now = THURSDAY_10 + timedelta(days=2)
    meeting = await held(stage, agreed, 1, 60)
    await says(stage, meeting, marco, minutes=60, practised=["instagram"], comment="So patient!", may_be_quoted=True)
    await says(stage, meeting, aisha, minutes=60)
    return meeting


async def get(stage: Stage, path: str, language: str = "en") -> httpx.Response:
    app = Starlette(routes=Verify(stage.database, lambda: stages.HOUSE).routes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=PUBLIC) as http:
        return await http.get(path, headers={"Accept-Language": language})


async def paper(stage: Stage, aisha: Person) -> tuple[bytes, str]:
    """The file and the code on it."""
    shown = await stage.taps(aisha, "meetings:record_pdf")
    assert shown[0].file
    file = b64decode(shown[0].file.content)
    (code,) = re.findall(rf"{PUBLIC}/verify/(\S+)", text_of(file))
    assert is_code(code)
    assert f"{PUBLIC}/verify/{code}" in shown[0].text
    return file, code


async def papers(stage: Stage) -> list[Paper]:
    return await stage.rows(Paper)


async def test_the_paper_leads_to_a_page_that_says_the_same_in_every_language(
    stage: Stage, aisha: Person, met: Meeting
) -> None:
    file, code = await paper(stage, aisha)
    picture = pypdfium2.PdfDocument(file)[0].render(scale=2).to_pil()
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [f"{PUBLIC}/verify/{code}"]
    for language in LANGUAGES:
        t, page = tongue(language), await get(stage, f"/verify/{code}", language)
        assert (page.status_code, page.headers["Content-Language"]) == (200, language)
        for words in (
            t("✓ This is genuine"),
            "Aisha &lt;b&gt;Müller&lt;/b&gt;",
            t.plain("1 hour of one-to-one training, confirmed by both sides"),
            t.n("{n} meeting", "{n} meetings", 1),
            t.n("{n} learner of 50+ from a small business", "{n} learners of 50+ from small businesses", 1),
            f"Instagram ({t.n('{n} meeting', '{n} meetings', 1)})",
            t.date(date(2026, 11, 20)),
            t.date(date(2026, 11, 21)),
            "Learning 2.0gether",
        ):
            assert words in page.text, (language, words)
        for secret in ("Marco", "Rossi", "So patient", aisha.address, "<script", "Bologna"):
            assert secret not in page.text
        assert 'name="viewport"' in page.text
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")


async def test_a_paper_is_a_snapshot(stage: Stage, aisha: Person, agreed: Meeting, met: Meeting) -> None:
    _, first = await paper(stage, aisha)
    before = (await get(stage, f"/verify/{first}")).text
    stage.later(days=1)
    same, code = await paper(stage, aisha)
    assert code == first, "nothing has changed"
    assert "21 November 2026" in text_of(same), "the day that the page names"
    await held(stage, agreed, 3, 90)
    await stage.change(aisha, name="Somebody else")
    newer, second = await paper(stage, aisha)
    assert second != first
    assert "2.5 hours" in text_of(newer)
    assert "2.5 hours" in (await get(stage, f"/verify/{second}")).text
    assert (await get(stage, f"/verify/{first}")).text == before
    await stage.change(aisha, zone="Pacific/Auckland", language="de")
    _, third = await paper(stage, aisha)
    assert len({first, second, third}) == 3, "in another language it is another paper"
    assert (await get(stage, f"/verify/{first}")).text == before


async def test_nothing_confirmed_gives_no_paper(stage: Stage, aisha: Person, marco: Person, agreed: Meeting) -> None:
    (shown,) = await stage.taps(aisha, "meetings:record_pdf")
    assert "nothing in your record yet" in shown.text
    await stage.taps(marco, "meetings:record_pdf")
    assert stage.refused == ["The record is for trainers."]
    assert await papers(stage) == []
    (shown,) = await stage.taps(aisha, "meetings:papers")
    assert shown.text == "You have no paper that could be taken back."


async def test_a_paper_can_be_taken_back(stage: Stage, aisha: Person, met: Meeting) -> None:
    _, code = await paper(stage, aisha)
    (shown,) = await stage.taps(aisha, "meetings:record")
    (shown,) = await stage.taps(aisha, data_of(shown, "Take a paper back"))
    assert labels(shown) == ["21 November 2026 (1 h)", "None"]
    (shown,) = await stage.answers(aisha, "deny")
    assert "My record" in shown.text
    (one,) = await papers(stage)
    (shown,) = await stage.taps(aisha, f"meetings:paper:{one.id}")
    assert labels(shown) == ["Yes, take it back", "No, it stays valid"]
    assert (await get(stage, f"/verify/{code}")).status_code == 200
    for _ in range(2):  # a double tap is harmless
        *_, off = await stage.taps(aisha, data_of(shown, "Yes, take it back"))
        assert off.text == "That paper is no longer valid."
    (shown,) = await stage.taps(aisha, f"meetings:paper:{one.id}")
    assert shown.text == "That paper is no longer valid.", "an old button answers"
    for language in LANGUAGES:
        page = await get(stage, f"/verify/{code}", language)
        assert page.status_code == 410
        assert tongue(language)("This paper is no longer valid") in page.text
        assert "Aisha" not in page.text
    signed = await get(stage, f"/verify/{code}.json")
    assert (signed.status_code, signed.json()) == (410, {"error": "no longer valid"})
    (one,) = await papers(stage)
    assert (one.name, one.facts) == ("", {}), "nothing is kept of it but its code"
    _, newer = await paper(stage, aisha)
    assert newer != code
    assert (await get(stage, f"/verify/{newer}")).status_code == 200
    assert (await get(stage, f"/verify/{code}")).status_code == 410


async def test_nobody_takes_back_somebody_elses_paper(stage: Stage, aisha: Person, marco: Person, met: Meeting) -> None:
    _, code = await paper(stage, aisha)
    (one,) = await papers(stage)
    thief = await stage.add("trainer", "Thief")
    for who in (thief, marco):
        for data in (f"paper:{one.id}", f"paper_off:{one.id}", "paper_off:999", "paper_off:x", "paper_off", "paper"):
            await stage.taps(who, f"meetings:{data}")
    assert stage.forged == 12
    assert (await get(stage, f"/verify/{code}")).status_code == 200


async def test_who_is_forgotten_is_not_known_any_more(stage: Stage, aisha: Person, met: Meeting) -> None:
    _, code = await paper(stage, aisha)
    async with stage.database.begin() as session:
        me = await db.people.get(session, aisha.id)
        assert me
        await db.people.forget(session, me, stage.now)
    page = await get(stage, f"/verify/{code}")
    assert page.status_code == 404
    assert "This badge or paper is not known" in page.text
    assert await papers(stage) == []


async def test_a_learner_who_is_forgotten_changes_no_paper(
    stage: Stage, aisha: Person, marco: Person, met: Meeting
) -> None:
    _, code = await paper(stage, aisha)
    async with stage.database.begin() as session:
        him = await db.people.get(session, marco.id)
        assert him
        await db.people.forget(session, him, stage.now)
    assert "1 hour of" in (await get(stage, f"/verify/{code}")).text
    for one in await papers(stage):
        assert "Marco" not in str(vars(one))


# -- a meeting that counts differently later ----------------------------------------------------------------


async def told_off(stage: Stage, aisha: Person) -> list[Outgoing]:
    return await stage.told_about(aisha, "counts differently now")


@pytest.mark.parametrize(("settled", "stands"), [(60, True), (30, False), (0, False)])
async def test_what_a_coordinator_settles_otherwise_ends_the_paper(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting, met: Meeting, settled: int, stands: bool
) -> None:
    ines = await stage.add("coordinator", "Ines")
    _, code = await paper(stage, aisha)
    await held(stage, agreed, 0, 45)
    _, second = await paper(stage, aisha)
    if settled:
        await stage.taps(marco, f"meetings:long:{met.id}:30")
    else:
        await stage.taps(marco, f"meetings:rate:{met.id}:missed")
    assert (await get(stage, f"/verify/{code}")).status_code == 200, "said by one only"
    for _ in range(2):
        await stage.taps(ines, f"meetings:settle:{met.id}:{settled}")
    for one in (code, second):
        assert (await get(stage, f"/verify/{one}")).status_code == (200 if stands else 410)
    told = await told_off(stage, aisha)
    assert len(told) == (0 if stands else 1)
    if not stands:
        assert "your record of 21 November 2026 is no longer valid" in told[0].text
        shown = await stage.taps(aisha, data_of(told[0], "As a paper (PDF)"))
        assert shown[0].file
        assert {30: "1.2 hours", 0: "0.8 hours"}[settled] in text_of(b64decode(shown[0].file.content))


async def test_what_both_take_back_ends_the_paper(stage: Stage, aisha: Person, marco: Person, met: Meeting) -> None:
    _, code = await paper(stage, aisha)
    await stage.taps(marco, f"meetings:rate:{met.id}:missed")
    assert (await get(stage, f"/verify/{code}")).status_code == 200
    await stage.taps(aisha, f"meetings:rate:{met.id}:missed")
    assert (await get(stage, f"/verify/{code}")).status_code == 410
    assert len(await told_off(stage, aisha)) == 1


async def test_a_paper_without_that_meeting_stands(
    stage: Stage, aisha: Person, marco: Person, agreed: Meeting, met: Meeting
) -> None:
    _, code = await paper(stage, aisha)
    later = await held(stage, agreed, 0, 60)
    await says(stage, later, marco, minutes=60)
    for who in (aisha, marco):
        await stage.taps(who, f"meetings:rate:{later.id}:missed")
    assert (await get(stage, f"/verify/{code}")).status_code == 200
    assert await told_off(stage, aisha) == []


async def test_a_paper_asked_for_while_it_is_settled_never_says_more(
    database: Database, stage: Stage, aisha: Person, marco: Person, met: Meeting
) -> None:
    ines = await stage.add("coordinator", "Ines")
    await stage.taps(marco, f"meetings:rate:{met.id}:good")
    for _ in range(5):
        async with database.begin() as session:
            kept = await session.get(Meeting, met.id)
            assert kept
            kept.minutes, kept.settled_by, kept.state = 60, None, "held"
        await stage.taps(marco, f"meetings:long:{met.id}:30")
        async with database.begin() as session:
            (await session.get_one(Meeting, met.id)).minutes = 60  # as if it had counted until now
        await asyncio.gather(stage.taps(aisha, "meetings:record_pdf"), stage.taps(ines, f"meetings:settle:{met.id}:30"))
        async with database.read() as session:
            assert (await session.get_one(Meeting, met.id)).minutes == 30
            valid = await session.scalars(select(Paper).where(Paper.withdrawn_at.is_(None)))
            for one in valid:
                assert dict(one.facts["meetings"])[met.id] <= 30


# -- as a credential ----------------------------------------------------------------------------------------


async def test_the_credential_says_what_the_paper_says_and_is_signed(
    stage: Stage, aisha: Person, agreed: Meeting, met: Meeting
) -> None:
    await held(stage, agreed, 0, 90)
    shown = await stage.taps(aisha, "meetings:record_pdf")
    (one,) = await papers(stage)
    assert shown[1].file
    assert (shown[1].file.name, shown[1].file.mime) == ("record.json", "application/json")
    served = await get(stage, f"/verify/{one.code}.json")
    assert served.headers["Access-Control-Allow-Origin"] == "*"
    keys = (await get(stage, "/.well-known/jwks.json")).json()["keys"]
    for envelope in (served.json(), json.loads(shown[1].file.content)):
        assert envelope["type"] == "EnvelopedVerifiableCredential"
        token = envelope["id"].removeprefix("data:application/vc+jwt,")
        said = opened(token, keys)
        assert said["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
        assert (said["jti"], said["id"]) == (f"{PUBLIC}/verify/{one.code}.json",) * 2
        assert (said["iss"], said["nbf"]) == (PUBLIC, int(one.issued_at.timestamp()))
        subject, achievement = said["credentialSubject"], said["credentialSubject"]["achievement"]
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", subject["id"])
        assert (said["sub"], subject["identifier"][0]["identityHash"]) == (subject["id"], one.name)
        assert (said["name"], achievement["name"]) == ("One-to-one training in social media",) * 2
        assert achievement["type"] == ["Achievement"]
        assert achievement["achievementType"] == "CommunityService"
        assert "both sides" in achievement["criteria"]["narrative"]
        measures = {measure["id"]: measure["name"] for measure in achievement["resultDescription"]}
        results = {measures[result["resultDescription"]]: result["value"] for result in subject["result"]}
        assert results == {"Hours confirmed": "2.5", "Meetings held": "2"}
        assert (subject["activityStartDate"], subject["activityEndDate"]) == (
            "2026-11-19T00:00:00Z",
            "2026-11-20T00:00:00Z",
        )
        assert subject["narrative"].splitlines() == [
            "- 2.5 hours of one-to-one training, confirmed by both sides",
            "- 2 meetings",
            "- 1 learner of 50+ from a small business",
            "- Topics: Instagram",
        ]
        for secret in ("Marco", "So patient", aisha.address):
            assert secret not in json.dumps(said, ensure_ascii=False)
    token = served.json()["id"].partition(",")[2]
    with pytest.raises(InvalidSignature):
        opened(token[:-6] + ("AAAAAA" if token[-6:] != "AAAAAA" else "BBBBBB"), keys)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_credential_is_in_the_language_of_the_paper(
    stage: Stage, aisha: Person, met: Meeting, language: str
) -> None:
    await stage.change(aisha, language=language)
    _, code = await paper(stage, aisha)
    await stage.change(aisha, language="en" if language != "en" else "de", name="Somebody else")
    keys = (await get(stage, "/.well-known/jwks.json")).json()["keys"]
    served = (await get(stage, f"/verify/{code}.json")).json()
    said = opened(served["id"].partition(",")[2], keys)
    t, subject = tongue(language), said["credentialSubject"]
    assert said["name"] == t.plain("One-to-one training in social media")
    assert subject["achievement"]["inLanguage"] == language
    assert subject["role"] == t.plain("Trainer for social media, one to one (volunteer)")
    assert t.plain("1 hour of one-to-one training, confirmed by both sides") in subject["narrative"]
    assert subject["identifier"][0]["identityHash"] == "Aisha <b>Müller</b>", "as it stood on it that day"


async def test_two_papers_are_of_the_same_achievement_and_not_of_the_same_subject(
    stage: Stage, aisha: Person, agreed: Meeting, met: Meeting
) -> None:
    _, first = await paper(stage, aisha)
    await held(stage, agreed, 0, 90)
    _, second = await paper(stage, aisha)
    one, other = [badge.of(each) for each in await papers(stage)]
    assert (one.code, other.code) == (first, second)
    assert one.achievement == other.achievement
    assert one.subject != other.subject
