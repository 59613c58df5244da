"""Problems with stated tables, and a checker for the parts of JSON Schema that our schemas use."""

import json
import re
from pathlib import Path

import pytest

from offchain.pricing import CellDemand, PriceKey, PricingProblem, Segment, TableDemand, Tier, Work, default_problem

CURRENCY = "eip155:1337/erc20:0x1111111111111111111111111111111111111111"
WORK = "0x" + "ab" * 32
SCHEMAS = Path(__file__).parents[4] / "docs" / "schemas"
ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description"}


@pytest.fixture
def default():
    return default_problem(WORK, 0, CURRENCY)


@pytest.fixture
def one_price():
    """A problem of one work, tier and segment: `one_price(ladder, licences, bounds=(), upstream_ppm=0)`."""

    def build(ladder, licences, bounds=(), upstream_ppm=0):
        return PricingProblem(
            currency=CURRENCY,
            decimals=0,
            works=(Work(WORK, upstream_ppm),),
            tiers=(Tier("personal", tuple(ladder)),),
            segments=(Segment("individual"),),
            demand=(CellDemand(PriceKey(WORK, "personal", "individual"), TableDemand(tuple(licences))),),
            bounds=tuple(bounds),
        )

    return build


@pytest.fixture
def two_tiers():
    """Two tiers on the ladder 10, 20, 30: alone, personal earns most at 20 (200) and commercial at 10 (150).

    Together (commercial never below personal) the candidates are
    10/10: 120 + 150 = 270 · 10/20: 120 + 60 = 180 · 10/30: 120 + 30 = 150
    20/20: 200 + 60 = 260 · 20/30: 200 + 30 = 230 · 30/30: 90 + 30 = 120, so 10/10 is best.
    """

    def build(bounds=(), upstream_ppm=0):
        tables = {"personal": (12.0, 10.0, 3.0), "commercial": (15.0, 3.0, 1.0)}
        return PricingProblem(
            currency=CURRENCY,
            decimals=0,
            works=(Work(WORK, upstream_ppm),),
            tiers=(Tier("personal", (10, 20, 30)), Tier("commercial", (10, 20, 30), ("personal",))),
            segments=(Segment("individual"),),
            demand=tuple(
                CellDemand(PriceKey(WORK, tier, "individual"), TableDemand(table)) for tier, table in tables.items()
            ),
            bounds=tuple(bounds),
        )

    return build


@pytest.fixture
def amounts():
    """The amounts of a solution, in order."""
    return lambda solution: [price.amount for price in solution.prices]


@pytest.fixture
def departures():
    """Where a document departs from a schema of docs/schemas: `departures("pricing-input", document)`."""

    def check(name, document):
        schema = json.loads((SCHEMAS / f"{name}.json").read_text())
        return list(_departures(schema, schema, document, "$"))

    return check


def _departures(root, schema, value, path):
    mistyped = list(_type(root, schema, schema["type"], value, path)) if "type" in schema else []
    if mistyped:
        yield from mistyped
        return
    for keyword, wanted in schema.items():
        if keyword not in ANNOTATIONS:
            yield from _KEYWORDS[keyword](root, schema, wanted, value, path)


def _sub(root, _schema, wanted, value, path):
    yield from _departures(root, root["$defs"][wanted.removeprefix("#/$defs/")], value, path)


def _type(_root, _schema, wanted, value, path):
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "null": type(None)}
    if not isinstance(value, kinds[wanted]) or isinstance(value, bool):
        yield f"{path}: not of type {wanted}"


def _properties(root, _schema, wanted, value, path):
    for name in wanted.keys() & value.keys():
        yield from _departures(root, wanted[name], value[name], f"{path}.{name}")


def _closed(_root, schema, wanted, value, path):
    assert wanted is False
    yield from (f"{path}: unknown {name}" for name in value.keys() - schema["properties"].keys())


def _required(_root, _schema, wanted, value, path):
    yield from (f"{path}: without {name}" for name in wanted if name not in value)


def _dependent(_root, _schema, wanted, value, path):
    for name, others in wanted.items():
        yield from (f"{path}: {name} without {other}" for other in others if name in value and other not in value)


def _items(root, _schema, wanted, value, path):
    for position, item in enumerate(value):
        yield from _departures(root, wanted, item, f"{path}[{position}]")


def _count(least, most):
    def check(root, _schema, wanted, value, path):
        matching = sum(not list(_departures(root, option, value, path)) for option in wanted)
        if not least <= matching <= most:
            yield f"{path}: matches {matching} alternatives"

    return check


def _rule(holds):
    def check(_root, _schema, wanted, value, path):
        if not holds(wanted, value):
            yield f"{path}: {value!r} against {wanted!r}"

    return check


_KEYWORDS = {
    "$ref": _sub,
    "type": _type,
    "properties": _properties,
    "additionalProperties": _closed,
    "required": _required,
    "dependentRequired": _dependent,
    "items": _items,
    "oneOf": _count(1, 1),
    "anyOf": _count(1, 99),
    "const": _rule(lambda wanted, value: (type(value), value) == (type(wanted), wanted)),
    "enum": _rule(lambda wanted, value: value in wanted),
    "pattern": _rule(lambda wanted, value: re.search(wanted, value) is not None),
    "minLength": _rule(lambda wanted, value: len(value) >= wanted),
    "minItems": _rule(lambda wanted, value: len(value) >= wanted),
    "minimum": _rule(lambda wanted, value: value >= wanted),
    "maximum": _rule(lambda wanted, value: value <= wanted),
}
