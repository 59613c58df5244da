"""A deployed Colophon and what its users do with it: the vocabulary of every contract test and of the gas benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from brownie import accounts, chain, project, web3

from tests.contracts.signing import digest, sign, typed
from tests.contracts.structs import (
    NOBODY,
    Authorization,
    Bounds,
    Consent,
    Economics,
    Listing,
    Order,
    Permit,
    Purchase,
    Quote,
    Registration,
    Terms,
)

__all__ = ["DAY", "DOLLAR", "FOREVER", "GRACE", "NATIVE", "UNITS", "World", "deploy", "now", "work_id"]

NATIVE: Final = 0
DOLLAR: Final = 1
UNITS: Final = 1_000_000
GRACE: Final = 300
DAY: Final = 86_400
FOREVER: Final = 2**40 - 1
"""Expiry of what never expires: the largest uint40."""
ARBITRATION_FEE: Final = 10**16
BOND: Final = 10**17
SALT: Final = b"\x5a" * 32
ALL_SCOPES: Final = 2**64 - 1
NO_PERMIT: Final = Permit()
STANDARD: Final = Terms(
    scope=ALL_SCOPES,
    duration=365 * DAY,
    upstream=100_000,
    maxDerivatives=1,
    seats=0,
    refundDays=0,
    transferable=True,
    lasting=True,
    exclusive=False,
    renewable=False,
    currency=NATIVE,
    guarantee=0,
    ceiling=0,
    text=sha256(b"standard terms").digest(),
)


def work_id(label: str) -> int:
    """Id of the work whose master is `label`."""
    return int.from_bytes(sha256(label.encode()).digest(), "big")


def now() -> int:
    """Unix seconds on the chain's clock."""
    return int(chain.time())


@dataclass(frozen=True)
class World:
    """The contracts, a dollar as currency 1, standard terms as number 1, and everyone's account."""

    registry: Any
    ledger: Any
    book: Any
    licensing: Any
    inboxes: Any
    arbitrator: Any
    disputes: Any
    exchange: Any
    pools: Any
    subscriptions: Any
    dollar: Any

    @property
    def contracts(self) -> list[Any]:
        """Everything that is deployed on a live chain."""
        core = [self.registry, self.ledger, self.book, self.licensing]
        return [*core, self.inboxes, self.disputes, self.exchange, self.pools, self.subscriptions]

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
        """First four bytes of a custom error of Licensing or of the offer book."""
        known = [*self.licensing.abi, *self.book.abi]
        abi = next(entry for entry in known if entry.get("name") == error and entry["type"] == "error")
        return "0x" + web3.keccak(text=f"{error}({','.join(i['type'] for i in abi['inputs'])})").hex()[:8]

    def add_currency(self, token: Any) -> int:
        """Append a token to the ledger's list; its number."""
        return self.ledger.addCurrency(token, {"from": self.admin}).events["CurrencyAdded"]["currency"]

    # Terms

    def terms(self, **changes: object) -> int:
        """Number of the standard terms, changed: a year, 10 % upstream, one derivative, transferable, lasting."""
        content = STANDARD._replace(**changes)
        known = self.book.termsNumber(terms_digest(content))
        return known or self.book.registerTerms(content, {"from": self.admin}).events["TermsRegistered"]["terms"]

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
        """Register under a commitment that is GRACE old, so that the work is final at once; its id."""
        stated = self.registration(label, registrant, **changes)
        self.commit(stated.work, registrant)
        chain.sleep(GRACE)
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
            "purchases": [purchase._asdict() for purchase in stated.purchases],
            "economics": stated.economics._asdict(),
            "listings": [listing._asdict() for listing in stated.listings],
            "bounds": [bounds._asdict() for bounds in stated.bounds],
            "epoch": epoch,
            "deadline": deadline,
        }
        where = {"contract": self.registry.address, "name": "WorkRegistry", **domain}
        return typed(where.pop("contract"), where.pop("name"), message, primary="Registration", **where)

    # Sales

    def list(self, work: int, price: int, currency: int = NATIVE, terms: int = 1, supply: int = 0) -> int:
        """List a work as its holder; number of the offer."""
        holder = self.registry.ownerOf(work)
        made = self.book.list(work, Listing(terms, currency, price, supply), {"from": holder})
        return made.events["OfferMade"]["offer"]

    def purchase(self, offer: int, quantity: int = 1) -> Purchase:
        """What a buyer states of an offer."""
        return Purchase(offer, bytes(self.book.contentOf(offer)), quantity)

    def buy(self, offer: int, buyer: Any, recipient: Any = None, quantity: int = 1) -> int:
        """Buy at the listed price, in whatever currency; number of the (first) licence."""
        listed = self.book.offerOf(offer).dict()
        due = listed["price"] * quantity
        if listed["currency"] == DOLLAR:
            self.fund(buyer, due)
        value = due if listed["currency"] == NATIVE else 0
        purchase = self.purchase(offer, quantity)
        sold = self.licensing.buy(purchase, recipient or buyer, {"from": buyer, "value": value})
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
            self.book.epochOf(seller),
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

    def consent(
        self, work: int, economics: Economics, holder: Any, signer: Any = None, **changes: Any
    ) -> tuple[str, int, bytes]:
        """A share holder's signed agreement to new economics, for an hour, at the current nonce and epoch."""
        nonce, epoch = self.book.economicsOf(work)[1], self.book.epochOf(holder)
        struct = Consent(work, str(holder), economics, nonce, epoch, now() + 3600)._replace(**changes)
        message = {**struct._asdict(), "economics": struct.economics._asdict()}
        signature = sign(signer or holder, typed(self.book.address, "OfferBook", message, primary="Consent"))
        return str(holder), struct.deadline, signature

    def authorization(self, order: Order, value: int, signer: Any = None, **changes: Any) -> Authorization:
        """The buyer's ERC-3009 authorization of `value` dollars, which also accepts the order."""
        message = {
            "from": order.buyer,
            "to": self.ledger.address,
            "value": value,
            "validAfter": 0,
            "validBefore": now() + 3600,
            "nonce": self.hash(order),
            **changes,
        }
        typed_data = typed(self.dollar.address, "TestDollar", message, primary="ReceiveWithAuthorization")
        signature = sign(signer or order.buyer, typed_data)
        times = message["validAfter"], message["validBefore"]
        return Authorization(*times, signature[64], signature[:32], signature[32:64])

    def _typed(self, struct: Quote | Order, domain: dict[str, Any]) -> Any:
        contract, name = (self.book, "OfferBook") if isinstance(struct, Quote) else (self.licensing, "Licensing")
        where = {"contract": contract.address, "name": name, **domain}
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


