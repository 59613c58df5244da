"""What a command prints: with `--json` one document on standard output, else lines for a reader.

Progress and errors go to standard error; with `--json` an error is a problem document (RFC 9457) on standard output.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from offchain.errors import ColophonError, InputError
from offchain.money import format_amount

if TYPE_CHECKING:
    from offchain.chain import Currency

__all__ = [
    "aligned",
    "asset",
    "claim_stdout",
    "decimal",
    "display",
    "fail",
    "moment",
    "money",
    "problem",
    "progress",
    "show",
    "write_file",
]

Report = Callable[[float, str], None]
"""Takes how far the work is, 0 to 1, and what it is doing."""

_CENTS: Final = 2
_ASSET: Final = 18

_TIMES: Final = frozenset({"since", "expired"})
"""Facts that are Unix seconds."""


def claim_stdout() -> None:
    """Keep standard output for this program until it ends; what native libraries print goes to standard error.

    HiGHS tells of some repairs by C's printf, even where it is asked to be silent: that would spoil a document.
    """
    if sys.stdout is not sys.__stdout__ or sys.stdout is None or sys.stderr is None:
        return  # somebody captures it, or there is no other place to print to
    sys.stdout.flush()
    ours = os.fdopen(os.dup(1), "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors)
    os.dup2(2, 1)
    sys.stdout = ours


def show(document: Mapping[str, Any], lines: Iterable[str], *, as_json: bool) -> None:
    """Print a result.

    Args:
        document: all of it, ids as `0x` hex, amounts as decimal strings of minor units.
        lines: the same for a reader.
        as_json: whether the document is wanted.
    """
    if as_json:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        for line in lines:
            print(line)


def write_file(path: Path, content: bytes) -> None:
    """Write a file that the user named, in place of what it held.

    Raises:
        InputError: `file-unwritable`.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InputError(
            "file-unwritable", f"{path} cannot be written: {error.strerror}", "correct the path"
        ) from error


def fail(error: ColophonError, *, as_json: bool) -> None:
    """Print an error: the cause, the facts that explain it, the remedy."""
    if as_json:
        print(json.dumps(problem(error), indent=2, ensure_ascii=False))
        return
    facts = [(name.replace("_", " "), _fact(name, value)) for name, value in error.facts.items()]
    print(f"error: {error.message} ({error.code})", file=sys.stderr)
    for line in aligned([*facts, ("remedy", error.remedy)]):
        print(f"  {line}", file=sys.stderr)


def problem(error: ColophonError) -> dict[str, Any]:
    """An error as RFC 9457 wants it, with the members that the API has."""
    return {
        "type": f"urn:colophon:error:{error.code}",
        "title": error.message,
        "status": error.http_status,
        "detail": error.message,
        "code": error.code,
        "remedy": error.remedy,
        "facts": json.loads(json.dumps(error.facts, default=str)),
    }


def aligned(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """`name  value` lines with the values below each other; a value may have several lines."""
    kept = list(rows)
    width = max((len(name) for name, _ in kept), default=0) + 2
    for name, value in kept:
        for number, line in enumerate(value.split("\n")):
            yield f"{'' if number else name:<{width}}{line}"


def _fact(name: str, value: object) -> str:
    return moment(value) if name in _TIMES and isinstance(value, int) else display(value)


def display(value: object) -> str:
    """A fact for a reader; a list of records takes one line each."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {display(each)}" for name, each in value.items())
    if isinstance(value, (list, tuple)):
        return "\n".join(map(display, value))
    return str(value)


def money(minor: int, currency: Currency) -> str:
    """An amount for a reader, such as `8.00 TUSD`; at least two decimals where the currency has them."""
    return f"{decimal(minor, currency.decimals)} {currency.symbol}"


def asset(currency: str) -> str:
    """The asset of a CAIP-19 id, a long reference cut in its middle; a document has all of it."""
    name = currency.partition("/")[2]
    return name if len(name) <= _ASSET else f"{name[:12]}…{name[-4:]}"


def decimal(minor: int, decimals: int) -> str:
    """Minor units as a decimal string with at least two digits after the point, where there are any."""
    whole, _, fraction = format_amount(minor, decimals).partition(".")
    return f"{whole}.{fraction.ljust(_CENTS, '0')}" if decimals else whole


def moment(seconds: int) -> str:
    """Unix seconds for a reader, such as `2026-11-22 12:00 UTC`."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """A progress bar on standard error while the block runs; silent where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _fraction, _doing: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(title), BarColumn(), TextColumn("{task.percentage:>3.0f} %  {task.description}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda fraction, doing: bar.update(task, completed=fraction, description=doing)
