"""Scans that are broken off, and places that cannot be looked at."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from offchain.errors import InputError
from offchain.workflows.places import files_of, works_of_others
from offchain.workflows.services import Services, open_services
from offchain.workflows.watching import Watch, scan, works_watched
from tests.offchain.deployed import CREATOR, SECOND_CREATOR
from tests.offchain.site import Site, make_site

NAMES = ("a.txt", "b.txt", "c.txt")


@pytest.fixture(scope="module")
def site(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One for all: every test looks at a folder of its own."""
    return make_site(chain_url, ipfs_url, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def services(site: Site) -> Iterator[Services]:
    with open_services(site.settings) as services:
        yield services


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).write_text(f"{name} and few words more")
    return tmp_path


def outcomes(services: Services, watch: Watch, folder: Path) -> list[str]:
    return [each.outcome for each in scan(services, watch, list(files_of(folder)), quiet)]


def quiet(_fraction: float, _doing: str) -> None:
    pass


def test_scan__broken_off__goes_on_where_it_stopped(services, folder):
    watch = Watch("0x" + "a" * 40, frozenset({1}), opens_cases=True)
    seeing = scan(services, watch, list(files_of(folder)), quiet)
    assert next(seeing).place.where.name == NAMES[0]
    seeing.close()
    assert outcomes(services, watch, folder) == ["unchanged", "nothing", "nothing"]


def test_scan__file_changed__is_looked_at_again(services, folder):
    watch = Watch("0x" + "a" * 40, frozenset({1}), opens_cases=True)
    outcomes(services, watch, folder)
    status = (folder / NAMES[1]).stat()
    os.utime(folder / NAMES[1], ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert outcomes(services, watch, folder) == ["unchanged", "nothing", "unchanged"]


def test_scan__another_account_or_other_works__everything_is_looked_at_again(services, folder):
    watch = Watch("0x" + "a" * 40, frozenset({1}), opens_cases=True)
    outcomes(services, watch, folder)
    for other in (replace(watch, holder="0x" + "b" * 40), replace(watch, works=frozenset({1, 2}))):
        assert outcomes(services, other, folder) == ["nothing"] * 3


def test_scan__telling_only__notes_nothing(services, folder):
    watch = Watch("0x" + "a" * 40, frozenset({1}), opens_cases=False)
    assert outcomes(services, watch, folder) == outcomes(services, watch, folder) == ["nothing"] * 3


def test_scan__file_that_went_away_after_it_was_listed__skipped_and_looked_for_again(services, folder):
    watch = Watch("0x" + "a" * 40, frozenset({1}), opens_cases=True)
    places = list(files_of(folder))
    (folder / NAMES[1]).unlink()
    for _ in range(2):
        (_, gone, _) = scan(services, watch, places, quiet)
        assert gone.outcome == "skipped"
        assert gone.error is not None
        assert gone.error.code == "file-unreadable"


def test_files_of__name_that_is_no_text__can_be_told(tmp_path):
    with open(os.fsencode(tmp_path) + b"/\xff.txt", "wb") as file:  # noqa: PTH123 - a path of bytes
        file.write(b"x")
    (place,) = files_of(tmp_path)
    assert place.where.name == "\ufffd.txt"


def test_files_of__folder_that_may_not_be_read__is_a_place_that_fails(folder, monkeypatch):
    """As root runs tests, too, and may read everything, the system's refusal is put in by hand."""
    walk = os.walk

    def refusing(path: Path, onerror) -> Iterator[tuple[str, list[str], list[str]]]:
        onerror(PermissionError(errno.EACCES, "Permission denied", str(folder / "closed")))
        yield from walk(path, onerror=onerror)

    monkeypatch.setattr(os, "walk", refusing)
    *files, closed = files_of(folder)
    assert len(files) == 3
    with pytest.raises(InputError, match="closed cannot be read"), closed.opened():
        pass


def test_works_of_others__ones_own_is_left_out_and_one_without_metadata_may_come_later(site, services):
    own, other = site.world.register(b"own", CREATOR), site.world.register(b"other", SECOND_CREATOR)
    services.advance()
    holder = site.world.accounts[CREATOR]
    with services.store.snapshot() as tx:
        assert tx.events.works_held_by(holder) == [own]
    places = [each for each in works_of_others(services, holder) if each.work == other]
    assert [each.work for each in works_of_others(services, holder)].count(own) == 0
    assert len(places) == 1
    watch = Watch(holder, works_watched(services, holder), opens_cases=True)
    (seen,) = scan(services, watch, places, quiet)
    assert seen.error is not None
    assert seen.error.code == "rendition-missing"
