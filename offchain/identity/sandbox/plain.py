"""Plain data across the border: JSON with bytes and paths, which nobody can forge into code as a pickle can be."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Final

__all__ = ["MAX_REQUEST", "decode", "encode"]

MAX_REQUEST: Final = 65_536
"""Longest request, in bytes; answers may be longer."""

_BYTES: Final = "$bytes"
_PATH: Final = "$path"


def encode(value: object) -> bytes:
    """Write None, booleans, numbers, text, bytes, paths, lists and dictionaries with text keys; a tuple is a list.

    Raises:
        TypeError: anything else.
    """
    return json.dumps(value, default=_tagged, separators=(",", ":")).encode("ascii")


def decode(data: bytes) -> Any:  # noqa: ANN401 - whatever was encoded
    """Read what `encode` wrote.

    Raises:
        ValueError: something else wrote it.
    """
    try:
        return json.loads(data, object_hook=_untagged)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _tagged(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {_BYTES: base64.b64encode(value).decode("ascii")}
    if isinstance(value, Path):
        return {_PATH: str(value)}
    raise TypeError(f"{type(value).__name__} is not plain data")


def _untagged(members: dict[str, Any]) -> object:
    if members.keys() == {_BYTES}:
        return base64.b64decode(str(members[_BYTES]), validate=True)
    if members.keys() == {_PATH}:
        return Path(str(members[_PATH]))
    return members
