"""Statements folded from events alone say what the ledger would pay, to the wei."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from offchain.chain.ledger import share_id
from offchain.errors import InputError
from offchain.indexer import Indexer, Line, Span, Statement, account_statement, statement
from offchain.store import Store, open_store
from scripts import audit
from tests.offchain.deployed import World
from tests.offchain.integration.indexer.history import CURRENCIES, HOLDERS, History

SEEDS = (11, 12, 13)
CHECK = Path(__file__).resolve().parents[4] / "docs" / "check_statement.py"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One kind of database is enough here: the store's own tests compare them."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('statements') / 'statements.db'}")
    yield store
    store.close()


@pytest.fixture(scope="module")
def histories(world: World) -> dict[int, History]:
    """Lives that have been lived, by seed."""
    lived = {seed: History(world, seed) for seed in SEEDS}
    for history in lived.values():
        history.live(90)
    return lived


@pytest.mark.parametrize("seed", SEEDS)
def test_account_statement__random_history__equals_the_ledger_to_the_wei(world: World, store, histories, seed: int):
    history = histories[seed]
    Indexer(world.contracts, store).advance()
    ledger = world.contracts.ledger
    names = {currency.index: currency.caip19 for currency in ledger.currencies()}
    seen = claimed = 0
    for account in (world.accounts[each] for each in HOLDERS):
        told = account_statement(store, world.contracts, account)
        lines = {(share_id(line.work, line.series), line.currency): line for line in told.lines}
        for _, share in history.shares():
            for currency in CURRENCIES:
                line = lines.get((share, names[currency]))
                due = ledger.claimable(share, currency, account)
                assert (line.claimable if line else 0) == due
                if line is not None:
                    seen += 1
                    assert line.earned == line.claimed + line.claimable
                    assert line.units == ledger.units(account, share)
        claimed += sum(line.claimed for line in told.lines if line.work in history.works)
    with store.snapshot() as tx:
        shares = {share for _, share in history.shares()}
        paid = sum(each.amount for each in tx.events.named(["Claimed"]) if each.work in shares)
    assert seen > 5
    assert 0 < paid == claimed


@pytest.mark.parametrize("seed", SEEDS)
def test_account_statement__random_history_cut_in_two__parts_make_the_whole(world: World, store, histories, seed: int):
    """The closing balance of a period is the opening balance of the next, and entries explain every unit between."""
    Indexer(world.contracts, store).advance()
    cut = random.Random(seed).randrange(world.contracts.deployment.block, world.client.head())
    for account in (world.accounts[each] for each in HOLDERS):
        whole, early, late = (
            account_statement(store, world.contracts, account, span)
            for span in (Span(), Span(last=cut), Span(first=cut + 1))
        )
        assert early.entries + late.entries == whole.entries
        before, after, total = map(by_line, (early, late, whole))
        assert before.keys() <= after.keys() == total.keys()
        for key, line in after.items():
            first = before.get(key)
            assert line.opening == (first.claimable if first else 0)
            assert line.earned + (first.earned if first else 0) == total[key].earned
            assert line.claimable == line.opening + line.earned - line.claimed == total[key].claimable
            entries = [each for each in late.entries if (each.work, each.series, each.currency) == key]
            assert sum(each.amount for each in entries) == line.claimable - line.opening
            assert -sum(each.amount for each in entries if each.kind == "claim") == line.claimed
            assert not entries or entries[-1].balance == line.claimable


@pytest.mark.parametrize("seed", SEEDS)
def test_check_statement__random_history__finds_every_wei_in_the_raw_logs(
    world: World, store, histories, seed: int, tmp_path: Path
):
    """The script for accountants shares no line with the service; histories hold every kind of event."""
    Indexer(world.contracts, store).advance()
    deployment, holder = world.contracts.deployment, world.accounts[HOLDERS[seed % len(HOLDERS)]]
    head = world.client.head()
    first = random.Random(seed).randrange(deployment.block, head)
    told = account_statement(store, world.contracts, holder, Span(first, head))
    names = ("opening", "earned", "claimed", "claimable")
    lines = [
        {"work": f"0x{line.work:064x}", "series": line.series, "currency": line.currency}
        | {name: str(getattr(line, name)) for name in names}
        for line in told.lines
    ]
    place = tmp_path / "statement.json"
    place.write_text(json.dumps({"account": holder, "first": first, "block": head, "lines": lines}))
    contracts = (world.contracts.registry.address, world.contracts.ledger.address)
    command = [sys.executable, str(CHECK), world.client.rpc_url, *contracts, str(deployment.block), str(place)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "every wei agrees\n"), done.stderr


def by_line(told: Statement) -> dict[tuple[int, int, str], Line]:
    return {(line.work, line.series, line.currency): line for line in told.lines}


def test_account_statement__after_every_kind_of_event__says_who_paid_and_where_from(world: World, store, histories):
    Indexer(world.contracts, store).advance()
    told = [account_statement(store, world.contracts, world.accounts[each]) for each in HOLDERS]
    entries = [entry for each in told for entry in each.entries]
    assert {each.kind for each in entries} >= {"deposit", "pull", "claim", "release", "advance", "judgement"}
    assert all((each.payer is not None) == (each.kind == "deposit") for each in entries)
    assert all((each.source is not None) == (each.kind == "pull") for each in entries)


def test_books__everything_that_happened_here__is_owed_to_the_wei(world: World, store, histories):
    """M1 from events alone, by the audit's own arithmetic, after every kind of event that moves money or shares."""
    web3, deployment = world.client.w3, world.contracts.deployment
    registry, ledger = world.contracts.registry.address, world.contracts.ledger.address
    books = audit.read_books(web3, registry, ledger, deployment.block, world.client.head())
    assert audit.audit(web3, books, ledger, world.client.head()) == []
    Indexer(world.contracts, store).advance()
    with store.snapshot() as tx:
        happened = {each.name for each in tx.events.of_works(list(books.units) + list(books.series))}
        bounds = [each.args for each in tx.events.named(["EdgeLinked"])]
        kept = [each for each in tx.events.named(["Pulled"]) if int(each.args["kept"])]
    signatures = {signature.split("(")[0] for signature in audit.SIGNATURES}
    assert signatures - happened == {"CurrencyAdded", "EdgesCleared"}, (
        "the first is of no work, the other of another test"
    )
    assert any(int(each["guarantee"]) for each in bounds)
    assert any(int(each["ceiling"]) for each in bounds)
    assert kept
    assert any(len(shares) > 1 for shares in books.series.values()), "nobody lost a title"


