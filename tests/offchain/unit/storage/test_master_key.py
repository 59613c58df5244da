from __future__ import annotations

import os
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


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> dict[int, list[str]]:
    """What was brought to the disk so far: by inode, the names in it at that moment; none for a file."""
    seen: dict[int, list[str]] = {}

    def fsync(handle: int) -> None:
        state = os.fstat(handle)
        seen[state.st_ino] = os.listdir(handle) if stat.S_ISDIR(state.st_mode) else []

    monkeypatch.setattr(os, "fsync", fsync)
    return seen


def test_keep_master_key__made__is_on_the_disk_under_its_name_in_folders_that_are(tmp_path: Path, synced):
    """Keys may be committed under it at once; a power cut must not leave them without it."""
    path = tmp_path / "new" / "home" / "content.key"
    keep_master_key(path)
    assert path.stat().st_ino in synced
    assert "content.key" in synced[path.parent.stat().st_ino]
    assert "home" in synced[path.parent.parent.stat().st_ino]
    assert "new" in synced[tmp_path.stat().st_ino]


def test_keep_master_key__somebody_else_made_it__is_brought_to_the_disk_as_well(tmp_path: Path, synced):
    """By `openssl rand` just now, or by a process that died before it came so far."""
    path = tmp_path / "content.key"
    path.write_text("33" * 32)
    keep_master_key(path)
    assert path.stat().st_ino in synced
    assert "content.key" in synced[tmp_path.stat().st_ino]


def test_keep_master_key__disk_does_not_take_it__is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    (tmp_path / "content.key").write_text("33" * 32)
    with pytest.raises(UnavailableError) as caught:
        keep_master_key(tmp_path / "content.key")
    assert caught.value.code == "disk-failed"


def test_keep_master_key__nowhere_to_write__is_typed(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnavailableError) as caught:
        keep_master_key(tmp_path / "file" / "content.key")
    assert caught.value.code == "disk-failed"
