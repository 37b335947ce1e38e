"""Every rule for lessons finds the lesson that breaks it, and nothing in the lessons we give."""

from datetime import date
from pathlib import Path

import pytest

from bot.lessons.files import Problem
from bot.lessons.lint import problems
from bot.lessons.readability import reading_ease, syllables, utf16_length
from bot.messages import LANGUAGES
from tests.lessons.test_curriculum import FOLDER, LESSON, REAL, TODAY, TRACK, rewrite, stamped, write_lesson

SOUND = LESSON.replace("kind: card}", "kind: card}\n  - {id: how, kind: card}", 1)
PAGE = """# A title

## why

A good word is read by **all**. It is worth your time.

## how

Say thanks. Say it in two short lines.

## where

Open the [help](https://example.org/a). Tap *Reply*.

## what

What helps {business} most?

- a: To shout as loud as the guest did.
  > No. They hear the tone.
- b: To stay calm.
  > Yes. It shows who you are.

## do

Choose one. Say thanks.

> Done means: it is there.
"""


def found(root: Path, today: date = TODAY) -> list[Problem]:
    return problems(root, today)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A lesson without a fault, the same words in all languages."""
    place = write_lesson(tmp_path, about=SOUND, page=PAGE)
    (tmp_path / "trainer").mkdir()
    (tmp_path / "trainer/track.yml").write_text(TRACK)
    return place


def page_with(place: Path, old: str, new: str, languages: tuple[str, ...] = LANGUAGES) -> None:
    """Change the words in these languages, and let the translations be made from today's English."""
    english = (place / "en.md").read_text()
    english = english.replace(old, new) if "en" in languages else english
    for language in languages:
        page = PAGE.replace(old, new)
        assert page != PAGE
        (place / f"{language}.md").write_text(page if language == "en" else stamped(page, english))


def test_the_lessons_we_give_have_no_problem() -> None:
    assert [str(problem) for problem in found(REAL)] == []


def test_the_sound_lesson_has_no_problem(place: Path) -> None:
    assert [str(problem) for problem in found(place.parents[2])] == []


LONG = f"This is one sentence that goes on {'and on ' * 12}until nobody can say how it began."
RULES = [
    ("a long card", "It is worth your time.", "It is so. " * 60, "why", "more than 600"),
    ("long sentences", "It is worth your time.", LONG, "how", "words on average"),
    (
        "the longest is right",
        "To stay calm.",
        "To stay calm, however loud the guest may be.",
        "what",
        "longest",
    ),
    ("the answer stands above", "To stay calm.", "Say thanks.", "what", "word for word"),
    (
        "the same explanation twice",
        "Yes. It shows who you are.",
        "No. They hear the tone.",
        "what",
        "share one",
    ),
    ("the same option twice", "To stay calm.", "To shout as loud as the guest did.", "what", "are the same"),
    ("a relative link", "https://example.org/a", "/help.html", "where", "leads nowhere"),
    ("a link in brackets", "https://example.org/a", "https://example.org/a_(b)", "where", "leads nowhere"),
    ("an unknown slot", "{business}", "{shop}", "what", "no slot"),
    ("an open slot", "{business}", "{business", "what", "no slot"),
    ("an empty slot", "{business}", "{}", "what", "no slot"),
    ("a long question", "What helps", "So. " * 70 + "What helps", "what", "of 300"),
    ("a long option", "To shout as loud as the guest did.", "To shout. " * 11, "what", "of 100"),
    ("an option that a name makes long", "To shout as", "{business} " * 3 + "as", "what", "of 100"),
    ("a long explanation", "No. They hear the tone.", "Oh no. " * 30, "what", "of 200"),
    (
        "an explanation of many lines",
        "the tone.",
        "the tone.\n  >\n  > No.\n  >\n  > No.",
        "what",
        "line breaks",
    ),
    ("marks in a quiz", "To stay calm.", "To stay **calm**.", "what", "plain text"),
]


@pytest.mark.parametrize(("old", "new", "block", "said"), [rule[1:] for rule in RULES], ids=[r[0] for r in RULES])
def test_a_rule_finds_the_page_that_breaks_it(place: Path, old: str, new: str, block: str, said: str) -> None:
    if said == "words on average":
        old = "Say thanks. Say it in two short lines."
    page_with(place, old, new)
    matching = [problem for problem in found(place.parents[2]) if said in problem.what]
    assert {(problem.file, problem.block) for problem in matching} == {
        (f"{FOLDER}/{language}.md", block) for language in LANGUAGES
    }
    assert all(problem.remedy for problem in matching)


