from __future__ import annotations

import pytest

from offchain.chain import Currency
from offchain.cli.registering import _mandate, _masters, _record, listing_of
from offchain.errors import InputError
from offchain.workflows.requests import TierListing, TierMandate

DOLLAR = Currency(1, "eip155:1337/erc20:0x01", "0x01", "TUSD", 6)


@pytest.mark.parametrize(
    ("text", "mandate"),
    [
        ("personal", TierMandate("personal")),
        ("personal=2..50", TierMandate("personal", 2_000_000, 50_000_000)),
        ("adaptation=0.50..1.25", TierMandate("adaptation", 500_000, 1_250_000)),
    ],
)
def test_mandate__tier_and_range__in_minor_units(text, mandate):
    assert _mandate(text, DOLLAR) == mandate


@pytest.mark.parametrize(
    "text", ["personal=2", "personal=2..", "personal=..3", "personal=a..b", "personal=1..2.0000001", "personal=10..3"]
)
def test_mandate__malformed_range__refused(text):
    with pytest.raises(InputError):
        _mandate(text, DOLLAR)


def test_listing__tier_and_price__in_minor_units():
    assert listing_of("personal=5.00", DOLLAR) == TierListing("personal", 5_000_000)
    assert listing_of("personal=5.00x100", DOLLAR) == TierListing("personal", 5_000_000, 100)


@pytest.mark.parametrize("text", ["personal", "personal=", "personal=5.00x", "personal=5.00x0", "personal=5.00x-1"])
def test_listing__no_price_or_no_edition__refused(text):
    with pytest.raises(InputError):
        listing_of(text, DOLLAR)


def test_masters__folder__all_shown_files_in_order_and_named_ones_marked(tmp_path):
    for name in ("b/two.txt", "a.txt", ".git/config", "b/.hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    named = tmp_path / ".git" / "config"
    assert _masters([tmp_path, named]) == [
        (tmp_path / "a.txt", False),
        (tmp_path / "b" / "two.txt", False),
        (named, True),
    ]


def test_masters__folder_without_files__refused(tmp_path):
    with pytest.raises(InputError, match="no file in these folders"):
        _masters([tmp_path])


@pytest.mark.parametrize("content", ["{", "[]"])
def test_record__no_json_object__refused(tmp_path, content):
    path = tmp_path / "record.json"
    path.write_text(content)
    with pytest.raises(InputError):
        _record(path)
