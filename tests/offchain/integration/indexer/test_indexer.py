"""Whatever the chain does, the store holds what a rebuild from the first block would give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from offchain.chain import Listing, Registration
from offchain.chain.client import Client
from offchain.chain.contracts import Contracts
from offchain.chain.ledger import share_id
from offchain.errors import UnavailableError
from offchain.indexer import Indexer, account_statement
from offchain.store import open_store
from scripts import audit
from tests.offchain.deployed import ADAPTATION, CREATOR, SECOND_CREATOR, World, deploy
from tests.offchain.integration.indexer.history import History


def contents(url: str) -> dict[str, list[object]]:
    """Everything that is derived from the chain, and the hash of each block that an event stands in."""
    engine = create_engine(url)
    queries = {
        "events": "SELECT * FROM events ORDER BY block, log_index",
        "titles": "SELECT * FROM titles ORDER BY work",
        "licences": "SELECT * FROM licences ORDER BY number",
        "blocks": "SELECT number, hash FROM blocks WHERE number IN (SELECT block FROM events) ORDER BY number",
    }
    with engine.connect() as connection:
        found = {name: [repr(tuple(row)) for row in connection.execute(text(query))] for name, query in queries.items()}
    engine.dispose()
    return found


def rebuilt(world: World, folder: Path) -> dict[str, list[object]]:
    url = f"sqlite:///{folder / 'rebuilt.db'}"
    Path(folder / "rebuilt.db").unlink(missing_ok=True)
    store = open_store(url)
    Indexer(world.contracts, store).advance()
    store.close()
    return contents(url)


def behind(world: World, client: Client) -> Contracts:
    """The same contracts, asked through another client."""
    return Contracts(client, *(getattr(world.contracts, name) for name in Contracts.__slots__[1:]))


def sqlite(folder: Path) -> str:
    return f"sqlite:///{folder / 'indexed.db'}"


def test_advance__first_time__keeps_every_event_once(world: World, store):
    before = Indexer(world.contracts, store).advance()
    work = world.register(b"first", CREATOR)
    after = Indexer(world.contracts, store).advance()
    # A commitment, then WorkRegistered and the title's Transfer.
    assert (after.added, after.removed, after.block) == (3, 0, after.head)
    assert before.block == after.block - 2
    with store.snapshot() as tx:
        assert [each.name for each in tx.events.of_work(work)] == ["WorkRegistered", "Transfer"]
        title = tx.events.title(work)
        assert (title.registrant, title.holder) == (world.accounts[CREATOR], world.accounts[CREATOR])
    assert Indexer(world.contracts, store).advance().added == 0


def test_advance__title_changes_hands__new_holder_and_epoch_stand(world: World, store):
    work = world.register(b"handed over", CREATOR)
    indexer = Indexer(world.contracts, store)
    indexer.advance()
    call = world.contracts.registry.transfer(world.accounts[CREATOR], world.accounts[SECOND_CREATOR], work)
    world.send(call, CREATOR)
    indexer.advance()
    on_chain = world.contracts.registry.title(work)
    with store.snapshot() as tx:
        title = tx.events.title(work)
    assert (title.holder, title.epoch) == (world.accounts[SECOND_CREATOR], on_chain.epoch)
    assert (title.final_at, title.upstream) == (on_chain.final_at, on_chain.upstream)


def test_advance__metadata_updated__new_digest_stands_until_the_update_is_undone(fresh_chain_url, tmp_path):
    world = deploy(fresh_chain_url)
    store = open_store(sqlite(tmp_path))
    work = world.register(b"described anew", CREATOR)
    indexer, registry = Indexer(world.contracts, store), world.contracts.registry
    indexer.advance()
    first = registry.metadata(work)
    snapshot = world.rpc("evm_snapshot")
    world.send(registry.set_metadata(work, b"\x07" * 32), CREATOR)
    indexer.advance()
    digest(store, work, b"\x07" * 32)
    world.send(registry.transfer(world.accounts[CREATOR], world.accounts[SECOND_CREATOR], work), CREATOR)
    indexer.advance()
    digest(store, work, b"\x07" * 32)
    assert contents(sqlite(tmp_path)) == rebuilt(world, tmp_path)
    world.rpc("evm_revert", snapshot)
    world.register(b"something else", CREATOR)
    indexer.advance()
    digest(store, work, first)
    store.close()


def digest(store, work: int, expected: bytes) -> None:
    with store.snapshot() as tx:
        assert tx.events.title(work).metadata_digest == expected


def test_advance__licence_sold_and_handed_on__has_its_new_holder(world: World, store):
    licensing, seller, buyer = world.contracts.licensing, world.accounts[CREATOR], world.accounts[SECOND_CREATOR]
    work, listing = world.register(b"licensed", CREATOR), Listing(world.terms(), 0, 9)
    licence = world.buy(world.list(work, listing, CREATOR), listing, SECOND_CREATOR)
    indexer = Indexer(world.contracts, store)
    indexer.advance()
    with store.snapshot() as tx:
        sold = tx.events.licence(licence)
    on_chain = licensing.licence(licence)
    assert (sold.holder, sold.payer, sold.work, sold.price) == (buyer, buyer, work, 9)
    assert (sold.offer, sold.terms, sold.expiry) == (on_chain.offer, on_chain.terms, on_chain.expiry)
    world.send(licensing.transfer(buyer, seller, licence), SECOND_CREATOR)
    indexer.advance()
    with store.snapshot() as tx:
        assert [each.number for each in tx.events.licences_of(seller)][-1:] == [licence]
        assert [each.number for each in tx.events.licences_for(work)] == [licence]
        assert tx.events.licence(licence).holder == seller


def test_advance__several_licences_in_one_sale__each_stands_alone(world: World, store):
    licensing, buyer, other = world.contracts.licensing, world.accounts[CREATOR], world.accounts[SECOND_CREATOR]
    terms = replace(ADAPTATION, refund_days=1, duration=1000, renewable=False)
    work, listing = world.register(b"edition", CREATOR), Listing(world.terms(terms), 0, 9)
    first = world.buy(world.list(work, listing, CREATOR, quantity=4), listing, CREATOR)
    # A sale that follows must not be taken for the one of the numbers below.
    last = world.buy(world.list(work, listing, CREATOR), listing, CREATOR)
    world.send(licensing.transfer(buyer, other, first + 1), CREATOR)
    world.send(licensing.refund(first + 2), CREATOR)
    world.send(licensing.cancel(first + 3), CREATOR)
    Indexer(world.contracts, store).advance()
    with store.snapshot() as tx:
        told = {each.number: each for each in tx.events.licences_for(work)}
    assert sorted(told) == [first, first + 1, first + 3, last]
    for number, licence in told.items():
        on_chain = licensing.licence(number)
        assert (licence.holder, licence.expiry) == (on_chain.holder, on_chain.expiry)
        assert (licence.work, licence.price, licence.offer) == (work, 9, on_chain.offer)
    assert told[first + 1].holder == other
    assert told[first + 3].expiry < told[first].expiry


def test_advance__title_disputed_and_lost__tells_its_state_and_new_holder(world: World, store):
    registry, indexer = world.contracts.registry, Indexer(world.contracts, store)
    work, winner = world.register(b"disputed", CREATOR), world.accounts[SECOND_CREATOR]
    dispute = world.dispute(work, 2, SECOND_CREATOR)
    indexer.advance()
    with store.snapshot() as tx:
        title = tx.events.title(work)
    assert (title.disputed, title.series, title.holder) == (True, 0, world.accounts[CREATOR])
    world.rule(dispute, 2)
    indexer.advance()
    on_chain = registry.title(work)
    with store.snapshot() as tx:
        title = tx.events.title(work)
        assert set(tx.events.shares_of(winner)) >= {work, share_id(work, 1)}
    assert (title.disputed, title.series, title.holder, title.epoch) == (False, 1, winner, on_chain.epoch)
    assert (on_chain.holder, on_chain.series, on_chain.disputed) == (winner, 1, False)


def test_advance__registration_gave_way__earlier_committer_has_title_and_shares(fresh_chain_url: str, tmp_path: Path):
    """Registered at once as a derivative, then taken over, as an original, by a commitment that was earlier."""
    world, store = deploy(fresh_chain_url, grace=300), open_store(sqlite(tmp_path))
    registry = world.contracts.registry
    copier, author = world.accounts[CREATOR], world.accounts[SECOND_CREATOR]
    parent, listing = world.register(b"parent", CREATOR), Listing(world.terms(), 0, 0)
    world.sleep(300)
    licence = world.buy(world.list(parent, listing, CREATOR), listing, CREATOR)
    work, salt = parent ^ 1, b"\x01" * 32
    world.send(registry.commit(registry.commitment(author, work, salt)), SECOND_CREATOR)
    world.sleep(1)
    world.send(registry.register(Registration(work, copier, bytes(32), permits=(licence,))), CREATOR)
    world.send(registry.register(Registration(work, author, bytes(32), salt=salt)), SECOND_CREATOR)
    world.sleep(300)
    world.send(world.contracts.ledger.deposit(work, 0, 1000), CREATOR)
    Indexer(world.contracts, store).advance()
    with store.snapshot() as tx:
        title = tx.events.title(work)
        assert "EdgesCleared" in [each.name for each in tx.events.of_work(work)]
    assert (title.registrant, title.holder, title.upstream) == (author, author, 0)
    assert title.epoch == registry.title(work).epoch
    earned = {
        account: [line.earned for line in account_statement(store, world.contracts, account).lines if line.work == work]
        for account in (copier, author)
    }
    store.close()
    assert earned == {copier: [], author: [1000]}
    addresses = registry.address, world.contracts.ledger.address
    books = audit.read_books(world.client.w3, *addresses, world.contracts.deployment.block, world.client.head())
    assert audit.audit(world.client.w3, books, addresses[1], world.client.head()) == []


def test_standing__confirmations_asked__names_the_last_block_that_is_deep_enough(world: World, store):
    world.register(b"deep", CREATOR)
    indexer = Indexer(world.contracts, store, confirmations=2)
    behind_by = indexer.standing().lag
    progress = indexer.advance()
    standing = indexer.standing()
    assert behind_by > 0
    assert (standing.block, standing.confirmed, standing.lag) == (progress.head, progress.head - 2, 0)
    assert (standing.error, standing.lag_seconds) == (None, 0)
    assert standing.advanced_at is not None


@pytest.mark.parametrize("window", [1, 3, 1000])
def test_advance__windows_of_any_width__give_the_same(world: World, store, database_url, tmp_path, window):
    History(world, seed=window).live(6)
    Indexer(world.contracts, store, window=window).advance()
    if database_url.startswith("sqlite"):
        assert contents(database_url) == rebuilt(world, tmp_path)


def test_advance__node_that_refuses_wide_ranges__is_asked_for_less(world: World, store):
    """The node is real; only its limit is put in front of it."""

    class Narrow(Client):
        widest = 0

        def logs(self, first: int, last: int, addresses):
            if last - first >= 4:
                raise UnavailableError("chain-error", "range too wide", "ask for less")
            self.widest = max(self.widest, last - first + 1)
            return super().logs(first, last, addresses)

    world.register(b"narrow", CREATOR)
    narrow = Narrow(world.client.w3, world.client.rpc_url, world.client.chain_id)
    progress = Indexer(behind(world, narrow), store).advance()
    assert progress.block == progress.head
    assert 2 <= narrow.widest <= 4


def test_advance__node_that_names_a_head_it_does_not_have__is_unstable(world: World, store):
    class Boasting(Client):
        def head(self) -> int:
            return super().head() + 1

    boasting = Boasting(world.client.w3, world.client.rpc_url, world.client.chain_id)
    with pytest.raises(UnavailableError) as refused:
        Indexer(behind(world, boasting), store).advance()
    assert refused.value.code == "chain-unstable"


def test_advance__chain_down__is_unavailable_and_keeps_what_was_read(world: World, store):
    progress = Indexer(world.contracts, store).advance()

    class Down(Client):
        def head(self) -> int:
            raise UnavailableError("chain-down", "down", "start it")

    down = Down(world.client.w3, world.client.rpc_url, world.client.chain_id)
    with pytest.raises(UnavailableError):
        Indexer(behind(world, down), store).advance()
    with store.snapshot() as tx:
        assert tx.events.last_block().number == progress.block


@pytest.mark.parametrize("depth", [1, 2, 5, 12])
def test_advance__chain_reorganised__equals_a_rebuild(fresh_chain_url: str, tmp_path: Path, depth: int):
    world = deploy(fresh_chain_url)
    store = open_store(sqlite(tmp_path))
    indexer = Indexer(world.contracts, store)
    history = History(world, seed=depth)
    history.live(5)
    indexer.advance()
    snapshot = world.rpc("evm_snapshot")
    works = len(history.works)
    fork = world.client.head()
    while world.client.head() < fork + depth:
        history.world.register(f"lost {world.client.head()}".encode(), CREATOR)
        indexer.advance()
    lost = contents(sqlite(tmp_path))
    world.rpc("evm_revert", snapshot)
    del history.works[works:]
    history.seed += 1000
    history.live(3)
    progress = indexer.advance()
    store.close()
    assert progress.removed > 0
    kept = contents(sqlite(tmp_path))
    assert kept != lost
    assert kept == rebuilt(world, tmp_path)


def test_advance__chain_shorter_than_the_store__forgets_what_is_gone(fresh_chain_url: str, tmp_path: Path):
    world = deploy(fresh_chain_url)
    store = open_store(sqlite(tmp_path))
    snapshot = world.rpc("evm_snapshot")
    work = world.register(b"gone", CREATOR)
    Indexer(world.contracts, store).advance()
    world.rpc("evm_revert", snapshot)
    progress = Indexer(world.contracts, store).advance()
    with store.snapshot() as tx:
        assert tx.events.title(work) is None
    store.close()
    assert progress.block == progress.head
    assert contents(sqlite(tmp_path)) == rebuilt(world, tmp_path)


def test_advance__two_indexers_on_one_store__keep_every_event_once(world: World, store):
    first, second = Indexer(world.contracts, store, window=2), Indexer(world.contracts, store, window=3)
    world.register(b"two", CREATOR)
    added = first.advance().added + second.advance().added
    with store.snapshot() as tx:
        kept = tx.events.named(["WorkRegistered", "Committed", "Transfer", "CurrencyAdded", "OwnershipTransferred"])
    assert len({(each.block_hash, each.log_index) for each in kept}) == len(kept)
    assert added >= len(kept) > 0
