"""The whole programme, from the first hello to the announcement: by taps and by words, in four languages.

Marco learns, Aisha teaches, Ines coordinates (under other names in other languages). Everything is real but
Telegram's servers and the clock.
"""

from dataclasses import dataclass
from datetime import timedelta

import pytest

import db.announcements
import db.clusters
import db.lessons
import db.matching
import db.meetings
import db.outbox
import db.people
from bot.people import service as people
from bot.texts import Tongue, tongue
from db.people import Person
from tests.app import Phone, Running, running
from tests.rasa import SharedRasa
from tests.story.speech import SPEECH, Speech

pytestmark = [pytest.mark.rasa, pytest.mark.xdist_group("rasa"), pytest.mark.timeout(240)]

CLUSTER = {"en": "north-building-care", "it": "emilia-food", "de": "north-building-care", "es": "andalucia-tourism"}
SECTOR = {"en": "care", "it": "bakery", "de": "construction", "es": "shop"}


@dataclass
class Story:
    """Three people and how they speak: with their fingers, or in words."""

    house: Running
    t: Tongue
    speech: Speech
    words: bool
    worker: Phone
    trainer: Phone
    coordinator: Phone

    async def person(self, phone: Phone) -> Person:
        async with self.house.read() as session:
            found = await db.people.by_address(session, "telegram", phone.address)
        assert found is not None
        return found

    async def does(self, phone: Phone, label: str, said: str) -> str:
        """Tap the button, or say it."""
        return await (phone.say(said) if self.words else phone.tap(self.t.plain(label)))


async def begin(house: Running, language: str, words: bool) -> Story:
    speech, t = SPEECH[language], tongue(language)
    async with house.write() as session:
        cluster = await db.clusters.by_slug(session, CLUSTER[language])
        assert cluster is not None
        token = await people.invite(session, cluster, "coordinator", None, house.app.clock.now())
    story = Story(
        house,
        t,
        speech,
        words,
        house.phone("Marco", language),
        house.phone("Aisha", language),
        house.phone("Ines", language),
    )
    await story.coordinator.start(token)
    await story.does(story.coordinator, "Yes, let's start", speech.yes)
    await story.coordinator.say("Ines")
    return story


async def join(story: Story, phone: Phone, *, learns: bool) -> Person:
    """Answer all the questions; returns who they have become."""
    t, speech = story.t, story.speech
    await phone.start()
    await story.does(phone, "Yes, let's start", speech.yes)
    if story.words:
        for said in (
            speech.worker_name if learns else speech.trainer_name,
            speech.learn if learns else speech.teach,
            speech.worker_age if learns else speech.trainer_age,
            speech.languages,
            speech.town,
            *((speech.trade,) if learns else ()),
            speech.learns if learns else speech.teaches,
            speech.worker_times if learns else speech.trainer_times,
        ):
            await phone.say(said)
    else:
        await phone.tap(phone.person.first_name)
        await phone.tap(t.plain("I would like to learn") if learns else t.plain("I would like to teach"))
        await phone.tap("50-59" if learns else "22-24")
        await phone.tap(t.plain("Done"))
        await phone.say(speech.town)
        if learns:
            await phone.tap_data(f"onboarding:pick:sector:{SECTOR[t.language]}")
        await phone.tap("▫️ Instagram")
        await phone.tap(t.plain("Done"))
        await phone.tap("▫️ " + t.plain("Weekday afternoons"))
        await phone.tap(t.plain("Done"))
    person = await story.person(phone)
    assert person.joined_at is not None, phone.texts[-3:]
    return person


async def learn(story: Story) -> None:
    """The first lesson, with its questions, up to its task."""
    phone, t = story.worker, story.t
    await story.does(phone, "Start the first lesson", story.speech.next_lesson)
    for _ in range(12):
        newest = story.house.tg.from_bot(phone.person)[-1]
        if newest.poll is not None:
            if story.words:
                await phone.say("b")
            else:
                await phone.vote(1)
        elif t.plain("One more lesson") in phone.screen:
            break
        else:
            await phone.tap(t.plain("Next"))
    person = await story.person(phone)
    async with story.house.read() as session:
        studies = await db.lessons.studies(session, person.id)
        answers = await db.lessons.answers(session, person.id, studies[0].lesson)
    assert studies[0].finished_at is not None
    assert len(answers) == 2


async def be_matched(story: Story) -> None:
    """The coordinator's round; both accept, and only then see each other."""
    t, speech = story.t, story.speech
    worker, trainer = await story.person(story.worker), await story.person(story.trainer)
    await story.does(story.coordinator, "Find matches", t.plain("Find matches"))
    await story.does(story.coordinator, "Send the offers", speech.yes)
    await story.does(story.worker, "Yes, I would like that", speech.accept)
    for phone, other in ((story.worker, trainer), (story.trainer, worker)):
        assert not any(other.name in text for text in phone.texts), "a name was seen before both had accepted"
    await story.does(story.trainer, "Yes, I would like that", speech.accept)
    async with story.house.read() as session:
        matches = await db.matching.of_person(session, worker.id, db.matching.ACCEPTED)
    assert [(match.trainer_id, match.worker_id) for match in matches] == [(trainer.id, worker.id)]
    for phone, other in ((story.worker, trainer), (story.trainer, worker)):
        assert any(other.name in text for text in phone.texts)


