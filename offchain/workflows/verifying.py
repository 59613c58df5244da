"""Verifying a file: which registered work it is or comes from, and by which evidence, strongest first.

bytes         it is the master
rendition     it is a rendition that was pinned here
manifest      its C2PA manifest is intact, by a signer that we believe, and names a work registered here
mark          its invisible watermark names a work: the file was edited, or somebody moved the mark to it
fingerprint   it looks like a work
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from offchain.errors import ColophonError, NotFoundError, UnavailableError
from offchain.identity.marks import audio, image
from offchain.identity.marks.inspection import Inspection, inspect
from offchain.identity.marks.manifest import DETACHED, SIGNABLE
from offchain.identity.marks.payload import REFERENCE_BITS
from offchain.identity.marks.statement import ManifestReport
from offchain.workflows.catalogue import describe
from offchain.workflows.guards import find_title
from offchain.workflows.marking import mark_key, signing_credential, title_token
from offchain.workflows.recognition import Recognition, recognise
from offchain.workflows.services import Services

__all__ = ["Evidence", "Verdict", "verify_file"]

Evidence = Literal["bytes", "rendition", "manifest", "mark", "fingerprint"]

_MAX_PREVIEW: Final = 2**20
_PATIENCE: Final = 5.0
"""Seconds to wait for a preview which perhaps nobody has."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about a file.

    Attributes:
        evidence: the strongest that was found; None for a file that nothing is known about.
        work: the registered work it points to.
        marked_as: work that the watermark names.
        manifest: the file's own C2PA manifest.
        recovered: manifest that the work's registrant published, where the file has none of its own: about the very
            master where the file is that and a model made it, else that of the preview.
        likeness: decision of the comparison with all works.
        sentence: what it gave, for a reader.
    """

    evidence: Evidence | None
    work: int | None
    marked_as: int | None
    manifest: ManifestReport | None
    recovered: ManifestReport | None
    likeness: Literal["same", "derived", "similar", "new"]
    sentence: str


def verify_file(services: Services, path: Path) -> Verdict:
    """Look for a file's work by all evidence there is.

    Raises:
        InputError: a file that cannot be read or identified.
        UnavailableError: the chain does not answer, `decoder-away`, `decoder-busy`.
    """
    found = recognise(services, path)
    anchors = signing_credential(services.settings).anchors
    inspection = inspect(path, path.name, anchors)
    marked_as = _marked_as(services, inspection, [match.work_id for match in found.matches])
    evidence, work = _strongest(services, found, inspection.manifest, marked_as)
    published = _told_of(services, work, path if evidence == "bytes" else None) if inspection.manifest is None else None
    return Verdict(
        evidence=evidence,
        work=work,
        marked_as=marked_as,
        manifest=inspection.manifest,
        recovered=published,
        likeness=found.decision,
        sentence=found.sentence,
    )


def _strongest(
    services: Services, found: Recognition, manifest: ManifestReport | None, marked_as: int | None
) -> tuple[Evidence | None, int | None]:
    rendered = _rendition_of(services, found.identity.work_id)
    first = found.matches[0] if found.matches else None
    is_master = first is not None and first.likeness is None
    near = None if first is None else first.work_id
    candidates: tuple[tuple[Evidence, int | None], ...] = (
        ("bytes", near if is_master else None),
        ("rendition", rendered),
        ("manifest", _signed_for(services, manifest)),
        ("mark", marked_as),
        ("fingerprint", near),
    )
    return next(((evidence, work) for evidence, work in candidates if work is not None), (None, None))


def _rendition_of(services: Services, digest: int) -> int | None:
    """The work whose rendition, pinned here, has this sha256."""
    with services.store.snapshot() as tx:
        record = tx.works.by_rendition(digest.to_bytes(32, "big"))
    return None if record is None else record.id


def _signed_for(services: Services, manifest: ManifestReport | None) -> int | None:
    """The work that a believable manifest names, if it is registered in this registry."""
    if manifest is None or not manifest.valid or manifest.statement is None:
        return None
    number = manifest.statement.token.rpartition("/")[2]
    work = int(number) if number.isascii() and number.isdecimal() else 0
    here = manifest.statement.token == title_token(services, work)
    return work if here and find_title(services, work) is not None else None


def _marked_as(services: Services, inspection: Inspection, alike: Sequence[int]) -> int | None:
    """The registered work that the watermark names; a mark of no work here counts as none.

    Anybody can register an id that begins like another's: of several, the earliest that the file looks like counts,
    else the earliest.
    """
    reference = _reference(services, inspection, alike[0] if alike else None)
    if reference is None:
        return None
    rest = 256 - REFERENCE_BITS
    with services.store.snapshot() as tx:
        named = tx.events.works_between(reference << rest, ((reference + 1) << rest) - 1)
    return next((work for work in named if work in alike), named[0] if named else None)


def _reference(services: Services, inspection: Inspection, near: int | None) -> int | None:
    """What the mark says; a stretched picture is read at the size of the preview of the work that it looks like."""
    key = mark_key(services.settings)
    if inspection.sound is not None:
        return audio.read(inspection.sound, key)
    if inspection.picture is None:
        return None
    reference = image.read(inspection.picture, key)
    published = _published(services, near) if reference is None and near is not None else None
    if published is None or published.picture is None:
        return reference
    height, width = published.picture.shape
    return image.read_at(inspection.picture, key, [(width, height)])


def _told_of(services: Services, work: int | None, master: Path | None) -> ManifestReport | None:
    """The manifest that lies beside the master, if the file is that, else the one in the preview."""
    if work is None:
        return None
    if master is not None and (beside := _beside(services, work, master)) is not None:
        return beside
    published = _published(services, work)
    return None if published is None else published.manifest


def _beside(services: Services, work: int, master: Path) -> ManifestReport | None:
    data = _fetched(services, work, "manifest", {DETACHED})
    if data is None:
        return None
    try:
        return inspect(master, master.name, signing_credential(services.settings).anchors, data).manifest
    except ColophonError:  # somebody else's manifest may be anything
        return None


def _published(services: Services, work: int) -> Inspection | None:
    """The public preview of a work, from IPFS; None where there is none or it cannot be had just now."""
    data = _fetched(services, work, "preview", SIGNABLE)
    if data is None:
        return None
    spooled = services.vault.spool(data, "preview")
    try:
        return inspect(spooled, "preview", signing_credential(services.settings).anchors)
    except ColophonError:  # somebody else's preview may be anything
        return None
    finally:
        services.vault.drop(spooled)


def _fetched(services: Services, work: int, role: str, kinds: Collection[str]) -> bytes | None:
    """A work's public rendition; None where there is none or it cannot be had just now."""
    try:
        metadata = describe(services, work).metadata
        renditions = metadata.renditions if metadata else ()
        found = [each.cid for each in renditions if each.role == role and each.media_type in kinds]
        return services.ipfs.patient(_PATIENCE).fetch(found[0], _MAX_PREVIEW) if found else None
    except (NotFoundError, UnavailableError):
        return None
