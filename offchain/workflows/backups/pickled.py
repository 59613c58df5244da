"""What a journal may hold: values of this program, and nothing that runs when it is opened.

The library keeps arguments, results and errors of workflows as pickles, and opening a pickle calls whatever it names:
in a backup that somebody else has made, anything. So each is read as a list of instructions, without carrying one out,
and may name classes of plain values alone. It is held to the shape that pickles are written in (protocol 4 and later),
in which it is plain what an instruction refers to.
"""

from __future__ import annotations

import base64
import importlib
import pickle
import pickletools
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from enum import Enum
from typing import Any, Final

from offchain.errors import ColophonError, InputError
from offchain.workflows.jobs import Draft

__all__ = ["plain_row"]

_VALUES: Final = ("inputs", "output", "message", "value")
_ERROR: Final = "error"
_OURS: Final = re.compile(r"offchain(\.[a-z][a-z0-9_]*)+")
_OTHERS: Final = frozenset(
    {
        ("builtins", "set"),
        ("builtins", "frozenset"),
        ("datetime", "date"),
        ("datetime", "datetime"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
        ("decimal", "Decimal"),
        ("offchain.errors", "_rebuild"),
        ("pathlib", "PosixPath"),
    }
)
_TEXTS: Final = frozenset({"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"})
_RECALLS: Final = frozenset({"BINGET", "LONG_BINGET"})
_REFUSED: Final = frozenset({"GLOBAL", "INST", "OBJ", "EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID"})
"""Name something in another way than protocol 4 does."""

_MOVED: Final = frozenset({"PUT", "BINPUT", "LONG_BINPUT", "GET", "POP", "POP_MARK", "DUP"})
"""Are never written by protocol 4, and would make it less than plain what stands where."""


def plain_row(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a journal that is safe to open.

    An error of a kind that is not ours, as a library may have raised it, becomes one that nobody foresaw.

    Raises:
        InputError: `backup-unsafe`.
    """
    for name in _VALUES:
        if row.get(name) is not None and not _is_plain(row[name]):
            raise InputError(
                "backup-unsafe",
                "the backup's journal holds what is no value of this program, and might run when it is opened",
                "restore a backup that you made yourself",
                column=name,
            )
    if row.get(_ERROR) is None or _is_plain(row[_ERROR]):
        return row
    unforeseen = ColophonError("internal-error", "the job stopped for a reason that nobody foresaw", "begin it again")
    return row | {_ERROR: base64.b64encode(pickle.dumps(unforeseen)).decode()}


def _is_plain(text: object) -> bool:
    if not isinstance(text, str):
        return False
    try:
        return all(_may_be_named(*each) for each in _names(base64.b64decode(text, validate=True)))
    except (ValueError, IndexError):
        return False


def _names(data: bytes) -> Iterator[tuple[str, str]]:
    """Module and name of everything that a pickle refers to.

    Raises:
        ValueError: it is no pickle, or not of the usual shape.
        IndexError: it recalls what it never kept.
    """
    kept: list[str | None] = []
    last: list[str | None] = [None, None]  # texts that the last two instructions put on the stack
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name in _REFUSED or opcode.name in _MOVED:
            raise ValueError(opcode.name)
        if opcode.name == "MEMOIZE":
            kept.append(last[1])
        if opcode.name in ("FRAME", "MEMOIZE"):  # neither moves the stack
            continue
        if opcode.name == "STACK_GLOBAL":
            module, name = last
            if module is None or name is None:
                raise ValueError("what it names is not plain")
            yield module, name
        text: str | None = None
        if opcode.name in _TEXTS:
            text = str(argument)
        if opcode.name in _RECALLS:
            text = kept[int(argument or 0)]
        last = [last[1], text]


def _may_be_named(module: str, name: str) -> bool:
    """Whether this is a class of plain values, whose making does nothing else."""
    if (module, name) in _OTHERS:
        return True
    if not _OURS.fullmatch(module) or not name.isidentifier():
        return False
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):  # of an earlier version: it cannot be opened at all
        return True
    if not isinstance(found, type) or found.__module__ != module:
        return False
    return is_dataclass(found) or issubclass(found, (ColophonError, Draft, Enum, tuple))
