"""The fold keeps the ledger's promise for any history: nothing is lost and nothing is made."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from offchain.chain.events import ChainEvent
from offchain.chain.structs import ZERO_ADDRESS
from offchain.indexer import statement

UNITS = 1_000_000
HOLDERS = ["0x" + f"{index:02x}" * 20 for index in (1, 2, 3)]
LEDGER = "0x" + "44" * 20
WORK, PARENT = 7, 8

deposits = st.tuples(st.just("deposit"), st.integers(1, 2**60))
moves = st.tuples(st.just("move"), st.sampled_from(HOLDERS), st.sampled_from(HOLDERS), st.integers(0, UNITS))
histories = st.lists(deposits | moves, max_size=25)


def event(index: int, contract: str, name: str, **args: object) -> ChainEvent:
    return ChainEvent(contract, name, args, index, bytes(32), bytes(32), 0)


def chain(history: list[tuple], upstream: int) -> list[ChainEvent]:
    """A history as the contracts would tell it; moves of more than is held do not happen."""
    told = [("WorkRegistry", "WorkRegistered", {"work": WORK, "registrant": HOLDERS[0]})]
    if upstream:
        told.append(("RoyaltyLedger", "EdgeLinked", {"child": WORK, "parent": PARENT, "upstream": upstream}))
    held = dict.fromkeys(HOLDERS, 0) | {HOLDERS[0]: UNITS}
    issued = False
    for kind, *rest in history:
        if kind == "deposit":
            told.append(("RoyaltyLedger", "Deposited", {"work": WORK, "currency": 0, "amount": rest[0]}))
            continue
        sender, receiver, units = rest
        if units > held[sender]:
            continue
        if not issued:
            issued = True
            told.append(transfer(ZERO_ADDRESS, HOLDERS[0], UNITS))
        held[sender] -= units
        held[receiver] += units
        told.append(transfer(sender, receiver, units))
    return [event(index, contract, name, **args) for index, (contract, name, args) in enumerate(told)]


def transfer(sender: str, receiver: str, units: int) -> tuple[str, str, dict]:
    return "RoyaltyLedger", "Transfer", {"id": WORK, "sender": sender, "receiver": receiver, "amount": units}


def earned(events: list[ChainEvent]) -> list[int]:
    return [sum(line.earned for line in statement(holder, events, 1337, LEDGER).lines) for holder in HOLDERS]


@given(histories, st.integers(0, 900_000))
def test_statement__all_holders_together__have_the_net_less_than_a_wei_each(history, upstream):
    gross = sum(rest[0] for kind, *rest in history if kind == "deposit")
    net = gross - gross * upstream // 1_000_000
    assert 0 <= net - sum(earned(chain(history, upstream))) < len(HOLDERS)


@given(histories, st.integers(0, 900_000))
def test_statement__every_deposit_split_in_two__says_the_same(history, upstream):
    split = []
    for kind, *rest in history:
        if kind == "deposit" and rest[0] > 1:
            split += [("deposit", 1), ("deposit", rest[0] - 1)]
        else:
            split.append((kind, *rest))
    assert earned(chain(split, upstream)) == earned(chain(history, upstream))


@given(histories, st.integers(0, 900_000))
def test_statement__money_that_came_before_a_transfer__belongs_to_the_old_holder(history, upstream):
    """M6, against a reference that credits every rise of the net to whoever holds units at that moment."""
    held, owed = dict.fromkeys(HOLDERS, 0) | {HOLDERS[0]: UNITS}, dict.fromkeys(HOLDERS, 0)
    gross = 0
    for kind, *rest in history:
        if kind == "deposit":
            before = gross - gross * upstream // 1_000_000
            gross += rest[0]
            after = gross - gross * upstream // 1_000_000
            for holder in HOLDERS:
                owed[holder] += held[holder] * (after - before)
        elif rest[2] <= held[rest[0]]:
            held[rest[0]] -= rest[2]
            held[rest[1]] += rest[2]
    assert earned(chain(history, upstream)) == [owed[holder] // UNITS for holder in HOLDERS]
