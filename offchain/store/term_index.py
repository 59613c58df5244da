"""Terms in PostgreSQL: which works share any of these? See `offchain.identity.terms`.

A row is (term, key); the primary key's index answers everything. Terms are kept as signed numbers of the same 64 bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, Column, MetaData, Table, TextClause, bindparam, delete, text
from sqlalchemy.dialects.postgresql import ARRAY

from offchain.store.index_database import IndexDatabase, checked_name

__all__ = ["Postings", "TermTable"]

_PLANNING: Final = text("SELECT set_config('enable_bitmapscan', 'off', true), set_config('jit', 'off', true)")
_PUT: Final = "INSERT INTO {table} (term, key) SELECT * FROM unnest(:terms, :keys) ON CONFLICT DO NOTHING"
_POSTINGS: Final = """
SELECT asked.at, filed.key
FROM unnest(:terms) WITH ORDINALITY AS asked(term, at)
CROSS JOIN LATERAL (SELECT key FROM {table} WHERE term = asked.term ORDER BY key LIMIT :most) AS filed
"""
_COUNTS: Final = """
SELECT asked.at, (SELECT count(*) FROM (SELECT FROM {table} WHERE term = asked.term LIMIT :most) AS filed)
FROM unnest(:terms) WITH ORDINALITY AS asked(term, at)
"""
_TOTAL: Final = text("SELECT reltuples::bigint FROM pg_class WHERE oid = CAST(:table AS regclass)")
_MOST_COUNTED: Final = 2**12
_BATCH: Final = 2**16


class Postings(NamedTuple):
    """What terms were found.

    Attributes:
        at: number of the term, from 0, of each posting.
        keys: of the work that has it, of each posting.
        counts: works that have it, of each term; of one in more than 4,096 so many.
        total: postings kept, as the server last estimated; 0 while it does not know.
    """

    at: list[int]
    keys: list[int]
    counts: list[int]
    total: int


class TermTable:
    """A table of terms, made if there is none.

    Args:
        database: where it is.
        name: which of several; lower-case letters, digits and `_`.

    Raises:
        InputError: `index-name`.
        UnavailableError: `store-unavailable`; so may every method.
    """

    def __init__(self, database: IndexDatabase, name: str) -> None:
        self._database = database
        self._table = Table(
            f"terms_{checked_name(name)}",
            MetaData(),
            Column("term", BigInteger, primary_key=True, autoincrement=False),
            Column("key", BigInteger, primary_key=True, autoincrement=False),
        )
        database.make(self._table)

    def put(self, works: Iterable[tuple[int, Sequence[int]]]) -> None:
        """Keep the terms of works, (key, terms); all of them or, if it fails, none. What is there already stays."""
        terms: list[int] = []
        keys: list[int] = []
        for key, each in works:
            terms += each
            keys += repeat(key, len(each))
        query = _asking(_PUT.format(table=self._table.name), "terms", "keys")
        with self._database.transaction() as connection:
            for at in range(0, len(terms), _BATCH):
                connection.execute(query, {"terms": terms[at : at + _BATCH], "keys": keys[at : at + _BATCH]})

    def postings(self, terms: Sequence[int], most: int) -> Postings:
        """Works that have the terms; of a term in more than `most` works those with the lowest keys."""
        name = self._table.name
        with self._database.transaction() as connection:
            # The planner believes terms to be equally rare, and would read all works of a common one to sort them.
            connection.execute(_PLANNING)
            found = connection.execute(_asking(_POSTINGS.format(table=name), "terms"), {"terms": terms, "most": most})
            rows = found.all()
            counts = [0] * len(terms)
            for at, _ in rows:
                counts[at - 1] += 1
            common = [at for at, count in enumerate(counts) if count == most]
            asked = {"terms": [terms[at] for at in common], "most": _MOST_COUNTED}
            for at, count in connection.execute(_asking(_COUNTS.format(table=name), "terms"), asked):
                counts[common[at - 1]] = count
            total = connection.scalar(_TOTAL, {"table": name}) or 0
        return Postings([at - 1 for at, _ in rows], [key for _, key in rows], counts, max(total, 0))

    def clear(self) -> None:
        """Keep none any more."""
        with self._database.transaction() as connection:
            connection.execute(delete(self._table))


def _asking(query: str, *arrays: str) -> TextClause:
    return text(query).bindparams(*(bindparam(name, type_=ARRAY(BigInteger)) for name in arrays))
