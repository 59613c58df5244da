from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from offchain.identity.marks.authority import development_credential
from offchain.identity.marks.manifest import read_manifest, sign_manifest
from offchain.identity.marks.statement import Statement

STATEMENT = Statement("0x01", "eip155:1/erc721:0x00/1", "Title", "digitalCapture", ("ipfs://a",), "notAllowed")


@cache
def signed() -> tuple[bytes, str]:
    """A signed picture of 48 × 32 pixels, and the certificates that its signer is believed by."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((48, 32)).save(out, "PNG")
    with TemporaryDirectory() as folder:
        credential = development_credential(Path(folder) / "authority")
    return sign_manifest(out.getvalue(), "image/png", STATEMENT, credential), credential.anchors


@settings(deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), by=st.integers(1, 255), keep=st.floats(0.5, 1))
@example(at=0.08858113404755685, by=1, keep=1.0)  # a source type that nobody knows
def test_read_manifest__any_byte_changed__is_never_trusted_with_other_content(at: float, by: int, keep: float):
    """Only the manifest's own chunk has padding outside its hashes; the picture's data never is."""
    original, anchors = signed()
    changed = bytearray(original)
    changed[int(at * len(changed))] ^= by
    whole = keep > 0.75
    data = bytes(changed if whole else changed[: int(keep * len(changed))])
    report = read_manifest(io.BytesIO(data), anchors, "image/png")
    if report is not None and report.valid:
        assert whole
        assert report.statement == STATEMENT
        assert data.partition(b"IDAT")[2] == original.partition(b"IDAT")[2]


@settings(deadline=None)
@given(data=st.binary(max_size=300))
def test_read_manifest__any_bytes__is_none_or_not_trusted(data: bytes):
    report = read_manifest(io.BytesIO(b"\x89PNG\r\n\x1a\n" + data), signed()[1])
    assert report is None or not report.valid
