from __future__ import annotations

import pytest

from offchain.chain.address import parse_address
from offchain.errors import InputError

CHECKED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # EIP-55, "Test Cases"


@pytest.mark.parametrize("text", [CHECKED, CHECKED.lower(), CHECKED[2:].lower(), "0x" + CHECKED[2:].upper()])
def test_parse_address__any_spelling__gives_the_checksum(text: str):
    assert parse_address(text) == CHECKED


@pytest.mark.parametrize("text", ["", "0x", CHECKED[:-1], CHECKED + "0", CHECKED.replace("aA", "Aa"), "alice.eth"])
def test_parse_address__not_an_account__is_refused(text: str):
    with pytest.raises(InputError) as refused:
        parse_address(text)
    assert refused.value.code == "address-malformed"
