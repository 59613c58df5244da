"""The sender on a real chain: once, whatever happens in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from offchain.chain import Call
from offchain.chain.client import Client, Outlook
from offchain.chain.sender import Limits, Receipt, Sender
from offchain.chain.signer import LocalSigner, development_signer
from offchain.errors import ColophonError, InputError, RefusedError, UnavailableError
from offchain.store import Store, TransactionStatus, open_store
from tests.offchain.deployed import ADAPTATION, World, deploy

DOLLARS = 10**6


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'colophon.db'}")
    yield store
    store.close()


@pytest.fixture
def world(fresh_chain_url: str) -> World:
    """A deployment whose accounts 1 and 2 have sent before: Ganache 7.9.2 takes a signed nonce 0 for none."""
    world = deploy(fresh_chain_url)
    for account in (1, 2):
        world.send(world.contracts.dollar.approve(world.accounts[9], 1), account)
    return world


@pytest.fixture
def signer() -> LocalSigner:
    return development_signer(1, 1337)


def mint(world: World, amount: int = DOLLARS) -> Call:
    return world.contracts.dollar.mint(world.accounts[9], amount)


def minted(world: World) -> int:
    return world.contracts.dollar.balance(world.accounts[9])


def attempts(store: Store, world: World, signer: LocalSigner) -> list[int]:
    """Highest fee of each attempt at the account's oldest open transaction."""
    with store.snapshot() as tx:
        (record,) = tx.transactions.unsettled(world.client.chain_id, signer.address)
        return [attempt.max_fee for attempt in record.attempts]


def dying(world: World) -> Client:
    """A process that ends when the transaction is committed and not yet broadcast."""

    class Dying(Client):
        def broadcast(self, _: bytes) -> str:
            raise KeyboardInterrupt

    return Dying(world.client.w3, world.client.rpc_url, world.client.chain_id)


def on_its_way(world: World, store: Store, account: int) -> bool:
    """Whether the node has an open transaction of the account."""
    with store.snapshot() as tx:
        found = tx.transactions.unsettled(1337, world.accounts[account])
        return any(world.client.knows(attempt.hash) for record in found for attempt in record.attempts)


def until(happened: Callable[[], bool]) -> None:
    """Wait for something that must happen within ten seconds."""
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def in_background(work, *arguments) -> tuple[threading.Thread, list[object]]:
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(work(*arguments))
        except ColophonError as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def test_send__call_that_succeeds__is_mined_and_paid(world, store, signer):
    before = world.client.balance(signer.address)
    receipt = Sender(world.client, store).send(mint(world), signer)
    assert minted(world) == DOLLARS
    assert before - world.client.balance(signer.address) == receipt.fee
    (event,) = world.contracts.decode(receipt.logs)
    assert (event.name, event.args["to"], event.args["value"]) == ("Transfer", world.accounts[9], DOLLARS)


def test_send__same_key_twice__is_sent_once(world, store, signer):
    sender = Sender(world.client, store)
    first = sender.send(mint(world), signer, key="mint:1")
    second = sender.send(mint(world), signer, key="mint:1")
    assert (first, minted(world)) == (second, DOLLARS)


def test_send__left_pending_without_a_key__same_call_again_is_sent_once(world, store, signer):
    world.rpc("miner_stop")
    with pytest.raises(UnavailableError) as refused:
        Sender(world.client, store, Limits(wait=0.5)).send(mint(world), signer)
    again = Sender(world.client, store)
    assert again.unfinished(mint(world), signer.address)
    assert not again.unfinished(mint(world, 2), signer.address)
    world.rpc("miner_start")
    receipt = again.send(mint(world), signer)
    assert "0x" + receipt.tx_hash.hex() == refused.value.facts["tx_hash"]
    assert minted(world) == DOLLARS
    # It has ended, so the same call is a new intent.
    assert not again.unfinished(mint(world), signer.address)
    again.send(mint(world), signer)
    assert minted(world) == 2 * DOLLARS


