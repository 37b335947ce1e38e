"""A proof as an Open Badges 3.0 credential: a W3C Verifiable Credential, signed with the operator's key.

The proof is a JSON Web Token (Open Badges 3.0, section 8.2): the credential is the payload, `iss jti nbf sub` repeat
what stands in it, the header carries the public key. It travels as JSON in an enveloped credential (VC Data Model 2.0,
section 4.13), so that one file holds it whole. Whoever it was given to is named as the programme names them, and
identified by a `urn:uuid` made of the proof's random code: by nothing that is personal.
"""

import os
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from bot.errors import Misconfigured
from bot.paper import PROGRAMME
from bot.proof import page
from bot.settings import Settings

ALGORITHM = "ES256"
JWKS_PATH = "/.well-known/jwks.json"
CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
_HOME = uuid.UUID("5d1d9c3e-7b0c-4c53-9a53-0f6c1f3f7f11")  # of the uuids we make; any, but always this one


@dataclass(frozen=True, slots=True)
class Proven:
    """What is proven, of whom and since when. `code` is that of its page, `title` is plain text, `achievement` and
    `subject` are in the words of Open Badges: what was achieved, and what else there is to say of whoever has it."""

    code: str
    name: str
    title: str
    since: datetime
    achievement: Mapping[str, Any]
    subject: Mapping[str, Any] = field(default_factory=dict[str, Any])


def urn(text: str) -> str:
    """An id of ours: always the same for the same text."""
    return f"urn:uuid:{uuid.uuid5(_HOME, text)}"


def signed(settings: Settings, proven: Proven) -> dict[str, Any]:
    """The credential as a JSON document with its signature inside."""
    token = jwt.encode(
        {
            "alg": ALGORITHM,
            "typ": "JWT",
            "kid": key_id(settings),
            "jwk": key(settings.badge_key).as_dict(private=False),
        },
        _payload(settings, proven),
        key(settings.badge_key),
        algorithms=[ALGORITHM],
    )
    return {
        "@context": CONTEXT[0],
        "id": f"data:application/vc+jwt,{token}",
        "type": "EnvelopedVerifiableCredential",
    }


def jwks(settings: Settings) -> dict[str, Any]:
    """The public key, as whoever checks a signature wants it (RFC 7517)."""
    public = key(settings.badge_key).as_dict(private=False)
    return {"keys": [{**public, "kid": key_id(settings), "use": "sig", "alg": ALGORITHM}]}


def key_id(settings: Settings) -> str:
    """The key's address: where it is published, and which one it is (RFC 7638)."""
    return f"{settings.public_address}{JWKS_PATH}#{key(settings.badge_key).thumbprint()}"


@cache
def key(file: Path) -> ECKey:
    """The operator's key, made the first time. Raises Misconfigured, in one sentence, when it cannot be used."""
    try:
        if not file.exists():
            _make(file)
        found = ECKey.import_key(file.read_bytes())
    except OSError as error:
        raise Misconfigured(f"TWOGETHER_BADGE_KEY cannot be used: {file}: {error.strerror}.") from None
    except (JoseError, ValueError, TypeError, AttributeError):  # what the library raises for a file of another kind
        found = None
    if found is None or not found.is_private or found.curve_name != "P-256":
        raise Misconfigured(f"TWOGETHER_BADGE_KEY is not usable: {file} holds no private key on the curve P-256.")
    return found


def _make(file: Path) -> None:
    """A new key that only its owner may read. When two programmes make one at once, the first one's stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=".badge-key-")  # mode 600 from its first byte on
    try:
        with os.fdopen(handle, "wb") as written:
            written.write(ECKey.generate_key("P-256").as_pem(private=True))
            written.flush()
            os.fsync(written.fileno())
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)


def _payload(settings: Settings, proven: Proven) -> dict[str, Any]:
    credential = _credential(settings, proven)
    return {
        **credential,
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "nbf": int(proven.since.timestamp()),
        "sub": credential["credentialSubject"]["id"],
    }


def _credential(settings: Settings, proven: Proven) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "id": f"{page(settings, proven.code)}.json",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": proven.title,
        "issuer": {
            "id": settings.public_address,
            "type": ["Profile"],
            "name": PROGRAMME,
            "url": settings.public_address,
        },
        "validFrom": stamp(proven.since),
        "credentialSubject": {
            "id": urn(proven.code),
            "type": ["AchievementSubject"],
            "identifier": [
                {"type": "IdentityObject", "hashed": False, "identityHash": proven.name, "identityType": "name"}
            ],
            "achievement": {"type": ["Achievement"], "name": proven.title, **proven.achievement},
            **proven.subject,
        },
    }


def stamp(moment: datetime) -> str:
    """The moment as a credential writes it, in UTC."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
