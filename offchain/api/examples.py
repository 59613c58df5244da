"""Examples of what travels, made from the schemas: those that fields state, else a value that the field would take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

__all__ = ["example_of"]

Schema: TypeAlias = Mapping[str, Any]

_TEXTS: Final = ("…", "0x" + "8f" * 32, "0x" + "1F" * 20, "0x8f8f", "0", "eip155:1/slip44:60", "a" * 24)
"""What a text may be; the first that fits the pattern is taken."""

_DEEPEST: Final = 6
"""Schemas within one another, for those that contain themselves."""


def example_of(schema: Schema, schemas: Schema, depth: int = 0) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """A value that a schema describes.

    Args:
        schema: of the value.
        schemas: those that references may name.
        depth: schemas around this one.
    """
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth + 1)
    if schema.get("examples"):
        return schema["examples"][0]
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return example_of(_first(schema[choice]), schemas, depth)
    if "const" in schema or "enum" in schema:
        return schema.get("const", next(iter(schema.get("enum", [None]))))
    if schema.get("default") is not None:
        return schema["default"]
    return _plain(schema, schemas, depth)


def _first(choices: list[Schema]) -> Schema:
    """The first choice that says more than null."""
    return next((each for each in choices if each.get("type") != "null"), choices[0])


def _plain(schema: Schema, schemas: Schema, depth: int) -> Any:  # noqa: ANN401 - whatever JSON can hold
    kind = schema.get("type")
    if kind == "object":
        return {} if depth > _DEEPEST else _object(schema, schemas, depth)
    if kind == "array":
        return [] if depth > _DEEPEST else [example_of(schema.get("items", {}), schemas, depth + 1)]
    if kind == "string":
        pattern = schema.get("pattern", "")
        return next((text for text in _TEXTS if re.search(pattern, text)), _TEXTS[0])
    if kind in ("integer", "number"):
        return schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    return False if kind == "boolean" else None


def _object(schema: Schema, schemas: Schema, depth: int) -> dict[str, Any]:
    return {name: example_of(each, schemas, depth + 1) for name, each in schema.get("properties", {}).items()}
