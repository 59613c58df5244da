"""The metadata JSON of a work: what its title's `tokenURI` leads to (ERC-721 metadata, and what verifying needs).

It is written as canonical JSON and carries the 256-bit Content-Code, so that anybody can rebuild the catalogue and the
similarity index from chain and IPFS alone.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from offchain.chain import work_hex
from offchain.errors import UnavailableError

__all__ = ["Metadata", "Rendition", "metadata_from_json", "metadata_of", "metadata_to_json"]

_SCHEMA: Final = "colophon/metadata"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Rendition:
    """Pinned bytes made from a master; `sha256` is `0x` and hex, `size` in bytes."""

    role: str
    media_type: str
    size: int
    sha256: str
    cid: str


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
        renditions: pinned bytes that may be seen.
        provenance: CID of the provenance record, None when there is none.
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


def metadata_to_json(work: int, metadata: Metadata) -> dict[str, Any]:
    """The JSON to be pinned; `name`, `description` and `image` are ERC-721's."""
    images = [rendition.cid for rendition in metadata.renditions if rendition.media_type.startswith("image/")]
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
    return document | ({"image": f"ipfs://{images[0]}"} if images else {})


def metadata_from_json(data: bytes) -> Metadata:
    """Read pinned metadata.

    Raises:
        UnavailableError: `metadata-malformed`, another program wrote it.
    """
    try:
        return metadata_of(json.loads(data))
    except ValueError as error:
        raise _malformed() from error


def metadata_of(document: Any) -> Metadata:  # noqa: ANN401 - parsed JSON of somebody else's making
    """Read parsed metadata.

    Raises:
        UnavailableError: `metadata-malformed`.
    """
    try:
        if (document["schema"], document["version"]) != (_SCHEMA, _VERSION):
            raise _malformed()
        return Metadata(
            title=str(document["name"]),
            description=str(document["description"]),
            creator=str(document["creator"]),
            media_type=str(document["master"]["mediaType"]),
            size=int(document["master"]["size"]),
            iscc=str(document["iscc"]),
            units=tuple(map(str, document["units"])),
            content_code=document["contentCode"],
            renditions=tuple(_rendition_from_json(rendition) for rendition in document["renditions"]),
            provenance=document["provenance"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _malformed() from error


def _malformed() -> UnavailableError:
    return UnavailableError(
        "metadata-malformed", "the work's metadata is not Colophon's", "read it by its CID yourself"
    )


def _rendition_to_json(rendition: Rendition) -> dict[str, Any]:
    fields = asdict(rendition)
    return {"mediaType": fields.pop("media_type")} | fields


def _rendition_from_json(data: dict[str, Any]) -> Rendition:
    return Rendition(data["role"], data["mediaType"], data["size"], data["sha256"], data["cid"])
