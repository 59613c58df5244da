from __future__ import annotations

import io
import os
import stat
import time
from pathlib import Path

import pytest

from offchain.errors import InputError, NotFoundError, UnavailableError
from offchain.identity import work_id
from offchain.storage import local_cid
from offchain.workflows.vault import Vault

MASTER = b"a master"
WORK = work_id(MASTER)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "home", limit=1000)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["bytes", "path", "stream"])
def test_keep__any_source__lies_under_its_sha256_and_nowhere_else(vault: Vault, tmp_path: Path, kind: str):
    given = tmp_path / "given.txt"
    given.write_bytes(MASTER)
    stream = io.BytesIO(MASTER)
    stream.read()  # as an upload that was hashed before
    source = {"bytes": MASTER, "path": given, "stream": stream}[kind]
    place = vault.keep(vault.spool(source), WORK)
    assert place.read_bytes() == MASTER
    assert place == vault.master(WORK)
    assert files(tmp_path / "home") == [place]


def test_keep__twice__changes_nothing(vault: Vault):
    assert vault.keep(vault.spool(MASTER), WORK) == vault.keep(vault.spool(MASTER), WORK)


def test_keep__others_on_the_machine__cannot_read_it(vault: Vault):
    place = vault.keep(vault.spool(MASTER), WORK)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


def test_spool__more_than_the_limit__refused_and_nothing_left(vault: Vault, tmp_path: Path):
    vault.drop(vault.spool(b"x" * 1000))
    with pytest.raises(InputError) as caught:
        vault.spool(io.BytesIO(b"x" * 1001))
    assert caught.value.code == "file-oversized"
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "suffix"), [("essay.md", ".md"), ("../../etc/passwd", ""), ("a.b/../c", ""), (None, "")]
)
def test_spool__file_name__lends_its_suffix_only(vault: Vault, tmp_path: Path, name: str | None, suffix: str):
    spooled = vault.spool(MASTER, name)
    assert spooled.parent == tmp_path / "home" / "spool"
    assert spooled.suffix == suffix


def test_sweep__leftovers__go_when_they_are_old(vault: Vault):
    fresh, old = vault.spool(MASTER), vault.spool(MASTER)
    long_ago = time.time() - 100_000
    os.utime(old, (long_ago, long_ago))
    vault.sweep()
    assert (fresh.exists(), old.exists()) == (True, False)


def test_scratch__block_ended_or_failed__nothing_is_left(vault: Vault, tmp_path: Path):
    with vault.scratch() as path:
        path.write_bytes(MASTER)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert files(tmp_path / "home") == []
    with pytest.raises(UnavailableError) as caught, vault.scratch() as path:
        raise OSError(28, "No space left on device")
    assert (caught.value.code, files(tmp_path / "home")) == ("disk-failed", [])


def test_spool__missing_file__refused(vault: Vault, tmp_path: Path):
    with pytest.raises(InputError) as caught:
        vault.spool(tmp_path / "nothing")
    assert caught.value.code == "file-unreadable"


def test_master__unknown__not_found(vault: Vault):
    with pytest.raises(NotFoundError) as caught:
        vault.master(WORK)
    assert caught.value.code == "master-missing"


def test_master__damaged_on_disk__is_not_handed_out(vault: Vault):
    vault.keep(vault.spool(MASTER), WORK).write_bytes(b"a mastez")
    with pytest.raises(UnavailableError) as caught:
        vault.master(WORK)
    assert caught.value.code == "master-damaged"


def test_spool__folder_is_a_file__disk_failed(tmp_path: Path):
    (tmp_path / "home").write_bytes(b"")
    with pytest.raises(UnavailableError) as caught:
        Vault(tmp_path / "home", 1000).spool(MASTER)
    assert caught.value.code == "disk-failed"


def test_keep_features__beside_the_master__are_read_back_whatever_the_upload_limit(vault: Vault, tmp_path: Path):
    features = bytes(2_000)  # more than a file may have
    assert vault.features(WORK) is None
    for _ in range(2):
        vault.keep_features(features, WORK)
    assert vault.features(WORK) == features
    assert len(files(tmp_path / "home")) == 1


def test_keep_features__folder_cannot_be_written__disk_is_named(vault: Vault, tmp_path: Path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "features").write_bytes(b"in the way")
    with pytest.raises(UnavailableError) as caught:
        vault.keep_features(b"features", WORK)
    assert caught.value.code == "disk-failed"


def test_file__kept__is_there_by_its_cid_for_its_work_alone(vault: Vault):
    cid = vault.keep_file(b"{}", WORK)
    assert vault.keep_file(b"{}", WORK) == cid == local_cid(b"{}")
    assert vault.file(cid, WORK) == b"{}"
    assert vault.file(cid, WORK + 1) is None


def test_file__damaged__is_as_if_lost(vault: Vault, tmp_path: Path):
    cid = vault.keep_file(b"{}", WORK)
    (place,) = files(tmp_path)
    place.write_bytes(b"{")
    assert vault.file(cid, WORK) is None


def test_works__other_files_beside_the_masters__are_none(vault: Vault, tmp_path: Path):
    """As a file browser leaves them."""
    vault.keep(vault.spool(MASTER), WORK)
    (tmp_path / "home" / "masters" / ".DS_Store").touch()
    assert vault.works() == (WORK,)
