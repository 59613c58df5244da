"""Making a backup while the service runs.

Order matters where one snapshot cannot cover all: a journal that is older than the store repeats steps, which is
harmless, while a younger one would believe in what the store lacks. So the journal comes first, the store next, and
the files, which only grow, last. On PostgreSQL journal and store are one snapshot.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offchain import __version__
from offchain.chain.deployments import Deployment
from offchain.config import Settings
from offchain.errors import InputError
from offchain.storage.age import normal_recipient, wrap_key
from offchain.store.portable import Tables, copied, reading, store_tables
from offchain.workflows.backups.bundle import Bundle, writing
from offchain.workflows.backups.contents import FOLDERS, JOURNAL, KEYS, SERVICE, deployment_json, journal_name

__all__ = ["Made", "backup", "key_files"]

Report = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made.

    Attributes:
        path: where it lies.
        size: in bytes.
        rows: of each table of the store.
        jobs: workflows of the journals.
        files: of the home, keys not among them.
        keys: names of the keys in it, encrypted.
        left: names of the home's keys that are not in it.
    """

    path: Path
    size: int
    rows: dict[str, int]
    jobs: int
    files: int
    keys: tuple[str, ...]
    left: tuple[str, ...]


def backup(
    settings: Settings,
    deployment: Deployment,
    path: Path,
    *,
    recipient: str | None = None,
    report: Report = lambda _fraction, _doing: None,
) -> Made:
    """Write a backup of a home and its database.

    Args:
        settings: whose.
        deployment: of the contracts that the store is level with.
        path: of the file to make.
        recipient: age recipient to encrypt the home's keys to; None leaves them out.
        report: told how far it is.

    Raises:
        InputError: `recipient-malformed`; `no-store`, there is nothing to back up.
        RefusedError: `backup-exists`.
        UnavailableError: `store-unavailable`, `disk-failed`.
    """
    wanted = None if recipient is None else normal_recipient(recipient)
    with writing(path) as bundle, tempfile.TemporaryDirectory(dir=path.parent, prefix=".colophon-") as scratch:
        work = _Making(bundle, settings, Path(scratch), report)
        told = work.databases()
        work.files()
        keys = work.keys(wanted)
        chain = {"chain_id": deployment.chain_id, "contracts": deployment_json(deployment)}
        bundle.close({"made_at": int(time.time()), "colophon": __version__, **chain, **told})
    left = () if wanted else tuple(_relative(settings.home, each) for each in key_files(settings.home))
    files = sum(name.startswith("home/") for name in bundle.members)
    return Made(path, path.stat().st_size, told["rows"], told["jobs"], files, keys, left)


class _Making:
    """One backup under way."""

    def __init__(self, bundle: Bundle, settings: Settings, scratch: Path, report: Report) -> None:
        self._bundle, self._settings, self._scratch, self._report = bundle, settings, scratch, report

    def databases(self) -> dict[str, Any]:
        """Journals and store; what the manifest says of them."""
        url = self._settings.database_url
        shared = not url.startswith("sqlite")
        journals = [] if shared else sorted(self._settings.home.glob("workflows-*.db"))
        jobs = sum(self._journal_of(path) for path in journals)
        with reading(url) as moment:
            if moment.revision is None:
                raise InputError("no-store", "there is no store to back up", "check COLOPHON_DATABASE_URL")
            if shared:
                jobs = self._journal(moment.tables(JOURNAL, moment.schema or "dbos"), SERVICE)
            rows = self._tables(moment.tables(store_tables()), "tables", 0.1)
            return {"shared": shared, "revision": moment.revision, "rows": rows, "jobs": jobs}

    def files(self) -> None:
        """What lies in the home; a file that goes meanwhile was not needed."""
        found = [each for folder in FOLDERS for each in sorted((self._settings.home / folder).rglob("*"))]
        for number, path in enumerate(found):
            self._report(0.3 + 0.7 * number / len(found), path.parent.name)
            with suppress(FileNotFoundError):
                if path.is_file() and not path.is_symlink():
                    self._add(path, f"home/{_relative(self._settings.home, path)}")

    def keys(self, recipient: str | None) -> tuple[str, ...]:
        """The home's keys, each encrypted; their names."""
        if recipient is None:
            return ()
        found = {_relative(self._settings.home, each): each for each in key_files(self._settings.home)}
        for name, path in found.items():
            data = wrap_key(path.read_bytes(), recipient).encode()
            self._bundle.add(f"keys/{name}", io.BytesIO(data), len(data))
        return tuple(found)

    def _journal_of(self, path: Path) -> int:
        copy = self._scratch / path.name
        copied(path, copy)
        with reading(f"sqlite:///{copy}") as moment:
            return self._journal(moment.tables(JOURNAL), journal_name(path.name))

    def _journal(self, tables: Tables, name: str) -> int:
        return self._tables(tables, f"journals/{name}", 0.0).get("workflow_status", 0)

    def _tables(self, tables: Tables, folder: str, begun: float) -> dict[str, int]:
        """Write each table into a member of its own; how many rows each has."""
        rows = {}
        for number, name in enumerate(tables.names):
            self._report(begun + 0.2 * number / len(tables.names), name)
            place = self._scratch / f"{name}.jsonl"
            with place.open("wb") as file:
                rows[name] = sum(1 for line in tables.rows(name) if file.write(line))
            self._add(place, f"{folder}/{name}.jsonl")
            place.unlink()
        return rows

    def _add(self, path: Path, name: str) -> None:
        with path.open("rb") as stream:
            self._bundle.add(name, stream, path.stat().st_size)


def key_files(home: Path) -> list[Path]:
    """The home's secret files."""
    places = [home / name for name in KEYS]
    return [file for place in places for file in ([place] if place.is_file() else sorted(place.glob("*")))]


def _relative(home: Path, path: Path) -> str:
    return path.relative_to(home).as_posix()
