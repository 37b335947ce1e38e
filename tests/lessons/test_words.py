"""Lessons in words: an hour, a break, and back; through the real Rasa."""

from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

import pytest

from bot.texts import tongue
from tests.app import Running, running
from tests.lessons.learner import COURSE, plan
from tests.lessons.test_due import with_plan
from tests.onboarding.way import known
from tests.rasa import SharedRasa

pytestmark = [pytest.mark.rasa, pytest.mark.xdist_group("rasa"), pytest.mark.timeout(240)]

WORDS = {
    "it": (
        "vorrei le lezioni alle 7 di sera",
        "alle 7 di sera",
        "basta lezioni per un po'",
        "riprendiamo le lezioni",
    ),
    "en": (
        "please send the lessons at 7 pm",
        "at 7 in the evening",
        "no more lessons for a while",
        "lessons again please",
    ),
    "de": (
        "bitte schicken Sie die Lektionen um 19 Uhr",
        "um 7 Uhr abends",
        "bitte keine Lektionen mehr",
        "wieder Lektionen bitte",
    ),
    "es": (
        "quiero las lecciones a las 7 de la tarde",
        "a las 7 de la tarde",
        "pausa las lecciones",
        "quiero retomar las lecciones",
    ),
}


@pytest.fixture
async def speaking(database_url: str, rasa: SharedRasa) -> AsyncIterator[Running]:
    async with running(database_url, rasa=True, curriculum=COURSE, **rasa.settings) as house:
        await house.words_ready()
        yield house


async def test_another_hour_a_break_and_back(speaking: Running) -> None:
    for language, (hour, only_the_hour, pause, resume) in WORDS.items():
        t = tongue(language)
        marco = await with_plan(speaking, "Marco", "Europe/Rome", language=language)
        zone = ZoneInfo((await known(speaking, marco)).zone)

        async def comes_at(zone: ZoneInfo = zone, marco=marco) -> tuple[int, int] | None:
            next_at = (await plan(speaking, marco)).next_at
            return (next_at.astimezone(zone).hour, next_at.astimezone(zone).minute) if next_at else None

        assert await comes_at() == (18, 0)
        await marco.say(hour)
        assert await comes_at() == (19, 0), f"{language}: {marco.last}"
        await marco.tap_data("lessons:time:9")
        await marco.tap_data("lessons:time")
        await marco.say(only_the_hour)
        assert await comes_at() == (19, 0), f"{language}: {marco.last}"
        await marco.say(pause)
        assert await comes_at() is None, f"{language}: {marco.last}"
        assert t.plain("Lessons again") in marco.screen
        await marco.say(resume)
        assert await comes_at() == (19, 0), f"{language}: {marco.last}"
