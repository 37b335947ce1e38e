"""Everything the bot says, in four languages: gettext catalogues and CLDR dates.

    t = tongue("it")
    t("Hello {name}", name=person.name)      # values are escaped; the text itself may hold <b> and <i>
    t.n("{n} lesson", "{n} lessons", 3)
    t.day(moment, zone)                      # "martedì 24 novembre"

The English sentence is the key. ``make texts`` collects the keys into ``locales/``; a missing translation
fails the tests.
"""

import gettext
import html
import re
from datetime import date, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from bot.messages import LANGUAGES

LOCALES = Path(__file__).parent / "locales"
NAMES = {"en": "English", "it": "Italiano", "de": "Deutsch", "es": "Español"}
_CLDR = {"en": "en_GB", "it": "it_IT", "de": "de_DE", "es": "es_ES"}
# A day without its year: CLDR writes it only with short names, so the full ones are spelt out here.
_DAY = {"en": "EEEE d MMMM", "it": "EEEE d MMMM", "de": "EEEE, d. MMMM", "es": "EEEE d 'de' MMMM"}
_DAY_OF_A_YEAR = {
    "en": "EEEE d MMMM y",
    "it": "EEEE d MMMM y",
    "de": "EEEE, d. MMMM y",
    "es": "EEEE d 'de' MMMM 'de' y",
}
_FAR = timedelta(days=180)


def N_(msgid: str) -> str:
    """Mark a text that is translated later (gettext's own name for this)."""
    return msgid


_Y_BEFORE_I = re.compile(r" y (?=h?[ií](?![aeou]))", re.IGNORECASE)
_O_BEFORE_O = re.compile(r" o (?=[“«]?h?[oó])", re.IGNORECASE)  # and "u" for "o" before the sound of o
_PARTS = {"am": N_("{day} morning"), "pm": N_("{day} afternoon"), "eve": N_("{day} evening")}


class Tongue:
    """One language. Calling it translates; its methods write numbers, lists and dates."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._cldr = _CLDR[language]
        self._catalogue = _catalogue(language)

    def __call__(self, msgid: str, **values: object) -> str:
        return _fill(self._catalogue.gettext(msgid), values)

    def plain(self, msgid: str, **values: object) -> str:
        """For what is not HTML, such as the words on a button: values go in as they are."""
        text = self._catalogue.gettext(msgid)
        return text.format(**values) if values else text

    def n(self, singular: str, plural: str, n: int, **values: object) -> str:
        """The form that fits the number; `{n}` is the number."""
        return _fill(self._catalogue.ngettext(singular, plural, n), {"n": n, **values})

    def knows(self, msgid: str) -> bool:
        return self.language == "en" or self._catalogue.gettext(msgid) != msgid

    def either(self, items: list[str]) -> str:
        """ "Italian, German or Spanish"."""
        written = format_list(items, style="or", locale=self._cldr) if items else ""
        return _O_BEFORE_O.sub(" u ", written) if self.language == "es" else written

    def list(self, items: list[str]) -> str:
        """ "Italian, German and Spanish"."""
        written = format_list(items, locale=self._cldr) if items else ""
        # Spanish says "e" for "y" before the sound of i; CLDR's patterns cannot know what follows.
        return _Y_BEFORE_I.sub(" e ", written) if self.language == "es" else written

    def day(self, moment: datetime, zone: str, now: datetime | None = None) -> str:
        """ "Tuesday 24 November", with "today" or "tomorrow" before it when `now` is given; far away with its year."""
        local = moment.astimezone(ZoneInfo(zone)).date()
        written = format_date(local, _DAY[self.language], locale=self._cldr)
        if now is None:
            return written
        today: date = now.astimezone(ZoneInfo(zone)).date()
        if abs(local - today) > _FAR:
            return format_date(local, _DAY_OF_A_YEAR[self.language], locale=self._cldr)
        if local == today:
            return self("today, {day}", day=written)
        if local == today + timedelta(days=1):
            return self("tomorrow, {day}", day=written)
        return written

    def date(self, day: date) -> str:
        """ "21 November 2026"."""
        return format_date(day, "long", locale=self._cldr)

    def part_of_week(self, time: str) -> str:
        """ "Tuesday afternoon" for "1-pm"."""
        weekday, _, part = time.partition("-")
        return self.plain(_PARTS[part], day=self.weekday(int(weekday)))

    def weekday(self, number: int) -> str:
        """ "Tuesday" for 1."""
        # 2024-01-01 was a Monday.
        return format_date(date(2024, 1, 1 + number), "EEEE", locale=self._cldr)

    def decimal(self, number: float) -> str:
        """ "0.3", in German "0,3"."""
        return format_decimal(number, locale=self._cldr)

    def hour(self, moment: datetime, zone: str) -> str:
        """ "15:00" on the person's own clock."""
        return format_time(moment.astimezone(ZoneInfo(zone)), "HH:mm", locale=self._cldr)

    def moment(self, moment: datetime, zone: str, now: datetime | None = None) -> str:
        """ "tomorrow, Tuesday 24 November, at 15:00"."""
        return self("{day}, at {hour}", day=self.day(moment, zone, now), hour=self.hour(moment, zone))


@cache
def tongue(language: str) -> Tongue:
    """The language, or English when it is none of ours."""
    return Tongue(language if language in LANGUAGES else "en")


def capital(text: str) -> str:
    """As the beginning of a sentence, or of a button."""
    return text[:1].upper() + text[1:]


def _fill(text: str, values: dict[str, Any]) -> str:
    if not values:
        return text
    return text.format(**{key: html.escape(str(value), quote=False) for key, value in values.items()})


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """Read the .po file itself: there is no compiled copy that could be out of date."""
    file = LOCALES / language / "LC_MESSAGES" / "twogether.po"
    if not file.exists():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
