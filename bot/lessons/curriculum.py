"""The lessons, read from the files people edit and translate (`curriculum/README.md` shows the format).

`load` reads everything once; what it returns is plain values that never change. A lesson is served
whole or not at all: a broken one is skipped and named in :attr:`Curriculum.problems`, a language in
which a block is missing is left out of that lesson (and named too).
"""

import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal
from uuid import UUID

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.messages import LANGUAGES

Track = Literal["worker", "trainer"]
BlockKind = Literal["card", "question", "task"]
# one right choice · several · steps to put in order · the part with the mistake · words of their own
Form = Literal["choice", "several", "order", "spot", "words"]

TRACKS: tuple[Track, ...] = ("worker", "trainer")
SLOTS: tuple[str, ...] = ("business", "city", "sector")
SLOT_LIMIT = 40  # characters a filled slot may have, so that a quiz stays inside Telegram's limits

_NUMBERED = re.compile(r"\d\d-[a-z0-9]+(-[a-z0-9]+)*")
_HEADING = re.compile(r"(##?) +(.+?)(?: +<!-- *english: *([0-9a-f]{8}) *-->)? *")
_OPTION = re.compile(r"- ([a-l]): +(\S.*)")
_ITEM = re.compile(r"(?:- |\d+\. )")
_SLOT = re.compile(r"(^|[.!?…\n]\s*)?\{(\w+)\}")
_INLINE = re.compile(
    r"\[(?P<label>[^\[\]\n]+)\]\((?P<url>https?://[^\s()<>\"]+)\)"
    r"|\*\*(?=\S)(?P<bold>.+?)(?<=\S)\*\*"
    r"|\*(?=[^\s*])(?P<italic>[^*\n]+?)(?<=\S)\*"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where (`file` below the curriculum's root, `block` or ""), and what to do about it."""

    file: str
    block: str
    what: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}, {self.block}" if self.block else self.file
        return f"{place}: {self.what} {self.remedy}"


@dataclass(frozen=True, slots=True)
class Block:
    """One message of a lesson. Every mapping is by language and holds the lesson's languages only.

    `text` (card, task) and `done` (task) are Telegram HTML. `question`, `options` and `explanations`
    (one per option) are plain text, as a quiz wants them: escape them before they stand in HTML.
    `right` holds the indexes of the right options, of form "order" all of them in their order; of form
    "words" an option is a key point (its words parted by " / ") and `needed` how many make an answer good.
    A task with a `photo` is confirmed by the trainer. `made_from` holds, per translation, the fingerprint
    of the English it was made from; `fingerprint` is that of today's English.
    """

    id: str
    kind: BlockKind
    volatile: bool
    fingerprint: str
    made_from: Mapping[str, str]
    markdown: Mapping[str, str]
    text: Mapping[str, str]
    done: Mapping[str, str]
    question: Mapping[str, str]
    options: Mapping[str, tuple[str, ...]]
    explanations: Mapping[str, tuple[str, ...]]
    form: Form = "choice"
    right: tuple[int, ...] = ()
    needed: int = 0
    photo: bool = False

    @property
    def answer(self) -> int | None:
        """The right option where there is one only."""
        return self.right[0] if self.form in ("choice", "spot") and self.right else None

    def is_stale(self, language: str) -> bool:
        """Whether the English has changed since this translation was made."""
        return language != "en" and self.made_from.get(language) != self.fingerprint


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was found, and the day somebody last looked."""

    url: str
    checked: date


@dataclass(frozen=True, slots=True)
class Module:
    """A chapter of a track; `number` counts from 1 as in its folder's name."""

    track: Track
    folder: str
    number: int
    title: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Lesson:
    """Cards, questions and a task. `folder` ("worker/01-…/02-…") names it in files, `uuid` everywhere else.

    `countries` empty means everywhere; `title` holds the languages this lesson can be given in.
    """

    uuid: str
    folder: str
    module: Module
    status: Literal["ready", "draft"]
    minutes: int
    topics: tuple[str, ...]
    prerequisites: tuple[str, ...]
    digcomp: tuple[str, ...]
    countries: tuple[str, ...]
    sources: tuple[Source, ...]
    review_by: date | None
    title: Mapping[str, str]
    title_made_from: Mapping[str, str]
    blocks: tuple[Block, ...]
    slot_words: Mapping[str, Mapping[str, str]] = field(repr=False)
    next_in_track: "Lesson | None" = field(default=None, repr=False, compare=False)

    @property
    def track(self) -> Track:
        return self.module.track

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which every block is there."""
        return tuple(self.title)

    @property
    def checked(self) -> date | None:
        """The day since which no source has been looked at again: what a dated card shows."""
        return min((source.checked for source in self.sources), default=None)

    def withheld(self, language: str, today: date) -> tuple[Block, ...]:
        """Facts that may have changed: their translation is stale, or nobody has checked them in time."""
        overdue = self.review_by is not None and today > self.review_by
        return tuple(block for block in self.blocks if block.volatile and (overdue or block.is_stale(language)))

    def served(self, language: str, today: date) -> tuple[Block, ...]:
        """The blocks to give, in order: all but the withheld ones."""
        held = self.withheld(language, today)
        return tuple(block for block in self.blocks if block not in held)

    def fill(self, text: str, language: str, known: Mapping[str, str], *, as_html: bool = True) -> str:
        """Put what we know about a person into `{business} {city} {sector}`; general words where we do not.

        `as_html` for `text` and `done`, off for what a quiz shows. Names are cut at :data:`SLOT_LIMIT`.
        """

        def word(slot: re.Match[str]) -> str:
            before, name = slot[1], slot[2]
            if name not in SLOTS:
                return slot[0]
            said = " ".join(known.get(name, "").split()) or self.slot_words[name][language]
            if before is not None:
                said = said[:1].upper() + said[1:]
            said = said if len(said) <= SLOT_LIMIT else said[: SLOT_LIMIT - 1] + "…"
            return (before or "") + (html.escape(said, quote=False) if as_html else said)

        return _SLOT.sub(word, text)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Curriculum:
    """Every lesson that could be read, drafts included, in order; and what is wrong with the others."""

    lessons: tuple[Lesson, ...]
    problems: tuple[Problem, ...]

    def track(self, track: Track) -> tuple[Lesson, ...]:
        """The lessons people get, in the order they get them."""
        return tuple(lesson for lesson in self.lessons if lesson.track == track and lesson.status == "ready")

    def lesson(self, uuid: str) -> Lesson | None:
        """The lesson people get under this uuid; None for an unknown one or a draft."""
        wanted = uuid.strip().lower()
        found = (lesson for lesson in self.lessons if lesson.uuid == wanted and lesson.status == "ready")
        return next(found, None)


def load(root: Path) -> Curriculum:
    """Read the curriculum folder `root`. Never raises for what stands in the files."""
    problems: list[Problem] = []
    read = [lesson for track in TRACKS for lesson in _lessons_of(root, track, problems)]
    lessons = list(_first_of_each_uuid(read, problems))
    return Curriculum(tuple(_linked(lessons)), tuple(problems))


def fingerprint(markdown: str) -> str:
    """Eight hex digits that change when the words do, and do not when lines are only wrapped anew."""
    return hashlib.sha256(" ".join(markdown.split()).encode()).hexdigest()[:8]


def to_html(markdown: str) -> str:
    """`**bold** *italic* [text](https://…)`, lists and paragraphs as Telegram HTML. Never raises.

    >>> to_html("Open **Settings** & [read](https://example.org)")
    'Open <b>Settings</b> &amp; <a href="https://example.org">read</a>'
    """
    return _inline(_flowing(markdown))


def to_plain(markdown: str) -> str:
    """What a reader sees of :func:`to_html`, without the marks."""
    return html.unescape(re.sub(r"<[^>]*>", "", to_html(markdown)))


def _flowing(markdown: str) -> str:
    """Wrapped lines become one line; a blank line parts paragraphs; a list item keeps its own line."""
    paragraphs: list[str] = []
    for paragraph in re.split(r"\n[^\S\n]*\n\s*", markdown.strip()):
        lines: list[str] = []
        for line in (raw.strip() for raw in paragraph.splitlines()):
            if lines and not _ITEM.match(line):
                lines[-1] = f"{lines[-1]} {line}".rstrip()
            else:
                lines.append(line)
        paragraphs.append("\n".join(re.sub(r"^- ", "• ", line) for line in lines))
    return "\n\n".join(paragraphs)


def _inline(text: str) -> str:
    parts: list[str] = []
    at = 0
    for mark in _INLINE.finditer(text):
        parts.append(html.escape(text[at : mark.start()], quote=False))
        if mark["url"]:
            parts.append(f'<a href="{html.escape(mark["url"])}">{html.escape(mark["label"], quote=False)}</a>')
        elif mark["bold"]:
            parts.append(f"<b>{_inline(mark['bold'])}</b>")
        else:
            parts.append(f"<i>{_inline(mark['italic'])}</i>")
        at = mark.end()
    return "".join(parts) + html.escape(text[at:], quote=False)


# --- the YAML files ---------------------------------------------------------------------------------


_Language = Annotated[str, Field(pattern="^(en|it|de|es)$")]
_Slot = Annotated[str, Field(pattern="^(business|city|sector)$")]
_Letter = Annotated[str, Field(pattern="^[a-l]$")]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, str_strip_whitespace=True)


class _BlockFile(_File):
    id: str
    kind: BlockKind
    answer: _Letter | None = None
    answers: list[_Letter] | None = Field(default=None, min_length=1)
    order: list[_Letter] | None = Field(default=None, min_length=2)
    spot: _Letter | None = None
    points: int | None = Field(default=None, ge=1)
    photo: bool = False
    volatile: bool = False

    def key(self) -> tuple[Form, tuple[int, ...], int] | None:
        """The question's form, its right options and the points it needs; None unless exactly one key is given."""
        keys: list[tuple[Form, tuple[int, ...], int]] = []
        if self.answer:
            keys.append(("choice", _indexes([self.answer]), 0))
        if self.answers:
            keys.append(("several", _indexes(sorted(self.answers)), 0))
        if self.order:
            keys.append(("order", _indexes(self.order), 0))
        if self.spot:
            keys.append(("spot", _indexes([self.spot]), 0))
        if self.points:
            keys.append(("words", (), self.points))
        return keys[0] if len(keys) == 1 else None

    def has_key(self) -> bool:
        return any((self.answer, self.answers, self.order, self.spot, self.points))


def _indexes(letters: list[str]) -> tuple[int, ...]:
    return tuple(ord(letter) - ord("a") for letter in letters)


class _SourceFile(_File):
    url: str
    checked: date


class _LessonFile(_File):
    uuid: UUID
    status: Literal["ready", "draft"]
    minutes: int = Field(ge=1, le=15)
    topics: list[str]
    prerequisites: list[str] = []
    digcomp: list[str] = []
    countries: list[Literal["GB", "IT", "DE", "ES"]] = []
    sources: list[_SourceFile] = []
    review_by: date | None = None
    blocks: list[_BlockFile] = Field(min_length=1)


class _ModuleFile(_File):
    title: dict[_Language, str] = Field(min_length=len(LANGUAGES))


class _TrackFile(_ModuleFile):
    slots: dict[_Slot, Annotated[dict[_Language, str], Field(min_length=len(LANGUAGES))]] = Field(min_length=len(SLOTS))


_SEE_README = "Compare it with the example in curriculum/README.md."


class _BrokenFileError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _broken(file: str, block: str, what: str, remedy: str) -> _BrokenFileError:
    return _BrokenFileError(Problem(file, block, what, remedy))


def _read(root: Path, file: str) -> str:
    try:
        return (root / file).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise _broken(file, "", "The file is missing.", "Write it, or take its folder away.") from None
    except (OSError, UnicodeDecodeError):
        raise _broken(file, "", "The file cannot be read.", "Save it as plain text in UTF-8.") from None


def _read_yaml[F: _File](root: Path, file: str, shape: type[F]) -> F:
    try:
        return shape.model_validate(yaml.safe_load(_read(root, file)))
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)
        line = f" near line {mark.line + 1}" if mark else ""
        raise _broken(file, "", f"The file is no YAML{line}.", _SEE_README) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        what = f"{where}: {first['msg'].lower()}."
        raise _broken(file, "", what, _SEE_README) from None
    except ValueError as error:  # a date like 2027-02-31 fails while YAML is read
        raise _broken(file, "", f"{str(error).capitalize()}.", _SEE_README) from None


