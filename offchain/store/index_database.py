"""A PostgreSQL database that keeps indexes: one pool of connections for all their tables, notes, and a lock to file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Column, Connection, MetaData, Table, Text, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from offchain.errors import InputError
from offchain.store.store import _database_errors, _engine

__all__ = ["IndexDatabase", "checked_name"]

_LOCK: Final = 0x436F6C6F636F6465  # "Colocode"; any number that nobody else locks
_FILING: Final = 0x436F6C6F  # the same for locks of two numbers
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NOTES: Final = Table(
    "index_notes", MetaData(), Column("name", Text, primary_key=True), Column("note", Text, nullable=False)
)


class IndexDatabase:
    """What tables of codes (`code_index`) and of terms (`term_index`) share; for any number of threads.

    Args:
        url: SQLAlchemy URL, `postgresql+psycopg://…`; PostgreSQL 14 or later. It is reached when first asked.

    Raises:
        InputError: `database-url-malformed`, also for another database.
        UnavailableError: `store-unavailable`, by every method.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._made: set[str] = set()
        if self._engine.dialect.name != "postgresql":
            raise InputError(
                "database-url-malformed",
                "an index in a database needs PostgreSQL, and the URL is not that of one",
                "set COLOPHON_DATABASE_URL to postgresql+psycopg://USER@HOST/NAME",
            )

    def make(self, table: Table) -> None:
        """Make a table where there is none, whoever else does so at the same time."""
        if table.name not in self._made:
            with self.transaction() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
                table.metadata.create_all(connection)
            self._made.add(table.name)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction, undone when the block raises."""
        with _database_errors(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Hold the lock of this name, once nobody else does; a process that dies lets go of it."""
        with _database_errors(), self._engine.connect() as connection:
            session = connection.execution_options(isolation_level="AUTOCOMMIT")
            key = (_FILING, func.hashtext(name))
            session.execute(select(func.pg_advisory_lock(*key)))
            try:
                yield
            finally:
                session.execute(select(func.pg_advisory_unlock(*key)))

    def note(self, name: str) -> str | None:
        """What was last kept under this name."""
        self.make(_NOTES)
        with self.transaction() as connection:
            return connection.scalar(select(_NOTES.c.note).where(_NOTES.c.name == name))

    def keep_note(self, name: str, note: str) -> None:
        """Keep a note in place of the last one."""
        self.make(_NOTES)
        row = insert(_NOTES).values(name=name, note=note)
        with self.transaction() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"note": note}))

    def forget_note(self, name: str) -> None:
        """As if none had been kept."""
        self.make(_NOTES)
        with self.transaction() as connection:
            connection.execute(delete(_NOTES).where(_NOTES.c.name == name))

    def close(self) -> None:
        """Give every connection back; the next question opens others."""
        self._engine.dispose()


def checked_name(name: str) -> str:
    """The name of an index, which becomes part of its table's.

    Raises:
        InputError: `index-name`.
    """
    if not _NAME.fullmatch(name):
        raise InputError("index-name", f"{name!r} is no name for an index", "take up to 40 of a-z, 0-9 and _")
    return name
