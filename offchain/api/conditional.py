"""Conditional and range requests (RFC 9110, sections 13 and 14) for content that never changes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers

__all__ = ["ByteRange", "is_current", "is_refused", "wanted_range"]

_TAG: Final = re.compile(r'(W/)?"([^"]*)"')
_RANGE: Final = re.compile(r"bytes=(\d{1,18})?-(\d{1,18})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `start` up to, not including, `end`; none of them when the range cannot be satisfied."""

    start: int
    end: int

    @property
    def satisfiable(self) -> bool:
        """Whether there is a byte in it."""
        return self.start < self.end

    def header(self, size: int) -> str:
        """`Content-Range` for a content of `size` bytes."""
        return f"bytes {self.start}-{self.end - 1}/{size}" if self.satisfiable else f"bytes */{size}"


def is_refused(headers: Headers, tag: str) -> bool:
    """Whether `If-Match` names other content only (strong comparison), so that 412 is the answer."""
    given = headers.get("if-match")
    return given is not None and given.strip() != "*" and tag not in _tags(given, weak=False)


def is_current(headers: Headers, tag: str) -> bool:
    """Whether `If-None-Match` says that the caller has this content (weak comparison), so that 304 is the answer."""
    given = headers.get("if-none-match")
    return given is not None and (given.strip() == "*" or tag.removeprefix("W/") in _tags(given, weak=True))


def wanted_range(headers: Headers, tag: str, size: int) -> ByteRange | None:
    """What `Range` asks for; None for the whole.

    The whole is also the answer to several ranges, to what is no range of bytes, and when `If-Range` names other
    content or a date, which immutable content does not have.
    """
    match = _RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
    if match is None or headers.get("if-range", tag).strip() != tag:
        return None
    first, last = (None if digits is None else int(digits) for digits in match.groups())
    if first is None:
        return None if last is None else ByteRange(max(size - last, 0), size)
    if last is not None and last < first:
        return None
    return ByteRange(first, size if last is None else min(last + 1, size))


def _tags(header: str, *, weak: bool) -> list[str]:
    """The entity tags of a list, quoted; weak ones only where they compare."""
    return [f'"{tag}"' for mark, tag in _TAG.findall(header) if weak or not mark]
