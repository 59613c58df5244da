"""A backup that was taken back is the service that it was made of: its works, its jobs, what they still wait for."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import pickle
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from dbos import DBOS
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, inspect

from offchain.api.app import create_app
from offchain.config import Settings
from offchain.errors import ColophonError, DeniedError, InputError, RefusedError
from offchain.storage.age import new_identity, recipient_of
from offchain.store import open_store
from offchain.store.portable import reading, store_tables
from offchain.workflows.backups import backup, restore
from offchain.workflows.backups.contents import JOURNAL, MADE_ANEW
from tests.offchain.databases import KINDS, fresh_database
from tests.offchain.site import ADA, ALICE, Site, Visitor, make_site

IDENTITY = new_identity()


@dataclass(frozen=True)
class Kept:
    """A backup of a service with a work, and jobs that wait for their registrant, one for each place to restore to."""

    site: Site
    file: Path
    work: str
    jobs: dict[str, str]
    rows: dict[str, list[bytes]]


@contextmanager
def service(site: Site) -> Iterator[TestClient]:
    with TestClient(create_app(site.settings), raise_server_exceptions=False) as client:
        yield client


def rows_of(url: str) -> dict[str, list[bytes]]:
    with reading(url) as moment:
        tables = moment.tables(store_tables())
        return {name: sorted(tables.rows(name)) for name in tables.names}


@contextmanager
def kept(kind: str, chain_url: str, ipfs_url: str, home: Path) -> Iterator[Kept]:
    site = make_site(chain_url, ipfs_url, home)
    with fresh_database(kind, home) as url:
        site = replace(site, environ={**site.environ, "COLOPHON_DATABASE_URL": url})
        with service(site) as client:
            ada = Visitor(site, client, ADA)
            work = ada.register(ALICE, title="Alice")["work"]
            jobs = {each: ada.submit(f"To be ended on {each}. ".encode() * 50).json()["id"] for each in KINDS}
            for job in jobs.values():
                ada.wait(job)
            file = home / "backup.tar"
            made = backup(site.settings, site.world.contracts.deployment, file, recipient=recipient_of(IDENTITY))
            assert (made.keys[0], made.left, made.rows["works"]) == ("content.key", (), 1)
        yield Kept(site, file, work, jobs, rows_of(url))


@pytest.fixture(scope="module")
def archives(chain_url: str, ipfs_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Kept]]:
    with ExitStack() as stack:
        yield {
            kind: stack.enter_context(kept(kind, chain_url, ipfs_url, tmp_path_factory.mktemp(kind))) for kind in KINDS
        }


@pytest.fixture
def sqlite(archives: dict[str, Kept]) -> Kept:
    return archives["sqlite"]


def elsewhere(site: Site, home: Path, url: str) -> Site:
    """The same contracts, another machine."""
    return replace(site, environ={**site.environ, "COLOPHON_HOME": str(home), "COLOPHON_DATABASE_URL": url})


def fits(_: dict[str, Any]) -> None:
    pass


WAYS = [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "postgresql")]


@pytest.mark.parametrize(("source", "target"), [way for way in WAYS if {*way} <= set(KINDS)])
def test_restore__another_machine__has_every_row_and_ends_what_was_begun(archives, source, target, tmp_path: Path):
    archive: Kept = archives[source]
    home = tmp_path / "home"
    with fresh_database(target, tmp_path) as url:
        there = elsewhere(archive.site, home, url)
        done = restore(there.settings, archive.file, fits, identity=IDENTITY)
        assert (done.jobs, "content.key" in done.keys, done.locked) == (2 + len(KINDS), True, ())
        assert rows_of(url) == archive.rows
        assert (home / "content.key").read_bytes() == (archive.site.settings.home / "content.key").read_bytes()
        assert (home / "content.key").stat().st_mode & 0o077 == 0
        with service(there) as client:
            ada, job = Visitor(there, client, ADA), archive.jobs[target]
            assert ada.client.get(f"/v1/works/{archive.work}").json()["title"] == "Alice"
            waiting = ada.wait(job)
            assert waiting["state"] == "awaiting-signature"
            ada.client.post(f"/v1/jobs/{job}/signature", json={"signature": ada.sign(waiting["typed_data"])})
            assert ada.result(job)["work"] != archive.work
    assert not (home / "restoring").exists()


def target_of(kept: Kept, home: Path) -> Settings:
    return elsewhere(kept.site, home, f"sqlite:///{home / 'colophon.db'}").settings


def refused(kept: Kept, home: Path, file: Path | None = None, **how: Any) -> ColophonError:
    """Why a restore is refused; it must have left nothing."""
    before = sorted(path for path in home.rglob("*") if path.suffix not in (".db-shm", ".db-wal"))
    with pytest.raises(ColophonError) as caught:
        restore(target_of(kept, home), file or kept.file, how.pop("check", fits), **how)
    after = sorted(path for path in home.rglob("*") if path.name.partition(".")[0] != "colophon")
    assert after == [path for path in before if path.name.partition(".")[0] != "colophon"]
    return caught.value


def changed(source: Path, target: Path, change: Any) -> Path:
    """The archive with each member as `change` makes it of (name, bytes); None leaves it out."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for info in old:
            kept = change(info.name, old.extractfile(info).read())  # type: ignore[union-attr]
            if kept is not None:
                name, data = kept
                member = tarfile.TarInfo(name)
                member.size = len(data)
                new.addfile(member, io.BytesIO(data))
    return target


