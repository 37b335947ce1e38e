"""Finds the card of the curriculum that answers a question in words. Pure: the day is given.

A lesson is found by what people said when they asked for it (:mod:`bot.lessons.sayings`) and by its cards: BM25F
(Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009), as the share of the question
that a card covers, 0 to 1 however long the question is. One threshold says "there is no such lesson".
"""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Protocol, cast
from weakref import WeakKeyDictionary

import Stemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.lessons.curriculum import Block, Curriculum, Lesson
from bot.lessons.glossary import Glossary, Term
from bot.lessons.markdown import to_plain
from bot.lessons.sayings import Sayings
from bot.messages import LANGUAGES
from bot.people import vocabulary

# How near it is to what people said of a lesson, and how much of it a card covers; the two make a lesson's score.
SAID, COVERED = 2.0, 0.4
GOOD = 0.28  # a lesson that scores less is no answer (chosen by tests/lessons/test_search*.py)
CLOSE = 0.5  # of the best card's score: near enough to be offered beside it
MOST = 3
LONGEST = 1_000  # characters of a question that are read
MOST_WORDS = 40

# How much a word counts where it stands. What an author sets in bold or italics is what a card is about; what a quiz
# asks is what a lesson is for. None of these is delicate: half or double changes the figures by a point or two.
TITLE, TOPIC, MARKED, TEXT, ASKED, MODULE, REST = 3.0, 3.0, 1.5, 1.0, 1.0, 0.5, 0.5
K1, B = 0.9, 0.4  # how soon repeating a word stops to count; how much long cards are held back
MISTYPED, COMPOUND = 0.8, 0.8
SHORTEST_MISTYPED, LONG_WORD, SHORTEST_PART = 5, 11, 5  # letters
OTHER_TRACK = 0.75  # a trainer's questions are first of all about teaching

_TOKEN = re.compile(r"[a-z0-9]+")
_SLOT = re.compile(r"\{\w+\}")
_MARKED = re.compile(r"\*+(?=\S)(.+?)(?<=\S)\*+")
_FLAT = str.maketrans({"ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "ß": "ss"})
_STEMMERS = {"en": "english", "it": "italian", "de": "german", "es": "spanish"}
_STOP = {
    "en": """a about after all also am an and any are as at be because been before being but by can could did do does
        doing done everywhere explain for from get give go got had has have having he hello help her here hers herself
        hey hi him himself his how i if im in into is it its just know learn lesson let like may me mean might more
        most much must my myself need no not now of off ok on one only or other our out over own people please question
        really say see shall she should show so some somebody someone something still tell than thank thanks that the
        their them themselves then there these they thing things think this those to too understand up us use used
        using very want was way we well were what when where which while who whom whose why will with without work
        works would yes you your yours yourself""",
    "it": """a abbia abbiamo ad agli ai al alla alle allo altra altre altri altro anche ancora avere avete aveva bene c
        capire capisco che chi ci ciao cio come con cosa cose cui d da dagli dai dal dalla dalle dallo degli dei del
        dell della delle dello deve devo di dice dire domanda dov dove e ed era essere fa faccio fanno far fare fate
        fatto fosse gia gli grazie ha hai hanno ho i il in io l la le lei lezione li lo loro lui ma me mi mia mie miei
        mio molto ne negli nei nel nell nella nelle nello nessuno nn no noi non nostra nostro nulla o ogni oppure per
        perche perfavore pero piu po poi posso potete potrei puo pure qual qualche qualcosa qualcuno quale quali quando
        quanta quante quanti quanto quella quelle quelli quello questa queste questi questo qui quindi sa sapere sara
        se sei senza si sia siamo so solo sono spiegare sta stare sto su sua sue sugli sui sul sulla sulle suo suoi
        tanto te ti tra troppo tu tua tue tuo tuoi tutta tutte tutti tutto un una uno va vi vogliamo voglio vogliono
        vorrei vuol vuole""",
    "de": """aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist bitte
        da dafur damit dann darf das dass dein deine deinen dem den denn der des dich die dies diese diesen dieser dir
        doch du durch ein eine einem einen einer eines er erklaren es etwas euch euer frage fuer fur ganz geben gegen
        gehen geht genau gibt habe haben hallo hat hatte hier hilf hilfe ich ihm ihn ihnen ihr ihre ihrem ihren im
        immer in ins ist ja jede jedem jeden jeder jemand jemandem jemanden jetzt kann kannst kein keine keinen koennen
        koennte konnen konnte konnten lektion mache machen macht mal man mehr mein meine meinem meinen meiner mich mir
        mit mochte moechte muss mussen nach ne nein nicht nichts noch nun nur ob oder ohne sagen schon sehr sei sein
        seine seinem seinen seiner selbst sich sie sind so soll sollen sollte tun uber uberhaupt ueber um und uns unser
        unsere unserer unter vom von vor wann war warum was wegen weil weiss welche welchem welchen welcher welches
        wenn wer werde werden wie wieder will wir wird wissen wo wohin wollen wurde wurden zu zum zur""",
    "es": """a al algo alguien algun alguna algunas algunos ante antes aqui asi aunque ayuda bien cada como con cosa
        cosas creo cual cuales cualquier cuando cuanta cuantas cuanto cuantos de deber debo decir del desde dice donde
        dos e el ella ellas ellos en entiendo entonces entre era eres es esa esas ese eso esos esta estan estar estas
        este esto estos estoy explica favor gracias ha hace hacen hacer hacerlo haces hago hasta hay he hola la las le
        leccion les lo los mas me mi mia mio mis mucho muy nada ni no nos nosotros nuestra nuestro o os otra otras otro
        otros para pero poder podria por porque pregunta puede puedes puedo pues que quien quiere quiero quisiera sabe
        saber sea ser si sin sobre solo son soy su sus tal tambien tan te tener tengo ti tiene tienen toda todas todo
        todos tu tus un una unas uno unos usar usted ustedes va vale voy y ya yo""",
}
STOP: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _STOP.items()}

# A question about a word has one of these, or hardly anything beside the word ("the hashtag?").
_DEFINING = {
    "en": "what whats mean means meaning define definition explain",
    "it": "che cosa cos cose significa significato vuol definizione spiegare spiega spieghi",
    "de": "was bedeutet bedeuten bedeutung heisst heissen versteht erklaren erklar erklare definition",
    "es": "que significa significan significado quiere definicion explica explicar explicame",
}
DEFINING: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _DEFINING.items()}
# What may stand beside them without asking for more: "what is a hashtag on Instagram called"
_BESIDE_ALL = """facebook instagram tiktok linkedin whatsapp youtube google meta online internet word words term called
    parola termine wort begriff genannt palabra termino llama"""
