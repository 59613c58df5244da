"""Advances on later revenue, as docs/SPECIFICATION.md §2 tells it."""

from __future__ import annotations

from collections.abc import Iterator

from tests.contracts.reference.accounts import Accounts, Advance, Request
from tests.contracts.reference.rules import PPM, Message, refuse

__all__ = ["Lending"]

MAX_RATE = 500_000


class Lending(Accounts):
    """Calls that concern advances."""

    def requestAdvance(self, msg: Message, work: int, currency: int, principal: int, rate: int) -> None:
        """By the title's holder, while none is open; an advance of nothing withdraws the request, at any time."""
        refuse(self._request_reasons(msg, work, currency, principal, rate))
        self.requests.pop((work, currency), None)
        if principal:
            self.requests[work, currency] = Request(principal, rate, self.works.titles[work].epoch)

    def _request_reasons(self, msg: Message, work: int, currency: int, principal: int, rate: int) -> Iterator[str]:
        yield from self.works.holder_reasons(msg.sender, work, "RoyaltyLedger")
        if principal == 0:
            return
        yield from self.currency_reasons(currency)
        yield from self.works.final_reasons(msg.now, work, "RoyaltyLedger")
        if not 0 < rate <= MAX_RATE:
            yield "RoyaltyLedger__BadAdvance"
        if self.works.disputed(work):
            yield "RoyaltyLedger__Disputed"
        yield from self._open_reasons(work, currency)

    def _open_reasons(self, work: int, currency: int) -> Iterator[str]:
        advance = self.advances.get((work, currency))
        if advance and self.recouped(work, currency) < advance.principal:
            yield "RoyaltyLedger__AdvanceOpen"

    def payAdvance(self, msg: Message, work: int, currency: int, principal: int, rate: int) -> None:
        """By anybody who repeats the conditions; the whole principal arrives, and belongs to the holders of shares."""
        refuse(self._advance_reasons(msg, work, currency, principal, rate))
        self.arrive(msg.sender, currency, principal)
        key = work, currency
        former = self.advances.get(key)

        def change() -> None:
            self.lent[key] += principal
            self.repaid[key] += former.principal if former else 0
            self.advances[key] = Advance(msg.sender, principal, rate, self.net(*key))

        if former:
            left = self.withdrawable(*key)
            self.owed[self.current(work), currency, former.advancer] += left * PPM
        self._grow(work, currency, change)
        del self.requests[key]

    def _advance_reasons(self, msg: Message, work: int, currency: int, principal: int, rate: int) -> Iterator[str]:
        yield from self.works.final_reasons(msg.now, work, "RoyaltyLedger")
        if self.works.disputed(work):
            yield "RoyaltyLedger__Disputed"
        request = self.requests.get((work, currency))
        if request is None or request.epoch != self.works.titles[work].epoch:
            yield "RoyaltyLedger__NoAdvance"
        elif (request.principal, request.rate) != (principal, rate):
            yield "RoyaltyLedger__BadAdvance"
        if principal == 0:
            yield "RoyaltyLedger__ZeroAmount"
        yield from self._open_reasons(work, currency)
        yield from self.value_reasons(msg, currency, principal)
        yield from self.payment_reasons(msg.sender, currency, principal)
        yield from self.credit_reasons(work, currency, principal)
        if currency < len(self.currencies) and self.currencies[currency].arriving(principal) < principal:
            yield "RoyaltyLedger__WrongValue"

    def withdrawAdvance(self, msg: Message, work: int, currency: int, to: str) -> int:
        """By the advancer, at will."""
        advance = self.advances.get((work, currency))
        if advance is None:
            refuse(["RoyaltyLedger__NoAdvance", "RoyaltyLedger__NotAdvancer"])
            raise AssertionError
        amount = self.withdrawable(work, currency)
        refuse(
            ["RoyaltyLedger__NotAdvancer"] * (msg.sender != advance.advancer)
            + ["RoyaltyLedger__NothingToClaim"] * (amount == 0)
            + [*self.receiver_reasons(currency, to, amount)]
        )
        self.advances[work, currency] = advance._replace(withdrawn=advance.withdrawn + amount)
        self.pay(currency, to, amount)
        return amount