def test_send__mined_unseen_long_ago_without_a_key__same_call_is_a_new_intent(world, store, signer):
    with pytest.raises(KeyboardInterrupt):
        Sender(dying(world), store).send(mint(world), signer)
    sender = Sender(world.client, store)
    assert sender.resume(signer.address) == 1  # broadcast, and mined while nobody waits
    until(lambda: minted(world) == DOLLARS)
    assert sender.unfinished(mint(world), signer.address)
    with store.transaction() as tx:
        (record,) = tx.transactions.unsettled(1337, signer.address)
        record.created_at -= 3601  # an hour is remembered
    sender.send(mint(world), signer)
    assert minted(world) == 2 * DOLLARS


def test_send__fee_raised_by_another_settler_of_the_key__is_not_sent_again(world, store, signer):
    """The first settler signs attempt 1 only; the second one raises the fee, and that attempt is mined."""
    world.rpc("miner_stop")
    first, one = in_background(Sender(world.client, store).send, mint(world), signer, "mint:1")
    until(lambda: on_its_way(world, store, 1))
    raising = Sender(world.client, store, Limits(patience=0.2))
    second, two = in_background(raising.send, mint(world), signer, "mint:1")
    until(lambda: len(attempts(store, world, signer)) > 1)
    world.rpc("miner_start")
    first.join()
    second.join()
    assert isinstance(one[0], Receipt), one
    assert one == two
    assert (minted(world), world.client.nonce(signer.address)) == (DOLLARS, 2)


def test_send__receipt_later_than_the_count__is_waited_for_and_not_sent_again(world, store, signer):
    """The lag is played by a node that hides receipts at first; what it answers then is real."""

    class Lagging(Client):
        hidden = 5  # the poll, and all but the last of the five looks that judge absence

        def receipt(self, tx_hash: bytes):
            found = super().receipt(tx_hash)
            if found is not None and self.hidden:
                self.hidden -= 1
                return None
            return found

    lagging = Lagging(world.client.w3, world.client.rpc_url, world.client.chain_id)
    Sender(lagging, store).send(mint(world), signer)
    assert minted(world) == DOLLARS


def test_send__key_of_another_call__is_refused(world, store, signer):
    sender = Sender(world.client, store)
    sender.send(mint(world, 1), signer, key="mint:1")
    with pytest.raises(InputError) as refused:
        sender.send(mint(world, 2), signer, key="mint:1")
    assert refused.value.code == "key-reused"
    assert minted(world) == 1


def test_send__call_that_the_contract_refuses__costs_nothing_and_takes_no_nonce(world, store, signer):
    before = world.client.balance(signer.address), world.client.nonce(signer.address)
    with pytest.raises(RefusedError) as refused:
        Sender(world.client, store).send(world.contracts.ledger.claim([], 0, signer.address), signer)
    assert refused.value.code == "nothing-to-claim"
    assert refused.value.facts["holder"] == signer.address
    assert (world.client.balance(signer.address), world.client.nonce(signer.address)) == before
    Sender(world.client, store).send(mint(world), signer)
    assert world.client.nonce(signer.address) == before[1] + 1


def test_dry_run__call_that_succeeds__bounds_the_cost_and_sends_nothing(world, store, signer):
    sender = Sender(world.client, store)
    cost = sender.dry_run(mint(world), signer.address)
    assert minted(world) == 0
    receipt = sender.send(mint(world), signer)
    assert receipt.gas_used <= cost.gas
    assert receipt.fee <= cost.fee


def test_dry_run__account_without_coin__is_refused(world, store):
    pauper = LocalSigner("0x" + "07" * 32, 1337)
    with pytest.raises(RefusedError) as refused:
        Sender(world.client, store).dry_run(mint(world), pauper.address)
    assert refused.value.code == "insufficient-funds"


def test_send__chain_dearer_than_the_cap__is_refused(world, store, signer):
    with pytest.raises(RefusedError) as refused:
        Sender(world.client, store, Limits(max_fee=1)).send(mint(world), signer)
    assert refused.value.code == "fee-above-cap"


