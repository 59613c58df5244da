"""Marking public renditions: a watermark in what is seen or heard, and a signed C2PA manifest around it.

A generated work has a manifest about its master besides, which lies beside it and says that a model made it.

Signing is randomised, so a rendition that was signed once is kept under `$COLOPHON_HOME/marks/renditions`, by the
sha256 of everything that went in: a step that is done again pins the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Collection
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Final

from offchain.chain import work_hex
from offchain.config import Settings
from offchain.errors import InputError, UnavailableError
from offchain.identity.marks.authority import Credential, configured_credential, development_credential
from offchain.identity.marks.image import embed
from offchain.identity.marks.manifest import SIGNABLE, sign_detached, sign_manifest
from offchain.identity.marks.opened import picture_of
from offchain.identity.marks.payload import reference_of
from offchain.identity.marks.soundtrack import mark_mp3
from offchain.identity.marks.statement import Statement, Training
from offchain.storage import canonical_json
from offchain.workflows.preview import Preview
from offchain.workflows.requests import RegistrationRequest
from offchain.workflows.services import Services
from offchain.workflows.terms import scope_names, standard_terms

__all__ = [
    "kept_mark_key",
    "manifest_of_master",
    "mark_key",
    "mark_preview",
    "signing_credential",
    "title_token",
    "training_of",
]

_QUALITY: Final = 88
"""A little above the preview's own: it is compressed a second time."""

_HEX_KEY: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")


def mark_preview(services: Services, work: int, request: RegistrationRequest, preview: Preview) -> Preview:
    """The preview as it is published: pictures and sound marked and signed, text as it is.

    Raises:
        InputError: `mark-key-malformed` or `certificate-malformed`, a setting; or as `picture_of`.
        UnavailableError: `decoder-away`, `decoder-busy`, `time-authority-down`, `authority-unavailable`, `disk-failed`.
    """
    if preview.media_type not in SIGNABLE:
        return preview
    settings = services.settings
    marked = _watermarked(preview, work, mark_key(settings))
    credential, statement = signing_credential(settings), _statement(services, work, request)
    place = _place(settings, [hashlib.sha256(marked).hexdigest(), credential.chain, asdict(statement)])
    kept = _kept(place)
    if kept is None:
        kept = _keep(place, sign_manifest(marked, preview.media_type, statement, credential))
    return Preview(kept, preview.media_type)


def manifest_of_master(services: Services, work: int, request: RegistrationRequest, media_type: str) -> bytes | None:
    """The signed manifest that says of a master that a model made it; None for one that no model did.

    It lies beside the master, so that it can be had for texts and scores, too, which no manifest can be put into.

    Raises:
        InputError, UnavailableError: as `mark_preview`.
        NotFoundError: `master-missing`.
    """
    if not request.is_generated:
        return None
    credential, statement = signing_credential(services.settings), _statement(services, work, request)
    place = _place(services.settings, ["beside", work_hex(work), credential.chain, asdict(statement)])
    kept = _kept(place)
    if kept is not None:
        return kept
    with services.vault.master(work).open("rb") as master:
        return _keep(place, sign_detached(master, media_type, statement, credential))


def mark_key(settings: Settings) -> bytes:
    """The secret of this service's marks; made with the first mark where none is configured.

    Raises:
        InputError: `mark-key-malformed`.
        UnavailableError: `disk-failed`.
    """
    place = _key_file(settings)
    return _key(settings.mark_key or (_kept(place) or _keep(place, secrets.token_hex(32).encode())).decode("ascii"))


def kept_mark_key(settings: Settings) -> bytes:
    """As `mark_key`, to look for marks with: it makes none, since no mark can be of a key that is new.

    Raises:
        InputError: `mark-key-missing`, or `mark-key-malformed`.
        UnavailableError: `disk-failed`.
    """
    place = _key_file(settings)
    text = settings.mark_key or (_kept(place) or b"").decode("ascii")
    if not text:
        raise InputError(
            "mark-key-missing",
            f"neither COLOPHON_MARK_KEY nor {place} holds a mark key, so no text was marked here",
            "set COLOPHON_MARK_KEY or COLOPHON_HOME to those of the service that marked it",
        )
    return _key(text)


def _key_file(settings: Settings) -> Path:
    return settings.home / "marks" / "key"


def _key(text: str) -> bytes:
    found = _HEX_KEY.fullmatch(text.strip())
    if found is None:
        raise InputError("mark-key-malformed", "the mark key is not 32 bytes in hex", "openssl rand -hex 32 makes one")
    return bytes.fromhex(found[1])


def signing_credential(settings: Settings) -> Credential:
    """What this service signs manifests with, and whom it believes.

    Raises:
        InputError: `certificate-malformed`.
        UnavailableError: `authority-unavailable`.
    """
    if settings.c2pa_cert is None and settings.c2pa_key is None:
        return development_credential(settings.home / "marks" / "authority")
    # One of the two alone is a mistake, and an empty one cannot be read.
    chain, key = settings.c2pa_cert or "", settings.c2pa_key or ""
    return configured_credential(chain, key, settings.c2pa_anchors, settings.c2pa_tsa_url)


def title_token(services: Services, work: int) -> str:
    """A title's CAIP-19 id: work ids repeat across chains, this does not."""
    return f"eip155:{services.client.chain_id}/erc721:{services.contracts.registry.address}/{work}"


def training_of(tiers: Collection[str]) -> Training:
    """Whether works offered in these tiers may be trained on; a licence that permits it is the constraint."""
    offered = [terms for terms in standard_terms() if terms.tier in tiers]
    trainable = any("train-models" in scope_names(each.terms.scope)["rights"] for each in offered)
    return "constrained" if trainable else "notAllowed"


def _statement(services: Services, work: int, request: RegistrationRequest) -> Statement:
    tiers = {each.tier for each in request.tiers} | {each.tier for each in request.listings}
    return Statement(
        work=work_hex(work),
        token=title_token(services, work),
        title=request.title,
        source="trainedAlgorithmicMedia" if request.is_generated else request.source_type,
        licences=tuple(f"ipfs://{each.cid}" for each in standard_terms() if each.tier in tiers),
        training=training_of(tiers),
    )


def _place(settings: Settings, told: list[object]) -> Path:
    """Where a signed rendition lies, by everything that went into it."""
    return settings.home / "marks" / "renditions" / hashlib.sha256(canonical_json(told)).hexdigest()


def _watermarked(preview: Preview, work: int, key: bytes) -> bytes:
    """The preview with its mark, without one where it cannot carry it.

    Encoded here, marked or not, so that what signs it parses no bytes but our own.
    """
    mark = _marked_jpeg if preview.media_type == "image/jpeg" else mark_mp3
    return mark(preview.data, reference_of(work), key)


def _marked_jpeg(data: bytes, reference: int, key: bytes) -> bytes:
    picture, out = picture_of(data), BytesIO()
    marked = embed(picture, reference, key)
    (picture if marked is None else marked).save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def _kept(place: Path) -> bytes | None:
    try:
        return place.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _disk(place, error) from error


def _keep(place: Path, data: bytes) -> bytes:
    """Write a file that this user alone can read, unless somebody was faster; what stands there then."""
    draft = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        try:
            # A link appears whole or not at all, and never over another.
            os.link(draft, place)
        except FileExistsError:
            return place.read_bytes()
        finally:
            draft.unlink()
    except OSError as error:
        raise _disk(place, error) from error
    return data


def _disk(place: Path, error: OSError) -> UnavailableError:
    return UnavailableError(
        "disk-failed", f"{place} cannot be read or written: {error.strerror}", "make room under COLOPHON_HOME"
    )
