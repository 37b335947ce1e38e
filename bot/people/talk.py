"""What stands on a person's screen, so that words can press its buttons."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

import db.people
from bot.messages import Outgoing
from db.people import Conversation, Person

# Forms that only wait for words about what is on the screen: a newer question takes their place.
YIELDING: set[str] = set()


async def show(session: AsyncSession, person: Person, message: Outgoing, now: datetime) -> None:
    """The programme speaks first: the choices of this message become those on the person's screen."""
    talk = await db.people.conversation(session, person.id, now)
    if talk.form in YIELDING and message.buttons:
        talk.form, talk.asked = "", ""
    if not talk.form:  # in the middle of a form, the form's own question stays on the screen
        remember_screen(talk, message)


def remember_screen(talk: Conversation, message: Outgoing) -> None:
    """Keep the choices just shown, so that words can make them too."""
    if message.quiz:
        talk.screen = [
            {"label": option, "data": data, "means": [str(i + 1), "abcdefghijkl"[i]]}
            for i, (option, data) in enumerate(zip(message.quiz.options, message.quiz.data, strict=True))
        ]
    elif not message.edit or message.buttons:
        # Words answer the newest message only: an "ok" must never press a button of long ago.
        buttons = [button for row in message.buttons for button in row if button.data and button.spoken]
        talk.screen = [
            {"label": button.label, "data": button.data, "means": list(button.means)}
            for button in (*message.hears, *buttons)
        ]
