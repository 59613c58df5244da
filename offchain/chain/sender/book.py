"""What the sender writes down: reserved nonces, signed attempts, whose intent it is, and what a day may cost.

Rows are locked in one order everywhere, so that no two senders wait for each other: intent, account, transaction,
spending.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Final

from offchain.chain.client import Fees, Outlook
from offchain.chain.sender.outcome import Cost, Limits
from offchain.chain.sender.signing import sign_attempt
from offchain.chain.signer import Signer
from offchain.chain.structs import Call
from offchain.errors import InputError, UnavailableError
from offchain.store import AttemptRecord, Store, TransactionRecord, TransactionStatus, UnitOfWork

__all__ = ["DAY", "Book"]

DAY: Final = 86_400
_UNDONE: Final = (TransactionStatus.REVERTED, TransactionStatus.DISPLACED, TransactionStatus.EXPIRED)


class Book:
    """The sender's rows of one chain in one store.

    Args:
        store: where they are kept.
        chain_id: which chain's.
        limits: what may be spent.
    """

    def __init__(self, store: Store, chain_id: int, limits: Limits) -> None:
        self._store = store
        self._chain = chain_id
        self._limits = limits

    def known(self, call: Call, account: str, key: str, crew: Collection[str] = ()) -> TransactionRecord | None:
        """The transaction that stands for the key: the account's, or that of whoever of a crew, or before it, has it.

        Raises:
            InputError: `key-reused`, it is another call's.
        """
        with self._store.snapshot() as tx:
            among = {account, *crew}
            if crew:
                among.add(tx.transactions.intended(self._chain, key) or account)
            record = tx.transactions.by_key(self._chain, among, key)
        return None if record is None else _same(record, call)

    def unsettled(self, account: str) -> Sequence[TransactionRecord]:
        """The account's transactions whose fate is open, lowest nonce first."""
        with self._store.snapshot() as tx:
            return tx.transactions.unsettled(self._chain, account)

    def stale(self, account: str, count: int) -> Sequence[TransactionRecord]:
        """What stands at the chain's next nonces without being there: forgotten, expired, or reorganised away."""
        patience = time.time() - self._limits.patience
        with self._store.snapshot() as tx:
            lost = list(tx.transactions.mined_from(self._chain, account, count))
            late = [each for each in tx.transactions.unsettled(self._chain, account) if each.created_at < patience]
        return sorted(lost + late, key=lambda each: each.nonce)

    def record(self, number: int) -> TransactionRecord:
        """A transaction as it stands now."""
        with self._store.snapshot() as tx:
            return tx.transactions.get(number)

    def reserve(
        self,
        call: Call,
        signer: Signer,
        key: str | None,
        priced: tuple[Cost, Outlook],
        *,
        crew: Collection[str] = (),
        expires_at: int | None = None,
    ) -> TransactionRecord:
        """Take a nonce and keep the signed call under it; what was reserved for the key before, where something was.

        Args:
            call: what to do.
            signer: whose nonce.
            key: the intent.
            priced: what the call costs, and the fees, the chain's count and the time that it was learned with.
            crew: accounts that share the intent; empty where the signer alone has it.
            expires_at: Unix seconds.

        Raises:
            InputError: `key-reused`.
            UnavailableError: `spending-limit`; no nonce is taken.
        """
        (cost, outlook), now = priced, int(time.time())
        with self._store.transaction() as tx:
            earlier = self._earlier(tx, signer.address, key, crew)
            if earlier is not None:
                return _same(earlier, call)
            day = now // DAY
            self._spend(tx, signer.address, day, cost.value + cost.fee)
            nonce = tx.transactions.reserve_nonce(self._chain, signer.address, outlook.nonce)
            position, fees = (self._chain, nonce), Fees(cost.fee // cost.gas, outlook.fees.priority)
            return tx.transactions.add(
                TransactionRecord(
                    chain_id=self._chain,
                    sender=signer.address,
                    nonce=nonce,
                    key=key,
                    to=call.to,
                    data=call.data,
                    value=call.value,
                    gas=cost.gas,
                    created_at=now,
                    attempts=[sign_attempt(call, signer, position, cost.gas, fees, now)],
                    expires_at=expires_at,
                    day=day,
                    cost=cost.value + cost.fee,
                )
            )

    def add(self, number: int, attempt: AttemptRecord, gas: int) -> TransactionRecord:
        """Keep another attempt of `gas` units at the same nonce before anybody sees it; its highest cost counts.

        Raises:
            UnavailableError: `spending-limit`; nothing is kept.
        """
        with self._store.transaction() as tx:
            kept = tx.transactions.hold(number)
            most = max(kept.cost, gas * attempt.max_fee + (0 if attempt.void else kept.value))
            self._spend(tx, kept.sender, kept.day, most - kept.cost, bounded=not attempt.void)
            kept.cost = most
            kept.attempts.append(attempt)
        return self.record(number)

    def settle(self, number: int, status: TransactionStatus, cost: int) -> None:
        """Write down how a transaction ended, and what it really cost in wei; the key of one undone is free again."""
        with self._store.transaction() as tx:
            record = tx.transactions.hold(number)
            tx.transactions.spend(self._chain, record.sender, record.day, cost - record.cost)
            record.status, record.cost = status.value, cost
            if status in _UNDONE:
                record.key = None  # the intent was not carried out, so it may be sent again

    def reopen(self, number: int) -> None:
        """A transaction that was settled is on its way again."""
        with self._store.transaction() as tx:
            tx.transactions.hold(number).status = TransactionStatus.SENT.value

    def refuse(self, record: TransactionRecord) -> None:
        """Give the nonce of what no node took back, unless a later one is taken: then it stays to be sent again."""
        with self._store.transaction() as tx:
            if tx.transactions.return_nonce(self._chain, record.sender, record.nonce):
                kept = tx.transactions.hold(record.id)
                tx.transactions.spend(self._chain, kept.sender, kept.day, -kept.cost)
                kept.status, kept.key, kept.cost = TransactionStatus.REFUSED.value, None, 0

    def waiting(self, accounts: Collection[str]) -> dict[str, tuple[int, int]]:
        """How many transactions each account has on their way, and when the oldest was made; without idle ones."""
        with self._store.snapshot() as tx:
            return tx.transactions.waiting(self._chain, accounts)

    def spent(self, account: str, day: int) -> int:
        """Wei that the account spends on a day, unsettled transactions at their highest cost."""
        with self._store.snapshot() as tx:
            return tx.transactions.spent(self._chain, account, day)

    def _earlier(
        self, tx: UnitOfWork, account: str, key: str | None, crew: Collection[str]
    ) -> TransactionRecord | None:
        """What stands for the key already; none other can be added until the unit of work ends."""
        earlier = None
        if key is not None and crew:
            intent = tx.transactions.lock_intent(self._chain, key, account)
            earlier = tx.transactions.by_key(self._chain, {*crew, intent.sender}, key)
            intent.sender = account if earlier is None else earlier.sender
        tx.transactions.lock_account(self._chain, account)
        return tx.transactions.by_key(self._chain, account, key) if key and earlier is None else earlier

    def _spend(self, tx: UnitOfWork, account: str, day: int, wei: int, *, bounded: bool = True) -> None:
        spent, most = tx.transactions.spend(self._chain, account, day, wei), self._limits.per_day
        if bounded and most is not None and wei > 0 and spent > most:
            raise UnavailableError(
                "spending-limit",
                f"{account} would spend up to {spent} wei today, above its limit of {most}",
                "wait for the next day (UTC), or have the operator raise COLOPHON_SPEND_PER_DAY",
                account=account,
                limit=str(most),
                spent=str(spent - wei),
            )


def _same(record: TransactionRecord, call: Call) -> TransactionRecord:
    if (record.to, record.data, record.value) == (call.to, call.data, call.value):
        return record
    raise InputError(
        "key-reused", "this key stands for another call", "choose another key for another intent", key=record.key
    )