@pytest.mark.parametrize(
    ("language", "hard"),
    [
        ("en", "Organisational communication necessitates considerable administrative responsibility."),
        ("it", "L’ottimizzazione dell’infrastruttura comunicativa aziendale presuppone, evidentemente, "
               "competenze specialistiche particolarmente approfondite e continuamente aggiornate."),
        ("de", "Unternehmenskommunikation erfordert außerordentliche Verantwortungsbereitschaft."),
        ("es", "La comunicación organizacional necesita considerables responsabilidades administrativas."),
    ],
)  # fmt: skip
def test_a_page_that_is_hard_to_read_is_found(place: Path, language: str, hard: str) -> None:
    page_with(place, "It is worth your time.", f"{hard} " * 9, (language,))
    (problem,) = [problem for problem in found(place.parents[2]) if "hard to read" in problem.what]
    assert problem.file == f"{FOLDER}/{language}.md"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: why,", "id: Why_so,", "kebab-case"),
        ("[reviews]", "[Good Reviews]", "kebab-case"),
        ('"2.4"', '"9.9"', "DigComp"),
        ("https://example.org/help", "example.org/help", "no web address"),
        ("2026-12-24", "2027-01-01", "90 days"),
        ("review_by: 2026-12-24\n", "", "90 days"),
        ("2026-11-01", "2026-11-27", "in the future"),
        ("prerequisites: []", "prerequisites: [worker/01-start/09-none]", "does not exist"),
        ("prerequisites: []", f"prerequisites: [{FOLDER}]", "before itself"),
    ],
)
def test_a_rule_finds_the_lesson_that_breaks_it(place: Path, old: str, new: str, said: str) -> None:
    if new == "id: Why_so,":
        page_with(place, "## why", "## Why_so")
    rewrite(place / "lesson.yml", old, new)
    (problem,) = [problem for problem in found(place.parents[2]) if said in problem.what]
    assert problem.file == f"{FOLDER}/lesson.yml"
    assert problem.remedy


BLOCKS = {
    "card": "Say thanks. Say it in two short lines.",
    "question": "What helps?\n\n- a: To shout as they did.\n  > No.\n- b: To stay calm.\n  > Yes.",
    "task": "Choose one.\n\n> Done means: it is there.",
}


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ("card question task", "1 blocks of kind card"),
        ("card card card card question task", "4 blocks of kind card"),
        ("card card task", "0 blocks of kind question"),
        ("card card question question question task", "3 blocks of kind question"),
        ("card card question", "0 blocks of kind task"),
        ("card card question task task", "2 blocks of kind task"),
    ],
)
def test_a_lesson_has_a_shape(place: Path, kinds: str, said: str) -> None:
    about = SOUND[: SOUND.index("  - {id: why")]
    page = "# A title\n"
    for number, kind in enumerate(kinds.split()):
        answer = ", answer: b" if kind == "question" else ""
        about += f"  - {{id: block-{number}, kind: {kind}{answer}}}\n"
        page += f"\n## block-{number}\n\n{BLOCKS[kind]}\n"
    write_lesson(place.parents[2], "worker/01-start/02-shapeless", about.replace("7ad4", "0002"), page)
    (problem,) = found(place.parents[2])
    assert said in problem.what
    assert problem.file == "worker/01-start/02-shapeless/lesson.yml"


def test_a_volatile_block_needs_a_source(place: Path) -> None:
    about = SOUND[: SOUND.index("sources")] + SOUND[SOUND.index("review_by") :]
    (place / "lesson.yml").write_text(about)
    assert [problem.what for problem in found(place.parents[2])] == ["A volatile block has no source."]


def test_a_lesson_is_reviewed_in_time(place: Path) -> None:
    assert found(place.parents[2], date(2026, 12, 24)) == []
    (problem,) = found(place.parents[2], date(2026, 12, 25))
    assert "2026-12-24" in problem.what


def test_prerequisites_may_not_go_round_in_a_circle(place: Path) -> None:
    root = place.parents[2]
    rewrite(place / "lesson.yml", "prerequisites: []", "prerequisites: [worker/01-start/02-next]")
    for number, needed in ((2, "03-last"), (3, "01-first")):
        name = f"worker/01-start/0{number}-{'next' if number == 2 else 'last'}"
        about = SOUND.replace("7ad4", f"000{number}")
        about = about.replace("prerequisites: []", f"prerequisites: [worker/01-start/{needed}]")
        write_lesson(root, name, about, PAGE)
    circles = [problem.what for problem in found(root)]
    assert len(circles) == 3
    assert "01-first → worker/01-start/02-next → worker/01-start/03-last → worker/01-start/01" in circles[0]


