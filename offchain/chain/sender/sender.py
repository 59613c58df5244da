"""Nonces, broadcast, replacement, receipts."""

from __future__ import annotations

import threading
import time
from typing import Final

from web3.types import TxReceipt

from offchain.chain.client import Client, Fees
from offchain.chain.sender.outcome import Cost, Limits, Receipt, receipt_of
from offchain.chain.sender.signing import capped, fees_of, raised, sign_attempt
from offchain.chain.signer import Signer
from offchain.chain.structs import Call
from offchain.errors import ColophonError, InputError, RefusedError, UnavailableError
from offchain.store import Store, TransactionRecord, TransactionStatus

__all__ = ["Sender"]

_GAS_MARGIN: Final = (6, 5)  # the state may move between estimate and mining
_TRIES: Final = 3
_POLL: Final = (0.02, 1.0)  # seconds: first and longest pause between looks at the chain
_ABSENCE: Final = (5, 0.5)  # looks, and seconds between them, that must all miss a receipt before it is held for absent

_REMEMBERED: Final = 3600  # seconds in which an identical call is taken for a repetition of one that was mined unseen

_UNDERPRICED: Final = "underpriced"
_LOOK_UP: Final = ("already known", "known transaction", "already imported", "already exists", "nonce", _UNDERPRICED)
"""A node's words that mean: it, or something at its nonce, is there; look, do not send again."""


