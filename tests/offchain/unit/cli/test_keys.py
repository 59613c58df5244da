from __future__ import annotations

from dataclasses import replace

import pytest

from offchain.chain.signer import LocalSigner, development_signer
from offchain.cli.keys import Key, pricing_signer, require_signer, signer_of
from offchain.config import load_settings
from offchain.errors import InputError, RefusedError

LOCAL, LIVE = 1337, 1
OWN = LocalSigner("0x" + "11" * 32, LIVE)


@pytest.fixture
def settings(tmp_path):
    return load_settings({"COLOPHON_HOME": str(tmp_path)})


def test_signer_of__account__is_that_of_the_public_mnemonic():
    # Account 0 of "test test … junk", as Hardhat's and Anvil's documentation print it.
    assert signer_of(Key(account=0), LOCAL).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def test_signer_of__account_on_a_live_chain__refused():
    with pytest.raises(RefusedError, match="is public"):
        signer_of(Key(account=3), LIVE)


def test_require_signer__none_given__refused():
    with pytest.raises(InputError, match="no key was given"):
        require_signer(Key(), LOCAL)


def test_pricing_signer__key_in_the_settings__wins(settings):
    key = "0x" + "22" * 32
    chosen = pricing_signer(replace(settings, pricing_key=key), LOCAL, OWN)
    assert chosen.address == LocalSigner(key, LOCAL).address


def test_pricing_signer__local_chain__is_account_2(settings):
    assert pricing_signer(settings, LOCAL, OWN).address == development_signer(2, LOCAL).address


def test_pricing_signer__live_chain__is_the_users_own(settings):
    assert pricing_signer(settings, LIVE, OWN) is OWN


def test_signer_of__password_file_missing__refused(tmp_path):
    key = Key(keystore=tmp_path / "key.json", password_file=tmp_path / "missing")
    with pytest.raises(InputError, match="cannot be read"):
        signer_of(key, LOCAL)
