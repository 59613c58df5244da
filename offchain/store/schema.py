"""What every table shares: the declarative base and the columns for 256-bit numbers and digests."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from sqlalchemy import JSON, BigInteger, Dialect, Integer, LargeBinary, MetaData, String
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass, mapped_column
from sqlalchemy.types import TypeDecorator

__all__ = ["Account", "Base", "Digest", "Json", "Number256", "Uint256"]

_WIDTH = 32

# Constraints have names, so that a later migration can change them on every database.
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Uint256(TypeDecorator[int]):
    """An unsigned 256-bit integer as 32 big-endian bytes, so that bytes sort as numbers do."""

    impl = LargeBinary(_WIDTH)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Encode.

        Raises:
            OverflowError: negative, or above 256 bits.
        """
        return None if value is None else value.to_bytes(_WIDTH, "big")

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Decode."""
        return None if value is None else int.from_bytes(value, "big")


Number256 = Annotated[int, mapped_column(Uint256)]
Digest = Annotated[bytes, mapped_column(LargeBinary(_WIDTH))]
Account = Annotated[str, mapped_column(String(42))]
Json = Annotated[dict[str, Any], mapped_column(JSON)]


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Records are dataclasses with keyword arguments; a record read in a transaction is saved when it changes."""

    metadata = MetaData(naming_convention=_NAMES)
    # Expiries have 40 bits; SQLite's INTEGER holds 64 and alone can count up by itself.
    type_annotation_map: ClassVar[dict[Any, Any]] = {int: BigInteger().with_variant(Integer, "sqlite")}
