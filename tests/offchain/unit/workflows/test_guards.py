from __future__ import annotations

from typing import Any

import pytest

from offchain.chain import ZERO_ADDRESS
from offchain.errors import InputError
from offchain.workflows.guards import require_possible
from offchain.workflows.requests import RegistrationRequest, TierListing, TierMandate

MOST = 2**104 - 1
"""Greatest price in the contracts: uint104."""


def request(**changed: Any) -> RegistrationRequest:
    return RegistrationRequest(**{"registrant": "0x" + "11" * 20, "title": "A title"} | changed)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"title": "a\x00b"}, "text-unreadable"),
        ({"description": "\ud800"}, "text-unreadable"),
        ({"creator": "\x1b[2J"}, "text-unreadable"),
        ({"registrant": ZERO_ADDRESS}, "registrant-zero"),
        ({"tiers": (TierMandate("personal"), TierMandate("personal", 5))}, "tier-repeated"),
        ({"listings": (TierListing("personal", 5), TierListing("personal", 6))}, "tier-repeated"),
        ({"listings": (TierListing("personal", MOST + 1),)}, "price-out-of-range"),
        ({"tiers": (TierMandate("personal", 1, MOST + 1),)}, "price-out-of-range"),
        ({"tiers": (TierMandate("personal", per_day=2**24),)}, "quantity-out-of-range"),
        ({"listings": (TierListing("personal", 5, 2**32),)}, "quantity-out-of-range"),
    ],
)
def test_require_possible__could_never_be_mined_or_shown__is_refused(changed: dict[str, Any], code: str):
    with pytest.raises(InputError) as caught:
        require_possible(request(**changed))
    assert caught.value.code == code


def test_require_possible__greatest_price_and_many_lines__passes():
    listings = (TierListing("personal", MOST), TierListing("commercial", 0))
    require_possible(request(description="Lines\r\n\tand 🚀", listings=listings, tiers=(TierMandate("personal"),)))
