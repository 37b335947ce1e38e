"""The rules for lessons that a machine can check. `twogether check` prints what :func:`problems` finds.

Reading ease is measured per lesson and language on cards, tasks, questions and explanations:
Flesch 1948 (en, at least 70), Gulpease, Lucisano & Piemontese 1988 (it, at least 60), Fernández-Huerta
1959 (es, at least 70), first Wiener Sachtextformel, Bamberger & Vanecek 1984 (de, a school grade, at most 7).
Syllables are counted by vowels (:func:`syllables`); the tests hold the count to hand-counted words.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from bot.lessons.curriculum import SLOT_LIMIT, Block, Lesson, load
from bot.lessons.files import SLOTS, Problem
from bot.lessons.markdown import fingerprint, to_plain

CARD_LIMIT = 600  # characters a reader sees
SENTENCE_LIMIT = 20  # words, on average in a block
QUESTION_LIMIT, OPTION_LIMIT, EXPLANATION_LIMIT = 300, 100, 200  # Telegram's, in UTF-16 units
EXPLANATION_LINE_FEEDS = 2
CHECK_AGAIN_AFTER = timedelta(days=90)

_KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DIGCOMP = re.compile(r"(?:1\.[1-3]|2\.[1-6]|3\.[1-4]|4\.[1-4]|5\.[1-4])")
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


def problems(root: Path, today: date) -> list[Problem]:
    """Everything wrong with the curriculum in `root`, the files that could not be read first."""
    curriculum = load(root)
    found = list(curriculum.problems)
    for lesson in curriculum.lessons:
        for check in _LESSON_RULES:
            found += check(lesson)
        found += _out_of_date(lesson, today)
        for language in lesson.languages:
            for rule in _PAGE_RULES:
                found += rule(_Page(lesson, language))
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
        words, sentences = _counted(page.prose(block))
        if len(words) > SENTENCE_LIMIT * sentences:
            what = f"Its sentences have {len(words) / sentences:.0f} words on average."
            yield page.problem(block.id, what, f"Make them shorter: {SENTENCE_LIMIT} at most.")


def _easy(page: _Page) -> Iterator[Problem]:
    text = "\n\n".join(page.prose(block) for block in page.lesson.blocks)
    score = reading_ease(text, page.language)
    bound = EASE_BOUNDS[page.language]
    if (score > bound) if page.language == "de" else (score < bound):
        what = f"It is hard to read: {score:.1f}, where {bound} is the limit."
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
        yield from _telegram_limits(page, block)


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
            remedy = "Workers are addressed as Lei, Sie or usted."
            yield page.problem(block.id, f"“{found[0]}” is informal.", remedy)


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
)


# --- measuring text ---------------------------------------------------------------------------------

EASE_BOUNDS = {"en": 70, "it": 60, "de": 7, "es": 70}


def utf16_length(text: str) -> int:
    """The length as Telegram counts it: most emoji are two units."""
    return len(text.encode("utf-16-le")) // 2


def reading_ease(text: str, language: str) -> float:
    """The language's formula (see the module); for "de" small is easy, elsewhere large is."""
    words, sentences = _counted(text)
    if not words:
        return 0.0 if language == "de" else 100.0
    count = len(words)
    length = count / sentences
    if language == "it":
        letters = sum(character.isalnum() for word in words for character in word)
        return 89 + (300 * sentences - 10 * letters) / count
    in_words = [syllables(word, language) for word in words]
    spoken = sum(in_words) / count
    if language == "en":
        return 206.835 - 1.015 * length - 84.6 * spoken
    if language == "es":
        return 206.84 - 60 * spoken - 1.02 * length
    many = 100 * sum(number >= 3 for number in in_words) / count
    one = 100 * sum(number == 1 for number in in_words) / count
    long = 100 * sum(len(word) > 6 for word in words) / count
    return 0.1935 * many + 0.1672 * length + 0.1297 * long - 0.0327 * one - 0.875


def syllables(word: str, language: str) -> int:
    """How many syllables a word has in "en", "de" or "es": its vowel sounds, at least one."""
    return max(1, _NUCLEI[language](word.lower()))


def _counted(text: str) -> tuple[list[str], int]:
    """The words, and how many sentences they make (a line of its own is one)."""
    words = [word for token in text.split() if (word := token.strip(".,;:!?…()[]«»“”„\"'‘’¿¡→•*–—-"))]
    ends = re.findall(r"\w[^\w\s]*?[.!?…]+[^\w\s]*(?=\s|$)|\w[^\w\s]*(?=\n|$)", text)
    return words, max(1, len(ends))


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _spanish(word: str) -> int:
    """Strong vowels (a e o) and accented weak ones each make a syllable where they meet; others glide."""
    word = re.sub(r"([gq])u(?=[eiéí])", r"\1", word)
    word = re.sub(r"y(?![aeiouáéíóúü])", "i", word)
    count = 0
    for run in re.findall(r"[aeiouáéíóúü]+", word):
        count += 1 + sum(_part_in_spanish(left, right) for left, right in pairwise(run))
    return count


def _part_in_spanish(left: str, right: str) -> bool:
    strong = "aeoáéó"
    if left in strong and right in strong:
        return True
    return (left in "íú" and right in strong) or (left in strong and right in "íú")


def _german(word: str) -> int:
    """Vowel runs, of which the diphthongs and double vowels are one sound."""
    runs = re.findall(r"[aeiouyäöü]+", word.replace("qu", "q"))
    return sum(len(re.findall(r"[aeä][iuy]|ie|oi|aa|ee|oo|.", run)) for run in runs)


# English spelling hides its syllables; these everyday words do not follow the rules below.
_ENGLISH = {
    "anyone": 3, "colleague": 2, "colleagues": 2,
    "business": 2, "businesses": 3, "careful": 2, "client": 2, "clients": 2, "create": 2, "created": 3,
    "elsewhere": 2, "evening": 2, "every": 2, "everything": 3, "facebook": 2, "homemade": 2, "idea": 3,
    "ideas": 3, "likely": 2, "people": 2, "quiet": 2, "safely": 2, "somebody": 3, "someone": 2,
    "something": 2, "sometimes": 2, "somewhere": 2, "themselves": 2, "usual": 3, "website": 2,
}  # fmt: skip
_SILENT = re.compile(
    r"(?:[^aeiouylr]|[aeiouy][lr])e$"  # make, there; but not table, centre
    r"|[^aeiouydt]ed$"  # opened; but not wanted
    r"|(?:[^aeiouysxzcglh]|[aeiouy]l|[^cs]h)es$"  # makes, sales; but not uses, tables, watches
)
_PARTED = re.compile(r"[^ctgsxln]i[ao]|eo(?!u)|(?<![gq])ua|[aeou]ing$|ying$")  # media, video, actual, doing


def _english(word: str) -> int:
    bare = re.sub(r"['’]s$", "", word)
    if bare in _ENGLISH:
        return _ENGLISH[bare]
    silent = 1 if _SILENT.search(bare) else 0
    return len(re.findall(r"[aeiouy]+", bare)) - silent + len(_PARTED.findall(bare))


_NUCLEI: dict[str, Callable[[str], int]] = {"en": _english, "de": _german, "es": _spanish}
