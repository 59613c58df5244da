"""What the contracts' views must say about each entry of the model's state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.contracts.reference.evm import RevertError
from tests.contracts.reference.model import Model, State
from tests.contracts.reference.offers import content
from tests.contracts.reference.system import System
from tests.contracts.reference.tokens import NOBODY

__all__ = ["Claim", "changed", "claims"]

Key = Any


class Claim(NamedTuple):
    """`contract.view(arguments)` must be `expected`.

    The contract `wallets` stands for balances of currencies, `grants` for what the book counts of a work.
    """

    contract: str
    view: str
    arguments: tuple[Any, ...]
    expected: Any

    def actual(self, system: System) -> Any:
        """What it is; the error, where the view reverts."""
        if self.contract == "wallets":
            return system.balance(*self.arguments)
        if self.contract == "grants":
            *_, grants, counting = system.book.read("exclusivityOf", *self.arguments)
            return (grants, counting)
        try:
            return system.contract(self.contract).read(self.view, *self.arguments)
        except RevertError as error:
            return error


def changed(before: State, after: State) -> list[tuple[str, str, Key]]:
    """(room, field, key) of every entry that is new or other than it was."""
    return [
        (room, name, key)
        for room, fields in after.items()
        for name, entries in fields.items()
        if isinstance(entries, dict) and entries != (old := before[room][name])
        for key, value in entries.items()
        if key not in old or old[key] != value
    ]


def claims(model: Model, now: int, entries: list[tuple[str, str, Key]]) -> Iterator[Claim]:
    """What must be seen of these entries, each once."""
    seen = set()
    for room, name, key in entries:
        for maker in _MAKERS.get((room, name), ()):
            claim = maker(model, now, key)
            if claim and claim[:3] not in seen:
                seen.add(claim[:3])
                yield claim


def _title(model: Model, _: int, work: Key) -> Claim:
    title = model.works.titles[work]
    expected = (
        model.works.tokens.owners[work],
        title.priority_at,
        title.final_at,
        title.upstream,
        len(title.edges),
        title.epoch,
        title.series,
        title.issued,
        title.disputed,
    )
    return Claim("registry", "titleOf", (work,), expected)


def _last_edge(model: Model, _: int, work: Key) -> Claim | None:
    edges = model.works.titles[work].edges
    return Claim("ledger", "edgeOf", (work, len(edges) - 1), tuple(edges[-1])) if edges else None


def _net(model: Model, _: int, key: Key) -> Claim:
    return Claim("ledger", "netOf", key[-2:], model.ledger.net(*key[-2:]))


def _gross(model: Model, _: int, key: Key) -> Claim:
    return Claim("ledger", "grossOf", key, model.ledger.gross[key])


def _pullable(model: Model, _: int, key: Key) -> Claim | None:
    """Edges of a registration that gave way are gone."""
    child, edge, _currency = key
    known = edge < len(model.works.titles[child].edges)
    return Claim("ledger", "pullable", key, model.ledger.pullable(*key)) if known else None


def _units(model: Model, _: int, key: Key) -> Claim | None:
    id_, holder = key
    return Claim("ledger", "balanceOf", (holder, id_), model.ledger.units[key]) if isinstance(holder, str) else None


def _claimable(model: Model, _: int, key: Key) -> Claim | None:
    return Claim("ledger", "claimable", key, model.ledger.claimable(*key)) if isinstance(key[2], str) else None


def _earned(model: Model, _: int, key: Key) -> Claim:
    return Claim("ledger", "indexOf", key, model.ledger.earned[key])


def _frozen(model: Model, _: int, key: Key) -> Claim:
    id_ = model.ledger.current(key[0])
    return Claim("ledger", "indexOf", (id_, key[1]), model.ledger.earned[id_, key[1]])


def _held(model: Model, _: int, key: Key) -> Claim:
    return Claim("ledger", "heldOf", key, model.ledger.held[key])


def _root(model: Model, _: int, id_: Key) -> Claim:
    return Claim("ledger", "rootOf", (id_,), model.ledger.roots[id_])


def _series(model: Model, _: int, id_: Key) -> Claim:
    return Claim("ledger", "shareId", model.ledger.series[id_], id_)


def _payout(model: Model, _: int, holder: Key) -> Claim:
    return Claim("ledger", "payoutOf", (holder,), model.ledger.payouts_to[holder])


def _advance(model: Model, _: int, key: Key) -> Claim | None:
    """A request beside an advance that is repaid and not yet replaced is not asked for."""
    books, advance, request = model.ledger, model.ledger.advances.get(key), model.ledger.requests.get(key)
    if advance and request:
        return None
    if advance:
        expected = (*advance[:4], books.recouped(*key), advance.withdrawn)
    elif request and request.epoch == model.works.titles[key[0]].epoch:
        expected = (NOBODY, request.principal, request.rate, 0, 0, 0)
    else:
        return None
    return Claim("ledger", "advanceOf", key, expected)


def _wallet(model: Model, _: int, key: Key) -> Claim:
    return Claim("wallets", "balance", key, model.ledger.wallets[key])


def _allowance(model: Model, _: int, key: Key) -> Claim:
    return Claim("ledger", "allowance", key, model.ledger.allowances[key])


def _offer(model: Model, _: int, number: Key) -> Claim:
    return Claim("book", "offerOf", (number,), tuple(model.book.offers[number]))


def _grants(model: Model, _: int, work: Key) -> Claim:
    return Claim("grants", "exclusivityOf", (work,), (model.book.grants[work], True))


def _content(model: Model, _: int, number: Key) -> Claim:
    offer = model.book.offers[number]
    return Claim("book", "contentOf", (number,), content(offer, model.book.terms[offer.terms]))


def _limits(model: Model, _: int, work: Key) -> Claim:
    return Claim("book", "limitsOf", (work,), tuple(model.book.limits[work]))


def _terms(model: Model, _: int, number: Key) -> Claim:
    return Claim("book", "termsOf", (number,), tuple(model.book.terms[number]))


def _economics(model: Model, _: int, work: Key) -> Claim:
    return Claim("book", "economicsOf", (work,), (tuple(model.book.economics_of(work)), model.book.changes[work]))


def _licence(model: Model, _: int, number: Key) -> Claim | None:
    """A licence that was given back is no more."""
    if number not in model.licensing.licences:
        return None
    licence, holder = model.licensing.licences[number], model.licensing.tokens.owners[number]
    work, offer, terms, expiry, refundable_for, derivatives = licence
    expected = (holder, work, offer, terms, expiry, derivatives, refundable_for)
    return Claim("licensing", "licenceOf", (number,), expected)


def _live(model: Model, now: int, number: Key) -> Claim:
    return Claim("licensing", "isLive", (number,), model.licensing.live(number, now))


def _metadata(model: Model, _: int, work: Key) -> Claim:
    return Claim("registry", "metadataOf", (work,), model.works.metadata[work])


def _epoch(contract: str) -> Callable[[Model, int, Key], Claim]:
    def make(model: Model, _: int, who: Key) -> Claim:
        rooms = {"registry": model.works.epochs, "book": model.book.epochs, "licensing": model.licensing.epochs}
        return Claim(contract, "epochOf", (who,), rooms[contract][who])

    return make


_MAKERS: dict[tuple[str, str], tuple[Callable[[Model, int, Key], Claim | None], ...]] = {
    ("works", "titles"): (_title, _last_edge),
    ("works", "metadata"): (_metadata,),
    ("works", "epochs"): (_epoch("registry"),),
    ("titles", "owners"): (_title,),
    ("ledger", "gross"): (_gross, _net, _advance),
    ("ledger", "moved"): (_pullable,),
    ("ledger", "back"): (_net,),
    ("ledger", "units"): (_units,),
    ("ledger", "owed"): (_claimable,),
    ("ledger", "earned"): (_earned,),
    ("ledger", "frozen"): (_frozen,),
    ("ledger", "held"): (_held,),
    ("ledger", "requests"): (_advance,),
    ("ledger", "advances"): (_advance,),
    ("ledger", "stopped"): (_advance,),
    ("ledger", "roots"): (_root,),
    ("ledger", "series"): (_series,),
    ("ledger", "payouts_to"): (_payout,),
    ("ledger", "wallets"): (_wallet,),
    ("ledger", "allowances"): (_allowance,),
    ("book", "terms"): (_terms,),
    ("book", "offers"): (_offer, _content),
    ("book", "grants"): (_grants,),
    ("book", "limits"): (_limits,),
    ("book", "economics"): (_economics,),
    ("book", "epochs"): (_epoch("book"),),
    ("licensing", "licences"): (_licence, _live),
    ("licensing", "epochs"): (_epoch("licensing"),),
    ("licences", "owners"): (_licence,),
}
