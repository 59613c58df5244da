"""What the gas benchmark measures: each function arranges its state and returns the gas of whole transactions.

`steady` means that everybody involved has done the same before: storage slots are changed and not created.
"""

from __future__ import annotations

from typing import Any, Final

from tests.contracts.shares import tree
from tests.contracts.structs import Listing, Purchase, Registration
from tests.contracts.world import DAY, DOLLAR, NATIVE, SALT, World, now, work_id

PRICE: Final = 5_000_000
COINS: Final = 10**15


def _creator(world: World, *, first: bool) -> Any:
    """A registrant, who holds a title already unless this is the first."""
    creator = world.creators[0]
    if not first:
        world.register("an earlier work", creator)
    return creator


def _seasoned(world: World, currency: int, buyer: Any) -> int:
    """A work that was paid before, in `currency`, whose `buyer` has a licence; the ledger has been used."""
    work = world.register("a work", world.creators[0])
    world.buy(world.list(work, PRICE, currency), buyer)
    world.deposit(work, PRICE, currency)
    return work


def _endless_allowance(world: World, account: Any) -> None:
    """Enough dollars for everything, and a balance that never becomes zero."""
    world.dollar.mint(account, 10**15, {"from": world.admin})
    world.dollar.approve(world.ledger, 2**256 - 1, {"from": account})


def commit(world: World) -> int:
    """What a registration costs beforehand, where somebody might watch for it; the first of its registrant."""
    creator = world.creators[0]
    return world.registry.commit(world.commitment(work_id("a work"), creator), {"from": creator}).gas_used


def register(world: World, *, first: bool) -> int:
    creator = _creator(world, first=first)
    stated = world.registration("a work", creator, provenance=b"\7" * 32, iscc=b"\xcc" * 40)
    return world.registry.register(stated, {"from": creator}).gas_used


def publish(world: World, *, first: bool) -> int:
    """Registration, one listing and one delegate, under an earlier commitment: for sale when it is mined."""
    world.list(world.register("somebody else's work", world.creators[1]), PRICE, DOLLAR)
    creator = _creator(world, first=first)
    stated = world.registration(
        "a work",
        creator,
        provenance=b"\7" * 32,
        iscc=b"\xcc" * 40,
        listings=(Listing(1, DOLLAR, PRICE),),
        bounds=(world.bounds(world.pricing, expiry=now() + 365 * DAY),),
    )
    world.commit(stated.work, creator)
    return world.registry.register(stated._replace(salt=SALT), {"from": creator}).gas_used


def register_rooted(world: World, *, first: bool) -> int:
    """With the root of a first distribution: the same for any number of holders."""
    creator = _creator(world, first=first)
    root = tree([(str(holder), 250_000) for holder in world.buyers]).root
    stated = world.registration("a work", creator, provenance=b"\7" * 32, iscc=b"\xcc" * 40, shareRoot=root)
    return world.registry.register(stated, {"from": creator}).gas_used


def buy_token(world: World) -> int:
    buyer = world.buyers[0]
    work = _seasoned(world, DOLLAR, buyer)
    offer = world.list(work, PRICE, DOLLAR)
    _endless_allowance(world, buyer)
    return world.licensing.buy(world.purchase(offer), buyer, {"from": buyer}).gas_used


def buy_edition(world: World) -> int:
    """Ten licences of one offer in one purchase, by a buyer who has one."""
    buyer = world.buyers[0]
    work = _seasoned(world, DOLLAR, buyer)
    offer = world.list(work, PRICE, DOLLAR)
    _endless_allowance(world, buyer)
    return world.licensing.buy(world.purchase(offer, 10), buyer, {"from": buyer}).gas_used


def buy_many(world: World) -> int:
    """A licence of each of ten works, all sold before, in one transaction."""
    buyer = world.buyers[0]
    _endless_allowance(world, buyer)
    purchases: list[Purchase] = []
    for i in range(10):
        work = world.register(f"work {i}", world.creators[0])
        offer = world.list(work, PRICE, DOLLAR)
        world.licensing.buy(world.purchase(offer), buyer, {"from": buyer})
        purchases.append(world.purchase(offer))
    return world.licensing.buyMany(purchases, buyer, {"from": buyer}).gas_used


def buy_native(world: World, *, first_sale: bool) -> int:
    earlier, buyer = world.buyers[:2]
    work = _seasoned(world, NATIVE, earlier)
    if first_sale:
        work = world.register("an unsold work", world.creators[0])
    offer = world.list(work, COINS)
    return world.licensing.buy(world.purchase(offer), buyer, {"from": buyer, "value": COINS}).gas_used


def buy_quote(world: World, *, first: bool) -> int:
    earlier, newcomer = world.buyers[:2]
    quote = world.quote(_seasoned(world, NATIVE, earlier), currency=NATIVE, price=COINS)
    signature = world.sign(quote, quote.seller)

    def accept(buyer: Any) -> int:
        return world.licensing.buyQuote(quote, signature, buyer, {"from": buyer, "value": COINS}).gas_used

    accept(earlier)
    return accept(newcomer if first else earlier)