def test_send__many_threads_with_one_account__every_call_is_mined_once(world, store, signer):
    sender = Sender(world.client, store)
    running = [in_background(sender.send, mint(world), signer) for _ in range(8)]
    for thread, _ in running:
        thread.join()
    receipts = [outcome for _, (outcome,) in running]
    assert all(isinstance(receipt, Receipt) for receipt in receipts), receipts
    assert len({receipt.tx_hash for receipt in receipts}) == 8
    assert minted(world) == 8 * DOLLARS


def test_send__mining_stopped__waits_no_longer_than_told_and_goes_on_with_the_same_key(world, store, signer):
    world.rpc("miner_stop")
    with pytest.raises(UnavailableError) as refused:
        Sender(world.client, store, Limits(wait=0.5)).send(mint(world), signer, key="mint:1")
    assert refused.value.code == "transaction-pending"
    world.rpc("miner_start")
    receipt = Sender(world.client, store).send(mint(world), signer, key="mint:1")
    assert "0x" + receipt.tx_hash.hex() == refused.value.facts["tx_hash"]
    assert minted(world) == DOLLARS


def test_send__mining_stopped__fee_rises_by_a_tenth_and_the_dearest_attempt_alone_is_mined(world, store, signer):
    world.rpc("miner_stop")
    with pytest.raises(UnavailableError):
        Sender(world.client, store, Limits(wait=1.0, patience=0.2)).send(mint(world), signer, key="mint:1")
    fees = attempts(store, world, signer)
    assert len(fees) >= 3
    assert all(later * 10 >= earlier * 11 for earlier, later in pairwise(fees))
    world.rpc("miner_start")
    receipt = Sender(world.client, store).send(mint(world), signer, key="mint:1")
    assert world.client.w3.eth.get_transaction(receipt.tx_hash)["maxFeePerGas"] == fees[-1]
    assert (minted(world), world.client.nonce(signer.address)) == (DOLLARS, 2)


def test_send__outbid_by_another_program_while_waiting__is_sent_again_under_the_next(world, store, signer, tmp_path):
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    world.rpc("miner_stop")
    slow, first = in_background(Sender(world.client, store).send, mint(world, 1), signer)
    until(lambda: on_its_way(world, store, 1))
    # The other program knows nothing of the first one's nonce, and raises its fee until the node takes it.
    quick, second = in_background(Sender(world.client, other, Limits(patience=0.2)).send, mint(world, 2), signer)
    until(lambda: on_its_way(world, other, 1))
    world.rpc("miner_start")
    slow.join()
    quick.join()
    other.close()
    assert isinstance(first[0], Receipt), first
    assert isinstance(second[0], Receipt), second
    assert minted(world) == 1 + 2


def test_send__node_forgot_it__is_broadcast_again(world, store, signer):
    """Forgetting is played by a node that takes the first broadcast and drops it; what follows is real."""

    class Forgetful(Client):
        forgotten = False

        def broadcast(self, raw: bytes) -> str:
            if self.forgotten:
                return super().broadcast(raw)
            self.forgotten = True
            return ""

    forgetful = Forgetful(world.client.w3, world.client.rpc_url, world.client.chain_id)
    Sender(forgetful, store, Limits(wait=20.0, patience=0.2)).send(mint(world), signer)
    assert minted(world) == DOLLARS


def test_send__fee_at_the_cap__is_raised_no_further(world, store, signer):
    world.rpc("miner_stop")
    cap = world.client.fees().most * 115 // 100
    with pytest.raises(UnavailableError):
        Sender(world.client, store, Limits(wait=1.5, patience=0.2, max_fee=cap)).send(mint(world), signer)
    fees = attempts(store, world, signer)
    assert len(fees) == 2  # one raise by a tenth fits below 1.15, a second does not
    assert fees[-1] <= cap


def test_send__process_died_between_commit_and_broadcast__next_one_goes_on(world, store, signer):
    with pytest.raises(KeyboardInterrupt):
        Sender(dying(world), store).send(mint(world), signer, key="mint:1")
    assert minted(world) == 0
    sender = Sender(world.client, store)
    assert sender.resume(signer.address) == 1
    sender.send(mint(world), signer, key="mint:1")
    assert sender.resume(signer.address) == 0
    assert minted(world) == DOLLARS