def test_a_lesson_that_only_leads_to_a_circle_is_not_blamed(place: Path) -> None:
    root = place.parents[2]
    rewrite(place / "lesson.yml", "prerequisites: []", "prerequisites: [worker/01-start/02-next]")
    about = SOUND.replace("7ad4", "0002").replace("[]", "[worker/01-start/02-next]", 1)
    write_lesson(root, "worker/01-start/02-next", about, PAGE)
    assert [problem.file for problem in found(root)] == ["worker/01-start/02-next/lesson.yml"]


def test_stale_words_are_found_with_the_stamp_that_heals_them(place: Path) -> None:
    rewrite(place / "en.md", "Say thanks. Say it", "Say it")
    rewrite(place / "en.md", "# A title", "# A better title")
    stale = [problem for problem in found(place.parents[2]) if "stale" in problem.what]
    assert [(problem.file, problem.block) for problem in stale] == [
        (f"{FOLDER}/{language}.md", block) for language in LANGUAGES[1:] for block in ("", "how")
    ]
    for problem in stale:
        heading = "# A title" if problem.block == "" else "## how"
        page = (place.parents[2] / problem.file).read_text().splitlines()
        stamp = problem.remedy[problem.remedy.index("<!--") : problem.remedy.index("-->") + 3]
        healed = [f"{heading} {stamp}" if line.startswith(f"{heading} ") else line for line in page]
        (place.parents[2] / problem.file).write_text("\n".join(healed))
    assert found(place.parents[2]) == []


def test_a_translation_without_a_stamp_is_stale(place: Path) -> None:
    (place / "it.md").write_text(PAGE)
    assert {problem.file for problem in found(place.parents[2])} == {f"{FOLDER}/it.md"}
    assert len(found(place.parents[2])) == 6


@pytest.mark.parametrize(
    ("language", "words", "informal"),
    [
        ("it", "Prenda il tuo telefono.", "tuo"),
        ("de", "Nimm dein Handy.", "dein"),
        ("es", "Toma tu móvil.", "tu"),
    ],
)
def test_workers_are_addressed_politely(place: Path, language: str, words: str, informal: str) -> None:
    page_with(place, "It is worth your time.", words, (language,))
    (problem,) = found(place.parents[2])
    assert (problem.file, problem.block) == (f"{FOLDER}/{language}.md", "why")
    assert f"“{informal}”" in problem.what


def test_trainers_are_addressed_as_friends(tmp_path: Path) -> None:
    page = PAGE.replace("It is worth your time.", "Nimm dein Handy.")
    write_lesson(tmp_path, "trainer/01-start/01-first", SOUND, page)
    (tmp_path / "worker").mkdir()
    (tmp_path / "worker/track.yml").write_text(TRACK)
    assert found(tmp_path) == []


def test_what_cannot_be_read_is_found_too(place: Path) -> None:
    rewrite(place / "es.md", "> Done means: it is there.", "")
    (problem,) = found(place.parents[2])
    assert (problem.file, problem.block) == (f"{FOLDER}/es.md", "do")
    assert "done" in problem.what


def test_a_problem_reads_like_a_sentence() -> None:
    problem = Problem("worker/x/en.md", "why", "It is too long.", "Shorten it.")
    assert str(problem) == "worker/x/en.md, why: It is too long. Shorten it."
    assert str(Problem("worker/track.yml", "", "Gone.", "Write it.")) == "worker/track.yml: Gone. Write it."


def test_lengths_are_telegrams() -> None:
    assert [utf16_length(text) for text in ("", "è", "🙂", "a🙂")] == [0, 1, 2, 3]


HAND_COUNTED = {
    "en": """ac-count ac-tu-al-ly an-y-one ap-pren-tic-es a-gree au-then-ti-ca-tion bak-er-y busi-ness
        can-cel cen-tre chang-es col-league cus-tom-ers ev-ery fam-i-ly leaf-let makes me-di-a min-ute
        neigh-bour no-tice once o-pen o-pened pag-es pass-word peo-ple phone pho-to pho-tos played print-ed
        pri-vate ques-tion qui-et re-cov-er-y re-views sales se-cu-ri-ty so-cial some-bod-y ta-ble ta-bles
        the there to-day try-ing used us-es val-ue vid-e-o vil-lage vi-o-lin want-ed watch-es while whole""",
    "de": """Ak-ti-on An-mel-dung aus-pro-bie-ren Bä-cke-rei bau-en be-quem Be-trieb ei-ge-ne Ein-stel-lun-gen
        Eu-ro-pa Fak-tor Fa-mi-li-e Freun-din ge-schrie-ben Ge-schäft Han-dy Haus I-dee Kenn-wort Kon-to
        Kun-din Leu-te Mäu-se Meer neu-e Öff-nungs-zei-ten pri-vat Schau-fens-ter se-hen Sei-te
        Te-le-fon-num-mer The-a-ter Vi-de-o Wie-der-her-stel-lung zwei""",
    "es": """a-ho-ra ai-re a-pren-der au-ten-ti-ca-ción a-yu-da ba-úl bú-ho bue-no ciu-dad clien-tes có-di-go
        con-tra-se-ña co-o-pe-rar cuen-ta dí-a em-pre-sa es-ca-pa-ra-te es-tu-diáis fo-to gue-rra guí-a hay
        hé-ro-e le-er ley muy ne-go-cio o-es-te o-ír pa-ís pin-güi-no quien re-ú-ne re-yes se-gu-ri-dad
        te-lé-fo-no us-ted ve-ri-fi-ca-ción vio""",
}  # fmt: skip


