"""RoyaltyLedger: the money of all works and their royalty shares (contracts/interfaces/IRoyaltyLedger.sol)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from offchain.chain.client import Client
from offchain.chain.contract import BoundContract
from offchain.chain.structs import Advance, Call, Currency, Edge, Pull, listed, share_id
from offchain.chain.token import Token
from offchain.errors import NotFoundError, RefusedError
from offchain.money import native_currency, token_currency

__all__ = ["RoyaltyLedger", "share_id"]

_NATIVE_DECIMALS: Final = 18  # wei per ether, Ethereum yellow paper §2.1


class RoyaltyLedger:
    """Typed views and unsigned calls of the ledger at `address`; currencies are indices, amounts minor units.

    Shares go by the id of their series: the work for the first, `share_id` for those that judgements began.
    """

    def __init__(self, client: Client, address: str) -> None:
        self.contract = BoundContract(client, "RoyaltyLedger", address)
        self.address = self.contract.address
        self._client = client
        self._currencies: tuple[Currency, ...] = ()

    def claimable(self, share: int, currency: int, holder: str) -> int:
        """What `holder` could claim now of a series of shares; edges not yet pulled are left aside."""
        return int(self.contract.read("claimable", share, currency, holder))

    def pullable(self, child: int, edge: int, currency: int) -> int:
        """What a pull of this edge would move now."""
        return int(self.contract.read("pullable", child, edge, currency))

    def gross(self, work: int, currency: int) -> int:
        """Everything that was credited to a work, pulls included."""
        return int(self.contract.read("grossOf", work, currency))

    def net(self, work: int, currency: int) -> int:
        """What is left of a work's gross after everything owed upstream."""
        return int(self.contract.read("netOf", work, currency))

    def edge(self, child: int, index: int) -> Edge:
        """A child's debt to its `index`-th parent.

        Raises:
            NotFoundError: `unknown-edge`.
        """
        return Edge(*self.contract.read("edgeOf", child, index))

    def edges(self, child: int, parents: int) -> tuple[Edge, ...]:
        """All debts of a child that has so many parents (`Title.parents`)."""
        return tuple(self.edge(child, index) for index in range(parents))

    def held(self, work: int, currency: int, day: int) -> int:
        """What waits for the end of a UTC day (days since 1970), for refunds or for the gross of a work."""
        return int(self.contract.read("heldOf", work, currency, day))

    def index(self, share: int, currency: int) -> int:
        """What the 1,000,000 units of a series have earned together."""
        return int(self.contract.read("indexOf", share, currency))

    def advance(self, work: int, currency: int) -> Advance:
        """The advance on a work: requested, being recouped, or repaid and not yet replaced."""
        return Advance(*self.contract.read("advanceOf", work, currency))

    def units(self, holder: str, share: int) -> int:
        """Royalty share units of `holder`, of 1,000,000 in a series, implicit ones included."""
        return int(self.contract.read("balanceOf", holder, share))

    def allowance(self, owner: str, spender: str, share: int) -> int:
        """Units of a series that `spender` may move for `owner`; operators may move all."""
        return int(self.contract.read("allowance", owner, spender, share))

    def is_operator(self, owner: str, spender: str) -> bool:
        """Whether `spender` may move every share of `owner`."""
        return bool(self.contract.read("isOperator", owner, spender))

    def payout(self, holder: str) -> str:
        """Where pushes to `holder` go."""
        return str(self.contract.read("payoutOf", holder))

    def root(self, share: int) -> bytes:
        """Root of the tree that distributes a series; zeros when there is none."""
        return bytes(self.contract.read("rootOf", share))

    def is_activated(self, share: int, index: int) -> bool:
        """Whether a leaf of the tree became units."""
        return bool(self.contract.read("isActivated", share, index))

    def currencies(self) -> tuple[Currency, ...]:
        """The list of currencies; it only grows, so what was read is kept."""
        count = int(self.contract.read("currencyCount"))
        for index in range(len(self._currencies), count):
            self._currencies = (*self._currencies, self._currency(index))
        return self._currencies

    def currency(self, caip19: str) -> Currency:
        """A currency of the list by its CAIP-19 id.

        Raises:
            NotFoundError: `unknown-currency`.
        """
        known = self.currencies()
        for currency in known:
            if currency.caip19.lower() == caip19.lower():
                return currency
        raise NotFoundError(
            "unknown-currency",
            f"the ledger does not take {caip19}",
            "use one of: " + ", ".join(currency.caip19 for currency in known),
            currency=caip19,
        )

    def require_funds(self, payer: str, currency: Currency, amount: int) -> None:
        """Make sure that a payment of `payer` can succeed, before anybody signs or pays gas.

        Raises:
            RefusedError: `insufficient-balance` or `insufficient-allowance`.
        """
        token = Token(self._client, currency.token) if currency.token else None
        balance = token.balance(payer) if token else self._client.balance(payer)
        if balance < amount:
            raise RefusedError(
                "insufficient-balance",
                f"{payer} has {balance} of the {amount} minor units of {currency.symbol} that are due",
                "fund the account",
                account=payer,
                balance=str(balance),
                due=str(amount),
            )
        allowance = token.allowance(payer, self.address) if token else amount
        if allowance < amount:
            raise RefusedError(
                "insufficient-allowance",
                f"{payer} allows the ledger {allowance} of the {amount} minor units of {currency.symbol} that are due",
                f"approve {self.address} for {amount}, or sign a permit",
                account=payer,
                allowance=str(allowance),
                due=str(amount),
            )

    def deposit(self, work: int, currency: int, amount: int) -> Call:
        """Pay the sender's money to a work; a token must have allowed the ledger `amount`."""
        return self.contract.call("deposit", work, currency, amount, value=0 if currency else amount)

    def deposit_and_pull(self, work: int, currency: int, amount: int, edges: Sequence[int]) -> Call:
        """`deposit`, then pull these edges of the work, so that the parents are credited in the same call."""
        value = 0 if currency else amount
        return self.contract.call("depositAndPull", work, currency, amount, list(edges), value=value)

    def pull(self, child: int, edge: int, currency: int) -> Call:
        """Move what `child` owes to its `edge`-th parent; refused when nothing is owed."""
        return self.contract.call("pull", child, edge, currency)

    def pull_many(self, pulls: Sequence[Pull]) -> Call:
        """Many pulls in this order; those with nothing to move are passed over."""
        return self.contract.call("pullMany", listed(pulls))

    def release(self, work: int, currency: int, day: int) -> Call:
        """Credit to a work what was held for a UTC day that is over; anybody may."""
        return self.contract.call("release", work, currency, day)

    def claim(self, shares: Sequence[int], currency: int, to: str) -> Call:
        """Pay `to` what the sender's units of these series have earned, in one transfer."""
        return self.contract.call("claim", list(shares), currency, to)

    def pull_and_claim(self, pulls: Sequence[Pull], shares: Sequence[int], currency: int, to: str) -> Call:
        """`pull_many`, then `claim`."""
        return self.contract.call("pullAndClaim", listed(pulls), list(shares), currency, to)

    def push(self, share: int, currency: int, holders: Sequence[str]) -> Call:
        """Pay up to 32 holders what their units have earned; who cannot be paid keeps the claim."""
        return self.contract.call("push", share, currency, list(holders))

    def set_payout(self, to: str) -> Call:
        """Send pushes to the sender there; zero: to the sender; the ledger: nobody can push to the sender."""
        return self.contract.call("setPayout", to)

    def request_advance(self, work: int, currency: int, principal: int, rate: int) -> Call:
        """Ask for an advance on the sender's work, to be repaid with `rate` parts per million of what it earns."""
        return self.contract.call("requestAdvance", work, currency, principal, rate)

    def pay_advance(self, work: int, currency: int, principal: int, rate: int) -> Call:
        """Pay the requested advance, on the conditions repeated here."""
        value = 0 if currency else principal
        return self.contract.call("payAdvance", work, currency, principal, rate, value=value)

    def withdraw_advance(self, work: int, currency: int, to: str) -> Call:
        """Pay `to` what the sender's advance has recouped."""
        return self.contract.call("withdrawAdvance", work, currency, to)

    def distribute(self, work: int, root: bytes) -> Call:
        """Divide all shares of the sender's work by a Merkle-sum tree."""
        return self.contract.call("distribute", work, root)

    def activate(self, share: int, index: int, account: str, units: int, proof: Sequence[tuple[bytes, int]]) -> Call:
        """Turn a leaf of the tree into units; `proof` is the hash and the sum of each sibling, leaf first."""
        return self.contract.call("activate", share, index, account, units, list(proof))

    def add_currency(self, token: str) -> Call:
        """Append a token to the list; admin only."""
        return self.contract.call("addCurrency", token)

    def transfer_units(self, receiver: str, share: int, units: int) -> Call:
        """Hand royalty share units of the sender over; what they earned before stays with the sender."""
        return self.contract.call("transfer", receiver, share, units)

    def approve_units(self, spender: str, share: int, units: int) -> Call:
        """Let `spender` move so many units of the sender's, for example the rights exchange (ERC-6909)."""
        return self.contract.call("approve", spender, share, units)

    def set_operator(self, spender: str, approved: bool) -> Call:
        """Let `spender` move every share of the sender's, or no longer (ERC-6909)."""
        return self.contract.call("setOperator", spender, approved)

    def transfer_units_from(self, sender: str, receiver: str, share: int, units: int) -> Call:
        """Hand over units of `sender`, who allowed it; what they earned before stays with `sender`."""
        return self.contract.call("transferFrom", sender, receiver, share, units)

    def _currency(self, index: int) -> Currency:
        chain_id = self._client.chain_id
        if index == 0:
            return Currency(0, native_currency(chain_id), None, "ETH", _NATIVE_DECIMALS)
        token = Token(self._client, str(self.contract.read("currencyAt", index)))
        return Currency(index, token_currency(chain_id, token.address), token.address, token.symbol(), token.decimals())
