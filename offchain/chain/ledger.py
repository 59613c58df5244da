"""RoyaltyLedger: the money of all works and their royalty shares (contracts/interfaces/IRoyaltyLedger.sol)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from offchain.chain.client import Client
from offchain.chain.contract import BoundContract
from offchain.chain.structs import Call, Currency, Edge, Pull, listed
from offchain.chain.token import Token
from offchain.errors import NotFoundError, RefusedError
from offchain.money import native_currency, token_currency

__all__ = ["RoyaltyLedger"]

_NATIVE_DECIMALS: Final = 18  # wei per ether, Ethereum yellow paper §2.1


class RoyaltyLedger:
    """Typed views and unsigned calls of the ledger at `address`; currencies are indices, amounts minor units."""

    def __init__(self, client: Client, address: str) -> None:
        self.contract = BoundContract(client, "RoyaltyLedger", address)
        self.address = self.contract.address
        self._client = client
        self._currencies: tuple[Currency, ...] = ()

    def claimable(self, work: int, currency: int, holder: str) -> int:
        """What `holder` could claim now; edges not yet pulled are left aside."""
        return int(self.contract.read("claimable", work, currency, holder))

    def pullable(self, child: int, edge: int, currency: int) -> int:
        """What a pull of this edge would move now."""
        return int(self.contract.read("pullable", child, edge, currency))

    def gross(self, work: int, currency: int) -> int:
        """Everything that was credited to a work, pulls included."""
        return int(self.contract.read("grossOf", work, currency))

    def net(self, work: int, currency: int) -> int:
        """What belongs to the shares of a work."""
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

    def units(self, holder: str, work: int) -> int:
        """Royalty share units of `holder`, of 1,000,000, implicit ones included."""
        return int(self.contract.read("balanceOf", holder, work))

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

    def pull(self, child: int, edge: int, currency: int) -> Call:
        """Move what `child` owes to its `edge`-th parent; refused when nothing is owed."""
        return self.contract.call("pull", child, edge, currency)

    def pull_many(self, pulls: Sequence[Pull]) -> Call:
        """Many pulls in this order; those with nothing to move are passed over."""
        return self.contract.call("pullMany", listed(pulls))

    def claim(self, works: Sequence[int], currency: int, to: str) -> Call:
        """Pay `to` what the sender's shares of `works` have earned, in one transfer."""
        return self.contract.call("claim", list(works), currency, to)

    def pull_and_claim(self, pulls: Sequence[Pull], works: Sequence[int], currency: int, to: str) -> Call:
        """`pull_many`, then `claim`."""
        return self.contract.call("pullAndClaim", listed(pulls), list(works), currency, to)

    def add_currency(self, token: str) -> Call:
        """Append a token to the list; admin only."""
        return self.contract.call("addCurrency", token)

    def transfer_units(self, receiver: str, work: int, units: int) -> Call:
        """Hand royalty share units of the sender over; what they earned before stays with the sender."""
        return self.contract.call("transfer", receiver, work, units)

    def _currency(self, index: int) -> Currency:
        chain_id = self._client.chain_id
        if index == 0:
            return Currency(0, native_currency(chain_id), None, "ETH", _NATIVE_DECIMALS)
        token = Token(self._client, str(self.contract.read("currencyAt", index)))
        return Currency(index, token_currency(chain_id, token.address), token.address, token.symbol(), token.decimals())
