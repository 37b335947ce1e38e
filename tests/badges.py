"""A badge as somebody else reads it: without the library that made it."""

import json
from base64 import urlsafe_b64decode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256


def opened(token: str, keys: list[dict[str, str]]) -> dict[str, Any]:
    """The credential in the token; its signature is checked without the library that made it."""

    def raw(part: str) -> bytes:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))

    header, payload, signature = token.split(".")
    told = json.loads(raw(header))
    assert told["alg"] == "ES256"
    assert "d" not in told["jwk"]
    key = next(one for one in keys if one["kid"] == told["kid"])
    x, y = (int.from_bytes(raw(key[name])) for name in ("x", "y"))
    r, s = int.from_bytes(raw(signature)[:32]), int.from_bytes(raw(signature)[32:])
    public = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    public.verify(encode_dss_signature(r, s), f"{header}.{payload}".encode(), ECDSA(SHA256()))
    return json.loads(raw(payload))
