"""Settings from the environment, prefix ``TWOGETHER_``. A wrong value stops the start with one sentence."""

import ipaddress
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.clock import QuietHours
from bot.errors import Misconfigured
from bot.matching.rules import TERMS, weighed

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="TWOGETHER_", extra="ignore", env_ignore_empty=True)

    telegram_token: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    telegram_webhook_url: str | None = None
    telegram_webhook_secret: SecretStr | None = None
    database_url: str = f"sqlite:///{ROOT / 'var' / 'twogether.db'}"
    rasa_url: str | None = None
    rasa_token: SecretStr | None = None
    actions_host: str = "127.0.0.1"
    actions_port: int = Field(default=5055, ge=0, le=65535)
    send_rate: float = Field(default=30, gt=0, le=100_000)
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    quiet_hours: str = "21:00-08:00"
    clock: Literal["real", "simulated"] = "real"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    curriculum: Path = ROOT / "curriculum"
    matching_weights: dict[str, float] = {}
    meeting_url: str = "https://meet.jit.si"
    public_url: str | None = None
    badge_key: Path = ROOT / "var" / "badge-key.pem"

    @field_validator("quiet_hours")
    @classmethod
    def _quiet_hours(cls, value: str) -> str:
        QuietHours.parse(value)
        return value

    @field_validator("matching_weights")
    @classmethod
    def _weights(cls, value: dict[str, float]) -> dict[str, float]:
        if unknown := sorted(value.keys() - TERMS.keys()):
            raise ValueError(f"knows no {', '.join(unknown)}; there are {', '.join(TERMS)}")
        if any(not 0 <= weight <= 1 for weight in value.values()) or not sum(weighed(value).values()):
            raise ValueError("must hold numbers from 0 to 1, and one of them above 0")
        return value

    @field_validator("telegram_api_url", "telegram_webhook_url", "rasa_url", "meeting_url", "public_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("must be a web address such as http://127.0.0.1:8081")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if not value.startswith(("sqlite", "postgresql", "postgres:")):
            raise ValueError("must be SQLite or PostgreSQL, e.g. postgresql://user@host/twogether")
        return value.replace("postgres://", "postgresql://", 1)

    @property
    def quiet(self) -> QuietHours:
        return QuietHours.parse(self.quiet_hours)

    @property
    def public_address(self) -> str:
        """Where people's browsers find the web port, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def token(self) -> str:
        """The bot's token; asking for it without one is a misconfiguration."""
        if self.telegram_token is None:
            raise Misconfigured(
                "TWOGETHER_TELEGRAM_TOKEN is not set: create a bot with BotFather and put its token there."
            )
        return self.telegram_token.get_secret_value()


def load() -> Settings:
    """Read the environment, or say in one sentence which variable is wrong."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = "TWOGETHER_" + str(first["loc"][0]).upper() if first["loc"] else "TWOGETHER_*"
        message = first["msg"].removeprefix("Value error, ")
        raise Misconfigured(f"{name} is not usable: {message}.") from None
    if settings.telegram_webhook_url and not settings.telegram_webhook_secret:
        raise Misconfigured(
            "TWOGETHER_TELEGRAM_WEBHOOK_SECRET is not set: a webhook needs one, or anybody could speak as anyone."
        )
    if not is_here(settings.actions_host) and not settings.rasa_token:
        raise Misconfigured("TWOGETHER_RASA_TOKEN is not set: actions that are served beyond this machine need one.")
    return settings


def is_here(host: str) -> bool:
    """Whether this is an address of this machine for itself, which nobody else reaches."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
