"""Keys: where they may sign, how they are read, and that nobody sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_account import Account

from offchain.chain.eip712 import Domain, permit_typed, recover
from offchain.chain.signer import DEVELOPMENT_CHAINS, LocalSigner, development_signer, open_keystore
from offchain.errors import DeniedError, InputError, RefusedError

KEY = "0x" + "42" * 32
LIVE = 1  # Ethereum


@pytest.fixture
def keystore(tmp_path: Path) -> tuple[Path, Path]:
    """A keystore of `KEY`, quick to open, and its password's file."""
    path, password = tmp_path / "keystore.json", tmp_path / "password"
    path.write_text(json.dumps(Account.encrypt(KEY, "a secret", kdf="pbkdf2", iterations=2)))
    password.write_text("a secret\n")
    return path, password


@pytest.mark.parametrize("index", [0, 1, 19])
def test_development_key__on_a_live_chain__is_refused(index: int):
    with pytest.raises(RefusedError) as refused:
        development_signer(index, LIVE)
    assert refused.value.code == "development-key"


@pytest.mark.parametrize("chain_id", sorted(DEVELOPMENT_CHAINS))
def test_development_key__on_a_local_chain__signs(chain_id: int):
    # Address of account 0 of the mnemonic, as printed by Anvil and Hardhat.
    assert development_signer(0, chain_id).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def test_local_signer__own_key_on_a_live_chain__signs_typed_data():
    signer = LocalSigner(KEY, LIVE)
    typed = permit_typed(Domain("Token", "1", LIVE, signer.address), signer.address, signer.address, 1, 0, 2)
    assert recover(typed, signer.sign_typed(typed)) == signer.address


@pytest.mark.parametrize("key", ["", "0x12", "not a key", "0x" + "00" * 32, "0x" + "ff" * 32])
def test_local_signer__not_a_key__is_refused_without_showing_it(key: str):
    with pytest.raises(InputError) as refused:
        LocalSigner(key, LIVE)
    assert refused.value.code == "key-malformed"
    assert refused.value.__cause__ is None
    assert not key or key not in str(refused.value)


def test_local_signer__shown__hides_the_key():
    assert "42" * 32 not in repr(LocalSigner(KEY, LIVE))


def test_open_keystore__right_password__gives_the_account(keystore):
    assert open_keystore(*keystore, LIVE).address == LocalSigner(KEY, LIVE).address


def test_open_keystore__wrong_password__is_denied(keystore):
    path, password = keystore
    password.write_text("another")
    with pytest.raises(DeniedError) as refused:
        open_keystore(path, password, LIVE)
    assert refused.value.code == "wrong-password"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 1}', '{"version": 3}'])
def test_open_keystore__not_a_keystore__is_refused(keystore, content: str):
    path, password = keystore
    path.write_text(content)
    with pytest.raises((InputError, DeniedError)) as refused:
        open_keystore(path, password, LIVE)
    assert refused.value.code in ("keystore-unreadable", "wrong-password")


def test_open_keystore__file_missing__is_refused(keystore):
    path, password = keystore
    path.unlink()
    with pytest.raises(InputError) as refused:
        open_keystore(path, password, LIVE)
    assert refused.value.code == "keystore-unreadable"
