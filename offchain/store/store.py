"""The database, opened: one transaction is one unit of work over all repositories."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DataError, IntegrityError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from offchain.errors import InputError, RefusedError, UnavailableError
from offchain.store.catalogue import Catalogue
from offchain.store.contents import Contents
from offchain.store.epochs import PriceEpochs
from offchain.store.events import Events
from offchain.store.idempotency import IdempotencyKeys
from offchain.store.keys import ContentKeys, KeyReleases
from offchain.store.leases import Lease, exclusively, wait_for_turn
from offchain.store.migrate import migrate
from offchain.store.moments import moment_of
from offchain.store.offers import OfferLog
from offchain.store.postponed import PostponedJobs
from offchain.store.sales import Orders, Quotes
from offchain.store.sessions import ApiKeys, Challenges, Sessions
from offchain.store.sightings import Cases, Sightings
from offchain.store.takedowns import Takedowns
from offchain.store.transactions import Transactions
from offchain.store.unrelayed import UnrelayedRegistrations
from offchain.store.webhooks import Webhooks
from offchain.store.works import SimilarityCodes, Works

__all__ = ["Store", "UnitOfWork", "open_store"]

_BUSY_SECONDS: Final = 30
_READS: Final = "colophon_reads"
_POOL: Final = {"pool_size": 3, "max_overflow": 7}
"""Connections that a process keeps, and how many more it opens while it needs them: a server has a hundred for all."""


class UnitOfWork:
    """Every repository, over one database transaction."""

    def __init__(self, session: Session) -> None:
        self.works = Works(session)
        self.catalogue = Catalogue(session)
        self.codes = SimilarityCodes(session)
        self.quotes = Quotes(session)
        self.orders = Orders(session)
        self.offers = OfferLog(session)
        self.transactions = Transactions(session)
        self.events = Events(session)
        self.idempotency = IdempotencyKeys(session)
        self.contents = Contents(session)
        self.content_keys = ContentKeys(session)
        self.key_releases = KeyReleases(session)
        self.sightings = Sightings(session)
        self.cases = Cases(session)
        self.epochs = PriceEpochs(session)
        self.challenges = Challenges(session)
        self.takedowns = Takedowns(session)
        self.postponed = PostponedJobs(session)
        self.unrelayed = UnrelayedRegistrations(session)
        self.webhooks = Webhooks(session)
        self.sessions = Sessions(session)
        self.api_keys = ApiKeys(session)
        self._session = session

    def alone(self, name: str) -> None:
        """Make every other unit of work of this name wait until this one ends; on SQLite they wait anyway."""
        wait_for_turn(self._session, name)


class Store:
    """An open database whose schema is current; see `open_store`.

    Attributes:
        commits: grows with every transaction of this object that ended well.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.commits = 0
        self._moment = moment_of(engine)

    @contextmanager
    def transaction(self) -> Iterator[UnitOfWork]:
        """A unit of work that is committed when the block ends and undone when it raises.

        Raises:
            UnavailableError: `store-unavailable`, the database is gone, locked or full.
            RefusedError: `store-conflict`, a row that must be single is there already.
        """
        with self._session(self._engine) as session, session.begin():
            yield UnitOfWork(session)
        self.commits += 1

    @contextmanager
    def snapshot(self) -> Iterator[UnitOfWork]:
        """A unit of work that only reads, all of it from one moment; it never waits for writers."""
        if self._engine.dialect.name == "postgresql":
            reading = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        else:
            reading = self._engine.execution_options(**{_READS: True})
        with self._session(reading) as session:
            yield UnitOfWork(session)

    def moment(self) -> str:
        """A text that stays the same for as long as nobody, in whatever process, changes what the database holds.

        Read it before the data: what is read after it is at least as new.

        Raises:
            UnavailableError: `store-unavailable`.
        """
        with _database_errors():
            return self._moment.read()

    @property
    def shared(self) -> bool:
        """Whether several processes may run workflows over this database: on PostgreSQL, and not on SQLite."""
        return self._engine.dialect.name == "postgresql"

    @property
    def schema(self) -> str | None:
        """The schema that the URL's search path names first, None where it is the database's own."""
        return schema_of(self._engine.url)

    def lease(self, name: str) -> Lease:
        """A name to hold while this process lives; of a shared store only."""
        return Lease(self._engine, name)

    @contextmanager
    def exclusively(self, name: str) -> Iterator[None]:
        """One process at a time is in a block of this name; of a shared store only.

        Raises:
            UnavailableError: `store-unavailable`.
        """
        with _database_errors(), exclusively(self._engine, name):
            yield

    def close(self) -> None:
        """Give every connection back."""
        self._moment.close()
        self._engine.dispose()

    @contextmanager
    def _session(self, engine: Engine) -> Iterator[Session]:
        with _database_errors(), Session(engine, expire_on_commit=False) as session:
            yield session


def open_store(url: str) -> Store:
    """Open a database and bring its schema up to date.

    Args:
        url: SQLAlchemy URL: `sqlite:///PATH`, or `postgresql+psycopg://…`.

    Raises:
        InputError: `database-url-malformed`.
        UnavailableError: `store-unavailable`.
    """
    engine = _engine(url)
    with _database_errors():
        migrate(engine)
    return Store(engine)


def schema_of(url: URL) -> str | None:
    """See `Store.schema`."""
    found = re.search(r"search_path=(\w+)", str(url.query.get("options", "")))
    return found[1] if found else None


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        return create_engine(parsed, pool_pre_ping=True, hide_parameters=True, **_POOL)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise InputError(
            "database-url-malformed",
            "COLOPHON_DATABASE_URL is not the URL of a database that Colophon knows",
            "write sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME",
        ) from error


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        _make_folder(Path(url.database).parent)
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # The driver's own BEGIN comes too late for a lock and not at all before DDL; `begin` below sends it instead.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later would fail when another one wrote in between.
        reads = connection.get_execution_options().get(_READS, False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(
            "store-unavailable", f"{folder} cannot be made: {error.strerror}", "set COLOPHON_HOME to a folder of yours"
        ) from error


@contextmanager
def _database_errors() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise UnavailableError(
            "store-unavailable",
            f"the database does not work: {_words(error)}",
            "see that it runs, is not locked by another program, and has room",
        ) from None  # the cause's own words name host and user, and a log would show them
    except PoolTimeoutError as error:
        raise UnavailableError(
            "store-unavailable", "every connection to the database is in use", "try again in a moment"
        ) from error
    except DataError as error:
        raise InputError(
            "value-unstorable",
            "a value does not fit the database",
            "leave out control characters and numbers beyond their range",
        ) from error
    except IntegrityError as error:
        raise RefusedError(
            "store-conflict",
            "this is already stored",
            "look up what is there",
            cause=str(error.orig).partition("\n")[0],
        ) from error


def _words(error: OperationalError) -> str:
    """What the driver says; of a server's driver only the kind, as its words name host and user."""
    return str(error.orig) if isinstance(error.orig, sqlite3.Error) else type(error.orig).__name__
