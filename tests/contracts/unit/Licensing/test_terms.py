"""Terms: registered once, for everybody, never changed."""

from __future__ import annotations

from hashlib import sha256

from tests.contracts.reverts import reverts
from tests.contracts.structs import Terms
from tests.contracts.world import DAY, terms_digest

SALE = Terms(0xFFFF, 30 * DAY, 900_000, 3, False, False, sha256(b"terms").digest())


def test_register_terms__new__numbered_and_found_by_digest(licensing, stranger):
    done = licensing.registerTerms(SALE, {"from": stranger})
    event = done.events["TermsRegistered"]
    assert (event["terms"], event["digest"]) == (2, "0x" + terms_digest(SALE).hex())
    assert tuple(event["content"]) == (*SALE[:-1], "0x" + SALE.text.hex())
    assert tuple(licensing.termsOf(2)) == (*SALE[:-1], "0x" + SALE.text.hex())
    assert licensing.termsNumber(terms_digest(SALE)) == 2
    assert licensing.termsNumber(b"\1" * 32) == 0


def test_register_terms__same_again__refused_with_the_number(licensing, stranger, creator):
    licensing.registerTerms(SALE, {"from": stranger})
    with reverts("Licensing__TermsExist", 2):
        licensing.registerTerms(SALE, {"from": creator})
    licensing.registerTerms(SALE._replace(lasting=True), {"from": creator})
    assert licensing.termsOf(3)["lasting"]


def test_register_terms__upstream_above_ninety_percent__refused(licensing, creator):
    with reverts("Licensing__BadTerms", 900_001):
        licensing.registerTerms(SALE._replace(upstream=900_001), {"from": creator})


def test_terms_of__unknown_number__refused(licensing):
    for number in (0, 2):
        with reverts("Licensing__UnknownTerms", number):
            licensing.termsOf(number)
