"""Reading the lessons: from files people edit to values the bot serves."""

import html
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lessons.curriculum import Curriculum, Lesson, load
from bot.lessons.markdown import fingerprint, to_html, to_plain
from bot.messages import LANGUAGES

REAL = Path(__file__).parents[2] / "curriculum"
TODAY = date(2026, 11, 26)
FOLDER = "worker/01-start/01-first"
UUID = "7ad4f9d4-8a0a-4ffd-b75e-deefc67ba5ac"

TRACK = """
title: {en: A track, it: Un percorso, de: Ein Kurs, es: Un curso}
slots:
  business: {en: your shop, it: la Sua attività, de: Ihr Betrieb, es: su negocio}
  city: {en: your town, it: la Sua città, de: Ihr Ort, es: su ciudad}
  sector: {en: your trade, it: il Suo settore, de: Ihre Branche, es: su sector}
"""
LESSON = f"""
uuid: {UUID}
status: ready
minutes: 5
topics: [reviews]
prerequisites: []
digcomp: ["2.4"]
countries: [DE, IT]
sources:
  - {{url: "https://example.org/help", checked: 2026-11-01}}
  - {{url: "https://example.org/more", checked: 2026-10-01}}
review_by: 2026-12-24
blocks:
  - {{id: why, kind: card}}
  - {{id: where, kind: card, volatile: true}}
  - {{id: what, kind: question, answer: b}}
  - {{id: do, kind: task}}
"""
PAGE = """# A title

## why

A review is a letter that **all**
can read.

## where

1. Open the [help](https://example.org/a?b=1&c=2).
2. Tap *Reply*.

## what

What helps {business} & you?

- a: To shout as loud as
  the guest did.
  > No. People hear the tone.
- b: To stay calm.
  > Yes. It shows
  > who you are.

## do

Answer one review.

> Done means: your answer is **there**.
"""


def stamped(page: str, english: str = PAGE) -> str:
    """The page as a translation made from `english`: each heading ends in its fingerprint."""
    bodies = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", english, re.MULTILINE | re.DOTALL))
    title = english.splitlines()[0].removeprefix("# ")
    page = re.sub(r"^(# .+)$", rf"\1 <!-- english: {fingerprint(title)} -->", page, flags=re.MULTILINE)
    return re.sub(
        r"^## (\S+)$",
        lambda found: f"{found[0]} <!-- english: {fingerprint(bodies[found[1]])} -->",
        page,
        flags=re.MULTILINE,
    )


def write_lesson(root: Path, folder: str = FOLDER, about: str = LESSON, page: str = PAGE) -> Path:
    """A lesson that is the same in all languages, with the files it needs around it."""
    place = root / folder
    place.mkdir(parents=True)
    (root / folder.split("/")[0] / "track.yml").write_text(TRACK)
    (place.parent / "module.yml").write_text("title: {en: Start, it: Inizio, de: Anfang, es: Inicio}")
    (place / "lesson.yml").write_text(about)
    (place / "en.md").write_text(page)
    for language in LANGUAGES[1:]:
        (place / f"{language}.md").write_text(stamped(page, page))
    return place


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, f"{old!r} is not in {file}"
    file.write_text(text.replace(old, new))


def only_lesson(curriculum: Curriculum) -> Lesson:
    (lesson,) = curriculum.lessons
    return lesson


def test_a_lesson_is_read_whole(tmp_path: Path) -> None:
    write_lesson(tmp_path)
    curriculum = load(tmp_path)
    lesson = only_lesson(curriculum)
    assert not [problem for problem in curriculum.problems if problem.file.startswith("worker")]
    assert (lesson.uuid, lesson.folder, lesson.minutes, lesson.track) == (UUID, FOLDER, 5, "worker")
    assert (lesson.topics, lesson.digcomp, lesson.countries) == (("reviews",), ("2.4",), ("DE", "IT"))
    assert (lesson.module.number, lesson.module.title["de"]) == (1, "Anfang")
    assert lesson.languages == LANGUAGES
    assert lesson.checked == date(2026, 10, 1)
    why, where, what, do = lesson.blocks
    assert why.text["en"] == "A review is a letter that <b>all</b> can read."
    assert where.text["it"] == '1. Open the <a href="https://example.org/a?b=1&amp;c=2">help</a>.\n2. Tap <i>Reply</i>.'
    assert (why.volatile, where.volatile) == (False, True)
    assert what.question["es"] == "What helps {business} & you?"
    assert what.options["en"] == ("To shout as loud as the guest did.", "To stay calm.")
    assert what.explanations["en"] == ("No. People hear the tone.", "Yes. It shows who you are.")
    assert what.answer == 1
    assert do.text["de"] == "Answer one review."
    assert do.done["de"] == "Done means: your answer is <b>there</b>."


