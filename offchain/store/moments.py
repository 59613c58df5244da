"""Whether anything has changed: a text for what a database holds at a moment, cheap to ask for again and again.

Both texts come from what the database counts anyway, so no table has to say that it changed, and none can forget to.
Other databases of a PostgreSQL server count, too: that something changed may be said in vain, never the contrary.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from contextlib import suppress

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection

__all__ = ["Moments", "moment_of"]


class Moments(ABC):
    """Reads the text; safe in threads."""

    @abstractmethod
    def read(self) -> str:
        """The text; equal ones stand for the same data."""

    @abstractmethod
    def close(self) -> None:
        """Give back what is kept for reading."""


class _PostgresMoments(Moments):
    """Which transactions a snapshot sees; two that see the same transactions see the same data."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None
        self._reading = threading.Lock()

    def read(self) -> str:
        with self._reading:
            try:
                return self._read()
            except DBAPIError:
                self._give_back()  # the server may have ended the connection long ago
                return self._read()

    def close(self) -> None:
        with self._reading:
            self._give_back()

    def _read(self) -> str:
        """One round trip: the connection is kept, where one from the pool would be tried and reset each time."""
        if self._connection is None:
            self._connection = self._engine.connect()
        return str(self._connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one())

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError):
                connection.close()


class _SqliteMoments(Moments):
    """`PRAGMA data_version`: how often others committed, as one connection that never writes counts it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: PoolProxiedConnection | None = None
        self._reading = threading.Lock()

    def read(self) -> str:
        with self._reading:
            if self._connection is None:
                self._connection = self._engine.raw_connection()
            cursor = self._connection.cursor()
            try:
                cursor.execute("PRAGMA data_version")
                return str(cursor.fetchall()[0][0])
            finally:
                cursor.close()

    def close(self) -> None:
        with self._reading:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def moment_of(engine: Engine) -> Moments:
    """What reads the moments of a database."""
    return _PostgresMoments(engine) if engine.dialect.name == "postgresql" else _SqliteMoments(engine)
