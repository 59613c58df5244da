"""Rows written past the session's bookkeeping of single records, which takes longer than the database does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Insert, Table, inspect
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from offchain.store.schema import Base

__all__ = ["insert_absent", "insert_all"]

_INSERTS: Final[dict[str, Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def insert_all(session: Session, table: type[Base], records: Iterable[Base]) -> None:
    """Many rows in few statements.

    Raises:
        RefusedError: `store-conflict`, one of them is there already.
    """
    names = _names(table)
    rows = [_row(record, names) for record in records]
    if rows:
        session.execute(plain_insert(_table(table)), rows)


def insert_absent(session: Session, record: Base) -> None:
    """One row, unless one with the same key is there already: that one stays as it is."""
    kind = type(record)
    session.execute(_absent(kind, session.get_bind().dialect.name), [_row(record, _names(kind))])


@cache
def _absent(kind: type[Base], dialect: str) -> Insert:
    return cast("Insert", _INSERTS[dialect](_table(kind)).on_conflict_do_nothing())


@cache
def _names(kind: type[Base]) -> tuple[str, ...]:
    return tuple(column.key for column in inspect(kind).columns)


def _table(kind: type[Base]) -> Table:
    return cast("Table", inspect(kind).local_table)


def _row(record: Base, names: Sequence[str]) -> dict[str, object]:
    """A record's values; those that were given are read past the attributes, whose bookkeeping takes longer."""
    given = vars(record)
    return {name: given[name] if name in given else getattr(record, name) for name in names}