def relayed(world: World, *, permit: bool, first: bool) -> int:
    """One quote for all; the buyer's dollars are never used up, so that no slot is cleared for a refund."""
    earlier, newcomer = world.buyers[:2]
    quote = world.quote(_seasoned(world, DOLLAR, earlier), maxQuantity=0)

    def accept(buyer: Any, nonce: int) -> int:
        given = (world.permit(buyer, PRICE),) if permit else ()
        return world.fulfil(quote, world.order(quote, buyer, nonce=nonce), *given).gas_used

    for buyer in (earlier, newcomer):
        _endless_allowance(world, buyer)
        if permit:
            world.dollar.approve(world.ledger, 0, {"from": buyer})
    accept(earlier, 0)
    return accept(newcomer, 0) if first else accept(earlier, 1)


def derivative(world: World, parents: int) -> int:
    """Fees of the parents' listed dollar prices and the registration, in one transaction."""
    creator, owner = world.creators[:2]
    world.register("an earlier work", creator)
    _endless_allowance(world, creator)
    offers = [world.list(world.register(f"parent {i}", owner), PRICE, DOLLAR) for i in range(parents)]
    for offer in offers:
        world.licensing.buy(world.purchase(offer), creator, {"from": creator})
    stated = _derivative(world, purchases=tuple(world.purchase(offer) for offer in offers))
    return world.registry.register(stated, {"from": creator}).gas_used


def derivative_alone(world: World, parents: int) -> int:
    """Only the registration, with licences that the creator has."""
    creator, owner = world.creators[:2]
    world.register("an earlier work", creator)
    works = [world.register(f"parent {i}", owner) for i in range(parents)]
    return _register_derivative(world, [world.free_licence(work, creator) for work in works])


def _register_derivative(world: World, permits: list[int]) -> int:
    stated = _derivative(world, permits=tuple(permits))
    return world.registry.register(stated, {"from": stated.registrant}).gas_used


def _derivative(world: World, **parents: Any) -> Registration:
    creator = world.creators[0]
    return world.registration("a derivative", creator, provenance=b"\7" * 32, iscc=b"\xcc" * 40, **parents)


def deposit(world: World, currency: int) -> int:
    payer = world.buyers[0]
    work = _seasoned(world, currency, payer)
    if currency == NATIVE:
        return world.deposit(work, COINS, NATIVE, payer).gas_used
    _endless_allowance(world, payer)
    return world.ledger.deposit(work, DOLLAR, PRICE, {"from": payer}).gas_used


def _family(world: World) -> tuple[int, list[tuple[int, int, int]]]:
    """A child of three parents that were all paid in dollars before, and its pulls."""
    owner, creator = world.creators[1], world.creators[0]
    child = world.derive("child", creator, [world.register(f"parent {i}", owner) for i in range(3)])
    pulls = [(child, edge, DOLLAR) for edge in range(3)]
    _endless_allowance(world, world.buyers[0])
    world.ledger.deposit(child, DOLLAR, PRICE, {"from": world.buyers[0]})
    world.ledger.pullMany(pulls, {"from": world.relayer})
    world.ledger.claim([work_id(f"parent {i}") for i in range(3)], DOLLAR, owner, {"from": owner})
    return child, pulls


def royalty(world: World) -> int:
    """A deposit and the three pulls that it causes."""
    child, pulls = _family(world)
    edges = [edge for _, edge, _ in pulls]
    return world.ledger.depositAndPull(child, DOLLAR, PRICE, edges, {"from": world.buyers[0]}).gas_used


def ancestor(world: World) -> int:
    child, pulls = _family(world)
    owner = world.creators[1]
    world.ledger.deposit(child, DOLLAR, PRICE, {"from": world.buyers[0]})
    return world.ledger.pullAndClaim(pulls[:1], [work_id("parent 0")], DOLLAR, owner, {"from": owner}).gas_used


def claim(world: World, currency: int) -> int:
    """The holder of issued shares, who claimed before, while other works' money stays in the ledger."""
    holder, payer = world.creators[0], world.buyers[0]
    work = _seasoned(world, currency, payer)
    world.ledger.transfer(world.creators[1], work, 1, {"from": holder})
    world.deposit(world.register("another work", holder), 10**15, currency, payer)
    world.claimed([work], holder, currency)
    world.deposit(work, PRICE, currency, payer)
    return world.ledger.claim([work], currency, holder, {"from": holder}).gas_used


def share_transfer(world: World, *, first: bool) -> int:
    """Both sides are settled in both currencies, which have earned since."""
    holder, receiver = world.creators[:2]
    work = _seasoned(world, DOLLAR, world.buyers[0])
    world.deposit(work, COINS)
    if not first:
        world.ledger.transfer(receiver, work, 100_000, {"from": holder})
        for currency in (NATIVE, DOLLAR):
            world.deposit(work, PRICE, currency)
    return world.ledger.transfer(receiver, work, 100_000, {"from": holder}).gas_used


def deposit_among(world: World, holders: int) -> int:
    """A native deposit to a work whose shares have many holders."""
    creator, payer = world.creators[0], world.buyers[0]
    work = world.register("a work", creator)
    for i in range(1, holders):
        world.ledger.transfer(f"0x{i:040x}", work, 1, {"from": creator})
    world.deposit(work, COINS, NATIVE, payer)
    return world.deposit(work, COINS, NATIVE, payer).gas_used


def deposit_below(world: World, depth: int) -> int:
    """A native deposit to the youngest of a line of derivatives."""
    creator, payer = world.creators[0], world.buyers[0]
    work = world.register("generation 0", creator)
    for generation in range(1, depth):
        work = world.derive(f"generation {generation}", creator, [work])
    world.deposit(work, COINS, NATIVE, payer)
    return world.deposit(work, COINS, NATIVE, payer).gas_used
