"""When people usually have time, in their words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.words.availability import PARTS, parts
from bot.words.times.vocabulary import VOCABULARIES

TABLE: dict[str, list[tuple[str, str]]] = {
    "en": [
        ("tuesday afternoon", "1 pm"),
        ("Tuesdays", "1 am pm eve"),
        ("monday and wednesday mornings", "02 am"),
        ("mon, wed, fri", "024 am pm eve"),
        ("mon-fri", "01234 am pm eve"),
        ("from monday to thursday in the evening", "0123 eve"),
        ("weekday evenings", "01234 eve"),
        ("weekends", "56 am pm eve"),
        ("at the weekend, in the morning", "56 am"),
        ("any time", "0123456 am pm eve"),
        ("always in the afternoon", "0123456 pm"),
        ("mornings", "0123456 am"),
        ("saturday morning, sunday evening", "5 am, 6 eve"),
        ("monday morning or thursday afternoon", "0 am, 3 pm"),
        ("every day except friday", "012356 am pm eve"),
        ("weekdays but not mornings", "01234 pm eve"),
        ("mondays are no good", "123456 am pm eve"),
        ("mondays after 6", "0 eve"),
        ("wednesday from 9 to 12", "2 am"),
        ("tuesday at 3", "1 pm"),
        ("good evening, tuesday mornings please", "1 am"),
        ("i like instagram", ""),
        ("", ""),
    ],
    "it": [
        ("martedì pomeriggio", "1 pm"),
        ("martedi", "1 am pm eve"),
        ("lunedì e mercoledì mattina", "02 am"),
        ("lun, mer, ven", "024 am pm eve"),
        ("lun-ven", "01234 am pm eve"),
        ("dal lunedì al giovedì di sera", "0123 eve"),
        ("nei giorni feriali la sera", "01234 eve"),
        ("nel fine settimana", "56 am pm eve"),
        ("nel weekend di mattina", "56 am"),
        ("in qualsiasi momento", "0123456 am pm eve"),
        ("sempre il pomeriggio", "0123456 pm"),
        ("la mattina", "0123456 am"),
        ("sabato mattina, domenica sera", "5 am, 6 eve"),
        ("lunedì mattina o giovedì pomeriggio", "0 am, 3 pm"),
        ("tutti i giorni tranne venerdì", "012356 am pm eve"),
        ("giorni feriali ma non la mattina", "01234 pm eve"),
        ("il lunedì non posso", "123456 am pm eve"),
        ("lunedì dopo le 18", "0 eve"),
        ("mercoledì dalle 9 alle 12", "2 am"),
        ("martedì alle 15", "1 pm"),
        ("buonasera, martedì mattina", "1 am"),
        ("mi piace instagram", ""),
    ],
    "de": [
        ("dienstag nachmittag", "1 pm"),
        ("dienstags", "1 am pm eve"),
        ("Montag und Mittwoch vormittags", "02 am"),
        ("mo, mi, fr", "024 am pm eve"),
        ("Mo-Fr", "01234 am pm eve"),
        ("von Montag bis Donnerstag abends", "0123 eve"),
        ("werktags am abend", "01234 eve"),
        ("am Wochenende", "56 am pm eve"),
        ("am wochenende vormittags", "56 am"),
        ("jederzeit", "0123456 am pm eve"),
        ("immer nachmittags", "0123456 pm"),
        ("morgens", "0123456 am"),
        ("Samstagvormittag, Sonntagabend", "5 am, 6 eve"),
        ("montag morgen oder donnerstag nachmittag", "0 am, 3 pm"),
        ("jeden Tag außer Freitag", "012356 am pm eve"),
        ("werktags, aber nicht vormittags", "01234 pm eve"),
        ("montags geht nicht", "123456 am pm eve"),
        ("montags nach 18 Uhr", "0 eve"),
        ("mittwoch von 9 bis 12", "2 am"),
        ("dienstag um 15 Uhr", "1 pm"),
        ("guten Abend, dienstag vormittag", "1 am"),
        ("sa und so", "56 am pm eve"),
        ("ich mag das so", ""),
    ],
    "es": [
        ("martes por la tarde", "1 pm"),
        ("los martes", "1 am pm eve"),
        ("lunes y miércoles por la mañana", "02 am"),
        ("lun, mie, vie", "024 am pm eve"),
        ("de lunes a viernes", "01234 am pm eve"),
        ("de lunes a jueves por la noche", "0123 eve"),
        ("entre semana por las noches", "01234 eve"),
        ("los fines de semana", "56 am pm eve"),
        ("el finde por la mañana", "56 am"),
        ("a cualquier hora", "0123456 am pm eve"),
        ("siempre por la tarde", "0123456 pm"),
        ("por las mananas", "0123456 am"),
        ("sabado por la mañana, domingo por la noche", "5 am, 6 eve"),
        ("lunes mañana o jueves tarde", "0 am, 3 pm"),
        ("todos los días menos el viernes", "012356 am pm eve"),
        ("entre semana pero no por la mañana", "01234 pm eve"),
        ("los lunes no puedo", "123456 am pm eve"),
        ("lunes después de las 18", "0 eve"),
        ("miércoles de 9 a 12", "2 am"),
        ("martes a las 15", "1 pm"),
        ("buenas noches, los martes por la mañana", "1 am"),
        ("me gusta instagram", ""),
    ],
}


def slots(expected: str) -> list[tuple[int, str]]:
    """`"02 am, 5 pm eve"` -> the days 0 and 2 in the morning, 5 in the afternoon and evening."""
    wanted = [
        (int(day), part)
        for group in filter(None, expected.split(", "))
        for days, *some in [group.split()]
        for day in days
        for part in some
    ]
    return sorted(wanted, key=lambda slot: (slot[0], PARTS.index(slot[1])))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [(language, text, expected) for language, rows in TABLE.items() for text, expected in rows],
)
def test_the_week_is_what_was_said(language: str, text: str, expected: str) -> None:
    assert parts(text, language) == slots(expected)


@pytest.mark.parametrize(
    ("language", "text", "bare"),
    [
        (language, text, "".join(_plain_letter(letter) for letter in text))
        for _plain_letter in [lambda letter: {"ì": "i", "á": "a", "é": "e", "ñ": "n", "í": "i"}.get(letter, letter)]
        for language in ("it", "es")
        for text, _ in TABLE[language]
    ],
)
def test_accents_are_optional(language: str, text: str, bare: str) -> None:
    assert parts(bare, language) == parts(text, language)


def test_a_language_we_do_not_speak_is_tried_as_ours() -> None:
    assert parts("martedì pomeriggio", "xx") == [(1, "pm")]
    assert parts("tuesday afternoon", "en-GB") == [(1, "pm")]


words = st.sampled_from(
    [text for rows in TABLE.values() for text, _ in rows] + [", ", " not ", " tranne ", "\0", "\ud800", "so", "9-12"]
)


@given(st.text() | st.lists(words).map(" ".join), st.sampled_from([*VOCABULARIES, "xx", ""]))
def test_whatever_comes_in_a_week_in_order_comes_out(text: str, language: str) -> None:
    found = parts(text, language)
    assert all(0 <= day <= 6 and part in PARTS for day, part in found)
    assert found == sorted(set(found), key=lambda slot: (slot[0], PARTS.index(slot[1])))


@given(st.sampled_from(list(VOCABULARIES)), st.integers(0, 6), st.data())
def test_saying_more_days_never_takes_one_away(language: str, day: int, data: st.DataObject) -> None:
    names = {
        "en": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        "it": ["lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"],
        "de": ["montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"],
        "es": ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    }[language]
    others = data.draw(st.lists(st.integers(0, 6), min_size=1, max_size=4))
    said = ", ".join(names[d] for d in [day, *others])
    assert {d for d, _ in parts(said, language)} == {day, *others}
