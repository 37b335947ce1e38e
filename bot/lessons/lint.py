"""The rules for lessons that a machine can check. `twogether check` prints what :func:`problems` finds.

Reading ease is measured per lesson and language on cards, tasks, questions and explanations
(:mod:`bot.lessons.readability`).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from bot.lessons.curriculum import SLOT_LIMIT, Block, Curriculum, Lesson, load
from bot.lessons.files import SLOTS, Problem
from bot.lessons.glossary import FILE as GLOSSARY_FILE
from bot.lessons.glossary import NO_GLOSSARY, Glossary, glossary_problems
from bot.lessons.markdown import fingerprint, to_plain
from bot.lessons.readability import EASE_BOUNDS, counted, is_hard, reading_ease, utf16_length
from bot.lessons.rules import LETTERS

CARD_LIMIT = 600  # characters a reader sees
SENTENCE_LIMIT = 20  # words, on average in a block
QUESTION_LIMIT, OPTION_LIMIT, EXPLANATION_LIMIT = 300, 100, 200  # Telegram's, in UTF-16 units
EXPLANATION_LINE_FEEDS = 2
CHECK_AGAIN_AFTER = timedelta(days=90)
# A button's data is 64 bytes: "lessons:pick:", a study's number of ten digits, the block's id and the letters chosen.
ID_LIMIT, PICKED_LIMIT = 32, 5
ALTERNATIVES = range(2, 13)  # words that make a key point

_KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DIGCOMP = re.compile(r"(?:1\.[1-3]|2\.[1-6]|3\.[1-4]|4\.[1-4]|5\.[1-4])")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", re.DOTALL)
_POLITE = "Workers are addressed as Lei, Sie or usted."
_LINK = re.compile(r"\]\(([^)]*)\)")
_INFORMAL = {  # words that only stand where somebody is addressed as tu, du or tú
    "it": re.compile(r"\b(?:tu|tuo|tua|tuoi|tue|ti|te)\b", re.IGNORECASE),
    "de": re.compile(r"\b(?:du|dich|dir|dein\w*|euch|euer|eure\w*)\b", re.IGNORECASE),
    "es": re.compile(r"\b(?:tú|tu|tus|te|ti|contigo|vosotr[oa]s|vuestr\w+)\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class _Page:
    """One lesson in one language: what most rules look at."""

    lesson: Lesson
    language: str
    glossary: Glossary

    def problem(self, block: str, what: str, remedy: str) -> Problem:
        return Problem(f"{self.lesson.folder}/{self.language}.md", block, what, remedy)

    def of_kind(self, kind: str) -> Iterator[Block]:
        return (block for block in self.lesson.blocks if block.kind == kind)

    def visible(self, markdown: str) -> str:
        """As somebody reads it of whom we know nothing yet."""
        return self.lesson.fill(to_plain(markdown), self.language, {}, as_html=False)

    def prose(self, block: Block) -> str:
        """All of a block that is meant to be read as sentences: everything but the options."""
        if block.kind == "question":
            return "\n\n".join(
                self.visible(text) for text in (block.question[self.language], *block.explanations[self.language])
            )
        lines = block.markdown[self.language].splitlines()
        return self.visible("\n".join(line.removeprefix(">") for line in lines))

    @property
    def ease(self) -> float:
        return reading_ease("\n\n".join(self.prose(block) for block in self.lesson.blocks), self.language)


def ease_of(lesson: Lesson, language: str) -> float:
    """How easy a lesson is to read, on the language's scale."""
    return _Page(lesson, language, NO_GLOSSARY).ease


def problems(root: Path, today: date) -> list[Problem]:
    """Everything wrong with the curriculum in `root`, the files that could not be read first."""
    return problems_of(load(root), today)


def problems_of(curriculum: Curriculum, today: date) -> list[Problem]:
    """Everything wrong with a curriculum that has been read."""
    found = [*curriculum.problems, *glossary_problems(curriculum.glossary), *_polite_glossary(curriculum.glossary)]
    for lesson in curriculum.lessons:
        for check in _LESSON_RULES:
            found += check(lesson)
        found += _out_of_date(lesson, today)
        for language in lesson.languages:
            for rule in _PAGE_RULES:
                found += rule(_Page(lesson, language, curriculum.glossary))
    return found + list(_prerequisites(curriculum.lessons))


