"""Telegram as a channel."""

import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

from telegram import Bot, BotCommand
from telegram.error import BadRequest, EndPointNotFound, InvalidToken, RetryAfter, TelegramError

from bot.channels.base import Impossible, TryAgain, Wait
from bot.channels.telegram import receive
from bot.channels.telegram import send as sending
from bot.channels.telegram.request import AiohttpRequest
from bot.messages import LANGUAGES, Incoming, Outgoing
from bot.texts import N_, tongue

COMMANDS = {
    "menu": N_("What I can do"),
    "lesson": N_("The next lesson"),
    "meetings": N_("Your meetings"),
    "language": N_("Another language"),
    "help": N_("Help"),
    "pause": N_("Take a break"),
    "mydata": N_("What is stored about you"),
    "forget": N_("Delete everything about you"),
}


class TelegramChannel:
    """The Bot API behind :class:`bot.channels.base.Channel`."""

    name = "telegram"

    def __init__(self, token: str, api_url: str) -> None:
        self.bot = Bot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=AiohttpRequest(),
            get_updates_request=AiohttpRequest(connections=2),
        )
        # Monotonic seconds. What is only nice to have is left out after any 429; after one that was about no chat,
        # nothing is sent at all.
        self._silent_until = self._mute_until = 0.0

    async def start(self) -> None:
        """Log in. Raises Impossible when the token is refused, TryAgain when nobody answers."""
        with _by_remedy():
            await self.bot.initialize()

    async def stop(self) -> None:
        await self.bot.shutdown()

    async def introduce(self) -> None:
        """Tell Telegram the commands, per language. Raises as `start`."""
        for language in LANGUAGES:
            t = tongue(language)
            commands = [BotCommand(name, t.plain(what)) for name, what in COMMANDS.items()]
            with _by_remedy():
                await self.bot.set_my_commands(commands, language_code="" if language == "en" else language)

    async def receive_by_webhook(self, url: str, secret: str) -> None:
        """Updates are posted to this address from now on. Raises Impossible when Telegram refuses the address."""
        with _by_remedy():
            await self.bot.set_webhook(url, secret_token=secret, allowed_updates=receive.ALLOWED_UPDATES)

    async def receive_by_polling(self) -> None:
        """Updates wait to be fetched from now on."""
        with _by_remedy():
            await self.bot.delete_webhook()

    @property
    def username(self) -> str:
        return self.bot.username

    def address_of(self, payload: dict[str, Any]) -> str:
        return receive.address_of(payload)

    def parse(self, payload: dict[str, Any]) -> Incoming:
        return receive.parse(payload, self.bot)

    async def send(self, address: str, message: Outgoing) -> str:
        if (left := self._mute_until - time.monotonic()) > 0:
            raise Wait(left)
        with self._minding():
            return await sending.send(self.bot, address, message)

    async def answer_tap(self, callback_id: str) -> None:
        if self._must_be_silent():
            return
        try:
            with self._minding():
                await sending.answer_tap(self.bot, callback_id)
        except Wait:
            self._mute_until = self._silent_until

    async def show_typing(self, address: str) -> None:
        if not self._must_be_silent():
            with suppress(Wait), self._minding():
                await sending.show_typing(self.bot, address)

    @contextmanager
    def _minding(self) -> Generator[None]:
        """Remember how long we are told to wait."""
        try:
            yield
        except Wait as told:
            self._silent_until = max(self._silent_until, time.monotonic() + told.seconds)
            raise

    def _must_be_silent(self) -> bool:
        """Told to wait, we leave out what is only nice to have: it would lengthen the wait."""
        return time.monotonic() < self._silent_until


@contextmanager
def _by_remedy() -> Generator[None]:
    """PTB's errors as ours. PTB writes the token into some of its own: they are left out."""
    try:
        yield
    except (InvalidToken, EndPointNotFound):
        raise Impossible("the token was refused") from None
    except BadRequest as error:
        raise Impossible(error.message[:200]) from None
    except RetryAfter as error:
        raise sending.told_to_wait(error) from None
    except TelegramError as error:
        raise TryAgain(type(error).__name__) from None
