"""Amounts as people write them."""

from __future__ import annotations

from typing import cast

import pytest

from offchain.errors import InputError
from offchain.money import parse_amount


@pytest.mark.parametrize("amount", [5, 2.5, None])
def test_parse_amount__no_text__is_malformed(amount: object):
    with pytest.raises(InputError) as refused:
        parse_amount(cast("str", amount), 6)
    assert refused.value.code == "amount-malformed"
    assert "as text: '12.50'" in refused.value.remedy
