"""Taking a backup back, into an empty home and an empty database, all of it or nothing.

A service over SQLite may come back over PostgreSQL; not the other way round, since what waits in a queue that several
processes share has no place in a journal of one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dbos import DBOS

from offchain.config import Settings
from offchain.errors import InputError, RefusedError, UnavailableError
from offchain.storage.age import unwrap_key
from offchain.store.portable import Moment, Tables, filling, reading, require_no_store, store_tables
from offchain.workflows.backups.bundle import unpacked
from offchain.workflows.backups.contents import FOLDERS, JOURNAL, KEYS, SERVICE
from offchain.workflows.backups.pickled import plain_row

__all__ = ["Restored", "restore"]

_STAGE: Final = "restoring"
_IDS: Final = ("workflow_uuid", "destination_uuid")
_READ: Final = 0.6


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that was taken back.

    Attributes:
        made_at: when it was made, Unix seconds.
        rows: of each table of the store.
        jobs: workflows of the journals.
        files: of the home.
        keys: names of keys that came back.
        locked: names of keys that stayed encrypted, for want of an identity.
    """

    made_at: int
    rows: dict[str, int]
    jobs: int
    files: int
    keys: tuple[str, ...]
    locked: tuple[str, ...]


def restore(
    settings: Settings,
    path: Path,
    check: Callable[[dict[str, Any]], None],
    *,
    identity: str | None = None,
    report: Callable[[float, str], None] = lambda _fraction, _doing: None,
) -> Restored:
    """Take a backup back.

    Args:
        settings: whose home and database it goes to.
        path: of the backup.
        check: told the manifest before anything comes back; raises where it does not fit the chain.
        identity: age identity that opens the keys; None leaves them out.
        report: told how far it is.

    Raises:
        InputError: `backup-unreadable`, `backup-damaged`, `backup-newer`, `backup-unfit`, `backup-unsafe`,
            `identity-malformed`.
        DeniedError: `wrong-recipient`.
        RefusedError: `home-not-empty`, `database-not-empty`, `backup-needs-postgres`.
        UnavailableError: `disk-failed`, `store-unavailable`.
    """
    with _stage(settings.home) as stage:
        manifest = unpacked(path, stage, lambda fraction: report(_READ * fraction, "reading"))
        shared = not settings.database_url.startswith("sqlite")
        if manifest["shared"] and not shared:
            raise RefusedError(
                "backup-needs-postgres",
                "the backup is of a service over PostgreSQL",
                "set COLOPHON_DATABASE_URL to an empty PostgreSQL database",
            )
        check(manifest)
        keys = _opened(stage / "keys", identity)
        report(_READ, "filling the database")
        with _undone(settings.home):
            if shared:
                _prepare(settings.database_url)
            with filling(settings.database_url, str(manifest["revision"])) as moment:
                rows = _fill(moment.tables(store_tables()), stage / "tables")
                found = sorted((stage / "journals").glob("*"), key=lambda each: (each.name != SERVICE, each.name))
                jobs = _shared_journals(found, moment) if shared else _journals(settings.home, found)
                _move(stage, settings.home)
                _keep(keys, settings.home)
    locked = () if identity else tuple(sorted(name for name in _names(manifest, "keys/")))
    files = len(list(_names(manifest, "home/")))
    return Restored(int(manifest["made_at"]), rows, jobs, files, tuple(sorted(keys)), locked)


@contextmanager
def _stage(home: Path) -> Iterator[Path]:
    """A folder of an empty home to unpack into, gone at the end."""
    taken = [name for name in (*FOLDERS, *KEYS) if (home / name).exists()]
    taken += [each.name for each in home.glob("workflows-*.db")]
    if taken:
        raise RefusedError(
            "home-not-empty", f"{home} has {taken[0]} already", "set COLOPHON_HOME to an empty folder", found=taken
        )
    stage = home / _STAGE
    try:
        shutil.rmtree(stage, ignore_errors=True)  # of one that was killed
        stage.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise UnavailableError(
            "disk-failed", f"{home} cannot be written: {error.strerror}", "set COLOPHON_HOME to a folder of yours"
        ) from error
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def _undone(home: Path) -> Iterator[None]:
    """Take out of the home again what a restore that fails has put there."""
    try:
        yield
    except BaseException:
        for name in (*FOLDERS, *KEYS):
            shutil.rmtree(home / name, ignore_errors=True)
            if (home / name).is_file():
                (home / name).unlink()
        for journal in home.glob("workflows-*.db*"):
            journal.unlink()
        raise


