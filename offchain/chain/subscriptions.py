"""Subscriptions: prepaid periods of a plan (contracts/interfaces/ISubscriptions.sol)."""

from __future__ import annotations

from dataclasses import dataclass

from offchain.chain.client import Client
from offchain.chain.contract import BoundContract
from offchain.chain.structs import Call, to_abi

__all__ = ["Plan", "Subscription", "Subscriptions"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan; nothing of it ever changes.

    Attributes:
        beneficiary: receives the revenue, or what the pool does not spend of it.
        currency: index into the ledger's list.
        price: minor units of one period.
        period: seconds.
        pool: usage pool that divides the revenue among works; zero: the beneficiary has it.
    """

    beneficiary: str
    currency: int
    price: int
    period: int
    pool: int = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as it stands.

    Attributes:
        started_at: Unix seconds at which the present run of periods began.
        paid_until: Unix seconds at which it ends.
        collected: periods of this run that were collected.
        carried: begun periods of earlier runs that were not.
    """

    started_at: int
    paid_until: int
    collected: int
    carried: int


class Subscriptions:
    """Typed views and unsigned calls of Subscriptions at `address`."""

    def __init__(self, client: Client, address: str) -> None:
        self.contract = BoundContract(client, "Subscriptions", address)
        self.address = self.contract.address

    def plan(self, number: int) -> Plan:
        """A plan's terms.

        Raises:
            NotFoundError: `unknown-plan`.
        """
        return Plan(*self.contract.read("planOf", number))

    def subscription(self, plan: int, account: str) -> Subscription:
        """An account's subscription; zeros when there never was one."""
        return Subscription(*self.contract.read("subscriptionOf", plan, account))

    def is_active(self, plan: int, account: str) -> bool:
        """Whether the account has paid for now."""
        return bool(self.contract.read("isActive", plan, account))

    def collectable(self, plan: int, account: str) -> int:
        """Periods that have begun and were not collected."""
        return int(self.contract.read("collectable", plan, account))

    def create_plan(self, plan: Plan) -> Call:
        """Create a plan; anybody may."""
        return self.contract.call("createPlan", *to_abi(plan))

    def subscribe(self, plan: int, periods: int, account: str, value: int = 0) -> Call:
        """Pay periods of a plan for an account; `value` is their price in wei where the plan's currency is native."""
        return self.contract.call("subscribe", plan, periods, account, value=value)

    def cancel(self, plan: int, to: str) -> Call:
        """Pay back to `to` the sender's periods that have not begun."""
        return self.contract.call("cancel", plan, to)

    def collect(self, plan: int, account: str) -> Call:
        """Move the price of begun periods to the plan's pool or beneficiary; anybody may."""
        return self.contract.call("collect", plan, account)
