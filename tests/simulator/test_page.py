"""The page in a real browser: a new phone, words, a tap, a quiz."""

import os
from collections.abc import AsyncIterator

import pytest
import telegram
from playwright.async_api import Page, async_playwright, expect

from simulator import Person, Telegram

pytestmark = pytest.mark.browser

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture
async def page(tg: Telegram) -> AsyncIterator[Page]:
    """An empty table of phones; any error in the page fails the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = await browser.new_page(viewport={"width": 1600, "height": 950})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: request.url.startswith(tg.url) or errors.append(request.url))
        yield page
        await browser.close()
        assert errors == []


async def opened(page: Page, tg: Telegram, query: str = "") -> None:
    await page.goto(tg.url + query)
    await page.wait_for_selector("html[data-ready=true]")


async def test_a_new_phone_says_something(page: Page, tg: Telegram, bot: telegram.Bot) -> None:
    await opened(page, tg)
    await page.get_by_test_id("new-phone").click()
    await page.get_by_test_id("new-name").fill("Lucía")
    await page.get_by_test_id("new-language").select_option("es")
    await page.get_by_test_id("confirm").click()
    await tg.until(lambda: tg.people)
    (lucia,) = tg.people.values()
    phone = page.get_by_test_id(f"phone-{lucia.id}")
    await phone.get_by_test_id("start").click()
    await phone.get_by_test_id("input").fill("¿Qué es esto? <b>😀</b>")
    await phone.get_by_test_id("send").click()
    await expect(phone.get_by_test_id("message").last).to_contain_text("¿Qué es esto? <b>😀</b>")
    assert [kept.text for kept in tg.messages(lucia)] == ["/start", "¿Qué es esto? <b>😀</b>"]
    await bot.send_message(lucia.id, "<b>Hola</b>", parse_mode="HTML")
    await expect(phone.locator("[data-from=bot] strong")).to_have_text("Hola")


async def test_a_button_spins_until_it_is_answered(page: Page, tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    await opened(page, tg)
    buttons = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("Sì", callback_data="a:b")]])
    sent = await bot.send_message(marco.id, "Va bene?", reply_markup=buttons)
    button = page.get_by_test_id("button")
    await button.click()
    await expect(button).to_have_attribute("aria-busy", "true")
    tap = await tg.until(lambda: next(iter(tg.callbacks.values()), None))
    await bot.answer_callback_query(tap.id, "Fatto!", show_alert=True)
    await expect(page.get_by_test_id("alert")).to_contain_text("Fatto!")
    await page.keyboard.press("Escape")
    await expect(button).not_to_have_attribute("aria-busy", "true")
    await bot.edit_message_text("Grazie.", marco.id, sent.message_id)
    await expect(page.get_by_test_id("message").last).to_contain_text("modificato")
    await expect(page.get_by_test_id("button")).to_have_count(0)


async def test_a_quiz_shows_right_and_wrong(page: Page, tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    await opened(page, tg)
    await bot.send_poll(marco.id, "Quanto?", ["5", "10"], type="quiz", correct_option_ids=[1], explanation="Dieci.")
    await page.get_by_test_id("option").first.click()
    await expect(page.get_by_test_id("explanation")).to_have_text("Dieci.")
    await expect(page.get_by_label("5: sbagliato")).to_be_disabled()
    await expect(page.get_by_label("10: giusto")).to_be_disabled()


async def test_keys_blocking_and_coming_back(page: Page, tg: Telegram, marco: Person, bot: telegram.Bot) -> None:
    await opened(page, tg)
    keyboard = telegram.ReplyKeyboardMarkup([["Menu"]], one_time_keyboard=True)
    await bot.send_message(marco.id, "Scelga.", reply_markup=keyboard)
    await page.get_by_test_id("key").click()
    await expect(page.get_by_test_id("key")).to_have_count(0)
    tg.block(marco)
    await page.get_by_test_id("unblock").click()
    await expect(page.get_by_test_id("input")).to_be_visible()
    assert not marco.blocked


async def test_a_deep_link_asks_which_phone(page: Page, tg: Telegram, marco: Person) -> None:
    await opened(page, tg, "/?start=inv_1")
    await page.get_by_test_id(f"open-{marco.id}").click()
    await tg.until(lambda: tg.messages(marco)[-1].text == "/start inv_1")
    await page.get_by_test_id("link").fill("https://t.me/twogether_bot?start=inv_2")
    await page.get_by_test_id("link-open").click()
    await page.get_by_test_id("new-name").fill("Aisha")
    await page.get_by_test_id("confirm").click()
    aisha = await tg.until(lambda: next((one for one in tg.people.values() if one.first_name == "Aisha"), None))
    await tg.until(lambda: tg.messages(aisha) and tg.messages(aisha)[-1].text == "/start inv_2")


async def test_one_phone_fits_a_narrow_screen(page: Page, tg: Telegram, marco: Person, aisha: Person) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await opened(page, tg)
    await expect(page.get_by_test_id(f"phone-{marco.id}")).to_be_visible()
    await page.get_by_test_id(f"person-{aisha.id}").click()
    await expect(page.get_by_test_id(f"phone-{marco.id}")).to_have_count(0)
    await expect(page.get_by_test_id(f"phone-{aisha.id}")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await page.get_by_test_id("input").fill("x" * 300)
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("message").last).to_contain_text("x" * 300)
    assert await page.evaluate(
        "document.querySelector('.chat').scrollWidth <= document.querySelector('.chat').clientWidth"
    )
