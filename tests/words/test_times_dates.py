"""Dates in figures, dates that do not exist, and whether words say a time and nothing else."""

from datetime import datetime

import pytest

from bot.words.times import is_all, is_unreal, when
from tests.words.times_notation import here, notation

NOW = datetime.fromisoformat("2026-11-17 09:00")
EVE_OF_SUMMER = datetime.fromisoformat("2027-03-22 09:00")


def read(text: str, language: str, said_at: datetime = NOW) -> list[str]:
    now = here(said_at, language)
    return [notation(one, now) for one in when(text, language, now)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("it", "10/12", "2026-12-10"),
        ("it", "10/12 alle 15", "2026-12-10 15:00"),
        ("it", "31/12 alle 9", "2026-12-31 09:00"),
        ("it", "giovedì 10/12 alle 15", "2026-12-10 15:00"),
        ("it", "10.12. alle 15", "2026-12-10 15:00"),
        ("it", "10.12 alle 15", "2026-12-10 15:00"),
        ("it", "alle 10.12", "2026-11-17 10:12"),
        ("it", "10/11 alle 15", "2026-11-10 15:00"),
        ("it", "10/10 alle 15", "2027-10-10 15:00"),
        ("it", "10/12/27", "2027-12-10"),
        ("es", "10/12 a las 15", "2026-12-10 15:00"),
        ("es", "el 12/11 a las 9", "2026-11-12 09:00"),
        ("de", "10/12 um 15 Uhr", "2026-12-10 15:00"),
        ("de", "am 8/1 um 15 Uhr", "2027-01-08 15:00"),
        ("de", "3/4 fünf", "2026-11-17 16:45"),
        ("en", "10/12 at 3pm", "2026-12-10 15:00"),
    ],
)
def test_a_date_in_figures_is_a_date(language: str, text: str, expected: str) -> None:
    assert read(text, language)[0] == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("it", "il 31 novembre alle 10"),
        ("it", "31/11 alle 10"),
        ("it", "il 30 febbraio"),
        ("de", "31. November um 10"),
        ("de", "am 31.11. um 10"),
        ("es", "31 de noviembre a las 10"),
        ("en", "November 31st at 10"),
        ("en", "31 April at 10"),
    ],
)
def test_a_day_that_its_month_does_not_have_is_not_taken_for_another(language: str, text: str) -> None:
    assert read(text, language) == []
    assert is_unreal(text, language, here(NOW, language))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("it", "domenica 28 marzo alle 2 e mezza di notte"),
        ("de", "am Sonntag, 28. März, um 2:30 nachts"),
        ("es", "el domingo 28 de marzo a las 2:30 de la madrugada"),
        ("en", "Sunday 28 March at 1:30 am"),
    ],
)
def test_an_hour_that_summer_time_skips_is_unreal(language: str, text: str) -> None:
    assert read(text, language, EVE_OF_SUMMER) == []
    assert is_unreal(text, language, here(EVE_OF_SUMMER, language))


@pytest.mark.parametrize("text", ["il 30 novembre", "il 29 febbraio", "30/11", "buongiorno", "24/7", "31 persone"])
def test_what_exists_or_is_no_time_is_not_unreal(text: str) -> None:
    now = here(NOW, "it")
    assert when(text, "it", now) or not is_unreal(text, "it", now)


@pytest.mark.parametrize(
    ("language", "text"),
    [("it", "lunedì 25 alle 9"), ("de", "Montag 25. um 9"), ("es", "lunes 25 a las 9"), ("en", "Monday 25 at 9")],
)
def test_a_weekday_and_a_date_that_differ_are_both_given(language: str, text: str) -> None:
    assert read(text, language) == ["2026-11-25 09:00", "2026-11-23 09:00"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("it", "né martedì né giovedì"),
        ("de", "weder Dienstag noch Donnerstag"),
        ("es", "ni martes ni jueves"),
        ("en", "neither Tuesday nor Thursday"),
    ],
)
def test_neither_nor_names_no_day(language: str, text: str) -> None:
    assert read(text, language) == []


def test_still_on_a_day_names_it() -> None:
    assert read("noch am Donnerstag?", "de")[0] == "2026-11-19"


def test_an_hour_without_a_day_says_so() -> None:
    now = here(NOW, "it")
    assert [one.dated for one in when("alle 10", "it", now)] == [False]
    assert [one.dated for one in when("venerdì alle 10", "it", now)] == [True]
    assert [one.dated for one in when("tra un'ora", "it", now)] == [True]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("it", "domani", True),
        ("it", "ok, allora domani alle 3", True),
        ("it", "3/12/2026 ore 9.30", True),
        ("de", "morgen", True),
        ("de", "Ja, morgen Abend geht gut", True),
        ("es", "vale, mañana a las 5", True),
        ("en", "tomorrow at 3 would be great, thanks", True),
        ("it", "domani non posso", False),
        ("de", "Guten Morgen", False),
        ("de", "Morgen kann ich leider nicht", False),
        ("en", "remind me tomorrow", False),
        ("en", "", False),
    ],
)
def test_whether_words_say_a_time_and_nothing_else(language: str, text: str, expected: bool) -> None:
    assert is_all(text, when(text, language, here(NOW, language))) is expected