# --- the Markdown files -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Passage:
    markdown: str
    made_from: str


@dataclass(frozen=True, slots=True)
class _Page:
    """One language of one lesson, as written."""

    file: str
    title: _Passage
    blocks: Mapping[str, _Passage]


def _page(root: Path, file: str, wanted: list[str]) -> _Page:
    """Read one language's file; it must hold the title and exactly the `wanted` blocks."""
    title: _Passage | None = None
    blocks: dict[str, _Passage] = {}
    for mark, name, made_from, body in _passages(_read(root, file), file):
        if mark == "#":
            title = _Passage(name, made_from)
        elif name in blocks:
            raise _broken(file, name, "The block stands there twice.", "Keep one of the two.")
        else:
            blocks[name] = _Passage(body, made_from)
    if title is None:
        raise _broken(file, "", "The title is missing.", "Write it in the first line, after “# ”.")
    for name in wanted:
        if name not in blocks or not blocks[name].markdown:
            raise _broken(file, name, "The block is missing.", f"Write it below a line “## {name}”.")
    for name in blocks:
        if name not in wanted:
            raise _broken(file, name, "lesson.yml knows no such block.", "Correct the name, or list it there.")
    return _Page(file, title, blocks)


def _passages(text: str, file: str) -> Iterator[tuple[str, str, str, str]]:
    """Each heading's mark, name and fingerprint, with the text below it."""
    heading: tuple[str, str, str] | None = None
    body: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            body.append(line)
            continue
        found = _HEADING.fullmatch(line)
        if found is None:
            remedy = "Use “# Title” once and “## block-id” for each block."
            raise _broken(file, "", f"“{line}” is no heading we know.", remedy)
        if heading is not None:
            yield *heading, "\n".join(body).strip()
        heading, body = (found[1], found[2], found[3] or ""), []
    if heading is not None:
        yield *heading, "\n".join(body).strip()


