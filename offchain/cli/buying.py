"""`colophon buy`: a licence on a signed quote, or at a listed price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offchain.cli.keys import Key
from offchain.cli.opening import Signed, finish, job_session, signing_session, work_of
from offchain.cli.options import Account, AsJson, DryRun, Keystore, OptionalCurrency, PasswordFile, Segment
from offchain.cli.output import aligned, moment, money, show
from offchain.errors import InputError, NotFoundError, RefusedError
from offchain.money import format_amount, parse_amount, share_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from offchain.chain import Call, Currency, Order, Permit
    from offchain.chain.sender import Cost
    from offchain.workflows.catalogue import OpenListing
    from offchain.workflows.quoting import SignedQuote

__all__ = ["buy"]

_QUOTE_DIGITS = 64


def buy(
    target: Annotated[str, typer.Argument(help="Digest of a quote (0x and 64 hex digits), or a work: its id or file.")],
    tier: Annotated[str | None, typer.Option(help="What is licensed, where the target is a work.")] = None,
    listing: Annotated[
        bool, typer.Option("--listing", help="Buy at the price that the holder listed on chain.")
    ] = False,
    max_price: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="Pay no more than this, such as 12.50.")
    ] = None,
    recipient: Annotated[str | None, typer.Option(help="Who receives the licence; you by default.")] = None,
    segment: Segment = "individual",
    currency: OptionalCurrency = None,
    dry_run: DryRun = False,
    account: Account = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Buy a licence.

    You pay the price and the gas. With a quote's digest: that quote, which colophon quote or the service made in this
    store. With a work and --tier: a quote made now, where the seller's pricing key is in the settings
    (COLOPHON_PRICING_KEY; on a local chain account 2). With --listing: the holder's fixed price, without any quote.
    From another machine, buy over the HTTP API.
    """
    wish = _Wish(target, tier, max_price, recipient, segment, currency)
    key = Key(account, keystore, password_file)
    if listing:
        with signing_session(key) as session:
            document, rows = _buy_listed(session, wish, dry_run=dry_run)
    elif dry_run:
        with signing_session(key) as session:
            document, rows = _estimate_quoted(session, _Acceptance.of(session, wish))
    else:
        with job_session(key) as (session, engine):
            from offchain.workflows.purchasing import start_purchase

            accepted = _Acceptance.of(session, wish)
            job = start_purchase(engine, accepted.signed, accepted.order, accepted.signature, accepted.permit)
            document = finish(session, engine, job, "buying")
            rows = _bought_rows(document, accepted.signed.currency)
    show(document, aligned(rows), as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the buyer asked for, unread."""

    target: str
    tier: str | None
    max_price: str | None
    recipient: str | None
    segment: str
    currency: str | None


@dataclass(frozen=True, slots=True)
class _Acceptance:
    """A quote and the buyer's signatures that accept it."""

    signed: SignedQuote
    order: Order
    signature: bytes
    permit: Permit

    @classmethod
    def of(cls, session: Signed, wish: _Wish) -> _Acceptance:
        from offchain.chain import NO_PERMIT
        from offchain.chain.token import Token
        from offchain.workflows.ordering import draft_order

        signed, signer = _quote(session, wish), session.signer
        most = None if wish.max_price is None else parse_amount(wish.max_price, signed.currency.decimals)
        _require_price(signed.quote.price, most, signed.currency)
        draft = draft_order(session.services, signed, signer.address, recipient=wish.recipient, max_price=most)
        permit = NO_PERMIT
        if draft.permit is not None:
            permit = Token.permit(draft.permit_value, draft.permit_deadline, signer.sign_typed(draft.permit))
        return cls(signed, draft.order, signer.sign_typed(draft.typed), permit)


def _quote(session: Signed, wish: _Wish) -> SignedQuote:
    """The quote that the target names, else a new one for the work that it names."""
    from offchain.workflows.quoting import QuoteRequest, make_quote, quote_by_digest

    if wish.tier is None:
        digits = wish.target.removeprefix("0x")
        if len(digits) != _QUOTE_DIGITS or wish.target == digits or not _is_hex(digits):
            raise InputError("tier-missing", "the target is a work, and no tier was named", "--tier personal, say")
        return quote_by_digest(session.services, bytes.fromhex(digits))
    asked = QuoteRequest(work_of(wish.target), wish.tier, session.signer.address, wish.segment, wish.currency)
    return make_quote(session.services, asked)


def _is_hex(digits: str) -> bool:
    return all(digit in "0123456789abcdefABCDEF" for digit in digits)


def _estimate_quoted(session: Signed, accepted: _Acceptance) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    services, signed = session.services, accepted.signed
    call = services.contracts.licensing.fulfil(
        signed.quote, signed.signature, accepted.order, accepted.signature, accepted.permit
    )
    cost = services.sender.dry_run(call, session.signer.address)
    sale = _Sale(signed.quote.work, signed.tier, signed.quote.price, signed.currency, accepted.order.recipient)
    return _estimated(session, sale, (cost,))


def _buy_listed(session: Signed, wish: _Wish, *, dry_run: bool) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    from offchain.chain import Listing
    from offchain.chain.offers import purchase
    from offchain.workflows.terms import standard_terms

    services, account = session.services, session.signer.address
    listing, sale = _listed(session, wish)
    most = None if wish.max_price is None else parse_amount(wish.max_price, sale.currency.decimals)
    _require_price(sale.price, most, sale.currency)
    (terms,) = (standard.terms for standard in standard_terms() if standard.tier == sale.tier)
    told = Listing(listing.terms, listing.currency.index, listing.price)
    wanted = purchase(listing.offer, sale.work, terms, told)
    buying = services.contracts.licensing.buy(wanted, sale.recipient, 0 if sale.currency.token else sale.price)
    # A purchase that an earlier run left on its way is taken up, whatever the allowance and the balance are by now.
    begun = not dry_run and services.sender.unfinished(buying, account)
    allowing = [] if begun else _allowance(session, sale)
    if dry_run:
        # Without the allowance the purchase itself cannot be tried, so only the allowance's gas is known.
        costs = [services.sender.dry_run(call, account) for call in allowing or [buying]]
        return _estimated(session, sale, costs)
    for call in allowing:
        services.sender.send(call, session.signer)
    receipt = services.sender.send(buying, session.signer)
    services.advance()
    sold = next(event for event in services.contracts.decode(receipt.logs) if event.name == "LicenceSold")
    document = _licence_json(session, int(sold.args["licence"])) | {"transaction": "0x" + receipt.tx_hash.hex()}
    return document, _bought_rows(document, sale.currency)


@dataclass(frozen=True, slots=True)
class _Sale:
    """What is about to be bought."""

    work: int
    tier: str | None
    price: int
    currency: Currency
    recipient: str


def _listed(session: Signed, wish: _Wish) -> tuple[OpenListing, _Sale]:
    """The cheapest listing of the tier, in the currency asked for, and the sale."""
    from offchain.chain.address import parse_address
    from offchain.workflows.catalogue import describe

    if wish.tier is None:
        raise InputError("tier-missing", "a listing is of one tier, and none was named", "--tier personal, say")
    work, services = work_of(wish.target), session.services
    wanted = None if wish.currency is None else services.currency(wish.currency)
    open_ = [
        listing
        for listing in describe(services, work).listings
        if listing.tier == wish.tier and wanted in (None, listing.currency)
    ]
    if not open_:
        raise NotFoundError(
            "not-listed",
            f"the holder lists no {wish.tier} licence of this work",
            "ask for a quote: leave --listing out",
        )
    best = min(open_, key=lambda listing: listing.price)
    recipient = session.signer.address if wish.recipient is None else parse_address(wish.recipient)
    return best, _Sale(work, best.tier, best.price, best.currency, recipient)


def _allowance(session: Signed, sale: _Sale) -> list[Call]:
    """What must be sent first, so that the ledger may take the price.

    Raises:
        RefusedError: `insufficient-balance`.
    """
    from offchain.chain.token import Token

    ledger = session.services.contracts.ledger
    try:
        ledger.require_funds(session.signer.address, sale.currency, sale.price)
    except RefusedError as error:
        if error.code != "insufficient-allowance" or sale.currency.token is None:
            raise
        return [Token(session.services.client, sale.currency.token).approve(ledger.address, sale.price)]
    return []


def _require_price(price: int, most: int | None, currency: Currency) -> None:
    if most is not None and price > most:
        raise RefusedError(
            "price-too-high",
            f"the price {money(price, currency)} is above your maximum {money(most, currency)}",
            "raise --max-price, or ask for a new quote",
            price=str(price),
            maximum=str(most),
        )


def _estimated(session: Signed, sale: _Sale, costs: Iterable[Cost]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """What buying would cost, and who would receive it."""
    from offchain.chain import work_hex

    kept = list(costs)
    gas, fee = sum(cost.gas for cost in kept), sum(cost.fee for cost in kept)
    shares = _shares(session, sale)
    document = {
        "work": work_hex(sale.work),
        "tier": sale.tier,
        "price": str(sale.price),
        "currency": sale.currency.caip19,
        "payer": session.signer.address,
        "recipient": sale.recipient,
        "gas": gas,
        "fee": str(fee),
        "receives": [{"work": work_hex(work), "amount": str(amount)} for work, amount in shares],
    }
    rows = [
        ("would buy", f"a {sale.tier} licence of {document['work']} for {sale.recipient}"),
        ("price", f"{money(sale.price, sale.currency)}, paid by {session.signer.address}"),
        (
            "receives",
            "\n".join(f"{money(amount, sale.currency)}  holders of {work_hex(work)}" for work, amount in shares),
        ),
        ("gas", f"{gas}, at most {format_amount(fee, 18)} ETH"),
    ]
    return document, rows


def _shares(session: Signed, sale: _Sale) -> list[tuple[int, int]]:
    """How the price is divided between the work's own holders and its parents, when it is the work's first money."""
    contracts = session.services.contracts
    edges = contracts.ledger.edges(sale.work, contracts.registry.title(sale.work).parents)
    owed = [(edge.parent, share_of(sale.price, edge.upstream)) for edge in edges]
    return [(sale.work, sale.price - share_of(sale.price, sum(edge.upstream for edge in edges))), *owed]


def _licence_json(session: Signed, number: int) -> dict[str, Any]:
    from offchain.chain import work_hex
    from offchain.workflows.licences import describe_licence

    view = describe_licence(session.services, number)
    return {
        "licence": str(view.number),
        "work": work_hex(view.work),
        "holder": view.holder,
        "tier": view.tier,
        "price": str(view.price),
        "currency": view.currency.caip19,
        "expiry": view.expiry,
    }


def _bought_rows(document: dict[str, Any], currency: Currency) -> list[tuple[str, str]]:
    expiry = document["expiry"]
    return [
        ("licence", f"{document['licence']}, {document['tier']}"),
        ("work", document["work"]),
        ("holder", document["holder"]),
        ("paid", money(int(document["price"]), currency)),
        ("until", "for ever" if expiry is None else moment(expiry)),
        ("transaction", document["transaction"]),
    ]
