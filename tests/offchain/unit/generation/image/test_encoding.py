"""PNG files: pixels and nothing else, there and back."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from offchain.errors import InputError
from offchain.generation.image.encoding import decoded, encoded, enlarged

LEVELS = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)


def _refused(data: bytes, size: int = 64) -> None:
    with pytest.raises(InputError) as caught:
        decoded(data, size)
    assert caught.value.code == "png-malformed"


def test_decoded__what_was_encoded__is_the_same():
    assert (decoded(encoded(LEVELS), 64) == LEVELS).all()
    assert encoded(LEVELS) == encoded(LEVELS.copy())


def test_decoded__another_size_or_mode__is_refused(tmp_path):
    _refused(encoded(LEVELS), 128)
    Image.fromarray(LEVELS).convert("L").save(tmp_path / "grey.png")
    _refused((tmp_path / "grey.png").read_bytes())


def test_decoded__a_text_chunk__is_refused():
    """A file that says more than its pixels is not the one that was made, even if it looks alike."""
    said = b"tEXt" + b"Author\0somebody"
    chunk = struct.pack(">I", len(said) - 4) + said + struct.pack(">I", zlib.crc32(said))
    data = encoded(LEVELS)

    _refused(data[:33] + chunk + data[33:])


@pytest.mark.parametrize("cut", [0, 4, 20, 40, -13, -1])
def test_decoded__cut_short__is_refused(cut):
    _refused(encoded(LEVELS)[:cut])


def test_decoded__trailing_bytes_or_no_png__is_refused():
    _refused(encoded(LEVELS) + b"more")
    _refused(b"GIF89a" + bytes(100))
    _refused(bytes(8 << 20))


def test_enlarged__own_size__is_untouched_and_larger_is_of_that_size():
    assert enlarged(LEVELS, 64) is LEVELS
    assert enlarged(LEVELS, 256).shape == (256, 256, 3)
    flat = np.full((64, 64, 3), 200, np.uint8)
    assert (enlarged(flat, 512) == 200).all()