def deploy(grace: int = GRACE) -> World:
    """Deploy in the order of the deployment script: each address is predicted from the deployer's nonce."""
    admin = accounts[0]
    ledger, registry, book, licensing, inboxes, arbitrator, disputes, _, pools = (
        admin.get_deployment_address(admin.nonce + i) for i in range(9)
    )
    arguments: dict[str, tuple[object, ...]] = {
        "RoyaltyLedger": (admin, registry, licensing, disputes),
        "WorkRegistry": (admin, grace, ledger, book, licensing, inboxes),
        "OfferBook": (registry, ledger, licensing),
        "Licensing": (admin, registry, ledger, book),
        "RoyaltyInboxes": (ledger,),
        "OwnerArbitrator": (admin, ARBITRATION_FEE),
        "Disputes": (registry, ledger, arbitrator, BOND),
        "RightsExchange": (registry, ledger),
        "UsagePool": (ledger,),
        "Subscriptions": (ledger, pools),
    }
    made = {name: _container(name).deploy(*each, {"from": admin}) for name, each in arguments.items()}
    dollar = _container("TestDollar").deploy({"from": admin})
    world = World(
        made["WorkRegistry"],
        made["RoyaltyLedger"],
        made["OfferBook"],
        made["Licensing"],
        made["RoyaltyInboxes"],
        made["OwnerArbitrator"],
        made["Disputes"],
        made["RightsExchange"],
        made["UsagePool"],
        made["Subscriptions"],
        dollar,
    )
    world.add_currency(dollar)
    world.terms()
    return world


def terms_digest(content: Terms) -> bytes:
    """keccak256(abi.encode(Terms)): a word for every field."""
    words = [value if isinstance(value, bytes) else int(value).to_bytes(32, "big") for value in content]
    return bytes(web3.keccak(b"".join(words)))


def _container(name: str) -> Any:
    return project.get_loaded_projects()[0][name]
