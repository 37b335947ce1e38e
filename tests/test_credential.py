"""The operator's key: made once, readable by its owner only, and told about in one sentence when it is of no use."""

import stat
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, RSAKey

from bot import credential
from bot.errors import Misconfigured
from bot.settings import Settings


def test_it_is_made_on_first_use_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "var" / "badge-key.pem"
    made = credential.key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["badge-key.pem"]
    before = file.read_bytes()
    credential.key.cache_clear()
    assert credential.key(file).thumbprint() == made.thumbprint()
    assert file.read_bytes() == before


def test_of_two_made_at_once_the_first_stays(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    credential._make(file)
    first = file.read_bytes()
    credential._make(file)
    assert file.read_bytes() == first
    assert [one.name for one in tmp_path.iterdir()] == ["key.pem"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"\x00\xff" * 50,
        ECKey.generate_key("P-256").as_pem(private=False),
        ECKey.generate_key("P-384").as_pem(private=True),
        RSAKey.generate_key(2048).as_pem(private=True),
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ],
    ids=["nothing", "nonsense", "bytes", "public", "another curve", "another kind", "a broken one"],
)
def test_a_key_that_cannot_be_used_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"^TWOGETHER_BADGE_KEY is not usable: [^\n]*\.$"):
        credential.key(file)
    assert file.read_bytes() == content, "what is there is never written over"


def test_a_place_where_nothing_can_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match=r"^TWOGETHER_BADGE_KEY cannot be used: "):
        credential.key(tmp_path / "file" / "key.pem")
    with pytest.raises(Misconfigured, match=r"^TWOGETHER_BADGE_KEY cannot be used: "):
        credential.key(tmp_path)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "::1", "port": 90}, "http://[::1]:90"),
        ({"public_url": "https://two.example/app/"}, "https://two.example/app"),
    ],
)
def test_the_public_address(given: dict[str, object], address: str) -> None:
    assert Settings(**given).public_address == address  # pyright: ignore
