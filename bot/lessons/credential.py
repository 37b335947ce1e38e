"""An award as an Open Badges 3.0 credential: a W3C Verifiable Credential, signed with the operator's key.

The proof is a JSON Web Token (Open Badges 3.0, section 8.2): the credential is the payload, `iss jti nbf sub` repeat
what stands in it, the header carries the public key. It travels as JSON in an enveloped credential (VC Data Model 2.0,
section 4.13), so that one file holds it whole. Whoever it was given to is named as the programme names them, and
identified by a `urn:uuid` made of the award's random code: by nothing that is personal.
"""

import os
import tempfile
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from bot.errors import Misconfigured
from bot.lessons import proof
from bot.lessons.curriculum import Curriculum
from bot.settings import Settings
from bot.texts import tongue
from db.lessons import Award

ALGORITHM = "ES256"
JWKS_PATH = "/.well-known/jwks.json"
CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
_HOME = uuid.UUID("5d1d9c3e-7b0c-4c53-9a53-0f6c1f3f7f11")  # of the uuids we make; any, but always this one


def signed(settings: Settings, curriculum: Curriculum, award: Award) -> dict[str, Any]:
    """The credential as a JSON document with its signature inside."""
    token = jwt.encode(
        {
            "alg": ALGORITHM,
            "typ": "JWT",
            "kid": key_id(settings),
            "jwk": key(settings.badge_key).as_dict(private=False),
        },
        _payload(settings, curriculum, award),
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


def _payload(settings: Settings, curriculum: Curriculum, award: Award) -> dict[str, Any]:
    credential = _credential(settings, curriculum, award)
    return {
        **credential,
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "nbf": int(award.awarded_at.timestamp()),
        "sub": credential["credentialSubject"]["id"],
    }


def _credential(settings: Settings, curriculum: Curriculum, award: Award) -> dict[str, Any]:
    t = tongue(award.language)
    title = proof.title(curriculum, award.about, t.language)
    whole_track = proof.is_certificate(award.about)
    return {
        "@context": CONTEXT,
        "id": f"{proof.page(settings, award.code)}.json",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": title,
        "issuer": {
            "id": settings.public_address,
            "type": ["Profile"],
            "name": proof.PROGRAMME,
            "url": settings.public_address,
        },
        "validFrom": f"{award.awarded_at:%Y-%m-%dT%H:%M:%SZ}",
        "credentialSubject": {
            "id": f"urn:uuid:{uuid.uuid5(_HOME, award.code)}",
            "type": ["AchievementSubject"],
            "identifier": [
                {"type": "IdentityObject", "hashed": False, "identityHash": award.name, "identityType": "name"}
            ],
            "achievement": {
                "id": f"urn:uuid:{uuid.uuid5(_HOME, award.about)}",
                "type": ["Achievement"],
                "achievementType": "CertificateOfCompletion" if whole_track else "Badge",
                "inLanguage": t.language,
                "name": title,
                "description": t.plain("A course of the programme {programme}.", programme=proof.PROGRAMME)
                if whole_track
                else t.plain("A module of a course of the programme {programme}.", programme=proof.PROGRAMME),
                "criteria": {"narrative": t.plain("All its lessons were finished.")},
            },
        },
    }
