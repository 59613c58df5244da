"""256-bit codes in PostgreSQL, found by the buckets that their bands fall into; see `offchain.identity.index`.

A row is (key, code, buckets): the code is bit(256), and a GIN index over the array of bucket numbers answers "has any
of these" with one look per bucket. The server counts the distance, `bit_count(code # asked)` (PostgreSQL 14).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Table,
    cast,
    func,
    literal,
    select,
    text,
)
from sqlalchemy import Index as DatabaseIndex
from sqlalchemy.dialects.postgresql import ARRAY, BIT, insert

from offchain.errors import InputError
from offchain.store.store import _database_errors, _engine

__all__ = ["CodeTable"]

_LOCK = 0x436F6C6F636F6465  # "Colocode"; any number that nobody else locks
_BITS = 256


class CodeTable:
    """A table of codes, made if there is none.

    Args:
        url: SQLAlchemy URL, `postgresql+psycopg://…`.
        name: which of several; lower-case letters, digits and `_`.

    Raises:
        InputError: `database-url-malformed`, also for another database; `code-table-name`.
        UnavailableError: `store-unavailable`.
    """

    def __init__(self, url: str, name: str) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
            raise InputError(
                "code-table-name", f"{name!r} is no name for a table of codes", "take up to 40 of a-z, 0-9 and _"
            )
        self._engine = _engine(url)
        if self._engine.dialect.name != "postgresql":
            raise InputError(
                "database-url-malformed",
                "the URL is not that of a PostgreSQL database",
                "write postgresql+psycopg://USER@HOST/NAME",
            )
        self._table = Table(
            f"codes_{name}",
            MetaData(),
            Column("key", BigInteger, primary_key=True, autoincrement=False),
            Column("code", BIT(_BITS), primary_key=True),
            Column("buckets", ARRAY(Integer), nullable=False),
        )
        # Without a list of pending entries, which every search would have to read through.
        DatabaseIndex(
            f"ix_codes_{name}_buckets",
            self._table.c.buckets,
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        )
        with self._transaction() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
            self._table.metadata.create_all(connection)

    def put(self, rows: Iterable[tuple[int, bytes, Sequence[int]]]) -> None:
        """Keep (key, code, buckets); all of them or, if it fails, none. What is there already stays."""
        values = [{"key": key, "code": _bits(code), "buckets": buckets} for key, code, buckets in rows]
        if values:
            with self._transaction() as connection:
                connection.execute(insert(self._table).on_conflict_do_nothing(), values)

    def near(self, asked: Iterable[tuple[bytes, Sequence[int] | None]], radius: int) -> list[list[tuple[int, int]]]:
        """For each code asked, (key, distance) of every key with a code at most `radius` bits away, nearest first.

        Args:
            asked: codes of 32 bytes, each with the only buckets to look into; None compares every code.
            radius: bits, inclusive.
        """
        with self._transaction() as connection:
            # The planner believes bucket numbers to be common and would read the whole table for any of them.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            return [self._near(connection, code, buckets, radius) for code, buckets in asked]

    def keys(self) -> list[int]:
        """Every key, ascending."""
        with self._transaction() as connection:
            return list(connection.scalars(select(self._table.c.key).distinct().order_by(self._table.c.key)))

    def count(self) -> int:
        """Codes kept."""
        with self._transaction() as connection:
            return connection.scalar(select(func.count()).select_from(self._table)) or 0

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    def _near(
        self, connection: Connection, code: bytes, buckets: Sequence[int] | None, radius: int
    ) -> list[tuple[int, int]]:
        rows = self._table.c
        distance: ColumnElement[int] = func.bit_count(rows.code.op("#")(cast(literal(_bits(code)), BIT(_BITS))))
        query = select(rows.key, func.min(distance)).where(distance <= radius)
        if buckets is not None:
            query = query.where(rows.buckets.overlap(cast(list(buckets), ARRAY(Integer))))
        found = connection.execute(query.group_by(rows.key).order_by(func.min(distance), rows.key))
        return [(key, bits) for key, bits in found]

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with _database_errors(), self._engine.begin() as connection:
            yield connection


def _bits(code: bytes) -> str:
    return f"{int.from_bytes(code, 'big'):0{_BITS}b}"
