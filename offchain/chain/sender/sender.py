"""Nonces, broadcast, replacement, receipts."""

from __future__ import annotations

import threading
import time
from typing import Final

from web3.types import TxReceipt

from offchain.chain.client import Client, Outlook
from offchain.chain.sender.book import Book
from offchain.chain.sender.outcome import Cost, Limits, Receipt, receipt_of
from offchain.chain.sender.refusals import contested, dry, pending
from offchain.chain.sender.relayers import Relayers
from offchain.chain.sender.signing import VOID_GAS, capped, fees_of, raised, sign_attempt, sign_void
from offchain.chain.signer import Signer
from offchain.chain.structs import Call
from offchain.errors import ColophonError, RefusedError, UnavailableError
from offchain.store import Store, TransactionRecord, TransactionStatus

__all__ = ["Sender"]

_GAS_MARGIN: Final = (6, 5)  # the state may move between estimate and mining
_TRIES: Final = 3
_POLL: Final = (0.02, 1.0)  # seconds: first and longest pause between looks at the chain
_ABSENCE: Final = (5, 0.5)  # looks, and seconds between them, that must all miss a receipt before it is held for absent
_STALE: Final = 16  # most transactions that a new one reminds the node of

_REMEMBERED: Final = 3600  # seconds in which an identical call is taken for a repetition of one that was mined unseen

_UNDERPRICED: Final = "underpriced"
_LOOK_UP: Final = ("already known", "known transaction", "already imported", "already exists", "nonce", _UNDERPRICED)
"""A node's words that mean: it, or something at its nonce, is there; look, do not send again."""

_SENDERS_OWN: Final = frozenset({"insufficient-funds", "fee-above-cap", "nonce-contested"})
"""Refusals that are about the account that pays, not about what it sends."""


