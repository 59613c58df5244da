"""C2PA manifests: what a public rendition says about itself, signed (C2PA Technical Specification 2.2, c2pa-rs).

A manifest states how the work was made (`c2pa.created` with IPTC's digital source type), which work it is, under which
licences it may be used, and whether it may be mined and trained on (CAWG Training and Data Mining Assertion 1.1).
Nothing is fetched when one is read: no remote manifest, no OCSP; a time stamp is asked for only where the credential
names an authority. Re-encoding strips a manifest; whoever finds the work by its mark or fingerprint finds the pinned
rendition, and in it the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, BinaryIO, Final, get_args

import c2pa

from offchain import __version__
from offchain.errors import InputError, UnavailableError
from offchain.identity.marks.authority import Credential
from offchain.identity.marks.statement import ManifestReport, SourceType, Statement, Training

__all__ = ["DETACHED", "SIGNABLE", "read_manifest", "sign_detached", "sign_manifest"]

SIGNABLE: Final = frozenset({"image/jpeg", "image/png", "image/webp", "audio/wav", "audio/mpeg", "video/mp4"})
"""Media types that manifests are put into here."""

DETACHED: Final = "application/c2pa"
"""Media type of a manifest that lies beside its file, for files that none can be put into."""

_SOURCES: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_USES: Final = ("cawg.data_mining", "cawg.ai_training", "cawg.ai_generative_training")
_WORK: Final = "org.colophon.work"
_TRAINING: Final = "cawg.training-mining"
_MAX_TEXT: Final = 500
_MAX_LICENCES: Final = 8


def sign_manifest(data: bytes, media_type: str, statement: Statement, credential: Credential) -> bytes:
    """Put a signed manifest into a rendition; the pixels or samples stay as they are.

    ECDSA is randomised: signing twice gives two files. Whoever pins the file keeps it.

    Args:
        data: the rendition.
        media_type: of it, one of `SIGNABLE`.
        statement: what is signed.
        credential: who signs.

    Raises:
        InputError: `manifest-unsignable`, the rendition is not of that type or damaged.
        UnavailableError: `time-authority-down`.
    """
    out = BytesIO()
    _sign(BytesIO(data), media_type, statement, credential, out)
    return out.getvalue()


def sign_detached(source: BinaryIO, media_type: str, statement: Statement, credential: Credential) -> bytes:
    """A signed manifest about a file of any type, which stays as it is; it is bound to the file's bytes.

    Args:
        source: the file, from its start.
        media_type: of it.
        statement: what is signed.
        credential: who signs.

    Returns:
        the manifest store, of type `DETACHED`.

    Raises:
        InputError, UnavailableError: as `sign_manifest`.
    """
    return _sign(source, media_type, statement, credential, None)


def _sign(
    source: BinaryIO, media_type: str, statement: Statement, credential: Credential, out: BinaryIO | None
) -> bytes:
    """The manifest store; it is put into a copy of the file where `out` is given."""
    info = c2pa.C2paSignerInfo(
        credential.algorithm, credential.chain.encode(), credential.key.encode(), credential.time_authority
    )
    try:
        with (
            _context(credential.anchors) as context,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(_definition(statement, media_type), context) as builder,
        ):
            if out is None:
                builder.set_no_embed()
            return bytes(builder.sign(signer, media_type, source, out or BytesIO()))
    except c2pa.C2paError as error:
        if credential.time_authority is not None and "http" in str(error):
            raise UnavailableError(
                "time-authority-down", f"the time stamp authority gave no time stamp: {error}", "try again later"
            ) from error
        raise InputError(
            "manifest-unsignable", f"no manifest can be put into this {media_type}: {error}", "check the file"
        ) from error


def read_manifest(
    source: BinaryIO, anchors: str, media_type: str | None = None, detached: bytes | None = None
) -> ManifestReport | None:
    """Read and check the manifest in a file, or beside it.

    Args:
        source: the file, from its start.
        anchors: PEM certificates whose signers are believed.
        media_type: of the file, None to find out.
        detached: the manifest store beside the file, None where it is in the file.

    Returns:
        None where there is no manifest, or none that can be read.
    """
    try:
        with _context(anchors) as context, c2pa.Reader(media_type, source, detached, context=context) as reader:
            told = json.loads(reader.json())
    except (c2pa.C2paError, ValueError):
        return None
    manifest = told.get("manifests", {}).get(told.get("active_manifest"), {})
    state = str(told.get("validation_state", "")).lower()
    problems = dict.fromkeys(_short(each.get("code")) for each in told.get("validation_status", []))
    return ManifestReport(
        state="trusted" if state == "trusted" else "valid" if state == "valid" else "invalid",
        signer=_short(manifest.get("signature_info", {}).get("issuer")),
        statement=_statement(manifest),
        problems=tuple(problems),
    )


def _context(anchors: str) -> c2pa.Context:
    settings = {
        "trust": {"trust_anchors": anchors},
        "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
        "builder": {"thumbnail": {"enabled": False}},
    }
    return c2pa.Context.from_dict(settings)


def _definition(statement: Statement, media_type: str) -> dict[str, Any]:
    created = {"action": "c2pa.created", "digitalSourceType": _SOURCES + statement.source}
    use: dict[str, str] = {"use": statement.training}
    if statement.training == "constrained":
        use["constraint_info"] = " ".join(statement.licences)
    work = {"work": statement.work, "token": statement.token, "licences": list(statement.licences)}
    return {
        "claim_generator_info": [{"name": "Colophon", "version": __version__}],
        "title": statement.title,
        "format": media_type,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {"label": _TRAINING, "data": {"entries": dict.fromkeys(_USES, use)}},
            {"label": _WORK, "data": work},
        ],
    }


def _statement(manifest: Mapping[str, Any]) -> Statement | None:
    """What a manifest states about a work; whoever made it may have written anything."""
    told: dict[Any, Any] = {
        each.get("label"): each.get("data") for each in manifest.get("assertions", []) if isinstance(each, dict)
    }
    try:
        work = told[_WORK]
        uses = {told[_TRAINING]["entries"][name]["use"] for name in _USES}
        (source,) = _sources(told["c2pa.actions.v2"])
        (training,) = uses & set(get_args(Training))
        return Statement(
            work=_short(work["work"]),
            token=_short(work["token"]),
            title=_short(manifest.get("title")),
            source=source,
            licences=tuple(map(_short, work["licences"]))[:_MAX_LICENCES],
            training=training,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _sources(actions: Mapping[str, Any]) -> Iterator[SourceType]:
    for action in actions["actions"]:
        if action["action"] == "c2pa.created":
            name = str(action["digitalSourceType"]).removeprefix(_SOURCES)
            yield from (known for known in get_args(SourceType) if known == name)


def _short(value: object) -> str:
    return value[:_MAX_TEXT] if isinstance(value, str) else ""