async def meet(story: Story) -> None:
    """Agree on one of three times, be reminded twice, say how it was."""
    t, speech = story.t, story.speech
    worker = await story.person(story.worker)
    if story.words:
        await story.worker.say(speech.time)
    else:
        chosen = next(label for label in story.worker.screen if "15:00" in label)
        await story.worker.tap(chosen)
    await story.does(story.trainer, "Yes, that suits me", speech.agree)
    async with story.house.read() as session:
        match = (await db.matching.of_person(session, worker.id, db.matching.ACCEPTED))[0]
        meeting = await db.meetings.of_match(session, match.id, db.meetings.AGREED)
    assert meeting is not None, story.trainer.texts[-2:]
    assert meeting.starts_at is not None
    assert meeting.ends_at is not None
    assert people.local(meeting.starts_at, worker).hour == 15
    clock = story.house.app.clock
    for phone in (story.worker, story.trainer):
        assert any(kept.message.get("document") for kept in story.house.tg.from_bot(phone.person)), "no calendar file"

    async def reminded(kind: str) -> int:
        async with story.house.read() as session:
            return await db.outbox.count_by_key(session, f"meeting:{meeting.id}:{kind}:", db.outbox.SENT)

    await move_to(story, (meeting.starts_at - timedelta(hours=24, minutes=1) - clock.now()))
    assert await reminded("day") == 0
    await move_to(story, timedelta(minutes=2))
    assert await reminded("day") == 2
    await move_to(story, meeting.starts_at - timedelta(minutes=59) - clock.now())
    assert await reminded("hour") == 2
    await move_to(story, meeting.ends_at + timedelta(minutes=20) - clock.now())
    assert await reminded("after") == 2
    await story.worker.tap_data(f"meetings:rate:{meeting.id}:good")
    async with story.house.read() as session:
        said = await db.meetings.feedback(session, meeting.id, worker.id)
    assert said is not None
    assert said.rating == "good"
    assert t.language == worker.language


async def move_to(story: Story, by: timedelta) -> None:
    await story.house.advance(seconds=max(by.total_seconds(), 0))


async def announce(story: Story) -> None:
    """To all workers of the country, with a receipt."""
    t, speech, phone = story.t, story.speech, story.coordinator
    await move_to(story, timedelta(hours=18))  # out of the night's quiet hours
    worker = await story.person(story.worker)
    if story.words:
        await phone.say(speech.announce)
    else:
        await phone.tap_data("announcements:new")
        async with story.house.read() as session:
            draft = await db.announcements.draft_of(session, (await story.person(phone)).id)
        assert draft is not None
        await phone.tap_data(f"announcements:who:{draft.id}:worker")
        if t.language in ("en", "de"):
            await phone.tap_data(f"announcements:where:{draft.id}:{speech.country}")
    await phone.say(speech.announcement)
    await story.does(phone, "Send it now", speech.yes_send)
    await story.house.advance(minutes=1)
    reached = [text for text in story.worker.texts if speech.announcement in text]
    assert len(reached) == 1, phone.texts[-5:]
    assert not any(speech.announcement in text for text in story.trainer.texts)
    async with story.house.read() as session:
        counts = await db.outbox.receipt(session, 1)
    assert counts == {db.outbox.SENT: 1}
    assert worker.country == speech.country
    assert any("1" in text for text in phone.texts[-2:])


@pytest.mark.parametrize("words", [False, True], ids=["taps", "words"])
@pytest.mark.parametrize("language", list(SPEECH))
async def test_the_whole_story(database_url: str, rasa: SharedRasa, language: str, words: bool) -> None:
    async with running(database_url, rasa=True, **rasa.settings) as house:
        await house.words_ready()
        story = await begin(house, language, words)
        worker = await join(story, story.worker, learns=True)
        trainer = await join(story, story.trainer, learns=False)
        assert (worker.role, worker.age_band, worker.sector) == ("worker", "50-59", SECTOR[language])
        assert (trainer.role, trainer.age_band) == ("trainer", "22-24")
        assert worker.language == trainer.language == language
        assert worker.country == SPEECH[language].country
        assert "instagram" in worker.topics
        assert "instagram" in trainer.topics
        assert worker.cluster_id == trainer.cluster_id
        await learn(story)
        await be_matched(story)
        await meet(story)
        await announce(story)
        async with house.read() as session:
            assert await db.outbox.count_by_state(session) == {db.outbox.SENT: await db.outbox.count(session)}
