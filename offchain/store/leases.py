"""Leases: names that a process holds while it lives, and nobody needs to take away from it.

PostgreSQL's session-level advisory locks: one goes with the connection that took it, so it is free as soon as the
server sees that the process is gone, by `kill -9` just as by an orderly end.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

__all__ = ["Lease", "exclusively", "wait_for_turn"]

_KEEPALIVE: Final = {"tcp_keepalives_idle": 2, "tcp_keepalives_interval": 1, "tcp_keepalives_count": 3}
"""How soon, in seconds and tries, the server gives up a connection to a machine that has lost its power."""


_AGAIN: Final = 0.02


class Lease:
    """A name to hold, over a connection of its own; used by one thread.

    Args:
        engine: of a PostgreSQL database.
        name: what is held; unique in the database.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._key = _key(name)
        self._connection: Connection | None = None

    def keep(self) -> bool:
        """Hold the lease, taking it anew after the connection was lost; False where that is not possible just now."""
        try:
            if self._connection is None:
                self._connection = self._taken()
            else:
                self._connection.execute(select(1))
        except DBAPIError:
            self._let_go()
        return self._connection is not None

    def is_free(self, name: str) -> bool:
        """Whether nobody holds another name; False while the database is away."""
        if self._connection is None:
            return False
        try:
            if not self._connection.scalar(select(func.pg_try_advisory_lock(_key(name)))):
                return False
            self._connection.execute(select(func.pg_advisory_unlock(_key(name))))
        except DBAPIError:
            self._let_go()
            return False
        return True

    def give_back(self) -> None:
        """End the lease."""
        self._let_go()

    def _taken(self) -> Connection | None:
        connection = self._engine.connect()
        try:
            for name, value in _KEEPALIVE.items():
                connection.execute(select(func.set_config(name, str(value), False)))
            if connection.scalar(select(func.pg_try_advisory_lock(self._key))):
                return connection
        except DBAPIError:
            connection.invalidate()
            raise
        connection.close()
        return None

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(DBAPIError):
                connection.invalidate()  # the connection closes, and does not go back to the pool with the lock
                connection.close()


@contextmanager
def exclusively(engine: Engine, name: str) -> Iterator[None]:
    """Let one process at a time into the block; the others ask again and again.

    Neither holding nor waiting is a transaction or a statement of its own length: making an index waits for those.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.scalar(select(func.pg_try_advisory_lock(_key(name)))):
            time.sleep(_AGAIN)
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(_key(name))))


def wait_for_turn(session: Session, name: str) -> None:
    """Hold a name until the transaction ends, after whoever holds it now; SQLite has one writer at a time."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_key(name))))


def _key(name: str) -> int:
    """The signed 64-bit number that PostgreSQL locks by."""
    return int.from_bytes(hashlib.sha256(f"colophon {name}".encode()).digest()[:8], signed=True)
