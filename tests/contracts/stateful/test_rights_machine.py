"""Random histories of rights: R1–R7 of docs/SPECIFICATION.md after every step."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from brownie import accounts, chain, web3
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.contracts.signing import sign, typed
from tests.contracts.stateful.asking import ask, history, refused
from tests.contracts.structs import NOBODY, Bounds, Consent, Economics, Listing, Order, Permit, Purchase, Quote
from tests.contracts.world import (
    DAY,
    DOLLAR,
    FOREVER,
    GRACE,
    SALT,
    STANDARD,
    UNITS,
    World,
    now,
    terms_digest,
    work_id,
)

MOST_CONTESTED: Final = 4
MOST_CHILDREN: Final = 4
MARGIN: Final = 120
"""Seconds by which a step stays away from the end of anything, so that both sides see the same side of it."""
DISPLAY: Final = 1 << 51 | 1 << 16 | 1
PERFORM: Final = 1 << 50 | 1 << 16 | 1
RIGHTS: Final = 0xFFFF << 48
TERMS: Final = (
    {"scope": DISPLAY | PERFORM, "duration": 30 * DAY, "maxDerivatives": 2, "lasting": False},
    {"scope": PERFORM, "duration": 20 * DAY, "maxDerivatives": 1},
    {"scope": DISPLAY, "duration": 10 * DAY, "maxDerivatives": 0, "renewable": True},
    {"scope": DISPLAY, "duration": 10 * DAY, "maxDerivatives": 0, "exclusive": True},
    {"scope": DISPLAY | PERFORM, "duration": 5 * DAY, "maxDerivatives": 0, "exclusive": True},
)
RENEWABLE: Final = 2
numbers = st.integers(0, 999)
people = st.integers(0, 3)
prices = st.sampled_from([0, 5, 100])
kinds = st.integers(0, len(TERMS) - 1)
sellable = st.integers(0, 2)


@dataclass
class Work:
    """A title, what protects its shares, and how far it may be sold.

    `units` are those of everybody who signs; `grants` is None until the holder counts.
    """

    holder: str
    priority: int
    epoch: int = 0
    economics: Economics = field(default_factory=Economics)
    changes: int = 0
    units: Counter[str] = field(default_factory=Counter)
    grants: int | None = None
    windows: list[tuple[int, int]] = field(default_factory=list)
    sell_until: int = FOREVER
    scope: int = 2**64 - 1
    child: bool = False

    @property
    def final_at(self) -> int:
        """When nobody can take it over any more."""
        return self.priority + GRACE


@dataclass
class Offer:
    """What stands for ever, and how much of it was sold."""

    work: int
    kind: int
    price: int
    epoch: int
    supply: int
    sold: int = 0
    closed: bool = False


@dataclass
class Licence:
    """What was sold, to whom, until when, and how many derivatives it permitted."""

    work: int
    kind: int
    holder: str
    expiry: int
    price: int
    used: int = 0


@dataclass
class Deal:
    """A quote and an order, signed; `times` is how often it was carried out."""

    quote: Quote
    order: Order
    kind: int
    signatures: tuple[bytes, bytes]
    offer: Offer | None = None
    times: int = 0


@dataclass(frozen=True)
class Stage:
    """Two final works, whose shares two people have; and a receiver that would call back.

    Every work is listed under every terms that can be, at 100; grants of the second work are counted.
    """

    world: World
    terms: tuple[int, ...]
    works: tuple[int, int]
    priorities: tuple[int, int]
    offers: tuple[int, ...]
    trap: Any
    reader: Any


class RightsMachine(RuleBasedStateMachine):
    """Rivals register the same works; titles, listings, quotes, orders, licences and permits are used in any order."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        chain.snapshot()
        self.stage, self.world = stage, stage.world
        self.registry, self.book, self.licensing = stage.world.registry, stage.world.book, stage.world.licensing
        self.works: dict[int, Work] = {}
        for work, priority, holder in zip(stage.works, stage.priorities, accounts[3:5], strict=True):
            both = Counter({str(accounts[3]): UNITS // 2, str(accounts[4]): UNITS // 2})
            self.works[work] = Work(str(holder), priority, units=both)
        self.commitments: dict[tuple[int, str], int] = {}
        counted = self.works[stage.works[1]]
        counted.grants, counted.epoch = 0, 1
        kinds_of = [(work, kind) for work in stage.works for kind in range(RENEWABLE + 1)]
        self.offers = {
            number: Offer(*of, price=100, epoch=self.works[of[0]].epoch, supply=0)
            for number, of in zip(stage.offers, kinds_of, strict=True)
        }
        self.licences: dict[int, Licence] = {}
        self.deals: list[Deal] = []
        self.used: set[tuple[str, int]] = set()
        self.epochs: Counter[tuple[str, str]] = Counter()
        self.bounds: dict[tuple[int, int, int], Bounds] = {}
        self.quotas: Counter[tuple[int, int, int, int]] = Counter()
        self.children = 0
        self.paid: tuple[str, int, int] | None = None
        self.wallets: dict[str, int] = {}
        self.spoken: list[tuple[int, int, bool, int, int]] = []
        self.touched: set[int] = set()
        self.sampled: list[int] = []

    # Rules: who has a title (R1)

    @rule(who=people, label=st.integers(0, MOST_CONTESTED - 1))
    def commit(self, who, label):
        self.begin()
        person, work = accounts[3 + who], work_id(f"contested {label}")
        commitment = self.world.commitment(work, person)
        done = self.registry.commit(commitment, {"from": self.world.relayer})
        self.commitments.setdefault((work, str(person)), done.timestamp)

    @rule(who=people, label=st.integers(0, MOST_CONTESTED - 1), salted=st.booleans())
    def register(self, who, label, salted):
        self.begin()
        person, name = accounts[3 + who], f"contested {label}"
        work = work_id(name)
        stated = self.world.registration(name, person, **({"salt": SALT} if salted else {}))
        standing = self.works.get(work)
        self.away_from(standing.final_at if standing else 0)
        made = self.commitments.get((work, str(person)))
        if salted and made is None:
            refused("WorkRegistry__CommitmentUnknown", self.registry.register, stated, by=person)
        elif standing and not (salted and made < standing.priority and now() < standing.final_at):
            refused("WorkRegistry__AlreadyRegistered", self.registry.register, stated, by=person)
        else:
            done = self.registry.register(stated, {"from": person})
            priority = self.commitments.pop((work, str(person))) if salted else done.timestamp
            epoch = standing.epoch + 1 if standing else 0
            self.works[work] = Work(str(person), priority, epoch, units=Counter({str(person): UNITS}))
            if standing:
                self.works[work].changes, self.works[work].grants = standing.changes, standing.grants
            self.touched.add(work)

    @rule(work=numbers, receiver=people, rare=st.integers(0, 3))
    def transfer_title(self, work, receiver, rare):
        self.begin()
        if rare:
            return
        work, title = self.pick(work)
        receiver = str(accounts[3 + receiver])
        self.away_from(title.final_at)
        hand_over = self.registry.transferFrom, title.holder, receiver, work
        if now() < title.final_at:
            refused("WorkRegistry__NotFinal", *hand_over, by=title.holder)
            return
        self.registry.transferFrom(title.holder, receiver, work, {"from": title.holder})
        title.holder, title.epoch = receiver, title.epoch + 1
        self.touched.add(work)

    @rule(work=numbers, rare=st.integers(0, 5))
    def advance_work_epoch(self, work, rare):
        """R6: voids all listings, quotes and delegations at once."""
        self.begin()
        if rare:
            return
        work, title = self.pick(work, final=True)
        self.registry.advanceWorkEpoch(work, {"from": title.holder})
        title.epoch += 1
        self.touched.add(work)

    # Rules: economics

    @rule(work=numbers, price=prices, quorum=st.sampled_from([0, 400_000, 600_000]), consent=st.integers(0, 2))
    def set_economics(self, work, price, quorum, consent):
        """Nobody signs, the other holder of shares does, or an agreement to an earlier change is used again (R6)."""
        self.begin()
        work, title = self.pick(work)
        wanted, present = Economics(DOLLAR, price, 0, quorum), title.economics
        other = next((a for a in accounts[3:5] if str(a) != title.holder), accounts[4])
        nonce = title.changes - (consent == 2)
        consents = [self._consent(work, wanted, nonce, other)] if consent and nonce >= 0 else []
        stricter = price >= present.minPrice and quorum >= present.quorum
        units = title.units[title.holder] + (title.units[str(other)] if consents else 0)
        arguments = self.book.setEconomics, work, wanted, consents
        if not stricter and consents and consent == 2:
            refused("OfferBook__BadSignature", *arguments, by=title.holder)
        elif not stricter and units < max(present.quorum, 1):
            refused("OfferBook__QuorumMissed", *arguments, by=title.holder)
        else:
            self.book.setEconomics(work, wanted, consents, {"from": title.holder})
            title.economics, title.changes = wanted, title.changes + 1
            self.touched.add(work)

    # Rules: listings

    @rule(work=numbers, kind=sellable, price=prices, supply=st.integers(0, 2))
    def put_up(self, work, kind, price, supply):
        self.begin()
        work, title = self.pick(work)
        listing = Listing(self.stage.terms[kind], DOLLAR, price, supply)
        if price < title.economics.minPrice:
            refused("OfferBook__BelowEconomics", self.book.list, work, listing, by=title.holder)
            return
        done = self.book.list(work, listing, {"from": title.holder})
        self.offers[done.events["OfferMade"]["offer"]] = Offer(work, kind, price, title.epoch, supply)

    @precondition(lambda self: self.offers)
    @rule(offer=numbers)
    def close(self, offer):
        self.begin()
        number, offer = self._offer(offer)
        holder = self.works[offer.work].holder
        if number in {id_ for id_, o in self.offers.items() if any(d.offer is o for d in self.deals)}:
            refused("OfferBook__UnknownOffer", self.book.close, number, by=holder)
            return
        self.book.close(number, {"from": holder})
        offer.closed = True

    @precondition(lambda self: self.offers)
    @rule(offer=numbers, who=people, count=st.integers(1, 2), honest=st.integers(0, 4))
    def buy(self, offer, who, count, honest):
        self.begin()
        number, offer = self._offer(offer)
        buyer = accounts[5 + who]
        price = offer.price + (honest == 0)
        work, currency, asked = (word.to_bytes(32, "big") for word in (offer.work, DOLLAR, price))
        terms = terms_digest(STANDARD._replace(**TERMS[offer.kind]))
        purchase = Purchase(number, bytes(web3.keccak(work + terms + currency + asked)), count)
        error = self._refusal(offer, count, None)
        if any(deal.offer is offer for deal in self.deals):
            error = "OfferBook__UnknownOffer"
        elif honest == 0:
            error = "OfferBook__WrongContent"
        elif offer.closed:
            error = "OfferBook__OfferClosed"
        if error:
            refused(error, self.licensing.buy, purchase, buyer, by=buyer)
            return
        self._watch(buyer, offer.price * count)
        done = self.licensing.buy(purchase, buyer, {"from": buyer})
        self._sold(done, offer, str(buyer), str(buyer), count)

    # Rules: quotes and orders

    @rule(work=numbers, kind=sellable, floor=prices, per_day=st.integers(1, 2), days=st.integers(1, 3))
    def set_bounds(self, work, kind, floor, per_day, days):
        self.begin()
        work, title = self.pick(work)
        mandate = Bounds(str(accounts[2]), self.stage.terms[kind], DOLLAR, floor, 100, now() + days * DAY, per_day)
        self.book.setBounds(work, mandate, {"from": title.holder})
        self.bounds[work, title.epoch, kind] = mandate

    @rule(
        work=numbers,
        kind=kinds,
        price=prices,
        who=people,
        delegate=st.booleans(),
        most=st.integers(-1, 1),
        stale=st.integers(0, 3),
        named=st.booleans(),
        trapped=st.booleans(),
    )
    def agree(self, work, kind, price, who, delegate, most, stale, named, trapped):
        """A quote and an order, sometimes at less than the price, with a stale count of grants, or for the trap."""
        self.begin()
        work, title = self.pick(work)
        buyer = accounts[5 + who]
        seller = accounts[2] if delegate and not TERMS[kind].get("exclusive") else title.holder
        grants = max((title.grants or 0) - (stale == 0), 0) if TERMS[kind].get("exclusive") else 0
        quote = Quote(
            work,
            str(seller),
            self.stage.terms[kind],
            DOLLAR,
            price,
            str(buyer) if named else NOBODY,
            0,
            now() + 6 * DAY,
            title.epoch,
            self.epochs["book", str(seller)],
            grants,
            len(self.deals).to_bytes(32, "big"),
        )
        recipient = str(self.stage.trap if trapped else buyer)
        digest, epoch, expiry = self.world.hash(quote), self.epochs["licensing", str(buyer)], now() + 5 * DAY
        order = Order(str(buyer), recipient, digest, max(price + most, 0), expiry, epoch, len(self.deals))
        signatures = self.world.sign(quote, seller), self.world.sign(order, buyer)
        self.deals.append(Deal(quote, order, kind, signatures))
        self._carry_out(self.deals[-1])

    @precondition(lambda self: self.deals)
    @rule(which=numbers)
    def submit_again(self, which):
        """R6: an order works once."""
        self.begin()
        self._carry_out(self.deals[which % len(self.deals)])

    @precondition(lambda self: self.deals)
    @rule(which=numbers)
    def cancel_order(self, which):
        self.begin()
        order = self.deals[which % len(self.deals)].order
        if (order.buyer, order.nonce) in self.used:
            refused("Licensing__NonceUsed", self.licensing.cancelOrder, order.nonce, by=order.buyer)
            return
        self.licensing.cancelOrder(order.nonce, {"from": order.buyer})
        self.used.add((order.buyer, order.nonce))

    @rule(who=st.integers(0, 6), room=st.sampled_from(["book", "licensing"]), rare=st.integers(0, 5))
    def advance_epoch(self, who, room, rare):
        """R6: voids all that was signed before."""
        self.begin()
        if rare:
            return
        person = accounts[2 + who]
        contract = self.book if room == "book" else self.licensing
        contract.advanceEpoch({"from": person})
        self.epochs[room, str(person)] += 1

    @rule(work=numbers)
    def count_grants(self, work):
        self.begin()
        work, title = self.pick(work, final=True)
        if title.grants is not None:
            refused("OfferBook__AlreadyCounting", self.book.countGrants, work, by=title.holder)
            return
        self.book.countGrants(work, {"from": title.holder})
        title.grants, title.epoch = 0, title.epoch + 1
        self.touched.add(work)

    # Rules: licences

    @precondition(lambda self: self.licences)
    @rule(which=numbers)
    def renew(self, which):
        self.begin()
        number, licence = self._licence(which)
        title, terms = self.works[licence.work], TERMS[licence.kind]
        self.away_from(licence.expiry, title.sell_until, *(until for _, until in title.windows))
        renewal = self.licensing.renewSubscription, number, terms["duration"]
        error = None
        if now() >= licence.expiry:
            error = "Licensing__NotLive"
        elif licence.holder == str(self.stage.trap):
            return
        elif licence.kind != RENEWABLE:
            error = "OfferBook__NotRenewable"
        elif self._reserved(title, terms["scope"]):
            error = "OfferBook__Reserved"
        elif now() >= title.sell_until:
            error = "OfferBook__PermitExpired"
        elif terms["scope"] & ~title.scope:
            error = "OfferBook__ScopeTooWide"
        if error:
            refused(error, *renewal, by=licence.holder)
            return
        self._watch(licence.holder, licence.price)
        self.licensing.renewSubscription(number, terms["duration"], {"from": licence.holder})
        licence.expiry += terms["duration"]
        if title.grants is not None:
            title.grants += 1
        self.touched.add(licence.work)

    @precondition(lambda self: self.licences)
    @rule(which=numbers, receiver=people)
    def transfer_licence(self, which, receiver):
        self.begin()
        number, licence = self._licence(which)
        if licence.holder == str(self.stage.trap):
            return
        receiver = str(accounts[3 + receiver])
        self.licensing.transferFrom(licence.holder, receiver, number, {"from": licence.holder})
        licence.holder = receiver

    @precondition(lambda self: self.licences and self.children < MOST_CHILDREN)
    @rule(which=numbers, borrowed=st.integers(0, 3))
    def derive(self, which, borrowed):
        """R5: with a licence at hand, with somebody else's, with a used up one, with an expired one."""
        self.begin()
        number, licence = self._licence(which)
        parent, terms = self.works[licence.work], TERMS[licence.kind]
        registrant = accounts[9] if borrowed == 0 or licence.holder == str(self.stage.trap) else licence.holder
        self.away_from(licence.expiry, parent.final_at)
        stated = self.world.registration(f"child {self.children}", registrant, permits=(number,))
        error = None
        if now() >= licence.expiry:
            error = "Licensing__NotLive"
        elif str(registrant) != licence.holder:
            error = "Licensing__NotPermitHolder"
        elif licence.used >= terms["maxDerivatives"]:
            error = "Licensing__NoDerivativeLeft"
        if error:
            refused(error, self.registry.register, stated, by=registrant)
            return
        done = self.registry.register(stated, {"from": registrant})
        licence.used += 1
        self.children += 1
        self.works[stated.work] = Work(
            licence.holder,
            done.timestamp,
            units=Counter({licence.holder: UNITS}),
            sell_until=min(parent.sell_until, licence.expiry if terms.get("lasting") is False else FOREVER),
            scope=parent.scope & terms["scope"],
            child=True,
        )
        self.touched.add(stated.work)

    @rule(seconds=st.sampled_from([60, GRACE, DAY, 6 * DAY, 21 * DAY]))
    def wait(self, seconds):
        self.begin()
        self._sleep(seconds)

    # Invariants

    @invariant()
    def r1_every_content_has_one_title(self):
        """Of the account with the earliest priority, or of whoever it was handed to once it was final."""
        for work, title in self._asked(self.registry.titleOf, self.touched):
            assert title[0] == self.works[work].holder
            assert title[1] == self.works[work].priority
            assert title[5] == self.works[work].epoch

    @invariant()
    def r2_nothing_overlaps_a_live_exclusive(self):
        """Among all sales that happened, by their events alone."""
        for work, scope, _, begun, _ in self.spoken[-1:]:
            for other, reserved, exclusive, _, until in self.spoken[:-1]:
                assert not (exclusive and work == other and begun < until and _overlap(scope, reserved))

    @invariant()
    def r2_every_grant_is_counted(self):
        for work, header in self._asked(self.book.exclusivityOf, self.touched):
            counted = dict(zip(("counting", "grants"), self._counting(header), strict=True))
            assert counted == {"counting": self.works[work].grants is not None, "grants": self.works[work].grants or 0}

    @invariant()
    def r3_an_expired_licence_proves_nothing(self):
        sampled = self._live_or_not()
        for number, live in self._asked(self.licensing.isLive, sampled):
            assert live == sampled[number]

    @invariant()
    def r3_gates_refuse_with_it(self):
        sampled = self._live_or_not()
        scopes = [(number, TERMS[self.licences[number].kind]["scope"]) for number in sampled]
        answers = ask(self.stage.reader, [(self.licensing.allows, each) for each in scopes])
        for (number, _), allowed in zip(scopes, answers, strict=True):
            assert allowed == sampled[number]

    @invariant()
    def r3_licences_agree(self):
        for number, licence in self._asked(self.licensing.licenceOf, self.sampled):
            known = self.licences[number]
            holder, work, _, _, expiry, used, _ = licence
            assert (holder, work, expiry, used) == (known.holder, known.work, known.expiry, known.used)

    @invariant()
    def r4_nobody_pays_more_than_was_signed(self):
        """The buyer's dollars fell by the price exactly, and the price is not above what was signed."""
        if self.paid:
            payer, price, most = self.paid
            assert self.wallets[payer] - self.world.dollar.balanceOf(payer) == price <= most
        self.paid = None

    @invariant()
    def r4_offers_never_change(self):
        sample = list(self.offers)[-3:]
        for number, offer in self._asked(self.book.offerOf, sample):
            known = self.offers[number]
            stands = known.work, self.stage.terms[known.kind], DOLLAR, known.price, known.epoch
            assert tuple(offer[:5]) == stands

    @invariant()
    def r4_editions_are_not_oversold(self):
        for number, offer in self._asked(self.book.offerOf, list(self.offers)[-3:]):
            known = self.offers[number]
            assert not known.supply or offer[9] == known.sold <= known.supply

    @invariant()
    def r5_derivatives_have_used_permits(self):
        children = sum(title.child for title in self.works.values())
        assert sum(licence.used for licence in self.licences.values()) == children
        assert all(each.used <= TERMS[each.kind]["maxDerivatives"] for each in self.licences.values())

    @invariant()
    def r5_derivatives_stay_within_their_permits(self):
        made = [work for work in self.touched if self.works[work].child]
        for work, limits in self._asked(self.book.limitsOf, made):
            assert tuple(limits) == (self.works[work].sell_until, self.works[work].scope)

    @invariant()
    def r6_orders_work_once(self):
        assert all(deal.times <= 1 for deal in self.deals)
        sample = [deal.order for deal in self.deals[-3:]]
        questions = [(self.licensing.isNonceUsed, (order.buyer, order.nonce)) for order in sample]
        for order, used in zip(sample, ask(self.stage.reader, questions), strict=True):
            assert used == ((order.buyer, order.nonce) in self.used)

    @invariant()
    def r6_consents_are_used_up(self):
        """Every change of the economics, and nothing else, raises the number that consents name."""
        for work, (_, nonce) in self._asked(self.book.economicsOf, self.touched):
            assert nonce == self.works[work].changes

    @invariant()
    def r7_no_sale_calls_its_receiver(self):
        """The trap lies in wait since before the history began."""
        assert self.stage.trap.sprung() == 0

    def teardown(self) -> None:
        """Back to the stage."""
        chain.revert()

    # What a step does

    def begin(self) -> None:
        """A new step: nothing is touched."""
        self.touched = set()
        self.sampled = list(self.licences)[-3:]

    def away_from(self, *moments: int) -> None:
        """Wait until none of these moments is near, and let calls see the time."""
        while any(-2 <= moment - now() < MARGIN for moment in moments):
            chain.sleep(MARGIN + 3)
        chain.mine()

    def _sleep(self, seconds: int) -> None:
        chain.sleep(seconds)
        chain.mine()

    def _asked(self, view: Any, keys: Any) -> list[tuple[int, Any]]:
        keys = sorted(keys)
        return list(zip(keys, ask(self.stage.reader, [(view, (key,)) for key in keys]), strict=True))

    def _live_or_not(self) -> dict[int, bool]:
        """The sampled licences that are not just about to expire."""
        left = {number: self.licences[number].expiry - now() for number in self.sampled}
        return {number: seconds > 0 for number, seconds in left.items() if abs(seconds) > MARGIN}

    def _counting(self, header: Any) -> tuple[bool, int]:
        """Fields by name: the header is a struct of several."""
        names = [each["name"] for each in self.book.exclusivityOf.abi["outputs"][0]["components"]]
        table = dict(zip(names, header, strict=True))
        return table["counting"], table["grants"]

    def pick(self, number: int, *, final: bool = False) -> tuple[int, Work]:
        """A work, far from the moment at which it becomes final."""
        works = [work for work, title in self.works.items() if not final or now() > title.final_at + MARGIN]
        work = works[number % len(works)]
        return work, self.works[work]

    def _offer(self, number: int) -> tuple[int, Offer]:
        chosen = list(self.offers)[number % len(self.offers)]
        return chosen, self.offers[chosen]

    def _licence(self, number: int) -> tuple[int, Licence]:
        chosen = list(self.licences)[number % len(self.licences)]
        self.sampled = [*self.sampled[-2:], chosen] if chosen not in self.sampled else self.sampled
        return chosen, self.licences[chosen]

    def _consent(self, work: int, wanted: Economics, nonce: int, holder: Any) -> tuple[str, int, bytes]:
        struct = Consent(work, str(holder), wanted, nonce, self.epochs["book", str(holder)], FOREVER)
        message = {**struct._asdict(), "economics": wanted._asdict()}
        signature = sign(holder, typed(self.book.address, "OfferBook", message, primary="Consent"))
        return str(holder), struct.deadline, signature

    # What a sale must obey

    def _reserved(self, title: Work, scope: int) -> bool:
        return any(now() < until and _overlap(scope, reserved) for reserved, until in title.windows)

    def _refusal(self, offer: Offer, count: int, grants: int | None) -> str | None:
        """Why this offer cannot be sold now; `grants` is what a quote states."""
        title, terms = self.works[offer.work], TERMS[offer.kind]
        self.away_from(title.final_at, title.sell_until, *(until for _, until in title.windows))
        exclusive = bool(terms.get("exclusive"))
        reasons = [
            (now() < title.final_at, "OfferBook__NotFinal"),
            (offer.epoch != title.epoch, "OfferBook__WrongWorkEpoch"),
            (offer.supply and offer.sold + count > offer.supply, "OfferBook__SoldOut"),
            (now() >= title.sell_until, "OfferBook__PermitExpired"),
            (terms["scope"] & ~title.scope != 0, "OfferBook__ScopeTooWide"),
            (exclusive and title.grants is None, "OfferBook__NotCounting"),
            (title.grants is not None and self._reserved(title, terms["scope"]), "OfferBook__Reserved"),
            (exclusive and grants != title.grants, "OfferBook__GrantsChanged"),
        ]
        return next((error for holds, error in reasons if holds), None)

    def _deal_refusal(self, deal: Deal) -> str | None:
        quote, order, title = deal.quote, deal.order, self.works[deal.quote.work]
        mandate = self.bounds.get((quote.work, quote.workEpoch, deal.kind))
        ends = mandate.expiry // 3600 * 3600 if mandate else 0
        self.away_from(order.expiry, quote.expiry, title.final_at, ends, (now() // DAY + 1) * DAY)
        quota = quote.work, quote.workEpoch, deal.kind, now() // DAY
        delegated = quote.seller != title.holder
        offer = deal.offer or self._offer_of(deal)
        trouble = self._refusal(offer, 1, quote.grants)
        unsellable = trouble if trouble in {"OfferBook__NotFinal", "OfferBook__WrongWorkEpoch"} else None
        below = deal.offer is None and quote.price < title.economics.minPrice
        reasons = [
            (quote.price > order.maxPrice, "Licensing__PriceTooHigh"),
            (now() >= order.expiry, "Licensing__Expired"),
            (order.epoch != self.epochs["licensing", order.buyer], "Licensing__WrongEpoch"),
            ((order.buyer, order.nonce) in self.used, "Licensing__NonceUsed"),
            (now() >= quote.expiry, "OfferBook__Expired"),
            (quote.signerEpoch != self.epochs["book", quote.seller], "OfferBook__WrongEpoch"),
            (unsellable, unsellable),
            (delegated and (not mandate or now() >= ends), "OfferBook__NoMandate"),
            (delegated and mandate and not mandate.floor <= quote.price <= mandate.ceiling, "OfferBook__OutOfBounds"),
            (delegated and mandate and self.quotas[quota] >= mandate.perDay, "OfferBook__DailyCapReached"),
            (below, "OfferBook__BelowEconomics"),
            (trouble, trouble),
        ]
        return next((error for holds, error in reasons if holds), None)

    def _offer_of(self, deal: Deal) -> Offer:
        """What its quote becomes when it is first used: sold once, where it names a buyer."""
        quote = deal.quote
        return Offer(quote.work, deal.kind, quote.price, quote.workEpoch, supply=int(quote.buyer != NOBODY))

    def _carry_out(self, deal: Deal) -> None:
        error = self._deal_refusal(deal)
        arguments = deal.quote, deal.signatures[0], deal.order, deal.signatures[1], Permit()
        if error:
            refused(error, self.licensing.fulfil, *arguments, by=self.world.relayer)
            return
        self._watch(deal.order.buyer, deal.quote.price, deal.order.maxPrice)
        title = self.works[deal.quote.work]
        done = self.licensing.fulfil(*arguments, {"from": self.world.relayer})
        if deal.quote.seller != title.holder:
            self.quotas[deal.quote.work, deal.quote.workEpoch, deal.kind, now() // DAY] += 1
        deal.offer = self._offer_of(deal)
        self.offers[done.events["OfferMade"]["offer"]] = deal.offer
        deal.times += 1
        self.used.add((deal.order.buyer, deal.order.nonce))
        self._sold(done, deal.offer, deal.order.buyer, deal.order.recipient, 1)

    def _watch(self, payer: Any, price: int, most: int | None = None) -> None:
        self.wallets[str(payer)] = self.world.dollar.balanceOf(payer)
        self.paid = str(payer), price, price if most is None else most

    def _sold(self, done: Any, offer: Offer, payer: str, recipient: str, count: int) -> None:
        said, title, terms = done.events["LicenceSold"], self.works[offer.work], TERMS[offer.kind]
        begun = done.timestamp
        assert (said["holder"], said["payer"], said["quantity"]) == (recipient, payer, count)
        assert said["expiry"] == begun + terms["duration"]
        offer.sold += count
        for number in range(said["licence"], said["licence"] + count):
            self.licences[number] = Licence(offer.work, offer.kind, recipient, said["expiry"], offer.price)
        exclusive = bool(terms.get("exclusive"))
        self.spoken.append((said["work"], terms["scope"], exclusive, begun, said["expiry"]))
        if title.grants is not None:
            title.grants += count
        if exclusive:
            title.windows.append((terms["scope"], said["expiry"]))
        self.touched.add(offer.work)
        self.sampled = list(self.licences)[-3:]


def _overlap(one: int, two: int) -> bool:
    """Some use is in both: all scopes here have the same territory and medium."""
    return one & two & RIGHTS != 0


@pytest.fixture(scope="module")
def stage(world) -> Stage:
    """Two final works, half of the first one's shares handed on, dollars for all, and a trap that is laid."""
    works = tuple(world.register(f"work {i}", accounts[3 + i]) for i in range(2))
    for work, holder, other in zip(works, accounts[3:5], [accounts[4], accounts[3]], strict=True):
        world.ledger.transfer(other, work, UNITS // 2, {"from": holder})
    for person in accounts[2:10]:
        world.dollar.mint(person, 10**9, {"from": world.admin})
        world.dollar.approve(world.ledger, 2**256 - 1, {"from": person})
    terms = tuple(world.terms(**kind) for kind in TERMS)
    trap = world.contract("ReentrantReceiver")
    trap.lay(world.licensing, world.licensing.advanceEpoch.encode_input(), {"from": world.admin})
    priorities = tuple(world.registry.titleOf(work)["priorityAt"] for work in works)
    chain.sleep(2 * GRACE)
    chain.mine()
    world.book.countGrants(works[1], {"from": accounts[4]})
    numbers_of = tuple(world.list(work, 100, DOLLAR, number) for work in works for number in terms[: RENEWABLE + 1])
    return Stage(world, terms, works, priorities, numbers_of, trap, world.contract("Multicall"))


def test_rights__any_history__keeps_the_rules(stage):
    """R1–R7 after every step."""
    run_state_machine_as_test(lambda: RightsMachine(stage), settings=history())
