"""Scopes: which rights a licence grants, where and in which media, as one 64-bit mask.

`rights 16 | territories 32 | media 16`, high to low (docs/SPECIFICATION.md §3). Names are given once and never move to
another bit: licences that were sold keep their meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from offchain.errors import InputError

__all__ = ["DOCUMENTS", "MEDIA", "RIGHTS", "TERRITORIES", "medium_of", "scope_mask", "scope_names"]

_RIGHTS_AT: Final = 48
_TERRITORIES_AT: Final = 16

RIGHTS: Final = MappingProxyType(
    {
        "private-use": 1 << 0,
        "reproduce": 1 << 1,
        "publish": 1 << 2,
        "distribute": 1 << 3,
        "advertise": 1 << 4,
        "adapt": 1 << 5,
        "train-models": 1 << 6,
    }
)
"""What may be done with the work, by bit of the mask's first 16."""

TERRITORIES: Final = MappingProxyType({"worldwide": 0xFFFF_FFFF})
"""Where; single territories get their bits when terms first name them."""

MEDIA: Final = MappingProxyType({"any": 0xFFFF, "text": 1 << 0, "image": 1 << 1, "audio": 1 << 2, "video": 1 << 3})
"""In which media; others get their bits when terms first name them."""

DOCUMENTS: Final = frozenset(
    {
        "application/epub+zip",
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
"""Media types of writing whose name does not say so."""


def scope_mask(rights: Iterable[str], territories: Iterable[str], media: Iterable[str]) -> int:
    """The mask of named rights, territories and media.

    Raises:
        InputError: `scope-unknown`, a name that has no bit.
    """
    return (
        _bits(rights, RIGHTS) << _RIGHTS_AT | _bits(territories, TERRITORIES) << _TERRITORIES_AT | _bits(media, MEDIA)
    )


def scope_names(mask: int) -> dict[str, list[str]]:
    """The names that a mask covers completely, without those that another of them includes; undoes `scope_mask`."""
    fields = (("rights", RIGHTS, _RIGHTS_AT), ("territories", TERRITORIES, _TERRITORIES_AT), ("media", MEDIA, 0))
    return {field: _names(mask >> at, known) for field, known, at in fields}


def medium_of(media_type: str) -> str:
    """The medium in which content of a media type is used; `any` where the type has no bit of its own.

    To be safe, `any` demands a licence for every medium.
    """
    kind = "text" if media_type in DOCUMENTS else media_type.partition("/")[0]
    return kind if kind in MEDIA else "any"


def _names(mask: int, known: Mapping[str, int]) -> list[str]:
    covered = {name: bits for name, bits in known.items() if mask & bits == bits}
    return [name for name, bits in covered.items() if not any(bits & wide == bits != wide for wide in covered.values())]


def _bits(names: Iterable[str], known: Mapping[str, int]) -> int:
    mask = 0
    for name in names:
        if name not in known:
            raise InputError("scope-unknown", f"{name!r} is no part of a scope", f"use {', '.join(known)}", name=name)
        mask |= known[name]
    return mask
