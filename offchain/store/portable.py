"""Tables as lines of JSON: what a database holds at one moment, in a form that every database that we know takes back.

A row is one object a line; bytes are hex, and a column of JSON is its own text, so that it comes back to the letter.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    cast,
    func,
    insert,
    inspect,
    literal_column,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import NullType

from offchain.errors import InputError, RefusedError
from offchain.store.migrate import configuration
from offchain.store.schema import Base
from offchain.store.store import _READS, _database_errors, _engine, schema_of

__all__ = ["Moment", "Tables", "copied", "filling", "newest_revision", "reading", "require_no_store", "store_tables"]

_BATCH: Final = 500
_VERSIONS: Final = "alembic_version"


class Tables:
    """Some tables of a connection; `names` come in an order in which they can be filled."""

    def __init__(self, connection: Connection, names: Collection[str], schema: str | None = None) -> None:
        self._connection = connection
        found = MetaData()
        if schema is None or inspect(connection).has_schema(schema):
            found.reflect(connection, schema=schema, only=lambda name, _: name in names)
        self._tables = {table.name: table for table in found.sorted_tables if table.name in names}
        self._json = {each for table in self._tables.values() for each in table.columns if isinstance(each.type, JSON)}
        for column in self._json:
            column.type = NullType()  # its text goes to the driver as it is

    @property
    def names(self) -> tuple[str, ...]:
        """Those that are there."""
        return tuple(self._tables)

    @property
    def empty(self) -> bool:
        """Whether none has a row."""
        return not any(self._connection.scalar(select(1).select_from(each).limit(1)) for each in self._tables.values())

    def rows(self, name: str) -> Iterator[bytes]:
        """A table's rows as lines, by its primary key."""
        table = self._tables[name]
        columns = [cast(each, Text).label(each.name) if each in self._json else each for each in table.columns]
        query = select(*columns).order_by(*table.primary_key.columns).execution_options(yield_per=_BATCH)
        for row in self._connection.execute(query).mappings():
            told = {key: value.hex() if isinstance(value, bytes) else value for key, value in row.items()}
            yield json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    def fill(self, name: str, lines: Iterable[bytes]) -> int:
        """Put rows into a table; how many.

        Raises:
            InputError: `backup-unfit`, they are not rows of such a table.
        """
        table, count, left = self._tables.get(name), 0, iter(lines)
        if table is None:
            raise _unfit(name)
        columns = {column.name: column for column in table.columns}
        while batch := [_decoded(line, columns, name) for line in islice(left, _BATCH)]:
            self._connection.execute(insert(table), batch)
            count += len(batch)
        self._count_on(table)
        return count

    def _count_on(self, table: Table) -> None:
        """Numbers that PostgreSQL gives go on above those that came along; SQLite sees to that by itself."""
        if self._connection.dialect.name != "postgresql":
            return
        for column in table.primary_key.columns:
            if isinstance(column.type, Integer) and (column.server_default is not None or column.identity is not None):
                named = {"table": table.fullname, "column": column.name}
                last = self._connection.scalar(select(func.max(column)))
                query = "SELECT setval(pg_get_serial_sequence(:table, :column), :last)"
                if last is not None:
                    self._connection.execute(text(query), {**named, "last": last})


class Moment:
    """One moment of a database, for as long as the block that opened it lasts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def schema(self) -> str | None:
        """As `Store.schema`."""
        return schema_of(self._connection.engine.url)

    @property
    def revision(self) -> str | None:
        """Of the store's schema; None where there is no store."""
        if not inspect(self._connection).has_table(_VERSIONS):
            return None
        return self._connection.scalar(select(literal_column("version_num")).select_from(text(_VERSIONS)))

    def tables(self, names: Collection[str], schema: str | None = None) -> Tables:
        """Those of the named tables that are there."""
        return Tables(self._connection, names, schema)


def store_tables() -> frozenset[str]:
    """Names of the store's tables."""
    return frozenset(Base.metadata.tables)


def newest_revision() -> str:
    """That this program knows of the store's schema."""
    folder = Path(__file__).parent / "migrations"
    return str(ScriptDirectory(folder).get_current_head())


def require_no_store(moment: Moment) -> None:
    """Let only a database without a store through.

    Raises:
        RefusedError: `database-not-empty`.
    """
    if moment.revision is not None:
        raise RefusedError(
            "database-not-empty", "the database has a store already", "name an empty one in COLOPHON_DATABASE_URL"
        )


@contextmanager
def reading(url: str) -> Iterator[Moment]:
    """What a database holds now, whoever writes to it meanwhile; on PostgreSQL one REPEATABLE READ transaction.

    Raises:
        InputError: `database-url-malformed`.
        UnavailableError: `store-unavailable`.
    """
    with _opened(url) as engine, _database_errors():
        snapshot: dict[str, Any] = {_READS: True}
        if engine.dialect.name == "postgresql":
            snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with engine.execution_options(**snapshot).connect() as connection:
            yield Moment(connection)


@contextmanager
def filling(url: str, revision: str | None) -> Iterator[Moment]:
    """A database to fill, all of it or, when the block raises, none.

    Args:
        url: SQLAlchemy URL.
        revision: of the store's schema that the rows are of; made first, and brought up to date after the block. None
            for a database whose tables others make.

    Raises:
        RefusedError: `database-not-empty`, there is a store already.
        InputError: `backup-newer`, this program does not know the revision.
        UnavailableError: `store-unavailable`.
    """
    with _opened(url) as engine, _database_errors(), engine.begin() as connection:
        moment = Moment(connection)
        if revision is not None:
            require_no_store(moment)
            _require_known(connection, revision)
            command.upgrade(configuration(connection), revision)
        yield moment
        if revision is not None:
            command.upgrade(configuration(connection), "head")


def copied(source: Path, copy: Path) -> None:
    """Copy an SQLite database as it is at one moment (sqlite.org/backup.html); nobody waits for it for long.

    Raises:
        UnavailableError: `store-unavailable`.
    """
    with _database_errors(), _closing(source) as old, _closing(copy) as new:
        old.backup(new)


@contextmanager
def _closing(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    engine = _engine(url)
    try:
        yield engine
    finally:
        with suppress(SQLAlchemyError):
            engine.dispose()


def _require_known(connection: Connection, revision: str) -> None:
    try:
        ScriptDirectory.from_config(configuration(connection)).get_revision(revision)
    except CommandError as error:
        raise InputError(
            "backup-newer",
            f"the backup has a store of revision {revision}, which this program does not know",
            "restore with the version that made it, or a later one",
        ) from error


def _decoded(line: bytes, columns: Mapping[str, Column[Any]], name: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        return {
            key: bytes.fromhex(value) if value is not None and isinstance(columns[key].type, LargeBinary) else value
            for key, value in row.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unfit(name) from error


def _unfit(name: str) -> InputError:
    return InputError(
        "backup-unfit",
        f"the backup's table {name} is not one of this program's",
        "restore with the version that made it",
    )
