"""Terms: registered once, for everybody, never changed."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tests.contracts.reverts import reverts
from tests.contracts.structs import Terms
from tests.contracts.world import ALL_SCOPES, DAY, DOLLAR, terms_digest

TEN_YEARS = 10 * 365 * DAY
SALE = Terms(ALL_SCOPES, 30 * DAY, 900_000, 3, 2, 1, False, False, False, True, DOLLAR, 5, 6, sha256(b"terms").digest())
EXCLUSIVE = {"exclusive": True, "refundDays": 0, "renewable": False, "duration": TEN_YEARS}


def test_register_terms__new__numbered_and_found_by_digest(book, stranger):
    done = book.registerTerms(SALE, {"from": stranger})
    event = done.events["TermsRegistered"]
    assert (event["terms"], event["digest"]) == (2, "0x" + terms_digest(SALE).hex())
    assert tuple(event["content"]) == (*SALE[:-1], "0x" + SALE.text.hex())
    assert tuple(book.termsOf(2)) == (*SALE[:-1], "0x" + SALE.text.hex())
    assert book.termsNumber(terms_digest(SALE)) == 2
    assert book.termsNumber(b"\1" * 32) == 0


def test_register_terms__same_again__refused_with_the_number(book, stranger, creator):
    book.registerTerms(SALE, {"from": stranger})
    with reverts("OfferBook__TermsExist", 2):
        book.registerTerms(SALE, {"from": creator})
    book.registerTerms(SALE._replace(lasting=True), {"from": creator})
    assert book.termsOf(3)["lasting"]


@pytest.mark.parametrize(
    "change",
    [
        {"upstream": 900_001},
        {"guarantee": 7},
        {"scope": 0x0000_FFFFFFFF_FFFF},
        {"scope": 0xFFFF_00000000_FFFF},
        {"scope": 0xFFFF_FFFFFFFF_0000},
        {"scope": 0},
        {"duration": 0},
        EXCLUSIVE | {"duration": 0},
        EXCLUSIVE | {"duration": TEN_YEARS + 1},
        EXCLUSIVE | {"refundDays": 1},
        EXCLUSIVE | {"renewable": True},
    ],
    ids=[
        "upstream", "ceiling below guarantee", "no right", "no territory", "no medium", "no scope", "endless renewal",
        "endless exclusive", "exclusive too long", "refundable exclusive", "renewable exclusive",
    ],
)  # fmt: skip
def test_register_terms__contradictory_or_too_much__refused(book, creator, change):
    with reverts("OfferBook__BadTerms"):
        book.registerTerms(SALE._replace(**change), {"from": creator})


@pytest.mark.parametrize(
    "change",
    [
        {"guarantee": 6},
        {"ceiling": 0},
        {"duration": 0, "renewable": False},
        {"scope": 0x0001_00000001_0001},
        EXCLUSIVE,
        {"currency": 9, "guarantee": 0, "ceiling": 0},
    ],
    ids=["ceiling is the guarantee", "no ceiling", "for ever", "one use", "ten years alone", "no amount"],
)
def test_register_terms__at_the_limit__taken(book, creator, change):
    book.registerTerms(SALE._replace(**change), {"from": creator})
    assert book.termsNumber(terms_digest(SALE._replace(**change))) == 2


@pytest.mark.parametrize("amounts", [{"guarantee": 0}, {"guarantee": 5, "ceiling": 0}], ids=["ceiling", "guarantee"])
def test_register_terms__amount_in_an_unknown_currency__refused(book, creator, amounts):
    with reverts("RoyaltyLedger__UnknownCurrency", 2):
        book.registerTerms(SALE._replace(currency=2, **amounts), {"from": creator})


def test_terms_of__unknown_number__refused(book):
    for number in (0, 2):
        with reverts("OfferBook__UnknownTerms", number):
            book.termsOf(number)
