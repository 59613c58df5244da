"""What an inner step returned while an outer one ran: a property of both then costs one solve, not two."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from unittest.mock import patch

__all__ = ["recorded"]


@contextmanager
def recorded(module: ModuleType, name: str) -> Iterator[list[Any]]:
    """Collect what a function of a module returns; it does what it always does."""
    function, returned = getattr(module, name), []

    def watched(*arguments: object) -> object:
        returned.append(function(*arguments))
        return returned[-1]

    with patch.object(module, name, watched):
        yield returned
