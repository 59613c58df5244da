from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from offchain.errors import UnavailableError
from offchain.identity import identify
from offchain.storage import canonical_json
from offchain.workflows.metadata import Metadata, Rendition, metadata_from_json, metadata_to_json
from tests.offchain.site import ALICE, ROCKET

CID = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
RENDITION = {"role": "p", "mediaType": "image/png", "size": 1, "sha256": "0x" + "1" * 64, "cid": CID}


def metadata(rendition_type: str = "image/jpeg") -> tuple[int, Metadata]:
    path = ROCKET if rendition_type == "image/jpeg" else ALICE
    identity = identify(path, title="A title", limit=2**26)
    rendition = Rendition("preview", rendition_type, 7, "0x" + "11" * 32, CID)
    told = Metadata(
        title="A title",
        description="Words",
        creator="Ada",
        media_type=identity.media_type,
        size=identity.size,
        iscc=identity.iscc,
        units=identity.units,
        content_code=identity.content_code,
        renditions=(rendition,),
        provenance=None,
    )
    return identity.work_id, told


def test_metadata__written_and_read__is_the_same():
    work, told = metadata()
    assert metadata_from_json(canonical_json(metadata_to_json(work, told))) == told


def test_metadata_to_json__image__has_what_erc_721_wallets_show():
    document = metadata_to_json(*metadata())
    assert (document["name"], document["description"], document["image"]) == ("A title", "Words", f"ipfs://{CID}")


def test_metadata_to_json__text__has_no_image():
    assert "image" not in metadata_to_json(*metadata("text/plain"))


def test_metadata_to_json__sealed_image__is_no_picture_to_show():
    work, told = metadata()
    (preview,) = told.renditions
    sealed = Rendition("sealed", "image/png", 8, "0x" + "22" * 32, CID[:-1] + "a", "colophon-sealed-1")
    both, alone = replace(told, renditions=(sealed, preview)), replace(told, renditions=(sealed,))
    document = metadata_to_json(work, both)
    assert document["image"] == f"ipfs://{CID}"
    assert [each.get("scheme") for each in document["renditions"]] == ["colophon-sealed-1", None]
    assert metadata_from_json(canonical_json(metadata_to_json(work, alone))) == alone
    assert "image" not in metadata_to_json(work, alone)


@pytest.mark.parametrize("data", [b"{", b"[]", b"{}", b'{"schema": "other", "version": 1}', b"\xff"])
def test_metadata_from_json__of_another_program__is_typed(data: bytes):
    with pytest.raises(UnavailableError) as caught:
        metadata_from_json(data)
    assert caught.value.code == "metadata-malformed"


@pytest.mark.parametrize(
    "changed",
    [
        {"contentCode": "ISCC:AAAA"},
        {"contentCode": 5},
        {"contentCode": "ISCC:ü"},
        {"name": "a\x00b"},
        {"name": "\ud800"},
        {"name": 7},
        {"creator": "\x1b[2J"},
        {"iscc": "A" * 201},
        {"units": 5},
        {"units": [None]},
        {"provenance": "not a CID"},
        {"master": {"sha256": "0x", "size": 10**30, "mediaType": "text/plain"}},
        {"master": {"sha256": "0x", "size": -1, "mediaType": "text/plain"}},
        {"master": {"sha256": "0x", "size": 1, "mediaType": "a" * 101}},
        {"renditions": [{"role": "p", "mediaType": "image/png", "size": 1, "sha256": "0xzz", "cid": CID}]},
        {"renditions": [{"role": 1, "mediaType": "image/png", "size": 1, "sha256": "0x" + "1" * 64, "cid": CID}]},
        {"renditions": [{"role": "p", "mediaType": "image/png", "size": True, "sha256": "0x" + "1" * 64, "cid": CID}]},
        {"renditions": [{"role": "p", "mediaType": "image/png", "size": 1, "sha256": "0x" + "1" * 64, "cid": "x"}]},
        {"renditions": [RENDITION | {"scheme": 1}]},
        {"renditions": [RENDITION | {"scheme": "s" * 101}]},
    ],
)
def test_metadata_from_json__hostile_value__is_typed(changed: dict[str, Any]):
    """Kept, it would make the store, the index or the API fail later."""
    document = metadata_to_json(*metadata()) | changed
    with pytest.raises(UnavailableError) as caught:
        metadata_from_json(json.dumps(document).encode())
    assert caught.value.code == "metadata-malformed"


def test_metadata_from_json__nested_too_deeply__is_typed():
    with pytest.raises(UnavailableError):
        metadata_from_json(b"[" * 200_000)


def test_metadata_from_json__later_version__is_not_guessed_at():
    document = metadata_to_json(*metadata()) | {"version": 2}
    with pytest.raises(UnavailableError):
        metadata_from_json(json.dumps(document).encode())