def test_restore__one_byte_of_a_master_changed__damaged_and_nothing_is_restored(sqlite: Kept, tmp_path: Path):
    def change(name: str, data: bytes) -> tuple[str, bytes]:
        return name, data[:-1] + b"?" if name.startswith("home/masters/") else data

    error = refused(sqlite, tmp_path / "home", changed(sqlite.file, tmp_path / "b.tar", change))
    assert (error.code, error.facts["member"].startswith("home/masters/")) == ("backup-damaged", True)


def test_restore__table_left_out__damaged(sqlite: Kept, tmp_path: Path):
    file = changed(
        sqlite.file, tmp_path / "b", lambda name, data: None if name == "tables/works.jsonl" else (name, data)
    )
    assert refused(sqlite, tmp_path / "home", file).facts == {"member": "tables/works.jsonl"}


def test_restore__cut_off__damaged(sqlite: Kept, tmp_path: Path):
    file = tmp_path / "b.tar"
    file.write_bytes(sqlite.file.read_bytes()[: sqlite.file.stat().st_size // 2])
    assert refused(sqlite, tmp_path / "home", file).code == "backup-damaged"


@pytest.mark.parametrize("name", ["home/../../escaped", "/etc/escaped", "home/masters/../../../escaped", "elsewhere/x"])
def test_restore__member_that_leaves_the_home__refused_before_it_is_written(sqlite: Kept, tmp_path: Path, name: str):
    """A backup that somebody else has made must not write where he likes."""
    file = changed(sqlite.file, tmp_path / "b.tar", lambda _, data: (name, data))
    assert refused(sqlite, tmp_path / "home", file).code == "backup-damaged"
    assert not list(tmp_path.rglob("*escaped*"))


def test_restore__link_in_the_archive__refused(sqlite: Kept, tmp_path: Path):
    file = tmp_path / "b.tar"
    with tarfile.open(file, "w") as tar:
        link = tarfile.TarInfo("home/masters/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    assert refused(sqlite, tmp_path / "home", file).code == "backup-damaged"


def test_restore__sparse_member_of_a_terabyte__refused_before_it_is_written(sqlite: Kept, tmp_path: Path):
    """A kilobyte that unpacks to a full disk: GNU's old form, with a map of one empty stretch at the very end."""
    size = 2**40
    header = bytearray(tarfile.TarInfo("home/masters/bomb").tobuf(tarfile.GNU_FORMAT))
    header[156:157], header[124:136] = tarfile.GNUTYPE_SPARSE, b"%011o\0" % 0
    header[386:398], header[398:410] = b"\x80" + size.to_bytes(11), b"%011o\0" % 0
    header[483:495] = b"\x80" + size.to_bytes(11)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "b.tar").write_bytes(bytes(header) + bytes(1024))
    with tarfile.open(tmp_path / "b.tar") as tar:
        (bomb,) = tar.getmembers()
        assert (bomb.size, bomb.issparse(), bomb.isreg()) == (size, True, True)
    assert refused(sqlite, tmp_path / "home", tmp_path / "b.tar").code == "backup-damaged"


class Attack:
    """Opened as a pickle, it leaves a file behind."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.place),)


def with_journal(kept: Kept, target: Path, changes: dict[str, dict[str, Any]]) -> Path:
    """The archive with values of tables of its journal changed, and a manifest that fits."""
    told: dict[str, Any] = {}

    def rewrite(member: str, data: bytes) -> tuple[str, bytes]:
        if member.startswith("journals/") and Path(member).stem in changes:
            rows = [json.loads(line) | changes[Path(member).stem] for line in data.splitlines()]
            data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
            told[member] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        if member == "manifest.json":
            manifest = json.loads(data)
            manifest["members"] |= told
            data = json.dumps(manifest).encode()
        return member, data

    return changed(kept.file, target, rewrite)


@pytest.mark.parametrize(("table", "column"), [("workflow_status", "inputs"), ("operation_outputs", "output")])
def test_restore__journal_that_would_run_something__refused_and_nothing_ran(
    sqlite: Kept, tmp_path: Path, table: str, column: str
):
    """The library opens a job's arguments as a pickle when the service starts: a backup would be a program."""
    attack = base64.b64encode(pickle.dumps(Attack(tmp_path / "ran"))).decode()
    file = with_journal(sqlite, tmp_path / "b.tar", {table: {column: attack}})
    assert refused(sqlite, tmp_path / "home", file).code == "backup-unsafe"
    assert not (tmp_path / "ran").exists()


def test_restore__error_that_would_run_something__comes_back_as_one_that_nobody_foresaw(sqlite: Kept, tmp_path: Path):
    """Errors of libraries stand in honest journals, too: they must not keep a service from coming back."""
    attack = base64.b64encode(pickle.dumps(Attack(tmp_path / "ran"))).decode()
    failed = {"output": None, "error": attack}
    changes = {"workflow_status": {"status": "ERROR", **failed}, "workflow_output": failed}
    file = with_journal(sqlite, tmp_path / "b.tar", changes)
    home = tmp_path / "home"
    there = elsewhere(sqlite.site, home, f"sqlite:///{home / 'colophon.db'}")
    restore(there.settings, file, fits, identity=IDENTITY)
    with service(there) as client:
        job = Visitor(there, client, ADA).wait(sqlite.jobs["sqlite"])
    assert (job["state"], job["error"]["code"]) == ("failed", "internal-error")
    assert not (tmp_path / "ran").exists()


def test_restore__manifest_of_a_later_schema__refused(sqlite: Kept, tmp_path: Path):
    def change(name: str, data: bytes) -> tuple[str, bytes]:
        later = json.loads(data) | {"revision": "9999"} if name == "manifest.json" else None
        return name, json.dumps(later).encode() if later else data

    error = refused(sqlite, tmp_path / "home", changed(sqlite.file, tmp_path / "b.tar", change))
    assert (error.code, type(error)) == ("backup-newer", InputError)


def test_restore__no_archive__says_so(sqlite: Kept, tmp_path: Path):
    (tmp_path / "b.tar").write_bytes(b"no tar " * 1000)
    for file in (tmp_path / "b.tar", tmp_path / "missing"):
        assert refused(sqlite, tmp_path / "home", file).code == "backup-unreadable"


def test_restore__does_not_fit_the_chain__nothing_is_restored(sqlite: Kept, tmp_path: Path):
    def unfit(manifest: dict[str, Any]) -> None:
        assert manifest["chain_id"] == 1337
        raise RefusedError("backup-elsewhere", "other contracts", "set others")

    assert refused(sqlite, tmp_path / "home", check=unfit).code == "backup-elsewhere"


def test_restore__wrong_identity__denied(sqlite: Kept, tmp_path: Path):
    error = refused(sqlite, tmp_path / "home", identity=new_identity())
    assert (error.code, type(error)) == ("wrong-recipient", DeniedError)


def test_restore__home_with_masters__refused(sqlite: Kept, tmp_path: Path):
    (tmp_path / "home" / "masters").mkdir(parents=True)
    assert refused(sqlite, tmp_path / "home").code == "home-not-empty"


def test_restore__database_with_a_store__refused(sqlite: Kept, tmp_path: Path):
    home = tmp_path / "home"
    open_store(target_of(sqlite, home).database_url).close()
    assert refused(sqlite, home).code == "database-not-empty"


@pytest.mark.skipif(KINDS == ["sqlite"], reason="COLOPHON_TEST_POSTGRES_URL is not set")
def test_restore__of_postgres_to_sqlite__refused(archives: dict[str, Kept], tmp_path: Path):
    assert refused(archives["postgresql"], tmp_path / "home").code == "backup-needs-postgres"


def test_backup__no_recipient__no_key_is_in_it_and_it_says_so(sqlite: Kept, tmp_path: Path):
    made = backup(sqlite.site.settings, sqlite.site.world.contracts.deployment, tmp_path / "b.tar")
    assert "content.key" in made.left
    keys = [(sqlite.site.settings.home / name).read_bytes().strip() for name in made.left]
    data = (tmp_path / "b.tar").read_bytes()
    assert not [key for key in keys if key in data]
    assert (tmp_path / "b.tar").stat().st_mode & 0o077 == 0


def test_backup__fails_half_way__leaves_no_file(sqlite: Kept, tmp_path: Path):
    def report(fraction: float, doing: str) -> None:
        if doing == "masters":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup(sqlite.site.settings, sqlite.site.world.contracts.deployment, tmp_path / "b.tar", report=report)
    assert list(tmp_path.iterdir()) == []


def test_backup__file_is_there__left_alone(sqlite: Kept, tmp_path: Path):
    (tmp_path / "b.tar").write_bytes(b"another")
    with pytest.raises(RefusedError) as caught:
        backup(sqlite.site.settings, sqlite.site.world.contracts.deployment, tmp_path / "b.tar")
    assert (caught.value.code, (tmp_path / "b.tar").read_bytes()) == ("backup-exists", b"another")


def test_journal__tables_of_the_library__are_kept_or_made_anew(tmp_path: Path):
    """A later version of the library with one more table must not be backed up without it."""
    DBOS.migrate(f"sqlite:///{tmp_path / 'journal.db'}")
    engine = create_engine(f"sqlite:///{tmp_path / 'journal.db'}")
    assert set(inspect(engine).get_table_names()) == JOURNAL | MADE_ANEW
    engine.dispose()
