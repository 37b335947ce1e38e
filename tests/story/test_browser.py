"""The whole story once more, with a finger on real phones in a real browser; the README's pictures come from here.

`PICTURES=docs/pictures pytest tests/story/test_browser.py` keeps the pictures.
"""

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from bot.settings import ROOT
from bot.texts import tongue

pytestmark = [pytest.mark.rasa, pytest.mark.browser, pytest.mark.xdist_group("rasa"), pytest.mark.timeout(420)]

MARCO, AISHA, INES = 1001, 1002, 1003
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
QUIETER = ("--disable-component-update", "--disable-sync")
it, en = tongue("it"), tongue("en")


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[str]:
    """`twogether demo` as a newcomer starts it; gives the phones' address once words are understood too."""
    phones, web = _free_port(), _free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--port", str(phones), "--folder", str(folder)),
        cwd=ROOT,
        env=os.environ | {"TWOGETHER_PORT": str(web), "TWOGETHER_LOG_LEVEL": "info"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout
    seen: list[str] = []
    try:
        async with asyncio.timeout(180):
            while not ("twogether is ready" in "".join(seen) and "rasa.ready" in "".join(seen)):
                line = await process.stdout.readline()
                assert line, "".join(seen)
                seen.append(line.decode())
        swallow = asyncio.create_task(process.stdout.read())
        yield f"http://127.0.0.1:{phones}"
        swallow.cancel()
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await asyncio.wait_for(process.wait(), 40)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Hand:
    """A finger on one phone."""

    def __init__(self, page: Page, person: int) -> None:
        self.phone: Locator = page.get_by_test_id(f"phone-{person}")

    async def tap(self, label: str | re.Pattern[str], *, answers: bool = True) -> None:
        """The newest button of this name; waits for the bot's next message, unless the button only switches."""
        messages = self.phone.get_by_test_id("message")
        button = self.phone.get_by_role("button", name=label, exact=isinstance(label, str)).last
        await button.wait_for()
        before = await messages.count()
        await button.click()
        if answers:
            await expect(messages.nth(before)).to_be_attached(timeout=15_000)

    async def say(self, text: str) -> None:
        """Type and send; waits for the bot's answer."""
        messages = self.phone.get_by_test_id("message")
        before = await messages.count()
        await self.phone.get_by_test_id("input").fill(text)
        await self.phone.get_by_test_id("send").click()
        await expect(messages.nth(before + 1)).to_be_attached(timeout=15_000)

    async def sees(self, text: str | re.Pattern[str]) -> None:
        await expect(self.phone.get_by_test_id("message").filter(has_text=text).last).to_be_visible(timeout=15_000)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *QUIETER])
        yield opened
        await opened.close()


async def test_the_story_in_the_phones(browser: Browser, tmp_path: Path) -> None:
    async with demo(tmp_path / "demo") as address:
        page = await browser.new_page(viewport={"width": 1400, "height": 860}, locale="en-GB")
        page.set_default_timeout(15_000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(address)
        await page.wait_for_selector("html[data-ready=true]")
        marco, aisha, ines = (Hand(page, person) for person in (MARCO, AISHA, INES))

        await join_as_marco(marco)
        await join_as_aisha(aisha)

        await ines.say(en.plain("Find matches"))
        await ines.tap("Emilia-Romagna, food and crafts")
        await ines.tap(en.plain("Send the offers"))
        await marco.tap(it.plain("Yes, I would like that"))
        await aisha.sees(it.plain("Yes, I would like that"))
        await aisha.say("sì, volentieri")

        await marco.sees("Aisha")
        await marco.tap(re.compile("15:00"))
        await aisha.tap(it.plain("Yes, that suits me"))
        await marco.sees("meet.jit.si")
        await expect(marco.phone.get_by_test_id("file").last).to_be_visible()
        await picture(page, "agreed")

        await lesson(marco)

        await to_the_reminder(page, marco)
        await move_clock(page, "clock-day")
        await move_clock(page, "clock-hour")
        await move_clock(page, "clock-hour")
        await marco.tap(it.plain("Yes, we met"))
        await marco.tap(it.plain("It was good"))

        await ines.say("send a message to all workers in Italy")
        await ines.say("Sabato il mercato apre alle nove.")
        await ines.tap(en.plain("Send it now"))
        await move_clock(page, "clock-day")
        await marco.sees("Sabato il mercato apre alle nove.")
        await ines.sees(re.compile(r"Delivered: [1-9]"))
        await picture(page, "announced")
        assert errors == []


async def join_as_marco(marco: Hand) -> None:
    await marco.phone.get_by_test_id("start").click()
    await marco.sees("twogether")
    await marco.tap(it.plain("Yes, let's start"))
    await marco.tap("Marco")
    await marco.tap(it.plain("I would like to learn"))
    await marco.tap("50-59")
    await marco.tap(it.plain("Done"))
    await marco.say("perché lo chiede?")
    await marco.sees("/forget")
    await marco.say("a Bologna")
    await marco.say("ho una panetteria")
    await marco.say("instagram e le recensioni")
    await marco.tap("▫️ " + it.plain("Weekday afternoons"), answers=False)
    await marco.tap(it.plain("Done"))
    await marco.sees("Bologna")
    await marco.sees(it.plain("Thank you, {name}, you are in! This is what I noted:", name="Marco"))


async def join_as_aisha(aisha: Hand) -> None:
    await aisha.phone.get_by_test_id("start").click()
    await aisha.sees("twogether")
    await aisha.tap(it.plain("Yes, let's start"))
    await aisha.say("sono Aisha, vivo a Bologna e posso insegnare Instagram")
    await aisha.tap(it.plain("I would like to teach"))
    await aisha.tap("22-24")
    await aisha.tap(it.plain("Done"))
    await aisha.tap("▫️ " + it.plain("Weekday afternoons"), answers=False)
    await aisha.tap(it.plain("Done"))
    await aisha.sees(it.plain("Thank you, {name}, you are in! This is what I noted:", name="Aisha"))


async def lesson(marco: Hand) -> None:
    """The first lesson: two cards, two quizzes, a task."""
    await marco.say("prossima lezione")
    for _ in range(2):
        await marco.tap(it.plain("Next"))
    for quiz in range(2):
        options = marco.phone.get_by_test_id("option")
        await expect(options).to_have_count(3 * (quiz + 1), timeout=15_000)
        await options.nth(3 * quiz + 1).click()
    await marco.sees(it.plain("Your task"))


async def to_the_reminder(page: Page, marco: Hand) -> None:
    """Day by day, until the reminder of the day before is there."""
    reminder = marco.phone.get_by_role("button", name=it.plain("I will be there"), exact=True)
    for _ in range(7):
        await move_clock(page, "clock-day")
        with suppress(AssertionError):
            await expect(reminder.last).to_be_visible(timeout=500)
            return
    raise AssertionError("no reminder came")


async def move_clock(page: Page, button: str) -> None:
    """Press one of the clock's buttons and wait until it shows the new time."""
    clock = page.get_by_test_id("clock")
    before = await clock.inner_text()
    await page.get_by_test_id(button).click()
    await expect(clock).not_to_have_text(before, timeout=60_000)


async def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        await page.wait_for_timeout(700)  # let the bubbles settle; pictures only
        Path(folder).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=f"{folder}/{name}.png")
