from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from offchain.errors import InputError, UnavailableError
from offchain.storage.master_key import MasterKey, keep_master_key

KEY, WORK = bytes(range(32)), 2**255 + 7
MASTER = MasterKey("11" * 32)


def test_wrap__same_master_and_work__opens():
    assert MASTER.unwrap(WORK, MASTER.wrap(WORK, KEY)) == KEY
    assert MASTER.wrap(WORK, KEY) != MASTER.wrap(WORK, KEY)  # another nonce


def test_wrap__every_bit__is_authenticated():
    wrapped = MASTER.wrap(WORK, KEY)
    assert len(wrapped) == 12 + 32 + 16
    for place in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[place] ^= 1
        with pytest.raises(UnavailableError):
            MASTER.unwrap(WORK, bytes(changed))


def test_unwrap__row_moved_to_another_work__does_not_open():
    """Who can write the database, and holds a licence of one work, has no key of another."""
    with pytest.raises(UnavailableError) as caught:
        MASTER.unwrap(WORK + 1, MASTER.wrap(WORK, KEY))
    assert caught.value.code == "content-key-damaged"


@pytest.mark.parametrize("wrapped", [b"", b"short", bytes(28)])
def test_unwrap__nonsense__is_typed(wrapped: bytes):
    with pytest.raises(UnavailableError):
        MASTER.unwrap(WORK, wrapped)


def test_unwrap__another_master__does_not_open():
    with pytest.raises(UnavailableError):
        MasterKey("22" * 32).unwrap(WORK, MASTER.wrap(WORK, KEY))


def test_master_key__shown__is_its_id_alone():
    assert "11" * 4 not in repr(MASTER)
    assert MASTER.id in repr(MASTER)
    assert MasterKey("0x" + "11" * 32 + "\n").id == MASTER.id != MasterKey("22" * 32).id


@pytest.mark.parametrize("text", ["", "11" * 31, "11" * 33, "zz" * 32, "correct horse battery staple"])
def test_master_key__not_32_bytes__refused_without_showing_it(text: str):
    with pytest.raises(InputError) as caught:
        MasterKey(text)
    assert caught.value.code == "content-key-malformed"
    assert not text or text not in caught.value.message


def test_keep_master_key__made_by_many_at_once__is_one(tmp_path: Path):
    path = tmp_path / "home" / "content.key"
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: keep_master_key(path).id, range(16)))
    assert len(set(found)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["content.key"]


def test_keep_master_key__nowhere_to_write__is_typed(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnavailableError) as caught:
        keep_master_key(tmp_path / "file" / "content.key")
    assert caught.value.code == "disk-failed"
