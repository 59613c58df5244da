"""`colophon price`: what licences should cost, why, and the proof."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from offchain.cli.modes import MODES, solve_mode
from offchain.cli.opening import reading_session, work_of
from offchain.cli.options import AsJson, OptionalCurrency
from offchain.cli.output import aligned, asset, decimal, show
from offchain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from offchain.pricing import Price, PriceKey, PricingProblem, Solution
    from offchain.pricing.curve import Evidence, PriceCurve

__all__ = ["price"]

_INPUT = "Price this problem instead (docs/schemas: pricing-, choice-, menu- or exclusives-input.json)."
_OUTPUT = "Write the solution here (docs/schemas: pricing-, choice-, menu- or exclusives-output.json)."
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class _Priced:
    """Prices and what they rest on; `unit` names the currency's display unit, `period` the demand's."""

    problem: PricingProblem
    solution: Solution
    evidence: Mapping[PriceKey, Evidence]
    unit: str
    period: str


def price(
    work: Annotated[str | None, typer.Argument(help="Id of a registered work, or its file.")] = None,
    problem: Annotated[Path | None, typer.Option("--input", help=_INPUT)] = None,
    solution: Annotated[Path | None, typer.Option("--output", help=_OUTPUT)] = None,
    asked: Annotated[Path | None, typer.Option("--problem", help="Write what was solved here, to be checked.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show what each price was chosen from.")] = False,
    picture: Annotated[Path | None, typer.Option("--picture", help="Draw one price's curve here (SVG).")] = None,
    of: Annotated[str | None, typer.Option("--work", help="Explain or draw this work of --input only.")] = None,
    tier: Annotated[str | None, typer.Option("--tier", help="Explain or draw this tier only.")] = None,
    segment: Annotated[str | None, typer.Option("--segment", help="Explain or draw this segment only.")] = None,
    currency: OptionalCurrency = None,
    as_json: AsJson = False,
) -> None:
    """Compute the prices that earn most.

    By linear programming, each with its reason. For a registered work: every tier that the pricing key may sell, within
    what the holder allows. With --input: any pricing problem; that needs no node. Whoever has what --problem and
    --output wrote can check the proof without this program: python docs/check_prices.py PROBLEM SOLUTION (of a choice
    model: docs/check_offers.py).
    """
    if (work is None) == (problem is None):
        raise InputError("usage", "price takes either a work or --input", "colophon price WORK, or --input FILE")
    if (of, tier, segment) != (None,) * 3 and not explain and picture is None:
        told = "--work, --tier and --segment choose what --explain tells and --picture draws"
        raise InputError("usage", told, "add --explain or --picture, or leave them out")
    data = None if problem is None else _read(problem)
    if isinstance(data, dict) and "model" in data:
        if (picture, of, tier, segment) != (None,) * 4:
            raise InputError(
                "usage", "a choice model has no curve of one price", "leave out --picture, --tier and so on"
            )
        priced_by = _price_mode if data["model"] in MODES else _price_choices
        priced_by(data, asked, solution, as_json=as_json)
        return
    priced = _of_work(str(work), currency) if problem is None else _of_problem(data)
    document = _written(priced, asked, solution)
    lines = _lines(priced)
    if explain or picture is not None:
        curves = _chosen(priced, (of, tier, segment))
        if picture is not None:
            _draw(curves, priced.unit, picture)
        lines = _explained(priced, curves) if explain else lines
    show(document, lines, as_json=as_json)


def _of_work(work: str, currency: str | None) -> _Priced:
    from offchain.workflows.prices import explain_work

    with reading_session() as services:
        found = explain_work(services, work_of(work), currency)
        unit = services.currency(found.solution.currency).symbol
    return _Priced(found.problem, found.solution, found.evidence, unit, "year")


def _read(path: Path) -> object:
    try:
        data: object = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError("file-unreadable", f"{path} cannot be read: {error.strerror}", "correct --input") from error
    except (ValueError, RecursionError) as error:
        told = f"{path} is not readable JSON: {error}"
        raise InputError("pricing-json-malformed", told, "correct --input") from error
    return data


def _of_problem(data: object) -> _Priced:
    from offchain.pricing import problem_from_json, solve

    problem = problem_from_json(data)
    return _Priced(problem, solve(problem), {}, asset(problem.currency), "period")


def _price_mode(data: dict[str, object], asked: Path | None, solution: Path | None, *, as_json: bool) -> None:
    document, lines = solve_mode(str(data["model"]), data)
    _save(asked, data, "--problem")
    _save(solution, document, "--output")
    show(document, lines, as_json=as_json)


def _price_choices(data: object, asked: Path | None, solution: Path | None, *, as_json: bool) -> None:
    from offchain.cli.choices import offer_lines
    from offchain.pricing.choice import choice_from_json, choice_to_json, solution_to_json, solve_choice

    problem = choice_from_json(data)
    solved = solve_choice(problem)
    document = solution_to_json(solved)
    _save(asked, choice_to_json(problem), "--problem")
    _save(solution, document, "--output")
    show(document, offer_lines(problem, solved), as_json=as_json)


def _written(priced: _Priced, asked: Path | None, solution: Path | None) -> dict[str, object]:
    from offchain.pricing import problem_to_json, solution_to_json

    document = solution_to_json(priced.solution)
    _save(asked, problem_to_json(priced.problem), "--problem")
    _save(solution, document, "--output")
    return document


def _save(path: Path | None, document: dict[str, object], option: str) -> None:
    if path is not None:
        _write(path, json.dumps(document, indent=2) + "\n", option)


def _write(path: Path, text: str, option: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        told = f"{path} cannot be written: {error.strerror}"
        raise InputError("file-unwritable", told, f"correct {option}") from error


def _chosen(priced: _Priced, wanted: tuple[str | None, str | None, str | None]) -> list[PriceCurve]:
    """The curves of the prices that were asked for by work, tier and segment; at least one."""
    from offchain.pricing.curve import price_curves

    curves = price_curves(priced.problem, priced.solution, priced.evidence)
    found = [
        curve for curve in curves if all(want in (None, have) for want, have in zip(wanted, curve.key, strict=True))
    ]
    if not found:
        offered = ", ".join(dict.fromkeys(f"{curve.key.tier} / {curve.key.segment}" for curve in curves))
        raise InputError("price-unknown", "no price is for that work, tier and segment", f"there are: {offered}")
    return found


def _draw(curves: list[PriceCurve], unit: str, path: Path) -> None:
    from offchain.pricing.picture import picture

    if len(curves) > 1:
        remedy = "choose one by --tier and --segment (and --work, of several)"
        raise InputError("usage", f"--picture draws one price, these are {len(curves)}", remedy)
    _write(path, picture(curves[0], unit), "--picture")


def _lines(priced: _Priced) -> Iterator[str]:
    for each in priced.solution.prices:
        yield _headline(priced, each)
        yield f"  {each.explanation.sentence}"
    yield from _rules(priced)
    yield _expected(priced)


def _explained(priced: _Priced, curves: Iterable[PriceCurve]) -> Iterator[str]:
    from offchain.cli.charts import chart

    prices = {each.key: each for each in priced.solution.prices}
    for curve in curves:
        each = prices[curve.key]
        yield _headline(priced, each)
        yield from (f"  {line}" for line in aligned(_reasons(priced, each, curve)))
        yield ""
        yield from chart(curve, priced.unit)
        yield ""
    yield from _rules(priced)
    yield _expected(priced)
    yield from aligned(_proof(priced))


def _reasons(priced: _Priced, each: Price, curve: PriceCurve) -> Iterator[tuple[str, str]]:
    told, decimals = each.explanation, priced.problem.decimals
    yield "step", f"{told.step + 1} of {told.steps}"
    if told.runner_up is None or told.gap is None:
        yield "runner-up", "none: its bounds and the other prices leave no other step open"
    else:
        yield "runner-up", f"{decimal(told.runner_up, decimals)}, earns {decimal(told.gap, decimals)} less"
    if told.alone != each.amount:
        yield "alone", f"{decimal(told.alone, decimals)} without bounds and orders"
    for binding in told.bindings:
        room = "unit" if binding.kind == "row" else "step"
        eased, dropped = decimal(binding.slack, decimals), decimal(binding.worth, decimals)
        yield "held by", f"{binding.rule}\none {room} more room adds at most {eased}, dropping it {dropped}"
    if curve.evidence is None:
        yield "demand", "stated, not learned"
    else:
        yield "demand", f"learned from {curve.evidence.offers} offers; [90 % interval]"


def _proof(priced: _Priced) -> Iterator[tuple[str, str]]:
    certificate = priced.solution.certificate
    share = f" than {_PERCENT * certificate.gap / certificate.dual:.2g} % more" if certificate.gap else ""
    yield "proof", f"no other prices earn more{share}"
    yield "model", priced.solution.model_hash


def _headline(priced: _Priced, each: Price) -> str:
    works = len(priced.problem.works)
    place = " ".join([each.key.work] * (works > 1) + [each.key.tier, each.key.segment])
    return f"{place}: {decimal(each.amount, priced.problem.decimals)} {priced.unit}"


def _rules(priced: _Priced) -> Iterator[str]:
    """How each rule between works is met: what is left of it, or what a floor falls short by."""
    floors = len(priced.problem.coupling.floors)  # they come first, in minor units
    for place, row in enumerate(priced.solution.rows):
        left = decimal(abs(row.slack), priced.problem.decimals if place < floors else 0)
        yield f"rule: {row.rule}; {left} {'left' if row.slack >= 0 else 'short'}"


def _expected(priced: _Priced) -> str:
    amount = decimal(priced.solution.expected_revenue, priced.problem.decimals)
    return f"expected: {amount} {priced.unit} a {priced.period}, net of what is owed upstream"