_BESIDE = frozenset(_BESIDE_ALL.split())
_DENIED = frozenset({"not", "no", "non", "nicht", "kein", "keine"})
MISTYPED_TERM = 6  # letters: a shorter word is rather another one ("store" is no "story")


@dataclass(frozen=True, slots=True)
class Hit:
    """A card that answers a question. `score` says how well its lesson does: from 0, hardly ever above 1."""

    lesson: Lesson
    block: Block
    score: float


class Index:
    """The cards of a curriculum, ready to be asked. Each language is read when it is first asked in."""

    def __init__(self, curriculum: Curriculum) -> None:
        self._lessons = tuple(lesson for lesson in curriculum.lessons if lesson.status == "ready")
        self._pages: dict[str, _Page] = {}

    def read(self, language: str) -> "_Page":
        """The cards in this language, read now if they have not been yet: about a second, and 50 MB."""
        return self._pages.get(language) or self._pages.setdefault(language, _Page(self._lessons, language))

    def find(
        self,
        question: str,
        language: str,
        role: str,
        today: date,
        country: str = "",
        withheld: Container[tuple[str, str]] = (),
    ) -> list[Hit]:
        """The best card of each lesson that answers, best first: one, or up to three that are close; none is honest.

        A worker is shown the worker's track, a trainer both, each for their country ("" sees what is for everywhere);
        facts that may have changed are not shown, nor the cards that are `withheld`, by (lesson's uuid, block's id).
        Never raises for what stands in the question.
        """
        if language not in LANGUAGES:
            return []
        page = self.read(language)
        best: list[Hit] = []
        for score, lesson in page.ranked(question, role):
            least = CLOSE * best[0].score if best else GOOD
            if score < least or len(best) == MOST:
                break
            if not _is_for(lesson, role, country):
                continue
            given = lesson.served(language, today)
            cards = [
                one for one in page.cards(question, lesson) if one in given and (lesson.uuid, one.id) not in withheld
            ]
            if cards:
                best.append(Hit(lesson, cards[0], score))
        return best


_INDICES: WeakKeyDictionary[Curriculum, Index] = WeakKeyDictionary()


def index_of(curriculum: Curriculum) -> Index:
    """The curriculum's index, made when it is first asked for and gone with it."""
    return _INDICES.get(curriculum) or _INDICES.setdefault(curriculum, Index(curriculum))


def read_all(curriculum: Curriculum) -> None:
    """Read every language now, so that nobody waits for it in the middle of a conversation."""
    for language in LANGUAGES:
        index_of(curriculum).read(language)


def _is_for(lesson: Lesson, role: str, country: str) -> bool:
    tracks = {"worker": ("worker",), "trainer": ("worker", "trainer")}.get(role, ())
    return lesson.track in tracks and (not lesson.countries or country in lesson.countries)


# -- one language -----------------------------------------------------------------------------------------


