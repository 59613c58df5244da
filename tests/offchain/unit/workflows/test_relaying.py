"""The relayers' keys as the settings name them: what is refused, and that no refusal shows a secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_account import Account

from offchain.config import load_settings
from offchain.errors import ColophonError
from offchain.workflows.relaying import relay_signers
from scripts.stack import development_key

LIVE = 1  # Ethereum
KEY, OTHER = "42" * 32, "43" * 32
PASSWORD = "hunter2 hunter2"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Paths of a keystore of `KEY` that is quick to open, of its password, and of what is neither."""
    (tmp_path / "keystore").write_text(json.dumps(Account.encrypt("0x" + KEY, PASSWORD, kdf="pbkdf2", iterations=2)))
    (tmp_path / "old").write_text(json.dumps({"version": 1}))
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe" + PASSWORD.encode())
    return {path.name: str(path) for path in tmp_path.iterdir()}


def refused(home: Path, chain: int = LIVE, **settings: str) -> str:
    """The code of the refusal, which tells no secret."""
    environ = {f"COLOPHON_{name}": value for name, value in settings.items()} | {"COLOPHON_HOME": str(home)}
    with pytest.raises(ColophonError) as caught:
        relay_signers(load_settings(environ), chain)
    told = f"{caught.value} {caught.value.remedy} {caught.value.facts}"
    assert not [secret for secret in (KEY, OTHER, PASSWORD, development_key(1)[2:]) if secret in told]
    return caught.value.code


def test_signers__keys_and_keystores__all_of_them_in_order(tmp_path: Path, files):
    environ = {
        "COLOPHON_HOME": str(tmp_path),
        "COLOPHON_RELAYER_KEY": f" 0x{OTHER}\n",
        "COLOPHON_RELAYER_KEYSTORE": f"{files['keystore']},",
        "COLOPHON_RELAYER_PASSWORD_FILE": files["password"],
    }
    found = [signer.address for signer in relay_signers(load_settings(environ), LIVE)]
    assert found == [Account.from_key(key).address for key in (OTHER, KEY)]


@pytest.mark.parametrize(
    "keys", [f"{OTHER},{KEY[:-1]}", f"{OTHER};{KEY}", f"{OTHER} {KEY}", f"{OTHER},{KEY}0", "00" * 32, "ff" * 32]
)
def test_keys__one_of_several_malformed__none_is_taken(tmp_path: Path, keys: str):
    assert refused(tmp_path, RELAYER_KEY=keys) == "key-malformed"


def test_keys__public_one_among_them_on_a_live_chain__refused(tmp_path: Path):
    assert refused(tmp_path, RELAYER_KEY=f"{OTHER},{development_key(1)}") == "development-key"


def test_keystore__without_its_password_or_with_another__refused(tmp_path: Path, files):
    assert refused(tmp_path, RELAYER_KEYSTORE=files["keystore"]) == "setting-missing"
    assert refused(tmp_path, RELAYER_KEYSTORE=files["keystore"], RELAYER_PASSWORD="hunter3") == "wrong-password"
    assert refused(tmp_path, RELAYER_KEYSTORE=files["keystore"], RELAYER_PASSWORD="") == "wrong-password"


@pytest.mark.parametrize("name", ["old", "password", "binary", "missing"])
def test_keystore__that_is_none__refused(tmp_path: Path, files, name: str):
    path = files.get(name, str(tmp_path / name))
    assert refused(tmp_path, RELAYER_KEYSTORE=path, RELAYER_PASSWORD=PASSWORD) == "keystore-unreadable"


def test_keystore__second_one_cannot_be_opened__none_is_taken(tmp_path: Path, files):
    both = f"{files['keystore']},{files['old']}"
    assert refused(tmp_path, RELAYER_KEYSTORE=both, RELAYER_PASSWORD=PASSWORD) == "keystore-unreadable"


def test_key_service__without_a_token_or_with_one_that_is_not_text__refused_unasked(tmp_path: Path, files):
    url = "https://127.0.0.1:9/key"
    assert refused(tmp_path, RELAYER_KMS=url) == "setting-missing"
    for name in ("missing", "binary"):
        path = files.get(name, str(tmp_path / name))
        assert refused(tmp_path, RELAYER_KMS=url, KMS_TOKEN_FILE=path) == "setting-unreadable"


@pytest.mark.parametrize(
    "url",
    [
        "http://kms.example/key",
        "http://127.0.0.1.evil.example/key",
        "http://localhost@evil.example/key",
        f"https://user:{PASSWORD.split(maxsplit=1)[0]}@kms.example/key",
        "https://kms.example/key?next=http://evil.example",
        "file:///etc/passwd",
        "kms.example/key",
    ],
)
def test_key_service__url_that_no_token_may_be_sent_to__refused(tmp_path: Path, files, url: str):
    assert refused(tmp_path, RELAYER_KMS=url, KMS_TOKEN_FILE=files["password"]) == "signer-url-malformed"