def test_lessons_follow_their_folders_and_drafts_stay_at_home(tmp_path: Path) -> None:
    for number, name in enumerate(("02-module/01-third", "01-module/02-second", "01-module/01-first")):
        about = LESSON.replace("7ad4", f"000{number}")
        write_lesson(tmp_path, f"worker/{name}", about)
    draft = LESSON.replace("7ad4", "0009").replace("ready", "draft")
    place = write_lesson(tmp_path, "worker/01-module/03-draft", draft)
    for language in LANGUAGES[1:]:
        (place / f"{language}.md").unlink()
    curriculum = load(tmp_path)
    track = curriculum.track("worker")
    assert [lesson.folder.rpartition("-")[2] for lesson in track] == ["first", "second", "third"]
    assert [lesson.next_in_track and lesson.next_in_track.uuid for lesson in track] == [
        track[1].uuid,
        track[2].uuid,
        None,
    ]
    assert len(curriculum.lessons) == 4
    assert curriculum.lesson(UUID.replace("7ad4", "0009")) is None
    assert curriculum.track("trainer") == ()
    assert [problem.file for problem in curriculum.problems] == ["trainer/track.yml"]


def test_a_lesson_is_found_by_its_uuid() -> None:
    curriculum = load(REAL)
    for lesson in (*curriculum.track("worker"), *curriculum.track("trainer")):
        assert curriculum.lesson(lesson.uuid.upper()) is lesson
    assert curriculum.lesson("not a uuid") is None


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("lesson.yml", "minutes: 5", "minutes: many", "minutes"),
        ("lesson.yml", "minutes: 5", "minutes: [", "no YAML"),
        ("lesson.yml", "countries:", "contries:", "contries"),
        ("lesson.yml", "2026-12-24", "2026-02-31", "Day"),
        ("lesson.yml", "[DE, IT]", "[Mars]", "countries"),
        ("lesson.yml", UUID, "seven", "uuid"),
        ("lesson.yml", "id: where", "id: why", "same id"),
        ("lesson.yml", "answer: b", "answer: c", "right answer"),
        ("lesson.yml", ", answer: b", "", "right answer"),
        ("lesson.yml", "id: do, kind: task", "id: do, kind: task, answer: a", "has no answer"),
        ("lesson.yml", "id: why,", "id: how,", "missing"),
        ("en.md", "# A title\n", "", "title is missing"),
        ("en.md", "## where", "### where", "no heading"),
        ("en.md", "## where", "## why", "twice"),
        ("en.md", "## do", "## extra\n\nText\n\n## do", "knows no such block"),
        ("en.md", "A review is a letter that **all**\ncan read.\n", "", "missing"),
        ("en.md", "> Done means: your answer is **there**.", "", "done"),
        ("en.md", "can read.", "can read.\n> Done.", "no “> ” lines"),
        ("en.md", "- b:", "- c:", "out of order"),
        ("en.md", "- b:", "b:", "belongs to no option"),
        ("en.md", "  > No. People hear the tone.\n", "", "Option a has no explanation"),
        ("en.md", "What helps {business} & you?", "", "no question"),
    ],
)
def test_a_broken_lesson_is_named_and_skipped(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    write_lesson(tmp_path, "worker/01-start/02-sound", LESSON.replace("7ad4", "0000"))
    rewrite(write_lesson(tmp_path) / file, old, new)
    curriculum = load(tmp_path)
    assert only_lesson(curriculum).folder == "worker/01-start/02-sound"
    problem = curriculum.problems[0]
    assert problem.file == f"{FOLDER}/{file}" or problem.file == f"{FOLDER}/en.md"
    assert said in problem.what
    assert problem.remedy


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (write_lesson(tmp_path) / "en.md").write_bytes(b"# T\xfftle")
    curriculum = load(tmp_path)
    assert curriculum.lessons == ()
    assert "UTF-8" in curriculum.problems[0].remedy


@pytest.mark.parametrize("file", ["track.yml", "01-start/module.yml"])
def test_a_track_or_module_without_titles_is_left_out(tmp_path: Path, file: str) -> None:
    write_lesson(tmp_path)
    (tmp_path / "worker" / file).write_text("title: {en: Only English}")
    curriculum = load(tmp_path)
    assert curriculum.lessons == ()
    assert curriculum.problems[0].file == f"worker/{file}"


def test_a_folder_with_another_name_is_named(tmp_path: Path) -> None:
    write_lesson(tmp_path, "worker/01-start/First lesson")
    curriculum = load(tmp_path)
    assert curriculum.lessons == ()
    assert curriculum.problems[0].file == "worker/01-start/First lesson"


def test_an_empty_place_is_no_curriculum(tmp_path: Path) -> None:
    curriculum = load(tmp_path / "nowhere")
    assert curriculum.lessons == ()
    assert [problem.file for problem in curriculum.problems] == ["worker/track.yml", "trainer/track.yml"]


def test_the_second_lesson_with_a_uuid_is_skipped(tmp_path: Path) -> None:
    write_lesson(tmp_path)
    write_lesson(tmp_path, "worker/01-start/02-copy")
    curriculum = load(tmp_path)
    assert only_lesson(curriculum).folder == FOLDER
    assert only_lesson(curriculum).next_in_track is None
    (problem,) = [problem for problem in curriculum.problems if "02-copy" in problem.file]
    assert problem.file == "worker/01-start/02-copy/lesson.yml"
    assert FOLDER in problem.what


@pytest.mark.parametrize(
    ("old", "new", "block"),
    [
        (PAGE[PAGE.index("## do") :], "", "do"),
        ("- b: To stay calm.\n  > Yes. It shows\n  > who you are.\n", "", "what"),
        ("- b: To", "- b: Too\n  > Yes.\n- c: To", "what"),
    ],
)
def test_a_language_in_which_a_block_is_missing_is_left_out(tmp_path: Path, old: str, new: str, block: str) -> None:
    place = write_lesson(tmp_path)
    (place / "de.md").write_text(PAGE.replace(old, new))
    curriculum = load(tmp_path)
    lesson = only_lesson(curriculum)
    assert lesson.languages == ("en", "it", "es")
    assert all("de" not in part.text for part in lesson.blocks)
    assert (curriculum.problems[0].file, curriculum.problems[0].block) == (f"{FOLDER}/de.md", block)


def test_a_language_without_a_file_is_left_out(tmp_path: Path) -> None:
    (write_lesson(tmp_path) / "es.md").unlink()
    curriculum = load(tmp_path)
    assert only_lesson(curriculum).languages == ("en", "it", "de")
    assert curriculum.problems[0].file == f"{FOLDER}/es.md"


def test_a_translation_goes_stale_when_the_english_words_change(tmp_path: Path) -> None:
    place = write_lesson(tmp_path)
    rewrite(place / "en.md", "that **all**\ncan read", "that **all** can\nread")
    assert not any(block.is_stale("it") for block in only_lesson(load(tmp_path)).blocks)
    rewrite(place / "en.md", "Open the", "Look at the")
    lesson = only_lesson(load(tmp_path))
    assert [block.id for block in lesson.blocks if block.is_stale("it")] == ["where"]
    assert not any(block.is_stale("en") for block in lesson.blocks)


def test_a_stale_volatile_block_is_withheld_and_a_stale_lasting_one_is_not(tmp_path: Path) -> None:
    place = write_lesson(tmp_path)
    rewrite(place / "en.md", "Open the", "Look at the")
    rewrite(place / "en.md", "A review is", "One review is")
    lesson = only_lesson(load(tmp_path))
    assert [block.id for block in lesson.withheld("de", TODAY)] == ["where"]
    assert [block.id for block in lesson.served("de", TODAY)] == ["why", "what", "do"]
    assert lesson.withheld("en", TODAY) == ()


def test_facts_nobody_has_checked_in_time_are_withheld_in_every_language(tmp_path: Path) -> None:
    write_lesson(tmp_path)
    lesson = only_lesson(load(tmp_path))
    for language in LANGUAGES:
        assert lesson.withheld(language, date(2026, 12, 24)) == ()
        assert [block.id for block in lesson.withheld(language, date(2026, 12, 25))] == ["where"]


def test_slots_are_filled_with_what_we_know(tmp_path: Path) -> None:
    write_lesson(tmp_path)
    lesson = only_lesson(load(tmp_path))
    known = {"business": "Bar <Sport> & Figli"}
    assert lesson.fill("Is {business} in {city}?", "en", known) == ("Is Bar &lt;Sport&gt; &amp; Figli in your town?")
    assert lesson.fill("{business}?", "it", known, as_html=False) == "Bar <Sport> & Figli?"
    assert lesson.fill("{sector} {else}", "de", {}) == "Ihre Branche {else}"
    assert lesson.fill("Done. {business} is open", "en", {"business": " "}) == "Done. Your shop is open"
    assert len(lesson.fill("{business}", "es", {"business": "x" * 90}, as_html=False)) == 40


def test_the_example_in_the_readme_is_a_lesson(tmp_path: Path) -> None:
    readme = (REAL / "README.md").read_text()
    about = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)[0]
    page = re.findall(r"```markdown\n(# .*?)```", readme, re.DOTALL)[0]
    write_lesson(tmp_path, about=about, page=page)
    curriculum = load(tmp_path)
    assert only_lesson(curriculum).languages == LANGUAGES
    assert [problem.file for problem in curriculum.problems] == ["trainer/track.yml"]


