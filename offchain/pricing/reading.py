"""Strict reading of parsed JSON: nothing missing, nothing unknown, and every refusal names the place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from offchain.errors import InputError

__all__ = ["Node"]

T = TypeVar("T")

_DIGITS = re.compile(r"0|[1-9][0-9]{0,77}")


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and where it stands, e.g. `tiers[0].ladder`.

    Every method raises InputError `pricing-json-malformed` where the value is not what it asks for.
    """

    value: object
    path: str

    def record(self, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Node]:
        """The members of an object that has all of `required` and nothing beside `optional`."""
        if not isinstance(self.value, dict):
            raise self.refusal("an object")
        for name in self.value:
            if name not in (*required, *optional):
                raise self._refused(f"has a member {name!r} that the schema does not know")
        for name in required:
            if name not in self.value:
                raise self._refused(f"lacks the member {name!r}")
        return {name: Node(value, f"{self.path}.{name}".lstrip(".")) for name, value in self.value.items()}

    def items(self) -> list[Node]:
        """The items of an array."""
        if not isinstance(self.value, list | tuple):
            raise self.refusal("an array")
        return [Node(value, f"{self.path}[{position}]") for position, value in enumerate(self.value)]

    def each(self, read: Callable[[Node], T]) -> tuple[T, ...]:
        """What `read` makes of each item of an array; where that refuses an item's value, the error tells its place."""
        return tuple(_placed(read, item) for item in self.items())

    def text(self) -> str:
        """A string of printable characters, not empty: names go to terminals and pictures as they are."""
        if not isinstance(self.value, str) or not self.value or not self.value.isprintable():
            raise self.refusal("a string of printable characters that is not empty")
        return self.value

    def amount(self) -> int:
        """A decimal string of minor units."""
        if not isinstance(self.value, str) or not _DIGITS.fullmatch(self.value):
            raise self.refusal("a decimal string of minor units")
        return int(self.value)

    def signed(self) -> int:
        """A decimal string, with a minus where it is below 0."""
        if not isinstance(self.value, str) or not _DIGITS.fullmatch(self.value.removeprefix("-")):
            raise self.refusal("a decimal string")
        return int(self.value)

    def integer(self) -> int:
        """An integer."""
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.refusal("an integer")
        return self.value

    def number(self) -> float:
        """A number, whole or not; whether it is finite is the reader's question."""
        if not isinstance(self.value, int | float) or isinstance(self.value, bool):
            raise self.refusal("a number")
        try:
            return float(self.value)
        except OverflowError as error:
            raise self.refusal("a number that fits a float") from error

    def refusal(self, wanted: str) -> InputError:
        """The error that says what should stand here."""
        return self._refused(f"is not {wanted}")

    def _refused(self, wrong: str) -> InputError:
        place = self.path or "the document"
        told = {"path": self.path} if self.path else {}
        remedy = "follow the schemas in docs/schemas"
        return InputError("pricing-json-malformed", f"{place} {wrong}", remedy, **told)


def _placed(read: Callable[[Node], T], node: Node) -> T:
    try:
        return read(node)
    except InputError as error:
        error.facts.setdefault("path", node.path)
        raise
