"""A proof with a code: whoever holds the paper finds its page, and nobody finds the page without the paper."""

import re
import secrets

from bot.settings import Settings

_CODE = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)


def new_code() -> str:
    """128 random bits, in letters that an address may hold."""
    return secrets.token_urlsafe(16)


def is_code(text: str) -> bool:
    """Whether :func:`new_code` could have made this; what could not is not looked for."""
    return len(text) == 22 and _CODE.fullmatch(text) is not None


def page(settings: Settings, code: str) -> str:
    """The address of the page that confirms it."""
    return f"{settings.public_address}/verify/{code}"
