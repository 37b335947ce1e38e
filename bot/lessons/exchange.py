"""Lessons to translators and back: gettext PO files, one per lesson and language.

    worker/01-start-safely/01-why-bother   ⇄   worker.01-start-safely.01-why-bother.it.po

`msgctxt` is "folder/block" (the title's is "folder"), `msgid` the English, `msgstr` the translation, `fuzzy` when it is
stale. What comes back is taken whole or not at all: a file with anything wrong changes nothing, nor do those beside it.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.errors import Misconfigured
from bot.lessons.curriculum import Block, Curriculum, Lesson, load
from bot.lessons.files import (
    BrokenFileError,
    LessonFile,
    Page,
    Passage,
    all_words,
    complete,
    page_of,
    read_yaml,
    taken_apart,
    written,
)
from bot.lessons.lint import ALTERNATIVES, CARD_LIMIT, EXPLANATION_LIMIT, OPTION_LIMIT, QUESTION_LIMIT, SENTENCE_LIMIT
from bot.lessons.markdown import fingerprint, to_plain
from bot.lessons.page_file import TITLE, PageFile
from bot.lessons.po_file import Sheet, read_sheet
from bot.messages import LANGUAGES
from bot.words.language import detect

TRANSLATIONS = LANGUAGES[1:]

_ADDRESS = {"it": ("Lei", "tu"), "de": ("Sie", "du"), "es": ("usted", "tú")}  # the worker, the trainer
_LIKELY, _SURE = 0.7, 0.95  # that a text is in the file's language; that it is in another one


def name_of(language: str) -> str:
    """ "Italian" for "it"."""
    return Locale("en").languages[language]


# -- out -------------------------------------------------------------------------------------------------


def export(root: Path, language: str, folder: Path, now: datetime) -> list[Path]:
    """Write a file for each lesson of the curriculum in `root` into `folder`; returns them.

    Raises Misconfigured, before anything is written, for a language that is not translated into, for a page that
    cannot be read, and for files that are there already: somebody may have worked on them.
    """
    if language not in TRANSLATIONS:
        raise Misconfigured(f"--language {language!r} must be one of {', '.join(TRANSLATIONS)}.")
    lessons = load(root).lessons
    if not lessons:
        raise Misconfigured(f"There are no lessons in {root}: `twogether check` says why.")
    made = {
        folder / f"{lesson.folder.replace('/', '.')}.{language}.po": _as_po(_sheet_of(root, lesson, language, now))
        for lesson in lessons
    }
    if there := next((file for file in made if file.exists()), None):
        raise Misconfigured(f"{there} is there already: move it away, or name another folder with --out.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in made.items():
            file.write_bytes(content)
    except OSError as error:
        raise Misconfigured(f"{folder} cannot be written to ({error.strerror}): name another with --out.") from None
    return list(made)


def _as_po(sheet: Catalog) -> bytes:
    file = BytesIO()
    write_po(file, sheet, width=0)
    return file.getvalue()


def _sheet_of(root: Path, lesson: Lesson, language: str, now: datetime) -> Catalog:
    sheet = Catalog(
        locale=language,
        project="twogether",
        version="curriculum",
        charset="utf-8",
        creation_date=now,
        revision_date=now,
        header_comment=f"# {lesson.title['en']} ({lesson.folder})",
        fuzzy=False,
    )
    page = _page_there(root, f"{lesson.folder}/{language}.md")
    polite, friendly = _ADDRESS[language]
    address = f"Address the reader as “{polite if lesson.track == 'worker' else friendly}”."
    for name, english in _english(lesson).items():
        here = page.title if name == TITLE else page.blocks.get(name, Passage("", ""))
        block = next((one for one in lesson.blocks if one.id == name), None)
        comments = [*_about(block), address] if block else ["Title of the lesson, on one line."]
        is_stale = bool(here.markdown) and here.made_from != fingerprint(english)
        added = sheet.add(
            english,
            here.markdown,
            flags={"fuzzy"} if is_stale else (),
            auto_comments=comments,
            context=_context(lesson, name),
        )
        # Not Python's: "100 % sure" is no placeholder, and {business} may be moved about
        added.flags -= {"python-format", "python-brace-format"}
    return sheet


def _page_there(root: Path, file: str) -> Page:
    """What there is of a translation; it may not have been begun."""
    if not (root / file).exists():
        return Page(file, Passage("", ""), {})
    try:
        return written(root, file)
    except BrokenFileError as error:
        raise Misconfigured(f"{error} Nothing was written.") from None


def _english(lesson: Lesson) -> dict[str, str]:
    """What is to be translated, by block."""
    return {TITLE: lesson.title["en"]} | {block.id: block.markdown["en"] for block in lesson.blocks}


def _context(lesson: Lesson, name: str) -> str:
    return f"{lesson.folder}/{name}" if name != TITLE else lesson.folder


def _about(block: Block) -> Iterator[str]:
    """What a translator has to know: the kind of block, and its limits."""
    sentences = f"Sentences: {SENTENCE_LIMIT} words on average at most."
    match block.kind:
        case "card":
            yield f"Card: at most {CARD_LIMIT} characters. {sentences}"
        case "task":
            yield f"Task. {sentences} Its last paragraph starts with “> ” and says what “done” looks like."
        case "question":
            yield f"Question of form “{block.form}”: plain text, at most {QUESTION_LIMIT} characters. {sentences}"
            yield "Keep the lines “- a: …” with “  > …” below each, and their order: which is right stands elsewhere."
            yield f"Options: {OPTION_LIMIT} characters. Explanations: {EXPLANATION_LIMIT}. A slot {{…}} counts 40."
    if block.form == "words":
        least, most = ALTERNATIVES[0], ALTERNATIVES[-1]
        yield f"Each option: {least} to {most} beginnings of words that people may answer with, parted by “ / ”."
    if block.volatile:
        yield "Facts that change: translate exactly what is there, and take the names of menus from the app."


# -- in --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """A translation that has come back: the page's file below the root, and the blocks that are different now."""

    file: str
    changed: tuple[str, ...]