@pytest.mark.parametrize("language", HAND_COUNTED)
def test_syllables_are_counted_as_by_hand(language: str) -> None:
    words = HAND_COUNTED[language].split()
    wrong = [word for word in words if syllables(word.replace("-", ""), language) != word.count("-") + 1]
    assert len(wrong) <= len(words) // 20, wrong
    by_hand = sum(word.count("-") + 1 for word in words)
    counted = sum(syllables(word.replace("-", ""), language) for word in words)
    assert abs(counted - by_hand) <= 0.02 * by_hand


def test_the_formulas_give_what_a_hand_gives() -> None:
    assert reading_ease("The cat sat. The dog ran off.", "en") == pytest.approx(206.835 - 1.015 * 3.5 - 84.6)
    assert reading_ease("Il gatto dorme. Il cane no.", "it") == pytest.approx(89 + (600 - 10 * 20) / 6)
    assert reading_ease("La casa es azul.", "es") == pytest.approx(206.84 - 60 * 6 / 4 - 1.02 * 4)
    german = 0.1935 * 25 + 0.1672 * 4 + 0.1297 * 25 - 0.0327 * 50 - 0.875
    assert reading_ease("Die Bäckereien sind offen.", "de") == pytest.approx(german)
    assert [reading_ease("", language) for language in LANGUAGES] == [100, 100, 0, 100]


FORMS = """
## pick

Which?

{options}
"""


def with_question(place: Path, key: str, options: list[str], block: str = "pick") -> list[Problem]:
    """What is found when the lesson has one more question, with this key and these options."""
    rewrite(place / "lesson.yml", "  - {id: do,", f"  - {{id: {block}, kind: question, {key}}}\n  - {{id: do,")
    lines = "\n".join(
        f"- {letter}: {option}\n  > Why {letter}." for letter, option in zip("abcdefg", options, strict=False)
    )
    page_with(place, "## do\n", FORMS.format(options=lines).replace("## pick", f"## {block}").lstrip() + "\n## do\n")
    return found(place.parents[2])


def test_a_name_fits_into_a_button(place: Path) -> None:
    assert with_question(place, "answers: [a, b]", ["One", "Two", "Three"], "b" * 32) == []


def test_a_name_that_is_too_long(place: Path) -> None:
    (problem,) = with_question(place, "answers: [a, b]", ["One", "Two", "Three"], "b" * 33)
    assert (problem.file, problem.block) == (f"{FOLDER}/lesson.yml", "b" * 33)
    assert "33 characters, more than 32" in problem.what


@pytest.mark.parametrize("key", ["answers: [a, b]", "order: [b, a, {rest}]"])
@pytest.mark.parametrize("number", [5, 6])
def test_several_and_order_have_five_options_at_most(place: Path, key: str, number: int) -> None:
    options = ["One", "Two", "Three", "Four", "Five", "Six"][:number]
    key = key.format(rest=", ".join("cdef"[: number - 2]))
    matching = [one for one in with_question(place, key, options) if "6 options, more than 5" in one.what]
    assert [one.file for one in matching] == [f"{FOLDER}/{language}.md" for language in LANGUAGES if number == 6]


def test_a_choice_may_have_more(place: Path) -> None:
    assert with_question(place, "answer: a", ["One", "Two", "Three", "Four", "Fives", "Sixes"]) == []


@pytest.mark.parametrize(("number", "is_found"), [(1, True), (2, False), (12, False), (13, True)])
def test_a_point_is_known_by_two_to_twelve_words(place: Path, number: int, is_found: bool) -> None:
    point = " / ".join("abcdefghijklm"[:number])
    matching = [one for one in with_question(place, "points: 1", ["sorry / regret", point]) if "Point" in one.what]
    assert [one.block for one in matching] == ["pick"] * (4 if is_found else 0)
    assert all(f"Point b has {number} words" in one.what for one in matching)
