"""What a message says to a question: a value, a sentence, or choices; never an error, never a guess."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import LANGUAGES
from bot.onboarding import answers as reading
from bot.onboarding import rules
from bot.onboarding.answers import Reading
from bot.people import places, vocabulary
from bot.texts import tongue
from tests.people_factory import BOLOGNA

EN = tongue("en")
WORKER, TRAINER = {"role": "worker"}, {"role": "trainer"}
languages = st.sampled_from(LANGUAGES)
known = st.fixed_dictionaries({}, optional={"role": st.sampled_from(["worker", "trainer", "coordinator", "", 7])})
DAYS = [f"{day}-{part}" for day in range(7) for part in ("am", "pm", "eve")]


def is_one_of(slot: str, value: Any) -> bool:
    """Whether this is a value that may be kept under the slot."""
    match slot:
        case "consent":
            return value is True
        case "name":
            return isinstance(value, str) and 0 < len(value) <= 80 and value == value.strip()
        case "role":
            return value in ("worker", "trainer")
        case "age_band":
            return value in rules.bands("worker") + rules.bands("trainer")
        case "city":
            return places.get(value) is not None
        case "sector":
            return value in vocabulary.keys("sector")
        case "times":
            return bool(value) and set(value) <= set(DAYS)
        case _:
            keys = vocabulary.keys("language" if slot == "languages" else "topic")
            return bool(value) and set(value) <= set(keys)


@pytest.mark.parametrize("slot", rules.SLOTS)
@given(text=st.text(max_size=200), language=languages, answers=known)
@settings(max_examples=60, deadline=None)
def test_any_text_to_any_question_gives_a_value_or_a_sentence(
    slot: str, text: str, language: str, answers: dict[str, Any]
) -> None:
    found = reading.read(slot, text, tongue(language), answers)
    if found.understood:
        assert is_one_of(slot, found.value)
        assert not found.problem
    else:
        assert found.problem
    assert all(len(choice.data.encode()) <= 64 for choice in found.choices)


EMPTY = ["", " ", "\n", "\0", "\ud800"]
HARD = [
    *EMPTY,
    "x" * 4096,
    "😀" * 2048,
    "👩‍👩‍👧‍👦 🇮🇹",
    "مرحبا، اسمي محمد",
    "\u202eevil\u202c",
    "'; --",
    "/start",
    "<b>",
]


@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
@pytest.mark.parametrize("slot", rules.SLOTS)
def test_hard_texts_give_a_value_or_a_sentence(slot: str, text: str) -> None:
    found = reading.read(slot, text, EN, WORKER)
    assert is_one_of(slot, found.value) if found.understood else found.problem


@given(slot=st.sampled_from(rules.SLOTS) | st.text(max_size=8), key=st.text(max_size=60), language=languages)
@settings(max_examples=200, deadline=None)
def test_any_tapped_key_is_a_value_or_nothing(slot: str, key: str, language: str) -> None:
    found = reading.pick(slot, key, tongue(language))
    assert not found.understood or is_one_of(slot, found.value)


def sentence(found: Reading) -> str:
    assert not found.understood
    return found.problem


@pytest.mark.parametrize(
    ("text", "answers", "says"),
    [
        ("58", WORKER, "50-59"),
        ("I am 70", WORKER, "70+"),
        ("ich bin zweiundzwanzig", TRAINER, "22-24"),
        ("22-24", TRAINER, "22-24"),
        ("-3", WORKER, "-3 cannot be right as an age."),
        ("0", WORKER, "0 cannot be right as an age."),
        ("300", TRAINER, "300 cannot be right as an age."),
        ("old enough", WORKER, "I did not understand the age."),
        ("45", WORKER, "This programme is for learners of 50 and older and for trainers from 18 to 27."),
        ("45", TRAINER, "This programme is for learners of 50 and older and for trainers from 18 to 27."),
        ("22", WORKER, "Learners in this programme are 50 or older. Would you rather teach"),
        ("58", TRAINER, "Trainers in this programme are 18 to 27. Would you rather learn"),
        ("17", WORKER, "This programme is for adults only. Are you really 17 years old?"),
    ],
)
def test_an_age_in_words(text: str, answers: dict[str, str], says: str) -> None:
    found = reading.read("age_band", text, EN, answers)
    assert found.value == says or sentence(found).startswith(says)
    assert not found.ends


def test_who_is_too_old_or_young_for_one_role_is_offered_the_other() -> None:
    assert [one.data for one in reading.read("age_band", "22", EN, WORKER).choices] == [
        "onboarding:pick:role:trainer",
        "threads:ask",
    ]
    assert [one.data for one in reading.read("age_band", "58", EN, TRAINER).choices] == [
        "onboarding:pick:role:worker",
        "threads:ask",
    ]
    assert [one.data for one in reading.read("age_band", "45", EN, TRAINER).choices] == ["threads:ask"]


@pytest.mark.parametrize(
    ("slot", "text", "value"),
    [
        ("consent", "yes please", True),
        ("name", "  Anna\nMaria ", "Anna Maria"),
        ("name", "Đặng Thị Hà", "Đặng Thị Hà"),
        ("role", "I want to learn", "worker"),
        ("languages", "Italian and a bit of German", ["it", "de"]),
        ("city", "bologna", BOLOGNA),
        ("sector", "I have a bakery", "bakery"),
        ("topics", "instagram please", ["instagram"]),
        ("times", "tuesday afternoon", ["1-pm"]),
    ],
)
def test_a_good_answer(slot: str, text: str, value: object) -> None:
    assert reading.read(slot, text, EN, WORKER).value == value


@pytest.mark.parametrize(
    ("slot", "text", "says"),
    [
        ("consent", "maybe", "Please answer yes or no."),
        ("consent", "no", "I understand. Without your yes I may not keep anything"),
        ("name", "https://spam.example", "That does not look like a name."),
        ("name", "12", "That does not look like a name."),
        ("name", "A" * 81, "That does not look like a name."),
        ("role", "both", "Please choose: would you like to learn, or to teach?"),
        ("languages", "klingon", "I know English, Italian, German and Spanish."),
        ("city", "Xqzvbrk", "I do not know this place."),
        ("sector", "qwertz", "I do not know this trade."),
        ("topics", "nothing", "I did not find a topic in that."),
        ("times", "the moon", "I did not find a time in that."),
        ("no such question", "x", "I don't know this question."),
    ],
)
def test_a_bad_answer_says_what_to_do(slot: str, text: str, says: str) -> None:
    assert sentence(reading.read(slot, text, EN, WORKER)).startswith(says)


def test_a_town_of_many_places_gives_choices_that_work() -> None:
    found = reading.read("city", "Newport", EN, WORKER)
    assert sentence(found) == "There are several places with this name. Which one is yours?"
    assert len(found.choices) >= 5
    assert len({choice.label for choice in found.choices}) == len(found.choices), "they can be told apart"
    for choice in found.choices:
        picked = reading.pick("city", choice.data.rpartition(":")[2], EN)
        assert picked.understood
        assert picked.heard[:60] == choice.label


@given(st.lists(st.sampled_from(DAYS), unique=True, min_size=1), languages)
def test_free_times_are_said_back_in_one_line(times: list[str], language: str) -> None:
    said = reading.spoken_times(times, tongue(language))
    assert said
    assert "\n" not in said


def test_whole_groups_of_times_are_said_as_such() -> None:
    assert reading.spoken_times([*reading.TIME_KEYS["wd-am"], *reading.TIME_KEYS["sat"]], EN) == (
        "Weekday mornings and Saturdays"
    )
    assert reading.spoken_times(["1-pm"], EN) == "Tuesday afternoon"


@pytest.mark.parametrize("slot", rules.SEVERAL)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_option_can_be_picked_and_is_kept(slot: str, language: str) -> None:
    t = tongue(language)
    for key, label in reading.options(slot, t):
        assert label
        assert len(f"onboarding:toggle:{slot}:{key}".encode()) <= 64
        assert is_one_of(slot, reading.picked_value(slot, [key], t))
    assert reading.picked_value(slot, ["no such key"], t) == []
