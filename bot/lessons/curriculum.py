"""The lessons, read from the files people edit and translate (`curriculum/README.md` shows the format).

`load` reads everything once; what it returns is plain values that never change. A lesson is served
whole or not at all: a broken one is skipped and named in :attr:`Curriculum.problems`, a language in
which a block is missing is left out of that lesson (and named too).
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from bot.lessons.files import (
    SLOTS,
    BlockFile,
    BlockKind,
    BrokenFileError,
    Form,
    LessonFile,
    ModuleFile,
    Page,
    Problem,
    TrackFile,
    Words,
    all_words,
    broken,
    page_of,
    read_sayings,
    read_yaml,
)
from bot.lessons.glossary import NO_GLOSSARY, Glossary, read_glossary
from bot.lessons.markdown import fingerprint
from bot.messages import LANGUAGES

Track = Literal["worker", "trainer"]

TRACKS: tuple[Track, ...] = ("worker", "trainer")
SLOT_LIMIT = 40  # characters a filled slot may have, so that a quiz stays inside Telegram's limits

_NUMBERED = re.compile(r"\d\d-[a-z0-9]+(-[a-z0-9]+)*")
_SLOT = re.compile(r"(^|[.!?…\n]\s*)?\{(\w+)\}")


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

    `asked` holds, by language, what people type when they need it. `countries` empty means
    everywhere; `title` holds the languages this lesson can be given in.
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
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]], repr=False)
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
    """Every lesson that could be read, drafts included, in order; what is wrong with the others; the glossary."""

    lessons: tuple[Lesson, ...]
    problems: tuple[Problem, ...]
    glossary: Glossary = NO_GLOSSARY
    titles: Mapping[Track, Mapping[str, str]] = field(default_factory=dict[Track, Mapping[str, str]])  # of the tracks

    def track(self, track: Track) -> tuple[Lesson, ...]:
        """The lessons people get, in the order they get them."""
        return tuple(lesson for lesson in self.lessons if lesson.track == track and lesson.status == "ready")

    def lesson(self, uuid: str) -> Lesson | None:
        """The lesson people get under this uuid; None for an unknown one or a draft."""
        wanted = uuid.strip().lower()
        found = (lesson for lesson in self.lessons if lesson.uuid == wanted and lesson.status == "ready")
        return next(found, None)


def load(root: Path) -> Curriculum:
    """Read the curriculum folder `root`, again only when a file has changed. Never raises for what stands in there."""
    return _load(root, _stamp(root))


def _stamp(root: Path) -> tuple[tuple[str, int, int], ...]:
    """What tells whether anything has changed: every file with its moment and size."""
    files = ((path, path.stat()) for path in sorted(root.rglob("*")) if path.is_file())
    return tuple((str(path), about.st_mtime_ns, about.st_size) for path, about in files)


@lru_cache(maxsize=4)
def _load(root: Path, _stamp: tuple[tuple[str, int, int], ...]) -> Curriculum:
    problems: list[Problem] = []
    titles: dict[Track, Mapping[str, str]] = {}
    read = [lesson for track in TRACKS for lesson in _lessons_of(root, track, titles, problems)]
    lessons = list(_asked_for(root, list(_first_of_each_uuid(read, problems)), problems))
    try:
        glossary = read_glossary(root)
    except BrokenFileError as error:
        problems.append(error.problem)
        glossary = NO_GLOSSARY
    return Curriculum(tuple(_linked(lessons)), tuple(problems), glossary, _frozen(titles))


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


def _lessons_of(
    root: Path, track: Track, titles: dict[Track, Mapping[str, str]], problems: list[Problem]
) -> Iterator[Lesson]:
    try:
        about = read_yaml(root, f"{track}/track.yml", TrackFile)
    except BrokenFileError as error:
        problems.append(error.problem)
        return
    titles[track] = _frozen(about.title)
    slot_words = _frozen({slot: _frozen(words) for slot, words in about.slots.items()})
    for folder in _numbered_folders(root, track, problems):
        try:
            title = read_yaml(root, f"{folder}/module.yml", ModuleFile).title
        except BrokenFileError as error:
            problems.append(error.problem)
            continue
        name = folder.rpartition("/")[2]
        module = Module(track, folder, int(name[:2]), _frozen(title))
        for lesson_folder in _numbered_folders(root, folder, problems):
            try:
                yield _lesson(root, lesson_folder, module, slot_words, problems)
            except BrokenFileError as error:
                problems.append(error.problem)


def _lesson(
    root: Path,
    folder: str,
    module: Module,
    slot_words: Mapping[str, Mapping[str, str]],
    problems: list[Problem],
) -> Lesson:
    about = read_yaml(root, f"{folder}/lesson.yml", LessonFile)
    ids = [block.id for block in about.blocks]
    if len(set(ids)) < len(ids):
        raise broken(f"{folder}/lesson.yml", "", "Two blocks have the same id.", "Give each its own.")
    pages: dict[str, Page] = {"en": page_of(root, f"{folder}/en.md", ids)}
    words = {"en": all_words(about, pages["en"], None)}
    for language in LANGUAGES[1:]:
        try:
            page = page_of(root, f"{folder}/{language}.md", ids)
            words[language] = all_words(about, page, words["en"])
            pages[language] = page
        except BrokenFileError as error:
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


def _block(about: BlockFile, pages: Mapping[str, Page], words: Mapping[str, dict[str, Words]]) -> Block:
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


def _frozen[K, V](mapping: dict[K, V]) -> Mapping[K, V]:
    return MappingProxyType(mapping)


def _asked_for(root: Path, lessons: list[Lesson], problems: list[Problem]) -> Iterator[Lesson]:
    """Each lesson with what people type when they need it, from `asked.<language>.yml` where there is one."""
    asked: dict[str, dict[str, tuple[str, ...]]] = {lesson.folder: {} for lesson in lessons}
    for language in LANGUAGES:
        file = f"asked.{language}.yml"
        if not (root / file).exists():
            continue
        try:
            sayings = read_sayings(root, file)
        except BrokenFileError as error:
            problems.append(error.problem)
            continue
        for folder, said in sayings.items():
            if folder in asked:
                asked[folder][language] = said
            else:
                remedy = "Correct the name, or take these lines out."
                problems.append(Problem(file, folder, "There is no such lesson.", remedy))
    yield from (replace(lesson, asked=_frozen(asked[lesson.folder])) for lesson in lessons)


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