def test_the_real_lessons_are_there_in_every_language() -> None:
    curriculum = load(REAL)
    assert curriculum.problems == ()
    assert len(curriculum.track("worker")) == 42
    assert len(curriculum.track("trainer")) == 20
    for lesson in curriculum.lessons:
        assert lesson.languages == LANGUAGES
        assert len(lesson.served("it", TODAY)) == len(lesson.blocks)


def test_reading_leaves_the_files_alone_and_needs_them_no_more(tmp_path: Path) -> None:
    shutil.copytree(REAL, tmp_path / "curriculum")
    curriculum = load(tmp_path / "curriculum")
    shutil.rmtree(tmp_path / "curriculum")
    lesson = curriculum.track("worker")[0]
    assert lesson.title["de"] == "Warum lohnt sich das?"
    with pytest.raises(TypeError):
        lesson.title["de"] = "Anders"  # type: ignore[index]


@pytest.mark.parametrize(
    ("markdown", "wanted"),
    [
        ("a **b *c* d** e", "a <b>b <i>c</i> d</b> e"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("**open", "**open"),
        ("[a](javascript:x)", "[a](javascript:x)"),
        ("[**a**](https://e.org)", '<a href="https://e.org">**a**</a>'),
        ("1 < 2 & <b>", "1 &lt; 2 &amp; &lt;b&gt;"),
        ("one\ntwo\n\n\nthree", "one two\n\nthree"),
        ("List:\n- a\n  b\n- c", "List:\n• a b\n• c"),
    ],
)
def test_markdown_becomes_telegram_html(markdown: str, wanted: str) -> None:
    assert to_html(markdown) == wanted


MARKS = st.lists(
    st.sampled_from(["*", "**", "***", "[", "]", "(", ")", "](https://e.org/", "\n", "\n\n", "- ", "1. ", " "])
    | st.sampled_from(["<b>", "</b>", "&", "&amp;", '"', "'", "a", "è", "{business}", "`"])
    | st.text(max_size=4),
    max_size=40,
).map("".join)


@given(MARKS)
def test_html_is_always_balanced_and_escaped(markdown: str) -> None:
    made = to_html(markdown)
    open_tags: list[str] = []
    for closing, name, attributes in re.findall(r"<(/?)(\w+)([^<>]*)>", made):
        assert name in {"b", "i", "a"}
        if closing:
            assert open_tags.pop() == name
        else:
            assert re.fullmatch(r' href="https?://[^"<>\s]+"' if name == "a" else "", attributes)
            open_tags.append(name)
    assert not open_tags
    text = re.sub(r"</?(?:b|i|a)(?: [^<>]*)?>", "", made)
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)
    assert to_plain(markdown) == html.unescape(text)


@given(st.text(alphabet=st.characters(blacklist_characters="*[]<>&-0123456789", blacklist_categories=["Cs"])))
def test_plain_words_keep_their_words(text: str) -> None:
    assert to_plain(text).split() == text.split()