def _fill(
    tables: Tables,
    folder: Path,
    taken: frozenset[str] = frozenset(),
    checked: Callable[[bytes], bytes] = lambda line: line,
) -> dict[str, int]:
    """Fill tables from their files, but for rows of workflows that are `taken`; how many rows each got.

    Args:
        tables: to be filled.
        folder: of the files.
        taken: ids of workflows that are there already.
        checked: gives each line as it may come back.
    """
    members = {path.stem: path for path in folder.glob("*.jsonl")}
    for name in set(members) - set(tables.names):
        raise InputError(
            "backup-unfit",
            f"the backup's table {name} is not one of this program's",
            "restore with the version that made it",
        )
    rows = {}
    for name in tables.names:
        if name in members:
            with members[name].open("rb") as lines:
                wanted = (line for line in lines if not taken or _id(line) not in taken)
                rows[name] = tables.fill(name, map(checked, wanted))
    return rows


def _prepare(url: str) -> None:
    """Make the journal's tables, before there is a transaction that their making would wait for."""
    with reading(url) as moment:
        schema = moment.schema or "dbos"
        require_no_store(moment)
        if not moment.tables(JOURNAL, schema).empty:
            raise RefusedError(
                "database-not-empty", "the database has a journal already", "name an empty one in COLOPHON_DATABASE_URL"
            )
    DBOS.migrate(url, schema=schema)


def _journals(home: Path, found: list[Path]) -> int:
    """Bring each journal back into a file of its own."""
    count = 0
    for each in found:
        url = f"sqlite:///{home / f'workflows-{each.name}.db'}"
        DBOS.migrate(url)
        with filling(url, None) as journal:
            count += _fill(journal.tables(JOURNAL), each, checked=_plain).get("workflow_status", 0)
    return count


def _shared_journals(found: list[Path], moment: Moment) -> int:
    """Bring all journals back into the database, the service's first."""
    tables = moment.tables(JOURNAL, moment.schema or "dbos")
    taken: frozenset[str] = frozenset()
    count = 0
    for each in found:
        # Kinds of processes had journals of their own, in which one id could stand twice.
        count += _fill(tables, each, taken, _plain).get("workflow_status", 0)
        taken |= {_id(line) for line in (each / "workflow_status.jsonl").read_bytes().splitlines()}
    return count


def _plain(line: bytes) -> bytes:
    """A journal's line as it may come back; what is no row at all, the table refuses."""
    try:
        row = json.loads(line)
    except ValueError:
        return line
    return json.dumps(plain_row(row)).encode() if isinstance(row, dict) else line


def _id(line: bytes) -> str:
    row = json.loads(line)
    return next(str(row[name]) for name in _IDS if name in row)


def _opened(folder: Path, identity: str | None) -> dict[str, bytes]:
    """Keys by their place in the home, decrypted."""
    if identity is None:
        return {}
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    ours = {
        name: path for name, path in found.items() if any(name == key or name.startswith(f"{key}/") for key in KEYS)
    }
    return {name: unwrap_key(path.read_text("ascii", "replace"), identity) for name, path in ours.items()}


def _keep(keys: dict[str, bytes], home: Path) -> None:
    for name, key in keys.items():
        place = home / name
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.touch(0o600)
        place.write_bytes(key)


def _move(stage: Path, home: Path) -> None:
    for name in FOLDERS:
        source = stage / "home" / name
        if source.exists():
            (home / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            source.rename(home / name)


def _names(manifest: dict[str, Any], prefix: str) -> Iterator[str]:
    return (name.removeprefix(prefix) for name in manifest["members"] if name.startswith(prefix))
