"""A deployed Colophon and what its users do with it: the vocabulary of every contract test and of the gas benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from brownie import accounts, chain, project, web3

from tests.contracts.signing import digest, sign, typed
from tests.contracts.structs import NOBODY, Bounds, Listing, Order, Permit, Quote, Registration, Terms

__all__ = ["DAY", "DOLLAR", "FOREVER", "GRACE", "NATIVE", "UNITS", "World", "deploy", "now", "work_id"]

NATIVE: Final = 0
DOLLAR: Final = 1
UNITS: Final = 1_000_000
GRACE: Final = 300
DAY: Final = 86_400
FOREVER: Final = 2**40 - 1
"""Expiry of what never expires: the largest uint40."""
SALT: Final = b"\x5a" * 32
ALL_SCOPES: Final = 2**64 - 1
NO_PERMIT: Final = Permit()


def work_id(label: str) -> int:
    """Id of the work whose master is `label`."""
    return int.from_bytes(sha256(label.encode()).digest(), "big")


def now() -> int:
    """Unix seconds on the chain's clock."""
    return int(chain.time())


@dataclass(frozen=True)
class World:
    """The core contracts, a dollar as currency 1, standard terms as number 1, and everyone's account."""

    registry: Any
    ledger: Any
    licensing: Any
    dollar: Any

    @property
    def admin(self) -> Any:
        """Owner of the contracts."""
        return accounts[0]

    @property
    def relayer(self) -> Any:
        """Submits what others signed."""
        return accounts[1]

    @property
    def pricing(self) -> Any:
        """Signs quotes as a delegate."""
        return accounts[2]

    @property
    def creators(self) -> list[Any]:
        """Three people who register works."""
        return list(accounts[3:6])

    @property
    def buyers(self) -> list[Any]:
        """Four people who buy licences."""
        return list(accounts[6:10])

    def contract(self, name: str, *arguments: object) -> Any:
        """Deploy another contract of the project, for example a mock."""
        return _container(name).deploy(*arguments, {"from": self.admin})

    def selector(self, error: str) -> str:
        """First four bytes of a custom error of Licensing."""
        abi = next(entry for entry in self.licensing.abi if entry.get("name") == error and entry["type"] == "error")
        return "0x" + web3.keccak(text=f"{error}({','.join(i['type'] for i in abi['inputs'])})").hex()[:8]

    def add_currency(self, token: Any) -> int:
        """Append a token to the ledger's list; its number."""
        return self.ledger.addCurrency(token, {"from": self.admin}).events["CurrencyAdded"]["currency"]

    # Terms

    def terms(self, **changes: object) -> int:
        """Number of the standard terms, changed: a year, 10 % upstream, one derivative, transferable, lasting."""
        standard = Terms(ALL_SCOPES, 365 * DAY, 100_000, 1, True, True, sha256(b"standard terms").digest())
        content = standard._replace(**changes)
        known = self.licensing.termsNumber(terms_digest(content))
        return known or self.licensing.registerTerms(content, {"from": self.admin}).events["TermsRegistered"]["terms"]

    # Registration

    def registration(self, label: str, registrant: Any, **changes: object) -> Registration:
        """What `registrant` states about the work whose master is `label`."""
        metadata = sha256(f"metadata of {label}".encode()).digest()
        return Registration(work_id(label), str(registrant), metadata)._replace(**changes)

    def commit(self, work: int, registrant: Any, salt: bytes = SALT, by: Any = None) -> bytes:
        """Reserve priority; returns the commitment."""
        commitment = self.commitment(work, registrant, salt)
        self.registry.commit(commitment, {"from": by or registrant})
        return commitment

    def commitment(self, work: int, registrant: Any, salt: bytes = SALT) -> bytes:
        """keccak256(abi.encode(registrant, work, salt))."""
        return bytes(web3.keccak(bytes.fromhex(str(registrant)[2:]).rjust(32, b"\0") + work.to_bytes(32, "big") + salt))

    def register(self, label: str, registrant: Any, **changes: object) -> int:
        """Register under an earlier commitment, so that the work is final at once; its id."""
        stated = self.registration(label, registrant, **changes)
        self.commit(stated.work, registrant)
        self.registry.register(stated._replace(salt=SALT), {"from": registrant})
        return stated.work

    def register_at_once(self, label: str, registrant: Any, **changes: object) -> int:
        """Register without a commitment; the work is final only after GRACE."""
        stated = self.registration(label, registrant, **changes)
        self.registry.register(stated, {"from": registrant})
        return stated.work

    def derive(self, label: str, registrant: Any, parents: Sequence[int], **terms: object) -> int:
        """Take a free licence of every parent and register a derivative of them all."""
        permits = tuple(self.free_licence(parent, registrant, **terms) for parent in parents)
        return self.register(label, registrant, permits=permits)

    def sign_registration(
        self, stated: Registration, signer: Any, *, epoch: int = 0, deadline: int, **domain: Any
    ) -> bytes:
        """The registrant's signature over a registration."""
        return sign(signer, self.typed_registration(stated, epoch=epoch, deadline=deadline, **domain))

    def typed_registration(self, stated: Registration, *, epoch: int, deadline: int, **domain: Any) -> Any:
        """The typed data of a registration."""
        message = {
            **stated._asdict(),
            "permits": list(stated.permits),
            "listings": [listing._asdict() for listing in stated.listings],
            "bounds": [bounds._asdict() for bounds in stated.bounds],
            "epoch": epoch,
            "deadline": deadline,
        }
        where = {"contract": self.registry.address, "name": "WorkRegistry", **domain}
        return typed(where.pop("contract"), where.pop("name"), message, primary="Registration", **where)

    # Sales

    def list(self, work: int, price: int, currency: int = NATIVE, terms: int = 1) -> int:
        """List a work as its holder; number of the offer."""
        holder = self.registry.ownerOf(work)
        made = self.licensing.list(work, Listing(terms, currency, price), {"from": holder})
        return made.events["OfferMade"]["offer"]

    def buy(self, offer: int, buyer: Any, recipient: Any = None) -> int:
        """Buy at the listed price, in whatever currency; number of the licence."""
        listed = self.licensing.offerOf(offer).dict()
        value = listed["price"] if listed["currency"] == NATIVE else 0
        if listed["currency"] == DOLLAR:
            self.fund(buyer, listed["price"])
        sold = self.licensing.buy(offer, recipient or buyer, {"from": buyer, "value": value})
        return sold.events["LicenceSold"]["licence"]

    def free_licence(self, work: int, holder: Any, **terms: object) -> int:
        """A licence that cost nothing; its number."""
        return self.buy(self.list(work, 0, terms=self.terms(**terms)), holder)

    def fund(self, account: Any, amount: int) -> None:
        """Give an account dollars and let the ledger take them."""
        self.dollar.mint(account, amount, {"from": self.admin})
        self.dollar.approve(self.ledger, amount, {"from": account})

    def bounds(self, delegate: Any, **changes: object) -> Bounds:
        """A day's mandate for dollars between 1 and 10 million minor units, three licences a day."""
        return Bounds(str(delegate), 1, DOLLAR, 1_000_000, 10_000_000, now() + DAY, 3)._replace(**changes)

    def quote(self, work: int, **changes: object) -> Quote:
        """The holder's price of 5 million minor units of dollars to anybody, for an hour, at the current epochs."""
        title = self.registry.titleOf(work).dict()
        seller = changes.get("seller", title["holder"])
        standard = Quote(
            work,
            str(seller),
            1,
            DOLLAR,
            5_000_000,
            NOBODY,
            0,
            now() + 3600,
            title["epoch"],
            self.licensing.epochOf(seller),
        )
        return standard._replace(
            **{name: value if isinstance(value, int | bytes) else str(value) for name, value in changes.items()}
        )

    def order(self, quote: Quote, buyer: Any, **changes: object) -> Order:
        """A buyer's acceptance of a quote at its price, for an hour, nonce 0."""
        standard = Order(
            str(buyer), str(buyer), self.hash(quote), quote.price, now() + 3600, self.licensing.epochOf(buyer), 0
        )
        return standard._replace(**changes)

    def hash(self, struct: Quote | Order, **domain: Any) -> bytes:
        """EIP-712 digest of a quote or an order, computed by eth_account."""
        return digest(self._typed(struct, domain))

    def sign(self, struct: Quote | Order, signer: Any, **domain: Any) -> bytes:
        """A seller's or buyer's signature."""
        return sign(signer, self._typed(struct, domain))

    def _typed(self, struct: Quote | Order, domain: dict[str, Any]) -> Any:
        where = {"contract": self.licensing.address, "name": "Licensing", **domain}
        return typed(where.pop("contract"), where.pop("name"), struct._asdict(), primary=type(struct).__name__, **where)

    def permit(self, owner: Any, value: int, deadline: int | None = None) -> Permit:
        """An ERC-2612 permit of dollars for the ledger."""
        deadline = now() + 3600 if deadline is None else deadline
        message = {
            "owner": str(owner),
            "spender": self.ledger.address,
            "value": value,
            "nonce": self.dollar.nonces(owner),
            "deadline": deadline,
        }
        signature = sign(owner, typed(self.dollar.address, "TestDollar", message, primary="Permit"))
        return Permit(value, deadline, signature[64], signature[:32], signature[32:64])

    def fulfil(self, quote: Quote, order: Order, permit: Permit = NO_PERMIT, **who: Any) -> Any:
        """Submit a quote signed by its seller and an order signed by its buyer; the transaction."""
        signatures = self.sign(quote, who.get("seller", quote.seller)), self.sign(order, who.get("buyer", order.buyer))
        return self.licensing.fulfil(
            quote, signatures[0], order, signatures[1], permit, {"from": who.get("by", self.relayer)}
        )

    # Money

    def deposit(self, work: int, amount: int, currency: int = NATIVE, payer: Any = None) -> Any:
        """Pay a work; the transaction."""
        payer = payer or self.buyers[0]
        if currency == DOLLAR:
            self.fund(payer, amount)
        value = amount if currency == NATIVE else 0
        return self.ledger.deposit(work, currency, amount, {"from": payer, "value": value})

    def claimed(self, works: Sequence[int], holder: Any, currency: int = NATIVE, to: Any = None) -> int:
        """Claim, and return what was paid according to the events."""
        done = self.ledger.claim(works, currency, to or holder, {"from": holder})
        return sum(event["amount"] for event in done.events["Claimed"])


def deploy() -> World:
    """Deploy in the order of the deployment script: each address is predicted from the deployer's nonce."""
    admin = accounts[0]
    predicted = [admin.get_deployment_address(admin.nonce + i) for i in range(3)]
    ledger = _container("RoyaltyLedger").deploy(admin, predicted[1], predicted[2], {"from": admin})
    registry = _container("WorkRegistry").deploy(admin, ledger, predicted[2], {"from": admin})
    licensing = _container("Licensing").deploy(admin, registry, ledger, {"from": admin})
    dollar = _container("TestDollar").deploy({"from": admin})
    world = World(registry, ledger, licensing, dollar)
    world.add_currency(dollar)
    world.terms()
    return world


def terms_digest(content: Terms) -> bytes:
    """keccak256(abi.encode(Terms)): seven words."""
    words = [value if isinstance(value, bytes) else int(value).to_bytes(32, "big") for value in content]
    return bytes(web3.keccak(b"".join(words)))


def _container(name: str) -> Any:
    return project.get_loaded_projects()[0][name]
