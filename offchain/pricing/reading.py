"""Strict reading of parsed JSON: nothing missing, nothing unknown, and every refusal names the place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from offchain.errors import InputError

__all__ = ["Node"]

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
                raise self.refusal(f"an object without {name!r}")
        for name in required:
            if name not in self.value:
                raise self.refusal(f"an object with {name!r}")
        return {name: Node(value, f"{self.path}.{name}".lstrip(".")) for name, value in self.value.items()}

    def items(self) -> list[Node]:
        """The items of an array."""
        if not isinstance(self.value, list | tuple):
            raise self.refusal("an array")
        return [Node(value, f"{self.path}[{position}]") for position, value in enumerate(self.value)]

    def text(self) -> str:
        """A string that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            raise self.refusal("a string that is not empty")
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
        place = self.path or "the document"
        return InputError(
            "pricing-json-malformed",
            f"{place} is not {wanted}",
            "follow the schemas in docs/schemas",
            path=self.path,
        )
