"""`colophon quote`: what a licence costs, and the seller's signature under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from offchain.cli.keys import Key
from offchain.cli.opening import reading_session, work_of
from offchain.cli.options import Account, AsJson, Keystore, OptionalCurrency, PasswordFile, Segment
from offchain.cli.output import aligned, moment, money, show

if TYPE_CHECKING:
    from offchain.workflows.quoting import SignedQuote

__all__ = ["quote", "quote_json", "quote_rows"]


def quote(
    work: Annotated[str, typer.Argument(help="Id of a registered work, or its file.")],
    tier: Annotated[str, typer.Option(help="What is licensed: personal, commercial or adaptation.")],
    buyer: Annotated[str | None, typer.Option(help="The only account that may accept; anybody by default.")] = None,
    segment: Segment = "individual",
    seconds: Annotated[int, typer.Option(help="How long it stands.", min=1)] = 900,
    currency: OptionalCurrency = None,
    account: Account = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Sign a price for a licence.

    A buyer accepts it by colophon buy DIGEST. Signs with the pricing key (COLOPHON_PRICING_KEY; on a local chain
    account 2), else with yours. The work's holder must have let that key sell: colophon register --tier.
    """
    from offchain.workflows.quoting import QuoteRequest, make_quote

    with reading_session(Key(account, keystore, password_file)) as services:
        signed = make_quote(services, QuoteRequest(work_of(work), tier, buyer, segment, currency, seconds))
    show(
        quote_json(signed),
        aligned([*quote_rows(signed), ("next", f"colophon buy 0x{signed.digest.hex()}")]),
        as_json=as_json,
    )


def quote_json(signed: SignedQuote) -> dict[str, Any]:
    """A signed quote as the API writes it, without what a buyer would sign."""
    from offchain.api.schemas.sales import quote_out

    return quote_out(signed, None).model_dump(exclude={"order", "permit"})


def quote_rows(signed: SignedQuote) -> list[tuple[str, str]]:
    """A signed quote for a reader."""
    from offchain.chain import ZERO_ADDRESS, work_hex

    quote = signed.quote
    return [
        ("price", f"{money(quote.price, signed.currency)}, {signed.tier} licence"),
        ("why", signed.explanation),
        ("work", work_hex(quote.work)),
        ("buyer", "anybody" if quote.buyer == ZERO_ADDRESS else quote.buyer),
        ("until", moment(quote.expiry)),
        ("quote", "0x" + signed.digest.hex()),
    ]
