"""The metadata JSON of a work: what its title's `tokenURI` leads to (ERC-721 metadata, and what verifying needs).

It is written as canonical JSON and names the file of features, so that anybody can rebuild the catalogue and the
similarity index from chain and IPFS alone.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any, Final

from offchain.chain import work_hex
from offchain.errors import InputError, UnavailableError
from offchain.identity.fingerprint import require_content_code
from offchain.storage import normal_cid

__all__ = ["Metadata", "Rendition", "is_readable", "metadata_from_json", "metadata_of", "metadata_to_json"]

_SCHEMA: Final = "colophon/metadata"
_VERSION: Final = 1

_DIGEST: Final = re.compile(r"0x[0-9a-fA-F]{64}")
_MAX_NAME: Final = 100
"""Longest media type, role or CID that the catalogue keeps."""

_MAX_CODE: Final = 200
"""Longest ISCC that the catalogue keeps."""

_MAX_SIZE: Final = 2**53 - 1
"""Largest integer that canonical JSON carries exactly."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """Pinned bytes made from a master; `sha256` is `0x` and hex, `size` in bytes.

    `scheme` says how they are sealed; None for what everybody may see. `media_type` is that of what is inside.
    """

    role: str
    media_type: str
    size: int
    sha256: str
    cid: str
    scheme: str | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is told about a work beside what stands on the chain.

    Attributes:
        title: of the work.
        description: free text, may be empty.
        creator: name of the creator as the registrant states it, may be empty.
        media_type: of the master.
        size: of the master, in bytes.
        iscc: the ISCC-CODE, `ISCC:…`.
        units: its units in the order META, CONTENT, DATA, INSTANCE.
        content_code: the 256-bit Content-Code, None if featureless.
        renditions: pinned bytes, those that may be seen first.
        provenance: CID of the provenance record, None when there is none.
        features: CID of what it is recognised by (`identity.matching.filing`), None if featureless.
    """

    title: str
    description: str
    creator: str
    media_type: str
    size: int
    iscc: str
    units: tuple[str, ...]
    content_code: str | None
    renditions: tuple[Rendition, ...]
    provenance: str | None
    features: str | None = None


def metadata_to_json(work: int, metadata: Metadata) -> dict[str, Any]:
    """The JSON to be pinned; `name`, `description` and `image` are ERC-721's."""
    seen = [rendition for rendition in metadata.renditions if rendition.scheme is None]
    images = [rendition.cid for rendition in seen if rendition.media_type.startswith("image/")]
    document: dict[str, Any] = {
        "schema": _SCHEMA,
        "version": _VERSION,
        "name": metadata.title,
        "description": metadata.description,
        "creator": metadata.creator,
        "work": work_hex(work),
        "master": {"sha256": work_hex(work), "size": metadata.size, "mediaType": metadata.media_type},
        "iscc": metadata.iscc,
        "units": list(metadata.units),
        "contentCode": metadata.content_code,
        "renditions": [_rendition_to_json(rendition) for rendition in metadata.renditions],
        "provenance": metadata.provenance,
    }
    if metadata.features is not None:
        document["features"] = metadata.features
    return document | ({"image": f"ipfs://{images[0]}"} if images else {})


def metadata_from_json(data: bytes) -> Metadata:
    """Read pinned metadata.

    Raises:
        UnavailableError: `metadata-malformed`, another program wrote it.
    """
    try:
        return metadata_of(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise _malformed() from error


def is_readable(text: str) -> bool:
    """Whether a text can be stored and shown: no lone surrogates, no control characters but tabs and line ends."""
    return all(character in "\t\n\r" or unicodedata.category(character) not in ("Cc", "Cs") for character in text)


def metadata_of(document: Any) -> Metadata:  # noqa: ANN401 - parsed JSON of somebody else's making
    """Read parsed metadata.

    Raises:
        UnavailableError: `metadata-malformed`.
    """
    try:
        if (document["schema"], document["version"]) != (_SCHEMA, _VERSION):
            raise _malformed()
        return Metadata(
            title=_text(document["name"]),
            description=_text(document["description"]),
            creator=_text(document["creator"]),
            media_type=_text(document["master"]["mediaType"], _MAX_NAME),
            size=_size(document["master"]["size"]),
            iscc=_text(document["iscc"], _MAX_CODE),
            units=tuple(_text(unit, _MAX_CODE) for unit in document["units"]),
            content_code=None if document["contentCode"] is None else _content_code(document["contentCode"]),
            renditions=tuple(_rendition_from_json(rendition) for rendition in document["renditions"]),
            provenance=None if document["provenance"] is None else _cid(document["provenance"]),
            features=None if document.get("features") is None else _cid(document["features"]),
        )
    except (InputError, ValueError, KeyError, TypeError) as error:
        raise _malformed() from error


def _malformed() -> UnavailableError:
    return UnavailableError(
        "metadata-malformed", "the work's metadata is not Colophon's", "read it by its CID yourself"
    )


def _rendition_to_json(rendition: Rendition) -> dict[str, Any]:
    fields = {name: value for name, value in asdict(rendition).items() if value is not None}
    return {"mediaType": fields.pop("media_type")} | fields


def _rendition_from_json(data: dict[str, Any]) -> Rendition:
    return Rendition(
        role=_text(data["role"], _MAX_NAME),
        media_type=_text(data["mediaType"], _MAX_NAME),
        size=_size(data["size"]),
        sha256=_digest(data["sha256"]),
        cid=_cid(data["cid"]),
        scheme=None if data.get("scheme") is None else _text(data["scheme"], _MAX_NAME),
    )


def _text(value: object, limit: int | None = None) -> str:
    if not isinstance(value, str) or (limit is not None and len(value) > limit) or not is_readable(value):
        raise _malformed()
    return value


def _size(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_SIZE:
        raise _malformed()
    return value


def _digest(value: object) -> str:
    text = _text(value)
    if _DIGEST.fullmatch(text) is None:
        raise _malformed()
    return text


def _cid(value: object) -> str:
    text = _text(value, _MAX_NAME)
    normal_cid(text)
    return text


def _content_code(value: object) -> str:
    return require_content_code(_text(value, _MAX_CODE))
