"""Quotes, orders, licences and terms."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, Field

from offchain.api.schemas.fields import Account, Amount, Bytes, Digest, Number, Received, WorkId, to_bytes
from offchain.chain import NO_PERMIT, Order, Permit, work_hex
from offchain.chain.address import parse_address
from offchain.chain.token import Token
from offchain.errors import InputError
from offchain.workflows.licences import LicenceView
from offchain.workflows.ordering import OrderDraft
from offchain.workflows.quoting import DEFAULT_SECONDS, MAX_SECONDS, SignedQuote
from offchain.workflows.terms import StandardTerms, scope_names

__all__ = [
    "LicenceOut",
    "OrderIn",
    "QuoteIn",
    "QuoteOut",
    "TermsListOut",
    "TermsOut",
    "licence_out",
    "quote_out",
    "terms_out",
]

_SIGNATURE_BYTES = 65


class QuoteIn(Received):
    """A price is wanted. With a buyer, the quote is for that account alone and comes with data ready to sign."""

    work: WorkId
    tier: str
    buyer: Account | None = None
    recipient: Account | None = Field(None, description="who receives the licence; the buyer when not given")
    segment: str = "individual"
    currency: str | None = Field(None, description="CAIP-19; the work's own when not given")
    seconds: int = Field(DEFAULT_SECONDS, ge=1, le=MAX_SECONDS, description="how long the quote shall stand")


class QuoteStructOut(BaseModel):
    """The signed struct (EIP-712 `Quote`); `currency` is the index in the ledger's list."""

    work: WorkId
    seller: Account
    terms: int
    currency: int
    price: Amount
    buyer: Account
    maxQuantity: int  # noqa: N815 - the field's EIP-712 name
    expiry: int
    workEpoch: int  # noqa: N815 - as above
    signerEpoch: str  # noqa: N815 - as above
    grants: int
    basis: Digest


class OrderDraftOut(BaseModel):
    """What the buyer signs."""

    typed_data: dict[str, Any]


class PermitDraftOut(BaseModel):
    """What the buyer signs so that the ledger may take the price (ERC-2612)."""

    typed_data: dict[str, Any]
    value: Amount
    deadline: int


class BasisOut(BaseModel):
    """What the price rests on; the struct's `basis` is its digest (docs/SPECIFICATION.md, §7)."""

    model_hash: Digest = Field(description="sha256 of the pricing problem whose certificate proves the price")
    epoch: int | None = Field(description="the re-solve of the catalogue that held; null before the first")
    duals_hash: Digest | None = Field(description="sha256 of that epoch's multipliers")


class QuoteOut(BaseModel):
    """A signed price; `order` and `permit` are for the buyer to sign, `permit` only where the allowance is short."""

    digest: Digest
    signature: Bytes
    quote: QuoteStructOut
    price: Amount
    currency: str
    symbol: str
    decimals: int
    tier: str
    segment: str
    expires: int
    explanation: str
    basis: BasisOut
    order: OrderDraftOut | None
    permit: PermitDraftOut | None


class OrderMessageIn(BaseModel):
    """The message of the order's typed data, as it was signed; numbers as decimal strings or integers."""

    buyer: Account
    recipient: Account
    quote: Digest
    maxPrice: int = Field(ge=0, lt=2**256)  # noqa: N815 - the field's EIP-712 name
    expiry: int = Field(ge=0, lt=2**40)
    epoch: int = Field(ge=0, lt=2**256)
    nonce: int = Field(ge=0, lt=2**256)

    def struct(self) -> Order:
        """As the contracts take it.

        Raises:
            InputError: `address-malformed`.
        """
        return Order(
            buyer=parse_address(self.buyer),
            recipient=parse_address(self.recipient),
            quote=to_bytes(self.quote),
            max_price=self.maxPrice,
            expiry=self.expiry,
            epoch=self.epoch,
            nonce=self.nonce,
        )


class PermitIn(Received):
    """A signed ERC-2612 permit."""

    value: int = Field(ge=0, lt=2**256)
    deadline: int = Field(ge=0, lt=2**256)
    signature: Bytes

    def struct(self) -> Permit:
        """As the contracts take it.

        Raises:
            InputError: `signature-malformed`.
        """
        signature = to_bytes(self.signature)
        if len(signature) != _SIGNATURE_BYTES:
            raise InputError(
                "signature-malformed", f"the permit's signature has {len(signature)} bytes, not 65", "sign it again"
            )
        return Token.permit(self.value, self.deadline, signature)