def test_send__nonce_lost_to_another_program__is_sent_again_under_the_next(world, store, signer, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        Sender(dying(world), store).send(mint(world, 1), signer, key="mint:1")
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    Sender(world.client, other).send(mint(world, 2), signer)
    other.close()
    Sender(world.client, store).send(mint(world, 1), signer, key="mint:1")
    assert minted(world) == 1 + 2
    assert world.client.nonce(signer.address) == 3


def test_resume__nonce_lost_to_another_program__is_settled_without_sending(world, store, signer, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        Sender(dying(world), store).send(mint(world, 1), signer)
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    Sender(world.client, other).send(mint(world, 2), signer)
    other.close()
    assert Sender(world.client, store).resume(signer.address) == 0
    assert minted(world) == 2


def test_send__mined_by_another_process_since_the_nonces_were_counted__is_left_as_it_is(world, store, signer):
    """Two processes count, one of them sends and sees its transaction mined, then the other goes on with its count."""

    class Late(Client):
        def outlook(self, call: Call, sender: str) -> Outlook:
            counted = super().outlook(call, sender)
            Sender(world.client, store).send(mint(world, 2 * DOLLARS), signer, key="first")
            return counted

    late = Late(world.client.w3, world.client.rpc_url, world.client.chain_id)
    Sender(late, store).send(mint(world), signer, key="second")
    assert minted(world) == 3 * DOLLARS
    with store.snapshot() as tx:
        assert tx.transactions.unsettled(1337, signer.address) == []


def test_send__dead_process_left_a_mined_transaction_open__the_next_settles_it(world, store, signer):
    with pytest.raises(KeyboardInterrupt):
        Sender(dying(world), store).send(mint(world), signer, key="first")
    with store.snapshot() as tx:
        (left,) = tx.transactions.unsettled(1337, signer.address)
        world.client.broadcast(left.attempts[-1].raw)
    until(lambda: minted(world) == DOLLARS)
    Sender(world.client, store, Limits(patience=0.0)).send(mint(world), signer, key="second")
    with store.snapshot() as tx:
        assert tx.transactions.unsettled(1337, signer.address) == []


def test_send__chain_reorganised_a_mined_transaction_away__it_comes_back_before_the_next(world, store, signer):
    sender = Sender(world.client, store)
    snapshot = world.rpc("evm_snapshot")
    sender.send(mint(world, 1), signer, key="first")
    world.rpc("evm_revert", snapshot)
    assert minted(world) == 0
    sender.send(mint(world, 2), signer, key="second")
    assert minted(world) == 1 + 2
    sender.send(mint(world, 1), signer, key="first")
    assert minted(world) == 1 + 2


def test_send__mined_but_failed__tells_the_contracts_reason_and_frees_the_key(world, store, signer):
    """Terms register once; each of two senders sees them free until one is mined."""
    terms = world.contracts.offers.register_terms(replace(ADAPTATION, text=b"\x01" * 32))
    world.rpc("miner_stop")
    running = [
        in_background(Sender(world.client, store).send, terms, development_signer(index, 1337), "terms")
        for index in (1, 2)
    ]
    until(lambda: all(on_its_way(world, store, index) for index in (1, 2)))
    world.rpc("miner_start")
    for thread, _ in running:
        thread.join()
    outcomes = [outcome for _, (outcome,) in running]
    (receipt,) = [each for each in outcomes if isinstance(each, Receipt)]
    (error,) = [each for each in outcomes if isinstance(each, ColophonError)]
    assert error.code in ("terms-exist", "reverted")
    failed = 1 if outcomes[0] is error else 2
    with store.snapshot() as tx:
        assert tx.transactions.by_key(1337, world.accounts[failed], "terms") is None
        (kept,) = tx.transactions.mined_from(1337, world.accounts[failed], 0)
        assert kept.status == TransactionStatus.REVERTED
    assert receipt.block > 0