class Sender:
    """Sends calls over one node, remembering them in one store.

    A store belongs to one chain: for a local chain that was started anew use a new store.

    Args:
        client: node.
        store: where nonces and signed transactions are kept; senders of the same accounts share it.
        limits: patience, price and spending.
    """

    def __init__(self, client: Client, store: Store, limits: Limits | None = None) -> None:
        self._client = client
        self._limits = limits or Limits()
        self._book = Book(store, client.chain_id, self._limits)
        self._live: set[int] = set()  # transactions that a call of `send` is settling now
        self._live_lock = threading.Lock()

    @property
    def limits(self) -> Limits:
        """As given."""
        return self._limits

    @property
    def book(self) -> Book:
        """What is written down of its transactions."""
        return self._book

    def dry_run(self, call: Call, sender: str) -> Cost:
        """What the call would cost, after making sure that it would succeed now.

        Raises:
            ColophonError: the contract's own reason; `insufficient-funds`; `fee-above-cap`.
            UnavailableError: `spending-limit`, it alone would cost more than one transaction may.
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
            UnavailableError: `transaction-pending`, not mined in time; sending the same again goes on;
                `spending-limit`; `dry-run`.
        """
        for _ in range(_TRIES):
            record, fresh = self._taken(call, signer, key)
            try:
                mined = self._settle(record, call, signer, fresh=fresh)
            finally:
                with self._live_lock:
                    self._live.discard(record.id)
            if mined is not None:
                return mined
        raise contested(signer.address)

    def relay(self, call: Call, relayers: Relayers, key: str, expires_at: int | None = None) -> Receipt:
        """Carry out somebody's call from whichever account has the least to do, and wait until it is mined.

        The intent stays with the account that it was first reserved for, in every process over the same store. The
        accounts' own troubles are no fault of the call: they are unavailable, and the same may be asked for later.

        Args:
            call: what to do.
            relayers: who may do it and pays the gas.
            key: name of the intent.
            expires_at: Unix seconds after which the call can only fail: its nonce is then used up by a transaction
                that does nothing, so that later ones do not wait for it.

        Raises:
            ColophonError: the contract's own reason.
            InputError: `key-reused`.
            RefusedError: `transaction-expired`.
            UnavailableError: as of `send`; `insufficient-funds`, `fee-above-cap`, `nonce-contested`.
        """
        try:
            for _ in range(_TRIES):
                known = self._book.known(call, relayers.address, key, relayers.signers)
                record, fresh = (known, False) if known else self._reserve_any(call, relayers, key, expires_at)
                mined = self._settle(record, call, relayers.signers.get(record.sender), fresh=fresh)
                if mined is not None:
                    return mined
            raise contested(", ".join(relayers.signers))
        except RefusedError as refused:
            if refused.code not in _SENDERS_OWN:
                raise
            raise UnavailableError(refused.code, refused.message, refused.remedy, **refused.facts) from refused

    def unfinished(self, call: Call, sender: str) -> bool:
        """Whether an earlier run sent this very call without a key and did not see its end."""
        return self._left_over(call, sender) is not None

    def resume(self, account: str) -> int:
        """Take up what an earlier process left: settle what was mined, broadcast the rest again.

        Returns:
            How many transactions are still on their way.
        """
        left = 0
        for record in self._book.unsettled(account):
            mined = self._mined(record)
            if mined is not None:
                self._note(record, mined)
            elif self._displaced(record):
                self._book.settle(record.id, TransactionStatus.DISPLACED, 0)
            else:
                left += 1
                if not self._limits.dry:
                    self._client.broadcast(record.attempts[-1].raw)
        return left

    def _price(self, call: Call, sender: str) -> tuple[Cost, Outlook]:
        outlook = self._client.outlook(call, sender)
        times, over = _GAS_MARGIN
        gas = outlook.gas * times // over
        cost = Cost(gas, call.value, gas * capped(outlook.fees, self._limits.max_fee).most)
        needed, most = cost.value + cost.fee, self._limits.per_transaction
        if most is not None and needed > most:
            raise UnavailableError(
                "spending-limit",
                f"the transaction may cost {needed} wei, and one may cost {most}",
                "wait for lower fees, or have the operator raise COLOPHON_SPEND_PER_TRANSACTION",
                account=sender,
                limit=str(most),
            )
        if outlook.balance < needed:
            raise RefusedError(
                "insufficient-funds",
                f"{sender} has {outlook.balance} wei and needs up to {needed}",
                "fund the account with the chain's native coin",
                account=sender,
                balance=str(outlook.balance),
                needed=str(needed),
            )
        return cost, outlook

    def _taken(self, call: Call, signer: Signer, key: str | None) -> tuple[TransactionRecord, bool]:
        """The account's transaction for the call, and whether it is new."""
        if key is not None:
            known = self._book.known(call, signer.address, key)
            return (known, False) if known is not None else self._reserve(call, signer, key)
        with self._live_lock:  # whoever asks meanwhile must see what is reserved here as somebody's
            left = self._left_over(call, signer.address)
            record, fresh = (left, False) if left is not None else self._reserve(call, signer, None)
            self._live.add(record.id)
            return record, fresh

    def _left_over(self, call: Call, sender: str) -> TransactionRecord | None:
        """The oldest unsettled transaction of the same call without a key that nobody here is settling.

        One that was mined long ago is not: whoever asks again then means it again.
        """
        for each in self._book.unsettled(sender):
            same = (each.to, each.data, each.value) == (call.to, call.data, call.value)
            if not same or each.key is not None or each.id in self._live:
                continue
            if each.created_at > time.time() - _REMEMBERED or self._mined(each) is None:
                return each
        return None

    def _reserve_any(
        self, call: Call, relayers: Relayers, key: str, expires_at: int | None
    ) -> tuple[TransactionRecord, bool]:
        """As `_reserve`, with the first relayer that can pay and may."""
        waiting = {account: count for account, (count, _) in self._book.waiting(relayers.signers).items()}
        trouble: ColophonError | None = None
        for signer in relayers.by_load(waiting):
            try:
                return self._reserve(call, signer, key, relayers, expires_at)
            except (RefusedError, UnavailableError) as error:
                if error.code not in ("insufficient-funds", "spending-limit"):
                    raise
                trouble = error
        assert trouble is not None  # noqa: S101 - there is at least one relayer
        raise trouble

    def _reserve(
        self,
        call: Call,
        signer: Signer,
        key: str | None,
        relayers: Relayers | None = None,
        expires_at: int | None = None,
    ) -> tuple[TransactionRecord, bool]:
        """Price, sign and commit; nothing is broadcast yet. The transaction, and whether it is new."""
        priced = self._price(call, signer.address)
        if self._limits.dry:
            raise dry(priced[0])
        for record in self._book.stale(signer.address, priced[1].nonce)[:_STALE]:
            self._remind(record, signer)
        crew = () if relayers is None else relayers.signers
        record = self._book.reserve(call, signer, key, priced, crew=crew, expires_at=expires_at)
        return record, True

    def _remind(self, record: TransactionRecord, signer: Signer) -> None:
        """Broadcast again what a node forgot or a reorganisation took back, or free its nonce when it expired."""
        mined = self._mined(record)
        if mined is not None:  # since the nonces were counted; whoever sent it may be dead
            self._note(record, mined)
            return
        if record.status != TransactionStatus.SENT:
            self._book.reopen(record.id)
        if not self._freed(record, signer):
            self._client.broadcast(record.attempts[-1].raw)

    def _settle(self, record: TransactionRecord, call: Call, signer: Signer | None, *, fresh: bool) -> Receipt | None:
        """Broadcast and wait; nobody has seen a fresh one. None when the nonce went to a transaction not ours."""
        started, (pause, longest) = time.monotonic(), _POLL
        raise_at = started + self._limits.patience
        mined = None if fresh else self._mined(record)
        if mined is None:
            self._broadcast(record)
            mined = self._mined(record)
        while mined is None:
            time.sleep(pause)
            pause = min(pause * 1.5, longest)
            record = self._book.record(record.id)  # another process may have raised the fee of the same transaction
            mined = self._mined(record)
            if mined is not None:
                break
            if self._displaced(record):
                self._book.settle(record.id, TransactionStatus.DISPLACED, 0)
                return None
            now = time.monotonic()
            if now > started + self._limits.wait:
                raise pending(record)
            if now > raise_at and signer is not None:
                raise_at = now + self._limits.patience
                record = self._speed_up(record, call, signer)
        return self._finish(record, call, mined)

    def _broadcast(self, record: TransactionRecord) -> None:
        """Hand the newest attempt to the node; a refusal of the only attempt gives the nonce back."""
        if self._limits.dry:
            raise pending(record)
        attempt = record.attempts[-1]
        words = self._client.broadcast(attempt.raw)
        expected = any(each in words.lower() for each in _LOOK_UP)
        if not words or expected or len(record.attempts) > 1 or self._client.knows(attempt.hash):
            return
        self._book.refuse(record)
        raise UnavailableError(
            "transaction-rejected",
            f"the chain's node did not take the transaction: {words}",
            "see what the node says, then send again; nothing was spent",
        )

    def _speed_up(self, record: TransactionRecord, call: Call, signer: Signer) -> TransactionRecord:
        """Remind a node that forgot, or sign the same nonce again: with a higher fee up to the cap, or to free it."""
        newest = record.attempts[-1]
        if self._freed(record, signer):
            return self._book.record(record.id)
        if not self._client.knows(newest.hash) and _UNDERPRICED not in self._client.broadcast(newest.raw).lower():
            return record
        fees = raised(fees_of(newest), self._client.fees(), self._limits.max_fee)
        if fees is None:
            return record
        position, now = (record.chain_id, record.nonce), int(time.time())
        if newest.void:
            attempt, gas = sign_void(signer, position, fees, now), VOID_GAS
        else:
            attempt, gas = sign_attempt(call, signer, position, record.gas, fees, now), record.gas
        try:
            record = self._book.add(record.id, attempt, gas)
        except UnavailableError as error:
            if error.code != "spending-limit":
                raise
            return record  # it waits for its turn at the fee that it has
        self._client.broadcast(record.attempts[-1].raw)
        return record

    def _freed(self, record: TransactionRecord, signer: Signer) -> bool:
        """Give the nonce of an expired transaction to one that does nothing; whether that was done just now.

        That one may go a tenth above the cap, since a node takes nothing less in the place of one that is at the cap.
        """
        newest = record.attempts[-1]
        if record.expires_at is None or newest.void or not self._expired(record.expires_at):
            return False
        fees = raised(fees_of(newest), self._client.fees(), self._limits.max_fee * 11 // 10 + 1)
        if fees is None:
            return False
        void = sign_void(signer, (record.chain_id, record.nonce), fees, int(time.time()))
        self._client.broadcast(self._book.add(record.id, void, VOID_GAS).attempts[-1].raw)
        return True

    def _expired(self, expires_at: int) -> bool:
        if time.time() > expires_at:
            return True
        head = self._client.block("latest")
        return head is not None and head.timestamp > expires_at

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
            if self._client.nonce(record.sender) <= record.nonce:
                return False
            if self._mined(self._book.record(record.id)) is not None:
                return False
        return True

    def _finish(self, record: TransactionRecord, call: Call, mined: TxReceipt) -> Receipt:
        match self._note(record, mined):
            case TransactionStatus.MINED:
                return receipt_of(mined)
            case TransactionStatus.EXPIRED:
                raise RefusedError(
                    "transaction-expired",
                    f"it was not mined before {record.expires_at} (Unix seconds), when it lost its force",
                    "sign anew with a later deadline; nothing was done",
                    expired=record.expires_at,
                )
        raise self._reason(call, record.sender, mined)

    def _note(self, record: TransactionRecord, mined: TxReceipt) -> TransactionStatus:
        """Write down what became of a transaction, and its cost; once it stands there, an attempt to read again."""
        void = any(each.void and each.hash == bytes(mined["transactionHash"]) for each in record.attempts)
        done = TransactionStatus.MINED if mined["status"] == 1 else TransactionStatus.REVERTED
        status = TransactionStatus.EXPIRED if void else done
        fee = mined["gasUsed"] * mined["effectiveGasPrice"]
        self._book.settle(record.id, status, fee + (record.value if status == TransactionStatus.MINED else 0))
        return status

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