class OrderIn(Received):
    """A buyer's signed order on a quote."""

    quote: Digest
    order: OrderMessageIn
    signature: Bytes
    permit: PermitIn | None = None
    chain_id: int | None = Field(None, description="checked against the service's chain when given")
    currency: str | None = Field(None, description="CAIP-19, checked against the quote's when given")

    def permit_struct(self) -> Permit:
        """The permit, or the one that stands for none."""
        return NO_PERMIT if self.permit is None else self.permit.struct()


class LicenceOut(BaseModel):
    """A licence as the chain has it now; only `live` ones prove anything. `expiry` null is for ever."""

    licence: Number
    live: bool
    holder: Account
    work: WorkId
    tier: str | None
    terms: int
    offer: Number
    price: Amount
    currency: str
    expiry: int | None
    confirmed: bool = Field(description="whether its sale, and all that happened to it, stands in confirmed blocks")
    derivatives_used: int
    derivatives_allowed: int


class TermsOut(BaseModel):
    """Standard terms: their number on this chain and the document that carries the legal text."""

    tier: str
    number: int
    cid: str
    digest: Digest
    scope: dict[str, list[str]]
    duration: int = Field(description="seconds; 0 is for ever")
    upstream_ppm: int
    max_derivatives: int
    seats: int = Field(description="accounts beside the holder that may use one licence")
    refund_days: int = Field(description="whole UTC days after the day of sale during which it may be given back")
    transferable: bool
    lasting: bool
    exclusive: bool
    renewable: bool
    guarantee: Amount = Field(description="minor units that a derivative pays its parent in advance")
    ceiling: Amount = Field(description="most that a derivative ever pays its parent; 0 is no ceiling")
    guarantee_currency: int = Field(description="of guarantee and ceiling: index in the ledger's list")
    document: dict[str, Any]


class TermsListOut(BaseModel):
    """The standard terms of this chain."""

    items: list[TermsOut]


def quote_out(signed: SignedQuote, draft: OrderDraft | None) -> QuoteOut:
    """A quote as it goes out."""
    quote = signed.quote
    permit = draft.permit if draft else None
    return QuoteOut(
        digest="0x" + signed.digest.hex(),
        signature="0x" + signed.signature.hex(),
        quote=QuoteStructOut(
            work=work_hex(quote.work),
            seller=quote.seller,
            terms=quote.terms,
            currency=quote.currency,
            price=str(quote.price),
            buyer=quote.buyer,
            maxQuantity=quote.max_quantity,
            expiry=quote.expiry,
            workEpoch=quote.work_epoch,
            signerEpoch=str(quote.signer_epoch),
            grants=quote.grants,
            basis="0x" + quote.basis.hex(),
        ),
        price=str(quote.price),
        currency=signed.currency.caip19,
        symbol=signed.currency.symbol,
        decimals=signed.currency.decimals,
        tier=signed.tier,
        segment=signed.segment,
        expires=quote.expiry,
        explanation=signed.explanation,
        basis=BasisOut(**asdict(signed.basis)),
        order=OrderDraftOut(typed_data=draft.typed) if draft else None,
        permit=PermitDraftOut(typed_data=permit, value=str(draft.permit_value), deadline=draft.permit_deadline)
        if draft and permit
        else None,
    )


def licence_out(view: LicenceView, *, confirmed: bool) -> LicenceOut:
    """A licence as it goes out."""
    return LicenceOut(
        licence=str(view.number),
        live=view.live,
        holder=view.holder,
        work=work_hex(view.work),
        tier=view.tier,
        terms=view.terms,
        offer=str(view.offer),
        price=str(view.price),
        currency=view.currency.caip19,
        expiry=view.expiry,
        confirmed=confirmed,
        derivatives_used=view.derivatives_used,
        derivatives_allowed=view.derivatives_allowed,
    )


def terms_out(standard: StandardTerms, number: int) -> TermsOut:
    """Standard terms as they go out."""
    terms = standard.terms
    return TermsOut(
        tier=standard.tier,
        number=number,
        cid=standard.cid,
        digest="0x" + terms.text.hex(),
        scope=scope_names(terms.scope),
        duration=terms.duration,
        upstream_ppm=terms.upstream,
        max_derivatives=terms.max_derivatives,
        seats=terms.seats,
        refund_days=terms.refund_days,
        transferable=terms.transferable,
        lasting=terms.lasting,
        exclusive=terms.exclusive,
        renewable=terms.renewable,
        guarantee=str(terms.guarantee),
        ceiling=str(terms.ceiling),
        guarantee_currency=terms.currency,
        document=standard.document,
    )