@dataclass(frozen=True, slots=True)
class _Words:
    """One block in one language, taken apart."""

    text: str = ""
    done: str = ""
    question: str = ""
    options: tuple[str, ...] = ()
    explanations: tuple[str, ...] = ()


def _words(file: str, block: _BlockFile, markdown: str) -> _Words:
    lines = markdown.splitlines()
    if block.kind == "question":
        return _question(file, block, lines)
    prose = "\n".join(line for line in lines if not line.startswith(">"))
    quoted = "\n".join(line[1:].strip() for line in lines if line.startswith(">"))
    if block.kind == "task" and not quoted.strip():
        remedy = "Say it in a last paragraph that starts with “> ”."
        raise _broken(file, block.id, "The task does not say what “done” looks like.", remedy)
    if block.kind == "card" and quoted:
        raise _broken(file, block.id, "A card has no “> ” lines.", "Take the “>” away.")
    return _Words(text=to_html(prose), done=to_html(quoted) if quoted else "")


def _question(file: str, block: _BlockFile, lines: list[str]) -> _Words:
    asked: list[str] = []
    options: list[list[str]] = []
    explanations: list[list[str]] = []
    for line in lines:
        if option := _OPTION.fullmatch(line.rstrip()):
            if ord(option[1]) - ord("a") != len(options):
                raise _broken(file, block.id, f"“{line}” is out of order.", "Letter the options a, b, c …")
            options.append([option[2]])
            explanations.append([])
        elif not options:
            asked.append(line)
        elif line.lstrip().startswith(">"):
            explanations[-1].append(line.lstrip()[1:].strip())
        elif line.startswith(" ") and not explanations[-1]:
            options[-1].append(line.strip())
        elif line.strip():
            raise _broken(file, block.id, f"“{line}” belongs to no option.", "Write “- a: …”, below it “  > why”.")
    if not "".join(asked).strip() or len(options) < 2:
        raise _broken(file, block.id, "It is no question.", "Write the question, then two options or more.")
    for letter, explanation in zip("abcdefghijkl", explanations, strict=False):
        if not "".join(explanation):
            remedy = "Write below it “  > why it is right or wrong”."
            raise _broken(file, block.id, f"Option {letter} has no explanation.", remedy)
    return _Words(
        question=_flowing("\n".join(asked)),
        options=tuple(" ".join(option) for option in options),
        explanations=tuple(_flowing("\n".join(explanation)) for explanation in explanations),
    )


