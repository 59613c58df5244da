"""Statements folded from events alone say what the ledger would pay, to the wei."""

from __future__ import annotations

from pathlib import Path

import pytest

from offchain.errors import InputError
from offchain.indexer import Indexer, account_statement, statement
from tests.offchain.deployed import World
from tests.offchain.integration.indexer.history import CURRENCIES, HOLDERS, History


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of database is enough here: the store's own tests compare them."""
    return f"sqlite:///{tmp_path / 'statements.db'}"


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_account_statement__random_history__equals_the_ledger_to_the_wei(world: World, store, seed: int):
    history = History(world, seed)
    history.live(60)
    Indexer(world.contracts, store).advance()
    ledger = world.contracts.ledger
    names = {currency.index: currency.caip19 for currency in ledger.currencies()}
    seen = claimed = 0
    for account in (world.accounts[each] for each in HOLDERS):
        told = account_statement(store, 1337, account)
        lines = {(line.work, line.currency): line for line in told.lines}
        for work in history.works:
            for currency in CURRENCIES:
                line = lines.get((work, names[currency]))
                due = ledger.claimable(work, currency, account)
                assert (line.claimable if line else 0) == due
                if line is not None:
                    seen += 1
                    assert line.earned == line.claimed + line.claimable
                    assert line.units == ledger.units(account, work)
        claimed += sum(line.claimed for line in told.lines if line.work in history.works)
    with store.snapshot() as tx:
        works = set(history.works)
        paid = sum(each.amount for each in tx.events.named(["Claimed"]) if each.work in works)
    assert seen > 5
    assert 0 < paid == claimed


def test_statement__a_deposit_is_missing__says_that_the_events_are_incomplete(world: World, store):
    history = History(world, seed=14)
    history.live(60)
    Indexer(world.contracts, store).advance()
    with store.snapshot() as tx:
        claims = [each for each in tx.events.named(["Claimed"]) if each.work in set(history.works)]
        events = [*tx.events.named(["CurrencyAdded"]), *tx.events.of_works(history.works)]
    kept = [each for each in events if each.name not in ("Deposited", "Pulled")]
    with pytest.raises(InputError) as refused:
        statement(claims[0].account, sorted(kept, key=lambda each: (each.block, each.log_index)), 1337)
    assert refused.value.code == "events-incomplete"


def test_statement__events_out_of_order__are_refused(world: World, store):
    world.register(b"ordered", HOLDERS[0])
    Indexer(world.contracts, store).advance()
    with store.snapshot() as tx:
        events = tx.events.named(["WorkRegistered", "Transfer"])
    with pytest.raises(InputError) as refused:
        statement(world.accounts[0], reversed(events), 1337)
    assert refused.value.code == "events-out-of-order"
