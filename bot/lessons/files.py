"""The files of a lesson, taken apart: what stands in the YAML, and the words of one language's Markdown.

:mod:`bot.lessons.curriculum` makes lessons of it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import yaml
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from bot.lessons.markdown import flowing, to_html
from bot.messages import LANGUAGES

BlockKind = Literal["card", "question", "task"]
# one right choice · several · steps to put in order · the part with the mistake · words of their own
Form = Literal["choice", "several", "order", "spot", "words"]
SLOTS: tuple[str, ...] = ("business", "city", "sector")

HEADING = re.compile(r"(##?) +(.+?)(?: +<!-- *english: *([0-9a-f]{8}) *-->)? *")
_OPTION = re.compile(r"- ([a-l]): +(\S.*)")


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


FileLanguage = Annotated[str, Field(pattern="^(en|it|de|es)$")]
_Slot = Annotated[str, Field(pattern="^(business|city|sector)$")]
_Letter = Annotated[str, Field(pattern="^[a-l]$")]


class YamlFile(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, str_strip_whitespace=True)


class BlockFile(YamlFile):
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


class SourceFile(YamlFile):
    url: str
    checked: date


class LessonFile(YamlFile):
    uuid: UUID
    status: Literal["ready", "draft"]
    minutes: int = Field(ge=1, le=15)
    topics: list[str]
    prerequisites: list[str] = []
    digcomp: list[str] = []
    countries: list[Literal["GB", "IT", "DE", "ES"]] = []
    sources: list[SourceFile] = []
    review_by: date | None = None
    blocks: list[BlockFile] = Field(min_length=1)


class ModuleFile(YamlFile):
    title: dict[FileLanguage, str] = Field(min_length=len(LANGUAGES))


class TrackFile(ModuleFile):
    slots: dict[_Slot, Annotated[dict[FileLanguage, str], Field(min_length=len(LANGUAGES))]] = Field(
        min_length=len(SLOTS)
    )


class SayingsFile(RootModel[dict[str, list[Annotated[str, Field(min_length=2, max_length=200)]]]]):
    """`{"worker/01-…/02-…": ["how do I …", …]}`"""


_SEE_README = "Compare it with the example in curriculum/README.md."


class BrokenFileError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def broken(file: str, block: str, what: str, remedy: str) -> BrokenFileError:
    return BrokenFileError(Problem(file, block, what, remedy))


def _read(root: Path, file: str) -> str:
    try:
        return (root / file).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise broken(file, "", "The file is missing.", "Write it, or take its folder away.") from None
    except (OSError, UnicodeDecodeError):
        raise broken(file, "", "The file cannot be read.", "Save it as plain text in UTF-8.") from None


def read_yaml[F: BaseModel](root: Path, file: str, shape: type[F]) -> F:
    try:
        return shape.model_validate(yaml.load(_read(root, file), Loader=yaml.CSafeLoader))  # as safe, ten times as fast
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)
        line = f" near line {mark.line + 1}" if mark else ""
        raise broken(file, "", f"The file is no YAML{line}.", _SEE_README) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        what = f"{where}: {first['msg'].lower()}."
        raise broken(file, "", what, _SEE_README) from None
    except ValueError as error:  # a date like 2027-02-31 fails while YAML is read
        raise broken(file, "", f"{str(error).capitalize()}.", _SEE_README) from None


def read_sayings(root: Path, file: str) -> dict[str, tuple[str, ...]]:
    """What people type, by lesson's folder. Raises BrokenFileError."""
    return {folder: tuple(said) for folder, said in read_yaml(root, file, SayingsFile).root.items()}


# --- the Markdown files -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Passage:
    markdown: str
    made_from: str


@dataclass(frozen=True, slots=True)
class Page:
    """One language of one lesson, as written."""

    file: str
    title: Passage
    blocks: Mapping[str, Passage]


def page_of(root: Path, file: str, wanted: list[str]) -> Page:
    """Read one language's file; it must hold the title and exactly the `wanted` blocks."""
    return complete(written(root, file), wanted)


def written(root: Path, file: str) -> Page:
    """One language's file with whatever stands in it; a title that is missing is ""."""
    return taken_apart(_read(root, file), file)


def taken_apart(text: str, file: str) -> Page:
    """The text of a file as its title and its blocks."""
    title = Passage("", "")
    blocks: dict[str, Passage] = {}
    for mark, name, made_from, body in _passages(text, file):
        if mark == "#":
            title = Passage(name, made_from)
        elif name in blocks:
            raise broken(file, name, "The block stands there twice.", "Keep one of the two.")
        else:
            blocks[name] = Passage(body, made_from)
    return Page(file, title, blocks)