# --- folders to lessons -----------------------------------------------------------------------------


def _numbered_folders(root: Path, inside: str, problems: list[Problem]) -> Iterator[str]:
    """The folders of modules or lessons in `inside`, in order."""
    for path in sorted((root / inside).glob("*/")):
        folder = f"{inside}/{path.name}"
        if _NUMBERED.fullmatch(path.name):
            yield folder
        else:
            remedy = "Name it like “01-start-safely”: two digits, then small words with hyphens."
            problems.append(Problem(folder, "", "The folder's name is not one of ours.", remedy))


def _lessons_of(root: Path, track: Track, problems: list[Problem]) -> Iterator[Lesson]:
    try:
        about = _read_yaml(root, f"{track}/track.yml", _TrackFile)
    except _BrokenFileError as error:
        problems.append(error.problem)
        return
    slot_words = _frozen({slot: _frozen(words) for slot, words in about.slots.items()})
    for folder in _numbered_folders(root, track, problems):
        try:
            title = _read_yaml(root, f"{folder}/module.yml", _ModuleFile).title
        except _BrokenFileError as error:
            problems.append(error.problem)
            continue
        name = folder.rpartition("/")[2]
        module = Module(track, folder, int(name[:2]), _frozen(title))
        for lesson_folder in _numbered_folders(root, folder, problems):
            try:
                yield _lesson(root, lesson_folder, module, slot_words, problems)
            except _BrokenFileError as error:
                problems.append(error.problem)