def take_in(root: Path, files: Sequence[Path]) -> list[Taken]:
    """Write translated files back into the pages of the curriculum in `root`.

    Raises Misconfigured with a sentence that says what to do when anything is wrong with any of them; then nothing
    has been changed.
    """
    curriculum = load(root)
    ready: dict[str, tuple[PageFile, Taken]] = {}
    for file in files:
        page, taken = _translated(root, curriculum, read_sheet(file))
        if taken.file in ready:
            raise Misconfigured(f"{file}: another file is for {taken.file} as well. Give one of the two.")
        ready[taken.file] = page, taken
    try:
        fresh = [(root / name, page.as_bytes()) for name, (page, taken) in ready.items() if taken.changed]
        for file, content in fresh:
            _beside(file).write_bytes(content)
        for file, _ in fresh:
            os.replace(_beside(file), file)
    except OSError as error:
        raise Misconfigured(f"The curriculum cannot be written to: {error}.") from None
    return [taken for _, taken in ready.values()]


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.new")


def _translated(root: Path, curriculum: Curriculum, sheet: Sheet) -> tuple[PageFile, Taken]:
    """The page as the sheet wants it, which is known to be whole and readable."""
    if sheet.language not in TRANSLATIONS:
        known = ", ".join(TRANSLATIONS)
        raise sheet.refused(f"Its header says “Language: {sheet.language}”; it must be one of {known}.")
    lesson = _lesson_of(curriculum, sheet)
    strings = _strings(lesson, sheet)
    english = _english(lesson)
    name = f"{lesson.folder}/{sheet.language}.md"
    try:
        page = PageFile.read(root / name)
        changed = [one for one, text in strings.items() if page.put(one, text, fingerprint(english[one]))]
        _check(root, lesson, taken_apart(page.text, name), strings, sheet)
    except BrokenFileError as error:
        problem = error.problem
        place = f"{problem.block}: " if problem.block else ""
        raise sheet.refused(f"{place}{problem.what} {problem.remedy}") from None
    return page, Taken(name, tuple(changed))


def _lesson_of(curriculum: Curriculum, sheet: Sheet) -> Lesson:
    folders = {"/".join(context.split("/")[:3]) for context in sheet.entries}
    if len(folders) > 1:
        raise sheet.refused(f"It is about several lessons ({', '.join(sorted(folders))}). Make one file of each.")
    (folder,) = folders
    lesson = next((one for one in curriculum.lessons if one.folder == folder), None)
    if lesson is None:
        raise sheet.refused(f"There is no lesson “{folder}”. Export again, and copy the translation over.")
    return lesson


def _strings(lesson: Lesson, sheet: Sheet) -> dict[str, str]:
    """The translations by block, in the lesson's order; nothing may be left to do."""
    english = _english(lesson)
    names = {_context(lesson, name): name for name in english}
    again = "Export again, and copy the translation over."
    if unknown := [context for context in sheet.entries if context not in names]:
        raise sheet.refused(f"The lesson has no {_listed(unknown)}. {again}")
    given = {names[context]: entry for context, entry in sheet.entries.items()}
    edited = [name for name, entry in given.items() if fingerprint(entry.english) != fingerprint(english[name])]
    if edited:
        what = f"The English of {_listed(edited)} is not today's: it was edited in the file, or changed since."
        raise sheet.refused(f"{what} {again}")
    if missing := [name for name in english if name not in given or not given[name].translation]:
        raise sheet.refused(f"Not translated yet: {_listed(missing)}. Translate everything, then import it again.")
    if fuzzy := [name for name in english if given[name].is_fuzzy]:
        what = f"Still marked as fuzzy: {_listed(fuzzy)}."
        raise sheet.refused(f"{what} Compare it with the English, correct it, and take the mark away.")
    strings = {name: given[name].translation for name in english}
    for name, text in strings.items():
        if name != TITLE and (other := _another_language(text, sheet.language)):
            what = f"{name} is in {name_of(other)}, but the file is for {name_of(sheet.language)}."
            raise sheet.refused(f"{what} Translate it, or correct “Language:” in the header.")
    return strings


def _another_language(text: str, language: str) -> str:
    """The language that a text is in if it is surely not the one it should be in, else ""."""
    doubt = (1 - _LIKELY) / (len(LANGUAGES) - 1)
    guess = detect(to_plain(text), {one: _LIKELY if one == language else doubt for one in LANGUAGES})
    return guess.language if guess.language != language and guess.confidence >= _SURE else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name or "the title" for name in names)


def _check(root: Path, lesson: Lesson, page: Page, strings: Mapping[str, str], sheet: Sheet) -> None:
    """The page reads as what was translated, and has the parts its blocks must have."""
    ids = [block.id for block in lesson.blocks]
    complete(page, ids)
    for name, text in strings.items():
        if (page.title if name == TITLE else page.blocks[name]).markdown != text:
            what = f"{_listed([name])} cannot be kept as it stands."
            raise sheet.refused(f"{what} A title has one line, and no line of a block starts with “#”.")
    about = read_yaml(root, f"{lesson.folder}/lesson.yml", LessonFile)
    english = all_words(about, page_of(root, f"{lesson.folder}/en.md", ids), None)
    all_words(about, page, english)
