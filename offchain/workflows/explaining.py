"""Showing a match: the file beside the registered work, as a picture or as shared passages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from offchain.errors import InputError, NotFoundError, UnavailableError
from offchain.identity import Identity, Match
from offchain.identity.exhibits import Exhibit, Side, make_exhibit
from offchain.workflows.catalogue import describe
from offchain.workflows.preview import MAX_WORDS
from offchain.workflows.services import Services

__all__ = ["master_of", "preview_of", "private_exhibit", "public_exhibit"]

_MAX_PREVIEW: Final = 4 * 2**20
_PATIENCE: Final = 5.0
"""Seconds to wait for a rendition which perhaps nobody has."""

_PRIVATE_WORDS: Final = 2_000

_Showing: TypeAlias = Callable[[Services, int], AbstractContextManager[Side | None]]


def private_exhibit(services: Services, path: Path, identity: Identity, match: Match) -> Exhibit:
    """For the reader at this machine: beside the master where the vault has it, else beside the public preview.

    Raises:
        InputError: `no-exhibit`, nothing of the work can be shown beside this file; else as `make_exhibit`.
        UnavailableError: `master-damaged`, `decoder-away`, `ffmpeg-missing`.
    """
    return _exhibit(services, Side(path, identity.media_type), match, (master_of, preview_of), _PRIVATE_WORDS)


def public_exhibit(services: Services, path: Path, identity: Identity, match: Match) -> Exhibit:
    """For everybody: beside the public preview where that shows as much; it quotes no more words than a preview may.

    Raises:
        InputError, UnavailableError: as `private_exhibit`.
    """
    is_image = identity.media_type.startswith("image/")
    sides = (preview_of, master_of) if is_image else (master_of, preview_of)
    return _exhibit(services, Side(path, identity.media_type), match, sides, MAX_WORDS)


@contextmanager
def preview_of(services: Services, work: int) -> Iterator[Side | None]:
    """The public rendition of a work while the block runs; None where there is none or it does not come just now."""
    metadata = describe(services, work).metadata
    previews = [each for each in metadata.renditions if each.scheme is None] if metadata else []
    data = _fetched(services, previews[0].cid) if previews else None
    if data is None:
        yield None
        return
    spooled = services.vault.spool(data)
    try:
        yield Side(spooled, previews[0].media_type)
    finally:
        services.vault.drop(spooled)


@contextmanager
def master_of(services: Services, work: int) -> Iterator[Side | None]:
    """The master of a work while the block runs; None where this machine does not have it.

    Raises:
        UnavailableError: `master-damaged`.
    """
    metadata = describe(services, work).metadata
    path = _kept(services, work)
    yield None if metadata is None or path is None else Side(path, metadata.media_type)


def _kept(services: Services, work: int) -> Path | None:
    try:
        return services.vault.master(work)
    except NotFoundError:
        return None


def _fetched(services: Services, cid: str) -> bytes | None:
    try:
        return services.ipfs.patient(_PATIENCE).fetch(cid, _MAX_PREVIEW)
    except (NotFoundError, UnavailableError):
        return None
    except InputError as error:
        if error.code == "content-oversized":  # somebody else's preview may be anything
            return None
        raise


def _exhibit(services: Services, found: Side, match: Match, sides: Sequence[_Showing], words: int) -> Exhibit:
    for showing in sides:
        with showing(services, match.work_id) as registered:
            if registered is not None:
                return make_exhibit(found, registered, match.likeness, words)
    raise InputError(
        "no-exhibit",
        "neither the master nor a preview of the work is at hand",
        "try again where its master is, or once IPFS has its preview",
    )
