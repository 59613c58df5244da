"""A deployment for histories: the contracts on the in-process EVM, and the model of the same deployment."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any, Final

from tests.contracts.reference.accounts import DOLLAR, NATIVE, Currency
from tests.contracts.reference.eip712 import account, digest
from tests.contracts.reference.evm import Contract, Machine
from tests.contracts.reference.model import Digests, Model
from tests.contracts.reference.offers import ALL_SCOPES
from tests.contracts.reference.rules import DAY, Message
from tests.contracts.reference.works import GRACE
from tests.contracts.structs import Consent, Economics, Order, Quote, Registration, Terms

__all__ = ["ADMIN", "CONTRACTS", "JUDGE", "KEYS", "PEOPLE", "POOR", "START", "STRANGER", "System"]

CONTRACTS: Final = ("RoyaltyLedger", "WorkRegistry", "OfferBook", "Licensing")
START: Final = 1_800_000_000
KEYS: Final = {account(key): key for key in range(1, 12)}
"""Private key by address; public, as all keys of tests are."""
PEOPLE: Final = tuple(KEYS)[:8]
POOR: Final = PEOPLE[7]
"""Begins with the native coin and no token."""
ADMIN, STRANGER, JUDGE = tuple(KEYS)[8:]
"""The judge stands where the contract of disputes does."""
_WEALTH: Final = 2**120
_TEXT: Final = sha256(b"legal text").digest()
_WIDE: Final = ALL_SCOPES
_DISPLAY: Final = 1 << 51 | 0xFFFFFFFF << 16 | 0xFFFF
_PLAIN: Final = Terms(
    _WIDE, 365 * DAY, 100_000, 3, 0, 0, transferable=True, lasting=True, exclusive=False, renewable=False,
    currency=0, guarantee=0, ceiling=0, text=_TEXT,
)  # fmt: skip
TERMS: Final = (
    _PLAIN,
    _PLAIN._replace(duration=3_600, upstream=333_333, maxDerivatives=1, transferable=False, lasting=False),
    _PLAIN._replace(duration=0, upstream=0, maxDerivatives=2, seats=2),
    _PLAIN._replace(scope=_DISPLAY | 1 << 48, duration=3 * DAY, upstream=450_000, maxDerivatives=2, lasting=False),
    _PLAIN._replace(upstream=900_000, maxDerivatives=65_535),
    _PLAIN._replace(upstream=250_000, guarantee=10**6, ceiling=10**9),
    _PLAIN._replace(upstream=333_333, guarantee=7, ceiling=7, currency=1, duration=30 * DAY, lasting=False),
    _PLAIN._replace(upstream=50_000, guarantee=10**12, currency=1),
    _PLAIN._replace(upstream=123_456, ceiling=1_000, currency=2, seats=1),
    _PLAIN._replace(refundDays=1, duration=10 * DAY, renewable=True, seats=1),
    _PLAIN._replace(refundDays=14, duration=0, upstream=200_000),
    _PLAIN._replace(renewable=True, duration=400 * DAY, seats=1, upstream=1),
    _PLAIN._replace(renewable=True, duration=DAY, scope=_DISPLAY, transferable=False),
    _PLAIN._replace(exclusive=True, duration=30 * DAY, scope=_DISPLAY),
    _PLAIN._replace(exclusive=True, duration=2 * DAY, scope=1 << 48 | 1 << 16 | 1, upstream=1),
    _PLAIN._replace(exclusive=True, duration=3_650 * DAY, scope=_WIDE),
    *(_PLAIN._replace(exclusive=True, duration=90 * DAY, scope=1 << 55 + i | 1 << 20 | 2) for i in range(9)),
)
"""Upstream shares with and without a remainder; bounds of every kind; every flag; scopes wide and narrow; last
nine exclusives that do not overlap, one more than a work may have."""
_TOKENS: Final = (("TestDollar", (), 0), ("SilentToken", (), 0), ("FeeToken", (), 1))
"""Name, arguments, and the hundredths that every transfer burns."""


class System:
    """Deployed once; each history begins at the same checkpoint."""

    def __init__(self) -> None:
        self.machine = Machine(START)
        for person in KEYS:
            self.machine.set_balance(person, _WEALTH)
        ledger, registry, book, licensing = (self.machine.predict(ADMIN, ahead) for ahead in range(4))
        deploy = self.machine.deploy
        self.ledger = deploy("RoyaltyLedger", ADMIN, ADMIN, registry, licensing, JUDGE)
        self.registry = deploy("WorkRegistry", ADMIN, ADMIN, GRACE, ledger, book, licensing, STRANGER)
        self.book = deploy("OfferBook", ADMIN, registry, ledger, licensing)
        self.licensing = deploy("Licensing", ADMIN, ADMIN, registry, ledger, book)
        self.tokens = [deploy(name, ADMIN, *arguments) for name, arguments, _ in _TOKENS]
        self._prepare()
        self._checkpoint = self.machine.snapshot()

    @property
    def refuser(self) -> str:
        """A contract that takes no native coin."""
        return self.book.address

    def _prepare(self) -> None:
        for token in self.tokens:
            self.ledger.send(ADMIN, "addCurrency", (token.address,))
            for person in PEOPLE:
                token.send(person, "approve", (self.ledger.address, 2**256 - 1))
                if person != POOR:
                    token.send(ADMIN, "mint", (person, _WEALTH))
        for terms in TERMS:
            self.book.send(ADMIN, "registerTerms", (terms,))

    def fresh(self) -> Model:
        """Put the chain back, and return the model of it as it then is."""
        self.machine.revert(self._checkpoint)
        self._checkpoint = self.machine.snapshot()
        self.machine.set_time(START)
        currencies = (Currency(), *(Currency(fee) for _, _, fee in _TOKENS))
        made = (self._hash_registration, self._hash_quote, self._hash_consent, self._hash_order, self._hash_payment)
        model = Model(ADMIN, JUDGE, self.ledger.address, self.refuser, currencies, Digests(*map(cache, made)))
        for terms in TERMS:
            model.book.registerTerms(Message(ADMIN, START), terms)
        for currency in range(len(currencies)):
            for person in KEYS if currency == NATIVE else set(PEOPLE) - {POOR}:
                model.ledger.wallets[currency, person] = _WEALTH
        return model

    def contract(self, name: str) -> Contract:
        """By the name of its room."""
        return getattr(self, name)

    def balance(self, currency: int, holder: str) -> int:
        """Minor units of an account or contract."""
        if currency == NATIVE:
            return self.machine.balance(holder)
        return int(self.tokens[currency - 1].read("balanceOf", holder))

    def _hash_registration(self, r: Registration, epoch: int, deadline: int) -> bytes:
        message: dict[str, Any] = {**r._asdict(), "epoch": epoch, "deadline": deadline}
        return digest(self.registry.address, "WorkRegistry", "Registration", message)

    def _hash_quote(self, quote: Quote) -> bytes:
        return digest(self.book.address, "OfferBook", "Quote", quote._asdict())

    def _hash_consent(
        self, work: int, holder: str, economics: Economics, nonce: int, epoch: int, deadline: int
    ) -> bytes:
        consent = Consent(work, holder, economics, nonce, epoch, deadline)
        return digest(self.book.address, "OfferBook", "Consent", consent._asdict())

    def _hash_order(self, order: Order) -> bytes:
        return digest(self.licensing.address, "Licensing", "Order", order._asdict())

    def _hash_payment(self, order: Order, value: int, after: int, before: int) -> bytes:
        message = {
            "from": order.buyer, "to": self.ledger.address, "value": value, "validAfter": after,
            "validBefore": before, "nonce": self._hash_order(order),
        }  # fmt: skip
        return digest(self.tokens[DOLLAR - 1].address, "TestDollar", "ReceiveWithAuthorization", message)
