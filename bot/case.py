"""What a use case works with: the person, the transaction, the moment; and a way to speak.

    taps = Taps("matching")

    @taps("accept", needs=JOINED)
    async def accept(case: Case, args: tuple[str, ...]) -> None:
        match = await service.accept(case, number(args))
        case.say(case.t("Thank you!"), [Button(...)])

A handler speaks with `case.say` to the one whose turn it is and with `case.tell` to anybody else. Nothing
leaves before the transaction is committed.
"""

import html
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncSession

import db.clusters
from bot.errors import Forged
from bot.messages import Button, Do, File, Incoming, Lane, Outgoing, Quiz
from bot.outbox.put import Letter, put
from bot.people.talk import remember_screen, show
from bot.settings import Settings
from bot.texts import Tongue, tongue
from db.people import Conversation, Person

if TYPE_CHECKING:
    from bot.lessons.curriculum import Curriculum
    from bot.words.times import TimeFound

ANYONE, JOINED, COORDINATOR = "anyone", "joined", "coordinator"
TAP_BYTES = 64


@dataclass(frozen=True, slots=True)
class House:
    """What is the same for every case: settings, the lessons, the bot's name on Telegram."""

    settings: Settings
    curriculum: "Curriculum"
    bot_name: str = "twogether"


@dataclass(slots=True)
class Case:
    """One use case, for one person, in one transaction.

    `key` is unique to what set it off (an inbox row, a due row); replies are numbered under it.
    `times` are the moments found in the person's words, likeliest first.
    """

    session: AsyncSession
    now: datetime
    person: Person
    talk: Conversation
    house: House
    key: str
    incoming: Incoming = field(default_factory=lambda: Incoming("ignored", ""))
    times: "Sequence[TimeFound]" = ()
    lane: Lane = Lane.REPLY
    said: list[Outgoing] = field(default_factory=list[Outgoing])
    wants: list[Do] = field(default_factory=list[Do])  # use cases of other nouns to go on with
    choices: tuple[Button, ...] = ()  # what the next question offers to pick from
    awaits: bool = False  # a question was put that wants its answer before any other is asked again
    preface: str = ""  # what stands above the next question: what was understood, or why it was not

    @property
    def t(self) -> Tongue:
        """The language of the person whose case it is."""
        return tongue(self.person.language)

    @property
    def settings(self) -> Settings:
        return self.house.settings

    def say(
        self,
        text: str,
        *rows: Sequence[Button],
        keyboard: Sequence[Sequence[str]] = (),
        quiz: Quiz | None = None,
        file: File | None = None,
        edit: bool = False,
    ) -> None:
        """Answer the person. With `edit` the message whose button was tapped is changed instead."""
        buttons = tuple(tuple(row) for row in rows if row)
        words = tuple(tuple(row) for row in keyboard)
        self.show(Outgoing(text, buttons, words, quiz, file), edit=edit)

    def show(self, message: Outgoing, *, edit: bool = False) -> None:
        """Say a message that is ready made."""
        if edit and self.incoming.kind == "tap" and self.incoming.message_id:
            message = replace(message, edit=self.incoming.message_id)
        self.said.append(message)
        remember_screen(self.talk, message)

    def tick(self, answer: str) -> None:
        """Close the question whose button was tapped: its words stay, its buttons go, the answer is shown."""
        if self.incoming.kind == "tap" and self.incoming.message_id and self.incoming.text:
            text = f"{self.incoming.text}\n\n✓ {html.escape(answer, quote=False)}"
            self.said.append(Outgoing(text, edit=self.incoming.message_id))

    async def tell(
        self,
        person: Person,
        message: Outgoing,
        lane: Lane,
        key: str,
        *,
        due_at: datetime | None = None,
        late_after: datetime | None = None,
    ) -> None:
        """Speak to somebody else (or later). The same key is never said twice."""
        await show(self.session, person, message, self.now)
        letter = Letter(person, message, lane, key, due_at or self.now, late_after)
        await put(self.session, [letter], self.now)

    async def send_replies(self) -> None:
        """Put what was said into the outbox, in order. Called once, at the end of the transaction."""
        letters = [
            Letter(self.person, message, self.lane, f"{self.key}:{number}", self.now)
            for number, message in enumerate(self.said)
        ]
        self.said = []
        await put(self.session, letters, self.now)

    async def ask_form(self, form: str, asked: str, answers: dict[str, Any] | None = None) -> None:
        """Open a form at a question; what is answered so far stays unless `answers` replaces it."""
        self.talk.form, self.talk.asked = form, asked
        if answers is not None:
            self.talk.answers = answers

    def close_form(self) -> None:
        """Whatever was being written is over. Who has not joined yet keeps their answers: joining goes on."""
        self.talk.form, self.talk.asked = "", ""
        if self.person.joined_at is not None:
            self.talk.answers = {}

    async def coordinates(self, cluster_id: int | None) -> bool:
        """Whether this person coordinates that cluster."""
        mine = await db.clusters.coordinated_by(self.session, self.person.id)
        return any(cluster.id == cluster_id for cluster in mine)


Handler = Callable[[Case, tuple[str, ...]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Tap:
    """A use case that a button, a command or words may name, and who may use it."""

    handler: Handler
    needs: str


class Taps(dict[str, Tap]):
    """The use cases of one noun, by name."""

    def __init__(self, noun: str) -> None:
        super().__init__()
        self._noun = noun

    def __call__(self, *verbs: str, needs: str = JOINED) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            for verb in verbs:
                self[f"{self._noun}:{verb}"] = Tap(handler, needs)
            return handler

        return register


def number(args: tuple[str, ...], place: int = 0) -> int:
    """The row id at this place of a tap's data. Anything else was not made by us."""
    if place >= len(args) or not args[place].isascii() or not args[place].isdigit() or len(args[place]) > 18:
        raise Forged("I don't know this button. Here is what I can do:")
    return int(args[place])


def word(args: tuple[str, ...], place: int = 0, default: str = "") -> str:
    """The word at this place, or the default."""
    return args[place] if place < len(args) else default