class _Page:
    """The cards in one language: which words stand in them, and how much each says."""

    def __init__(self, lessons: Iterable[Lesson], language: str) -> None:
        self.language = language
        self._stems: dict[str, str] = {}  # by the word as written
        self._cards = [
            (lesson, block)
            for lesson in lessons
            if language in lesson.languages
            for block in lesson.blocks
            if block.kind == "card"
        ]
        counted = [self._counted(lesson, block) for lesson, block in self._cards]
        self._learn_rarity(counted)
        self._learn_strength(counted)
        self._lessons = {lesson.uuid: lesson for lesson, _ in self._cards}
        self._sayings = Sayings(self._said(), lambda text: (_stem(word, language) for word in words_in(text, language)))
        self._by_first: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._stems):
            self._by_first[word[0]].append(word)

    def _counted(self, lesson: Lesson, block: Block) -> dict[str, float]:
        """How often each term stands in this card or around it, weighed by where it stands."""
        language = self.language
        markdown = block.markdown[language]
        texts = (
            (lesson.title[language], TITLE),
            (" ".join(_label(topic, language) for topic in lesson.topics), TOPIC),
            (" ".join(_MARKED.findall(markdown)), MARKED),
            (markdown, TEXT),
            (" ".join(one.question.get(language, "") for one in lesson.blocks), ASKED),
            (lesson.module.title[language], MODULE),
            (" ".join(one.markdown[language] for one in lesson.blocks if one is not block), REST),
        )
        found = {_topic(topic): TOPIC for topic in lesson.topics}
        for text, weight in texts:
            for word in words_in(to_plain(_SLOT.sub(" ", text)), language):
                stem = self._stems.setdefault(word, _stem(word, language))
                found[stem] = found.get(stem, 0.0) + weight
        return found

    def _learn_rarity(self, counted: list[dict[str, float]]) -> None:
        """A term says the more, the fewer lessons it stands in; one that stands nowhere says as much as the rarest."""
        where: dict[str, set[str]] = defaultdict(set)
        for (lesson, _), found in zip(self._cards, counted, strict=True):
            for term in found:
                where[term].add(lesson.uuid)
        number = len({lesson.uuid for lesson, _ in self._cards})
        self._rarity = {
            term: math.log(1 + (number - len(lessons) + 0.5) / (len(lessons) + 0.5)) for term, lessons in where.items()
        }
        self._unheard = math.log(1 + (number + 0.5) / 0.5)

    def _learn_strength(self, counted: list[dict[str, float]]) -> None:
        """For each term, how strongly it stands in which card, 0 to 1."""
        lengths = [sum(found.values()) for found in counted]
        average = sum(lengths) / len(lengths) if lengths else 1.0
        self._strength: dict[str, dict[int, float]] = defaultdict(dict)
        for card, (found, length) in enumerate(zip(counted, lengths, strict=True)):
            for term, count in found.items():
                held = count / (1 - B + B * length / average)
                self._strength[term][card] = held / (K1 + held)

    def _scored(self, question: str) -> Iterator[tuple[float, Lesson, Block]]:
        """The cards that say anything about the question with the share of it that they cover, the best first."""
        covered: dict[int, float] = defaultdict(float)
        whole = 0.0
        for terms in self._asked(question[:LONGEST]):
            rarity = max((self._rarity[term] for term in terms), default=self._unheard)
            whole += rarity
            strongest: dict[int, float] = defaultdict(float)
            for term, sure in terms.items():
                for card, strength in self._strength[term].items():
                    strongest[card] = max(strongest[card], sure * strength)
            for card, strength in strongest.items():
                covered[card] += rarity * strength
        for card in sorted(covered, key=lambda one: (-covered[one], one)):
            yield (covered[card] / whole, *self._cards[card])

    def ranked(self, question: str, role: str) -> Iterator[tuple[float, Lesson]]:
        """The lessons by how well they answer, the best first: how near the question is to what people said of them,
        and the share of it that their best card covers."""
        covers: dict[str, float] = {}
        for share, lesson, _ in self._scored(question):
            covers.setdefault(lesson.uuid, share)
        near = self._sayings.near(question[:LONGEST])
        found = {uuid: SAID * near.get(uuid, 0.0) + COVERED * covers.get(uuid, 0.0) for uuid in {*near, *covers}}
        for uuid, lesson in self._lessons.items():
            if role == "trainer" and lesson.track == "worker" and uuid in found:
                found[uuid] *= OTHER_TRACK
        for uuid in sorted(found, key=lambda one: (-found[one], one)):
            yield found[uuid], self._lessons[uuid]

    def cards(self, question: str, lesson: Lesson) -> list[Block]:
        """The cards of a lesson, the one that covers most of the question first."""
        scored = [block for _, one, block in self._scored(question) if one is lesson]
        return scored + [block for one, block in self._cards if one is lesson and block not in scored]

    def _said(self) -> Iterator[tuple[str, str]]:
        """What is said of each lesson, in it and by those who asked, with the lesson's uuid."""
        language = self.language
        for uuid, lesson in self._lessons.items():
            texts = [lesson.title[language], *lesson.asked.get(language, ())]
            for block in lesson.blocks:
                if block.kind == "question":
                    texts.append(block.question[language])
                elif block.kind == "card":
                    texts.append(block.markdown[language])
            for text in texts:
                yield to_plain(_SLOT.sub(" ", text)), uuid

    def _asked(self, question: str) -> Iterator[dict[str, float]]:
        """For each word and topic of the question, the terms it may stand for and how sure that is."""
        by_stem: dict[str, str] = {}
        for word in words_in(question, self.language):
            by_stem.setdefault(_stem(word, self.language), word)
        for stem, word in list(by_stem.items())[:MOST_WORDS]:
            yield self._terms(word, stem)
        for topic in map(_topic, vocabulary.read_topics(question, self.language)):
            yield {topic: 1.0} if topic in self._rarity else {}

    def _terms(self, word: str, stem: str) -> dict[str, float]:
        terms: dict[str, float] = {}
        if self.language == "de":
            terms = {self._stems[part]: COMPOUND for part in self._parts(word)}
        if stem in self._rarity:
            terms[stem] = 1.0
        return terms or {self._stems[meant]: MISTYPED for meant in self._meant(word)}

    def _parts(self, word: str) -> Iterator[str]:
        """Words that this one is made of, or that are made of it: "Geschäftskonto" and "Konto"."""
        for known in self._stems:
            short, long = sorted((known, word), key=len)
            if SHORTEST_PART <= len(short) < len(long) and (long.endswith(short) or long.startswith(short)):
                yield known

    def _meant(self, word: str) -> list[str]:
        """The words that were meant when one letter is wrong (two in a long word); few mistype the first one."""
        if len(word) < SHORTEST_MISTYPED:
            return []
        most = 1 if len(word) < LONG_WORD else 2
        near = process.extract(word, self._by_first.get(word[0], []), scorer=OSA.distance, score_cutoff=most, limit=5)
        return [meant for meant, errors, _ in near if errors == near[0][1]]


