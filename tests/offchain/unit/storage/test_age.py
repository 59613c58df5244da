from __future__ import annotations

import stat
from pathlib import Path

import pyrage
import pytest

from offchain.errors import DeniedError, InputError
from offchain.storage.age import keep_identity, new_identity, normal_recipient, recipient_of, unwrap_key, wrap_key

KEY = bytes(range(32))
MINE, THEIRS = new_identity(), new_identity()


def test_wrap_key__its_recipient__has_the_key_again():
    assert unwrap_key(wrap_key(KEY, recipient_of(MINE)), MINE) == KEY


def test_wrap_key__somebody_else__has_nothing():
    with pytest.raises(DeniedError) as caught:
        unwrap_key(wrap_key(KEY, recipient_of(MINE)), THEIRS)
    assert caught.value.code == "wrong-recipient"


def test_wrap_key__what_comes_out__is_an_armored_age_file():
    """age-encryption.org/v1, "ASCII armor": any program that speaks age opens it."""
    lines = wrap_key(KEY, recipient_of(MINE)).splitlines()
    assert (lines[0], lines[-1]) == ("-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----")
    assert pyrage.decrypt("\n".join(lines).encode(), [pyrage.x25519.Identity.from_str(MINE)]) == KEY


@pytest.mark.parametrize(
    "wrapped",
    ["", "age", "\ud800", wrap_key(KEY, recipient_of(MINE))[:-60]],
    ids=["nothing", "a word", "a lone surrogate", "cut short"],
)
def test_unwrap_key__no_age_file__refused(wrapped: str):
    with pytest.raises(InputError) as caught:
        unwrap_key(wrapped, MINE)
    assert caught.value.code == "age-malformed"


@pytest.mark.parametrize(
    "text",
    ["", "age1", "ssh-ed25519 AAAA", "\ud800", MINE, recipient_of(MINE)[:-1] + "b"],
    ids=["nothing", "a prefix", "of SSH", "a lone surrogate", "an identity", "a wrong checksum"],
)
def test_normal_recipient__anything_else__refused(text: str):
    with pytest.raises(InputError) as caught:
        normal_recipient(text)
    assert caught.value.code == "recipient-malformed"


def test_keep_identity__none_yet__is_made_for_its_owner_alone_and_kept(tmp_path: Path):
    path = tmp_path / "home" / "identity.txt"
    identity = keep_identity(path)
    assert keep_identity(path) == identity
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert f"# public key: {recipient_of(identity)}" in path.read_text()


def test_keep_identity__file_of_age_keygen__is_read(tmp_path: Path):
    path = tmp_path / "identity.txt"
    path.write_text(f"# created: 2026-11-22T12:00:00Z\n# public key: {recipient_of(MINE)}\n{MINE}\n")
    assert keep_identity(path) == MINE


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"\xff\xfe", b"age1notsecret\n"])
def test_keep_identity__another_file__refused_and_left_alone(tmp_path: Path, content: bytes):
    path = tmp_path / "identity.txt"
    path.write_bytes(content)
    with pytest.raises(InputError):
        keep_identity(path)
    assert path.read_bytes() == content


def test_keep_identity__folder__refused(tmp_path: Path):
    with pytest.raises(InputError) as caught:
        keep_identity(tmp_path)
    assert caught.value.code == "file-unreadable"