class Sender:
    """Sends calls over one node, remembering them in one store.

    A store belongs to one chain: for a local chain that was started anew use a new store.

    Args:
        client: node.
        store: where nonces and signed transactions are kept; senders of the same accounts share it.
        limits: patience and price.
    """

    def __init__(self, client: Client, store: Store, limits: Limits | None = None) -> None:
        self._client = client
        self._store = store
        self._limits = limits or Limits()
        self._live: set[int] = set()  # transactions that a call of `send` is settling now
        self._live_lock = threading.Lock()

    def dry_run(self, call: Call, sender: str) -> Cost:
        """What the call would cost, after making sure that it would succeed now.

        Raises:
            ColophonError: the contract's own reason; `insufficient-funds`; `fee-above-cap`.
        """
        cost, _ = self._price(call, sender)
        return cost

    def send(self, call: Call, signer: Signer, key: str | None = None) -> Receipt:
        """Carry out a call and wait until it is mined.

        Args:
            call: what to do.
            signer: who does it and pays the gas.
            key: name of the intent; sending the same call under the same key again returns the same receipt. Without
                a key, an identical call of the account that an earlier run left unsettled is taken up instead.

        Raises:
            ColophonError: the contract's own reason.
            InputError: `key-reused`, the key stands for another call.
            RefusedError: `insufficient-funds`, `fee-above-cap`, `nonce-contested`.
            UnavailableError: `transaction-pending`, not mined in time; sending the same again goes on.
        """
        for _ in range(_TRIES):
            number = self._known(call, signer.address, key) or self._reserve(call, signer, key)
            try:
                mined = self._settle(number, call, signer)
            finally:
                with self._live_lock:
                    self._live.discard(number)
            if mined is not None:
                return mined
        raise RefusedError(
            "nonce-contested",
            f"another program sends from {signer.address} at the same time",
            "give each program an account of its own",
        )

    def unfinished(self, call: Call, sender: str) -> bool:
        """Whether an earlier run sent this very call without a key and did not see its end."""
        return self._left_over(call, sender) is not None

    def resume(self, account: str) -> int:
        """Take up what an earlier process left: settle what was mined, broadcast the rest again.

        Returns:
            How many transactions are still on their way.
        """
        with self._store.snapshot() as tx:
            open_ = list(tx.transactions.unsettled(self._client.chain_id, account))
        left = 0
        for record in open_:
            mined = self._mined(record)
            if mined is not None:
                self._mark(record.id, TransactionStatus.MINED if mined["status"] else TransactionStatus.REVERTED)
            elif self._displaced(record):
                self._mark(record.id, TransactionStatus.DISPLACED)
            else:
                self._client.broadcast(record.attempts[-1].raw)
                left += 1
        return left

    def _price(self, call: Call, sender: str) -> tuple[Cost, Fees]:
        self._client.try_call(call, sender)
        times, over = _GAS_MARGIN
        gas = self._client.gas(call, sender) * times // over
        fees = capped(self._client.fees(), self._limits.max_fee)
        cost = Cost(gas, call.value, gas * fees.most)
        balance = self._client.balance(sender)
        if balance < cost.value + cost.fee:
            raise RefusedError(
                "insufficient-funds",
                f"{sender} has {balance} wei and needs up to {cost.value + cost.fee}",
                "fund the account with the chain's native coin",
                account=sender,
                balance=str(balance),
                needed=str(cost.value + cost.fee),
            )
        return cost, fees

    def _known(self, call: Call, sender: str, key: str | None) -> int | None:
        """Number of the transaction that already stands for the key, or without one for the same call."""
        if key is None:
            with self._live_lock:  # an ended call is marked first and forgotten then, so none that ended is taken up
                number = self._left_over(call, sender)
                self._live |= set() if number is None else {number}
                return number
        with self._store.snapshot() as tx:
            record = tx.transactions.by_key(self._client.chain_id, sender, key)
        return None if record is None else _same(record, call)

    def _left_over(self, call: Call, sender: str) -> int | None:
        """The oldest unsettled transaction of the same call without a key that nobody here is settling.

        One that was mined long ago is not: whoever asks again then means it again.
        """
        with self._store.snapshot() as tx:
            open_ = list(tx.transactions.unsettled(self._client.chain_id, sender))
        for each in open_:
            same = (each.to, each.data, each.value) == (call.to, call.data, call.value)
            if not same or each.key is not None or each.id in self._live:
                continue
            if each.created_at > time.time() - _REMEMBERED or self._mined(each) is None:
                return each.id
        return None

    def _reserve(self, call: Call, signer: Signer, key: str | None) -> int:
        """Price, sign and commit; nothing is broadcast yet. The number of the transaction."""
        cost, fees = self._price(call, signer.address)
        chain_id, floor, now = self._client.chain_id, self._client.nonce(signer.address), int(time.time())
        self._nudge(signer.address, floor)
        with self._store.transaction() as tx:
            tx.transactions.lock_account(chain_id, signer.address)
            earlier = tx.transactions.by_key(chain_id, signer.address, key) if key else None
            if earlier is not None:
                return _same(earlier, call)
            nonce = tx.transactions.reserve_nonce(chain_id, signer.address, floor)
            record = TransactionRecord(
                chain_id=chain_id,
                sender=signer.address,
                nonce=nonce,
                key=key,
                to=call.to,
                data=call.data,
                value=call.value,
                gas=cost.gas,
                created_at=now,
                attempts=[sign_attempt(call, signer, (chain_id, nonce), cost.gas, fees, now)],
            )
            number = tx.transactions.add(record).id
            self._live.add(number)  # before anybody can see it in the store
            return number

    def _nudge(self, account: str, count: int) -> None:
        """Broadcast again what stands at the chain's next nonces but is not there: forgotten or reorganised away."""
        with self._store.snapshot() as tx:
            lost = list(tx.transactions.mined_from(self._client.chain_id, account, count))
            waiting = tx.transactions.unsettled(self._client.chain_id, account)
            late = [each for each in waiting if each.created_at < time.time() - self._limits.patience]
        for record in sorted(lost + late, key=lambda each: each.nonce):
            self._mark(record.id, TransactionStatus.SENT)
            self._client.broadcast(record.attempts[-1].raw)

    def _settle(self, number: int, call: Call, signer: Signer) -> Receipt | None:
        """Broadcast and wait. None when the nonce went to a transaction that is not ours."""
        started = time.monotonic()
        pause, longest = _POLL
        raise_at = started + self._limits.patience
        record = self._record(number)
        mined = self._mined(record)
        if mined is None:
            self._broadcast(record)
        while mined is None:
            record = self._record(number)  # another process may have raised the fee of the same transaction
            mined = self._mined(record)
            if mined is not None:
                break
            if self._displaced(record):
                self._mark(number, TransactionStatus.DISPLACED)
                return None
            now = time.monotonic()
            if now > started + self._limits.wait:
                raise _pending(record)
            if now > raise_at:
                raise_at = now + self._limits.patience
                record = self._speed_up(record, call, signer)
            time.sleep(pause)
            pause = min(pause * 1.5, longest)
        return self._finish(record, call, mined)

    def _broadcast(self, record: TransactionRecord) -> None:
        """Hand the newest attempt to the node; a refusal of the only attempt gives the nonce back."""
        attempt = record.attempts[-1]
        words = self._client.broadcast(attempt.raw)
        expected = any(each in words.lower() for each in _LOOK_UP)
        if not words or expected or len(record.attempts) > 1 or self._client.knows(attempt.hash):
            return
        with self._store.transaction() as tx:
            if tx.transactions.return_nonce(record.chain_id, record.sender, record.nonce):
                kept = tx.transactions.get(record.id)
                kept.status, kept.key = TransactionStatus.REFUSED.value, None
        raise UnavailableError(
            "transaction-rejected",
            f"the chain's node did not take the transaction: {words}",
            "see what the node says, then send again; nothing was spent",
        )

    def _speed_up(self, record: TransactionRecord, call: Call, signer: Signer) -> TransactionRecord:
        """Remind a node that forgot, or sign the same nonce again with a higher fee, up to the cap."""
        newest = record.attempts[-1]
        if not self._client.knows(newest.hash) and _UNDERPRICED not in self._client.broadcast(newest.raw).lower():
            return record
        fees = raised(fees_of(newest), self._client.fees(), self._limits.max_fee)
        if fees is None:
            return record
        position = (record.chain_id, record.nonce)
        with self._store.transaction() as tx:
            kept = tx.transactions.get(record.id)
            kept.attempts.append(sign_attempt(call, signer, position, record.gas, fees, int(time.time())))
        record = self._record(record.id)
        self._client.broadcast(record.attempts[-1].raw)
        return record

    def _mined(self, record: TransactionRecord) -> TxReceipt | None:
        """The receipt of whichever attempt was mined."""
        for attempt in reversed(record.attempts):
            receipt = self._client.receipt(attempt.hash)
            if receipt is not None:
                return receipt
        return None

    def _displaced(self, record: TransactionRecord) -> bool:
        """Whether the nonce was used by something else.

        After each count every attempt is looked for, also those that another process has added. A node may count a
        transaction before it has the receipt, so the absence must last.
        """
        looks, pause = _ABSENCE
        for look in range(looks):
            if look:
                time.sleep(pause)
            if self._client.nonce(record.sender) <= record.nonce or self._mined(self._record(record.id)) is not None:
                return False
        return True

    def _finish(self, record: TransactionRecord, call: Call, mined: TxReceipt) -> Receipt:
        if mined["status"] == 1:
            self._mark(record.id, TransactionStatus.MINED)
            return receipt_of(mined)
        self._mark(record.id, TransactionStatus.REVERTED)
        raise self._reason(call, record.sender, mined)

    def _reason(self, call: Call, sender: str, mined: TxReceipt) -> ColophonError:
        """Why a mined transaction failed, by running it again on the state before its block."""
        try:
            self._client.try_call(call, sender, mined["blockNumber"] - 1)
        except ColophonError as error:
            return error
        return RefusedError(
            "reverted",
            "the transaction was mined but failed: the state changed under it, or its gas ran out",
            "look at it and send again",
            tx_hash="0x" + bytes(mined["transactionHash"]).hex(),
        )

    def _mark(self, number: int, status: TransactionStatus) -> None:
        with self._store.transaction() as tx:
            record = tx.transactions.get(number)
            record.status = status.value
            if status in (TransactionStatus.REVERTED, TransactionStatus.DISPLACED):
                record.key = None  # the intent was not carried out, so it may be sent again

    def _record(self, number: int) -> TransactionRecord:
        with self._store.snapshot() as tx:
            return tx.transactions.get(number)


def _same(record: TransactionRecord, call: Call) -> int:
    if (record.to, record.data, record.value) == (call.to, call.data, call.value):
        return record.id
    raise InputError(
        "key-reused", "this key stands for another call", "choose another key for another intent", key=record.key
    )


def _pending(record: TransactionRecord) -> UnavailableError:
    return UnavailableError(
        "transaction-pending",
        "the transaction is on its way but was not mined in time",
        "run the same again: it goes on where it stopped, and nothing is sent twice",
        tx_hash="0x" + record.attempts[-1].hash.hex(),
        nonce=record.nonce,
    )