def _lesson(
    root: Path,
    folder: str,
    module: Module,
    slot_words: Mapping[str, Mapping[str, str]],
    problems: list[Problem],
) -> Lesson:
    about = _read_yaml(root, f"{folder}/lesson.yml", _LessonFile)
    ids = [block.id for block in about.blocks]
    if len(set(ids)) < len(ids):
        raise _broken(f"{folder}/lesson.yml", "", "Two blocks have the same id.", "Give each its own.")
    pages: dict[str, _Page] = {"en": _page(root, f"{folder}/en.md", ids)}
    words = {"en": _all_words(about, pages["en"], None)}
    for language in LANGUAGES[1:]:
        try:
            page = _page(root, f"{folder}/{language}.md", ids)
            words[language] = _all_words(about, page, words["en"])
            pages[language] = page
        except _BrokenFileError as error:
            if about.status == "ready":
                problems.append(error.problem)
    return Lesson(
        uuid=str(about.uuid),
        folder=folder,
        module=module,
        status=about.status,
        minutes=about.minutes,
        topics=tuple(about.topics),
        prerequisites=tuple(about.prerequisites),
        digcomp=tuple(about.digcomp),
        countries=tuple(about.countries),
        sources=tuple(Source(source.url, source.checked) for source in about.sources),
        review_by=about.review_by,
        title=_frozen({language: page.title.markdown for language, page in pages.items()}),
        title_made_from=_frozen({language: page.title.made_from for language, page in pages.items()}),
        blocks=tuple(_block(block, pages, words) for block in about.blocks),
        slot_words=slot_words,
    )