def complete(page: Page, wanted: list[str]) -> Page:
    """The page, which must hold the title and exactly the `wanted` blocks."""
    if not page.title.markdown:
        raise broken(page.file, "", "The title is missing.", "Write it in the first line, after “# ”.")
    for name in wanted:
        if name not in page.blocks or not page.blocks[name].markdown:
            raise broken(page.file, name, "The block is missing.", f"Write it below a line “## {name}”.")
    for name in page.blocks:
        if name not in wanted:
            raise broken(page.file, name, "lesson.yml knows no such block.", "Correct the name, or list it there.")
    return page


def _passages(text: str, file: str) -> Iterator[tuple[str, str, str, str]]:
    """Each heading's mark, name and fingerprint, with the text below it."""
    heading: tuple[str, str, str] | None = None
    body: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            body.append(line)
            continue
        found = HEADING.fullmatch(line)
        if found is None:
            remedy = "Use “# Title” once and “## block-id” for each block."
            raise broken(file, "", f"“{line}” is no heading we know.", remedy)
        if heading is not None:
            yield *heading, "\n".join(body).strip()
        heading, body = (found[1], found[2], found[3] or ""), []
    if heading is not None:
        yield *heading, "\n".join(body).strip()


@dataclass(frozen=True, slots=True)
class Words:
    """One block in one language, taken apart."""

    text: str = ""
    done: str = ""
    question: str = ""
    options: tuple[str, ...] = ()
    explanations: tuple[str, ...] = ()


def _words(file: str, block: BlockFile, markdown: str) -> Words:
    lines = markdown.splitlines()
    if block.kind == "question":
        return _question(file, block, lines)
    prose = "\n".join(line for line in lines if not line.startswith(">"))
    quoted = "\n".join(line[1:].strip() for line in lines if line.startswith(">"))
    if block.kind == "task" and not quoted.strip():
        remedy = "Say it in a last paragraph that starts with “> ”."
        raise broken(file, block.id, "The task does not say what “done” looks like.", remedy)
    if block.kind == "card" and quoted:
        raise broken(file, block.id, "A card has no “> ” lines.", "Take the “>” away.")
    return Words(text=to_html(prose), done=to_html(quoted) if quoted else "")


def _question(file: str, block: BlockFile, lines: list[str]) -> Words:
    asked: list[str] = []
    options: list[list[str]] = []
    explanations: list[list[str]] = []
    for line in lines:
        if option := _OPTION.fullmatch(line.rstrip()):
            if ord(option[1]) - ord("a") != len(options):
                raise broken(file, block.id, f"“{line}” is out of order.", "Letter the options a, b, c …")
            options.append([option[2]])
            explanations.append([])
        elif not options:
            asked.append(line)
        elif line.lstrip().startswith(">"):
            explanations[-1].append(line.lstrip()[1:].strip())
        elif line.startswith(" ") and not explanations[-1]:
            options[-1].append(line.strip())
        elif line.strip():
            raise broken(file, block.id, f"“{line}” belongs to no option.", "Write “- a: …”, below it “  > why”.")
    if not "".join(asked).strip() or len(options) < 2:
        raise broken(file, block.id, "It is no question.", "Write the question, then two options or more.")
    for letter, explanation in zip("abcdefghijkl", explanations, strict=False):
        if not "".join(explanation):
            remedy = "Write below it “  > why it is right or wrong”."
            raise broken(file, block.id, f"Option {letter} has no explanation.", remedy)
    return Words(
        question=flowing("\n".join(asked)),
        options=tuple(" ".join(option) for option in options),
        explanations=tuple(flowing("\n".join(explanation)) for explanation in explanations),
    )


def all_words(about: LessonFile, page: Page, english: dict[str, Words] | None) -> dict[str, Words]:
    """Every block of a page taken apart; the answers and the English say how many options there must be."""
    words = {block.id: _words(page.file, block, page.blocks[block.id].markdown) for block in about.blocks}
    for block in about.blocks:
        options = len(words[block.id].options)
        if block.kind == "question":
            _check_key(page.file, block, options)
        elif block.has_key():
            raise broken(page.file, block.id, f"A {block.kind} has no answer.", "Take it out of lesson.yml.")
        if block.photo and block.kind != "task":
            raise broken(page.file, block.id, f"A {block.kind} has no photo.", "Only tasks have one.")
        if english is not None and options != len(english[block.id].options):
            remedy = "Translate the options one by one."
            raise broken(page.file, block.id, "It has not as many options as the English.", remedy)
    return words


def _check_key(file: str, block: BlockFile, options: int) -> None:
    """The key in lesson.yml fits the options on this page."""
    key = block.key()
    if key is None:
        remedy = "Set exactly one of answer, answers, order, spot and points in lesson.yml."
        raise broken(file, block.id, "The question has no right answer.", remedy)
    form, right, needed = key
    wrong = {
        "order": sorted(right) != list(range(options)),
        "several": not len(set(right)) == len(right) < options,
        "words": needed > options,
    }
    if any(index >= options for index in right) or wrong.get(form, False):
        remedy = "Its letters (or the number of points) in lesson.yml must fit the options: see curriculum/README.md."
        raise broken(file, block.id, "The question has no right answer.", remedy)