# --- rules for lesson.yml ---------------------------------------------------------------------------


def _about(lesson: Lesson, block: str, what: str, remedy: str) -> Problem:
    return Problem(f"{lesson.folder}/lesson.yml", block, what, remedy)


def _shape(lesson: Lesson) -> Iterator[Problem]:
    kinds = [block.kind for block in lesson.blocks]
    for kind, least, most in (("card", 2, 3), ("question", 1, 2), ("task", 1, 1)):
        if not least <= kinds.count(kind) <= most:
            allowed = str(most) if least == most else f"{least} to {most}"
            what = f"The lesson has {kinds.count(kind)} blocks of kind {kind}."
            yield _about(lesson, "", what, f"A lesson has {allowed} of them: split it, or fill it up.")


def _slugs(lesson: Lesson) -> Iterator[Problem]:
    for slug in (*(block.id for block in lesson.blocks), *lesson.topics):
        if not _KEBAB.fullmatch(slug):
            yield _about(lesson, slug, "The name is not kebab-case.", "Use small letters, digits and hyphens.")
    for block in lesson.blocks:
        if len(block.id) > ID_LIMIT:
            what = f"The name has {len(block.id)} characters, more than {ID_LIMIT}."
            yield _about(lesson, block.id, what, "Shorten it: it has to fit into a button.")
    for competence in lesson.digcomp:
        if not _DIGCOMP.fullmatch(competence):
            remedy = "Take one from DigComp 2.2, such as “4.1”."
            yield _about(lesson, "", f"“{competence}” is no DigComp competence.", remedy)


def _sourced(lesson: Lesson) -> Iterator[Problem]:
    for source in lesson.sources:
        if not source.url.startswith(("https://", "http://")):
            remedy = "Give the whole address, starting with https://."
            yield _about(lesson, "", f"The source “{source.url}” is no web address.", remedy)
    if not any(block.volatile for block in lesson.blocks):
        return
    if lesson.checked is None:
        yield _about(lesson, "", "A volatile block has no source.", "Add the page it was taken from.")
    elif lesson.review_by is None or lesson.review_by > lesson.checked + CHECK_AGAIN_AFTER:
        latest = lesson.checked + CHECK_AGAIN_AFTER
        what = "Facts that change are checked again after 90 days."
        yield _about(lesson, "", what, f"Set review_by to {latest} or earlier.")


def _out_of_date(lesson: Lesson, today: date) -> Iterator[Problem]:
    if lesson.review_by is not None and today > lesson.review_by:
        what = f"It was to be reviewed by {lesson.review_by}; its volatile blocks are withheld."
        yield _about(lesson, "", what, "Read the sources again, then set `checked` and `review_by` anew.")
    for source in lesson.sources:
        if source.checked > today:
            yield _about(lesson, "", f"{source.url} was checked in the future.", "Set the day you looked.")


def _prerequisites(lessons: tuple[Lesson, ...]) -> Iterator[Problem]:
    needs = {lesson.folder: lesson.prerequisites for lesson in lessons}
    for lesson in lessons:
        for needed in lesson.prerequisites:
            if needed not in needs:
                remedy = "Write its folder, such as “worker/01-start-safely/01-why-bother”."
                yield _about(lesson, "", f"The prerequisite “{needed}” does not exist.", remedy)
        if cycle := _way_back(lesson.folder, needs):
            what = f"The lesson comes before itself: {' → '.join(cycle)}."
            yield _about(lesson, "", what, "Take one of these prerequisites out.")