def _all_words(about: _LessonFile, page: _Page, english: dict[str, _Words] | None) -> dict[str, _Words]:
    """Every block of a page taken apart; the answers and the English say how many options there must be."""
    words = {block.id: _words(page.file, block, page.blocks[block.id].markdown) for block in about.blocks}
    for block in about.blocks:
        options = len(words[block.id].options)
        if block.kind == "question":
            _check_key(page.file, block, options)
        elif block.has_key():
            raise _broken(page.file, block.id, f"A {block.kind} has no answer.", "Take it out of lesson.yml.")
        if block.photo and block.kind != "task":
            raise _broken(page.file, block.id, f"A {block.kind} has no photo.", "Only tasks have one.")
        if english is not None and options != len(english[block.id].options):
            remedy = "Translate the options one by one."
            raise _broken(page.file, block.id, "It has not as many options as the English.", remedy)
    return words


def _check_key(file: str, block: _BlockFile, options: int) -> None:
    """The key in lesson.yml fits the options on this page."""
    key = block.key()
    if key is None:
        remedy = "Set exactly one of answer, answers, order, spot and points in lesson.yml."
        raise _broken(file, block.id, "The question has no right answer.", remedy)
    form, right, needed = key
    wrong = {
        "order": sorted(right) != list(range(options)),
        "several": not len(set(right)) == len(right) < options,
        "words": needed > options,
    }
    if any(index >= options for index in right) or wrong.get(form, False):
        remedy = "Its letters (or the number of points) in lesson.yml must fit the options: see curriculum/README.md."
        raise _broken(file, block.id, "The question has no right answer.", remedy)


def _block(about: _BlockFile, pages: Mapping[str, _Page], words: Mapping[str, dict[str, _Words]]) -> Block:
    mine = {language: parts[about.id] for language, parts in words.items()}
    passages = {language: page.blocks[about.id] for language, page in pages.items()}
    form, right, needed = about.key() or ("choice", (), 0)
    return Block(
        id=about.id,
        kind=about.kind,
        volatile=about.volatile,
        fingerprint=fingerprint(passages["en"].markdown),
        made_from=_frozen({language: passage.made_from for language, passage in passages.items()}),
        markdown=_frozen({language: passage.markdown for language, passage in passages.items()}),
        text=_frozen({language: part.text for language, part in mine.items() if part.text}),
        done=_frozen({language: part.done for language, part in mine.items() if part.done}),
        question=_frozen({language: part.question for language, part in mine.items() if part.question}),
        options=_frozen({language: part.options for language, part in mine.items() if part.options}),
        explanations=_frozen({lang: part.explanations for lang, part in mine.items() if part.explanations}),
        form=form,
        right=right,
        needed=needed,
        photo=about.photo,
    )


def _frozen[V](mapping: dict[str, V]) -> Mapping[str, V]:
    return MappingProxyType(mapping)


def _linked(lessons: list[Lesson]) -> list[Lesson]:
    """Each ready lesson learns which ready one follows it in its track."""
    following: dict[Track, Lesson] = {}
    linked: list[Lesson] = []
    for read in reversed(lessons):
        lesson = replace(read, next_in_track=following.get(read.track)) if read.status == "ready" else read
        if lesson.status == "ready":
            following[lesson.track] = lesson
        linked.append(lesson)
    return linked[::-1]


def _first_of_each_uuid(lessons: list[Lesson], problems: list[Problem]) -> Iterator[Lesson]:
    owner: dict[str, str] = {}
    for lesson in lessons:
        if lesson.uuid in owner:
            remedy = "Give this lesson a new one; the old one keeps people's progress."
            file = f"{lesson.folder}/lesson.yml"
            problems.append(Problem(file, "", f"The uuid is that of {owner[lesson.uuid]}.", remedy))
        else:
            owner[lesson.uuid] = lesson.folder
            yield lesson
