"""Random histories: the model says what each call must do, the EVM does it, and the two are compared.

A history is a list of calls, and a call is data: a failing history can be played again and made shorter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.contracts.reference.evm import RevertError
from tests.contracts.reference.model import Model, State
from tests.contracts.reference.rules import Message, RefusedError
from tests.contracts.reference.system import START, System
from tests.contracts.reference.views import changed, claims

__all__ = ["Call", "History", "MismatchError", "shortest"]


class Call(NamedTuple):
    """One call, `wait` seconds after the one before."""

    contract: str
    method: str
    sender: str
    arguments: tuple[Any, ...]
    value: int = 0
    wait: int = 0

    def __str__(self) -> str:
        paid = f" value={self.value}" if self.value else ""
        return f"+{self.wait}s {self.contract}.{self.method}{self.arguments} from {self.sender}{paid}"


class MismatchError(AssertionError):
    """The contracts did something else than the rules say."""


@dataclass
class History:
    """A model and a chain, side by side."""

    system: System
    model: Model = field(init=False)
    now: int = START
    calls: list[Call] = field(default_factory=list)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.model = self.system.fresh()

    def play(self, call: Call) -> None:
        """Do one call on both sides; raises MismatchError."""
        self.calls.append(call)
        self.now += call.wait
        self.system.machine.set_time(self.now)
        before = self.model.saved()
        expected = self._predicted(call)
        actual = self._executed(call)
        self.outcomes[f"{call.contract}.{call.method}", getattr(actual, "name", "done")] += 1
        if isinstance(expected, RefusedError):
            self.model.restore(before)
            if not (isinstance(actual, RevertError) and actual.name in expected.reasons):
                raise MismatchError(f"{call}\n  rules: refused for {expected}\n  chain: {actual}")
        elif actual != expected:
            raise MismatchError(f"{call}\n  rules: {expected}\n  chain: {actual}")
        else:
            self._compare(changed(before, self.model.state()))

    def audit(self) -> None:
        """Compare every entry of the state."""
        state = self.model.state()
        empty: State = {room: {name: {} for name in fields} for room, fields in state.items()}
        self._compare(changed(empty, state))
        if self.system.ledger.read("currencyCount") != len(self.model.ledger.currencies):
            raise MismatchError("number of currencies")

    def close(self) -> None:
        """M1 and M5: the ledger has what it owes and the residue, which is bounded."""
        books = self.model.ledger
        for currency in range(len(books.currencies)):
            left, bound = books.residue(currency), books.residue_bound(currency)
            has, owed = self.system.balance(currency, books.address), books.liabilities(currency)
            if not (0 <= left <= bound and has == left + owed):
                raise MismatchError(f"books of currency {currency}: {has}, owes {owed}, residue {left}, bound {bound}")
            self._compare_earnings(currency)

    def _compare_earnings(self, currency: int) -> None:
        """All series together, what was diverted and what is frozen: H + V of every work, to the unit."""
        books = self.model.ledger
        for work in self.model.works.titles:
            series = sum(books.earned[id_, currency] for id_, (of, _) in books.series.items() if of == work)
            whole = series + books.diverted[work, currency] + books.frozen[work, currency]
            if whole != books.total(work, currency):
                raise MismatchError(f"index of {work}: {whole} and not {books.total(work, currency)}")

    def _predicted(self, call: Call) -> Any:
        try:
            return self.model.perform(
                call.contract, call.method, Message(call.sender, self.now, call.value), call.arguments
            )
        except RefusedError as refusal:
            return refusal

    def _executed(self, call: Call) -> Any:
        try:
            return self.system.contract(call.contract).send(call.sender, call.method, call.arguments, call.value)
        except RevertError as error:
            return error

    def _compare(self, entries: list[tuple[str, str, Any]]) -> None:
        for claim in claims(self.model, self.now, entries):
            actual = claim.actual(self.system)
            if actual != claim.expected:
                raise MismatchError(
                    f"after {self.calls[-1]}\n  {claim.contract}.{claim.view}{claim.arguments}\n"
                    f"  rules: {claim.expected}\n  chain: {actual}"
                )


def shortest(calls: Iterable[Call], fails: Callable[[list[Call]], bool]) -> list[Call]:
    """Leave out, from the end, every call without which the history still fails."""
    kept = list(calls)
    for i in range(len(kept) - 1, -1, -1):
        fewer = _without(kept, i)
        if fails(fewer):
            kept = fewer
    return kept


def _without(calls: list[Call], i: int) -> list[Call]:
    """The same calls at the same times, less one."""
    rest = calls[i + 1 :]
    if rest:
        rest[0] = rest[0]._replace(wait=rest[0].wait + calls[i].wait)
    return calls[:i] + rest
