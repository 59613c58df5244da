from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import pytest

from offchain.errors import InputError
from offchain.identity import work_id
from offchain.identity.digest import open_master

# FIPS 180-4 examples: sha256("abc").
ABC = 0xBA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD


def test_work_id__known_bytes__is_their_sha256_as_a_number():
    assert work_id(b"abc") == ABC


def test_work_id__stream_longer_than_a_block__equals_one_hash_of_everything():
    master = bytes(range(256)) * 10_000
    assert work_id(BytesIO(master)) == int(hashlib.sha256(master).hexdigest(), 16)


@pytest.mark.parametrize("empty", [b"", BytesIO(b"")])
def test_work_id__nothing__is_refused(empty):
    with pytest.raises(InputError) as caught:
        work_id(empty)
    assert caught.value.code == "file-empty"


@pytest.mark.parametrize(("size", "refused"), [(9, False), (10, False), (11, True)])
def test_open_master__around_the_limit__refuses_only_above_it(size, refused):
    if not refused:
        with open_master(b"x" * size, 10) as stream:
            assert stream.read() == b"x" * size
        return
    with pytest.raises(InputError) as caught, open_master(b"x" * size, 10):
        pass
    assert caught.value.code == "file-oversized"
    assert caught.value.facts == {"size": 11, "limit": 10}


def test_open_master__missing_file_or_folder__names_it(tmp_path: Path):
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(InputError) as caught, open_master(path, 10):
            pass
        assert caught.value.code == "file-unreadable"
        assert str(path) in caught.value.message