def words_in(text: str, language: str) -> Iterator[str]:
    """The words that say something, in small letters without accents."""
    return (word for word in _tokens(text) if word not in STOP[language])


def _tokens(text: str) -> Iterator[str]:
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_FLAT))
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    return (word for word in _TOKEN.findall(plain) if len(word) > 1)


class _Stems(Protocol):
    def stemWord(self, word: str) -> str: ...


@cache
def _stemmer(language: str) -> _Stems:
    return cast(_Stems, cast(Any, Stemmer).Stemmer(_STEMMERS[language]))


def _stem(word: str, language: str) -> str:
    return _stemmer(language).stemWord(word)


def _topic(topic: str) -> str:
    """A topic as a term of its own: no word can look like it."""
    return f"#{topic}"


def _label(topic: str, language: str) -> str:
    return vocabulary.label("topic", topic, language) if topic in vocabulary.keys("topic") else ""


# -- the glossary -----------------------------------------------------------------------------------------


def term_asked(glossary: Glossary, question: str, language: str) -> Term | None:
    """The term that a question asks the meaning of, and nothing else: "what is a hashtag?". Never raises."""
    if language not in LANGUAGES:
        return None
    asked = list(_tokens(question[:LONGEST]))[:MOST_WORDS]
    found: list[tuple[int, Term]] = []
    for term in glossary.terms:
        for name in term.words.get(language, ()) if language in term.says else ():
            words = list(_tokens(name))
            if words and any(_asks_about(asked, at, words, language) for at in range(len(asked) - len(words) + 1)):
                found.append((len(words), term))
    return max(found, key=lambda one: one[0])[1] if found else None


def _asks_about(asked: list[str], at: int, words: list[str], language: str) -> bool:
    """Whether these words stand at this place of the question, and the rest only asks what they mean."""
    here, rest = asked[at : at + len(words)], [*asked[:at], *asked[at + len(words) :]]
    if not all(_same(said, word, language) for said, word in zip(here, words, strict=True)):
        return False
    if len(here) == 1 and here[0] in STOP[language]:
        return False  # "what would you like"
    defining = DEFINING[language]
    if not defining.intersection(rest) and len(rest) > 1:
        return False
    return all(word in STOP[language] | defining | _BESIDE and word not in _DENIED for word in rest)


def _same(said: str, word: str, language: str) -> bool:
    if _stem(said, language) == _stem(word, language):
        return True
    return len(word) >= MISTYPED_TERM and said[0] == word[0] and OSA.distance(said, word) == 1