@pytest.mark.parametrize("share", ["its own", "of no work"])
def test_account_statement__strangers_send_nothing__is_not_disturbed(world: World, store, share: str):
    """A transfer of zero units is an event and nothing else, also of an id that does not exist."""
    ledger, holder = world.contracts.ledger, world.accounts[HOLDERS[0]]
    work = world.register(b"sought after " + share.encode(), HOLDERS[0])
    world.send(ledger.deposit(work, 0, 100), HOLDERS[1])
    world.send(ledger.transfer_units(holder, work if share == "its own" else 2**200, 0), HOLDERS[1])
    Indexer(world.contracts, store).advance()
    (line,) = [each for each in account_statement(store, world.contracts, holder).lines if each.work == work]
    assert (line.units, line.claimable) == (1_000_000, 100)
    assert 2**200 not in {each.work for each in account_statement(store, world.contracts, holder).lines}


def test_statement__a_deposit_is_missing__says_that_the_events_are_incomplete(world: World, store):
    history = History(world, seed=15)
    history.live(60)
    Indexer(world.contracts, store).advance()
    with store.snapshot() as tx:
        claims = [each for each in tx.events.named(["Claimed"]) if each.work in set(history.works)]
        events = [*tx.events.named(["CurrencyAdded"]), *tx.events.of_works(history.works)]
    kept = [each for each in events if each.name not in ("Deposited", "Pulled")]
    with pytest.raises(InputError) as refused:
        statement(
            claims[0].account,
            sorted(kept, key=lambda each: (each.block, each.log_index)),
            1337,
            world.contracts.ledger.address,
        )
    assert refused.value.code == "events-incomplete"


def test_statement__events_out_of_order__are_refused(world: World, store):
    world.register(b"ordered", HOLDERS[0])
    Indexer(world.contracts, store).advance()
    with store.snapshot() as tx:
        events = tx.events.named(["WorkRegistered", "Transfer"])
    with pytest.raises(InputError) as refused:
        statement(world.accounts[0], reversed(events), 1337, world.contracts.ledger.address)
    assert refused.value.code == "events-out-of-order"
