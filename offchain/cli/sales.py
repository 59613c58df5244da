"""`colophon price` and `quote`: what a licence costs, why, and the seller's signature under it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from offchain.cli.keys import Key
from offchain.cli.opening import reading_session, work_of
from offchain.cli.options import Account, AsJson, Keystore, OptionalCurrency, PasswordFile, Segment
from offchain.cli.output import aligned, decimal, moment, money, show
from offchain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from offchain.chain import Currency
    from offchain.pricing import PricingProblem, Solution
    from offchain.workflows.quoting import SignedQuote

__all__ = ["price", "quote", "quote_json", "quote_rows"]


def price(
    work: Annotated[str | None, typer.Argument(help="Id of a registered work, or its file.")] = None,
    problem: Annotated[
        Path | None, typer.Option("--input", help="Price this problem instead (docs/schemas/pricing-input.json).")
    ] = None,
    solution: Annotated[
        Path | None, typer.Option("--output", help="Write the solution here (docs/schemas/pricing-output.json).")
    ] = None,
    currency: OptionalCurrency = None,
    as_json: AsJson = False,
) -> None:
    """Compute the prices that earn most.

    By linear programming, each with its reason. For a registered work: every tier that the pricing key may sell, within
    what the holder allows. With --input: any pricing problem; that needs no node.
    """
    if (work is None) == (problem is None):
        raise InputError("usage", "price takes either a work or --input", "colophon price WORK, or --input FILE")
    solved, decimals, unit = _solved_work(str(work), currency) if problem is None else _solved_file(problem)
    document = _solution_json(solved, solution)
    show(document, _price_lines(solved, decimals, unit), as_json=as_json)


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


def _solved_work(work: str, currency: str | None) -> tuple[Solution, int, str]:
    from offchain.workflows.prices import price_work

    with reading_session() as services:
        solved = price_work(services, work_of(work), currency)
        paid: Currency = services.currency(solved.currency)
    return solved, paid.decimals, paid.symbol


def _solved_file(path: Path) -> tuple[Solution, int, str]:
    from offchain.pricing import problem_from_json, solve

    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("pricing-json-malformed", f"{path} is not readable JSON", "correct --input") from error
    problem: PricingProblem = problem_from_json(data)
    return solve(problem), problem.decimals, problem.currency


def _solution_json(solved: Solution, path: Path | None) -> dict[str, object]:
    from offchain.pricing import solution_to_json

    document = solution_to_json(solved)
    if path is not None:
        try:
            path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
        except OSError as error:
            told = f"{path} cannot be written: {error.strerror}"
            raise InputError("file-unwritable", told, "correct --output") from error
    return document


def _price_lines(solved: Solution, decimals: int, unit: str) -> Iterator[str]:
    works = {price.key.work for price in solved.prices}
    for price in solved.prices:
        place = " ".join([price.key.work] * (len(works) > 1) + [price.key.tier, price.key.segment])
        yield f"{place}: {decimal(price.amount, decimals)} {unit}"
        yield f"  {price.explanation.sentence}"
    yield f"expected: {decimal(solved.expected_revenue, decimals)} {unit} a year, net of what is owed upstream"