def _way_back(start: str, needs: dict[str, tuple[str, ...]]) -> list[str]:
    """A way along prerequisites from `start` to itself; empty where there is none."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for needed in needs.get(way[-1], ()):
            if needed == start:
                return [*way, start]
            if needed not in seen:
                seen.add(needed)
                ways.append([*way, needed])
    return []


# --- rules for a page -------------------------------------------------------------------------------


def _translated(page: _Page) -> Iterator[Problem]:
    if page.language == "en":
        return
    lesson, language = page.lesson, page.language
    english_title = fingerprint(lesson.title["en"])
    if lesson.title_made_from[language] != english_title:
        yield page.problem("", "The title is stale: the English has changed.", _stamp("#", english_title))
    for block in lesson.blocks:
        if block.is_stale(language):
            what = "The translation is stale: the English has changed."
            yield page.problem(block.id, what, _stamp(f"## {block.id}", block.fingerprint))


def _stamp(heading: str, made_from: str) -> str:
    return f"Compare it with the English, then end the line “{heading}” in <!-- english: {made_from} -->."


def _short(page: _Page) -> Iterator[Problem]:
    for block in page.of_kind("card"):
        length = len(page.visible(block.markdown[page.language]))
        if length > CARD_LIMIT:
            what = f"The card has {length} characters, more than {CARD_LIMIT}."
            yield page.problem(block.id, what, "Leave something out, or make two cards of it.")
    for block in page.lesson.blocks:
        words, sentences = counted(page.prose(block))
        if len(words) > SENTENCE_LIMIT * sentences:
            what = f"Its sentences have {len(words) / sentences:.0f} words on average."
            yield page.problem(block.id, what, f"Make them shorter: {SENTENCE_LIMIT} at most.")


def _easy(page: _Page) -> Iterator[Problem]:
    score = page.ease
    if is_hard(score, page.language):
        what = f"It is hard to read: {score:.1f}, where {EASE_BOUNDS[page.language]} is the limit."
        yield page.problem("", what, "Take shorter words and shorter sentences.")


def _quiz(page: _Page) -> Iterator[Problem]:
    for block in page.of_kind("question"):
        options, explanations = block.options[page.language], block.explanations[page.language]
        if len(set(explanations)) < len(explanations):
            remedy = "Say of each wrong answer what is wrong with it."
            yield page.problem(block.id, "Two options share one explanation.", remedy)
        if len(set(options)) < len(options):
            yield page.problem(block.id, "Two options are the same.", "Make them differ.")
        if block.form == "choice" and _is_longest(options, block.right):
            what = "The longest option is the right one, which gives it away."
            yield page.problem(block.id, what, "Shorten it, or make a wrong one longer.")
        if block.form in ("several", "order") and len(options) > PICKED_LIMIT:
            what = f"It has {len(options)} options, more than {PICKED_LIMIT}."
            yield page.problem(block.id, what, "Leave some out: more do not fit on a phone.")
        if block.form == "words":
            yield from _points(page, block)
        yield from _telegram_limits(page, block)


def _points(page: _Page, block: Block) -> Iterator[Problem]:
    for letter, point in zip(LETTERS, block.options[page.language], strict=False):
        number = len([word for word in point.split("/") if word.strip()])
        if number not in ALTERNATIVES:
            what = f"Point {letter} has {number} words to know it by."
            remedy = f"Give {ALTERNATIVES[0]} to {ALTERNATIVES[-1]}, parted by “ / ”: beginnings of words are enough."
            yield page.problem(block.id, what, remedy)


def _is_longest(options: tuple[str, ...], right: tuple[int, ...]) -> bool:
    wrong = [len(option) for at, option in enumerate(options) if at not in right]
    return all(len(options[at]) > max(wrong) for at in right)


def _telegram_limits(page: _Page, block: Block) -> Iterator[Problem]:
    options, explanations = block.options[page.language], block.explanations[page.language]
    texts = [("question", block.question[page.language], QUESTION_LIMIT)]
    texts += [("option", option, OPTION_LIMIT) for option in options]
    texts += [("explanation", explanation, EXPLANATION_LIMIT) for explanation in explanations]
    longest = dict.fromkeys(SLOTS, "x" * SLOT_LIMIT)
    for name, text, limit in texts:
        length = utf16_length(page.lesson.fill(text, page.language, longest, as_html=False))
        if length > limit:
            what = f"The {name} “{text[:30]}…” has {length} of {limit} characters (a slot counts {SLOT_LIMIT})."
            yield page.problem(block.id, what, "Shorten it: Telegram refuses it otherwise.")
        if to_plain(text) != text:
            remedy = "Take the * and [ ]( ) away."
            yield page.problem(block.id, f"The {name} “{text[:30]}…” has marks: a quiz is plain text.", remedy)
    for explanation in explanations:
        if explanation.count("\n") > EXPLANATION_LINE_FEEDS:
            what = f"The explanation “{explanation[:30]}…” has more than {EXPLANATION_LINE_FEEDS} line breaks."
            yield page.problem(block.id, what, "Write it as one paragraph.")


def _not_given_away(page: _Page) -> Iterator[Problem]:
    above = ""
    for block in page.lesson.blocks:
        if block.kind == "card":
            above += f" {_bare(page.visible(block.markdown[page.language]))} "
        elif block.kind == "question":
            if block.answer is None or block.form == "spot":
                continue
            right = _bare(page.visible(block.options[page.language][block.answer]))
            if f" {right} " in above:
                what = f"The answer “{right}” stands word for word in a card above."
                yield page.problem(block.id, what, "Ask what follows from the card, not for its words.")


def _linked(page: _Page) -> Iterator[Problem]:
    for block in page.lesson.blocks:
        for target in _LINK.findall(block.markdown[page.language]):
            if not re.fullmatch(r"https?://[^\s()<>\"]+", target):
                remedy = "Give the whole address, starting with https://, without spaces or brackets."
                yield page.problem(block.id, f"The link “{target}” leads nowhere.", remedy)


def _slotted(page: _Page) -> Iterator[Problem]:
    for block in page.lesson.blocks:
        for name in re.findall(r"\{([^}]*)\}?|\}", block.markdown[page.language]):
            if name not in SLOTS:
                remedy = f"The slots are {', '.join(f'{{{slot}}}' for slot in SLOTS)}."
                yield page.problem(block.id, f"“{{{name}}}” is no slot.", remedy)


def _polite(page: _Page) -> Iterator[Problem]:
    informal = _INFORMAL.get(page.language)
    if page.lesson.track != "worker" or informal is None:
        return
    for block in page.lesson.blocks:
        if found := informal.search(page.visible(block.markdown[page.language])):
            yield page.problem(block.id, f"“{found[0]}” is informal.", _POLITE)


def _polite_glossary(glossary: Glossary) -> Iterator[Problem]:
    for term in glossary.terms:
        for language, informal in _INFORMAL.items():
            if found := informal.search(term.says.get(language, "")):
                yield Problem(GLOSSARY_FILE, term.key, f"“{found[0]}” ({language}) is informal.", _POLITE)


def _explained(page: _Page) -> Iterator[Problem]:
    """Jargon is explained in a card of the worker's lesson, where it stands in bold; or in the glossary."""
    if page.lesson.track != "worker":
        return
    bold = [found for block in page.of_kind("card") for found in _BOLD.findall(block.markdown[page.language])]
    known = "".join(f" {_bare(words)} " for words in (*page.glossary.explained(page.language), *bold))
    for term in page.glossary.jargon:
        names = [word for word in term.words.get(page.language, ()) if f" {_bare(word)} " not in known]
        for block in page.lesson.blocks:
            if block.form == "words":
                continue  # what people may write
            text = f" {_bare(page.visible(block.markdown[page.language]))} "
            if used := next((word for word in names if f" {_bare(word)} " in text), None):
                remedy = f"Say it plainly; or explain it in a card and set it in **bold** there; or in {GLOSSARY_FILE}."
                yield page.problem(block.id, f"“{used}” is jargon that nobody explains.", remedy)


_LESSON_RULES: tuple[Callable[[Lesson], Iterator[Problem]], ...] = (_shape, _slugs, _sourced)
_PAGE_RULES: tuple[Callable[[_Page], Iterator[Problem]], ...] = (
    _translated,
    _short,
    _easy,
    _quiz,
    _not_given_away,
    _linked,
    _slotted,
    _polite,
    _explained,
)


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
