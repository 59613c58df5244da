"""256-bit codes in PostgreSQL, found by the buckets that their bands fall into; see `offchain.identity.index`.

A row is (key, code, buckets): the code is bit(256), and a GIN index over the array of bucket numbers answers "has any
of these" with one look per bucket. The server makes the numbers of the buckets near the asked ones itself, since a
query has hundreds of them, and counts the distance, `bit_count(code # asked)` (PostgreSQL 14).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, bindparam, delete, func, select, text
from sqlalchemy import Index as DatabaseIndex
from sqlalchemy.dialects.postgresql import ARRAY, BIT, insert

from offchain.store.index_database import IndexDatabase, checked_name

__all__ = ["CodeTable", "Flips"]

_BITS: Final = 256

_PLANNING: Final = text("SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)")
_NEAR: Final = """
SELECT asked.at, found.key, found.distance
FROM unnest(:codes) WITH ORDINALITY AS asked(code, at)
{nearby}
CROSS JOIN LATERAL (
    SELECT key, min(bit_count(filed.code # asked.code)) AS distance
    FROM {table} AS filed
    WHERE bit_count(filed.code # asked.code) <= :radius {in_buckets}
    GROUP BY key
) AS found
ORDER BY asked.at, found.distance, found.key
"""
_NEARBY: Final = """
CROSS JOIN LATERAL (
    SELECT array_agg((:buckets)[(asked.at - 1) * :each + turned.band + 1] # turned.mask) AS buckets
    FROM unnest(:bands, :masks) AS turned(band, mask)
) AS nearby
"""
_IN_BUCKETS: Final = "AND filed.buckets && nearby.buckets"
_TYPES: Final[dict[str, ARRAY[Any]]] = {
    "codes": ARRAY(BIT(_BITS)),
    **{name: ARRAY(Integer) for name in ("buckets", "bands", "masks")},
}


class Flips(NamedTuple):
    """The buckets to look into, beginning from a code's own: the n-th is that of band `bands[n]`, xor `masks[n]`."""

    bands: Sequence[int]
    masks: Sequence[int]


class CodeTable:
    """A table of codes, made if there is none.

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
            f"codes_{checked_name(name)}",
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
        database.make(self._table)

    def put(self, rows: Iterable[tuple[int, bytes, Sequence[int]]]) -> None:
        """Keep (key, code, buckets); all of them or, if it fails, none. What is there already stays."""
        values = [{"key": key, "code": _bits(code), "buckets": buckets} for key, code, buckets in rows]
        if values:
            with self._database.transaction() as connection:
                connection.execute(insert(self._table).on_conflict_do_nothing(), values)

    def near(
        self, codes: Sequence[bytes], buckets: Sequence[Sequence[int]], flips: Flips | None, radius: int
    ) -> list[list[tuple[int, int]]]:
        """For each code asked, (key, distance) of every key with a code at most `radius` bits away, nearest first.

        Args:
            codes: of 32 bytes.
            buckets: of each code, one a band.
            flips: the only buckets to look into; None compares every code.
            radius: bits, inclusive.
        """
        nearby, in_buckets = ("", "") if flips is None else (_NEARBY, _IN_BUCKETS)
        asked: dict[str, object] = {"codes": list(map(_bits, codes)), "radius": radius}
        if flips is not None:
            own = [bucket for each in buckets for bucket in each]
            asked |= {"buckets": own, "each": len(own) // len(codes), "bands": flips.bands, "masks": flips.masks}
        query = text(_NEAR.format(table=self._table.name, nearby=nearby, in_buckets=in_buckets))
        query = query.bindparams(*(bindparam(name, type_=_TYPES[name]) for name in asked if name in _TYPES))
        found: list[list[tuple[int, int]]] = [[] for _ in codes]
        with self._database.transaction() as connection:
            # The planner believes bucket numbers to be common: it would read the whole table for any of them, and take
            # longer to compile what it believes to be dear than to do it.
            connection.execute(_PLANNING)
            for at, key, distance in connection.execute(query, asked):
                found[at - 1].append((key, distance))
        return found

    def keys(self) -> list[int]:
        """Every key, ascending."""
        with self._database.transaction() as connection:
            return list(connection.scalars(select(self._table.c.key).distinct().order_by(self._table.c.key)))

    def count(self) -> int:
        """Codes kept."""
        with self._database.transaction() as connection:
            return connection.scalar(select(func.count()).select_from(self._table)) or 0

    def clear(self) -> None:
        """Keep none any more."""
        with self._database.transaction() as connection:
            connection.execute(delete(self._table))


def _bits(code: bytes) -> str:
    return f"{int.from_bytes(code, 'big'):0{_BITS}b}"
