"""What people do with titles: register, derive, take over, transfer, dispute."""

from __future__ import annotations

from tests.contracts.reference.accounts import NATIVE
from tests.contracts.reference.acts_money import Money
from tests.contracts.reference.eip712 import sign
from tests.contracts.reference.model import commitment
from tests.contracts.reference.offers import Offer, content
from tests.contracts.reference.rules import DAY
from tests.contracts.reference.series import DIVERT, REJECT, RETITLE
from tests.contracts.reference.system import ADMIN, JUDGE, KEYS, PEOPLE, STRANGER
from tests.contracts.reference.tokens import NOBODY
from tests.contracts.reference.works import GRACE, NO_HASH
from tests.contracts.structs import Economics, Listing, Purchase, Registration

__all__ = ["Titles"]

WORKS = 5
DERIVABLE = range(1, 13)
"""Terms of which most permit derivatives."""
_WEIGHTS = [5, 3, 3, 4, 3, 6, 6, 4, 5, 2, 1, 3]


class Titles(Money):
    """Registrations, and whatever concerns a title as a whole."""

    def register(self) -> None:
        who = self.person()
        r = self.registration(who)
        if self.chance(0.2):
            self._register_at_once(r)
        else:
            self._reveal(r._replace(salt=self.salt()))

    def registration(self, who: str) -> Registration:
        permits, purchases = self._parents(who) if self.works and self.chance(0.75) else ((), ())
        return Registration(
            self.new_work() if len(self.works) < WORKS or self.chance(0.5) else self.work(),
            who,
            self.salt(),
            permits=permits,
            purchases=purchases,
            listings=tuple(self.listing() for _ in range(self.rng.choice([0, 0, 0, 1, 2]))),
            bounds=tuple(self.bounds() for _ in range(self.rng.choice([0, 0, 0, 1]))),
            economics=self.economics() if self.chance(0.12) else Economics(),
            shareRoot=self.root() if self.chance(0.12) else NO_HASH,
        )

    def _reveal(self, r: Registration) -> None:
        if not self.chance(0.02):
            self.do("registry", "commit", self.person(), commitment(r.registrant, r.work, r.salt), wait=0)
        self._submit(r, 0 if self.chance(0.02) else self.rng.choice([1, 12, GRACE - 1, GRACE, GRACE, GRACE, GRACE]))

    def _register_at_once(self, r: Registration) -> None:
        """Sometimes somebody else had committed before, and takes the work over; sometimes too late."""
        owner = self.person()
        earlier = r._replace(registrant=owner, permits=(), purchases=(), salt=self.salt(), listings=(), bounds=())
        earlier = earlier._replace(economics=self.rng.choice([Economics(), r.economics]))
        earlier = earlier._replace(shareRoot=self.rng.choice([NO_HASH, r.shareRoot]))
        promised = self.chance(0.6)
        if promised:
            self.do("registry", "commit", owner, commitment(owner, r.work, earlier.salt))
        self._submit(r, self.rng.choice([0, 1, 12]))
        if promised:
            if self.chance(0.3):
                self._touch(r.work)
            self._submit(earlier, self.rng.choice([0, 1, 12, GRACE - 1, GRACE]))

    def _touch(self, work: int) -> None:
        """What cannot be done under a title that is not final, or void afterwards."""
        holder = self.holder(work)
        self.rng.choice(
            [
                lambda: self.do("ledger", "deposit", self.person(), work, NATIVE, 5, value=5, wait=0),
                lambda: self.do("registry", "transferFrom", holder, holder, self.person(), work, wait=0),
                lambda: self.do("registry", "advanceWorkEpoch", holder, work, wait=0),
                lambda: self.do("ledger", "transfer", holder, self.person(), work, 7, wait=0),
                lambda: self.do("ledger", "distribute", holder, work, self.root(), wait=0),
                lambda: self.do("ledger", "requestAdvance", holder, work, NATIVE, 9, 9, wait=0),
                lambda: self.do("registry", "setMetadata", holder, work, self.salt(), wait=0),
                lambda: self.do("book", "countGrants", holder, work, wait=0),
                lambda: self.do("book", "setEconomics", holder, work, self.economics(), (), wait=0),
            ]
        )()

    def _submit(self, r: Registration, wait: int) -> None:
        value = self.model.licensing.native_need(r.permits, r.purchases)
        value = max(value + self.rng.choice([-1, 1]), 0) if self.chance(0.02) else value
        if self.chance(0.25):
            deadline = self.history.now + wait + self.rng.choice([-1, 0, 3_600, 3_600, 3_600])
            epoch = self.model.works.epochs.get(r.registrant, 0) + self.chance(0.03)
            signer = r.registrant if not self.chance(0.03) else self.person()
            signature = sign(KEYS[signer], self.model.digests.registration(r, epoch, deadline))
            self.do("registry", "registerBySig", STRANGER, r, deadline, signature, value=value, wait=wait)
        else:
            sender = r.registrant if not self.chance(0.02) else self.person()
            self.do("registry", "register", sender, r, value=value, wait=wait)

    def register_batch(self) -> None:
        """A work and what derives from it, in one call: final, since both were committed early enough."""
        who, salt = self.person(), self.salt()
        listing = self.listing(terms=self.rng.choice(DERIVABLE), supply=0)
        first = Registration(self.new_work(), who, self.salt(), listings=(listing,), salt=salt)
        number = len(self.model.book.offers) + 1
        terms = self.model.book.terms[listing.terms]
        stated = content(Offer(first.work, listing.terms, listing.currency, listing.price, 0), terms)
        second = Registration(self.new_work(), who, self.salt(), purchases=(Purchase(number, stated),), salt=salt)
        for r in (first, second):
            self.do("registry", "commit", who, commitment(who, r.work, salt), wait=0)
        value = (listing.price if listing.currency == NATIVE else 0) + (
            terms.guarantee if terms.currency == NATIVE else 0
        )
        sender = who if not self.chance(0.02) else STRANGER
        self.do("registry", "registerBatch", sender, (first, second), value=value, wait=GRACE)

    def _parents(self, who: str) -> tuple[tuple[int, ...], tuple[Purchase, ...]]:
        """Permits and purchases of several works: got for the purpose, or whatever there is."""
        permits, purchases = [], []
        for work in self.rng.choices(self.works, k=self.rng.choice([1, 1, 2, 3, 4])):
            if self.chance(0.5):
                permits += self._permit(work, who)
            else:
                purchases += self._fee(work)
        if self.model.licensing.licences and self.chance(0.05):
            permits.append(self.rng.choice([999, *self.model.licensing.licences]))
        if self.model.book.offers and self.chance(0.05):
            purchases.append(self.purchase(self.rng.choice([999, *self.model.book.offers])))
        if permits and self.chance(0.03):
            permits = permits * self.rng.choice([2, 9])
        return tuple(permits), tuple(purchases)

    def _fee(self, work: int) -> list[Purchase]:
        """Have the holder list a work; what the fee of that is."""
        number = self._listed(work)
        return [self.purchase(number, 1 + self.chance(0.01))] if number else []

    def _permit(self, work: int, who: str) -> list[int]:
        """Have the holder list a work for this one buyer; the licence."""
        number = self._listed(work)
        if number is None:
            return []
        licences, offer = self.model.licensing.sold["licences"], self.model.book.offers[number]
        value = self.value(offer.currency, offer.price)
        self.do("licensing", "buy", who, self.purchase(number), who, value=value, wait=self.rng.choice([0, 0, 1, 12]))
        return [licences + 1] if self.model.licensing.sold["licences"] > licences else []

    def _listed(self, work: int) -> int | None:
        """A listing of terms that permit derivatives, made now or before."""
        epoch = self.model.works.titles[work].epoch
        known = [n for n, o in self.model.book.offers.items() if (o.work, o.epoch, o.quoted) == (work, epoch, False)]
        if known and self.chance(0.5):
            return self.rng.choice(known)
        holder = self.model.works.tokens.owners[work]
        terms = self.rng.choices(DERIVABLE, _WEIGHTS)[0]
        listing = Listing(terms, self.rng.choice(self.currencies), self.rng.choice([0, 0, self.price()]))
        offers = len(self.model.book.offers)
        self.do("book", "list", holder, work, listing, wait=self.finality(work))
        return offers + 1 if len(self.model.book.offers) > offers else None

    def transfer_title(self) -> None:
        work = self.work()
        holder = self.holder(work)
        mover = holder
        if self.chance(0.3):
            mover = self.person()
            if self.chance(0.5):
                self.do("registry", "approve", self.holder(work), mover, work)
            else:
                self.do("registry", "setApprovalForAll", holder, mover, self.chance(0.8))
        receiver = NOBODY if self.chance(0.02) else self.person()
        self.do("registry", "transferFrom", mover, holder, receiver, work)

    def title_matters(self) -> None:
        work = self.work()
        method, arguments = self.rng.choice(
            [("advanceWorkEpoch", (work,)), ("setMetadata", (work, self.salt())), ("advanceEpoch", ())]
        )
        self.do("registry", method, self.holder(work), *arguments)

    def dispute(self) -> None:
        """Money moves while the title is disputed; then it is judged, or stays open for a while."""
        work = self.work_with(of for of, title in self.model.works.titles.items() if title.series)
        if work not in self.model.works.titles:
            return
        if self.chance(0.4):
            self.advance(work)
        self.do("ledger", "freeze", JUDGE if not self.chance(0.03) else self.person(), work, wait=self.finality(work))
        for _ in range(self.rng.randint(1, 6)):
            self.about(work)
        if self.chance(0.85):
            self.judge(work)

    def about(self, work: int) -> None:
        """Something that concerns the money or the title of a work."""
        self.rng.choices(
            [
                lambda: self.deposit(work), lambda: self.pull(work), lambda: self.share_transfer(work),
                lambda: self.claim(work), lambda: self.advance(work), lambda: self.push(work),
                self.activate, lambda: self.distribute(work), self.transfer_title, self.register,
            ],
            [8, 4, 4, 3, 3, 2, 1, 1, 1, 1],
        )[0]()  # fmt: skip

    def judge(self, work: int | None = None) -> None:
        open_ = [of for of, title in self.model.works.titles.items() if title.disputed]
        work = self.rng.choice(open_ or [self.work()]) if work is None or self.chance(0.05) else work
        winner = self.person() if self.chance(0.9) else self.holder(work)
        who = JUDGE if not self.chance(0.03) else self.person()
        outcome = self.rng.choice([REJECT, DIVERT, DIVERT, RETITLE, RETITLE, RETITLE])
        self.do("ledger", "resolve", who, work, outcome, winner)

    def pause(self) -> None:
        contract = self.rng.choice(["registry", "licensing"])
        self.do(contract, "setPaused", self.rng.choice([ADMIN, ADMIN, PEOPLE[0]]), True)
        for _ in range(3):
            self.rng.choice([self.sale, self.register, self.claim, self.pull, self.renew])()
        self.do(contract, "setPaused", ADMIN, False)

    def intrude(self) -> None:
        """Call what only a sibling contract may call."""
        work, who, currency = self.work(), self.person(), self.rng.choice(self.currencies)
        place, arguments = self.rng.choice(
            [
                (("licensing", "adapt"), (work, who, (), ())),
                (("book", "publish"), (work, (), (), Economics())),
                (("book", self.rng.choice(["take", "takeFee"])), (self.purchase(1),)),
                (("book", "takeRenewal"), (1, DAY, 0)),
                (("book", "limit"), (work, 0, 0)),
                (("registry", "voidOffers"), (work,)),
                (("registry", "markIssued"), (work,)),
                (("registry", "markDisputed"), (work, True)),
                (("registry", "retitle"), (work, who)),
                (("ledger", "issue"), (work, who)),
                (("ledger", "link"), (work, ())),
                (("ledger", "root"), (work, NO_HASH)),
                (("ledger", "depositFrom"), (self.person(), work, currency, 5, 0, b"")),
                (("ledger", "depositMany"), (self.person(), ((work, currency, 5, 0),))),
                (("ledger", "refund"), (work, currency, 5, 5, who)),
            ]
        )
        self.do(*place, who, *arguments)
