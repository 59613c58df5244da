from __future__ import annotations

import pytest

from scripts.console_values import Claimed, Licence, Moved, Price, Prices, Statement, StatementLine, Work, dollars

CAT = Work(0x1, "Cat", 3, ("personal",))


@pytest.mark.parametrize(
    ("minor", "wanted"),
    [(0, "$0.00"), (4_800_000, "$4.80"), (1_234_567_890, "$1,234.56789"), (1, "$0.000001")],
)
def test_dollars__minor_units__has_cents_and_loses_nothing(minor, wanted):
    assert dollars(minor) == wanted


def test_licence__for_ever__says_so_and_counts_as_its_number():
    licence = Licence(7, CAT, "adaptation", 4, 36_000_000, None)
    assert repr(licence) == "licence 7: “Cat”, adaptation, for ever; account 4 paid $36.00"
    assert int(licence) == 7


def test_licence__expiring__says_the_day_in_utc():
    # 2**31 seconds after the epoch is 2038-01-19T03:14:08Z, the end of 32-bit Unix time.
    assert "until 2038-01-19;" in repr(Licence(7, CAT, "personal", 6, 1, 2**31))


def test_work__not_for_sale__says_so():
    assert repr(Work(0x1, "Cat", 3, ())) == f"“Cat” of account 3 is not for sale\nwork 0x{1:064x}"


def test_prices__asked_for_one__is_in_minor_units():
    prices = Prices((Price("personal", "individual", 6_500_000, "because"),))
    assert prices["personal", "individual"] == 6_500_000
    assert prices.why == {"personal individual": "because"}


def test_values__nothing_happened__read_as_sentences():
    assert repr(Moved("Cat", ())) == "“Cat” owes nothing to a parent"
    assert repr(Claimed(3, 0, ())) == "account 3 has nothing to claim"
    assert repr(Statement(3, ())) == "account 3 has earned nothing"


def test_statement__lines__columns_stand_below_their_heads():
    lines = (StatementLine("A long title of a work", 10_000_000, 0, 10_000_000), StatementLine("B", 1, 1, 0))
    head, first, second = repr(Statement(3, lines)).splitlines()
    assert len(head) == len(first) == len(second)
    assert first.split()[-3:] == ["$10.00", "$0.00", "$10.00"]


def test_statement__two_series_of_a_work__are_told_apart():
    lines = (StatementLine("Cat", 1, 1, 0), StatementLine("Cat", 2, 0, 2, series=1))
    _, first, second = repr(Statement(3, lines)).splitlines()
    assert first.split("  ")[0] == "Cat"
    assert second.split("  ")[0] == "Cat, series 1"
